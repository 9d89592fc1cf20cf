package email

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/ticket"
)

var update = flag.Bool("update", false, "write what is got as what is wanted")

// TestMails reads each mail of testdata/mails, and compares the contact that becomes of it with the
// .json beside it.
func TestMails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal("no mails", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			it, err := testMapper().prepare(t.Context(), raw, origin{inbox: inbox})
			if err != nil || it.bad != nil {
				t.Fatalf("%+v, %v", it.bad, err)
			}
			got, err := json.MarshalIndent(it.in, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytes.TrimSpace(want), got) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func testMapper() *mapper {
	w := channeltest.NewWorld()
	return newMapper(Config{Sending: sending("127.0.0.1", 25)}, Deps{Blobs: w.Blobs, Log: quiet(), Now: func() time.Time { return channeltest.At }})
}

func prepared(t testing.TB, raw []byte, o origin) ticket.Inbound {
	t.Helper()
	o.inbox = inbox
	it, err := testMapper().prepare(t.Context(), raw, o)
	if err != nil || it.bad != nil {
		t.Fatalf("%+v, %v", it.bad, err)
	}
	return it.in
}

func TestExternalTellsMailsApart(t *testing.T) {
	t.Parallel()
	base := string(mailOf("same", "Hello"))
	ext := func(s string) string { return prepared(t, []byte(s), origin{}).External }
	same := []string{base, "Received: from x by y\r\nX-Trace: 1\r\n" + base, strings.Replace(base, "Hello", "Hello ", 1)}
	for i, s := range same {
		if ext(s) != ext(base) {
			t.Errorf("%d: the same mail is %s and %s", i, ext(s), ext(base))
		}
	}
	other := []string{strings.Replace(base, "Hello", "Bye", 1), strings.Replace(base, "About", "More about", 1),
		strings.Replace(base, "jane@", "john@", 1)}
	for i, s := range other {
		if ext(s) == ext(base) {
			t.Errorf("%d: another mail with the same Message-ID counts as a repetition", i)
		}
		if bareID(ext(s)) != "<same@customer.example>" {
			t.Errorf("%d: the id of %s is %q", i, ext(s), bareID(ext(s)))
		}
	}
	attached := func(data string) string {
		return "From: a@b.example\nMessage-ID: <att-1@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee\n--b\n" +
			"Content-Type: application/x-y; name=f\n\n" + data + "\n--b--\n"
	}
	if ext(attached("1")) == ext(attached("2")) {
		t.Error("another attachment under the same Message-ID counts as a repetition")
	}
	for _, id := range []string{"<>", "<1@localhost>", "<a@b>", "nonsense"} {
		one := strings.Replace(base, "<same@customer.example>", id, 1)
		two := strings.Replace(one, "jane@", "john@", 1)
		if ext(one) == ext(two) || bareID(ext(one)) != "" {
			t.Errorf("the Message-ID %s is taken for one: %s, %s", id, ext(one), ext(two))
		}
		if again := strings.Replace(one, "09:30", "09:31", 1); ext(one) == ext(again) {
			t.Errorf("two mails without an id, a minute apart, are one")
		}
	}
}

func TestOurOwnAddressesTakeNoPart(t *testing.T) {
	t.Parallel()
	c := Config{Sending: sending("127.0.0.1", 25), Listeners: []Listener{{Recipients: []Recipient{{Address: "*@help.acme.example", Inbox: inbox}}}}}
	m := newMapper(c, Deps{Blobs: channeltest.NewBlobs(), Log: quiet()})
	it, err := m.prepare(t.Context(), []byte("From: jane@customer.example\nReply-To: x@help.acme.example\n"+
		"To: Support+t1-abc@Acme.example, y@help.acme.example, boss@customer.example\nCc: jane@customer.example\n\nx"), origin{inbox: inbox})
	if err != nil {
		t.Fatal(err)
	}
	if len(it.in.With) != 1 || it.in.With[0].Value != "boss@customer.example" || len(it.in.ReplyTo) != 0 {
		t.Errorf("with %+v, reply to %+v", it.in.With, it.in.ReplyTo)
	}
}

func TestThreadKeys(t *testing.T) {
	t.Parallel()
	s := testMapper().sign
	ours := s.messageID(1042, 7)
	token := s.replyAddress(From{Address: ourAddr}, 1042)
	has := func(raw string, o origin, want ticket.ThreadKey) {
		t.Helper()
		in := prepared(t, []byte(raw), o)
		for _, k := range in.Threads {
			if k == want {
				return
			}
		}
		t.Errorf("no key %+v in %+v", want, in.Threads)
	}
	never := func(raw string, proof bool) {
		t.Helper()
		for _, k := range prepared(t, []byte(raw), origin{}).Threads {
			if k.Ticket != 0 && k.Proof == proof && !k.Weak {
				t.Errorf("%+v is taken from a forged mail", k)
			}
		}
	}
	base := "From: jane@customer.example\nTo: support@acme.example\nMessage-ID: <t-1@customer.example>\n"
	has(base+"In-Reply-To: "+ours+"\n\nx", origin{}, ticket.ThreadKey{By: "references", Key: ours, Ticket: 1042})
	has(base+"References: <a@b.example> "+strings.Trim(ours, "<>")+"\n\nx", origin{}, ticket.ThreadKey{By: "references", Key: ours, Ticket: 1042})
	has(base+"References: <first-one@b.example>\n\nx", origin{}, ticket.ThreadKey{By: "references", Key: "<first-one@b.example>"})
	has(base+"\nx", origin{}, ticket.ThreadKey{By: "references", Key: "<t-1@customer.example>"})
	has(base+"Cc: Support <"+strings.ToUpper(token)+">\n\nx", origin{}, ticket.ThreadKey{By: "reply-token", Ticket: 1042, Proof: true})
	catchAll := s.replyAddress(From{Address: ourAddr, ReplyDomain: "replies.acme.example"}, 1042)
	has(strings.Replace(base, "support@acme.example", catchAll, 1)+"\nx", origin{}, ticket.ThreadKey{By: "reply-token", Ticket: 1042, Proof: true})
	never(strings.Replace(base, "support@acme.example", strings.Replace(catchAll, "t1042", "t1043", 1), 1)+"\nx", true)
	has(base+"\nx", origin{recipient: token}, ticket.ThreadKey{By: "reply-token", Ticket: 1042, Proof: true})
	has(base+"Subject: Re: x [T-1042]\n\nx", origin{}, ticket.ThreadKey{By: "subject-tag", Ticket: 1042, Weak: true})
	never(base+"In-Reply-To: "+strings.Replace(ours, "t1042", "t1043", 1)+"\n\nx", false)
	never(base+"Cc: "+strings.Replace(token, "t1042", "t1043", 1)+"\n\nx", true)
	never(base+"In-Reply-To: "+ours+"\n\nx", true) // seen by everybody in Cc: no proof
	other := signer{[]byte("another secret entirely"), "acme.example"}
	never(base+"In-Reply-To: "+other.messageID(1042, 7)+"\nCc: "+other.replyAddress(From{Address: ourAddr}, 1042)+"\n\nx", true)
	if _, ok := (signer{}).replyToken((signer{}).replyAddress(From{Address: ourAddr}, 1)); ok {
		t.Error("without a secret everybody can sign")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`jane@x.example`: `[{"address":"jane@x.example"}]`,
		`Doe, Jane <jane@x.example>, b@x.example`:              `[{"name":"Doe, Jane","address":"jane@x.example"},{"address":"b@x.example"}]`,
		`"Doe, Jane" <jane@x.example>`:                         `[{"name":"Doe, Jane","address":"jane@x.example"}]`,
		`jane@x.example <jane@x.example>`:                      `[{"name":"jane@x.example","address":"jane@x.example"}]`,
		`a@x.example; b@x.example;`:                            `[{"address":"a@x.example"},{"address":"b@x.example"}]`,
		`Friends: a@x.example, B <b@x.example>;`:               `[{"address":"a@x.example"},{"name":"B","address":"b@x.example"}]`,
		`undisclosed-recipients:;`:                             `null`,
		`"Jane <jane@x.example>`:                               `[{"name":"Jane","address":"jane@x.example"}]`,
		`<<jane@x.example>>`:                                   `[{"address":"jane@x.example"}]`,
		`jane@x.example (Jane Doe)`:                            `[{"name":"Jane Doe","address":"jane@x.example"}]`,
		`'Jane' <mailto:jane@x.example.>`:                      `[{"name":"Jane","address":"jane@x.example"}]`,
		`=?utf-8?q?J=C3=BCrgen=2C_M?= <j@x.example>`:           `[{"name":"Jürgen, M","address":"j@x.example"}]`,
		`"=?utf-8?q?J=C3=BC?= =?utf-8?q?rgen?=" <j@x.example>`: `[{"name":"Jürgen","address":"j@x.example"}]`,
		`Jane`: `null`,
		``:     `null`,
	} {
		got, err := json.Marshal(addresses(in, ""))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, want %s (%v)", in, got, want, err)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	good := Config{
		Listeners: []Listener{{Listen: "127.0.0.1:2525", Recipients: []Recipient{{Address: "*@acme.example", Inbox: inbox}}}},
		Mailboxes: []Mailbox{{Inbox: inbox, Host: "imap.acme.example", User: "u", Password: secret.New("p"), After: "move:Done"}},
		Sending:   sending("127.0.0.1", 25),
	}
	if err := faults(good); err != nil {
		t.Error(err)
	}
	bad := Config{
		Listeners: []Listener{{Protocol: "x", Listen: "nowhere", MaxSize: 1, Cert: "a", Recipients: []Recipient{{Address: "a"}}}, {}},
		Mailboxes: []Mailbox{{After: "burn", TLS: "x", Port: -1, Poll: 1}, {User: "u"}},
		Sending:   Sending{Host: "a b", Domain: "@", Language: "xx", From: map[string]From{"i": {Address: "x"}}},
	}
	err := faults(bad)
	for _, want := range []string{"protocol", "listen", "max_size", "cert", "recipients.0.address", "recipients.0.inbox", "listeners.1.recipients",
		"mailboxes.0.inbox", "mailboxes.0.host", "mailboxes.0.user", "mailboxes.1.password", "mailboxes.0.after", "mailboxes.0.tls",
		"mailboxes.0.port", "mailboxes.0.poll", "sending.host", "sending.domain", "sending.secret", "sending.language", "sending.from.i.address"} {
		if err == nil || !strings.Contains(err.Error(), want+": ") {
			t.Errorf("nothing is said of %s: %v", want, err)
		}
	}
}
