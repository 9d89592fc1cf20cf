// Package pager reaches people when they are paged: by webhooks, which any telephony or paging service
// takes; it limits how much one person gets, and makes the links by which people answer.
//
// What happens when things fail: a receiver has a few seconds to answer. Only an answer of 200 to 299 counts
// as delivered. A network fault, 408, 425, 429 and 5xx are Transient: the same delivery is tried again, under
// the same id, as long as its page rings. Everything else is Invalid: it stays wrong, and is shown at once.
// A receiver that may have got a delivery although its answer was lost gets it again under the same id.
package pager

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/ticket"
)

// The providers that need no webhook.
const (
	Slack = "slack" // a direct message, with buttons
	Email = "email" // by the server that answers go out by
)

// Config is how people are paged, whatever the tier.
type Config struct {
	Providers map[string]Webhook `yaml:"providers"` // by the names that steps use
	Limits    map[string]Limit   `yaml:"limits"`    // by provider: what one person gets at the most; "default" for all others
	// LinksFor is how long the links in mails and webhooks work; default 24h.
	LinksFor time.Duration `yaml:"links_for"`
}

// Webhook is a service that is told by HTTP.
type Webhook struct {
	URL     secret.String            `yaml:"url"`
	Method  string                   `yaml:"method"`  // default POST; or PUT
	Headers map[string]secret.String `yaml:"headers"` // such as Authorization
	User    string                   `yaml:"user"`    // with Password: basic authentication
	Pass    secret.String            `yaml:"password"`
	// JSON is a template of the body (text/template; the fields of Message, and json to quote them). Default:
	// all fields. Form are templates of a form's fields, in its place.
	JSON string            `yaml:"json"`
	Form map[string]string `yaml:"form"`
	// Sign signs deliveries as https://www.standardwebhooks.com has it (webhook-id, -timestamp, -signature):
	// at least 16 characters, or whsec_ and base64.
	Sign         secret.String `yaml:"sign"`
	Timeout      time.Duration `yaml:"timeout"`       // of one try; default 10s, at most 10s
	AllowPrivate bool          `yaml:"allow_private"` // the service stands in a private network
	// Without: people whom it cannot reach, because they lack what the template needs.
	Needs string `yaml:"needs"` // "phone": only for people with a telephone number
}

// Limits of a configuration.
const (
	MaxTimeout      = 10 * time.Second
	DefaultLinksFor = 24 * time.Hour
	maxTemplate     = 16 << 10
	minSign         = 16
	maxProviders    = 50
)

