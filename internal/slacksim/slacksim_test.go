package slacksim

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// app is an app built on slack-go that is connected by Socket Mode.
type app struct {
	*slack.Client
	events chan socketmode.Event
	ack    func(socketmode.Event, ...any)
}

func client(s *Server) *slack.Client {
	return slack.New(s.App().BotToken, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.App().AppToken))
}

func connect(t *testing.T, s *Server) *app {
	t.Helper()
	api := client(s)
	sm := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = sm.RunContext(ctx) // ends with ctx
	}()
	a := &app{Client: api, events: make(chan socketmode.Event, 100)}
	go func() {
		for {
			select {
			case e := <-sm.Events:
				switch e.Type {
				case socketmode.EventTypeConnecting, socketmode.EventTypeConnected, socketmode.EventTypeHello, socketmode.EventTypeIncomingError:
				default:
					a.events <- e
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	a.ack = func(e socketmode.Event, payload ...any) {
		t.Helper()
		if err := sm.Ack(*e.Request, payload...); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { cancel(); <-done })
	wait(t, s, func() bool { return s.Connections() > 0 })
	return a
}

func wait(t *testing.T, s *Server, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.WaitFor(ctx, ok); err != nil {
		t.Fatal(err)
	}
}

func (a *app) next(t *testing.T, kind socketmode.EventType) socketmode.Event {
	t.Helper()
	for {
		select {
		case e := <-a.events:
			if e.Type == kind {
				return e
			}
			t.Fatalf("got %s (%v), want %s", e.Type, e.Data, kind)
		case <-time.After(time.Minute):
			t.Fatalf("no %s came", kind)
		}
	}
}

// event takes the next event of the Events API, acknowledges it and gives it as JSON.
func (a *app) event(t *testing.T) Object {
	t.Helper()
	e := a.next(t, socketmode.EventTypeEventsAPI)
	a.ack(e)
	var p struct{ Event Object }
	if err := json.Unmarshal(e.Request.Payload, &p); err != nil {
		t.Fatal(err)
	}
	return p.Event
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestARoundTripThroughSlackGo(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	a := connect(t, s)

	ts := must[string](t)(s.Say("carl", "customer-ltd", "Hello <team> & co, see https://a.example/x?b=1&c=2 @anna", ""))
	ev := a.event(t)
	want := "Hello &lt;team&gt; &amp; co, see <https://a.example/x?b=1&amp;c=2> <@U1ANNA>"
	if ev["text"] != want || ev["ts"] != ts || ev["channel_type"] != "channel" || ev["client_msg_id"] == nil || ev["user"] != "U9CARL" {
		t.Fatalf("event %v", ev)
	}

	btn := slack.NewButtonBlockElement("take", "T-1", slack.NewTextBlockObject("plain_text", "Take", true, false))
	ch, at, err := a.PostMessage("C0L1", slack.MsgOptionText("a card", false),
		slack.MsgOptionBlocks(slack.NewActionBlock("acts", btn)),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "card", EventPayload: map[string]any{"ticket": "T-1"}}))
	if err != nil || ch != "C0L1" {
		t.Fatal(ch, err)
	}
	if own := a.event(t); own["bot_id"] != s.App().BotID || own["user"] != s.App().BotUserID || own["ts"] != at {
		t.Fatalf("the app's own message came back as %v", own)
	}
	hist, err := a.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: "C0L1", IncludeAllMetadata: true})
	if err != nil || len(hist.Messages) != 1 || hist.Messages[0].Metadata.EventPayload["ticket"] != "T-1" {
		t.Fatalf("%+v %v", hist, err)
	}

	clicked := make(chan error, 1)
	go func() { clicked <- s.Click("anna", "support-l1", at, "take") }()
	e := a.next(t, socketmode.EventTypeInteractive)
	cb := e.Data.(slack.InteractionCallback)
	if cb.User.ID != "U1ANNA" || cb.ActionCallback.BlockActions[0].Value != "T-1" || cb.Container.MessageTs != at || cb.Message.Timestamp != at {
		t.Fatalf("%+v", cb)
	}
	view := slack.ModalViewRequest{Type: "modal", Title: plain("Reply"), Submit: plain("Send"), PrivateMetadata: "T-1",
		Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("body", plain("Text"), nil, slack.NewPlainTextInputBlockElement(nil, "text"))}}}
	if _, err := a.OpenView(cb.TriggerID, view); err != nil {
		t.Fatal(err)
	}
	a.ack(e)
	if err := <-clicked; err != nil {
		t.Fatal(err)
	}
	if _, err := a.OpenView(cb.TriggerID, view); err == nil || err.Error() != "exchanged_trigger_id" {
		t.Fatal(err)
	}

	v := s.View("anna")
	if v == nil || v.PrivateMetadata != "T-1" {
		t.Fatalf("%+v", v)
	}
	if ans, err := s.Submit("anna", v.ID, map[string]any{"text": ""}); err != nil || ans.Errors["body"] == "" {
		t.Fatalf("an empty field was sent: %+v %v", ans, err)
	}
	sent := make(chan Answer, 1)
	go func() {
		ans, err := s.Submit("anna", v.ID, map[string]any{"text": "Hi Carl"})
		if err != nil {
			t.Error(err)
		}
		sent <- ans
	}()
	e = a.next(t, socketmode.EventTypeInteractive)
	cb = e.Data.(slack.InteractionCallback)
	if got := cb.View.State.Values["body"]["text"].Value; got != "Hi Carl" || cb.View.PrivateMetadata != "T-1" {
		t.Fatal(got)
	}
	a.ack(e, slack.NewErrorsViewSubmissionResponse(map[string]string{"body": "Too short."}))
	if ans := <-sent; ans.Op != "errors" || ans.Errors["body"] != "Too short." {
		t.Fatalf("%+v", ans)
	}
	go func() {
		ans, _ := s.Submit("anna", v.ID, map[string]any{"text": "Hi Carl, better"})
		sent <- ans
	}()
	a.ack(a.next(t, socketmode.EventTypeInteractive))
	if ans := <-sent; ans.Op != "close" || s.View("anna") != nil {
		t.Fatalf("%+v", ans)
	}
	if _, _, _, err := a.UpdateMessage("C0CUST", ts, slack.MsgOptionText("x", false)); err == nil || err.Error() != "cant_update_message" {
		t.Fatal(err)
	}
}

