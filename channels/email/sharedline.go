package email

import (
	"slices"
	"strings"
	"unicode"
)

// datesOpen are the words with which an attribution begins behind the sender's last ones: "Thanks! On Mon,
// 3 Apr 2023 at 10:12, Jane <jane@example.org> wrote:".
var datesOpen = set(`On Am Le El Il Op Den Em W Dnia På Dne Vào`)

// sharedAt is where in a line an attribution may begin behind the sender's last words: the last place, or
// -1. The dashes that some programs write before it are its own.
func sharedAt(text string) int {
	for end := len(text); ; {
		i := strings.LastIndexFunc(text[:end], unicode.IsUpper)
		if i <= 0 {
			return -1
		}
		end = i
		word, _, ok := strings.Cut(text[i:min(len(text), i+8)], " ")
		if !ok || !datesOpen[word] {
			continue
		}
		before := strings.TrimRight(text[:i], " ")
		dashed := strings.TrimRight(before, "-")
		switch dashes := len(before) - len(dashed); {
		case dashed == "" || dashes < 2 && !datedSoon(text[i+len(word):]):
		case dashes >= 2:
			return len(dashed)
		case len(before) < i, strings.IndexByte(".!?)", before[i-1]) >= 0:
			return i
		}
	}
}

// datedSoon says whether a figure begins one of the first words.
func datedSoon(text string) bool {
	n := 0
	for w := range strings.FieldsSeq(text) {
		if w[0] >= '0' && w[0] <= '9' {
			return true
		}
		if n++; n > 3 {
			break
		}
	}
	return false
}

// splitShared parts lines that the sender's words share with an attribution. Only one that is
// complete, and followed by what it introduces, counts.
func splitShared(lines []line) []line {
	for i := 0; i < len(lines) && i < maxLook; i++ {
		text := lines[i].text
		if lines[i].kind != plain || lines[i].clue&startDate != 0 || len(text) < 20 || len(text) > 2000 || !hasFigures(text) {
			continue
		}
		if c := lines[i].clue; len(text) <= maxClueLine && c&(hasDate|hasMonth|hasDay|hasYear) == 0 {
			continue
		}
		at := sharedAt(text)
		if at < 0 {
			continue
		}
		above, rest := text[:at], line{text: text[at:], kind: plain}
		rest.clue = cluesOf(rest.text)
		window := append([]line{rest}, lines[i+1:min(len(lines), i+2*maxIntroduction)]...)
		if in := introduces(window, 0); in.strong && next(window, in.lines) < len(window) {
			lines = slices.Insert(lines, i+1, rest)
			lines[i].text, lines[i].clue = strings.TrimRight(above, " \t"), 0
			return lines // the rest is history
		}
	}
	return lines
}
