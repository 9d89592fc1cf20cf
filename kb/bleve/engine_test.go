package bleve

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"tierline/config/check"
	"tierline/kb"
	"tierline/kb/enginetest"
	"tierline/ticket"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t testing.TB, path string) *Engine {
	t.Helper()
	e, err := Open(Config{Path: path}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngineInMemory(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) kb.Engine { return open(t, "") })
}

func TestEngineOnDisk(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) kb.Engine { return open(t, filepath.Join(t.TempDir(), "index")) })
}

var ctx = context.Background()

func answers(t *testing.T, e *Engine, want string) {
	t.Helper()
	hits, err := e.Search(ctx, kb.Question{Text: "the grinder is blocked"})
	if err != nil || len(hits) != 1 || hits[0].ID != want {
		t.Errorf("found %v, %v; wanted %s", hits, err, want)
	}
}

func cursorIs(t *testing.T, e *Engine, want int64) {
	t.Helper()
	if got, err := e.Cursor(ctx); err != nil || got != want {
		t.Errorf("cursor %d, %v; wanted %d", got, err, want)
	}
}

var grinder = kb.Article{ID: "grinder", Title: "The grinder is blocked", Body: "A stone.", Language: "en"}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "index")
	e := open(t, path)
	if err := e.Index(ctx, []kb.Article{grinder}, 7); err != nil {
		t.Fatal(err)
	}
	average := e.average.Load()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Search(ctx, kb.Question{Text: "x"}); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("closed: %v", err)
	}
	if _, err := e.Cursor(ctx); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("closed: %v", err)
	}
	e = open(t, path)
	cursorIs(t, e, 7)
	answers(t, e, "grinder")
	if e.average.Load() != average {
		t.Error("the average length is forgotten")
	}
}

func TestHeldByAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "index")
	e := open(t, path)
	if err := e.Index(ctx, []kb.Article{grinder}, 7); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Path: path}, quiet()); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("opened twice: %v", err)
	}
	answers(t, e, "grinder")
}

// Whatever is damaged, the engine starts; then it either has what it had, or is empty from cursor 0.
func TestDamagedIndex(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, path string){
		"root.bolt cut":     func(t *testing.T, p string) { rewrite(t, p, ".bolt", func(b []byte) []byte { return b[:100] }) },
		"root.bolt garbage": func(t *testing.T, p string) { rewrite(t, p, ".bolt", scribble) },
		"root.bolt gone":    func(t *testing.T, p string) { remove(t, p, ".bolt") },
		"segment cut":       func(t *testing.T, p string) { rewrite(t, p, ".zap", func(b []byte) []byte { return b[:len(b)/2] }) },
		"segment empty":     func(t *testing.T, p string) { rewrite(t, p, ".zap", func(b []byte) []byte { return nil }) },
		"segment garbage":   func(t *testing.T, p string) { rewrite(t, p, ".zap", scribble) },
		"segment gone":      func(t *testing.T, p string) { remove(t, p, ".zap") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "index")
			e := open(t, path)
			if err := e.Index(ctx, []kb.Article{grinder}, 7); err != nil {
				t.Fatal(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			damage(t, path)
			e = open(t, path)
			_, _ = e.Search(ctx, kb.Question{Text: "the grinder is blocked"}) // may be what finds the damage
			cursor, err := e.Cursor(ctx)
			if err != nil || cursor != 0 {
				t.Fatalf("cursor %d, %v", cursor, err)
			}
			if err := e.Index(ctx, []kb.Article{grinder}, 8); err != nil {
				t.Fatal(err)
			}
			answers(t, e, "grinder")
			cursorIs(t, e, 8)
		})
	}
}

func scribble(b []byte) []byte {
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func each(t *testing.T, path, ext string, do func(name string) error) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(path, "*"+ext))
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s in %s: %v", ext, path, err)
	}
	for _, name := range names {
		if err := do(name); err != nil {
			t.Fatal(err)
		}
	}
}

func rewrite(t *testing.T, path, ext string, change func([]byte) []byte) {
	each(t, path, ext, func(name string) error {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, change(raw), 0o600)
	})
}

func remove(t *testing.T, path, ext string) { each(t, path, ext, os.Remove) }

func TestForeignFilesAreKept(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	mine := filepath.Join(path, "thesis.txt")
	for name, text := range map[string]string{mine: "mine", filepath.Join(path, "root.bolt"): "no index"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(Config{Path: path}, quiet()); err == nil {
		t.Error("a folder with other files is taken for an index")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"disk": filepath.Join(t.TempDir(), "index"), "memory": ""} {
		e := open(t, path)
		if err := e.Index(ctx, []kb.Article{grinder, {ID: "stale", Title: "grinder"}}, 9); err != nil {
			t.Fatal(err)
		}
		fails := errors.New("the store is gone")
		if err := e.Rebuild(ctx, func(kb.Engine) error { return fails }); !errors.Is(err, fails) {
			t.Errorf("%s: %v", name, err)
		}
		cursorIs(t, e, 9)
		err := e.Rebuild(ctx, func(fresh kb.Engine) error {
			if hits, err := e.Search(ctx, kb.Question{Text: "grinder"}); err != nil || len(hits) != 2 {
				t.Errorf("%s: while it is built again: %v, %v", name, hits, err)
			}
			return fresh.Index(ctx, []kb.Article{grinder}, 12)
		})
		if err != nil {
			t.Fatal(err)
		}
		cursorIs(t, e, 12)
		answers(t, e, "grinder")
		if path == "" {
			continue
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		cursorIs(t, open(t, path), 12)
	}
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"": 0, t.TempDir(): 0, "/nowhere/at/all": 0, file: 1} {
		var l check.List
		if (Config{Path: path}).Check(l.Root()); len(l.Faults) != want {
			t.Errorf("%q: %v", path, l.Faults)
		}
	}
}

func TestCompounds(t *testing.T) {
	t.Parallel()
	e := open(t, "")
	de := func(id, title string) kb.Article { return kb.Article{ID: id, Title: title, Language: "de"} }
	if err := e.Index(ctx, []kb.Article{de("plug", "Der Kühlschrankstecker wird heiß"), de("seal", "Dichtung am Wassertank"), de("beans", "Bohnen rösten")}, 1); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"Stecker": "plug", "Kühlschrank": "plug", "kuehlschraenke": "plug", "Tankdichtung": "seal", "Wassertankdichtungen": "seal", "Röstbohnen": "beans"} {
		hits, err := e.Search(ctx, kb.Question{Text: text, Language: "de"})
		if err != nil || len(hits) == 0 || hits[0].ID != want {
			t.Errorf("%s: %v, %v", text, hits, err)
		}
	}
}
