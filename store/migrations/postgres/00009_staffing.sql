-- +goose Up
-- What was said of who works: by people (said) and by their tool (slack), one row each.
CREATE TABLE presence (
    agent TEXT COLLATE "C" NOT NULL,
    slot  TEXT COLLATE "C" NOT NULL,
    doc   TEXT NOT NULL,
    PRIMARY KEY (agent, slot)
);
-- When each was last handed a ticket of a tier.
CREATE TABLE handed (
    tier  TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (tier, agent)
);
-- What somebody has to do, and what waits for somebody: not what is done.
CREATE INDEX tickets_load ON tickets (owner, state) WHERE owner <> '' AND state IN ('new', 'open', 'pending', 'on_hold');
CREATE INDEX tickets_waiting ON tickets (tier, id) WHERE owner = '' AND state IN ('new', 'open');

-- +goose Down
DROP INDEX tickets_waiting;
DROP INDEX tickets_load;
DROP TABLE handed;
DROP TABLE presence;
