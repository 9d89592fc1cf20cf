-- +goose Up
-- A message that has moved to another ticket counts there; what is here is for the record.
ALTER TABLE messages ADD COLUMN moved_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN moved_to_seq INTEGER NOT NULL DEFAULT 0;
-- A copy names the first of all: as which the message was accepted or written.
ALTER TABLE messages ADD COLUMN moved_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN moved_from_seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_copies ON messages (moved_from, moved_from_seq) WHERE moved_from <> 0;

ALTER TABLE tickets ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0;

-- Senders who are kept out. until is 0 for good.
CREATE TABLE blocks (
    key   TEXT PRIMARY KEY, -- kind:value of an identity, or domain:name
    until INTEGER NOT NULL,
    doc   TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX actions_at ON actions (at);

-- +goose Down
DROP INDEX actions_at;
DROP TABLE blocks;
ALTER TABLE tickets DROP COLUMN merged_into;
DROP INDEX messages_copies;
ALTER TABLE messages DROP COLUMN moved_from_seq;
ALTER TABLE messages DROP COLUMN moved_from;
ALTER TABLE messages DROP COLUMN moved_to_seq;
ALTER TABLE messages DROP COLUMN moved_to;
