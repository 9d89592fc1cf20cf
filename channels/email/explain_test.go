package email

import (
	"context"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/channels/channeltest"
	"tierline/ticket"
)

// answering is an intake that accepts everything in the same way.
type answering struct {
	channels.Intake
	answer ticket.Accepted
}

func (a answering) Accept(context.Context, []ticket.Inbound) ([]ticket.Accepted, error) {
	return []ticket.Accepted{a.answer}, nil
}

func TestExplainSaysWhy(t *testing.T) {
	t.Parallel()
	const raw = "From: jane@customer.example\nMessage-ID: <x1234@customer.example>\nSubject: Hi\n\nHello\n"
	const away = "From: jane@customer.example\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am away.\n"
	match := func(by string, joined, follows bool) *ticket.Match {
		return ticket.Match{By: by, Ticket: 1001, Joined: joined, Follows: follows, Reasons: []string{"because"}}.Weigh()
	}
	for name, c := range map[string]struct {
		raw    string
		answer ticket.Accepted
		want   string // outcome, reason, detail
		score  float64
	}{
		"opens":      {raw, ticket.Accepted{Ticket: 1001, Seq: 1, Opened: true}, "ticketed opened It opens T-1001.", 0},
		"joins":      {raw, ticket.Accepted{Ticket: 1001, Seq: 2, Match: match("references", true, false)}, "ticketed joined It continues T-1001 as message 2.", 0.97},
		"apart":      {raw, ticket.Accepted{Ticket: 1002, Seq: 1, Match: match("references", false, false)}, "ticketed stands-apart It opens T-1002, although it names T-1001.", 0.485},
		"follows up": {raw, ticket.Accepted{Ticket: 1002, Seq: 1, Match: match("reply-token", false, true)}, "ticketed follows-up It opens T-1002, which follows up T-1001.", 1},
		"duplicate":  {raw, ticket.Accepted{Ticket: 1001, Seq: 2, Duplicate: true}, "duplicate same-mail It has come before, as message 2 of T-1001.", 0},
		"suppressed": {away, ticket.Accepted{Suppressed: true}, "suppressed auto-reply It continues no ticket, and opens none.", 0},
	} {
		x, err := NewExplainer(Config{}, channels.UnderstandConfig{}, answering{answer: c.answer},
			Deps{Blobs: channeltest.NewWorld().Blobs, Log: quiet(), Now: func() time.Time { return channeltest.At }})
		if err != nil {
			t.Fatal(err)
		}
		e, err := x.Explain(t.Context(), []byte(c.raw))
		if err != nil {
			t.Fatal(name, err)
		}
		if got := string(e.Outcome) + " " + e.Reason + " " + e.Detail; got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if (e.Match == nil) != (c.score == 0) || e.Match != nil && e.Match.Score != c.score {
			t.Errorf("%s: match %+v, want a score of %v", name, e.Match, c.score)
		}
	}
}

