package ticket

import (
	"strconv"
	"strings"
	"time"
)

// About is what goes to the lead beside the case.
type About string

// What a lead is asked to answer. The case stays where it is and goes on (practice: complaint-outlet).
const (
	AboutPolicy  About = "policy"  // a rule of ours that hurts
	AboutConduct About = "conduct" // how they were treated
)

// Complaint is what a customer has against us, to which a lead owes an answer.
type Complaint struct {
	Number     int       `json:"number"` // 1, 2 … within the ticket
	About      About     `json:"about"`
	Policy     string    `json:"policy,omitempty"` // its name, or in free words
	Words      string    `json:"words"`            // what the customer says
	By         Actor     `json:"by"`
	At         time.Time `json:"at"`
	Promise    int       `json:"promise"` // the answer that is owed
	Answered   time.Time `json:"answered,omitzero"`
	AnsweredBy Actor     `json:"answered_by,omitzero"`
	Gone       Gone      `json:"gone,omitzero"` // its ticket was merged: the answer is owed there
}

const maxComplaints = 20

// OpenComplaints are those that a lead has still to answer.
func (t *Ticket) OpenComplaints() (list []Complaint) {
	for _, k := range t.Complaints {
		if k.Answered.IsZero() && k.Gone.IsZero() {
			list = append(list, k)
		}
	}
	return list
}

// complain takes what a customer has against us to the lead, who owes an answer by Promise.Due. With a Text
// the customer is told so.
func (c *change) complain() error {
	words, policy := cut(strings.TrimSpace(c.a.Reason), MaxReason), cut(strings.Join(strings.Fields(c.a.Policy), " "), 200)
	about := c.a.About
	if about == "" {
		about = AboutPolicy
	}
	switch {
	case about != AboutPolicy && about != AboutConduct:
		return invalid("Say what it is about: policy or conduct.")
	case words == "":
		return invalid("Say what the customer has against it, in their words.")
	case about == AboutPolicy && policy == "":
		return invalid("Name the policy that it is about.")
	case len(c.t.Complaints) >= maxComplaints:
		return invalid("%s has %d complaints, which is the most.", c.t.ID, maxComplaints)
	}
	due := Promise{Kind: PromiseAnswer, Due: c.a.At, Lead: true, What: words}
	if policy != "" {
		due.What = policy + ": " + words
	}
	number, err := c.pledge(due)
	if err != nil {
		return err
	}
	k := Complaint{Number: len(c.t.Complaints) + 1, About: about, Policy: policy, Words: words, By: c.a.By, At: c.now, Promise: number}
	c.t.Complaints = append(c.t.Complaints, k)
	c.t.Tags = addUnique(c.t.Tags, "complaint")
	c.settle(ActComplain)
	c.say("complaint", strconv.Itoa(k.Number))
	c.say("about", string(about))
	c.say("policy", policy)
	what := "A complaint about how a customer was treated"
	if about == AboutPolicy {
		what = "A complaint about " + policy
	}
	c.tell(what + ": " + words + "\nThe lead owes an answer by " + c.a.At.UTC().Format("2 Jan 15:04 UTC") + "; the case goes on.")
	c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Lead: true, Text: what + ": " + words, At: c.a.At, Do: []string{"answer_complaint"}, Number: k.Number}, c.now))
	c.count(OutcomeComplaint, k.Number, labelOf(k))
	if text := strings.TrimSpace(c.a.Text); text != "" {
		c.say("seq", strconv.Itoa(c.outgoing(text, c.a.Wait, false)))
	}
	return nil
}

func labelOf(k Complaint) string {
	if k.Policy != "" {
		return k.Policy
	}
	return string(k.About)
}

// answerComplaint is the lead's answer to the customer. The case stays in whose hands it is.
func (c *change) answerComplaint() error {
	text := strings.TrimSpace(c.a.Text)
	switch {
	case c.a.Number < 1 || c.a.Number > len(c.t.Complaints):
		return invalid("%s has no complaint %d.", c.t.ID, c.a.Number)
	case text == "":
		return invalid("An answer needs a text.")
	case len(text) > MaxText:
		return invalid("The answer is too long: %d bytes of at most %d.", len(text), MaxText)
	}
	k := &c.t.Complaints[c.a.Number-1]
	if !k.Gone.IsZero() {
		return k.Gone.elsewhere()
	}
	if !k.Answered.IsZero() {
		return invalid("%s has answered this already.", k.AnsweredBy.Name)
	}
	k.Answered, k.AnsweredBy = c.now, c.a.By
	c.say("complaint", strconv.Itoa(k.Number))
	c.say("seq", strconv.Itoa(c.outgoing(text, c.a.Wait, false)))
	for i := range c.t.Promises {
		if p := &c.t.Promises[i]; p.Number == k.Promise && p.Ended.IsZero() {
			c.endPromise(p, PromiseKept)
		}
	}
	c.count(OutcomeComplaintAnswr, k.Number, labelOf(*k))
	return nil
}
