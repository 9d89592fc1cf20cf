package ticket

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// MaxIncidentWait is the longest time that an update waits in which it can be taken back.
const MaxIncidentWait = time.Hour

// IncidentChange is what an action on an incident is decided on. Members are all its rows.
type IncidentChange struct {
	Incident *Incident // zero but for its ID, when it is to be made
	Members  []Member
}

// IncidentEffects are what follows, to be committed with it.
type IncidentEffects struct {
	Members []Member // rows that are new or have changed
	Jobs    []Job
}

type incidentChange struct {
	i       Incident
	members []Member
	a       IncidentAction
	now     time.Time
	fx      IncidentEffects
	nothing bool
}

var incidentSteps = map[IncidentDo]func(*incidentChange) error{
	DoPropose: (*incidentChange).propose, DoOpen: (*incidentChange).open, DoDismiss: (*incidentChange).dismiss,
	DoLink: (*incidentChange).link, DoUnlink: (*incidentChange).unlink, DoInstruct: (*incidentChange).instruct,
	DoUpdate: (*incidentChange).update, DoWithdraw: (*incidentChange).withdraw,
	DoResolve: (*incidentChange).resolve, DoReopen: (*incidentChange).reopen,
}

// Apply decides what an action does to an incident. On an error it is unchanged. It is pure.
func (x IncidentChange) Apply(a IncidentAction, now time.Time) (IncidentEffects, error) {
	if a.Rev != 0 && a.Rev != x.Incident.Rev {
		return IncidentEffects{}, Errorf("ticket.IncidentChange", Conflict, "%s has changed since you last saw it. Look again, then try again.", x.Incident.ID)
	}
	step, ok := incidentSteps[a.Do]
	if !ok {
		return IncidentEffects{}, invalid("%.40q is nothing that can be done to an incident.", string(a.Do))
	}
	c := incidentChange{i: x.Incident.clone(), members: slices.Clone(x.Members), a: a, now: now}
	if err := step(&c); err != nil {
		return IncidentEffects{}, err
	}
	if c.nothing {
		return IncidentEffects{}, nil
	}
	c.i.Rev++
	c.i.Updated = now
	c.fx.Jobs = append([]Job{ShowIncident(c.i.ID)}, c.fx.Jobs...)
	*x.Incident = c.i
	return c.fx, nil
}

// begin makes the incident.
func (c *incidentChange) begin() error {
	title := cut(strings.Join(strings.Fields(c.a.Title), " "), maxIncidentTitle)
	if title == "" {
		return invalid("An incident needs a title: what is wrong, in one line.")
	}
	c.i = Incident{ID: c.i.ID, Title: title, Tier: c.a.Tier, Signature: cut(c.a.Signature, maxIncidentTitle), By: c.a.By,
		Why: slices.Clone(c.a.Why[:min(len(c.a.Why), maxIncidentWhy)]), Begun: c.now, Proposed: c.now, State: IncidentProposed}
	for _, t := range c.a.Tickets {
		if t.Opened.Before(c.i.Begun) && !t.Opened.IsZero() {
			c.i.Begun = t.Opened
		}
	}
	return nil
}

// propose makes one, or adds to one that there is.
func (c *incidentChange) propose() error {
	if c.i.Rev > 0 {
		return c.link()
	}
	if err := c.begin(); err != nil {
		return err
	}
	c.i.note(c.a.By, c.now, "proposed with %d tickets", len(c.a.Tickets))
	if err := c.take(); err != nil || !c.a.Page || len(c.fx.Members) == 0 {
		return err
	}
	page := incidentJob(c.fx.Members[0].Ticket, IncidentWork{Incident: c.i.ID, Do: ActPage}, time.Time{})
	page.Priority = PriorityPage
	c.fx.Jobs = append(c.fx.Jobs, page)
	return nil
}

