package email

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tierline/internal/peers"
)

// wanted is what a report says, as people read it.
type wanted struct {
	Kind       Kind
	Recipients []string
	Status     string
	Hard       bool
	Original   string
}

// TestBounceCorpus compares what is read of real reports with what people read in them, and shows the
// figures.
func TestBounceCorpus(t *testing.T) {
	files := corpus(t, "bounces")
	b, err := os.ReadFile("testdata/bounces.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]wanted
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	score := map[string][2]int{}
	for name, raw := range files {
		want, ok := all[name]
		if !ok {
			t.Errorf("%s: nobody has written down what is expected of it", name)
			continue
		}
		m, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		check := func(what string, ok bool, got, want any) {
			s := score[what]
			if s[1]++; ok {
				s[0]++
			} else {
				t.Errorf("%s: %s is %v, want %v", name, what, got, want)
			}
			score[what] = s
		}
		check("kind", m.Verdict.Kind == want.Kind, m.Verdict.Kind, want.Kind)
		if want.Kind != KindBounce {
			continue
		}
		got := Bounce(m)
		if got == nil {
			got = &BounceReport{}
		}
		check("recipients", slices.Equal(got.Recipients, want.Recipients), got.Recipients, want.Recipients)
		check("status", got.Status == want.Status, got.Status, want.Status)
		check("hard or soft", got.Hard == want.Hard, got.Hard, want.Hard)
		check("original id", got.OriginalMessageID == want.Original, got.OriginalMessageID, want.Original)
	}
	for _, what := range []string{"kind", "recipients", "status", "hard or soft", "original id"} {
		peers.Score(t, "bounces: "+what, score[what][0], score[what][1], "right")
	}
}

// TestBounceShapes reads a report of each system's form. Each file of testdata/bounces begins with what
// is expected of it.
func TestBounceShapes(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/bounces.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range strings.Split(string(b), "\n=== ")[1:] {
		head, mail, _ := strings.Cut(one, "\n")
		f := strings.Split(head, " | ")
		if len(f) != 5 {
			t.Fatalf("%q: name | recipients | status | hard or soft | original id", head)
		}
		t.Run(f[0], func(t *testing.T) {
			m, err := Parse([]byte(mail))
			if err != nil {
				t.Fatal(err)
			}
			got := Bounce(m)
			if m.Verdict.Kind != KindBounce || got == nil {
				t.Fatalf("%+v, %+v", m.Verdict, got)
			}
			if to := strings.Join(got.Recipients, " "); to != f[1] {
				t.Errorf("recipients %q, want %q", to, f[1])
			}
			if got.Status != f[2] || got.Hard != (f[3] == "hard") {
				t.Errorf("status %s, hard %t, want %s, %s (%q)", got.Status, got.Hard, f[2], f[3], got.Diagnostic)
			}
			if got.OriginalMessageID != strings.Trim(f[4], "-") {
				t.Errorf("original id %q, want %q", got.OriginalMessageID, f[4])
			}
		})
	}
}

// FuzzBounce: no report brings the reader down, and what is read of it is bounded.
func FuzzBounce(f *testing.F) {
	b, err := os.ReadFile("testdata/bounces.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range strings.Split(string(b), "\n=== ")[1:] {
		_, mail, _ := strings.Cut(one, "\n")
		f.Add([]byte(mail))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw)
		if err != nil {
			return
		}
		b := Bounce(m)
		if b == nil {
			return
		}
		if len(b.Recipients) > maxBounced || len([]rune(b.Diagnostic)) > maxDiagnostic+1 || len(b.OriginalMessageID) > 1_000 {
			t.Fatalf("too much: %+v", b)
		}
		if strings.ContainsAny(b.Status+b.OriginalMessageID+strings.Join(b.Recipients, ""), "\r\n \x00") {
			t.Fatalf("not clean: %+v", b)
		}
		if all := reason(b) + b.OriginalMessageID + b.Action; !utf8.ValidString(all) || strings.ContainsAny(all, "\x00\r\n") {
			t.Fatalf("not fit for a store: %q", all)
		}
	})
}

// TestNullEnvelope: what comes from nobody is a report by its words, also when it has no From.
func TestNullEnvelope(t *testing.T) {
	t.Parallel()
	raw := []byte("To: support@acme.example\nSubject: Mail delivery failed\n\n<jane@customer.example>: 550 5.1.1 User unknown\n")
	it, err := testMapper().prepare(t.Context(), raw, origin{inbox: inbox, envelope: true})
	if err != nil || it.bad != nil || it.in.Alone != "bounce-unknown" || it.in.From.Value != mailSystem || it.in.Bounce.To != "jane@customer.example" {
		t.Errorf("%+v, %+v, %v", it.in, it.bad, err)
	}
	it, err = testMapper().prepare(t.Context(), []byte("To: support@acme.example\nSubject: Pump\n\nIt leaks.\n"), origin{inbox: inbox, envelope: true})
	if err != nil || it.bad == nil || it.bad.Reason != "no-sender" {
		t.Errorf("%+v, %v", it.bad, err)
	}
}
