-- +goose Up
-- Names and identities in lower case, to search for people.
ALTER TABLE customers ADD COLUMN words TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE customers SET words = lower(coalesce(doc::json ->> 'name', '') || ' ' ||
    coalesce((SELECT string_agg(value, ' ') FROM identities WHERE customer = customers.id), ''));

-- +goose Down
ALTER TABLE customers DROP COLUMN words;
