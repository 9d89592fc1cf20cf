package ticket

import (
	"fmt"
	"strings"
	"time"
)

// Brand is a company or a line of products in whose name a desk answers. Several brands live in one
// gateway, each with its own inboxes; a gateway with one need not name it.
type Brand struct {
	Name      string            `yaml:"name" json:"name"`           // short, as inboxes and rules name it
	Title     string            `yaml:"title" json:"title"`         // as customers and agents read it
	Languages []string          `yaml:"languages" json:"languages"` // in which it answers, its own first
	Hours     Hours             `yaml:"hours" json:"hours,omitzero"`
	Signature map[string]string `yaml:"signature" json:"signature,omitempty"` // below answers in writing, by language
}

// SignatureIn is the signature in a language, else in the brand's own, else none.
func (b Brand) SignatureIn(language string) string {
	for _, l := range append([]string{language}, b.Languages...) {
		if s, ok := b.Signature[l]; ok {
			return strings.TrimSpace(s)
		}
	}
	return ""
}

// Hours are opening hours on the wall clock of a zone. The zero value is always open.
type Hours struct {
	Zone string            `yaml:"zone" json:"zone,omitempty"` // IANA; default UTC
	Week map[string]string `yaml:"week" json:"week,omitempty"` // mon … sun: "09:00-17:30", or several, with commas
}

var weekdays = map[string]time.Weekday{"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday}

// Check says what is wrong with the hours.
func (h Hours) Check() error {
	if _, err := time.LoadLocation(h.Zone); err != nil {
		return fmt.Errorf("%.60q is no time zone", h.Zone)
	}
	for day, spans := range h.Week {
		if _, ok := weekdays[day]; !ok {
			return fmt.Errorf("%.20q is no day: mon, tue, wed, thu, fri, sat or sun", day)
		}
		for span := range strings.SplitSeq(spans, ",") {
			if _, _, err := parseSpan(span); err != nil {
				return fmt.Errorf("%s: %w", day, err)
			}
		}
	}
	return nil
}

// Open says whether it is within the hours. Hours with a fault are closed at that day.
func (h Hours) Open(at time.Time) bool {
	if len(h.Week) == 0 {
		return true
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return false
	}
	local := at.In(zone)
	now := local.Hour()*60 + local.Minute()
	for day, spans := range h.Week {
		if weekdays[day] != local.Weekday() || spans == "" {
			continue
		}
		for span := range strings.SplitSeq(spans, ",") {
			from, to, err := parseSpan(span)
			if err == nil && from <= now && now < to {
				return true
			}
		}
	}
	return false
}

// parseSpan reads "09:00-17:30" as minutes of the day; the end may be 24:00.
func parseSpan(s string) (from, to int, err error) {
	var h1, m1, h2, m2 int
	s = strings.TrimSpace(s)
	if n, err := fmt.Sscanf(s, "%d:%d-%d:%d", &h1, &m1, &h2, &m2); n != 4 || err != nil {
		return 0, 0, fmt.Errorf("%.20q is no span of time such as 09:00-17:30", s)
	}
	from, to = h1*60+m1, h2*60+m2
	if h1 < 0 || m1 < 0 || m1 > 59 || m2 < 0 || m2 > 59 || from >= to || to > 24*60 {
		return 0, 0, fmt.Errorf("%.20q is no span of time within one day", s)
	}
	return from, to, nil
}
