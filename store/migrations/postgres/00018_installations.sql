-- +goose Up
-- Where the desk's app is installed. sealed holds its tokens, encrypted with the gateway's secret; at most one is home.
CREATE TABLE installations (
    key    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rev    BIGINT NOT NULL,
    home   BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    doc    TEXT NOT NULL
);
CREATE UNIQUE INDEX installations_home ON installations (home) WHERE home = 1;

-- +goose Down
DROP TABLE installations;
