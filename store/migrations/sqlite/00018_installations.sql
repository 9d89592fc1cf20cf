-- +goose Up
-- Where the desk's app is installed. sealed holds its tokens, encrypted with the gateway's secret; at most one is home.
CREATE TABLE installations (
    key    TEXT NOT NULL PRIMARY KEY,
    rev    INTEGER NOT NULL,
    home   INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    doc    TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX installations_home ON installations (home) WHERE home = 1;

-- +goose Down
DROP TABLE installations;
