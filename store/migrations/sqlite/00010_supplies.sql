-- +goose Up
-- Times in which cases were with suppliers. back is 0 while it lasts.
CREATE TABLE supplies (
    ticket   INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    supplier TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    back     INTEGER NOT NULL,
    moved    INTEGER NOT NULL, -- 1: it went on with another ticket, and counts there
    doc      TEXT    NOT NULL,
    PRIMARY KEY (ticket, number)
) WITHOUT ROWID;
CREATE INDEX supplies_since ON supplies (since);

-- +goose Down
DROP TABLE supplies;
