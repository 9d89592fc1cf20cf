package lint

import (
	"strings"
	"testing"

	"tierline/config/check"
	"tierline/ticket"
)

func TestNotes(t *testing.T) {
	t.Parallel()
	l := New(Config{Required: []string{"tried"}, Words: map[string]string{"Kunde nervt": ""}, Allow: []string{"clueless"}})
	full := ticket.NoteFields{Reported: "reboots each hour", Tried: "another cable"}
	for _, c := range []struct {
		text   string
		fields *ticket.NoteFields
		says   string // of the first finding; "" is none
		must   bool
	}{
		{"", &full, "", false},
		{"asked for the serial number again", nil, "", false},
		{"cust called", nil, "tells the next one little", false},
		{"", &ticket.NoteFields{Reported: "reboots each hour"}, "“Tried” is empty", true},
		{"clearly an ID-10T problem again", nil, "“id 10t” may one day be read", true},
		{"clearly an id 10t problem again", nil, "may one day be read", true},
		{"Typisches Layer-8 Problem, PEBKAC", nil, "may one day be read", true},
		{"der Kunde nervt schon wieder sehr", nil, "Leave it out", true},
		{"error 40 on the display, and a clueless display", nil, "", false},
		{"THE CUSTOMER SAYS IT DOES NOT WORK AT ALL", nil, "reads as shouting", true},
		{"SN-100200 ABC DEF", nil, "", false},
		{"", &ticket.NoteFields{Tried: "told user: RTFM, and rebooted it"}, "rtfm", true},
		{"the daughter unit is fine, the layers of 8 mm too", nil, "", false},
	} {
		got := l.Note(c.text, c.fields)
		switch {
		case c.says == "" && len(got) > 0:
			t.Errorf("%q: %v", c.text, got)
		case c.says != "" && (len(got) == 0 || !strings.Contains(got[0].String(), c.says) || got[0].Must != c.must):
			t.Errorf("%q: %v, not %q", c.text, got, c.says)
		}
		if err := Refuse(got); (err != nil) != (c.says != "" && c.must) || err != nil && ticket.KindOf(err) != ticket.Invalid {
			t.Errorf("%q: refused with %v", c.text, err)
		}
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	l := New(Config{})
	if got := l.Reply("Please switch it off. " + strings.Repeat("and then ", 60)); len(got) != 1 || got[0].Must {
		t.Errorf("a long sentence: %v", got)
	}
	if got := l.Reply("That is a user error."); len(got) != 1 || !got[0].Must || !strings.Contains(got[0].Mend, "what should be done") {
		t.Errorf("a code word: %v", got)
	}
	if got := l.Reply("Grüße aus Köln."); len(got) != 0 {
		t.Errorf("nothing to find: %v", got)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	var list check.List
	Config{Required: []string{"tried", "smell"}, Words: map[string]string{"--": "x"}, Shouting: 2, MinNote: -1}.Check(list.Root())
	if len(list.Faults) != 4 {
		t.Errorf("%v", list.Faults)
	}
}

func FuzzLint(f *testing.F) {
	l := New(Config{})
	for _, s := range []string{"", "PEBKAC", "\xff", "layer", "layer 8", strings.Repeat("A", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, x := range append(l.Note(s, nil), l.Reply(s)...) {
			if x.What == "" || x.Mend == "" {
				t.Errorf("%q: %+v", s, x)
			}
		}
	})
}
