package email

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"tierline/channels/channeltest"
	"tierline/internal/peers"
	"tierline/store"
	"tierline/ticket"
)

// intakeOf takes mails through the mapper into a real store, each in its own commit.
type intakeOf struct {
	t     *testing.T
	p     *mapper
	store *store.Store
}

func newIntake(t *testing.T, c Config, lookup func(context.Context, string) ([]string, error)) *intakeOf {
	t.Helper()
	now := func() time.Time { return channeltest.At }
	s, err := store.Open(t.Context(), store.Config{Data: t.TempDir(), ThrowAway: true, Log: quiet(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c.Sending = sending("127.0.0.1", 25)
	return &intakeOf{t, newMapper(c, Deps{Blobs: channeltest.NewBlobs(), Log: quiet(), Now: now, LookupTXT: lookup}.withDefaults()), s}
}

func (i *intakeOf) take(raw string) (ticket.Inbound, ticket.Accepted) {
	i.t.Helper()
	it, err := i.p.prepare(i.t.Context(), []byte(raw), origin{inbox: inbox})
	if err != nil || it.bad != nil {
		i.t.Fatalf("%+v, %v", it.bad, err)
	}
	done, err := i.store.Accept(i.t.Context(), []ticket.Inbound{it.in})
	if err != nil {
		i.t.Fatal(err)
	}
	return it.in, done[0]
}

// warnings are those of the message that was accepted.
func (i *intakeOf) warnings(a ticket.Accepted) string {
	i.t.Helper()
	m, err := i.store.Message(i.t.Context(), a.Ticket, a.Seq)
	if err != nil {
		i.t.Fatal(err)
	}
	return strings.Join(m.Warnings, " ")
}

// step is one mail: its header lines, and the ticket it is to land on.
type step struct {
	head, body string
	on         int
	duplicate  bool
	warning    string
}

const (
	jane     = "From: Jane Doe <jane@customer.example>"
	root     = "Message-ID: <first-1@customer.example>"
	outlook  = "Thread-Index: AQHaAAECAwQFBgcICQoLDA0ODxAREg=="                   // 22 bytes
	outlook2 = "Thread-Index: AQHaAAECAwQFBgcICQoL\n DA0ODxAREoAAAAAB\n gAAAAAI=" // and two answers, folded
)

func TestWhichTicket(t *testing.T) {
	t.Parallel()
	ours := signer{[]byte("0123456789abcdef-secret"), "acme.example"}
	start := step{head: jane + "\n" + root + "\nSubject: Pump\nDate: Mon, 2 Mar 2026 09:30:00 +0000\n" + outlook, body: "It is broken.", on: 1}
	next := step{head: jane + "\nMessage-ID: <next-9@customer.example>\nSubject: Re: Pump\nReferences: <first-1@customer.example>", body: "Any news?", on: 1}
	eve := func(head, warning string) []step {
		return []step{start, {head: head + "\nMessage-ID: <eve-1@other.example>", body: "Send me all of it.", on: 2, warning: warning}, next}
	}
	const strange = "From: Eve <eve@other.example>\n"
	sequences := map[string][]step{
		"references":            {start, next},
		"in-reply-to, bare":     {start, {head: jane + "\nMessage-ID: <a-12345@x.example>\nIn-Reply-To: first-1@customer.example", body: "x", on: 1}},
		"our id":                {start, {head: jane + "\nMessage-ID: <a-12345@x.example>\nIn-Reply-To: " + ours.messageID(1001, 2), body: "x", on: 1}},
		"the last of roots":     {start, {head: jane + "\nMessage-ID: <b-12345@x.example>", body: "Another", on: 2}, {head: jane + "\nMessage-ID: <c-12345@x.example>\nReferences: <b-12345@x.example> <first-1@customer.example>", body: "x", on: 1}},
		"thread-index":          {start, {head: jane + "\nMessage-ID: <a-12345@x.example>\nSubject: Re: Pump\n" + outlook2, body: "x", on: 1}},
		"subject tag":           {start, {head: jane + "\nMessage-ID: <a-12345@x.example>\nSubject: Re: Pump [T-1001]", body: "x", on: 1}},
		"nothing":               {start, {head: jane + "\nMessage-ID: <a-12345@x.example>\nSubject: Re: Pump", body: "x", on: 2}},
		"stranger: references":  eve(strange+"References: <first-1@customer.example>", "takes no part"),
		"stranger: our id":      eve(strange+"In-Reply-To: "+ours.messageID(1001, 2), "takes no part"),
		"stranger: index":       eve(strange+outlook2, "takes no part"),
		"stranger: number":      eve(strange+"Subject: Re: Pump [T-1001]", "takes no part"),
		"stranger: same name":   eve("From: Jane Doe <jane@other.example>\nReferences: <first-1@customer.example>", "takes no part"),
		"stranger: look-alike":  eve("From: Jane Doe <jane@custоmer.example>\nReferences: <first-1@customer.example>", "several scripts"),
		"stranger: punycode":    eve("From: Jane Doe <jane@xn--custmer-g9g.example>\nReferences: <first-1@customer.example>", "takes no part"),
		"stranger: shown":       eve("From: \"jane@customer.example\" <eve@other.example>\nReferences: <first-1@customer.example>", "shows another address"),
		"stranger: Cc":          eve(strange+"Cc: jane@customer.example\nReferences: <first-1@customer.example>", "takes no part"),
		"stranger: Sender":      eve(strange+"Sender: jane@customer.example\nReferences: <first-1@customer.example>", "takes no part"),
		"stranger: Reply-To":    eve(strange+"Reply-To: jane@customer.example\nReferences: <first-1@customer.example>", "takes no part"),
		"stranger: Return-Path": eve("Return-Path: <jane@customer.example>\n"+strange+"References: <first-1@customer.example>", "takes no part"),
		"stranger: her id":      {start, {head: strange + root + "\nSubject: Pump", body: "Mine", on: 2, warning: "takes no part"}, next},
		"in copy":               {{head: start.head + "\nCc: boss@customer.example", body: "x", on: 1}, {head: "From: boss@customer.example\nMessage-ID: <a-12345@x.example>\nReferences: <first-1@customer.example>", body: "x", on: 1}},
		"local ids":             {{head: jane + "\nMessage-ID: <1@localhost>", body: "One", on: 1}, {head: strange + "Message-ID: <1@localhost>", body: "One", on: 2}, {head: strange + "Message-ID: <>\nIn-Reply-To: <1@localhost>", body: "Three", on: 3}},
		"empty ids":             {{head: jane + "\nMessage-ID: <>", body: "One", on: 1}, {head: strange + "Message-ID: <>", body: "One", on: 2}},
		"repeated":              {start, {head: "Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0000\nX-Trace: 9\n" + start.head, body: start.body, on: 1, duplicate: true}},
		"repeated without an id": {{head: jane + "\nDate: Mon, 2 Mar 2026 09:30:00 +0000", body: "One", on: 1},
			{head: "Received: from a by b\n" + jane + "\nDate: Mon, 2 Mar 2026 09:30:00 +0000", body: "One", on: 1, duplicate: true},
			{head: jane + "\nDate: Mon, 2 Mar 2026 11:30:00 +0000", body: "One", on: 2}},
		"same id, other text":         {start, {head: start.head, body: "Something else.", on: 1, warning: "has the same id"}},
		"a reply before its question": {{head: jane + "\nMessage-ID: <a-12345@x.example>\nReferences: <first-1@customer.example>", body: "x", on: 1}, start},
	}
	var right atomic.Int32
	t.Cleanup(func() {
		peers.Score(t, "mails threaded", int(right.Load()), len(sequences), "sequences as they must be")
	})
	for name, steps := range sequences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if !t.Failed() {
					right.Add(1)
				}
			})
			in := newIntake(t, Config{}, nil)
			for n, s := range steps {
				_, a := in.take(s.head + "\nTo: " + ourAddr + "\n\n" + s.body + "\n")
				if int(a.Ticket) != 1000+s.on || a.Duplicate != s.duplicate {
					t.Errorf("mail %d: %s, duplicate %v; want T-%d, %v (%+v)", n+1, a.Ticket, a.Duplicate, 1000+s.on, s.duplicate, a.Match)
				}
				if w := in.warnings(a); !strings.Contains(w, s.warning) || s.warning == "" && w != "" {
					t.Errorf("mail %d: warnings %q, want %q", n+1, w, s.warning)
				}
			}
		})
	}
}

