package slackdesk

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/customer"
	"tierline/ticket"
)

// The steps about who somebody is, in the card's menu.
const (
	doBlock = "block_sender"
	doSame  = "same_person"
	doApart = "two_people"
)

// letIn is what stands for no span: the sender is heard again.
const letIn = "in"

// spans are for how long a sender is kept out.
func spans() []*slack.OptionBlockObject {
	return []*slack.OptionBlockObject{option("24h", "A day"), option("168h", "A week"), option("720h", "30 days"), option("8760h", "A year"), option("0s", "For good")}
}

// peopleOptions are the entries of the card's menu.
func peopleOptions(c bots.Card) []*slack.OptionBlockObject {
	v := refTo(c.Ticket).String()
	return []*slack.OptionBlockObject{option(doSame+" "+v, "Same person as …"), option(doApart+" "+v, "Not the same person"),
		option(doBlock+" "+v, "Block or unblock the sender (lead)")}
}

// peopleForm is the form of one of the steps.
func (k *Desk) peopleForm(ctx context.Context, c click, card bots.Card, m meta, what string, about slack.Block) (slack.ModalViewRequest, error) {
	none, id := slack.ModalViewRequest{}, card.Ticket.ID.String()
	if what == doBlock {
		return blockForm(c.by, card, m, about)
	}
	aliases, alike, err := k.back.Known(ctx, c.by, card.Ticket.Customer)
	if err != nil {
		return none, err
	}
	if what == doApart {
		if len(aliases) == 0 {
			return none, ticket.Errorf("slackdesk.form", ticket.Invalid, "Nobody else counts as this customer.")
		}
		list := customers(aliases)
		return modal(doApart, id+": two people", "Tell apart", m.String(), about,
			input("who", "Who is somebody else?", "Their addresses and tickets are their own again", choose("v", "Choose", list...).WithInitialOption(list[0]), false)), nil
	}
	blocks := []slack.Block{about}
	if len(alike) > 0 {
		blocks = append(blocks, input("who", "Of the same name", "", choose("v", "Choose", customers(alike)...), true))
	}
	return modal(doSame, id+": one person", "Same person", m.String(), append(blocks,
		input("text", "Or their address or number", "As far as only they have it", line("", customer.MaxIdentity, false), len(alike) > 0),
		small("Addresses, tickets and units of both count as one person's from now on. *Not the same person* in the card's menu takes it back."))...), nil
}

func customers(list []customer.Customer) (out []*slack.OptionBlockObject) {
	for _, c := range list {
		out = append(out, option(strconv.FormatInt(int64(c.ID), 10), personLine(c)))
	}
	return out
}

func personLine(c customer.Customer) string {
	first := ""
	if len(c.Identities) > 0 {
		first = c.Identities[0].Value
	}
	if c.Name == "" {
		return nonEmpty(first, fmt.Sprint("Customer ", c.ID))
	}
	return strings.TrimSuffix(c.Name+" · "+first, " · ")
}

// blockForm offers the addresses of the customer, and the domain where not everybody writes from it.
func blockForm(by ticket.Agent, card bots.Card, m meta, about slack.Block) (slack.ModalViewRequest, error) {
	if err := by.Has(ticket.RightLead); err != nil {
		return slack.ModalViewRequest{}, err
	}
	var list, domains []*slack.OptionBlockObject
	seen := map[string]bool{}
	for n, i := range card.Customer.Identities[:min(len(card.Customer.Identities), 40)] {
		list = append(list, option(strconv.Itoa(n), i.Value))
		if d := i.Domain(); d != "" && !customer.SharedDomain(d) && !seen[d] {
			seen[d] = true
			domains = append(domains, option("@"+strconv.Itoa(n), "Everybody at "+d))
		}
	}
	if len(list) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "The sender has no address.")
	}
	return modal(doBlock, card.Ticket.ID.String()+": block", "Block", m.String(), about,
		input("sender", "Who is kept out?", "What they send is recorded and opens no ticket; they are not told", choose("v", "Choose", append(list, domains...)...).WithInitialOption(list[0]), false),
		input("span", "For how long?", "", choose("v", "Choose", append(spans(), option(letIn, "Not any more: let them in again"))...).WithInitialOption(spans()[2]), false),
		input("reason", "Why?", "Colleagues read it. Not needed to let them in again", line("", ticket.MaxBlockReason, false), true),
		small("The console lists all blocked senders.")), nil
}

// submitPeople does what a form about people asks for.
func (k *Desk) submitPeople(ctx context.Context, by ticket.Agent, ic *slack.InteractionCallback, m meta) error {
	v := ic.View
	t, err := k.back.Card(ctx, by, m.Ticket)
	if err != nil {
		return err
	}
	done := ""
	who, _ := strconv.ParseInt(submitted(v, "who"), 10, 64) // empty is nobody
	switch v.CallbackID {
	case doBlock:
		b := ticket.Block{Reason: strings.TrimSpace(submitted(v, "reason"))}
		if b.Key, err = senderOf(t.Customer, submitted(v, "sender")); err != nil {
			return err
		}
		if submitted(v, "span") == letIn {
			if err := k.back.Unblock(ctx, by, b.Key); err != nil {
				return err
			}
			done = "They are heard again: " + b.Key
			break
		}
		span, err := time.ParseDuration(submitted(v, "span"))
		if err != nil {
			return ticket.Errorf("slackdesk.submit", ticket.Invalid, "Choose for how long.")
		}
		if span > 0 {
			b.Until = k.now().Add(span)
		}
		if err := k.back.Block(ctx, by, b); err != nil {
			return err
		}
		done = "Blocked: " + b.Key + ". The same entry of the menu lets them in again."
	case doSame:
		alias, err := k.back.Same(ctx, by, t.Ticket.Customer, customer.ID(who), strings.TrimSpace(submitted(v, "text")))
		if err != nil {
			return err
		}
		done = personLine(alias) + " counts as the same person now. “Not the same person” in the card's menu takes it back."
	case doApart:
		if err := k.back.Apart(ctx, by, customer.ID(who)); err != nil {
			return err
		}
		done = "They are two people again."
	}
	k.tell(m.Channel, ic.User.ID, m.Thread, done)
	return nil
}

// senderOf is the key of whom the form names: the n-th address, or with @ its domain.
func senderOf(c customer.Customer, value string) (string, error) {
	at, isDomain := strings.CutPrefix(value, "@")
	n, err := strconv.Atoi(at)
	if err != nil || n < 0 || n >= len(c.Identities) {
		return "", ticket.Errorf("slackdesk.submit", ticket.Conflict, "The customer's addresses are others now.")
	}
	if isDomain {
		return "domain:" + c.Identities[n].Domain(), nil
	}
	return c.Identities[n].Key(), nil
}
