package slackchannel

import (
	"slices"
	"strings"
	"time"

	"tierline/config/check"
	"tierline/customer"
)

// Config names the Slack channels in which customers ask.
type Config struct {
	Channels []Room `yaml:"channels"`
	// Organizations are those of other workspaces with which channels are shared, by the workspace's id: a mail
	// domain of theirs. Without it an organization is known by the mail address in a person's profile, or by its
	// workspace.
	Organizations map[string]string `yaml:"organizations"`
	// Reactions are the emoji of agents that customers see on what they wrote; others stay among colleagues.
	// Default eyes, white_check_mark, +1, pray, heart, tada.
	Reactions []string      `yaml:"reactions"`
	Every     time.Duration `yaml:"every"`    // how often to look for what was missed, beside each reconnect; default 1h
	LookBack  time.Duration `yaml:"lookback"` // how old a thread may be whose missed answers are looked for; default 168h
}

// The ways in which something that is said in a channel becomes a ticket. What is said in the thread of a
// ticket belongs to it, whichever of them are chosen.
const (
	OpenMessage = "message" // every message outside of threads
	OpenMention = "mention" // a message that mentions the app
	OpenEmoji   = "emoji"   // a message on which anybody puts Room.Emoji
	OpenForm    = "form"    // the form behind the button that stands in the channel
)

// Room is one Slack channel with customers in it.
type Room struct {
	Channel      string   `yaml:"channel"`      // its id or its name, or workspace/#name; the app must be a member
	Inbox        string   `yaml:"inbox"`        // default: the channel as it is named here
	Brand        string   `yaml:"brand"`        // "" is the default brand
	Open         []string `yaml:"open"`         // message, mention, emoji, form; default message
	Emoji        string   `yaml:"emoji"`        // default ticket
	Organization string   `yaml:"organization"` // a mail domain of the organization whose people write here
	Language     string   `yaml:"language"`     // of the form's button: en, de, fr; default en
	Faceless     bool     `yaml:"faceless"`     // answers bear the app's name, not the agent's name and picture
	Silent       bool     `yaml:"silent"`       // who asks is not told that it has come in
}

func (r Room) opens(how string) bool { return slices.Contains(r.Open, how) }

// Enabled says whether there is anything to do.
func (c Config) Enabled() bool { return len(c.Channels) > 0 }

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	seen := map[string]bool{}
	for i, r := range c.Channels {
		a := at.Key("channels").Index(i)
		switch {
		case r.Channel == "":
			a.Key("channel").Error("a channel's name or id", "no channel is named")
		case seen[r.Channel]:
			a.Key("channel").Error("name each channel once", "%.80s is named twice", r.Channel)
		}
		seen[r.Channel] = true
		if where, name, ok := strings.Cut(r.Channel, "/"); ok && (where == "" || strings.Trim(name, "#/ ") == "") {
			a.Key("channel").Error("workspace/#channel, such as acme/#support", "%.80q names no channel in another workspace", r.Channel)
		}
		for n, how := range r.Open {
			if how != OpenMessage && how != OpenMention && how != OpenEmoji && how != OpenForm {
				a.Key("open").Index(n).Error("message, mention, emoji or form", "%.40q opens nothing", how)
			}
		}
		if _, ok := says[r.Language]; !ok && r.Language != "" {
			a.Key("language").Error("en, de or fr", "there are no texts in %.20q", r.Language)
		}
		domain(a.Key("organization"), r.Organization)
	}
	for team, d := range c.Organizations {
		a := at.Key("organizations").Key(team)
		if !strings.HasPrefix(team, "T") && !strings.HasPrefix(team, "E") {
			a.Error("an id such as T0123ABCD", "%.40q is no workspace's id", team)
		}
		domain(a, d)
	}
	if c.Every != 0 && c.Every < time.Minute {
		at.Key("every").Error("such as 1h", "%v is too often for Slack's limits", c.Every)
	}
	if c.LookBack < 0 {
		at.Key("lookback").Error("such as 168h", "%v is no time", c.LookBack)
	}
}

func domain(at check.At, d string) {
	switch {
	case d == "":
	case strings.ContainsAny(d, "@ /:") || !strings.Contains(d, "."):
		at.Error("such as customer.example", "%.80q is no mail domain", d)
	case customer.SharedDomain(d):
		at.Error("a domain of the organization's own", "people of many organizations have addresses at %.80s", d)
	}
}

func (c Config) withDefaults() Config {
	if c.Every == 0 {
		c.Every = time.Hour
	}
	if c.LookBack == 0 {
		c.LookBack = 7 * 24 * time.Hour
	}
	if c.Reactions == nil {
		c.Reactions = []string{"eyes", "white_check_mark", "+1", "pray", "heart", "tada"}
	}
	rooms := make([]Room, len(c.Channels))
	for i, r := range c.Channels {
		if r.Inbox == "" {
			r.Inbox = r.Channel
		}
		if len(r.Open) == 0 {
			r.Open = []string{OpenMessage}
		}
		if r.Emoji = strings.Trim(r.Emoji, ":"); r.Emoji == "" {
			r.Emoji = "ticket"
		}
		rooms[i] = r
	}
	c.Channels = rooms
	return c
}
