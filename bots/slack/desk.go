// Package slackdesk is the agents' desk in Slack: one card a ticket in its tier's channel, whose
// thread is the conversation.
//
// What happens when things fail: cards, messages and pages are shown by jobs of the outbox; when
// Slack does not take them the error says whether to try again, and a later try looks for what an
// earlier one may have posted, by its metadata, before it posts again. A click is persisted before it
// is acknowledged; when that fails, the one who clicked is told why, privately. What is typed in a
// card's thread is an internal note and never reaches the customer, unless it is sent on purpose; it is
// acknowledged after it is persisted, else Slack delivers it again, and its place, or its client_msg_id, keeps it from being noted twice.
// Whoever is not staff, or is a guest, can do nothing and is told so.
package slackdesk

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/config/check"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Config is how the desk behaves.
type Config struct {
	Command string `yaml:"command"` // the slash command; default /tier
	// Emoji is the name, without colons, of the emoji by which staff make a ticket of a message; default ticket, "none" for none.
	Emoji string `yaml:"emoji"`
}

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	if c.Command != "" && (!strings.HasPrefix(c.Command, "/") || len(c.Command) > 32 || strings.ContainsAny(c.Command, " \t")) {
		at.Key("command").Error("such as /tier", "%.40q is no slash command", c.Command)
	}
	if strings.ContainsAny(c.Emoji, ": \t\n") || len(c.Emoji) > 100 {
		at.Key("emoji").Error("its name without colons, such as ticket; none for none", "%.40q is no emoji's name", c.Emoji)
	}
}

// Deps are what the desk works with. Now and Log have defaults.
type Deps struct {
	App     *slackapp.App
	Backend bots.Backend
	Blobs   ticket.Blobs
	Cursors ticket.Cursors // nil: what is typed while there is no connection is not looked for
	Changes ticket.Changes // nil: Home tabs are drawn when they are opened and used only
	// Console makes a link that signs an agent in to the console, once; nil: there is none.
	Console func(agent string) (string, error)
	// Sign is told that an agent has opened a case, or writes an answer. It must not wait; nil: nobody is told.
	Sign func(ticket.ID, ticket.Sign)
	Log  *slog.Logger
	Now  func() time.Time
}

// Desk implements [bots.Desk].
type Desk struct {
	cfg     Config
	app     *slackapp.App
	back    bots.Backend
	blob    ticket.Blobs
	changes ticket.Changes
	cursors ticket.Cursors
	wake    chan struct{} // the connection is there again
	seen    seen
	homes   homes
	console func(agent string) (string, error)
	sign    func(ticket.ID, ticket.Sign)
	typists chan ticket.ID            // customers of these write just now
	theirs  func(channel string) bool // it is a customers' channel; nil: none is
	taken   taken
	typing  drafts
	log     *slog.Logger
	now     func() time.Time
	wg      sync.WaitGroup
	busy    chan struct{} // bounds what is done after an acknowledgement

	hush   hush
	groups chan struct{} // has one when Slack has told of a change of user groups

	mu      sync.Mutex
	trouble map[string]hindrance // by tier: why its channel cannot be written to
}

var _ bots.Desk = (*Desk)(nil)

// maxBusy is how many things are done at once after their acknowledgement.
const maxBusy = 64

