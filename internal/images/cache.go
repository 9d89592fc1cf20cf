package images

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Limits of what is remembered.
const (
	keepBytes    = 64 << 20
	keepEntries  = 5000
	keepFor      = time.Hour
	keepFailures = 5 * time.Minute
	entryBytes   = 500 // what an entry takes besides its image and address, about
)

// cache remembers images and failures; what was used longest ago goes first.
type cache struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]*list.Element // of *entry
	order *list.List               // used last first
	bytes int
}

type entry struct {
	address string
	done    chan struct{} // closed when the rest is there
	img     Image
	err     error
	ends    time.Time // zero while it is being got
	bytes   int
}

func newCache(now func() time.Time) *cache {
	return &cache{now: now, known: map[string]*list.Element{}, order: list.New()}
}

// get gives what is known, waits for what is being got, or gets it: once, whoever waits.
func (c *cache) get(ctx context.Context, address string, fetch func() (Image, error)) (Image, error) {
	e, mine := c.enter(address)
	if mine {
		go func() { c.settle(e, fetch) }()
	}
	select {
	case <-e.done:
		return e.img, e.err
	case <-ctx.Done():
		return Image{}, ctx.Err()
	}
}

func (c *cache) enter(address string) (e *entry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.known[address]; ok {
		e := at.Value.(*entry)
		if e.ends.IsZero() || c.now().Before(e.ends) {
			c.order.MoveToFront(at)
			return e, false
		}
		c.forget(at)
	}
	e = &entry{address: address, done: make(chan struct{}), bytes: len(address) + entryBytes}
	c.known[address] = c.order.PushFront(e)
	c.bytes += e.bytes
	c.makeRoom()
	return e, true
}

// settle fills in an entry. Whoever waits is let go in all cases.
func (c *cache) settle(e *entry, fetch func() (Image, error)) {
	img, err := fetch()
	c.mu.Lock()
	defer c.mu.Unlock()
	e.img, e.err, e.ends = img, err, c.now().Add(keepFor)
	if err != nil {
		e.ends = c.now().Add(keepFailures)
	}
	if at, ok := c.known[e.address]; ok && at.Value == e {
		e.bytes += len(img.Data)
		c.bytes += len(img.Data)
		c.makeRoom()
	}
	close(e.done)
}

// makeRoom forgets what was used longest ago. What is being got goes, too: those who wait have it.
func (c *cache) makeRoom() {
	for c.bytes > keepBytes || c.order.Len() > keepEntries {
		c.forget(c.order.Back())
	}
}

func (c *cache) forget(at *list.Element) {
	e := at.Value.(*entry)
	c.order.Remove(at)
	delete(c.known, e.address)
	c.bytes -= e.bytes
}
