// Package config reads the one configuration file: YAML, with values from the environment and
// secrets from files. Each part of the program owns its Config and its checks; this package puts
// them together and says of every fault on which line it is.
//
// A configuration with an error starts nothing. All faults are reported at once; a key that nobody
// knows is an error, so that a misspelt setting is not silently ignored.
package config

import (
	"cmp"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	slackdesk "tierline/bots/slack"
	"tierline/channels"
	"tierline/channels/chat"
	"tierline/channels/email"
	"tierline/channels/phone"
	slackchannel "tierline/channels/slack"
	"tierline/config/check"
	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/kb/bleve"
	"tierline/kb/meili"
	"tierline/router"
	"tierline/store"
	"tierline/store/blobs"
	"tierline/ticket"
	"tierline/web"
)

// Config is the whole file.
type Config struct {
	// Data is the directory for everything that is not elsewhere. Default ./data, beside the file.
	Data string `yaml:"data"`
	// Database is a PostgreSQL URL. Default: SQLite, in a file of Data.
	Database secret.String `yaml:"database"`
	// Attachments is where files are kept. Default: a folder of Data.
	Attachments blobs.Config `yaml:"attachments"`
	// Secret signs whatever has no secret of its own, at least 32 characters, the same in every
	// gateway of one database. Default: one is made and kept in Data.
	Secret secret.String `yaml:"secret"`
	Log    Log           `yaml:"log"`

	Web        web.Config                `yaml:"web"`
	Understand channels.UnderstandConfig `yaml:"understand"`
	Email      email.Config              `yaml:"email"`
	Chat       chat.Config               `yaml:"chat"`
	Phone      phone.Config              `yaml:"phone"`
	Slack      Slack                     `yaml:"slack"`
	KB         KB                        `yaml:"kb"`
	Router     router.Config             `yaml:",inline"` // brands, agents, tiers, rules
}

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info (default), warn, error
	Format string `yaml:"format"` // text (default) or json
}

// Slack is the app, the agents' desk in it, and the customers' channels.
type Slack struct {
	App      slackapp.Config     `yaml:",inline"`
	Desk     slackdesk.Config    `yaml:"desk"`
	Channels slackchannel.Config `yaml:"customers"`
}

// KB says which engine searches the articles.
type KB struct {
	Engine      string       `yaml:"engine"` // bleve (default) or meilisearch
	Bleve       bleve.Config `yaml:"bleve"`
	Meilisearch meili.Config `yaml:"meilisearch"`
}

// The engines of the knowledge base.
const (
	Bleve       = "bleve"
	Meilisearch = "meilisearch"
)

const minSecret = 32 // characters

// Default is a configuration with what is used where the file says nothing.
func Default() Config {
	return Config{Data: "data", Log: Log{Level: "info", Format: "text"}, KB: KB{Engine: Bleve},
		Router: router.Config{Answers: router.DefaultAnswers()}}
}

