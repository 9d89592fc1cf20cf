package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/ticket"
)

// ScriptState is where a ticket stands with guided scripts: the step that is to be asked now, those scripts that may be
// begun, and all that were gone through, the newest last, with what was answered.
type ScriptState struct {
	Ticket  ticket.ID          `json:"ticket"`
	Now     *ScriptNow         `json:"now,omitempty"`
	Offered []ScriptOffer      `json:"offered"`
	Runs    []ticket.ScriptRun `json:"runs"`
}

// ScriptNow is the step at which a script is. Without answers the script was changed and asks this no more.
type ScriptNow struct {
	Article  string    `json:"article"`
	Title    string    `json:"title"`
	Question string    `json:"question"`
	Why      string    `json:"why,omitempty"`  // what the step is good for
	How      string    `json:"how,omitempty"`  // Markdown: how to go about it
	Answers  []string  `json:"answers"`        // one of them answers it
	Behind   int       `json:"behind"`         // steps that are answered
	From     ticket.ID `json:"from,omitempty"` // it was begun in that ticket
}

// ScriptOffer is a script that fits.
type ScriptOffer struct {
	Article string `json:"article"`
	Title   string `json:"title"`
}

// ScriptStep is one move of a script: its Question gets an Answer; or, without a Question, it is begun, the newest answer is
// taken back (Back), or it is not gone on with (Stop).
type ScriptStep struct {
	Article  string `json:"article"`
	Question string `json:"question,omitempty"` // as it was asked
	Answer   string `json:"answer,omitempty"`   // as it was offered
	Back     bool   `json:"back,omitempty"`
	Stop     bool   `json:"stop,omitempty"`
	Agent    string `json:"agent,omitempty"` // the mail address of a member of staff; else the key itself
}

// move is what the step does, or nil where it says several things at once.
func (r ScriptStep) move() *ticket.ScriptMove {
	asks := r.Question != "" || r.Answer != ""
	if r.Article == "" || asks && (r.Question == "" || r.Answer == "" || r.Back || r.Stop) || r.Back && r.Stop {
		return nil
	}
	return &ticket.ScriptMove{Article: r.Article, Ask: r.Question, Answer: r.Answer, Back: r.Back, Stop: r.Stop}
}

func (s *Server) scriptOperations() []route {
	id := param{name: "id", in: inPath, kind: kindTicket, about: "A ticket's number, T-1042 or 1042."}
	return []route{
		{method: http.MethodGet, path: "/tickets/:id/script", who: key(TicketsRead), do: s.apiScript, doc: &operation{
			id: "getScript", summary: "Get the step of the guided script at which a ticket is, and what was answered", params: []param{id},
			ok: http.StatusOK, result: ScriptState{}}},
		{method: http.MethodPost, path: "/tickets/:id/script", who: key(TicketsWrite), do: s.apiScriptStep, doc: &operation{
			id: "stepScript", summary: "Begin a guided script, answer its step, go back one, or stop it",
			params: []param{id, {name: "Idempotency-Key", in: inHeader, kind: kindString,
				about: "A second request with the same key changes nothing and answers how it stands."}},
			body: ScriptStep{}, ok: http.StatusOK, result: ScriptState{}}},
	}
}

func (s *Server) apiScript(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	t, err := s.d.Store.Ticket(c.UserContext(), id)
	if err != nil {
		return err
	}
	return s.scriptState(c, t)
}

func (s *Server) apiScriptStep(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	var r ScriptStep
	if err := readJSON(c, &r); err != nil {
		return err
	}
	m := r.move()
	if m == nil {
		return invalid("Give an article, and either nothing more (it begins), a question with its answer, back, or stop.")
	}
	t, err := s.actBy(c, r.Agent, true, ticket.Action{Kind: ticket.ActScript, Ticket: id, Script: m})
	if err != nil {
		return err
	}
	return s.scriptState(c, t)
}

func (s *Server) scriptState(c *fiber.Ctx, t ticket.Ticket) error {
	now, offered, err := s.d.Backend.Guides(c.UserContext(), t)
	if err != nil {
		return err
	}
	state := ScriptState{Ticket: t.ID, Now: scriptNow(now), Offered: []ScriptOffer{}, Runs: t.Scripts}
	for _, g := range offered {
		state.Offered = append(state.Offered, ScriptOffer{g.Article, g.Title})
	}
	if state.Runs == nil {
		state.Runs = []ticket.ScriptRun{}
	}
	return c.JSON(state)
}

func scriptNow(g *bots.Guide) *ScriptNow {
	if g == nil {
		return nil
	}
	now := &ScriptNow{Article: g.Article, Title: g.Title, Question: g.Question, Why: g.Why, How: g.Text, Answers: g.Branches, Behind: g.Answered, From: g.From}
	if now.Answers == nil {
		now.Answers = []string{}
	}
	return now
}
