package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/ticket"
)

// weeksShown is how many weeks of a tier are on the page at once.
const weeksShown = 4

type onCallView struct {
	page
	Tiers  []tierOnCall // all of them, and who is rung
	Tier   *bots.TierRoster
	Weeks  []week
	Back   string // the Monday of the weeks before
	Ahead  string
	Today  string
	Days   []string
	Open   []changeView // requests that wait for a yes
	Stand  []changeView // changes that count
	Mine   []bots.Shift
	Others []bots.Shift
	Fair   bots.Fairness
	Means  [][2]string
	From   string // of the comparison
	To     string
	Feeds  []feedView
	Form   rosterForm
	Fault  string
	At     time.Time
}

type tierOnCall struct {
	bots.Tier
	People []ticket.Agent
	Now    []ticket.Agent
	Until  time.Time
	Next   []ticket.Agent
	Zone   string
}

type week struct {
	Name string // "Week 48"
	Days []dayView
}

// dayView is one day of the schedule's zone.
type dayView struct {
	Date        time.Time
	Past, Today bool
	Parts       []partView
}

// partView is a part of a day with one person, or nobody.
type partView struct {
	From, To string // on the wall clock; 24:00 is the end of the day
	Person   string // "" is a gap
	Color    int    // of the person, 1 to 8
	Me       bool
}

type changeView struct {
	ticket.RosterChange
	Mine     bool // the reader has asked for it
	Yes      ticket.RosterDo
	No       bool
	Withdraw bool
}

type feedView struct {
	ticket.RosterFeed
	URL string
}

// rosterForm is what was typed.
type rosterForm struct {
	Kind, Mine, Theirs, From, To, Person, With, Reason, Shifts string
	Beside                                                     bool
}

func (s *Server) onCallPage(c *fiber.Ctx) error {
	return s.showOnCall(c, http.StatusOK, rosterForm{}, "")
}

func (s *Server) showOnCall(c *fiber.Ctx, status int, form rosterForm, fault string) error {
	p := onCallView{page: s.page(c, "On call", "oncall"), At: s.now(), Form: form, Fault: fault, Means: bots.FairMeans()}
	by := *callerOf(c).agent
	q := query{c: c}
	tier, from := q.text("tier"), q.text("week")
	if q.err != nil {
		return q.err
	}
	// The zone of the tier says which weeks these are, so it is asked for before.
	now, err := s.d.Backend.Rosters(c.UserContext(), by, p.At, p.At.Add(90*24*time.Hour))
	if err != nil {
		return err
	}
	if err := s.fillTiers(c, &p, now); err != nil {
		return err
	}
	i := max(0, slices.IndexFunc(now.Tiers, func(t bots.TierRoster) bool { return t.Tier.Name == tier }))
	if i < len(now.Tiers) {
		p.Tier = &now.Tiers[i]
		s.fillChanges(&p, now, by)
		if err := s.fillWeeks(c, &p, by, from); err != nil {
			return err
		}
		if err := s.fillFairness(c, &p, by); err != nil {
			return err
		}
	}
	feeds, err := s.d.Store.Feeds(c.UserContext(), by.ID)
	if err != nil {
		return err
	}
	for _, f := range feeds {
		p.Feeds = append(p.Feeds, feedView{f, s.feedURL(f)})
	}
	c.Status(status)
	return s.render(c, "oncall", p)
}

func (s *Server) fillTiers(c *fiber.Ctx, p *onCallView, v bots.RosterView) error {
	for _, t := range s.d.Backend.Tiers() {
		people, err := s.d.Backend.OnCall(c.UserContext(), t.Name, p.At)
		if err != nil {
			return err
		}
		x := tierOnCall{Tier: t, People: people}
		for _, r := range v.Tiers {
			if r.Tier.Name == t.Name {
				x = onCallOf(r)
				x.People = people
			}
		}
		p.Tiers = append(p.Tiers, x)
	}
	return nil
}

// onCallOf is who is on call for a tier, now and next.
func onCallOf(r bots.TierRoster) tierOnCall {
	return tierOnCall{Tier: r.Tier, Now: r.On, Until: r.Until.In(r.Zone), Next: r.Next, Zone: r.Zone.String()}
}

// fillChanges lists what is asked and what counts, with what the reader may do about it.
func (s *Server) fillChanges(p *onCallView, v bots.RosterView, by ticket.Agent) {
	zone := p.Tier.Zone
	team := slices.ContainsFunc(p.Tier.People, func(a ticket.Agent) bool { return a.ID == by.ID })
	for _, c := range v.Changes {
		if c.Tier != p.Tier.Tier.Name && c.Tier != "" || !c.Until().After(p.At) {
			continue
		}
		c.From, c.To, c.BackFrom, c.BackTo = c.From.In(zone), c.To.In(zone), c.BackFrom.In(zone), c.BackTo.In(zone)
		x := changeView{RosterChange: c, Mine: c.Person == by.ID || c.By.ID == by.ID}
		x.Withdraw = c.CanWithdraw(by, p.Tier.Lead, p.At)
		switch {
		case c.State == ticket.RosterAsked:
			switch {
			case c.With == by.ID && c.Kind == ticket.RosterSwap:
				x.Yes, x.No = ticket.RosterAgree, true
			case c.Kind == ticket.RosterCover && c.Person != by.ID && (c.With == by.ID || c.With == "" && team):
				x.Yes, x.No = ticket.RosterTake, c.With == by.ID
			}
			p.Open = append(p.Open, x)
		case c.State == ticket.RosterStands:
			p.Stand = append(p.Stand, x)
		}
	}
	for _, x := range p.Tier.Shifts {
		x.From, x.To = x.From.In(zone), x.To.In(zone)
		switch {
		case x.Person == by.ID && len(p.Mine) < 40:
			p.Mine = append(p.Mine, x)
		case x.Person != by.ID && (x.From.After(p.At) || p.Tier.Lead && x.To.After(p.At)) && len(p.Others) < 80:
			p.Others = append(p.Others, x)
		}
	}
}

