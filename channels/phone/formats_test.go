package phone

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tierline/internal/peers"
)

var vendorFixtures = map[string]string{
	"deepgram utterances": `{"metadata":{"request_id":"r-1","duration":9.5},"results":{"channels":[{"detected_language":"de","alternatives":[{"words":[]}]}],
		"utterances":[{"start":0.5,"end":1.25,"confidence":0.9,"channel":0,"speaker":0,"transcript":"Guten Tag."},
		{"start":2,"end":3,"confidence":0.8,"channel":0,"speaker":1,"transcript":"Mein Router ist tot."}]}}`,
	"deepgram words": `{"metadata":{"request_id":"r-2","duration":4},"results":{"channels":[{"alternatives":[{"words":[
		{"word":"hello","start":0,"end":0.4,"confidence":1,"speaker":0,"punctuated_word":"Hello,"},
		{"word":"you","start":0.5,"end":0.8,"confidence":0.5,"speaker":0},
		{"word":"hi","start":1,"end":1.2,"confidence":0.7,"speaker":1,"punctuated_word":"Hi."},
		{"word":"so","start":3.5,"end":4,"confidence":0.7,"speaker":1,"punctuated_word":"So?"}]}]}]}}`,
	"deepgram channels": `{"metadata":{"request_id":"r-3","duration":2},"results":{"channels":[
		{"alternatives":[{"words":[{"word":"hello","start":0,"end":1,"confidence":1}]}]},
		{"alternatives":[{"words":[{"word":"hi","start":0.5,"end":1.5,"confidence":1}]}]}]}}`,
	"contact lens": `{"JobName":"job-1","LanguageCode":"en-US","ConversationCharacteristics":{"TotalConversationDurationMillis":5000},"Transcript":[
		{"ParticipantRole":"AGENT","Content":"Hello.","BeginOffsetMillis":10,"EndOffsetMillis":900,"Items":[{"Type":"pronunciation","Confidence":0.5},{"Type":"punctuation","Confidence":0}]},
		{"ParticipantRole":"CUSTOMER","Content":"Help!","BeginOffsetMillis":800,"EndOffsetMillis":1500}]}`,
	"transcribe": `{"jobName":"job-2","accountId":"1","results":{"language_code":"fr-FR","items":[
		{"type":"pronunciation","start_time":"0.0","end_time":"0.5","alternatives":[{"content":"Bonjour","confidence":"0.9"}]},
		{"type":"punctuation","alternatives":[{"content":"."}]},
		{"type":"pronunciation","start_time":"1.0","end_time":"1.5","speaker_label":"spk_1","alternatives":[{"content":"Oui","confidence":"1.0"}]}],
		"speaker_labels":{"segments":[{"items":[{"start_time":"0.0","speaker_label":"spk_0"}]}]}}}`,
}

