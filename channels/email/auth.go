package email

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"

	"tierline/config/check"
)

// Authentication says how it is found out whether a mail is from whom it says. Without any of it
// nothing is known, and no mail is taken to fail.
type Authentication struct {
	// Trust are the names (authserv-id, RFC 8601 §2.2) under which our own mail servers write
	// Authentication-Results. They must take out those that others write under their name.
	Trust []string `yaml:"trust"`
	// Verify has DKIM signatures verified here when no server of ours has; it asks the DNS.
	Verify bool `yaml:"verify"`
}

// Check reports every fault of a.
func (a Authentication) Check(at check.At) {
	for i, name := range a.Trust {
		if name == "" || strings.ContainsAny(name, " \t;\"") {
			at.Key("trust").Index(i).Error("write the name that stands first in its Authentication-Results", "%q is no name of a server", name)
		}
	}
}

// Limits of verifying a mail here.
const (
	maxSignatures = 5
	authTime      = 5 * time.Second
	maxResults    = 20 // Authentication-Results fields that are read
)

// Auth is what is known of where a mail comes from: results as in RFC 8601 §2.7, "" when not known.
type Auth struct {
	DKIM  string `json:"dkim,omitempty"`
	SPF   string `json:"spf,omitempty"`
	DMARC string `json:"dmarc,omitempty"`
	// Failed says why it is taken not to be from whom it says; "" when it is not.
	Failed string `json:"failed,omitempty"`
}

// authenticator finds out where mails come from.
type authenticator struct {
	conf      Authentication
	lookupTXT func(ctx context.Context, domain string) ([]string, error) // nil: the DNS is not asked
}

// check goes by the results of our own servers, or verifies DKIM itself. A DNS that is away makes
// nothing fail: then nothing is known.
func (c authenticator) check(ctx context.Context, m *Mail, raw []byte) Auth {
	if len(m.From) == 0 {
		return Auth{}
	}
	from := m.From[0].identity().Domain()
	a, own, found := c.trusted(m, from)
	if !found && c.conf.Verify && c.lookupTXT != nil {
		return c.verify(ctx, from, raw)
	}
	switch {
	case a.DMARC == "pass":
	case a.DMARC == "fail":
		a.Failed = "dmarc"
	case own == "fail" && a.SPF != "pass":
		a.Failed = "dkim"
	case a.SPF == "fail" && own != "pass":
		a.Failed = "spf"
	}
	return a
}

// trusted reads the fields that our own server has put on top. Those below the next Received field
// are older and may be anybody's. own is what became of the signatures of the sender's own domain
// (relaxed alignment, RFC 7489 §3.1.1): a good one of anybody else's proves nothing of the sender.
func (c authenticator) trusted(m *Mail, from string) (a Auth, own string, found bool) {
	n := 0
	for _, f := range m.head {
		if f.key == "received" && found {
			break
		}
		if f.key != "authentication-results" || n >= maxResults {
			continue
		}
		n++
		id, results, err := authres.Parse(f.value)
		if err != nil || !c.trusts(id) {
			continue
		}
		found = true
		for _, r := range results {
			switch r := r.(type) {
			case *authres.DKIMResult:
				if a.DKIM == "" || r.Value == authres.ResultPass { // one that is good is enough
					a.DKIM = string(r.Value)
				}
				_, by, _ := strings.Cut(r.Identifier, "@")
				by = orElse(r.Domain, by)
				if mine := by == "" || organizational(by) == organizational(from); mine && (own == "" || r.Value == authres.ResultPass) {
					own = string(r.Value)
				}
			case *authres.SPFResult:
				a.SPF = orElse(a.SPF, string(r.Value))
			case *authres.DMARCResult:
				a.DMARC = orElse(a.DMARC, string(r.Value))
			}
		}
	}
	return a, own, found
}

func (c authenticator) trusts(id string) bool {
	for _, name := range c.conf.Trust {
		if strings.EqualFold(name, id) {
			return true
		}
	}
	return false
}

// verify checks the signatures. DMARC passes by one that is aligned with the sender's domain
// (RFC 7489 §3.1.1); it fails when the domain signs all (its policy is not "none"), and a signature
// of that domain is bad. SPF cannot be told here: without a signature of that domain nothing is known.
func (c authenticator) verify(ctx context.Context, from string, raw []byte) (a Auth) {
	ctx, cancel := context.WithTimeout(ctx, authTime)
	defer cancel()
	lookup := func(domain string) ([]string, error) { return c.lookupTXT(ctx, domain) }
	list, err := dkim.VerifyWithOptions(bytes.NewReader(crlf(normalise(raw))), &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && len(list) == 0 {
		return Auth{}
	}
	if a.DKIM = "none"; len(list) == 0 {
		return a
	}
	aligned, bad := false, false
	for _, v := range list {
		mine := organizational(v.Domain) == organizational(from)
		switch {
		case v.Err == nil:
			a.DKIM, aligned = "pass", aligned || mine
		case a.DKIM == "pass":
		case dkim.IsTempFail(v.Err):
			a.DKIM = "temperror"
		default:
			a.DKIM, bad = "fail", bad || mine
		}
	}
	switch {
	case aligned:
		a.DMARC = "pass"
	case bad:
		a.DMARC = c.policy(lookup, from)
		a.Failed = map[bool]string{true: "dmarc", false: "dkim"}[a.DMARC == "fail"]
	}
	return a
}

// policy is what DMARC says of a mail of domain that has no good signature.
func (c authenticator) policy(lookup func(string) ([]string, error), domain string) string {
	r, err := dmarc.LookupWithOptions(domain, &dmarc.LookupOptions{LookupTXT: lookup})
	if err == dmarc.ErrNoPolicy && organizational(domain) != domain {
		r, err = dmarc.LookupWithOptions(organizational(domain), &dmarc.LookupOptions{LookupTXT: lookup})
	}
	if err != nil || r.Policy == dmarc.PolicyNone {
		return ""
	}
	return "fail"
}

func organizational(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// crlf gives lines the ends that were signed.
func crlf(b []byte) []byte {
	if bytes.Contains(b, []byte("\r\n")) {
		return b
	}
	return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
}
