package signals

import (
	"slices"
	"strings"
	"testing"
)

func finder(t testing.TB) *Finder {
	t.Helper()
	f, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func kinds(list []Signal) (out []Kind) {
	for _, s := range list {
		out = append(out, s.Kind)
	}
	return out
}

// The chat widget asks for a call in these words.
func TestTheWidgetsWishToBeCalledIsFound(t *testing.T) {
	t.Parallel()
	f := finder(t)
	for language, text := range map[string]string{"en": "Please call me back: +49 30 901820. after four", "de": "Bitte rufen Sie mich zurück: +49 30 901820. ab 16 Uhr",
		"fr": "Merci de me rappeler : +33 1 70 18 99 00"} {
		if got := kinds(f.Find(text, language)); !slices.Contains(got, Callback) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestWhatIsFoundAndByWhichWords(t *testing.T) {
	t.Parallel()
	f := finder(t)
	for _, c := range []struct {
		lang, text string
		want       []Kind
		words      string // among those of the first
	}{
		{"en", "This is the third time I write. I want to talk to a real technician!", []Kind{Anger, Level2}, "third time"},
		{"en", "It is not urgent, take your time.", nil, ""},
		{"en", "It isn't really urgent.", nil, ""},
		{"en", "Please tell me how to change the filter.", nil, ""},
		{"en", "There is smoke coming out of the charger", []Kind{Safety}, "smoke coming"},
		{"en", "I am annoyed and disappointed.", []Kind{Anger}, "annoyed"},
		{"en", "I am a bit disappointed.", nil, ""}, // one hint is none
		{"de", "Bitte rufen Sie mich morgen zurück.", []Kind{Callback}, "rufen Sie mich morgen zurück"},
		{"de", "Das ist eine Frechheit, verbinden Sie mich mit Ihrem Vorgesetzten", []Kind{Anger, Manager}, "Frechheit"},
		{"de", "Es ist nicht dringend.", nil, ""},
		{"de", "Ich verlange die Löschung gemäß DSGVO.", []Kind{Privacy}, "DSGVO"},
		{"fr", "C’est inadmissible\u00a0! Je veux parler à votre responsable.", []Kind{Anger, Manager}, "inadmissible"},
		{"fr", "Ce n'est pas urgent.", nil, ""},
		{"de", "Es kommt Rauch", []Kind{Safety}, "kommt Rauch"},
		{"fr", "Il y a une odeur de brûlé", []Kind{Safety}, "odeur de brûlé"},
		{"", "Es brennt! Das Gerät brennt, rufen Sie mich an.", []Kind{Callback, Safety}, ""},
		{"en", "You wrote \"is it urgent?\" and I said no.", nil, ""}, // somebody else's words
		{"en", "My 14\" screen is urgent, and the 15\" too.", []Kind{Urgency}, "urgent"},
		{"en", "The printer is down with error 12, and the scanner has a problem.", nil, ""}, // not many
		{"en", "Our hospital has a new printer.", nil, ""},
		{"en", "You sent my parcel to the wrong address.", nil, ""}, // no matter of data
		{"de", "Unglaublich schnell, vielen Dank!", nil, ""},
		{"de", "Die Leitung ist tot.", nil, ""},           // a line, nobody's lead
		{"de", "Bitte rufen Sie mich nicht an.", nil, ""}, // denied in its middle
		{"en", strings.ToUpper("why does this never work with your thing"), nil, ""},
		{"en", strings.ToUpper("why does this never work with your thing") + "!!!", []Kind{Anger}, "!!!"},
	} {
		got := f.Find(c.text, c.lang)
		if !slices.Equal(kinds(got), c.want) {
			t.Errorf("%s: %q gives %+v, not %v", c.lang, c.text, got, c.want)
			continue
		}
		if c.words != "" && !slices.Contains(got[0].Words, c.words) {
			t.Errorf("%q: the words are %q, without %q", c.text, got[0].Words, c.words)
		}
	}
}

func TestAPhraseStaysWithinItsSentence(t *testing.T) {
	t.Parallel()
	f := finder(t)
	if got := f.Find("I never complain. About your prices: fine.", "en"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestATeamsOwnPhrases(t *testing.T) {
	t.Parallel()
	f, err := New(map[string]map[Kind][]string{"de": {Urgency: {"band/bänder steht/stehen"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Find("Bei uns steht was: das Band steht.", "de"); !slices.Equal(kinds(got), []Kind{Urgency}) {
		t.Errorf("%+v", got)
	}
	if f, err = New(map[string]map[Kind][]string{"en": {Urgency: {"- urgent care"}}}); err != nil {
		t.Fatal(err)
	}
	if got := f.Find("We are an urgent care clinic.", "en"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if got := f.Find("We are an urgent care clinic, and it is urgent.", "en"); !slices.Equal(kinds(got), []Kind{Urgency}) {
		t.Errorf("%+v", got)
	}
	for what, extra := range map[string]map[string]map[Kind][]string{
		"a language without lists": {"xx": {Urgency: {"a b"}}},
		"a kind that is none":      {"de": {"joy": {"toll"}}},
		"nothing":                  {"de": {Urgency: {"  "}}},
		"a gap at the beginning":   {"de": {Urgency: {"… band"}}},
		"a gap at the end":         {"de": {Urgency: {"band …"}}},
		"no word":                  {"de": {Urgency: {"a,b"}}},
		"a short stem":             {"de": {Urgency: {"a*"}}},
		"too many gaps":            {"de": {Urgency: {"a … … … … b"}}},
		"too many words":           {"de": {Urgency: {strings.Repeat("wort ", 13)}}},
	} {
		if _, err := New(extra); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func FuzzFind(f *testing.F) {
	find := finder(f)
	for _, s := range []string{"", "'", "I can't wait!", "l'appareil", "ÄÖÜ!!!", "\xff\xfe", strings.Repeat("a ", 3000), "é́́"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, sig := range find.Find(s, "") {
			if len(sig.Words) == 0 || len(sig.Words) > maxWords {
				t.Errorf("%q gives %+v", s, sig)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	f := finder(b)
	text := strings.Repeat("The router reboots every hour and I have tried the cable, the power supply and another socket. ", 20)
	for b.Loop() {
		f.Find(text, "en")
	}
}
