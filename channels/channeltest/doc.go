// Package channeltest is the conformance suite that every adapter of a channel passes, and the
// spies it needs: an [Intake], [Blobs] and [Cursors] in memory.
//
// What it proves of a [channels.Source]: nothing is acknowledged before it is committed; what the
// intake could not take comes again and ends as exactly one contact; a redelivery is harmless; what
// cannot be understood is refused in words or kept whole in quarantine, and the next good input
// still arrives; Run ends with its context and can be run again; Ready tells the truth; text
// arrives as it was written; no secret reaches a log. Of a [channels.Sender]: the id of a message
// is the same at every try, and the kind of an error says whether to try again.
//
// To add a channel:
//
//  1. Make a package beside the others with a Config (yaml tags, Check) and New, and let its type
//     implement [channels.Source], [channels.Sender] or both.
//  2. Choose External so that a redelivery has the same one and two inputs never do. Give the
//     ThreadKeys by which an answer finds its ticket, and set Proof only where holding the key is
//     enough to be let in.
//  3. Acknowledge to the peer after Intake.Accept returned nil. On a Transient error do not
//     acknowledge; on a [ticket.BatchError] (Invalid) quarantine that one and go on.
//  4. Write a test that calls [Source] and [Sender] with a harness that talks to the adapter as its
//     peer does: over the wire, never through an interface of the adapter.
//  5. Add the adapter's Config to package config and wire it in cmd.
package channeltest

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long the suite waits for something that must happen.
const Patience = time.Minute

// World is what an adapter under test is given.
type World struct {
	Intake  *Intake // what Run is called with; the harness need not touch it
	Blobs   *Blobs
	Cursors *Cursors
	Log     *slog.Logger // searched for secrets afterwards
	log     *logBuffer
}

// NewWorld makes an empty world.
func NewWorld() World {
	buf := new(logBuffer)
	return World{
		Intake: NewIntake(), Blobs: NewBlobs(), Cursors: NewCursors(), log: buf,
		Log: slog.New(slog.NewTextHandler(buf, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// noSecrets fails when the log, or a text, holds a secret.
func (w World) noSecrets(t testing.TB, secrets []string, texts ...string) {
	t.Helper()
	for _, s := range secrets {
		if s == "" {
			t.Errorf("the harness names an empty secret")
			continue
		}
		if strings.Contains(w.log.String(), s) {
			t.Errorf("the log shows a secret:\n%s", w.log)
		}
		for _, x := range texts {
			if strings.Contains(x, s) {
				t.Errorf("a secret is shown by: %s", x)
			}
		}
	}
}

// Eventually waits until ok, and fails the test when that takes longer than [Patience].
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited %v in vain for: %s", Patience, what)
		case <-tick.C:
		}
	}
}
