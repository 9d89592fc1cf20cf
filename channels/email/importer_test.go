package email

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"tierline/channels/channeltest"
	"tierline/internal/peers"
	"tierline/ticket"
)

// bringing is an import into memory.
type bringing struct {
	w      channeltest.World
	ledger *book
	conf   ImportConfig
	all    Config
	faults []string
}

func newBringing() *bringing {
	w := channeltest.NewWorld()
	return &bringing{w: w, ledger: &book{Intake: w.Intake, places: map[string]bool{}}, conf: ImportConfig{Inbox: inbox},
		all: Config{Sending: sending("127.0.0.1", 25)}}
}

func (b *bringing) deps() Deps {
	d := deps(b.w)
	d.Ledger = b.ledger
	return d
}

func (b *bringing) run(ctx context.Context, t testing.TB, a Archive) (Imported, error) {
	t.Helper()
	i, err := NewImporter(b.all, b.conf, b.deps(), b.ledger)
	if err != nil {
		t.Fatal(err)
	}
	i.Fault = func(place string, err error) { b.faults = append(b.faults, place+": "+err.Error()) }
	return i.Run(ctx, a)
}

func (b *bringing) good(t testing.TB, a Archive) Imported {
	t.Helper()
	sum, err := b.run(t.Context(), t, a)
	if err != nil {
		t.Fatal(err)
	}
	if !sum.Complete && b.conf.Limit == 0 {
		t.Errorf("it is not complete: %+v", sum)
	}
	sum.Seconds, sum.Done, sum.Complete, sum.Source = 0, 0, false, ""
	return sum
}

func is(t testing.TB, what string, got, want Imported) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func mboxAt(t testing.TB, path string) *Mbox {
	t.Helper()
	m, err := OpenMbox(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestImportMbox(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"old.mbox", "old.mbox.gz"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBringing()
			path := filepath.Join(t.TempDir(), name)
			writeMbox(t, path, 0, 600, 100)
			// It stops in its midst: the store fails, as if the program had been killed.
			ctx, cancel := context.WithCancel(t.Context())
			i, err := NewImporter(b.all, b.conf, b.deps(), b.ledger)
			if err != nil {
				t.Fatal(err)
			}
			i.Report = func(Imported) { cancel() }
			sum, err := i.Run(ctx, mboxAt(t, path))
			if err == nil || sum.Complete || sum.All() != importMails {
				t.Errorf("stopped: %+v, %v", sum, err)
			}
			is(t, "the rest", b.good(t, mboxAt(t, path)), Imported{Tally: Tally{Ticketed: 600 - importMails}})
			each(t, b.w, 600)
			is(t, "again", b.good(t, mboxAt(t, path)), Imported{})
			writeMbox(t, path, 600, 603, 100)
			is(t, "what was added", b.good(t, mboxAt(t, path)), Imported{Tally: Tally{Ticketed: 3}})
			each(t, b.w, 603)
			for _, in := range b.w.Intake.Accepted() {
				if in.Past == nil || in.Past.Out || in.Mail.Source != "import:support:mbox:"+path || !in.At.Equal(channeltest.At) {
					t.Fatalf("%+v", in)
				}
			}
			// Another file under the same name, and the same mails at other places.
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			writeMbox(t, path, 590, 610, 100)
			is(t, "another file", b.good(t, mboxAt(t, path)), Imported{Tally: Tally{Ticketed: 7, Duplicate: 13}})
			each(t, b.w, 610)
		})
	}
}

