package samples_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"testing"

	"tierline/kb"
	"tierline/kb/bleve"
	"tierline/kb/samples"
)

func read(t *testing.T) []kb.Article {
	t.Helper()
	articles, faults, err := kb.ReadFolder(samples.Files)
	if err != nil || len(faults) > 0 {
		t.Fatalf("%v, %v", err, faults)
	}
	return articles
}

func TestSamplesAreWellFormed(t *testing.T) {
	t.Parallel()
	languages := map[string]int{}
	for _, a := range read(t) {
		languages[a.Language]++
		if a.Audience == kb.Internal && a.Wording == "" {
			t.Errorf("%s is internal and says not what may be said", a.ID)
		}
		raw, err := fs.ReadFile(samples.Files, a.ID+".md")
		if err != nil || !bytes.HasPrefix(raw, []byte("---\nid: "+a.ID+"\n")) {
			t.Errorf("%s does not stand in a file of its name: %v", a.ID, err)
		}
	}
	if languages["en"] < 10 || languages["de"] < 5 || languages["fr"] < 3 {
		t.Errorf("articles by language: %v", languages)
	}
}

// What the demo's customers ask must find what it should.
func TestSamplesAnswerTheDemo(t *testing.T) {
	t.Parallel()
	e, err := bleve.Open(bleve.Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Index(context.Background(), read(t), 1); err != nil {
		t.Fatal(err)
	}
	s, fits := kb.NewSuggester(e), 0
	for question, want := range map[string]string{
		"My BW-200 is leaking\n\nHello, there is a puddle of water under my machine every morning. What can I do? Thanks, Ada": "leak-under-machine",
		"display shows E-11 and no coffee comes":                               "error-e-11",
		"E21 on my machine, the grinder makes a terrible noise and then stops": "error-e-21",
		"How do I descale it? Can I use vinegar?":                              "descaling",
		"The app says my machine is offline since I have a new router":         "app-wifi",
		"My parcel has not arrived, where is my order 2026-11882?":             "order-status",
		"I want my money back, how can I send the machine back?":               "return-refund",
		"Is this still under warranty? I bought it 20 months ago":              "warranty",
		"Hallo, unter meiner Kaffeemaschine ist eine Pfütze, sie ist undicht":  "wasser-unter-der-maschine",
		"Fehler E-11 im Display, was tun?":                                     "fehler-e-11",
		"Wie entkalke ich die BW-100?":                                         "entkalken",
		"Maschine verbindet sich nicht mit dem WLAN":                           "app-wlan",
		"Ich möchte die Maschine zurueckschicken und mein Geld zurück":         "rueckgabe-erstattung",
		"Bonjour, ma machine fuit, il y a de l'eau partout":                    "fuite-eau",
		"Comment détartrer ?":                                                  "detartrage",
		"There is smoke coming out of the machine and it smells of burning":    "safety-smoke",
	} {
		a, err := s.Suggest(context.Background(), kb.Question{Text: question})
		if err != nil {
			t.Fatal(err)
		}
		if a.Fits {
			fits++
		}
		if len(a.Hits) == 0 || a.Hits[0].ID != want {
			t.Errorf("%q: wanted %s, found %+v", question, want, a.Hits[:min(3, len(a.Hits))])
		}
	}
	if fits < 13 {
		t.Errorf("only %d of 16 questions are thought to be answered", fits)
	}
	for _, question := range []string{
		"Do you have open positions for students in marketing?",
		"Wie wird das Wetter am Wochenende in Hamburg?",
		"Can I park a caravan on your premises for two nights?",
	} {
		a, err := s.Suggest(context.Background(), kb.Question{Text: question})
		if err != nil {
			t.Fatal(err)
		}
		if a.Fits {
			t.Errorf("%q: fits %+v", question, a.Hits[0])
		}
	}
}
