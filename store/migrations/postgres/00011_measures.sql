-- +goose Up
-- What is counted: promises kept and broken, notes that were unclear, complaints. Only ever added to.
CREATE TABLE outcomes (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     BIGINT NOT NULL,
    ticket BIGINT NOT NULL,
    doc    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX outcomes_at ON outcomes (at, id);

-- How much open time solved cases took, in microseconds, once for each topic; "" is all.
CREATE TABLE spent (
    tier     TEXT COLLATE "C" NOT NULL,
    priority TEXT COLLATE "C" NOT NULL,
    topic    TEXT COLLATE "C" NOT NULL,
    solved   BIGINT NOT NULL,
    ticket   BIGINT NOT NULL,
    open     BIGINT NOT NULL,
    PRIMARY KEY (tier, priority, topic, solved, ticket)
);
CREATE INDEX spent_ticket ON spent (ticket);

-- +goose Down
DROP TABLE spent;
DROP TABLE outcomes;
