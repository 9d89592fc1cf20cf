package email

import (
	"slices"
	"strconv"
	"strings"
)

// kind is what a line of a mail is.
type kind int

const (
	plain  kind = iota // what the sender wrote now
	quoted             // begins with ">"
	cited              // the HTML says that it is a quotation
	signed             // a signature
	gone               // an attribution, or history up to the end
)

type line struct {
	text string
	kind kind
}

func itoa(n int) string { return strconv.Itoa(n) }

func textLines(s string) []line {
	lines := make([]line, 0, 1+strings.Count(s, "\n"))
	for l := range strings.SplitSeq(s, "\n") {
		lines = append(lines, line{strings.TrimRight(l, " \t\r"), plain})
		if l == "-- " {
			lines[len(lines)-1].text = l // the mark of a signature, RFC 3676 §4.3
		}
	}
	return lines
}

// foldLines parts what is new from what is folded away. Every line is in one of the two: a wrong
// decision costs a click, not the text. When everything would be folded, nothing is.
func foldLines(lines []line) (fresh, folded string) {
	lines = slices.Clone(lines)
	markHistory(lines)
	markSignature(lines)
	decideQuotes(lines)
	var a, b []string
	for _, l := range lines {
		switch l.kind {
		case plain:
			a = append(a, l.text)
		case quoted:
			a = append(a, l.text)
		default:
			b = append(b, l.text)
		}
	}
	fresh, folded = joinLines(a), joinLines(b)
	if fresh == "" {
		all := make([]string, len(lines))
		for i, l := range lines {
			all[i] = l.text
		}
		return joinLines(all), ""
	}
	return fresh, folded
}

// joinLines leaves out blank lines at the ends and all but two in a row.
func joinLines(lines []string) string {
	var b strings.Builder
	blank := 0
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			blank++
			continue
		}
		if b.Len() > 0 {
			b.WriteString(strings.Repeat("\n", min(blank, 2)+1))
		}
		blank = 0
		b.WriteString(l)
	}
	return b.String()
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// next is the index of the next line that is not blank, or len(lines).
func next(lines []line, i int) int {
	for i < len(lines) && isBlank(lines[i].text) {
		i++
	}
	return i
}

// maxLook is how many lines are searched for attributions: nobody writes that much by hand.
const maxLook = 20_000

// markHistory finds quoted lines, attributions ("On … wrote:") and headers of earlier mails.
func markHistory(lines []line) {
	for i := range lines {
		if lines[i].kind == plain && strings.HasPrefix(lines[i].text, ">") {
			lines[i].kind = quoted
		}
	}
	above := false // there is text above
	for i := 0; i < min(len(lines), maxLook); i++ {
		if lines[i].kind != plain || isBlank(lines[i].text) {
			continue
		}
		if n := attribution(lines[i:]); n > 0 {
			after := next(lines, i+n)
			if after < len(lines) && (lines[after].kind == quoted || lines[after].kind == cited) {
				mark(lines[i:i+n], gone)
				i += n - 1
				continue
			}
			if above && after < len(lines) {
				mark(lines[i:], gone)
				return
			}
		}
		if history(lines[i:]) {
			if above {
				mark(lines[i:], gone)
			}
			return // a forward without a word: it is the message
		}
		above = true
	}
}

func mark(lines []line, k kind) {
	for i := range lines {
		if lines[i].kind != signed {
			lines[i].kind = k
		}
	}
}

// decideQuotes folds quotations, but keeps those between which the sender wrote: answers make no
// sense without them.
func decideQuotes(lines []line) {
	type run struct {
		from, to         int
		attributed, last bool
	}
	var runs []run
	lastPlain := -1
	for i, l := range lines {
		if l.kind == plain && !isBlank(l.text) {
			lastPlain = i
		}
	}
	prev := -1 // the last line that is not blank
	for i := 0; i < len(lines); i++ {
		k := lines[i].kind
		if k != quoted && k != cited {
			if !isBlank(lines[i].text) {
				prev = i
			}
			continue
		}
		r := run{from: i, to: i + 1, attributed: k == cited || prev >= 0 && lines[prev].kind == gone, last: i > lastPlain}
		if r.last && !r.attributed { // "Here is the log:" and the log, its lines beginning with ">"
			r.attributed = prev >= 0 && !strings.HasSuffix(lines[prev].text, ":")
		}
		for j := i + 1; j < len(lines) && (isBlank(lines[j].text) || lines[j].kind == quoted || lines[j].kind == cited); j++ {
			if !isBlank(lines[j].text) {
				r.to = j + 1
			}
		}
		runs = append(runs, r)
		i, prev = r.to-1, r.to-1
	}
	inner := 0
	for _, r := range runs {
		if !r.last {
			inner++
		}
	}
	for _, r := range runs {
		keep := !r.last && inner > 1 || !r.attributed
		for i := r.from; i < r.to; i++ {
			switch l := &lines[i]; {
			case !keep:
				l.kind = gone
			case l.kind == cited && isBlank(l.text):
				l.kind = plain
			case l.kind == cited:
				l.kind, l.text = quoted, "> "+l.text
			}
		}
	}
}

// Signatures longer than this are text, in lines that are not blank.
const (
	maxSignature = 40 // after "-- "
	maxDashes    = 12 // after "--", which may also be a rule
)

// markSignature folds what stands below "-- ", and the line by which a telephone names itself.
func markSignature(lines []line) {
	above := false
	for i := range lines {
		l := lines[i]
		if l.kind != plain || isBlank(l.text) {
			continue
		}
		standard, dashes := l.text == "-- ", strings.TrimSpace(l.text) == "--" || l.text == "—"
		if above && (standard || dashes || deviceLine(l.text)) {
			end, n := block(lines, i+1)
			switch {
			case standard && n <= maxSignature, dashes && n <= maxDashes && end == len(lines):
				mark(lines[i:end], signed)
			case !standard && !dashes && n <= 3:
				mark(lines[i:end], signed)
			}
			if lines[i].kind == signed {
				continue
			}
		}
		above = true
	}
}

// block is where the sender's lines from i end, and how many of them are not blank. It looks no
// farther than a signature may reach.
func block(lines []line, i int) (end, n int) {
	for most := i + 10*maxSignature; i < len(lines) && lines[i].kind == plain && n <= maxSignature; i++ {
		if i == most {
			return i, maxSignature + 1
		}
		if !isBlank(lines[i].text) {
			n++
		}
	}
	return i, n
}
