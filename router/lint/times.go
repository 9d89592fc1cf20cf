package lint

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Time is a time that a text names to a customer.
type Time struct {
	Words string    // as they stand there
	From  time.Time // a promise that is due from then …
	Until time.Time // … until then stands behind it
	At    time.Time // what a promise of it would say: within office hours where only a day is named
}

// The parts of which times are made, in English, German and French. They are found in sentences that say what we, or
// somebody, will do; a question, or what the customer is asked to do, names no time of ours.
var (
	ours = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:will|(?:colleagues?|engineers?|courier|team|level \d) \p{L}+|going out|we|we'll|we’ll|i|i'll|i’ll|you'll|you’ll|you will|you should|will be|it'll|it’ll|our|technicians?|engineers?|arrives?|` +
		`expect(?:ed)?|ready|delivered|fixed|solved|repaired|` +
		`wir|ich|unser\p{L}*|(?:mein\p{L}*|ihr\p{L}*) (?:kolleg\p{L}*|team|gerät)|haben sie|level \d|sie (?:hören|bekommen|erhalten|haben)|hören sie|bekommen sie|erhalten sie|wird|werden|techniker\p{L}*|fertig|geliefert|repariert|erledigt|behoben|kommt|` +
		`nous|je|j['’]|on|notre|nos|(?:mon|ma|votre) (?:collègue|équipe|appareil)|niveau \d|arrive|vous aurez|vous recevrez|vous serez|sera|seront|technicien\p{L}*|arrivera|livré\p{L}*|réparé\p{L}*|résolu\p{L}*|prêt\p{L}*)(?:$|[^\p{L}])`)
	theirs = regexp.MustCompile(`(?i)^[\s,;]*(?:and |but |then |und |aber |dann |et |mais )?(?:(?:if|when|wenn|falls|si|quand|lorsque) (?:we|i|wir|ich|nous|je)|de (?:nous|me|m[’'])|please|kindly|could you|can you|would you|let us know|if you|bitte|könnten sie|können sie|lassen sie|melden sie|wenn sie|falls sie|veuillez|merci de|pourriez[- ]vous|pouvez[- ]vous|laissez|si vous)(?:$|[^\p{L}])`)
	// noting is what begins as a request and says what we do.
	noting = regexp.MustCompile(`(?i)^[\s,;]*(?:please note|bitte beachten sie|veuillez noter|merci de noter)`)

	// What was, unless the same clause says what will be; what is so since, from … to, or is wished; and what will not be.
	past = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:was|were|been|had|sent|received|called|wrote|said|told|asked|tried|ordered|spoke|ended|expired|` +
		`(?:haben?|hat|hatten?|wurden?|bin|sind|ist)(?: [^,;]*)? (?:ge\p{L}+|be\p{L}+t|ver\p{L}+t|er\p{L}+t|\p{L}+iert|bekommen|erhalten|\p{L}+ge\p{L}+(?:en|t)|besprochen|versprochen)|` +
		`hatten?|schrieben?|wurden?|war(?:en)?|riefen?|` +
		`(?:avons|avez|ai|a|ont|est|sont|était|étaient)(?: \p{L}+){0,2} \p{L}*(?:é|ée|és|ées|it|u|us|ue|ues)|était|étaient)(?:$|[^\p{L}])`)
	future = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:will|\p{L}+['’]ll|shall|should|going to|expect|can|until|within|no later|werden?|wird|bis|spätestens|sollten?|kann|` +
		`\p{L}+r(?:ons|ont|ez|a)|d['’]ici|avant|au plus tard)(?:$|[^\p{L}])`)
	since = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:since|open from|seit|depuis|von \d[\d:.]*(?: uhr)? bis|de \d+ ?h(?:eures)?(?: ?\d+)? à|from \d[\d:.]*(?: ?[ap]\.?m\.?)? to|` +
		`wish|have a (?:nice|good|great)|wünschen?|einen? (?:schöne|gute)[nrs]?|souhait\p{L}+|bon(?:ne)? (?:\p{L}+ )?(?:semaine|soirée|journée|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|week-end)|` +
		`thanks? (?:you )?for|danke für|vielen dank|merci (?:de votre|pour))(?:$|[^\p{L}])`)
	never = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:not|cannot|\p{L}+n['’]t|nicht|keine?[nmrs]?|pas|impossible)(?:$|[^\p{L}])`)
	// late is not a no.
	late = regexp.MustCompile(`(?i)(?:not|nicht|pas) (?:later|after|später|nach|plus tard|après)|pas de problème|kein problem|not only`)
	// joint is where one clause ends and another begins.
	joint = regexp.MustCompile(`(?i)\s(?:and|but|or|und|aber|oder|sondern|et|mais|ou)\s|;|,\s+(?:\p{L}+\s+){0,2}(?:we|we['’]ll|i|i['’]ll|it|our|wir|ich|unser\p{L}*|nous|je|on|notre|nos|vous)(?:$|[^\p{L}])`)

	dayWord = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(day after tomorrow|tomorrow|tonight|today|this (?:morning|afternoon|evening|week)|end of (?:the )?(?:day|week)|eod|next week|` +
		`übermorgen|morgen|heute(?: (?:abend|nachmittag|mittag|morgen))?|ende der woche|nächste[rn]? woche|diese[rn]? woche|feierabend|` +
		`après[- ]demain|demain|aujourd['’]hui|ce (?:soir|matin)|cet après[- ]midi|cette semaine|fin de (?:la )?(?:semaine|journée)|la semaine prochaine|` +
		`(?:next |this )?(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?)|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|` +
		`lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?:$|[^\p{L}])`)
	clockWord = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d.,])(\d{1,2})\s?h\s?(\d{2})(?:$|[^\p{L}\d])|(?:^|[^\p{L}\d.,])(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m\.?|p\.?m\.?|o['’]clock|uhr|heures?|h)(?:$|[^\p{L}\d])|(?:^|[^\p{L}\d.,])(\d{1,2}):(\d{2})(?:$|[^\d:])`)
	noonWord  = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:by|until|before|at|bis|um|à|avant) (noon|midday|mittag|mittags|midi|midnight|mitternacht|minuit)(?:$|[^\p{L}])`)
	spanWord  = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:within|in|binnen|innerhalb (?:von|der nächsten)?|in den nächsten|in der nächsten|dans|d['’]ici|sous|en moins de)\s+(?:the next |about |etwa |ca\. |environ |les )?` +
		`(\d+|an?|one|two|three|four|five|six|ten|half an|eine[rmns]?|zwei|drei|vier|fünf|sechs|zehn|einer halben|une?|deux|trois|quatre|cinq|six|dix)(?:\s?(?:-|–|to|bis|à)\s?(\d+))?\s+` +
		`(minutes?|hours?|(?:working |business )?days?|weeks?|minuten?|stunden?|(?:werk|arbeits)?tag(?:e[ns]?)?|wochen?|heures?|jours?(?: ouvrés| ouvrables)?|semaines?)(?:$|[^\p{L}])`)
)

