package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/ticket"
)

// wallTime is how a browser sends a time without a zone: it is that of the schedule.
const wallTime = "2006-01-02T15:04"

// onCallBegin makes a change of what a form asks for.
func (s *Server) onCallBegin(c *fiber.Ctx) error {
	f := rosterForm{Kind: c.FormValue("kind"), Mine: c.FormValue("mine"), Theirs: c.FormValue("theirs"), From: c.FormValue("from"), To: c.FormValue("to"),
		Person: c.FormValue("person"), With: c.FormValue("with"), Reason: c.FormValue("reason"), Shifts: c.FormValue("shifts"), Beside: c.FormValue("beside") != ""}
	tier := c.FormValue("tier")
	by := *callerOf(c).agent
	v, err := s.d.Backend.Rosters(c.UserContext(), by, s.now(), s.now().Add(time.Second))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.Tiers, func(t bots.TierRoster) bool { return t.Tier.Name == tier })
	if i < 0 {
		return notFound("There is no tier %.60q with a schedule.", tier)
	}
	change, err := rosterOf(f, tier, v.Tiers[i].Zone, by)
	if err == nil {
		_, err = s.d.Backend.ActRoster(c.UserContext(), by, ticket.RosterAction{Change: change})
	}
	return s.afterRoster(c, tier, f, err)
}

// afterRoster shows the page again: with what was typed when it could not be done.
func (s *Server) afterRoster(c *fiber.Ctx, tier string, f rosterForm, err error) error {
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Invalid || kind == ticket.Conflict || kind == ticket.Denied) {
		c.Context().QueryArgs().Set("tier", tier)
		status := map[ticket.Kind]int{ticket.Invalid: http.StatusBadRequest, ticket.Conflict: http.StatusConflict, ticket.Denied: http.StatusForbidden}[kind]
		return s.showOnCall(c, status, f, ticket.Explain(err))
	}
	if err != nil {
		return err
	}
	return c.Redirect("/console/oncall?done=acted&tier="+url.QueryEscape(tier), http.StatusSeeOther)
}

// rosterOf reads a form. Its times are of the schedule's wall clock.
func rosterOf(f rosterForm, tier string, zone *time.Location, by ticket.Agent) (ticket.RosterChange, error) {
	x := ticket.RosterChange{Kind: ticket.RosterKind(f.Kind), Tier: tier, Person: f.Person, With: f.With, Reason: f.Reason, Beside: f.Beside}
	at := func(text string) time.Time {
		t, err := time.ParseInLocation(wallTime, text, zone)
		if err != nil {
			t, _ = time.ParseInLocation(time.DateOnly, text, zone) // its zero is refused
		}
		return t
	}
	x.From, x.To = at(f.From), at(f.To)
	var ok, okToo bool
	switch x.Kind {
	case ticket.RosterSwap:
		var theirs ticket.RosterShift
		var mine ticket.RosterShift
		mine, ok = parseShift(f.Mine)
		theirs, okToo = parseShift(f.Theirs)
		if !ok || !okToo {
			return x, invalid("Choose both shifts.")
		}
		x.Person, x.From, x.To, x.With, x.BackFrom, x.BackTo = mine.Person, mine.From, mine.To, theirs.Person, theirs.From, theirs.To
	case ticket.RosterCover:
		mine, ok := parseShift(f.Mine)
		if !ok {
			return x, invalid("Choose the shift.")
		}
		x.Person = mine.Person
		if f.From == "" {
			x.From = mine.From
		}
		if f.To == "" {
			x.To = mine.To
		}
	case ticket.RosterOff:
		x.Tier, x.With = "", ""
		if x.Person == "" {
			x.Person = by.ID
		}
		if len(f.To) == len(time.DateOnly) && !x.To.IsZero() {
			x.To = x.To.AddDate(0, 0, 1) // the last day is included
		}
	case ticket.RosterTemporary:
		for line := range strings.Lines(f.Shifts) {
			parts := strings.Fields(line)
			if len(parts) == 0 {
				continue
			}
			if len(parts) != 3 || at(parts[1]).IsZero() || at(parts[2]).IsZero() {
				return x, invalid("One shift a line: chloe 2026-12-24T09:00 2026-12-25T09:00. This is none: %.80q", line)
			}
			x.Shifts = append(x.Shifts, ticket.RosterShift{Person: parts[0], From: at(parts[1]), To: at(parts[2])})
		}
	}
	return x, nil
}

// shiftValue names a shift in a form.
func shiftValue(x bots.Shift) string {
	return strconv.FormatInt(x.From.Unix(), 10) + " " + strconv.FormatInt(x.To.Unix(), 10) + " " + x.Person
}

func parseShift(s string) (ticket.RosterShift, bool) {
	parts := strings.SplitN(s, " ", 3)
	if len(parts) != 3 {
		return ticket.RosterShift{}, false
	}
	from, err := strconv.ParseInt(parts[0], 10, 64)
	to, err2 := strconv.ParseInt(parts[1], 10, 64)
	return ticket.RosterShift{Person: parts[2], From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()}, err == nil && err2 == nil
}

// onCallAnswer answers a change.
func (s *Server) onCallAnswer(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	_, err = s.d.Backend.ActRoster(c.UserContext(), *callerOf(c).agent, ticket.RosterAction{ID: id, Do: ticket.RosterDo(c.FormValue("do")), Reason: c.FormValue("reason")})
	return s.afterRoster(c, c.FormValue("tier"), rosterForm{}, err)
}

// feedMake makes a calendar for whoever asks.
func (s *Server) feedMake(c *fiber.Ctx) error {
	by := callerOf(c).agent
	tier := c.FormValue("tier")
	if tier != "" && !slices.ContainsFunc(s.d.Backend.Tiers(), func(t bots.Tier) bool { return t.Name == tier }) {
		return notFound("There is no tier %.60q.", tier)
	}
	const most = 20
	list, err := s.d.Store.Feeds(c.UserContext(), by.ID)
	if err != nil {
		return err
	}
	if len(list) >= most {
		return invalid("You have %d calendars, which is the most. Revoke one first.", most)
	}
	if _, err := s.d.Store.PutFeed(c.UserContext(), ticket.RosterFeed{Agent: by.ID, Tier: tier}); err != nil {
		return err
	}
	return c.Redirect("/console/oncall?done=feed#calendars", http.StatusSeeOther)
}

func (s *Server) feedRevoke(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	w := callerOf(c)
	if err := s.d.Store.RevokeFeed(c.UserContext(), id, w.agent.ID, w.actor()); err != nil {
		return err
	}
	return c.Redirect("/console/oncall?done=revoked#calendars", http.StatusSeeOther)
}
