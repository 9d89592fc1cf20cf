package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"tierline/config/secret"
	"tierline/ticket"
)

// Limits of Socket Mode.
const (
	maxFrame  = 4 << 20 // bytes of one envelope
	firstWait = time.Second
	lastWait  = time.Minute
)

// maxConnections is how many sockets Slack allows one app: https://docs.slack.dev/apis/events-api/using-socket-mode
const maxConnections = 10

// supervise keeps the sockets open, each on its own: Slack ends each every hour or so, and what comes
// meanwhile comes by another.
func (a *App) supervise(ctx context.Context) {
	var wg sync.WaitGroup
	for range a.cfg.Connections {
		wg.Go(func() { a.keep(ctx) })
	}
	wg.Wait()
	a.setState(false, "stopped")
}

// keep keeps one socket open: slack-go reconnects by itself after a lost connection, but ends
// when the token is refused or apps.connections.open is not there.
func (a *App) keep(ctx context.Context) {
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, lastWait) {
		began := a.now()
		err := a.socket(ctx)
		if ctx.Err() != nil {
			break
		}
		err = fault("slack.apps.connections.open", err)
		if a.noSocket(ticket.Explain(err)) {
			a.log.Error("slack: no socket can be opened; trying again", "error", err)
		}
		if a.now().Sub(began) > lastWait {
			wait = firstWait
		}
		pause(ctx, max(wait, min(ticket.RetryAfter(err), lastWait)))
	}
}

// socket runs one slack-go client until it gives up, or cannot connect.
func (a *App) socket(ctx context.Context) error {
	smc := socketmode.New(a.client(secret.String{}), socketmode.OptionReadLimit(maxFrame), socketmode.OptionLog(slogPrinter{a.log}))
	ctx, cancel := context.WithCancel(ctx)
	var acks sync.WaitGroup
	defer acks.Wait()
	defer cancel()
	open := false
	defer func() { a.count(&open, false) }()
	ended := make(chan error, 1)
	go func() { ended <- smc.RunContext(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case ev := <-smc.Events:
			if err := a.heard(ctx, smc, ev, &acks, &open); err != nil {
				return err // rather than by slack-go's own back-off, which grows to five minutes
			}
		}
	}
}

// count counts the sockets that are open.
func (a *App) count(open *bool, now bool) {
	if *open == now {
		return
	}
	*open = now
	a.mu.Lock()
	defer a.mu.Unlock()
	if now {
		a.sockets++
		a.fault = ""
	} else {
		a.sockets--
	}
	a.connected = a.sockets > 0
}

// noSocket notes why a socket cannot be opened; it matters when there is no other.
func (a *App) noSocket(why string) (changed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sockets > 0 {
		return false
	}
	changed = a.fault != why
	a.fault = why
	return changed
}

// heard takes what slack-go tells; its error ends the socket.
func (a *App) heard(ctx context.Context, smc *socketmode.Client, ev socketmode.Event, acks *sync.WaitGroup, open *bool) error {
	switch ev.Type {
	case socketmode.EventTypeConnecting:
		a.count(open, false)
	case socketmode.EventTypeConnected: // not hello, which not every server sends
		a.count(open, true)
		a.log.Info("slack: connected")
		a.reconnected()
	case socketmode.EventTypeConnectionError:
		if e, ok := ev.Data.(*slack.ConnectionErrorEvent); ok && e.ErrorObj != nil {
			return e.ErrorObj
		}
		return errNoSocket
	case socketmode.EventTypeErrorWriteFailed:
		a.log.Warn("slack: an acknowledgement was not sent; what it was for will come again")
	case socketmode.EventTypeErrorBadMessage: // slack-go does not know it, or cannot read it
		if e, ok := ev.Data.(*socketmode.ErrorBadMessage); ok {
			var req socketmode.Request
			if json.Unmarshal(e.Message, &req) == nil {
				a.envelope(ctx, smc, req, acks)
				return nil
			}
			a.log.Warn("slack: an unreadable frame", "error", e.Cause)
		}
	default:
		if ev.Request != nil {
			a.envelope(ctx, smc, *ev.Request, acks)
		}
	}
	return nil
}

var errNoSocket = errors.New("no socket can be opened")

// envelope handles one and acknowledges it: an event only when it was handled.
func (a *App) envelope(ctx context.Context, smc *socketmode.Client, req socketmode.Request, acks *sync.WaitGroup) {
	if req.EnvelopeID == "" {
		return
	}
	ack := func(payload any) {
		err := smc.AckCtx(ctx, req.EnvelopeID, payload)
		if err != nil && payload != nil && ctx.Err() == nil { // 20 KB are the most: better no answer than an error sign
			a.log.Error("slack: an answer could not be sent with its acknowledgement", "type", req.Type, "error", err)
			err = smc.AckCtx(ctx, req.EnvelopeID, nil)
		}
		if err != nil && ctx.Err() == nil {
			a.log.Warn("slack: cannot acknowledge", "type", req.Type, "error", err)
		}
	}
	later := func(f func()) { acks.Go(f) }
	if req.Type != socketmode.RequestTypeEventsAPI && a.again(req.EnvelopeID) {
		later(func() { ack(nil) })
		return
	}
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
