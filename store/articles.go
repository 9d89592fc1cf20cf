package store

import (
	"context"
	"database/sql"
	"errors"
	"unicode/utf8"

	"tierline/kb"
	"tierline/ticket"
)

// PutArticle creates (Rev 0) or changes an article. One that was deleted can be created again.
func (s *Store) PutArticle(ctx context.Context, a kb.Article) (kb.Article, error) {
	const op = "store.PutArticle"
	if err := checkArticle(a); err != nil {
		return kb.Article{}, ticket.E(op, ticket.Invalid, err)
	}
	a.Deleted = false
	err := s.write(ctx, op, func(t *tx) error {
		old, err := t.article(a.ID)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && old.Deleted:
			if a.Rev != 0 {
				return ticket.Errorf(op, ticket.Conflict, "The article %s is not there any more.", a.ID)
			}
		case err != nil:
			return err
		case a.Rev != old.Rev:
			return ticket.Errorf(op, ticket.Conflict, "The article %s has changed since you last saw it.", a.ID)
		}
		saved := a
		saved.Rev = old.Rev + 1
		if saved.Updated.IsZero() {
			saved.Updated = t.now
		}
		saved.Updated = micro(saved.Updated)
		if err := t.putArticle(&saved); err != nil {
			return err
		}
		a = saved
		return nil
	})
	if err != nil {
		return kb.Article{}, err
	}
	return a, nil
}

func checkArticle(a kb.Article) error {
	if a.ID == "" || len(a.ID) > 128 {
		return errors.New("an article's id has 1 to 128 characters")
	}
	for _, r := range a.ID {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return errors.New("an article's id consists of letters, digits, - and _")
		}
	}
	if utf8.RuneCountInString(a.Title) > kb.MaxTitle || len(a.Body) > kb.MaxBody {
		return errors.New("the article is too long")
	}
	return nil
}

// article locks and reads an article. All writers of articles wait for each other here, so that no
// reader of the change feed sees a Seq before a lower one.
func (t *tx) article(id string) (kb.Article, error) {
	if err := t.s.db.serialise(t.ctx, t.runner, articlesLock); err != nil {
		return kb.Article{}, err
	}
	var found []kb.Article
	err := t.each(articleSelect+" WHERE id=$1", []any{id}, articlesInto(&found))
	if err == nil && len(found) == 0 {
		return kb.Article{}, sql.ErrNoRows
	}
	if err != nil {
		return kb.Article{}, err
	}
	return found[0], nil
}

const (
	articlesLock  = 7_403_101 // any number, as long as nothing else takes it
	articleSelect = "SELECT seq, rev, deleted, doc FROM articles"
)

func (t *tx) putArticle(a *kb.Article) error {
	t.articles = true
	if err := t.one("SELECT COALESCE(MAX(seq), 0) + 1 FROM articles", nil, &a.Seq); err != nil {
		return err
	}
	d, err := doc(a)
	if err != nil {
		return err
	}
	deleted := 0
	if a.Deleted {
		deleted = 1
	}
	_, err = t.exec("INSERT INTO articles (id, seq, rev, deleted, doc) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id)"+
		" DO UPDATE SET seq = excluded.seq, rev = excluded.rev, deleted = excluded.deleted, doc = excluded.doc",
		a.ID, a.Seq, a.Rev, deleted, d)
	return err
}

func articlesInto(out *[]kb.Article) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var seq, rev, deleted int64
		var d string
		if err := scan(&seq, &rev, &deleted, &d); err != nil {
			return err
		}
		var a kb.Article
		err := undoc(d, &a)
		a.Seq, a.Rev, a.Deleted = seq, rev, deleted != 0
		*out = append(*out, a)
		return err
	}
}

// Article reads one article.
func (s *Store) Article(ctx context.Context, id string) (kb.Article, error) {
	var found []kb.Article
	err := s.each(ctx, articleSelect+" WHERE id=$1 AND deleted=0", []any{clean(id)}, articlesInto(&found))
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return kb.Article{}, failure("store.Article", err)
	}
	return found[0], nil
}

// Articles lists articles in the order of their ids.
func (s *Store) Articles(ctx context.Context, after string, limit int) ([]kb.Article, error) {
	var out []kb.Article
	err := s.each(ctx, articleSelect+" WHERE id > $1 AND deleted=0 ORDER BY id LIMIT $2",
		[]any{clean(after), pageOf(limit)}, articlesInto(&out))
	return out, failure("store.Articles", err)
}

// DeleteArticle leaves a tombstone: the id, without what was written.
func (s *Store) DeleteArticle(ctx context.Context, id string) error {
	return s.write(ctx, "store.DeleteArticle", func(t *tx) error {
		old, err := t.article(clean(id))
		if err == nil && old.Deleted {
			err = sql.ErrNoRows
		}
		if err != nil {
			return err
		}
		return t.putArticle(&kb.Article{ID: old.ID, Language: old.Language, Audience: old.Audience, Brand: old.Brand,
			Updated: t.now, Rev: old.Rev + 1, Deleted: true})
	})
}

// ArticleChanges lists changes in the order of Seq, tombstones included.
func (s *Store) ArticleChanges(ctx context.Context, cursor int64, limit int) ([]kb.Article, error) {
	var out []kb.Article
	err := s.each(ctx, articleSelect+" WHERE seq > $1 ORDER BY seq LIMIT $2", []any{cursor, pageOf(limit)}, articlesInto(&out))
	return out, failure("store.ArticleChanges", err)
}
