package oncall

import (
	"cmp"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/teambition/rrule-go"

	"tierline/config/check"
)

// Wall-clock times are reckoned with as times of UTC ("floating", RFC 5545 §3.3.5), where every day has
// 24 hours, and become instants of a zone at the very end.

// layer is a Layer made ready to be asked.
type layer struct {
	Layer
	start, until time.Time // floating; zero: none
	rule         *rrule.RRule
	ruled        *ruled // of the rule
	windows      [7][]window
	limited      bool
}

// window is a part of a day in minutes of its wall clock. One that ends at or before its beginning ends
// on the next day.
type window struct{ from, to int }

const (
	maxSkip       = 24 * time.Hour // by which a clock has ever been set forward
	dayLayout     = "2006-01-02"
	minuteLayout  = "2006-01-02 15:04"
	clockLayout   = "15:04"
	defaultHandAt = "09:00"
	maxEvery      = 9000
)

// untilUTC is the end of a recurrence rule that is given in UTC.
var untilUTC = regexp.MustCompile(`(?i)UNTIL=\d{8}T\d{6}Z`)

var weekdays = map[string]time.Weekday{"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday}

func (l Layer) compile(at check.At, zone *time.Location) layer {
	k := layer{Layer: l}
	k.Every = max(k.Every, 1)
	if l.Every < 0 || l.Every > maxEvery {
		at.Key("every").Error("1 is each", "%d cannot be counted with", l.Every)
		k.Every = 1
	}
	if len(l.People) > MaxPeople {
		at.Key("people").Error("", "%d people; at most %d", len(l.People), MaxPeople)
	}
	clock, err := time.Parse(clockLayout, cmp.Or(l.Handover, defaultHandAt))
	if err != nil {
		at.Key("handover").Error("give a time such as 09:00", "%.20q is no time of day", l.Handover)
	}
	rotates := false
	switch l.Rotate {
	case "", Never:
	case Hourly, Daily, Weekly, Monthly:
		rotates = true
	default:
		at.Key("rotate").Error("never, hourly, daily, weekly or monthly", "%.20q is no rotation", string(l.Rotate))
	}
	if l.Start != "" || rotates || l.Rule != "" {
		if k.start, err = moment(l.Start, clock); err != nil {
			at.Key("start").Error("give the first day of the first turn, such as 2026-01-05", "a rotation needs a start")
			return k
		}
	}
	if l.Until != "" {
		if k.until, err = moment(l.Until, clock); err != nil || !k.until.After(k.start) {
			at.Key("until").Error("give a day after the start, such as 2026-12-31", "%.20q cannot be its end", l.Until)
		}
	}
	if l.Rule != "" {
		if k.rule = recurrence(at, l, k.start, zone); k.rule != nil {
			k.ruled = &ruled{next: k.rule.Iterator()}
		}
	}
	k.windows, k.limited = windowsOf(at.Key("on"), l.On)
	return k
}

// moment reads a day, with or without a time.
func moment(s string, clock time.Time) (time.Time, error) {
	if t, err := time.Parse(minuteLayout, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(dayLayout, s)
	return t.Add(time.Duration(clock.Hour()*60+clock.Minute()) * time.Minute), err
}

func recurrence(at check.At, l Layer, start time.Time, zone *time.Location) *rrule.RRule {
	if l.Rotate != "" {
		at.Key("rule").Error("keep one of rotate and rule", "the layer has both")
	}
	opt, err := rrule.StrToROption(strings.TrimPrefix(l.Rule, "RRULE:"))
	if err == nil && opt.Freq > rrule.HOURLY {
		at.Key("rule").Error("FREQ=HOURLY or longer", "hand-overs come too often")
		return nil
	}
	var rule *rrule.RRule
	if err == nil {
		opt.Dtstart = start
		if !opt.Until.IsZero() && untilUTC.MatchString(l.Rule) { // an instant, as RFC 5545 wants it where there is a zone
			opt.Until = floating(opt.Until, zone)
		}
		rule, err = rrule.NewRRule(*opt)
	}
	if err != nil {
		at.Key("rule").Error(`such as "FREQ=WEEKLY;BYDAY=MO,TH"`, "%.100q is no recurrence rule: %v", l.Rule, err)
		return nil
	}
	if l.Until == "" && (opt.Count > 0 || !opt.Until.IsZero()) {
		at.Key("rule").Warn("until: the day on which the layer ends", "the hand-overs end, and whoever has the last turn stays on call for good")
	}
	return rule
}

// windowsOf reads spans of time by day of the week; limited: there are any.
func windowsOf(at check.At, days map[string]string) (windows [7][]window, limited bool) {
	for day, list := range days {
		weekday, ok := weekdays[day]
		if !ok {
			at.Error("mon, tue, wed, thu, fri, sat or sun", "%.20q is no day", day)
			continue
		}
		for part := range strings.SplitSeq(list, ",") {
			from, to, cut := strings.Cut(strings.TrimSpace(part), "-")
			w := window{minutes(from), minutes(to)}
			if !cut || w.from < 0 || w.to < 0 || w.from == 24*60 {
				at.Key(day).Error("such as 18:00-08:00", "%.20q is no span of time", part)
				continue
			}
			windows[weekday] = append(windows[weekday], w)
		}
	}
	return windows, len(days) > 0
}

// minutes reads 15:04; -1 is a fault.
func minutes(s string) int {
	hour, minute, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, err := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if !ok || err != nil || err2 != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return -1
	}
	return h*60 + m
}

// on is whose turn it is, or -1 while the layer has nobody on call.
func (k *layer) on(at time.Time, zone *time.Location) int {
	if !k.start.IsZero() && at.Before(first(k.start, zone)) || !k.until.IsZero() && !at.Before(first(k.until, zone)) {
		return -1
	}
	if len(k.People) == 0 || !k.open(at, zone) {
		return -1
	}
	return k.turn(at, zone)
}

func (k *layer) open(at time.Time, zone *time.Location) bool {
	if !k.limited {
		return true
	}
	local := at.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today} {
		for _, w := range k.windows[day.Weekday()] {
			from, to := w.on(day, zone)
			if !at.Before(from) && at.Before(to) {
				return true
			}
		}
	}
	return false
}

