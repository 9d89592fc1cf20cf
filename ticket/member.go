package ticket

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// What is done to a ticket in the name of an incident. Each is the gateway's own, by a [JobIncident].
const (
	ActLink     ActionKind = "link"     // it is part of Incident, after [DoLink]. Changes no Rev
	ActUnlink   ActionKind = "unlink"   // it is not, after [DoUnlink]. Changes no Rev
	ActAnnounce ActionKind = "announce" // the customer is told update Number, unless there is a Reason not to; the last one solves it
)

// Membership is how a ticket belongs to the incident in whose name something is done to it. The store
// reads it in the transaction of the action, and holds it until that is committed.
type Membership struct {
	Incident Incident
	Member   *Member // nil: it never was a part
	// Told is another ticket of the same customer in which the update Action.Number was told.
	Told ID
}

// member is the row of the ticket as long as it is linked; else there is nothing to do.
func (c *change) member() (*Incident, Member, bool) {
	in := c.a.In
	if in == nil || in.Member == nil {
		return nil, Member{}, false
	}
	return &in.Incident, *in.Member, in.Member.State == MemberLinked
}

// link makes the ticket part of an open incident: its card shows what agents are to do, and a customer who
// comes late is told what the others were told last.
func (c *change) link() error {
	i, m, linked := c.member()
	if !linked || i.State != IncidentOpen || c.t.Incident == i.ID || c.t.State == Closed {
		c.nothing = true
		return nil
	}
	c.quiet = true
	c.t.Incident = i.ID
	c.say("incident", i.ID.String())
	c.tell("Part of incident " + i.ID.String() + " from now on: " + i.Title)
	if u := i.Newest(); u != nil && m.Told < u.Number {
		at := c.now
		if u.Due.After(at) {
			at = u.Due
		}
		c.fx.Jobs = append(c.fx.Jobs, incidentJob(c.t.ID, IncidentWork{Incident: i.ID, Do: ActAnnounce, Number: u.Number}, at))
	}
	return nil
}

// unlink ends that.
func (c *change) unlink() error {
	i, m, _ := c.member()
	apart := i != nil && (m.State == MemberApart || i.State == IncidentDismissed)
	if !apart || c.t.Incident != i.ID {
		c.nothing = true
		return nil
	}
	c.quiet = true
	c.t.Incident = 0
	c.say("incident", i.ID.String())
	text := "No longer part of incident " + i.ID.String() + "."
	if why := slices.Concat(m.Why, []string{i.Reason}); firstOf(why...) != "" {
		text += " " + firstOf(why...)
	}
	c.tell(text)
	return nil
}

// announce tells the customer of an update, once; with the resolution the ticket is solved. Action.Reason is
// what the caller knows against telling them.
func (c *change) announce() error {
	i, m, linked := c.member()
	var u *IncidentUpdate
	if i != nil {
		u = i.Update(c.a.Number)
	}
	if !linked || u == nil || u.Withdrawn || u.Due.After(c.now) || m.Told >= u.Number {
		c.nothing = true
		return nil
	}
	why := c.a.Reason
	c.a.Reason = ""
	switch newest := i.Newest(); {
	case c.t.State == Closed:
		why = "the ticket is closed"
	case c.t.State == Solved:
		why = "the ticket was solved already"
	case newest.Number > u.Number && !newest.Due.After(c.now):
		why = "a newer one follows at once"
	case u.Final && len(u.Texts) == 0:
		why = "there is no text for customers"
	case c.a.In.Told != 0:
		why = "the customer was told in " + c.a.In.Told.String()
	case c.t.LastSeq >= MaxMessages-2:
		why = "the ticket is full"
	}
	over := c.t.State.Done()
	m.Told, m.Skipped, m.In = u.Number, why, ""
	if why == "" {
		text, in := u.Text(c.t.Language)
		if c.t.Language != "" && in != c.t.Language {
			m.In = in
		}
		c.letter(u, text, m.In)
	}
	if c.say("incident", i.ID.String()); u.Final && !over {
		m.Solved = true
		c.a.Diagnosis = i.Diagnosis
		if err := c.solve(); err != nil {
			return err
		}
		c.fx.Events = append(c.fx.Events, Event{Ticket: c.t.ID, Kind: string(ActSolve), By: u.By, At: c.now,
			Why: []string{"incident " + i.ID.String() + " is resolved"}, Data: map[string]string{"diagnosis": c.t.Diagnosis}})
	}
	c.a.By = u.By
	c.fx.Members = append(c.fx.Members, m)
	c.fx.Jobs = append(c.fx.Jobs, ShowIncident(i.ID))
	c.nothing = why != "" && !m.Solved // the ticket is as it was
	return nil
}

// letter writes to the customer in the name of whoever wrote the update. A machine sends it to many: it
// is marked as such, so that no machine answers it, and goes to the customer alone.
func (c *change) letter(u *IncidentUpdate, text, in string) {
	text = strings.ReplaceAll(text, "{number}", c.t.ID.String())
	msg := Message{Kind: Public, Direction: Out, Channel: c.t.Channel, Text: text, Auto: true, Delivery: Queued}
	if in != "" {
		msg.Warnings = []string{"There is no text in the customer's language (" + c.t.Language + "): it went out in " + in + "."}
	}
	seq := c.message(msg)
	c.fx.Messages[len(c.fx.Messages)-1].Author = u.By
	c.fx.Jobs = append(c.fx.Jobs, c.t.send(seq, time.Time{}))
	c.t.LastAgent = c.now
	c.keepAll(PromiseUpdate)
	c.say("seq", strconv.Itoa(seq))
	c.say("update", strconv.Itoa(u.Number))
}
