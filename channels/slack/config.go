package slackchannel

import (
	"time"

	"tierline/config/check"
)

// Config names the Slack channels in which customers ask.
type Config struct {
	Channels []Room        `yaml:"channels"`
	Every    time.Duration `yaml:"every"`    // how often to look for what was missed, beside each reconnect; default 1h
	LookBack time.Duration `yaml:"lookback"` // how old a thread may be whose missed answers are looked for; default 168h
}

// Room is one Slack channel with customers in it.
type Room struct {
	Channel string `yaml:"channel"` // its id or its name; the app must be a member
	Inbox   string `yaml:"inbox"`   // default: the channel as it is named here
	Brand   string `yaml:"brand"`   // "" is the default brand
}

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
	}
	if c.Every != 0 && c.Every < time.Minute {
		at.Key("every").Error("such as 1h", "%v is too often for Slack's limits", c.Every)
	}
	if c.LookBack < 0 {
		at.Key("lookback").Error("such as 168h", "%v is no time", c.LookBack)
	}
}

func (c Config) withDefaults() Config {
	if c.Every == 0 {
		c.Every = time.Hour
	}
	if c.LookBack == 0 {
		c.LookBack = 7 * 24 * time.Hour
	}
	rooms := make([]Room, len(c.Channels))
	for i, r := range c.Channels {
		if r.Inbox == "" {
			r.Inbox = r.Channel
		}
		rooms[i] = r
	}
	c.Channels = rooms
	return c
}
