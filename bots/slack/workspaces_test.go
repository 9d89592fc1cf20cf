package slackdesk_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	slackchannel "tierline/channels/slack"
	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// beta is a second workspace, with the repairs of level 2 and customers of its own.
func beta(change func(*slacksim.Workspace)) func(*slacksim.Config) {
	return func(c *slacksim.Config) {
		w := slacksim.Workspace{Team: slacksim.Team{ID: "T0BETA", Name: "Beta Field", Domain: "beta-field"},
			Users: []slacksim.User{{ID: "U7BO", Name: "bo", RealName: "Bo Berg", Email: "bo@beta.example"},
				{ID: "U7CAT", Name: "cat", RealName: "Cat Customer", Email: "cat@shop.example"}},
			Channels: []slacksim.Channel{{ID: "C7REPAIRS", Name: "repairs", Members: []string{"bo", "@app"}},
				{ID: "C7SHOP", Name: "shop", Members: []string{"cat", "@app"}}}}
		if change != nil {
			change(&w)
		}
		c.Workspaces = append(c.Workspaces, w)
	}
}

// atBeta has level 2 work there.
func atBeta(c *router.Config) {
	c.Agents = append(c.Agents, ticket.Agent{ID: "bo", Name: "Bo Berg", Email: "bo@beta.example", Roles: []ticket.Role{ticket.RoleLevel2}})
	c.Tiers[1].Channel, c.Tiers[1].OnCall.People = "Beta Field/#repairs", []string{"bo"}
}

// install has the app know of a workspace in which it is installed.
func (g *gateway) install(t slacksim.Team) {
	g.Helper()
	i := slackapp.Installation{Team: t.ID, Enterprise: t.Enterprise, Name: t.Name, BotToken: secret.New(g.sim.Workspace(t.ID).App().BotToken)}
	if t.OrgWide {
		i.Team = ""
	}
	g.must(g.app.Install(i))
}

// in is the gateway as people of another workspace see it.
func (g *gateway) in(team string) *gateway {
	there := *g
	there.sim = g.sim.Workspace(team)
	return &there
}

// A ticket of a customer in one workspace is worked in another, and goes to a tier in the first.
func TestTiersAndCustomersInSeveralWorkspaces(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]func(*slacksim.Workspace){"workspace": nil, "organization": func(w *slacksim.Workspace) {
		w.Team.Enterprise, w.Team.OrgWide = "E0ORG", true
		w.Users[0].ID, w.Users[1].ID = "W7BO", "W7CAT"
	}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := gatewayOf(t, world{suggest: noKB{}, sim: beta(w), rooms: []slackchannel.Room{{Channel: "Beta Field/#shop"}}}, atBeta)
			there := g.in("T0BETA")
			top, err := there.sim.Say("cat", "shop", "The pump leaks", "")
			g.must(err)
			there.message("C7SHOP", top, "We have it: *T-1001*")
			card := g.message("C0L1", "", "The pump leaks")
			g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
			g.message("C0L1", "", "*Owner*\nAnna Schmidt")
			g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
			g.fill("anna", "reply", map[string]any{"text0": "Switch it **off**."})
			there.message("C7SHOP", top, "Switch it *off*.")
			_, err = there.sim.Say("cat", "shop", "It is off", top)
			g.must(err)
			g.message("C0L1", card.TS, "It is off")

			g.must(g.sim.Click("anna", "C0L1", card.TS, "page"))
			g.fill("anna", "page", map[string]any{"reason": "it smokes"})
			dm, err := there.sim.DM("bo", "@app")
			g.must(err)
			page := there.message(dm, "", "it smokes")
			g.must(there.sim.Click("bo", dm, page.TS, "accept"))
			there.message(dm, "", "You have accepted this")
			card = g.message("C0L1", "", "Bo Berg accepted")
			g.must(g.sim.Click("anna", "C0L1", card.TS, "escalate"))
			g.fill("anna", "escalate", map[string]any{"tier": "l2", "problem": "the seal", "impact": "no water"})

			moved := there.message("C7REPAIRS", "", "The pump leaks")
			g.message("C0L1", "", "is at *Level 2* now")
			_, err = there.sim.Say("bo", "repairs", "the seal, as always", moved.TS)
			g.must(err)
			g.eventually("the note", func() bool {
				return g.has(func(m ticket.Message) bool {
					return m.Kind == ticket.Note && m.Author.ID == "bo" && m.Text == "the seal, as always"
				})
			})
			g.eventually("the button to be fresh", func() bool {
				_ = there.sim.Click("bo", "C7REPAIRS", moved.TS, "solve")
				v := there.sim.View("bo")
				return v != nil && v.CallbackID == "solve"
			})
			there.fill("bo", "solve", map[string]any{"diagnosis": "broken seal"})
			there.message("C7REPAIRS", "", ":white_check_mark: solved")
			if n := len(g.sim.Workspace("T0BETA").Messages("C7REPAIRS")); there.cards("C7REPAIRS") != 1 {
				t.Errorf("%d messages, %d cards", n, there.cards("C7REPAIRS"))
			}
			g.must(there.sim.Slash("cat", "shop", "/tier", "my"))
			there.message("C7SHOP", "", "not")
		})
	}
}

