package email

import (
	"strings"
	"unicode"
)

// A mail's plain text and its HTML say the same, but only the HTML says what is quoted. project carries
// that over to the lines of the plain text, which is how the sender's program would have it read.

const (
	projectWindow  = 40  // words that one side may have more in a row: addresses of links, names of images
	projectLeast   = 0.8 // of the plain text's words, found in the HTML in the same order; below, they differ
	projectMost    = 200_000
	projectMissing = 20 // one in so many words of the sender's may be missing in the plain text
)

// read gives the text of a view, whole and in its two parts. The structure of the HTML says best what
// is quoted; where the plain text says the same, or the HTML has no structure, the plain text is shown: the
// sender's program made it for this.
func (v view) read() (whole, fresh, folded string) {
	lines, whole := v.lines()
	fresh, folded = foldLines(lines)
	return whole, fresh, folded
}

func (v view) lines() (lines []line, whole string) {
	if v.html == "" {
		return textLines(v.text), v.text
	}
	html := htmlLines(v.html)
	structured, empty := false, true
	for _, l := range html {
		structured = structured || l.kind != plain
		empty = empty && isBlank(l.text)
	}
	noText := strings.TrimSpace(v.text) == "" || isStub(v.text, html)
	if empty || !structured && !noText {
		return textLines(v.text), v.text
	}
	if !noText {
		if lines, ok := project(html, textLines(v.text)); ok {
			return lines, v.text
		}
	}
	return html, joinLines(texts(html))
}

// project gives the plain lines the kinds of the HTML's lines. It says no when the texts differ.
func project(html, text []line) ([]line, bool) {
	from, lineOf := projectWords(html)
	words, at := projectWords(text)
	if len(words) == 0 || len(from)+len(words) > projectMost {
		return nil, false
	}
	fresh, missing, matched := 0, 0, 0
	for w, n := range lineOf {
		if html[n].kind == plain && !strings.HasPrefix(from[w], "http") {
			fresh++
		}
	}
	missing = fresh
	votes := make([]vote, len(text))
	for w, n := range align(words, from) {
		if n < 0 {
			continue
		}
		matched++
		k := html[lineOf[n]].kind
		if votes[at[w]][k]++; k == plain && !strings.HasPrefix(from[n], "http") {
			missing--
		}
	}
	if float64(matched) < projectLeast*float64(len(words)) || missing > 1 && missing*projectMissing > fresh {
		return nil, false
	}
	elect(text, votes)
	return text, true
}

// align finds for each word its place in the other words, in order, or -1.
func align(words, in []string) []int {
	places, from := make([]int, len(words)), 0
	for w := range words {
		places[w] = -1
		for n := from; n < len(in) && n < from+projectWindow; n++ {
			if in[n] == words[w] && (n == from || w+1 == len(words) || n+1 < len(in) && in[n+1] == words[w+1]) {
				places[w], from = n, n+1
				break
			}
		}
	}
	return places
}

// vote is how many words of a line are of each kind in the HTML.
type vote [gone + 1]int

func (v vote) most() (k kind, n int) {
	for other, votes := range v {
		if votes > n {
			k, n = kind(other), votes
		}
	}
	return k, n
}

// elect gives each line the kind of most of its words; one that the HTML has not is of the kind around it.
func elect(text []line, votes []vote) {
	above := plain
	for i := range text {
		k, n := votes[i].most()
		if n == 0 {
			if k = above; k != plain && !sameBelow(votes[i:], k) {
				k = plain
			}
		}
		text[i].kind, above = k, k
	}
}

// sameBelow says whether the next line that the HTML has is of this kind.
func sameBelow(votes []vote, k kind) bool {
	for _, v := range votes[:min(len(votes), 10)] {
		if other, n := v.most(); n > 0 {
			return other == k
		}
	}
	return k == gone
}

// projectWords are the words of lines, without signs, and the line of each.
func projectWords(lines []line) (words []string, at []int) {
	for i, l := range lines {
		for w := range strings.FieldsSeq(l.text) {
			if w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }); w != "" {
				words, at = append(words, w), append(at, i)
			}
		}
	}
	return words, at
}
