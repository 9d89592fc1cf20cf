package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/ticket"
)

// mayAppoint are those who may say of others that they are away or back.
func mayAppoint() []ticket.Role { return ticket.RightLead.Roles() }

type teamPage struct {
	page
	Groups []teamGroup
	Here   int
	Spans  []blockSpan
}

// teamGroup are the people of one tier.
type teamGroup struct {
	Title   string
	Members []teamMember
}

type teamMember struct {
	bots.Member
	May bool // whoever looks may say whether they are away
}

// Share is how much of what they can take they have, in percent.
func (m teamMember) Share() int {
	if m.Room == 0 {
		return 0
	}
	return min(100, 100*m.Open/m.Room)
}

// awaySpans are for how long somebody may be said to be away.
func awaySpans() []blockSpan {
	const hour = time.Hour
	return []blockSpan{{"", "until they are back", 0}, {"30m", "30 minutes", hour / 2}, {"1h", "an hour", hour}, {"2h", "2 hours", 2 * hour},
		{"4h", "4 hours", 4 * hour}, {"day", "a day", 24 * hour}, {"week", "a week", 7 * 24 * hour}, {"2weeks", "2 weeks", 14 * 24 * hour}}
}

func (s *Server) teamPage(c *fiber.Ctx) error {
	me := *callerOf(c).agent
	list, err := s.d.Backend.Team(c.UserContext(), me)
	if err != nil {
		return err
	}
	p := teamPage{page: s.page(c, "Team", "team"), Spans: awaySpans()}
	for _, m := range list {
		title := "Of no tier"
		if len(m.Tiers) > 0 {
			title = strings.Join(m.Tiers, ", ")
		}
		i := slices.IndexFunc(p.Groups, func(g teamGroup) bool { return g.Title == title })
		if i < 0 {
			p.Groups, i = append(p.Groups, teamGroup{Title: title}), len(p.Groups)
		}
		p.Groups[i].Members = append(p.Groups[i].Members, teamMember{m, m.Agent.ID == me.ID || me.Is(mayAppoint()...)})
		if m.Here && len(m.Tiers) > 0 {
			p.Here++
		}
	}
	return s.render(c, "team", p)
}

// teamPresence says that somebody is away or back. Who may say it of whom is the desk's to know.
func (s *Server) teamPresence(c *fiber.Ctx) error {
	w := callerOf(c)
	p := ticket.Presence{Agent: c.Params("agent"), State: ticket.PresenceState(c.FormValue("state")), Reason: strings.TrimSpace(c.FormValue("reason")), By: w.actor()}
	i := slices.IndexFunc(awaySpans(), func(x blockSpan) bool { return x.Code == c.FormValue("span") })
	if i < 0 || p.State != ticket.Here && p.State != ticket.Away {
		return invalid("The form is not one of ours.")
	}
	if span := awaySpans()[i].For; span > 0 && p.State == ticket.Away {
		p.Until = s.now().Add(span)
	}
	if err := s.d.Backend.SetPresence(c.UserContext(), *w.agent, p); err != nil {
		return err
	}
	s.log.Info("a presence was set", "agent", p.Agent, "state", p.State, "by", w.name())
	return c.Redirect("/console/team?done="+string(p.State), http.StatusSeeOther)
}
