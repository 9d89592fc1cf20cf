-- +goose Up
-- Text compares by bytes (COLLATE "C"), as it does on SQLite.
CREATE SEQUENCE tickets_id START 1001;
CREATE SEQUENCE customers_id;
CREATE SEQUENCE organizations_id;

-- Times are microseconds since 1970, UTC. doc is JSON; what is searched or changed by itself has a column.
CREATE TABLE tickets (
    id           BIGINT PRIMARY KEY,
    state        TEXT COLLATE "C" NOT NULL,
    tier         TEXT COLLATE "C" NOT NULL,
    queue        TEXT COLLATE "C" NOT NULL,
    owner        TEXT COLLATE "C" NOT NULL,
    channel      TEXT COLLATE "C" NOT NULL,
    customer     BIGINT NOT NULL,
    organization BIGINT NOT NULL,
    follows_up   BIGINT NOT NULL,
    opened       BIGINT NOT NULL,
    words        TEXT COLLATE "C" NOT NULL, -- the subject in lower case
    doc          TEXT COLLATE "C" NOT NULL
);
CREATE INDEX tickets_state ON tickets (state, id);
CREATE INDEX tickets_owner ON tickets (owner, id) WHERE owner <> '';
CREATE INDEX tickets_customer ON tickets (customer, id);
CREATE INDEX tickets_organization ON tickets (organization, id) WHERE organization <> 0;
CREATE INDEX tickets_follows ON tickets (follows_up) WHERE follows_up <> 0;

CREATE TABLE ticket_units (
    serial TEXT COLLATE "C" NOT NULL,
    ticket BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    PRIMARY KEY (serial, ticket)
);

CREATE TABLE messages (
    ticket   BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    delivery TEXT COLLATE "C" NOT NULL,
    problem  TEXT COLLATE "C" NOT NULL,
    external TEXT COLLATE "C" NOT NULL,
    desk_ref TEXT COLLATE "C" NOT NULL,
    doc      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (ticket, seq)
);

CREATE TABLE events (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket BIGINT NOT NULL,
    doc    TEXT NOT NULL
);
CREATE INDEX events_ticket ON events (ticket, id);

-- What was accepted, so that a redelivery is recognised.
CREATE TABLE contacts (
    external TEXT COLLATE "C" NOT NULL,
    inbox    TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    ticket   BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    PRIMARY KEY (external, inbox, channel)
);

-- Actions that were done and must not be done again.
CREATE TABLE actions (
    key    TEXT COLLATE "C" PRIMARY KEY,
    ticket BIGINT NOT NULL,
    at     BIGINT NOT NULL
);

CREATE TABLE refs (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key    TEXT COLLATE "C" NOT NULL,
    scope  TEXT COLLATE "C" NOT NULL,
    ticket BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    UNIQUE (key, scope)
);
CREATE INDEX refs_ticket ON refs (ticket, scope, id);

-- stage says what may be done with a job: due (now), later (at run_at), behind (another of its key
-- goes first), leased, dead. The first three are "ready" to the outside.
CREATE TABLE jobs (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     TEXT COLLATE "C" NOT NULL,
    key      TEXT COLLATE "C",
    uniq     TEXT COLLATE "C",
    ticket   BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    step     BIGINT NOT NULL,
    payload  TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    run_at   BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    stage    TEXT COLLATE "C" NOT NULL,
    error    TEXT COLLATE "C" NOT NULL,
    lease    TEXT COLLATE "C" NOT NULL,
    until    BIGINT NOT NULL,
    created  BIGINT NOT NULL
);
-- Of each key one job is in front, whatever the program does.
CREATE UNIQUE INDEX jobs_front ON jobs (key) WHERE stage IN ('due', 'later', 'leased');
CREATE UNIQUE INDEX jobs_uniq ON jobs (uniq) WHERE attempts = 0 AND stage IN ('due', 'later', 'behind');
CREATE INDEX jobs_due ON jobs (priority, id) WHERE stage = 'due';
CREATE INDEX jobs_due_kind ON jobs (kind, priority, id) WHERE stage = 'due';
CREATE INDEX jobs_later ON jobs (run_at) WHERE stage = 'later';
CREATE INDEX jobs_leased ON jobs (until) WHERE stage = 'leased';
CREATE INDEX jobs_behind ON jobs (key, id) WHERE stage = 'behind';
CREATE INDEX jobs_dead ON jobs (id) WHERE stage = 'dead';

CREATE TABLE customers (
    id           BIGINT PRIMARY KEY,
    organization BIGINT NOT NULL,
    doc          TEXT COLLATE "C" NOT NULL
);
CREATE TABLE identities (
    value    TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    customer BIGINT NOT NULL,
    PRIMARY KEY (value, kind)
);
CREATE INDEX identities_customer ON identities (customer);

CREATE TABLE organizations (
    id  BIGINT PRIMARY KEY,
    doc TEXT COLLATE "C" NOT NULL
);
CREATE TABLE domains (
    domain       TEXT COLLATE "C" PRIMARY KEY,
    organization BIGINT NOT NULL
);
CREATE INDEX domains_organization ON domains (organization);

CREATE TABLE units (
    serial TEXT COLLATE "C" PRIMARY KEY,
    doc    TEXT NOT NULL
);

CREATE TABLE cursors (
    source TEXT COLLATE "C" PRIMARY KEY,
    value  TEXT COLLATE "C" NOT NULL
);
CREATE TABLE leases (
    name   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  BIGINT NOT NULL
);

CREATE TABLE quarantine (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external TEXT COLLATE "C" NOT NULL,
    inbox    TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    doc      TEXT COLLATE "C" NOT NULL,
    UNIQUE (external, inbox, channel)
);

CREATE TABLE articles (
    id      TEXT COLLATE "C" PRIMARY KEY,
    seq     BIGINT NOT NULL UNIQUE,
    rev     BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    doc     TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE articles;
DROP TABLE quarantine;
DROP TABLE leases;
DROP TABLE cursors;
DROP TABLE units;
DROP TABLE domains;
DROP TABLE organizations;
DROP TABLE identities;
DROP TABLE customers;
DROP TABLE jobs;
DROP TABLE refs;
DROP TABLE actions;
DROP TABLE contacts;
DROP TABLE events;
DROP TABLE messages;
DROP TABLE ticket_units;
DROP TABLE tickets;
DROP SEQUENCE organizations_id;
DROP SEQUENCE customers_id;
DROP SEQUENCE tickets_id;
