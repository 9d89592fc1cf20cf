package ticket

import (
	"fmt"
	"strings"
	"time"
)

// DefaultWait is how long a paged person has to answer when nothing else is said.
const DefaultWait = 5 * time.Minute

func (c *change) page() error {
	if strings.TrimSpace(c.a.Reason) == "" {
		return invalid("Say why: a page needs a reason.")
	}
	if c.t.Page.Now() != "" {
		return invalid("%s is being rung already.", c.t.Page.Tier)
	}
	if len(c.a.Chain) == 0 {
		return invalid("Nobody is on call for %s.", c.a.Tier)
	}
	wait := c.a.Wait
	if wait <= 0 {
		wait = DefaultWait
	}
	c.settle(ActPage)
	c.t.LastPage++
	c.t.Page = &Page{Number: c.t.LastPage, Tier: c.a.Tier, Reason: cut(c.a.Reason, MaxReason), By: c.a.By,
		State: PageRinging, Chain: c.a.Chain, Wait: wait, Opened: c.now}
	c.say("tier", c.a.Tier)
	c.say("page", fmt.Sprint(c.t.LastPage))
	c.tell(fmt.Sprintf("%s pages %s: %s", c.a.By.Name, c.a.Tier, c.t.Page.Reason))
	c.ring()
	return nil
}

// ring tells the person whose turn it is, and sets the clock for the next.
func (c *change) ring() {
	p := c.t.Page
	p.Log = append(p.Log, PageStep{Agent: p.Now(), What: "ringing", At: c.now})
	c.say("ringing", p.Now())
	c.fx.Jobs = append(c.fx.Jobs, c.pageJob(JobPage, c.now), c.pageJob(JobPageDue, c.now.Add(p.Wait)))
}

func (c *change) pageJob(kind JobKind, at time.Time) Job {
	p := c.t.Page
	return Job{Kind: kind, Ticket: c.t.ID, Seq: p.Number, Step: p.Step, Priority: PriorityPage, RunAt: at,
		Key:    fmt.Sprintf("%s:%d:%d:%d", kind, c.t.ID, p.Number, p.Step),
		Unique: fmt.Sprintf("%s:%d:%d:%d", kind, c.t.ID, p.Number, p.Step)}
}

// current fails unless the page named is ringing and it is the turn of the one who answers.
func (c *change) current() (*Page, error) {
	p := c.t.Page
	switch {
	case p == nil || c.a.Page != p.Number || p.State != PageRinging:
		return nil, Errorf("ticket.Apply", Conflict, "This page is over.")
	case c.a.By.ID != p.Now():
		return nil, Errorf("ticket.Apply", Denied, "It is not your turn: the page has gone on.")
	}
	return p, nil
}

func (c *change) accept() error {
	p, err := c.current()
	if err != nil {
		return err
	}
	p.Log = append(p.Log, PageStep{Agent: p.Now(), What: "accepted", At: c.now})
	c.say("page", fmt.Sprint(p.Number))
	c.tell(c.a.By.Name + " has accepted the page.")
	c.endPage(PageAccepted)
	return nil
}

func (c *change) decline() error {
	p, err := c.current()
	if err != nil {
		return err
	}
	p.Log = append(p.Log, PageStep{Agent: p.Now(), What: "declined", Reason: cut(c.a.Reason, MaxReason), At: c.now})
	text := c.a.By.Name + " has declined the page"
	if r := cut(strings.TrimSpace(c.a.Reason), MaxReason); r != "" {
		text += ": " + r
	}
	c.onward(text)
	return nil
}

func (c *change) pageDue() error {
	p := c.t.Page
	if p == nil || p.Number != c.a.Page || p.Step != c.a.Step || p.State != PageRinging {
		c.nothing = true // answered meanwhile
		return nil
	}
	p.Log = append(p.Log, PageStep{Agent: p.Now(), What: "no_answer", At: c.now})
	c.onward("No answer to the page")
	return nil
}

// onward goes to the next of the chain, or ends the page when there is none.
func (c *change) onward(text string) {
	p := c.t.Page
	c.say("page", fmt.Sprint(p.Number))
	p.Step++
	if p.Step < len(p.Chain) {
		c.tell(text + "; ringing the next.")
		c.fx.Jobs = append(c.fx.Jobs, c.pageNotice(p.Step-1))
		c.ring()
		return
	}
	p.Step = len(p.Chain) - 1
	c.tell(text + ". Nobody is left to ring: " + p.Tier + " has not been reached.")
	c.endPage(PageExhausted)
}

func (c *change) endPage(state PageState) {
	p := c.t.Page
	p.State, p.Ended = state, c.now
	c.fx.Jobs = append(c.fx.Jobs, c.pageNotice(p.Step))
}

// pageNotice has the desk bring what one person was told up to date: the buttons go.
func (c *change) pageNotice(step int) Job {
	j := c.pageJob(JobPage, c.now)
	j.Step = step
	j.Key = fmt.Sprintf("%s:%d:%d:%d", JobPage, c.t.ID, c.t.Page.Number, step)
	j.Unique = j.Key + ":end"
	return j
}
