package slackapp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/internal/peers"
)

func TestEveryPublishedEventIsRead(t *testing.T) {
	t.Parallel()
	corpus := peers.Corpus(t, "slack/payloads")
	files, _ := filepath.Glob(filepath.Join(corpus, "events", "*.json"))
	if len(files) == 0 {
		t.Error("the corpus holds no events")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		ev, err := decodeEvent(b)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		if isMessage := strings.HasPrefix(filepath.Base(f), "Message") && !strings.HasPrefix(filepath.Base(f), "MessageMetadata"); isMessage != (ev.Message != nil) {
			t.Errorf("%s: type %q, message %v", filepath.Base(f), ev.Type, ev.Message != nil)
		}
	}
	for _, f := range []string{"interactive-components/BlockActionPayload.json", "interactive-components/MessageShortcutPayload.json",
		"interactive-components/AttachmentActionPayload.json", "dialogs/DialogSubmissionPayload.json", "dialogs/DialogSuggestionPayload.json",
		"dialogs/DialogCancellationPayload.json", "views/ViewSubmissionPayload.json", "views/ViewClosedPayload.json"} {
		b, err := os.ReadFile(filepath.Join(corpus, "app-backend", f))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeInteraction(b); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestWhatIsAPersonsMessage(t *testing.T) {
	t.Parallel()
	base := Message{User: "U1", TS: "1.2"}
	for name, c := range map[string]struct {
		change func(*Message)
		want   bool
	}{
		"plain":   {func(*Message) {}, true},
		"files":   {func(m *Message) { m.Subtype = "file_share" }, true},
		"bot":     {func(m *Message) { m.Bot = "B1" }, false},
		"bot msg": {func(m *Message) { m.Subtype = "bot_message" }, false},
		"join":    {func(m *Message) { m.Subtype = "channel_join" }, false},
		"edit":    {func(m *Message) { m.Subtype = "message_changed" }, false},
		"nobody":  {func(m *Message) { m.User = "" }, false},
		"hidden":  {func(m *Message) { m.Hidden = true }, false},
	} {
		m := base
		c.change(&m)
		if m.Human() != c.want {
			t.Errorf("%s: %v", name, m.Human())
		}
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC)
	if got := TS(at); got != "1772600767.000008" || !At(got).Equal(at) {
		t.Errorf("TS = %s, At = %v", got, At(got))
	}
	for _, bad := range []string{"", "x", "-1.0", "1.x", "99999999999999999.1"} {
		if !At(bad).IsZero() {
			t.Errorf("At(%q) = %v", bad, At(bad))
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	f.Add([]byte(`{"event_id":"E","event":{"type":"message","channel":"C","user":"U","ts":"1.2","files":[{"id":"F","initial_comment":"x"}]}}`))
	f.Add([]byte(`{"event":{"type":"user_change","user":{"id":"U1"}}}`))
	f.Add([]byte(`{"event":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		ev, err := decodeEvent(b)
		if err == nil && (ev.Type == "" || (ev.Type == "message") != (ev.Message != nil)) {
			t.Errorf("%+v", ev)
		}
	})
}

func FuzzDecodeInteraction(f *testing.F) {
	f.Add([]byte(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"type":"button","action_id":"take","value":"1.2.3"}],"message":{"ts":"1.2","files":[{"initial_comment":"x"}]}}`))
	f.Add([]byte(`{"type":"view_submission","view":{"state":{"values":{"a":{"v":{"type":"plain_text_input","value":"x"}}}}}}`))
	f.Add([]byte(`{"message":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if ic, err := decodeInteraction(b); (ic == nil) == (err == nil) {
			t.Errorf("%v, %v", ic, err)
		}
	})
}

func TestOurOwnMessagesAreKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		self Self
		m    Message
		want bool
	}{
		{Self{User: "U1", Bot: "B1"}, Message{User: "U1"}, true},
		{Self{User: "U1", Bot: "B1"}, Message{Bot: "B1"}, true},
		{Self{User: "U1", Bot: "B1"}, Message{User: "U2", Bot: "B2"}, false},
		{Self{User: "U1"}, Message{Bot: "B2"}, true}, // whose is not told; the metadata decides
		{Self{User: "U1"}, Message{User: "U2", Bot: "B2"}, false},
		{Self{User: "U1", Bot: "B1"}, Message{}, false},
	} {
		if got := c.self.Wrote(c.m); got != c.want {
			t.Errorf("%+v wrote %+v: %v", c.self, c.m, got)
		}
	}
}
