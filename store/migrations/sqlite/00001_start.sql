-- +goose Up
-- Times are microseconds since 1970, UTC. doc is JSON; what is searched or changed by itself has a column.
CREATE TABLE tickets (
    id           INTEGER PRIMARY KEY,
    state        TEXT NOT NULL,
    tier         TEXT NOT NULL,
    queue        TEXT NOT NULL,
    owner        TEXT NOT NULL,
    channel      TEXT NOT NULL,
    customer     INTEGER NOT NULL,
    organization INTEGER NOT NULL,
    follows_up   INTEGER NOT NULL,
    opened       INTEGER NOT NULL,
    words        TEXT NOT NULL, -- the subject in lower case
    doc          TEXT NOT NULL
);
CREATE INDEX tickets_state ON tickets (state, id);
CREATE INDEX tickets_owner ON tickets (owner, id) WHERE owner <> '';
CREATE INDEX tickets_customer ON tickets (customer, id);
CREATE INDEX tickets_organization ON tickets (organization, id) WHERE organization <> 0;
CREATE INDEX tickets_follows ON tickets (follows_up) WHERE follows_up <> 0;

CREATE TABLE ticket_units (
    serial TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    PRIMARY KEY (serial, ticket)
) WITHOUT ROWID;

CREATE TABLE messages (
    ticket   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    problem  TEXT NOT NULL,
    external TEXT NOT NULL,
    desk_ref TEXT NOT NULL,
    doc      TEXT NOT NULL,
    PRIMARY KEY (ticket, seq)
);

CREATE TABLE events (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket INTEGER NOT NULL,
    doc    TEXT NOT NULL
);
CREATE INDEX events_ticket ON events (ticket, id);

-- What was accepted, so that a redelivery is recognised.
CREATE TABLE contacts (
    external TEXT NOT NULL,
    inbox    TEXT NOT NULL,
    channel  TEXT NOT NULL,
    ticket   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (external, inbox, channel)
) WITHOUT ROWID;

-- Actions that were done and must not be done again.
CREATE TABLE actions (
    key    TEXT PRIMARY KEY,
    ticket INTEGER NOT NULL,
    at     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE refs (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    key    TEXT NOT NULL,
    scope  TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    UNIQUE (key, scope)
);
CREATE INDEX refs_ticket ON refs (ticket, scope, id);

-- stage says what may be done with a job: due (now), later (at run_at), behind (another of its key
-- goes first), leased, dead. The first three are "ready" to the outside.
CREATE TABLE jobs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,
    key      TEXT,
    uniq     TEXT,
    ticket   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    step     INTEGER NOT NULL,
    payload  TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run_at   INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    stage    TEXT NOT NULL,
    error    TEXT NOT NULL,
    lease    TEXT NOT NULL,
    until    INTEGER NOT NULL,
    created  INTEGER NOT NULL
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
    id           INTEGER PRIMARY KEY,
    organization INTEGER NOT NULL,
    doc          TEXT NOT NULL
);
CREATE TABLE identities (
    value    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (value, kind)
) WITHOUT ROWID;
CREATE INDEX identities_customer ON identities (customer);

CREATE TABLE organizations (
    id  INTEGER PRIMARY KEY,
    doc TEXT NOT NULL
);
CREATE TABLE domains (
    domain       TEXT PRIMARY KEY,
    organization INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX domains_organization ON domains (organization);

CREATE TABLE units (
    serial TEXT PRIMARY KEY,
    doc    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE cursors (
    source TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE quarantine (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    external TEXT NOT NULL,
    inbox    TEXT NOT NULL,
    channel  TEXT NOT NULL,
    doc      TEXT NOT NULL,
    UNIQUE (external, inbox, channel)
);

CREATE TABLE articles (
    id      TEXT PRIMARY KEY,
    seq     INTEGER NOT NULL UNIQUE,
    rev     INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    doc     TEXT NOT NULL
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
