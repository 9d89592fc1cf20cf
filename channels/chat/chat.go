// Package chat is the web chat: a widget that any page embeds with one script tag, over WebSocket.
//
// What happens when things fail: a message of the visitor is acknowledged after it is committed and
// not before; the widget keeps what is not acknowledged, over reloads too, and sends it again under
// the same id, so that nothing is lost or doubled. When the store is away the visitor is told to
// wait, and the widget tries again. A socket that reads too slowly, says nothing to pings or exceeds
// a limit is closed; the widget comes back and asks for what it has not seen. When the gateway stops,
// sockets are closed with 1012 (service restart). An answer is stored with the ticket, so a visitor
// who is away gets it when they come back: delivery to the socket is a read of the store, never a
// hand-over, and works with several gateways on one store.
//
// # The protocol
//
// One JSON object a text frame, at GET /chat/ws?inbox=NAME. The visitor's side says
//
//	{"t":"hello","session":"…","secret":"…","lang":"de","have":{"T-1001":3}}
//	{"t":"say","id":"…","text":"…","name":"…","email":"…"}
//	{"t":"typing"}
//
// hello comes first, within 10 s; session and secret are what an earlier welcome gave, or absent;
// have is the newest seq seen of each ticket. id is chosen by the widget, 8 to 64 letters, digits,
// - and _, and makes the message one, however often it is sent. The gateway says
//
//	{"t":"welcome","session":"…","secret":"…"}
//	{"t":"message","ticket":"T-1001","seq":3,"from":"agent","name":"Ann","text":"…","at":"RFC 3339"}
//	{"t":"ack","id":"…"}
//	{"t":"error","id":"…","code":"slow","text":"…","retry_ms":2000}
//	{"t":"typing","ticket":"T-1001","for_ms":90000}  {"t":"idle","ticket":"T-1001"}  {"t":"seen","ticket":"T-1001"}
//
// After welcome come the messages that the visitor has not seen; the ack of a message may come before
// or after its own echo. from is "you" (then with the id
// under which it was said) or "agent", whose text is Markdown. typing, idle and seen are light signs, as Config.Quiet allows:
// the visitor writes; an agent writes, or has stopped, or has opened the case. They may be lost. The codes: bad (what was sent cannot
// be read), too_long, rejected: do not send it again; slow, unavailable: send it again after
// retry_ms. A session that is not known, or whose secret is wrong, gets a new one.
//
// Close codes: 1012 restart, 1013 slow reader, 1009 frame too large, 1008 protocol broken, 4000 idle
// (come back when the visitor does).
//
// # Who sees what
//
// A session's id is a random number and names the visitor (customer.Chat); its secret is an HMAC of
// the id, so no table of sessions is kept, and possession of it is the proof that lets a message
// join the session's ticket. A visitor sees the public messages of tickets that the session takes
// part in, and nothing else: no notes, no system messages.
package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/ticket"
)

// Config says which widgets there are and how much they may ask for.
type Config struct {
	// Inboxes are the widgets, by the name in their script tag's data-inbox.
	Inboxes []Inbox `yaml:"inboxes"`
	// Secret signs sessions: at least 32 characters, the same in every gateway of one store.
	// Without it a random one is used, and a restart makes every visitor a new one.
	Secret secret.String `yaml:"secret"`
	// Sockets is how many visitors may be connected to this gateway. Default 5000.
	Sockets int `yaml:"sockets"`
	// SocketsPerIP is how many of them one address (IPv6: one /64) may hold. Default 50.
	SocketsPerIP int `yaml:"sockets_per_ip"`
	// PerMinute is how many messages a session may send in a minute. Default 30. An address may
	// send, and connect, four times as often.
	PerMinute int `yaml:"per_minute"`
	// Idle is how long a socket may stay open without the visitor saying anything. Default 4h.
	Idle time.Duration `yaml:"idle"`
	// Quiet is what neither side is told: typing (that an agent writes an answer), seen (that an agent has opened the
	// case), visitor (that the visitor writes). Default: nothing is left out. Nobody is ever told who writes, or what.
	Quiet []string `yaml:"quiet"`
}

// Inbox is one widget.
type Inbox struct {
	Name  string `yaml:"name"`  // letters, digits, - and _
	Brand string `yaml:"brand"` // "" is the default brand
	// Origins are the sites whose pages may embed it: "https://shop.example". The gateway's own
	// pages always may; "*" lets every site. (Programs that send no Origin are not kept out: the
	// list protects visitors of other sites, the limits protect the gateway.)
	Origins []string `yaml:"origins"`
}

const minSecret = 32

