package slackdesk

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/ticket"
)

// How Home tabs follow what happens. Slack does not say when one is closed, and takes about 100 views a minute in
// all (https://docs.slack.dev/apis/web-api/rate-limits, tier 4): so those that were opened lately are drawn anew,
// soon for what is its reader's own, and seldom for what is their tiers'.
const (
	homeLooks = 30 * time.Minute // after it was opened, or something was done in it
	homeTick  = 2 * time.Second
	homeOwn   = 3 * time.Second // between two drawings of one
	homeTeam  = time.Minute     // likewise, when only something of the tier has changed
	maxHomes  = 200             // that are followed
	maxLooked = 50              // changed tickets that are looked at in one tick
)

// homes are the Home tabs that somebody may be looking at.
type homes struct {
	mu   sync.Mutex
	list map[string]*oneHome // by Slack user
}

type oneHome struct {
	agent  string
	tiers  []string
	filter bots.AgendaFilter
	seen   time.Time // opened, or used
	drawn  time.Time
	sum    [sha256.Size]byte // of what it says
	due    time.Time         // when it is to be drawn anew; zero: not
	known  bool              // what they want to see
	kept   bool              // it is as it was kept, or newer
	busy   bool              // it is being drawn
	again  bool              // and is to be drawn once more
	must   bool              // whatever it says
}

func (h *homes) of(user string) *oneHome {
	o := h.list[user]
	if o == nil {
		o = &oneHome{}
		if len(h.list) < maxHomes {
			h.list[user] = o
		}
	}
	return o
}

// filter remembers what somebody wants to see.
func (h *homes) filter(user string, f bots.AgendaFilter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	o.filter, o.known, o.kept = f, true, true
}

// isKept says that what somebody wants to see needs not be looked up.
func (h *homes) isKept(user string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(user).kept
}

// keep takes what they wanted to see as it was kept; "" is nothing.
func (h *homes) keep(user, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	if o.kept = true; text == "" {
		return
	}
	if f := (bots.AgendaFilter{}); json.Unmarshal([]byte(text), &f) == nil {
		f.Pages = o.filter.Pages
		o.filter, o.known = f, true
	}
}

// begins has somebody's lists begin at their first pages, and looks up what they want to see: they have opened the tab,
// and may have used it at another gateway.
func (h *homes) begins(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	o.filter.Pages, o.kept = nil, false
}

// chosen is what somebody wants to see.
func (h *homes) chosen(user string) bots.AgendaFilter {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(user).filter
}

// restore takes what they wanted to see from the tab itself, when it is not remembered.
func (h *homes) restore(user, metadata string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	if f := (bots.AgendaFilter{}); !o.known && json.Unmarshal([]byte(metadata), &f) == nil {
		o.filter, o.known = f, true
	}
}

// begin says whether to draw a tab now; else who is at it draws it once more.
func (h *homes) begin(user string, must bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	if o.busy {
		o.again, o.must = true, o.must || must
		return false
	}
	o.busy = true
	return true
}

// end says whether a tab is to be drawn once more, and whether it must be.
func (h *homes) end(user string) (again, must bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	again, must = o.again, o.must
	o.busy, o.again, o.must = again, false, false
	return again, must
}

// drawing notes that a tab is drawn now, and gives its filter.
func (h *homes) drawing(user string, now time.Time) bots.AgendaFilter {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	o.drawn, o.due = now, time.Time{}
	return o.filter
}

// is remembers which agent a user is.
func (h *homes) is(user, agent string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(user).agent = agent
}

// news remembers what a tab says, and whether that is something else than before.
func (h *homes) news(user string, blocks []slack.Block) bool {
	b, err := json.Marshal(blocks)
	sum := sha256.Sum256(b)
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.of(user)
	same := err == nil && o.sum == sum
	o.sum = sum
	return !same
}

// failed forgets what a tab says: it was not published.
func (h *homes) failed(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(user).sum = [sha256.Size]byte{}
}

// looked notes that somebody looks at their tab.
func (h *homes) looked(user string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(user).seen = now
}

// empty says that nobody looks.
func (h *homes) empty(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for user, o := range h.list {
		if now.Sub(o.seen) > homeLooks && !o.busy {
			delete(h.list, user)
		}
	}
	return len(h.list) == 0
}

// changed marks the tabs on which a ticket may stand. Without agents and tiers it is any.
func (h *homes) changed(agents, tiers []string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.list {
		wait := homeTeam
		switch {
		case slices.Contains(agents, o.agent):
			wait = homeOwn
		case len(tiers) > 0 && !slices.ContainsFunc(o.tiers, func(t string) bool { return slices.Contains(tiers, t) }):
			continue
		}
		if at := later(now, o.drawn.Add(wait)); o.due.IsZero() || at.Before(o.due) {
			o.due = at
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// ready are the users whose tab is to be drawn anew now.
func (h *homes) ready(now time.Time) (users []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for user, o := range h.list {
		if !o.due.IsZero() && !o.due.After(now) {
			users = append(users, user)
		}
	}
	return users
}

// works remembers the tiers of whose work a tab tells.
func (h *homes) works(agent string, tiers []bots.Tier) {
	var names []string
	for _, t := range tiers {
		names = append(names, t.Name)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.list {
		if o.agent == agent {
			o.tiers = names
		}
	}
}

// follow draws Home tabs anew when something on them changes, until ctx ends.
func (k *Desk) follow(ctx context.Context) {
	changes := k.changes.Watch(ctx)
	tick := time.NewTicker(homeTick)
	defer tick.Stop()
	fresh := map[ticket.ID]bool{}
	for {
		select {
		case c, ok := <-changes:
			if !ok {
				return
			}
			if len(fresh) <= maxLooked {
				fresh[c.Ticket] = true
			}
			continue
		case <-tick.C:
		}
		now := k.now()
		if !k.homes.empty(now) {
			k.look(ctx, fresh, now)
		}
		clear(fresh)
	}
}

// look finds the tabs on which changed tickets may stand, and draws those whose time has come.
func (k *Desk) look(ctx context.Context, fresh map[ticket.ID]bool, now time.Time) {
	if len(fresh) > maxLooked { // a storm: every tab, in its time
		k.homes.changed(nil, nil, now)
	} else {
		for id := range fresh {
			agents, tiers, err := k.back.Concerned(ctx, id)
			if err != nil {
				k.log.Debug("slack: cannot tell on whose Home tab a ticket is", "ticket", id, "error", err)
				continue
			}
			k.homes.changed(agents, tiers, now)
		}
	}
	for _, user := range k.homes.ready(now) {
		k.after("cannot show the Home tab", func(ctx context.Context) error { return k.drawHome(ctx, user, false) })
	}
}
