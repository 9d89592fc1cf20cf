-- +goose Up
-- What is counted: promises kept and broken, notes that were unclear, complaints. Only ever added to.
CREATE TABLE outcomes (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    ticket INTEGER NOT NULL,
    doc    TEXT NOT NULL
);
CREATE INDEX outcomes_at ON outcomes (at, id);

-- How much open time solved cases took, in microseconds, once for each topic; "" is all.
CREATE TABLE spent (
    tier     TEXT NOT NULL,
    priority TEXT NOT NULL,
    topic    TEXT NOT NULL,
    solved   INTEGER NOT NULL,
    ticket   INTEGER NOT NULL,
    open     INTEGER NOT NULL,
    PRIMARY KEY (tier, priority, topic, solved, ticket)
) WITHOUT ROWID;
CREATE INDEX spent_ticket ON spent (ticket);

-- +goose Down
DROP TABLE spent;
DROP TABLE outcomes;
