package web

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// colleague is one of the team in answers of the API.
type colleague struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Tiers     []string  `json:"tiers"`
	Here      bool      `json:"here"`
	Why       string    `json:"why"`
	Since     time.Time `json:"since,omitzero"`
	Back      time.Time `json:"back,omitzero"`
	Open      int       `json:"open"`
	Waiting   int       `json:"waiting"`
	Room      int       `json:"room,omitempty"`
	Languages []string  `json:"languages,omitempty"`
	Skills    []string  `json:"skills,omitempty"`
}

type teamList struct {
	Items []colleague `json:"items"`
}

// PresenceRequest says that somebody is away or here.
type PresenceRequest struct {
	State  ticket.PresenceState `json:"state"`
	Until  time.Time            `json:"until,omitzero"`
	Reason string               `json:"reason,omitempty"`
	Agent  string               `json:"agent,omitempty"` // in whose name: the mail address of a member of staff
}

func (s *Server) teamOperations() []route {
	return []route{
		{method: http.MethodGet, path: "/team", who: key(OnCallRead), do: s.apiTeam, doc: &operation{
			id: "listTeam", summary: "Who works here: whether they are there, and what each has to do", ok: http.StatusOK, result: teamList{}}},
		{method: http.MethodPut, path: "/team/:agent/presence", who: key(OnCallWrite), do: s.apiPresence, doc: &operation{
			id: "setPresence", summary: "Say that somebody is away or here, and until when: what is due before they are back is given to others",
			params: []param{{name: "agent", in: inPath, kind: kindString}}, body: PresenceRequest{}, ok: http.StatusNoContent}},
	}
}

func (s *Server) apiTeam(c *fiber.Ctx) error {
	list, err := s.d.Backend.Team(c.UserContext(), s.reader())
	if err != nil {
		return err
	}
	out := teamList{Items: []colleague{}}
	for _, m := range list {
		out.Items = append(out.Items, colleague{ID: m.Agent.ID, Name: m.Agent.Name, Tiers: append([]string{}, m.Tiers...), Here: m.Here, Why: m.Why, Since: m.Since,
			Back: m.Back, Open: m.Open, Waiting: m.Waiting, Room: m.Room, Languages: m.Agent.Languages, Skills: m.Agent.Skills})
	}
	return c.JSON(out)
}

func (s *Server) apiPresence(c *fiber.Ctx) error {
	var r PresenceRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	if r.State != ticket.Here && r.State != ticket.Away {
		return invalid("The state is here or away.")
	}
	by, who := s.reader(), callerOf(c).actor()
	if r.Agent != "" {
		a, err := s.d.Backend.AgentBy("", r.Agent)
		if err != nil {
			return err
		}
		by, who = a, a.Actor()
	}
	p := ticket.Presence{Agent: c.Params("agent"), State: r.State, Until: r.Until, Reason: r.Reason, By: who}
	if err := s.d.Backend.SetPresence(c.UserContext(), by, p); err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}
