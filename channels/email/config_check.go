package email

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"

	"tierline/config/check"
	"tierline/customer"
)

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
	if l.TLS != "" && l.TLS != TLS && l.TLS != StartTLS && l.TLS != NoTLS {
		at.Key("tls").Error("tls, starttls or none", "%.20q is no mode of encryption", string(l.TLS))
	}
	l.Rate.check(at.Key("rate"))
	switch {
	case (l.Cert == "") != (l.Key == ""):
		at.Key("cert").Error("give both cert and key, or neither", "TLS needs a certificate and its key")
	case l.Cert == "" && (l.TLS == TLS || l.TLS == StartTLS):
		at.Key("tls").Error("give cert and key", "TLS needs a certificate and its key")
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
	checkLogin(at, m.User, m.Password, m.OAuth2)
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
	checkLogin(at, s.User, s.Password, s.OAuth2)
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
	s.Throttle.check(at.Key("throttle"))
	if k := s.withDefaults().DKIM; k != nil {
		k.check(at.Key("dkim"), s)
	}
	for inbox, f := range s.From {
		i := customer.Identity{Kind: customer.Email, Value: f.Address}
		if _, err := i.Normal(); err != nil || !isASCII(f.Address) {
			at.Key("from").Key(inbox).Key("address").Error("such as support@example.org", "%.60q is no mail address", f.Address)
		}
	}
	for inbox, f := range s.From {
		if f.ReplyDomain != "" && (!isASCII(f.ReplyDomain) || strings.ContainsAny(f.ReplyDomain, "@ <>") || !strings.Contains(f.ReplyDomain, ".")) {
			at.Key("from").Key(inbox).Key("reply_domain").Error("such as replies.example.org", "%.60q is no domain", f.ReplyDomain)
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
