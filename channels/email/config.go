package email

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/customer"
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
	Cert           string      `yaml:"cert"`            // PEM file; with Key it offers STARTTLS
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
	Hello    string          `yaml:"hello"`  // what we say we are; default Domain
	Domain   string          `yaml:"domain"` // right of the @ in our Message-IDs
	Secret   secret.String   `yaml:"secret"` // signs Message-IDs and reply addresses; at least 16 bytes
	From     map[string]From `yaml:"from"`   // by inbox
	Language string          `yaml:"language"`
}

// From is who writes to the customers of an inbox.
type From struct {
	Address string `yaml:"address"`
	Name    string `yaml:"name"`
	// SignedReplies adds a Reply-To such as support+t1042-k3…@example.org by which an answer finds
	// its ticket whatever the mail program does. The mail server must deliver plus addresses.
	SignedReplies bool `yaml:"signed_replies"`
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

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	c.Authentication.Check(at.Key("authentication"))
	seen := map[string]bool{}
	for i, l := range c.Listeners {
		l.check(at.Key("listeners").Index(i))
	}
	for i, m := range c.Mailboxes {
		here := at.Key("mailboxes").Index(i)
		m.check(here)
		if name := m.withDefaults().name(); seen[name] {
			here.Error("name each folder of a mailbox once", "%s is read twice", name)
		} else {
			seen[name] = true
		}
	}
	c.checkSending(at.Key("sending"))
	if c.KeepSource != 0 && c.KeepSource < time.Hour {
		at.Key("keep_source").Error("such as 720h, which is 30 days", "%s is too short to look into anything", c.KeepSource)
	}
}

func (l Listener) check(at check.At) {
	if l.Protocol != "" && l.Protocol != SMTP && l.Protocol != LMTP {
		at.Key("protocol").Error("smtp or lmtp", "%.20q is no protocol", string(l.Protocol))
	}
	if host, _, err := net.SplitHostPort(l.Listen); err != nil {
		at.Key("listen").Error(`such as "127.0.0.1:2525"`, "%.60q is no host:port", l.Listen)
	} else if ip := net.ParseIP(host); l.Protocol == LMTP && (host == "" || ip != nil && !ip.IsLoopback() && !ip.IsPrivate()) {
		at.Key("listen").Warn("listen on loopback or a private address", "LMTP is meant for a mail server next door, not for the internet")
	}
	if len(l.Recipients) == 0 {
		at.Key("recipients").Error("name at least one address", "no recipients: all mail would be refused")
	}
	for i, r := range l.Recipients {
		here := at.Key("recipients").Index(i)
		if strings.Count(r.Address, "@") != 1 || strings.HasSuffix(r.Address, "@") || strings.Count(r.Address, "*") > 1 {
			here.Key("address").Error(`an address, or a pattern with one *, such as "*@example.org"`, "%.60q is no address", r.Address)
		}
		if r.Inbox == "" {
			here.Key("inbox").Error("name the inbox", "no inbox")
		}
	}
	checkSize(at.Key("max_size"), l.MaxSize)
	if l.MaxConnections < 0 {
		at.Key("max_connections").Error("", "cannot be negative")
	}
	switch {
	case (l.Cert == "") != (l.Key == ""):
		at.Key("cert").Error("give both cert and key, or neither", "STARTTLS needs a certificate and its key")
	case l.Cert != "":
		if _, err := tls.LoadX509KeyPair(l.Cert, l.Key); err != nil {
			at.Key("cert").Error("PEM files of a certificate and its key", "cannot be used: %v", err)
		}
	}
}

