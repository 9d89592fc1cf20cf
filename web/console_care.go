package web

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/customer"
	"tierline/ticket"
)

// careActs are the forms of the page about what the customer is told and owed, and about who is to hear of it.
func careActs() []ticket.ActionKind {
	return []ticket.ActionKind{ticket.ActPromise, ticket.ActRepromise, ticket.ActKeep, ticket.ActUnpromise, ticket.ActPostpone,
		ticket.ActAsk, ticket.ActAnswer, ticket.ActComplain, ticket.ActAmends, ticket.ActAbuse,
		ticket.ActSupplier, ticket.ActSupplied, ticket.ActVerify, ticket.ActInform, ticket.ActHeard}
}

// careForm is what these forms send.
type careForm struct {
	Kind, Policy, Reason             string // of a promise, a complaint
	Hours, Days                      float64
	Number                           int // of a promise, a question, a complaint
	Tell                             bool
	Rung, Supplier, Reference, Asked string
	Who                              string // who is to hear: "lead", or a tier
	Sure, Stay, Undo                 bool
	Due                              time.Time // of a promise that an answer makes
	BadTime                          bool      // hours or days are no number
}

func readCare(c *fiber.Ctx) (f careForm) {
	f = careForm{Kind: c.FormValue("kind"), Policy: c.FormValue("policy"), Reason: c.FormValue("reason"), Tell: c.FormValue("tell") != "",
		Rung: c.FormValue("rung"), Supplier: c.FormValue("supplier"), Reference: c.FormValue("reference"), Asked: c.FormValue("asked"),
		Who: c.FormValue("who"), Sure: c.FormValue("sure") != "", Stay: c.FormValue("stay") != "", Undo: c.FormValue("undo") != ""}
	f.Number, _ = strconv.Atoi(c.FormValue("number"))
	f.Due, _ = time.Parse(time.RFC3339, c.FormValue("due"))
	number := func(name string) float64 {
		text := strings.Replace(strings.TrimSpace(c.FormValue(name)), ",", ".", 1)
		if text == "" {
			return 0
		}
		v, err := strconv.ParseFloat(text, 64)
		f.BadTime = f.BadTime || err != nil || !(v > 0 && v <= ticket.MaxAhead.Hours())
		return v
	}
	f.Hours, f.Days = number("hours"), number("days")
	return f
}

// in is so many hours from now.
func (f actForm) in(now time.Time) (time.Time, error) {
	if f.Hours == 0 || f.BadTime {
		return now, invalid("Say in how many hours, such as 2 or 0.5.")
	}
	return now.Add(time.Duration(f.Hours * float64(time.Hour))), nil
}

// care is what one of the forms wants done, whatever has happened to the ticket meanwhile.
func (f actForm) care(a ticket.Action, now time.Time) (_ ticket.Action, err error) {
	a.Rev, a.Number, a.Reason = 0, f.Number, f.Reason
	switch a.Kind {
	case ticket.ActPromise:
		a.Text = ""
		a.Promise = &ticket.Promise{Kind: ticket.PromiseKind(f.Kind), What: f.Text, Tell: f.Tell}
		a.Promise.Due, err = f.in(now)
	case ticket.ActRepromise:
		a.Promise = &ticket.Promise{Number: f.Number}
		a.Promise.Due, err = f.in(now)
	case ticket.ActKeep, ticket.ActUnpromise:
		a.Promise = &ticket.Promise{Number: f.Number}
	case ticket.ActPostpone:
		a.At, err = f.in(now)
	case ticket.ActAsk:
		if len(f.Seqs) != 1 {
			return a, invalid("The form is not one of ours.")
		}
		a.Seq = f.Seqs[0]
	case ticket.ActComplain:
		if a.Policy, a.About = strings.TrimSpace(f.Policy), ticket.AboutPolicy; a.Policy == "" {
			a.About = ticket.AboutConduct
		}
	case ticket.ActAbuse:
		if a.Rung = customer.Rung(f.Rung); !f.Sure {
			return a, invalid("Confirm the step: nothing about abuse happens without that.")
		}
		if a.Rung == customer.RungBlock {
			a.At, err = f.after(now)
		}
	case ticket.ActSupplier:
		a.Supply = &ticket.Supply{Supplier: f.Supplier, Reference: f.Reference, Asked: f.Asked}
		a.Supply.Expected, err = f.after(now)
	case ticket.ActVerify:
		if f.Undo {
			a.Verdict = ticket.NotVerified
		}
	case ticket.ActInform:
		if f.Who != "lead" {
			a.Tier = f.Who
		}
	}
	return a, err
}

// after is so many days from now, or zero where none are said.
func (f actForm) after(now time.Time) (time.Time, error) {
	if f.BadTime {
		return now, invalid("Say in how many days, such as 3 or 0.5.")
	}
	if f.Days == 0 {
		return time.Time{}, nil
	}
	return now.Add(time.Duration(f.Days * 24 * float64(time.Hour))), nil
}

// careView is what these forms offer.
type careView struct {
	Suppliers []bots.Supplier
	With      *ticket.Supply
	Unheard   *ticket.Informed
	Tiers     []bots.Tier // whose people may be told, but for its own
	Warning   string      // to whom abuses those who help them, in their language
	Owed      bool        // an update is due some time
	Lead      bool        // may keep senders out
}

func (s *Server) careView(ctx context.Context, w *ticket.Agent, card bots.Card) (v careView, err error) {
	t := card.Ticket
	v = careView{Suppliers: s.d.Backend.Suppliers(), With: t.With(), Unheard: t.Unheard(), Owed: t.Update != nil && !t.Update.Due.IsZero(),
		Lead: w.Has(ticket.RightLead) == nil}
	for _, tier := range s.d.Backend.Tiers() {
		if tier.Name != t.Tier {
			v.Tiers = append(v.Tiers, tier)
		}
	}
	if card.Ladder.Next == customer.RungWarn && w.May(ticket.ActAbuse) == nil {
		v.Warning, err = s.d.Backend.Wording(ctx, *w, t.ID, "warning")
	}
	return v, err
}

// rungs are the steps of the abuse ladder in words.
func rungs(r customer.Rung) string {
	switch r {
	case customer.RungWarn:
		return "Warn them"
	case customer.RungLead:
		return "Tell the lead"
	case customer.RungBlock:
		return "Keep them out for a time"
	case customer.RungClear:
		return "Take it back"
	}
	return string(r)
}

// doubted is a time that an answer names and for which nothing stands: whoever writes it is asked once.
func (s *Server) doubted(c *fiber.Ctx, f actForm, a ticket.Action) (*bots.Named, error) {
	if a.Kind != ticket.ActReply || f.Sure {
		return nil, nil
	}
	list, err := s.d.Backend.Unbacked(c.UserContext(), *callerOf(c).agent, a.Ticket, a.Text)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
