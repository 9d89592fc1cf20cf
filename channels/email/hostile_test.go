package email

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/internal/peers"
	"tierline/ticket"
)

// lineClient is a client that says whatever it likes.
type lineClient struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dialWire(t testing.TB, addr string) *lineClient {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(channeltest.Patience))
	return &lineClient{t, c, bufio.NewReader(c)}
}

// answer is the last line of one answer.
func (w *lineClient) answer() string {
	w.t.Helper()
	for {
		line, err := w.r.ReadString('\n')
		if err != nil {
			return "closed: " + err.Error()
		}
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimSpace(line)
		}
	}
}

func (w *lineClient) say(s string) {
	w.t.Helper()
	if _, err := io.WriteString(w, s); err != nil {
		w.t.Fatal(err)
	}
}

func (w *lineClient) expect(codes ...string) {
	w.t.Helper()
	for _, c := range codes {
		if a := w.answer(); !strings.HasPrefix(a, c) {
			w.t.Fatalf("the answer is %q, want %s", a, c)
		}
	}
}

const toUs = "MAIL FROM:<" + customer1 + ">\r\nRCPT TO:<" + ourAddr + ">\r\n"

func TestPipelining(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	c := dialWire(t, listening(t, listenerConfig(SMTP), w).Addr())
	mail := string(mailOf("one", "1"))
	c.say("EHLO x\r\n" + toUs + "RCPT TO:<stranger@else.example>\r\nDATA\r\n" + mail + ".\r\n" + toUs + "DATA\r\n" + strings.ReplaceAll(mail, "one", "two") + ".\r\nQUIT\r\n")
	c.expect("220", "250", "250 2.0.0", "250 2.0.0", "550 5.1.1", "354", "250 2.0.0", "250", "250", "354", "250 2.0.0", "221")
	if n := len(w.Intake.Accepted()); n != 2 {
		t.Errorf("%d mails", n)
	}
}

func TestWhatAMailServerSays(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	addr := listening(t, listenerConfig(SMTP), w).Addr()
	c := dialWire(t, addr)
	c.say("EHLO x\r\n")
	c.expect("220")
	var can []string
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		can = append(can, strings.TrimSpace(line[4:]))
		if line[3] == ' ' {
			break
		}
	}
	for _, want := range []string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "SIZE 100000", "DSN", "CHUNKING"} {
		if !strings.Contains(strings.Join(can, "\n"), want) {
			t.Errorf("%s is not among %q", want, can)
		}
	}
	for _, d := range []struct{ say, want string }{
		{"MAIL FROM:<jane@customer.example> SIZE=100001", "552 5.3.4"},
		{"MAIL FROM:<jane@customer.example> BODY=8BITMIME SIZE=500 RET=HDRS ENVID=QQ314159", "250"},
		{"RCPT TO:<" + ourAddr + "> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;Bob@Else.example", "250"},
		{"RCPT TO:<support+tag@acme.example> NOTIFY=NEVER", "250"},
		{"RSET", "250"},
		{"MAIL FROM:<jürgen@bücher.example> SMTPUTF8", "250"},
		{"RCPT TO:<jürgen@bücher.example>", "550 5.1.1"},
		{"RCPT TO:<support\x00@acme.example>", "5"},
		{"RCPT TO:<>", "5"},
		{"DATA", "502"},
		{"VRFY support", "252"},
		{"NOOP", "250"},
	} {
		c.say(d.say + "\r\n")
		if a := c.answer(); !strings.HasPrefix(a, d.want) {
			t.Errorf("%q is answered with %q, want %s", d.say, a, d.want)
		}
	}
	for range 120 {
		c.say("NOOP\r\n")
		c.expect("250")
	}
	many := dialWire(t, addr)
	many.say("EHLO x\r\nMAIL FROM:<>\r\n" + strings.Repeat("RCPT TO:<"+ourAddr+">\r\n", maxRecipients+1))
	many.expect("220", "250", "250")
	for range maxRecipients {
		many.expect("250")
	}
	many.expect("452 4.5.3")
}

