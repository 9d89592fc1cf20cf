package chat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/ticket"
)

func TestConformsAsSource(t *testing.T) {
	t.Parallel()
	channeltest.Source(t, channeltest.SourceHarness{Longest: 15_000, Start: func(t testing.TB, w channeltest.World) channeltest.SourceRig {
		cfg := testConfig()
		s := serve(t, cfg, Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: w.Log})
		id, proof := s.newSession("web")
		raw := func(kind int, frames ...string) func(context.Context) error {
			return func(ctx context.Context) error {
				ctx, stop := context.WithCancel(ctx)
				defer stop()
				v, err := s.connect(ctx, fromVisitor{Session: id, Secret: proof})
				if err != nil {
					return err
				}
				for _, f := range frames {
					if err := v.WriteMessage(kind, []byte(f)); err != nil {
						return err
					}
				}
				_, err = v.next("ack")
				return err
			}
		}
		deliver := func(ctx context.Context, m channeltest.Message) error {
			f := fromVisitor{T: "say", ID: "message-" + m.ID, Text: m.Text}
			return raw(websocket.TextMessage, string(mustJSON(f)))(ctx)
		}
		return channeltest.SourceRig{
			Source: s, Config: cfg, Secrets: []string{testSecret, proof}, Channel: "chat", Inbox: "web",
			From:    customer.Identity{Kind: customer.Chat, Value: id},
			Deliver: deliver, Redeliver: deliver,
			Garbage: map[string]func(context.Context) error{
				"no json":      raw(websocket.TextMessage, "}{"),
				"binary":       raw(websocket.BinaryMessage, "\x00\x01"),
				"not UTF-8":    raw(websocket.TextMessage, "{\"t\":\"say\",\"id\":\"12345678\",\"text\":\"\xff\"}"),
				"second hello": raw(websocket.TextMessage, `{"t":"hello"}`),
				"no id":        raw(websocket.TextMessage, `{"t":"say","text":"x"}`),
				"no text":      raw(websocket.TextMessage, `{"t":"say","id":"12345678","text":" \u0000 "}`),
				"many":         raw(websocket.TextMessage, "1", "2", "3", "4", "5", "6"),
				"too long":     raw(websocket.TextMessage, `{"t":"say","id":"12345678","text":"`+strings.Repeat("x", maxText+1)+`"}`),
			},
			Oversize: raw(websocket.TextMessage, strings.Repeat("x", maxFrame+1)),
		}
	}})
}

func TestConformsAsSender(t *testing.T) {
	t.Parallel()
	channeltest.Sender(t, channeltest.SenderHarness{Start: func(t testing.TB, w channeltest.World) channeltest.SenderRig {
		cfg := testConfig()
		c, err := New(cfg, Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: w.Log})
		if err != nil {
			t.Fatal(err)
		}
		good := ticket.Outbound{Ticket: ticket.Ticket{ID: 1001}, Message: ticket.Message{Ticket: 1001, Seq: 3, Text: "Hello."},
			To: []customer.Identity{{Kind: customer.Chat, Value: "x"}}}
		nobody, files, empty := good, good, good
		nobody.To = nil
		files.Message.Attachments = []ticket.Attachment{{Name: "a.pdf"}}
		empty.Message.Text = " "
		if id, err := c.Send(context.Background(), good); err != nil || id != "chat:T-1001:3" {
			t.Errorf("Send gave %q, %v", id, err)
		}
		return channeltest.SenderRig{Sender: c, Config: cfg, Secrets: []string{testSecret}, Good: good,
			Bad: map[string]ticket.Outbound{"nobody": nobody, "files": files, "empty": empty}}
	}})
}

var agent = ticket.Actor{Kind: ticket.ByAgent, ID: "ann", Name: "Ann"}

