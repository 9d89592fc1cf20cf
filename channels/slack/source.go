// Package slackchannel takes what customers write in Slack channels, and answers in their threads.
//
// What happens when things fail: an event is acknowledged after its message was committed; else Slack
// delivers it again, and the message's place ("C123/1700000000.000100") makes a redelivery harmless.
// What was said, changed or marked while there was no connection is read from the channel's history, from a
// cursor that moves only when all before it is committed: at the start, after each reconnect and every so often.
// (What was deleted meanwhile, or changed in a thread without a newer answer, the history does not tell.)
// An answer carries metadata; a try that may not be the first looks for it before it posts, so the
// customer sees it once. What staff write in the thread of a ticket is an answer that the customer has; anything
// else of theirs, and messages of bots, are left alone.
package slackchannel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Deps are what the channel works with. Agent, Log and Now have defaults.
type Deps struct {
	App     *slackapp.App
	Blobs   ticket.Blobs
	Cursors ticket.Cursors
	Tickets Tickets
	// Agent is the member of staff with a Slack user id, or a mail address; Denied when it is none. Default: nobody is.
	Agent func(userID, email string) (ticket.Agent, error)
	// Colleague is the member of staff with an id of ours; zero when there is none. Default: nobody is.
	Colleague func(id string) ticket.Agent
	Log       *slog.Logger
	Now       func() time.Time
}

// Channel implements [channels.Source] and [channels.Sender].
type Channel struct {
	cfg  Config
	d    Deps
	wake chan struct{}

	mu    sync.Mutex
	in    ticket.Intake   // nil unless Run is at work
	rooms map[string]Room // by id, as far as they were found
	fault error
}

var (
	_ channels.Source = (*Channel)(nil)
	_ channels.Sender = (*Channel)(nil)

	_ channels.Amender = (*Channel)(nil)
)

// New makes the channel and registers it for what Slack brings. App.Run brings it.
func New(cfg Config, d Deps) *Channel {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Agent == nil {
		d.Agent = func(string, string) (ticket.Agent, error) {
			return ticket.Agent{}, ticket.Errorf("slack", ticket.Denied, "Nobody is staff.")
		}
	}
	if d.Colleague == nil {
		d.Colleague = func(string) ticket.Agent { return ticket.Agent{} }
	}
	c := &Channel{cfg: cfg.withDefaults(), d: d, wake: make(chan struct{}, 1), rooms: map[string]Room{}, fault: errStopped}
	d.App.OnEvent("message", c.event)
	d.App.OnEvent("reaction_added", c.marked)
	d.App.OnEvent("reaction_removed", c.marked)
	d.App.OnForm(prefix, c.interact)
	d.App.OnConnect(c.nudge)
	return c
}

// nudge has what was missed be looked for now.
func (c *Channel) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Name is "slack".
func (c *Channel) Name() string { return channels.Slack }

