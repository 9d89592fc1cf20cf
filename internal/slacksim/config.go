package slacksim

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Config is the workspace as it is at the start. The zero Config is a workspace with an app that may
// do everything and nobody in it; [Sample] is one with people.
type Config struct {
	Addr       string // where to listen; "" is a free port on the loopback
	Team       Team
	Partners   map[string]string // names of the workspaces, by id, with whom channels are shared
	Users      []User
	Channels   []Channel
	UserGroups []UserGroup
	App        App
	Workspaces []Workspace
	Rates      Rates
	Frugal     Frugal        // what it leaves out; the zero value is Slack
	AckTimeout time.Duration // how long an app has to acknowledge; 0 is Slack's 3 s
	// TriggerLife is how long after a click a view can be opened; 0 is Slack's 3 s.
	TriggerLife time.Duration
	Clock       Clock // nil is the wall clock
	// Witness, when set, is told of what passes: "shown", blocks that are in order; "view", a form or Home tab that is; and what is
	// on its way to the app, by the kind of its envelope. It must not keep or change what it gets, nor call back.
	Witness func(kind string, o Object)
	Log     *slog.Logger // nil discards
}

// Team is the workspace.
type Team struct {
	ID     string // "T…"
	Name   string
	Domain string
	// Enterprise is the organization's id, "E…"; "" when the workspace is in none. People's ids begin with W there.
	Enterprise string
	OrgWide    bool // the organization has installed the app, not the workspace
}

// User is a person, or another app's bot.
type User struct {
	ID       string // "U…"
	Name     string // the handle
	RealName string
	Email    string
	Title    string
	Locale   string // "en-US"
	TZ       string // "Europe/Berlin"
	Color    string // six hex digits
	Guest    bool   // a single-channel guest (is_restricted)
	Team     string // "T…" of another workspace, with whom a channel is shared; "" is this one
	Admin    bool
	Bot      bool
	Deleted  bool
	Away     bool
}

// Channel is a channel; members are ids or handles. The app's bot is a member only if it is named
// (by id, or as "@app").
type Channel struct {
	ID       string // "C…"
	Name     string
	Topic    string
	Purpose  string
	Private  bool
	Archived bool
	Members  []string
	// Shared are the ids of other workspaces of [Config.Workspaces] with whom it is shared by Slack Connect; members may be
	// of them, too, as "T0BETA:bo", and the app is one in each. Slack brings an event of it once, for one of them.
	Shared []string
	Twice  bool // events of a shared channel are brought for each workspace
}

// Workspace is another workspace in which the same app is installed, with a token and a bot user of its own.
type Workspace struct {
	Team       Team
	Users      []User
	Channels   []Channel
	UserGroups []UserGroup
	BotToken   string // "" is made of the team's id
	BotID      string // likewise
	BotUserID  string // likewise
	// Absent: the app is not installed there yet.
	Absent bool
}

// UserGroup is a group that can be mentioned.
type UserGroup struct {
	ID     string // "S…"
	Handle string
	Name   string
	Users  []string // ids or handles

	updated  time.Time // zero: as it was at the start
	disabled time.Time // zero: it is not
}

// App is the one app that is installed in the workspace.
type App struct {
	ID                string // "A…"
	Name              string
	BotID             string // "B…"
	BotUserID         string // "U…"
	BotToken          string // "xoxb-…"
	AppToken          string // "xapp-…", of scope connections:write
	SigningSecret     string
	VerificationToken string
	Scopes            []string // of the bot token; nil: all that the simulator knows
	Events            []string // subscriptions: "message.channels", "app_mention"; nil: all
	Commands          []Command
	Shortcuts         []Shortcut
	OAuth             OAuth    // how it is installed by its users; the zero value: it is not
	UnfurlDomains     []string // links to these hosts are told to the app, as link_shared
	RequestURL        string   // events, interactions and commands go there; "" is Socket Mode
}

