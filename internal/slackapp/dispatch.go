package slackapp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// Limits of handling what Slack brings.
const (
	ackWait      = 2500 * time.Millisecond // Slack takes an ack for 3 s
	eventTimeout = 2 * time.Minute         // an event's handler may go on after its ack is too late
	maxFlight    = 1000                    // events in work; more are not acknowledged and come again
)

// Reply answers a slash command; only the one who typed it sees it.
type Reply struct {
	Text   string
	Blocks []slack.Block
}

func (r Reply) payload() map[string]any {
	p := map[string]any{"response_type": "ephemeral", "text": r.Text}
	if len(r.Blocks) > 0 {
		p["blocks"] = r.Blocks
	}
	return p
}

// OnEvent registers a handler for a type of event. It must persist before it returns nil, as the
// event is acknowledged then; on an error Slack delivers it again. Events of one thread are handled
// in the order in which they happened. All On… are called before Run.
func (a *App) OnEvent(kind string, h func(context.Context, Event) error) {
	a.onEvent[kind] = append(a.onEvent[kind], h)
}

// OnInteraction registers a handler for clicks and submitted modals. Its answer, if any, is the
// payload of the ack: a *slack.ViewSubmissionResponse. It must answer before ctx ends.
func (a *App) OnInteraction(h func(context.Context, *slack.InteractionCallback) any) {
	a.onInteraction = append(a.onInteraction, h)
}

// OnForm registers the handler of buttons and modals whose action or callback id begins with prefix: what
// others than staff may click. Nobody else hears of them.
func (a *App) OnForm(prefix string, h func(context.Context, *slack.InteractionCallback) any) {
	a.onForm[prefix] = h
}

// form is the handler of a form's interaction, or nil.
func (a *App) form(ic *slack.InteractionCallback) func(context.Context, *slack.InteractionCallback) any {
	id := ic.View.CallbackID
	if ic.Type == slack.InteractionTypeBlockActions && len(ic.ActionCallback.BlockActions) > 0 {
		id = ic.ActionCallback.BlockActions[0].ActionID
	}
	for prefix, h := range a.onForm {
		if strings.HasPrefix(id, prefix) {
			return h
		}
	}
	return nil
}

// OnCommand registers the handler of a slash command: "/tier".
func (a *App) OnCommand(name string, h func(context.Context, slack.SlashCommand) Reply) {
	a.onCommand[name] = h
}

// OnConnect registers what is to be done when events begin to come in, again or for the first time.
// It must return at once.
func (a *App) OnConnect(h func()) { a.onConnect = append(a.onConnect, h) }

// handle is not tied to the connection's context: what was begun is finished.
func (a *App) handle(ev Event) (err error) {
	ctx, cancel := context.WithTimeout(a.life, eventTimeout)
	defer cancel()
	defer a.survive("event "+ev.Type, &err)
	for _, h := range a.onEvent[ev.Type] {
		if e := h(ctx, ev); e != nil {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		a.log.Warn("slack: an event could not be handled; it will come again", "type", ev.Type, "event", ev.ID, "error", err)
	}
	return err
}

// survive turns a panic of a handler into an error: one odd input must not stop the others.
func (a *App) survive(what string, err *error) {
	if p := recover(); p != nil {
		a.log.Error("slack: a handler panicked", "what", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = ticket.E("slackapp", ticket.Internal, fmt.Errorf("panic in the handler of %s", what))
	}
}

// event starts an event and returns how to wait for it. Unknown and malformed events need no wait:
// to get them again would not help.
func (a *App) event(payload []byte) (wait func() error) {
	none := func() error { return nil }
	ev, err := decodeEvent(payload)
	if err != nil {
		a.log.Warn("slack: an event that cannot be read is acknowledged and left", "error", err, "bytes", len(payload))
		return none
	}
	if len(a.onEvent[ev.Type]) == 0 {
		a.log.Debug("slack: nobody wants this event", "type", ev.Type)
		return none
	}
	w := a.of(ev.from)
	if w == nil {
		a.stranger(ev.from, "event "+ev.Type)
		return none
	}
	a.belong(w, &ev)
	if ev.Message != nil && a.outlived(ev.Message) {
		a.log.Info("slack: a message that was deleted meanwhile is acknowledged and left", "channel", ev.Channel, "ts", ev.Message.TS)
		return none
	}
	fl, err := a.begin(ev)
	if err != nil {
		return func() error { return err }
	}
	return fl.outcome
}

// interact asks the handlers in turn; the first answer is the ack's payload.
func (a *App) interact(ctx context.Context, ic *slack.InteractionCallback) (answer any) {
	from := originOf(ic)
	w := a.of(from)
	if w == nil {
		a.stranger(from, "interaction "+string(ic.Type))
		return nil
	}
	a.belongInteraction(w, ic)
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	var err error
	defer a.survive("interaction "+string(ic.Type), &err)
	if h := a.form(ic); h != nil {
		return h(ctx, ic)
	}
	for _, h := range a.onInteraction {
		if answer = h(ctx, ic); answer != nil {
			return answer
		}
	}
	return nil
}

func (a *App) command(ctx context.Context, cmd slack.SlashCommand) (p map[string]any) {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	from := origin{Team: cmd.TeamID, Enterprise: cmd.EnterpriseID, OrgWide: cmd.IsEnterpriseInstall, Sure: cmd.TeamID != ""}
	w := a.of(from)
	if w == nil {
		a.stranger(from, "command")
		return Reply{Text: "The app has to be installed in this workspace first."}.payload()
	}
	cmd.UserID, cmd.ChannelID, cmd.TriggerID, cmd.Text = a.person(w, cmd.TeamID, cmd.UserID), a.room(w, cmd.ChannelID, false), w.id(cmd.TriggerID), joinMentions(w.prefix(), cmd.Text)
	h := a.onCommand[cmd.Command]
	if h == nil {
		return Reply{Text: "Nobody listens to " + Escape(Cut(cmd.Command, 50)) + " here."}.payload()
	}
	var err error
	defer func() {
		if err != nil {
			p = Reply{Text: ticket.Explain(err)}.payload()
		}
	}()
	defer a.survive("command "+cmd.Command, &err)
	return h(ctx, cmd).payload()
}

// once remembers what must be done once only, for at least the window in which a request may be played again.
type once struct {
	new, old map[string]bool
	turned   time.Time
}

// maxOnce is how many clicks and commands are remembered.
const maxOnce = 20_000

// again says whether a click or a command has come before, by its envelope or by its signature: Slack brings
// each once, so it was played again by somebody, or brought by two connections.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
func (a *App) again(nonce string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.used.has(nonce) {
		a.log.Warn("slack: a click or a command that has come before is acknowledged and left")
		return true
	}
	a.used.add(nonce, a.now())
	return false
}

func (o *once) has(key string) bool { return o.new[key] || o.old[key] }

func (o *once) add(key string, now time.Time) {
	if o.new == nil || now.Sub(o.turned) > 2*replayWindow || len(o.new) >= maxOnce/2 {
		o.old, o.new, o.turned = o.new, map[string]bool{}, now
	}
	o.new[key] = true
}

// outlived says that a message was deleted before it has come here: a redelivery that was late. It takes note of those that
// are deleted.
func (a *App) outlived(m *Message) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ts := m.Gone(); ts != "" {
		a.deleted.add(m.Channel+"/"+ts, a.now())
		return false
	}
	return m.Changed == nil && a.deleted.has(m.Channel+"/"+m.TS)
}
