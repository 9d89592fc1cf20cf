package slackapp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/slack-go/slack"

	"tierline/config/secret"
)

const signing = "8f742231b10e8888abcd99yyyzzz85a5"

// httpApp is an App in HTTP mode behind fiber, and a way to send it signed requests.
func httpApp(t *testing.T) (*App, func(path, contentType, body string, change func(map[string]string)) (int, string)) {
	t.Helper()
	now := func() time.Time { return time.Unix(1_700_000_000, 0) }
	a, err := New(Config{Mode: ModeHTTP, BotToken: secret.New("xoxb-1"), SigningSecret: secret.New(signing)}, Deps{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	web := fiber.New()
	a.Mount(web.Group("/slack"))
	return a, func(path, contentType, body string, change func(map[string]string)) (int, string) {
		t.Helper()
		h := map[string]string{"Content-Type": contentType, "X-Slack-Request-Timestamp": strconv.FormatInt(now().Unix(), 10)}
		h["X-Slack-Signature"] = sign(h["X-Slack-Request-Timestamp"], body)
		if change != nil {
			change(h)
		}
		req := httptest.NewRequest("POST", path, strings.NewReader(body))
		for k, v := range h {
			req.Header.Set(k, v)
		}
		resp, err := web.Test(req, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
}

func sign(stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(signing))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

const jsonType, formType = "application/json", "application/x-www-form-urlencoded"

func TestOnlyFreshTrueSignaturesComeIn(t *testing.T) {
	t.Parallel()
	a, send := httpApp(t)
	var handled atomic.Int32
	a.OnEvent("message", func(context.Context, Event) error { handled.Add(1); return nil })
	body := `{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1","user":"U1","ts":"1.2","text":"x"}}`
	old := strconv.FormatInt(1_700_000_000-301, 10)
	for name, c := range map[string]struct {
		change func(map[string]string)
		want   int
	}{
		"true":         {nil, 200},
		"no signature": {func(h map[string]string) { delete(h, "X-Slack-Signature") }, 401},
		"no timestamp": {func(h map[string]string) { delete(h, "X-Slack-Request-Timestamp") }, 401},
		"forged":       {func(h map[string]string) { h["X-Slack-Signature"] = "v0=" + strings.Repeat("0", 64) }, 401},
		"old": {func(h map[string]string) {
			h["X-Slack-Request-Timestamp"], h["X-Slack-Signature"] = old, sign(old, body)
		}, 401},
		"other time":     {func(h map[string]string) { h["X-Slack-Request-Timestamp"] = "1700000001" }, 401},
		"odd timestamp":  {func(h map[string]string) { h["X-Slack-Request-Timestamp"] = "soon" }, 401},
		"upper case hex": {func(h map[string]string) { h["X-Slack-Signature"] = strings.ToUpper(h["X-Slack-Signature"]) }, 401},
	} {
		before := handled.Load()
		got, _ := send("/slack/events", jsonType, body, c.change)
		if got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
		if n := handled.Load() - before; n != 0 && c.want != 200 || n != 1 && c.want == 200 {
			t.Errorf("%s: handled %d times", name, n)
		}
	}
	if got, _ := send("/slack/events", jsonType, strings.Repeat("x", maxRequest+1), nil); got != 413 {
		t.Errorf("a huge body is answered %d", got)
	}
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	a, send := httpApp(t)
	fail := true
	a.OnEvent("message", func(context.Context, Event) error {
		if fail {
			return errors.New("the store is away")
		}
		return nil
	})
	a.OnEvent("app_home_opened", func(context.Context, Event) error { panic("odd") })
	a.OnInteraction(func(_ context.Context, ic *slack.InteractionCallback) any {
		if ic.User.ID != "U1" {
			return nil
		}
		return slack.NewErrorsViewSubmissionResponse(map[string]string{"b": "no"})
	})
	a.OnCommand("/tier", func(_ context.Context, c slack.SlashCommand) Reply { return Reply{Text: "did " + c.Text} })
	if code, body := send("/slack/events", jsonType, `{"type":"url_verification","challenge":"abc"}`, nil); code != 200 || body != "abc" {
		t.Errorf("challenge: %d %q", code, body)
	}
	msg := `{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1","user":"U1","ts":"1.2","text":"x"}}`
	if code, _ := send("/slack/events", jsonType, msg, nil); code != 503 {
		t.Errorf("an event that was not persisted is answered %d", code)
	}
	fail = false
	for body, want := range map[string]int{
		msg: 200, `{`: 400, `{"type":"event_callback","event":{"type":"new_thing"}}`: 200,
		`{"type":"event_callback","event":[1]}`: 200, `{"type":"event_callback","event":{"type":"app_home_opened","user":"U1"}}`: 503,
	} {
		if code, _ := send("/slack/events", jsonType, body, nil); code != want {
			t.Errorf("%.60s: %d, want %d", body, code, want)
		}
	}
	form := func(s string) string { return url.Values{"payload": {s}}.Encode() }
	code, body := send("/slack/interactions", formType, form(`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1"}}`), nil)
	if code != 200 || !strings.Contains(body, `"errors":{"b":"no"}`) {
		t.Errorf("view_submission: %d %q", code, body)
	}
	for p, want := range map[string]int{`{"type":"block_actions","user":{"id":"U2"}}`: 200, `]`: 400} {
		if code, body := send("/slack/events", formType, form(p), nil); code != want || want == 200 && body != "" {
			t.Errorf("%s: %d %q", p, code, body)
		}
	}
	code, body = send("/slack/commands", formType, url.Values{"command": {"/tier"}, "text": {"show T-1"}, "user_id": {"U1"}}.Encode(), nil)
	var reply map[string]any
	if err := json.Unmarshal([]byte(body), &reply); err != nil || code != 200 || reply["text"] != "did show T-1" || reply["response_type"] != "ephemeral" {
		t.Errorf("command: %d %q", code, body)
	}
}