// What looks like the end of a mail to others is no end here, and is refused with all behind it.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	addr := listening(t, listenerConfig(SMTP), w).Addr()
	inner := "MAIL FROM:<admin@acme.example>\r\nRCPT TO:<" + ourAddr + ">\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r.\r\n", "\r.\r", "\r.\n", "\n.\r"} {
		c := dialWire(t, addr)
		c.say("EHLO x\r\n" + toUs + "DATA\r\n" + string(mailOf("outer", "x")) + "text" + end + inner + "\r\n.\r\nQUIT\r\n")
		c.expect("220", "250", "250", "250", "354", "550 5.5.2", "221")
	}
	for i, end := range []string{"\r\n.\n", "\r\n.\r", "\r\n.\x00\r\n"} { // are taken off as dots: one mail all the same
		c := dialWire(t, addr)
		c.say("EHLO x\r\n" + toUs + "DATA\r\n" + string(mailOf(fmt.Sprint("outer", i), "x")) + "text" + end + inner + "\r\n.\r\nQUIT\r\n")
		c.expect("220", "250", "250", "250", "354", "250", "221")
	}
	for _, in := range w.Intake.Accepted() {
		if !strings.HasPrefix(in.Subject, "About outer") {
			t.Errorf("%q was smuggled in", in.Subject)
		}
	}
	for _, honest := range []string{"a\r\n.\r\nb", "a.\nb", "a\n.b\n", "...\r\n", ".", "", "\r\n."} {
		if smuggles([]byte(honest)) {
			t.Errorf("%q is called smuggling", honest)
		}
	}
}

func TestOddBytes(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	cfg := listenerConfig(SMTP)
	cfg.Listeners[0].MaxSize = 4 << 20
	addr := listening(t, cfg, w).Addr()
	head := "From: jane@customer.example\r\nSubject: odd\r\nMessage-ID: <%s@customer.example>\r\n\r\n"
	for name, c := range map[string]struct{ body, want string }{
		"NUL":           {"a\x00b\r\n", "250"},
		"8 bits":        {"\xff\xfe\xe4\r\n", "250"},
		"a long line":   {strings.Repeat("x", 500_000) + "\r\n", "250"},
		"too long":      {strings.Repeat("x", maxLine+10) + "\r\n", "554 5.6.0"},
		"dots":          {"..a\r\n...\r\n", "250"},
		"large":         {strings.Repeat("0123456789abcdef\r\n", 150_000), "250"},
		"too large":     {strings.Repeat("0123456789abcdef\r\n", 300_000), "552 5.3.4"},
		"no line end":   {"x", "250"},
		"bare LF":       {"a\nb\nc\r\n", "250"},
		"header only":   {"", "250"},
		"a lonely \\r":  {"a\rb\r\n", "250"},
		"many newlines": {strings.Repeat("\r\n", 100_000), "250"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := dialWire(t, addr)
			l.say("EHLO x\r\n" + toUs + "DATA\r\n")
			l.expect("220", "250", "250", "250", "354")
			go func() {
				_, _ = io.WriteString(l, fmt.Sprintf(head, strings.ReplaceAll(name, " ", "-"))+c.body+"\r\n.\r\n")
			}()
			l.expect(c.want)
		})
	}
	l := dialWire(t, addr)
	go func() { _, _ = io.WriteString(l, "EHLO "+strings.Repeat("x", 2*maxLine)) }()
	l.expect("220", "500")
}

