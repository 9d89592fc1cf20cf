package kb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// MaxQuestion is how much of one line of input is read as a question, in bytes; what is longer is
// cut off.
const MaxQuestion = 1 << 20

// maxSuggestions is how many suggestions a question gets at most.
const maxSuggestions = 10

// SuggestOptions say how questions are answered by [WriteSuggestions].
type SuggestOptions struct {
	JSON     bool   // one object a line; else for people
	Language string // of the questions; "" recognises it
	Public   bool   // only what customers may read
	Now      func() time.Time
}

// The shape of `tierline kb suggest --json`: keys are added, never renamed.
type (
	suggestedLine struct {
		Question    string      `json:"question"`
		Fits        bool        `json:"fits"`
		Suggestions []suggested `json:"suggestions"`
		MS          float64     `json:"ms"`
	}
	suggested struct {
		ID       string   `json:"id"`
		Title    string   `json:"title"`
		Language string   `json:"language,omitempty"`
		Internal bool     `json:"internal,omitempty"`
		Score    float64  `json:"score"`
		Why      []string `json:"why,omitempty"`
	}
)

// WriteSuggestions answers each question with one Write, as it comes. It ends at the first question
// that cannot be read or answered.
func WriteSuggestions(ctx context.Context, w io.Writer, questions iter.Seq2[string, error], s Suggester, o SuggestOptions) error {
	if o.Now == nil {
		o.Now = time.Now
	}
	for q, err := range questions {
		if err != nil {
			return fmt.Errorf("kb: reading a question: %w", err)
		}
		start := o.Now()
		a, err := s.Suggest(ctx, Question{Text: q, Language: o.Language, Public: o.Public, Limit: maxSuggestions})
		if err != nil {
			return fmt.Errorf("kb: answering a question: %w", err)
		}
		ms := float64(o.Now().Sub(start).Microseconds()) / 1000
		line := []byte(readable(q, a))
		if o.JSON {
			if line, err = asJSON(q, a, ms); err != nil {
				return err
			}
		}
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("kb: writing suggestions: %w", err)
		}
	}
	return nil
}

func asJSON(q string, a Answer, ms float64) ([]byte, error) {
	line := suggestedLine{Question: q, Fits: a.Fits, Suggestions: []suggested{}, MS: ms}
	for _, h := range a.Hits[:min(len(a.Hits), maxSuggestions)] {
		line.Suggestions = append(line.Suggestions, suggested{h.ID, h.Title, h.Language, h.Internal, round(h.Score), h.Why})
	}
	raw, err := json.Marshal(line)
	if err != nil {
		return nil, fmt.Errorf("kb: %w", err)
	}
	return append(raw, '\n'), nil
}

// round keeps six digits: enough to order by, few enough to read.
func round(f float64) float64 { return float64(int64(f*1e6+0.5)) / 1e6 }

func readable(q string, a Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(strings.Fields(q), " "))
	if !a.Fits {
		b.WriteString("  Nothing fits well.\n")
	}
	for i, h := range a.Hits[:min(len(a.Hits), maxSuggestions)] {
		fmt.Fprintf(&b, "  %2d  %.2f  %s  (%s)", i+1, h.Score, h.Title, h.ID)
		if len(h.Why) > 0 {
			b.WriteString("  " + strings.Join(h.Why, "; "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Each gives the questions of a list.
func Each(questions []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, q := range questions {
			if !yield(q, nil) {
				return
			}
		}
	}
}

// Lines gives each line of r as soon as it is complete.
func Lines(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for {
			line, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				yield("", err)
				return
			}
			if err == nil || len(line) > 0 {
				if !yield(strings.ToValidUTF8(strings.TrimRight(string(line), "\r\n"), "\ufffd"), nil) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// readLine keeps the first MaxQuestion bytes of a line.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part[:min(len(part), MaxQuestion-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
