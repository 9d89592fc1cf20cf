package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

type (
	articleList struct {
		Items []kb.Article `json:"items"`
		Next  string       `json:"next,omitempty"`
	}
	jobList struct {
		Items []ticket.Job `json:"items"`
		Next  int64        `json:"next,omitempty"`
	}
	quarantineAnswer struct {
		Items []quarantined `json:"items"`
		Next  int64         `json:"next,omitempty"` // pass as before
	}
	quarantined struct {
		ID       int64     `json:"id"`
		Channel  string    `json:"channel"`
		Inbox    string    `json:"inbox"`
		External string    `json:"external,omitempty"`
		Reason   string    `json:"reason"`
		Detail   string    `json:"detail"`
		Blob     string    `json:"blob,omitempty"` // SHA-256 of the input
		Size     int64     `json:"size"`
		At       time.Time `json:"at"`
	}
	suggestAnswer struct {
		Fits bool     `json:"fits"` // the best is likely to answer the question
		Hits []kb.Hit `json:"hits"`
	}
	onCallAnswer struct {
		Tier   string   `json:"tier"`
		People []person `json:"people"`
	}
	person struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
)

// ArticleRequest is an article as a client writes it; its id stands in the path.
type ArticleRequest struct {
	Title      string        `json:"title"`
	Body       string        `json:"body"` // Markdown
	Language   string        `json:"language"`
	Audience   kb.Audience   `json:"audience"`
	Confidence kb.Confidence `json:"confidence"`
	Brand      string        `json:"brand,omitempty"`
	Models     []string      `json:"models,omitempty"`
	Tags       []string      `json:"tags,omitempty"`
	Keywords   []string      `json:"keywords,omitempty"`
	Wording    string        `json:"wording,omitempty"`
	Owner      string        `json:"owner,omitempty"`
	Rev        int64         `json:"rev,omitempty"` // the rev that was seen; 0 creates
}

// SuggestRequest asks for articles.
type SuggestRequest struct {
	Text     string   `json:"text"`
	Language string   `json:"language,omitempty"`
	Brand    string   `json:"brand,omitempty"`
	Models   []string `json:"models,omitempty"`
	Public   bool     `json:"public,omitempty"` // only what customers may read
	Limit    int      `json:"limit,omitempty"`  // 1 to 50; 10 when left out
}

func (s *Server) apiArticles(c *fiber.Ctx) error {
	q := query{c: c}
	after, limit := q.text("after"), q.limit(ticket.DefaultPage)
	if q.err != nil {
		return q.err
	}
	list, err := s.d.KB.Articles(c.UserContext(), after, oneMore(limit))
	if err != nil {
		return err
	}
	out := articleList{}
	out.Items, out.Next = firstPage(list, limit, func(a kb.Article) string { return a.ID })
	return c.JSON(out)
}

func (s *Server) apiArticle(c *fiber.Ctx) error {
	a, err := s.d.KB.Article(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (s *Server) apiPutArticle(c *fiber.Ctx) error {
	var r ArticleRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	a, err := s.putArticle(c, kb.Article{ID: c.Params("id"), Title: r.Title, Body: r.Body, Language: r.Language,
		Audience: r.Audience, Confidence: r.Confidence, Brand: r.Brand, Models: r.Models, Tags: r.Tags,
		Keywords: r.Keywords, Wording: r.Wording, Owner: r.Owner, Rev: r.Rev})
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (s *Server) apiDeleteArticle(c *fiber.Ctx) error {
	if err := s.d.KB.DeleteArticle(c.UserContext(), c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}

func (s *Server) apiSuggest(c *fiber.Ctx) error {
	var r SuggestRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	switch {
	case r.Text == "":
		return invalid("A question needs a text.")
	case len(r.Text) > 100_000:
		return invalid("The question is longer than 100000 bytes.")
	case r.Limit < 0 || r.Limit > 50:
		return invalid("limit is 1 to 50.")
	}
	a, err := s.d.Suggest.Suggest(c.UserContext(), kb.Question{Text: r.Text, Language: r.Language, Brand: r.Brand,
		Models: r.Models, Public: r.Public, Limit: r.Limit})
	if err != nil {
		return err
	}
	return c.JSON(suggestAnswer{Fits: a.Fits, Hits: slices.Concat([]kb.Hit{}, a.Hits)})
}

func (s *Server) apiCustomer(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	return s.answerCustomer(c, customer.ID(id))
}

func (s *Server) answerCustomer(c *fiber.Ctx, id customer.ID) error {
	p, err := s.d.Store.Customer(c.UserContext(), id)
	if err != nil {
		return err
	}
	p.Identities = slices.Concat([]customer.Identity{}, p.Identities)
	return c.JSON(p)
}

func (s *Server) apiOnCall(c *fiber.Ctx) error {
	q := query{c: c}
	at := q.time("at")
	if q.err != nil {
		return q.err
	}
	if at.IsZero() {
		at = s.now()
	}
	tier := c.Params("tier")
	if !slices.ContainsFunc(s.d.Backend.Tiers(), func(t bots.Tier) bool { return t.Name == tier }) {
		return notFound("There is no tier %.60q.", tier)
	}
	out := onCallAnswer{Tier: tier, People: []person{}}
	list, err := s.d.Backend.OnCall(c.UserContext(), tier, at)
	if err != nil {
		return err
	}
	for _, a := range list {
		out.People = append(out.People, person{ID: a.ID, Name: a.Name})
	}
	return c.JSON(out)
}

func (s *Server) apiJobs(c *fiber.Ctx) error {
	q := query{c: c}
	state, after, limit := ticket.JobState(q.text("state")), q.number("after"), q.limit(ticket.DefaultPage)
	if state != "" && !slices.Contains(ticket.JobStates(), state) {
		q.fault("There is no state %.40q.", string(state))
	}
	if q.err != nil {
		return q.err
	}
	list, err := s.d.Store.Jobs(c.UserContext(), state, after, oneMore(limit))
	if err != nil {
		return err
	}
	out := jobList{}
	out.Items, out.Next = firstPage(list, limit, func(j ticket.Job) int64 { return j.ID })
	return c.JSON(out)
}

func (s *Server) apiRetry(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.d.Store.Revive(c.UserContext(), id); err != nil {
		return err
	}
	s.log.Info("job revived", "job", id, "by", callerOf(c).name())
	return c.SendStatus(http.StatusNoContent)
}

func (s *Server) apiDrop(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.d.Store.Drop(c.UserContext(), id, callerOf(c).actor()); err != nil {
		return err
	}
	s.log.Info("job dropped", "job", id, "by", callerOf(c).name())
	return c.SendStatus(http.StatusNoContent)
}

func (s *Server) apiQuarantine(c *fiber.Ctx) error {
	q := query{c: c}
	before, limit := q.number("before"), q.limit(ticket.DefaultPage)
	if q.err != nil {
		return q.err
	}
	list, err := s.d.Store.Quarantines(c.UserContext(), before, oneMore(limit))
	if err != nil {
		return err
	}
	rows := make([]quarantined, 0, len(list))
	for _, x := range list {
		rows = append(rows, quarantined{ID: x.ID, Channel: x.Channel, Inbox: x.Inbox, External: x.External, Reason: x.Reason,
			Detail: x.Detail, Blob: x.Blob, Size: x.Size, At: x.At})
	}
	out := quarantineAnswer{}
	out.Items, out.Next = firstPage(rows, limit, func(x quarantined) int64 { return x.ID })
	return c.JSON(out)
}
