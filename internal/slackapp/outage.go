package slackapp

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tierline/ticket"
)

// When Slack is taken to be away.
const (
	awayAfter = 3               // calls in a row that had no answer
	probeWait = 5 * time.Second // until it is asked again whether it is there
)

// Who is sent away meanwhile comes back at the next full such time: all together, and so in order.
const (
	nextTry  = 10 * time.Second
	slowTry  = 30 * time.Second // of the desk's, once it has lasted for a minute
	longAway = time.Minute
)

// trouble is why calls would be in vain. It is held by the App's lock.
type trouble struct {
	token  error             // Slack refuses the token
	scopes map[string]string // that the app lacks for what it cannot do without, by method
	lost   int               // calls in a row that had no answer
	since  time.Time         // the first of them
	probed time.Time         // when it was last asked
}

func (t *trouble) away() bool { return t.lost >= awayAfter }

// lacking says which scopes are missing.
func (t *trouble) lacking() string {
	scopes := slices.Compact(slices.Sorted(maps.Values(t.scopes)))
	return "The Slack app lacks the scope " + strings.Join(scopes, ", ") + ". Add it and install the app again."
}

// Away says why a call would be in vain, and when it is worth another try; nil when it is worth one now.
func (a *App) Away(ctx context.Context) error { return a.gate(ctx, classOf(ctx, "")) }

// gate keeps calls back that would be in vain, so that a thousand jobs that wait do not each try, and leave
// each a doubt of whether it was done: while Slack does not answer, or refuses the token. One call asks
// every few seconds. Who is urgent tries all the same when Slack only does not answer.
func (a *App) gate(ctx context.Context, c class) error {
	err, probe := a.shut(c)
	if !probe {
		return err
	}
	_ = a.call1(ctx, "auth.test", "", func(ctx context.Context) error {
		_, err := a.api.AuthTestContext(ctx)
		return err
	})
	err, _ = a.shut(c)
	return err
}

// shut says why a call is not to be made now, and whether it is time to ask Slack.
func (a *App) shut(c class) (err error, probe bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, now := &a.trouble, a.now()
	switch {
	case t.token != nil:
		err = t.token
	case t.away() && c != classNow:
		next := nextTry
		if c >= classDesk && now.Sub(t.since) > longAway {
			next = slowTry
		}
		err = &ticket.Error{Op: "slack", Kind: ticket.Transient, Unbegun: true, Public: "Slack does not answer.",
			RetryAfter: now.Truncate(next).Add(next).Sub(now)}
	default:
		return nil, false
	}
	if now.Sub(t.probed) < probeWait {
		return err, false
	}
	t.probed = now
	return err, true
}

// watch asks whether Slack is there again, or takes the token again, when nobody else has anything to do.
func (a *App) watch(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, probeWait)
		a.mu.Lock()
		bad := a.trouble.token != nil || a.trouble.away()
		a.mu.Unlock()
		if bad {
			_ = a.gate(ctx, classDesk)
		}
	}
}

// note keeps what a call has told of the connection, and makes it visible where people look.
func (a *App) note(method string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := &a.trouble
	code := Code(err)
	answered := err == nil || code != "" || ticket.RetryAfter(err) > 0 || ticket.KindOf(err) != ticket.Transient || missing(err)
	switch {
	case answered:
		if t.away() {
			a.log.Info("slack: it answers again", "after", a.now().Sub(t.since).Round(time.Second))
		}
		t.lost = 0
	default:
		if t.lost++; t.lost == 1 {
			t.since = a.now()
		}
		if t.lost == awayAfter {
			t.probed = a.now()
			a.log.Error("slack: it does not answer; what is to be shown waits", "error", err)
		}
	}
	switch {
	case code == "missing_scope":
		if t.scopes == nil {
			t.scopes = map[string]string{}
		}
		if t.scopes[method] == "" {
			a.log.Error("slack: a scope is missing", "method", method, "error", err)
		}
		if essential(method) {
			t.scopes[method] = needed(err)
		}
	case ticket.RetryAfter(err) == tokenWait && code != "":
		if t.token == nil {
			a.log.Error("slack: the token is refused", "error", err)
		}
		t.token, t.probed = err, a.now()
	case err == nil:
		if t.token != nil {
			a.log.Info("slack: the token is taken again")
		}
		t.token = nil
		delete(t.scopes, method)
	}
}

// removed notices at once that somebody has taken the app away, or its token: by events that come before the
// connection ends. https://docs.slack.dev/reference/events/app_uninstalled and …/tokens_revoked
func (a *App) removed(ctx context.Context, ev Event) error {
	a.log.Error("slack: somebody has removed the app, or taken back its token", "event", ev.Type)
	_ = a.call1(ctx, "auth.test", "", func(ctx context.Context) error { // notes what is true
		_, err := a.api.AuthTestContext(ctx)
		return err
	})
	return nil
}

// essential says that without a method the desk is none.
func essential(method string) bool {
	switch method {
	case postMessage, updateMessage, "conversations.list", "conversations.history", "conversations.replies", "conversations.open", "users.info":
		return true
	}
	return false
}