// TestExplainForPeople: what a stranger wrote stays on its line and moves no cursor.
func TestExplainForPeople(t *testing.T) {
	t.Parallel()
	x, err := NewExplainer(Config{}, channels.UnderstandConfig{}, answering{answer: ticket.Accepted{Ticket: 1001, Seq: 1}},
		Deps{Blobs: channeltest.NewWorld().Blobs, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	e, err := x.Explain(t.Context(), []byte("From: jane@customer.example\nSubject: =?utf-8?q?a=0A=1B[31mOUTCOME?=\n\nHello \x1b[2J\x07there\n"))
	if err != nil {
		t.Fatal(err)
	}
	text := e.String()
	if strings.ContainsAny(text, "\x1b\x07") || strings.Contains(text, "\nOUTCOME") || !strings.Contains(text, "TICKETED (opened)") || !strings.Contains(text, "there") {
		t.Errorf("%q", text)
	}
	long, err := x.Explain(t.Context(), make([]byte, DefaultMaxSize+1))
	if err != nil || long.Outcome != ticket.MailQuarantined || long.Reason != "too-large" {
		t.Errorf("too large: %+v, %v", long, err)
	}
}

// TestExplainFound: what a mail names is shown.
func TestExplainFound(t *testing.T) {
	t.Parallel()
	x, err := NewExplainer(Config{}, channels.UnderstandConfig{Serials: []string{`BW1-\d{6}`}, Orders: []string{`A-\d{6}`}, Country: "DE"},
		answering{answer: ticket.Accepted{Ticket: 1001, Seq: 1}},
		Deps{Blobs: channeltest.NewWorld().Blobs, Log: quiet(), Now: func() time.Time { return channeltest.At }})
	if err != nil {
		t.Fatal(err)
	}
	e, err := x.Explain(t.Context(), []byte("From: jane@customer.example\nSubject: Order A-123456\n\nBW1-000001 leaks.\n-- \nJane, Tel. 030 901820\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(e.Units, " ") + "|" + strings.Join(e.Phones, " ") + "|" + strings.Join(e.Orders, " "); got != "BW1-000001|+4930901820|A-123456" {
		t.Error(got)
	}
	if s := e.String(); !strings.Contains(s, "+4930901820") || !strings.Contains(s, "A-123456") {
		t.Error(s)
	}
}

// TestExplainAutoAnswer: whether something may answer is what the mail, its sender and its ticket say.
func TestExplainAutoAnswer(t *testing.T) {
	t.Parallel()
	const mail = "From: Jane <jane@customer.example>\nTo: support@acme.example\nMessage-ID: <x1234@customer.example>\nSubject: It leaks\n\nHello\n"
	trust := Config{Authentication: Authentication{Trust: []string{"mx.acme.example"}}}
	opened := ticket.Accepted{Ticket: 1002, Seq: 1, Opened: true}
	staff := func(a string) (ticket.Actor, bool) { return ticket.Actor{Name: "Anna"}, a == "anna@acme.example" }
	for name, c := range map[string]struct {
		conf   Config
		raw    string
		answer ticket.Accepted
		may    bool
		why    string
	}{
		"a person's":                  {Config{}, mail, opened, true, ""},
		"one that continues a ticket": {Config{}, mail, ticket.Accepted{Ticket: 1001, Seq: 2, Match: &ticket.Match{Ticket: 1001, Joined: true}}, true, "only what opens a ticket"},
		"one that names another's":    {Config{}, mail, ticket.Accepted{Ticket: 1002, Seq: 1, Opened: true, Match: &ticket.Match{Ticket: 1001}}, false, "names T-1001"},
		"one that follows up":         {Config{}, mail, ticket.Accepted{Ticket: 1002, Seq: 1, Opened: true, Match: &ticket.Match{Ticket: 1001, Follows: true}}, true, ""},
		"a list's":                    {Config{}, "List-Post: <mailto:l@list.example>\n" + mail, opened, false, "mailing list"},
		"one that nothing proves":     {trust, "Authentication-Results: mx.acme.example; spf=softfail; dkim=none\n" + mail, opened, false, "from whom it says"},
		"one that is forged":          {trust, "Authentication-Results: mx.acme.example; dmarc=fail\n" + mail, opened, false, "may not be from jane@customer.example"},
		"a colleague's":               {Config{}, strings.Replace(mail, "jane@customer", "anna@acme", 1), opened, false, "from staff"},
		"one that a colleague passes on": {Config{}, "From: anna@acme.example\nTo: support@acme.example\nSubject: Fwd: It leaks\n\n---------- Forwarded message ---------\n" +
			"From: Jane <jane@customer.example>\nDate: Mon, 2 Mar 2026 09:30\nSubject: It leaks\nTo: <anna@acme.example>\n\nHello\n", opened, false, "Anna has passed it on"},
		"our own": {Config{Sending: Sending{From: map[string]From{"s": {Address: "support@acme.example"}}}}, strings.Replace(mail, "jane@customer", "support@acme", 1), opened, false, "address of ours"},
	} {
		x, err := NewExplainer(c.conf, channels.UnderstandConfig{}, answering{answer: c.answer},
			Deps{Blobs: channeltest.NewWorld().Blobs, Log: quiet(), Staff: staff, Now: func() time.Time { return channeltest.At }})
		if err != nil {
			t.Fatal(err)
		}
		e, err := x.Explain(t.Context(), []byte(c.raw))
		if err != nil {
			t.Fatal(name, err)
		}
		if a := e.AutoAnswer; a == nil || a.Allowed != c.may || !strings.Contains(a.Why, c.why) || c.why == "" && a.Why != "" {
			t.Errorf("%s: %+v, want %v, %q", name, a, c.may, c.why)
		}
	}
}
