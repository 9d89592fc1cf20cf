package slacksim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

func TestATicketIsGoodForOneConnection(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	link := text(ok(t, s, "apps.connections.open"), "url")
	ws, _, err := websocket.DefaultDialer.Dial(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var hello Object
	if err := ws.ReadJSON(&hello); err != nil || hello["type"] != "hello" || hello["num_connections"] != float64(1) ||
		object(hello, "debug_info")["approximate_connection_time"] == nil || object(hello, "connection_info")["app_id"] != s.App().ID {
		t.Fatal(hello, err)
	}
	if _, res, err := websocket.DefaultDialer.Dial(link, nil); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatal("a ticket was good twice")
	}
	for range maxConns - 1 {
		record(t, s)
		wait(t, s, func() bool { return s.Connections() > 1 })
	}
	wait(t, s, func() bool { return s.Connections() == maxConns })
	if o := post(t, s, "apps.connections.open", nil); o["error"] != "too_many_websockets" {
		t.Fatal(o)
	}
}

func TestConnectionsShareTheWork(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	a := record(t, s)
	b := record(t, s)
	wait(t, s, func() bool { return s.Connections() == 2 })
	for i := range 10 {
		must[string](t)(s.Say("carl", "customer-ltd", "m"+itoa(i), ""))
	}
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
	if x, y := a.count("message"), b.count("message"); x != 5 || y != 5 {
		t.Fatal(x, y)
	}
}

func TestEventsWaitForTheFirstConnection(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	must[string](t)(s.Say("carl", "customer-ltd", "one", ""))
	must[string](t)(s.Say("carl", "customer-ltd", "two", ""))
	if err := s.Slash("anna", "support-l1", "/tier", ""); err != ErrNoAnswer {
		t.Fatal(err)
	}
	got := record(t, s)
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
	if got.count("message") != 2 || text(object(got.all[0], "event"), "text") != "one" {
		t.Fatal(got.all)
	}
}

func TestAnAcknowledgementThatIsTooLargeIsDropped(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	ws, _, err := websocket.DefaultDialer.Dial(text(ok(t, s, "apps.connections.open"), "url"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	must[string](t)(s.Say("carl", "customer-ltd", "one", ""))
	var e Object
	for e["envelope_id"] == nil {
		if err := ws.ReadJSON(&e); err != nil {
			t.Fatal(err)
		}
	}
	big, _ := json.Marshal(Object{"envelope_id": e["envelope_id"], "payload": strings.Repeat("x", maxAck)})
	small, _ := json.Marshal(Object{"envelope_id": e["envelope_id"]})
	for i, b := range [][]byte{[]byte("junk"), big, small} {
		if n := s.Unacknowledged(); n != 1 {
			t.Fatalf("after %d frames: %d", i, n)
		}
		if err := ws.WriteMessage(websocket.TextMessage, b); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
}

func TestJSONBodies(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	send := func(method, body string, bearer bool) Object {
		req, err := http.NewRequest(http.MethodPost, s.APIURL()+method, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		if bearer {
			req.Header.Set("Authorization", "Bearer "+s.App().BotToken)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return decode(t, res)
	}
	if o := send("chat.postMessage", `{"channel":"C0L1","blocks":[{"type":"divider"}],"unfurl_links":false}`, true); o["ok"] != true {
		t.Fatal(o)
	}
	for body, want := range map[string]string{`{"channel"`: "invalid_json", `[1]`: "json_not_object"} {
		if o := send("chat.postMessage", body, true); o["error"] != want {
			t.Errorf("%s: %v", body, o)
		}
	}
	if o := send("chat.postMessage", `{"token":"`+s.App().BotToken+`","channel":"C0L1","text":"x"}`, false); o["error"] != "not_authed" {
		t.Errorf("a token in a JSON body was taken: %v", o)
	}
	if o := send("users.info", `{"user":"U1ANNA"}`, true); o["error"] != "user_not_found" {
		t.Errorf("a method that takes no JSON took it: %v", o)
	}
	res, err := http.PostForm(s.APIURL()+"auth.test", url.Values{"token": {s.App().BotToken}})
	if err != nil {
		t.Fatal(err)
	}
	if o := decode(t, res); o["ok"] != true {
		t.Errorf("a token in a form was not taken: %v", o)
	}
}

// FuzzMethods calls methods with what comes: none may break, and a refusal names its error.
func FuzzMethods(f *testing.F) {
	f.Add("chat.postMessage", `{"channel":"C0L1","text":"x","attachments":[null,{"blocks":[3]}],"metadata":{"event_type":"a","event_payload":{}}}`)
	f.Add("chat.unfurl", `{"channel":"C0L1","ts":"1","unfurls":{"https://a":null}}`)
	f.Add("views.publish", `{"user_id":"U1ANNA","view":{"type":"home","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":"overflow"}}]}}`)
	f.Add("conversations.open", `{"users":["U1ANNA","U1BEN"],"return_im":true}`)
	f.Add("files.completeUploadExternal", `{"files":[{"id":"F"}],"channel_id":"C0L1"}`)
	f.Add("conversations.history", `{"channel":"C0L1","cursor":"bmV4dDox","limit":1e3}`)
	s, err := New(Sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, method, in string) {
		var args map[string]any
		if json.Unmarshal([]byte(in), &args) != nil || args == nil {
			t.Skip()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		out, _ := s.invoke(method, args, s.cfg.App.BotToken, true)
		if out["ok"] != true && text(out, "error") == "" || out["error"] == "internal_error" {
			t.Fatalf("%v", out)
		}
		if _, err := json.Marshal(out); err != nil {
			t.Fatal(err)
		}
		s.pending, s.channels["C0L1"].messages = nil, nil // or each run is slower than the one before
	})
}