// open says that it is one.
func (c *incidentChange) open() error {
	if c.i.Rev == 0 {
		if err := c.begin(); err != nil {
			return err
		}
	} else if c.i.State == IncidentOpen {
		return Errorf("ticket.IncidentChange", Conflict, "%s is open already.", c.i.ID)
	} else if c.i.State == IncidentResolved {
		return invalid("%s is resolved. Reopen it instead.", c.i.ID)
	}
	if len(c.a.Text) > MaxIncidentText {
		return invalid("The instruction is too long: %d bytes of at most %d.", len(c.a.Text), MaxIncidentText)
	}
	if t := cut(strings.Join(strings.Fields(c.a.Title), " "), maxIncidentTitle); t != "" {
		c.i.Title = t
	}
	c.i.Instruction, c.i.Tier = firstOf(strings.TrimSpace(c.a.Text), c.i.Instruction), firstOf(c.a.Tier, c.i.Tier)
	c.i.State, c.i.Opened, c.i.OpenedBy, c.i.Reason, c.i.Quiet, c.i.Dismissed = IncidentOpen, c.now, c.a.By, "", time.Time{}, time.Time{}
	c.i.note(c.a.By, c.now, "opened")
	for _, m := range c.members { // those of the proposal; take adds its own
		if m.State == MemberLinked {
			c.fx.Jobs = append(c.fx.Jobs, incidentJob(m.Ticket, IncidentWork{Incident: c.i.ID, Do: ActLink}, time.Time{}))
		}
	}
	return c.take()
}

// take brings tickets in. Those that people have taken out come back only by people.
func (c *incidentChange) take() error {
	if len(c.a.Tickets) > MaxIncidentAdd {
		return invalid("At most %d tickets at a time.", MaxIncidentAdd)
	}
	person := c.a.By.Kind == ByAgent || c.a.By.Kind == ByAPI
	for _, t := range c.a.Tickets {
		i := slices.IndexFunc(c.members, func(m Member) bool { return m.Ticket == t.Ticket })
		switch {
		case t.Elsewhere != 0 && t.Elsewhere != c.i.ID:
			if person {
				return Errorf("ticket.IncidentChange", Conflict, "%s is part of %s. Take it out there first.", t.Ticket, t.Elsewhere)
			}
			continue
		case t.State == Closed && person:
			return invalid("%s is closed.", t.Ticket)
		case t.State == Closed:
			continue
		case i >= 0 && c.members[i].State == MemberLinked, i >= 0 && !person && (t.Maybe || c.members[i].State == MemberApart):
			continue
		case i < 0 && len(c.members) >= MaxIncidentTickets:
			return invalid("%s has %d tickets, which is the most.", c.i.ID, MaxIncidentTickets)
		}
		m := Member{Incident: c.i.ID, Ticket: t.Ticket, Customer: t.Customer, Language: t.Language, State: MemberLinked, Score: t.Score,
			Why: t.Why[:min(len(t.Why), maxIncidentWhy)], By: c.a.By, At: c.now}
		if i >= 0 {
			m.Told, m.Skipped, m.In, m.Solved = c.members[i].Told, c.members[i].Skipped, c.members[i].In, c.members[i].Solved
		}
		if t.Maybe {
			m.State = MemberMaybe
		}
		c.put(m)
		if m.State == MemberLinked && c.i.State == IncidentOpen {
			c.fx.Jobs = append(c.fx.Jobs, incidentJob(t.Ticket, IncidentWork{Incident: c.i.ID, Do: ActLink}, time.Time{}))
		}
	}
	return nil
}

func (c *incidentChange) put(m Member) {
	if i := slices.IndexFunc(c.members, func(o Member) bool { return o.Ticket == m.Ticket }); i >= 0 {
		c.members[i] = m
	} else {
		c.members = append(c.members, m)
	}
	c.fx.Members = append(c.fx.Members, m)
}

func (c *incidentChange) link() error {
	if !c.i.State.Live() {
		return invalid("%s is %s.", c.i.ID, c.i.State)
	}
	err := c.take()
	if c.nothing = len(c.fx.Members) == 0; c.a.By.Kind != BySystem && !c.nothing {
		c.i.note(c.a.By, c.now, "added %s", c.named())
	}
	return err
}

// named are the tickets of an action, for people.
func (c *incidentChange) named() string {
	var list []string
	for _, m := range c.fx.Members {
		list = append(list, m.Ticket.String())
	}
	if n := len(list); n > 10 {
		list = append(list[:10], "…")
	}
	return strings.Join(list, ", ")
}

