package email

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxDate is the longest date that is read, in bytes.
const maxDate = 200

// parseDate reads the date of a mail: RFC 5322 with its obsolete forms, and what programs write
// instead: asctime, ISO 8601, other separators, month names of other languages, no seconds, no zone
// (UTC is taken then). It is zero when there is no date in it.
func parseDate(s string) time.Time {
	s = colonBlanks.ReplaceAllString(withoutNested(s[:min(len(s), maxDate)]), "$1:$2")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", "20060102T150405Z"} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC()
		}
	}
	d := dateParts{day: -1, year: -1, hour: -1}
	for _, f := range strings.FieldsFunc(s, func(c rune) bool { return c <= ' ' || c == ',' || c == ';' || c == '"' }) {
		d.take(f)
	}
	return d.time()
}

// colonBlanks are the obsolete blanks of a clock: 09 : 55 : 06.
var colonBlanks = regexp.MustCompile(`([0-9])[ \t]*:[ \t]*([0-9])`)

// dateParts are what was found of a date.
type dateParts struct {
	day, year, hour, minute, second int
	month                           time.Month
	zone                            int // seconds east of UTC
	zoned                           bool
}

func (d *dateParts) take(f string) {
	if d.hour < 0 && strings.ContainsAny(f, ":") || strings.Count(f, ".") == 2 && d.year >= 0 && d.hour < 0 {
		if i := strings.IndexAny(f, "+-"); i > 4 { // 10:30:00+0200
			d.take(f[:i])
			f = f[i:]
		} else {
			d.clock(f)
			return
		}
	}
	switch {
	case f == "":
	case (f[0] == '+' || f[0] == '-') && d.hour >= 0:
		d.offset(f)
	case f[0] >= '0' && f[0] <= '9':
		d.number(f)
	case d.hour >= 0 && (strings.EqualFold(f, "pm") || strings.EqualFold(f, "p.m.")):
		if d.hour < 12 {
			d.hour += 12
		}
	case d.hour == 12 && (strings.EqualFold(f, "am") || strings.EqualFold(f, "a.m.")):
		d.hour = 0
	default:
		if m := monthOf(f); m != 0 && d.month == 0 {
			d.month = m
		} else if z, ok := zones[strings.ToUpper(f)]; ok && d.hour >= 0 && !d.zoned {
			d.zone, d.zoned = z*3600, true
		}
	}
}

func (d *dateParts) clock(f string) {
	p := strings.FieldsFunc(f, func(c rune) bool { return c == ':' || c == '.' })
	var n [3]int
	for i := range min(len(p), 3) {
		digits := strings.TrimRight(p[i], "APMapmZz")
		v, err := strconv.Atoi(digits)
		if err != nil {
			return
		}
		n[i] = v
		if digits != p[i] && strings.HasPrefix(strings.ToLower(p[i][len(digits):]), "p") && n[0] < 12 {
			n[0] += 12
		}
	}
	if len(p) >= 2 && n[0] < 25 && n[1] < 60 && n[2] < 62 {
		d.hour, d.minute, d.second = n[0], n[1], n[2]
	}
}

func (d *dateParts) offset(f string) {
	digits := strings.ReplaceAll(f[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil || d.zoned || len(digits) > 4 {
		return
	}
	if len(digits) <= 2 {
		n *= 100
	}
	d.zone, d.zoned = n/100*3600+n%100*60, true
	if f[0] == '-' {
		d.zone = -d.zone
	}
}

// number is a day, a year, or a whole date: 2026-03-02, 02.03.2026, 2-Mar-2026, 3/2/2026.
func (d *dateParts) number(f string) {
	p := strings.FieldsFunc(f, func(c rune) bool { return c == '-' || c == '/' || c == '.' })
	if len(p) == 3 && d.day < 0 {
		if m := monthOf(p[1]); m != 0 {
			d.day, d.month = atoi(p[0]), m
			d.setYear(p[2])
			return
		}
		a, b, c := atoi(p[0]), atoi(p[1]), atoi(p[2])
		switch {
		case len(p[0]) == 4:
			d.year, d.month, d.day = a, time.Month(b), c
		case strings.Contains(f, "/") && b <= 31 && (a <= 12 && b > 0): // as in the United States
			d.month, d.day = time.Month(a), b
			d.setYear(p[2])
		default:
			d.day, d.month = a, time.Month(b)
			d.setYear(p[2])
		}
		return
	}
	f = strings.TrimRight(f, ".stndrhª°º") // 2. März, 1st, 2º
	n, err := strconv.Atoi(f)
	switch {
	case err != nil:
	case d.day < 0 && len(f) <= 2 && n <= 31:
		d.day = n
	case d.year < 0 && (len(f) == 4 || d.month != 0):
		d.setYear(f)
	}
}

// setYear reads years of two and three digits as RFC 5322 §4.3 wants it.
func (d *dateParts) setYear(s string) {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil || n < 0:
	case len(s) == 2 && n < 50:
		d.year = 2000 + n
	case len(s) == 2 || len(s) == 3: // RFC 5322 §4.3
		d.year = 1900 + n
	case n >= 1900 && n < 3000:
		d.year = n
	}
}

// firstYear is that of the clock of Unix: an earlier date is none.
const firstYear = 1970

func (d *dateParts) time() time.Time {
	if d.day < 1 || d.month < 1 || d.month > 12 || d.year < firstYear {
		return time.Time{}
	}
	t := time.Date(d.year, d.month, d.day, max(d.hour, 0), d.minute, d.second, 0, time.UTC)
	if t.Month() != d.month && d.hour < 24 {
		return time.Time{} // the 31st of February
	}
	return t.Add(-time.Duration(d.zone) * time.Second)
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// months are the beginnings of month names in the languages that mails write them in.
var months = [12]string{
	"jan gen ene janv янв sty 1月", "feb fév fev февр фев lut 2月", "mar mär mrt maa мар 3月", "apr avr abr апр kwi 4月",
	"may mai mag mei maj maio май мая 5月", "jun juin giu июн cze 6月", "jul juil lug июл lip 7月", "aug aoû aou ago авг sie 8月",
	"sep set сен wrz 9月", "oct okt ott out окт paź 10月", "nov noy ноя lis 11月", "dec déc dez dic дек gru 12月",
}

func monthOf(s string) time.Month {
	s = strings.ToLower(strings.Trim(s, ".,"))
	if len(s) < 3 || len(s) > 20 {
		return 0
	}
	best, length := 0, 0
	for i, names := range months {
		for name := range strings.FieldsSeq(names) {
			if strings.HasPrefix(s, name) && len(name) > length {
				best, length = i+1, len(name)
			}
		}
	}
	return time.Month(best)
}

// zones are hours east of UTC (RFC 5322 §4.3, and those of Europe); letters of the military mean nothing.
var zones = map[string]int{"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "WEST": 1, "CEST": 2,
	"MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"JST": 9, "KST": 9, "HKT": 8, "SGT": 8}

// withoutNested takes out what stands in parentheses, however deep (RFC 5322 §3.2.2). One that is not
// closed ends the text.
func withoutNested(s string) string {
	if !strings.ContainsAny(s, "()") {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && depth > 0:
			i++
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
