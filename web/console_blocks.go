package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/ticket"
)

// mayBlock are those who may keep senders out.
func mayBlock() []ticket.Role { return ticket.RightLead.Roles() }

type blocksPage struct {
	page
	Items []ticket.Block
	Next  string
	Form  blockForm
	Spans []blockSpan
	Fault string
}

type blockForm struct{ Sender, Reason, Span string }

// blockSpan is for how long a sender may be blocked.
type blockSpan struct {
	Code, Name string
	For        time.Duration // 0: for good
}

func blockSpans() []blockSpan {
	const day = 24 * time.Hour
	return []blockSpan{{"day", "a day", day}, {"week", "a week", 7 * day}, {"month", "30 days", 30 * day}, {"year", "a year", 365 * day}, {"ever", "for good", 0}}
}

func (s *Server) blockList(c *fiber.Ctx) error {
	return s.showBlocks(c, http.StatusOK, blockForm{Sender: c.Query("sender"), Span: "month"}, "")
}

func (s *Server) showBlocks(c *fiber.Ctx, status int, form blockForm, fault string) error {
	after := c.Query("after")
	if len(after) > customer.MaxIdentity+20 {
		return invalid("The parameter after is too long.")
	}
	const rows = 50
	list, err := s.d.Store.Blocks(c.UserContext(), after, rows+1)
	if err != nil {
		return err
	}
	p := blocksPage{page: s.page(c, "Blocked senders", "blocks"), Form: form, Spans: blockSpans(), Fault: fault}
	var next string
	p.Items, next = firstPage(list, rows, func(b ticket.Block) string { return b.Key })
	if next != "" {
		p.Next = nextQuery(c, "after", next)
	}
	c.Status(status)
	return s.render(c, "blocks", p)
}

func (s *Server) blockAdd(c *fiber.Ctx) error {
	f := blockForm{Sender: c.FormValue("sender"), Reason: strings.TrimSpace(c.FormValue("reason")), Span: c.FormValue("span")}
	w := callerOf(c)
	b := ticket.Block{Key: ticket.SenderKey(f.Sender), Reason: f.Reason, By: w.actor(), At: s.now()}
	i := slices.IndexFunc(blockSpans(), func(x blockSpan) bool { return x.Code == f.Span })
	var err error
	switch {
	case i < 0 || len(f.Sender) > customer.MaxIdentity+20:
		return invalid("The form is not one of ours.")
	default:
		if err = b.Why(); err != nil {
			break
		}
		if span := blockSpans()[i]; span.For > 0 {
			b.Until = b.At.Add(span.For)
		}
		err = s.d.Store.Block(c.UserContext(), b)
	}
	if ticket.KindOf(err) == ticket.Invalid {
		return s.showBlocks(c, http.StatusBadRequest, f, ticket.Explain(err)) // what was typed is kept
	}
	if err != nil {
		return err
	}
	s.log.Info("a sender is blocked", "until", b.Until, "by", w.name())
	return c.Redirect("/console/blocks?done=blocked", http.StatusSeeOther)
}

func (s *Server) blockRemove(c *fiber.Ctx) error {
	key := c.FormValue("key")
	if key == "" || len(key) > customer.MaxIdentity+20 {
		return invalid("The form is not one of ours.")
	}
	w := callerOf(c)
	if err := s.d.Store.Unblock(c.UserContext(), key, w.actor()); err != nil {
		return err
	}
	s.log.Info("a sender is let in again", "by", w.name())
	return c.Redirect("/console/blocks?done=unblocked", http.StatusSeeOther)
}