var counts = map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "ein": 1, "eine": 1, "einer": 1, "einem": 1,
	"einen": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "zehn": 10, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dix": 10}

const (
	maxTimes  = 5
	closing   = 17 // o'clock: what a promise for a day says
	maxSpan   = 400
	maxLooked = 30_000 // bytes of an answer that are read
)

// Times are the times that an answer names as ours, at most five (practice: no-false-eta). now is on the clock of
// who answers.
func Times(text string, now time.Time) (list []Time) {
	for _, s := range sentences(text[:min(len(text), maxLooked)]) {
		if !strings.HasSuffix(s, "?") {
			list = append(list, said(s, now)...)
		}
		if len(list) >= maxTimes {
			return list[:maxTimes]
		}
	}
	return list
}

// said are the times of ours in one sentence. Who acts in a clause without saying so is who did in the one before; a
// time that comes before anybody is named is whose the next clause is.
func said(s string, now time.Time) (list []Time) {
	mine, known := false, false
	var first []Time
	for _, c := range clauses(s) {
		switch {
		case noting.MatchString(c):
			mine, known = true, true
		case theirs.MatchString(c):
			mine, known = false, true
		case ours.MatchString(c):
			mine, known = true, true
		}
		if known && !mine {
			first = nil
			continue
		}
		past := past.MatchString(c) && !future.MatchString(c)
		no := never.MatchString(c) && !late.MatchString(c)
		t, ok := timeIn(c, now)
		switch {
		case past || no || since.MatchString(c):
		case ok && t.Until.After(now) && known:
			list = append(list, t)
		case ok && t.Until.After(now):
			first = append(first, t)
		}
		if known {
			list, first = append(list, first...), nil
		}
	}
	return list
}

