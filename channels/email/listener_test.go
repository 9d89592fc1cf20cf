package email

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/ticket"
)

func listening(t testing.TB, c Config, w channeltest.World) *listener {
	t.Helper()
	l := oneSource(t, c, deps(w)).(*listener)
	running(t, l, w.Intake)
	return l
}

// dialog speaks line by line and returns the answers to the last line.
func dialog(t testing.TB, addr string, answers int, lines ...string) []string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := textproto.NewReader(bufio.NewReader(c))
	answer := func() string {
		code, msg, err := r.ReadResponse(0)
		if err != nil {
			t.Fatalf("%v after %q", err, lines)
		}
		return fmt.Sprint(code, " ", msg)
	}
	_ = answer()
	var got []string
	for i, line := range lines {
		if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil {
			t.Fatal(err)
		}
		n := 1
		if i == len(lines)-1 {
			n = answers
		}
		for range n {
			got = append(got, answer())
		}
	}
	return got[len(got)-answers:]
}

func TestLMTPAnswersEachRecipient(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	c := listenerConfig(LMTP)
	c.Listeners[0].Recipients = []Recipient{{Address: "*@acme.example", Inbox: inbox}, {Address: "sales-*@shop.example", Inbox: "sales", Brand: "shop"}}
	c.Sending.From["sales"] = From{Address: "sales@shop.example"}
	l := listening(t, c, w)
	mail := strings.ReplaceAll(string(mailOf("lmtp", "Hello")), "\r\n.", "\r\n..") + "."
	to := []string{"LHLO x", "MAIL FROM:<" + customer1 + ">", "RCPT TO:<a@acme.example>", "RCPT TO:<sales-eu@Shop.example>",
		"RCPT TO:<b+tag@acme.example>", "DATA", mail}
	for i, a := range dialog(t, l.Addr(), 3, to...) {
		if !strings.HasPrefix(a, "250 ") {
			t.Errorf("recipient %d is answered with %s", i, a)
		}
	}
	all := w.Intake.Accepted()
	if len(all) != 2 || all[0].Inbox != inbox || all[1].Inbox != "sales" || all[1].Brand != "shop" {
		t.Errorf("two inboxes got %+v", all)
	}
	w.Intake.FailNext(1, ticket.Transient)
	got := dialog(t, l.Addr(), 3, append(to[:len(to)-1:len(to)-1], strings.Replace(mail, "Hello", "Bye", 1))...)
	if !strings.HasPrefix(got[0], "451 ") || !strings.HasPrefix(got[1], "250 ") || !strings.HasPrefix(got[2], "451 ") {
		t.Errorf("one inbox is away, and the answers are %q", got)
	}
	refused := dialog(t, l.Addr(), 1, "LHLO x", "MAIL FROM:<>", "RCPT TO:<x@else.example>")
	if !strings.HasPrefix(refused[0], "550 ") {
		t.Errorf("a stranger's mailbox is answered with %q", refused)
	}
}

func TestNullSenderIsAMachine(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	l := listening(t, listenerConfig(SMTP), w)
	if err := send(t.Context(), l.Addr(), "", []string{ourAddr}, mailOf("null", "I am out.")); err != nil {
		t.Fatal(err)
	}
	if !w.Intake.Accepted()[0].Auto {
		t.Error("a mail without a return path is taken for a person's")
	}
}

