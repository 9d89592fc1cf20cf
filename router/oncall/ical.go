package oncall

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Calendar is shifts as other programs read them: an iCalendar object (RFC 5545, with RFC 7986's
// properties of calendars). All times are written as instants of UTC, so that no reader has to know a
// zone's rules.
type Calendar struct {
	ID       string // the same for as long as the calendar is: RFC 7986 §5.3
	Name     string
	About    string
	URL      string // where a person looks at it
	Source   string // where it is got from; "" leaves it out
	Refresh  time.Duration
	Modified time.Time
	Events   []Event
}

// Event is a shift in a calendar.
type Event struct {
	UID      string // the same for as long as the shift is
	Summary  string
	About    string
	URL      string
	From, To time.Time
	Sequence int64     // grows with each change that touches the shift (RFC 5545 §3.8.7.4)
	Modified time.Time // when it was touched last
}

const (
	icalTime = "20060102T150405Z"
	icalLine = 75 // octets, without the line break (RFC 5545 §3.1)
)

// String is the calendar as it is sent, with CRLF at the end of each line.
func (c Calendar) String() string {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	text := func(name, value string) {
		if value != "" {
			line(name, escapeText(value))
		}
	}
	uri := func(name, value string) {
		if value != "" {
			fold(&b, name+":"+oneLine(value))
		}
	}
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Tierline//On call//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	text("UID", c.ID)
	text("NAME", c.Name)
	text("X-WR-CALNAME", c.Name) // what programs knew before RFC 7986
	text("DESCRIPTION", c.About)
	uri("URL", c.URL)
	if c.Source != "" {
		uri("SOURCE;VALUE=URI", c.Source)
	}
	if !c.Modified.IsZero() {
		line("LAST-MODIFIED", c.Modified.UTC().Format(icalTime))
	}
	if c.Refresh >= time.Minute {
		every := "PT" + strconv.Itoa(int(c.Refresh/time.Minute)) + "M"
		line("REFRESH-INTERVAL;VALUE=DURATION", every)
		line("X-PUBLISHED-TTL", every)
	}
	for _, e := range c.Events {
		line("BEGIN", "VEVENT")
		text("UID", e.UID)
		line("DTSTAMP", e.Modified.UTC().Format(icalTime))
		line("LAST-MODIFIED", e.Modified.UTC().Format(icalTime))
		line("SEQUENCE", strconv.FormatInt(min(max(e.Sequence, 0), math.MaxInt32), 10))
		line("DTSTART", e.From.UTC().Format(icalTime))
		line("DTEND", e.To.UTC().Format(icalTime))
		text("SUMMARY", e.Summary)
		text("DESCRIPTION", e.About)
		uri("URL", e.URL)
		line("STATUS", "CONFIRMED")
		line("TRANSP", "TRANSPARENT") // being on call keeps nobody from a meeting
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return b.String()
}

// escapeText writes a TEXT value (RFC 5545 §3.3.11). Control characters, which it cannot hold, are left out.
func escapeText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < 0x20 && r != '\t' || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// oneLine keeps a value that is not TEXT from beginning a line of its own.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// fold writes a line, broken into lines of at most 75 octets, never within a character.
func fold(b *strings.Builder, s string) {
	room := icalLine
	for len(s) > room {
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		b.WriteString(s[:n])
		b.WriteString("\r\n ")
		s, room = s[n:], icalLine-1 // the space counts
	}
	b.WriteString(s)
	b.WriteString("\r\n")
}