// A message in a channel that two of our workspaces share is one ticket, whichever of both tells of it, and however often.
func TestASharedChannelOfTwoOfOurWorkspaces(t *testing.T) {
	t.Parallel()
	for _, twice := range []bool{false, true} {
		for _, room := range []string{"#both", "Beta Field/#both"} {
			g := gatewayOf(t, world{suggest: noKB{}, rooms: []slackchannel.Room{{Channel: room}}, sim: func(c *slacksim.Config) {
				beta(nil)(c)
				c.Channels = append(c.Channels, slacksim.Channel{ID: "C0BOTH", Name: "both", Members: []string{"anna", "T0BETA:cat"}, Shared: []string{"T0BETA"}, Twice: twice})
			}})
			there := g.in("T0BETA")
			top, err := there.sim.Say("cat", "both", "The first of cat's", "")
			g.must(err)
			card := g.message("C0L1", "", "The first of cat's")
			for _, text := range []string{"and one more", "and another"} { // brought for either
				_, err = there.sim.Say("cat", "both", text, top)
				g.must(err)
				g.message("C0L1", card.TS, text)
			}
			_, err = g.sim.Say("anna", "both", "I see to it", top) // staff of the other workspace, in the thread
			g.must(err)
			g.message("C0L1", card.TS, "I see to it")
			g.eventually("all to be handled", func() bool { return g.sim.Unacknowledged() == 0 })
			if n := g.cards("C0L1"); n != 1 {
				t.Errorf("%s, twice %v: %d tickets", room, twice, n)
			}
			seen := map[string]int{}
			g.has(func(m ticket.Message) bool {
				if m.Kind == ticket.Public {
					seen[m.Text]++
				}
				return false
			})
			for text, n := range seen {
				if n != 1 {
					t.Errorf("%s, twice %v: %q is there %d times", room, twice, text, n)
				}
			}
			if len(seen) != 4 {
				t.Errorf("%v", seen)
			}
			g.has(func(m ticket.Message) bool {
				if m.Text == "I see to it" && (m.Author.ID != "anna" || m.Direction != ticket.Out) {
					t.Errorf("said by %+v, %s", m.Author, m.Direction)
				}
				return false
			})
		}
	}
}

// A workspace that has removed the app harms nobody else, is named where people look, and goes on when it is back.
func TestARevokedTokenInOneWorkspace(t *testing.T) {
	t.Parallel()
	g := gatewayOf(t, world{suggest: noKB{}, sim: beta(nil), rooms: []slackchannel.Room{{Channel: "customer-ltd"}, {Channel: "T0BETA/#shop"}}}, atBeta)
	there := g.in("T0BETA")
	top, err := there.sim.Say("cat", "shop", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	there.sim.RevokeToken("token_revoked")
	g.eventually("it to be noticed", func() bool {
		err := g.app.Doubts()
		return err != nil && strings.Contains(err.Error(), "Beta Field")
	})
	g.must(g.app.Ready()) // of the rest
	g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "It waits"})
	_, err = g.sim.Say("carl", "customer-ltd", "Something else", "")
	g.must(err)
	g.message("C0L1", "", "Something else")
	if n := len(there.sim.Replies("C7SHOP", top)); n != 1 {
		t.Errorf("%d answers stand there", n)
	}
	there.sim.RevokeToken("")
	g.install(there.sim.Team())
	g.eventually("it to be taken again", func() bool { return g.app.Doubts() == nil })
}

