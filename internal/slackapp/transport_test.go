package slackapp

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tierline/config/secret"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// answering is an app at a server that answers each method as it is told, and the last request that came.
func answering(t *testing.T, answer http.HandlerFunc) (*App, func() (*http.Request, string)) {
	t.Helper()
	var mu sync.Mutex
	var last *http.Request
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		last, body = r, string(b)
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	a, err := New(Config{Mode: ModeHTTP, SigningSecret: secret.New("s"), BotToken: secret.New("xoxb-secret"), APIURL: srv.URL + "/api/"}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return a, func() (*http.Request, string) {
		mu.Lock()
		defer mu.Unlock()
		return last, body
	}
}

// says answers everything so.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// TestTheTokenGoesInTheHeader: of every call, those of slack-go and ours, whatever goes with it.
func TestTheTokenGoesInTheHeader(t *testing.T) {
	t.Parallel()
	a, last := answering(t, says(200, `{"ok":true,"user_id":"U1","ts":"1.1","channel":{"id":"C1"},"messages":[]}`))
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"auth.test":             func() error { _, err := a.Self(ctx, ""); return err },
		"chat.postMessage":      func() error { _, err := a.Post(ctx, Out{Channel: "C1", Text: "a&b=c ü"}); return err },
		"conversations.history": func() error { _, err := a.Read(ctx, Range{Channel: "C1", Limit: 1}, nil); return err },
		"reactions.add":         func() error { return a.React(ctx, "C1", "1.1", "eyes", false) },
	} {
		if err := call(); err != nil && name != "chat.postMessage" { // its answer is another's
			t.Errorf("%s: %v", name, err)
		}
		r, body := last()
		if !strings.HasSuffix(r.URL.Path, name) || r.Header.Get("Authorization") != "Bearer xoxb-secret" || strings.Contains(body, "xoxb") || int(r.ContentLength) != len(body) {
			t.Errorf("%s came as %s with %q, %q", name, r.URL, r.Header.Get("Authorization"), body)
		}
		if form, err := url.ParseQuery(body); name == "chat.postMessage" && (err != nil || form.Get("text") != "a&b=c ü") {
			t.Errorf("the form came as %q", body)
		}
	}
}

// TestRefusalsAreReadWhateverTheirStatus: what a server says counts, be it with 200, as Slack does, or not.
func TestRefusalsAreReadWhateverTheirStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, code string
		status           int
		kind             ticket.Kind
		wait             time.Duration
		header           []string
	}{
		{"a token that is refused", `{"ok":false,"error":"invalid_auth"}`, "invalid_auth", 401, ticket.Transient, tokenWait, nil},
		{"the same in no words", `<html>who are you?`, "invalid_auth", 401, ticket.Transient, tokenWait, nil},
		{"no such method", `{"ok":false,"error":"unknown_method"}`, "unknown_method", 404, ticket.Invalid, 0, nil},
		{"no such channel", `{"ok":false,"error":"channel_not_found"}`, "channel_not_found", 400, ticket.Invalid, 0, nil},
		{"a page", `<html>not found`, "", 404, ticket.Transient, 0, nil},
		{"JSON of somebody else", `{"message":"Not Found"}`, "", 404, ticket.Transient, 0, nil},
		{"ours is the fault, they say", `{"ok":false,"error":"internal_error"}`, "", 500, ticket.Transient, 0, nil},
		{"too fast", `{"ok":false,"error":"ratelimited"}`, "", 429, ticket.Transient, 7 * time.Second, []string{"Retry-After", "7"}},
		{"too fast, until nobody knows", `slow down`, "", 429, ticket.Transient, unsaidWait, nil},
		{"too fast, until a date", ``, "", 429, ticket.Transient, unsaidWait, []string{"Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"}},
	} {
		a, _ := answering(t, says(c.status, c.body, c.header...))
		for what, err := range map[string]error{"slack-go's": a.OpenView(t.Context(), "t", slack.ModalViewRequest{Type: slack.VTModal}), "ours": a.Unfurl(t.Context(), "C1", "1.1", nil)} {
			if ticket.KindOf(err) != c.kind || Code(err) != c.code || ticket.RetryAfter(err) != c.wait {
				t.Errorf("%s, %s: %v (%v), code %q, again in %v", c.name, what, err, ticket.KindOf(err), Code(err), ticket.RetryAfter(err))
			}
		}
	}
}

