package slackdesk_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	slackdesk "tierline/bots/slack"
	"tierline/channels"
	"tierline/channels/channeltest"
	slackchannel "tierline/channels/slack"
	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/kb"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/store"
	"tierline/ticket"
)

// noKB finds nothing: a gateway whose knowledge base is empty.
type noKB struct{}

func (noKB) Suggest(context.Context, kb.Question) (kb.Answer, error) { return kb.Answer{}, nil }

// gateway is the real store, router, desk and channel in a workspace.
type gateway struct {
	*testing.T
	sim   *slacksim.Server
	store *store.Store
	bot   *slackdesk.Desk
	app   *slackapp.App
}

// world is what a gateway is tried in, where it is not the sample with one workspace.
type world struct {
	sim     func(*slacksim.Config)
	rooms   []slackchannel.Room
	suggest kb.Suggester
}

func newGateway(t *testing.T, change ...func(*router.Config)) *gateway {
	t.Helper()
	return gatewayWith(t, noKB{}, change...)
}

func gatewayWith(t *testing.T, suggest kb.Suggester, change ...func(*router.Config)) *gateway {
	t.Helper()
	return gatewayIn(t, suggest, nil, change...)
}

// gatewayIn is a gateway in a workspace of its own kind.
func gatewayIn(t *testing.T, suggest kb.Suggester, prepare func(*slacksim.Config), change ...func(*router.Config)) *gateway {
	t.Helper()
	return gatewayOf(t, world{sim: prepare, suggest: suggest, rooms: []slackchannel.Room{{Channel: "customer-ltd"}}}, change...)
}

