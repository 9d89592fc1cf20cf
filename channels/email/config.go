package email

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"tierline/config/secret"
)

// Config is the e-mail section of the configuration. The zero value has no mail at all.
type Config struct {
	Listeners []Listener `yaml:"listeners"`
	Mailboxes []Mailbox  `yaml:"mailboxes"`
	Sending   Sending    `yaml:"sending"`
	// Authentication says how forged senders are found.
	Authentication Authentication `yaml:"authentication"`
	// KeepSource is how long each mail is kept as it came, for people to look at; default 720h (30 days).
	KeepSource time.Duration `yaml:"keep_source"`
	// KeepForwards makes a mail that staff forwards to an inbox the forwarder's own. Without it, it opens a
	// ticket for whoever wrote it first.
	KeepForwards bool `yaml:"keep_forwards"`
	// Tokens encrypts the refresh tokens that are kept; derived from the gateway's secret.
	Tokens secret.String `yaml:"-"`
}

// Protocol is what a listener speaks.
type Protocol string

// The protocols of a listener.
const (
	SMTP Protocol = "smtp" // RFC 5321
	LMTP Protocol = "lmtp" // RFC 2033: what Postfix and others deliver by
)

// TLSMode says how a connection to a server is encrypted.
type TLSMode string

// The modes of encryption.
const (
	TLS      TLSMode = "tls"      // from the first byte
	StartTLS TLSMode = "starttls" // by command, required
	NoTLS    TLSMode = "none"     // for servers on the same machine or in tests
)

// Listener takes mail in over SMTP or LMTP.
type Listener struct {
	Protocol       Protocol    `yaml:"protocol"`        // default smtp
	Listen         string      `yaml:"listen"`          // host:port
	Domain         string      `yaml:"domain"`          // what we greet with; default: sending.domain or localhost
	Recipients     []Recipient `yaml:"recipients"`      // the first that fits; everybody else is refused with 550
	MaxSize        int64       `yaml:"max_size"`        // bytes of one mail; default 25 MiB
	MaxConnections int         `yaml:"max_connections"` // at once; default 100
	Rate           Rate        `yaml:"rate"`            // what one client may do
	TLS            TLSMode     `yaml:"tls"`             // starttls is offered (default, with Cert), tls, or none
	Cert           string      `yaml:"cert"`            // PEM file
	Key            string      `yaml:"key"`             // PEM file
}

// Recipient maps addresses to an inbox.
type Recipient struct {
	// Address is a whole address, or a pattern: "*@example.org", "support-*@example.org". A plus
	// address (support+x@…) fits as the address without its plus part.
	Address string `yaml:"address"`
	Inbox   string `yaml:"inbox"`
	Brand   string `yaml:"brand"`
}

// Mailbox is one IMAP folder that is read.
type Mailbox struct {
	Inbox    string        `yaml:"inbox"`
	Brand    string        `yaml:"brand"`
	Host     string        `yaml:"host"`
	Port     int           `yaml:"port"` // default 993, or 143 without TLS from the first byte
	TLS      TLSMode       `yaml:"tls"`  // default tls
	CA       string        `yaml:"ca"`   // PEM file of an authority to trust instead of the system's
	User     string        `yaml:"user"`
	Password secret.String `yaml:"password"`
	OAuth2   *OAuth2       `yaml:"oauth2"`   // in place of the password
	Folder   string        `yaml:"folder"`   // default INBOX
	After    string        `yaml:"after"`    // leave (default), flag (seen), or move:FOLDER
	MaxSize  int64         `yaml:"max_size"` // bytes of one mail; larger ones are quarantined unread; default 25 MiB
	Poll     time.Duration `yaml:"poll"`     // how often to look when nothing is announced; default 1m
}

// Sending brings answers to customers.
type Sending struct {
	Host     string          `yaml:"host"`
	Port     int             `yaml:"port"` // default 587, or 465 with tls, or 25 with none
	TLS      TLSMode         `yaml:"tls"`  // default starttls
	CA       string          `yaml:"ca"`   // PEM file of an authority to trust instead of the system's
	User     string          `yaml:"user"` // "" does not authenticate
	Password secret.String   `yaml:"password"`
	OAuth2   *OAuth2         `yaml:"oauth2"` // in place of the password
	Hello    string          `yaml:"hello"`  // what we say we are; default Domain
	Domain   string          `yaml:"domain"` // right of the @ in our Message-IDs
	Secret   secret.String   `yaml:"secret"` // signs Message-IDs and reply addresses; at least 16 bytes
	From     map[string]From `yaml:"from"`   // by inbox
	Language string          `yaml:"language"`
	DKIM     *DKIM           `yaml:"dkim"` // signs what we send; nothing leaves it to the mail server
	Throttle Throttle        `yaml:"throttle"`
}

// From is who writes to the customers of an inbox.
type From struct {
	Address string `yaml:"address"`
	Name    string `yaml:"name"`
	// SignedReplies adds a Reply-To such as support+t1042-k3…@example.org by which an answer finds
	// its ticket whatever the mail program does. The mail server must deliver plus addresses.
	SignedReplies bool `yaml:"signed_replies"`
	// ReplyDomain makes signed replies go to t1042-k3…@ReplyDomain, for servers that know no plus addresses:
	// a domain all of whose mail is delivered to the inbox (a catch-all).
	ReplyDomain string `yaml:"reply_domain"`
}

// Defaults of a configuration.
const (
	DefaultMaxSize        = 25 << 20
	DefaultMaxConnections = 100
	DefaultPoll           = time.Minute
	DefaultKeepSource     = 30 * 24 * time.Hour
	minSecret             = 16 // bytes
)

func (l Listener) withDefaults(domain string) Listener {
	l.Protocol = orElse(l.Protocol, SMTP)
	l.Domain = orElse(l.Domain, orElse(domain, "localhost"))
	l.MaxSize = orElse(l.MaxSize, DefaultMaxSize)
	l.MaxConnections = orElse(l.MaxConnections, DefaultMaxConnections)
	return l
}

func (m Mailbox) withDefaults() Mailbox {
	m.OAuth2 = m.OAuth2.filled()
	m.TLS = orElse(m.TLS, TLS)
	m.Folder = orElse(m.Folder, "INBOX")
	m.After = orElse(m.After, "leave")
	m.MaxSize = orElse(m.MaxSize, DefaultMaxSize)
	m.Poll = orElse(m.Poll, DefaultPoll)
	if m.Port == 0 {
		m.Port = 143
		if m.TLS == TLS {
			m.Port = 993
		}
	}
	return m
}

func (s Sending) withDefaults() Sending {
	s.TLS = orElse(s.TLS, StartTLS)
	s.Hello = orElse(s.Hello, s.Domain)
	s.Language = orElse(s.Language, "en")
	s.Throttle, s.OAuth2 = s.Throttle.withDefaults(s.Host), s.OAuth2.filled()
	if s.DKIM != nil {
		k := *s.DKIM
		k.Domain = orElse(k.Domain, s.Domain)
		s.DKIM = &k
	}
	if s.Port == 0 {
		s.Port = map[TLSMode]int{TLS: 465, StartTLS: 587, NoTLS: 25}[s.TLS]
	}
	return s
}

func orElse[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// Name is what a mailbox is called in logs, in the ledger and in /readyz.
func (m Mailbox) Name() string { return m.withDefaults().name() }

// name is how a mailbox's source is called in logs and cursors.
func (m Mailbox) name() string {
	return fmt.Sprintf("email:imap:%s@%s/%s", m.User, address(m.Host, m.Port), m.Folder)
}
