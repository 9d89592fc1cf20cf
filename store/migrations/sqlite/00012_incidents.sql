-- +goose Up
-- What hits many customers. doc is JSON.
CREATE TABLE incidents (
    id    INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    doc   TEXT NOT NULL
);
CREATE INDEX incidents_state ON incidents (state, id);

-- Their tickets. told is the number of the newest update that the customer was told or that was passed over.
CREATE TABLE incident_tickets (
    incident INTEGER NOT NULL,
    ticket   INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    state    TEXT NOT NULL,
    told     INTEGER NOT NULL,
    skipped  INTEGER NOT NULL,           -- 1: that update was passed over
    returned INTEGER NOT NULL DEFAULT 0, -- 1: its customer has written again after it was solved
    doc      TEXT NOT NULL,
    PRIMARY KEY (incident, ticket)
) WITHOUT ROWID;
CREATE INDEX incident_tickets_ticket ON incident_tickets (ticket);
CREATE INDEX incident_tickets_customer ON incident_tickets (incident, customer);

-- What tickets are about, to find those that are alike.
CREATE TABLE prints (
    ticket INTEGER PRIMARY KEY,
    opened INTEGER NOT NULL,
    terms  TEXT NOT NULL -- parted by blanks
);
CREATE INDEX prints_opened ON prints (opened);

-- +goose Down
DROP TABLE prints;
DROP TABLE incident_tickets;
DROP TABLE incidents;
