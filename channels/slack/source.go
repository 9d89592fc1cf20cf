// Package slackchannel takes what customers write in Slack channels, and answers in their threads.
//
// What happens when things fail: an event is acknowledged after its message was committed; else Slack
// delivers it again, and the message's place ("C123/1700000000.000100") makes a redelivery harmless.
// What was said while there was no connection is read from the channel's history, from a cursor that
// moves only when all before it is committed: at the start, after each reconnect and every so often.
// An answer carries metadata; a try that may not be the first looks for it before it posts, so the
// customer sees it once. Messages of staff and of bots are left alone.
package slackchannel

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Deps are what the channel works with. Staff, Log and Now have defaults.
type Deps struct {
	App     *slackapp.App
	Blobs   ticket.Blobs
	Cursors ticket.Cursors
	Staff   func(userID, email string) bool // whose messages are no contacts of customers
	Log     *slog.Logger
	Now     func() time.Time
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
)

// New makes the channel and registers it for what Slack brings. App.Run brings it.
func New(cfg Config, d Deps) *Channel {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Staff == nil {
		d.Staff = func(string, string) bool { return false }
	}
	c := &Channel{cfg: cfg.withDefaults(), d: d, wake: make(chan struct{}, 1), rooms: map[string]Room{}, fault: errStopped}
	d.App.OnEvent("message", c.event)
	d.App.OnConnect(func() {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	})
	return c
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
	for ctx.Err() == nil {
		err := c.catchUp(ctx)
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
			c.fault = err
			c.mu.Unlock()
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-c.wake:
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

// event takes one message as Slack brings it.
func (c *Channel) event(ctx context.Context, ev slackapp.Event) error {
	m := ev.Message
	r, in, ok := c.room(m.Channel)
	if !ok || !m.Human() {
		return nil // of a channel that is not found yet, the history will tell
	}
	if in == nil {
		return errStopped
	}
	return c.take(ctx, in, r, *m)
}

// take commits one message, unless it is none of a customer's.
func (c *Channel) take(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message) error {
	if !m.Human() {
		return nil
	}
	contact, ok, err := c.contact(ctx, r, m)
	if err != nil || !ok {
		return err
	}
	_, err = in.Accept(ctx, []ticket.Inbound{contact})
	if ticket.KindOf(err) == ticket.Invalid {
		return c.quarantine(ctx, in, r, m, err)
	}
	return err
}

// contact turns a message into what the store accepts; ok is false for those of staff and of bots.
func (c *Channel) contact(ctx context.Context, r Room, m slackapp.Message) (in ticket.Inbound, ok bool, err error) {
	self, err := c.d.App.Self(ctx)
	if err != nil {
		return in, false, err
	}
	u, err := c.d.App.User(ctx, m.User)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return in, false, err
	}
	if m.User == self.User || u.Bot || c.d.Staff(m.User, u.Email) {
		return in, false, nil
	}
	team := firstOf(u.Team, m.UserTeam, m.Team, self.Team)
	thread := place(m.Channel, m.Thread())
	in = ticket.Inbound{
		Channel: channels.Slack, Inbox: r.Inbox, Brand: r.Brand, External: place(m.Channel, m.TS),
		Threads: []ticket.ThreadKey{{By: "session", Key: thread, Proof: true}},
		From:    customer.Identity{Kind: customer.Slack, Value: team + "/" + m.User, Name: u.Name},
		Text:    c.plain(ctx, m.Text), At: slackapp.At(m.TS), Proven: channels.Slack,
	}
	if m.Thread() != m.TS {
		in.References = []string{thread}
	}
	if mail, err := (customer.Identity{Kind: customer.Email, Value: u.Email, Name: u.Name}).Normal(); err == nil {
		in.With = append(in.With, mail)
	}
	if len(m.Files) > 0 {
		in.Attachments, in.Warnings, err = c.d.App.Fetch(ctx, c.d.Blobs, m.Files)
	}
	return in, err == nil, err
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

func place(channel, ts string) string { return channel + "/" + ts }

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