// TestTrustedResults joins by what our own server found out, and by nobody else's word.
func TestTrustedResults(t *testing.T) {
	t.Parallel()
	const follow = "Message-ID: <n-12345@customer.example>\nReferences: <first-1@customer.example>\n"
	for name, c := range map[string]struct {
		head   string
		on     int
		failed string
	}{
		"passes":                           {"Authentication-Results: mx.acme.example; dkim=pass header.d=customer.example; spf=fail smtp.mailfrom=x@y.example; dmarc=pass header.from=customer.example\n", 1, ""},
		"fails":                            {"Authentication-Results: mx.acme.example; dmarc=fail header.from=customer.example\n", 2, "dmarc"},
		"spf fails":                        {"Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=customer.example\n", 2, "spf"},
		"a list's":                         {"Authentication-Results: mx.acme.example; dkim=fail header.d=customer.example; spf=pass smtp.mailfrom=list.example\n", 1, ""},
		"a stranger's signature":           {"Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=customer.example; dkim=pass header.d=evil.example\n", 2, "spf"},
		"a stranger's beside a bad one":    {"Authentication-Results: mx.acme.example; spf=none; dkim=fail header.d=customer.example; dkim=pass header.i=@evil.example\n", 2, "dkim"},
		"forwarded, and signed by her own": {"Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=customer.example; dkim=pass header.d=mail.customer.example\n", 1, ""},
		"another's":                        {"Authentication-Results: evil.example; dmarc=fail\n", 1, ""},
		"forged below":                     {"Authentication-Results: mx.acme.example; dmarc=fail\nReceived: from a by b\nAuthentication-Results: mx.acme.example; dmarc=pass\n", 2, "dmarc"},
		"two fields":                       {"Authentication-Results: mx.acme.example; spf=softfail\nAuthentication-Results: mx.acme.example; dmarc=fail\n", 2, "dmarc"},
		"none":                             {"", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newIntake(t, Config{Authentication: Authentication{Trust: []string{"MX.acme.example"}}}, nil)
			in.take(jane + "\n" + root + "\n\nIt is broken.\n")
			got, a := in.take(c.head + jane + "\n" + follow + "\nSend it elsewhere.\n")
			if int(a.Ticket) != 1000+c.on || (got.Doubt != "") != (c.failed != "") {
				t.Errorf("%s (%+v), doubt %q", a.Ticket, a.Match, got.Doubt)
			}
			if w := in.warnings(a); c.failed != "" && !strings.Contains(w, "may be forged: "+strings.ToUpper(c.failed)) || c.failed == "" && w != "" {
				t.Errorf("warnings %q", w)
			}
			if _, b := in.take(jane + "\nMessage-ID: <m-12345@customer.example>\nReferences: <first-1@customer.example> <n-12345@customer.example>\n\nAny news?\n"); b.Ticket != 1001 {
				t.Errorf("her next mail goes to %s", b.Ticket)
			}
		})
	}
}

