package bleve

import "sync"

// maxCounts is how many counts are kept; some hundred bytes each at the most.
const maxCounts = 50_000

// counts keeps in how many articles terms stand, for as long as the index does not change. Counting
// anew would be a good part of a question's time.
type counts struct {
	mu sync.RWMutex
	of map[string]uint64
}

func newCounts() *counts { return &counts{of: map[string]uint64{}} }

func (c *counts) get(key string) (uint64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n, ok := c.of[key]
	return n, ok
}

func (c *counts) put(key string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) >= maxCounts {
		clear(c.of)
	}
	c.of[key] = n
}
