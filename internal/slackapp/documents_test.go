package slackapp

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack"

	"tierline/config/secret"
	"tierline/internal/peers"
	"tierline/ticket"
)

// calls make each call of the Web API once, with all that it may take along.
func calls(a *App) map[string]func(context.Context) error {
	out := Out{Channel: "C0L1", Thread: "1.1", Text: "hello", Type: "t", Payload: map[string]any{"ticket": "T-1"}, Name: "Anna", Image: "https://a.example/a.png",
		Blocks: []slack.Block{slack.NewDividerBlock()}}
	modal := slack.ModalViewRequest{Type: slack.VTModal, Blocks: slack.Blocks{BlockSet: out.Blocks}}
	all := func(Message) bool { return true }
	return map[string]func(context.Context) error{
		"auth.test":          func(ctx context.Context) error { _, err := a.Self(ctx, ""); return err },
		"chat.postMessage":   func(ctx context.Context) error { _, err := a.Post(ctx, out); return err },
		"chat.update":        func(ctx context.Context) error { return a.Update(ctx, "1.1", out) },
		"chat.delete":        func(ctx context.Context) error { return a.Delete(ctx, "C0L1", "1.1") },
		"chat.postEphemeral": func(ctx context.Context) error { return a.Ephemeral(ctx, "C0L1", "U1", "1.1", "psst") },
		"chat.unfurl": func(ctx context.Context) error {
			return a.Unfurl(ctx, "C0L1", "1.1", map[string][]slack.Block{"https://a.example": out.Blocks})
		},
		"views.open":           func(ctx context.Context) error { return a.OpenView(ctx, "t", modal) },
		"views.push":           func(ctx context.Context) error { return a.PushView(ctx, "t", modal) },
		"views.update":         func(ctx context.Context) error { return a.UpdateView(ctx, "V1", "h", modal) },
		"views.publish":        func(ctx context.Context) error { return a.PublishHome(ctx, "U1", "m", out.Blocks) },
		"conversations.invite": func(ctx context.Context) error { return a.Invite(ctx, "C0L1", "U1") },
		"conversations.open":   func(ctx context.Context) error { _, err := a.OpenDM(ctx, "U1"); return err },
		"conversations.list":   func(ctx context.Context) error { _, err := a.Channel(ctx, "x"); return err },
		"conversations.history": func(ctx context.Context) error {
			_, err := a.Read(ctx, Range{Channel: "C0L1", Oldest: "1.1", Latest: "2.1", Limit: 10}, all)
			return err
		},
		"conversations.replies": func(ctx context.Context) error {
			_, err := a.Read(ctx, Range{Channel: "C0L1", Thread: "1.1", Limit: 10}, all)
			return err
		},
		"reactions.add":         func(ctx context.Context) error { return a.React(ctx, "C0L1", "1.1", "eyes", false) },
		"reactions.remove":      func(ctx context.Context) error { return a.React(ctx, "C0L1", "1.1", "eyes", true) },
		"users.info":            func(ctx context.Context) error { _, err := a.User(ctx, "U1"); return err },
		"users.lookupByEmail":   func(ctx context.Context) error { _, err := a.UserByEmail(ctx, "a@support.example"); return err },
		"users.getPresence":     func(ctx context.Context) error { _, err := a.Active(ctx, "U1"); return err },
		"dnd.teamInfo":          func(ctx context.Context) error { _, err := a.Undisturbed(ctx, []string{"U1", "U2"}); return err },
		"team.info":             func(ctx context.Context) error { _ = a.TeamName(ctx, "C0L1", "T9"); return nil },
		"usergroups.list":       func(ctx context.Context) error { _, err := a.Groups(ctx, []string{"x"}, []string{""}); return err },
		"usergroups.users.list": func(ctx context.Context) error { _, err := a.Groups(ctx, []string{"x"}, []string{""}); return err },
		"files.getUploadURLExternal": func(ctx context.Context) error {
			return a.Upload(ctx, "C0L1", "1.1", "a.txt", "A", 1, strings.NewReader("a"))
		},
		"files.completeUploadExternal": func(ctx context.Context) error {
			return a.Upload(ctx, "C0L1", "1.1", "a.txt", "A", 1, strings.NewReader("a"))
		},
	}
}

// lately are arguments, and methods that take them, which Slack's pages name and the specification, which is older, does not.
var lately = map[string][]string{
	"chat.postMessage": {"metadata"}, "chat.update": {"metadata"}, "conversations.history": {"include_all_metadata"}, "conversations.replies": {"include_all_metadata"},
	"users.info": {"include_locale"}, "chat.unfurl": {"unfurls"}, "conversations.open": {"prevent_creation"}, "usergroups.list": {"team_id"}, "team.info": {"team"},
	"chat.postEphemeral": {"icon_emoji"},
}