const vttFixture = `WEBVTT - a call
Kind: captions

NOTE
call_id: c-77
from: +49 30 901820
language: de

STYLE
::cue { color: red }

intro
00:00.000 --> 00:01.500 align:start
<v Agent Ben>Guten Tag, <i>hier</i> ist <b>Ben</b>.

00:01.400 --> 00:03.000
<v.loud Kunde>Es raucht &amp; stinkt!
<v Agent Ben>Oh.

01:00:00.000 --> 01:00:01.000
Wer spricht da?
`

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"deepgram utterances": "deepgram r-1 de 9500 750 0 | Speaker 0: Guten Tag.\nSpeaker 1: Mein Router ist tot.",
		"deepgram words":      "deepgram r-2  4000 2500 0 | Speaker 0: Hello, you\nSpeaker 1: Hi. So?",
		"deepgram channels":   "deepgram r-3  2000 0 500 | Speaker 0: hello\nSpeaker 1: hi",
		"contact lens":        "aws job-1 en 5000 0 100 | Agent: Hello.\nCustomer: Help!",
		"transcribe":          "aws job-2 fr 1500 500 0 | Speaker 0: Bonjour.\nSpeaker 1: Oui",
	} {
		c, err := Parse("application/json; charset=utf-8", []byte(vendorFixtures[name]))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := summary(c); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	c, err := Parse("text/vtt", []byte(strings.ReplaceAll(vttFixture, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := "webvtt c-77 de 3601000 3597000 1600 | Agent Ben: Guten Tag, hier ist Ben.\nCustomer: Es raucht & stinkt!\nAgent Ben: Oh.\nSpeaker: Wer spricht da?"
	if got := summary(c); got != want {
		t.Errorf("webvtt:\n%s\nwant\n%s", got, want)
	}
	if c.From != "+49 30 901820" {
		t.Errorf("from is %q", c.From)
	}
}

func summary(c Call) string {
	n := func(v int64) string { b, _ := json.Marshal(v); return string(b) }
	return strings.Join([]string{c.Format, c.ID, c.Language, n(c.DurationMS), n(c.SilenceMS), n(c.OverlapMS)}, " ") + " | " + c.Text()
}

func TestFaultsSayWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, in, where string }{
		{"text/vtt", "WEBVTTX", "line 1"},
		{"text/vtt", "", "line 1"},
		{"text/vtt", "WEBVTT\n\n00:00 --> 00:01\nx", "line 3"},
		{"text/vtt", "WEBVTT\n\n1\n00:02.000 --> 00:01.000\nx", "line 4"},
		{"text/vtt", "WEBVTT\n\nhello\nworld", "line 3"},
		{"text/vtt", "WEBVTT\n\nNOTE\nstarted_at: noon", "line 4"},
		{"text/vtt", "WEBVTT\n\nNOTE nothing", "turns"},
		{"application/json", `{"turns":[{"text":"x","role":"boss"}]}`, "turns[0]"},
		{"application/json", `{"turns":[{"text":" "}]}`, "turns[0]"},
		{"application/json", `{"turns":[{"text":"x","confidence":2}]}`, "turns[0]"},
		{"application/json", `{"started_at":"noon","turns":[{"text":"x"}]}`, "started_at"},
		{"application/json", `{"metadata":{"duration":-1},"results":{}}`, "metadata.duration"},
		{"application/json", `{"jobName":"j","results":{"items":[{"type":"pronunciation","start_time":"x","alternatives":[{}]}]}}`, "results.items[0]"},
		{"image/png", "x", "Content-Type"},
	} {
		_, err := Parse(c.kind, []byte(c.in))
		f, ok := err.(*Fault)
		if !ok || f.Where != c.where {
			t.Errorf("%q: the fault is %v, want one at %s", c.in, err, c.where)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Explain("a.vtt", []byte(vttFixture)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"file":"a.vtt"`, `"format":"webvtt"`, `"outcome":"ticketed"`, `"call_id":"c-77"`, `"language":"de"`,
		`"duration_ms":3601000`, `"silence_ms":3597000`, `"overlap_ms":1600`, `"role":"customer","speaker":"Kunde","start_ms":1400,"end_ms":3000`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the explanation lacks %s: %s", want, b)
		}
	}
	if e := Explain("b.json", []byte("{")); e.Outcome != "quarantined" || e.Reason != "unreadable" || e.Detail == "" {
		t.Errorf("nonsense is %+v", e)
	}
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(peers.Corpus(t, "transcripts"), "*/*.json"))
	if len(files) == 0 {
		t.Error("the corpus holds no transcripts")
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		e := Explain(f, data)
		if e.Outcome != "ticketed" || len(e.Turns) == 0 || e.DurationMS < 20_000 || e.CallID == "" {
			t.Errorf("%s: %s, %d turns, %d ms, id %q: %s", f, e.Outcome, len(e.Turns), e.DurationMS, e.CallID, e.Detail)
		}
		t.Logf("%s: %d turns, %d ms, silence %d, overlap %d", filepath.Base(f), len(e.Turns), e.DurationMS, e.SilenceMS, e.OverlapMS)
	}
}