// on is the window of a day, as instants.
func (w window) on(day time.Time, zone *time.Location) (from, to time.Time) {
	end := day.Add(time.Duration(w.to) * time.Minute)
	if w.to <= w.from {
		end = end.AddDate(0, 0, 1)
	}
	return first(day.Add(time.Duration(w.from)*time.Minute), zone), last(end, zone)
}

// turn counts hand-overs since the first turn began; it is negative before that. Those that fall together
// because the clock skips their time are one: nobody has a turn without length.
func (k *layer) turn(at time.Time, zone *time.Location) int {
	switch {
	case k.rule != nil:
		return k.occurrences(at, zone) - 1
	case k.start.IsZero() || k.Rotate == "" || k.Rotate == Never:
		return 0
	}
	n := k.nth(at, zone)
	if n > 0 {
		switch k.Rotate { // no clock skips a week
		case Hourly:
			n -= k.together(at, zone, time.Duration(k.Every)*time.Hour)
		case Daily: // Samoa and Tokelau have left out a day
			n -= k.together(at, zone, time.Duration(k.Every)*24*time.Hour)
		}
	}
	return n
}

// together is how many hand-overs up to a time fell together with the one after them.
func (k *layer) together(at time.Time, zone *time.Location, each time.Duration) (n int) {
	if each > maxSkip {
		return 0
	}
	upTo := func(wall time.Time) int { // the hand-overs up to what a wall clock shows
		if wall.Before(k.start) {
			return 0
		}
		return int(wall.Sub(k.start)/each) + 1
	}
	for t := first(k.start, zone).In(zone); ; {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(at) {
			return n
		}
		_, was := end.Add(-time.Second).Zone()
		_, is := end.Zone()
		if skipped := time.Duration(is-was) * time.Second; skipped >= each {
			after := floating(end, zone)
			before := after.Add(-skipped) // at which the clock would be; that moment is skipped
			if c := upTo(after) - upTo(before.Add(-time.Nanosecond)); c > 1 {
				n += c - 1
			}
		}
		t = end
	}
}

// nth is the number of the hand-over at or before a time, of those on the wall clock.
func (k *layer) nth(at time.Time, zone *time.Location) int {
	n := k.guess(floating(at, zone))
	for !first(k.handover(n+1), zone).After(at) {
		n++
	}
	for first(k.handover(n), zone).After(at) {
		n--
	}
	return n
}

// guess is the turn of a wall-clock time, but for one or two.
func (k *layer) guess(wall time.Time) int {
	switch k.Rotate {
	case Monthly:
		return ((wall.Year()-k.start.Year())*12 + int(wall.Month()) - int(k.start.Month())) / k.Every
	case Weekly:
		return int(wall.Sub(k.start) / (time.Duration(k.Every) * 7 * 24 * time.Hour))
	case Daily:
		return int(wall.Sub(k.start) / (time.Duration(k.Every) * 24 * time.Hour))
	}
	return int(wall.Sub(k.start) / (time.Duration(k.Every) * time.Hour))
}