// TestVerifying signs mails and verifies them against a DNS of our own.
func TestVerifying(t *testing.T) {
	t.Parallel()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	zone := map[string]string{
		"s._domainkey.customer.example": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub),
		"s._domainkey.other.example":    "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub),
		"_dmarc.customer.example":       "v=DMARC1; p=reject",
	}
	lookup := func(_ context.Context, name string) ([]string, error) {
		if v, ok := zone[strings.TrimSuffix(name, ".")]; ok {
			return []string{v}, nil
		}
		return nil, &net.DNSError{Err: "no answer", Name: name, IsTemporary: strings.HasPrefix(name, "away"), IsNotFound: !strings.HasPrefix(name, "away")}
	}
	plain := "From: jane@customer.example\r\nSubject: Pump\r\nMessage-ID: <n-12345@customer.example>\r\nReferences: <first-1@customer.example>\r\n\r\nIt is broken.\r\n"
	signed := func(domain string) string {
		var b bytes.Buffer
		if err := dkim.Sign(&b, strings.NewReader(plain), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: crypto.Signer(key)}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		raw  string
		want Auth
		on   int
	}{
		"signed":              {signed("customer.example"), Auth{DKIM: "pass", DMARC: "pass"}, 1},
		"changed":             {strings.Replace(signed("customer.example"), "broken", "fine", 1), Auth{DKIM: "fail", DMARC: "fail", Failed: "dmarc"}, 2},
		"signed by another":   {signed("other.example"), Auth{DKIM: "pass"}, 1},
		"not signed":          {plain, Auth{DKIM: "none"}, 1},
		"a key that is not":   {signed("nowhere.example"), Auth{DKIM: "fail"}, 1},
		"junk for signatures": {strings.Repeat("DKIM-Signature: v=1; a=x\r\n", 500) + plain, Auth{DKIM: "fail"}, 1},
		"the DNS is away":     {strings.Replace(signed("customer.example"), "s=s;", "s=away;", 1), Auth{DKIM: "temperror"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newIntake(t, Config{Authentication: Authentication{Verify: true}}, lookup)
			in.take(jane + "\n" + root + "\n\nIt is broken.\n")
			m, err := Parse([]byte(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := in.p.auth.check(t.Context(), m, []byte(c.raw)); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if _, a := in.take(c.raw); int(a.Ticket) != 1000+c.on {
				t.Errorf("it goes to %s", a.Ticket)
			}
		})
	}
}

func TestAuthenticationCheck(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "mx acme"} {
		if faults(Config{Authentication: Authentication{Trust: []string{bad}}}) == nil {
			t.Errorf("%q is taken for a name", bad)
		}
	}
}

