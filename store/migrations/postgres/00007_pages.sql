-- +goose Up
-- Every page that there was, as it was last: tickets hold their newest only.
CREATE TABLE pages (
    ticket BIGINT NOT NULL,
    number BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    doc    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (ticket, number)
);
CREATE INDEX pages_opened ON pages (opened);

-- +goose Down
DROP TABLE pages;
