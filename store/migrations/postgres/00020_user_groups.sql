-- +goose Up
-- What the desk's tool told last of its user groups: who may do what may hang on it.
CREATE TABLE user_groups (
    name  TEXT COLLATE "C" NOT NULL,
    asked BIGINT NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (name)
);
-- What people are told when they may be disturbed again.
CREATE TABLE held_notices (
    agent TEXT COLLATE "C" NOT NULL,
    key   TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (agent, key)
);

-- +goose Down
DROP TABLE held_notices;
DROP TABLE user_groups;
