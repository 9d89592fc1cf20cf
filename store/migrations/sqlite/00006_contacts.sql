-- +goose Up
-- What was accepted is kept beside the other references of the same id: one place in one index instead of
-- two in two. Its scope is the channel and the inbox, each with char 31 before it. hash stands for the key
-- in the index.
CREATE TABLE refs_hashed (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    hash   INTEGER NOT NULL,
    key    TEXT NOT NULL,
    scope  TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    seq    INTEGER NOT NULL
);
INSERT INTO refs_hashed (id, hash, key, scope, ticket, seq) SELECT id, key_hash(key), key, scope, ticket, seq FROM refs ORDER BY id;
INSERT INTO refs_hashed (hash, key, scope, ticket, seq)
    SELECT key_hash(external), external, char(31) || channel || char(31) || inbox, ticket, seq FROM contacts ORDER BY ticket, seq;
DROP TABLE contacts;
DROP TABLE refs;
ALTER TABLE refs_hashed RENAME TO refs;
CREATE UNIQUE INDEX refs_hash ON refs (hash, scope);
CREATE INDEX refs_ticket ON refs (ticket, scope, id);

-- +goose Down
CREATE TABLE contacts (
    external TEXT NOT NULL,
    inbox    TEXT NOT NULL,
    channel  TEXT NOT NULL,
    ticket   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (external, inbox, channel)
) WITHOUT ROWID;
INSERT INTO contacts (external, inbox, channel, ticket, seq)
    SELECT key, substr(scope, 2 + instr(substr(scope, 2), char(31))), substr(scope, 2, instr(substr(scope, 2), char(31)) - 1), ticket, seq
    FROM refs WHERE substr(scope, 1, 1) = char(31);
DELETE FROM refs WHERE substr(scope, 1, 1) = char(31);
DROP INDEX refs_hash;
ALTER TABLE refs DROP COLUMN hash;
CREATE UNIQUE INDEX refs_key ON refs (key, scope);
