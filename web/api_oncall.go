package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/ticket"
)

type (
	onCallList struct {
		Items []onCallTier `json:"items"`
	}
	onCallTier struct {
		Tier  string    `json:"tier"`
		Title string    `json:"title"`
		Zone  string    `json:"zone"`
		Now   []person  `json:"now"`            // empty in a gap
		Until time.Time `json:"until,omitzero"` // when that changes; absent when it does not within a year
		Next  []person  `json:"next"`
	}
	shiftList struct {
		Tier   string               `json:"tier"`
		Zone   string               `json:"zone"`
		Shifts []ticket.RosterShift `json:"shifts"` // with their true beginnings and ends, also outside of the period
		Gaps   []ticket.RosterShift `json:"gaps"`
	}
	fairList struct {
		Tier  string            `json:"tier"`
		Zone  string            `json:"zone"`
		From  time.Time         `json:"from"`
		To    time.Time         `json:"to"`
		Means map[string]string `json:"means"` // what each figure means
		Items []fairItem        `json:"items"`
	}
	fairItem struct {
		Person   person  `json:"person"`
		Shifts   int     `json:"shifts"`
		Hours    float64 `json:"hours"`
		Nights   float64 `json:"nights"`
		Weekends float64 `json:"weekends"`
		Holidays float64 `json:"holidays"`
		Pages    int     `json:"pages"`
	}
	rosterList struct {
		Items []ticket.RosterChange `json:"items"`
	}
)

// RosterRequest begins a change of who is on call. Without Agent it is made in the name of the key, which
// may do what a lead may; with it, in the name of that member of staff (a mail address).
type RosterRequest struct {
	Kind     ticket.RosterKind    `json:"kind"`
	Agent    string               `json:"agent,omitempty"`
	Tier     string               `json:"tier,omitempty"`
	Person   string               `json:"person,omitempty"`
	With     string               `json:"with,omitempty"`
	From     time.Time            `json:"from"`
	To       time.Time            `json:"to"`
	BackFrom time.Time            `json:"back_from,omitzero"`
	BackTo   time.Time            `json:"back_to,omitzero"`
	Beside   bool                 `json:"beside,omitempty"`
	Shifts   []ticket.RosterShift `json:"shifts,omitempty"`
	Reason   string               `json:"reason,omitempty"`
}

// RosterAnswer answers a change.
type RosterAnswer struct {
	Do     ticket.RosterDo `json:"do"`
	Agent  string          `json:"agent,omitempty"` // the mail address of who answers
	Reason string          `json:"reason,omitempty"`
}

func (s *Server) onCallOperations() []route {
	tier := param{name: "tier", in: inPath, kind: kindString}
	id := param{name: "id", in: inPath, kind: kindInt}
	from := param{name: "from", kind: kindTime, about: "Default: now; of the comparison, 90 days ago."}
	to := param{name: "to", kind: kindTime, about: "Default: 28 days after from; of the comparison, now. At most 400 days after."}
	once := param{name: "Idempotency-Key", in: inHeader, kind: kindString, about: "A second request with the same key changes nothing and answers the change of the first."}
	return []route{
		{method: http.MethodGet, path: "/oncall", who: key(OnCallRead), do: s.apiOnCallNow, doc: &operation{
			id: "listOnCall", summary: "Who is on call for each tier, now and next", ok: http.StatusOK, result: onCallList{}}},
		{method: http.MethodGet, path: "/oncall/:tier", who: key(OnCallRead), do: s.apiOnCall, doc: &operation{
			id: "getOnCall", summary: "Who is rung for a tier, in order", ok: http.StatusOK, result: onCallAnswer{},
			params: []param{tier, {name: "at", kind: kindTime, about: "Default: now."}}}},
		{method: http.MethodGet, path: "/oncall/:tier/shifts", who: key(OnCallRead), do: s.apiShifts, doc: &operation{
			id: "listShifts", summary: "The shifts of a tier, and the gaps between them", ok: http.StatusOK, result: shiftList{}, params: []param{tier, from, to}}},
		{method: http.MethodGet, path: "/oncall/:tier/fairness", who: key(OnCallRead), do: s.apiFairness, doc: &operation{
			id: "getFairness", summary: "How much each person of a tier was on call", ok: http.StatusOK, result: fairList{}, params: []param{tier, from, to}}},
		{method: http.MethodGet, path: "/roster/changes", who: key(OnCallRead), do: s.apiRoster, doc: &operation{
			id: "listRosterChanges", summary: "Changes of who is on call that are not over, as they were made", ok: http.StatusOK, result: rosterList{},
			params: []param{{name: "since", kind: kindTime, about: "Those that were not over then. Default: now."}}}},
		{method: http.MethodGet, path: "/roster/changes/:id", who: key(OnCallRead), do: s.apiRosterChange, doc: &operation{
			id: "getRosterChange", summary: "Get a change of who is on call", ok: http.StatusOK, result: ticket.RosterChange{}, params: []param{id}}},
		{method: http.MethodPost, path: "/roster/changes", who: key(OnCallWrite), do: s.apiRosterBegin, doc: &operation{
			id: "changeRoster", summary: "Change who is on call: override, swap, cover, off or temporary", ok: http.StatusOK, result: ticket.RosterChange{},
			params: []param{once}, body: RosterRequest{}}},
		{method: http.MethodPost, path: "/roster/changes/:id/answers", who: key(OnCallWrite), do: s.apiRosterAnswer, doc: &operation{
			id: "answerRosterChange", summary: "Agree, take, decline or withdraw", ok: http.StatusOK, result: ticket.RosterChange{},
			params: []param{id, once}, body: RosterAnswer{}}},
	}
}

