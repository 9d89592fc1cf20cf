-- +goose Up
-- What the desk's tool told last of its user groups: who may do what may hang on it.
CREATE TABLE user_groups (
    name  TEXT NOT NULL,
    asked INTEGER NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE user_groups;
