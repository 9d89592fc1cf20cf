package slackapp

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"tierline/config/secret"
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

// trouble is why calls to a workspace would be in vain. It is held by the workspace's lock.
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

// why is what Ready says of it.
func (t *trouble) why() error {
	switch {
	case t.token != nil:
		return t.token
	case len(t.scopes) > 0:
		return ticket.Errorf("slack", ticket.Transient, "%s", t.lacking())
	case t.away():
		return ticket.Errorf("slack", ticket.Transient, "Slack does not answer since %s.", t.since.UTC().Format("15:04:05 MST"))
	}
	return nil
}

func (w *workspace) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble.why()
}

// Away says why a call would be in vain in whatever workspace, and when it is worth another try; nil when it is worth
// one now.
func (a *App) Away(ctx context.Context) (err error) {
	for _, w := range a.workspaces() {
		if err = w.gate(ctx, classOf(ctx, "")); err == nil {
			return nil
		}
	}
	return err
}

// gone is why no call can be made, or nil.
func (w *workspace) gone() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := &w.trouble; t.token != nil || t.away() {
		return t.why()
	}
	return nil
}

// How a page waits for Slack.
const (
	hoverTime = 8 * time.Second // in here; then its job says that it is being tried
	hoverStep = time.Second     // until Slack is asked again for its sake
	hoverLong = 10 * time.Minute
)

// hover keeps a page at the door while Slack is not to be had: it goes out in the moment that Slack is there again,
// before all that comes back later by the clock. After ten minutes Slack is asked for it as seldom as for others.
func (w *workspace) hover(ctx context.Context) error {
	for end := w.app.now().Add(hoverTime); ; w.app.sleep(ctx, hoverStep) {
		w.mu.Lock()
		t, now := &w.trouble, w.app.now()
		bad, step := t.token != nil || t.away(), hoverStep
		if t.token != nil || now.Sub(t.since) > hoverLong {
			step = probeWait
		}
		due := bad && now.Sub(t.probed) >= step
		if due {
			t.probed = now
		}
		w.mu.Unlock()
		if due {
			w.ask(ctx)
		}
		err := w.gone()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !w.app.now().Before(end) {
			return &ticket.Error{Op: "slack", Kind: ticket.Transient, Unbegun: true, Public: ticket.Explain(err), RetryAfter: hoverStep, Err: err}
		}
	}
}

// gate keeps calls back that would be in vain, so that a thousand jobs that wait do not each try, and leave
// each a doubt of whether it was done: while Slack does not answer, or refuses the token. One call asks
// every few seconds. Pages wait at the door; somebody who has clicked is let try when Slack only does not answer.
func (w *workspace) gate(ctx context.Context, c class) error {
	if work := ticket.WorkOf(ctx); work != nil && work.Job.Kind == ticket.JobPage {
		return w.hover(ctx)
	}
	err, probe := w.shut(c)
	if !probe {
		return err
	}
	w.ask(ctx)
	err, _ = w.shut(c)
	return err
}

// shut says why a call is not to be made now, and whether it is time to ask Slack.
func (w *workspace) shut(c class) (err error, probe bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, now := &w.trouble, w.app.now()
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

// watch asks whether Slack is there again, or takes the token again, when nobody else has anything to do; and who we
// are where that is not known yet.
func (a *App) watch(ctx context.Context) {
	known := len(a.met())
	for ctx.Err() == nil {
		a.rest(ctx, probeWait)
		var g errgroup.Group
		g.SetLimit(maxMeet)
		for _, w := range a.workspaces() {
			w.mu.Lock()
			bad, unknown := w.trouble.token != nil || w.trouble.away(), w.self.User == ""
			w.mu.Unlock()
			switch {
			case bad:
				g.Go(func() error { return w.gate(ctx, classDesk) })
			case unknown:
				g.Go(func() error { _, err := w.whoami(ctx); return err })
			}
		}
		_ = g.Wait()
		a.tidy()
		now := len(a.met())
		if now > known {
			a.reconnected() // what waited for it begins
		}
		known = now
	}
}

// met are the workspaces that have told who we are.
func (a *App) met() (list []*workspace) {
	for _, w := range a.workspaces() {
		w.mu.Lock()
		if w.self.User != "" {
			list = append(list, w)
		}
		w.mu.Unlock()
	}
	return list
}

// note keeps what a call has told of the connection, and makes it visible where people look.
func (w *workspace) note(token secret.String, method string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, log := &w.trouble, w.log
	code := Code(err)
	answered := err == nil || code != "" || ticket.RetryAfter(err) > 0 || ticket.KindOf(err) != ticket.Transient || missing(err)
	switch {
	case answered:
		if t.away() {
			log.Info("slack: it answers again", "after", w.app.now().Sub(t.since).Round(time.Second))
		}
		t.lost = 0
	default:
		if t.lost++; t.lost == 1 {
			t.since = w.app.now()
		}
		if t.lost == awayAfter {
			t.probed = w.app.now()
			log.Error("slack: it does not answer; what is to be shown waits", "error", err)
		}
	}
	if missing(err) && !w.lacks[method] {
		if w.lacks == nil {
			w.lacks = map[string]bool{}
		}
		w.lacks[method] = true
		log.Warn("slack: this server does not know a method; what it would tell or do is not to be had", "method", method)
	}
	if token.Reveal() != w.inst.BotToken.Reveal() {
		return // what was said of the former token says nothing of this one
	}
	switch {
	case code == "missing_scope":
		if t.scopes == nil {
			t.scopes = map[string]string{}
		}
		if t.scopes[method] == "" {
			log.Error("slack: a scope is missing", "method", method, "error", err)
		}
		if essential(method) {
			t.scopes[method] = needed(err)
		}
	case ticket.RetryAfter(err) == tokenWait && code != "":
		if t.token == nil {
			log.Error("slack: the token is refused", "error", err)
		}
		t.token, t.probed = err, w.app.now()
	case err == nil:
		if t.token != nil {
			log.Info("slack: the token is taken again")
		}
		t.token = nil
		delete(t.scopes, method)
	}
}

// removed notices at once that somebody has taken the app away, or its token: by events that come before the
// connection ends. https://docs.slack.dev/reference/events/app_uninstalled and …/tokens_revoked
func (a *App) removed(ctx context.Context, ev Event) error {
	w, _, err := a.at(JoinID(ev.In, "U"))
	if err != nil {
		return nil // it is forgotten already
	}
	w.log.Error("slack: somebody has removed the app, or taken back its token", "event", ev.Type)
	w.ask(ctx)
	return nil
}

// ask asks whether the token is taken; what is true is noted.
func (w *workspace) ask(ctx context.Context) {
	var r whoIs
	_ = w.call1(ctx, "auth.test", "", func(ctx context.Context, _ *slack.Client) error { return w.call(ctx, "auth.test", nil, &r) })
}

// essential says that without a method the desk is none.
func essential(method string) bool {
	switch method {
	case postMessage, updateMessage, "conversations.list", "conversations.history", "conversations.replies", "conversations.open", "users.info":
		return true
	}
	return false
}
