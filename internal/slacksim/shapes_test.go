package slacksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"tierline/internal/peers"
)

// sample is one of Slack's payload samples, whose values are blanked.
func sample(t *testing.T, path string) Object {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(peers.Corpus(t, "slack/payloads"), path))
	if err != nil {
		t.Fatal(err)
	}
	var o Object
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// opaque are fields whose inside is the app's own, or differs with every sample.
var opaque = []string{"blocks", "state", "metadata", "attachments", "args", "elements", "actions", "files", "icons", "view", "message", "previous_message", "prefs", "bot_profile"}

// jsonType is the JSON type of a value: "" for null, which stands for any.
func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return ""
	case map[string]any:
		return "object"
	case []any:
		return "array"
	}
	return fmt.Sprintf("%T", v)
}

// strange lists the fields of ours that Slack's sample does not have, or has with another JSON type.
func strange(path string, ours, theirs any) []string {
	if a, b := jsonType(ours), jsonType(theirs); a != b && a != "" && b != "" {
		return []string{path + " (" + a + ", not " + b + ")"}
	}
	switch o := ours.(type) {
	case map[string]any:
		th, ok := theirs.(map[string]any)
		if !ok {
			return nil
		}
		var out []string
		for k, v := range o {
			w, ok := th[k]
			if !ok {
				out = append(out, path+"."+k)
			} else if !slices.Contains(opaque, k) {
				out = append(out, strange(path+"."+k, v, w)...)
			}
		}
		sort.Strings(out)
		return out
	case []any:
		th, ok := theirs.([]any)
		if !ok || len(th) == 0 {
			return nil
		}
		all := Object{}
		for _, x := range th {
			if m, ok := x.(map[string]any); ok {
				for k, v := range m {
					all[k] = v
				}
			}
		}
		if len(all) == 0 {
			return nil
		}
		var out []string
		for _, x := range o {
			out = append(out, strange(path+"[]", x, all)...)
		}
		return slices.Compact(out)
	}
	return nil
}

// post calls a method with a form and gives the answer as JSON.
func post(t *testing.T, s *Server, method string, args url.Values) Object {
	t.Helper()
	token := s.App().BotToken
	if method == "apps.connections.open" {
		token = s.App().AppToken
	}
	return postAs(t, s, token, method, args)
}

