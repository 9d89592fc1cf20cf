-- +goose Up
-- What is due on a ticket, so that people's agendas are read from indexes: the rank of its priority, when its first
-- running clock and its first open promise are due, and the tier that is being paged for it.
ALTER TABLE tickets ADD COLUMN rank BIGINT NOT NULL DEFAULT 2;
ALTER TABLE tickets ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN promised BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN paged TEXT COLLATE "C" NOT NULL DEFAULT '';

UPDATE tickets SET
    rank = CASE doc::jsonb->>'priority' WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END,
    due = COALESCE((SELECT MIN((EXTRACT(EPOCH FROM (c->>'due')::timestamptz) * 1000000)::bigint)
        FROM jsonb_array_elements(COALESCE(doc::jsonb->'clocks', '[]'::jsonb)) c WHERE c->>'since' IS NOT NULL AND c->>'ended' IS NULL), 0),
    promised = COALESCE((SELECT MIN((EXTRACT(EPOCH FROM (p->>'due')::timestamptz) * 1000000)::bigint)
        FROM jsonb_array_elements(COALESCE(doc::jsonb->'promises', '[]'::jsonb)) p WHERE p->>'state' IN ('open', 'broken') AND p->>'ended' IS NULL), 0),
    paged = CASE WHEN doc::jsonb->'page'->>'state' IN ('waiting', 'ringing') THEN doc::jsonb->'page'->>'tier' ELSE '' END
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