// Command is a slash command of the app.
type Command struct {
	Command     string `json:"command"` // "/tier"
	Description string `json:"description"`
	UsageHint   string `json:"usage_hint"`
}

// Shortcut is a shortcut of the app.
type Shortcut struct {
	CallbackID string `json:"callback_id"`
	Name       string `json:"name"`
	Type       string `json:"type"` // "message" or "global"
}

// Rates are the rate limits. The zero value is Slack's own.
type Rates struct {
	Off   bool
	Tiers map[int]int // calls a minute of tiers 1 to 4; what is missing is Slack's: 1, 20, 50, 100
	Burst int         // messages at once in one channel before it is 1 a second; 0 is 10
	// Messages is how many a minute may be posted in the workspace, a fifth of them at once; 0 is 300.
	Messages int
}

// AllScopes are the bot scopes that the simulator knows.
func AllScopes() []string {
	return []string{"app_mentions:read", "bookmarks:read", "bookmarks:write", "channels:history", "channels:join",
		"channels:manage", "channels:read", "channels:write.invites", "chat:write", "chat:write.customize", "chat:write.public", "commands", "dnd:read",
		"files:read", "files:write", "groups:history", "groups:read", "groups:write.invites", "groups:write", "im:history", "im:read",
		"im:write", "links:read", "links:write", "metadata.message:read", "mpim:history", "mpim:read", "mpim:write",
		"pins:read", "pins:write", "reactions:read", "reactions:write", "team:read", "usergroups:read",
		"users:read", "users:read.email", "users:write"}
}

// Sample is a small support team: two of level 1, two of level 2, a lead, and two customers' people
// in a shared channel. Rate limits are off.
func Sample() Config {
	return Config{
		Team: Team{ID: "T0SIM", Name: "Sim Devices", Domain: "sim-devices"},
		Users: []User{
			{ID: "U1ANNA", Name: "anna", RealName: "Anna Schmidt", Email: "anna@support.example", Title: "Level 1", TZ: "Europe/Berlin"},
			{ID: "U1BEN", Name: "ben", RealName: "Ben Okafor", Email: "ben@support.example", Title: "Level 1", TZ: "Europe/London"},
			{ID: "U2CHLOE", Name: "chloe", RealName: "Chloé Martin", Email: "chloe@support.example", Title: "Level 2", TZ: "Europe/Paris"},
			{ID: "U2DEV", Name: "dev", RealName: "Dev Patel", Email: "dev@support.example", Title: "Level 2", TZ: "Europe/London"},
			{ID: "U3LEAD", Name: "lena", RealName: "Lena Vogel", Email: "lena@support.example", Title: "Team lead", TZ: "Europe/Berlin", Admin: true},
			{ID: "U9CARL", Name: "carl", RealName: "Carl Customer", Email: "carl@customer.example", Title: "Buyer at Customer Ltd", Guest: true},
			{ID: "U9DORA", Name: "dora", RealName: "Dora Client", Email: "dora@customer.example", Title: "Technician at Customer Ltd", Guest: true},
		},
		Channels: []Channel{
			{ID: "C0GENERAL", Name: "general", Members: []string{"anna", "ben", "chloe", "dev", "lena"}},
			{ID: "C0L1", Name: "support-l1", Topic: "Level 1", Members: []string{"anna", "ben", "lena", "@app"}},
			{ID: "C0L2", Name: "support-l2", Topic: "Level 2", Members: []string{"chloe", "dev", "lena", "@app"}},
			{ID: "C0CUST", Name: "customer-ltd", Topic: "Shared with Customer Ltd", Members: []string{"anna", "carl", "dora", "@app"}},
			{ID: "C0PRIV", Name: "leads", Private: true, Members: []string{"lena"}},
		},
		UserGroups: []UserGroup{{ID: "S0L2", Handle: "level2", Name: "Level 2", Users: []string{"chloe", "dev"}}},
		App: App{
			Commands: []Command{{Command: "/tier", Description: "Tickets from anywhere", UsageHint: "help"}},
			Shortcuts: []Shortcut{{CallbackID: "ask_writer", Name: "Ask the writer", Type: "message"},
				{CallbackID: "make_ticket", Name: "Make a ticket of this", Type: "message"}, {CallbackID: "add_to_ticket", Name: "Add to a ticket", Type: "message"},
				{CallbackID: "ask_kb", Name: "Ask the knowledge base", Type: "message"}, {CallbackID: "page_level2", Name: "Page level 2", Type: "message"},
				{CallbackID: "new_ticket_global", Name: "New ticket", Type: "global"}, {CallbackID: "next_case", Name: "Next case", Type: "global"},
				{CallbackID: "note_ticket", Name: "Note on a ticket", Type: "global"}, {CallbackID: "ask_kb_global", Name: "Ask the knowledge base", Type: "global"},
				{CallbackID: "page_level2_global", Name: "Page level 2", Type: "global"}},
		},
		Rates: Rates{Off: true},
	}
}