func (c *incidentChange) unlink() error {
	for _, t := range c.a.Tickets {
		i := slices.IndexFunc(c.members, func(m Member) bool { return m.Ticket == t.Ticket })
		if i < 0 {
			return Errorf("ticket.IncidentChange", NotFound, "%s is no part of %s.", t.Ticket, c.i.ID)
		}
		m := c.members[i]
		if m.State == MemberApart {
			continue
		}
		linked := m.State == MemberLinked
		m.State, m.By, m.At, m.Why, m.Score = MemberApart, c.a.By, c.now, nil, 0
		if r := cut(strings.TrimSpace(c.a.Reason), MaxReason); r != "" {
			m.Why = []string{r}
		}
		c.put(m)
		if linked && c.i.State != IncidentProposed {
			c.fx.Jobs = append(c.fx.Jobs, incidentJob(t.Ticket, IncidentWork{Incident: c.i.ID, Do: ActUnlink}, time.Time{}))
		}
	}
	if c.nothing = len(c.fx.Members) == 0; !c.nothing {
		c.i.note(c.a.By, c.now, "took out %s", c.named())
	}
	return nil
}

// dismiss says that it is none.
func (c *incidentChange) dismiss() error {
	switch {
	case c.i.State == IncidentDismissed:
		c.nothing = true
		return nil
	case c.i.State == IncidentResolved:
		return invalid("%s is resolved.", c.i.ID)
	case strings.TrimSpace(c.a.Reason) == "":
		return invalid("Say why it is none: others will ask.")
	}
	if c.i.State == IncidentOpen {
		for _, m := range c.members {
			if m.State == MemberLinked {
				c.fx.Jobs = append(c.fx.Jobs, incidentJob(m.Ticket, IncidentWork{Incident: c.i.ID, Do: ActUnlink}, time.Time{}))
			}
		}
	}
	for n := range c.i.Updates { // what has not gone out is not to go
		if c.i.Updates[n].Due.After(c.now) {
			c.i.Updates[n].Withdrawn = true
		}
	}
	c.i.State, c.i.Dismissed, c.i.Reason = IncidentDismissed, c.now, cut(strings.TrimSpace(c.a.Reason), MaxReason)
	c.i.Quiet = c.now.Add(max(0, c.a.Wait))
	c.i.note(c.a.By, c.now, "dismissed: %s", c.i.Reason)
	return nil
}

// instruct changes what agents are told.
func (c *incidentChange) instruct() error {
	text := strings.TrimSpace(c.a.Text)
	switch {
	case !c.i.State.Live():
		return invalid("%s is %s.", c.i.ID, c.i.State)
	case len(text) > MaxIncidentText:
		return invalid("The instruction is too long: %d bytes of at most %d.", len(text), MaxIncidentText)
	}
	if t := cut(strings.Join(strings.Fields(c.a.Title), " "), maxIncidentTitle); t != "" {
		c.i.Title = t
	}
	c.i.Instruction = text
	c.i.note(c.a.By, c.now, "instruction to agents: %s", cut(text, 200))
	c.showAll()
	return nil
}

// showAll brings the cards of the tickets up to date.
func (c *incidentChange) showAll() {
	if c.i.State == IncidentProposed {
		return
	}
	for _, m := range c.members {
		if m.State == MemberLinked {
			c.fx.Jobs = append(c.fx.Jobs, (&Ticket{ID: m.Ticket}).job(JobShow, "desk", PriorityDesk))
		}
	}
}

// tell adds an update, and has every customer told.
func (c *incidentChange) tell(final bool) error {
	texts := map[string]string{}
	for _, l := range slices.Sorted(maps.Keys(c.a.Texts)) {
		t := strings.TrimSpace(c.a.Texts[l])
		switch {
		case t == "":
			continue
		case l == "" || len(l) > 35:
			return invalid("%.40q is no language; one looks like en, de or fr.", l)
		case len(t) > MaxIncidentText:
			return invalid("The text is too long: %d bytes of at most %d.", len(t), MaxIncidentText)
		}
		texts[l] = t
	}
	fallback := c.a.Fallback
	if texts[fallback] == "" {
		fallback = ""
		for _, l := range append([]string{"en"}, slices.Sorted(maps.Keys(texts))...) {
			if texts[l] != "" && fallback == "" {
				fallback = l
			}
		}
	}
	switch {
	case len(texts) == 0 && !final:
		return invalid("An update needs a text.")
	case len(c.i.Updates) >= MaxIncidentUpdates:
		return invalid("%s has had %d updates, which is the most.", c.i.ID, MaxIncidentUpdates)
	}
	u := IncidentUpdate{Number: len(c.i.Updates) + 1, Texts: texts, Fallback: fallback, Final: final, By: c.a.By, At: c.now,
		Due: c.now.Add(max(0, min(c.a.Wait, MaxIncidentWait)))}
	c.i.Updates = append(c.i.Updates, u)
	for _, m := range c.members {
		if m.State == MemberLinked {
			c.fx.Jobs = append(c.fx.Jobs, incidentJob(m.Ticket, IncidentWork{Incident: c.i.ID, Do: ActAnnounce, Number: u.Number}, u.Due))
		}
	}
	again := ShowIncident(c.i.ID) // it can no longer be taken back then
	again.Key, again.RunAt, again.Unique = "", u.Due, ""
	if u.Due.After(c.now) {
		c.fx.Jobs = append(c.fx.Jobs, again)
	}
	return nil
}

