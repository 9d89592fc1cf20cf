package slacksim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// httpApp takes signed requests. answer decides the status and the body.
type httpApp struct {
	*httptest.Server
	reqs chan seen
}

type seen struct {
	header http.Header
	body   []byte
}

func newHTTPApp(t *testing.T, secret func() string, answer func(seen) (int, string)) *httpApp {
	a := &httpApp{reqs: make(chan seen, 100)}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		v, err := slack.NewSecretsVerifier(r.Header, secret())
		if err == nil {
			_, _ = v.Write(b)
			err = v.Ensure()
		}
		if err != nil {
			t.Errorf("the signature is wrong: %v", err)
		}
		x := seen{r.Header, b}
		status, body := answer(x)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		a.reqs <- x
	}))
	t.Cleanup(a.Close)
	return a
}

func TestHTTPEventsAreSignedAndTriedAgain(t *testing.T) {
	t.Parallel()
	status := make(chan int, 10)
	a := newHTTPApp(t, func() string { return "s3cret" }, func(x seen) (int, string) {
		var p struct{ Type, Challenge string }
		if json.Unmarshal(x.body, &p) == nil && p.Type == "url_verification" {
			return 200, p.Challenge
		}
		return <-status, ""
	})
	clock := NewManualClock(time.Now()) // slack-go refuses old timestamps
	cfg := Sample()
	cfg.Clock, cfg.App.RequestURL, cfg.App.SigningSecret = clock, a.URL, "s3cret"
	s := Start(t, cfg)
	if err := s.VerifyURL(); err != nil {
		t.Fatal(err)
	}
	<-a.reqs
	status <- 500
	status <- 500
	status <- 200
	must[string](t)(s.Say("carl", "customer-ltd", "hello", ""))
	first, second := <-a.reqs, <-a.reqs // the first retry comes at once
	wait(t, s, func() bool { return s.retries() == 2 })
	clock.Advance(time.Minute)
	third := <-a.reqs
	if first.header.Get("X-Slack-Retry-Num") != "" || second.header.Get("X-Slack-Retry-Num") != "1" || third.header.Get("X-Slack-Retry-Num") != "2" ||
		third.header.Get("X-Slack-Retry-Reason") != "http_error" || string(first.body) != string(third.body) {
		t.Fatalf("%v %v %v", first.header, second.header, third.header)
	}
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
	if o := postAs(t, s, s.App().AppToken, "apps.connections.open", nil); o["ok"] == true {
		t.Fatal("an HTTP app opened a socket")
	}
}

// retries is the highest number of failed tries among what is pending.
func (s *Server) retries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.pending {
		if e.waiting {
			n = max(n, e.attempt)
		}
	}
	return n
}

func TestHTTPInteractionsAndCommands(t *testing.T) {
	t.Parallel()
	a := newHTTPApp(t, func() string { return "s3cret" }, func(x seen) (int, string) {
		form, _ := url.ParseQuery(string(x.body))
		switch {
		case form.Get("command") != "":
			return 200, "plain words"
		case strings.Contains(form.Get("payload"), `"block_actions"`):
			return 200, ""
		}
		return 200, ""
	})
	cfg := Sample()
	cfg.App.RequestURL, cfg.App.SigningSecret = a.URL, "s3cret"
	s := Start(t, cfg)
	if err := s.Slash("ben", "support-l1", "/tier", "a b"); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(string((<-a.reqs).body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if cmd, err := slack.SlashCommandParse(req); err != nil || cmd.Text != "a b" || cmd.Command != "/tier" {
		t.Fatal(cmd, err)
	}
	if m := s.Messages("support-l1"); len(m) != 1 || m[0].Text != "plain words" || m[0].SeenBy() != "U1BEN" {
		t.Fatalf("%+v", m)
	}
	ts := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "t", "blocks", "["+actions(button("go", "Go"))+"]"), "ts")
	<-a.reqs // its event
	if err := s.Click("ben", "support-l1", ts, "go"); err != nil {
		t.Fatal(err)
	}
	form, _ := url.ParseQuery(string((<-a.reqs).body))
	var cb slack.InteractionCallback
	if err := json.Unmarshal([]byte(form.Get("payload")), &cb); err != nil || cb.ActionCallback.BlockActions[0].ActionID != "go" {
		t.Fatal(cb, err)
	}
	a.Close()
	if err := s.Slash("ben", "support-l1", "/tier", ""); err == nil {
		t.Fatal("a dead app answered")
	}
}
