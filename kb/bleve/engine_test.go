package bleve

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"tierline/kb"
	"tierline/kb/enginetest"
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
