package ticket

import (
	"fmt"
	"slices"
	"time"
)

// PageState is where a page is.
type PageState string

// The states of a page. Every page ends accepted, exhausted (and the lead is told) or cancelled.
const (
	PageWaiting   PageState = "waiting"   // for the end of the quiet hours
	PageRinging   PageState = "ringing"   //
	PageAccepted  PageState = "accepted"  //
	PageExhausted PageState = "exhausted" // nobody is left to ring
	PageCancelled PageState = "cancelled" // the ticket was solved meanwhile, or goes on elsewhere
)

// Page is one call for help, which goes from people to people until somebody accepts.
type Page struct {
	Number   int         `json:"number"` // 1, 2 … within the ticket
	Tier     string      `json:"tier"`
	Reason   string      `json:"reason"`
	More     []string    `json:"more,omitempty"` // reasons of those who joined it, newest last
	Severity Priority    `json:"severity"`
	By       Actor       `json:"by"`
	State    PageState   `json:"state"`
	Plan     PagePlan    `json:"plan"`          // as people were on call when it last went on
	Round    int         `json:"round"`         // 0, 1 … of the plan
	Step     int         `json:"step"`          // of the plan; -1 before the first of a round
	Ring     int         `json:"ring"`          // how often people were rung so far
	Who      []string    `json:"who,omitempty"` // agent ids whose turn it is
	Stage    PageStage   `json:"stage,omitzero"`
	Rung     []string    `json:"rung,omitempty"`     // in this round
	Declined []string    `json:"declined,omitempty"` // they are not rung again
	Hold     string      `json:"hold,omitempty"`     // the agent for whom it waits
	Due      time.Time   `json:"due,omitzero"`       // when it goes on by itself; zero until its newest ring went out, or failed
	Calls    []PageCall  `json:"calls,omitempty"`    // every try to reach somebody
	Log      []PageEntry `json:"log"`
	Answerer string      `json:"answerer,omitempty"` // the agent who accepted
	Acted    bool        `json:"acted,omitempty"`    // they have done something since
	Reminded bool        `json:"reminded,omitempty"`
	Again    int         `json:"again,omitempty"` // how many pages before it were accepted and then forgotten
	Opened   time.Time   `json:"opened"`
	Accepted time.Time   `json:"accepted,omitzero"`
	Ended    time.Time   `json:"ended,omitzero"`
	Changed  time.Time   `json:"changed"`
}

// PagePlan is who is rung, in which order and by what, as it is at one moment.
type PagePlan struct {
	Title  string      `json:"title,omitempty"` // of the tier, as people call it
	Steps  []PageStage `json:"steps,omitempty"`
	Rounds int         `json:"rounds,omitempty"` // how often all steps are gone through; 0 is once
	// Chain says that the steps are people in the order of a chain, which changes as they change shifts:
	// whoever was rung in a round is not rung again in it.
	Chain  bool          `json:"chain,omitempty"`
	Start  time.Time     `json:"start,omitzero"` // quiet hours: nobody is rung before
	Remind time.Duration `json:"remind,omitempty"`
	Leads  []string      `json:"leads,omitempty"`   // agent ids who are told when nobody was reached
	LeadBy []string      `json:"lead_by,omitempty"` // by these
	// Quiet are agents who do not want to be disturbed, and until when: what comes to them by Silent ways does not ring.
	Quiet  map[string]time.Time `json:"quiet,omitempty"`
	Silent []string             `json:"silent,omitempty"`
}

// PageStage is one step of a plan: people who are rung at once.
type PageStage struct {
	Who  []string      `json:"who,omitempty"` // agent ids
	By   []string      `json:"by,omitempty"`  // names of providers
	Wait time.Duration `json:"wait,omitempty"`
}

// ChainPlan rings one person after the other, by one provider.
func ChainPlan(wait time.Duration, by string, people ...string) *PagePlan {
	p := &PagePlan{Chain: true}
	for _, id := range people {
		p.Steps = append(p.Steps, PageStage{Who: []string{id}, By: []string{by}, Wait: wait})
	}
	return p
}

// CallKind is why somebody is to be reached.
type CallKind string

// The kinds of calls.
const (
	CallRing   CallKind = "ring"   // they are wanted
	CallNews   CallKind = "news"   // they are told something, and nothing is to be answered
	CallNotice CallKind = "notice" // they will be, when the quiet hours are over
	CallRemind CallKind = "remind" // they have accepted, and nothing was seen of them since
	CallLead   CallKind = "lead"   // nobody was reached
	CallTest   CallKind = "test"   // nobody is wanted: it is seen whether they can be reached. Of no page
)

// CallState is what became of a call.
type CallState string

// The states of a call.
const (
	CallQueued    CallState = "queued"
	CallTrying    CallState = "trying"    // it failed, and is tried again as long as the page rings
	CallDelivered CallState = "delivered" // the provider has taken it
	CallFailed    CallState = "failed"    // for good
	CallDropped   CallState = "dropped"   // it was answered before it went out
)

// PageCall is one person to be reached by one way. It may be tried many times, always under its ID.
type PageCall struct {
	ID    string    `json:"id"` // the delivery id: of ticket, page, ring, person and provider
	Kind  CallKind  `json:"kind"`
	Ring  int       `json:"ring"`
	Who   string    `json:"who"` // agent id
	By    string    `json:"by"`  // name of a provider
	State CallState `json:"state"`
	Why   string    `json:"why,omitempty"` // it failed; safe to show
	Ref   string    `json:"ref,omitempty"` // where it is shown, to be brought up to date there
	At    time.Time `json:"at"`            // of its newest state
}

