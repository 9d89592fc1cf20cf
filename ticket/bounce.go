package ticket

import (
	"strconv"
	"time"
)

// BounceKind is what a report says of a message that went out.
type BounceKind string

// The kinds of reports.
const (
	BounceFailed    BounceKind = "failed"    // it was given back
	BounceDelayed   BounceKind = "delayed"   // it is still tried
	BounceComplaint BounceKind = "complaint" // its receiver calls it spam
)

// Bounce makes a contact a report on a message that went out: it is no message of its own, and the
// desk is told. A contact with a Bounce should have an Alone.
type Bounce struct {
	Seq    int // the message; 0 when it is not known which
	Kind   BounceKind
	To     string // the mail address that it was for; "" when it is not known
	Hard   bool   // it will fail again: no such address
	Reason string // what the other server said
}

// bounced notes a report. What was given back counts as failed whether its cause may pass or not: the
// customer has not got it. A closed ticket stays closed: its writer is told, and may open it again.
func (t *Ticket) bounced(in Inbound, m *Match, now time.Time) Effects {
	b := in.Bounce
	c := change{t: t.clone(), now: now, a: Action{Kind: ActFailed, By: Gateway, Seq: b.Seq, Reason: cut(b.Reason, MaxReason)}}
	what := "A message"
	if b.Seq > 0 {
		what = "Message #" + strconv.Itoa(b.Seq)
	}
	known := b.Seq > 0 && b.Seq <= t.LastSeq
	switch {
	case t.LastSeq >= MaxMessages: // there is no room for a line; the event says it
		if b.Kind == BounceFailed && known {
			c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: b.Seq, Delivery: Failed, Problem: c.a.Reason})
			c.fx.Jobs = append(c.fx.Jobs, c.repost(b.Seq))
		}
	case b.Kind == BounceFailed && known:
		_ = c.failed() // it has no error
	case b.Kind == BounceFailed:
		c.tell(what + " was not delivered: " + c.a.Reason)
		if c.t.State == Pending {
			c.t.State = Open
		}
	case b.Kind == BounceDelayed:
		c.tell(what + " is not delivered yet, and still tried: " + c.a.Reason)
	default:
		c.tell("The receiver has marked " + what + " as spam: " + c.a.Reason)
	}
	ev := Event{Ticket: t.ID, Kind: "bounced", By: Gateway, At: now, Why: []string{c.a.Reason},
		Data: map[string]string{"kind": string(b.Kind), "seq": strconv.Itoa(b.Seq), "from": in.From.Value}}
	if m != nil {
		ev.Data["matched_by"] = m.By
	}
	c.fx.Events = append(c.fx.Events, ev)
	c.fx.Jobs = append(c.fx.Jobs, c.t.job(JobShow, "desk", PriorityDesk))
	c.t.Updated = now
	*t = c.t
	return c.fx
}
