package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// Scheduled is an answer that goes out at its time, unless something happens that its writer did not know of.
type Scheduled struct {
	Number      int          `json:"number"` // 1, 2 … within the ticket
	Text        string       `json:"text"`
	Attachments []Attachment `json:"attachments,omitempty"`
	By          Actor        `json:"by"` // in whose name it goes out
	Made        time.Time    `json:"made"`
	At          time.Time    `json:"at"`
	Stay        bool         `json:"stay,omitempty"`  // as in Action, like the rest
	Solve       bool         `json:"solve,omitempty"` //
	Diagnosis   string       `json:"diagnosis,omitempty"`
	Tags        []string     `json:"tags,omitempty"`
	Untag       []string     `json:"untag,omitempty"`
	Promise     *Promise     `json:"promise,omitempty"`
	Macro       string       `json:"macro,omitempty"`
	Changed     int          `json:"changed,omitempty"`
}

// Limits of answers that go out later.
const (
	MaxLater      = 5                   // of one ticket that wait
	MaxLaterText  = 20_000              // bytes of one
	MaxLaterAhead = 31 * 24 * time.Hour // how far in the future
)

// LaterOf is the scheduled answer of a number, or nil.
func (t *Ticket) LaterOf(number int) *Scheduled {
	i := slices.IndexFunc(t.Later, func(s Scheduled) bool { return s.Number == number })
	if i < 0 {
		return nil
	}
	return &t.Later[i]
}

// later has an answer go out At its time.
func (c *change) later() error {
	text := strings.TrimSpace(c.a.Text)
	switch {
	case c.a.By.Kind != ByAgent:
		return invalid("Only a person's answer can be sent later.")
	case text == "" && len(c.a.Attachments) == 0:
		return invalid("An answer needs a text.")
	case len(text) > MaxLaterText:
		return invalid("The answer is too long to be sent later: %d bytes of at most %d.", len(text), MaxLaterText)
	case len(c.a.Attachments) > MaxAttachments:
		return invalid("Too many attachments: at most %d.", MaxAttachments)
	case !c.a.At.After(c.now):
		return invalid("Say when it is to go out: a time that is still to come.")
	case c.a.At.After(c.now.Add(MaxLaterAhead)):
		return invalid("An answer can be sent at most 31 days later.")
	case len(c.t.Later) >= MaxLater:
		return invalid("%s has %d answers that wait, which is the most.", c.t.ID, MaxLater)
	case c.t.State.Done():
		return invalid("%s is solved. Reopen it first, or send the answer now.", c.t.ID)
	case c.a.Solve && strings.TrimSpace(c.a.Diagnosis) == "" && c.t.Diagnosis == "":
		return invalid("Say what it was first: the diagnosis is missing.")
	}
	s := Scheduled{Number: c.t.LastLater + 1, Text: text, Attachments: c.a.Attachments, By: c.a.By, Made: c.now, At: c.a.At.Truncate(time.Microsecond),
		Stay: c.a.Stay, Solve: c.a.Solve, Diagnosis: cut(strings.TrimSpace(c.a.Diagnosis), MaxReason), Tags: c.a.Tags, Untag: c.a.Untag, Macro: c.a.Macro, Changed: c.a.Changed}
	if p := c.a.Promise; p != nil {
		if !p.Due.After(s.At) {
			return invalid("What it promises is due before it goes out.")
		}
		s.Promise = &Promise{Kind: p.Kind, What: p.What, Due: p.Due}
	}
	c.t.LastLater = s.Number
	c.t.Later = append(c.t.Later, s)
	if c.t.Owner == "" {
		c.t.Owner = c.a.By.ID
		c.say("owner", c.a.By.ID)
	}
	if c.t.State == New {
		c.t.State = Open
	}
	c.say("number", strconv.Itoa(s.Number))
	c.say("at", s.At.UTC().Format(time.RFC3339))
	c.fx.Jobs = append(c.fx.Jobs, s.job(c.t.ID))
	return nil
}

// job comes when it is time. It has no key: it may wait for days, and nothing waits behind it.
func (s Scheduled) job(id ID) Job {
	return Job{Kind: JobLater, Unique: fmt.Sprintf("later:%d:%d", id, s.Number), Ticket: id, Seq: s.Number, RunAt: s.At, Priority: PriorityCustomer}
}

