package slacksim

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestTokensAndScopes(t *testing.T) {
	t.Parallel()
	cfg := Sample()
	cfg.App.Scopes = []string{"chat:write", "channels:read", "users:read"}
	s := Start(t, cfg)
	a := s.App()
	for _, c := range []struct{ token, method, want string }{
		{"", "auth.test", "not_authed"}, {"xoxb-wrong", "auth.test", "invalid_auth"},
		{a.AppToken, "auth.test", "not_allowed_token_type"}, {a.BotToken, "apps.connections.open", "not_allowed_token_type"},
		{a.BotToken, "chat.scheduleMessage", "unknown_method"}, {a.BotToken, "reactions.add", "missing_scope"},
		{a.BotToken, "users.lookupByEmail", "missing_scope"},
	} {
		if o := postAs(t, s, c.token, c.method, nil); o["error"] != c.want {
			t.Errorf("%s: got %v, want %s", c.method, o, c.want)
		}
	}
	o := post(t, s, "conversations.list", form("types", "private_channel"))
	if o["error"] != "missing_scope" || o["needed"] != "groups:read" || o["provided"] != "chat:write,channels:read,users:read" {
		t.Errorf("%v", o)
	}
	if u := object(ok(t, s, "users.info", "user", "U1ANNA"), "user"); object(u, "profile")["email"] != nil {
		t.Error("an address was given without users:read.email")
	}
	if o := post(t, s, "chat.postMessage", form("channel", "C0GENERAL", "text", "x")); o["error"] != "not_in_channel" {
		t.Errorf("%v", o)
	}
	s.RevokeToken("token_revoked")
	if o := post(t, s, "auth.test", nil); o["error"] != "token_revoked" {
		t.Errorf("%v", o)
	}
}

func TestWhatSlackRefuses(t *testing.T) {
	t.Parallel()
	cfg := Sample()
	cfg.Channels = append(cfg.Channels, Channel{ID: "C0OLD", Name: "old", Archived: true, Members: []string{"@app"}})
	s := Start(t, cfg)
	mine := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "x"), "ts")
	theirs := must[string](t)(s.Say("anna", "support-l1", "hi", ""))
	long := strings.Repeat("x", maxText+1)
	for _, c := range []struct {
		want, method string
		args         url.Values
	}{
		{"channel_not_found", "chat.postMessage", form("channel", "C404", "text", "x")},
		{"channel_not_found", "chat.postMessage", form("channel", "C0PRIV", "text", "x")},
		{"is_archived", "chat.postMessage", form("channel", "C0OLD", "text", "x")},
		{"no_text", "chat.postMessage", form("channel", "C0L1")},
		{"msg_too_long", "chat.postMessage", form("channel", "C0L1", "text", long)},
		{"thread_not_found", "chat.postMessage", form("channel", "C0L1", "text", "x", "thread_ts", "1.2")},
		{"invalid_metadata_format", "chat.postMessage", form("channel", "C0L1", "text", "x", "metadata", `{"event_type":"a"}`)},
		{"msg_too_long", "chat.update", form("channel", "C0L1", "ts", mine, "text", long[:maxUpdateText+1])},
		{"message_not_found", "chat.update", form("channel", "C0L1", "ts", "1.2", "text", "x")},
		{"cant_update_message", "chat.update", form("channel", "C0L1", "ts", theirs, "text", "x")},
		{"cant_delete_message", "chat.delete", form("channel", "C0L1", "ts", theirs)},
		{"user_not_in_channel", "chat.postEphemeral", form("channel", "C0L1", "user", "U2DEV", "text", "x")},
		{"thread_not_found", "conversations.replies", form("channel", "C0L1", "ts", "1.2")},
		{"not_in_channel", "conversations.history", form("channel", "C0GENERAL")},
		{"invalid_cursor", "conversations.history", form("channel", "C0L1", "cursor", "junk")},
		{"invalid_limit", "conversations.history", form("channel", "C0L1", "limit", "-1")},
		{"invalid_types", "conversations.list", form("types", "channels")},
		{"user_not_found", "conversations.open", form("users", "U404")},
		{"cannot_dm_bot", "conversations.open", form("users", "U0TIERLINE")},
		{"name_taken", "conversations.create", form("name", "general")},
		{"invalid_name_specials", "conversations.create", form("name", "Not A Name")},
		{"method_not_supported_for_channel_type", "conversations.join", form("channel", dm(t, s))},
		{"users_not_found", "users.lookupByEmail", form("email", "nobody@x.example")},
		{"user_not_found", "views.publish", form("user_id", "U404", "view", `{"type":"home","blocks":[]}`)},
		{"invalid_name", "reactions.add", form("channel", "C0L1", "timestamp", mine, "name", "no such")},
		{"no_reaction", "reactions.remove", form("channel", "C0L1", "timestamp", mine, "name", "eyes")},
		{"no_pin", "pins.remove", form("channel", "C0L1", "timestamp", mine)},
		{"invalid_link", "bookmarks.add", form("channel_id", "C0L1", "title", "t", "type", "link", "link", "nowhere")},
		{"file_not_found", "files.completeUploadExternal", form("files", `[{"id":"F404"}]`)},
		{"bot_not_found", "bots.info", form("bot", "B404")},
		{"cannot_unfurl_url", "chat.unfurl", form("channel", "C0L1", "ts", theirs, "unfurls", `{"https://a.example":{"text":"x"}}`)},
	} {
		if o := post(t, s, c.method, c.args); o["error"] != c.want {
			t.Errorf("%s: got %v, want %s", c.method, o, c.want)
		}
	}
	ok(t, s, "reactions.add", "channel", "C0L1", "timestamp", mine, "name", "eyes")
	if o := post(t, s, "reactions.add", form("channel", "C0L1", "timestamp", mine, "name", "eyes")); o["error"] != "already_reacted" {
		t.Errorf("%v", o)
	}
}

