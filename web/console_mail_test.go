package web

import (
	"context"
	"io"
	"strings"
	"testing"

	"tierline/customer"
	"tierline/ticket"
)

// desk is what people do with mails, without the mails.
type mailDesk struct{ store ticket.MailLedger }

func (d mailDesk) Source(ctx context.Context, id int64) (io.ReadCloser, error) {
	e, _, err := d.store.Mail(ctx, id)
	return io.NopCloser(strings.NewReader("Subject: " + e.Subject + "\r\n\r\n<script>alert(1)</script>")), err
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
			Mail: &ticket.MailSeen{From: "eve@e.example", Subject: "Buy " + id}})
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