func TestConversation(t *testing.T) {
	t.Parallel()
	s, st := withStore(t, testConfig())
	ctx := context.Background()
	v := s.visit(t, fromVisitor{Lang: "de-AT"})
	v.say(t, "message-1", "Mein Router ist tot.")
	if f := v.must(t, "message"); f.From != "you" || f.ID != "message-1" || f.Ticket != "T-1001" || f.Seq != 1 {
		t.Errorf("my own message came as %+v", f)
	}
	v.say(t, "message-1", "Mein Router ist tot.") // again: the ack was lost
	tk, err := st.Ticket(ctx, 1001)
	if err != nil || tk.Language != "de" || tk.Brand != "acme" || tk.LastSeq != 1 {
		t.Fatalf("the ticket is %+v, %v", tk, err)
	}
	act(t, st, ticket.Action{Kind: ticket.ActNote, Text: "A secret note."})
	act(t, st, ticket.Action{Kind: ticket.ActEscalate, Tier: "l2", Reason: "A secret reason."})
	act(t, st, ticket.Action{Kind: ticket.ActReply, Text: "Ziehen Sie den **Stecker**."})
	f := v.must(t, "message")
	if f.From != "agent" || f.Name != "Ann" || f.Text != "Ziehen Sie den **Stecker**." || f.Seq != 4 {
		t.Errorf("the answer came as %+v", f)
	}
	other := s.visit(t, fromVisitor{Session: v.session, Secret: v.secret, Have: map[string]int{"T-1001": 1}})
	if f := other.must(t, "message"); f.Seq != 4 || other.session != v.session {
		t.Errorf("another tab got %+v", f)
	}
	other.say(t, "message-2", "Geht!")
	if f := v.must(t, "message"); f.ID != "message-2" {
		t.Errorf("the first tab got %+v", f)
	}
	reload := s.visit(t, fromVisitor{Session: v.session, Secret: v.secret})
	for _, want := range []string{"Mein Router ist tot.", "Ziehen Sie den **Stecker**.", "Geht!"} {
		if f := reload.must(t, "message"); f.Text != want {
			t.Errorf("after a reload %+v, want %q", f, want)
		}
	}
}

func act(t testing.TB, st ticket.Acting, a ticket.Action) {
	t.Helper()
	if a.Ticket == 0 {
		a.Ticket = 1001
	}
	a.By = agent
	if _, err := st.Act(context.Background(), a); err != nil {
		t.Fatal(err)
	}
}

// A session goes on in the ticket that follows up a closed one, and shows both.
func TestFollowUp(t *testing.T) {
	t.Parallel()
	s, st := withStore(t, testConfig())
	v := s.visit(t, fromVisitor{})
	v.say(t, "message-1", "Broken.")
	act(t, st, ticket.Action{Kind: ticket.ActSolve, Diagnosis: "plug"})
	act(t, st, ticket.Action{Kind: ticket.ActClose})
	v.say(t, "message-2", "Broken again.")
	act(t, st, ticket.Action{Kind: ticket.ActReply, Ticket: 1002, Text: "Oh no."})
	back := s.visit(t, fromVisitor{Session: v.session, Secret: v.secret})
	for _, want := range []string{"T-1001 Broken.", "T-1002 Broken again.", "T-1002 Oh no."} {
		if f := back.must(t, "message"); f.Ticket+" "+f.Text != want {
			t.Errorf("%+v, want %s", f, want)
		}
	}
	for v.must(t, "message").Text != "Oh no." { // live, in the ticket that came after hello
	}
}

func TestNobodySeesAnother(t *testing.T) {
	t.Parallel()
	s, st := withStore(t, testConfig())
	anna := s.visit(t, fromVisitor{})
	anna.say(t, "message-1", "I am Anna.")
	otherInbox := s.proof("other", anna.session)
	for name, hello := range map[string]fromVisitor{
		"no secret":       {Session: anna.session},
		"wrong secret":    {Session: anna.session, Secret: otherInbox},
		"cut secret":      {Session: anna.session, Secret: anna.secret[:10]},
		"her ticket":      {Have: map[string]int{"T-1001": 0}},
		"session garbage": {Session: "x", Secret: anna.secret},
	} {
		ben := s.visit(t, hello)
		if ben.session == anna.session {
			t.Fatalf("%s: Ben got Anna's session", name)
		}
		act(t, st, ticket.Action{Kind: ticket.ActReply, Text: "Hello, Anna."})
		ben.say(t, "message-1", "I am Ben: "+name)
		// An echo is the first that he may see.
		if f := ben.must(t, "message"); f.Text != "I am Ben: "+name {
			t.Errorf("%s: Ben sees %+v", name, f)
		}
	}
}

