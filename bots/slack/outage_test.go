package slackdesk_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	slackdesk "tierline/bots/slack"
	"tierline/channels"
	"tierline/channels/channeltest"
	slackchannel "tierline/channels/slack"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/store"
	"tierline/ticket"
)

// limited is one or more gateways on one store, in a workspace that has Slack's limits, with one clock that
// is moved by whoever waits.
type limited struct {
	*testing.T
	sim   *slacksim.Server
	clock *slacksim.ManualClock
	store *store.Store
	desk  *router.Desk
	works []*router.Dispatcher
	turn  int
}

func newLimited(t *testing.T, gateways int) *limited {
	t.Helper()
	l := &limited{T: t, clock: slacksim.NewManualClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))}
	cfg := slacksim.Sample()
	cfg.App.Scopes, cfg.App.Events, cfg.Rates, cfg.Clock = slackapp.Scopes(), slackapp.Events(), slacksim.Rates{}, l.clock
	l.sim = slacksim.Start(t, cfg)
	live, err := router.NewLive(router.Config{
		Agents: []ticket.Agent{
			{ID: "anna", Name: "Anna Schmidt", Email: "anna@support.example", Roles: []ticket.Role{ticket.RoleAgent}},
			{ID: "chloe", Name: "Chloé Martin", Email: "chloe@support.example", Roles: []ticket.Role{ticket.RoleLevel2}},
		},
		Tiers: []router.Tier{{Name: "l1", Title: "Level 1", Level: 1, Channel: "support-l1"},
			{Name: "l2", Title: "Level 2", Level: 2, Channel: "support-l2", OnCall: oncall.Config{Layer: oncall.Layer{People: []string{"chloe"}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	l.store, err = store.Open(t.Context(), store.Config{Data: t.TempDir(), ThrowAway: true, Policy: live, Log: log, Now: l.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.store.Close() })
	l.desk = &router.Desk{Store: l.store, KB: l.store, Suggest: noKB{}, Live: live, Now: l.clock.Now}
	blobs, a := channeltest.NewBlobs(), l.sim.App()
	for range gateways {
		app, err := slackapp.New(slackapp.Config{AppToken: secret.New(a.AppToken), BotToken: secret.New(a.BotToken), APIURL: l.sim.APIURL()},
			slackapp.Deps{Log: log, Now: l.clock.Now, Sleep: func(_ context.Context, d time.Duration) { l.clock.Advance(d) }})
		if err != nil {
			t.Fatal(err)
		}
		bot := slackdesk.New(slackdesk.Config{}, slackdesk.Deps{App: app, Backend: l.desk, Blobs: blobs, Log: log, Now: l.clock.Now})
		ch := slackchannel.New(slackchannel.Config{}, slackchannel.Deps{App: app, Blobs: blobs, Cursors: l.store, Log: log, Now: l.clock.Now})
		jobs := &router.Jobs{Desk: l.desk, Bot: bot, Senders: map[string]channels.Sender{channels.Slack: ch}, Log: log}
		l.works = append(l.works, jobs.Dispatcher(nil))
	}
	return l
}

func (l *limited) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// until works the outbox, each gateway in turn, and moves the clock to what is due next, until ok or for so
// long.
func (l *limited) until(most time.Duration, ok func() bool) {
	l.Helper()
	for end := l.clock.Now().Add(most); !ok(); {
		l.turn++
		l.must(l.works[l.turn%len(l.works)].Drain(l.Context(), func(ticket.Job) {}))
		due, err := l.store.NextDue(l.Context())
		l.must(err)
		if due.IsZero() || due.After(end) {
			l.clock.Advance(max(0, end.Sub(l.clock.Now())))
			return
		}
		l.clock.Advance(max(0, due.Sub(l.clock.Now())))
	}
}

// mail has a customer write.
func (l *limited) mail(n int) {
	l.Helper()
	var list []ticket.Inbound
	for i := range n {
		id := fmt.Sprintf("m%d-%d", l.clock.Now().UnixNano(), i)
		list = append(list, ticket.Inbound{Channel: channels.Email, Inbox: "support", External: id, Subject: "Pump " + id, Text: "It leaks.",
			From: customer.Identity{Kind: customer.Email, Value: id + "@customer.example"}, At: l.clock.Now()})
	}
	_, err := l.store.Accept(l.Context(), list)
	l.must(err)
}

// cards are those of a channel, oldest first: the tickets, in the order in which they came to stand there.
func (l *limited) cards(channel string) (ids []ticket.ID, threads map[ticket.ID]string) {
	l.Helper()
	threads = map[ticket.ID]string{}
	for _, m := range l.sim.Messages(channel) {
		if m.Subtype == "channel_join" {
			continue
		}
		payload, _ := m.Metadata["event_payload"].(map[string]any)
		name, _ := payload["ticket"].(string)
		id, err := ticket.ParseID(name)
		if err != nil || m.Metadata["event_type"] != "tierline_card" {
			l.Fatalf("what is this? %s", m.PlainText())
		}
		if threads[id] != "" {
			l.Errorf("%s has two cards", id)
		}
		ids, threads[id] = append(ids, id), m.TS
	}
	return ids, threads
}

// TestManyTicketsAfterAnOutage: Slack is away for ten minutes while tickets come in. Then a page is out before
// anything else, and an answer to a customer; the cards follow, oldest first, one for each ticket, in the
// time that Slack's limits allow. TIERLINE_TICKETS says how many; 1000 take a minute of work.
func TestManyTicketsAfterAnOutage(t *testing.T) {
	t.Parallel()
	tickets, err := strconv.Atoi(cmp.Or(os.Getenv("TIERLINE_TICKETS"), "60"))
	if err != nil {
		t.Fatal(err)
	}
	for _, gateways := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d gateways", gateways), func(t *testing.T) {
			t.Parallel()
			afterAnOutage(t, gateways, tickets)
		})
	}
}

func afterAnOutage(t *testing.T, gateways, tickets int) {
	l := newLimited(t, gateways)
	ctx := t.Context()
	top, err := l.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	l.must(err)
	in := ticket.Inbound{Channel: channels.Slack, Inbox: "ltd", External: "C0CUST/" + top, Text: "The pump leaks", At: l.clock.Now(),
		References: []string{"C0CUST/" + top}, Threads: []ticket.ThreadKey{{By: "session", Key: "C0CUST/" + top, Proof: true}},
		From: customer.Identity{Kind: customer.Slack, Value: "T0SIM/U9CARL", Name: "Carl Customer"}}
	got, err := l.store.Accept(ctx, []ticket.Inbound{in})
	l.must(err)
	l.until(time.Minute, func() bool { return len(l.sim.Messages("C0L1")) == 1 })

	l.sim.Inject(slacksim.Fault{Kind: slacksim.Outage})
	for range 10 {
		l.mail(tickets / 10)
		began := l.clock.Now()
		l.until(time.Minute, func() bool { return false })
		l.clock.Advance(max(0, began.Add(time.Minute).Sub(l.clock.Now())))
	}
	anna, err := l.desk.AgentBy("", "anna@support.example")
	l.must(err)
	id := got[0].Ticket
	_, err = l.desk.Act(ctx, anna, ticket.Action{Kind: ticket.ActReply, Ticket: id, Key: "r", Text: "Please switch it off."})
	l.must(err)
	_, err = l.desk.Act(ctx, anna, ticket.Action{Kind: ticket.ActPage, Ticket: id, Key: "p", Reason: "it smokes"})
	l.must(err)
	l.until(time.Minute, func() bool { return false })
	before := l.sim.Calls("conversations.history")

	l.sim.Clear()
	back := l.clock.Now()
	dm, err := l.sim.DM("chloe", "@app")
	l.must(err)
	l.until(time.Minute, func() bool { return len(l.sim.Messages(dm)) > 0 })
	l.until(time.Minute, func() bool { return len(l.sim.Replies("C0CUST", top)) > 0 })
	if len(l.sim.Messages(dm)) == 0 || len(l.sim.Replies("C0CUST", top)) == 0 {
		t.Fatal("the page and the answer are not out after two minutes")
	}
	paged, answered := slackapp.At(l.sim.Messages(dm)[0].TS).Sub(back), slackapp.At(l.sim.Replies("C0CUST", top)[0].TS).Sub(back)
	all := func() bool {
		jobs, err := l.store.Jobs(ctx, ticket.JobReady, 0, 100)
		l.must(err)
		return !slices.ContainsFunc(jobs, func(j ticket.Job) bool { return j.Kind == ticket.JobShow || j.Kind == ticket.JobPost })
	}
	l.until(3*time.Hour, all)
	if !all() {
		left, err := l.store.Jobs(ctx, ticket.JobReady, 0, 10)
		t.Errorf("not all was done: %+v %v", left, err)
	}
	ids, threads := l.cards("C0L1")
	overtaken, last := 0, ""
	for i, id := range ids { // by how many places a card stands later than it should
		overtaken = max(overtaken, i-int(id-ids[0]))
	}
	said := 0
	for _, ts := range threads {
		for _, m := range l.sim.Replies("C0L1", ts) {
			if strings.Contains(m.PlainText(), "leaks") {
				said++
				last = max(last, m.TS)
			}
		}
	}
	refused, posted := l.sim.Refused("chat.postMessage"), l.sim.Calls("chat.postMessage")
	searches := l.sim.Calls("conversations.history") + l.sim.Calls("conversations.replies") - before
	took := slackapp.At(last).Sub(back)
	t.Logf("page after %v, answer after %v, all after %v; %d posts, %d refused; %d cards, at most %d places too late; %d searches",
		paged, answered, took.Round(time.Second), posted, refused, len(ids), overtaken, searches)
	if len(ids) != tickets+1 || said != tickets+1 {
		t.Errorf("%d cards and %d messages of %d tickets", len(ids), said, tickets+1)
	}
	if paged > 10*time.Second || answered > 30*time.Second {
		t.Errorf("the page went out after %v, the answer after %v", paged, answered)
	}
	if dead, err := l.store.Jobs(ctx, ticket.JobDead, 0, 1); err != nil || len(dead) > 0 {
		t.Errorf("given up: %v %v", dead, err)
	}
	if n := len(l.sim.Messages(dm)); n != 1 {
		t.Errorf("chloe was paged %d times", n)
	}
	if best := 30*time.Second + time.Duration(2*len(ids))*time.Second; took > best*5/4 {
		t.Errorf("it took %v; at one message a second it is %v", took, best)
	}
	if refused > posted/10 || searches > 50 {
		t.Errorf("of %d calls %d were refused; %d searches", posted, refused, searches)
	}
	if gateways == 1 && overtaken > 0 || overtaken > len(ids)/2 {
		t.Errorf("a card was overtaken by %d others", overtaken)
	}
}
