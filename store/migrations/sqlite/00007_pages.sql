-- +goose Up
-- Every page that there was, as it was last: tickets hold their newest only.
CREATE TABLE pages (
    ticket INTEGER NOT NULL,
    number INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    doc    TEXT    NOT NULL,
    PRIMARY KEY (ticket, number)
) WITHOUT ROWID;
CREATE INDEX pages_opened ON pages (opened);

-- +goose Down
DROP TABLE pages;