// clauses splits a sentence where another subject may begin.
func clauses(s string) (list []string) {
	from := 0
	for _, at := range joint.FindAllStringIndex(s, -1) {
		if at[0] > from {
			list = append(list, s[from:at[0]])
			from = at[0]
		}
	}
	return append(list, s[from:])
}

// sentences splits a text, each with the sign that ends it. Lines that quote are left out.
func sentences(text string) (list []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			continue
		}
		from, runes := 0, []rune(line)
		for i, r := range runes {
			end := i == len(runes)-1 || strings.ContainsRune(".!?;", r) && (runes[i+1] == ' ' || runes[i+1] == '\t')
			if r == '.' && i > 0 && i < len(runes)-1 && (runes[i-1] >= '0' && runes[i-1] <= '9' || abbreviated(runes[from:i])) {
				end = false
			}
			if end {
				if s := strings.TrimSpace(string(runes[from : i+1])); s != "" {
					list = append(list, s)
				}
				from = i + 1
			}
		}
	}
	return list
}

func abbreviated(r []rune) bool {
	s := strings.ToLower(string(r[max(0, len(r)-3):]))
	return strings.HasSuffix(s, "p.m") || strings.HasSuffix(s, "a.m") || strings.HasSuffix(s, " ca") || strings.HasSuffix(s, "p") && len(s) > 1 && s[len(s)-2] == ' '
}

func timeIn(s string, now time.Time) (Time, bool) {
	if m := spanWord.FindStringSubmatch(s); m != nil {
		return span(m, now)
	}
	day, dayWords, hasDay := dateIn(s, now)
	if !hasDay {
		day, dayWords, hasDay = dayIn(s, now)
	} else if clear := strings.Replace(s, dayWords, " ", 1); clear != s {
		s = clear // "12.03." is no time of day
	}
	hour, minute, words, hasClock := clockIn(s)
	switch {
	case hasDay && hasClock:
		at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, now.Location())
		return oClock(dayWords+" "+words, at), true
	case hasDay:
		at := time.Date(day.Year(), day.Month(), day.Day(), closing, 0, 0, 0, now.Location())
		t := Time{Words: dayWords, From: startOf(day), Until: endOf(day), At: at}
		if !at.After(now) {
			t.At = t.Until
		}
		if week.MatchString(dayWords) {
			t.From, t.Until = startOf(day.AddDate(0, 0, -4)), endOf(day.AddDate(0, 0, 2))
		}
		return t, true
	case hasClock:
		at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, now.Location())
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		return oClock(words, at), true
	}
	return Time{}, false
}

// week is what names all of one.
var week = regexp.MustCompile(`(?i)week|woche|semaine`)

// How far a promise may be from the time that a text names, and stand behind it.
const (
	before = time.Hour       // by three o'clock: at half past two
	after  = 5 * time.Minute //
	share  = 0.75            // within four hours, said an hour after that was promised
)

func oClock(words string, at time.Time) Time {
	return Time{Words: words, From: at.Add(-before), Until: at.Add(after), At: at}
}

func startOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func endOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 23, 59, 0, 0, t.Location())
}

