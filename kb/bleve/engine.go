// Package bleve is the search engine that needs no server: an index of bleve's (its scorch segments)
// in a folder, or in memory.
//
// What happens when things fail: the index is a copy that can be made again, so one that is damaged
// on disk, or was written by a version that took words apart otherwise, is thrown away, logged, and
// filled anew by the kb.Follower from cursor 0; it never keeps the program from starting. A folder
// that another process holds is Transient and left alone. Articles and cursor are written in one
// step: after a crash either both are there or neither.
//
// Ranking is ours, on bleve's postings: one field of weighted words scored by BM25, each word of the
// question in every language's stem, and the sum divided by the highest that this question could
// reach, so that scores of different questions can be compared.
package bleve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	bolterrors "go.etcd.io/bbolt/errors"

	"tierline/config/check"
	"tierline/kb"
	"tierline/ticket"
)

// schema changes when articles are taken apart otherwise than before.
const schema = 1

// lockWait is how long Open waits for another process to let go of the folder.
const lockWait = 2 * time.Second

// Config says where the index is kept.
type Config struct {
	// Path is the index's own folder; it is made when missing. "" keeps the index in memory, which
	// is meant for throw-away bases: there, every Index call costs the searches after it a little.
	Path string `yaml:"path"`
}

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	if c.Path == "" {
		return
	}
	if s, err := os.Stat(c.Path); err == nil && !s.IsDir() {
		at.Key("path").Error("name a folder that may be made and emptied", "%s is a file", c.Path)
	}
}

// Engine is the index. Its methods may be called at the same time.
type Engine struct {
	conf Config
	log  *slog.Logger

	write   sync.Mutex   // one writer at a time; taken before mu
	state   state        // guarded by write
	mu      sync.RWMutex // held for writing where ix changes: Reset, Rebuild, Close
	ix      index.Index  // nil when closed
	queue   *index.AnalysisQueue
	average atomic.Uint64 // bits of the float64 that is an article's average number of words
	cache   atomic.Pointer[cache]
	broken  atomic.Bool // a search found the index damaged
}

// state is kept inside the index, written with each batch.
type state struct {
	Schema int   `json:"schema"`
	Cursor int64 `json:"cursor"`
	Docs   int64 `json:"docs"`  // articles ever indexed, a changed one again
	Words  int64 `json:"words"` // of them, for the average length
}

var stateKey = []byte("tierline")

// Open opens the index, or makes it when there is none, or none that can be used. The folder must
// not hold anything else: it may be emptied.
func Open(c Config, log *slog.Logger) (*Engine, error) {
	e := &Engine{conf: c, log: log}
	err := e.open()
	if err == nil || c.Path == "" {
		return e, err
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, &ticket.Error{Op: "bleve.Open", Kind: ticket.Transient,
			Public: "The search index is in use by another process.", Err: err}
	}
	if _, missing := os.Stat(c.Path); missing == nil {
		log.Warn("search index cannot be used and is built again", "path", c.Path, "error", err)
	}
	if err := clean(c.Path); err != nil {
		return nil, fmt.Errorf("bleve: emptying %s: %w", c.Path, err)
	}
	if err := e.open(); err != nil {
		return nil, fmt.Errorf("bleve: making the index in %s: %w", c.Path, err)
	}
	return e, nil
}

// clean removes what an index consists of and refuses to remove anything else.
func clean(dir string) error {
	if dir == "" {
		return nil // in memory
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range entries {
		if ext := filepath.Ext(f.Name()); f.IsDir() || ext != ".zap" && ext != ".bolt" {
			return fmt.Errorf("%s is not part of an index", f.Name())
		}
	}
	for _, f := range entries {
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// open opens what is there. A damaged file may make the library panic, which is an error here.
func (e *Engine) open() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged index: %v", p)
		}
	}()
	conf := map[string]any{"path": e.conf.Path, "bolt_timeout": lockWait.String()}
	queue := index.NewAnalysisQueue(2)
	ix, err := scorch.NewScorch(scorch.Name, conf, queue)
	if err == nil {
		err = ix.Open()
	}
	if err != nil {
		queue.Close()
		return err
	}
	s, err := loadState(ix)
	if err != nil {
		_ = ix.Close()
		queue.Close()
		return err
	}
	e.ix, e.queue = ix, queue
	e.remember(s)
	return nil
}

func loadState(ix index.Index) (state, error) {
	s := state{Schema: schema}
	r, err := ix.Reader()
	if err != nil {
		return s, err
	}
	defer r.Close()
	raw, err := r.GetInternal(stateKey)
	if err != nil {
		return s, err
	}
	if raw == nil {
		if n, err := r.DocCount(); err != nil || n > 0 {
			return s, errors.Join(errors.New("not an index of ours"), err)
		}
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("state of the index: %w", err)
	}
	if s.Schema != schema {
		return s, fmt.Errorf("the index has schema %d, wanted is %d", s.Schema, schema)
	}
	return s, nil
}

