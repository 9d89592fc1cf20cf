package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// page rings people, or joins the page that rings them already. Another tier is rung beside it, by a chain of its own.
func (c *change) page() error {
	reason := cut(strings.TrimSpace(c.a.Reason), MaxReason)
	severity := c.a.Severity
	if severity == "" {
		severity = c.t.Priority
	}
	switch {
	case reason == "":
		return invalid("Say why: a page needs a reason.")
	case !severity.Valid():
		return invalid("%.20q is no severity: low, normal, high or urgent.", string(severity))
	case c.a.Plan == nil:
		return invalid("Nobody says whom to ring for %s.", c.a.Tier)
	case c.t.State.Done():
		return invalid("%s is %s. Reopen it first.", c.t.ID, c.t.State)
	}
	c.settle(ActPage)
	if p := c.t.PageFor(c.a.Tier); p != nil && c.joins(p) {
		c.look(p)
		return c.joinPage(reason, severity)
	}
	if err := c.aside(c.a.Tier); err != nil {
		return err
	}
	c.openPage(&Page{Tier: c.a.Tier, Reason: reason, Severity: severity, By: c.a.By, Plan: *c.a.Plan})
	return nil
}

// joins says whether a page that is asked for is the one that there is. A person who asks again after
// one was accepted wants to be heard.
func (c *change) joins(p *Page) bool {
	return p.Open() || p.State == PageAccepted && !p.Acted && c.a.By.Kind != ByAgent
}

func (c *change) joinPage(reason string, severity Priority) error {
	p := c.t.Page
	p.More = append(p.More, c.a.By.Name+": "+reason)
	p.More = p.More[max(0, len(p.More)-maxJoined):]
	if severity.rank() > p.Severity.rank() {
		p.Severity = severity
	}
	c.say("page", fmt.Sprint(p.Number))
	c.say("joined", "true")
	c.log(PageEntry{Agent: c.a.By.ID, What: "joined", By: c.a.By.Name, Reason: reason})
	c.tell(fmt.Sprintf("%s joins the page of %s (%s): %s", c.a.By.Name, firstOf(p.Plan.Title, p.Tier), p.Severity, reason))
	c.redraw(func(k PageCall) bool { return true })
	if p.State == PageWaiting && c.a.Plan.Start.IsZero() { // it has become so urgent that it does not wait for the morning
		p.Plan = *c.a.Plan
		c.begin()
	}
	return nil
}

func (c *change) openPage(p *Page) {
	c.t.LastPage++
	p.Number, p.State, p.Step, p.Opened, p.Changed = c.t.LastPage, PageRinging, -1, c.now, c.now
	c.t.Page = p
	c.say("tier", p.Tier)
	c.say("page", fmt.Sprint(p.Number))
	c.say("severity", string(p.Severity))
	c.tell(fmt.Sprintf("%s pages %s (%s): %s", c.a.By.Name, firstOf(p.Plan.Title, p.Tier), p.Severity, p.Reason))
	if p.Plan.Start.After(c.now) {
		c.quietHours(p)
		return
	}
	c.onward("")
}

// quietHours lets a page wait for the end of the quiet hours. Those who will be rung then have a notice.
func (c *change) quietHours(p *Page) {
	p.State, p.Due = PageWaiting, p.Plan.Start.Truncate(time.Microsecond)
	c.log(PageEntry{What: "waiting", Until: p.Due})
	c.tell("These are quiet hours: nobody is rung before " + clock(p.Due) + ", unless the page becomes more urgent.")
	if s, ok := p.next(); ok {
		for _, who := range s.Who {
			c.call(CallNotice, who, s.By, time.Time{}, "")
		}
	}
	p.Step, p.Round, p.Rung = -1, 0, nil
	c.fx.Jobs = append(c.fx.Jobs, c.dueJob(p.Due))
}

// begin ends the wait.
func (c *change) begin() {
	p := c.t.Page
	p.State, p.Step, p.Round = PageRinging, -1, 0
	c.onward("")
}

// ring reaches for people at once. The clock for the next begins when the first of them was reached, or
// provably not.
func (c *change) ring(s PageStage) {
	p := c.t.Page
	if s.Wait <= 0 {
		s.Wait = DefaultWait
	}
	p.Ring++
	p.Rung = addUnique(p.Rung, s.Who...)
	if s.Wait > QuietWait && p.unrung(s, c.now) && p.louder(c.now) {
		s.Wait = QuietWait
	}
	p.Who, p.Stage, p.Due, p.Hold = s.Who, s, time.Time{}, ""
	for _, who := range s.Who {
		if until := p.Plan.Quiet[who]; until.After(c.now) {
			e := PageEntry{Agent: who, What: "unrung", By: strings.Join(p.loud(s.By), ", "), Until: until}
			if e.By != "" {
				e.What = "undisturbed"
			}
			c.log(e)
		}
		c.log(PageEntry{Agent: who, What: "ringing", By: strings.Join(s.By, ", ")})
		c.call(CallRing, who, s.By, time.Time{}, "")
	}
	c.say("ringing", strings.Join(s.Who, " "))
	stall := c.dueJob(time.Time{})
	stall.RunAt = c.now.Add(PageStall + s.Wait)
	c.fx.Jobs = append(c.fx.Jobs, stall)
}

