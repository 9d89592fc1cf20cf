package web

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// desk is what people do with mails, without the mails.
type mailDesk struct{ store ticket.MailLedger }

func (d mailDesk) Source(ctx context.Context, id int64) (io.ReadCloser, error) {
	e, _, err := d.store.Mail(ctx, id)
	return io.NopCloser(strings.NewReader("Subject: " + e.Subject + "\r\n\r\n<script>alert(1)</script>")), err
}

func (d mailDesk) Read(ctx context.Context, id int64) (Mail, error) {
	e, _, err := d.store.Mail(ctx, id)
	if e.Subject == "Buy b" {
		return Mail{}, ticket.Errorf("fake", ticket.Invalid, "Nothing can be made of it.")
	}
	return Mail{From: []string{"Eve <" + e.From + ">"}, Subject: e.Subject, Text: "Buy <now>", HTML: hostile + `<img alt="own" src="cid:p@x"><img alt="page" src="cid:q@x">`, Warnings: []string{"Its virus scanner says no."},
		Files: []MailFile{{Name: "own.gif", Type: "image/gif", ContentID: "p@x", Data: []byte(onePixel)}, {Name: "page", Type: "image/gif", ContentID: "q@x", Data: []byte("<svg>")}}}, err
}

func (d mailDesk) Compared(context.Context) ([]Comparison, error) {
	at := time.Now().Add(-3 * time.Hour)
	return []Comparison{{Mailbox: "imap/fine", At: at, Mails: 12}, {Mailbox: "imap/mended", At: at, Mails: 5, Missing: 2, Fetched: 2},
		{Mailbox: "imap/behind", At: at, Mails: 9, Missing: 4, Fetched: 1}, {Mailbox: "imap/down", At: at, Error: "It cannot be reached."}}, nil
}

func (d mailDesk) Release(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error) {
	return d.store.Settle(ctx, id, ticket.Accepted{Ticket: ticket.FirstID, Seq: 1}, by)
}

func (d mailDesk) Discard(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error) {
	return d.store.Settle(ctx, id, ticket.Accepted{}, by)
}

func TestMailInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t, func(_ *Config, d *Deps) { d.Mails = mailDesk{d.Store} })
	in := ticket.Inbound{Channel: "email", Inbox: "support", External: "1", From: customer.Identity{Kind: customer.Email, Value: "jane@x.example"},
		Mail: &ticket.MailSeen{From: "jane@x.example", Subject: "It <b>leaks</b>", Raw: ticket.MailSource{Packed: []byte("x")}}}
	if _, err := s.store.Accept(t.Context(), []ticket.Inbound{in}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		err := s.store.Quarantine(t.Context(), ticket.Quarantined{Channel: "email", External: id, Reason: "spam", Detail: "Marked.",
			Mail: &ticket.MailSeen{From: "eve@e.example", Subject: "Buy " + id, Raw: ticket.MailSource{Packed: []byte("x")}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	anna, lead := s.signedIn("anna"), s.signedIn("lea")
	body := anna.page("/console/mail")
	mustHave(t, body, "It &lt;b&gt;leaks&lt;/b&gt;", "T-1001", "Buy a", "quarantined")
	mustNotHave(t, body, "/console/mail/2/release", "<b>leaks")
	mustNotHave(t, anna.page("/console/mail?q=leaks&outcome=ticketed"), "Buy a")
	mustHave(t, anna.page("/console/mail?outcome=quarantined"), "Buy b")
	mustHave(t, body, "All 12 mails are in the ledger.", "2 of 5 were missing in the ledger; all were fetched.", "4 of 9 were missing in the ledger; 1 of them were fetched.", `class="bad"><strong>imap/down`, `class="bad"><strong>imap/behind`)
	mustNotHave(t, body, `class="bad"><strong>imap/mended`)
	one := anna.page("/console/mail/1")
	mustHave(t, one, "It &lt;b&gt;leaks", "Eve &lt;jane@x.example&gt;", "Buy &lt;now&gt;", "Its virus scanner says no.", "own.gif", `src="/console/mail/1/html"`, "&lt;script&gt;alert(1)", "T-1001#1")
	mustNotHave(t, one, "/console/mail/1/release")
	mustHave(t, lead.page("/console/mail/2"), "/console/mail/2/release")
	mustHave(t, lead.page("/console/mail/3"), "Nothing can be made of it.", "/console/mail/3/release", "Source, as it came")
	frame := anna.get("/console/mail/1/html")
	mustHave(t, frame.body, "Hello <b>there</b>", `<img alt="own" src="data:image/gif;base64,`, `<img alt="page"/>`, "5 things from elsewhere")
	mustNotHave(t, frame.body, "evil.example", "alert(", "<svg")
	if got := frame.Header.Get("Content-Security-Policy"); got != framePolicy(false) || strings.Contains(got, "allow-same-origin") {
		t.Errorf("the policy of the frame: %s", got)
	}
	if got := anna.get("/console/mail/3/html"); got.StatusCode != 400 {
		t.Errorf("what cannot be read: %d", got.StatusCode)
	}
	if got := anna.get("/console/mail/99"); got.StatusCode != 404 {
		t.Errorf("a mail that there is not: %d", got.StatusCode)
	}
	raw := anna.get("/console/mail/1/source")
	if !strings.HasPrefix(raw.Header.Get("Content-Type"), "text/plain") || !strings.HasPrefix(raw.Header.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(raw.body, "<script>") {
		t.Errorf("%v %q", raw.Header, raw.body)
	}
	if got := anna.get("/console/mail/99/source"); got.StatusCode != 404 {
		t.Errorf("a mail that there is not: %d", got.StatusCode)
	}
	mustHave(t, lead.page("/console/mail"), "/console/mail/2/release", "/console/mail/3/discard")
	if got := lead.post("/console/mail", "/console/mail/2/release", nil); got.StatusCode != 303 {
		t.Errorf("release: %d", got.StatusCode)
	}
	if got := lead.post("/console/mail", "/console/mail/3/discard", nil); got.StatusCode != 303 {
		t.Errorf("discard: %d", got.StatusCode)
	}
	if got := lead.post("/console/mail", "/console/mail/3/release", nil); got.StatusCode != 409 {
		t.Errorf("release of what is discarded: %d", got.StatusCode)
	}
	if got := anna.post("/console/mail", "/console/mail/3/release", nil); got.StatusCode != 403 {
		t.Errorf("an agent: %d", got.StatusCode)
	}
	mustHave(t, lead.page("/console/mail"), "Released by", "Discarded by")
}
