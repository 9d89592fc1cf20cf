package slackchannel

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/channels"
	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// world is a workspace with the channel connected by Socket Mode.
type world struct {
	*testing.T
	sim *slacksim.Server
	app *slackapp.App
	ch  *Channel
	in  channeltest.World
	cfg Config

	tickets tickets
}

// tickets notes what is done to the tickets of an intake.
type tickets struct {
	*channeltest.Intake
	mu   sync.Mutex
	acts []ticket.Action
}

func (x *tickets) Act(_ context.Context, a ticket.Action) (ticket.Ticket, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.acts = append(x.acts, a)
	return ticket.Ticket{ID: a.Ticket}, nil
}

func (x *tickets) done() []ticket.Action {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.acts)
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	c := slacksim.Sample()
	c.App.Scopes, c.App.Events = slackapp.Scopes(), slackapp.Events()
	c.Partners = map[string]string{"T0PARTNER": "Partner GmbH"}
	c.Users = append(c.Users, slacksim.User{ID: "U8PIA", Name: "pia", RealName: "Pia Partner", Team: "T0PARTNER", Locale: "de-DE"})
	c.Channels[3].Members = append(c.Channels[3].Members, "pia")
	w := &world{T: t, sim: slacksim.Start(t, c), in: channeltest.NewWorld(),
		cfg: Config{Channels: []Room{{Channel: "customer-ltd", Brand: "acme", Silent: true}}}}
	for _, f := range change {
		f(&w.cfg)
	}
	w.tickets.Intake = w.in.Intake
	w.app, w.ch = w.gateway()
	return w
}

func (w *world) gateway() (*slackapp.App, *Channel) {
	w.Helper()
	a := w.sim.App()
	app, err := slackapp.New(slackapp.Config{AppToken: secret.New(a.AppToken), BotToken: secret.New(a.BotToken), APIURL: w.sim.APIURL()},
		slackapp.Deps{Log: w.in.Log})
	if err != nil {
		w.Fatal(err)
	}
	return app, New(w.cfg,
		Deps{App: app, Blobs: w.in.Blobs, Cursors: w.in.Cursors, Tickets: &w.tickets, Agent: staff, Log: w.in.Log})
}

// start runs the gateway; the result stops it.
func (w *world) start(app *slackapp.App, ch *Channel) (stop func()) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- app.Run(ctx) }()
	go func() { done <- ch.Run(ctx, w.in.Intake) }()
	channeltest.Eventually(w, "the channel to be ready", func() bool { return ch.Ready() == nil })
	stopped := false
	stop = func() {
		cancel()
		for !stopped {
			if err := <-done; err != nil {
				w.Error(err)
			}
			if err := <-done; err != nil {
				w.Error(err)
			}
			stopped = true
		}
	}
	w.Cleanup(stop)
	return stop
}

func (w *world) say(who, text, thread string) string {
	w.Helper()
	ts, err := w.sim.Say(who, "customer-ltd", text, thread)
	if err != nil {
		w.Fatal(err)
	}
	return ts
}

func TestWhatPeopleSayBecomesContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.app, w.ch)
	top := w.say("carl", "Our <pump> & more: https://a.example/x?b=1&c=2", "")
	w.say("anna", "we look into it", top) // staff
	reply := w.say("dora", "it leaks, @anna", top)
	got := w.in.Intake.WaitAccepted(t, 2)
	first, second := got[0], got[1]
	if first.Text != "Our <pump> & more: https://a.example/x?b=1&c=2" || first.Brand != "acme" || first.Inbox != "customer-ltd" {
		t.Errorf("first: %+v", first)
	}
	if first.External != "C0CUST/"+top || first.Threads[0] != (ticket.ThreadKey{By: "session", Key: "C0CUST/" + top, Proof: true}) {
		t.Errorf("first is known as %q, %v", first.External, first.Threads)
	}
	if first.From != (customer.Identity{Kind: customer.Slack, Value: "T0SIM/U9CARL", Name: "Carl Customer"}) ||
		len(first.With) != 1 || first.With[0].Value != "carl@customer.example" {
		t.Errorf("first is from %+v with %+v", first.From, first.With)
	}
	if second.External != "C0CUST/"+reply || second.Threads[0].Key != "C0CUST/"+top || second.References[0] != "C0CUST/"+top ||
		second.Text != "it leaks, @Anna Schmidt" || second.At.IsZero() {
		t.Errorf("second: %+v", second)
	}
	if a := w.in.Intake.Answers(); a[0].Ticket != a[1].Ticket {
		t.Errorf("a reply in the thread opened ticket %v", a[1].Ticket)
	}
	channeltest.Eventually(t, "everything to be acknowledged", func() bool { return w.sim.Unacknowledged() == 0 })
	if n := len(w.in.Intake.Accepted()); n != 2 {
		t.Errorf("%d contacts: staff were taken for customers", n)
	}
}

func TestDuplicatesAndLateEventsBecomeOneContactEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.app, w.ch)
	w.sim.Inject(slacksim.Fault{Kind: slacksim.Duplicate, Times: 3})
	for _, s := range []string{"one", "two", "three"} {
		w.say("carl", s, "")
	}
	w.in.Intake.WaitAccepted(t, 3)
	channeltest.Eventually(t, "everything to be acknowledged", func() bool { return w.sim.Unacknowledged() == 0 })
	if n := len(w.in.Intake.Accepted()); n != 3 {
		t.Errorf("%d contacts of 3 messages", n)
	}
}

