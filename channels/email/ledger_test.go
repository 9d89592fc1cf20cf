package email

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/ticket"
)

func TestSourcesAreKept(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	m := newMapper(Config{}, Deps{Blobs: w.Blobs, Log: quiet(), Now: func() time.Time { return channeltest.At }})
	noise := make([]byte, 2*maxPacked)
	for i := range noise {
		noise[i] = byte('A' + rand.IntN(64))
	}
	for name, c := range map[string]struct {
		raw  string
		blob bool
	}{
		"a small one": {"From: a@b.example\nSubject: small\nMessage-ID: <small-1@b.example>\n\nx\n", false},
		"a large one": {"From: a@b.example\nSubject: large\n\n" + string(noise), true},
		"nobody's":    {"Subject: none\n\nx\n", true},
		"empty":       {"", true},
	} {
		it, err := m.prepare(t.Context(), []byte(c.raw), origin{inbox: inbox, source: "email:imap:x", place: "1/2"})
		if err != nil {
			t.Fatal(name, err)
		}
		seen := it.in.Mail
		if it.bad != nil {
			seen = it.bad.Mail
		}
		if seen.Source != "email:imap:x" || seen.Place != "1/2" || seen.Size != int64(len(c.raw)) || (seen.Raw.Blob != "") != c.blob {
			t.Errorf("%s: %+v", name, seen)
		}
		if name == "a small one" && (seen.MessageID != "<small-1@b.example>" || seen.From != "a@b.example" || seen.Subject != "small") {
			t.Errorf("%s: %+v", name, seen)
		}
		r, err := Unpack(t.Context(), w.Blobs, seen.Raw)
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != c.raw || r.Close() != nil {
			t.Errorf("%s: %d bytes of %d came back, %v", name, len(got), len(c.raw), err)
		}
	}
	if _, err := Unpack(t.Context(), w.Blobs, ticket.MailSource{}); ticket.KindOf(err) != ticket.NotFound {
		t.Errorf("what is kept no longer: %v", err)
	}
}

// oldMails is a ledger with so many mails to forget, each with a blob.
type oldMails struct {
	ticket.MailLedger
	left   int
	before time.Time
}

func (o *oldMails) ForgetMails(_ context.Context, before time.Time, max int) (int, []string, error) {
	n := min(o.left, max)
	o.left, o.before = o.left-n, before
	return n, make([]string, n), nil
}

func TestForget(t *testing.T) {
	t.Parallel()
	old := &oldMails{left: 2*forgetBatch + 3}
	removed := 0
	f := Forgetter{Ledger: old, Now: func() time.Time { return channeltest.At }, Log: quiet(),
		Remove: func(context.Context, string) error { removed++; return nil }}
	n, err := f.Forget(t.Context())
	if err != nil || n != 2*forgetBatch+3 || removed != n || old.left != 0 {
		t.Errorf("%d forgotten, %d blobs removed, %d left, %v", n, removed, old.left, err)
	}
	if want := channeltest.At.Add(-30 * 24 * time.Hour); !old.before.Equal(want) {
		t.Errorf("before %s, want %s", old.before, want)
	}
	old.left, f.Remove = 1, func(context.Context, string) error { return fmt.Errorf("the disk is gone") }
	if _, err := f.Forget(t.Context()); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("a blob that stays: %v", err)
	}
}
