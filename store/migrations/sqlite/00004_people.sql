-- +goose Up
-- Names and identities in lower case, to search for people.
ALTER TABLE customers ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE customers SET words = lower(coalesce(json_extract(doc, '$.name'), '') || ' ' ||
    coalesce((SELECT group_concat(value, ' ') FROM identities WHERE customer = customers.id), ''));

-- +goose Down
ALTER TABLE customers DROP COLUMN words;