// handover is when turn n begins, on the wall clock.
func (k *layer) handover(n int) time.Time {
	n *= k.Every
	switch k.Rotate {
	case Monthly:
		month := time.Date(k.start.Year(), k.start.Month()+time.Month(n), 1, k.start.Hour(), k.start.Minute(), 0, 0, time.UTC)
		length := month.AddDate(0, 1, -1).Day()
		return month.AddDate(0, 0, min(k.start.Day(), length)-1)
	case Weekly:
		return k.start.AddDate(0, 0, 7*n)
	case Daily:
		return k.start.AddDate(0, 0, n)
	}
	return k.start.Add(time.Duration(n) * time.Hour)
}

// ruled remembers when the hand-overs of a rule are, as far as anybody has asked: counting them begins at the
// first each time.
type ruled struct {
	mu    sync.Mutex
	next  func() (time.Time, bool)
	times []time.Time // instants, each once
	over  bool        // there are no more
}

// occurrences counts those of the rule up to a time; those that fall together are one.
func (k *layer) occurrences(at time.Time, zone *time.Location) int {
	r := k.ruled
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := len(r.times); !r.over && (n == 0 || !r.times[n-1].After(at)); n = len(r.times) {
		t, ok := r.next()
		if !ok {
			r.over = true
			break
		}
		if when := first(t, zone); n == 0 || when.After(r.times[n-1]) {
			r.times = append(r.times, when)
		}
	}
	return sort.Search(len(r.times), func(i int) bool { return r.times[i].After(at) })
}

// handovers are those within a time, as instants.
func (k *layer) handovers(from, to time.Time, zone *time.Location) (list []time.Time) {
	if k.rule != nil {
		for _, t := range k.rule.Between(floating(from, zone).Add(-26*time.Hour), floating(to, zone).Add(26*time.Hour), true) {
			list = append(list, first(t, zone))
		}
		return list
	}
	if k.start.IsZero() || k.Rotate == "" || k.Rotate == Never {
		return nil
	}
	for n := max(0, k.nth(from, zone)); ; n++ {
		t := first(k.handover(n), zone)
		if !t.Before(to) {
			return list
		}
		list = append(list, t)
	}
}

// edges are when something of the layer may change.
func (k *layer) edges(from, to time.Time, zone *time.Location) []time.Time {
	list := k.handovers(from, to, zone)
	for _, t := range []time.Time{k.start, k.until} {
		if !t.IsZero() {
			list = append(list, first(t, zone))
		}
	}
	if k.limited {
		day := floating(from, zone).Truncate(24*time.Hour).AddDate(0, 0, -2)
		for end := floating(to, zone).AddDate(0, 0, 1); day.Before(end); day = day.AddDate(0, 0, 1) {
			for _, w := range k.windows[day.Weekday()] {
				a, b := w.on(day, zone)
				list = append(list, a, b)
			}
		}
	}
	return list
}

// floating is what the wall clock of the zone shows, as a time of UTC.
func floating(at time.Time, zone *time.Location) time.Time {
	_, offset := at.In(zone).Zone()
	return at.Add(time.Duration(offset) * time.Second).UTC()
}

// first is when the wall clock first shows a time, or, when it skips it, the first instant after the gap.
func first(wall time.Time, zone *time.Location) time.Time { return instants(wall, zone)[0] }

// last is when the wall clock last shows a time.
func last(wall time.Time, zone *time.Location) time.Time {
	list := instants(wall, zone)
	return list[len(list)-1]
}

// instants are those at which the wall clock of the zone shows a time, in order: one, or two where an hour
// comes twice. For a time that it skips it is the first instant after the gap.
func instants(wall time.Time, zone *time.Location) []time.Time {
	var found []time.Time
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	start, end := t.ZoneBounds()
	if (start.IsZero() || t.Sub(start) > 2*maxSkip) && (end.IsZero() || end.Sub(t) > 2*maxSkip) {
		return []time.Time{t} // no clock changes near it
	}
	for _, other := range []time.Time{t, start.Add(-time.Second), end} { // by each offset that may be meant
		if other.IsZero() || other.Equal(time.Time{}.Add(-time.Second)) {
			continue
		}
		_, offset := other.Zone()
		c := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if floating(c, zone).Equal(wall) && !slices.ContainsFunc(found, c.Equal) {
			found = append(found, c)
		}
	}
	if len(found) == 0 { // skipped: time.Date took the offset of one side of the gap
		if floating(t, zone).Before(wall) {
			return []time.Time{end}
		}
		return []time.Time{start}
	}
	slices.SortFunc(found, time.Time.Compare)
	return found
}