func plain(t string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("plain_text", t, false, false)
}

func TestSlashCommandAndResponseURL(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	a := connect(t, s)
	done := make(chan error, 1)
	go func() { done <- s.Slash("ben", "support-l1", "/tier", "help me") }()
	e := a.next(t, socketmode.EventTypeSlashCommand)
	cmd := e.Data.(slack.SlashCommand)
	if cmd.Text != "help me" || cmd.ChannelName != "support-l1" || cmd.UserID != "U1BEN" {
		t.Fatalf("%+v", cmd)
	}
	a.ack(e, map[string]any{"text": "Only you see this"})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	msgs := s.Messages("support-l1")
	if len(msgs) != 1 || msgs[0].Text != "Only you see this" || msgs[0].SeenBy() != "U1BEN" {
		t.Fatalf("%+v", msgs)
	}
	hook := func(m slack.WebhookMessage) error { return slack.PostWebhook(cmd.ResponseURL, &m) }
	for range hookUses {
		if err := hook(slack.WebhookMessage{Text: "later"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := hook(slack.WebhookMessage{Text: "once too often"}); err == nil {
		t.Fatal("the sixth use of a response_url went through")
	}
	if got := len(s.Messages("support-l1")); got != 1+hookUses {
		t.Fatal(got)
	}
}

func TestUnacknowledgedEventsAreRedelivered(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	cfg := Sample()
	cfg.Clock = clock
	s := Start(t, cfg)
	a := connect(t, s)
	must[string](t)(s.Say("carl", "customer-ltd", "hello", ""))
	first := a.next(t, socketmode.EventTypeEventsAPI)
	if first.Request.RetryAttempt != 0 {
		t.Fatalf("%+v", first.Request)
	}
	for i, d := range []time.Duration{3 * time.Second, 63 * time.Second, 303 * time.Second} {
		clock.Advance(d)
		again := a.next(t, socketmode.EventTypeEventsAPI)
		if again.Request.RetryAttempt != i+1 || again.Request.RetryReason != "timeout" {
			t.Fatalf("try %d: %+v", i+1, again.Request)
		}
		x, y := first.Data.(slackevents.EventsAPIEvent).Data, again.Data.(slackevents.EventsAPIEvent).Data
		if x.(*slackevents.EventsAPICallbackEvent).EventID != y.(*slackevents.EventsAPICallbackEvent).EventID {
			t.Fatal("the event_id has changed")
		}
	}
	clock.Advance(3 * time.Second)
	if s.Lost() != 1 || s.Unacknowledged() != 0 {
		t.Fatalf("lost %d, open %d", s.Lost(), s.Unacknowledged())
	}
}

func TestAClickWithoutAnswer(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(time.Now())
	cfg := Sample()
	cfg.Clock = clock
	s := Start(t, cfg)
	a := connect(t, s)
	done := make(chan error, 1)
	go func() { done <- s.Slash("ben", "support-l1", "/tier", "") }()
	a.next(t, socketmode.EventTypeSlashCommand)
	clock.Advance(3 * time.Second)
	if err := <-done; err != ErrNoAnswer {
		t.Fatal(err)
	}
	if m := s.Messages("support-l1"); len(m) != 1 || !strings.Contains(m[0].Text, "operation_timeout") {
		t.Fatalf("%+v", m)
	}
}

func TestAReconnectLosesNothing(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	a := connect(t, s)
	must[string](t)(s.Say("carl", "customer-ltd", "one", ""))
	if e := a.next(t, socketmode.EventTypeEventsAPI); e.Request.RetryAttempt != 0 {
		t.Fatal(e)
	}
	s.Disconnect("refresh_requested")
	again := a.next(t, socketmode.EventTypeEventsAPI)
	if again.Request.RetryAttempt != 1 {
		t.Fatalf("%+v", again.Request)
	}
	a.ack(again)
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
}