func (m Mailbox) check(at check.At) {
	if m.Inbox == "" {
		at.Key("inbox").Error("name the inbox", "no inbox")
	}
	if m.Host == "" {
		at.Key("host").Error("the IMAP server's name", "no host")
	}
	if m.User == "" {
		at.Key("user").Error("", "no user")
	}
	if m.Password.IsZero() {
		at.Key("password").Error("a text, {file: PATH} or {env: NAME}", "no password")
	}
	checkServer(at, m.Host, m.Port, m.TLS)
	checkSize(at.Key("max_size"), m.MaxSize)
	folder, move := strings.CutPrefix(m.After, "move:")
	switch {
	case move && (folder == "" || folder == orElse(m.Folder, "INBOX")):
		at.Key("after").Error("move:FOLDER with another folder", "%.60q moves nowhere", m.After)
	case !move && m.After != "" && m.After != "leave" && m.After != "flag":
		at.Key("after").Error("leave, flag or move:FOLDER", "%.60q is nothing that can be done", m.After)
	}
	if m.Poll != 0 && m.Poll < time.Second {
		at.Key("poll").Error("such as 1m", "%s is too often", m.Poll)
	}
}

func (c Config) checkSending(at check.At) {
	s := c.Sending
	if s.Host == "" {
		if len(c.Listeners)+len(c.Mailboxes) > 0 {
			at.Key("host").Error("the SMTP server that takes our mail", "mail is taken in, but cannot be answered")
		}
		return
	}
	checkServer(at, s.Host, s.Port, s.TLS)
	if s.User != "" && s.Password.IsZero() {
		at.Key("password").Error("a text, {file: PATH} or {env: NAME}", "a user, but no password")
	}
	if s.User != "" && s.TLS == NoTLS && !loopback(s.Host) {
		at.Key("tls").Warn("starttls", "the password goes over the network unencrypted")
	}
	if s.Domain == "" || strings.ContainsAny(s.Domain, "@<> ") {
		at.Key("domain").Error("such as support.example.org", "Message-IDs need a domain")
	}
	if len(s.Secret.Reveal()) < minSecret {
		at.Key("secret").Error("at least 16 random characters, kept for as long as answers may come",
			"too short to sign Message-IDs and reply addresses with")
	}
	if s.Language != "" && !slices.Contains(phraseLanguages, s.Language) {
		at.Key("language").Error("one of "+strings.Join(phraseLanguages, " "), "%.20q is not spoken", s.Language)
	}
	for inbox, f := range s.From {
		i := customer.Identity{Kind: customer.Email, Value: f.Address}
		if _, err := i.Normal(); err != nil || !isASCII(f.Address) {
			at.Key("from").Key(inbox).Key("address").Error("such as support@example.org", "%.60q is no mail address", f.Address)
		}
	}
	for inbox := range c.inboxes() {
		if _, ok := s.From[inbox]; !ok {
			at.Key("from").Error("add "+inbox+": {address: …, name: …}", "the inbox %.40q has no address to answer from", inbox)
		}
	}
}

func (c Config) inboxes() map[string]bool {
	all := map[string]bool{}
	for _, l := range c.Listeners {
		for _, r := range l.Recipients {
			all[r.Inbox] = true
		}
	}
	for _, m := range c.Mailboxes {
		all[m.Inbox] = true
	}
	delete(all, "")
	return all
}

func checkServer(at check.At, host string, port int, mode TLSMode) {
	if strings.ContainsAny(host, " /@") {
		at.Key("host").Error("a name or an address, without port or scheme", "%.60q is no host", host)
	}
	if port < 0 || port > 65535 {
		at.Key("port").Error("", "%d is no port", port)
	}
	if mode != "" && mode != TLS && mode != StartTLS && mode != NoTLS {
		at.Key("tls").Error("tls, starttls or none", "%.20q is no mode of encryption", string(mode))
	}
	if mode == NoTLS && host != "" && !loopback(host) {
		at.Key("tls").Warn("tls or starttls", "mail goes over the network unencrypted")
	}
}

func checkSize(at check.At, n int64) {
	if n != 0 && (n < 1024 || n > 1<<30) {
		at.Error("1024 to 1073741824 bytes", "%d bytes is no sensible limit", n)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// name is how a mailbox's source is called in logs and cursors.
func (m Mailbox) name() string {
	return fmt.Sprintf("email:imap:%s@%s/%s", m.User, address(m.Host, m.Port), m.Folder)
}
