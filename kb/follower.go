package kb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tierline/ticket"
)

// How the follower keeps up.
const (
	pollEvery   = 5 * time.Second // behind the hints
	batchSize   = 200             // articles in one Index
	batchBytes  = 8 << 20         // bytes of text in one Index, roughly
	firstPause  = 500 * time.Millisecond
	longPause   = time.Minute
	indexWithin = 2 * time.Minute // for one batch
)

// Follower brings an engine up to date with the store's change feed. Each process that has an
// engine runs one; several may follow the same store into the same engine.
type Follower struct {
	Store  Store
	Engine Engine
	Wake   <-chan struct{}  // a hint that articles have changed; may be nil
	Now    func() time.Time // time.Now when nil
	Log    *slog.Logger     // slog.Default() when nil

	one   sync.Mutex // one catch-up at a time
	mu    sync.Mutex
	fault error
	ready bool
	since time.Time
}

// Rebuilder is an engine that can be filled anew while the old index still answers.
type Rebuilder interface {
	// Rebuild has fill fill an empty engine, which then takes the place of what there is. When fill
	// fails, everything stays as it was.
	Rebuild(ctx context.Context, fill func(Engine) error) error
}

// Run keeps the engine up to date until ctx ends; then it returns nil. While the engine or the store
// is dead it tries again, less and less often, at least once a minute.
func (f *Follower) Run(ctx context.Context) error {
	pause := firstPause
	for {
		wait := pollEvery
		err := f.CatchUp(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			wait, pause = max(pause, ticket.RetryAfter(err)), min(2*pause, longPause)
		} else {
			pause = firstPause
		}
		if !f.sleep(ctx, wait, err == nil) {
			return nil
		}
	}
}

// sleep waits for the time, or for a hint where hints count, and is false when ctx ended.
func (f *Follower) sleep(ctx context.Context, wait time.Duration, hints bool) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	wake := f.Wake
	if !hints {
		wake = nil // a dead engine is not asked more often because articles change
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case _, open := <-wake:
			if open {
				return true
			}
			wake = nil
		}
	}
}

// CatchUp brings the engine up to date once. When it returns nil, every change that was stored
// before the call can be found.
func (f *Follower) CatchUp(ctx context.Context) error {
	f.one.Lock()
	defer f.one.Unlock()
	err := f.fill(ctx, f.Engine)
	f.note(ctx, err)
	return err
}

// Reindex builds the index anew. Where the engine can, the old one answers until the new one is
// complete.
func (f *Follower) Reindex(ctx context.Context) error {
	f.one.Lock()
	defer f.one.Unlock()
	var err error
	if r, ok := f.Engine.(Rebuilder); ok {
		err = r.Rebuild(ctx, func(e Engine) error { return f.fill(ctx, e) })
	} else if err = f.Engine.Reset(ctx); err == nil {
		err = f.fill(ctx, f.Engine)
	}
	if err != nil {
		err = fmt.Errorf("kb: building the index anew: %w", err)
	}
	f.note(ctx, err)
	return err
}

func (f *Follower) fill(ctx context.Context, e Engine) error {
	cursor, err := e.Cursor(ctx)
	if err != nil {
		return fmt.Errorf("kb: where the index stands: %w", err)
	}
	for {
		changes, err := f.Store.ArticleChanges(ctx, cursor, batchSize)
		if err != nil {
			return fmt.Errorf("kb: changes of articles: %w", err)
		}
		if len(changes) == 0 {
			return nil
		}
		for len(changes) > 0 {
			n := batchLen(changes)
			next := changes[n-1].Seq
			if next <= cursor {
				return fmt.Errorf("kb: the change feed does not go on behind %d", cursor)
			}
			if err := index(ctx, e, changes[:n], next); err != nil {
				return err
			}
			cursor, changes = next, changes[n:]
		}
	}
}

// batchLen is how many of the changes go together, so that huge articles do not add up.
func batchLen(changes []Article) int {
	size := 0
	for i, a := range changes {
		if size += len(a.Body); size > batchBytes && i > 0 {
			return i
		}
	}
	return len(changes)
}

func index(ctx context.Context, e Engine, changed []Article, cursor int64) error {
	ctx, cancel := context.WithTimeout(ctx, indexWithin)
	defer cancel()
	if err := e.Index(ctx, changed, cursor); err != nil {
		return fmt.Errorf("kb: indexing %d articles: %w", len(changed), err)
	}
	return nil
}

// note remembers how the last try went, and logs when that changes.
func (f *Follower) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		return // we were stopped; that says nothing
	}
	f.mu.Lock()
	was, first := f.fault, !f.ready && f.since.IsZero()
	f.fault, f.ready = err, f.ready || err == nil
	if (was == nil) != (err == nil) || first {
		f.since = f.now()
	}
	f.mu.Unlock()
	switch {
	case err != nil && (was == nil || was.Error() != err.Error()):
		f.log().Warn("the search index is behind", "error", err)
	case err == nil && was != nil:
		f.log().Info("the search index is up to date again")
	}
}

// Ready is nil when the index was up to date at the last look. It does no I/O.
func (f *Follower) Ready() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fault != nil:
		return fmt.Errorf("search index behind since %s: %w", f.since.UTC().Format(time.RFC3339), f.fault)
	case !f.ready:
		return &ticket.Error{Op: "kb.Follower", Kind: ticket.Transient, Public: "The search index is being filled.", Err: errors.New("first look not done")}
	}
	return nil
}

func (f *Follower) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

func (f *Follower) log() *slog.Logger {
	if f.Log == nil {
		return slog.Default()
	}
	return f.Log
}

// Suggester answers from the follower's engine, but not before the index was filled once: an answer
// from an empty index would say that nothing fits. Until then it is Transient.
func (f *Follower) Suggester() Suggester { return filled{f, NewSuggester(f.Engine)} }

type filled struct {
	follower *Follower
	Suggester
}

func (s filled) Suggest(ctx context.Context, q Question) (Answer, error) {
	s.follower.mu.Lock()
	first := !s.follower.ready && s.follower.fault == nil
	s.follower.mu.Unlock()
	if first {
		return Answer{}, s.follower.Ready()
	}
	return s.Suggester.Suggest(ctx, q)
}
