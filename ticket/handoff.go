package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Handoff is what the next tier must know (practice: handoff-packet).
type Handoff struct {
	Problem  string `json:"problem,omitempty"`  // in one line
	Unit     string `json:"unit,omitempty"`     // serial number, model
	Impact   string `json:"impact,omitempty"`   // who cannot do what
	Tried    string `json:"tried,omitempty"`    // steps, with their results
	Articles string `json:"articles,omitempty"` // that were tried
	Asked    string `json:"asked,omitempty"`    // of the next tier
	Callback string `json:"callback,omitempty"` // how and when the customer is reached
	// ReadBack is how the customer has confirmed it: by phone, chat, mail … "" if they have not been asked
	// (practice: read-back).
	ReadBack string `json:"read_back,omitempty"`

	From  string    `json:"from,omitempty"` // the tier that handed it over
	Owner string    `json:"owner,omitempty"`
	By    Actor     `json:"by,omitzero"`
	At    time.Time `json:"at,omitzero"`
	Back  bool      `json:"back,omitempty"` // it was given back, to be written anew
	Taken string    `json:"taken,omitempty"`
}

// HandoffFields are the fields that people fill in, in their order.
var HandoffFields = []string{"problem", "unit", "impact", "tried", "articles", "asked", "callback", "read_back"}

// HandoffTitle is what people call a field.
func HandoffTitle(field string) string {
	switch field {
	case "problem":
		return "Problem in one line"
	case "unit":
		return "Unit"
	case "impact":
		return "Impact"
	case "tried":
		return "Steps tried, with results"
	case "articles":
		return "Articles tried"
	case "asked":
		return "What is asked of you"
	case "callback":
		return "How the customer is reached"
	case "read_back":
		return "Read back to the customer"
	}
	return field
}

// Field gives the text of a field, to be read or set.
func (h *Handoff) Field(name string) *string {
	switch name {
	case "problem":
		return &h.Problem
	case "unit":
		return &h.Unit
	case "impact":
		return &h.Impact
	case "tried":
		return &h.Tried
	case "articles":
		return &h.Articles
	case "asked":
		return &h.Asked
	case "callback":
		return &h.Callback
	case "read_back":
		return &h.ReadBack
	}
	return new(string)
}

// Missing are those of the fields named that say nothing.
func (h *Handoff) Missing(fields []string) (missing []string) {
	if h == nil {
		h = &Handoff{}
	}
	for _, f := range fields {
		if strings.TrimSpace(*h.Field(f)) == "" {
			missing = append(missing, f)
		}
	}
	return missing
}

