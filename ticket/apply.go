package ticket

import (
	"slices"
	"time"
)

// Apply decides what an action does to the ticket. On an error the ticket is unchanged. It is pure:
// the caller saves the ticket and the effects in one transaction.
func (t *Ticket) Apply(a Action, now time.Time) (Effects, error) {
	if a.Rev != 0 && a.Rev != t.Rev {
		return Effects{}, Errorf("ticket.Apply", Conflict,
			"%s has changed since you last saw it. Look again, then try again.", t.ID)
	}
	step, ok := steps[a.Kind]
	if !ok {
		return Effects{}, Errorf("ticket.Apply", Invalid, "unknown action %.40q", string(a.Kind))
	}
	if t.State == Closed {
		if a.Kind == ActRoute || a.Kind == ActPageDue || a.Kind == ActPaged || a.Kind == ActUpdateDue || a.Kind == ActHandOut || a.Kind == ActLaterDue {
			return Effects{}, nil // its time is over
		}
		if err := t.resting(a.Kind); err != nil {
			return Effects{}, err
		}
	}
	c := change{t: t.clone(), a: a, now: now}
	c.lookNumber()
	if err := step(&c); err != nil {
		return Effects{}, err
	}
	if c.nothing {
		if len(c.fx.Members) > 0 { // the ticket is as it was; what its incident knows of it is not
			return Effects{Members: c.fx.Members, Jobs: c.fx.Jobs}, nil
		}
		return Effects{}, nil
	}
	if c.t.State.Done() {
		c.t.endLater("the case is "+string(c.t.State)+".", &c.fx, now)
	}
	c.settlePages()
	c.pageSeen(t)
	if !a.Kind.quiet() && !c.quiet {
		c.t.Rev++
	}
	c.t.Updated = now
	c.t.since(t, now)
	if t.State.Done() && !c.t.State.Done() {
		c.countFor(OutcomeReopened, 0, t.Tier, "", c.a.By.ID)
	}
	if t.Owner != c.t.Owner {
		c.t.OwnerBy = c.a.By.ID
	}
	c.owned(t.Owner)
	c.fx.Events = append([]Event{c.event()}, c.fx.Events...)
	c.fx.Jobs = append([]Job{c.t.job(JobShow, "desk", PriorityDesk)}, c.fx.Jobs...)
	c.fx.Jobs = append(c.fx.Jobs, c.t.tellIncident(t)...)
	*t = c.t
	return c.fx, nil
}

// resting refuses what cannot be done to a closed ticket.
func (t *Ticket) resting(k ActionKind) error {
	switch {
	case k == ActLink || k == ActUnlink || k == ActAnnounce: // they know what to do with it
		return nil
	case t.MergedInto != 0 && (k == ActNote || !k.quiet() && k != ActWithdraw && k != ActClose):
		return invalid("%s goes on in %s. Do it there, or take the merge back.", t.ID, t.MergedInto)
	case k == ActReopen || k == ActClose || k == ActWithdraw || k.quiet():
		return nil
	}
	return invalid("%s is closed. Reopen it first.", t.ID)
}

// quiet actions make no card stale: whoever clicks what they saw before means it still.
func (k ActionKind) quiet() bool {
	return k == ActNote || k == ActVerdict || k == ActDelivered || k == ActFailed || k == ActClock || k == ActPromiseDue ||
		k == ActPaged || k == ActAmend || k == ActReact || k == ActAsk || k == ActAnswer || k == ActAskDue
}

// change is one action being worked out on a copy.
type change struct {
	t       Ticket
	a       Action
	now     time.Time
	fx      Effects
	why     []string
	data    map[string]string
	nothing bool
	quiet   bool // it makes no card stale
}