// What was said in another ticket stays there, also when it is moved here; and what is moved away stays
// to be seen where it was said.
func TestMovedMessagesAreShownOnce(t *testing.T) {
	t.Parallel()
	s, st := withStore(t, testConfig())
	v := s.visit(t, fromVisitor{})
	v.say(t, "message-1", "It is dead.")
	v.say(t, "message-2", "And another thing.")
	split, err := st.Act(context.Background(), ticket.Action{Kind: ticket.ActSplit, Ticket: 1001, Seqs: []int{2}, By: agent})
	if err != nil {
		t.Fatal(err)
	}
	act(t, st, ticket.Action{Kind: ticket.ActReply, Text: "To the first."})
	again := s.visit(t, fromVisitor{Session: v.session, Secret: v.secret})
	for _, want := range []string{"It is dead.", "And another thing.", "To the first."} {
		if f := again.must(t, "message"); f.Text != want || f.Ticket == split.ID.String() {
			t.Errorf("after %q is shown %+v", want, f)
		}
	}
	again.say(t, "message-3", "Nothing before this.")
	moved := ticket.Message{Kind: ticket.Public, Direction: ticket.In, Channel: "chat", Text: "a copy", MovedFrom: ticket.MessageID{Ticket: 1, Seq: 1}}
	mailed := ticket.Message{Kind: ticket.Public, Direction: ticket.In, Channel: "email", Text: "a mail"}
	back := ticket.Message{Kind: ticket.Public, Direction: ticket.Out, Channel: "chat", Text: "taken back", Delivery: ticket.Withdrawn}
	for _, m := range []ticket.Message{moved, mailed, back} {
		if f, shown := frameOf(v.session, m); shown {
			t.Errorf("%+v is shown", f)
		}
	}
}

