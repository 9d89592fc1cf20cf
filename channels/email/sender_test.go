package email

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/ticket"
)

func testSender(t testing.TB, c Config, w channeltest.World) *sender {
	t.Helper()
	s, err := NewSender(c, deps(w))
	if err != nil {
		t.Fatal(err)
	}
	return s.(*sender)
}

// TestLetter compares a whole mail of ours with testdata/letter.eml: it must be the same at every try,
// and in every version.
func TestLetter(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	sum, size, err := w.Blobs.Put(t.Context(), strings.NewReader("the bytes of a photo, long enough that base64 needs more than one line"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	out := outbound()
	out.Ticket.Subject = "AW: Re: Übertemperatur am Heizgerät im Keller des alten Gebäudes [T-7]\r\nBcc: x@y.example"
	out.Message.Attachments = []ticket.Attachment{{Name: "../Schaltplan ü.png", Type: "image/png", Size: size, SHA256: sum}}
	out.Previous = []ticket.Message{
		{Seq: 1, Direction: ticket.In, External: "<first-mail@customer.example>~0123456789abcdef", References: []string{"<older@customer.example>"},
			Kind: ticket.Public, From: customer.Identity{Kind: customer.Email, Value: customer1, Name: "Jané Doe"}, With: out.Cc, At: channeltest.At.Add(-25 * time.Hour),
			Text: "Seit gestern zeigt das Heizgerät im Keller eine Übertemperatur an, und zwar immer wieder.\n\nWas kann ich tun?"},
	}
	s := testSender(t, Config{Sending: sending("127.0.0.1", 25)}, w)
	one, err := s.compose(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.compose(t.Context(), out)
	if err != nil || !bytes.Equal(one.data, two.data) {
		t.Errorf("two tries are not the same (%v)", err)
	}
	if *update {
		if err := os.WriteFile("testdata/letter.eml", one.data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/letter.eml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.data, want) {
		t.Errorf("got\n%s\nwant\n%s", one.data, want)
	}
	m, err := Parse(one.data)
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Re: Übertemperatur am Heizgerät im Keller des alten Gebäudes Bcc: x@y.example [T-1042]" {
		t.Errorf("the subject is %q", m.Subject)
	}
	if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "<strong>neu</strong>") ||
		!strings.Contains(m.HTML, "&lt;script&gt;alert(1)&lt;/script&gt;") || !strings.Contains(m.HTML, "press &lt;Enter&gt; now") {
		t.Errorf("the HTML is %s", m.HTML)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "Schaltplan ü.png" || hashOf(m.Attachments[0].Data) != sum {
		t.Errorf("%+v", m.Attachments)
	}
	for line := range strings.SplitSeq(string(one.data), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") || !isASCII(line) {
			t.Errorf("the line %q does not go over every wire", line)
		}
	}
	if len(m.To) != 1 || m.To[0].Name != `Jané "J" Doe` || len(m.Cc) != 1 {
		t.Errorf("To %+v, Cc %+v", m.To, m.Cc)
	}
}

func TestWhoGetsTheAnswer(t *testing.T) {
	t.Parallel()
	id := func(v string) customer.Identity { return customer.Identity{Kind: customer.Email, Value: v} }
	out := ticket.Outbound{Previous: []ticket.Message{
		{Direction: ticket.In, From: id("first@x.example")},
		{Direction: ticket.In, From: id("last@x.example"), ReplyTo: []customer.Identity{id("desk@x.example")}},
		{Direction: ticket.Out},
	}, Cc: []customer.Identity{id("desk@x.example"), id("boss@x.example"), {Kind: customer.Phone, Value: "+491"}}}
	to, cc := recipients(out)
	if fmt.Sprint(values(to), values(cc)) != "[desk@x.example] [boss@x.example]" {
		t.Errorf("to %v, cc %v", to, cc)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	m := newMX(t)
	s := testSender(t, Config{Sending: sending("127.0.0.1", m.port())}, w)
	for seq := range 5 {
		out := outbound()
		out.Message.Seq = seq + 1
		if _, err := s.Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
	}
	if n := m.connections(); n != 1 {
		t.Errorf("5 mails took %d connections", n)
	}
	s.mu.Lock()
	for _, c := range s.kept {
		c.end() // as the server does after a while
	}
	s.mu.Unlock()
	if _, err := s.Send(t.Context(), outbound()); err != nil {
		t.Errorf("a connection that has gone stale gives %v", err)
	}
	if n := len(m.all()); n != 6 {
		t.Errorf("%d mails arrived, want 6", n)
	}
}

func TestWhatTheWriterIsTold(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	m := newMX(t)
	c := Config{Sending: sending("127.0.0.1", m.port())}
	c.Sending.User, c.Sending.Password = "gateway", secret.New("not the password")
	_, err := testSender(t, c, w).Send(t.Context(), outbound())
	if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != authRetry || !errors.Is(err, errLogin) {
		t.Errorf("a wrong password gives %v", err)
	}
	c = Config{Sending: sending("127.0.0.1", 1)} // nothing listens there
	if _, err = testSender(t, c, w).Send(t.Context(), outbound()); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("no server gives %v", err)
	}
	c = Config{Sending: sending("127.0.0.1", m.port())}
	out := outbound()
	out.Message.Attachments = []ticket.Attachment{{Name: "x", Size: maxOutgoing + 1}}
	if _, err = testSender(t, c, w).Send(t.Context(), out); ticket.KindOf(err) != ticket.Invalid || !strings.Contains(ticket.Explain(err), "25 MiB") {
		t.Errorf("a mail that is too large gives %v", err)
	}
}