// Names are all providers that a step can name.
func (c Config) Names() []string {
	names := []string{Slack, Email}
	for n := range c.Providers {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Limit is what one person gets by a provider.
func (c Config) Limit(provider string) Limit {
	l, ok := c.Limits[provider]
	if !ok {
		l = c.Limits["default"]
	}
	return l.withDefaults()
}

// Told tells what one person gets at the most, a line for each provider.
func (c Config) Told() (lines []string) {
	for _, name := range c.Names() {
		lines = append(lines, name+": "+c.Limit(name).String())
	}
	return lines
}

func (l Limit) String() string {
	return fmt.Sprintf("one in %s, up to %d at once", l.Every, l.Burst)
}

// Check reports everything that is wrong.
func (c Config) Check(at check.At) {
	if len(c.Providers) > maxProviders {
		at.Key("providers").Error("", "%d providers; at most %d", len(c.Providers), maxProviders)
	}
	for name, w := range c.Providers {
		here := at.Key("providers").Key(name)
		if name == Slack || name == Email || name == "" || len(name) > 40 || strings.ContainsAny(name, " .,:/") {
			here.Error("a short word such as phone", "%.60q cannot be the name of a webhook", name)
		}
		w.check(here)
	}
	for name, l := range c.Limits {
		here := at.Key("limits").Key(name)
		if name != "default" && !slices.Contains(c.Names(), name) {
			here.Error("one of "+strings.Join(c.Names(), ", "), "there is no provider %.60q", name)
		}
		if l.Every < 0 || l.Every > time.Hour {
			here.Key("every").Error("a duration such as 1s", "not between 0 and 1h")
		}
		if l.Burst < 0 || l.Burst > 1000 {
			here.Key("burst").Error("a number such as 3", "not between 0 and 1000")
		}
	}
	if c.LinksFor < 0 || c.LinksFor > 30*24*time.Hour {
		at.Key("links_for").Error("a duration such as 24h", "not between 0 and 720h")
	}
}

func (w Webhook) check(at check.At) {
	u, err := url.Parse(w.URL.Reveal())
	switch {
	case w.URL.IsZero():
		at.Key("url").Error("https://…, or {env: NAME}", "the webhook has no url")
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		at.Key("url").Error("https://…", "this is no web address")
	case u.Scheme == "http" && !w.AllowPrivate:
		at.Key("url").Warn("use https", "what is sent can be read on the way")
	}
	if w.Method != "" && w.Method != "POST" && w.Method != "PUT" {
		at.Key("method").Error("POST or PUT", "%.20q is no method of a webhook", w.Method)
	}
	if w.JSON != "" && len(w.Form) > 0 {
		at.Key("form").Error("", "json and form exclude each other")
	}
	for name := range w.Headers {
		if !headerName(name) {
			at.Key("headers").Key(name).Error("", "%.60q is no name of a header", name)
		}
	}
	if n := len(w.Sign.Reveal()); n > 0 && n < minSign {
		at.Key("sign").Error("openssl rand -hex 32", "shorter than %d characters", minSign)
	}
	if w.Timeout < 0 || w.Timeout > MaxTimeout {
		at.Key("timeout").Error("a duration such as 5s", "not between 0 and %s", MaxTimeout)
	}
	if w.Needs != "" && w.Needs != "phone" && w.Needs != "email" {
		at.Key("needs").Error("phone or email", "%.20q is nothing that people have", w.Needs)
	}
	for field, text := range w.Form {
		if _, err := render(text, sample()); err != nil {
			at.Key("form").Key(field).Error("", "%v", err)
		}
	}
	if w.JSON != "" {
		if _, _, err := w.body(sample()); err != nil {
			at.Key("json").Error("quote values with {{json .Reason}}", "%v", err)
		}
	}
}

func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
}

// Message is what a person is told. Its fields are those of templates.
type Message struct {
	ID           string          `json:"id"`   // the delivery: the same at every try
	Kind         ticket.CallKind `json:"kind"` // ring, notice, remind, lead, test
	Ticket       string          `json:"ticket"`
	Subject      string          `json:"subject"`
	Page         int             `json:"page"`
	Ring         int             `json:"ring"`
	Tier         string          `json:"tier"`
	Severity     ticket.Priority `json:"severity"`
	Reason       string          `json:"reason"`
	More         []string        `json:"more,omitempty"` // reasons of others who need the same
	From         string          `json:"from"`           // who pages
	Customer     string          `json:"customer,omitempty"`
	Organization string          `json:"organization,omitempty"`
	Said         string          `json:"said,omitempty"` // the customer's newest words
	Text         string          `json:"text"`           // all of it in one line
	Language     string          `json:"language"`       // of Text: en, de, fr
	Person       Person          `json:"person"`
	URL          string          `json:"url,omitempty"`       // of the case
	Answer       string          `json:"answer,omitempty"`    // a page with buttons
	Reply        string          `json:"reply_url,omitempty"` // POST {"answer": "accept"} or decline, need, snooze
	Opened       time.Time       `json:"opened"`
}

// Person is who is told.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

func sample() Message {
	return Message{ID: "T-1042.1.1.ann.phone", Kind: ticket.CallRing, Ticket: "T-1042", Subject: "Under \"water\"", Page: 1, Ring: 1,
		Tier: "Level 2", Severity: ticket.High, Reason: "It burns", From: "Ben", Customer: "Clara", Text: "T-1042: It burns", Language: "en",
		Person: Person{ID: "ann", Name: "Ann", Email: "ann@example.org", Phone: "+4930123456"}, URL: "https://example.org/c",
		Answer: "https://example.org/page/x", Reply: "https://example.org/page/x/reply"}
}