// Ready is nil while messages can come in.
func (c *Channel) Ready() error {
	if err := c.d.App.Ready(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// Run takes messages in until ctx ends.
func (c *Channel) Run(ctx context.Context, in channels.Intake) error {
	c.set(in)
	defer c.set(nil)
	const soon, late = 2 * time.Second, time.Minute
	wait := soon
	left := map[string]bool{} // the channels that could not be read; the others need not be again
	for ctx.Err() == nil {
		fault, err := c.catchUp(ctx, left)
		next := c.cfg.Every
		if err != nil && ctx.Err() == nil {
			c.d.Log.Warn("slack: cannot look for missed messages", "error", err)
			next = max(wait, ticket.RetryAfter(err))
			wait = min(2*wait, late)
		} else {
			wait = soon
		}
		if ctx.Err() == nil {
			c.mu.Lock()
			c.fault = fault
			c.mu.Unlock()
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-c.wake:
			clear(left)
		case <-t.C:
		}
		t.Stop()
	}
	return nil
}

// errStopped is why nothing comes in before Run has found its channels, and after it has ended.
var errStopped = ticket.Errorf("slack", ticket.Transient, "The customers' channels in Slack are not being read.")

func (c *Channel) set(in ticket.Intake) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in, c.fault = in, errStopped
}

// room is the configured channel of an id, and the intake to give its messages to.
func (c *Channel) room(id string) (Room, ticket.Intake, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.rooms[id]
	return r, c.in, ok
}

// Has says whether a Slack channel, by its id, is one of the customers': what opens a ticket there is this channel's to say.
func (c *Channel) Has(id string) bool {
	_, _, ok := c.room(id)
	return ok
}

// event takes one message, or a change of one, as Slack brings it.
func (c *Channel) event(ctx context.Context, ev slackapp.Event) error {
	m := ev.Message
	r, in, ok := c.room(m.Channel)
	if !ok { // of a channel that is not found yet, the history will tell
		ts, thread := spoken(m)
		if _, _, _, amends := m.Amendment(); ts == "" || thread == ts && !amends {
			return nil
		}
		var err error
		if r, in, ok, err = c.outside(ctx, m.Channel, thread); err != nil || !ok {
			return err
		}
	}
	if in == nil {
		return errStopped
	}
	if now, gone, at, ok := m.Amendment(); ok {
		return c.amended(ctx, in, r, now, gone, at)
	}
	return c.take(ctx, in, r, *m)
}

// take commits one message, unless it is none of a customer's, or none that asks.
func (c *Channel) take(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message) error {
	self, err := c.d.App.Self(ctx, m.Channel)
	if err != nil {
		return err
	}
	if _, _, form := ask(self, m); !form && !m.Human() {
		return nil
	} else if !form {
		asks := r.opens(OpenMention) && strings.Contains(m.Text, "<@"+self.User)
		if thread := m.Thread(); thread != m.TS {
			_, err := c.known(ctx, m.Channel, thread)
			if ticket.KindOf(err) == ticket.NotFound {
				if asks {
					return c.open(ctx, in, r, m)
				}
				if !r.opens(OpenMessage) {
					return nil // they talk to each other
				}
			} else if err != nil {
				return err
			}
		} else if !asks && !r.opens(OpenMessage) {
			return nil
		}
	}
	return c.accept(ctx, in, r, m)
}

// maxBefore is how much of a thread becomes part of the ticket that is made in the middle of it.
const maxBefore = 50

// open makes a ticket of the thread in which m stands: of m, and what was said there before it.
func (c *Channel) open(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message) error {
	var before []slackapp.Message
	if thread := m.Thread(); thread != m.TS {
		_, err := c.d.App.Read(ctx, slackapp.Range{Channel: m.Channel, Thread: thread, Latest: m.TS, Limit: maxHistory}, func(old slackapp.Message) bool {
			if old.TS < m.TS {
				before = append(before, old)
			}
			return true
		})
		if err != nil && ticket.KindOf(err) != ticket.NotFound {
			return err
		}
		if n := len(before); n > maxBefore { // its beginning, and the newest
			before = append(before[:1:1], before[n-maxBefore+1:]...)
		}
	}
	for _, old := range append(before, m) {
		if err := c.accept(ctx, in, r, old); err != nil {
			return err
		}
	}
	return nil
}

// accept commits one message: a customer's as a contact, one of staff as an answer.
func (c *Channel) accept(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message) error {
	who, err := c.who(ctx, m)
	if err != nil || who.none() {
		return err
	}
	if who.staff.ID != "" {
		return c.answered(ctx, who.staff, m)
	}
	contact, err := c.contact(ctx, r, m, who)
	if err != nil {
		return err
	}
	done, err := in.Accept(ctx, []ticket.Inbound{contact})
	if ticket.KindOf(err) == ticket.Invalid {
		return c.quarantine(ctx, in, r, m, err)
	}
	if err == nil && done[0].Opened && !r.Silent {
		w := wordsFor(who.user.Locale, r.Language)
		c.whisper(ctx, m, who.user.ID, fmt.Sprintf(w.Have, done[0].Ticket))
	}
	return err
}

// whisper tells one person something that nobody else sees. It does not matter enough to be tried again.
func (c *Channel) whisper(ctx context.Context, m slackapp.Message, user, text string) {
	if err := c.d.App.Ephemeral(ctx, m.Channel, user, m.Thread(), ":white_check_mark: "+text); err != nil {
		c.d.Log.Info("slack: a customer is not told that their message has come in", "channel", m.Channel, "error", err)
	}
}

// answered notes what one of staff has written in the thread of a ticket. Elsewhere it is none of ours.
func (c *Channel) answered(ctx context.Context, by ticket.Agent, m slackapp.Message) error {
	if m.Thread() == m.TS {
		return nil
	}
	if _, err := c.known(ctx, m.Channel, m.TS); ticket.KindOf(err) != ticket.NotFound {
		return err // it is there
	}
	ref, err := c.known(ctx, m.Channel, m.Thread())
	if ticket.KindOf(err) == ticket.NotFound {
		return nil
	}
	if err == nil {
		err = by.May(ticket.ActReply)
	}
	if err == nil {
		at := place(m.Channel, m.TS)
		a := ticket.Action{Kind: ticket.ActReply, Ticket: ref.Ticket, By: by.Actor(), Key: "slack:said:" + at, External: at, Text: c.plain(ctx, m.Text)}
		if a.Attachments, _, err = c.d.App.Fetch(ctx, c.d.Blobs, m.Files); err == nil {
			_, err = c.d.Tickets.Act(ctx, a)
		}
	}
	if kind := ticket.KindOf(err); kind == ticket.Invalid || kind == ticket.Denied || kind == ticket.Conflict {
		c.d.Log.Warn("slack: what staff have written to a customer is not in the ticket", "ticket", ref.Ticket, "place", place(m.Channel, m.TS), "error", err)
		return nil
	}
	return err
}

// writer is who wrote something.
type writer struct {
	user  slackapp.User
	team  string
	staff ticket.Agent // zero: a customer
}

// none says that nobody wrote it who counts: it was a bot, or we ourselves.
func (w writer) none() bool { return w.user.ID == "" }

func (w writer) actor() ticket.Actor {
	if w.staff.ID != "" {
		return w.staff.Actor()
	}
	return ticket.Actor{Kind: ticket.ByCustomer, ID: w.team + "/" + slackapp.Bare(w.user.ID), Name: w.user.Name}
}

func (c *Channel) who(ctx context.Context, m slackapp.Message) (w writer, err error) {
	self, err := c.d.App.Self(ctx, m.Channel)
	if err != nil {
		return w, err
	}
	id, team := m.User, firstOf(m.UserTeam, m.Team)
	if user, of, ok := ask(self, m); ok {
		id, team = user, of
	}
	if id == "" || id == self.User {
		return w, nil
	}
	u, err := c.d.App.User(ctx, id)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return w, err
	}
	if u.Bot {
		return w, nil
	}
	u.ID = firstOf(u.ID, id)
	w.user, w.team = u, firstOf(u.Team, team, self.Team)
	mail := u.Email
	if !u.Vouched {
		mail = "" // it may be anybody's there
	}
	if a, err := c.d.Agent(u.ID, mail); err == nil {
		w.staff = a
	}
	return w, nil
}

