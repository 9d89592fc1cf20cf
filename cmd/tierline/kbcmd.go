package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tierline/config"
	"tierline/kb"
	"tierline/kb/bleve"
	"tierline/store"
	"tierline/ticket"
)

type kbCmd struct {
	Import  kbImportCmd  `cmd:"" help:"Take in a folder of Markdown files with front matter."`
	Export  kbExportCmd  `cmd:"" help:"Write every article into a folder, as Markdown."`
	Reindex kbReindexCmd `cmd:"" help:"Build the search index anew, while the old one goes on answering where the engine can."`
	Suggest kbSuggestCmd `cmd:"" help:"Answer questions with articles, as the card does."`
}

type kbImportCmd struct {
	configFlag
	Folder string `arg:"" type:"existingdir" help:"The folder."`
}

func (c kbImportCmd) Run(e *env) error {
	articles, err := readArticles(e, c.Folder)
	if err != nil {
		return err
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	created, changed, same := 0, 0, 0
	for _, a := range articles {
		old, err := s.Article(e.ctx, a.ID)
		switch {
		case ticket.KindOf(err) == ticket.NotFound:
			created++
		case err != nil:
			return err
		case sameArticle(old, a):
			same++
			continue
		default:
			changed++
		}
		a.Rev = old.Rev
		if _, err := s.PutArticle(e.ctx, a); err != nil {
			return fmt.Errorf("article %s: %w", a.ID, err)
		}
	}
	fmt.Fprintf(e.out, "%d created, %d changed, %d unchanged\n", created, changed, same)
	return nil
}

// sameArticle compares what a file holds.
func sameArticle(a, b kb.Article) bool {
	if b.Updated.IsZero() {
		b.Updated = a.Updated
	}
	x, err := kb.WriteMarkdown(a)
	y, err2 := kb.WriteMarkdown(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// readArticles reads a folder; what is wrong with it is printed, all at once, and fails.
func readArticles(e *env, folder string) ([]kb.Article, error) {
	articles, faults, err := kb.ReadFolder(os.DirFS(folder))
	if err != nil {
		return nil, err
	}
	for _, f := range faults {
		fmt.Fprintln(e.err, f)
	}
	if len(faults) > 0 {
		return nil, errReported
	}
	return articles, nil
}

type kbExportCmd struct {
	configFlag
	Folder string `arg:"" type:"path" help:"The folder; it is made when missing."`
}

func (c kbExportCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := os.MkdirAll(c.Folder, 0o755); err != nil {
		return err
	}
	n, after := 0, ""
	for {
		list, err := s.Articles(e.ctx, after, ticket.MaxPage)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			fmt.Fprintf(e.out, "%d articles in %s\n", n, c.Folder)
			return nil
		}
		for _, a := range list {
			raw, err := kb.WriteMarkdown(a)
			if err != nil {
				return fmt.Errorf("article %s: %w", a.ID, err)
			}
			if err := os.WriteFile(filepath.Join(c.Folder, a.ID+".md"), raw, 0o644); err != nil {
				return err
			}
			n, after = n+1, a.ID
		}
	}
}

type kbReindexCmd struct{ configFlag }

func (c kbReindexCmd) Run(e *env) error {
	return withKB(e, c.Config, false, func(ctx context.Context, s *store.Store, engine kb.Engine, f *kb.Follower) error {
		if err := f.Reindex(ctx); err != nil {
			return err
		}
		cursor, err := engine.Cursor(ctx)
		fmt.Fprintln(e.out, "the index is built anew, up to change", cursor)
		return err
	})
}

// withKB opens the store and the engine that a configuration names. What only reads does not need the
// index itself, which one process at a time can use.
func withKB(e *env, path string, reads bool, do func(context.Context, *store.Store, kb.Engine, *kb.Follower) error) error {
	cfg, err := load(e, path)
	if err != nil {
		return err
	}
	log := logger(e.err, cfg.Log.Format, "warn")
	sc := cfg.StoreConfig()
	sc.Log = log
	s, err := store.Open(e.ctx, sc)
	if err != nil {
		return err
	}
	defer s.Close()
	engine, err := openEngine(cfg, log)
	if reads && cfg.KB.Engine != config.Meilisearch && ticket.KindOf(err) == ticket.Transient {
		fmt.Fprintln(e.err, "a gateway uses its index; the articles are indexed once more, in memory")
		engine, err = bleve.Open(bleve.Config{}, log)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(e.ctx, s, engine, &kb.Follower{Store: s, Engine: engine, Log: log}), engine.Close())
}

type kbSuggestCmd struct {
	configFlag
	jsonFlag
	Articles  string   `type:"existingdir" help:"Search this folder of Markdown files instead of the gateway's articles."`
	Lang      string   `help:"The language of the questions, such as de; without it, it is recognised."`
	Public    bool     `help:"Only what customers may read."`
	Questions []string `arg:"" optional:"" name:"question" help:"Questions; without any, one a line of standard input."`
}

func (c kbSuggestCmd) Run(e *env) error {
	if c.Articles == "" {
		return withKB(e, c.Config, true, func(ctx context.Context, _ *store.Store, engine kb.Engine, f *kb.Follower) error {
			if err := f.CatchUp(ctx); err != nil {
				return err
			}
			return c.answer(e, engine)
		})
	}
	articles, err := readArticles(e, c.Articles)
	if err != nil {
		return err
	}
	engine, err := bleve.Open(bleve.Config{}, logger(e.err, "text", "warn"))
	if err != nil {
		return err
	}
	if err := engine.Index(e.ctx, articles, 1); err != nil {
		return errors.Join(err, engine.Close())
	}
	return errors.Join(c.answer(e, engine), engine.Close())
}

func (c kbSuggestCmd) answer(e *env, engine kb.Engine) error {
	questions := kb.Each(c.Questions)
	if len(c.Questions) == 0 {
		questions = kb.Lines(e.in)
	}
	return kb.WriteSuggestions(e.ctx, e.out, questions, kb.NewSuggester(engine),
		kb.SuggestOptions{JSON: c.JSON, Language: c.Lang, Public: c.Public})
}
