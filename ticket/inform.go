package ticket

import (
	"slices"
	"strings"
	"time"
)

// Informed is a hierarchical escalation: who must hear of a case hears of it, and the case stays on its way
// to who can mend it (practice: manager).
type Informed struct {
	Number int       `json:"number"` // 1, 2 … within the ticket
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Tier   string    `json:"tier,omitempty"`  // whose leads, when they are not those of its own tier
	Lead   string    `json:"lead,omitempty"`  // agent id of who answers for it from now on; "" told all leads of the tier
	Heard  time.Time `json:"heard,omitzero"`  // when somebody of them said so
	Who    string    `json:"who,omitempty"`   // agent id of who did
	Reply  string    `json:"reply,omitempty"` // what they will do
	Gone   Gone      `json:"gone,omitzero"`   // its ticket was merged: whoever hears of it says so there
}

// MaxInformed is how often leads are told of one ticket.
const MaxInformed = 50

// Unheard is the oldest of those of which no lead has said that they have heard it, or nil.
func (t *Ticket) Unheard() *Informed {
	for i := range t.Informed {
		if n := t.Informed[i]; n.Heard.IsZero() && n.Gone.IsZero() {
			return &t.Informed[i]
		}
	}
	return nil
}

// inform tells the leads, or one of them, who then works on it beside its owner.
func (c *change) inform() error {
	reason := cut(strings.TrimSpace(c.a.Reason), MaxReason)
	switch {
	case reason == "":
		return invalid("Say what the lead is to hear: a reason is missing.")
	case len(c.t.Informed) >= MaxInformed:
		return invalid("Leads were told of %s %d times, which is the most.", c.t.ID, MaxInformed)
	}
	if to := c.a.External; to != "" { // who works elsewhere hears, and has nothing to say here
		c.say("mail", to)
		c.tell(c.a.By.Name + " has told " + to + ": " + reason)
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Mail: to, Text: reason}, c.now))
		return nil
	}
	n := Informed{Number: len(c.t.Informed) + 1, By: c.a.By, At: c.now, Reason: reason, Lead: c.a.Owner, Tier: c.a.Tier}
	c.t.Informed = append(c.t.Informed, n)
	told := Told{Lead: true, To: c.a.Owner, Tier: c.a.Tier, Text: c.a.By.Name + " wants you to hear of this: " + reason}
	text := c.a.By.Name + " has told the lead: " + reason
	if c.a.Tier != "" {
		text = c.a.By.Name + " has told " + c.a.Tier + ": " + reason
		c.say("tier", c.a.Tier)
	}
	if lead := c.a.Owner; lead != "" {
		if lead != c.t.Owner && !slices.Contains(c.t.Helpers, lead) && len(c.t.Helpers) < maxHelpers {
			c.t.Helpers = append(c.t.Helpers, lead)
		}
		told.Lead = false
		text += "\nThe customer hears from " + lead + " about it; the case goes on where it is."
		c.say("lead", lead)
	}
	c.settle(ActInform)
	c.tell(text)
	c.fx.Jobs = append(c.fx.Jobs, c.t.notify(told, c.now))
	return nil
}

// heard is a lead's word that they have heard of it.
func (c *change) heard() error {
	n := c.t.Unheard()
	if n == nil {
		c.nothing = true
		return nil
	}
	n.Heard, n.Who, n.Reply = c.now, c.a.By.ID, cut(strings.TrimSpace(c.a.Reason), MaxReason)
	text := c.a.By.Name + " has heard of it"
	if n.Reply != "" {
		text += ": " + n.Reply
	}
	c.tell(text)
	if n.By.Kind == ByAgent {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{To: n.By.ID, Text: text}, c.now))
	}
	return nil
}