// Index takes changed articles in one atomic step with the cursor. A batch of some hundred is
// several times as fast as single articles.
func (e *Engine) Index(ctx context.Context, changed []kb.Article, cursor int64) error {
	if err := ctx.Err(); err != nil {
		return ticket.E("bleve.Index", ticket.Transient, err)
	}
	e.write.Lock()
	defer e.write.Unlock()
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.ix == nil {
		return closed("bleve.Index")
	}
	next := e.state
	next.Cursor = cursor
	batch := index.NewBatch()
	for _, a := range changed {
		if !a.Findable() {
			batch.Delete(a.ID)
			continue
		}
		d, words, err := newDocument(a)
		if err != nil {
			return fmt.Errorf("bleve: article %s: %w", a.ID, err)
		}
		batch.Update(d)
		next.Docs++
		next.Words += int64(words)
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("bleve: %w", err)
	}
	batch.SetInternal(stateKey, raw)
	if err := e.ix.Batch(batch); err != nil {
		return ticket.E("bleve.Index", ticket.Transient, err)
	}
	e.remember(next)
	return nil
}

func (e *Engine) remember(s state) {
	e.state = s
	e.cache.Store(newCache())
	e.average.Store(math.Float64bits(max(1, float64(s.Words)/float64(max(1, s.Docs)))))
}

// Cursor is what the last Index remembered. A damaged index is emptied here, so that whoever
// follows the changes fills it again.
func (e *Engine) Cursor(ctx context.Context) (int64, error) {
	e.write.Lock()
	defer e.write.Unlock()
	if e.broken.Load() {
		e.log.Warn("search index is damaged and is built again", "path", e.conf.Path)
		if err := e.reset(); err != nil {
			return 0, err
		}
	}
	if e.state.Schema == 0 {
		return 0, closed("bleve.Cursor")
	}
	return e.state.Cursor, nil
}

// Reset empties the index.
func (e *Engine) Reset(context.Context) error {
	e.write.Lock()
	defer e.write.Unlock()
	return e.reset()
}

func (e *Engine) reset() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ix == nil {
		return closed("bleve.Reset")
	}
	e.close()
	if err := clean(e.conf.Path); err != nil {
		return fmt.Errorf("bleve: emptying %s: %w", e.conf.Path, err)
	}
	if err := e.open(); err != nil {
		return ticket.E("bleve.Reset", ticket.Transient, err)
	}
	e.broken.Store(false)
	return nil
}

// Rebuild has fill fill a second index, in the folder Path.new, which then takes the place of the
// first. Questions wait only while the folders change places.
func (e *Engine) Rebuild(_ context.Context, fill func(kb.Engine) error) error {
	conf := e.conf
	if conf.Path != "" {
		conf.Path += ".new"
		if err := clean(conf.Path); err != nil {
			return fmt.Errorf("bleve: emptying %s: %w", conf.Path, err)
		}
	}
	fresh, err := Open(conf, e.log)
	if err != nil {
		return err
	}
	if err := fill(fresh); err != nil {
		return errors.Join(err, fresh.Close(), clean(conf.Path))
	}
	return e.adopt(fresh)
}

func (e *Engine) adopt(fresh *Engine) error {
	e.write.Lock()
	defer e.write.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ix == nil {
		return errors.Join(closed("bleve.Rebuild"), fresh.Close())
	}
	e.close()
	e.broken.Store(false)
	if e.conf.Path == "" {
		e.ix, e.queue = fresh.ix, fresh.queue
		e.remember(fresh.state)
		return nil
	}
	err := errors.Join(fresh.Close(), clean(e.conf.Path))
	if err == nil {
		err = errors.Join(os.Remove(e.conf.Path), os.Rename(fresh.conf.Path, e.conf.Path))
	}
	return errors.Join(err, e.open()) // also when it went wrong: then with what there is
}

// close lets go of the index; the locks are held.
func (e *Engine) close() {
	if e.ix != nil {
		if err := e.ix.Close(); err != nil {
			e.log.Warn("closing the search index", "error", err)
		}
		e.queue.Close()
	}
	e.ix, e.queue, e.state = nil, nil, state{}
}

// Ping fails when the index is closed or damaged.
func (e *Engine) Ping(context.Context) error {
	e.write.Lock()
	defer e.write.Unlock()
	switch {
	case e.state.Schema == 0:
		return closed("bleve.Ping")
	case e.broken.Load():
		return ticket.Errorf("bleve.Ping", ticket.Transient, "The search index is damaged and is built again.")
	}
	return nil
}

// Close ends the engine. A second Close does nothing.
func (e *Engine) Close() error {
	e.write.Lock()
	defer e.write.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.close()
	return nil
}

func closed(op string) error {
	return ticket.Errorf(op, ticket.Transient, "The search index is closed.")
}
