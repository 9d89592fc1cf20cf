package channels

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"tierline/internal/spent"
	"tierline/ticket"
)

func found(f finder, text string) string {
	var list []string
	for _, x := range f.find(text) {
		list = append(list, string(x.Kind)+":"+x.Value)
	}
	return strings.Join(list, " ")
}

func TestFind(t *testing.T) {
	t.Parallel()
	de := finder{country: "DE", orders: []*regexp.Regexp{regexp.MustCompile(`\bA-\d{6}\b`), regexp.MustCompile(`(?i)order no\.? (\d{6,})`)}}
	us := finder{country: "US"}
	none := finder{}
	for _, c := range []struct {
		name string
		f    finder
		text string
		want string
	}{
		{"international", none, "Call me: +49 30 901820.", "phone:+4930901820"},
		{"with 00", none, "Fax 0049 (0)30 / 90 18-20", "phone:+4930901820"},
		{"the nought in brackets", de, "Tel. +49 (0) 30 901820", "phone:+4930901820"},
		{"French", none, "Tél. : +33 1 42 68 53 00", "phone:+33142685300"},
		{"British", none, "(+44 20 7946 0958)", "phone:+442079460958"},
		{"national", de, "erreichbar unter 030/901820", "phone:+4930901820"},
		{"mobile", de, "Mobil: 0171 2345678\nDanke", "phone:+491712345678"},
		{"mobile in one, after a word", de, "Rückruf bitte: 01712345678", "phone:+491712345678"},
		{"a link", none, "tel:+4930901820", "phone:+4930901820"},
		{"twice", de, "030 901820 oder +49 30 901820", "phone:+4930901820"},
		{"two", de, "030 901820, 040 428280", "phone:+4930901820 phone:+4940428280"},
		{"American", us, "call me at 212-736-5000 please", "phone:+12127365000"},
		{"American in brackets", us, "(212) 736-5000", "phone:+12127365000"},
		{"orders", de, "Order no 4711081 and a-123456, A-123456", "order:A-123456 order:4711081"},
		// No telephone numbers.
		{"national without a country", none, "030 901820", ""},
		{"digits alone", de, "Die Nummer auf dem Gerät: E01712345678, Artikel 0301234567890", ""},
		{"a date", de, "am 02.03.2026 um 10.30, 2026-03-02 10:30:00", ""},
		{"an address of the Internet", de, "10.20.30.40 and 192.168.100.200", ""},
		{"a link with digits", de, "https://x.example/p/0301234567 and x=030 1234567", ""},
		{"an amount", de, "1.234.567,89 EUR; 00.000.000,00", ""},
		{"an IBAN", de, "DE89 3704 0044 0532 0130 00", ""},
		{"a card", de, "4111 1111 1111 1111", ""},
		{"too long", de, "+49 30 901820 901820 901820 901820", ""},
		{"no such number", none, "+999 123 456 789, +49 000 0000", ""},
		{"a mail address", de, "0301234567@x.example", ""},
		{"nothing", de, "", ""},
	} {
		if got := found(c.f, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestFindIsCheap looks through what is nearly all numbers.
func TestFindIsCheap(t *testing.T) {
	t.Parallel()
	f := finder{country: "DE"}
	for _, s := range []string{"+", "0", "030 901820 ", "+49 30 901820\n", "((((", "1-", "+1234567 x"} {
		text := strings.Repeat(s, 2*maxLook/len(s))
		var list []ticket.Finding
		if d := spent.Least(func() { list = f.find(text) }); d > 5*time.Second || len(list) > 2*maxFound { // a moment, under -race
			t.Errorf("%q: %v, %d found", s, d, len(list))
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("Tel. +49 (0) 30 901820, 030/901820 A-123456")
	f.Add("(+")
	find := finder{country: "DE", orders: []*regexp.Regexp{regexp.MustCompile(`A-\d+`)}}
	f.Fuzz(func(t *testing.T, s string) {
		for _, x := range find.find(s) {
			if x.Value == "" || len(x.Value) > len(s)+3 {
				t.Fatalf("%+v of %q", x, s)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	f := finder{country: "DE"}
	text := strings.Repeat("Hello, my machine 4711 does not start any more since 2.3.2026. ", 20) + "Tel. 030 901820"
	for b.Loop() {
		f.find(text)
	}
}
