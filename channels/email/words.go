package email

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// segment is one piece of a parameter that was cut up by RFC 2231.
type segment struct {
	number  int
	encoded bool
	value   string
}

// splitStar reads the name of a parameter: "filename*0*" is the first, encoded segment of filename.
func splitStar(k string) (name string, number int, encoded bool) {
	name, rest, ok := strings.Cut(k, "*")
	if !ok {
		return k, 0, false
	}
	if rest == "" {
		return name, 0, true
	}
	num, encoded := strings.CutSuffix(rest, "*")
	n, err := strconv.Atoi(num)
	if err != nil || n < 0 {
		return k, 0, false
	}
	return name, n, encoded
}

func joinSegments(segs []segment) string {
	slices.SortStableFunc(segs, func(a, b segment) int { return a.number - b.number })
	var charset string
	var b strings.Builder
	for i, s := range segs {
		v := s.value
		if s.encoded {
			if i == 0 {
				if p := strings.SplitN(v, "'", 3); len(p) == 3 {
					charset, v = p[0], p[2]
				}
			}
			if u, err := url.PathUnescape(v); err == nil {
				v = u
			}
		}
		b.WriteString(v)
	}
	return toUTF8([]byte(b.String()), charset)
}

// decodeWords decodes the encoded words of RFC 2047 wherever they stand, also inside quotes, with
// blanks in them, with a language tag or with broken padding. Raw 8-bit text is read as UTF-8, or
// else in the charset given.
func decodeWords(s, charset string) string {
	if !strings.Contains(s, "=?") {
		return toUTF8([]byte(s), charset)
	}
	var out strings.Builder
	var run []byte // bytes of neighbouring words of one charset: a character may be cut between them
	runCharset := ""
	flush := func() {
		out.WriteString(toUTF8(run, runCharset))
		run = run[:0]
	}
	afterWord := false
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			i = len(s)
		}
		cs, bytes, rest, ok := encodedWord(s[i:])
		between := s[:i]
		if !ok && i < len(s) {
			i += 2
			between, rest = s[:i], s[i:]
		}
		if !afterWord || !ok || strings.TrimSpace(between) != "" {
			flush()
			out.WriteString(toUTF8([]byte(between), charset))
		}
		if ok {
			if !strings.EqualFold(cs, runCharset) {
				flush()
			}
			run, runCharset = append(run, bytes...), cs
		}
		afterWord, s = ok, rest
	}
	flush()
	return out.String()
}

// maxWord is the longest encoded word that is read, in bytes. RFC 2047 allows 75; programs don't.
const maxWord = 4000

// encodedWord reads one "=?charset*lang?B?text?=" at the start of s.
func encodedWord(s string) (charset string, b []byte, rest string, ok bool) {
	if !strings.HasPrefix(s, "=?") {
		return "", nil, "", false
	}
	q1 := strings.IndexByte(s[2:], '?')
	if q1 <= 0 || q1 > 60 || len(s) < 2+q1+3 || s[2+q1+2] != '?' {
		return "", nil, "", false
	}
	charset, _, _ = strings.Cut(s[2:2+q1], "*")
	text := s[2+q1+3:]
	reach := text[:min(len(text), maxWord)]
	end, after := strings.Index(reach, "?="), 2
	for q := s[2+q1+1] | 0x20; q == 'q' && end >= 0 && end+3 < len(reach) && isHex(reach[end+2]) && isHex(reach[end+3]); {
		n := strings.Index(reach[end+2:], "?=") // a question mark that was not encoded: What?=20is
		if n < 0 || strings.ContainsAny(reach[end:end+2+n], " \t") {
			break
		}
		end += 2 + n
	}
	if end < 0 { // its end is missing: it goes to the next blank
		if end, after = strings.IndexAny(reach, " \t"), 0; end < 0 {
			end = len(reach)
		}
		if end == 0 || strings.Contains(reach[:end], "=?") {
			return "", nil, "", false
		}
	}
	rest = text[end+after:]
	switch s[2+q1+1] {
	case 'b', 'B':
		return charset, decodeBase64([]byte(text[:end])), rest, true
	case 'q', 'Q':
		return charset, decodeQ(text[:end]), rest, true
	}
	return "", nil, "", false
}

func decodeQ(s string) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			b = append(b, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return b
}

// decodeBase64 takes what is there: other characters are skipped, padding may be missing or stand in
// the middle, and a cut end gives the bytes before it.
func decodeBase64(b []byte) []byte {
	all := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	if n, err := base64.StdEncoding.Decode(all, b); err == nil { // as nearly all is
		return all[:n]
	}
	clean := make([]byte, 0, len(b))
	var out []byte
	flush := func() {
		n := len(clean)
		if n%4 == 1 {
			n--
		}
		dst := make([]byte, base64.RawStdEncoding.DecodedLen(n))
		m, _ := base64.RawStdEncoding.Decode(dst, clean[:n]) // holds only its alphabet
		if out == nil {
			out = dst[:m]
		} else {
			out = append(out, dst[:m]...)
		}
		clean = clean[:0]
	}
	for _, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '=' && len(clean) > 0:
			flush()
		}
	}
	flush()
	return out
}

// decodeQuoted decodes quoted-printable (RFC 2045 §6.7); what is malformed stays as it is.
func decodeQuoted(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		line, rest := cutLine(b)
		end := b[len(line) : len(b)-len(rest)] // as it came: of a file it matters
		line = trimRightBlank(line)
		soft := len(line) > 0 && line[len(line)-1] == '='
		if soft {
			line = line[:len(line)-1]
		}
		for i := 0; i < len(line); i++ {
			if line[i] == '=' && i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
				out = append(out, unhex(line[i+1])<<4|unhex(line[i+2]))
				i += 2
			} else {
				out = append(out, line[i])
			}
		}
		if !soft {
			out = append(out, end...)
		}
		b = rest
	}
	return out
}

func trimRightBlank(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
