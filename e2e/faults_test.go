package e2e

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"

	"tierline/internal/peers"
	"tierline/ticket"
)

// A line to the mailbox is cut in the midst of mails and while nothing happens, the mail server goes away
// and comes back, and the folder is deleted and made again.
func TestMailboxThroughFaults(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	c := signIn(t, d, "jane")
	if err := c.Create("Support", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	first, second, third, fourth := names("first", 150), names("second", 3), names("third", 3), names("fourth", 5)
	put(t, c, "Support", first...)
	l := newLine(t, d.Addr())
	l.set(0, 20_000, false) // in FETCH
	g := mailGateway(t, post{mailboxes: mailboxOf(d, l.addr, "jane", "Support")})
	wait(t, "a cut in FETCH", func() bool { return l.count() > 2 })
	l.set(0, 0, false)
	wait(t, "the mails that were cut off", func() bool { return g.count() == len(first) })
	l.set(0, 0, false) // in IDLE
	put(t, c, "Support", second...)
	wait(t, "mails after a cut in IDLE", func() bool { return g.count() == len(first)+len(second) })

	d.Stop()
	wait(t, "the gateway to miss its mail server", func() bool {
		return strings.Count(g.log.tail(5_000), "mailbox cannot be read") > 1
	})
	d.Start(t)
	c = signIn(t, d, "jane")
	put(t, c, "Support", third...)
	wait(t, "mails after the server's restart", func() bool { return g.count() == len(first)+len(second)+len(third) })

	if err := c.Delete("Support").Wait(); err != nil {
		t.Fatal(err)
	}
	wait(t, "the folder to be made again", func() bool { // the gateway's own session may hold the old one for a moment
		err := c.Create("Support", nil).Wait()
		if err != nil {
			_ = c.Delete("Support").Wait()
		}
		return err == nil
	})
	put(t, c, "Support", append(first[:3:3], fourth...)...) // UIDs begin anew
	want := len(first) + len(second) + len(third) + len(fourth)
	wait(t, "mails of the folder that was made again", func() bool { return g.count() == want })
	g.stop()
	if more := g.once(first, second, third, fourth); more != 3 {
		t.Errorf("%d mails are told to have come before, want 3", more)
	}
}

// Postfix delivers over a line that is cut in the midst of DATA, and after it, before the answer; then
// the gateway is killed between DATA and its 250.
func TestPostfixThroughFaults(t *testing.T) {
	t.Parallel()
	l := newLine(t, "127.0.0.1:1")
	p := peers.Postfix(t, map[string]string{"tierline.example": "lmtp:inet:" + l.addr})
	g := mailGateway(t, post{protocol: "lmtp"})
	l.lead(g.smtp)
	hand := func(list []string) {
		t.Helper()
		for _, name := range list {
			if err := send(t.Context(), p.Addr(), name+"@customer.example", support, small(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	inData, noAnswer, killed := names("data", 20), names("answer", 5), names("killed", 5)
	l.set(250, 0, false)
	hand(inData)
	wait(t, "cuts in DATA", func() bool { return l.count() > 3 })
	l.set(0, 0, false)
	wait(t, "the mails that were cut", func() bool { return g.count() == len(inData) })

	l.set(0, 0, true)
	hand(noAnswer)
	<-l.held
	wait(t, "a mail to be committed whose answer is held", func() bool { return g.count() > len(inData) })
	l.set(0, 0, false)
	wait(t, "the mails without an answer", func() bool {
		return g.count() == len(inData)+len(noAnswer) && strings.Count(p.Log(), "status=sent") == g.count()
	})

	l.set(0, 0, true)
	before := g.count()
	hand(killed)
	wait(t, "a mail to be committed before the kill", func() bool { return g.count() > before })
	g.kill()
	l.set(0, 0, false)
	g.run()
	g.ready()
	wait(t, "the mails over which it was killed", func() bool {
		return g.count() == before+len(killed) && strings.Count(p.Log(), "status=sent") == g.count()
	})
	g.stop()
	if more := g.once(inData, noAnswer, killed); more < 2 {
		t.Errorf("%d mails came again: want one for each phase at least", more)
	}
}

// The program is killed when the mail server has got an answer, and it has not been noted: the customer
// gets it again under the same Message-ID, by which their mail program knows it.
func TestKilledBetweenSendAndCommit(t *testing.T) {
	t.Parallel()
	m := newMailServer(t)
	l := newLine(t, m.addr)
	g := mailGateway(t, post{next: l.addr})
	if err := send(t.Context(), g.smtp, "jane@customer.example", support, small("jane")); err != nil {
		t.Fatal(err)
	}
	var list []listed
	wait(t, "the ticket", func() bool {
		var err error
		list, err = g.tickets(t.Context())
		return err == nil && len(list) == 1
	})
	l.set(0, 0, true)
	if _, err := g.answer(t.Context(), list[0], "one", "Descale it."); err != nil {
		t.Fatal(err)
	}
	copies := func() (n int) {
		for _, r := range m.mails("jane@customer.example") {
			if strings.Contains(r.text, "Descale it.") {
				n++
			}
		}
		return n
	}
	wait(t, "the answer to arrive", func() bool { return copies() > 0 })
	g.kill()
	l.set(0, 0, false)
	g.run()
	g.ready()
	wait(t, "the answer to be noted", func() bool {
		msg, err := g.store.Message(context.Background(), ticket.ID(list[0].ID), 2)
		return err == nil && msg.Delivery == ticket.Sent
	})
	ids := map[string]bool{}
	for _, r := range m.mails("jane@customer.example") {
		ids[r.messageID] = ids[r.messageID] || strings.Contains(r.text, "Descale it.")
	}
	answers := 0
	for _, ours := range ids {
		if ours {
			answers++
		}
	}
	if n := copies(); n < 2 || answers != 1 {
		t.Errorf("%d copies under %d Message-IDs: %v", n, answers, ids)
	}
}

// The program is killed while an answer waits that some have got: after it starts again, it goes to the
// others, and to nobody twice.
func TestKilledWhenSomeHaveIt(t *testing.T) {
	t.Parallel()
	const boss = "boss@customer.example"
	m := newMailServer(t)
	m.full = boss
	g := mailGateway(t, post{next: m.addr})
	mail := bytes.Replace(small("jane"), []byte("\r\nSubject:"), []byte("\r\nCc: "+boss+"\r\nSubject:"), 1)
	if err := send(t.Context(), g.smtp, "jane@customer.example", support, mail); err != nil {
		t.Fatal(err)
	}
	var list []listed
	wait(t, "the ticket", func() bool {
		var err error
		list, err = g.tickets(t.Context())
		return err == nil && len(list) == 1
	})
	if _, err := g.answer(t.Context(), list[0], "one", "Descale it."); err != nil {
		t.Fatal(err)
	}
	wait(t, "what some have got to be noted", func() bool {
		jobs, err := g.store.Jobs(context.Background(), ticket.JobReady, 0, 0)
		return err == nil && slices.ContainsFunc(jobs, func(j ticket.Job) bool { return len(j.Progress().Got) == 1 })
	})
	g.kill()
	m.mu.Lock()
	m.full = ""
	m.mu.Unlock()
	g.run()
	g.ready()
	wait(t, "the answer to be noted", func() bool {
		msg, err := g.store.Message(context.Background(), ticket.ID(list[0].ID), 2)
		return err == nil && msg.Delivery == ticket.Sent && msg.Problem == ""
	})
	one, two := m.mails("jane@customer.example"), m.mails(boss)
	if len(one) != 1 || len(two) != 1 || one[0].messageID != two[0].messageID {
		t.Errorf("Jane got %d, her boss %d", len(one), len(two))
	}
}

// Ten thousand mails come by a mailbox and by SMTP, from senders whose lines break, and the program is
// killed again and again meanwhile.
func TestTenThousandMails(t *testing.T) {
	t.Parallel()
	const each, deaths, senders = 5_000, 8, 8
	r := random(t)
	d := peers.Dovecot(t)
	fetched, sent := names("box", each), names("smtp", each)
	for _, name := range fetched {
		d.Deliver(t, "jane", small(name))
	}
	g := mailGateway(t, post{mailboxes: mailboxOf(d, d.Addr(), "jane", "INBOX")})
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var crowd errgroup.Group
	for i := range senders {
		crowd.Go(func() error {
			for n := i; n < each; n += senders {
				if _, err := deliver(ctx, []string{g.smtp}, sent[n]+"@customer.example", small(sent[n])); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range deaths {
		have := g.count()
		wait(t, "some mails more", func() bool { return g.count() > have+r.IntN(500) || g.count() == 2*each })
		g.kill()
		g.run()
	}
	if err := crowd.Wait(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 3*time.Minute, "all mails", func() bool { return g.count() >= 2*each })
	took := time.Since(began)
	g.stop()
	more := g.once(fetched, sent)
	t.Logf("%d mails and %d kills in %v; %d came again", 2*each, deaths, took.Round(time.Millisecond), more)
}

// The disk is full, and later it is not: what was answered with 250 is there, what was not was brought
// again, and the mailbox was read on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "tierline", disk).Run(); err != nil {
		peers.Skip(t, "a small file system (mounting one needs root)")
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", disk).Run() })
	d := peers.Dovecot(t)
	g := mailGateway(t, post{data: disk, mailboxes: mailboxOf(d, d.Addr(), "jane", "INBOX")})
	all := names("full", 400)
	fetched, full := names("box", 50), false
	for i, name := range all {
		// What cannot be packed fills the disk.
		noise := make([]byte, 48<<10)
		_, _ = crand.Read(noise)
		raw := append(small(name), base64.StdEncoding.EncodeToString(noise)...)
		for {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			err := send(ctx, g.smtp, name+"@customer.example", support, raw)
			cancel()
			if err == nil {
				break
			}
			refusal, ok := errors.AsType[*smtp.SMTPError](err)
			if !ok || refusal.Code/100 != 4 {
				t.Fatalf("mail %d: a full disk is answered with %v", i, err)
			}
			if full {
				continue // it is found out by trying
			}
			full = true
			for _, name := range fetched {
				d.Deliver(t, "jane", small(name))
			}
			wait(t, "the mailbox to fail, too", func() bool { return strings.Contains(g.log.tail(20_000), "mailbox cannot be read") })
			if err := exec.Command("mount", "-o", "remount,size=200m", disk).Run(); err != nil {
				t.Fatal(err)
			}
		}
		if full && i%4 == 0 && i > 200 {
			all = all[:i+1]
			break
		}
	}
	if !full {
		t.Fatal("the disk was never full")
	}
	wait(t, "all mails", func() bool { return g.count() == len(all)+len(fetched) })
	g.stop()
	g.once(all, fetched)
}

// History is imported beside a gateway that is at work, and a mail that was passed over is found.
func TestImportAndReconcileBesideTheGateway(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	live, box := names("live", 30), names("box", 20)
	for _, name := range box {
		d.Deliver(t, "jane", small(name))
	}
	g := mailGateway(t, post{mailboxes: mailboxOf(d, d.Addr(), "jane", "INBOX")})
	wait(t, "the mailbox", func() bool { return g.count() == len(box) })
	past := names("past", 5_000)
	mbox := filepath.Join(t.TempDir(), "old.mbox")
	var text strings.Builder
	for _, name := range append(past[:len(past):len(past)], box[0]) {
		text.WriteString("From x Mon Mar  2 09:30:00 2026\n" + strings.ReplaceAll(string(small(name)), "\r\n", "\n") + "\n")
	}
	if err := os.WriteFile(mbox, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	began := time.Now()
	go func() { done <- g.command(t, "import", "mbox", "--inbox", "support", "--every", "0", mbox) }()
	var slowest time.Duration
	for _, name := range live {
		begun := time.Now()
		if err := send(t.Context(), g.smtp, name+"@customer.example", support, small(name)); err != nil {
			t.Error(err)
		}
		slowest = max(slowest, time.Since(begun))
	}
	said := <-done
	t.Logf("the slowest mail of today took %v\n%s", slowest.Round(time.Millisecond), said)
	if !strings.Contains(said, "1  duplicate") || slowest > max(5*time.Second, time.Since(began)/2) {
		t.Errorf("%v: %s", slowest, said)
	}
	if list := g.jobs(t, "dead"); len(list) > 0 {
		t.Errorf("dead jobs: %v", list)
	}
	g.once(live, box, past)

	g.command(t, "mail", "reconcile")
	g.stop()
	g.passOver(d, "gap-0")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "mail", "reconcile", "--json", "--config", g.file).Output()
	if err == nil || !strings.Contains(string(out), `"missing":1,"fetched":1,"known":0`) {
		t.Errorf("a mail that was passed over: %v, %s", err, out)
	}
	g.passOver(d, "gap-1")
	g.run() // it compares when the last time is a day ago
	wait(t, "the gateway to find the second", func() bool { return g.count() == len(live)+len(box)+len(past)+2 })
	g.command(t, "mail", "reconcile")
	g.stop()
	g.once(live, box, past, names("gap", 2))
}

// passOver has the mailbox read on behind a mail that nobody has taken, while the gateway does not run.
func (g postOffice) passOver(d *peers.DovecotServer, name string) {
	t := g.w.t
	t.Helper()
	d.Deliver(t, "jane", small(name))
	db, err := sql.Open("sqlite", filepath.Join(g.w.dir, "tierline.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, change := range []string{
		"UPDATE cursors SET value = json_set(value, '$.uid', json_extract(value, '$.uid') + 1) WHERE source LIKE 'email:imap:%/INBOX'",
		"DELETE FROM cursors WHERE source LIKE 'email:imap:%/INBOX reconciled'",
	} {
		if res, err := db.Exec(change); err != nil {
			t.Fatal(err)
		} else if n, _ := res.RowsAffected(); n != 1 {
			t.Fatalf("%d rows changed by %s", n, change)
		}
	}
}

// The same mail comes to two mailboxes and, over SMTP, to a third address: it is one ticket.
func TestOneMailInTwoMailboxes(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	for _, user := range []string{"jane", "max"} {
		d.Deliver(t, user, small("both"))
	}
	g := mailGateway(t, post{mailboxes: mailboxOf(d, d.Addr(), "jane", "INBOX") + ", " + mailboxOf(d, d.Addr(), "max", "INBOX")})
	if err := send(t.Context(), g.smtp, "both@customer.example", support, small("both")); err != nil {
		t.Fatal(err)
	}
	wait(t, "all three to be seen", func() bool { return len(g.ledger(ticket.MailFilter{})) == 3 })
	g.stop()
	g.once([]string{"both"})
}

// The token of a mail account ends while the token endpoint is away and the line is cut: the mailbox is
// read on as soon as there is a new one.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	s := peers.Tokens(t, "jane@acme.example")
	s.Life(2 * time.Second)
	d := peers.DovecotOAuth2(t, s)
	l := newLine(t, d.Addr())
	d.Deliver(t, s.User, small("before"))
	box := mailboxOf(d, l.addr, s.User, "INBOX")
	box = strings.Replace(box, "password: "+d.Password, "oauth2: {token_url: \""+s.URL+"\", client_id: "+s.ClientID+", client_secret: "+s.ClientSecret+
		", refresh_token: "+s.Refresh()+", scopes: [mail]}", 1)
	g := mailGateway(t, post{mailboxes: box})
	wait(t, "the first mail", func() bool { return g.count() == 1 })
	away := make(chan struct{}, 10)
	s.Answer(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		select {
		case away <- struct{}{}:
		default:
		}
	})
	s.Revoke()
	l.set(0, 0, false)
	d.Deliver(t, s.User, small("after"))
	select {
	case <-away:
	case <-time.After(patience):
		t.Fatal("no new token was asked for")
	}
	s.Answer(nil)
	waitFor(t, 3*time.Minute, "the mail that came meanwhile", func() bool { return g.count() == 2 })
	g.stop()
	g.once([]string{"before", "after"})
}
