package email

import (
	"hash"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hashContent adds a part as it was meant. Of text the blanks don't count: servers on the way change
// line ends, and some trim lines.
func hashContent(h hash.Hash, kind string, data []byte) {
	if strings.HasPrefix(kind, "text/") {
		hashWords(h, data)
	} else {
		h.Write(data)
	}
	h.Write([]byte{0})
}

// hashWords adds each word, with one blank behind it.
func hashWords(h hash.Hash, data []byte) {
	words := make([]byte, 0, min(len(data)+1, 4096))
	for len(data) > 0 {
		n, blank := wordEnd(data)
		for word := data[:n]; len(word) > 0; {
			fit := min(len(word), cap(words)-len(words))
			words, word = append(words, word[:fit]...), word[fit:]
			if len(words) == cap(words) {
				h.Write(words)
				words = words[:0]
			}
		}
		if n > 0 {
			words = append(words, ' ')
		}
		data = data[n+blank:]
	}
	h.Write(words)
}

// wordEnd says how many bytes a word at the start of data has, and the blank behind it: one of
// [unicode.IsSpace].
func wordEnd(data []byte) (n, blank int) {
	for n < len(data) {
		c := data[n]
		if c < utf8.RuneSelf {
			if c == ' ' || c >= '\t' && c <= '\r' {
				return n, 1
			}
			n++
			continue
		}
		r, size := utf8.DecodeRune(data[n:])
		if unicode.IsSpace(r) {
			return n, size
		}
		n += size
	}
	return n, 0
}
