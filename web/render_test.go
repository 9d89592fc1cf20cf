package web

import "testing"

// Pages are made when they are first shown, so that a fault in one would be found only then.
func TestEveryPageCanBeMade(t *testing.T) {
	t.Parallel()
	pages := start(t).pages
	if len(pages) < 10 {
		t.Fatalf("there are %d pages", len(pages))
	}
	for name, page := range pages {
		if p, err := page(); err != nil || p == nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}
