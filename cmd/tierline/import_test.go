package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

const importConfig = goodConfig + `
email:
  listeners: [{listen: "127.0.0.1:0", recipients: [{address: support@acme.example, inbox: support}]}]
  sending: {host: 127.0.0.1, tls: none, domain: acme.example, from: {support: {address: support@acme.example}}}
`

func pastMail(from, to, id, refs, subject, date string) string {
	return fmt.Sprintf("From %s Thu Jan  2 15:04:05 2020\nFrom: %[1]s\nTo: %s\nMessage-ID: <%s>\n%sSubject: %s\nDate: %s\n\nText of %[3]s.\n\n",
		from, to, id, refs, subject, date)
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newShell(t, importConfig)
	re := func(id string) string { return "In-Reply-To: <" + id + ">\nReferences: <" + id + ">\n" }
	mbox := filepath.Join(t.TempDir(), "old.mbox")
	text := pastMail("jane@customer.example", "support@acme.example", "q1@customer.example", "", "Grinder stuck", "Thu, 02 Jan 2020 15:04:05 +0000") +
		pastMail("support@acme.example", "jane@customer.example", "a1@acme.example", re("q1@customer.example"), "Re: Grinder stuck", "Thu, 02 Jan 2020 16:04:05 +0000") +
		pastMail("jane@customer.example", "support@acme.example", "q2@customer.example", re("a1@acme.example"), "Re: Grinder stuck", "Fri, 03 Jan 2020 10:00:00 +0000") +
		pastMail("bot@third.example", "support@acme.example", "m1@third.example", "Auto-Submitted: auto-replied\n", "Away", "Fri, 03 Jan 2020 10:00:00 +0000") +
		pastMail("anna@example.org", "max@other.example", "a2@acme.example", "", "Your order", "Sat, 04 Jan 2020 10:00:00 +0000") +
		"From x Thu Jan  2 15:04:05 2020\nSubject: nobody\n\nNo sender.\n"
	if err := os.WriteFile(mbox, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.do(2, "import", "mbox", "-c", s.config, mbox)
	s.says("--inbox")
	s.do(0, "import", "mbox", "--json", "--dry-run", "--inbox", "support", "-c", s.config, mbox)
	first := s.lines()[0]
	s.do(0, "mail", "ledger", "--json", "-c", s.config)
	if s.out != "" {
		t.Errorf("a dry run has changed something: %s", s.out)
	}
	s.do(0, "import", "mbox", "--json", "--inbox", "support", "-c", s.config, mbox)
	for name, want := range map[string]any{"source": "import:support:mbox:" + mbox, "ticketed": 4.0, "joined": 2.0, "outgoing": 2.0,
		"suppressed": 1.0, "quarantined": 1.0, "duplicate": 0.0, "complete": true} {
		if got := s.lines()[0][name]; got != want || first[name] != want {
			t.Errorf("%s is %v (%v when tried), want %v", name, got, first[name], want)
		}
	}
	s.do(0, "mail", "ledger", "--json", "-c", s.config)
	if n := len(s.lines()); n != 6 || !strings.HasPrefix(s.lines()[0]["source"].(string), "import:support:mbox:") {
		t.Errorf("%d lines in the ledger\n%s", n, s.out)
	}
	s.history()
	s.do(0, "import", "mbox", "--json", "--inbox", "support", "-c", s.config, mbox)
	if l := s.lines()[0]; l["ticketed"] != 0.0 || l["duplicate"] != 0.0 {
		t.Errorf("again: %s", s.out)
	}
	s.do(0, "import", "mbox", "--inbox", "support", "--since", "2020-01-03", "--until", "2020-01-04", "-c", s.config, mbox)
	s.says("passed over: imported before")
	s.do(1, "import", "mbox", "--inbox", "support", "--since", "yesterday", "-c", s.config, mbox)
	dir := writeFiles(t, map[string]string{"a/1.eml": mailA, "2.msg": "x"})
	s.do(1, "import", "eml", "--inbox", "support", "-c", s.config, dir)
	s.says("Outlook's own format", "1 mails", "ticketed")
	s.do(1, "import", "maildir", "--inbox", "support", "-c", s.config, dir)
	s.says("no maildir")
	s.do(1, "import", "imap", "--inbox", "support", "-c", s.config, "--mailbox", "nobody")
	s.says("no mailbox")
	s.do(1, "import", "imap", "--inbox", "support", "-c", s.config, "--host", "127.0.0.1", "--user", "jane")
	s.says("password")
}

// history looks at what the import of TestImport has left.
func (s *shell) history() {
	s.t.Helper()
	st, err := openStore(&env{ctx: s.t.Context(), err: os.Stderr}, s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	tickets, err := st.Tickets(s.t.Context(), ticket.Filter{})
	if err != nil || len(tickets) != 2 {
		s.t.Fatalf("%d tickets, %v", len(tickets), err)
	}
	talk := tickets[1]
	if talk.State != ticket.Closed || !talk.Past || !talk.Opened.Equal(time.Date(2020, 1, 2, 15, 4, 5, 0, time.UTC)) || talk.LastSeq != 3 {
		s.t.Errorf("%+v", talk)
	}
	list, err := st.Messages(s.t.Context(), talk.ID, 0, 10)
	if err != nil || len(list) != 3 || list[1].Direction != ticket.Out || list[2].Direction != ticket.In {
		s.t.Errorf("%+v, %v", list, err)
	}
	if sent := tickets[0]; sent.Participants[0].Value != "max@other.example" || sent.State != ticket.Closed {
		s.t.Errorf("a mail of staff: %+v", sent)
	}
	jobs, err := st.Jobs(s.t.Context(), "", 0, 10)
	if err != nil || len(jobs) != 0 {
		s.t.Errorf("%d jobs: somebody would be told; %v", len(jobs), err)
	}
}
