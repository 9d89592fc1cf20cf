package email

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/internal/peers"
)

func box(t testing.TB, d *peers.DovecotServer, p *proxy, user string, w channeltest.World, change func(*Mailbox)) *mailbox {
	t.Helper()
	m := mailboxOf(d, p, user)
	if change != nil {
		change(&m)
	}
	s := oneSource(t, Config{Mailboxes: []Mailbox{m}, Sending: sending("127.0.0.1", 25)}, deps(w))
	return s.(*mailbox)
}

// each fails unless every one of n mails is there exactly once.
func each(t testing.TB, w channeltest.World, n int) {
	t.Helper()
	seen := map[string]int{}
	for _, in := range w.Intake.Accepted() {
		seen[in.Subject]++
	}
	for i := range n {
		if c := seen[fmt.Sprintf("About mail-%d", i)]; c != 1 {
			t.Errorf("mail-%d is there %d times", i, c)
		}
	}
	if len(seen) != n {
		t.Errorf("%d mails, want %d", len(seen), n)
	}
}

func fill(t testing.TB, d *peers.DovecotServer, user string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		d.Deliver(t, user, mailOf(fmt.Sprintf("mail-%d", i), fmt.Sprintf("Text of mail %d.", i)))
	}
}

func TestMailboxAgainstDovecot(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)

	t.Run("backfill and IDLE", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		fill(t, d, "backfill", 0, 450) // more than two batches
		running(t, box(t, d, nil, "backfill", w, nil), w.Intake)
		w.Intake.WaitAccepted(t, 450)
		start := time.Now()
		fill(t, d, "backfill", 450, 451) // the poll is a minute off: only IDLE can tell
		w.Intake.WaitAccepted(t, 451)
		t.Logf("a new mail is seen after %v", time.Since(start))
		each(t, w, 451)
	})

	t.Run("cut while fetching", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		fill(t, d, "cut", 0, 300)
		p := newProxy(t, d.Addr())
		p.cut(40_000) // in the middle of the first batch, again and again
		running(t, box(t, d, p, "cut", w, nil), w.Intake)
		channeltest.Eventually(t, "a cut", func() bool { return p.made() > 1 })
		p.cut(0)
		w.Intake.WaitAccepted(t, 300)
		each(t, w, 300)
	})

	t.Run("a mail that ends the connection", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		fill(t, d, "poison", 0, 5)
		d.Deliver(t, "poison", mailOf("poison", "This ends every connection."))
		fill(t, d, "poison", 5, 10)
		p := newProxy(t, d.Addr())
		p.endAt("This ends every connection.")
		running(t, box(t, d, p, "poison", w, nil), w.Intake)
		w.Intake.WaitAccepted(t, 10)
		each(t, w, 10)
		if q := w.Intake.Quarantined(); len(q) != 1 || q[0].Reason != "not-fetched" || !strings.HasSuffix(q[0].External, ";UID=6") {
			t.Errorf("quarantined: %+v", q)
		}
	})

	t.Run("a link that went dead while idle", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		p := newProxy(t, d.Addr())
		fill(t, d, "dead", 0, 1)
		running(t, box(t, d, p, "dead", w, nil), w.Intake)
		w.Intake.WaitAccepted(t, 1)
		p.kill()
		fill(t, d, "dead", 1, 3)
		p.revive(t)
		w.Intake.WaitAccepted(t, 3)
		each(t, w, 3)
	})

	t.Run("a line that is silent", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		p := newProxy(t, d.Addr())
		fill(t, d, "silent", 0, 300)
		b := box(t, d, p, "silent", w, func(m *Mailbox) { m.Poll = time.Second })
		b.patience = 3 * time.Second      // longer than a busy server keeps silent
		held, release := w.Intake.Block() // in the midst of the mails
		running(t, b, w.Intake)
		<-held
		thaw := p.freeze()
		release()
		channeltest.Eventually(t, "Ready to tell", func() bool { return b.Ready() != nil })
		thaw()
		w.Intake.WaitAccepted(t, 300)
		channeltest.Eventually(t, "Ready to tell", func() bool { return b.Ready() == nil })
		if err := cursorAt(t.Context(), w, 300); err != nil { // and while it is idle
			t.Fatal(err)
		}
		thaw = p.freeze()
		channeltest.Eventually(t, "Ready to tell", func() bool { return b.Ready() != nil })
		fill(t, d, "silent", 300, 302)
		thaw()
		w.Intake.WaitAccepted(t, 302)
		each(t, w, 302)
	})

	t.Run("a server without IDLE", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		p := newProxy(t, d.Addr())
		p.conceal("IDLE")
		fill(t, d, "noidle", 0, 1)
		running(t, box(t, d, p, "noidle", w, func(m *Mailbox) { m.Poll = time.Second }), w.Intake)
		w.Intake.WaitAccepted(t, 1)
		fill(t, d, "noidle", 1, 3)
		w.Intake.WaitAccepted(t, 3)
		each(t, w, 3)
	})

	// Without MOVE the client's own way would expunge what others have marked as deleted, too.
	for _, hide := range [][]string{{"MOVE"}, {"MOVE", "UIDPLUS"}} {
		t.Run("after move without "+strings.Join(hide, " and "), func(t *testing.T) {
			t.Parallel()
			w := channeltest.NewWorld()
			user := "move" + strings.ToLower(strings.Join(hide, ""))
			fill(t, d, user, 0, 3)
			p := newProxy(t, d.Addr())
			p.conceal(hide...)
			stop := running(t, box(t, d, p, user, w, nil), w.Intake)
			if err := cursorAt(t.Context(), w, 3); err != nil {
				t.Fatal(err)
			}
			stop()
			c := login(t, d, user)
			if _, err := c.Select("INBOX", nil).Wait(); err != nil {
				t.Fatal(err)
			}
			marked := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
			if err := c.Store(imap.UIDSetNum(2), marked, nil).Close(); err != nil {
				t.Fatal(err)
			}
			fill(t, d, user, 3, 5)
			stop = running(t, box(t, d, p, user, w, func(m *Mailbox) { m.After = "move:Done" }), w.Intake)
			if err := cursorAt(t.Context(), w, 5); err != nil {
				t.Fatal(err)
			}
			stop()
			left := 3 // also the one that somebody has marked
			if len(hide) == 2 {
				left = 5 // ours are marked, too: they could not be expunged alone
			}
			inInbox, _ := count(t, c, "INBOX")
			if done, _ := count(t, c, "Done"); inInbox != left || done != 2 {
				t.Errorf("%d mails in the INBOX, %d moved; want %d and 2", inInbox, done, left)
			}
		})
	}

	t.Run("one gateway at a time", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		one := box(t, d, nil, "lease", w, nil)
		two := box(t, d, nil, "lease", w, nil)
		two.holder = "other"
		fill(t, d, "lease", 0, 5)
		stop := running(t, one, w.Intake)
		w.Intake.WaitAccepted(t, 5)
		running(t, two, w.Intake)
		stop() // releases the lease: the other takes over from where the cursor is
		fill(t, d, "lease", 5, 10)
		w.Intake.WaitAccepted(t, 10)
		each(t, w, 10)
		if n := w.Intake.Calls(); n > 10 {
			t.Errorf("the intake was called %d times", n)
		}
	})

	for _, after := range []string{"leave", "flag", "move:Done/2026"} {
		t.Run("after "+after, func(t *testing.T) {
			t.Parallel()
			w := channeltest.NewWorld()
			user := "after" + after[:4]
			fill(t, d, user, 0, 3)
			b := box(t, d, nil, user, w, func(m *Mailbox) { m.After = strings.ReplaceAll(after, "/", ".") })
			stop := running(t, b, w.Intake)
			if err := cursorAt(t.Context(), w, 3); err != nil {
				t.Fatal(err)
			}
			stop()
			c := login(t, d, user)
			inInbox, seen := count(t, c, "INBOX")
			switch {
			case after == "leave" && (inInbox != 3 || seen != 0), after == "flag" && (inInbox != 3 || seen != 3):
				t.Errorf("%d mails in the INBOX, %d seen", inInbox, seen)
			case strings.HasPrefix(after, "move"):
				if moved, _ := count(t, c, "Done.2026"); inInbox != 0 || moved != 3 {
					t.Errorf("%d mails in the INBOX, %d moved", inInbox, moved)
				}
			}
		})
	}

	for _, mode := range []TLSMode{TLS, StartTLS} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := channeltest.NewWorld()
			user := "user" + string(mode)
			fill(t, d, user, 0, 1)
			running(t, box(t, d, nil, user, w, func(m *Mailbox) {
				m.TLS, m.CA = mode, d.Authority
				if mode == TLS {
					m.Port = d.TLSPort
				}
			}), w.Intake)
			w.Intake.WaitAccepted(t, 1)
		})
	}

	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		w := channeltest.NewWorld()
		b := box(t, d, nil, "wrong", w, func(m *Mailbox) { m.Password = secret.New("wrong password here") })
		_, err := b.session(t.Context(), w.Intake)
		if err == nil || strings.Contains(err.Error(), "wrong password here") {
			t.Errorf("a wrong password gives %v", err)
		}
	})
}

func TestMailboxSurvivesTheServer(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	w := channeltest.NewWorld()
	b := box(t, d, nil, "jane", w, nil)
	fill(t, d, "jane", 0, 5)
	running(t, b, w.Intake)
	w.Intake.WaitAccepted(t, 5)
	d.Stop()
	channeltest.Eventually(t, "Ready to tell", func() bool { return b.Ready() != nil })
	fill(t, d, "jane", 5, 10)
	d.Rebuild(t, "jane") // another UIDVALIDITY: all is read again
	d.Start(t)
	w.Intake.WaitAccepted(t, 10)
	if err := cursorAt(t.Context(), w, 10); err != nil {
		t.Fatal(err)
	}
	each(t, w, 10)
}

func login(t testing.TB, d *peers.DovecotServer, user string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(d.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(user, d.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func count(t testing.TB, c *imapclient.Client, folder string) (all, seen int) {
	t.Helper()
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil || len(found.AllUIDs()) == 0 {
		return 0, 0
	}
	msgs, err := c.Fetch(imap.UIDSetNum(found.AllUIDs()...), &imap.FetchOptions{Flags: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range msgs {
		all++
		if slices.Contains(m.Flags, imap.FlagSeen) {
			seen++
		}
	}
	return all, seen
}