// contact turns a customer's message into what the store accepts.
func (c *Channel) contact(ctx context.Context, r Room, m slackapp.Message, who writer) (in ticket.Inbound, err error) {
	self, err := c.d.App.Self(ctx, m.Channel)
	if err != nil {
		return in, err
	}
	thread := place(m.Channel, m.Thread())
	text := c.plain(ctx, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(m.Text), "<@"+self.User+">")))
	in = ticket.Inbound{
		Channel: channels.Slack, Inbox: r.Inbox, Brand: r.Brand, External: place(m.Channel, m.TS),
		Threads: []ticket.ThreadKey{{By: "session", Key: thread, Proof: true}},
		From:    customer.Identity{Kind: customer.Slack, Value: who.team + "/" + slackapp.Bare(who.user.ID), Name: who.user.Name},
		Text:    text, At: slackapp.At(m.TS), Proven: channels.Slack, Belongs: c.belongs(ctx, r, m.Channel, who, self),
	}
	if _, _, form := ask(self, m); form {
		if about, rest, ok := strings.Cut(strings.TrimPrefix(text, "*"), "*\n"); ok {
			in.Subject, in.Text = about, rest
		}
	}
	if m.Thread() != m.TS {
		in.References = []string{thread}
	}
	if mail, err := (customer.Identity{Kind: customer.Email, Value: who.user.Email, Name: who.user.Name}).Normal(); err == nil {
		in.With = append(in.With, mail)
	}
	if len(m.Files) > 0 {
		in.Attachments, in.Warnings, err = c.d.App.Fetch(ctx, c.d.Blobs, m.Files)
	}
	return in, err
}

// belongs is the organization of somebody who writes here: that of the channel or of their workspace, as it is
// configured; else that of their mail address; else their workspace, when it is not ours.
func (c *Channel) belongs(ctx context.Context, r Room, channel string, who writer, self slackapp.Self) ticket.Belongs {
	if d := firstOf(r.Organization, c.cfg.Organizations[who.team]); d != "" {
		return ticket.Belongs{Domain: d}
	}
	if mail, err := (customer.Identity{Kind: customer.Email, Value: who.user.Email}).Normal(); err == nil && !customer.SharedDomain(mail.Domain()) {
		return ticket.Belongs{Domain: mail.Domain()}
	}
	if who.team == self.Team && c.d.App.AtHome(who.team) {
		return ticket.Belongs{}
	}
	return ticket.Belongs{Domain: "slack:" + who.team, Name: c.d.App.TeamName(ctx, channel, who.team)}
}

func (c *Channel) plain(ctx context.Context, text string) string {
	return slackapp.Plain(text, func(id string) string {
		u, err := c.d.App.User(ctx, id)
		if err != nil {
			return ""
		}
		return u.Name
	})
}

// quarantine keeps a message that the store does not take.
func (c *Channel) quarantine(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message, why error) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	sum, size, err := c.d.Blobs.Put(ctx, bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	return in.Quarantine(ctx, ticket.Quarantined{Channel: channels.Slack, Inbox: r.Inbox, External: place(m.Channel, m.TS),
		Reason: "refused", Detail: ticket.Explain(why), Blob: sum, Size: size, At: c.d.Now()})
}

func place(channel, ts string) string { return slackapp.Place(channel, ts) }

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
