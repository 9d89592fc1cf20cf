-- +goose Up
-- What people have begun to write to customers; one with an empty doc was sent from its form.
CREATE TABLE drafts (
    agent  TEXT COLLATE "C" NOT NULL,
    ticket BIGINT NOT NULL,
    form   TEXT NOT NULL,
    open   INTEGER NOT NULL,
    at     BIGINT NOT NULL,
    doc    TEXT NOT NULL,
    PRIMARY KEY (agent, ticket)
);
CREATE INDEX drafts_ticket ON drafts (ticket) WHERE open = 1;
CREATE INDEX drafts_at ON drafts (at);
-- How often each macro was used, and the sum of how much of it was written anew, in percent.
CREATE TABLE macros (
    article TEXT COLLATE "C" PRIMARY KEY,
    uses    BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    last    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE macros;
DROP TABLE drafts;
