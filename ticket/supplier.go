package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Supply is a time in which a case is with a supplier (practice: suppliers). The case waits meanwhile; the
// clock that runs is the supplier's.
type Supply struct {
	Ticket    ID        `json:"ticket"`
	Number    int       `json:"number"`              // 1, 2 … within the ticket
	Supplier  string    `json:"supplier"`            // its name in the configuration
	Reference string    `json:"reference,omitempty"` // the supplier's number of the case
	Asked     string    `json:"asked,omitempty"`     // what they are to do
	By        Actor     `json:"by"`
	Since     time.Time `json:"since"`
	Expected  time.Time `json:"expected,omitzero"` // when they have said that it is back; zero: by their lead time
	Back      time.Time `json:"back,omitzero"`
	Result    string    `json:"result,omitempty"` // what came back
	Moved     bool      `json:"moved,omitempty"`  // it went on with another ticket, and counts there
}

// Limits of what is with suppliers.
const (
	MaxSupplies  = 50  // of one ticket
	maxReference = 100 // runes
)

// With is the supplier that the case is with now, or nil.
func (t *Ticket) With() *Supply {
	if n := len(t.Supplies); n > 0 && t.Supplies[n-1].Back.IsZero() {
		return &t.Supplies[n-1]
	}
	return nil
}

// supply gives a case to a supplier, or changes what is known of it there.
func (c *change) supply() error {
	s := c.a.Supply
	switch {
	case s == nil || strings.TrimSpace(s.Supplier) == "":
		return invalid("Name the supplier.")
	case c.t.State.Done():
		return invalid("%s is solved. Reopen it first.", c.t.ID)
	case !s.Expected.IsZero() && s.Expected.After(c.now.Add(MaxAhead)):
		return invalid("It is expected back within a year at the most.")
	}
	with := c.t.With()
	if with != nil && with.Supplier != s.Supplier {
		c.endSupply("", c.now)
		with = nil
	}
	if with == nil {
		if len(c.t.Supplies) >= MaxSupplies {
			return invalid("%s was with suppliers %d times, which is the most.", c.t.ID, MaxSupplies)
		}
		c.t.Supplies = append(c.t.Supplies, Supply{Ticket: c.t.ID, Number: len(c.t.Supplies) + 1, Supplier: s.Supplier, By: c.a.By, Since: c.now})
		with = &c.t.Supplies[len(c.t.Supplies)-1]
		c.tell(c.a.By.Name + " has given it to " + s.Supplier + ".")
	}
	before := *with
	if ref := strings.TrimSpace(s.Reference); ref != "" {
		with.Reference = cut(ref, maxReference)
	}
	if asked := strings.TrimSpace(s.Asked); asked != "" {
		with.Asked = cut(asked, MaxReason)
	}
	if !s.Expected.IsZero() {
		with.Expected = s.Expected.Truncate(time.Microsecond)
	}
	if before == *with && c.t.State == OnHold && before.Since != c.now {
		c.nothing = true
		return nil
	}
	c.t.State, c.t.HoldReason = OnHold, cut(strings.TrimSpace("with "+with.Supplier+" "+with.Reference), MaxReason)
	c.say("supplier", with.Supplier)
	c.say("reference", with.Reference)
	if !with.Expected.IsZero() {
		c.say("expected", with.Expected.UTC().Format(time.RFC3339))
	}
	c.settle(ActSupplier)
	c.fx.Supplies = append(c.fx.Supplies, *with)
	return nil
}

// supplied takes a case back from its supplier.
func (c *change) supplied() error {
	with := c.t.With()
	if with == nil {
		return invalid("%s is with no supplier.", c.t.ID)
	}
	c.say("supplier", with.Supplier)
	c.say("days", strconv.FormatFloat(c.now.Sub(with.Since).Hours()/24, 'f', 1, 64))
	text := "Back from " + with.Supplier
	if r := strings.TrimSpace(c.a.Reason); r != "" {
		text += ": " + cut(r, MaxReason)
	}
	c.endSupply(c.a.Reason, c.now)
	if c.t.State == OnHold {
		c.t.State, c.t.HoldReason = Open, ""
	}
	c.tell(text)
	if c.a.By.ID != c.t.Owner {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Text: text}, c.now))
	}
	return nil
}

// endSupply notes that the supplier has it no longer.
func (c *change) endSupply(result string, at time.Time) {
	if with := c.t.With(); with != nil {
		with.Back, with.Result = at, cut(strings.TrimSpace(result), MaxReason)
		c.fx.Supplies = append(c.fx.Supplies, *with)
	}
}

// leaves says whether a clock of a case that waits for its supplier runs on, as the configuration wants it.
func (g Targets) leaves(k ClockKind, t *Ticket) bool {
	return t.State == OnHold && t.With() != nil && slices.Contains(g.RunOn, k)
}

// passSupplier has the other ticket be with the supplier instead, and says so in the event. A ticket is with one at
// a time.
func (w *transfer) passSupplier() error {
	s, t := &w.src.t, &w.dst.t
	with, theirs := s.With(), t.With()
	switch {
	case with == nil:
		return nil
	case theirs != nil:
		return invalid("%s is with %s, and %s with %s. A ticket is with one supplier at a time: take one of them back first.", s.ID, with.Supplier, t.ID, theirs.Supplier)
	case len(t.Supplies) >= MaxSupplies:
		return invalid("%s was with suppliers %d times, which is the most.", t.ID, MaxSupplies)
	}
	n := *with
	n.Ticket, n.Number = t.ID, len(t.Supplies)+1
	t.Supplies = append(t.Supplies, n)
	with.Back, with.Moved = w.src.now, true
	w.src.fx.Supplies, w.dst.fx.Supplies = append(w.src.fx.Supplies, *with), append(w.dst.fx.Supplies, n)
	w.src.say("supply", fmt.Sprintf("%d>%d", with.Number, n.Number))
	return nil
}

// supplierBack takes that back, unless it has come back from the supplier since.
func (w *transfer) supplierBack() {
	t, s := &w.src.t, &w.dst.t
	var was, is int
	if n, err := fmt.Sscanf(w.Event.Data["supply"], "%d>%d", &was, &is); n != 2 || err != nil || was != len(s.Supplies) || t.With() == nil || is != t.With().Number {
		return
	}
	theirs, mine := t.With(), &s.Supplies[was-1]
	theirs.Back, theirs.Moved = w.src.now, true
	mine.Back, mine.Moved, mine.Reference, mine.Expected = time.Time{}, false, theirs.Reference, theirs.Expected
	w.src.fx.Supplies, w.dst.fx.Supplies = append(w.src.fx.Supplies, *theirs), append(w.dst.fx.Supplies, *mine)
}
