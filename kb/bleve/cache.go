package bleve

import "sync"

// Limits of what is kept: some megabytes at the most.
const (
	maxCounts = 50_000
	maxMetas  = 5_000
)

// cache keeps, for as long as the index does not change, in how many articles terms stand and what
// hits tell of their articles. Looking these up anew would be most of a short question's time.
type cache struct {
	mu     sync.RWMutex
	counts map[string]uint64
	metas  map[string]meta
}

func newCache() *cache { return &cache{counts: map[string]uint64{}, metas: map[string]meta{}} }

func (c *cache) count(term string) (uint64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n, ok := c.counts[term]
	return n, ok
}

func (c *cache) setCount(term string, n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.counts) >= maxCounts {
		clear(c.counts)
	}
	c.counts[term] = n
}

func (c *cache) meta(id string) (meta, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	m, ok := c.metas[id]
	return m, ok
}

func (c *cache) setMeta(id string, m meta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.metas) >= maxMetas {
		clear(c.metas)
	}
	c.metas[id] = m
}