// TestFilesAreFetchedFromSlackOnly: nobody else is given the token, whatever a message says of where its file is.
func TestFilesAreFetchedFromSlackOnly(t *testing.T) {
	t.Parallel()
	for base, at := range map[string]map[string]bool{
		"https://slack.com/api/": {"https://files.slack.com/x": true, "https://slack.com/x": true, "https://files.slack-gov.com/x": true,
			"http://files.slack.com/x": false, "https://evilslack.com/x": false, "https://files.slack.com.evil.example/x": false,
			"https://slack.com@evil.example/x": false, "https://user@files.slack.com/x": false, "http://127.0.0.1/x": false, "https://a.example/x": false, "": false},
		"http://127.0.0.1:4003/api/":     {"http://127.0.0.1:4003/f": true, "http://localhost:4003/f": true, "http://10.0.0.1/f": false, "https://a.example/f": false},
		"https://slack.proxy.example/a/": {"https://slack.proxy.example/f": true, "http://slack.proxy.example/f": false, "http://localhost/f": false},
	} {
		a := &App{base: base}
		for file, want := range at {
			u, err := url.Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			if a.ours(u) != want {
				t.Errorf("at %s a file of %s: %v", base, file, !want)
			}
		}
	}
}

// TestWhereAFileGoesIsNotGivenTheToken: the address that Slack gives for it lets it in.
func TestWhereAFileGoesIsNotGivenTheToken(t *testing.T) {
	t.Parallel()
	var there *http.Request
	var got string
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		there, got = r, string(b)
	}))
	t.Cleanup(store.Close)
	a, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		says(200, `{"ok":true,"upload_url":"`+store.URL+`/up","file_id":"F1","files":[{"id":"F1"}]}`)(w, r)
	})
	if err := a.Upload(t.Context(), "C1", "1.1", "a.txt", "A", 5, strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	if got != "hello" || there.Header.Get("Authorization") != "" || there.ContentLength != 5 || there.Method != http.MethodPost {
		t.Errorf("%q came as %+v", got, there)
	}
}

// TestChannelsThatAreNotListed: they are named by their ids, and who reads the log is told so.
func TestChannelsThatAreNotListed(t *testing.T) {
	t.Parallel()
	sim := slacksim.Start(t, slacksim.Config{Frugal: slacksim.Frugal{On: true, Without: []string{"conversations.list", "conversations.open", "conversations.history"}}})
	log := &syncBuffer{}
	a, err := New(Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: sim.APIURL()}, Deps{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Channel(t.Context(), "#support"); ticket.KindOf(err) != ticket.Invalid || !strings.Contains(ticket.Explain(err), "by its id") {
		t.Error(err)
	}
	for _, id := range []string{"C0L1", "C_SUPPORT"} { // other servers have ids of other kinds
		if got, err := a.Channel(t.Context(), id); got != id || err != nil {
			t.Error(got, err)
		}
	}
	if dm, err := a.OpenDM(t.Context(), "U1"); dm != "U1" || err != nil {
		t.Error(dm, err)
	}
	for range 2 {
		if more, err := a.Read(t.Context(), Range{Channel: "C0L1", Limit: 10}, func(Message) bool { return true }); more || err != nil {
			t.Error(more, err)
		}
	}
	if n := strings.Count(log.String(), "method=conversations.history"); n != 1 {
		t.Errorf("that there is no history is said %d times", n)
	}
}

// TestAClockThatIsWrongIsSaid: in HTTP mode all that Slack sends would be refused, and nobody would know why.
func TestAClockThatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	off := time.Duration(0)
	a, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-off).UTC().Format(http.TimeFormat))
		says(200, `{"ok":true,"user_id":"U1"}`)(w, r)
	})
	a.setState(true, "")
	for _, c := range []struct {
		off  time.Duration
		said string
	}{{0, ""}, {10 * time.Minute, "machine is 10m"}, {time.Minute, ""}, {-time.Hour, "machine is -"}, {0, ""}} {
		off = c.off
		a.heardTime(time.Now().Add(-off))
		if err := a.Ready(); (err == nil) != (c.said == "") || err != nil && !strings.Contains(err.Error(), c.said) {
			t.Errorf("%v: %v", c.off, err)
		}
	}
	off = 10 * time.Minute
	if _, err := a.Self(t.Context(), ""); err != nil || a.Ready() == nil {
		t.Error("the time of an answer is not looked at", err)
	}
}
