package slackdesk

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// office is a workspace with the desk in it.
type office struct {
	*testing.T
	sim   *slacksim.Server
	app   *slackapp.App
	desk  *Desk
	back  *fakeBackend
	blobs *channeltest.Blobs
	signs signs
}

func newOffice(t *testing.T, change ...func(*slacksim.Config)) *office {
	t.Helper()
	return openOffice(t, nil, change...)
}

// openOffice is newOffice, connected by HTTP when there is a listener.
func openOffice(t *testing.T, ln net.Listener, change ...func(*slacksim.Config)) *office {
	t.Helper()
	cfg := slacksim.Sample()
	cfg.Witness = witness
	cfg.TriggerLife = time.Minute                                         // a busy machine may take longer than Slack waits
	cfg.App.Scopes, cfg.App.Events = slackapp.Scopes(), slackapp.Events() // what the manifest asks for is enough
	for _, c := range change {
		c(&cfg)
	}
	if ln != nil {
		cfg.App.RequestURL = "http://" + ln.Addr().String() + "/slack/events"
	}
	o := &office{T: t, sim: slacksim.Start(t, cfg), blobs: channeltest.NewBlobs()}
	a := o.sim.App()
	var err error
	conn := slackapp.Config{AppToken: secret.New(a.AppToken), BotToken: secret.New(a.BotToken), APIURL: o.sim.APIURL()}
	if ln != nil {
		conn.Mode, conn.SigningSecret = slackapp.ModeHTTP, secret.New(a.SigningSecret)
	}
	o.app, err = slackapp.New(conn,
		slackapp.Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	staff := func(id, slackID, name string, langs []string, roles ...ticket.Role) ticket.Agent {
		return ticket.Agent{ID: id, Slack: slackID, Name: name, Roles: roles, Languages: langs}
	}
	anna := staff("anna", "U1ANNA", "Anna Schmidt", []string{"en"}, ticket.RoleAgent)
	chloe := ticket.Agent{ID: "chloe", Email: "chloe@support.example", Name: "Chloé Martin", Roles: []ticket.Role{ticket.RoleLevel2}}
	carl := staff("carl", "U9CARL", "Carl Customer", nil, ticket.RoleAgent) // a guest whom somebody listed as staff
	o.back = &fakeBackend{agents: []ticket.Agent{anna, chloe, carl}, oncall: []ticket.Agent{chloe}, card: sample(),
		tiers: []bots.Tier{{Name: "l1", Title: "Level 1", Level: 1, Place: "support-l1"}, {Name: "l2", Title: "Level 2", Level: 2, Place: "#support-l2"}},
		md:    "Hold the button for **ten** seconds.", public: true}
	o.desk = New(Config{}, Deps{App: o.app, Backend: o.back, Blobs: o.blobs, Sign: o.signs.add})
	if ln != nil {
		web := fiber.New(fiber.Config{DisableStartupMessage: true})
		o.app.Mount(web.Group("/slack"))
		go func() { _ = web.Listener(ln) }()
		t.Cleanup(func() { _ = web.ShutdownWithTimeout(5 * time.Second) })
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- o.app.Run(ctx) }()
	go func() { done <- o.desk.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
	})
	o.eventually("the desk to be ready", func() bool { return o.desk.Ready() == nil })
	return o
}

func (o *office) eventually(what string, ok func() bool) {
	o.Helper()
	channeltest.Eventually(o.T, what, ok)
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// show puts the card into its tier's channel.
func (o *office) show(c bots.Card) (at, channel, ts string) {
	o.Helper()
	at, err := o.desk.Show(o.Context(), c, nil, false)
	o.must(err)
	o.back.setCard(c)
	o.back.stand(at, c.Ticket.ID)
	channel, ts, err = parsePlace(at)
	o.must(err)
	return at, channel, ts
}

// acted waits for the nth action.
func (o *office) acted(n int) ticket.Action {
	o.Helper()
	o.eventually("an action", func() bool { return len(o.back.done()) >= n })
	return o.back.done()[n-1]
}

// told waits until a person is told something privately.
func (o *office) told(channel, who, part string) {
	o.Helper()
	o.eventually("a private word: "+part, func() bool {
		for _, m := range append(o.sim.Messages(channel), o.all(channel)...) {
			if m.SeenBy() == who && strings.Contains(m.Text, part) {
				return true
			}
		}
		return false
	})
}

func (o *office) all(channel string) (list []slacksim.Message) {
	for _, m := range o.sim.Messages(channel) {
		list = append(list, o.sim.Replies(channel, m.TS)...)
	}
	return list
}

// modal waits for the form in front of somebody.
func (o *office) modal(who, callback string) *slacksim.View {
	o.Helper()
	var v *slacksim.View
	o.eventually("the form "+callback, func() bool {
		v = o.sim.View(who)
		return v != nil && v.CallbackID == callback
	})
	return v
}
