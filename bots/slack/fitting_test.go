package slackdesk

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/ticket"
)

// offers are what can be clicked or chosen in blocks, each by what it does.
func offers(blocks []slack.Block) (ids []string) {
	add := func(id string, list []*slack.OptionBlockObject) {
		if id != doMore && id != doCare {
			ids = append(ids, id)
			return
		}
		for _, o := range list {
			what, _, _ := strings.Cut(o.Value, " ")
			ids = append(ids, what)
		}
	}
	of := func(e slack.BlockElement) {
		switch e := e.(type) {
		case *slack.ButtonBlockElement:
			add(e.ActionID, nil)
		case *slack.OverflowBlockElement:
			add(e.ActionID, e.Options)
		case *slack.SelectBlockElement:
			add(e.ActionID, e.Options)
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.ActionBlock:
			for _, e := range b.Elements.ElementSet {
				of(e)
			}
		case *slack.SectionBlock:
			if a := b.Accessory; a != nil && a.ButtonElement != nil {
				of(a.ButtonElement)
			} else if a != nil && a.OverflowElement != nil {
				of(a.OverflowElement)
			}
		}
	}
	return ids
}

// TestPrivateSurfacesFitTheirReader: nothing is offered that would be refused, nothing is lost that would not be, and what is
// shared is not changed by it.
func TestPrivateSurfacesFitTheirReader(t *testing.T) {
	t.Parallel()
	k := &Desk{cfg: Config{Command: "/tier"}, back: &fakeBackend{}, now: time.Now}
	card := sample()
	v := refTo(card.Ticket).String()
	surfaces := map[string][]slack.Block{
		"card": cardBlocks(card, consoleLinks(card)),
		"row":  one(k.ticketRow(bots.Agenda{}, card.Ticket, ticket.Agent{ID: "x"})),
		"page": rows("page", button(doAccept, v, "Accept"), button(doDecline, v, "Decline")),
		"home": rows("presence", button(doAway, presenceMeta, "Go away"), button(doNext, presenceMeta, "Next case")),
		"kept": one(slack.NewSectionBlock(mrkdwn("x", maxSection), nil, slack.NewAccessory(button(doKeep, v, "Kept")))),
	}
	for _, role := range ticket.Roles {
		by := ticket.Agent{ID: "x", Roles: []ticket.Role{role}}
		for name, blocks := range surfaces {
			before := strings.Join(offers(blocks), " ")
			var want []string
			for _, id := range offers(blocks) {
				if r := rightOf(id); r == "" || by.Has(r) == nil {
					want = append(want, id)
				}
			}
			fit := fitting(by, blocks)
			if got := strings.Join(offers(fit), " "); got != strings.Join(want, " ") {
				t.Errorf("%s for %s offers %q, want %q", name, role, got, want)
			}
			if after := strings.Join(offers(blocks), " "); after != before {
				t.Errorf("%s for %s has changed what was given: %q, was %q", name, role, after, before)
			}
			for _, b := range fit {
				if a, ok := b.(*slack.ActionBlock); ok && len(a.Elements.ElementSet) == 0 {
					t.Errorf("%s for %s has an empty row", name, role)
				}
			}
		}
	}
	editor := ticket.Agent{ID: "x", Roles: []ticket.Role{ticket.RoleEditor}}
	for name, want := range map[string]string{"row": doShow, "page": "", "home": doAway, "kept": ""} {
		if got := strings.Join(offers(fitting(editor, surfaces[name])), " "); got != want {
			t.Errorf("%s offers an editor %q, want %q", name, got, want)
		}
	}
	if len(fitting(editor, surfaces["page"])) != 0 || len(fitting(editor, surfaces["kept"])) != 1 {
		t.Error("an empty row stays, or a text has gone with its button")
	}
	if help := k.help(editor, ""); strings.Contains(help, " solve T-") || !strings.Contains(help, " show T-") {
		t.Errorf("the help of an editor: %s", help)
	}
	if help := k.help(ticket.Agent{Roles: []ticket.Role{ticket.RoleLead}}, ""); strings.Count(help, "\n• ") != len(verbs()) {
		t.Errorf("the help of a lead: %s", help)
	}
}
