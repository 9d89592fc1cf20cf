package ticket

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RosterKind is how people change who is on call. The schedules themselves stand in the configuration;
// a change stands in the store and goes over them.
type RosterKind string

// The kinds of changes.
const (
	RosterOverride  RosterKind = "override"  // With is on in place of Person, of everybody, or beside them
	RosterSwap      RosterKind = "swap"      // Person and With take each other's shift; With must agree
	RosterCover     RosterKind = "cover"     // Person asks With, or the team, to take a shift; the first who does has it
	RosterOff       RosterKind = "off"       // Person is not on call: the turn goes to the next
	RosterTemporary RosterKind = "temporary" // fixed shifts in the place of all else
)

// RosterState is where a change is.
type RosterState string

// The states of a change.
const (
	RosterAsked     RosterState = "asked"     // waits for a yes; changes nothing until then
	RosterStands    RosterState = "stands"    // it counts, from Stood until Ended
	RosterDeclined  RosterState = "declined"  // a no
	RosterWithdrawn RosterState = "withdrawn" // taken back; if it has stood, it counts until Ended
)

// RosterShift is a stretch of time for which one person is on call.
type RosterShift struct {
	Person string    `json:"person"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"` // not included
}

// RosterStep is one line of a change's history, which is only ever added to.
type RosterStep struct {
	What   RosterDo  `json:"what"`
	By     Actor     `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// RosterChange is a change of who is on call. Its times are instants; To is not included.
type RosterChange struct {
	ID       int64         `json:"id"`
	Version  int64         `json:"version"` // of the whole roster when this was last touched
	Kind     RosterKind    `json:"kind"`
	State    RosterState   `json:"state"`
	Tier     string        `json:"tier,omitempty"`   // "" of off: every tier
	Person   string        `json:"person,omitempty"` // whose shift it is, or who is off; of an override "" is everybody
	With     string        `json:"with,omitempty"`   // who takes it; of a cover that is asked, who is asked ("" all)
	All      bool          `json:"all,omitempty"`    // of a cover: everybody who can was asked
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	BackFrom time.Time     `json:"back_from,omitzero"` // of a swap: the shift of With, which Person takes
	BackTo   time.Time     `json:"back_to,omitzero"`
	Beside   bool          `json:"beside,omitempty"` // of an override: With is on beside the others
	Shifts   []RosterShift `json:"shifts,omitempty"` // of a temporary schedule
	Reason   string        `json:"reason,omitempty"`
	Because  int64         `json:"because,omitempty"` // of a cover: the off that it was asked for
	By       Actor         `json:"by"`
	At       time.Time     `json:"at"`
	Stood    time.Time     `json:"stood,omitzero"` // since when it counts
	Ended    time.Time     `json:"ended,omitzero"` // taken back: what was before then has been so
	Log      []RosterStep  `json:"log"`
}

// Roster is all changes that may matter after some time, in the order in which they were made.
type Roster struct {
	Version int64 // counts every change that there ever was
	Changes []RosterChange
}

// Limits of changes.
const (
	MaxRosterSpan   = 366 * 24 * time.Hour // from beginning to end, and how far ahead it may begin
	MaxRosterPast   = 62 * 24 * time.Hour  // how far back a lead may put the record right
	MaxRosterShifts = 500                  // of one temporary schedule
	MaxRosterOpen   = 5_000                // changes that are not over
)

// RosterDo is what is done to a change.
type RosterDo string

// What can be done. Ask and Make begin a change.
const (
	RosterAsk      RosterDo = "ask"
	RosterMake     RosterDo = "make"
	RosterAgree    RosterDo = "agree"
	RosterTake     RosterDo = "take"
	RosterDecline  RosterDo = "decline"
	RosterWithdraw RosterDo = "withdraw"
)

// RosterAction is what somebody wants done to who is on call.
type RosterAction struct {
	Do     RosterDo     `json:"do"` // Ask and Make are told from each other by the kind
	ID     int64        `json:"id,omitempty"`
	Change RosterChange `json:"change,omitzero"` // to begin with: kind, tier, people, times, reason
	Reason string       `json:"reason,omitempty"`
	By     Actor        `json:"by"`
	Lead   bool         `json:"-"` // By may decide on others' shifts
	Key    string       `json:"-"` // what was done under it before is not done again
}

// Rosters keeps the changes, and the feeds of calendars.
type Rosters interface {
	// Roster lists the changes that are not over at a time, and the version of all.
	Roster(ctx context.Context, since time.Time) (Roster, error)
	RosterChange(ctx context.Context, id int64) (RosterChange, error)
	// PutRoster saves what was decided on a version of the roster, with its history and its jobs, in one
	// commit; Conflict when somebody has changed the roster since. A change without an ID is new.
	// With a Key that was seen before it changes nothing and returns the first change of then.
	PutRoster(ctx context.Context, e RosterEdit) ([]RosterChange, error)
	// Pass finishes a job, moves a mark (a cursor) and adds the jobs that follow, in one commit. Conflict
	// when the lease was lost, or the mark is not what was seen.
	Pass(ctx context.Context, j Job, m Mark, next ...Job) error
	// PutFeed makes a feed; its ID is given.
	PutFeed(ctx context.Context, f RosterFeed) (RosterFeed, error)
	// Feed finds one that is not revoked.
	Feed(ctx context.Context, id int64) (RosterFeed, error)
	// Feeds are those of an agent that are not revoked.
	Feeds(ctx context.Context, agent string) ([]RosterFeed, error)
	// RevokeFeed ends a feed of an agent; "" is anybody's.
	RevokeFeed(ctx context.Context, id int64, agent string, by Actor) error
	// PagesTaken counts the pages that each agent (by id) has accepted from a time to another.
	PagesTaken(ctx context.Context, from, to time.Time) (map[string]int, error)
}

// RosterEdit is what is to be saved.
type RosterEdit struct {
	Seen    int64 // the Version that was decided on
	Changes []RosterChange
	Key     string
}

// Mark is a cursor that moves with a commit. A zero Mark is none.
type Mark struct{ Name, Was, Now string }

// RosterFeed is a calendar that somebody subscribes to.
type RosterFeed struct {
	ID    int64     `json:"id"`
	Agent string    `json:"agent"`          // whose it is; it ends when they leave
	Tier  string    `json:"tier,omitempty"` // everybody of a tier; "" is the agent's own shifts
	Made  time.Time `json:"made"`
}

// Until is when a change no longer counts.
func (c *RosterChange) Until() time.Time {
	to := c.To
	if c.BackTo.After(to) {
		to = c.BackTo
	}
	if !c.Ended.IsZero() && c.Ended.Before(to) {
		to = c.Ended
	}
	return to
}

// Counts says whether it changes, or has changed, who is on call.
func (c *RosterChange) Counts() bool {
	return !c.Stood.IsZero() && (c.Ended.IsZero() || c.Ended.After(c.Stood))
}

// Involves says whether somebody is a party to it.
func (c *RosterChange) Involves(id string) bool {
	return id != "" && (c.Person == id || c.With == id || c.By.ID == id ||
		slices.ContainsFunc(c.Shifts, func(s RosterShift) bool { return s.Person == id }))
}

func rosterFault(format string, args ...any) error {
	return Errorf("ticket.Roster", Invalid, format, args...)
}

func rosterDenied(format string, args ...any) error {
	return Errorf("ticket.Roster", Denied, format, args...)
}

// BeginRoster makes a change of what somebody wants, or says why not. It is pure; whether the people are
// on call then is asked of the schedule by whoever calls it.
func BeginRoster(a RosterAction, now time.Time) (RosterChange, error) {
	w := a.Change
	c := RosterChange{Kind: w.Kind, Tier: w.Tier, Person: w.Person, With: w.With, From: w.From.UTC().Truncate(time.Second), To: w.To.UTC().Truncate(time.Second),
		Because: w.Because, Reason: cut(strings.TrimSpace(w.Reason), MaxReason), By: a.By, At: now.Truncate(time.Microsecond)}
	if c.Kind == RosterCover {
		c.fromNow(now)
	}
	if err := c.span(c.From, c.To, a, now); err != nil {
		return c, err
	}
	var err error
	switch c.Kind {
	case RosterOverride:
		c.Beside = w.Beside
		err = c.beginOverride(a)
	case RosterSwap:
		c.BackFrom, c.BackTo = w.BackFrom.UTC().Truncate(time.Second), w.BackTo.UTC().Truncate(time.Second)
		err = c.beginSwap(a, now)
	case RosterCover:
		err = c.beginCover(a)
	case RosterOff:
		c.With = ""
		err = c.beginOff(a)
	case RosterTemporary:
		c.Person, c.With = "", ""
		err = c.beginTemporary(a, w.Shifts)
	default:
		err = rosterFault("%.20q changes nothing: override, swap, cover, off or temporary.", string(c.Kind))
	}
	if err != nil {
		return c, err
	}
	c.State = RosterStands
	do := RosterMake
	if c.Kind == RosterSwap || c.Kind == RosterCover {
		c.State, do = RosterAsked, RosterAsk
	} else {
		c.Stood = c.At
		if a.Lead && c.From.Before(now) { // the record is put right
			c.Stood = c.From
		}
	}
	c.step(do, a, now)
	return c, nil
}

// span checks a stretch of time.
func (c *RosterChange) span(from, to time.Time, a RosterAction, now time.Time) error {
	switch {
	case from.IsZero() || to.IsZero() || !from.Before(to):
		return rosterFault("Say from when until when; the end is after the beginning.")
	case to.Sub(from) > MaxRosterSpan || from.After(now.Add(MaxRosterSpan)):
		return rosterFault("A change is for at most a year, and begins within a year.")
	case !to.After(now) && !(a.Lead && c.Kind == RosterOverride && from.After(now.Add(-MaxRosterPast))):
		return rosterFault("That time is over.")
	}
	return nil
}

func (c *RosterChange) beginOverride(a RosterAction) error {
	switch {
	case c.Tier == "":
		return rosterFault("Say for which tier.")
	case c.Person == "" && c.With == "":
		return rosterFault("Say who is on call, or who is not.")
	case c.Person == c.With:
		return rosterFault("Nobody takes their own place.")
	case c.Beside && (c.With == "" || c.Person != ""):
		return rosterFault("Beside the others is somebody who takes nobody's place.")
	case a.Lead || c.Beside && c.With == a.By.ID: // more help than was planned hurts nobody
		return nil
	}
	return rosterDenied("Only a lead puts somebody else on call. Ask for cover, or for a swap.")
}

func (c *RosterChange) beginSwap(a RosterAction, now time.Time) error {
	switch {
	case c.Tier == "":
		return rosterFault("Say for which tier.")
	case c.Person == "" || c.With == "" || c.Person == c.With:
		return rosterFault("A swap is between two people.")
	case c.Person != a.By.ID && !a.Lead:
		return rosterDenied("You can offer your own shifts only.")
	}
	if err := c.span(c.BackFrom, c.BackTo, a, now); err != nil {
		return err
	}
	if c.From.Before(c.BackTo) && c.BackFrom.Before(c.To) {
		return rosterFault("The two shifts overlap: there would be one of you for both.")
	}
	if !c.From.After(now) || !c.BackFrom.After(now) {
		return rosterFault("One of the shifts has begun. Ask for cover for the rest of it.")
	}
	return nil
}

func (c *RosterChange) beginCover(a RosterAction) error {
	switch {
	case c.Tier == "":
		return rosterFault("Say for which tier.")
	case c.Person == "" || c.Person == c.With:
		return rosterFault("Say for whom cover is wanted.")
	case c.Person != a.By.ID && !a.Lead:
		return rosterDenied("You can ask for cover of your own shifts only.")
	}
	c.All = c.With == ""
	return nil
}

// fromNow narrows a request to what is left of a shift, which may have begun long ago and have no end.
func (c *RosterChange) fromNow(now time.Time) {
	if c.From.Before(now) && !c.From.IsZero() && c.To.After(now) {
		c.From = now.Truncate(time.Second)
	}
	if c.To.Sub(c.From) > MaxRosterSpan {
		c.To = c.From.Add(MaxRosterSpan)
	}
}

func (c *RosterChange) beginOff(a RosterAction) error {
	switch {
	case c.Person == "":
		return rosterFault("Say who is not on call.")
	case c.Person != a.By.ID && !a.Lead:
		return rosterDenied("Only a lead says for others that they are not on call.")
	}
	return nil
}

func (c *RosterChange) beginTemporary(a RosterAction, shifts []RosterShift) error {
	switch {
	case !a.Lead:
		return rosterDenied("Only a lead makes a temporary schedule.")
	case c.Tier == "":
		return rosterFault("Say for which tier.")
	case len(shifts) > MaxRosterShifts:
		return rosterFault("A temporary schedule has at most %d shifts.", MaxRosterShifts)
	}
	for _, s := range shifts {
		s.From, s.To = s.From.UTC().Truncate(time.Second), s.To.UTC().Truncate(time.Second)
		if s.Person == "" || !s.From.Before(s.To) || s.From.Before(c.From) || s.To.After(c.To) {
			return rosterFault("Each shift has a person and lies within the schedule.")
		}
		c.Shifts = append(c.Shifts, s)
	}
	return nil
}

func (c *RosterChange) step(do RosterDo, a RosterAction, now time.Time) {
	c.Log = append(c.Log, RosterStep{What: do, By: a.By, Reason: cut(strings.TrimSpace(a.Reason), MaxReason), At: now.Truncate(time.Microsecond)})
}

// Answer does something to a change that there is, or says why not. It is pure.
func (c *RosterChange) Answer(a RosterAction, now time.Time) error {
	over := Errorf("ticket.Roster", Conflict, "%s", c.overText())
	now = now.Truncate(time.Microsecond)
	switch a.Do {
	case RosterAgree, RosterTake:
		if c.State != RosterAsked {
			return over
		}
		if err := c.yes(a, now); err != nil {
			return err
		}
		c.State, c.Stood = RosterStands, now
	case RosterDecline:
		if c.State != RosterAsked {
			return over
		}
		if c.With == "" || c.With != a.By.ID {
			return rosterDenied("This was not asked of you.")
		}
		c.State, c.Ended = RosterDeclined, now
	case RosterWithdraw:
		if c.State != RosterAsked && c.State != RosterStands {
			return over
		}
		if err := c.mayWithdraw(a, now); err != nil {
			return err
		}
		c.State, c.Ended = RosterWithdrawn, now
		if c.Stood.After(now) || c.From.After(now) {
			c.Ended = c.Stood // it has never counted
			if c.Stood.IsZero() {
				c.Ended = now
			}
		}
	default:
		return rosterFault("%.20q is nothing that can be done: agree, take, decline or withdraw.", string(a.Do))
	}
	c.step(a.Do, a, now)
	return nil
}

// yes is that of a swap's other side, or of whoever takes a cover.
func (c *RosterChange) yes(a RosterAction, now time.Time) error {
	switch {
	case a.By.Kind != ByAgent:
		return rosterDenied("Only the person who will be on call says yes.")
	case c.Kind == RosterSwap && c.With != a.By.ID, c.Kind == RosterCover && c.With != "" && c.With != a.By.ID:
		return rosterDenied("This was asked of somebody else.")
	case c.Kind == RosterCover && c.Person == a.By.ID:
		return rosterDenied("It is your own shift. Withdraw the request if you keep it.")
	case c.Kind == RosterSwap && (!c.From.After(now) || !c.BackFrom.After(now)):
		return Errorf("ticket.Roster", Conflict, "One of the shifts has begun meanwhile: the swap is off.")
	case !c.To.After(now):
		return Errorf("ticket.Roster", Conflict, "That shift is over.")
	}
	if c.Kind == RosterCover {
		c.With = a.By.ID
	}
	return nil
}

// mayWithdraw: what was only asked by who asked; what stands, and others count on, by a lead.
func (c *RosterChange) mayWithdraw(a RosterAction, now time.Time) error {
	mine := c.By.ID == a.By.ID && c.By.Kind == a.By.Kind || c.Person == a.By.ID
	own := c.State == RosterAsked || c.Kind == RosterOff || c.Kind == RosterOverride && c.Beside && c.With == a.By.ID
	switch {
	case c.State == RosterStands && !c.Until().After(now):
		return Errorf("ticket.Roster", Conflict, "It is over already.")
	case c.Kind == RosterSwap && c.State == RosterStands && (!c.From.After(now) || !c.BackFrom.After(now)):
		return Errorf("ticket.Roster", Conflict, "One of the two shifts has begun: taking the swap back would give one of you both. Ask for cover, or have a lead make an override.")
	case a.Lead || mine && own || own && c.With == a.By.ID && c.State == RosterStands:
		return nil
	case mine:
		return rosterDenied("Others count on it. Ask for a new swap or for cover, or ask a lead.")
	}
	return rosterDenied("Only who asked for it, or a lead, takes it back.")
}

// CanWithdraw says whether somebody may take it back now; lead: they may decide on others' shifts.
func (c *RosterChange) CanWithdraw(by Agent, lead bool, now time.Time) bool {
	return (c.State == RosterAsked || c.State == RosterStands) && c.mayWithdraw(RosterAction{By: by.Actor(), Lead: lead}, now) == nil
}

func (c *RosterChange) overText() string {
	switch c.State {
	case RosterStands:
		if c.Kind == RosterCover {
			return c.Last().By.Name + " has taken it already."
		}
		return "It is agreed already."
	case RosterDeclined:
		return "It was declined."
	case RosterWithdrawn:
		return "It was taken back."
	}
	return "It is over."
}

// Last is the newest line of its history.
func (c *RosterChange) Last() RosterStep {
	if len(c.Log) == 0 {
		return RosterStep{}
	}
	return c.Log[len(c.Log)-1]
}

// RosterFirst stands in Because for the change that is saved first with it.
const RosterFirst = -1

// News has people told of what was last done to a change, and the coming notices reckoned anew.
func (c *RosterChange) News() []Job {
	return []Job{{Kind: JobRosterNews, Seq: int(c.ID), Step: len(c.Log), Priority: PriorityCustomer, Unique: fmt.Sprintf("roster_news:%d:%d", c.ID, len(c.Log))},
		RosterTick(time.Time{}), DigestTick(time.Time{})}
}

// RosterTick looks at a time (zero: now) what notices are due.
func RosterTick(at time.Time) Job {
	return Job{Kind: JobRosterTick, Priority: PriorityDesk, RunAt: at, Unique: fmt.Sprintf("roster_tick:%d", max(0, at.UnixMicro()))}
}

// RosterTold is what one person is told of who is on call.
type RosterTold struct {
	To      string       `json:"to"` // agent id
	Text    string       `json:"text"`
	Lines   []RosterLine `json:"lines,omitempty"`
	Change  int64        `json:"change,omitempty"` // that they may answer
	Buttons []RosterDo   `json:"buttons,omitempty"`
	Tier    string       `json:"tier,omitempty"`
	Shift   RosterShift  `json:"shift,omitzero"` // of a reminder: told only while it is still theirs
}

// RosterLine is one line of a notice, about a time.
type RosterLine struct {
	Text string    `json:"text"`
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// RosterTell has somebody told; key is the same at every try, and tells this notice from all others.
func RosterTell(n RosterTold, key string) Job {
	j := Job{Kind: JobRosterTell, Priority: PriorityCustomer, Unique: "roster_tell:" + key + ":" + n.To}
	j.Payload, _ = json.Marshal(n) // has no error
	return j
}

// RosterTold reads what a job is to tell.
func (j Job) RosterTold() (n RosterTold, err error) {
	if err = json.Unmarshal(j.Payload, &n); err != nil {
		err = E("ticket.RosterTold", Invalid, err)
	}
	return n, err
}

// InOrder sorts changes as they came to count; what was agreed last goes over what was before.
func InOrder(list []RosterChange) []RosterChange {
	return slices.SortedStableFunc(slices.Values(list), func(a, b RosterChange) int {
		return cmp.Or(a.Stood.Compare(b.Stood), cmp.Compare(a.ID, b.ID))
	})
}
