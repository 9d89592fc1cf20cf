package kb

import (
	"context"
	"strings"
	"testing"
)

// fixed is an engine that always finds the same.
type fixed struct {
	drawer
	hits []Hit
	last Question
}

func (f *fixed) Search(_ context.Context, q Question) ([]Hit, error) {
	f.last = q
	return append([]Hit(nil), f.hits...), nil
}

func suggest(t *testing.T, q Question, hits ...Hit) (Answer, Question) {
	t.Helper()
	f := &fixed{hits: hits}
	a, err := NewSuggester(f).Suggest(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a, f.last
}

func order(a Answer) string {
	var ids []string
	for _, h := range a.Hits {
		ids = append(ids, h.ID)
	}
	return strings.Join(ids, " ")
}

func TestSuggestPrefers(t *testing.T) {
	t.Parallel()
	a, asked := suggest(t, Question{Text: "Die Maschine ist undicht und nicht dicht", Limit: 2},
		Hit{ID: "fr", Language: "fr", Score: .5}, Hit{ID: "de", Language: "de", Score: .45}, Hit{ID: "none", Score: .2})
	if order(a) != "de fr" || asked.Language != "de" || asked.Limit < 10 {
		t.Errorf("order %s, asked %+v", order(a), asked)
	}
	a, _ = suggest(t, Question{Text: "it leaks", Language: "en", Models: []string{"bw-200"}},
		Hit{ID: "other", Score: .5, Models: []string{"BW-100"}}, Hit{ID: "any", Score: .47}, Hit{ID: "same", Score: .43, Models: []string{"BW-100", "BW-200"}})
	if order(a) != "same any other" || a.Hits[0].Why[0] != "model BW-200" {
		t.Errorf("order %s, %v", order(a), a.Hits[0].Why)
	}
}

func TestSuggestFits(t *testing.T) {
	t.Parallel()
	for score, want := range map[float64]bool{0: false, .1: false, .24: false, .26: true, 1: true} {
		a, _ := suggest(t, Question{Text: "x"}, Hit{ID: "a", Score: score})
		if a.Fits != want || a.Fits != (a.Hits[0].Score >= .5) || a.Hits[0].Score < 0 || a.Hits[0].Score > 1 {
			t.Errorf("%.2f: fits %v at %.2f", score, a.Fits, a.Hits[0].Score)
		}
	}
	if a, _ := suggest(t, Question{Text: ""}); a.Fits || len(a.Hits) > 0 {
		t.Errorf("%+v", a)
	}
}

func TestSuggestSaysWhy(t *testing.T) {
	t.Parallel()
	a, _ := suggest(t, Question{Text: "x"}, Hit{ID: "a", Score: .5, Internal: true, Title: "Error E-11: die Kaffee-Maschine",
		Words: []string{"E-11", "pump", "Maschine", "KAFFEE"}})
	if got := strings.Join(a.Hits[0].Why, " | "); got != "title: E-11, Maschine, KAFFEE | words: pump | internal" {
		t.Error(got)
	}
}

func TestWithoutSignature(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"My machine leaks badly.\n\nBest regards\nJane Tank\nPump Street": "My machine leaks badly.\n\n",
		"Meine Maschine ist undicht\nMit freundlichen Grüßen\nX":          "Meine Maschine ist undicht\n",
		"Regards from the kitchen, it leaks":                              "Regards from the kitchen, it leaks",
		"Ma machine fuit beaucoup\r\nCordialement\r\nX":                   "Ma machine fuit beaucoup\r\n",
		"no closing here at all":                                          "no closing here at all",
	} {
		if got := withoutSignature(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Kühlschrank, STRASSE Straße":       "kuhlschrank strasse strasse",
		"E-4711 BW_200 v2.3.1 works.But":    "e4711! bw200! v231! works but",
		"l'eau d'été don't":                 "eau ete don",
		"me@example.org https://x.y/z a b":  "",
		"Wi-Fi z.B. --x-- 24/7":             "wifi 24!",
		"œuvre Ku\u0308hl \u00adso\u00adft": "oeuvre kuhl soft",
		strings.Repeat("x", 65) + " ok":     "ok",
	} {
		var got []string
		for _, tok := range Tokens(text) {
			s := tok.Text
			if tok.Code {
				s += "!"
			}
			got = append(got, s)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, wanted %q", text, strings.Join(got, " "), want)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	got := Sentences("Subject\n\nHello there. It leaks\nsince May! Version 2.3.1 \n \nBye")
	want := []string{"Subject\n", "\nHello there.", " It leaks\nsince May!", " Version 2.3.1 \n ", "\nBye"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
	if n := len(Sentences(strings.Repeat("A b. ", 1000))); n != MaxSentences {
		t.Errorf("%d sentences", n)
	}
}

func TestGuessLanguage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"Wo ist mein Paket?": "de", "where is the parcel": "en", "où est la commande": "fr", "BW-200": "", "": ""} {
		if got := GuessLanguage(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("E-4711 https://x me@x.y Ku\u0308hl-schrank. 2.3.1\n\nx")
	f.Add(".-_.@://\xff\xad")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		for _, tok := range Tokens(text) {
			if tok.Text == "" || tok.Raw == "" || len(tok.Raw) > MaxToken || !strings.Contains(text, tok.Raw) {
				t.Fatalf("%+v of %q", tok, text)
			}
			n += len(tok.Raw)
		}
		if n > len(text) || strings.Join(Sentences(text), "") != text {
			t.Fatalf("%q is not taken apart once", text)
		}
	})
}
