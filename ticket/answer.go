package ticket

import (
	"strconv"
	"strings"
	"time"
)

// MaxUndo is the longest time that an answer waits in which it can be taken back.
const MaxUndo = 10 * time.Minute

func (c *change) reply() error {
	text := strings.TrimSpace(c.a.Text)
	switch {
	case text == "" && len(c.a.Attachments) == 0:
		return invalid("An answer needs a text.")
	case len(text) > MaxText:
		return invalid("The answer is too long: %d bytes of at most %d.", len(text), MaxText)
	case len(c.a.Attachments) > MaxAttachments:
		return invalid("Too many attachments: at most %d.", MaxAttachments)
	case c.t.LastSeq >= MaxMessages:
		return invalid("%s has %d messages, which is the most that one ticket holds.", c.t.ID, MaxMessages)
	}
	m := Message{Kind: Public, Direction: Out, Channel: c.t.Channel, Text: text,
		Attachments: c.a.Attachments, Delivery: Queued, DeskRef: c.a.DeskRef}
	said := c.a.External != "" // in the channel itself: the customer has it
	if said {
		m.Delivery, m.External = Sent, c.a.External
	} else if c.a.Wait > 0 {
		m.SendAt = c.now.Add(min(c.a.Wait, MaxUndo))
	}
	seq := c.message(m)
	if said {
		c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: seq, Delivery: Sent, External: c.a.External})
	} else {
		c.fx.Jobs = append(c.fx.Jobs, c.t.send(seq, m.SendAt))
	}
	if c.t.Owner == "" && c.a.By.Kind == ByAgent {
		c.t.Owner = c.a.By.ID
		c.say("owner", c.a.By.ID)
	}
	if !said {
		c.answered(seq)
	}
	c.t.LastAgent, c.t.Heard = c.now, c.now
	if c.t.State = Pending; c.a.Stay {
		c.t.State = Open
	}
	c.keepAll(PromiseUpdate)
	c.t.SolvedAt, c.t.CloseAt = time.Time{}, time.Time{}
	c.say("seq", strconv.Itoa(seq))
	return c.goWith()
}

// goWith does what goes along with an answer.
func (c *change) goWith() error {
	if c.a.Macro != "" {
		c.say("macro", c.a.Macro)
		c.count(OutcomeMacro, max(0, min(c.a.Changed, 100)), c.a.Macro)
	}
	if err := c.retag(); err != nil {
		return err
	}
	if err := c.pledgeWith(); err != nil || !c.a.Solve {
		return err
	}
	if err := c.solve(); err != nil {
		return err
	}
	if c.t.Answered != nil {
		was := *c.t.Answered
		was.Solved = true
		c.t.Answered = &was
	}
	return nil
}

// pledgeWith makes the promise that an answer gives.
func (c *change) pledgeWith() error {
	p := c.a.Promise
	if p == nil {
		return nil
	}
	if p.Kind != PromiseCallback && p.Kind != PromiseUpdate && p.Kind != PromiseFix {
		return invalid("Say what is promised: callback, update or fix.")
	}
	n, err := c.pledge(*p)
	if c.t.Answered != nil {
		was := *c.t.Answered
		was.Made = n
		c.t.Answered = &was
	}
	return err
}

// acknowledge tells the customer that the ticket has come in: once, and only as long as nobody has
// answered. It is no answer: the ticket waits for staff as before.
func (c *change) acknowledge(text string) {
	if text = strings.TrimSpace(text); text == "" || !c.t.Acknowledged.IsZero() || !c.t.LastAgent.IsZero() || c.t.State.Done() {
		return
	}
	seq := c.outgoing(text, 0, true)
	c.t.Acknowledged = c.now
	c.say("acknowledged", strconv.Itoa(seq))
}

func (c *change) note() error {
	text := strings.TrimSpace(c.a.Text)
	if c.a.Note != nil {
		if err := c.a.Note.Call.check(); err != nil {
			return err
		}
		text = strings.TrimSpace(c.a.Note.String() + "\n" + text)
	}
	switch {
	case text == "" && len(c.a.Attachments) == 0:
		return invalid("A note needs a text.")
	case len(text) > MaxText:
		return invalid("The note is too long: %d bytes of at most %d.", len(text), MaxText)
	case c.t.LastSeq >= MaxMessages:
		return invalid("%s has %d messages, which is the most that one ticket holds.", c.t.ID, MaxMessages)
	}
	seq := c.message(Message{Kind: Note, Text: text, Fields: c.a.Note, Attachments: c.a.Attachments, DeskRef: c.a.DeskRef})
	c.say("seq", strconv.Itoa(seq))
	p := c.a.Promise // that was given in what is noted
	if p == nil {
		return nil
	}
	if p.Kind != PromiseCallback && p.Kind != PromiseUpdate && p.Kind != PromiseFix {
		return invalid("Say what is promised: callback, update or fix.")
	}
	_, err := c.pledge(Promise{Kind: p.Kind, What: p.What, Due: p.Due})
	return err
}

// String is the note as people read it: one line a field that is filled in.
func (n *NoteFields) String() string {
	var b strings.Builder
	for _, f := range []struct{ name, text string }{
		{"Call", n.Call.String()},
		{"Reported", n.Reported}, {"Tried", n.Tried}, {"Result", n.Result},
		{"Next step", n.NextStep}, {"Promised", n.Promised},
	} {
		if s := strings.TrimSpace(f.text); s != "" {
			b.WriteString(f.name + ": " + s + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

func (c *change) delivered() error {
	if was := c.t.Answered; was != nil && was.Seq == c.a.Seq {
		c.t.Answered = nil
	}
	problem := cut(c.a.Reason, MaxReason) // somebody has not got it
	c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: c.a.Seq, Delivery: Sent, External: c.a.External, Problem: problem})
	c.say("seq", strconv.Itoa(c.a.Seq))
	c.say("external", c.a.External)
	if problem != "" {
		c.tell("Message #" + strconv.Itoa(c.a.Seq) + " went out. " + problem)
	}
	c.fx.Jobs = append(c.fx.Jobs, c.repost(c.a.Seq))
	return nil
}

func (c *change) failed() error {
	c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: c.a.Seq, Delivery: Failed, Problem: cut(c.a.Reason, MaxReason)})
	c.say("seq", strconv.Itoa(c.a.Seq))
	c.tell("Message #" + strconv.Itoa(c.a.Seq) + " was not delivered: " + cut(c.a.Reason, MaxReason))
	c.fx.Jobs = append(c.fx.Jobs, c.repost(c.a.Seq))
	if was := c.t.Answered; was != nil && was.Seq == c.a.Seq && was.Solved && c.t.State == Solved {
		c.t.State, c.t.SolvedAt, c.t.CloseAt = Open, time.Time{}, time.Time{}
	}
	if c.t.State == Pending { // the customer knows nothing of it, so it is ours to act
		c.t.State = Open
	}
	return nil
}

// repost has the desk show a message as it is now; showing is idempotent by the message's DeskRef.
func (c *change) repost(seq int) Job { return c.t.post(seq, PriorityDesk) }