// New makes a desk and registers it for what Slack brings. App.Run brings it.
func New(cfg Config, d Deps) *Desk {
	if cfg.Command == "" {
		cfg.Command = "/tier"
	}
	if cfg.Emoji == "" {
		cfg.Emoji = emojiDefault
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Sign == nil {
		d.Sign = func(ticket.ID, ticket.Sign) {}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	k := &Desk{cfg: cfg, app: d.App, back: d.Backend, blob: d.Blobs, log: d.Log, now: d.Now, busy: make(chan struct{}, maxBusy),
		groups: make(chan struct{}, 1), changes: d.Changes, cursors: d.Cursors, console: d.Console, wake: make(chan struct{}, 1), homes: homes{list: map[string]*oneHome{}},
		trouble: map[string]hindrance{}, sign: d.Sign, typists: make(chan ticket.ID, maxTypists)}
	k.app.StaffIn(func() (channels []string) {
		for _, t := range d.Backend.Tiers() {
			channels = append(channels, t.Place)
		}
		return channels
	})
	k.app.OnInteraction(k.interact)
	for _, h := range k.hears() {
		k.app.OnEvent(h.event, h.do)
	}
	k.app.OnConnect(k.connected)
	k.app.OnCommand(cfg.Command, k.command)
	return k
}

// heard is what is done about a type of event.
type heard struct {
	event string
	do    func(context.Context, slackapp.Event) error
}

// hears are all events that the desk acts on. Of one type they are handled in this order.
func (k *Desk) hears() []heard {
	list := []heard{
		{"message", k.typed}, {"message", k.amended}, {"message", k.cardGone},
		{"member_joined_channel", k.joined},
		{"reaction_added", k.marked}, {"reaction_removed", k.marked}, {"reaction_added", k.reacted},
		{"link_shared", k.shared},
		{"app_home_opened", k.home}, {"user_change", k.userChanged}, {"dnd_updated_user", k.dndChanged},
	}
	for _, e := range channelEvents {
		list = append(list, heard{e, k.channelChanged})
	}
	for _, e := range []string{"subteam_created", "subteam_members_changed", "subteam_updated"} {
		list = append(list, heard{e, k.groupChanged})
	}
	return list
}

// CustomersIn says by which channels customers reach us, by their ids: an emoji there is not the desk's to act on. It is
// called before Run.
func (k *Desk) CustomersIn(is func(channel string) bool) { k.theirs = is }

// Name is "slack".
func (k *Desk) Name() string { return "slack" }

// Ready is nil while Slack's events come in and the tiers' channels can be written to.
func (k *Desk) Ready() error {
	if err := k.app.Ready(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, h := range k.trouble {
		return h.err
	}
	return nil
}

// Away says why Slack cannot be written to at all, or nil.
func (k *Desk) Away(ctx context.Context) error { return k.app.Away(ctx) }

// Run waits for ctx, then for what is still being told to people.
func (k *Desk) Run(ctx context.Context) error {
	if k.cursors != nil {
		k.wg.Go(func() { k.lookOut(ctx) })
	}
	k.wg.Go(func() { k.showTypists(ctx) })
	if k.changes != nil {
		k.follow(ctx)
	}
	<-ctx.Done()
	k.wg.Wait()
	return nil
}

// after does what need not be waited for by an acknowledgement: showing a modal, telling somebody. It is false when there
// is too much of that, and it is not done.
func (k *Desk) after(what string, f func(ctx context.Context) error) bool {
	select {
	case k.busy <- struct{}{}:
	default:
		k.log.Error("slack: too busy to answer a click", "what", what)
		return false
	}
	k.wg.Go(func() {
		defer func() { <-k.busy }()
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := f(ctx); err != nil {
			k.log.Warn("slack: "+what, "error", err)
		}
	})
	return true
}

// tell says something to one person, privately.
func (k *Desk) tell(channel, user, thread, text string) {
	if channel == "" {
		return
	}
	k.after("cannot tell somebody", func(ctx context.Context) error {
		return k.app.Ephemeral(ctx, channel, user, thread, slackapp.Escape(slackapp.Cut(text, maxFallback/2)))
	})
}

// sorry tells somebody why what they wanted did not happen.
func (k *Desk) sorry(channel, user, thread string, err error) {
	k.tell(channel, user, thread, k.inWords(user, err))
}

// inWords is the one way in which errors become words here; faults of ours are logged.
func (k *Desk) inWords(user string, err error) string {
	if kind := ticket.KindOf(err); kind == ticket.Internal || kind == ticket.Transient {
		k.log.Error("slack: what somebody wanted failed", "user", user, "error", err)
	}
	return explain(err)
}

func explain(err error) string {
	if ticket.KindOf(err) == ticket.Conflict {
		return "This has changed meanwhile. " + ticket.Explain(err)
	}
	return ticket.Explain(err)
}

// agent is the member of staff behind a Slack user; Denied for everybody else, guests above all.
func (k *Desk) agent(ctx context.Context, user string) (ticket.Agent, error) {
	u, err := k.app.User(ctx, user)
	switch {
	case err != nil: // who is known by id need not wait for Slack
		a, e := k.back.AgentBy(user, "")
		if e != nil && ticket.KindOf(err) != ticket.NotFound {
			return a, err
		}
		return a, e
	case u.Guest || u.Bot || u.Deleted:
		return ticket.Agent{}, ticket.Errorf("slackdesk.agent", ticket.Denied, "Guests and apps cannot work on tickets.")
	}
	return k.back.AgentBy(nonEmpty(u.ID, user), address(u))
}

// address is by what somebody may be known as staff, beside their id.
func address(u slackapp.User) string {
	if !u.Vouched {
		return ""
	}
	return u.Email
}

// userOf is the Slack user of a member of staff.
func (k *Desk) userOf(ctx context.Context, a ticket.Agent) (string, error) {
	if a.Slack != "" {
		return a.Slack, nil
	}
	if a.Email == "" {
		return "", ticket.Errorf("slackdesk.page", ticket.Invalid, "%s has neither a Slack id nor a mail address in the configuration.", a.Name)
	}
	u, err := k.app.UserByEmail(ctx, a.Email)
	if ticket.KindOf(err) == ticket.NotFound {
		return "", ticket.Errorf("slackdesk.page", ticket.Invalid, "Nobody in Slack has the mail address of %s.", a.Name)
	}
	return u.ID, err
}

// place is where something stands: see [slackapp.Place].
func place(channel, ts string) string { return slackapp.Place(channel, ts) }

func parsePlace(s string) (channel, ts string, err error) {
	channel, ts, ok := slackapp.SplitPlace(s)
	if !ok {
		return "", "", ticket.E("slackdesk", ticket.Invalid, errors.New("no place in Slack: "+s))
	}
	return channel, ts, nil
}

// submitted is what was typed into a modal's input.
func submitted(v slack.View, id string) string {
	if v.State == nil {
		return ""
	}
	for _, a := range v.State.Values[id] {
		if a.Value != "" {
			return a.Value
		}
		return a.SelectedOption.Value
	}
	return ""
}

// submittedTime is the time that was chosen in a modal; zero when none was.
func submittedTime(v slack.View, id string) time.Time {
	if v.State != nil {
		for _, a := range v.State.Values[id] {
			if a.SelectedDateTime > 0 {
				return time.Unix(a.SelectedDateTime, 0).UTC()
			}
		}
	}
	return time.Time{}
}