func TestWhatIsKeptOfAVisitor(t *testing.T) {
	t.Parallel()
	s, st := withStore(t, testConfig())
	v := s.visit(t, fromVisitor{Lang: "<script>"})
	if err := v.WriteJSON(fromVisitor{T: "say", ID: "message-1", Text: " hi \u202e\x00there\r\n", Name: " Anna \n Schmidt ", Email: "Anna@Example.org"}); err != nil {
		t.Fatal(err)
	}
	v.must(t, "ack")
	m, err := st.Message(context.Background(), 1001, 1)
	if err != nil || m.Text != "hi there" || m.From.Name != "Anna Schmidt" || len(m.Warnings) != 1 {
		t.Errorf("the message is %+v, %v", m, err)
	}
	tk, err := st.Ticket(context.Background(), 1001)
	if err != nil || tk.Language != "" || !tk.Has(customer.Identity{Kind: customer.Email, Value: "anna@example.org"}) {
		t.Errorf("the ticket is %+v, %v", tk, err)
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	s := serve(t, testConfig(), Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: slog.New(slog.DiscardHandler)})
	try := func(inbox, origin string) string {
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		h := http.Header{}
		if origin != "" {
			h.Set("Origin", origin)
		}
		_, err := s.dial(ctx, inbox, h)
		return fmt.Sprint(err)
	}
	if got := try("web", ""); !strings.Contains(got, "503") {
		t.Errorf("before Run: %s", got)
	}
	s.run(channeltest.NewIntake())
	for _, c := range []struct{ inbox, origin, want string }{
		{"web", "", "<nil>"},
		{"web", "https://shop.example", "<nil>"},
		{"web", "https://Shop.example", "<nil>"},
		{"web", "http://" + s.host, "<nil>"},
		{"web", "http://shop.example", "403"},
		{"web", "https://shop.example.evil.example", "403"},
		{"web", "null", "403"},
		{"other", "https://shop.example", "403"},
		{"nothing", "https://shop.example", "404"},
	} {
		if got := try(c.inbox, c.origin); !strings.Contains(got, c.want) {
			t.Errorf("%s from %s: %s, want %s", c.inbox, c.origin, got, c.want)
		}
	}
	res, err := http.Get("http://" + s.host + "/chat/ws?inbox=web")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("plain GET: %s", res.Status)
	}
	s.stop()
	if got := try("web", ""); !strings.Contains(got, "503") {
		t.Errorf("after Run: %s", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	cfg.Sockets, cfg.SocketsPerIP, cfg.PerMinute = 3, 2, 5
	now := channeltest.At
	in := channeltest.NewIntake()
	s := serve(t, cfg, Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	s.run(in)
	v := s.visit(t, fromVisitor{})
	for i := range 5 {
		v.say(t, fmt.Sprintf("message-%d", i), "x")
	}
	if err := v.WriteJSON(fromVisitor{T: "say", ID: "message-5", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if f := v.must(t, "error"); f.Code != codeSlow || f.RetryMS != 12_000 || f.ID != "message-5" {
		t.Errorf("too many messages: %+v", f)
	}
	s.visit(t, fromVisitor{})
	_, err := s.connect(context.Background(), fromVisitor{})
	if !websocket.IsCloseError(err, websocket.CloseTryAgainLater) {
		t.Errorf("a third socket of one address: %v", err)
	}
	v.Close()
	channeltest.Eventually(t, "a place to be free again", func() bool {
		c, err := s.connect(context.Background(), fromVisitor{})
		if err != nil {
			return strings.Contains(err.Error(), "429") // 20 connections a minute: tested by this, too
		}
		c.Close()
		return true
	})
	if len(in.Accepted()) != 5 {
		t.Errorf("%d messages were accepted", len(in.Accepted()))
	}
}

func TestStoreAway(t *testing.T) {
	t.Parallel()
	in := channeltest.NewIntake()
	s := serve(t, testConfig(), Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: slog.New(slog.DiscardHandler)})
	s.run(in)
	v := s.visit(t, fromVisitor{})
	in.FailNext(1, ticket.Transient)
	say := fromVisitor{T: "say", ID: "message-1", Text: "x"}
	if err := v.WriteJSON(say); err != nil {
		t.Fatal(err)
	}
	if f := v.must(t, "error"); f.Code != codeUnavailable || f.RetryMS != 2000 {
		t.Errorf("a store that is away: %+v", f)
	}
	in.Reject("forbidden")
	say.Text = "forbidden"
	if err := v.WriteJSON(say); err != nil {
		t.Fatal(err)
	}
	if f := v.must(t, "error"); f.Code != codeRejected || f.ID != "message-1" {
		t.Errorf("a rejected message: %+v", f)
	}
	v.say(t, "message-2", "allowed")
}

// Two gateways on one store: what is answered through one is seen by the visitor of the other.
func TestTwoGateways(t *testing.T) {
	t.Parallel()
	one, st := withStore(t, testConfig())
	two := serve(t, testConfig(), Deps{Reader: st, Changes: st, References: st, Log: slog.New(slog.DiscardHandler)})
	two.run(st)
	v := one.visit(t, fromVisitor{})
	v.say(t, "message-1", "Hello?")
	w := two.visit(t, fromVisitor{Session: v.session, Secret: v.secret})
	if f := w.must(t, "message"); f.Text != "Hello?" {
		t.Errorf("%+v", f)
	}
	act(t, st, ticket.Action{Kind: ticket.ActReply, Text: "Hello!"})
	if f := w.must(t, "message"); f.Text != "Hello!" {
		t.Errorf("%+v", f)
	}
	one.stop()
	for {
		_, _, err := v.ReadMessage()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
			t.Errorf("a gateway that stops closes with %v", err)
		}
		break
	}
	w.say(t, "message-2", "Still here.")
}

func TestSilentSocketsEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, testConfig(), Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: slog.New(slog.DiscardHandler)})
	s.times.hello, s.times.ping, s.times.pong = 100*time.Millisecond, 30*time.Millisecond, 4*time.Second // a busy machine may keep the lively one waiting, too
	s.run(channeltest.NewIntake())
	ctx, stop := context.WithTimeout(context.Background(), channeltest.Patience)
	defer stop()
	if _, err := s.dial(ctx, "web", nil); err != nil { // and never says hello
		t.Fatal(err)
	}
	mute := s.visit(t, fromVisitor{}) // never reads again, so it answers no ping
	lively := s.visit(t, fromVisitor{})
	go func() { _, _ = lively.next("nothing") }() // reads, and so answers
	channeltest.Eventually(t, "two of three sockets to be closed", func() bool { return s.open() == 1 })
	lively.Close()
	mute.Close()
	channeltest.Eventually(t, "no socket to be left", func() bool { return s.open() == 0 })
}

