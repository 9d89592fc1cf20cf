package slackdesk

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/ticket"
)

// What goes to somebody beside the agents of the case: to a supplier, who has it for a while, and to the lead, who
// hears of it while it stays where it is.

const (
	doSupplier = "supplier"
	doSupplied = "supplied"
	doInform   = "inform"
	doHeard    = "heard"
	doVerify   = "verify"
	doUnverify = "unverify"
)

// outside is whom the case is with, and who is to hear of it.
func outside(c bots.Card) (blocks []slack.Block) {
	v := refTo(c.Ticket).String()
	if with, s := c.Ticket.With(), c.Supplier; with != nil && s != nil {
		blocks = append(blocks, section(supplierText(*with, *s)), rows("supplier", button(doSupplied, v, "It is back"), button(doSupplier, v, "Change"))[0])
	}
	if n := c.Ticket.Unheard(); n != nil {
		text := ":ear: *The lead is to hear of this* · " + esc(n.By.Name, 80) + " " + when(n.At) + "\n" + quote(esc(n.Reason, 600))
		blocks = append(blocks, section(text), rows("lead", button(doHeard, v, "I have heard it"))[0])
	}
	return blocks
}

func supplierText(with ticket.Supply, s bots.Supplier) string {
	text := ":truck: *With " + esc(s.Title, 80) + "*"
	if s.For != "" {
		text += " (" + esc(s.For, 80) + ")"
	}
	text += " since " + when(with.Since)
	if with.Reference != "" {
		text += " · their reference *" + esc(with.Reference, 100) + "*"
	}
	if !with.Expected.IsZero() {
		text += " · expected " + when(with.Expected)
	}
	var lines []string
	for _, p := range [][2]string{{"contract", s.Contract}, {"phone", s.Phone}, {"mail", s.Email}} {
		if p[1] != "" {
			lines = append(lines, p[0]+" "+esc(p[1], 100))
		}
	}
	switch {
	case s.Open:
		lines = append(lines, "open now")
	case s.Opens.IsZero():
		lines = append(lines, "closed")
	default:
		lines = append(lines, "closed until "+when(s.Opens))
	}
	text += "\n" + strings.Join(lines, " · ")
	if with.Asked != "" {
		text += "\nAsked: " + esc(with.Asked, 400)
	}
	return text
}

// verified says how it is known that the customer is who they say; "" when it is not.
func verified(c bots.Card) string {
	if v := c.Ticket.Verified; v != nil {
		return ":white_check_mark: verified by " + esc(v.By.Name, 80) + ": " + esc(v.How, 120)
	}
	if p := c.LastSaid.Proven; p != "" {
		return ":white_check_mark: the sender is proven (" + esc(p, 20) + ")"
	}
	return ""
}

// outsideOptions are the steps in the menu.
func outsideOptions(c bots.Card, v string) []*slack.OptionBlockObject {
	list := []*slack.OptionBlockObject{option(doInform+" "+v, "The lead is to hear of it")}
	if c.Ticket.Verified == nil {
		list = append(list, option(doVerify+" "+v, "They are who they say: verified"))
	} else {
		list = append(list, option(doUnverify+" "+v, "Not verified after all"))
	}
	if c.Suppliable && c.Ticket.With() == nil {
		list = append(list, option(doSupplier+" "+v, "Give it to a supplier"))
	}
	return list
}

// outsideForm is the form of one of the steps.
func (k *Desk) outsideForm(card bots.Card, m meta, what string) (slack.ModalViewRequest, error) {
	about, id := small(cardText(card)), card.Ticket.ID.String()
	reason := func(title, label, hint string, must bool) slack.ModalViewRequest {
		return modal(what, id+": "+title, "Keep", m.String(), about, input("reason", label, hint, line("", 1000, true), !must))
	}
	switch what {
	case doInform:
		return k.informForm(card, m, about)
	case doHeard:
		return reason("heard", "What will you do?", "Who has told you reads it", false), nil
	case doVerify:
		return reason("verified", "How do you know?", "Called back, a code, a question that only they can answer", true), nil
	case doSupplied:
		return reason("back", "What came of it?", "Repaired, exchanged, refused …", false), nil
	case doSupplier:
		return k.supplierForm(card, m, about)
	}
	return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is no such form.")
}

func (k *Desk) informForm(card bots.Card, m meta, about slack.Block) (slack.ModalViewRequest, error) {
	who := []*slack.OptionBlockObject{option("lead", "The leads of this tier")}
	for _, t := range k.back.Tiers() {
		if t.Name != card.Ticket.Tier {
			who = append(who, option(t.Name, nonEmpty(t.Title, t.Name)))
		}
	}
	said := ""
	for _, p := range card.Ticket.Proposals {
		if p.Do == ticket.ActInform {
			said = p.Why
		}
	}
	return modal(doInform, card.Ticket.ID.String()+": to the lead", "Tell", m.String(), about,
		input("who", "Who is to hear of it?", "The case stays where it is", choose("v", "Choose", who...).WithInitialOption(who[0]), false),
		input("reason", "What are they to hear?", "The customer's wish, and what you want of them", line(said, 1000, true), false)), nil
}

func (k *Desk) supplierForm(card bots.Card, m meta, about slack.Block) (slack.ModalViewRequest, error) {
	var list []*slack.OptionBlockObject
	var now *slack.OptionBlockObject
	with := card.Ticket.With()
	like := ""
	for _, s := range k.back.Suppliers() {
		o := option(s.Name, strings.TrimSuffix(s.Title+" · "+s.For, " · "))
		list = append(list, o)
		if with != nil && with.Supplier == s.Name {
			now = o
		}
		if s.Example != "" {
			like += fmt.Sprintf("%s: %s. ", s.Title, s.Example)
		}
	}
	if len(list) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "No suppliers are configured.")
	}
	to, due := choose("v", "Choose a supplier", list...), slack.NewDateTimePickerBlockElement("v")
	var ref, asked string
	if now != nil {
		to, ref, asked = to.WithInitialOption(now), with.Reference, with.Asked
		if with.Expected.After(time.Unix(0, 0)) {
			due.InitialDateTime = with.Expected.Unix()
		}
	}
	return modal(doSupplier, card.Ticket.ID.String()+": supplier", "Keep", m.String(), about,
		input("supplier", "To whom?", "The case waits for them meanwhile", to, false),
		input("reference", "Their reference", strings.TrimSpace(like), line(ref, 100, false), true),
		input("asked", "What are they to do?", "", line(asked, 1000, true), true),
		input("due", "When is it back?", "In your own time zone. Left empty: by their lead time", due, true)), nil
}

// outsideIntent is what one of the forms asks for.
func outsideIntent(v slack.View, a ticket.Action) (ticket.Action, bool) {
	a.Rev = 0 // whatever happened meanwhile
	switch v.CallbackID {
	case doInform:
		if a.Reason = submitted(v, "reason"); submitted(v, "who") != "lead" {
			a.Tier = submitted(v, "who")
		}
	case doHeard, doVerify, doSupplied:
		a.Reason = submitted(v, "reason")
	case doSupplier:
		a.Supply = &ticket.Supply{Supplier: submitted(v, "supplier"), Reference: submitted(v, "reference"), Asked: submitted(v, "asked"),
			Expected: submittedTime(v, "due")}
	default:
		return a, false
	}
	return a, true
}
