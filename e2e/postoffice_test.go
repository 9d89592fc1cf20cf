package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"

	"github.com/emersion/go-imap/v2/imapclient"

	"tierline/internal/peers"
	"tierline/store"
	"tierline/ticket"
)

// mailConfig is of a gateway that does nothing but mail.
var mailConfig = template.Must(template.New("").Parse(`
data: {{.Data}}
log: {level: info, format: text}
web:
  listen: {{.Web}}
  public_url: http://{{.Web}}
  keys: [{name: e2e, key: {{.Key}}, scopes: ["tickets:read", "tickets:write", "jobs:admin"]}]
  rate_per_minute: 100000
email:
  listeners:
    - {protocol: {{.Protocol}}, listen: "{{.Listen}}", recipients: [{address: {{.Support}}, inbox: support}], max_connections: 200}
{{if .Mailboxes}}  mailboxes: [{{.Mailboxes}}]
{{end}}  sending: {host: 127.0.0.1, port: {{.Next}}, tls: none, domain: tierline.example, from: {support: {address: {{.Support}}}}}
agents: [{id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent]}]
tiers: [{name: l1, title: Level 1, level: 1, channel: support-l1}]
rules: [{name: everything, then: {tier: l1}}]
answers: {undo: {email: 0s}, acknowledge: {when: "false"}}
`))

// post is a gateway for mail, before it is started.
type post struct {
	data      string // default: a folder of its own
	protocol  string // default smtp
	mailboxes string // in YAML
	next      string // where answers go; default a mail server of its own
}

// postOffice is a gateway that does nothing but mail, and its store, which is looked into beside it.
type postOffice struct {
	*gateway
	store *store.Store
}

// mailGateway starts one and waits until it is ready.
func mailGateway(t *testing.T, p post) postOffice {
	t.Helper()
	if p.data == "" {
		p.data = t.TempDir()
	}
	if p.protocol == "" {
		p.protocol = "smtp"
	}
	if p.next == "" {
		p.next = newMailServer(t).addr
	}
	_, next, err := net.SplitHostPort(p.next)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{w: &world{t: t, dir: p.data}, log: &logBuffer{}, file: filepath.Join(t.TempDir(), "tierline.yaml"), web: peers.FreeAddr(t), smtp: peers.FreeAddr(t)}
	var text bytes.Buffer
	err = mailConfig.Execute(&text, map[string]any{"Data": p.data, "Web": g.web, "Key": apiKey, "Protocol": p.protocol, "Listen": g.smtp,
		"Support": support, "Mailboxes": p.mailboxes, "Next": next})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	g.run()
	t.Cleanup(func() {
		g.kill()
		if t.Failed() {
			t.Logf("the gateway's log:\n%s", g.log.tail(6000))
		}
	})
	g.ready()
	s, err := store.Open(t.Context(), store.Config{Data: p.data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return postOffice{g, s}
}

// mailboxOf is a mailbox of Dovecot, as the configuration has it.
func mailboxOf(d *peers.DovecotServer, addr, user, folder string) string {
	host, port, _ := net.SplitHostPort(addr)
	return fmt.Sprintf("{inbox: support, host: %s, port: %s, tls: none, user: %s, password: %s, folder: %s, poll: 1s}", host, port, user, d.Password, folder)
}

// small is a small mail, with a name that stands in its Message-ID.
func small(name string) []byte {
	return []byte("From: " + name + "@customer.example\r\nTo: " + support + "\r\nSubject: About " + name + "\r\nMessage-ID: <" + name +
		"@customer.example>\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n\r\nThe grinder of " + name + " is stuck.\r\n")
}

func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return all
}

// count is how many tickets there are.
func (g postOffice) count() (n int) {
	g.w.t.Helper()
	states, _, err := g.store.Counts(context.Background())
	if err != nil {
		g.w.t.Fatal(err)
	}
	for _, c := range states {
		n += int(c)
	}
	return n
}

// once fails unless there is exactly one message of each mail, and no other ticket; more counts lines of
// the ledger that say of a mail that it had come before.
func (g postOffice) once(mails ...[]string) (more int) {
	t := g.w.t
	t.Helper()
	want := map[string]int{}
	for _, list := range mails {
		for _, name := range list {
			want["<"+name+"@customer.example>"] = 0
		}
	}
	bad := 0
	for _, m := range g.ledger(ticket.MailFilter{}) {
		id := "<" + strings.Trim(m.MessageID, "<>") + ">"
		_, ours := want[id]
		switch {
		case ours && m.Outcome == ticket.MailTicketed:
			want[id]++
		case ours && m.Outcome == ticket.MailDuplicate:
			more++
		default:
			if bad++; bad < 10 {
				t.Errorf("mail %d of %q is %s: %s", m.ID, m.MessageID, m.Outcome, m.Detail)
			}
		}
	}
	for id, n := range want {
		if n != 1 {
			if bad++; bad < 10 {
				t.Errorf("%s is there %d times", id, n)
			}
		}
	}
	if n := g.count(); n != len(want) {
		t.Errorf("%d tickets of %d mails", n, len(want))
	}
	return more
}

// ledger is all that the mail ledger has of these.
func (g postOffice) ledger(f ticket.MailFilter) (all []ticket.MailEntry) {
	g.w.t.Helper()
	for f.Limit = 500; ; f.After = all[len(all)-1].ID {
		list, err := g.store.Mails(context.Background(), f)
		if err != nil {
			g.w.t.Fatal(err)
		}
		if all = append(all, list...); len(list) < f.Limit {
			return all
		}
	}
}

// line is a line between two peers that can be cut.
type line struct {
	addr string
	ln   net.Listener

	mu    sync.Mutex
	to    string
	conns map[net.Conn]bool
	up    int64 // cuts after so many bytes of the client; 0 does not
	down  int64 // cuts after so many bytes of the server; 0 does not
	hold  bool  // when the client has ended a mail, nothing of the server comes through
	held  chan struct{}
	made  int
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{addr: ln.Addr().String(), to: to, ln: ln, conns: map[net.Conn]bool{}, held: make(chan struct{}, 100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go l.carry(c)
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done; l.set(0, 0, false) })
	return l
}

// set changes what happens to connections, and cuts those that there are.
func (l *line) set(up, down int64, hold bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.down, l.hold = up, down, hold
	for c := range l.conns {
		_ = c.Close()
	}
	clear(l.conns)
}

func (l *line) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made
}