func dm(t *testing.T, s *Server) string {
	return text(object(ok(t, s, "conversations.open", "users", "U1ANNA"), "channel"), "id")
}

func TestPagingAndThreads(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	api := client(s)
	root := must[string](t)(s.Say("carl", "customer-ltd", "root", ""))
	for i := range 7 {
		must[string](t)(s.Say("carl", "customer-ltd", "m"+itoa(i), ""))
		must[string](t)(s.Say("dora", "customer-ltd", "r"+itoa(i), root))
	}
	var texts []string
	p := &slack.GetConversationHistoryParameters{ChannelID: "C0CUST", Limit: 3}
	for {
		res, err := api.GetConversationHistory(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range res.Messages {
			texts = append(texts, m.Text)
		}
		if !res.HasMore {
			break
		}
		p.Cursor = res.ResponseMetaData.NextCursor
	}
	if got := strings.Join(texts, " "); got != "m6 m5 m4 m3 m2 m1 m0 root" {
		t.Errorf("history: %s", got)
	}
	replies, more, cursor, err := api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: "C0CUST", Timestamp: root, Limit: 5})
	if err != nil || !more || cursor == "" || len(replies) != 5 || replies[0].ReplyCount != 7 || replies[0].Text != "root" {
		t.Errorf("%+v %v %q %v", replies, more, cursor, err)
	}
	// a reply to a reply goes to the root
	if _, _, err := api.PostMessage("C0CUST", slack.MsgOptionText("deep", false), slack.MsgOptionTS(replies[2].Timestamp)); err != nil {
		t.Fatal(err)
	}
	if all := s.Replies("customer-ltd", root); len(all) != 8 || all[7].ThreadTS != root || all[7].ParentUserID != "U9CARL" {
		t.Errorf("%+v", all)
	}
	if err := s.Delete("carl", "customer-ltd", root); err != nil {
		t.Fatal(err)
	}
	if all := s.Replies("customer-ltd", root); len(all) != 8 {
		t.Error("the replies went with their root")
	}
}

func TestFilesGoThereAndBack(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	api := client(s)
	_, err := api.UploadFile(slack.UploadFileParameters{Filename: "räume.txt", FileSize: 5, Reader: strings.NewReader("hello"), Title: "Rooms", Channel: "C0L1", InitialComment: "see"})
	if err != nil {
		t.Fatal(err)
	}
	msgs := s.Messages("support-l1")
	if len(msgs) != 1 || msgs[0].Text != "see" || len(msgs[0].Files) != 1 {
		t.Fatalf("%+v", msgs)
	}
	ts := must[string](t)(s.SayWith("carl", "customer-ltd", "", "", Upload{Name: "a.png", Data: []byte("png")}))
	m, _ := s.Message("customer-ltd", ts)
	var got bytes.Buffer
	if err := api.GetFile(text(m.Files[0], "url_private_download"), &got); err != nil || got.String() != "png" {
		t.Fatal(err, got.String())
	}
	info, _, _, err := api.GetFileInfo(text(m.Files[0], "id"), 0, 0)
	if err != nil || info.Mimetype != "image/png" || info.User != "U9CARL" {
		t.Fatal(info, err)
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(text(m.Files[0], "url_private"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusFound {
		t.Error("a private file was given without a token", res.Status)
	}
}

func TestMessagesOfTheAppAreChangedInPlace(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	got := record(t, s)
	o := ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "one", "blocks", "["+section("one")+"]", "metadata", `{"event_type":"card","event_payload":{"rev":1}}`)
	ts := text(o, "ts")
	ok(t, s, "chat.update", "channel", "C0L1", "ts", ts, "text", "two", "blocks", "["+section("two")+"]", "metadata", `{"event_type":"card","event_payload":{"rev":2}}`)
	m, _ := s.Message("support-l1", ts)
	if m.Text != "two" || m.PlainText() != "two" || object(m.Metadata, "event_payload")["rev"] != float64(2) || m.Edited != nil {
		t.Fatalf("%+v", m)
	}
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
	ev := object(got.last("message/message_changed"), "event")
	if text(object(ev, "message"), "text") != "two" || text(object(ev, "previous_message"), "text") != "one" || ev["channel"] != "C0L1" {
		t.Fatalf("%v", ev)
	}
	ok(t, s, "chat.update", "channel", "C0L1", "ts", ts, "text", "three")
	if m, _ := s.Message("support-l1", ts); m.PlainText() != "three" || m.Blocks != nil || m.Edited == nil || m.Metadata == nil {
		t.Fatalf("%+v", m)
	}
	if o := ok(t, s, "conversations.history", "channel", "C0L1"); list(o, "messages")[0]["metadata"] != nil {
		t.Error("metadata was given unasked")
	}
	ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "as", "username", "Anna via desk", "icon_emoji", ":wave:")
	if m := s.Messages("support-l1")[1]; m.Subtype != "bot_message" || m.User != "" || m.Username != "Anna via desk" {
		t.Errorf("%+v", m)
	}
	ok(t, s, "chat.postMessage", "channel", "U1ANNA", "text", "direct")
	d := must[string](t)(s.DM("anna", "@app"))
	if m := s.Messages(d); len(m) != 1 || m[0].Text != "direct" {
		t.Errorf("%+v", m)
	}
}