// sendLater sends a scheduled answer: now, as somebody wants that, or as its time has come. It goes out in the name of
// who wrote it, once.
func (c *change) sendLater() error {
	due := c.a.Kind == ActLaterDue
	s := c.t.LaterOf(c.a.Number)
	switch {
	case s == nil && due, due && s.At.After(c.now):
		c.nothing = true
		return nil
	case s == nil:
		return Errorf("ticket.Apply", Conflict, "That answer waits no more: it went out, or was taken back.")
	}
	was := *s
	c.dropLater(was.Number)
	c.say("number", strconv.Itoa(was.Number))
	if c.a.By.ID != was.By.ID {
		c.say("sent_by", c.a.By.Name)
	}
	c.a.Kind, c.a.By, c.a.Text, c.a.Attachments, c.a.Stay, c.a.Solve, c.a.Diagnosis = ActReply, was.By, was.Text, was.Attachments, was.Stay, was.Solve, was.Diagnosis
	c.a.Tags, c.a.Untag, c.a.Macro, c.a.Changed, c.a.Promise = was.Tags, was.Untag, was.Macro, was.Changed, was.Promise
	if p := was.Promise; p != nil && !p.Due.After(c.now) { // it was held up for long
		c.a.Promise = nil
	}
	return c.reply()
}

func (c *change) dropLater(number int) {
	c.t.Later = slices.DeleteFunc(slices.Clone(c.t.Later), func(s Scheduled) bool { return s.Number == number })
}

// unlater takes a scheduled answer back. Its text is a draft of its writer's again.
func (c *change) unlater() error {
	s := c.t.LaterOf(c.a.Number)
	if s == nil {
		return Errorf("ticket.Apply", Conflict, "That answer waits no more: it went out, or was taken back.")
	}
	was := *s
	c.dropLater(was.Number)
	c.say("number", strconv.Itoa(was.Number))
	c.fx.Drafts = append(c.fx.Drafts, was.draft(c.t.ID))
	text := fmt.Sprintf("%s has taken back the answer that was to go out %s.", firstOf(c.a.By.Name, "Somebody"), utc(was.At))
	if c.a.By.Kind != ByAgent {
		text = fmt.Sprintf("The answer of %s that was to go out %s does not: %s", was.By.Name, utc(was.At), cut(c.a.Reason, MaxReason))
	}
	c.tell(text)
	if c.a.By.ID != was.By.ID {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{To: was.By.ID, Text: text + " Its text is kept: Reply shows it."}, c.now))
	}
	return nil
}

func utc(t time.Time) string { return t.UTC().Format("2 Jan 15:04 UTC") }

func (s Scheduled) draft(id ID) Draft {
	return Draft{Ticket: id, Agent: s.By.ID, Text: s.Text, Macro: s.Macro, Form: "later:" + strconv.Itoa(s.Number), At: s.Made}
}

// endLater takes back all that waits to go out: its writers did not know what is known now.
func (t *Ticket) endLater(why string, fx *Effects, now time.Time) {
	if len(t.Later) == 0 {
		return
	}
	for _, s := range t.Later {
		text := fmt.Sprintf("The answer of %s that was to go out %s does not: %s", s.By.Name, utc(s.At), why)
		t.LastSeq++
		fx.Messages = append(fx.Messages, Message{Ticket: t.ID, Seq: t.LastSeq, Kind: System, Text: text, Author: Gateway, At: now})
		fx.Jobs = append(fx.Jobs, t.post(t.LastSeq, PriorityDesk), t.notify(Told{To: s.By.ID, Text: text + " Its text is kept: Reply shows it."}, now))
		fx.Drafts = append(fx.Drafts, s.draft(t.ID))
	}
	t.Later = nil
}

// resend tries an answer once more that could not be delivered, to another address (To) if one is named.
func (c *change) resend() error {
	m, err := c.amended()
	switch {
	case err != nil:
		return err
	case m.Direction != Out || m.Delivery != Failed:
		return Errorf("ticket.Apply", Conflict, "Only an answer that was not delivered can be sent again.")
	}
	if to := c.a.To; !to.IsZero() {
		if to, err = to.Normal(); err != nil || to.Kind != customer.Email {
			return invalid("%.100q is no mail address.", c.a.To.Value)
		}
		if c.t.Channel != "email" {
			return invalid("Only a mail can go to another address.")
		}
		m.To = []customer.Identity{to}
		c.t.invite(m.To) // they may answer
		c.say("to", to.Value)
		c.fx.Amended = append(c.fx.Amended, m)
	}
	c.say("seq", strconv.Itoa(m.Seq))
	c.fx.Deliver = append(c.fx.Deliver, DeliveryUpdate{Seq: m.Seq, Delivery: Queued})
	c.fx.Jobs = append(c.fx.Jobs, c.t.send(m.Seq, time.Time{}), c.repost(m.Seq))
	if c.t.State == Open && !m.Auto && !c.t.LastCustomer.After(m.At) {
		c.t.State = Pending
	}
	return nil
}
