package ticket

import (
	"fmt"
	"strconv"
	"time"
)

// Answered is what the newest answer has changed. It is known until the answer has gone out.
type Answered struct {
	Seq       int       `json:"seq"`
	State     State     `json:"state"`               // the ticket's before it
	LastAgent time.Time `json:"last_agent,omitzero"` // likewise
	Heard     time.Time `json:"heard,omitzero"`      // likewise
	Promises  []Promise `json:"promises,omitempty"`  // that it has kept, as they were
	Made      int       `json:"made,omitempty"`      // the promise that it makes
	Solved    bool      `json:"solved,omitempty"`    // it has solved the ticket
}

// answered notes what an answer is about to change.
func (c *change) answered(seq int) {
	was := Answered{Seq: seq, State: c.t.State, LastAgent: c.t.LastAgent, Heard: c.t.Heard}
	for _, p := range c.t.Promises {
		if (p.Kind == PromiseUpdate || c.a.Solve && p.Kind == PromiseFix) && p.Ended.IsZero() {
			was.Promises = append(was.Promises, p)
		}
	}
	c.t.Answered = &was
}

// withdraw takes an answer back that has not gone out. The store refuses it when its job has begun.
func (c *change) withdraw() error {
	if c.a.Seq <= 0 || c.a.Seq > c.t.LastSeq {
		return Errorf("ticket.Apply", NotFound, "%s has no message %d.", c.t.ID, c.a.Seq)
	}
	c.fx.Cancel = append(c.fx.Cancel, sendKey(c.t.ID, c.a.Seq))
	c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: c.a.Seq, Delivery: Withdrawn})
	c.fx.Jobs = append(c.fx.Jobs, c.repost(c.a.Seq))
	c.say("seq", strconv.Itoa(c.a.Seq))
	state := Open
	if was := c.t.Answered; was != nil && was.Seq == c.a.Seq {
		if was.State == Pending || was.State == OnHold {
			state = was.State
		}
		if was.Solved && c.t.State == Solved {
			c.t.State, c.t.SolvedAt, c.t.CloseAt = Pending, time.Time{}, time.Time{}
		}
		c.t.LastAgent, c.t.Heard, c.t.Answered = was.LastAgent, was.Heard, nil
		for _, p := range was.Promises {
			c.t.Promises[p.Number-1] = p
			c.await(&c.t.Promises[p.Number-1])
		}
		if n := was.Made; n > 0 && n <= len(c.t.Promises) && c.t.Promises[n-1].Ended.IsZero() {
			c.endPromise(&c.t.Promises[n-1], PromiseWithdrawn)
		}
	}
	if c.t.State == Pending { // the customer knows nothing of it
		c.t.State = state
	}
	return nil
}

// sendKey is the Unique of the job that delivers a message.
func sendKey(id ID, seq int) string { return fmt.Sprintf("send:%d:%d", id, seq) }
