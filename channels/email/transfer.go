package email

import (
	"bytes"
	"strings"
)

// decoded undoes the transfer encoding. An unknown one is left as it is.
func (p part) decoded() []byte {
	enc := strings.ToLower(p.head.get("Content-Transfer-Encoding"))
	enc, _, _ = strings.Cut(enc, ";")
	switch strings.Trim(firstWord(withoutComments(enc)), "\"'") {
	case "base64", "base-64":
		if looksLikeBase64(p.raw) {
			return decodeBase64(p.raw)
		}
	case "quoted-printable", "quoted/printable":
		return decodeQuoted(p.raw)
	case "x-uuencode", "uuencode", "x-uue":
		if b, ok := decodeUU(p.raw); ok {
			return b
		}
	}
	return p.raw
}

// looksLikeBase64 is false for plain text under the wrong label: its beginning has blanks within lines
// and no line that could be base64.
func looksLikeBase64(b []byte) bool {
	b = bytes.TrimSpace(b)
	words, alien, lines := 0, 0, 0
	for len(b) > 0 && lines < 10 {
		var line []byte
		line, b = cutLine(b)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		lines++
		words += bytes.Count(line, []byte(" "))
		for _, c := range line {
			if c < '+' && c != ' ' || c > 'z' || c == ':' || c == ';' || c == ',' || c == '.' || c == '-' || c == '_' {
				alien++
			}
		}
	}
	return words+alien < 2*lines
}
