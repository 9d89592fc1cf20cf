-- +goose Up
-- What was accepted is kept beside the other references of the same id: one place in one index instead of
-- two in two. Its scope is the channel and the inbox, each with chr 31 before it. hash stands for the key
-- in the index: the first four bytes of the SHA-256 of the Message-ID that it begins with, and the
-- second four of that of the whole.
INSERT INTO refs (key, scope, ticket, seq)
    SELECT external, chr(31) || channel || chr(31) || inbox, ticket, seq FROM contacts ORDER BY ticket, seq;
DROP TABLE contacts;
ALTER TABLE refs DROP CONSTRAINT refs_key_scope_key;
ALTER TABLE refs ADD COLUMN hash BIGINT;
UPDATE refs SET hash = ('x' || encode(
    substring(sha256(convert_to(CASE WHEN key LIKE '<%>%' THEN substr(key, 1, strpos(key, '>')) ELSE key END, 'UTF8')) from 1 for 4) ||
    substring(sha256(convert_to(key, 'UTF8')) from 5 for 4), 'hex'))::bit(64)::bigint;
ALTER TABLE refs ALTER COLUMN hash SET NOT NULL;
CREATE UNIQUE INDEX refs_hash ON refs (hash, scope);

-- +goose Down
CREATE TABLE contacts (
    external TEXT COLLATE "C" NOT NULL,
    inbox    TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    ticket   BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    PRIMARY KEY (external, inbox, channel)
);
INSERT INTO contacts (external, inbox, channel, ticket, seq)
    SELECT key, substr(scope, 2 + strpos(substr(scope, 2), chr(31))), substr(scope, 2, strpos(substr(scope, 2), chr(31)) - 1), ticket, seq
    FROM refs WHERE substr(scope, 1, 1) = chr(31);
DELETE FROM refs WHERE substr(scope, 1, 1) = chr(31);
ALTER TABLE refs DROP COLUMN hash;
ALTER TABLE refs ADD CONSTRAINT refs_key_scope_key UNIQUE (key, scope);
