package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/ticket"
)

func listenerConfig(p Protocol) Config {
	return Config{Listeners: []Listener{{Protocol: p, Listen: "127.0.0.1:0", Domain: "mx.acme.example", MaxSize: 100_000,
		Recipients: []Recipient{{Address: ourAddr, Inbox: inbox}}}}, Sending: sending("127.0.0.1", 25)}
}

func TestListenerConforms(t *testing.T) {
	t.Parallel()
	channeltest.Source(t, channeltest.SourceHarness{Start: func(t testing.TB, w channeltest.World) channeltest.SourceRig {
		c := listenerConfig(SMTP)
		s := oneSource(t, c, deps(w))
		deliver := func(ctx context.Context, raw []byte) error {
			return send(ctx, s.(*listener).Addr(), customer1, []string{ourAddr}, raw)
		}
		deliverMessage := func(ctx context.Context, m channeltest.Message) error { return deliver(ctx, mailOf(m.ID, m.Text)) }
		return channeltest.SourceRig{
			Source: s, Config: c, Secrets: []string{c.Sending.Secret.Reveal()},
			Channel: "email", Inbox: inbox, From: customer.Identity{Kind: customer.Email, Value: customer1},
			Deliver: deliverMessage, Redeliver: deliverMessage,
			Garbage: map[string]func(context.Context) error{
				"nothing": func(ctx context.Context) error { return deliver(ctx, []byte("\r\n")) },
				"no sender": func(ctx context.Context) error {
					return send(ctx, s.(*listener).Addr(), "", []string{ourAddr}, []byte("x\r\n"))
				},
				"many parts": func(ctx context.Context) error { return deliver(ctx, manyParts(maxParts+1)) },
				"a stranger": func(ctx context.Context) error {
					return send(ctx, s.(*listener).Addr(), customer1, []string{"else@where.example"}, mailOf("x", "x"))
				},
			},
			Oversize: func(ctx context.Context) error {
				return deliver(ctx, mailOf("large", strings.Repeat("0123456789\n", 20_000)))
			},
		}
	}})
}

func manyParts(n int) []byte {
	return []byte("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\n.\r\n", n) + "--x--\r\n")
}

func TestMailboxConforms(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	var users atomic.Int64
	channeltest.Source(t, channeltest.SourceHarness{Start: func(t testing.TB, w channeltest.World) channeltest.SourceRig {
		user := fmt.Sprintf("box%d", users.Add(1))
		p := newProxy(t, d.Addr())
		c := Config{Mailboxes: []Mailbox{mailboxOf(d, p, user)}, Sending: sending("127.0.0.1", 25)}
		c.Mailboxes[0].MaxSize = 100_000
		s := oneSource(t, c, deps(w))
		var mu sync.Mutex
		delivered := 0
		deliver := func(ctx context.Context, raw []byte) error {
			mu.Lock()
			d.Deliver(t, user, raw)
			delivered++
			want := delivered
			mu.Unlock()
			return cursorAt(ctx, w, want)
		}
		deliverMessage := func(ctx context.Context, m channeltest.Message) error { return deliver(ctx, mailOf(m.ID, m.Text)) }
		return channeltest.SourceRig{
			Source: s, Config: c, Secrets: []string{c.Sending.Secret.Reveal(), d.Password},
			Channel: "email", Inbox: inbox, From: customer.Identity{Kind: customer.Email, Value: customer1},
			Deliver: deliverMessage, Redeliver: deliverMessage,
			Garbage: map[string]func(context.Context) error{
				"nothing":    func(ctx context.Context) error { return deliver(ctx, []byte("\n")) },
				"no sender":  func(ctx context.Context) error { return deliver(ctx, []byte("Subject: x\n\nx\n")) },
				"many parts": func(ctx context.Context) error { return deliver(ctx, manyParts(maxParts+1)) },
			},
			Oversize: func(ctx context.Context) error {
				return deliver(ctx, mailOf("large", strings.Repeat("0123456789\n", 20_000)))
			},
			Kill: p.kill, Revive: func() { p.revive(t) },
		}
	}})
}

func mailboxOf(d *peers.DovecotServer, p *proxy, user string) Mailbox {
	m := Mailbox{Inbox: inbox, Host: d.Host, Port: d.Port, TLS: NoTLS, User: user, Password: secret.New(d.Password), Poll: time.Minute}
	if p != nil {
		m.Port = p.port()
	}
	return m
}

// cursorAt waits until the one mailbox has been read up to a UID.
func cursorAt(ctx context.Context, w channeltest.World, uid int) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, v := range w.Cursors.All() {
			var validity, at int
			if _, err := fmt.Sscanf(v, `{"uidvalidity":%d,"uid":%d}`, &validity, &at); err == nil && at >= uid {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("the mailbox has not been read")
		}
	}
}

func TestSenderConforms(t *testing.T) {
	t.Parallel()
	channeltest.Sender(t, channeltest.SenderHarness{Start: func(t testing.TB, w channeltest.World) channeltest.SenderRig {
		mx := newMX(t)
		c := Config{Sending: sending("127.0.0.1", mx.port())}
		c.Sending.User, c.Sending.Password = "gateway", secret.New("the mail password")
		s, err := NewSender(c, deps(w))
		if err != nil {
			t.Fatal(err)
		}
		good := outbound()
		noFrom, nobody, refused := outbound(), outbound(), outbound()
		noFrom.Ticket.Inbox = "unknown"
		nobody.To = nil
		refused.To = []customer.Identity{{Kind: customer.Email, Value: "nobody@customer.example"}}
		return channeltest.SenderRig{
			Sender: s, Config: c, Secrets: []string{c.Sending.Secret.Reveal(), "the mail password"}, Good: good,
			Bad:  map[string]ticket.Outbound{"no address to answer from": noFrom, "nobody to answer": nobody, "refused": refused},
			Sent: mx.ids, Fail: mx.failNext,
		}
	}})
}

func outbound() ticket.Outbound {
	return ticket.Outbound{
		Ticket: ticket.Ticket{ID: 1042, Inbox: inbox, Channel: "email", Subject: "Re: Übertemperatur", Language: "de"},
		Message: ticket.Message{Ticket: 1042, Seq: 2, Kind: ticket.Public, Direction: ticket.Out, At: channeltest.At,
			Author: ticket.Actor{Kind: ticket.ByAgent, ID: "max"}, Text: "Bitte **neu** starten: press <Enter> now.\n\n<script>alert(1)</script>\n"},
		To: []customer.Identity{{Kind: customer.Email, Value: customer1, Name: "Jané \"J\" Doe"}},
		Cc: []customer.Identity{{Kind: customer.Email, Value: "boss@customer.example"}},
	}
}

func splitPort(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n := 0
	_, _ = fmt.Sscan(port, &n)
	return n
}
