-- +goose Up
-- What the desk's tool told last of its user groups: who may do what may hang on it.
CREATE TABLE user_groups (
    name  TEXT COLLATE "C" NOT NULL,
    asked BIGINT NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (name)
);

-- +goose Down
DROP TABLE user_groups;