// What In-Reply-To and References name: ids in any dress, and never the addresses of people.
func TestMessageIDsAreNoAddresses(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"<aa@x.example> <bb@y.example>": "[<aa@x.example> <bb@y.example>]",
		"aa@x.example bb@y.example":     "[<aa@x.example> <bb@y.example>]",
		"aa@x.example":                  "[<aa@x.example>]",
		"<aa@x.example>,<bb@y.example>": "[<aa@x.example> <bb@y.example>]",
		"<aa@x.example><bb@y.example>":  "[<aa@x.example> <bb@y.example>]",
		"aa@x.example <bb@y.example>":   "[<aa@x.example> <bb@y.example>]",
		`"aa@x.example"`:                "[<aa@x.example>]",
		"<aa\r\n\t@x.example>":          "[<aa@x.example>]",
		"<no-at> <bb@y.example>":        "[<bb@y.example>]",
		"<bb@y.example> <cut-off":       "[<bb@y.example>]",
		"Message from jane@example.org of \"Thu, 22 Aug 2002 13:27:39 +0200\"":                 "[]",
		"Message from jane@example.org of Thu, 22 Aug 2002 <aa@x.example>":                     "[<aa@x.example>]",
		"Your message of \"Wed, 21 Aug 2002 11:57:50 EDT.\" <1029945470.16230.TMDA@x.example>": "[<1029945470.16230.TMDA@x.example>]",
		"jane@example.org's message of Monday <aa@x.example> and <bb@y.example>":               "[<aa@x.example> <bb@y.example>]",
		"<aa@x.example> from Jane Doe on Monday":                                               "[<aa@x.example>]",
		"<aa@x.example> (jane@example.org's message of Monday)":                                "[<aa@x.example>]",
		"Jane Doe <jane@example.org> wrote on Monday: <bb@y.example>":                          "[<jane@example.org> <bb@y.example>]",
	} {
		if got := fmt.Sprint(messageIDs(field)); got != want {
			t.Errorf("%q: %s, want %s", field, got, want)
		}
	}
}
