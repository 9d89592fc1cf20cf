package kb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tierline/ticket"
)

// shelf is a store that only has a change feed.
type shelf struct {
	Store
	mu       sync.Mutex
	articles map[string]Article
	seq      int64
}

func (s *shelf) put(id string, body int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.articles == nil {
		s.articles = map[string]Article{}
	}
	s.seq++
	s.articles[id] = Article{ID: id, Body: strings.Repeat("x", body), Seq: s.seq}
}

func (s *shelf) ArticleChanges(_ context.Context, cursor int64, limit int) ([]Article, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Article
	for _, a := range s.articles {
		if a.Seq > cursor {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b Article) int { return int(a.Seq - b.Seq) })
	return all[:min(limit, len(all))], nil
}

// drawer is an engine that remembers what it was given, and fails when it is told to.
type drawer struct {
	mu      sync.Mutex
	has     map[string]int64
	cursor  int64
	fail    error
	calls   int
	batches []int
}

func (d *drawer) Index(_ context.Context, changed []Article, cursor int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	if d.has == nil {
		d.has = map[string]int64{}
	}
	for _, a := range changed {
		d.has[a.ID] = a.Seq
	}
	d.cursor = cursor
	d.batches = append(d.batches, len(changed))
	return nil
}

func (d *drawer) Cursor(context.Context) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	return d.cursor, d.fail
}

func (d *drawer) Reset(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.has, d.cursor = nil, 0
	return d.fail
}

func (d *drawer) Search(context.Context, Question) ([]Hit, error) { return nil, nil }
func (d *drawer) Ping(context.Context) error                      { return nil }
func (d *drawer) Close() error                                    { return nil }

func (d *drawer) state() (articles int, cursor int64, calls int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.has), d.cursor, d.calls
}

func (d *drawer) setFail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestCatchUpInBatches(t *testing.T) {
	t.Parallel()
	s, d := &shelf{}, &drawer{}
	for i := range 450 {
		s.put(fmt.Sprint(i), 1)
	}
	f := &Follower{Store: s, Engine: d, Log: quiet()}
	if err := f.Ready(); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("ready before the first look: %v", err)
	}
	if err := f.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n, cursor, _ := d.state(); n != 450 || cursor != 450 || !slices.Equal(d.batches, []int{200, 200, 50}) {
		t.Errorf("%d articles, cursor %d, batches %v", n, cursor, d.batches)
	}
	if err := f.Ready(); err != nil {
		t.Error(err)
	}
}

func TestHugeArticlesGoInSmallBatches(t *testing.T) {
	t.Parallel()
	s, d := &shelf{}, &drawer{}
	for i := range 5 {
		s.put(fmt.Sprint(i), batchBytes/2)
	}
	f := &Follower{Store: s, Engine: d, Log: quiet()}
	if err := f.CatchUp(context.Background()); err != nil || !slices.Equal(d.batches, []int{2, 2, 1}) {
		t.Errorf("%v, batches %v", err, d.batches)
	}
}

func TestFollowerWakesPollsAndBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, wake := &shelf{}, &drawer{}, make(chan struct{}, 1)
		f := &Follower{Store: s, Engine: d, Wake: wake, Log: quiet()}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		want := func(when string, articles int) {
			t.Helper()
			synctest.Wait()
			if n, _, _ := d.state(); n != articles {
				t.Errorf("%s: %d articles, wanted %d", when, n, articles)
			}
		}
		synctest.Wait()
		s.put("a", 1)
		wake <- struct{}{}
		want("after a hint", 1)
		s.put("b", 1)
		want("without a hint", 1)
		time.Sleep(pollEvery)
		want("after the poll", 2)

		dead := &ticket.Error{Op: "engine", Kind: ticket.Transient, Err: errors.New("no answer")}
		d.setFail(dead)
		time.Sleep(pollEvery)
		synctest.Wait()
		if err := f.Ready(); !errors.Is(err, dead) {
			t.Errorf("ready says %v", err)
		}
		_, _, before := d.state()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if _, _, calls := d.state(); calls-before < 9 || calls-before > 18 {
			t.Errorf("a dead engine was asked %d times in ten minutes", calls-before)
		}
		s.put("c", 1)
		d.setFail(nil)
		time.Sleep(longPause)
		want("when it lives again", 3)
		if err := f.Ready(); err != nil {
			t.Error(err)
		}
		close(wake) // a closed channel is no endless hint
		_, _, before = d.state()
		time.Sleep(3 * pollEvery)
		synctest.Wait()
		if _, _, calls := d.state(); calls-before > 4 {
			t.Errorf("asked %d times in three polls", calls-before)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// rebuilder swaps like a real one.
type rebuilder struct{ *drawer }

func (r rebuilder) Rebuild(ctx context.Context, fill func(Engine) error) error {
	fresh := &drawer{}
	if err := fill(fresh); err != nil {
		return err
	}
	r.has, r.cursor = fresh.has, fresh.cursor
	return nil
}

func TestReindex(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.put("a", 1)
	for name, e := range map[string]struct {
		Engine
		d *drawer
	}{"reset": {d: &drawer{}}, "rebuild": {d: &drawer{}}} {
		e.Engine = e.d
		if name == "rebuild" {
			e.Engine = rebuilder{e.d}
		}
		e.d.has, e.d.cursor = map[string]int64{"stale": 9}, 99
		f := &Follower{Store: s, Engine: e.Engine, Log: quiet()}
		if err := f.Reindex(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n, cursor, _ := e.d.state(); n != 1 || cursor != 1 || e.d.has["a"] == 0 {
			t.Errorf("%s: %v, cursor %d", name, e.d.has, cursor)
		}
		e.d.setFail(errors.New("dead"))
		if err := f.Reindex(context.Background()); name == "reset" && err == nil {
			t.Error("a dead engine can be reset")
		}
	}
}
