package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/ticket"
)

// Deps are what the channel needs of the rest of the gateway.
type Deps struct {
	Blobs   ticket.Blobs
	Cursors ticket.Cursors
	Ledger  Unseen           // nil: mailboxes are not compared with it
	Holder  string           // names this gateway among others on the same store
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default slog.Default
	// LookupTXT asks the DNS; default net.DefaultResolver. It is used only where the configuration
	// has mails verified.
	LookupTXT func(ctx context.Context, domain string) ([]string, error)
	// Staff finds who of staff has a mail address. Nil: what staff forwards is theirs.
	Staff func(address string) (ticket.Actor, bool)
	// StaffNames are the names of staff. Whoever writes under one of them from elsewhere is marked.
	StaffNames func() []string
	Accounts   *Accounts // give sources and sender the same; default one for each
}

func (d Deps) withDefaults() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.LookupTXT == nil {
		d.LookupTXT = net.DefaultResolver.LookupTXT
	}
	if d.Accounts == nil {
		d.Accounts = &Accounts{}
	}
	d.Holder = orElse(d.Holder, "tierline")
	return d
}

// NewSources makes a source of each listener and each mailbox. A listener's has a method Addr() string
// besides, which is its actual address while it runs.
func NewSources(c Config, d Deps) ([]channels.Source, error) {
	if err := faults(c); err != nil {
		return nil, err
	}
	d = d.withDefaults()
	m := newMapper(c, d)
	var all []channels.Source
	for _, l := range c.Listeners {
		tell, err := newReceipts(c, d, l)
		if err != nil {
			return nil, err
		}
		s, err := newListener(l.withDefaults(c.Sending.Domain), m, tell, d.Log)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	for _, b := range c.Mailboxes {
		all = append(all, newMailbox(b, c, m, d))
	}
	return all, nil
}

func newMailbox(b Mailbox, c Config, m *mapper, d Deps) *mailbox {
	box := &mailbox{conf: b.withDefaults(), mail: m, cursors: d.Cursors, ledger: d.Ledger, holder: d.Holder, log: d.Log, err: errors.New("not started")}
	if b.OAuth2 != nil {
		box.account = d.Accounts.of(*b.OAuth2, c, d)
	}
	return box
}

func newMapper(c Config, d Deps) *mapper {
	m := &mapper{auth: authenticator{c.Authentication, d.LookupTXT}, blobs: d.Blobs, sign: c.signer(), now: d.Now, log: d.Log, storms: &storms{}}
	if !c.KeepForwards {
		m.staff = d.Staff
	}
	m.colleagues = colleagues{d.Staff, d.StaffNames}
	for _, l := range c.Listeners {
		m.own = append(m.own, l.Recipients...)
	}
	for _, b := range c.Mailboxes {
		m.own = append(m.own, Recipient{Address: b.User})
	}
	for _, f := range c.Sending.From {
		m.own = append(m.own, Recipient{Address: f.Address})
		if f.ReplyDomain != "" {
			m.own = append(m.own, Recipient{Address: "*@" + f.ReplyDomain})
		}
	}
	m.ours = newOurselves(m.own, c.Sending.From)
	return m
}

func (c Config) signer() signer { return signer{[]byte(c.Sending.Secret.Reveal()), c.Sending.Domain} }

func faults(c Config) error {
	var l check.List
	c.Check(l.Root())
	var all []string
	for _, f := range l.Faults {
		if !f.Warning {
			all = append(all, f.String())
		}
	}
	if len(all) == 0 {
		return nil
	}
	return ticket.E("email.Config", ticket.Invalid, errors.New(strings.Join(all, "; ")))
}

// tlsConfig trusts the system's authorities, or those of a PEM file.
func tlsConfig(host, ca string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if ca == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New(ca + " holds no certificate")
	}
	return conf, nil
}