// PageEntry is one line of what happened to a page.
type PageEntry struct {
	Agent  string    `json:"agent,omitempty"`
	What   string    `json:"what"` // ringing, delivered, trying, failed, accepted, declined, no_answer, not_sent, nobody, needs, handed, snoozed, joined, waiting, reminded, lead, exhausted, silent, undisturbed, unrung
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	At     time.Time `json:"at"`
}

// Limits of a page.
const (
	DefaultWait = 5 * time.Minute  // how long a paged person has to answer when nothing else is said
	NeedWait    = 15 * time.Minute // how long a page waits for who needs time, unless they say
	SnoozeWait  = 5 * time.Minute  // after which who snoozes is rung again, unless they say
	MaxNeed     = time.Hour
	MaxSnooze   = 24 * time.Hour
	// QuietWait is how long is waited for somebody whom nothing rings, where somebody or something else would.
	QuietWait = 30 * time.Second
	// PageStall is how long a page may take to go out. When it has gone out to nobody by then, and not
	// failed either, its ring counts as one that failed.
	PageStall = 30 * time.Second

	maxNeeds   = 2 // of one person
	maxSnoozes = 5 // of one person
	maxHands   = 10
	maxAgain   = 2     // pages after one that was accepted and forgotten; then the lead is told
	maxCalls   = 2_000 // of one page; then it is exhausted
	maxPageLog = 1_000 // entries
	maxJoined  = 20    // reasons
)

// Open says that somebody is being rung, or will be.
func (p *Page) Open() bool { return p != nil && (p.State == PageRinging || p.State == PageWaiting) }

// Call finds a call by its ID.
func (p *Page) Call(id string) (PageCall, bool) {
	if p == nil {
		return PageCall{}, false
	}
	i := slices.IndexFunc(p.Calls, func(c PageCall) bool { return c.ID == id })
	if i < 0 {
		return PageCall{}, false
	}
	return p.Calls[i], true
}

// Wants says whether a call is still to be made: nobody has answered meanwhile, and its person has not
// declined. It is asked again in the moment of sending.
func (p *Page) Wants(number int, id string) bool {
	c, ok := p.Call(id)
	if !ok || p.Number != number || c.State != CallQueued && c.State != CallTrying {
		return false
	}
	switch c.Kind {
	case CallRing:
		return p.State == PageRinging && !slices.Contains(p.Declined, c.Who) && (p.Hold == "" || p.Hold == c.Who)
	case CallNotice:
		return p.State == PageWaiting
	case CallRemind:
		return p.State == PageAccepted && !p.Acted
	}
	return p.State == PageExhausted || p.State == PageAccepted && !p.Acted && p.Reminded
}

// Told says whether a person was rung, or told that nobody was reached.
func (p *Page) Told(agent string) bool {
	return slices.ContainsFunc(p.Calls, func(c PageCall) bool { return c.Who == agent })
}

// MayAnswer says why a person cannot answer a page, or nil.
func (p *Page) MayAnswer(number int, agent string) error {
	switch {
	case p == nil || number != p.Number || p.State == PageCancelled:
		return Errorf("ticket.Apply", Conflict, "This page is over.")
	case p.State == PageAccepted:
		return Errorf("ticket.Apply", Conflict, "This page was accepted already.")
	case !p.Told(agent):
		return Errorf("ticket.Apply", Denied, "You were not paged.")
	}
	return nil
}

func (p *Page) clone() *Page {
	if p == nil {
		return nil
	}
	n := *p
	n.More, n.Who, n.Rung, n.Declined = slices.Clone(p.More), slices.Clone(p.Who), slices.Clone(p.Rung), slices.Clone(p.Declined)
	n.Calls, n.Log = slices.Clone(p.Calls), slices.Clone(p.Log)
	return &n
}

// next is the next step at which there is somebody to be rung; false: nobody is left.
func (p *Page) next() (PageStage, bool) {
	for p.Round < max(p.Plan.Rounds, 1) {
		for i, s := range p.Plan.Steps {
			if i <= p.Step && !p.Plan.Chain {
				continue
			}
			s.Who = slices.DeleteFunc(slices.Clone(s.Who), func(id string) bool {
				return slices.Contains(p.Declined, id) || p.Plan.Chain && slices.Contains(p.Rung, id)
			})
			if len(s.Who) > 0 && len(s.By) > 0 {
				p.Step = i
				return s, true
			}
		}
		p.Round, p.Step, p.Rung = p.Round+1, -1, nil
	}
	return PageStage{}, false
}

// unrung says that a step rings nobody at a time: all of its people are not to be disturbed, and each of its ways is
// silent then.
func (p *Page) unrung(s PageStage, now time.Time) bool {
	return !slices.ContainsFunc(s.Who, func(id string) bool { return !p.Plan.Quiet[id].After(now) }) && len(p.loud(s.By)) == 0
}

// loud are the ways that ring even those who do not want to be disturbed.
func (p *Page) loud(ways []string) []string {
	return slices.DeleteFunc(slices.Clone(ways), func(by string) bool { return slices.Contains(p.Plan.Silent, by) })
}

// louder says whether a later step of this round rings somebody.
func (p *Page) louder(now time.Time) bool {
	q := *p
	for s, ok := q.next(); ok && q.Round == p.Round; s, ok = q.next() {
		if !p.unrung(s, now) {
			return true
		}
		q.Rung = append(slices.Clone(q.Rung), s.Who...)
	}
	return false
}

// count is how often something happened to a person.
func (p *Page) count(what, agent string) (n int) {
	for _, e := range p.Log {
		if e.What == what && e.Agent == agent {
			n++
		}
	}
	return n
}

func (p *Page) deliveryID(t ID, ring int, who, by string) string {
	return fmt.Sprintf("%s.%d.%d.%s.%s", t, p.Number, ring, who, by)
}
