package email

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a line of a mail is.
type kind int

const (
	plain    kind = iota // what the sender wrote now
	quoted               // begins with ">"
	cited                // the HTML says that it is a quotation
	boxed                // … or may be one
	indented             // … or is one only if it was introduced
	signed               // a signature
	gone                 // an attribution, or history up to the end
)

func (k kind) quotation() bool { return k >= quoted && k <= indented }

type line struct {
	text string
	kind kind
	clue clue // what it may introduce
}

func itoa(n int) string { return strconv.Itoa(n) }

func textLines(s string) []line {
	lines := make([]line, 0, 1+strings.Count(s, "\n"))
	for l := range strings.SplitSeq(s, "\n") {
		lines = append(lines, line{text: strings.TrimRight(l, " \t\r"), kind: plain})
		if l == "-- " {
			lines[len(lines)-1].text = l // the mark of a signature, RFC 3676 §4.3
		}
	}
	return lines
}

// foldLines parts what is new from what is folded away. Every line is in one of the two: a wrong
// decision costs a click, not the text. When everything would be folded, nothing is.
func foldLines(lines []line) (fresh, folded string) {
	lines = splitShared(looked(lines))
	markHistory(lines)
	markSignature(lines)
	markInitials(lines)
	decideQuotes(lines)
	var a, b []string
	for _, l := range lines {
		if l.kind == plain || l.kind == quoted {
			a = append(a, l.text)
		} else {
			b = append(b, l.text)
		}
	}
	if fresh, folded = joinLines(a), joinLines(b); fresh == "" {
		return joinLines(texts(lines)), ""
	}
	return fresh, folded
}

// looked collects the clues of all lines that may be the sender's, in lines that may be changed.
func looked(lines []line) []line {
	lines = slices.Clone(lines)
	for i := range lines[:min(len(lines), maxLook)] {
		lines[i].clue = cluesOf(lines[i].text)
	}
	return lines
}

func texts(lines []line) []string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = l.text
	}
	return all
}

// joinLines leaves out blank lines at the ends and all but two in a row.
func joinLines(lines []string) string {
	var b strings.Builder
	blank, size := 0, 0
	for _, l := range lines {
		size += len(l) + 1
	}
	b.Grow(size)
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			blank++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n\n"[:min(blank, 2)+1])
		}
		blank = 0
		b.WriteString(l)
	}
	return b.String()
}

// isBlank says whether nothing of a line is to be seen.
func isBlank(s string) bool {
	for _, r := range s {
		if r > ' ' && (r < utf8.RuneSelf || !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)) {
			return false
		}
	}
	return true
}

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
		if lines[i].kind == plain && strings.HasPrefix(strings.TrimLeft(lines[i].text, " "), ">") && !arrow(lines[i].text) {
			lines[i].kind = quoted
		}
	}
	unwrapForward(lines)
	joinWrapped(lines)
	words, headed := 0, false // of the sender's, so far; below "---- a title ----" stands no text, but perhaps a header
	for i := 0; i < min(len(lines), maxLook); i++ {
		if lines[i].kind != plain || isBlank(lines[i].text) {
			headed = false
			continue
		}
		if in := introduces(lines, i); in.lines > 0 {
			end := i + in.lines
			after := next(lines, end)
			markPrefixed(lines, after)
			switch {
			case after < len(lines) && lines[after].kind != plain:
				mark(lines[i:end], gone)
			case words > 0 && in.strong:
				mark(lines[i:], gone)
				return
			case words > 0: // it may be a sentence
				words++
			case after < len(lines): // a bare attribution on top: what stands below is all there is
				mark(lines[i:end], gone)
			}
			i = end - 1
			continue
		}
		if p := history(lines, i); p.lines > 0 {
			if words == 0 || p.forward && words <= maxHint {
				if end := i + p.lines; p.forward && words == 0 && next(lines, end) < len(lines) {
					mark(lines[i:end], gone)
				}
				sentOn(lines[i:])
				return // a forward: what it holds is the message
			}
			mark(lines[i:], gone)
			return
		}
		if headed = headed && hasColon(lines[i].text) || lines[i].clue&framed != 0; !headed {
			words += countWords(lines[i].text, maxHint+1)
		}
	}
}

// sentOn takes the marks off what a forward holds: all that was sent on is the message.
func sentOn(lines []line) {
	for i := range lines {
		if lines[i].kind == quoted || lines[i].kind == cited {
			lines[i].kind = plain
		}
	}
}

// maxHint is how many words stand above a forward that speaks for itself: "FYI".
const maxHint = 1

// arrow says whether a line begins with an arrow, which is no quotation mark.
func arrow(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), ">>> >>>") }

// unwrapForward takes the marks off that HTML has put on a forward with nothing above it.
func unwrapForward(lines []line) {
	i := next(lines, 0)
	if i == len(lines) || lines[i].kind != cited && lines[i].kind != gone {
		return
	}
	if _, _, forward := separator(lines[i].text); !forward && headerBlock(lines[i:min(len(lines), i+30)]) == 0 {
		return
	}
	for j := i; j < len(lines); j++ {
		if lines[j].kind == cited || lines[j].kind == gone {
			lines[j].kind = plain
		}
	}
}

func mark(lines []line, k kind) {
	for i := range lines {
		if lines[i].kind != signed {
			lines[i].kind = k
		}
	}
}
