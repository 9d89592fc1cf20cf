-- +goose Up
-- Every mail that was seen, with what became of it. packed is its source with gzip, while it is kept;
-- a large one lies in blob.
CREATE TABLE mails (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source     TEXT COLLATE "C" NOT NULL,
    place      TEXT COLLATE "C", -- NULL where a source has no places
    outcome    TEXT COLLATE "C" NOT NULL,
    ticket     BIGINT NOT NULL,
    quarantine BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    words      TEXT COLLATE "C" NOT NULL, -- sender, subject and Message-ID in lower case
    doc        TEXT COLLATE "C" NOT NULL,
    blob       TEXT COLLATE "C" NOT NULL,
    gzip       BIGINT NOT NULL, -- 1: the blob is packed
    packed     BYTEA, -- last: what is large is read only when it is asked for
    UNIQUE (place, source)
);
CREATE INDEX mails_outcome ON mails (outcome, id);
CREATE INDEX mails_ticket ON mails (ticket, id) WHERE ticket <> 0;
CREATE INDEX mails_blob ON mails (blob) WHERE blob <> '';
CREATE INDEX mails_kept ON mails (at, id) WHERE quarantine = 0 AND (packed IS NOT NULL OR blob <> '');

-- What somebody has released or discarded is no longer listed, but still known when it comes again.
ALTER TABLE quarantine ADD COLUMN settled BIGINT NOT NULL DEFAULT 0;
CREATE INDEX quarantine_open ON quarantine (id) WHERE settled = 0;

-- +goose Down
DROP INDEX quarantine_open;
ALTER TABLE quarantine DROP COLUMN settled;
DROP TABLE mails;
