package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/channels"
	"tierline/ticket"
)

type overviewPage struct {
	page
	Tickets []count
	Jobs    []count
	Ready   []dependency
	AllOK   bool
	Dead    []ticket.Job
	Recent  []ticket.Ticket
	OnCall  []tierOnCall // of the tiers that have a schedule
	Fault   string       // the store cannot be asked
}

type count struct {
	Name string
	N    int64
}

type dependency struct {
	Name, Error string
	OK, Minor   bool
}

// overview also works while the store does not: it is where one looks then.
func (s *Server) overview(c *fiber.Ctx) error {
	p := overviewPage{page: s.page(c, "Overview", "overview")}
	list, ok := s.probe(c.UserContext())
	p.AllOK = ok
	for _, d := range list {
		p.Ready = append(p.Ready, dependency{Name: d.Name, OK: d.OK, Minor: d.Minor, Error: d.detail})
	}
	if err := s.fillOverview(c.UserContext(), &p, *callerOf(c).agent); err != nil {
		s.log.Error("overview", "request", requestID(c), "err", err)
		p.Fault = ticket.Explain(err)
	}
	return s.render(c, "overview", p)
}

func (s *Server) fillOverview(ctx context.Context, p *overviewPage, by ticket.Agent) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	tickets, jobs, err := s.d.Store.Counts(ctx)
	if err != nil {
		return err
	}
	for _, st := range states() {
		p.Tickets = append(p.Tickets, count{string(st), tickets[st]})
	}
	for _, st := range ticket.JobStates() {
		p.Jobs = append(p.Jobs, count{string(st), jobs.In(st)})
	}
	if p.Dead, err = s.d.Store.Jobs(ctx, ticket.JobDead, 0, 5); err != nil {
		return err
	}
	if p.Recent, err = s.d.Store.Tickets(ctx, ticket.Filter{Limit: 8}); err != nil {
		return err
	}
	v, err := s.d.Backend.Rosters(ctx, by, s.now(), s.now().Add(time.Second))
	if ticket.KindOf(err) == ticket.Denied {
		return nil
	}
	for _, r := range v.Tiers {
		p.OnCall = append(p.OnCall, onCallOf(r))
	}
	return err
}

type ticketsPage struct {
	page
	Items    []ticket.Ticket
	Next     string // query of the next page
	Filter   ticket.Filter
	State    string
	States   []ticket.State
	Tiers    []bots.Tier
	Agents   []ticket.Agent
	Channels []string
	Fault    string
}

func (s *Server) ticketList(c *fiber.Ctx) error {
	q := query{c: c}
	f := filterOf(&q)
	p := ticketsPage{page: s.page(c, "Tickets", "tickets"), Filter: f, States: states(), State: q.text("state"),
		Tiers: s.d.Backend.Tiers(), Agents: s.d.Agents(),
		Channels: []string{channels.Email, channels.Chat, channels.Phone, channels.Slack}}
	if q.err != nil {
		p.Fault = ticket.Explain(q.err)
		c.Status(http.StatusBadRequest)
		return s.render(c, "tickets", p)
	}
	// A ticket's number goes straight to the ticket.
	if id, err := ticket.ParseID(f.Text); err == nil && f.After == 0 {
		if _, err := s.d.Store.Ticket(c.UserContext(), id); err == nil {
			return c.Redirect("/console/tickets/"+id.String(), http.StatusSeeOther)
		} else if ticket.KindOf(err) != ticket.NotFound {
			return err
		}
	}
	ask := f
	ask.Limit = oneMore(f.Limit)
	list, err := s.d.Store.Tickets(c.UserContext(), ask)
	if err != nil {
		return err
	}
	var next ticket.ID
	p.Items, next = firstPage(list, f.Limit, func(t ticket.Ticket) ticket.ID { return t.ID })
	if next != 0 {
		p.Next = nextQuery(c, "after", next.String())
	}
	return s.render(c, "tickets", p)
}

// nextQuery is the query of this page with one parameter changed.
func nextQuery(c *fiber.Ctx, name, value string) string {
	args := *c.Context().QueryArgs()
	args.Del("done")
	args.Set(name, value)
	return "?" + string(args.QueryString())
}

type jobsPage struct {
	page
	Items    []ticket.Job
	State    ticket.JobState
	States   []ticket.JobState
	Next     string
	MayTouch bool
}

