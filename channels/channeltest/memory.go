package channeltest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"
	"time"

	"tierline/ticket"
)

// Blobs is [ticket.Blobs] in memory.
type Blobs struct {
	mu   sync.Mutex
	data map[string][]byte
}

// NewBlobs makes an empty one.
func NewBlobs() *Blobs { return &Blobs{data: map[string][]byte{}} }

// Put implements [ticket.Blobs].
func (b *Blobs) Put(_ context.Context, r io.Reader, max int64) (string, int64, error) {
	data, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return "", 0, ticket.E("channeltest.Put", ticket.Transient, err)
	}
	if int64(len(data)) > max {
		return "", 0, ticket.Errorf("channeltest.Put", ticket.Invalid, "more than %d bytes", max)
	}
	sum := sha256.Sum256(data)
	key := hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data[key] = data
	return key, int64(len(data)), nil
}

// Open implements [ticket.Blobs].
func (b *Blobs) Open(_ context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.data[key]
	if !ok {
		return nil, ticket.Errorf("channeltest.Open", ticket.NotFound, "no such blob")
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Cursors is [ticket.Cursors] in memory.
type Cursors struct {
	mu     sync.Mutex
	values map[string]string
	leases map[string]lease
}

type lease struct {
	holder string
	until  time.Time
}

// NewCursors makes an empty one.
func NewCursors() *Cursors { return &Cursors{values: map[string]string{}, leases: map[string]lease{}} }

// Cursor implements [ticket.Cursors].
func (c *Cursors) Cursor(_ context.Context, source string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values[source], nil
}

// SetCursor implements [ticket.Cursors].
func (c *Cursors) SetCursor(_ context.Context, source, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[source] = value
	return nil
}

// All is a copy of every cursor.
func (c *Cursors) All() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]string, len(c.values))
	for k, v := range c.values {
		all[k] = v
	}
	return all
}

// Lease implements [ticket.Cursors], by the real clock.
func (c *Cursors) Lease(_ context.Context, name, holder string, d time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if l, ok := c.leases[name]; ok && l.holder != holder && now.Before(l.until) {
		return false, nil
	}
	c.leases[name] = lease{holder, now.Add(d)}
	return true, nil
}