func postAs(t *testing.T, s *Server, token, method string, args url.Values) Object {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.APIURL()+method, strings.NewReader(args.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var o Object
	if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	o["_status"], o["_retry"] = float64(res.StatusCode), res.Header.Get("Retry-After")
	return o
}

func form(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return v
}

// ok calls a method that must succeed.
func ok(t *testing.T, s *Server, method string, kv ...string) Object {
	t.Helper()
	o := post(t, s, method, form(kv...))
	if o["ok"] != true {
		t.Fatalf("%s: %v", method, o)
	}
	delete(o, "_status")
	delete(o, "_retry")
	return o
}

// upload puts a file into C0L1 and gives its id.
func upload(t *testing.T, s *Server, name, content string) string {
	t.Helper()
	o := ok(t, s, "files.getUploadURLExternal", "filename", name, "length", itoa(len(content)))
	res, err := http.Post(o["upload_url"].(string), "application/octet-stream", strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	return o["file_id"].(string)
}

func TestAnswersHaveTheShapesOfSlacks(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	ts := ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "root")["ts"].(string)
	file := upload(t, s, "notes.txt", "hello")
	compared := map[string]bool{}
	for _, c := range []struct {
		method string
		args   []string
	}{
		{"apps.connections.open", nil}, {"auth.test", nil}, {"team.info", nil}, {"bots.info", []string{"bot", "B0TIERLINE"}},
		{"chat.getPermalink", []string{"channel", "C0L1", "message_ts", ts}},
		{"chat.postEphemeral", []string{"channel", "C0L1", "user", "U1ANNA", "text", "psst"}},
		{"conversations.list", []string{"types", "public_channel,private_channel,im"}},
		{"conversations.info", []string{"channel", "C0L1", "include_num_members", "true"}},
		{"conversations.members", []string{"channel", "C0L1"}},
		{"conversations.create", []string{"name", "new"}},
		{"conversations.invite", []string{"channel", "C0L1", "users", "U2DEV"}},
		{"conversations.join", []string{"channel", "C0GENERAL"}},
		{"conversations.mark", []string{"channel", "C0L1", "ts", ts}},
		{"conversations.archive", []string{"channel", "C0L2"}},
		{"users.info", []string{"user", "U1ANNA", "include_locale", "true"}}, {"users.list", []string{"limit", "2"}},
		{"users.lookupByEmail", []string{"email", "anna@support.example"}},
		{"users.getPresence", []string{"user", "U1ANNA"}}, {"users.setPresence", []string{"presence", "auto"}},
		{"users.conversations", []string{"user", "U1ANNA"}},
		{"usergroups.list", []string{"include_users", "true"}}, {"usergroups.users.list", []string{"usergroup", "S0L2"}},
		{"files.getUploadURLExternal", []string{"filename", "a.txt", "length", "3"}},
		{"files.completeUploadExternal", []string{"files", `[{"id":"` + file + `","title":"Notes"}]`, "channel_id", "C0L1", "initial_comment", "see"}},
		{"files.info", []string{"file", file}},
		{"reactions.add", []string{"channel", "C0L1", "timestamp", ts, "name", "eyes"}},
		{"reactions.remove", []string{"channel", "C0L1", "timestamp", ts, "name", "eyes"}},
		{"pins.add", []string{"channel", "C0L1", "timestamp", ts}}, {"pins.list", []string{"channel", "C0L1"}},
		{"pins.remove", []string{"channel", "C0L1", "timestamp", ts}},
		{"bookmarks.add", []string{"channel_id", "C0L1", "title", "Board", "type", "link", "link", "https://a.example/"}},
		{"bookmarks.list", []string{"channel_id", "C0L1"}},
		{"views.publish", []string{"user_id", "U1ANNA", "view", `{"type":"home","blocks":[{"type":"divider"}]}`}},
		{"chat.delete", []string{"channel", "C0L1", "ts", ts}},
	} {
		compared[c.method] = true
		got := ok(t, s, c.method, c.args...)
		for _, f := range strange(c.method, got, sample(t, "api/"+c.method+".json")) {
			if c.method != "pins.list" { // whose sample is of a pinned file
				t.Errorf("%s is not in Slack's sample", f)
			}
		}
		if c.method == "views.publish" {
			if f := strange("view", got["view"], sample(t, "api/views.publish.json")["view"]); f != nil {
				t.Error(f)
			}
		}
	}
	for name := range s.methods {
		_, err := os.Stat(filepath.Join(peers.Corpus(t, "slack/payloads"), "api", name+".json"))
		if why := uncompared[name]; compared[name] == (why != "") {
			t.Errorf("%s (sample: %v): compare its answer above, or say why not in uncompared; not both", name, err == nil)
		} else if why == noSample && err == nil {
			t.Errorf("%s has a sample: compare it", name)
		}
	}
}

const noSample = "there is no sample of it"

// uncompared are the methods whose answers are not held against a sample here, and why.
var uncompared = map[string]string{
	"api.test":              noSample,
	"auth.revoke":           noSample,
	"auth.teams.list":       noSample,
	"apps.uninstall":        noSample,
	"chat.postMessage":      noSample,
	"chat.update":           noSample,
	"conversations.history": noSample,
	"conversations.open":    noSample,
	"conversations.replies": noSample,
	"dnd.teamInfo":          noSample,
	"oauth.v2.access":       noSample,
	"reactions.get":         noSample,
	"chat.unfurl":           "it answers ok alone",
	"views.open":            "its view is made as that of views.publish, which is compared",
	"views.push":            "as views.open",
	"views.update":          "as views.open",
}

func TestPayloadsHaveTheShapesOfSlacks(t *testing.T) {
	t.Parallel()
	cfg := Sample()
	cfg.App.Shortcuts = []Shortcut{{CallbackID: "new", Name: "New ticket", Type: "global"}, {CallbackID: "from", Name: "Make a ticket", Type: "message"}}
	s := Start(t, cfg)
	got := record(t, s)

	ts := must[string](t)(s.Say("anna", "support-l1", "hello <@U0TIERLINE>", ""))
	check(t, s, s.React("anna", "support-l1", ts, "eyes"))
	check(t, s, s.Edit("anna", "support-l1", ts, "hello again"))
	check(t, s, s.Invite("anna", "support-l1", "dev"))
	must[*View](t)(s.OpenHome("anna"))
	must[string](t)(s.SayWith("anna", "support-l1", "a file", "", Upload{Name: "a.txt", Data: []byte("x")}))
	card := ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "card", "blocks",
		`[{"type":"actions","elements":[{"type":"button","action_id":"go","text":{"type":"plain_text","text":"Go"}}]}]`)["ts"].(string)
	check(t, s, s.Click("anna", "support-l1", card, "go"))
	check(t, s, s.Slash("anna", "support-l1", "/tier", "x"))
	check(t, s, s.Shortcut("anna", "new", "", ""))
	trigger := got.last("shortcut")["trigger_id"].(string)
	ok(t, s, "views.open", "trigger_id", trigger, "view", `{"type":"modal","notify_on_close":true,"title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},
		"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"a"}}]}`)
	v := s.View("anna").ID
	must[Answer](t)(s.Submit("anna", v, map[string]any{"a": "x"}))
	check(t, s, s.Shortcut("anna", "from", "support-l1", card))
	ok(t, s, "views.open", "trigger_id", got.last("message_action")["trigger_id"].(string), "view",
		`{"type":"modal","notify_on_close":true,"title":{"type":"plain_text","text":"T"},"blocks":[{"type":"divider"}]}`)
	check(t, s, s.CloseView("anna", s.View("anna").ID, false))
	check(t, s, s.Delete("anna", "support-l1", ts))
	check(t, s, s.Archive("anna", "support-l1"))
	check(t, s, s.Unarchive("anna", "support-l1"))
	check(t, s, s.Rename("anna", "support-l1", "helpdesk"))
	check(t, s, s.Deactivate("dev"))
	check(t, s, s.Kick("anna", "helpdesk"))
	s.SetUserGroup("level2", "chloe", "anna")
	s.Uninstall()
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })

	for kind, file := range map[string]string{
		"message": "events/MessagePayload.json", "app_mention": "events/AppMentionPayload.json", "message/file_share": "events/MessageFileSharePayload.json",
		"message/message_changed": "events/MessageChangedPayload.json", "message/message_deleted": "events/MessageDeletedPayload.json",
		"reaction_added": "events/ReactionAddedPayload.json", "member_joined_channel": "events/MemberJoinedChannelPayload.json",
		"message/channel_join":    "events/MessageChannelJoinPayload.json",
		"subteam_members_changed": "events/SubteamMembersChangedPayload.json", "subteam_updated": "events/SubteamUpdatedPayload.json",
		"app_home_opened": "events/AppHomeOpenedPayload.json", "channel_archive": "events/ChannelArchivePayload.json",
		"channel_unarchive": "events/ChannelUnarchivePayload.json", "channel_rename": "events/ChannelRenamePayload.json",
		"channel_left": "events/ChannelLeftPayload.json", "user_change": "events/UserChangePayload.json",
		"app_uninstalled": "events/AppUninstalledPayload.json", "tokens_revoked": "events/TokensRevokedPayload.json",
		"block_actions": "app-backend/interactive-components/BlockActionPayload.json", "message_action": "app-backend/interactive-components/MessageShortcutPayload.json",
		"view_submission": "app-backend/views/ViewSubmissionPayload.json", "view_closed": "app-backend/views/ViewClosedPayload.json",
		"command": "app-backend/slash-commands/SlashCommandPayload.json",
	} {
		p := got.last(kind)
		if p == nil {
			t.Errorf("no %s came", kind)
			continue
		}
		th := sample(t, file)
		for _, f := range strange(kind, p, th) {
			if field, _, other := strings.Cut(f, " ("); other && slices.Contains(otherType, field) {
				continue
			}
			if !slices.Contains(alsoSent, f[strings.LastIndex(f, ".")+1:]) {
				t.Errorf("%s is not in Slack's sample", f)
			}
		}
	}
}

// otherType are fields that the samples, made from an SDK's classes, have with another type than Slack sends: a command
// is a form, whose values are all strings, and Slack's page of the event writes the counts as strings
// (https://docs.slack.dev/reference/events/subteam_members_changed).
var otherType = []string{"command.is_enterprise_install", "subteam_members_changed.event.added_users_count",
	"subteam_members_changed.event.removed_users_count"}

// alsoSent are fields that Slack sends today and that the samples, which are older or shared by
// several kinds, lack.
var alsoSent = []string{"context_team_id", "context_enterprise_id", "event_ts", "team", "upload", "user_id", "is_enterprise_install",
	"enterprise", "response_urls", "action_ts", "channel_type", "parent_user_id", "inviter", "app_id", "ts"}
