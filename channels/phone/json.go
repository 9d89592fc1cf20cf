package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"tierline/ticket"
)

const maxDepth = 64

// parseJSON finds out by its keys whose JSON it is.
func parseJSON(data []byte) (Call, error) {
	if err := depth(data); err != nil {
		return Call{}, err
	}
	var keys map[string]json.RawMessage
	if err := decode(data, &keys); err != nil {
		return Call{}, err
	}
	has := func(k string) bool { _, ok := keys[k]; return ok }
	switch {
	case has("turns"):
		return parseOwn(data)
	case has("Transcript"):
		return parseContactLens(data)
	case has("results") && (has("jobName") || has("accountId")):
		return parseTranscribe(data)
	case has("results"):
		return parseDeepgram(data)
	}
	return Call{}, fault("", "it has none of turns (our own), results (Deepgram, Amazon Transcribe), Transcript (Contact Lens)")
}

// depth refuses what is nested deeper than any transcript.
func depth(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	for level := 0; ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return place(data, err)
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if level++; level > maxDepth {
				return unreadable("", "it is nested deeper than %d levels", maxDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			level--
		}
	}
}

func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return place(data, err)
	}
	return nil
}

// place says where JSON is wrong.
func place(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return unreadable(fmt.Sprintf("line %d", line), "no JSON: %v", err)
	case errors.As(err, &kind):
		return fault(kind.Field, "a JSON %s cannot stand here", kind.Value)
	}
	return unreadable("", "no JSON: %v", err)
}

type ownCall struct {
	CallID    string        `json:"call_id"`
	From      string        `json:"from"`
	To        string        `json:"to"`
	Direction string        `json:"direction"`
	StartedAt string        `json:"started_at"`
	Language  string        `json:"language"`
	Agent     string        `json:"agent"`
	Turns     []ticket.Turn `json:"turns"`
}

func parseOwn(data []byte) (Call, error) {
	var o ownCall
	if err := decode(data, &o); err != nil {
		return Call{}, err
	}
	c := Call{Format: "tierline", ID: o.CallID, From: o.From, To: o.To, Direction: o.Direction,
		Language: o.Language, Agent: o.Agent, Turns: o.Turns}
	if o.StartedAt != "" {
		at, err := time.Parse(time.RFC3339, o.StartedAt)
		if err != nil {
			return Call{}, fault("started_at", "%.40q is no time of RFC 3339", o.StartedAt)
		}
		c.Started = at
	}
	return c, nil
}

// deepgramCall is https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded
type deepgramCall struct {
	Metadata struct {
		RequestID string  `json:"request_id"`
		Duration  float64 `json:"duration"`
	} `json:"metadata"`
	Results struct {
		Channels []struct {
			Language     string `json:"detected_language"`
			Alternatives []struct {
				Words []deepgramWord `json:"words"`
			} `json:"alternatives"`
		} `json:"channels"`
		Utterances []struct {
			Start      float64 `json:"start"`
			End        float64 `json:"end"`
			Confidence float64 `json:"confidence"`
			Channel    int     `json:"channel"`
			Speaker    *int    `json:"speaker"`
			Transcript string  `json:"transcript"`
		} `json:"utterances"`
	} `json:"results"`
}

type deepgramWord struct {
	Start      float64 `json:"start"`
	End        float64 `json:"end"`
	Confidence float64 `json:"confidence"`
	Speaker    *int    `json:"speaker"`
	Word       string  `json:"word"`
	Punctuated string  `json:"punctuated_word"`
}

func parseDeepgram(data []byte) (Call, error) {
	var d deepgramCall
	if err := decode(data, &d); err != nil {
		return Call{}, err
	}
	c := Call{Format: "deepgram", ID: d.Metadata.RequestID, DurationMS: millis(d.Metadata.Duration)}
	if c.DurationMS < 0 || c.DurationMS > maxLength.Milliseconds() {
		return Call{}, fault("metadata.duration", "%v s is no length of a call", d.Metadata.Duration)
	}
	channels := d.Results.Channels
	if len(channels) > 0 {
		c.Language = channels[0].Language
	}
	for _, u := range d.Results.Utterances {
		if strings.TrimSpace(u.Transcript) == "" {
			continue
		}
		c.Turns = append(c.Turns, ticket.Turn{Speaker: speaker(len(channels), u.Channel, u.Speaker),
			StartMS: millis(u.Start), EndMS: millis(u.End), Text: u.Transcript, Confidence: u.Confidence})
	}
	if len(c.Turns) > 0 {
		return c, nil
	}
	for n, ch := range channels {
		if len(ch.Alternatives) == 0 {
			continue
		}
		var words spoken
		for _, w := range ch.Alternatives[0].Words {
			text := w.Punctuated
			if text == "" {
				text = w.Word
			}
			words.add(speaker(len(channels), n, w.Speaker), text, millis(w.Start), millis(w.End), w.Confidence)
		}
		c.Turns = append(c.Turns, words.turns()...)
	}
	return c, nil
}

// speaker is the number of whoever spoke: of the channel where each has their own.
func speaker(channels, channel int, diarized *int) string {
	if channels > 1 {
		return strconv.Itoa(channel)
	}
	if diarized != nil {
		return strconv.Itoa(*diarized)
	}
	return ""
}

// millis turns seconds into milliseconds; what is no number of seconds becomes -1.
func millis(seconds float64) int64 {
	if !(seconds >= 0 && seconds < 1e9) {
		return -1
	}
	return int64(math.Round(seconds * 1000))
}

const pauseMS = 1500 // a longer pause begins a new turn, also of the same speaker

// spoken joins words to turns.
type spoken struct {
	done []ticket.Turn
	now  ticket.Turn
	sum  float64
	n    int
}

func (s *spoken) add(speaker, word string, start, end int64, confidence float64) {
	if s.n > 0 && (speaker != s.now.Speaker || start-s.now.EndMS > pauseMS || len(s.now.Text)+len(word) >= maxTurn) {
		s.finish()
	}
	if s.n == 0 {
		s.now = ticket.Turn{Speaker: speaker, StartMS: start}
	} else {
		s.now.Text += " "
	}
	s.now.Text += word
	s.now.EndMS = max(s.now.EndMS, end)
	s.sum += confidence
	s.n++
}

// mark adds punctuation to the word before.
func (s *spoken) mark(text string) {
	if s.n > 0 {
		s.now.Text += text
	}
}

func (s *spoken) finish() {
	if s.n == 0 {
		return
	}
	s.now.Confidence = math.Round(s.sum/float64(s.n)*1e4) / 1e4
	s.done = append(s.done, s.now)
	s.now, s.sum, s.n = ticket.Turn{}, 0, 0
}

func (s *spoken) turns() []ticket.Turn {
	s.finish()
	return s.done
}
