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

// splitShared parts lines that the sender's words share with an attribution, or with the title of an earlier
// mail. Only one that is complete, and followed by what it introduces, counts.
func splitShared(lines []line) []line {
	for i := 0; i < len(lines) && i < maxLook; i++ {
		l := lines[i]
		if l.kind != plain || len(l.text) < 20 || len(l.text) > 2000 || !hasFigures(l.text) {
			continue
		}
		for _, at := range sharedPlaces(l) {
			rest := line{text: l.text[at:], kind: plain}
			rest.clue = cluesOf(rest.text)
			window := append([]line{rest}, lines[i+1:min(len(lines), i+2*maxIntroduction)]...)
			if in := introduces(window, 0); !(in.strong && next(window, in.lines) < len(window)) && !titled(rest.text) {
				continue
			}
			lines = slices.Insert(lines, i+1, rest)
			lines[i].text, lines[i].clue = strings.TrimRight(l.text[:at], " \t"), 0
			return lines // the rest is history
		}
	}
	return lines
}

// sharedPlaces are where in a line the sender's words may end, a few at most.
func sharedPlaces(l line) []int {
	var all []int
	if at := titleAt(l.text); at > 0 {
		all = append(all, at)
	}
	if len(l.text) <= maxClueLine && l.clue&(hasDate|hasMonth|hasDay|hasYear) == 0 {
		return all
	}
	if l.clue&startDate == 0 {
		if at := sharedAt(l.text); at > 0 {
			all = append(all, at)
		}
	}
	return append(all, sentenceEnds(l)...)
}

// sentenceEnds are behind the first sentences of a line that does not begin with a date itself.
func sentenceEnds(l line) (all []int) {
	if l.clue&(endColon|endVerb) == 0 {
		return nil
	}
	for w := range wordsOf(l.text) {
		if c := cluesOfWord(w); c != 0 || openers[strings.ToLower(strings.Trim(w, ".,:"))] {
			return nil
		}
		break
	}
	for i := 1; i+2 < len(l.text) && len(all) < 3; i++ {
		if strings.IndexByte(".!?", l.text[i]) < 0 || l.text[i+1] != ' ' {
			continue
		}
		word := l.text[strings.LastIndexByte(l.text[:i], ' ')+1 : i]
		if l.text[i] == '.' && (len(word) < 5 || dateWords()[strings.ToLower(word)]) {
			continue // an abbreviation
		}
		if rest := strings.TrimLeft(l.text[i+1:], " "); rest != "" && cluesOf(rest)&startDate != 0 {
			all = append(all, len(l.text)-len(rest))
		}
	}
	return all
}

// titleAt is where dashes stand behind the sender's words: "Thanks -----Original Message-----". With all of the
// header on the line, they need not be there: "Thanks. From: Jane <jane@example.org> Sent: …".
func titleAt(text string) int {
	if at := strings.Index(text, "----"); at > 0 && strings.ContainsFunc(text[:at], unicode.IsLetter) {
		return at
	}
	if strings.Count(text, ":") < 3 {
		return -1
	}
	for at := 0; ; {
		n := strings.IndexByte(text[at:], ':')
		if n < 0 {
			return -1
		}
		if at += n; keyBefore(text[:at]) == fieldFrom {
			start := strings.LastIndexByte(text[:at], ' ') + 1
			if above := strings.TrimSpace(text[:start]); above == "" || !strings.HasSuffix(above, ".") && !strings.HasSuffix(above, "!") && !strings.HasSuffix(above, "?") {
				return -1
			}
			return start
		}
		at++
	}
}

// titled says whether a text is the title of an earlier mail, or all of its header.
func titled(text string) bool {
	framed, original, forward := separator(text)
	if framed && (original || forward) {
		return true
	}
	if original, forward = headedSeparator(text); original || forward {
		return true
	}
	return lineHeader(text) > 0
}
