-- +goose Up
-- What is left for whoever takes over a tier with the shift that begins at a time.
CREATE TABLE shift_notes (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    tier  TEXT NOT NULL,
    shift INTEGER NOT NULL,
    key   TEXT NOT NULL,
    doc   TEXT NOT NULL
);
CREATE INDEX shift_notes_shift ON shift_notes (tier, shift, id);
CREATE UNIQUE INDEX shift_notes_key ON shift_notes (key) WHERE key <> '';

-- +goose Down
DROP TABLE shift_notes;
