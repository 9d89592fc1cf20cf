package slackapp

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"tierline/ticket"
)

// Limits of Socket Mode.
const (
	maxFrame  = 4 << 20 // bytes of one envelope
	firstWait = time.Second
	lastWait  = time.Minute
)

// supervise keeps a socket open: slack-go reconnects by itself after a lost connection, but ends
// when the token is refused or apps.connections.open is not there.
func (a *App) supervise(ctx context.Context) {
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, lastWait) {
		began := a.now()
		err := a.socket(ctx)
		if ctx.Err() != nil {
			break
		}
		err = fault("slack.apps.connections.open", err)
		if a.setState(false, ticket.Explain(err)) {
			a.log.Error("slack: the socket is closed; trying again", "error", err)
		}
		if a.now().Sub(began) > lastWait {
			wait = firstWait
		}
		pause(ctx, wait)
	}
	a.setState(false, "stopped")
}

// socket runs one slack-go client until it gives up.
func (a *App) socket(ctx context.Context) error {
	smc := socketmode.New(a.api, socketmode.OptionReadLimit(maxFrame), socketmode.OptionLog(slogPrinter{a.log}))
	ctx, cancel := context.WithCancel(ctx)
	var acks sync.WaitGroup
	defer acks.Wait()
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- smc.RunContext(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case ev := <-smc.Events:
			a.heard(ctx, smc, ev, &acks)
		}
	}
}

func (a *App) heard(ctx context.Context, smc *socketmode.Client, ev socketmode.Event, acks *sync.WaitGroup) {
	switch ev.Type {
	case socketmode.EventTypeConnecting:
		a.setState(false, "")
	case socketmode.EventTypeConnected: // not hello, which not every server sends
		a.setState(true, "")
		a.log.Info("slack: connected")
		a.reconnected()
	case socketmode.EventTypeConnectionError:
		if e, ok := ev.Data.(*slack.ConnectionErrorEvent); ok {
			err := fault("slack.apps.connections.open", e.ErrorObj)
			a.setState(false, ticket.Explain(err))
			a.log.Warn("slack: cannot connect", "attempt", e.Attempt, "again in", e.Backoff, "error", err)
		}
	case socketmode.EventTypeErrorWriteFailed:
		a.log.Warn("slack: an acknowledgement was not sent; what it was for will come again")
	case socketmode.EventTypeErrorBadMessage: // slack-go does not know it, or cannot read it
		if e, ok := ev.Data.(*socketmode.ErrorBadMessage); ok {
			var req socketmode.Request
			if json.Unmarshal(e.Message, &req) == nil {
				a.envelope(ctx, smc, req, acks)
				return
			}
			a.log.Warn("slack: an unreadable frame", "error", e.Cause)
		}
	default:
		if ev.Request != nil {
			a.envelope(ctx, smc, *ev.Request, acks)
		}
	}
}

// envelope handles one and acknowledges it: an event only when it was handled.
func (a *App) envelope(ctx context.Context, smc *socketmode.Client, req socketmode.Request, acks *sync.WaitGroup) {
	if req.EnvelopeID == "" {
		return
	}
	ack := func(payload any) {
		if err := smc.AckCtx(ctx, req.EnvelopeID, payload); err != nil && ctx.Err() == nil {
			a.log.Warn("slack: cannot acknowledge", "type", req.Type, "error", err)
		}
	}
	later := func(f func()) { acks.Go(f) }
	switch req.Type {
	case socketmode.RequestTypeEventsAPI:
		wait := a.event(req.Payload) // begun here: in the order in which they came
		later(func() {
			if wait() == nil {
				ack(nil)
			}
		})
	case socketmode.RequestTypeInteractive:
		ic, err := decodeInteraction(req.Payload)
		if err != nil {
			a.log.Warn("slack: an interaction that cannot be read", "error", err)
			later(func() { ack(nil) })
			return
		}
		later(func() { ack(a.interact(context.WithoutCancel(ctx), ic)) })
	case socketmode.RequestTypeSlashCommands:
		var cmd slack.SlashCommand
		if err := json.Unmarshal(req.Payload, &cmd); err != nil {
			a.log.Warn("slack: a command that cannot be read", "error", err)
			later(func() { ack(nil) })
			return
		}
		later(func() { ack(a.command(context.WithoutCancel(ctx), cmd)) })
	default:
		a.log.Warn("slack: an unknown envelope is acknowledged and left", "type", req.Type)
		later(func() { ack(nil) })
	}
}