func TestWhatWasMissedIsFetchedFromTheHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.Inject(slacksim.Fault{Kind: slacksim.LoseEvent, Times: 1})
	w.say("carl", "from before the gateway was there", "")
	stop := w.start(w.app, w.ch)
	old := w.say("carl", "seen live", "")
	w.in.Intake.WaitAccepted(t, 1)
	channeltest.Eventually(t, "the ack", func() bool { return w.sim.Unacknowledged() == 0 })
	stop()
	w.sim.Inject(slacksim.Fault{Kind: slacksim.LoseEvent}) // as if Slack gave up trying
	w.say("carl", "missed", "")
	w.say("dora", "missed in a thread", old)
	w.say("anna", "by staff", old)
	w.sim.Clear()
	app, ch := w.gateway()
	w.start(app, ch)
	got := w.in.Intake.WaitAccepted(t, 3)
	var texts []string
	for _, in := range got {
		texts = append(texts, in.Text)
	}
	if s := strings.Join(texts, ", "); s != "seen live, missed, missed in a thread" {
		t.Errorf("contacts: %s", s)
	}
	if c := w.in.Cursors.All(); c["slack:C0CUST"] == "" {
		t.Errorf("no cursor: %v", c)
	}
}

func TestALostConnectionIsMadeGoodByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.app, w.ch)
	w.say("carl", "one", "")
	w.in.Intake.WaitAccepted(t, 1)
	w.sim.Inject(slacksim.Fault{Kind: slacksim.LoseEvent, Times: 1})
	w.say("carl", "lost on the way", "")
	w.sim.Disconnect("link_disabled")
	got := w.in.Intake.WaitAccepted(t, 2)
	if got[1].Text != "lost on the way" {
		t.Errorf("got %q", got[1].Text)
	}
}

func TestFilesComeIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.app, w.ch)
	if _, err := w.sim.SayWith("carl", "customer-ltd", "see the log", "", slacksim.Upload{Name: "pump.log", Type: "text/plain", Data: []byte("E42")}); err != nil {
		t.Fatal(err)
	}
	in := w.in.Intake.WaitAccepted(t, 1)[0]
	if len(in.Attachments) != 1 || in.Attachments[0].Name != "pump.log" || in.Attachments[0].Size != 3 || len(in.Warnings) != 0 {
		t.Fatalf("attachments %+v, warnings %v", in.Attachments, in.Warnings)
	}
	if _, err := w.in.Blobs.Open(t.Context(), in.Attachments[0].SHA256); err != nil {
		t.Error(err)
	}
}

// answer is a message of an agent to a thread of carl's.
func answer(thread, text string) ticket.Outbound {
	return ticket.Outbound{Ticket: ticket.Ticket{ID: 1042, Channel: channels.Slack},
		Message:  ticket.Message{Ticket: 1042, Seq: 3, Kind: ticket.Public, Direction: ticket.Out, Channel: channels.Slack, Text: text},
		Previous: []ticket.Message{{Ticket: 1042, Seq: 1, Direction: ticket.In, Channel: channels.Slack, External: "C0CUST/1.1", References: []string{"C0CUST/" + thread}}}}
}

func TestAnAnswerWhoseReceiptWasLostIsSeenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.app, w.ch)
	top := w.say("carl", "hello?", "")
	w.in.Intake.WaitAccepted(t, 1)
	out := answer(top, strings.Repeat("A long answer with **words**. ", 300)) // three messages
	sum, n, err := w.in.Blobs.Put(t.Context(), strings.NewReader("a manual"), 100)
	if err != nil {
		t.Fatal(err)
	}
	out.Message.Attachments = []ticket.Attachment{{Name: "manual.txt", Type: "text/plain", Size: n, SHA256: sum}}
	w.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Times: 1})
	if _, err := w.ch.Send(t.Context(), out); ticket.KindOf(err) != ticket.Transient {
		t.Fatalf("a lost answer gives %v", err)
	}
	out.Again = true
	var first string
	for i := range 3 {
		id, err := w.ch.Send(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && id != first {
			t.Errorf("the id was %s and is %s", first, id)
		}
		first = id
	}
	var parts, files int
	for _, m := range w.sim.Replies("C0CUST", top) {
		if len(m.Files) > 0 {
			files++
		} else {
			parts++
		}
		if len(m.Text) > 4000 {
			t.Errorf("a message of %d characters", len(m.Text))
		}
	}
	if parts != 3 || files != 1 {
		t.Errorf("the customer sees %d parts and %d files, not 3 and 1", parts, files)
	}
	if n := len(w.in.Intake.Accepted()); n != 1 {
		t.Errorf("our own answers became contacts: %d", n)
	}
}

func TestConfigFaultsAreNamed(t *testing.T) {
	t.Parallel()
	var l check.List
	Config{Channels: []Room{{}, {Channel: "a"}, {Channel: "a"}}, Every: time.Second, LookBack: -1}.Check(l.Root())
	if len(l.Faults) != 4 {
		t.Errorf("%v", l.Faults)
	}
}