// String is the packet as people read it: a line a field that says something.
func (h *Handoff) String() string {
	var b strings.Builder
	for _, f := range HandoffFields {
		if s := strings.TrimSpace(*h.Field(f)); s != "" {
			b.WriteString(HandoffTitle(f) + ": " + s + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// maxField is how long a field of a handoff is, in runes.
const maxField = 4_000

// escalate takes a ticket to another tier: up, aside, or back down with instructions. Its clocks, but for
// the one of the tier, go on.
func (c *change) escalate() error {
	if c.a.Tier == "" || strings.TrimSpace(c.a.Reason) == "" {
		return invalid("Say where to and why: an escalation needs a tier and a reason.")
	}
	if c.a.Tier == c.t.Tier {
		return invalid("%s is already at %s.", c.t.ID, c.a.Tier)
	}
	if d := strings.TrimSpace(c.a.Diagnosis); d != "" {
		c.t.Diagnosis = cut(d, MaxReason)
		c.say("diagnosis", c.t.Diagnosis)
	}
	h := Handoff{}
	if c.a.Handoff != nil {
		h = *c.a.Handoff
		for _, f := range HandoffFields {
			p := h.Field(f)
			*p = cut(strings.TrimSpace(*p), maxField)
		}
	}
	h.From, h.Owner, h.By, h.At, h.Back, h.Taken = c.t.Tier, c.t.Owner, c.a.By, c.now, false, ""
	c.t.Handoff = &h
	c.say("from", c.t.Tier)
	c.say("tier", c.a.Tier)
	c.say("from_owner", c.t.Owner)
	c.say("read_back", h.ReadBack)
	c.t.Tier, c.t.Queue, c.t.Owner = c.a.Tier, c.a.Queue, c.a.Owner
	c.t.SolvedAt, c.t.CloseAt = time.Time{}, time.Time{}
	if c.t.State != New {
		c.t.State = Open
	}
	c.settle(ActEscalate)
	how := "Escalated to "
	if c.a.Down {
		how = "Given down with instructions to "
	}
	text := how + c.a.Tier + " by " + c.a.By.Name + ": " + cut(c.a.Reason, MaxReason)
	if said := h.String(); said != "" {
		text += "\n" + said
	}
	c.tell(text)
	return nil
}

// giveBack returns what was handed over to whoever did (practice: return-for-rewrite). No clock is set
// back by it.
func (c *change) giveBack() error {
	h := c.t.Handoff
	switch {
	case h == nil || h.From == "" || h.Back:
		return invalid("%s was not handed over: there is nobody to return it to.", c.t.ID)
	case strings.TrimSpace(c.a.Reason) == "":
		return invalid("Say what is missing, so that it can be mended.")
	}
	c.say("from", c.t.Tier)
	c.say("tier", h.From)
	c.say("writer", h.By.ID)
	c.say("writers_tier", h.From)
	back := *h
	back.Back = true
	c.t.Handoff, c.t.Returned = &back, c.t.Returned+1
	c.countFor(OutcomeReturned, c.t.Returned, h.From, "", h.By.ID)
	c.t.Tier, c.t.Queue = h.From, c.a.Queue
	if c.t.Owner = h.Owner; c.t.Owner == "" && h.By.Kind == ByAgent {
		c.t.Owner = h.By.ID
	}
	if c.t.State != New {
		c.t.State = Open
	}
	c.tell(fmt.Sprintf("Returned by %s to be written anew: %s", c.a.By.Name, cut(c.a.Reason, MaxReason)))
	c.fx.Jobs = append(c.fx.Jobs, c.t.review(OnReturned, ""))
	return nil
}

// taken notes who of the next tier has accepted what was handed over.
func (c *change) taken() {
	if h := c.t.Handoff; h != nil && !h.Back && h.Taken == "" {
		taken := *h
		taken.Taken = c.a.By.ID
		c.t.Handoff = &taken
	}
}

const maxHelpers = 20

// join lets somebody work beside the owner (practice: live-handover). Who owned it stays until they leave.
func (c *change) join() error {
	switch {
	case c.a.By.Kind != ByAgent:
		return invalid("only an agent can join")
	case c.t.Owner == c.a.By.ID || slices.Contains(c.t.Helpers, c.a.By.ID):
		c.nothing = true
		return nil
	case len(c.t.Helpers) >= maxHelpers:
		return invalid("Too many work on %s already: at most %d.", c.t.ID, maxHelpers)
	}
	c.t.Helpers = append(c.t.Helpers, c.a.By.ID)
	c.say("helper", c.a.By.ID)
	c.tell(c.a.By.Name + " has joined.")
	return nil
}

// release ends that. An owner leaves it to somebody who has joined.
func (c *change) release() error {
	if i := slices.Index(c.t.Helpers, c.a.By.ID); i >= 0 {
		c.t.Helpers = slices.Delete(c.t.Helpers, i, i+1)
		c.say("helper", c.a.By.ID)
		c.tell(c.a.By.Name + " has left.")
		return nil
	}
	if c.t.Owner != c.a.By.ID {
		c.nothing = true
		return nil
	}
	heir := c.a.Owner
	if heir == "" && len(c.t.Helpers) > 0 {
		heir = c.t.Helpers[0]
	}
	i := slices.Index(c.t.Helpers, heir)
	if i < 0 {
		return invalid("Nobody has joined to whom %s could be left.", c.t.ID)
	}
	c.t.Helpers = slices.Delete(c.t.Helpers, i, i+1)
	c.say("from", c.t.Owner)
	c.say("owner", heir)
	c.t.Owner = heir
	c.tell(c.a.By.Name + " has handed it over and left.")
	return nil
}
