package meili

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"testing"

	"tierline/config/secret"
	"tierline/kb"
	"tierline/kb/enginetest"
)

// A real server is used when these are set.
const (
	urlVariable = "MEILI_URL"
	keyVariable = "MEILI_KEY"
)

func real(t testing.TB) Config {
	t.Helper()
	url := os.Getenv(urlVariable)
	if url == "" {
		t.Skipf("SKIPPED for want of a Meilisearch server: %s is not set", urlVariable)
	}
	return Config{URL: url, Key: secret.New(os.Getenv(keyVariable))}
}

func open(t testing.TB, c Config) *Engine {
	t.Helper()
	c.Prefix = cmp.Or(c.Prefix, "test-"+rand.Text())
	e, err := Open(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, name := range []string{e.index, e.meta()} {
			if err := e.drop(context.Background(), name); err != nil {
				t.Logf("cleaning up: %v", err)
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngineOnServer(t *testing.T) {
	c := real(t)
	enginetest.Run(t, func(t *testing.T) kb.Engine { return open(t, c) })
}
