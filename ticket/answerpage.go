package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// answering is the page that somebody answers. Whoever was rung may, also when it has gone on meanwhile.
func (c *change) answering() (*Page, error) {
	if err := c.t.Page.MayAnswer(c.a.Page, c.a.By.ID); err != nil {
		return nil, err
	}
	c.say("page", fmt.Sprint(c.t.Page.Number))
	return c.t.Page, nil
}

// ringing is likewise, where only a page that rings still can be answered so.
func (c *change) ringing() (*Page, error) {
	p, err := c.answering()
	if err == nil && p.State != PageRinging {
		err = Errorf("ticket.Apply", Conflict, "Nobody is being rung now; but you can still accept.")
	}
	return p, err
}

// accept ends the page. Who has accepted works on the case from now on, beside its owner.
func (c *change) accept() error {
	if p := c.t.Page; p != nil && p.State == PageAccepted && p.Number == c.a.Page && p.Answerer == c.a.By.ID {
		c.nothing = true // a second click, or by another way
		return nil
	}
	p, err := c.answering()
	if err != nil {
		return err
	}
	if c.a.Promise != nil {
		promise := *c.a.Promise
		promise.Kind, c.a.Promise = PromiseCallback, &promise
		if err := c.promise(); err != nil {
			return err
		}
	}
	by := c.a.By
	c.log(PageEntry{Agent: by.ID, What: "accepted"})
	with := addUnique(nil, by.ID)
	if p.By.Kind == ByAgent {
		with = addUnique(with, p.By.ID)
	}
	with = addUnique(with, c.t.Owner)
	if c.t.Owner != by.ID && !slices.Contains(c.t.Helpers, by.ID) && len(c.t.Helpers) < maxHelpers {
		c.t.Helpers = append(c.t.Helpers, by.ID)
		c.say("helper", by.ID)
	}
	text := by.Name + " has accepted the page and works on it here"
	if p.By.Kind == ByAgent && p.By.ID != by.ID {
		text += ", with " + p.By.Name
	}
	if c.a.Promise != nil {
		text += ". The customer will be called back until " + clock(c.a.Promise.Due)
	}
	c.message(Message{Kind: System, Text: text + ".", Mentions: with})
	c.endPage(PageAccepted)
	p.Answerer, p.Accepted = by.ID, c.now
	if p.Plan.Remind > 0 {
		c.until(c.now.Add(p.Plan.Remind))
	}
	return nil
}

func (c *change) decline() error {
	p, err := c.ringing()
	if err != nil {
		return err
	}
	reason := cut(strings.TrimSpace(c.a.Reason), MaxReason)
	c.log(PageEntry{Agent: c.a.By.ID, What: "declined", Reason: reason})
	text := c.a.By.Name + " has declined the page"
	if reason != "" {
		text += ": " + reason
	}
	p.Declined = addUnique(p.Declined, c.a.By.ID)
	c.stepBack(text)
	return nil
}

// stepBack takes a person out of those whose turn it is. When nobody is left of them, it goes on at once.
func (c *change) stepBack(text string) {
	p, id := c.t.Page, c.a.By.ID
	for i := range p.Calls {
		if k := &p.Calls[i]; k.Who == id && (k.State == CallQueued || k.State == CallTrying) {
			k.State, k.At = CallDropped, c.now
		}
	}
	turn := p.Hold == id || slices.Contains(p.Who, id)
	p.Who = slices.DeleteFunc(p.Who, func(a string) bool { return a == id })
	if p.Hold == id {
		p.Hold = ""
	}
	if turn && len(p.Who) == 0 {
		c.onward(text)
	} else {
		c.tell(text + ".")
	}
	c.redraw(func(k PageCall) bool { return k.Who == id })
}

// need lets the page wait for somebody, who is then rung again.
func (c *change) need() error {
	p, err := c.ringing()
	if err != nil {
		return err
	}
	id := c.a.By.ID
	switch {
	case p.count("needs", id) >= maxNeeds:
		return invalid("It has waited for you already. Accept, decline or hand it to somebody.")
	case p.Hold != "" && p.Hold != id:
		return Errorf("ticket.Apply", Conflict, "It waits for somebody else already; but you can accept.")
	}
	wait := c.a.Wait
	if wait <= 0 {
		wait = NeedWait
	}
	c.until(c.now.Add(min(wait, MaxNeed)))
	p.Hold, p.Who = id, []string{id}
	p.Declined = slices.DeleteFunc(p.Declined, func(a string) bool { return a == id })
	c.log(PageEntry{Agent: id, What: "needs", Until: p.Due})
	c.tell(c.a.By.Name + " needs time until " + clock(p.Due) + ": the page waits, and comes to them again then.")
	c.redraw(func(PageCall) bool { return true })
	return nil
}

