package store

import (
	"context"
	"time"

	"tierline/ticket"
)

// What is forgotten, and when.
const (
	cleanEvery  = 24 * time.Hour
	cleanBatch  = 1_000               // rows in one transaction
	cleanMost   = 200_000             // rows in one run; the rest tomorrow
	keepActions = 30 * 24 * time.Hour // keys of actions: nobody sends one again after so long
	keepPrints  = 30 * 24 * time.Hour // what tickets are about: of interest for as long as it is compared with
	keepLeases  = 24 * time.Hour      // leases that have ended
)

// Clean forgets what nobody will ask for again, now and every day until ctx ends. Several gateways may
// do so at once. What fails is tried again the next day.
func (s *Store) Clean(ctx context.Context) error {
	tick := time.NewTicker(cleanEvery)
	defer tick.Stop()
	for {
		if n, err := s.Forget(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("what is old cannot be forgotten", "err", err)
		} else if n > 0 {
			s.cfg.Log.Info("old keys of actions and ended leases are forgotten", "rows", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Forget forgets once, in short transactions, and says how many rows those were.
func (s *Store) Forget(ctx context.Context) (total int64, err error) {
	for _, old := range []struct {
		delete string
		after  time.Duration
	}{
		{"DELETE FROM actions WHERE key IN (SELECT key FROM actions WHERE at < $1 ORDER BY at LIMIT $2)", keepActions},
		{"DELETE FROM leases WHERE name IN (SELECT name FROM leases WHERE until < $1 LIMIT $2)", keepLeases},
		{"DELETE FROM drafts WHERE (agent, ticket) IN (SELECT agent, ticket FROM drafts WHERE at < $1 ORDER BY at LIMIT $2)", ticket.DraftLife},
		{"DELETE FROM prints WHERE ticket IN (SELECT ticket FROM prints WHERE opened < $1 ORDER BY opened LIMIT $2)", keepPrints},
	} {
		for total < cleanMost {
			var n int64
			err := s.write(ctx, "store.Forget", func(t *tx) (err error) {
				n, err = t.exec(old.delete, at(t.now.Add(-old.after)), cleanBatch)
				return err
			})
			if total += n; err != nil {
				return total, err
			}
			if n < cleanBatch {
				break
			}
		}
	}
	return total, nil
}