func TestImportFails(t *testing.T) {
	t.Parallel()
	b := newBringing()
	path := filepath.Join(t.TempDir(), "old.mbox")
	writeMbox(t, path, 0, 300, 100)
	b.w.Intake.FailNext(1, ticket.Transient)
	if sum, err := b.run(t.Context(), t, mboxAt(t, path)); err == nil || sum.All() != 0 {
		t.Errorf("a store that is away: %+v, %v", sum, err)
	}
	is(t, "later", b.good(t, mboxAt(t, path)), Imported{Tally: Tally{Ticketed: 300}})
	other := filepath.Join(t.TempDir(), "mail.eml")
	if err := os.WriteFile(other, mailOf("x", "x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenMbox(other); err == nil || !strings.Contains(err.Error(), "is no mbox") {
		t.Errorf("a mail is no mbox: %v", err)
	}
	if _, err := NewImporter(b.all, ImportConfig{Own: []string{"nobody"}}, b.deps(), b.ledger); err == nil {
		t.Error("an address that is none")
	}
}

const old = "From: %s\r\nTo: %s\r\nMessage-ID: <%s@x.example>\r\nSubject: %[3]s\r\n%[4]s\r\nText of it.\r\n"

func writeMails(t testing.TB, dir string, mails map[string]string) {
	t.Helper()
	for name, text := range mails {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bringing) subjects() (all []string) {
	for _, in := range b.w.Intake.Accepted() {
		s := in.Subject
		if in.Past.Out {
			s += " to " + in.With[0].Value
		}
		if in.Alone != "" {
			s += " " + in.Alone
		}
		all = append(all, s)
	}
	return all
}

func TestImportMaildir(t *testing.T) {
	t.Parallel()
	b := newBringing()
	dir := t.TempDir()
	writeMails(t, dir, map[string]string{
		"cur/1000000002.M1.host:2,S":                  fmt.Sprintf(old, customer1, ourAddr, "second", ""),
		"new/1000000001.M1.host":                      fmt.Sprintf(old, customer1, ourAddr, "first", "Date: Mon, 2 Mar 2026 09:30:00 +0000\r\n"),
		".Sent.2001/cur/1000000003.M1.host,S=1:2,RS":  fmt.Sprintf(old, ourAddr, "team@acme.example, "+customer1, "answer", ""),
		"Projects/Alpha/cur/1000000004.M1.host;2,":    fmt.Sprintf(old, customer1, ourAddr, "third", "X-Spam-Flag: YES\r\n"),
		".Junk/cur/1000000005.M1.host:2,":             fmt.Sprintf(old, customer1, ourAddr, "junk", ""),
		".Drafts/cur/1000000006.M1.host:2,D":          fmt.Sprintf(old, ourAddr, customer1, "draft", ""),
		"tmp/1000000007.M1.host":                      "half a mail",
		"cur/1000000008.M1.host:2,":                   "Subject: nobody\r\n\r\nNo sender.\r\n",
		"cur/1000000009.M1.host:2,":                   fmt.Sprintf(old, ourAddr, ourAddr, "form", "Reply-To: "+customer1+"\r\n"),
		"dovecot.index":                               "no mail",
		".Sent.2001/maildirfolder":                    "",
		"Projects/Alpha/dovecot-uidlist":              "no mail",
		".Sent.2001/new/.hidden":                      "no mail",
		"Projects/Alpha/cur/1000000010.M1.host:2,S,x": fmt.Sprintf(old, customer1, ourAddr, "fourth", ""),
	})
	b.conf.Own = []string{"team@acme.example"}
	choose := func(f string) bool { return FolderChoice{}.Choose(f, ".") }
	open := func() *Maildir {
		a, err := OpenMaildir(t.Context(), dir, choose)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	// Spam is suppressed by the store; the intake of this test counts it as a ticket.
	is(t, "first", b.good(t, open()), Imported{Tally: Tally{Ticketed: 6, Quarantined: 1, Outgoing: 1}})
	want := []string{"first", "second", "answer to " + customer1, "third spam", "form", "fourth"}
	if got := b.subjects(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if in := b.w.Intake.Accepted()[1]; !in.At.Equal(time.Unix(1000000002, 0)) || in.Mail.Place != "INBOX;1000000002.M1.host" {
		t.Errorf("%v at %q", in.At, in.Mail.Place)
	}
	if err := os.Rename(filepath.Join(dir, "new/1000000001.M1.host"), filepath.Join(dir, "cur/1000000001.M1.host:2,FS")); err != nil {
		t.Fatal(err)
	}
	is(t, "again", b.good(t, open()), Imported{Known: 7})
	var left []string
	for _, f := range open().Folders {
		if f.Left {
			left = append(left, f.Name)
		}
	}
	if !slices.Equal(left, []string{"Drafts", "Junk"}) {
		t.Errorf("left out: %q", left)
	}
	if _, err := OpenMaildir(t.Context(), filepath.Join(dir, "cur"), choose); err == nil {
		t.Error("a folder of mails is no maildir")
	}
}

func TestImportFiles(t *testing.T) {
	t.Parallel()
	b := newBringing()
	dir := t.TempDir()
	writeMails(t, dir, map[string]string{"b/2.EML": fmt.Sprintf(old, customer1, ourAddr, "two", "Date: Mon, 2 Mar 2026 09:30:00 +0000\r\n"),
		"a/1.eml": fmt.Sprintf(old, customer1, ourAddr, "one", "Date: Mon, 2 Feb 2026 09:30:00 +0000\r\n"), "a/3.msg": "no mail", "notes.txt": "no mail"})
	open := func(path string) *Files {
		a, err := OpenFiles(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open(dir)
	if len(a.Other) != 2 || a.Other[".msg"] != 1 || a.Other[".txt"] != 1 {
		t.Errorf("left out: %v", a.Other)
	}
	b.conf.Since = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	is(t, "since", b.good(t, a), Imported{Tally: Tally{Ticketed: 1}, Outside: 1})
	b.conf.Since, b.conf.Until = time.Time{}, time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	is(t, "until", b.good(t, open(dir)), Imported{Tally: Tally{Ticketed: 1}, Known: 1})
	b.conf.Until = time.Time{}
	is(t, "all", b.good(t, open(dir)), Imported{Known: 2})
	writeMails(t, dir, map[string]string{"a/1.eml": fmt.Sprintf(old, customer1, ourAddr, "another one", "")})
	is(t, "another mail under its name", b.good(t, open(dir)), Imported{Tally: Tally{Ticketed: 1}, Known: 1})
	if _, err := OpenFiles(t.Context(), filepath.Join(dir, "a/3.msg")); err == nil || !strings.Contains(err.Error(), ".eml") {
		t.Errorf("Outlook's own format: %v", err)
	}
	gone := open(dir)
	if err := os.Remove(filepath.Join(dir, "b/2.EML")); err != nil {
		t.Fatal(err)
	}
	is(t, "a file that is gone", b.good(t, gone), Imported{Known: 1, Failed: 1})
	if len(b.faults) != 1 || !strings.HasPrefix(b.faults[0], "b/2.EML") {
		t.Errorf("told: %q", b.faults)
	}
}

func TestImportLimit(t *testing.T) {
	t.Parallel()
	b := newBringing()
	path := filepath.Join(t.TempDir(), "old.mbox")
	writeMbox(t, path, 0, 700, 100)
	b.conf.Limit = 300
	for i, want := range []Imported{{Tally: Tally{Ticketed: 300}}, {Tally: Tally{Ticketed: 300}, Known: 50}, {Tally: Tally{Ticketed: 100}, Known: 100}, {}} {
		got := b.good(t, mboxAt(t, path))
		if got.Known = min(got.Known, want.Known); got != want { // it begins behind the last commit that was whole
			t.Errorf("run %d: %+v", i, got)
		}
	}
	each(t, b.w, 700)
}

func TestImportAccount(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	b := newBringing()
	fill(t, d, "old", 0, 300)
	c := login(t, d, "old")
	for folder, mails := range map[string][]string{"Sent": {"answer"}, "Trash": {"thrown"}, "Archive.2001": {"ancient", "older"}} {
		if err := c.Create(folder, nil).Wait(); err != nil {
			t.Fatal(err)
		}
		for i, name := range mails {
			from, to := customer1, ourAddr
			if folder == "Sent" {
				from, to = to, from
			}
			raw := []byte(fmt.Sprintf(old, from, to, name, ""))
			cmd := c.Append(folder, int64(len(raw)), &imap.AppendOptions{Time: time.Date(2001, 1, 1+i, 0, 0, 0, 0, time.UTC)})
			if _, err := cmd.Write(raw); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := newProxy(t, d.Addr())
	open := func(f FolderChoice) *Account {
		a, err := OpenAccount(t.Context(), mailboxOf(d, p, "old"), b.all, b.deps(), f, time.Time{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		return a
	}
	only := open(FolderChoice{Only: []string{"archive*"}})
	is(t, "one folder", b.good(t, only), Imported{Tally: Tally{Ticketed: 2}})
	a := open(FolderChoice{})
	p.cut(40_000) // the connection ends in the midst of the mails, again and again
	go func() {
		channeltest.Eventually(t, "a second connection", func() bool { return p.made() > 2 })
		p.cut(0)
	}()
	is(t, "all", b.good(t, a), Imported{Tally: Tally{Ticketed: 301, Outgoing: 1}, Known: 2})
	if got := b.subjects()[:3]; !slices.Equal(got, []string{"ancient", "older", "answer to " + customer1}) {
		t.Errorf("the order is %q", got)
	}
	is(t, "again", b.good(t, open(FolderChoice{})), Imported{Known: 303})
	is(t, "what was thrown away", b.good(t, open(FolderChoice{Only: []string{"*"}, Except: []string{"INBOX"}})),
		Imported{Tally: Tally{Ticketed: 1}, Known: 3})
	if n, seen := count(t, login(t, d, "old"), "INBOX"); n != 300 || seen != 0 {
		t.Errorf("%d mails, %d of them marked: it was to change nothing", n, seen)
	}
}

func TestFolderChoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choice    FolderChoice
		name, sep string
		want      bool
	}{
		{FolderChoice{}, "INBOX", "/", true}, {FolderChoice{}, "[Gmail]/Trash", "/", false}, {FolderChoice{}, "INBOX.Papierkorb.2020", ".", false},
		{FolderChoice{}, "Trashy", "/", true}, {FolderChoice{Only: []string{"sent*"}}, "Sent Items", "/", true},
		{FolderChoice{Only: []string{"sent"}}, "Sent Items", "/", false}, {FolderChoice{Only: []string{"*"}}, "Junk", "/", true},
		{FolderChoice{Only: []string{"*"}, Except: []string{"*/2020/*"}}, "a/2020/b", "/", false},
		{FolderChoice{Only: []string{"a*b*c"}}, "axxbyyc", "/", true}, {FolderChoice{Only: []string{"a*b*c"}}, "axxcyyb", "/", false},
		{FolderChoice{Only: []string{"ab*ba"}}, "aba", "/", false},
	} {
		if got := c.choice.Choose(c.name, c.sep); got != c.want {
			t.Errorf("%+v of %q: %v", c.choice, c.name, got)
		}
	}
}
