package web

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/router/pager"
	"tierline/ticket"
)

// pageActs are the forms of the page by which people are paged, and answer.
func pageActs() []ticket.ActionKind {
	return []ticket.ActionKind{ticket.ActPage, ticket.ActAccept, ticket.ActDecline, ticket.ActNeed, ticket.ActHand, ticket.ActSnooze}
}

// pageForm is what these forms send.
type pageForm struct {
	Tier, Severity        string // of a page
	To, Minutes, Callback string // of an answer to one; its Number is the page
}

func readPage(c *fiber.Ctx) pageForm {
	return pageForm{Tier: c.FormValue("tier"), Severity: c.FormValue("severity"), To: c.FormValue("to"), Minutes: c.FormValue("minutes"),
		Callback: c.FormValue("callback")}
}

// paging is what one of the forms wants done.
func (f actForm) paging(a ticket.Action, now time.Time) (ticket.Action, error) {
	a.Rev, a.Text, a.Reason = 0, "", f.Reason
	if a.Kind == ticket.ActPage {
		a.Tier, a.Severity = f.Tier, ticket.Priority(f.Severity)
		return a, nil
	}
	answer, err := pageAnswer(pager.Link{Ticket: a.Ticket, Page: f.Number}, string(a.Kind), f.Reason, f.To, f.Minutes, f.Callback, now)
	answer.Key = a.Key + "." + string(a.Kind) // another button of the same form is another answer
	return answer, err
}

// pagingView is what these forms offer.
type pagingView struct {
	Turns  []pageTurn     // pages that ring, or that they can answer
	Tiers  []pagedTier    // that can be paged
	Others []ticket.Agent // to whom a page can be handed
}

func (s *Server) pagingView(ctx context.Context, by ticket.Agent, card bots.Card, may map[string]bool) (v pagingView) {
	if may["accept"] {
		v.Turns, v.Others = s.turns(card.Ticket, by), s.colleagues(by)
	}
	if may["page"] {
		v.Tiers = s.pagedTiers(ctx, card.Tier)
	}
	return v
}

// pageTurn is a page as one person can answer it.
type pageTurn struct {
	ticket.Page
	Title  string // of the tier
	Accept bool   // they can accept still
	Rings  bool   // it is theirs to answer, in every way
	Snooze bool
	Mine   bool // they have accepted it
	Names  string
}

func (s *Server) turn(p ticket.Page, a ticket.Agent) pageTurn {
	v := pageTurn{Page: p, Title: s.tierTitle(p.Tier)}
	v.Accept = p.MayAnswer(p.Number, a.ID) == nil
	v.Rings = v.Accept && p.State == ticket.PageRinging
	v.Mine = p.State == ticket.PageAccepted && p.Answerer == a.ID
	v.Snooze = v.Rings || v.Mine && !p.Acted && !p.Due.IsZero()
	var names []string
	for _, id := range p.Who {
		names = append(names, s.agentName(id))
	}
	v.Names = strings.Join(names, ", ")
	return v
}

// turnView is a page with what its forms need.
type turnView struct {
	Turn      pageTurn
	Ticket    ticket.ID
	CSRF, Key string
	Others    []ticket.Agent
}

// turns are the pages of a ticket of which a person is to know: those that ring, and those that they can answer.
func (s *Server) turns(t ticket.Ticket, a ticket.Agent) (list []pageTurn) {
	for _, p := range t.Pages() {
		if v := s.turn(*p, a); p.Open() || v.Accept || v.Snooze {
			list = append(list, v)
		}
	}
	return list
}

func (s *Server) tierTitle(name string) string {
	for _, t := range s.d.Backend.Tiers() {
		if t.Name == name && t.Title != "" {
			return t.Title
		}
	}
	return name
}

// pagedTier is a tier that can be paged, and who is rung then.
type pagedTier struct {
	Name, Title, Who string
	Next             bool // the one that is meant when nothing is said
}

// maxRungNames is how many of those who are rung are named.
const maxRungNames = 5

func (s *Server) pagedTiers(ctx context.Context, here bots.Tier) []pagedTier {
	var list []pagedTier
	next := false
	for _, t := range s.d.Backend.Tiers() {
		v := pagedTier{Name: t.Name, Title: t.Title, Next: !next && t.Level > here.Level, Who: "nobody on call: its lead is told"}
		next = next || v.Next
		if v.Title == "" {
			v.Title = t.Name
		}
		if people, err := s.d.Backend.OnCall(ctx, t.Name, s.now()); err != nil {
			v.Who = ticket.Explain(err)
		} else if len(people) > 0 {
			var names []string
			for _, a := range people[:min(len(people), maxRungNames)] {
				names = append(names, a.Name)
			}
			v.Who = strings.Join(names, ", then ")
		}
		list = append(list, v)
	}
	return list
}

// colleagues are those to whom a person can hand a page.
func (s *Server) colleagues(a ticket.Agent) (list []ticket.Agent) {
	for _, o := range s.d.Agents() {
		if o.ID != a.ID && len(o.Roles) > 0 {
			list = append(list, o)
		}
	}
	return list
}
