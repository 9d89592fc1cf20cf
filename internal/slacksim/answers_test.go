package slacksim

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack/socketmode"
)

const oneField = `{"type":"modal","callback_id":"f","notify_on_close":true,"title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},
	"blocks":[{"type":"input","block_id":"b","optional":true,"label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"a"}},
	{"type":"input","block_id":"u","optional":true,"label":{"type":"plain_text","text":"L"},"element":{"type":"external_select","action_id":"unit","min_query_length":0}},
	{"type":"input","block_id":"m","optional":true,"label":{"type":"plain_text","text":"L"},"element":{"type":"checkboxes","action_id":"c","options":[{"text":{"type":"mrkdwn","text":"x"},"value":"x"},{"text":{"type":"mrkdwn","text":"y"},"value":"y"}]}}]}`

// modal opens a form in front of anna and gives its id.
func modal(t *testing.T, s *Server, a *app) string {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.Shortcut("anna", "new", "", "") }()
	e := a.next(t, socketmode.EventTypeInteractive)
	a.ack(e)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return text(object(ok(t, s, "views.open", "trigger_id", text(payload(t, e.Request.Payload), "trigger_id"), "view", oneField), "view"), "id")
}

func office(t *testing.T) (*Server, *app) {
	cfg := Sample()
	cfg.App.Shortcuts = []Shortcut{{CallbackID: "new", Name: "New", Type: "global"}}
	s := Start(t, cfg)
	return s, connect(t, s)
}

