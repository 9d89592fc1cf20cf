package slackapp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const corpus = "../../../shared/corpora/slack/payloads"

func TestEveryPublishedEventIsRead(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(corpus, "events", "*.json"))
	if len(files) == 0 {
		t.Skip("SKIPPED: the corpus of Slack payloads is not here")
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
	for _, f := range []string{"interactive-components/BlockActionPayload.json", "views/ViewSubmissionPayload.json", "views/ViewClosedPayload.json"} {
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
