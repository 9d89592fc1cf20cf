package oncall

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

// texts are what people may have typed anywhere.
func texts() []string {
	return []string{"", "plain", "a;b,c\\d", "two\nlines\r\nand\rthree", strings.Repeat("é", 100), strings.Repeat("日本語", 60), strings.Repeat("x", 74) + "ü",
		"😀" + strings.Repeat("a", 70) + "😀😀", "BEGIN:VEVENT\nEND:VCALENDAR", "\\n is no line", "ctl\x00\x07\x1b\x7f", "bad \xff\xfe utf8", "tab\there", strings.Repeat(",", 80), "END", " ", ":\"'"}
}

// checkCalendar has a calendar read by a parser that is not ours, and compares.
func checkCalendar(t *testing.T, c Calendar) {
	t.Helper()
	s := c.String()
	if !strings.HasSuffix(s, "END:VCALENDAR\r\n") || strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\r") {
		t.Fatalf("lines do not end with CRLF: %q", s)
	}
	for l := range strings.SplitSeq(s, "\r\n") {
		if len(l) > icalLine || !utf8.ValidString(l) {
			t.Fatalf("a line of %d octets: %q", len(l), l)
		}
	}
	got, err := ical.NewDecoder(strings.NewReader(s)).Decode()
	if err != nil {
		t.Fatalf("%v in %q", err, s)
	}
	events := got.Events()
	if len(events) != len(c.Events) {
		t.Fatalf("%d events of %d in %q", len(events), len(c.Events), s)
	}
	want := func(e ical.Event, name, value string) {
		text, err := e.Props.Text(name)
		if value = normal(value); value == "" { // it is left out
			return
		}
		if err != nil || text != value {
			t.Fatalf("%s is %q, want %q, %v in %q", name, text, value, err, s)
		}
	}
	for i, e := range events {
		want(e, "SUMMARY", c.Events[i].Summary)
		want(e, "DESCRIPTION", c.Events[i].About)
		from, err := e.DateTimeStart(time.UTC)
		to, err2 := e.DateTimeEnd(time.UTC)
		if err != nil || err2 != nil || !from.Equal(c.Events[i].From) || !to.Equal(c.Events[i].To) {
			t.Fatalf("from %s to %s, %v %v", from, to, err, err2)
		}
	}
}

// normal is a text as a calendar can hold it.
func normal(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func calendarOf(summary, about string, sequence int64) Calendar {
	zone := time.FixedZone("+13", 13*3600)
	from := time.Date(2026, 3, 29, 2, 30, 0, 0, zone)
	return Calendar{ID: "feed-1@x", Name: summary, About: about, URL: "https://x.example/a?b=" + about, Source: "https://x.example/f", Refresh: 15 * time.Minute, Modified: from,
		Events: []Event{{UID: "u1@x", Summary: summary, About: about, From: from, To: from.Add(time.Hour), Sequence: sequence, Modified: from},
			{UID: "u2@x", Summary: about, About: summary, From: from.Add(time.Hour), To: from.Add(2 * time.Hour), Modified: from}}}
}

func TestCalendarsAreReadByOthers(t *testing.T) {
	t.Parallel()
	for i, a := range texts() {
		checkCalendar(t, calendarOf(a, texts()[(i+3)%len(texts())], int64(i)))
	}
	s := calendarOf("n", "a", 1<<40).String()
	for _, want := range []string{"DTSTART:20260328T133000Z\r\n", "SEQUENCE:2147483647\r\n", "REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n", "UID:feed-1@x\r\n", "LAST-MODIFIED:20260328T133000Z\r\n"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is missing in %q", want, s)
		}
	}
}

func FuzzCalendar(f *testing.F) {
	for i, a := range texts() {
		f.Add(a, texts()[(i+5)%len(texts())])
	}
	f.Fuzz(func(t *testing.T, summary, about string) {
		checkCalendar(t, calendarOf(summary, about, 1))
	})
}
