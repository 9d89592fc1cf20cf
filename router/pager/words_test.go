package pager

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

// Every text is there in every language, and names the same things.
func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	verb := regexp.MustCompile(`%\[\d\][sd]`)
	for key, texts := range words {
		want := verb.FindAllString(texts[0], -1)
		slices.Sort(want)
		for i, text := range texts {
			got := verb.FindAllString(text, -1)
			slices.Sort(got)
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no words in %s", key, Languages()[i])
			}
			if lead := strings.HasPrefix(key, "log "); !lead && !slices.Equal(got, want) {
				t.Errorf("%s names %v in %s, %v in English", key, got, Languages()[i], want)
			}
			if strings.Contains(verb.ReplaceAllString(text, ""), "%") {
				t.Errorf("%s in %s: %q", key, Languages()[i], text)
			}
		}
	}
	if Say("tlh", "accept") != "Accept" {
		t.Error("a language that there is not")
	}
}

func TestMailsInTheLanguageOfTheirReader(t *testing.T) {
	t.Parallel()
	m := sample()
	m.Said, m.More = "Hilfe", []string{"Ben: es raucht"}
	for language, want := range map[string][]string{
		"en": {"[T-1042] You are wanted (high): Under", "Ben pages you (high): T-1042", "Also: Ben: es raucht", "Customer: Clara\n", "Accept, decline, or ask for time: https"},
		"de": {"[T-1042] Sie werden gebraucht (hoch): Under", "Ben ruft Sie (hoch): T-1042", "Außerdem: ", "Kunde: Clara\n", "Annehmen, ablehnen oder um Zeit bitten: https"},
		"fr": {"[T-1042] On a besoin de vous (élevée) : Under", "Ben a besoin de vous (élevée) : T-1042", "De plus : ", "Client : Clara\n", "Accepter, refuser ou demander du temps : https"},
	} {
		m.Language = language
		m.Text = m.Line(time.Time{}, "")
		subject, text := m.Mail()
		for _, w := range want {
			if !strings.Contains(subject+"\n"+text, w) {
				t.Errorf("%s: %q is missing in %s\n%s", language, w, subject, text)
			}
		}
	}
	m.Language = "de"
	for kind, want := range map[ticket.CallKind]string{ticket.CallLead: "Lea hat einen Ruf für Level 2 angenommen", ticket.CallRemind: "Sie haben das angenommen",
		ticket.CallNotice: "Sie werden um 07:00 UTC gerufen", ticket.CallTest: "Das ist eine Probe"} {
		m.Kind = kind
		m.Text = m.Line(time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), "Lea")
		subject, text := m.Mail()
		if !strings.Contains(text, want) || subject == "" {
			t.Errorf("%s: %s\n%s", kind, subject, text)
		}
	}
}

// What is refused is told in the words of the ticket: they are the keys.
func TestFaultsAreThoseOfTheTicket(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, file := range []string{"../../ticket/page.go", "../../ticket/answerpage.go", "../../web/answerpage.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	for text, said := range faults {
		if !strings.Contains(source.String(), strings.ReplaceAll(text, " 10 times", " %d times")) {
			t.Errorf("nobody says %q", text)
		}
		if Fault("de", text) != said[0] || Fault("fr", text) != said[1] || Fault("en", text) != text {
			t.Errorf("%q is not told in every language", text)
		}
	}
}