// fillWeeks cuts shifts and gaps into the days of some weeks.
func (s *Server) fillWeeks(c *fiber.Ctx, p *onCallView, by ticket.Agent, from string) error {
	zone := p.Tier.Zone
	today := midnight(p.At.In(zone))
	first, err := time.ParseInLocation(time.DateOnly, from, zone)
	if err != nil || first.Before(today.AddDate(-2, 0, 0)) || first.After(today.AddDate(2, 0, 0)) {
		first = today
	}
	first = midnight(first.AddDate(0, 0, -int(first.Weekday()+6)%7))
	end := midnight(first.AddDate(0, 0, 7*weeksShown))
	p.Back, p.Ahead = first.AddDate(0, 0, -7*weeksShown).Format(time.DateOnly), end.Format(time.DateOnly)
	v, err := s.d.Backend.Rosters(c.UserContext(), by, first, end)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.Tiers, func(t bots.TierRoster) bool { return t.Tier.Name == p.Tier.Tier.Name })
	if i < 0 {
		return nil
	}
	all := slices.Clone(v.Tiers[i].Gaps)
	for _, x := range v.Tiers[i].Shifts {
		all = append(all, x.RosterShift)
	}
	slices.SortStableFunc(all, func(a, b ticket.RosterShift) int { return a.From.Compare(b.From) })
	for d := range 7 {
		p.Days = append(p.Days, first.AddDate(0, 0, d).Format("Mon"))
	}
	for day := first; day.Before(end); {
		next := midnight(day.AddDate(0, 0, 1))
		if day.Weekday() == time.Monday {
			_, n := day.ISOWeek()
			p.Weeks = append(p.Weeks, week{Name: "Week " + ticketless(int64(n))})
		}
		x := dayView{Date: day, Past: !next.After(p.At), Today: day.Equal(today)}
		for _, shift := range all {
			if shift.From.Before(next) && shift.To.After(day) {
				x.Parts = append(x.Parts, s.part(shift, day, next, p.Tier, by))
			}
		}
		w := &p.Weeks[len(p.Weeks)-1]
		w.Days = append(w.Days, x)
		day = next
	}
	return nil
}

// part is what of a shift lies in a day.
func (s *Server) part(shift ticket.RosterShift, day, next time.Time, t *bots.TierRoster, by ticket.Agent) partView {
	x := partView{From: "00:00", To: "24:00", Me: shift.Person == by.ID && by.ID != ""}
	if shift.From.After(day) {
		x.From = shift.From.In(day.Location()).Format("15:04")
	}
	if shift.To.Before(next) {
		x.To = shift.To.In(day.Location()).Format("15:04")
	}
	if shift.Person != "" {
		x.Person = s.agentName(shift.Person)
		x.Color = 1 + max(0, slices.IndexFunc(t.People, func(a ticket.Agent) bool { return a.ID == shift.Person }))%8
	}
	return x
}

// midnight is the beginning of a day; where the clock skips it, the first moment after.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	at := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	if at.Day() != d { // it was taken before the gap
		at = time.Date(y, m, d, 1, 0, 0, 0, t.Location())
	}
	return at
}

func (s *Server) fillFairness(c *fiber.Ctx, p *onCallView, by ticket.Agent) error {
	zone := p.Tier.Zone
	to := midnight(p.At.In(zone).AddDate(0, 0, 1))
	from := midnight(to.AddDate(0, -3, 0))
	if a, err := time.ParseInLocation(time.DateOnly, c.Query("from"), zone); err == nil {
		from = a
	}
	if b, err := time.ParseInLocation(time.DateOnly, c.Query("to"), zone); err == nil {
		to = midnight(b.AddDate(0, 0, 1))
	}
	p.From, p.To = from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly)
	f, err := s.d.Backend.Fairness(c.UserContext(), by, p.Tier.Tier.Name, from, to)
	if ticket.KindOf(err) == ticket.Invalid {
		p.Fault = cmp.Or(p.Fault, ticket.Explain(err))
		return nil
	}
	p.Fair = f
	return err
}

// didRoster says in words what was done to a change; who did it follows.
func didRoster(do ticket.RosterDo) string {
	return map[ticket.RosterDo]string{ticket.RosterAsk: "asked by", ticket.RosterMake: "made by", ticket.RosterAgree: "agreed by", ticket.RosterTake: "taken by",
		ticket.RosterDecline: "declined by", ticket.RosterWithdraw: "taken back by"}[do]
}
