-- +goose Up
-- Every mail that was seen, with what became of it. packed is its source with gzip, while it is kept;
-- a large one lies in blob.
CREATE TABLE mails (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source     TEXT NOT NULL,
    place      TEXT, -- NULL where a source has no places
    outcome    TEXT NOT NULL,
    ticket     INTEGER NOT NULL,
    quarantine INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    words      TEXT NOT NULL, -- sender, subject and Message-ID in lower case
    doc        TEXT NOT NULL,
    blob       TEXT NOT NULL,
    gzip       INTEGER NOT NULL, -- 1: the blob is packed
    packed     BLOB, -- last: what is large is read only when it is asked for
    UNIQUE (place, source)
);
CREATE INDEX mails_outcome ON mails (outcome, id);
CREATE INDEX mails_ticket ON mails (ticket, id) WHERE ticket <> 0;
CREATE INDEX mails_blob ON mails (blob) WHERE blob <> '';
CREATE INDEX mails_kept ON mails (at, id) WHERE quarantine = 0 AND (packed IS NOT NULL OR blob <> '');

-- What somebody has released or discarded is no longer listed, but still known when it comes again.
ALTER TABLE quarantine ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX quarantine_open ON quarantine (id) WHERE settled = 0;

-- +goose Down
DROP INDEX quarantine_open;
ALTER TABLE quarantine DROP COLUMN settled;
DROP TABLE mails;
