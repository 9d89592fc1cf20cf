-- +goose Up
-- What is left for whoever takes over a tier with the shift that begins at a time.
CREATE TABLE shift_notes (
    id    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tier  TEXT COLLATE "C" NOT NULL,
    shift BIGINT NOT NULL,
    key   TEXT COLLATE "C" NOT NULL,
    doc   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX shift_notes_shift ON shift_notes (tier, shift, id);
CREATE UNIQUE INDEX shift_notes_key ON shift_notes (key) WHERE key <> '';

-- What is in work at a tier, and what it owes.
CREATE INDEX tickets_work ON tickets (tier, rank, due, channel) WHERE owner <> '' AND state IN ('new', 'open');
CREATE INDEX tickets_owed ON tickets (tier, promised, rank, channel) WHERE promised <> 0;

-- +goose Down
DROP INDEX tickets_owed;
DROP INDEX tickets_work;
DROP TABLE shift_notes;