func span(m []string, now time.Time) (Time, bool) {
	word := strings.ToLower(m[1])
	n, ok := counts[word]
	half := strings.HasPrefix(word, "half") || strings.HasSuffix(word, "halben")
	if half {
		n, ok = 1, true
	}
	if v, err := strconv.Atoi(word); err == nil {
		n, ok = v, true
	}
	if v, err := strconv.Atoi(m[2]); err == nil && v > n {
		n = v
	}
	if !ok || n < 1 || n > maxSpan {
		return Time{}, false
	}
	from := n // of "two to three days" the two, else three quarters of it
	if v, err := strconv.Atoi(word); err == nil && v < n {
		from = v
	} else {
		from = max(1, int(share*float64(n)))
	}
	unit := strings.ToLower(m[3])
	words := strings.TrimFunc(m[0], func(r rune) bool { return strings.ContainsRune(" .,;:!()", r) })
	hours := strings.HasPrefix(unit, "hour") || strings.HasPrefix(unit, "stunde") || strings.HasPrefix(unit, "heure")
	if hours || strings.HasPrefix(unit, "minute") {
		d := time.Duration(n) * time.Minute
		switch {
		case hours && half:
			d = 30 * time.Minute
		case hours:
			d = time.Duration(n) * time.Hour
		}
		end := now.Add(d)
		return Time{Words: words, From: now.Add(time.Duration(share*float64(d)) - after), Until: end.Add(max(after, d/10)), At: end}, true
	}
	first, end := now.AddDate(0, 0, from), now.AddDate(0, 0, n)
	switch {
	case strings.HasPrefix(unit, "week"), strings.HasPrefix(unit, "woche"), strings.HasPrefix(unit, "semaine"):
		first, end = now.AddDate(0, 0, max(5, 7*from)), now.AddDate(0, 0, 7*n)
	case strings.HasPrefix(unit, "working"), strings.HasPrefix(unit, "business"), strings.HasPrefix(unit, "werk"), strings.HasPrefix(unit, "arbeits"), strings.Contains(unit, " ouvr"):
		first, end = workdays(now, from), workdays(now, n)
	}
	return Time{Words: words, From: startOf(first), Until: endOf(end), At: end}, true
}

// workdays is so many days from Monday to Friday later.
func workdays(t time.Time, n int) time.Time {
	for n > 0 {
		if t = t.AddDate(0, 0, 1); t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
			n--
		}
	}
	return t
}

var dayNames = map[string]time.Weekday{"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 0,
	"montag": 1, "dienstag": 2, "mittwoch": 3, "donnerstag": 4, "freitag": 5, "samstag": 6, "sonnabend": 6, "sonntag": 0,
	"lundi": 1, "mardi": 2, "mercredi": 3, "jeudi": 4, "vendredi": 5, "samedi": 6, "dimanche": 0}

// The dates that a text names: 12 March, March 12th, 12. März, 12.03., le 12 mars, 12/03.
var (
	dateWord = regexp.MustCompile(`(?i)(?:^|[^\p{L}\d])(\d{1,2})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+)?(` + months + `)(?:$|[^\p{L}])|(?:^|[^\p{L}])(` + months + `)\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:$|[^\p{L}\d:])`)
	dateNum  = regexp.MustCompile(`(?:^|[^\d.,:/])(\d{1,2})(?:\.(\d{1,2})\.|/(\d{2})(?:$|[^\d]))`)
)

const months = `jan(?:uary|uar|vier|\.)?|feb(?:ruary|ruar|\.)?|février|mar(?:ch|s)|märz|apr(?:il|\.)?|avril|may|mai|june?|juin|juni|july?|juli|juillet|aug(?:ust|\.)?|août|sep(?:tember|t?\.)?|septembre|o[ck]t(?:ober|obre|\.)?|nov(?:ember|embre|\.)?|de[cz](?:ember|\.)?|décembre`

