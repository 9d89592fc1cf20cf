package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is something that a rule does to a ticket beside putting it somewhere: it is done by a job that is
// committed with the decision, in the rule's name.
type Step struct {
	Do       ActionKind `json:"do"`                 // page, escalate, inform or supplier
	Rule     string     `json:"rule"`               // its name is the reason
	Tier     string     `json:"tier,omitempty"`     // to page or escalate to; "" is the next one up
	Severity Priority   `json:"severity,omitempty"` // of a page; "" is the ticket's priority
	Supplier string     `json:"supplier,omitempty"`
	Lead     string     `json:"lead,omitempty"` // to inform; "" are those of the tier
}

// AutoAnswer is what a rule tells a customer. No staff has answered by it.
type AutoAnswer struct {
	Rule    string
	Text    string // Markdown
	Article string // that it was taken from, or ""
}

// Allowance are a ticket's own targets of its clocks, in open time, instead of its tier's. What is 0 is the tier's.
type Allowance struct {
	First      time.Duration `json:"first,omitempty"`
	Next       time.Duration `json:"next,omitempty"`
	Resolution time.Duration `json:"resolution,omitempty"`
	Tier       time.Duration `json:"tier,omitempty"`
}

// maxDone is how many steps of rules a ticket remembers. With so many it takes no more.
const maxDone = 200

// once says whether something is done for the first time.
func (c *change) once(what string) bool {
	if slices.Contains(c.t.Done, what) || len(c.t.Done) >= maxDone {
		return false
	}
	c.t.Done = append(c.t.Done, what)
	return true
}

// lookAtUnits has the ticket's units looked at, once for as many as it has.
func (c *change) lookAtUnits() {
	if n := len(c.t.Units); n > 0 && c.once(fmt.Sprintf("units:%d", n)) {
		c.fx.Jobs = append(c.fx.Jobs, Job{Kind: JobUnits, Unique: fmt.Sprintf("units:%d", c.t.ID), Ticket: c.t.ID, Priority: PriorityLater})
	}
}

// steps has done what rules do: each rule's once at each tier.
func (c *change) steps(list []Step) {
	for _, s := range list {
		if c.t.State.Done() || !c.once(fmt.Sprintf("%s:%s:%s", s.Do, c.t.Tier, s.Rule)) {
			continue
		}
		j := Job{Kind: JobStep, Ticket: c.t.ID, Priority: PriorityCustomer}
		if s.Do == ActPage {
			j.Priority = PriorityPage
		}
		j.Payload, _ = json.Marshal(s) // has no error
		j.Unique = fmt.Sprintf("step:%d:%d:%s:%.200s", c.t.ID, c.now.UnixMicro(), s.Do, s.Rule)
		c.fx.Jobs = append(c.fx.Jobs, j)
	}
}

// Todo reads what a job is to do for a rule.
func (j Job) Todo() (s Step, err error) {
	if err = json.Unmarshal(j.Payload, &s); err != nil {
		err = E("ticket.Todo", Invalid, err)
	}
	return s, err
}

// answer tells the customer something in the name of a rule, once for each rule. It is no answer of staff:
// the ticket waits as before (RFC 3834: it is marked as written by a machine).
func (c *change) answer(a AutoAnswer) {
	text := strings.TrimSpace(a.Text)
	if text == "" || c.t.State.Done() || c.t.LastSeq >= MaxMessages || !c.once("answer:"+a.Rule) {
		return
	}
	seq := c.outgoing(text, 0, true)
	c.t.Acknowledged = c.now
	c.say("answered", fmt.Sprint(seq))
	c.say("article", a.Article)
}
