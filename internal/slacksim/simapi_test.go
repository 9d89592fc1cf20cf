package slacksim

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// doAct is a person at the page.
func doAct(t *testing.T, s *Server, as, kind string, more Object) Object {
	t.Helper()
	body := Object{"as": as, "kind": kind}
	for k, v := range more {
		body[k] = v
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(s.URL()+"/sim/api/act", "application/json", strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, res)
}

func look(t *testing.T, s *Server, path string) Object {
	t.Helper()
	res, err := http.Get(s.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, res)
}

func decode(t *testing.T, res *http.Response) Object {
	t.Helper()
	defer res.Body.Close()
	var o Object
	if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
		t.Fatal(res.Status, err)
	}
	return o
}

// screen reads the page's stream of changes.
func screen(t *testing.T, s *Server, as string) <-chan Object {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/sim/api/events?as="+as, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan Object, 100)
	go func() {
		defer close(out)
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			if data, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
				var o Object
				if json.Unmarshal([]byte(data), &o) == nil {
					out <- o
				}
			}
		}
	}()
	t.Cleanup(func() { cancel(); res.Body.Close() })
	return out
}

func TestThePage(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	for path, want := range map[string]string{"/": "text/html", "/app.js": "javascript", "/archives/C0L1/p1700000000000001": "text/html"} {
		res, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Type"), want) {
			t.Errorf("%s: %s %s", path, res.Status, res.Header.Get("Content-Type"))
		}
	}
}

func TestAPersonAtThePage(t *testing.T) {
	t.Parallel()
	cfg := Sample()
	cfg.App.Shortcuts = []Shortcut{{CallbackID: "new", Name: "New", Type: "global"}}
	s := Start(t, cfg)
	a := connect(t, s)
	events := screen(t, s, "U1ANNA")

	st := look(t, s, "/sim/api/state?as=U1ANNA")
	if len(list(st, "channels")) != 3 || len(list(st, "users")) != 8 || text(list(st, "apps")[0], "bot_user_id") != "U0TIERLINE" {
		t.Fatalf("%v", st)
	}
	ts := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "card", "blocks", "["+actions(button("go", "Go")+","+menu(opt("A", "a")+","+opt("B", "b")))+"]"), "ts")
	a.event(t)
	if e := <-events; e["type"] != "message" || e["channel"] != "C0L1" || e["ts"] != ts {
		t.Fatalf("%v", e)
	}
	if ch := list(look(t, s, "/sim/api/state?as=U1ANNA"), "channels"); text(ch[1], "name") != "support-l1" || ch[1]["unread"] != float64(1) {
		t.Fatalf("%v", ch)
	}
	msg := list(look(t, s, "/sim/api/messages?as=U1ANNA&channel=C0L1"), "messages")[0]
	block := list(msg, "blocks")[0]
	done := make(chan Object, 1)
	go func() {
		done <- doAct(t, s, "U1ANNA", "block_action", Object{"container": Object{"type": "message", "channel": "C0L1", "ts": ts},
			"action": Object{"block_id": block["block_id"], "action_id": "m", "type": "static_select", "selected_option": list(list(block, "elements")[1], "options")[1]}})
	}()
	e := a.next(t, "interactive")
	var p Object
	if err := json.Unmarshal(e.Request.Payload, &p); err != nil {
		t.Fatal(err)
	}
	if act := list(p, "actions")[0]; text(object(act, "selected_option"), "value") != "b" {
		t.Fatalf("%v", p)
	}
	ok(t, s, "views.open", "trigger_id", text(p, "trigger_id"), "view", `{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},
		"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"a"}}]}`)
	a.ack(e)
	if o := <-done; o["ok"] != true {
		t.Fatal(o)
	}
	v := <-events
	if v["type"] != "view" || v["op"] != "open" {
		t.Fatalf("%v", v)
	}
	id := text(object(v, "view"), "id")
	go func() {
		done <- doAct(t, s, "U1ANNA", "view_submit", Object{"view_id": id, "state": Object{"values": Object{"b": Object{"a": Object{"type": "plain_text_input", "value": "x"}}}}})
	}()
	e = a.next(t, "interactive")
	a.ack(e, map[string]any{"response_action": "update", "view": json.RawMessage(`{"type":"modal","title":{"type":"plain_text","text":"Done"},"blocks":[{"type":"divider"}]}`)})
	if o := <-done; o["op"] != "update" || text(object(object(o, "view"), "title"), "text") != "Done" {
		t.Fatal(o)
	}
	if o := doAct(t, s, "U1ANNA", "view_close", Object{"view_id": id}); o["ok"] != true || s.View("U1ANNA") != nil {
		t.Fatal(o)
	}
	post := doAct(t, s, "U1ANNA", "post", Object{"channel": "C0L1", "text": "in thread", "thread_ts": ts, "files": []any{Object{"name": "a.txt", "type": "text/plain", "base64": "aGk="}}})
	a.event(t)
	m := list(look(t, s, "/sim/api/messages?as=U1ANNA&channel=C0L1&thread_ts="+ts), "messages")
	if len(m) != 2 || m[1]["ts"] != post["ts"] {
		t.Fatalf("%v", m)
	}
	res, err := http.Get(s.URL() + text(list(m[1], "files")[0], "url_private"))
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res.Status, err)
	}
	res.Body.Close()
	for kind, more := range map[string]Object{
		"post": {"channel": "C0L1", "text": "/nosuch thing"}, "edit": {"channel": "C0L1", "ts": ts, "text": "not mine"},
		"view_submit": {"view_id": "V404"}, "dance": {}, "shortcut": {"callback_id": "nope"},
		"block_action": {"container": Object{"type": "message", "channel": "C0PRIV", "ts": ts}},
	} {
		if o := doAct(t, s, "U1ANNA", kind, more); o["ok"] != false || text(o, "error") == "" {
			t.Errorf("%s: %v", kind, o)
		}
	}
	if o := look(t, s, "/sim/api/home?as=U1ANNA&app=A0TIERLINE"); o["view"] != nil {
		t.Fatal(o)
	}
	if ev := a.event(t); ev["type"] != "app_home_opened" {
		t.Fatal(ev)
	}
}

func TestFaultsFromOutside(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	inject := func(body string) Object {
		res, err := http.Post(s.URL()+"/sim/faults", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return decode(t, res)
	}
	inject(`{"kind":"rate_limited","method":"auth.test","delay_ms":4000}`)
	if o := post(t, s, "auth.test", nil); o["_retry"] != "4" {
		t.Fatal(o)
	}
	inject(`{"clear":true,"revoke":"invalid_auth"}`)
	if o := post(t, s, "auth.test", nil); o["error"] != "invalid_auth" {
		t.Fatal(o)
	}
	if o := inject(`{"kind":"gremlins"}`); o["ok"] != false {
		t.Fatal(o)
	}
}
