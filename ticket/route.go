package ticket

import (
	"reflect"
	"slices"
)

// maxReasons is how many of the reasons of decisions a ticket keeps.
const maxReasons = 12

// route puts a ticket where a decision says. One that is somewhere already stays there: a person's move
// is not undone by a rule. What rules think of it later is proposed.
func (c *change) route() error {
	d := c.a.Decision
	first := c.t.Tier == ""
	if d == nil || first && d.Tier == "" {
		return invalid("a route needs a decision that names a tier")
	}
	before := c.t.clone()
	if first {
		c.t.Tier, c.t.Queue = d.Tier, d.Queue
		if d.Owner != "" {
			c.t.Owner = d.Owner
		}
	}
	if d.Priority.Valid() && (first && c.t.Priority == Normal || d.On != "" && d.On != OnOpened) {
		c.t.Priority = d.Priority
	}
	c.t.Tags, c.t.Skills = addUnique(c.t.Tags, d.Tags...), addUnique(c.t.Skills, d.Skills...)
	if !d.Unsearched || first {
		c.suggest(d)
	}
	c.t.Signals = d.Signals
	if d.Allow != nil {
		c.t.Allow = d.Allow
	}
	for _, p := range d.Propose {
		c.propose(p)
	}
	c.steps(d.Steps)
	if d.Look {
		c.lookAtUnits()
	}
	for _, a := range d.Answers {
		c.answer(a)
	}
	named := d.Incident != "" && !c.t.State.Done() && c.once("incident:"+d.Incident)
	if named {
		c.fx.Jobs = append(c.fx.Jobs, c.t.alike(d.Incident))
	}
	if first || d.On == "" || d.On == OnOpened { // looked at once more: what stood in the way may be gone
		c.t.Reasons = d.Reasons
	} else {
		c.t.Reasons = addUnique(slices.Clone(d.Reasons), before.Reasons...)
	}
	c.t.Reasons = c.t.Reasons[:min(len(c.t.Reasons), maxReasons)]
	c.why = d.Reasons
	c.say("tier", c.t.Tier)
	c.say("queue", c.t.Queue)
	c.say("priority", string(c.t.Priority))
	if !first { // what an agent is about to do is right still, unless rules have done something
		c.quiet = c.t.Priority == before.Priority && slices.Equal(c.t.Tags, before.Tags)
		c.nothing = c.quiet && len(d.Reasons) == 0 && slices.Equal(c.t.Proposals, before.Proposals) &&
			reflect.DeepEqual(c.t.Signals, before.Signals) && reflect.DeepEqual(c.t.Suggestions, before.Suggestions) && c.t.Fits == before.Fits &&
			reflect.DeepEqual(c.t.Allow, before.Allow) && slices.Equal(c.t.Skills, before.Skills) && len(c.t.Done) == len(before.Done)
		return nil
	}
	if !d.Unsearched && !c.t.Past {
		c.count(OutcomeRouted, 0, "")
		if !d.Fits {
			c.count(OutcomeGap, 0, c.t.Subject)
		}
	}
	for seq := 1; seq <= c.t.LastSeq; seq++ { // what was said before there was a card
		c.fx.Jobs = append(c.fx.Jobs, c.t.post(seq, PriorityCustomer))
	}
	c.acknowledge(d.Acknowledge)
	if p := d.Print; p != nil {
		c.fx.Print = &Print{Ticket: c.t.ID, Opened: c.t.Opened, Terms: p.Terms}
		if !named { // a rule knows better what it is part of
			c.fx.Jobs = append(c.fx.Jobs, c.t.alike(""))
		}
	}
	return nil
}

// suggest takes over what was found. What agents have said of an article stays with it.
func (c *change) suggest(d *Decision) {
	found := slices.Clone(d.Suggestions)
	for i := range found {
		for _, old := range c.t.Suggestions {
			if old.Article == found[i].Article {
				found[i].Verdict, found[i].By = old.Verdict, old.By
			}
		}
	}
	c.t.Suggestions, c.t.Fits = found, d.Fits
}

// Proposable is what rules may propose.
var Proposable = []ActionKind{ActEscalate, ActPage, ActInform, ActComplain, ActPromise, ActAbuse}

// propose adds a step, or the newest reason for it.
func (c *change) propose(p Proposal) {
	if !slices.Contains(Proposable, p.Do) || c.t.State.Done() {
		return
	}
	p.At, p.Why = c.now, cut(p.Why, MaxReason)
	i := slices.IndexFunc(c.t.Proposals, func(o Proposal) bool { return o.Do == p.Do })
	switch {
	case i < 0:
		c.t.Proposals = append(c.t.Proposals, p)
	case c.t.Proposals[i].Why != p.Why:
		c.t.Proposals[i] = p
	}
}

// settle takes a proposal away: it was followed, or the ticket is done.
func (c *change) settle(do ...ActionKind) {
	c.t.Proposals = slices.DeleteFunc(c.t.Proposals, func(p Proposal) bool { return slices.Contains(do, p.Do) })
}