func TestListenerLimits(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	c := listenerConfig(SMTP)
	c.Listeners[0].MaxConnections = 2
	l := listening(t, c, w)
	open := func() (net.Conn, string) {
		c, err := net.Dial("tcp", l.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return c, line
	}
	first, _ := open()
	_, _ = open()
	if _, line := open(); !strings.HasPrefix(line, "421 ") {
		t.Errorf("the third connection is greeted with %q", line)
	}
	_ = first.Close()
	channeltest.Eventually(t, "a place to become free", func() bool {
		_, line := open()
		return strings.HasPrefix(line, "220 ")
	})
}

// A mail that cannot wait goes alone; those that come while it is committed go together.
func TestConcurrentMailsShareACommit(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	l := listening(t, listenerConfig(SMTP), w)
	held, release := w.Intake.Block()
	defer release()
	var wg sync.WaitGroup
	one := func(i int) {
		wg.Go(func() {
			if err := send(t.Context(), l.Addr(), customer1, []string{ourAddr}, mailOf(fmt.Sprintf("mail-%d", i), "x")); err != nil {
				t.Error(err)
			}
		})
	}
	one(0)
	<-held
	for i := 1; i < 30; i++ {
		one(i)
	}
	channeltest.Eventually(t, "the others to wait", func() bool { return len(l.batch.work) == 29 })
	release()
	wg.Wait()
	each(t, w, 30)
	if n := w.Intake.Calls(); n != 2 {
		t.Errorf("30 mails in %d commits, want 2", n)
	}
}

func TestStartTLS(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	c := listenerConfig(SMTP)
	c.Listeners[0].Cert, c.Listeners[0].Key = peers.Certificate(t, t.TempDir())
	l := listening(t, c, w)
	s, err := smtp.Dial(l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Mail(customer1), s.Rcpt(ourAddr)); err != nil {
		t.Fatal(err)
	}
	d, err := s.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(mailOf("tls", "Over TLS.")); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	in := w.Intake.WaitAccepted(t, 1)[0]
	if in.Text != "Over TLS." {
		t.Errorf("%+v", in)
	}
	if _, err := tls.Dial("tcp", l.Addr(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("TLS is spoken where only STARTTLS is offered")
	}
}

func swaks(t testing.TB, addr string, exit int, args ...string) {
	t.Helper()
	path, err := exec.LookPath("swaks")
	if err != nil {
		peers.Missing(t, "swaks", err)
	}
	args = append([]string{"--server", addr, "--from", customer1, "--to", ourAddr, "--helo", "peer.example", "--timeout", "20"}, args...)
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if code := exitCode(err); code != exit {
		t.Fatalf("swaks ends with %d, want %d\n%s", code, exit, out)
	}
}

func TestSwaks(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	l := listening(t, listenerConfig(SMTP), w)
	file := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(file, []byte("\xff\xd8\xff\xe0 a photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	swaks(t, l.Addr(), 0, "--header", "Subject: A photo", "--body", "See the photo.", "--attach", "@"+file)
	in := w.Intake.WaitAccepted(t, 1)[0]
	if in.Subject != "A photo" || in.Text != "See the photo." || len(in.Attachments) != 1 || in.Attachments[0].Name != "photo.jpg" ||
		in.Attachments[0].SHA256 != hashOf([]byte("\xff\xd8\xff\xe0 a photo")) {
		t.Errorf("%+v", in)
	}
	swaks(t, l.Addr(), 24, "--to", "else@where.example") // 24: a recipient was refused
}

// soon waits as long as a mail server on a busy machine may take.
func soon(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestPostfixBothWays has Postfix deliver a customer's mail to our LMTP, takes our answer by its SMTP,
// and lets the customer's reply find its ticket.
func TestPostfixBothWays(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	l := listening(t, listenerConfig(LMTP), w)
	them := newMX(t)
	p := peers.Postfix(t, map[string]string{"acme.example": "lmtp:inet:" + l.Addr(),
		"customer.example": fmt.Sprintf("smtp:[127.0.0.1]:%d", them.port())})
	ctx := t.Context()                     // each step has a time of its own
	w.Intake.FailNext(1, ticket.Transient) // Postfix tries again
	if err := send(ctx, p.Addr(), customer1, []string{ourAddr}, mailOf("first", "Es heizt nicht.")); err != nil {
		t.Fatal(err)
	}
	soon(t, "Postfix to try again", func() bool { return len(w.Intake.Accepted()) == 1 })
	first := w.Intake.Accepted()[0]
	id := w.Intake.Answers()[0].Ticket

	s, err := NewSender(Config{Sending: sending(p.Host, p.Port)}, deps(w))
	if err != nil {
		t.Fatal(err)
	}
	out := outbound()
	out.Ticket.ID, out.Message.Ticket, out.Cc = id, id, nil
	out.Previous = []ticket.Message{{Seq: 1, Direction: ticket.In, From: first.From, External: first.External, References: first.References}}
	sent, err := s.Send(ctx, out)
	if err != nil {
		t.Fatal(err, p.Log())
	}
	soon(t, "the answer to arrive", func() bool { return len(them.all()) == 1 })
	answer, err := Parse([]byte(them.all()[0].data))
	if err != nil || answer.MessageID != sent || len(answer.References) != 1 || answer.References[0] != "<first@customer.example>" {
		t.Errorf("the answer %s refers to %q (%v)", answer.MessageID, answer.References, err)
	}
	reply := strings.Replace(string(mailOf("second", "Danke!\n\nAm 3.3.2026 schrieb Acme:\n> neu starten")), "MIME-Version",
		"In-Reply-To: "+answer.MessageID+"\r\nMIME-Version", 1)
	if err := send(ctx, p.Addr(), customer1, []string{answer.ReplyTo[0].Address}, []byte(reply)); err != nil {
		t.Fatal(err)
	}
	soon(t, "the reply to arrive", func() bool { return len(w.Intake.Accepted()) == 2 })
	second := w.Intake.Accepted()[1]
	if got := w.Intake.Answers()[1].Ticket; got != id || second.Text != "Danke!" {
		t.Errorf("the reply %q became %s, not %s", second.Text, got, id)
	}
	if !slices.Contains(second.Threads, ticket.ThreadKey{By: "reply-token", Ticket: id, Proof: true}) {
		t.Errorf("the signed address is not among %+v", second.Threads)
	}
	if len(second.With) != 0 || second.From.Kind != customer.Email {
		t.Errorf("our own address takes part: %+v", second.With)
	}
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}