var inboxName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	names := map[string]bool{}
	for i, in := range c.Inboxes {
		in.check(at.Key("inboxes").Index(i))
		if names[in.Name] {
			at.Key("inboxes").Index(i).Key("name").Error("give each inbox a name of its own", "%q stands here twice", in.Name)
		}
		names[in.Name] = true
	}
	switch n := len(c.Secret.Reveal()); {
	case n == 0 && len(c.Inboxes) > 0:
		at.Key("secret").Warn("set it: openssl rand -hex 32", "no secret: a restart makes every chat visitor a new one")
	case n > 0 && n < minSecret:
		at.Key("secret").Error("openssl rand -hex 32", "the secret has %d characters, fewer than %d", n, minSecret)
	}
	for name, n := range map[string]int{"sockets": c.Sockets, "sockets_per_ip": c.SocketsPerIP, "per_minute": c.PerMinute} {
		if n < 0 {
			at.Key(name).Error("leave it out for the default", "%d is no number of anything", n)
		}
	}
	for i, q := range c.Quiet {
		if q != quietTyping && q != quietSeen && q != quietVisitor {
			at.Key("quiet").Index(i).Error("typing, seen or visitor", "%.40q is nothing that is told", q)
		}
	}
	if c.Idle != 0 && c.Idle < time.Minute {
		at.Key("idle").Error("at least 1m", "%v is too short for a person to think", c.Idle)
	}
}

func (in Inbox) check(at check.At) {
	if !inboxName.MatchString(in.Name) {
		at.Key("name").Error("letters, digits, - and _, at most 64", "%.80q is no name of an inbox", in.Name)
	}
	for i, o := range in.Origins {
		at := at.Key("origins").Index(i)
		if o == "*" {
			at.Warn("name your sites", "every site on the web may embed this widget")
			continue
		}
		u, err := url.Parse(o)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Path != "" || u.RawQuery != "" {
			at.Error("one looks like https://shop.example, without a path", "%.80q is no origin", o)
		}
	}
}

// Deps is what the chat needs of the rest.
type Deps struct {
	Reader     ticket.Reader
	Changes    ticket.Changes
	References ticket.References
	Typing     func(ticket.ID)  // a visitor writes; it must not wait. Nobody hears of it when nil
	Now        func() time.Time // time.Now when nil
	Log        *slog.Logger     // slog.Default when nil
}

// Chat is the source and the sender of the channel.
type Chat struct {
	cfg     Config
	deps    Deps
	inboxes map[string]Inbox
	key     []byte // of the sessions' HMAC
	rates   *rates
	times   times

	mu      sync.Mutex
	running *running // nil while Run does not run
}

// New makes a chat; Check has found no error in cfg.
func New(cfg Config, d Deps) (*Chat, error) {
	if d.Reader == nil || d.Changes == nil || d.References == nil {
		return nil, errors.New("chat: a dependency is missing")
	}
	var faults check.List
	cfg.Check(faults.Root())
	for _, f := range faults.Faults {
		if !f.Warning {
			return nil, fmt.Errorf("chat: %v", f)
		}
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	defaults(&cfg)
	c := &Chat{cfg: cfg, deps: d, inboxes: map[string]Inbox{}, key: []byte(cfg.Secret.Reveal()), rates: newRates(d.Now),
		times: times{hello: 10 * time.Second, ping: 30 * time.Second, pong: 75 * time.Second, write: 10 * time.Second}}
	if len(c.key) == 0 {
		c.key = make([]byte, minSecret)
		_, _ = rand.Read(c.key) // never fails (crypto/rand)
	}
	for _, in := range cfg.Inboxes {
		c.inboxes[in.Name] = in
	}
	return c, nil
}

func defaults(cfg *Config) {
	for _, d := range []struct {
		n     *int
		value int
	}{{&cfg.Sockets, 5000}, {&cfg.SocketsPerIP, 50}, {&cfg.PerMinute, 30}} {
		if *d.n == 0 {
			*d.n = d.value
		}
	}
	if cfg.Idle == 0 {
		cfg.Idle = 4 * time.Hour
	}
}

// Name implements [channels.Source].
func (c *Chat) Name() string { return channels.Chat }

// Ready implements [channels.Source].
func (c *Chat) Ready() error {
	if c.current() == nil {
		return errors.New("the chat is not running")
	}
	return nil
}

// Send implements [channels.Sender]. The message is stored, and sockets read it from there, so
// there is nothing left to do but to say whether the visitor can see it.
func (c *Chat) Send(ctx context.Context, out ticket.Outbound) (string, error) {
	const op = "chat.Send"
	if err := ctx.Err(); err != nil {
		return "", ticket.E(op, ticket.Transient, err)
	}
	if !hasVisitor(out) {
		return "", ticket.Errorf(op, ticket.Invalid, "This ticket has no chat visitor to answer.")
	}
	if len(out.Message.Attachments) > 0 {
		return "", ticket.Errorf(op, ticket.Invalid, "The chat cannot carry files yet. Send the answer without them.")
	}
	if strings.TrimSpace(out.Message.Text) == "" {
		return "", ticket.Errorf(op, ticket.Invalid, "The answer is empty.")
	}
	return fmt.Sprintf("chat:%s:%d", out.Ticket.ID, out.Message.Seq), nil
}

func hasVisitor(out ticket.Outbound) bool {
	for _, to := range out.To {
		if to.Kind == customer.Chat && to.Value != "" {
			return true
		}
	}
	return false
}
