package slackdesk

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	untilSpan  = regexp.MustCompile(`^(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m(?:in)?)?$`)
	untilClock = regexp.MustCompile(`^(\d{1,2}):(\d{2})$`)
	untilDate  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// until reads at the beginning of a text until when something is: "30m", "2h", "14:00", "tomorrow", "friday",
// "2026-12-24", a day also with a time after it. A time is of the reader's zone, and the next such; a day is its
// midnight. What it does not know is left: then nothing is said of it, and the time is zero.
func until(text string, now time.Time, zone *time.Location) (at time.Time, rest string) {
	words := strings.Fields(text)
	if len(words) > 1 && strings.EqualFold(words[0], "until") {
		words = words[1:]
	}
	if len(words) == 0 {
		return at, ""
	}
	now = now.In(zone)
	left := func(n int) string { return strings.Join(words[n:], " ") }
	word := strings.ToLower(words[0])
	if m := untilSpan.FindStringSubmatch(word); m != nil && word != "" {
		n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v } // only digits, or nothing
		return now.AddDate(0, 0, n(1)).Add(time.Duration(n(2))*time.Hour + time.Duration(n(3))*time.Minute).UTC(), left(1)
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	if h, m, ok := clock(word); ok {
		at = time.Date(now.Year(), now.Month(), now.Day(), h, m, 0, 0, zone)
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, h, m, 0, 0, zone)
		}
		return at.UTC(), left(1)
	}
	day, ok := dayOf(word, midnight, zone)
	if !ok {
		return at, strings.Join(words, " ")
	}
	if len(words) > 1 {
		if h, m, ok := clock(words[1]); ok {
			return time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, zone).UTC(), left(2)
		}
	}
	return day.UTC(), left(1)
}

func clock(s string) (hour, minute int, ok bool) {
	m := untilClock.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(m[1])
	minute, _ = strconv.Atoi(m[2])
	return hour, minute, hour < 24 && minute < 60
}

// dayOf is the day that a word names, after today.
func dayOf(word string, today time.Time, zone *time.Location) (time.Time, bool) {
	if word == "tomorrow" {
		return today.AddDate(0, 0, 1), true
	}
	if untilDate.MatchString(word) {
		d, err := time.ParseInLocation(time.DateOnly, word, zone)
		return d, err == nil
	}
	for n := 1; n <= 7; n++ {
		d := today.AddDate(0, 0, n)
		if name := strings.ToLower(d.Weekday().String()); word == name || word == name[:3] {
			return d, true
		}
	}
	return time.Time{}, false
}