// open is how many sockets there are.
func (s *server) open() int {
	r := s.current()
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sockets)
}

func TestIdleSocketsEnd(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	clock := func() time.Time { return channeltest.At.Add(time.Duration(now.Load())) }
	s := serve(t, testConfig(), Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Now: clock, Log: slog.New(slog.DiscardHandler)})
	s.times.ping = 10 * time.Millisecond
	s.run(channeltest.NewIntake())
	v := s.visit(t, fromVisitor{})
	v.say(t, "message-1", "x")
	now.Store(int64(5 * time.Hour))
	if _, err := v.next("nothing"); !websocket.IsCloseError(err, closeIdle) {
		t.Errorf("an idle socket ends with %v", err)
	}
}

// A visitor who does not read what is written is let go, and holds up nobody.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	st := openStore(t)
	s := serve(t, testConfig(), Deps{Reader: st, Changes: st, References: st, Log: slog.New(slog.DiscardHandler)})
	s.times.write = 200 * time.Millisecond
	s.run(st)
	v := s.visit(t, fromVisitor{})
	v.say(t, "message-1", "Tell me everything.")
	long := strings.Repeat("A long answer. ", 65_000)
	for range 16 { // more than the buffers of a loopback connection hold
		act(t, st, ticket.Action{Kind: ticket.ActReply, Text: long})
	}
	channeltest.Eventually(t, "the slow reader to be let go", func() bool { return s.open() == 0 })
	s.visit(t, fromVisitor{}).say(t, "message-1", "I can read.")
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	var l check.List
	Config{Secret: secret.New("short"), Sockets: -1, Idle: time.Second, Inboxes: []Inbox{
		{Name: "web", Origins: []string{"https://shop.example", "*", "shop.example", "https://shop.example/", "ftp://x"}},
		{Name: "web"}, {Name: "a b"}}}.Check(l.Root())
	text := fmt.Sprint(l.Faults)
	for _, want := range []string{"secret:", "sockets:", "idle:", "inboxes.0.origins.1:", "inboxes.0.origins.2:",
		"inboxes.0.origins.3:", "inboxes.0.origins.4:", "inboxes.1.name:", "inboxes.2.name:"} {
		if !strings.Contains(text, want) {
			t.Errorf("the faults do not tell of %s %s", want, text)
		}
	}
	if len(l.Faults) != 9 {
		t.Errorf("%d faults: %s", len(l.Faults), text)
	}
	if _, err := New(Config{Idle: 1}, Deps{Reader: nothing{}, Changes: nothing{}, References: nothing{}, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("New takes a faulty config")
	}
	if _, err := New(Config{}, Deps{}); err == nil {
		t.Error("New takes no dependencies")
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	now := channeltest.At
	r := newRates(func() time.Time { return now })
	for range 10 {
		if r.take("a", 10) != 0 {
			t.Fatal("a full bucket is empty")
		}
	}
	if w := r.take("a", 10); w != 6*time.Second {
		t.Errorf("wait %v", w)
	}
	now = now.Add(6 * time.Second)
	if w := r.take("a", 10); w != 0 {
		t.Errorf("wait %v after waiting", w)
	}
	for i := range maxRates + 1 {
		r.take(fmt.Sprint(i), 10)
	}
	if len(r.all) > maxRates {
		t.Errorf("%d buckets are kept", len(r.all))
	}
	for in, want := range map[string]string{"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "?": "?"} {
		if got := network(in); got != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"t":"hello","have":{"T-1":3},"lang":"de"}`))
	f.Add([]byte(`{"t":"say","id":"12345678","text":"hi","name":"A","email":"a@b.c"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := readFrame(data)
		if err != nil {
			if ticket.KindOf(err) != ticket.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		in, refusal := frame.inbound(Inbox{Name: "web"}, "session", primary(frame.Lang))
		if refusal != nil {
			return
		}
		from, err := in.From.Normal()
		if err != nil || from != in.From || in.Text == "" || len(in.Text) > maxText || strings.ContainsAny(in.Text, "\x00\u202e") {
			t.Fatalf("%+v: %v", in, err)
		}
	})
}
