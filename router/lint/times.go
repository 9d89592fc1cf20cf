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
	From  time.Time // when it begins: a promise for that time or sooner stands behind it …
	Until time.Time // … until its end
	At    time.Time // what a promise of it would say: within office hours where only a day is named
}

// The parts of which times are made, in English, German and French. They are found in sentences that say what we, or
// somebody, will do; a question, or what the customer is asked to do, names no time of ours.
var (
	ours = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:we|we'll|we’ll|i|i'll|i’ll|you'll|you’ll|you will|you should|will be|it'll|it’ll|our|technicians?|engineers?|arrives?|` +
		`expect(?:ed)?|ready|delivered|fixed|solved|repaired|` +
		`wir|ich|unser\p{L}*|sie (?:hören|bekommen|erhalten|haben)|hören sie|bekommen sie|erhalten sie|wird|werden|techniker\p{L}*|fertig|geliefert|repariert|erledigt|behoben|kommt|` +
		`nous|je|j['’]|on|notre|nos|vous aurez|vous recevrez|vous serez|sera|seront|technicien\p{L}*|arrivera|livré\p{L}*|réparé\p{L}*|résolu\p{L}*|prêt\p{L}*)(?:$|[^\p{L}])`)
	theirs = regexp.MustCompile(`(?i)^\s*(?:please|kindly|could you|can you|would you|if you|bitte|könnten sie|können sie|wenn sie|falls sie|veuillez|merci de|pourriez[- ]vous|pouvez[- ]vous|si vous)(?:$|[^\p{L}])`)
	past   = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:you (?:wrote|said|told|called|asked|sent)|we (?:wrote|sent|called|received|have (?:received|sent))|sie (?:haben|hatten|schrieben)|wir haben|wir hatten|vous avez|vous nous avez|nous avons|nous avions)(?:$|[^\p{L}])`)

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
		if len(list) == maxTimes {
			break
		}
		if strings.HasSuffix(s, "?") || theirs.MatchString(s) || !ours.MatchString(s) {
			continue
		}
		if t, ok := timeIn(s, now); ok && t.Until.After(now) && !(past.MatchString(s) && t.From.Before(now)) {
			list = append(list, t)
		}
	}
	return list
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
	day, dayWords, hasDay := dayIn(s, now)
	hour, minute, words, hasClock := clockIn(s)
	switch {
	case hasDay && hasClock:
		at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, now.Location())
		return Time{Words: dayWords + " " + words, From: at, Until: at, At: at}, true
	case hasDay:
		end := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 0, 0, now.Location())
		at := time.Date(day.Year(), day.Month(), day.Day(), closing, 0, 0, 0, now.Location())
		if !at.After(now) {
			at = end
		}
		return Time{Words: dayWords, From: now, Until: end, At: at}, true
	case hasClock:
		at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, now.Location())
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		return Time{Words: words, From: at, Until: at, At: at}, true
	}
	return Time{}, false
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
	unit := strings.ToLower(m[3])
	end := now
	switch {
	case strings.HasPrefix(unit, "minute"):
		end = now.Add(time.Duration(n) * time.Minute)
	case strings.HasPrefix(unit, "hour"), strings.HasPrefix(unit, "stunde"), strings.HasPrefix(unit, "heure"):
		end = now.Add(time.Duration(n) * time.Hour)
		if half {
			end = now.Add(30 * time.Minute)
		}
	case strings.HasPrefix(unit, "week"), strings.HasPrefix(unit, "woche"), strings.HasPrefix(unit, "semaine"):
		end = now.AddDate(0, 0, 7*n)
	case strings.HasPrefix(unit, "working"), strings.HasPrefix(unit, "business"), strings.HasPrefix(unit, "werk"), strings.HasPrefix(unit, "arbeits"), strings.Contains(unit, " ouvr"):
		for end = now; n > 0; {
			if end = end.AddDate(0, 0, 1); end.Weekday() != time.Saturday && end.Weekday() != time.Sunday {
				n--
			}
		}
	default:
		end = now.AddDate(0, 0, n)
	}
	words := strings.TrimFunc(m[0], func(r rune) bool { return strings.ContainsRune(" .,;:!()", r) })
	return Time{Words: words, From: now, Until: end, At: end}, true
}

var dayNames = map[string]time.Weekday{"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 0,
	"montag": 1, "dienstag": 2, "mittwoch": 3, "donnerstag": 4, "freitag": 5, "samstag": 6, "sonnabend": 6, "sonntag": 0,
	"lundi": 1, "mardi": 2, "mercredi": 3, "jeudi": 4, "vendredi": 5, "samedi": 6, "dimanche": 0}

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
