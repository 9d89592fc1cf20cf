-- +goose Up
CREATE SEQUENCE incidents_id;

-- What hits many customers. doc is JSON.
CREATE TABLE incidents (
    id    BIGINT PRIMARY KEY,
    state TEXT COLLATE "C" NOT NULL,
    doc   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX incidents_state ON incidents (state, id);

-- Their tickets. told is the number of the newest update that the customer was told or that was passed over.
CREATE TABLE incident_tickets (
    incident BIGINT NOT NULL,
    ticket   BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    state    TEXT COLLATE "C" NOT NULL,
    told     BIGINT NOT NULL,
    skipped  BIGINT NOT NULL,           -- 1: that update was passed over
    returned BIGINT NOT NULL DEFAULT 0, -- 1: its customer has written again after it was solved
    doc      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (incident, ticket)
);
CREATE INDEX incident_tickets_ticket ON incident_tickets (ticket);
CREATE INDEX incident_tickets_customer ON incident_tickets (incident, customer);

-- What tickets are about, to find those that are alike.
CREATE TABLE prints (
    ticket BIGINT PRIMARY KEY,
    opened BIGINT NOT NULL,
    terms  TEXT COLLATE "C" NOT NULL -- parted by blanks
);
CREATE INDEX prints_opened ON prints (opened);

-- +goose Down
DROP TABLE prints;
DROP TABLE incident_tickets;
DROP TABLE incidents;
DROP SEQUENCE incidents_id;
