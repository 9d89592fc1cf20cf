package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"tierline/config/check"
	"tierline/config/secret"
)

// Scope is what an API key may do.
type Scope string

// The scopes of API keys.
const (
	TicketsRead    Scope = "tickets:read"
	TicketsWrite   Scope = "tickets:write"
	CustomersRead  Scope = "customers:read"  // also who is blocked, and the audit of both
	CustomersWrite Scope = "customers:write" // merges and blocks, and what is stored of them
	ArticlesRead   Scope = "articles:read"
	ArticlesWrite  Scope = "articles:write"
	CallsWrite     Scope = "calls:write"
	JobsAdmin      Scope = "jobs:admin"
	QuarantineRead Scope = "quarantine:read"
	OnCallRead     Scope = "oncall:read"
	OnCallWrite    Scope = "oncall:write"
	MetricsRead    Scope = "metrics:read"
)

// Scopes are all scopes there are.
func Scopes() []Scope {
	return []Scope{TicketsRead, TicketsWrite, CustomersRead, CustomersWrite, ArticlesRead, ArticlesWrite, CallsWrite,
		JobsAdmin, QuarantineRead, OnCallRead, OnCallWrite, MetricsRead}
}

// Config says where the pages and the API are, and who may use them.
type Config struct {
	// Listen is the address of the listener. Default 127.0.0.1:8080.
	Listen string `yaml:"listen"`
	// PublicURL is how browsers reach it, without a path: https://support.example.org. Default: the
	// address of the listener.
	PublicURL string `yaml:"public_url"`
	TLS       TLS    `yaml:"tls"`
	// TrustedProxies are addresses or networks (CIDR) whose X-Forwarded-For is believed.
	TrustedProxies []string `yaml:"trusted_proxies"`
	Keys           []Key    `yaml:"keys"`
	// RatePerMinute is how many API requests one key may make. Default 600.
	RatePerMinute int `yaml:"rate_per_minute"`
	// CookieSecret signs sessions and sign-in links; at least 32 characters, the same in every
	// gateway of one installation. Default: a random one, so that a restart signs everybody out.
	CookieSecret secret.String `yaml:"cookie_secret"`
	// PageLinks signs the links by which people answer pages; derived from the gateway's secret.
	PageLinks secret.String `yaml:"-"`
	// Users may sign in to the console with a token.
	Users []User `yaml:"users"`
	// OpenMetrics lets anybody read /metrics; else it takes a key with the scope metrics:read.
	OpenMetrics bool `yaml:"open_metrics"`
}

// TLS names the files of a certificate and its key, PEM. Both empty: plain HTTP.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Key is an API key. It is kept and compared as its SHA-256 only.
type Key struct {
	Name   string        `yaml:"name"`
	Key    secret.String `yaml:"key"`  // the key itself, at least 20 characters; or
	Hash   string        `yaml:"hash"` // its SHA-256, hex
	Scopes []Scope       `yaml:"scopes"`
}

// User is a member of staff who may sign in with a token. Their roles are those of the agent.
type User struct {
	Agent string        `yaml:"agent"` // the agent's id
	Token secret.String `yaml:"token"` // at least 20 characters; or
	Hash  string        `yaml:"hash"`  // its SHA-256, hex
}

const (
	minKey    = 20 // characters of a key or token
	minSecret = 32 // characters of the cookie secret
)

// Check reports everything that is wrong.
func (c Config) Check(at check.At) {
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			at.Key("listen").Error(`"host:port", such as "127.0.0.1:8080"`, "%.60q is no address to listen on", c.Listen)
		}
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			at.Key("public_url").Error("such as https://support.example.org", "%.80q is no address of a site", c.PublicURL)
		}
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		at.Key("tls").Error("name both files", "a certificate needs a key, and a key a certificate")
	}
	for i, p := range c.TrustedProxies {
		if _, err := parsePrefix(p); err != nil {
			at.Key("trusted_proxies").Index(i).Error("such as 10.0.0.0/8", "%.60q is no address or network", p)
		}
	}
	if c.RatePerMinute < 0 {
		at.Key("rate_per_minute").Error("leave it out for 600", "a rate is not negative")
	}
	switch s := c.CookieSecret.Reveal(); {
	case s == "":
		at.Key("cookie_secret").Warn("set one of at least 32 characters", "every restart signs everybody out of the console")
	case len(s) < minSecret:
		at.Key("cookie_secret").Error("openssl rand -hex 32", "the cookie secret is shorter than %d characters", minSecret)
	}
	c.checkKeys(at.Key("keys"))
	c.checkUsers(at.Key("users"))
}

func (c Config) checkKeys(at check.At) {
	names, hashes := map[string]bool{}, map[string]bool{}
	for i, k := range c.Keys {
		at := at.Index(i)
		if !plainName(k.Name) || names[k.Name] {
			at.Key("name").Error("letters, digits, . - and _, each name once", "%.60q cannot be the name of a key", k.Name)
		}
		names[k.Name] = true
		checkCredential(at, "key", k.Key, k.Hash, hashes)
		if len(k.Scopes) == 0 {
			at.Key("scopes").Warn("name at least one", "this key may do nothing")
		}
		for j, s := range k.Scopes {
			if !slices.Contains(Scopes(), s) {
				at.Key("scopes").Index(j).Error("one of "+joinScopes(Scopes()), "there is no scope %.40q", string(s))
			}
		}
	}
}

func (c Config) checkUsers(at check.At) {
	seen, hashes := map[string]bool{}, map[string]bool{}
	for i, u := range c.Users {
		at := at.Index(i)
		if u.Agent == "" || seen[u.Agent] {
			at.Key("agent").Error("the id of an agent, each once", "%.60q cannot be a user of the console", u.Agent)
		}
		seen[u.Agent] = true
		checkCredential(at, "token", u.Token, u.Hash, hashes)
	}
}

func checkCredential(at check.At, what string, plain secret.String, hash string, seen map[string]bool) {
	switch {
	case plain.IsZero() == (hash == ""):
		at.Key(what).Error("give one of "+what+" and hash", "neither or both of %s and hash are given", what)
	case hash == "" && len(plain.Reveal()) < minKey:
		at.Key(what).Error("openssl rand -hex 32", "the %s is shorter than %d characters", what, minKey)
	case hash != "" && !isSHA256(hash):
		at.Key("hash").Error("printf %s KEY | sha256sum", "the hash is no SHA-256 in hex")
	}
	h := credentialHash(plain, hash)
	if seen[h] {
		at.Key(what).Error("give each its own", "another has the same %s", what)
	}
	seen[h] = true
}

func credentialHash(plain secret.String, hash string) string {
	if hash != "" {
		return strings.ToLower(hash)
	}
	return hashOf(plain.Reveal())
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func isSHA256(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

func plainName(s string) bool {
	ok := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
	}
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0
}

func joinScopes(list []Scope) string {
	var s []string
	for _, x := range list {
		s = append(s, string(x))
	}
	return strings.Join(s, " ")
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}