// monthOf is the month of a name.
func monthOf(name string) time.Month {
	name = strings.ToLower(name)
	for i, begins := range [...]string{"jan", "f", "mar mär", "ap av", "ma", "jun juin", "jul juil", "au ao", "s", "o", "n", "d"} {
		for b := range strings.FieldsSeq(begins) {
			if strings.HasPrefix(name, b) {
				return time.Month(i + 1)
			}
		}
	}
	return 0
}

// dateIn is the date that a clause names: the next of that day and month, or that of the last weeks.
func dateIn(s string, now time.Time) (day time.Time, words string, ok bool) {
	d, month := 0, time.Month(0)
	if m := dateWord.FindStringSubmatch(s); m != nil {
		d, _ = strconv.Atoi(m[1] + m[4])
		words, month = m[0], monthOf(m[2]+m[3])
	} else if m := dateNum.FindStringSubmatch(s); m != nil {
		d, _ = strconv.Atoi(m[1])
		n, _ := strconv.Atoi(m[2] + m[3])
		words, month = m[0], time.Month(n)
	}
	day = time.Date(now.Year(), month, d, 12, 0, 0, 0, now.Location())
	if month < 1 || month > 12 || day.Day() != d {
		return now, "", false
	}
	if now.Sub(day) > 90*24*time.Hour {
		day = day.AddDate(1, 0, 0)
	}
	return day, strings.TrimFunc(words, func(r rune) bool { return strings.ContainsRune(" ,;:!()", r) }), true
}

// dayIn is the day that a sentence names: the last of them, as in "not today but tomorrow".
func dayIn(s string, now time.Time) (day time.Time, words string, ok bool) {
	lower := strings.ToLower(s)
	all := dayWord.FindAllStringSubmatch(lower, -1)
	if len(all) == 0 {
		return now, "", false
	}
	words = all[len(all)-1][1]
	if words == "morgen" && (strings.Contains(lower, "guten morgen") || strings.Contains(lower, "heute morgen")) {
		return now, "", false
	}
	name := strings.TrimPrefix(strings.TrimPrefix(words, "next "), "this ")
	if wd, known := dayNames[strings.TrimSuffix(name, "s")]; known || func() bool { wd, known = dayNames[name]; return known }() {
		days := (int(wd)-int(now.Weekday())+6)%7 + 1 // the next of that name
		return now.AddDate(0, 0, days), words, true
	}
	friday := (int(time.Friday) - int(now.Weekday()) + 7) % 7
	switch {
	case strings.Contains(words, "übermorgen"), strings.Contains(words, "day after"), strings.HasPrefix(words, "après"):
		return now.AddDate(0, 0, 2), words, true
	case words == "tomorrow", words == "morgen", words == "demain":
		return now.AddDate(0, 0, 1), words, true
	case strings.Contains(words, "next week"), strings.HasPrefix(words, "nächste"), strings.Contains(words, "prochaine"):
		return now.AddDate(0, 0, friday+7), words, true
	case strings.Contains(words, "week"), strings.Contains(words, "woche"), strings.Contains(words, "semaine"):
		return now.AddDate(0, 0, friday), words, true
	}
	return now, words, true
}

func clockIn(s string) (hour, minute int, words string, ok bool) {
	if m := noonWord.FindStringSubmatch(s); m != nil {
		if w := strings.ToLower(m[1]); strings.HasPrefix(w, "midn") || strings.HasPrefix(w, "mitter") || strings.HasPrefix(w, "minu") {
			return 23, 59, w, true
		}
		return 12, 0, strings.ToLower(m[1]), true
	}
	m := clockWord.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, "", false
	}
	half := strings.ToLower(strings.ReplaceAll(m[5], ".", ""))
	hour, _ = strconv.Atoi(m[1] + m[3] + m[6]) // one of them is there
	minute, _ = strconv.Atoi(m[2] + m[4] + m[7])
	switch {
	case half == "pm" && hour < 12:
		hour += 12
	case half == "am" && hour == 12:
		hour = 0
	}
	return hour, minute, strings.TrimFunc(m[0], func(r rune) bool { return strings.ContainsRune(" .,;:!()", r) }), hour < 24 && minute < 60
}