func (c *incidentChange) update() error {
	if c.i.State != IncidentOpen {
		return invalid("%s is %s: only the customers of an open incident are told.", c.i.ID, c.i.State)
	}
	if err := c.tell(false); err != nil {
		return err
	}
	c.i.note(c.a.By, c.now, "update %d to customers", len(c.i.Updates))
	return nil
}

// withdraw takes an update back that has not gone out.
func (c *incidentChange) withdraw() error {
	u := c.i.Update(c.a.Number)
	switch {
	case u == nil:
		return Errorf("ticket.IncidentChange", NotFound, "%s has no update %d.", c.i.ID, c.a.Number)
	case u.Withdrawn:
		c.nothing = true
		return nil
	case !u.Due.After(c.now):
		return Errorf("ticket.IncidentChange", Conflict, "It is already on its way.")
	}
	u.Withdrawn = true
	c.i.note(c.a.By, c.now, "took update %d back", u.Number)
	if u.Final && c.i.State == IncidentResolved {
		c.i.State, c.i.Resolved, c.i.ResolvedBy, c.i.Diagnosis = IncidentOpen, time.Time{}, Actor{}, ""
		c.showAll()
	}
	return nil
}

// resolve has all tickets solved together.
func (c *incidentChange) resolve() error {
	d := cut(strings.TrimSpace(c.a.Diagnosis), MaxReason)
	switch {
	case c.i.State == IncidentResolved:
		return Errorf("ticket.IncidentChange", Conflict, "%s is resolved already.", c.i.ID)
	case c.i.State != IncidentOpen:
		return invalid("%s is %s.", c.i.ID, c.i.State)
	case d == "":
		return invalid("Say what it was: the diagnosis is missing.")
	}
	if err := c.tell(true); err != nil {
		return err
	}
	for n := range c.i.Updates[:len(c.i.Updates)-1] { // what was to go out is overtaken
		if c.i.Updates[n].Due.After(c.now) {
			c.i.Updates[n].Withdrawn = true
		}
	}
	c.i.State, c.i.Resolved, c.i.ResolvedBy, c.i.Diagnosis = IncidentResolved, c.now, c.a.By, d
	c.i.note(c.a.By, c.now, "resolved: %s", cut(d, 200))
	return nil
}

// reopen says that it is not over. What is solved stays solved: its customer opens it again, or people do.
func (c *incidentChange) reopen() error {
	switch c.i.State {
	case IncidentOpen:
		c.nothing = true
		return nil
	case IncidentProposed:
		return invalid("%s is only proposed: open it.", c.i.ID)
	}
	if n := c.i.Newest(); n != nil && n.Final && n.Due.After(c.now) {
		n.Withdrawn = true
	}
	dismissed := c.i.State == IncidentDismissed
	c.i.State, c.i.Resolved, c.i.ResolvedBy, c.i.Dismissed, c.i.Quiet, c.i.Reason = IncidentOpen, time.Time{}, Actor{}, time.Time{}, time.Time{}, ""
	if c.i.Opened.IsZero() {
		c.i.Opened, c.i.OpenedBy = c.now, c.a.By
	}
	c.i.note(c.a.By, c.now, "reopened")
	for _, m := range c.members {
		if m.State == MemberLinked && dismissed {
			c.fx.Jobs = append(c.fx.Jobs, incidentJob(m.Ticket, IncidentWork{Incident: c.i.ID, Do: ActLink}, time.Time{}))
		}
	}
	c.showAll()
	return nil
}