func (s *Server) jobList(c *fiber.Ctx) error {
	q := query{c: c}
	st := ticket.JobState(q.text("state"))
	if !c.Context().QueryArgs().Has("state") {
		st = ticket.JobDead
	}
	after := q.number("after")
	if q.err != nil {
		return q.err
	}
	const rows = 50
	list, err := s.d.Store.Jobs(c.UserContext(), st, after, rows+1)
	if err != nil {
		return err
	}
	p := jobsPage{page: s.page(c, "Jobs", "jobs"), State: st, MayTouch: callerOf(c).agent.Is(mayOperate()...),
		States: []ticket.JobState{ticket.JobDead, ticket.JobReady, ticket.JobScheduled, ticket.JobLeased}}
	var next int64
	p.Items, next = firstPage(list, rows, func(j ticket.Job) int64 { return j.ID })
	if next != 0 {
		p.Next = nextQuery(c, "after", ticketless(next))
	}
	return s.render(c, "jobs", p)
}

type jobPage struct {
	page
	Job ticket.Job
}

// jobAsk shows what would be lost before a job is dropped.
func (s *Server) jobAsk(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	list, err := s.d.Store.Jobs(c.UserContext(), ticket.JobDead, id-1, 1)
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].ID != id {
		return notFound("There is no dead job %d; somebody may have taken care of it.", id)
	}
	return s.render(c, "job_drop", jobPage{s.page(c, "Drop a job", "jobs"), list[0]})
}

func (s *Server) jobRetry(c *fiber.Ctx) error { return s.jobDo(c, s.d.Store.Revive, "retried") }

func (s *Server) jobDrop(c *fiber.Ctx) error {
	by := callerOf(c).actor()
	return s.jobDo(c, func(ctx context.Context, id int64) error { return s.d.Store.Drop(ctx, id, by) }, "dropped")
}

func (s *Server) jobDo(c *fiber.Ctx, do func(context.Context, int64) error, done string) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := do(c.UserContext(), id); err != nil {
		return err
	}
	s.log.Info("job "+done, "job", id, "by", callerOf(c).name())
	return c.Redirect("/console/jobs?done="+done, http.StatusSeeOther)
}

type quarantinesPage struct {
	page
	Items []ticket.Quarantined
	Next  string
}

func (s *Server) quarantineList(c *fiber.Ctx) error {
	q := query{c: c}
	before := q.number("before")
	if q.err != nil {
		return q.err
	}
	const rows = 50
	list, err := s.d.Store.Quarantines(c.UserContext(), before, rows+1)
	if err != nil {
		return err
	}
	p := quarantinesPage{page: s.page(c, "Quarantine", "quarantine")}
	var next int64
	p.Items, next = firstPage(list, rows, func(x ticket.Quarantined) int64 { return x.ID })
	if next != 0 {
		p.Next = nextQuery(c, "before", ticketless(next))
	}
	return s.render(c, "quarantine", p)
}

type quarantinedPage struct {
	page
	Item ticket.Quarantined
	Head string // the beginning of the input, as text
	More bool   // there is more than Head
}

// headBytes is how much of quarantined input the page shows.
const headBytes = 16 << 10

func (s *Server) quarantinePage(c *fiber.Ctx) error {
	x, err := s.quarantined(c)
	if err != nil {
		return err
	}
	p := quarantinedPage{page: s.page(c, "Quarantine "+ticketless(x.ID), "quarantine"), Item: x}
	if x.Blob != "" {
		b, err := s.readBlob(c.UserContext(), x.Blob, headBytes+1)
		if err != nil {
			return err
		}
		p.More = len(b) > headBytes
		p.Head = plainText(b[:min(len(b), headBytes)])
	}
	return s.render(c, "quarantined", p)
}

func (s *Server) quarantined(c *fiber.Ctx) (ticket.Quarantined, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return ticket.Quarantined{}, err
	}
	list, err := s.d.Store.Quarantines(c.UserContext(), id+1, 1)
	if err != nil {
		return ticket.Quarantined{}, err
	}
	if len(list) == 0 || list[0].ID != id {
		return ticket.Quarantined{}, notFound("Nothing in quarantine has this number.")
	}
	return list[0], nil
}

// quarantineRaw gives the input out as it came: as plain text that is saved, never shown.
func (s *Server) quarantineRaw(c *fiber.Ctx) error {
	x, err := s.quarantined(c)
	if err != nil {
		return err
	}
	if x.Blob == "" {
		return notFound("The input was not kept.")
	}
	s.log.Info("quarantined input downloaded", "id", x.ID, "by", callerOf(c).name())
	return s.sendBlob(c, x.Blob, "quarantine-"+ticketless(x.ID)+".txt", fiber.MIMETextPlainCharsetUTF8)
}
