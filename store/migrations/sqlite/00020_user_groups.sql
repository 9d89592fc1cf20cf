-- +goose Up
-- What the desk's tool told last of its user groups: who may do what may hang on it.
CREATE TABLE user_groups (
    name  TEXT NOT NULL,
    asked INTEGER NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;
-- What people are told when they may be disturbed again.
CREATE TABLE held_notices (
    agent TEXT NOT NULL,
    key   TEXT NOT NULL,
    at    INTEGER NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (agent, key)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE held_notices;
DROP TABLE user_groups;
