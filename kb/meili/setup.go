package meili

import (
	"context"
	"errors"
	"strconv"
	"time"

	ms "github.com/meilisearch/meilisearch-go"

	"tierline/kb"
	"tierline/ticket"
)

// settings are the same at every start, and cost the server nothing when they have not changed.
func settings() *ms.Settings {
	return &ms.Settings{
		SearchableAttributes: []string{"title", "keywords", "models", "tags", "body", "wording"}, // by weight
		FilterableAttributes: []string{"internal", "brand"},
		DisplayedAttributes:  []string{"id", "title", "language", "internal", "models"},
		RankingRules:         []string{"words", "typo", "proximity", "attribute", "sort", "exactness"},
		TypoTolerance: &ms.TypoTolerance{Enabled: true, DisableOnNumbers: true, DisableOnAttributes: []string{"models"},
			DisableOnWords: []string{}, MinWordSizeForTypos: ms.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9}},
	}
}

// prepare makes the indexes and their settings, once.
func (e *Engine) prepare(ctx context.Context, index string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.setUp && index == e.index {
		return nil
	}
	if err := e.create(ctx, index); err != nil {
		return err
	}
	if err := e.create(ctx, e.meta()); err != nil {
		return err
	}
	t, err := e.client.Index(index).UpdateSettingsWithContext(ctx, settings())
	if err != nil {
		return failure("meili.settings", err)
	}
	if err := e.wait(ctx, "meili.settings", t.TaskUID); err != nil {
		return err
	}
	e.setUp = e.setUp || index == e.index
	return nil
}

func (e *Engine) create(ctx context.Context, index string) error {
	if _, err := e.client.Index(index).FetchInfoWithContext(ctx); err == nil {
		return nil
	} else if !isCode(err, "index_not_found") {
		return failure("meili.create", err)
	}
	t, err := e.client.CreateIndexWithContext(ctx, &ms.IndexConfig{Uid: index, PrimaryKey: "id"})
	if err != nil {
		return failure("meili.create", err)
	}
	return e.wait(ctx, "meili.create", t.TaskUID, "index_already_exists") // another gateway was faster
}

// forget has the indexes made again when they turn out to be gone.
func (e *Engine) forget(err error) {
	var task errTask
	if ticket.KindOf(err) == ticket.NotFound || errors.As(err, &task) && task.code == "index_not_found" {
		e.mu.Lock()
		e.setUp = false
		e.mu.Unlock()
	}
}

// drop deletes an index and what is remembered of it. One that is not there is fine.
func (e *Engine) drop(ctx context.Context, index string) error {
	t, err := e.client.Index(e.meta()).DeleteDocumentWithContext(ctx, index, nil)
	if err == nil {
		err = e.wait(ctx, "meili.drop", t.TaskUID, "index_not_found")
	} else if isCode(err, "index_not_found") {
		err = nil
	} else {
		err = failure("meili.drop", err)
	}
	if err != nil {
		return err
	}
	t, err = e.client.DeleteIndexWithContext(ctx, index)
	if isCode(err, "index_not_found") {
		return nil
	}
	if err != nil {
		return failure("meili.drop", err)
	}
	return e.wait(ctx, "meili.drop", t.TaskUID, "index_not_found")
}

// Reset empties the index: the cursor first, so that a crash in between fills it again.
func (e *Engine) Reset(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.conf.TaskTimeout)
	defer cancel()
	e.mu.Lock()
	e.setUp = false
	e.mu.Unlock()
	if err := e.drop(ctx, e.index); err != nil {
		return err
	}
	return e.prepare(ctx, e.index)
}

// fresh is an index under construction. It is an engine of its own that answers no questions.
type fresh struct {
	*Engine
	name string
}

func (f fresh) Index(ctx context.Context, changed []kb.Article, cursor int64) error {
	ctx, cancel := context.WithTimeout(ctx, f.conf.TaskTimeout)
	defer cancel()
	return f.put(ctx, f.name, changed, cursor)
}

func (f fresh) Cursor(ctx context.Context) (int64, error) { return f.cursor(ctx, f.name) }

// Rebuild fills a second index and then swaps the two in one task, so that questions are answered
// all the time. What a Follower elsewhere writes meanwhile goes to the old index; the new cursor,
// written last, has it take up again what the new index may lack.
func (e *Engine) Rebuild(ctx context.Context, fill func(kb.Engine) error) error {
	name := e.index + "_" + strconv.FormatInt(time.Now().UnixNano(), 36) // two rebuilds at once do not mix
	f := fresh{e, name}
	setUp, cancel := context.WithTimeout(ctx, e.conf.TaskTimeout)
	defer cancel()
	if err := e.prepare(setUp, e.index); err != nil {
		return err
	}
	if err := e.prepare(setUp, name); err != nil {
		return err
	}
	err := fill(f)
	if err == nil {
		err = e.adopt(ctx, f)
	}
	// Whatever came of it, the index under this name is of no more use.
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.conf.TaskTimeout)
	defer cancel()
	return errors.Join(err, e.drop(clean, name))
}

func (e *Engine) adopt(ctx context.Context, f fresh) error {
	ctx, cancel := context.WithTimeout(ctx, e.conf.TaskTimeout)
	defer cancel()
	cursor, err := f.Cursor(ctx)
	if err != nil {
		return err
	}
	t, err := e.client.SwapIndexesWithContext(ctx, []*ms.SwapIndexesParams{{Indexes: []string{e.index, f.name}}})
	if err != nil {
		return failure("meili.Rebuild", err)
	}
	if err := e.wait(ctx, "meili.Rebuild", t.TaskUID); err != nil {
		return err
	}
	return e.put(ctx, e.index, nil, cursor)
}