func gatewayOf(t *testing.T, w world, change ...func(*router.Config)) *gateway {
	t.Helper()
	cfg := slacksim.Sample()
	cfg.Witness = slackdesk.Witness
	cfg.TriggerLife = time.Minute // a busy machine may take longer than Slack waits
	cfg.App.Scopes, cfg.App.Events = slackapp.Scopes(), slackapp.Events()
	cfg.App.UnfurlDomains = []string{"console.example"}
	if w.sim != nil {
		w.sim(&cfg)
	}
	g := &gateway{T: t, sim: slacksim.Start(t, cfg)}
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	rc := router.Config{
		Agents: []ticket.Agent{
			{ID: "anna", Name: "Anna Schmidt", Email: "anna@support.example", Roles: []ticket.Role{ticket.RoleAgent}},
			{ID: "chloe", Name: "Chloé Martin", Email: "chloe@support.example", Roles: []ticket.Role{ticket.RoleLevel2}},
			{ID: "dev", Name: "Dev Patel", Email: "dev@support.example", Roles: []ticket.Role{ticket.RoleLevel2}},
			{ID: "ben", Name: "Ben Okafor", Email: "ben@support.example", Roles: []ticket.Role{ticket.RoleAgent}},
			{ID: "lena", Name: "Lena Vogel", Email: "lena@support.example", Roles: []ticket.Role{ticket.RoleLead}},
		},
		Tiers: []router.Tier{{Name: "l1", Title: "Level 1", Level: 1, Channel: "support-l1"},
			{Name: "l2", Title: "Level 2", Level: 2, Channel: "support-l2", OnCall: oncall.Config{Layer: oncall.Layer{People: []string{"chloe", "dev"}}}}},
	}
	for _, c := range change {
		c(&rc)
	}
	live, err := router.NewLive(rc)
	if err != nil {
		t.Fatal(err)
	}
	if g.store, err = store.Open(t.Context(), store.Config{Data: t.TempDir(), ThrowAway: true, Policy: live, Log: log}); err != nil {
		t.Fatal(err)
	}
	desk := &router.Desk{Store: g.store, KB: g.store, Suggest: w.suggest, Live: live, Now: time.Now, Console: "https://console.example"}
	a := g.sim.App()
	app, err := slackapp.New(slackapp.Config{AppToken: secret.New(a.AppToken), BotToken: secret.New(a.BotToken), APIURL: g.sim.APIURL()}, slackapp.Deps{Log: log, Cursors: g.store})
	if err != nil {
		t.Fatal(err)
	}
	g.app = app
	for _, other := range cfg.Workspaces {
		g.install(other.Team)
	}
	blobs := channeltest.NewBlobs()
	bot := slackdesk.New(slackdesk.Config{}, slackdesk.Deps{App: app, Backend: desk, Blobs: blobs, Changes: g.store, Cursors: g.store, Log: log,
		Console: func(agent string) (string, error) { return "https://console.example/login?link=for-" + agent, nil }})
	g.bot = bot
	ch := slackchannel.New(slackchannel.Config{Channels: w.rooms}, slackchannel.Deps{App: app, Blobs: blobs,
		Cursors: g.store, Log: log, Tickets: g.store, Agent: desk.AgentBy, Colleague: desk.Colleague})
	bot.CustomersIn(ch.Has)
	desk.Amenders = map[string]channels.Amender{channels.Slack: ch}
	desk.Tool = bot.Whereabouts()
	jobs := &router.Jobs{Desk: desk, Bot: bot, Senders: map[string]channels.Sender{channels.Slack: ch}, Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	runs := []func(context.Context) error{app.Run, bot.Run, jobs.Dispatcher(nil).Run,
		func(ctx context.Context) error { return ch.Run(ctx, g.store) }}
	if len(live.Config().Groups()) > 0 || rc.Presence.Slack {
		tool := bot.Whereabouts()
		attendance := &router.Attendance{Desk: desk, Tool: tool, Changed: tool.Changed(), Log: log}
		runs = append(runs, attendance.Run)
	}
	done := make(chan error, len(runs))
	for _, run := range runs {
		go func() { done <- run(ctx) }()
	}
	t.Cleanup(func() {
		cancel()
		var all error
		for range runs {
			all = errors.Join(all, <-done)
		}
		if all = errors.Join(all, g.store.Close()); all != nil {
			t.Error(all)
		}
	})
	g.eventually("the gateway to be ready", func() bool { return ch.Ready() == nil && bot.Ready() == nil })
	return g
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func (g *gateway) eventually(what string, ok func() bool) {
	g.Helper()
	channeltest.Eventually(g.T, what, ok)
}

func (g *gateway) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// message waits for a message of a channel (thread "" is its top level) that says something.
func (g *gateway) message(channel, thread, part string) (found slacksim.Message) {
	g.Helper()
	g.eventually("a message in "+channel+" that says "+part, func() bool {
		list := g.sim.Messages(channel)
		if thread != "" {
			list = g.sim.Replies(channel, thread)
		}
		for _, m := range list {
			if strings.Contains(m.PlainText(), part) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (g *gateway) fill(who, form string, values map[string]any) {
	g.Helper()
	var v *slacksim.View
	g.eventually("the form "+form, func() bool { v = g.sim.View(who); return v != nil && v.CallbackID == form })
	ans, err := g.sim.Submit(who, v.ID, values)
	if err != nil || len(ans.Errors) > 0 {
		g.Fatalf("%s: %v %v", form, err, ans.Errors)
	}
}

func TestFromTheCustomersChannelToTheDeskAndBack(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	top, err := g.sim.Say("carl", "customer-ltd", "The pump <P7> leaks & smokes", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump <P7> leaks & smokes")
	g.message("C0L1", card.TS, "Carl Customer")

	g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")
	_, err = g.sim.Say("anna", "C0L1", "this smells of a broken seal", card.TS)
	g.must(err)
	g.eventually("the note", func() bool { return g.has(func(m ticket.Message) bool { return m.Kind == ticket.Note }) })

	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "Please switch it **off**."})
	g.message("C0CUST", top, "Please switch it *off*.")
	g.message("C0L1", card.TS, ":white_check_mark: sent")
	if n := len(g.answers(top)); n != 1 {
		t.Errorf("the customer sees %d messages: a note went out", n)
	}

	_, err = g.sim.Say("carl", "customer-ltd", "done, what now?", top)
	g.must(err)
	g.message("C0L1", card.TS, "done, what now?")

	g.must(g.sim.Click("anna", "C0L1", card.TS, "page"))
	g.fill("anna", "page", map[string]any{"reason": "it smokes"})
	dm, err := g.sim.DM("chloe", "@app")
	g.must(err)
	page := g.message(dm, "", "it smokes")
	if page.Action("open") == nil {
		t.Error("the page has no link to the thread")
	}
	g.must(g.sim.Click("chloe", dm, page.TS, "decline"))
	g.fill("chloe", "decline", map[string]any{"reason": "on a train"})
	g.message(dm, "", "You have declined this: on a train")
	dm2, err := g.sim.DM("dev", "@app")
	g.must(err)
	page = g.message(dm2, "", "it smokes")
	g.must(g.sim.Click("dev", dm2, page.TS, "accept"))
	g.message(dm2, "", "You have accepted this")
	g.message("C0L1", card.TS, "Dev Patel has accepted the page")
	g.message("C0L1", "", "Dev Patel accepted")

	card = g.message("C0L1", "", "Dev Patel accepted")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "escalate"))
	g.fill("anna", "escalate", map[string]any{"tier": "l2", "problem": "the seal", "impact": "no water"})
	moved := g.message("C0L2", "", "The pump <P7>")
	g.message("C0L1", "", "is at *Level 2* now")
	g.eventually("the button to be fresh", func() bool {
		_ = g.sim.Click("dev", "C0L2", moved.TS, "solve")
		v := g.sim.View("dev")
		return v != nil && v.CallbackID == "solve"
	})
	g.fill("dev", "solve", map[string]any{"diagnosis": "broken seal"})
	g.message("C0L2", "", ":white_check_mark: solved")
	if one, two := g.cards("C0L1"), g.cards("C0L2"); one != 1 || two != 1 {
		t.Errorf("%d and %d cards", one, two)
	}
}

// cards is how many messages of a channel are about tickets, and none of Slack's own.
func (g *gateway) cards(channel string) (n int) {
	for _, m := range g.sim.Messages(channel) {
		if m.Metadata != nil {
			n++
		}
	}
	return n
}

// has looks for a message of the first ticket.
func (g *gateway) has(ok func(ticket.Message) bool) bool {
	list, err := g.store.Messages(g.Context(), ticket.FirstID, 0, 100)
	g.must(err)
	for _, m := range list {
		if ok(m) {
			return true
		}
	}
	return false
}