func (c *Config) check(at check.At) {
	if n := len(c.Secret.Reveal()); n > 0 && n < minSecret {
		at.Key("secret").Error("openssl rand -hex 32", "the secret is shorter than %d characters", minSecret)
	}
	if !slices.Contains([]string{"", "debug", "info", "warn", "error"}, c.Log.Level) {
		at.Key("log").Key("level").Error("debug, info, warn or error", "%.20q is no level", c.Log.Level)
	}
	if !slices.Contains([]string{"", "text", "json"}, c.Log.Format) {
		at.Key("log").Key("format").Error("text or json", "%.20q is no format", c.Log.Format)
	}
	var db check.List
	c.StoreConfig().Check(db.Root())
	for _, f := range db.Faults {
		at.Key("database").Error(f.Mend, "%s", f.What)
	}
	c.Attachments.Check(at.Key("attachments"))
	full := *c // with the secrets that are derived when the gateway starts
	for _, own := range full.OwnSecrets() {
		if own.Secret.IsZero() {
			*own.Secret = secret.New(strings.Repeat("x", minSecret))
		}
	}
	full.Web.Check(at.Key("web"))
	c.Understand.Check(at.Key("understand"))
	full.Email.Check(at.Key("email"))
	full.Chat.Check(at.Key("chat"))
	c.Phone.Check(at.Key("phone"))
	if c.Slack.App.Enabled() {
		c.Slack.App.Check(at.Key("slack"))
		if u, err := url.Parse(c.Web.PublicURL); c.Slack.App.Installs() && c.Slack.App.APIURL == "" && (err != nil || u.Scheme != "https") {
			at.Key("web").Key("public_url").Error("https://…, whose /slack/oauth stands among the app's redirect URLs", "Slack sends whoever installs the app back to an https address only")
		}
		c.Slack.Desk.Check(at.Key("slack").Key("desk"))
		c.Slack.Channels.Check(at.Key("slack").Key("customers"))
	} else {
		at.Key("slack").Warn("set slack.app_token and slack.bot_token (or client_id and client_secret)", "there is no Slack: tickets are seen in the console only")
	}
	switch c.KB.Engine {
	case "", Bleve:
		c.KB.Bleve.Check(at.Key("kb").Key("bleve"))
	case Meilisearch:
		c.KB.Meilisearch.Check(at.Key("kb").Key("meilisearch"))
	default:
		at.Key("kb").Key("engine").Error("bleve or meilisearch", "%.20q is no engine", c.KB.Engine)
	}
	c.Router.Check(at)
	c.Router.Hint(at)
	c.checkBrands(at)
}

// checkBrands: an inbox belongs to a brand that there is.
func (c *Config) checkBrands(at check.At) {
	known := func(at check.At, brand string) {
		if brand != "" && !slices.ContainsFunc(c.Router.Brands, func(b ticket.Brand) bool { return b.Name == brand }) {
			at.Key("brand").Error("name one of brands", "there is no brand %.60q", brand)
		}
	}
	for i, l := range c.Email.Listeners {
		for j, r := range l.Recipients {
			known(at.Key("email").Key("listeners").Index(i).Key("recipients").Index(j), r.Brand)
		}
	}
	for i, m := range c.Email.Mailboxes {
		known(at.Key("email").Key("mailboxes").Index(i), m.Brand)
	}
	for i, in := range c.Chat.Inboxes {
		known(at.Key("chat").Key("inboxes").Index(i), in.Brand)
	}
	for i, l := range c.Phone.Lines {
		known(at.Key("phone").Key("lines").Index(i), l.Brand)
	}
	for i, r := range c.Slack.Channels.Channels {
		known(at.Key("slack").Key("customers").Key("channels").Index(i), r.Brand)
	}
}

// OwnSecret is a secret that one part signs with; when the file sets none it is derived.
type OwnSecret struct {
	Use    string // what it is for: part of the derivation, never changed
	Secret *secret.String
}

// OwnSecrets are the secrets that are derived when the file sets none.
func (c *Config) OwnSecrets() []OwnSecret {
	return []OwnSecret{{"chat sessions", &c.Chat.Secret}, {"console cookies", &c.Web.CookieSecret},
		{"page links", &c.Web.PageLinks},
		{"mail ids", &c.Email.Sending.Secret}, {"mail tokens", &c.Email.Tokens}, {"slack tokens", &c.Slack.App.Tokens}}
}

// StoreConfig is what the store needs of it.
func (c *Config) StoreConfig() store.Config {
	s := store.Config{DSN: c.Database.Reveal(), Data: c.Data}
	if live, err := router.NewLive(c.Router); err == nil { // Check tells of it
		s.Policy = live
	}
	return s
}

// resolve makes paths relative to the file's folder.
func (c *Config) resolve(dir string) {
	c.Data = beside(dir, cmp.Or(c.Data, "data"))
	if c.KB.Bleve.Path != "" {
		c.KB.Bleve.Path = beside(dir, c.KB.Bleve.Path)
	}
}

func beside(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
