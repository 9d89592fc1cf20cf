package kb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

type canned struct {
	answer Answer
	asked  []Question
}

func (c *canned) Suggest(_ context.Context, q Question) (Answer, error) {
	c.asked = append(c.asked, q)
	if q.Text == "fail" {
		return Answer{}, errors.New("broken")
	}
	return c.answer, nil
}

func ticking() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time { now = now.Add(800 * time.Microsecond); return now }
}

func TestWriteSuggestionsJSON(t *testing.T) {
	t.Parallel()
	c := &canned{answer: Answer{Fits: true, Hits: []Hit{
		{ID: "a", Title: "T <&>", Language: "de", Score: 0.83, Why: []string{"title: x"}, Words: []string{"x"}},
		{ID: "b", Title: "U", Internal: true, Score: 0.1234567},
	}}}
	var out strings.Builder
	err := WriteSuggestions(context.Background(), &out, Each([]string{"q1"}), c, SuggestOptions{JSON: true, Language: "de", Now: ticking()})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"question":"q1","fits":true,"suggestions":[{"id":"a","title":"T \u003c\u0026\u003e","language":"de","score":0.83,"why":["title: x"]},` +
		`{"id":"b","title":"U","internal":true,"score":0.123457}],"ms":0.8}` + "\n"
	if out.String() != want {
		t.Errorf("got  %s\nwant %s", out.String(), want)
	}
	if q := c.asked[0]; q.Text != "q1" || q.Language != "de" || q.Limit != 10 {
		t.Errorf("asked %+v", q)
	}
	c.answer = Answer{}
	out.Reset()
	err = WriteSuggestions(context.Background(), &out, Each([]string{""}), c, SuggestOptions{JSON: true, Now: ticking()})
	if want := `{"question":"","fits":false,"suggestions":[],"ms":0.8}` + "\n"; err != nil || out.String() != want {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

func TestWriteSuggestionsLimit(t *testing.T) {
	t.Parallel()
	c := &canned{}
	for i := range 15 {
		c.answer.Hits = append(c.answer.Hits, Hit{ID: fmt.Sprint(i)})
	}
	for _, asJSON := range []bool{true, false} {
		var out strings.Builder
		if err := WriteSuggestions(context.Background(), &out, Each([]string{"q"}), c, SuggestOptions{JSON: asJSON}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "10\"") || !strings.Contains(out.String(), "9") {
			t.Errorf("%s", out.String())
		}
	}
}

// Each line is answered before the next one is there.
func TestWriteSuggestionsLineByLine(t *testing.T) {
	t.Parallel()
	in, ask := io.Pipe()
	read, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- WriteSuggestions(context.Background(), out, Lines(in), &canned{}, SuggestOptions{JSON: true})
		out.Close()
	}()
	answers := json.NewDecoder(read)
	for _, q := range []string{"first", "", "third: ü"} {
		if _, err := io.WriteString(ask, q+"\r\n"); err != nil {
			t.Fatal(err)
		}
		var a struct{ Question *string }
		if err := answers.Decode(&a); err != nil || a.Question == nil || *a.Question != q {
			t.Fatalf("%v, %v", a, err)
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", MaxQuestion+10)
	var got []string
	for q, err := range Lines(strings.NewReader("a\n\n" + long + "\n\xff\nlast")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, q)
	}
	if len(got) != 5 || got[0] != "a" || got[1] != "" || len(got[2]) != MaxQuestion || got[3] != "\ufffd" || got[4] != "last" {
		t.Errorf("%d lines, %.40q", len(got), got)
	}
}

func TestWriteSuggestionsFails(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := WriteSuggestions(context.Background(), &out, Each([]string{"ok", "fail", "never"}), &canned{}, SuggestOptions{}); err == nil || strings.Contains(out.String(), "never") {
		t.Errorf("%v, %q", err, out.String())
	}
	broken := io.MultiReader(strings.NewReader("ok\nhalf"), iotestErr{})
	if err := WriteSuggestions(context.Background(), io.Discard, Lines(broken), &canned{}, SuggestOptions{}); err == nil {
		t.Error("a broken input is no error")
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("cable cut") }
