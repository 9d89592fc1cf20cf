-- +goose Up
-- What people change of who is on call; the schedules stand in the configuration. until is when it is over.
CREATE TABLE roster_changes (
    id    BIGINT PRIMARY KEY,
    until BIGINT NOT NULL,
    doc   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX roster_changes_until ON roster_changes (until);
-- The version of them all: whoever decides on one writes it, so that two who decide at once are one after the other.
INSERT INTO cursors (source, value) VALUES ('roster', '0');

-- Calendars to which people subscribe. revoked is 0 while one is good.
CREATE TABLE roster_feeds (
    id      BIGINT PRIMARY KEY,
    agent   TEXT COLLATE "C" NOT NULL,
    revoked BIGINT NOT NULL,
    doc     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX roster_feeds_agent ON roster_feeds (agent) WHERE revoked = 0;

-- Who has taken pages, to be counted.
CREATE INDEX events_pages ON events (id) WHERE doc LIKE '%"kind":"accept"%';

-- +goose Down
DROP INDEX events_pages;
DROP TABLE roster_feeds;
DELETE FROM cursors WHERE source = 'roster';
DROP TABLE roster_changes;
