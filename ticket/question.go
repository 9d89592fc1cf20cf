package ticket

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Question is what somebody asks the writer of a note that they do not understand (practice:
// return-for-rewrite). If no answer comes in time, the lead is asked.
type Question struct {
	Number     int       `json:"number"`       // 1, 2 … within the ticket
	Seq        int       `json:"seq"`          // the note
	To         string    `json:"to,omitempty"` // agent id of its writer; "" when that is nobody who can be asked: the lead
	Text       string    `json:"text"`
	By         Actor     `json:"by"`
	At         time.Time `json:"at"`
	Due        time.Time `json:"due"`
	Lead       bool      `json:"lead,omitempty"` // the lead was asked
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy Actor     `json:"answered_by,omitzero"`
	Answered   time.Time `json:"answered,omitzero"`
	Gone       Gone      `json:"gone,omitzero"` // its note is in another ticket now, and so is it
}

const maxQuestions = 50

// Asked are the questions about a note, in order.
func (t *Ticket) Asked(seq int) (list []Question) {
	for _, q := range t.Questions {
		if q.Seq == seq && q.Gone.IsZero() {
			list = append(list, q)
		}
	}
	return list
}

// OpenQuestions are those that nobody has answered.
func (t *Ticket) OpenQuestions() (list []Question) {
	for _, q := range t.Questions {
		if q.open() {
			list = append(list, q)
		}
	}
	return list
}

func (q Question) open() bool { return q.Answered.IsZero() && q.Gone.IsZero() }

// await has the lead asked when it is not answered in time.
func (q Question) await(id ID) Job {
	return Job{Kind: JobQuestion, Unique: fmt.Sprintf("question:%d:%d", id, q.Number), Ticket: id, Seq: q.Number, RunAt: q.Due, Priority: PriorityDesk}
}

// ask asks the writer of note Seq (Owner); by At there must be an answer.
func (c *change) ask() error {
	text := cut(strings.TrimSpace(c.a.Text), MaxReason)
	switch {
	case text == "":
		return invalid("Say what is unclear.")
	case c.a.Seq <= 0 || c.a.Seq > c.t.LastSeq:
		return invalid("%s has no message %d.", c.t.ID, c.a.Seq)
	case !c.a.At.After(c.now):
		return invalid("A question needs a time by which it is answered.")
	case len(c.t.Questions) >= maxQuestions:
		return invalid("%s has %d questions, which is the most.", c.t.ID, maxQuestions)
	}
	q := Question{Number: len(c.t.Questions) + 1, Seq: c.a.Seq, To: c.a.Owner, Text: text, By: c.a.By, At: c.now,
		Due: c.a.At.Truncate(time.Microsecond), Lead: c.a.Owner == ""}
	c.t.Questions = append(c.t.Questions, q)
	c.say("question", strconv.Itoa(q.Number))
	c.say("seq", strconv.Itoa(q.Seq))
	c.say("to", q.To)
	told := Told{To: q.To, Lead: q.Lead, Text: fmt.Sprintf("%s asks about your note #%d: %s", c.a.By.Name, q.Seq, text), At: q.Due,
		Do: []string{"answer"}, Number: q.Number}
	if q.Lead {
		told.Text = fmt.Sprintf("%s asks about note #%d, whose writer cannot be asked: %s", c.a.By.Name, q.Seq, text)
	}
	c.fx.Jobs = append(c.fx.Jobs, c.t.notify(told, c.now), c.repost(q.Seq))
	if !q.Lead {
		c.fx.Jobs = append(c.fx.Jobs, q.await(c.t.ID))
	}
	c.countFor(OutcomeUnclear, q.Number, c.a.Tier, "", q.To)
	return nil
}

// questionDue asks the lead when the writer of a note has not answered.
func (c *change) questionDue() error {
	q := c.t.question(c.a.Number)
	if c.nothing = q == nil || !q.open() || q.Lead || q.Due.After(c.now); c.nothing {
		return nil
	}
	q.Lead = true
	c.say("question", strconv.Itoa(q.Number))
	c.say("what", "lead asked")
	c.fx.Jobs = append(c.fx.Jobs, c.repost(q.Seq), c.t.notify(Told{Lead: true, At: q.At, Do: []string{"answer"}, Number: q.Number,
		Text: fmt.Sprintf("No answer to a question about note #%d: %s", q.Seq, q.Text)}, c.now))
	c.countFor(OutcomeUnclearLead, q.Number, c.a.Tier, "", q.To)
	return nil
}

// answerQuestion answers question Number; it stands under the note, and is a note itself.
func (c *change) answerQuestion() error {
	q := c.t.question(c.a.Number)
	text := cut(strings.TrimSpace(c.a.Text), MaxReason)
	switch {
	case q == nil:
		return invalid("%s has no question %d.", c.t.ID, c.a.Number)
	case !q.Gone.IsZero():
		return q.Gone.elsewhere()
	case !q.Answered.IsZero():
		return invalid("%s has answered this already.", q.AnsweredBy.Name)
	case text == "":
		return invalid("Write the answer.")
	}
	q.Answer, q.AnsweredBy, q.Answered = text, c.a.By, c.now
	c.say("question", strconv.Itoa(q.Number))
	seq := c.message(Message{Kind: Note, Text: fmt.Sprintf("About note #%d: %s\n%s", q.Seq, q.Text, text)})
	c.say("seq", strconv.Itoa(seq))
	c.fx.Jobs = append(c.fx.Jobs, c.repost(q.Seq))
	if q.By.Kind == ByAgent && q.By.ID != c.a.By.ID {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{To: q.By.ID, Text: fmt.Sprintf("%s answers about note #%d: %s", c.a.By.Name, q.Seq, text)}, c.now))
	}
	c.countFor(OutcomeUnclearAnswer, q.Number, c.a.Tier, "", q.To)
	return nil
}

func (t *Ticket) question(number int) *Question {
	if number < 1 || number > len(t.Questions) {
		return nil
	}
	return &t.Questions[number-1]
}
