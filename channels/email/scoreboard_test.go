package email

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"tierline/internal/peers"
)

// seenMail is what a person would want to see of a mail of the corpus.
type seenMail struct {
	Subject string   `json:"subject,omitempty"`
	From    []string `json:"from,omitempty"`
	Files   []string `json:"files,omitempty"`
	Begins  string   `json:"begins,omitempty"` // the first words of the text
	Fault   string   `json:"fault,omitempty"`  // the code of why it cannot be read
}

var writeScores = flag.Bool("update-scores", false, "write what is got of the corpus as what is wanted")

const firstWords = 8

func seenOf(raw []byte) seenMail {
	m, err := Parse(raw)
	if f, ok := err.(*Fault); ok {
		return seenMail{Fault: f.Code}
	}
	s := seenMail{Subject: m.Subject}
	for _, a := range m.From {
		s.From = append(s.From, strings.TrimSpace(a.Name+" <"+a.Address+">"))
	}
	for _, a := range m.Attachments {
		s.Files = append(s.Files, a.Name)
	}
	words := strings.Fields(m.Text)
	s.Begins = cutRunes(strings.Join(words[:min(len(words), firstWords)], " "), 120)
	return s
}

// TestScoreboard reads the mails of other projects' suites, odd and broken ones among them, and compares
// each with what is written down in testdata/mime.json. It prints the score by project.
func TestScoreboard(t *testing.T) {
	t.Parallel()
	files := corpus(t, "mime")
	const at = "testdata/mime.json"
	var want map[string]seenMail
	b, err := os.ReadFile(at)
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil && !*writeScores {
		t.Fatal(err)
	}
	if *writeScores {
		want = map[string]seenMail{}
		for name, raw := range files {
			want[name] = seenOf(raw)
		}
		b, _ := json.MarshalIndent(want, "", " ")
		if err := os.WriteFile(at, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	good, all := map[string]int{}, map[string]int{}
	for name, raw := range files {
		project, _, _ := strings.Cut(name, "/")
		all[project]++
		got, _ := json.Marshal(seenOf(raw))
		expected, _ := json.Marshal(want[name])
		if string(got) == string(expected) {
			good[project]++
		} else {
			t.Logf("%s\n got  %s\n want %s", name, got, expected)
		}
	}
	for project := range all {
		peers.Score(t, "mails understood: "+project, good[project], all[project], "as wanted")
		if good[project]*100 < all[project]*98 {
			t.Errorf("%s: below 98 in a hundred", project)
		}
	}
}