// A BDAT chunk that is cut off is no mail; whole ones are.
func TestChunks(t *testing.T) {
	t.Parallel()
	for _, p := range []Protocol{SMTP, LMTP} {
		w := channeltest.NewWorld()
		l := listening(t, listenerConfig(p), w)
		hello := map[Protocol]string{SMTP: "EHLO x\r\n", LMTP: "LHLO x\r\n"}[p]
		mail := string(mailOf("chunks", "It goes on and on."))
		c := dialWire(t, l.Addr())
		c.say(hello + toUs + fmt.Sprintf("BDAT 100\r\n%sBDAT %d LAST\r\n%s", mail[:100], len(mail)-100, mail[100:]))
		c.expect("220", "250", "250", "250", "250", "250 2.0.0")
		if all := w.Intake.Accepted(); len(all) != 1 || all[0].Text != "It goes on and on." {
			t.Errorf("%s: %+v", p, all)
		}
		cut := dialWire(t, l.Addr())
		cut.say(hello + toUs + fmt.Sprintf("BDAT %d LAST\r\n%s", len(mail), mail[:len(mail)-10]))
		cut.expect("220", "250", "250", "250")
		_ = cut.Conn.(*net.TCPConn).CloseWrite()
		if a := cut.answer(); strings.HasPrefix(a, "2") {
			t.Errorf("%s: a mail that was cut off is answered with %q", p, a)
		}
		over := dialWire(t, l.Addr())
		over.say(hello + toUs + "BDAT 60000\r\n" + strings.Repeat("x", 60_000) + "BDAT 60000 LAST\r\n" + strings.Repeat("x", 60_000))
		over.expect("220", "250", "250", "250", "250", "552")
		if n := len(w.Intake.Accepted()) + len(w.Intake.Quarantined()); n != 1 {
			t.Errorf("%s: %d mails were taken", p, n)
		}
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	for _, p := range []Protocol{SMTP, LMTP} {
		w := channeltest.NewWorld()
		c := listenerConfig(p)
		c.Listeners[0].TLS = TLS
		c.Listeners[0].Cert, c.Listeners[0].Key = peers.Certificate(t, t.TempDir())
		l := listening(t, c, w)
		raw := dialWire(t, l.Addr())
		enc := tls.Client(raw.Conn, &tls.Config{InsecureSkipVerify: true})
		s := &lineClient{t, enc, bufio.NewReader(enc)}
		hello := map[Protocol]string{SMTP: "EHLO x\r\n", LMTP: "LHLO x\r\n"}[p]
		s.say(hello + toUs + "DATA\r\n" + string(mailOf("tls", "Over TLS.")) + ".\r\nSTARTTLS\r\nQUIT\r\n")
		s.expect("220", "250", "250", "250", "354", "250", "502", "221")
		if in := w.Intake.WaitAccepted(t, 1)[0]; in.Text != "Over TLS." {
			t.Errorf("%+v", in)
		}
		plain := dialWire(t, l.Addr())
		plain.say(hello)
		if a := plain.answer(); strings.HasPrefix(a, "2") {
			t.Errorf("it speaks without TLS: %q", a)
		}
	}
}

// Commands that came before STARTTLS count no more behind it (CVE-2011-0411).
func TestNothingIsInjectedIntoTLS(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	c := listenerConfig(SMTP)
	c.Listeners[0].Cert, c.Listeners[0].Key = peers.Certificate(t, t.TempDir())
	raw := dialWire(t, listening(t, c, w).Addr())
	raw.say("EHLO x\r\n")
	raw.expect("220", "250")
	raw.say("STARTTLS\r\nMAIL FROM:<evil@else.example>\r\n")
	raw.expect("220")
	enc := tls.Client(raw.Conn, &tls.Config{InsecureSkipVerify: true})
	s := &lineClient{t, enc, bufio.NewReader(enc)}
	if err := enc.Handshake(); err == nil {
		s.say("RCPT TO:<" + ourAddr + ">\r\n")
		if a := s.answer(); strings.HasPrefix(a, "2") {
			t.Errorf("a sender was injected: %q", a)
		}
	}
}

// impatient are listeners whose patience is short.
func impatient(t testing.TB, p patience, change func(*Listener)) (*listener, channeltest.World) {
	t.Helper()
	w := channeltest.NewWorld()
	c := listenerConfig(SMTP)
	if change != nil {
		change(&c.Listeners[0])
	}
	l := oneSource(t, c, deps(w)).(*listener)
	l.times = p
	running(t, l, w.Intake)
	return l, w
}

func TestSlowClientsAreLetGo(t *testing.T) {
	t.Parallel()
	const long = time.Hour
	for name, c := range map[string]struct {
		p    patience
		say  string // at once
		drip string // again and again
		want string
	}{
		"nothing is said":         {patience{idle: 200 * time.Millisecond, mail: long, without: long}, "", "", "421"},
		"a command that drips":    {patience{idle: long, mail: long, without: 400 * time.Millisecond}, "EHLO ", "x", "421"},
		"commands without end":    {patience{idle: long, mail: long, without: 400 * time.Millisecond}, "EHLO x\r\n", "NOOP\r\n", "421"},
		"a mail that stops":       {patience{idle: 3 * time.Second, mail: long, without: long}, "EHLO x\r\n" + toUs + "DATA\r\nSubject: x\r\n", "", "451 4.4.2"},
		"a mail that drips":       {patience{idle: long, mail: 400 * time.Millisecond, without: long}, "EHLO x\r\n" + toUs + "DATA\r\n", "x\r\n", "451 4.4.2"},
		"a chunk that never ends": {patience{idle: long, mail: 400 * time.Millisecond, without: 400 * time.Millisecond}, "EHLO x\r\n" + toUs + "BDAT 5000 LAST\r\n", "x", "4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, w := impatient(t, c.p, nil)
			s := dialWire(t, l.Addr())
			s.say(c.say)
			over := make(chan struct{})
			defer close(over)
			go func() {
				tick := time.NewTicker(10 * time.Millisecond)
				defer tick.Stop()
				for c.drip != "" {
					select {
					case <-tick.C:
						_, _ = io.WriteString(s, c.drip)
					case <-over:
						return
					}
				}
			}()
			last := ""
			for {
				a := s.answer()
				if strings.HasPrefix(a, "closed") {
					break
				}
				if last = a; strings.HasPrefix(a, c.want) {
					return
				}
			}
			t.Errorf("it was let go with %q, want %s", last, c.want)
			if len(w.Intake.Accepted()) > 0 {
				t.Error("a mail was taken")
			}
		})
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	t.Run("connections", func(t *testing.T) {
		t.Parallel()
		l, _ := impatient(t, patient, func(c *Listener) { c.Rate.Connections = 3 })
		for range 3 {
			c := dialWire(t, l.Addr())
			c.expect("220")
			_ = c.Close()
		}
		dialWire(t, l.Addr()).expect("421 4.7.0")
	})
	t.Run("mails", func(t *testing.T) {
		t.Parallel()
		l, w := impatient(t, patient, func(c *Listener) { c.Rate.Mails = 2 })
		c := dialWire(t, l.Addr())
		c.say("EHLO x\r\n")
		c.expect("220", "250")
		for i := range 2 {
			c.say(toUs + "DATA\r\n" + string(mailOf(fmt.Sprint("m", i), "x")) + ".\r\n")
			c.expect("250", "250", "354", "250")
		}
		c.say("MAIL FROM:<" + customer1 + ">\r\n")
		c.expect("450 4.7.1")
		if n := len(w.Intake.Accepted()); n != 2 {
			t.Errorf("%d mails", n)
		}
	})
}

// Clients from outside are bounded without being asked for; those of our own networks are not.
func TestWhoIsBounded(t *testing.T) {
	t.Parallel()
	clock := newClock()
	r := newConnections(Listener{MaxConnections: 40}, patient, clock.now)
	ends := func(addr string) (c *conn, refusal string) {
		here, there := net.Pipe()
		t.Cleanup(func() { _, _ = here.Close(), there.Close() })
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c = &conn{Conn: here, reg: r, from: clientOf(tcp)}
		return c, r.admit(c)
	}
	for i := range 11 {
		if _, no := ends("198.51.100.7:1234"); (no != "") != (i == 10) {
			t.Fatalf("connection %d from outside: %q", i+1, no)
		}
	}
	for i := range 20 {
		if _, no := ends("10.0.0.7:1234"); no != "" {
			t.Fatalf("connection %d from our network: %q", i+1, no)
		}
	}
	if c, no := ends("[2001:db8::1]:25"); no != "" || c.from.String() != "2001:db8::/64" {
		t.Errorf("%v %q", c.from, no)
	}
	own, _ := ends("[::ffff:10.0.0.7]:25")
	out, _ := ends("[2001:db8::2]:25")
	for i := range defaultMailRate + 1 {
		if !own.mail() {
			t.Fatalf("mail %d of our network is refused", i+1)
		}
		if got := out.mail(); got != (i < defaultMailRate) {
			t.Fatalf("mail %d from outside: %v", i+1, got)
		}
	}
	clock.pass(time.Minute)
	if !out.mail() {
		t.Error("the next minute brings nothing")
	}
	for i := range defaultConnectionRate + 1 {
		c, no := ends("203.0.113.9:9")
		if (no != "") != (i == defaultConnectionRate) {
			t.Fatalf("connection %d within a minute: %q", i+1, no)
		}
		_ = c.Close()
	}
}

func TestLargeMailsWaitForRoom(t *testing.T) {
	t.Parallel()
	const places = 2
	w := channeltest.NewWorld()
	conf := listenerConfig(SMTP)
	conf.Listeners[0].MaxSize = 3 << 20
	l := oneSource(t, conf, deps(w)).(*listener)
	l.large = make(chan struct{}, places)
	running(t, l, w.Intake)
	held, release := w.Intake.Block()
	defer release()
	big := bytes.Repeat([]byte("0123456789abcdef\r\n"), 60_000)
	start := func(i int, body []byte) *lineClient {
		c := dialWire(t, l.Addr())
		c.say("EHLO x\r\n" + toUs + "DATA\r\n")
		go func() { _, _ = c.Write(append(append(mailOf(fmt.Sprint("m", i), "x"), body...), "\r\n.\r\n"...)) }()
		c.expect("220", "250", "250", "250", "354")
		return c
	}
	var all []*lineClient
	for i := range places + 1 {
		all = append(all, start(i, big))
	}
	<-held
	channeltest.Eventually(t, "the places to be taken", func() bool { return len(l.large) == places })
	all = append(all, start(100, nil)) // a small one needs none
	release()
	for _, c := range all {
		c.expect("250")
	}
	if n := len(w.Intake.Accepted()); n != places+2 {
		t.Errorf("%d mails", n)
	}
}

func TestListenerConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Listener)
		want   string
	}{
		"no certificate": {func(l *Listener) { l.TLS = TLS }, "TLS needs a certificate"},
		"unknown":        {func(l *Listener) { l.TLS = "ssl" }, "no mode of encryption"},
		"negative":       {func(l *Listener) { l.Rate.Mails = -1 }, "rate"},
	} {
		l := listenerConfig(SMTP).Listeners[0]
		c.change(&l)
		var list check.List
		l.check(list.Root())
		if got := fmt.Sprint(list.Faults); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// One of several recipients fails: LMTP says which, and a repetition doubles nothing.
func TestOneOfSeveralFails(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	c := listenerConfig(LMTP)
	c.Listeners[0].Recipients = append(c.Listeners[0].Recipients, Recipient{Address: "sales@acme.example", Inbox: "sales"})
	c.Sending.From["sales"] = From{Address: "sales@acme.example"}
	l := listening(t, c, w)
	for _, want := range [][]string{{"451", "250"}, {"250", "250"}} {
		if want[0] == "451" {
			w.Intake.FailNext(1, ticket.Transient)
		}
		s := dialWire(t, l.Addr())
		s.say("LHLO x\r\n" + toUs + "RCPT TO:<nobody@acme.example>\r\nRCPT TO:<sales@acme.example>\r\nDATA\r\n" + string(mailOf("both", "x")) + ".\r\n")
		s.expect("220", "250", "250", "250", "550 5.1.1", "250", "354")
		s.expect(want...)
	}
	seen := map[string]int{}
	for i, a := range w.Intake.Answers() {
		if !a.Duplicate {
			seen[w.Intake.Accepted()[i].Inbox]++
		}
	}
	if seen[inbox] != 1 || seen["sales"] != 1 {
		t.Errorf("the inboxes got %v", seen)
	}
}

// Whoever asks to be told of success is, through the server before us or by us, as Postfix sees it.
func TestReceipts(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	them := newMX(t)
	c := listenerConfig(LMTP)
	c.Listeners[0].Recipients = []Recipient{{Address: "*@acme.example", Inbox: inbox}, {Address: "sales@shop.example", Inbox: "sales"}}
	c.Sending.Port, c.Sending.From["sales"] = them.port(), From{Address: "sales@shop.example"}
	l := listening(t, c, w)
	p := peers.Postfix(t, map[string]string{"acme.example": "lmtp:inet:" + l.Addr()})
	ask := func(addr, hello string) *lineClient {
		s := dialWire(t, addr)
		s.say(hello + " x\r\nMAIL FROM:<" + customer1 + "> RET=HDRS ENVID=QQ314159\r\n")
		s.expect("220", "250", "250")
		return s
	}
	s := ask(p.Addr(), "EHLO")
	s.say("RCPT TO:<" + ourAddr + "> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;help@old.example\r\nDATA\r\n" + string(mailOf("receipt", "x")) + ".\r\n")
	s.expect("250", "354", "250")
	soon(t, "the receipt", func() bool { return len(them.all()) == 1 })
	got := them.all()[0]
	for _, want := range []string{"Action: delivered", "Final-Recipient: rfc822; " + ourAddr, "Original-Recipient: RFC822; help@old.example",
		"Original-Envelope-Id: QQ314159", "report-type=delivery-status", "Auto-Submitted: auto-replied", "Message-ID: <receipt@customer.example>"} {
		if !strings.Contains(got.data, want) {
			t.Errorf("%q is not in\n%s", want, got.data)
		}
	}
	if got.from != "" || len(got.to) != 1 || got.to[0] != customer1 {
		t.Errorf("it goes from %q to %q", got.from, got.to)
	}
	if m, err := Parse([]byte(got.data)); err != nil || m.MessageID == "" {
		t.Errorf("it cannot be read: %v", err)
	}
	w.Intake.FailNext(1, ticket.Transient) // of the first inbox
	s = ask(l.Addr(), "LHLO")
	s.say("RCPT TO:<" + ourAddr + "> NOTIFY=SUCCESS\r\nRCPT TO:<sales@shop.example> NOTIFY=SUCCESS\r\nRCPT TO:<b@acme.example> NOTIFY=NEVER\r\nDATA\r\n" +
		string(mailOf("second", "x")) + ".\r\n")
	s.expect("250", "250", "250", "354", "451", "250", "451")
	soon(t, "the second receipt", func() bool { return len(them.all()) == 2 })
	if d := them.all()[1].data; strings.Contains(d, ourAddr+"\r\nAction") || !strings.Contains(d, "sales@shop.example") || strings.Contains(d, "b@acme.example") {
		t.Errorf("%s", d)
	}
}
