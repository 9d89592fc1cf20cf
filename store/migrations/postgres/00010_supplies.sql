-- +goose Up
-- Times in which cases were with suppliers. back is 0 while it lasts.
CREATE TABLE supplies (
    ticket   BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    supplier TEXT COLLATE "C" NOT NULL,
    since    BIGINT NOT NULL,
    back     BIGINT NOT NULL,
    moved    BIGINT NOT NULL, -- 1: it went on with another ticket, and counts there
    doc      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (ticket, number)
);
CREATE INDEX supplies_since ON supplies (since);

-- +goose Down
DROP TABLE supplies;
