package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

type incidentsPage struct {
	page
	Items  []ticket.Incident
	State  string
	States []ticket.IncidentState
	Next   string
}

func (s *Server) incidentList(c *fiber.Ctx) error {
	q := query{c: c}
	f := incidentFilter(&q)
	if q.err != nil {
		return q.err
	}
	limit := f.Limit
	f.Limit = oneMore(limit)
	list, err := s.d.Store.Incidents(c.UserContext(), f)
	if err != nil {
		return err
	}
	p := incidentsPage{page: s.page(c, "Incidents", "incidents"), State: q.text("state"), States: ticket.IncidentStates}
	var next string
	p.Items, next = firstPage(list, limit, func(i ticket.Incident) string { return i.ID.String() })
	if next != "" {
		p.Next = nextQuery(c, "after", next)
	}
	return s.render(c, "incidents", p)
}

type incidentPage struct {
	page
	Incident  ticket.Incident
	Tally     ticket.Tally
	Members   []ticket.Member
	Next      string
	May       map[string]bool
	Undo      int // the update that can still be taken back
	Languages []language
	Form      incidentForm
	Fault     string
	Detect    time.Duration // from the first ticket until it was noticed
	Solve     time.Duration // and until it was resolved
}

// language is one in which customers of an incident write.
type language struct {
	Code  string
	Count int
}

type incidentForm struct {
	Do, Title, Text, Diagnosis, Reason, Add string
	Texts                                   map[string]string
}

const incidentRows = 100

func (s *Server) incidentPage(c *fiber.Ctx) error {
	return s.showIncident(c, http.StatusOK, incidentForm{}, "")
}

func (s *Server) showIncident(c *fiber.Ctx, status int, form incidentForm, fault string) error {
	id, err := pathIncident(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	after := q.ticket("after")
	if q.err != nil {
		return q.err
	}
	w := callerOf(c)
	card, err := s.d.Backend.Incident(c.UserContext(), *w.agent, id)
	if err != nil {
		return err
	}
	i := card.Incident
	p := incidentPage{page: s.page(c, i.ID.String()+" "+i.Title, "incidents"), Incident: i, Tally: card.Tally, Form: form, Fault: fault, May: map[string]bool{}}
	for _, do := range incidentDoes(i.State) {
		p.May[string(do)] = w.agent.MayIncident(do) == nil
	}
	if u := i.Newest(); u != nil && u.Due.After(s.now()) && p.May[string(ticket.DoWithdraw)] {
		p.Undo = u.Number
	}
	list, err := s.d.Store.Members(c.UserContext(), id, after, incidentRows+1)
	if err != nil {
		return err
	}
	var next string
	if p.Members, next = firstPage(list, incidentRows, func(m ticket.Member) string { return m.Ticket.String() }); next != "" {
		p.Next = nextQuery(c, "after", next)
	}
	for _, l := range slices.Sorted(maps.Keys(card.Languages)) {
		if l != "" && len(p.Languages) < 8 {
			p.Languages = append(p.Languages, language{l, card.Languages[l]})
		}
	}
	if _, en := card.Languages["en"]; !en {
		p.Languages = append(p.Languages, language{"en", 0})
	}
	p.Detect = i.Proposed.Sub(i.Begun).Round(time.Minute)
	if !i.Resolved.IsZero() {
		p.Solve = i.Resolved.Sub(i.Begun).Round(time.Minute)
	}
	c.Status(status)
	return s.render(c, "incident", p)
}

// incidentDoes is what can be done to an incident in a state.
func incidentDoes(st ticket.IncidentState) []ticket.IncidentDo {
	switch st {
	case ticket.IncidentProposed:
		return []ticket.IncidentDo{ticket.DoOpen, ticket.DoDismiss, ticket.DoLink, ticket.DoUnlink}
	case ticket.IncidentOpen:
		return []ticket.IncidentDo{ticket.DoDismiss, ticket.DoLink, ticket.DoUnlink, ticket.DoInstruct, ticket.DoUpdate, ticket.DoWithdraw, ticket.DoResolve}
	case ticket.IncidentResolved:
		return []ticket.IncidentDo{ticket.DoReopen, ticket.DoUnlink, ticket.DoWithdraw}
	}
	return []ticket.IncidentDo{ticket.DoReopen}
}

func (s *Server) incidentAct(c *fiber.Ctx) error {
	id, err := pathIncident(c)
	if err != nil {
		return err
	}
	f := incidentForm{Do: c.FormValue("do"), Title: c.FormValue("title"), Text: c.FormValue("text"), Diagnosis: c.FormValue("diagnosis"),
		Reason: c.FormValue("reason"), Add: c.FormValue("tickets"), Texts: map[string]string{}}
	rev, _ := strconv.ParseInt(c.FormValue("rev"), 10, 64)
	number, _ := strconv.Atoi(c.FormValue("number"))
	for key := range c.Request().PostArgs().All() {
		if l, ok := strings.CutPrefix(string(key), "text_"); ok {
			f.Texts[l] = c.FormValue(string(key))
		}
	}
	a := ticket.IncidentAction{Do: ticket.IncidentDo(f.Do), ID: id, Rev: rev, Title: f.Title, Text: f.Text, Texts: f.Texts,
		Diagnosis: f.Diagnosis, Reason: f.Reason, Number: number}
	if a.Do == ticket.DoLink || a.Do == ticket.DoUnlink {
		a.Rev = 0
		for word := range strings.FieldsFuncSeq(f.Add, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
			t, err := ticket.ParseID(word)
			if err != nil {
				return s.showIncident(c, http.StatusBadRequest, f, ticket.Explain(err))
			}
			a.Tickets = append(a.Tickets, ticket.Candidate{Ticket: t})
		}
	}
	w := callerOf(c)
	_, err = s.d.Backend.ActIncident(c.UserContext(), *w.agent, a)
	switch ticket.KindOf(err) {
	case ticket.Invalid, ticket.NotFound:
		return s.showIncident(c, http.StatusBadRequest, f, ticket.Explain(err)) // what was typed is kept
	case ticket.Conflict:
		return s.showIncident(c, http.StatusConflict, f, ticket.Explain(err))
	}
	if err != nil {
		return err
	}
	s.log.Info("something is done to an incident", "incident", id, "do", f.Do, "by", w.name())
	return c.Redirect("/console/incidents/"+id.String()+"?done=acted", http.StatusSeeOther)
}