func (c *Config) fill() {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&c.Addr, "127.0.0.1:0")
	set(&c.Team.ID, "T0SIM")
	set(&c.Team.Name, "Simulated workspace")
	set(&c.Team.Domain, "simulated")
	a := &c.App
	set(&a.ID, "A0TIERLINE")
	set(&a.Name, "Tierline")
	set(&a.BotID, "B0TIERLINE")
	set(&a.BotUserID, "U0TIERLINE")
	set(&a.BotToken, "xoxb-simulated-bot")
	set(&a.AppToken, "xapp-1-simulated-app")
	set(&a.SigningSecret, "simulated-signing-secret")
	set(&a.VerificationToken, "simulated-verification-token")
	if a.Scopes == nil {
		a.Scopes = AllScopes()
	}
	if c.AckTimeout == 0 {
		c.AckTimeout = 3 * time.Second
	}
	if c.TriggerLife == 0 {
		c.TriggerLife = 3 * time.Second
	}
	if c.Clock == nil {
		c.Clock = wallClock{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// seed builds the workspace from the configuration.
func (s *Server) seed() error {
	for i, u := range s.cfg.Users {
		if u.ID == "" || u.Name == "" {
			return fmt.Errorf("slacksim: user %d needs an ID and a Name", i)
		}
		if s.users[u.ID] != nil || s.userBy(u.Name) != nil {
			return fmt.Errorf("slacksim: user %s (%s) is there twice", u.ID, u.Name)
		}
		s.addUser(u)
	}
	a := s.cfg.App
	s.addUser(User{ID: a.BotUserID, Name: handle(a.Name), RealName: a.Name, Bot: true, Color: "4a154b"})
	s.users[a.BotUserID].app = true
	for i, c := range s.cfg.Channels {
		if c.ID == "" || c.Name == "" {
			return fmt.Errorf("slacksim: channel %d needs an ID and a Name", i)
		}
		if s.channels[c.ID] != nil || s.channelNamed(c.Name) != nil {
			return fmt.Errorf("slacksim: channel %s (%s) is there twice", c.ID, c.Name)
		}
		ch := s.addChannel(&channel{id: c.ID, name: c.Name, private: c.Private, archived: c.Archived, topic: c.Topic, purpose: c.Purpose})
		for _, m := range c.Members {
			if strings.Contains(m, ":") && len(c.Shared) > 0 {
				continue // comes with the other workspace
			}
			u := s.member(m)
			if u == nil {
				return fmt.Errorf("slacksim: channel %s: there is no user %q", c.Name, m)
			}
			ch.join(u.ID)
		}
	}
	for i := range s.cfg.UserGroups {
		g := s.cfg.UserGroups[i]
		users := make([]string, 0, len(g.Users))
		for _, m := range g.Users {
			u := s.member(m)
			if u == nil {
				return fmt.Errorf("slacksim: user group %s: there is no user %q", g.Handle, m)
			}
			users = append(users, u.ID)
		}
		g.Users = users
		s.groups = append(s.groups, g)
	}
	return nil
}