// hand gives the page to another person, who is rung at once.
func (c *change) hand() error {
	p, err := c.ringing()
	if err != nil {
		return err
	}
	to := c.a.Owner
	switch {
	case to == "" || to == c.a.By.ID:
		return invalid("Say to whom.")
	case slices.Contains(p.Declined, to):
		return invalid("They have declined already.")
	case len(p.Log) > 0 && p.handed() >= maxHands:
		return invalid("It was handed on %d times already. Accept it, or decline.", maxHands)
	}
	c.replan()
	reason := cut(strings.TrimSpace(c.a.Reason), MaxReason)
	c.log(PageEntry{Agent: c.a.By.ID, What: "handed", By: to, Reason: reason})
	c.say("to", to)
	p.Declined = addUnique(p.Declined, c.a.By.ID)
	for i := range p.Calls {
		if k := &p.Calls[i]; k.Who == c.a.By.ID && (k.State == CallQueued || k.State == CallTrying) {
			k.State, k.At = CallDropped, c.now
		}
	}
	text := c.a.By.Name + " hands the page to " + firstOf(c.a.Text, to)
	if reason != "" {
		text += ": " + reason
	}
	c.tell(text + ".")
	last := p.Ring
	c.redraw(func(k PageCall) bool { return k.Ring == last || k.Who == c.a.By.ID })
	c.ring(PageStage{Who: []string{to}, By: p.Stage.By, Wait: p.Stage.Wait})
	return nil
}

func (p *Page) handed() (n int) {
	for _, e := range p.Log {
		if e.What == "handed" {
			n++
		}
	}
	return n
}

// snooze rings a person again later. The page goes on meanwhile; one that they have accepted does not
// remind them before.
func (c *change) snooze() error {
	id, wait := c.a.By.ID, c.a.Wait
	if wait <= 0 {
		wait = SnoozeWait
	}
	wait = min(wait, MaxSnooze)
	if p := c.t.Page; p != nil && p.State == PageAccepted && p.Answerer == id && p.Number == c.a.Page {
		c.until(c.now.Add(wait))
		p.Reminded, p.Acted = false, false
		c.log(PageEntry{Agent: id, What: "snoozed", Until: p.Due})
		c.redraw(func(k PageCall) bool { return k.Who == id })
		return nil
	}
	p, err := c.ringing()
	if err != nil {
		return err
	}
	n := p.count("snoozed", id)
	switch {
	case slices.Contains(p.Declined, id):
		return Errorf("ticket.Apply", Conflict, "You have declined this.")
	case n >= maxSnoozes:
		return invalid("You have snoozed it often enough. Accept, decline or hand it to somebody.")
	}
	at := c.now.Add(wait).Truncate(time.Microsecond)
	for i := range p.Calls {
		if k := &p.Calls[i]; k.Who == id && (k.State == CallQueued || k.State == CallTrying) {
			k.State, k.At = CallDropped, c.now
		}
	}
	c.log(PageEntry{Agent: id, What: "snoozed", Until: at})
	c.tell(c.a.By.Name + " has snoozed the page until " + clock(at) + ".")
	c.call(CallRing, id, p.Stage.By, at, fmt.Sprintf(".s%d", n+1))
	c.redraw(func(k PageCall) bool { return k.Who == id })
	return nil
}