func TestAnswersToAForm(t *testing.T) {
	t.Parallel()
	s, a := office(t)
	type result struct {
		Answer
		err error
	}
	for _, c := range []struct {
		name, answer, op, wrong string
		left                    int
	}{
		{"nothing", ``, "close", "", 0},
		{"an empty object", `{}`, "close", "", 0},
		{"clear", `{"response_action":"clear"}`, "clear", "", 0},
		{"update", `{"response_action":"update","view":` + oneField + `}`, "update", "", 1},
		{"push", `{"response_action":"push","view":` + oneField + `}`, "push", "", 2},
		{"errors", `{"response_action":"errors","errors":{"b":"no"}}`, "errors", "", 1},
		{"errors at nothing", `{"response_action":"errors","errors":{"zzz":"no"}}`, "", "no input block", 1},
		{"a wrong view", `{"response_action":"update","view":{"type":"modal","blocks":[]}}`, "", "missing required field: title", 1},
		{"a wrong action", `{"response_action":"dance"}`, "", "no response_action", 1},
	} {
		id := modal(t, s, a)
		done := make(chan result, 1)
		go func() {
			ans, err := s.Submit("anna", id, map[string]any{"a": "x", "m": []string{"y"}})
			done <- result{ans, err}
		}()
		e := a.next(t, socketmode.EventTypeInteractive)
		p := object(payload(t, e.Request.Payload), "view")
		if boxes := list(object(object(object(object(p, "state"), "values"), "m"), "c"), "selected_options"); len(boxes) != 1 || boxes[0]["value"] != "y" {
			t.Fatalf("%v", p["state"])
		}
		if c.answer == "" {
			a.ack(e)
		} else {
			a.ack(e, json.RawMessage(c.answer))
		}
		r := <-done
		if r.Op != c.op && c.wrong == "" || (r.err == nil) != (c.wrong == "") || r.err != nil && !strings.Contains(r.err.Error(), c.wrong) {
			t.Errorf("%s: %+v", c.name, r)
		}
		s.mu.Lock()
		if n := len(s.modals["U1ANNA"]); n != c.left {
			t.Errorf("%s: %d modals are left, want %d", c.name, n, c.left)
		}
		s.mu.Unlock()
		if v := s.View("anna"); v != nil {
			if err := s.CloseView("anna", v.ID, true); err != nil {
				t.Fatal(err)
			}
			for range c.left {
				e := a.next(t, socketmode.EventTypeInteractive)
				if p := payload(t, e.Request.Payload); p["type"] != "view_closed" || p["is_cleared"] != true {
					t.Fatal(p)
				}
				a.ack(e)
			}
		}
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	s, a := office(t)
	id := modal(t, s, a)
	done := make(chan []Object, 1)
	go func() { done <- must[[]Object](t)(s.Suggest("anna", "", "", id, "unit", "SN-1")) }()
	e := a.next(t, socketmode.EventTypeInteractive)
	if p := payload(t, e.Request.Payload); p["type"] != "block_suggestion" || p["value"] != "SN-1" || p["action_id"] != "unit" {
		t.Fatal(p)
	}
	a.ack(e, json.RawMessage(`{"options":[{"text":{"type":"plain_text","text":"SN-1234"},"value":"SN-1234"}]}`))
	got := <-done
	if len(got) != 1 || text(got[0], "value") != "SN-1234" {
		t.Fatal(got)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := s.Submit("anna", id, map[string]any{"unit": Object{"selected_option": got[0]}})
		sent <- err
	}()
	e = a.next(t, socketmode.EventTypeInteractive)
	a.ack(e)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

func TestWhatAPersonCannotDo(t *testing.T) {
	t.Parallel()
	s, a := office(t)
	ts := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "t", "blocks", "["+actions(button("go", "Go")+","+menu(opt("o", "1")))+"]"), "ts")
	a.event(t)
	id := modal(t, s, a)
	for name, err := range map[string]error{
		"a button that is not there":  s.Click("anna", "support-l1", ts, "nope"),
		"an option that is not there": s.Choose("anna", "support-l1", ts, "m", "2"),
		"a channel they are not in":   s.Click("dev", "support-l1", ts, "go"),
		"a message that is gone":      s.Click("anna", "support-l1", "1.2", "go"),
		"a modal of another":          s.CloseView("ben", id, false),
		"an unknown command":          s.Slash("anna", "support-l1", "/nope", ""),
		"another's message":           s.Delete("anna", "support-l1", ts),
	} {
		if err == nil || err == ErrNoAnswer {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Submit("anna", id, map[string]any{"zzz": "x"}); err == nil || !strings.Contains(err.Error(), `no field "zzz"`) {
		t.Error(err)
	}
	if _, err := s.Say("dev", "support-l1", "x", ""); err == nil {
		t.Error("dev wrote in a channel that he is not in")
	}
}

func TestResponseURLs(t *testing.T) {
	t.Parallel()
	s, a := office(t)
	ts := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "t", "blocks", "["+actions(button("go", "Go"))+"]"), "ts")
	a.event(t)
	hook := func() string {
		done := make(chan error, 1)
		go func() { done <- s.Click("anna", "support-l1", ts, "go") }()
		e := a.next(t, socketmode.EventTypeInteractive)
		a.ack(e)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(text(payload(t, e.Request.Payload), "response_url"), s.URL()+"/hooks/")
	}
	h := hook()
	if code := s.hooked(h, Object{"text": "to all", "response_type": "in_channel"}); code != "" {
		t.Fatal(code)
	}
	a.event(t)
	if code := s.hooked(h, Object{"text": "to her"}); code != "" {
		t.Fatal(code)
	}
	m := s.Messages("support-l1")
	if len(m) != 3 || m[1].Ephemeral || m[2].SeenBy() != "U1ANNA" {
		t.Fatalf("%+v", m)
	}
	if code := s.hooked(h, Object{"replace_original": true, "text": "changed"}); code != "" {
		t.Fatal(code)
	}
	if m, _ := s.Message("support-l1", ts); m.Text != "changed" || m.Blocks != nil {
		t.Fatalf("%+v", m)
	}
	if code := s.hooked(h, Object{"text": "x", "blocks": []any{Object{"type": "nope"}}}); code != "invalid_blocks" {
		t.Fatal(code)
	}
	if code := s.hooked(h, Object{"delete_original": true}); code != "" || len(s.Messages("support-l1")) != 2 {
		t.Fatal(code)
	}
	if code := s.hooked(h, Object{"text": "x"}); code != "used_url" {
		t.Fatal(code)
	}
}