// lead brings later connections elsewhere.
func (l *line) lead(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

func (l *line) carry(c net.Conn) {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	s, err := net.Dial("tcp", to)
	if err != nil {
		_ = c.Close()
		return
	}
	l.mu.Lock()
	l.conns[c], l.conns[s] = true, true
	l.made++
	up, down, hold := l.up, l.down, l.hold
	l.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer c.Close()
		defer s.Close()
		tail := ""
		_ = pass(s, c, up, func(b []byte) bool {
			if tail += string(b); hold && strings.Contains(tail, "\r\n.\r\n") {
				hold = false
				close(ended)
				l.held <- struct{}{}
			}
			tail = tail[max(0, len(tail)-8):]
			return true
		})
	}()
	defer c.Close()
	defer s.Close()
	_ = pass(c, s, down, func([]byte) bool {
		select {
		case <-ended:
			return false // it stays with us
		default:
			return true
		}
	})
}

// pass copies until an error, or until limit bytes have gone.
func pass(to, from net.Conn, limit int64, see func([]byte) bool) error {
	buf := make([]byte, 16<<10)
	for n := int64(0); ; {
		k, err := from.Read(buf)
		if limit > 0 && n+int64(k) > limit {
			_, _ = to.Write(buf[:limit-n])
			return errors.New("cut")
		}
		if n += int64(k); k > 0 && see(buf[:k]) {
			if _, err := to.Write(buf[:k]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

func signIn(t *testing.T, d *peers.DovecotServer, user string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(d.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(user, d.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// put appends mails to a folder.
func put(t *testing.T, c *imapclient.Client, folder string, mails ...string) {
	t.Helper()
	for _, name := range mails {
		raw := small(name)
		cmd := c.Append(folder, int64(len(raw)), nil)
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