// What comes from a workspace in which the app is not installed is left, and said.
func TestAStrangersWorkspace(t *testing.T) {
	t.Parallel()
	g := gatewayOf(t, world{suggest: noKB{}, sim: beta(nil), rooms: []slackchannel.Room{{Channel: "customer-ltd"}}})
	there := g.in("T0BETA")
	g.app.Uninstall("T0BETA")
	_, err := there.sim.Say("cat", "shop", "Anybody?", "")
	g.must(err)
	g.must(there.sim.Slash("cat", "shop", "/tier", "help"))
	there.message("C7SHOP", "", "installed in this workspace first")
	g.eventually("all to be acknowledged", func() bool { return g.sim.Unacknowledged() == 0 })
	if l := g.app.Strangers(); len(l) != 1 || l[0] != "T0BETA" {
		t.Errorf("%v", l)
	}
	g.must(g.app.Ready())
}

// Whoever gave themselves a mail address of our staff's in a workspace where none of ours work is nobody's colleague.
func TestAMailAddressOfStaffInAStrangersWorkspace(t *testing.T) {
	t.Parallel()
	mallory := beta(func(w *slacksim.Workspace) {
		w.Users[1].Name, w.Users[1].Email = "mallory", "anna@support.example"
		w.Channels[1].Members = []string{"mallory", "@app"}
	})
	g := gatewayOf(t, world{suggest: noKB{}, sim: mallory, rooms: []slackchannel.Room{{Channel: "T0BETA/#shop"}}})
	there := g.in("T0BETA")
	_, err := there.sim.Say("mallory", "shop", "I am a customer here", "")
	g.must(err)
	g.message("C0L1", "", "I am a customer here")
	g.must(there.sim.Slash("mallory", "shop", "/tier", "show T-1001"))
	there.message("C7SHOP", "", "not on the support team")
	if _, err := g.app.UserByEmail(t.Context(), "bo@beta.example"); ticket.KindOf(err) != ticket.NotFound {
		t.Errorf("looked for where no staff work: %v", err)
	}
	u, err := g.app.UserByEmail(t.Context(), "anna@support.example")
	if err != nil || u.ID != "U1ANNA" {
		t.Errorf("%+v, %v", u, err)
	}
}

// What is shown in one workspace names people of another, whom nobody can be told of there by their id.
func TestMentionsOfPeopleElsewhere(t *testing.T) {
	t.Parallel()
	g := gatewayOf(t, world{suggest: noKB{}, sim: beta(nil), rooms: []slackchannel.Room{{Channel: "T0BETA/#shop"}}}, atBeta)
	there := g.in("T0BETA")
	ts, err := g.app.Post(t.Context(), slackapp.Out{Channel: "C0L1", Text: "See <@T0BETA/U7BO> and <@U1ANNA>",
		Blocks: []slack.Block{slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "See <@T0BETA/U7BO> and <@U1ANNA>", false, false), nil, nil)}})
	g.must(err)
	if m, _ := g.sim.Message("C0L1", ts); !strings.Contains(m.PlainText(), "See @Bo Berg and <@U1ANNA>") || m.Text != "See @Bo Berg and <@U1ANNA>" {
		t.Errorf("%q, %q", m.Text, m.PlainText())
	}
	ts, err = g.app.Post(t.Context(), slackapp.Out{Channel: "T0BETA/C7REPAIRS", Text: "See <@T0BETA/U7BO> and <@U1ANNA>"})
	g.must(err)
	if m, _ := there.sim.Message("C7REPAIRS", ts); m.Text != "See <@U7BO> and @Anna Schmidt" {
		t.Errorf("%q", m.Text)
	}
	_, err = there.sim.Say("cat", "shop", "ask @bo", "") // what they type is a mention with an id of theirs
	g.must(err)
	g.message("C0L1", "", "ask @Bo Berg")
}