// call has one person reached by each of the ways, not before at.
func (c *change) call(kind CallKind, who string, ways []string, at time.Time, suffix string) {
	p := c.t.Page
	for _, by := range ways {
		id := p.deliveryID(c.t.ID, p.Ring, who, by) + suffix
		if kind != CallRing {
			id += "." + string(kind)
		}
		if _, twice := p.Call(id); twice {
			continue
		}
		p.Calls = append(p.Calls, PageCall{ID: id, Kind: kind, Ring: p.Ring, Who: who, By: by, State: CallQueued, At: c.now})
		c.fx.Jobs = append(c.fx.Jobs, c.callJob(JobPage, id, at))
	}
}

func (c *change) callJob(kind JobKind, id string, at time.Time) Job {
	j := Job{Kind: kind, Ticket: c.t.ID, Seq: c.t.Page.Number, Priority: PriorityPage, RunAt: at, Key: "page:" + id,
		Unique: string(kind) + ":" + id}
	if kind == JobPaged {
		j.Key, j.Priority = "paged:"+id, PriorityDesk
	}
	j.Payload, _ = json.Marshal(id) // has no error
	return j
}

// CallID is the call that a job is about.
func (j Job) CallID() (id string) {
	_ = json.Unmarshal(j.Payload, &id) // "" is no call
	return id
}

// dueJob comes when the newest ring has had its time. A zero time is that of a ring that never went out.
func (c *change) dueJob(due time.Time) Job {
	p := c.t.Page
	var us int64
	if !due.IsZero() {
		us = due.UnixMicro()
	}
	at := strconv.FormatInt(us, 10)
	return Job{Kind: JobPageDue, Ticket: c.t.ID, Seq: p.Number, Step: p.Ring, Priority: PriorityPage, RunAt: due,
		Unique: fmt.Sprintf("page_due:%d:%d:%d:%s", c.t.ID, p.Number, p.Ring, at), Payload: json.RawMessage(at)}
}

// PageDue is the action that the job of a page's clock is about.
func (j Job) PageDue() Action {
	a := Action{Kind: ActPageDue, Ticket: j.Ticket, Page: j.Seq, Step: j.Step, By: Gateway, Job: j}
	if us, err := strconv.ParseInt(string(j.Payload), 10, 64); err == nil && us != 0 {
		a.At = time.UnixMicro(us).UTC()
	}
	return a
}

// until sets the time at which the page goes on by itself.
func (c *change) until(at time.Time) {
	c.t.Page.Due = at.Truncate(time.Microsecond)
	c.fx.Jobs = append(c.fx.Jobs, c.dueJob(c.t.Page.Due))
}

// replan takes over who is on call now.
func (c *change) replan() {
	if c.a.Plan != nil {
		start := c.t.Page.Plan.Start
		c.t.Page.Plan = *c.a.Plan
		c.t.Page.Plan.Start = start
	}
}

// onward rings the next, or ends the page when nobody is left.
func (c *change) onward(text string) {
	p := c.t.Page
	c.say("page", fmt.Sprint(p.Number))
	c.replan()
	last := p.Ring
	s, ok := p.next()
	if !ok || len(p.Calls) >= maxCalls {
		c.exhausted(text)
		return
	}
	if text != "" {
		c.tell(text + "; ringing the next.")
	}
	c.redraw(func(k PageCall) bool { return k.Ring == last })
	c.ring(s)
}

// exhausted ends a page that nobody has accepted, and tells the lead.
func (c *change) exhausted(text string) {
	p := c.t.Page
	if p.Ring == 0 {
		text = "Nobody is on call"
		c.log(PageEntry{What: "nobody"})
	}
	c.log(PageEntry{What: "exhausted"})
	text += ". Nobody is left to ring: " + firstOf(p.Plan.Title, p.Tier) + " has not been reached."
	if len(p.Plan.Leads) == 0 {
		text += " There is no lead to be told."
	}
	c.tell(text)
	c.endPage(PageExhausted)
	c.tellLeads()
}

func (c *change) tellLeads() {
	p := c.t.Page
	p.Ring++
	for _, who := range p.Plan.Leads {
		c.call(CallLead, who, p.Plan.LeadBy, time.Time{}, "")
	}
}

func (c *change) endPage(state PageState) {
	p := c.t.Page
	p.State, p.Ended, p.Due, p.Who, p.Hold, p.Changed = state, c.now, time.Time{}, nil, "", c.now
	for i := range p.Calls {
		if k := &p.Calls[i]; k.State == CallQueued || k.State == CallTrying {
			k.State, k.At = CallDropped, c.now
		}
	}
	c.redraw(func(PageCall) bool { return true })
}

// redraw brings up to date what people were shown.
func (c *change) redraw(which func(PageCall) bool) {
	for _, k := range c.t.Page.Calls {
		if k.Ref != "" && which(k) {
			c.fx.Jobs = append(c.fx.Jobs, c.callJob(JobPaged, k.ID, time.Time{}))
		}
	}
}

func (c *change) log(e PageEntry) {
	p := c.t.Page
	e.At = c.now
	if p.Log = append(p.Log, e); len(p.Log) > maxPageLog {
		p.Log = slices.Delete(p.Log, 1, 2) // the first says who was rung first
	}
}

func clock(at time.Time) string { return at.UTC().Format("2 Jan 15:04 UTC") }

// rank orders priorities, urgent highest.
func (p Priority) rank() int { return slices.Index([]Priority{Low, Normal, High, Urgent}, p) }
