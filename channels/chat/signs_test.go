package chat

import (
	"log/slog"
	"testing"

	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/ticket"
)

// TestEachSideLearnsThatTheOtherWrites, as the configuration allows, and never who or what.
func TestEachSideLearnsThatTheOtherWrites(t *testing.T) {
	t.Parallel()
	for name, quiet := range map[string][]string{"all is told": nil, "nothing is": {quietTyping, quietSeen, quietVisitor}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, cfg, heard := openStore(t), testConfig(), make(chan ticket.ID, 10)
			cfg.Quiet = quiet
			s := serve(t, cfg, Deps{Reader: st, Changes: st, References: st, Log: slog.New(slog.DiscardHandler), Typing: func(id ticket.ID) { heard <- id }})
			s.run(st)
			v, other := s.visit(t, fromVisitor{}), s.visit(t, fromVisitor{})
			writes := func() {
				t.Helper()
				if err := v.WriteMessage(1, []byte(`{"t":"typing"}`)); err != nil {
					t.Fatal(err)
				}
			}
			v.say(t, "message-1", "Hello?")
			other.say(t, "message-2", "Somebody else.")
			v.must(t, "message")
			writes()
			writes() // too soon to be passed on
			s.Sign(1001, ticket.SignTyping)
			s.Sign(1001, ticket.SignSeen)
			s.Sign(1001, ticket.SignIdle)
			act(t, st, ticket.Action{Kind: ticket.ActReply, Text: "Yes."})
			want := []string{"typing", "seen", "idle", "message"}
			if quiet != nil {
				want = []string{"message"}
			}
			for _, kind := range want {
				if f := v.must(t, kind); f.Ticket != "T-1001" || f.Name != "" && kind != "message" || (kind == "typing") != (f.ForMS > 0) {
					t.Errorf("%s came as %+v", kind, f)
				}
			}
			v.say(t, "message-3", "Thanks.") // what was sent before it has been read
			if quiet == nil {
				channeltest.Eventually(t, "the sign", func() bool { return len(heard) > 0 })
			}
			if n := len(heard); quiet == nil && (n != 1 || <-heard != 1001) || quiet != nil && n != 0 {
				t.Errorf("%d signs were passed on", n)
			}
			act(t, st, ticket.Action{Kind: ticket.ActReply, Ticket: 1002, Text: "To the other."})
			if f := other.must(t, "message"); f.From != "you" {
				t.Errorf("the other sees %+v", f)
			}
			if f := other.must(t, "message"); f.Text != "To the other." {
				t.Errorf("the other sees %+v", f)
			}
		})
	}
	var faults check.List
	Config{Quiet: []string{"noise"}}.Check(faults.Root())
	if len(faults.Faults) != 1 {
		t.Errorf("faults: %v", faults.Faults)
	}
}
