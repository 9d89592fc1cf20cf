-- +goose Up
-- What is due on a ticket, so that people's agendas are read from indexes: the rank of its priority, when its first
-- running clock and its first open promise are due, and the tier that is being paged for it.
ALTER TABLE tickets ADD COLUMN rank INTEGER NOT NULL DEFAULT 2;
ALTER TABLE tickets ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN promised INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN paged TEXT NOT NULL DEFAULT '';

UPDATE tickets SET
    rank = CASE json_extract(doc, '$.priority') WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END,
    due = COALESCE((SELECT MIN(unixepoch(json_extract(c.value, '$.due')) * 1000000) FROM json_each(doc, '$.clocks') c
        WHERE json_extract(c.value, '$.since') IS NOT NULL AND json_extract(c.value, '$.ended') IS NULL), 0),
    promised = COALESCE((SELECT MIN(unixepoch(json_extract(p.value, '$.due')) * 1000000) FROM json_each(doc, '$.promises') p
        WHERE json_extract(p.value, '$.state') IN ('open', 'broken') AND json_extract(p.value, '$.ended') IS NULL), 0),
    paged = CASE WHEN json_extract(doc, '$.page.state') IN ('waiting', 'ringing') THEN json_extract(doc, '$.page.tier') ELSE '' END
WHERE state IN ('new', 'open', 'pending', 'on_hold');

DROP INDEX tickets_load;
DROP INDEX tickets_waiting;
CREATE INDEX tickets_load ON tickets (owner, state, due, rank, channel) WHERE owner <> '' AND state IN ('new', 'open', 'pending', 'on_hold');
CREATE INDEX tickets_waiting ON tickets (tier, id, rank, due, channel) WHERE owner = '' AND state IN ('new', 'open');
CREATE INDEX tickets_late ON tickets (tier, due, rank, channel) WHERE due <> 0;
CREATE INDEX tickets_promised ON tickets (owner, promised, rank, channel) WHERE promised <> 0;
CREATE INDEX tickets_paged ON tickets (paged, rank, channel) WHERE paged <> '';

-- +goose Down
DROP INDEX tickets_paged;
DROP INDEX tickets_promised;
DROP INDEX tickets_late;
DROP INDEX tickets_waiting;
DROP INDEX tickets_load;
CREATE INDEX tickets_load ON tickets (owner, state) WHERE owner <> '' AND state IN ('new', 'open', 'pending', 'on_hold');
CREATE INDEX tickets_waiting ON tickets (tier, id) WHERE owner = '' AND state IN ('new', 'open');
ALTER TABLE tickets DROP COLUMN paged;
ALTER TABLE tickets DROP COLUMN promised;
ALTER TABLE tickets DROP COLUMN due;
ALTER TABLE tickets DROP COLUMN rank;