// TestCallsAreThoseOfTheSpecification: each gives what is required, and nothing that Slack would not know.
func TestCallsAreThoseOfTheSpecification(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(peers.Corpus(t, "slack/openapi"), "slack_web_openapi_v2.json"))
	if err != nil {
		t.Fatal(err)
	}
	type argument struct {
		Name, In, Type string
		Required       bool
	}
	var spec struct {
		Paths map[string]map[string]struct{ Parameters []argument }
	}
	if err := json.Unmarshal(b, &spec); err != nil {
		t.Fatal(err)
	}
	got := observed(t, func(string) string {
		return `{"ok":true,"user_id":"U1","ts":"1.1","channel":{"id":"C1"},"upload_url":"","presence":"away","usergroups":[{"id":"x"}]}`
	})
	for _, m := range called(t) {
		if got[m] == nil && m != "auth.teams.list" {
			t.Errorf("%s was not called", m)
		}
		var args []argument
		for _, op := range spec.Paths["/"+m] {
			args = op.Parameters
		}
		if args == nil {
			continue // younger than the specification
		}
		for name, values := range got[m] {
			i := slices.IndexFunc(args, func(a argument) bool { return a.Name == name })
			if i < 0 {
				if !slices.Contains(lately[m], name) {
					t.Errorf("%s does not take %s", m, name)
				}
				continue
			}
			if _, err := strconv.Atoi(values[0]); args[i].Type == "integer" && err != nil {
				t.Errorf("%s: %s is no number: %q", m, name, values[0])
			}
			if _, err := strconv.ParseBool(values[0]); args[i].Type == "boolean" && err != nil {
				t.Errorf("%s: %s is neither true nor false: %q", m, name, values[0])
			}
		}
		for _, a := range args {
			if a.Required && a.Name != "token" && got[m].Get(a.Name) == "" {
				t.Errorf("%s is called without %s", m, a.Name)
			}
		}
	}
}

// observed are the arguments with which each method is called, at a server that answers so.
func observed(t *testing.T, answer func(method string) string) map[string]url.Values {
	t.Helper()
	var mu sync.Mutex
	got := map[string]url.Values{}
	var self *httptest.Server
	self = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, args := path.Base(r.URL.Path), r.URL.Query()
		b, _ := io.ReadAll(r.Body)
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			var o map[string]any
			_ = json.Unmarshal(b, &o)
			for k, v := range o {
				if s, ok := v.(string); ok {
					args.Set(k, s)
				} else {
					s, _ := json.Marshal(v)
					args.Set(k, string(s))
				}
			}
		} else if form, err := url.ParseQuery(string(b)); err == nil {
			for k, v := range form {
				args[k] = v
			}
		}
		mu.Lock()
		got[method] = args
		mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer xoxb-1" && method != "up" {
			t.Errorf("%s came without the token in its header", method)
		}
		w.Header().Set("Content-Type", "application/json")
		body := strings.ReplaceAll(answer(method), `"upload_url":""`, `"upload_url":"`+self.URL+`/up"`)
		if method == "chat.postMessage" || method == "chat.update" || method == "chat.delete" || method == "chat.postEphemeral" {
			body = strings.ReplaceAll(body, `"channel":{"id":"C1"}`, `"channel":"C1","message_ts":"1.1"`)
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(self.Close)
	a, err := New(Config{Mode: ModeHTTP, SigningSecret: secret.New("s"), BotToken: secret.New("xoxb-1"), APIURL: self.URL + "/api/"}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for m, call := range calls(a) {
		if err := call(t.Context()); err != nil && ticket.KindOf(err) != ticket.Invalid && ticket.KindOf(err) != ticket.NotFound {
			t.Errorf("%s: %v", m, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return got
}

// TestEverySampleOfAnAnswerIsRead: Slack's own, whose values are blanked.
func TestEverySampleOfAnAnswerIsRead(t *testing.T) {
	t.Parallel()
	corpus := peers.Corpus(t, "slack/payloads")
	read := 0
	observed(t, func(method string) string {
		b, err := os.ReadFile(filepath.Join(corpus, "api", method+".json"))
		if err != nil {
			return `{"ok":true,"user_id":"U1","ts":"1.1","channel":{"id":"C1"},"presence":"away"}`
		}
		var o map[string]any
		if err := json.Unmarshal(b, &o); err != nil {
			t.Error(method, err)
		}
		o["ok"] = true
		for _, k := range []string{"error", "needed", "provided", "warning"} {
			delete(o, k)
		}
		switch method {
		case "users.getPresence":
			o["presence"] = "away"
		case "files.getUploadURLExternal":
			o["upload_url"] = ""
		}
		if m, ok := o["response_metadata"].(map[string]any); ok {
			m["next_cursor"] = ""
		}
		read++
		b, _ = json.Marshal(o)
		return string(b)
	})
	if read < 15 {
		t.Errorf("only %d samples were read", read)
	}
}