// paged notes what became of a try to reach somebody. The first answer, good or bad, starts the clock of
// its ring; when all of a ring's people cannot be reached, ever, it goes on at once.
func (c *change) paged() error {
	c.nothing = true
	p, r := c.t.Page, c.a.Call
	if p == nil || r == nil || p.Number != c.a.Page {
		return nil
	}
	i := slices.IndexFunc(p.Calls, func(k PageCall) bool { return k.ID == r.ID })
	if i < 0 {
		return nil
	}
	k := &p.Calls[i]
	over := k.State == CallDropped // answered while it went out
	if k.State == r.State && k.Why == r.Why && k.Ref == r.Ref || over && r.Ref == "" {
		return nil
	}
	c.nothing = false
	k.Ref = r.Ref
	if over {
		c.redraw(func(o PageCall) bool { return o.ID == r.ID })
		return nil
	}
	k.State, k.Why, k.At = r.State, cut(r.Why, MaxReason), c.now
	c.say("page", fmt.Sprint(p.Number))
	c.say("call", k.ID)
	c.say("state", string(k.State))
	c.say("why", k.Why)
	what := string(k.State)
	if k.Kind != CallRing && k.State == CallDelivered {
		what = string(k.Kind)
	}
	c.log(PageEntry{Agent: k.Who, What: what, By: k.By, Reason: k.Why})
	if k.State == CallFailed {
		c.tell(fmt.Sprintf("%s cannot be reached by %s: %s", firstOf(c.a.Text, k.Who), k.By, firstOf(k.Why, "it was refused")))
	}
	if p.State != PageRinging || k.Ring != p.Ring || k.Kind != CallRing {
		return nil
	}
	if p.Due.IsZero() {
		at := c.a.At
		if at.IsZero() || at.After(c.now) || at.Before(p.Opened) {
			at = c.now
		}
		c.until(at.Add(p.Stage.Wait))
	}
	if p.Hold == "" && !slices.ContainsFunc(p.Calls, func(o PageCall) bool { return o.Ring == p.Ring && o.Kind == CallRing && o.State != CallFailed }) {
		c.onward("None of those whose turn it was can be reached")
	}
	return nil
}

// pageDue goes on when a ring has had its time. Of a time that was set anew meanwhile it knows nothing.
func (c *change) pageDue() error {
	p := c.t.Page
	if p == nil || p.Number != c.a.Page || p.Ring != c.a.Step || !p.Due.Equal(c.a.At) || c.t.State.Done() {
		c.nothing = true
		return nil
	}
	switch {
	case p.State == PageWaiting:
		c.begin()
	case p.State == PageAccepted:
		return c.silent()
	case p.State != PageRinging:
		c.nothing = true
	case p.Hold != "":
		c.say("again", p.Hold)
		stage := p.Stage
		stage.Who = []string{p.Hold}
		c.ring(stage)
	case p.Due.IsZero():
		for _, id := range p.Who {
			c.log(PageEntry{Agent: id, What: "not_sent"})
		}
		c.onward("The page could not be sent in time")
	default:
		for _, id := range p.Who {
			c.log(PageEntry{Agent: id, What: "no_answer"})
		}
		c.onward("No answer to the page")
	}
	return nil
}

// silent reminds who has accepted and done nothing since; then there is a new page, and after some of
// these the lead is told.
func (c *change) silent() error {
	p := c.t.Page
	c.say("page", fmt.Sprint(p.Number))
	switch {
	case p.Acted || p.Due.IsZero():
		c.nothing = true
	case !p.Reminded:
		p.Reminded = true
		p.Ring++
		c.log(PageEntry{Agent: p.Answerer, What: "silent"})
		c.call(CallRemind, p.Answerer, p.Stage.By, time.Time{}, "")
		c.until(c.now.Add(p.Plan.Remind))
	case p.Again >= maxAgain:
		p.Due = time.Time{}
		c.replan()
		c.tell(fmt.Sprintf("The page was accepted %d times, and nothing came of it. The lead is told.", p.Again+1))
		c.tellLeads()
	default:
		c.replan()
		plan, first := p.Plan, PageStage{Who: []string{p.Answerer}, By: p.Stage.By, Wait: p.Stage.Wait}
		plan.Start = time.Time{}
		c.a.By = Gateway
		c.tell("Nothing was seen of who has accepted the page.")
		n := &Page{Tier: p.Tier, Severity: p.Severity, By: p.By, Plan: plan, Again: p.Again + 1, Reason: p.Reason}
		c.t.LastPage++
		n.Number, n.State, n.Step, n.Opened, n.Changed = c.t.LastPage, PageRinging, -1, c.now, c.now
		c.t.Page = n
		c.say("next", fmt.Sprint(n.Number))
		c.ring(first)
		n.Rung = nil // it is their turn in the chain, too
		if plan.Chain {
			n.Rung = first.Who
		}
	}
	return nil
}
