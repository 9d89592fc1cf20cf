package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/router/pager"
	"tierline/ticket"
)

// answerView is a page call as its person sees it without signing in.
type answerView struct {
	page
	Token  string
	Card   bots.Card
	Turn   pageTurn
	Me     ticket.Agent
	Fault  string
	Said   string // what has just been done
	Others []ticket.Agent
	Log    []string // what has happened, in their language
}

// Say is a text in the language of who is paged.
func (v answerView) Say(key string, args ...any) string { return pager.Say(v.Lang, key, args...) }

// linked is whom a link lets answer which page. Whatever is wrong with it has one answer.
func (s *Server) linked(c *fiber.Ctx) (pager.Link, ticket.Agent, error) {
	from := "page " + s.clientName(c)
	if wait := s.failures.take(from, 0); wait > 0 {
		return pager.Link{}, ticket.Agent{}, tooMany(wait)
	}
	v, ok := s.d.Links.Read(c.Params("token"), s.now())
	a, known := s.agent(v.Agent)
	if !ok || !known {
		s.failures.take(from, 1)
		return v, a, notFound("%s", pager.Say(helpLanguage(c), "bad link"))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Robots-Tag", "noindex")
	return v, a, nil
}

// answerShow shows the page. It changes nothing: programs look at links before people do.
func (s *Server) answerShow(c *fiber.Ctx) error {
	v, a, err := s.linked(c)
	if err != nil {
		return err
	}
	return s.showAnswer(c, v, a, http.StatusOK, "", "")
}

func (s *Server) showAnswer(c *fiber.Ctx, v pager.Link, a ticket.Agent, status int, said, fault string) error {
	card, err := s.d.Backend.Card(c.UserContext(), a, v.Ticket)
	if err != nil {
		return err
	}
	p := answerView{page: s.page(c, pager.Say(a.Language, "title")+" "+card.Ticket.ID.String(), ""), Token: c.Params("token"), Card: card, Me: a, Said: said, Fault: fault, Others: s.colleagues(a)}
	p.Agent, p.Lang = nil, cmp.Or(a.Language, pager.Languages()[0]) // nobody is signed in by this
	p.Log = pager.Log(card.Ticket, p.Lang, pager.Names{Agent: s.agentName, Tier: s.tierTitle})
	if paged := card.Ticket.PageOf(v.Page); paged != nil {
		p.Turn = s.turn(*paged, a)
	}
	c.Status(status)
	return s.render(c, "answer", p)
}

// answerAct does what a button of that page says.
func (s *Server) answerAct(c *fiber.Ctx) error {
	if err := s.checkOrigin(c); err != nil {
		return err
	}
	v, a, err := s.linked(c)
	if err != nil {
		return err
	}
	act, err := pageAnswer(v, c.FormValue("answer"), c.FormValue("reason"), c.FormValue("to"), c.FormValue("minutes"), c.FormValue("callback"), s.now())
	if err == nil {
		_, err = s.d.Backend.Act(c.UserContext(), a, act)
	}
	switch k := ticket.KindOf(err); {
	case err == nil:
		return s.showAnswer(c, v, a, http.StatusOK, pager.Say(a.Language, "done"), "")
	case k == ticket.Invalid || k == ticket.Conflict || k == ticket.Denied:
		return s.showAnswer(c, v, a, explain(err).status, "", pager.Fault(a.Language, ticket.Explain(err)))
	}
	return err
}

// pageAnswer is what somebody answers to a page.
func pageAnswer(v pager.Link, answer, reason, to, minutes, callback string, now time.Time) (ticket.Action, error) {
	a := ticket.Action{Ticket: v.Ticket, Page: v.Page, Reason: reason, Owner: to}
	n, err := strconv.Atoi(cmp.Or(minutes, "0"))
	if err != nil || n < 0 || n > 24*60 {
		return a, invalid("The minutes are 0 to 1440.")
	}
	a.Wait = time.Duration(n) * time.Minute
	switch answer {
	case "accept":
		a.Kind = ticket.ActAccept
		if callback != "" {
			in, err := strconv.Atoi(callback)
			if err != nil || in < 1 || in > 7*24*60 {
				return a, invalid("A callback is within 1 to 10080 minutes.")
			}
			a.Promise = &ticket.Promise{Kind: ticket.PromiseCallback, Due: now.Add(time.Duration(in) * time.Minute)}
		}
	case "decline":
		a.Kind = ticket.ActDecline
	case "need":
		a.Kind = ticket.ActNeed
	case "hand":
		a.Kind = ticket.ActHand
	case "snooze":
		a.Kind = ticket.ActSnooze
	default:
		return a, invalid("The answer is accept, decline, need, hand or snooze.")
	}
	return a, nil
}

// PageReply is how a service that was told by a webhook answers for its person.
type PageReply struct {
	Answer   string `json:"answer"` // accept, decline, need, hand, snooze
	Reason   string `json:"reason,omitempty"`
	To       string `json:"to,omitempty"`       // of hand: an agent's id
	Minutes  int    `json:"minutes,omitempty"`  // of need and snooze
	Callback int    `json:"callback,omitempty"` // of accept: the customer is called back within so many minutes
}

// answerReply takes the answer of a service: JSON, or a form (as telephony services send it). Keys that were
// pressed on a telephone count: 1 accepts, 2 declines, 3 needs 15 minutes, 4 snoozes.
func (s *Server) answerReply(c *fiber.Ctx) error {
	v, a, err := s.linked(c)
	if err != nil {
		return err
	}
	var r PageReply
	if isJSON(c) {
		if err := readJSON(c, &r); err != nil {
			return err
		}
	} else {
		r = PageReply{Answer: c.FormValue("answer"), Reason: c.FormValue("reason"), To: c.FormValue("to")}
		if r.Answer == "" {
			r.Answer = map[string]string{"1": "accept", "2": "decline", "3": "need", "4": "snooze"}[strings.TrimSpace(c.FormValue("Digits"))]
		}
	}
	callback := ""
	if r.Callback > 0 {
		callback = strconv.Itoa(r.Callback)
	}
	act, err := pageAnswer(v, r.Answer, r.Reason, r.To, strconv.Itoa(r.Minutes), callback, s.now())
	if err != nil {
		return err
	}
	t, err := s.d.Backend.Act(c.UserContext(), a, act)
	if err != nil {
		return err
	}
	state := ticket.PageState("")
	if p := t.PageOf(v.Page); p != nil {
		state = p.State
	}
	return c.JSON(fiber.Map{"ticket": t.ID.String(), "page": v.Page, "state": state})
}
