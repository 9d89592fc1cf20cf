package ticket

import (
	"fmt"
	"strconv"
)

// withdraw takes an answer back that has not gone out. The store refuses it when its job has begun.
func (c *change) withdraw() error {
	if c.a.Seq <= 0 || c.a.Seq > c.t.LastSeq {
		return Errorf("ticket.Apply", NotFound, "%s has no message %d.", c.t.ID, c.a.Seq)
	}
	c.fx.Cancel = append(c.fx.Cancel, sendKey(c.t.ID, c.a.Seq))
	c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: c.a.Seq, Delivery: Withdrawn})
	c.fx.Jobs = append(c.fx.Jobs, c.repost(c.a.Seq))
	c.say("seq", strconv.Itoa(c.a.Seq))
	if c.t.State == Pending { // the customer knows nothing of it
		c.t.State = Open
	}
	return nil
}

// sendKey is the Unique of the job that delivers a message.
func sendKey(id ID, seq int) string { return fmt.Sprintf("send:%d:%d", id, seq) }