var steps = map[ActionKind]func(*change) error{
	ActRoute: (*change).route, ActTake: (*change).take, ActAssign: (*change).assign,
	ActHandOut: (*change).handOut,
	ActReply:   (*change).reply, ActNote: (*change).note, ActEscalate: (*change).escalate,
	ActPromise: (*change).promise, ActKeep: (*change).keep, ActUnpromise: (*change).keep, ActPromiseDue: (*change).promiseDue,
	ActReturn: (*change).giveBack, ActJoin: (*change).join, ActRelease: (*change).release,
	ActPage: (*change).page, ActAccept: (*change).accept, ActDecline: (*change).decline,
	ActNeed: (*change).need, ActHand: (*change).hand, ActSnooze: (*change).snooze, ActPaged: (*change).paged,
	ActPageDue: (*change).pageDue, ActSolve: (*change).solve, ActReopen: (*change).reopen,
	ActClose: (*change).close, ActHold: (*change).hold, ActSet: (*change).set,
	ActVerdict: (*change).verdict, ActDelivered: (*change).delivered, ActFailed: (*change).failed,
	ActClock: (*change).clock,
	ActAmend: (*change).amend, ActReact: (*change).react, ActScript: (*change).script,
	ActLink: (*change).link, ActUnlink: (*change).unlink, ActAnnounce: (*change).announce,
	ActLater: (*change).later, ActLaterNow: (*change).sendLater, ActLaterDue: (*change).sendLater, ActUnlater: (*change).unlater, ActResend: (*change).resend,
	ActWithdraw: (*change).withdraw,
	ActSupplier: (*change).supply, ActSupplied: (*change).supplied,
	ActInform: (*change).inform, ActHeard: (*change).heard, ActVerify: (*change).verify,
	ActRepromise: (*change).repromise, ActUpdateDue: (*change).updateDue, ActPostpone: (*change).postpone,
	ActAsk: (*change).ask, ActAnswer: (*change).answerQuestion, ActAskDue: (*change).questionDue,
	ActComplain: (*change).complain, ActAmends: (*change).answerComplaint, ActAbuse: (*change).abuse,
}

func (t *Ticket) clone() Ticket {
	n := *t
	n.Units, n.Tags = slices.Clone(t.Units), slices.Clone(t.Tags)
	n.Participants, n.Suggestions = slices.Clone(t.Participants), slices.Clone(t.Suggestions)
	n.Reasons, n.Proposals, n.Helpers = slices.Clone(t.Reasons), slices.Clone(t.Proposals), slices.Clone(t.Helpers)
	n.Promises, n.Skills = slices.Clone(t.Promises), slices.Clone(t.Skills)
	n.Later = slices.Clone(t.Later)
	n.Supplies, n.Informed, n.Done = slices.Clone(t.Supplies), slices.Clone(t.Informed), slices.Clone(t.Done)
	n.Questions, n.Complaints = slices.Clone(t.Questions), slices.Clone(t.Complaints)
	n.Page, n.PagesAside = t.Page.clone(), slices.Clone(t.PagesAside)
	for i, p := range n.PagesAside {
		n.PagesAside[i] = p.clone()
	}
	return n
}

func (c *change) event() Event {
	e := Event{Ticket: c.t.ID, Kind: string(c.a.Kind), By: c.a.By, Why: c.why, Data: c.data, At: c.now}
	if c.a.Reason != "" {
		e.Why = append([]string{cut(c.a.Reason, MaxReason)}, e.Why...)
	}
	return e
}

func (c *change) say(k, v string) {
	if v == "" {
		return
	}
	if c.data == nil {
		c.data = map[string]string{}
	}
	c.data[k] = v
}

func invalid(format string, args ...any) error {
	return Errorf("ticket.Apply", Invalid, format, args...)
}

// message appends one and has the desk show it, unless the desk is where it was written.
func (c *change) message(m Message) int {
	c.t.LastSeq++
	m.Ticket, m.Seq, m.Author, m.At = c.t.ID, c.t.LastSeq, c.a.By, c.now
	if m.Auto || m.Kind == System || c.a.By.Kind != ByAgent && c.a.Kind != ActReply && c.a.Kind != ActNote {
		m.Author = Gateway
	}
	c.fx.Messages = append(c.fx.Messages, m)
	if m.DeskRef == "" {
		c.fx.Jobs = append(c.fx.Jobs, c.t.post(m.Seq, PriorityDesk))
	}
	return m.Seq
}

// tell writes a line into the thread that only agents see.
func (c *change) tell(text string) { c.message(Message{Kind: System, Text: text}) }

func (c *change) take() error {
	if c.a.By.Kind != ByAgent {
		return invalid("only an agent can take a ticket")
	}
	if c.t.Owner == c.a.By.ID && c.t.State != New {
		c.nothing = true
		return nil
	}
	c.say("from", c.t.Owner)
	c.say("owner", c.a.By.ID)
	c.t.Owner = c.a.By.ID
	c.taken()
	if c.t.State == New {
		c.t.State = Open
	}
	return nil
}

func (c *change) assign() error {
	c.say("from", c.t.Owner)
	c.say("owner", c.a.Owner)
	if c.a.Owner != "" && c.a.Owner != c.t.Owner && c.a.Owner != c.a.By.ID {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{To: c.a.Owner, Handover: true, Text: "Yours now, from " + c.a.By.Name}, c.now))
	}
	c.t.Owner = c.a.Owner
	if c.t.State == New && c.a.Owner != "" {
		c.t.State = Open
	}
	return nil
}