// reader is in whose name a key of the API reads.
func (s *Server) reader() ticket.Agent {
	return ticket.Agent{ID: "api", Roles: []ticket.Role{ticket.RoleLead}}
}

func persons(list []ticket.Agent) []person {
	out := []person{}
	for _, a := range list {
		out = append(out, person{ID: a.ID, Name: a.Name})
	}
	return out
}

func (s *Server) apiOnCallNow(c *fiber.Ctx) error {
	v, err := s.d.Backend.Rosters(c.UserContext(), s.reader(), s.now(), s.now().Add(time.Second))
	if err != nil {
		return err
	}
	out := onCallList{Items: []onCallTier{}}
	for _, t := range v.Tiers {
		out.Items = append(out.Items, onCallTier{Tier: t.Tier.Name, Title: t.Tier.Title, Zone: t.Zone.String(), Now: persons(t.On), Until: t.Until, Next: persons(t.Next)})
	}
	return c.JSON(out)
}

// period reads from and to.
func (s *Server) period(c *fiber.Ctx, from time.Time, length time.Duration) (time.Time, time.Time, error) {
	q := query{c: c}
	a, b := q.time("from"), q.time("to")
	if a.IsZero() {
		if a = from; !b.IsZero() && !b.After(a) {
			a = b.Add(-length)
		}
	}
	if b.IsZero() {
		b = a.Add(length)
	}
	return a, b, q.err
}

const (
	shiftDays = 28 * 24 * time.Hour
	fairDays  = 90 * 24 * time.Hour
)

func (s *Server) apiShifts(c *fiber.Ctx) error {
	from, to, err := s.period(c, s.now(), shiftDays)
	if err != nil {
		return err
	}
	v, err := s.d.Backend.Rosters(c.UserContext(), s.reader(), from, to)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.Tiers, func(t bots.TierRoster) bool { return t.Tier.Name == c.Params("tier") })
	if i < 0 {
		return notFound("There is no tier %.60q with a schedule.", c.Params("tier"))
	}
	t := v.Tiers[i]
	out := shiftList{Tier: t.Tier.Name, Zone: t.Zone.String(), Shifts: []ticket.RosterShift{}, Gaps: slices.Concat([]ticket.RosterShift{}, t.Gaps)}
	for _, x := range t.Shifts {
		out.Shifts = append(out.Shifts, x.RosterShift)
	}
	return c.JSON(out)
}

func (s *Server) apiFairness(c *fiber.Ctx) error {
	from, to, err := s.period(c, s.now().Add(-fairDays), fairDays)
	if err != nil {
		return err
	}
	f, err := s.d.Backend.Fairness(c.UserContext(), s.reader(), c.Params("tier"), from, to)
	if err != nil {
		return err
	}
	out := fairList{Tier: f.Tier.Name, Zone: f.Zone, From: f.From, To: f.To, Means: map[string]string{}, Items: []fairItem{}}
	for _, m := range bots.FairMeans() {
		out.Means[m[0]] = m[1]
	}
	for _, r := range f.Rows {
		out.Items = append(out.Items, fairItem{Person: person{ID: r.Agent.ID, Name: r.Agent.Name}, Shifts: r.Shifts, Hours: r.Total.Hours(),
			Nights: r.Night.Hours(), Weekends: r.Weekend.Hours(), Holidays: r.Holiday.Hours(), Pages: r.Pages})
	}
	return c.JSON(out)
}

func (s *Server) apiRoster(c *fiber.Ctx) error {
	q := query{c: c}
	since := q.time("since")
	if q.err != nil {
		return q.err
	}
	if since.IsZero() {
		since = s.now()
	}
	r, err := s.d.Store.Roster(c.UserContext(), since)
	if err != nil {
		return err
	}
	return c.JSON(rosterList{Items: slices.Concat([]ticket.RosterChange{}, r.Changes)})
}

func (s *Server) apiRosterChange(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	x, err := s.d.Store.RosterChange(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(x)
}

func (s *Server) apiRosterBegin(c *fiber.Ctx) error {
	var r RosterRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	return s.rosterDo(c, r.Agent, ticket.RosterAction{Change: ticket.RosterChange{Kind: r.Kind, Tier: r.Tier, Person: r.Person, With: r.With, From: r.From, To: r.To,
		BackFrom: r.BackFrom, BackTo: r.BackTo, Beside: r.Beside, Shifts: r.Shifts, Reason: r.Reason}})
}

func (s *Server) apiRosterAnswer(c *fiber.Ctx) error {
	var r RosterAnswer
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := readJSON(c, &r); err != nil {
		return err
	}
	return s.rosterDo(c, r.Agent, ticket.RosterAction{ID: id, Do: r.Do, Reason: r.Reason})
}

// rosterDo does it in the name of the key, or of who is named by a mail address.
func (s *Server) rosterDo(c *fiber.Ctx, agent string, a ticket.RosterAction) error {
	w := callerOf(c)
	if once := c.Get("Idempotency-Key"); once != "" {
		if len(once) > 200 {
			return invalid("The Idempotency-Key is longer than 200 bytes.")
		}
		a.Key = "api:" + w.key.Name + ":" + once
	}
	var done ticket.RosterChange
	var err error
	if agent == "" {
		done, err = s.d.Backend.ActRosterKey(c.UserContext(), w.actor(), a)
	} else {
		var by ticket.Agent
		if by, err = s.d.Backend.AgentBy("", agent); err != nil {
			return err
		}
		done, err = s.d.Backend.ActRoster(c.UserContext(), by, a)
	}
	if err != nil {
		return err
	}
	return c.JSON(done)
}
