package email

import (
	"bytes"
	"strings"
)

// Limits of a header. What is beyond them is not read; the mail goes on without it.
const (
	maxHeaderBytes  = 1 << 20  // of one header block
	maxHeaderFields = 2_000    // of one header block
	maxFieldBytes   = 64 << 10 // of one field, unfolded
	maxKeyBytes     = 998      // of the name of a field: a line (RFC 5322 §2.1.1)
	maxJunkLines    = 100      // that are no header, among headers
)

// header is the fields of a mail or part, in order.
type header []field

type field struct{ key, value string } // key in lower case; value unfolded, as it came

func (h header) get(key string) string {
	key = strings.ToLower(key)
	for _, f := range h {
		if f.key == key {
			return f.value
		}
	}
	return ""
}

func (h header) all(key string) []string {
	key = strings.ToLower(key)
	var v []string
	for _, f := range h {
		if f.key == key {
			v = append(v, f.value)
		}
	}
	return v
}

func (h header) has(key string) bool { return len(h.all(key)) > 0 }

// readHeader splits a mail or part into its header and its body. Lines that are no header are skipped
// while headers follow them; else the body begins there.
func readHeader(b []byte) (h header, body []byte) {
	junk, start := false, len(b)
	var folded []byte // the value of the last field while lines are added to it
	end := func() {
		if folded != nil {
			h[len(h)-1].value, folded = string(folded), nil
		}
	}
	defer end()
	for len(b) > 0 {
		line, rest := cutLine(b)
		if len(line) == 0 {
			return h, rest
		}
		key, value, ok := splitField(line)
		switch {
		case start-len(b) > maxHeaderBytes || len(h) >= maxHeaderFields:
			return h, afterBlank(b)
		case line[0] == ' ' || line[0] == '\t':
			if len(h) == 0 && len(bytes.TrimSpace(line)) > 0 {
				if key, value, ok = splitField(bytes.TrimSpace(line)); !ok {
					return h, b // no header at all
				}
				h = append(h, field{key, value})
				break
			}
			if len(h) > 0 && !junk {
				if folded == nil {
					folded = []byte(h[len(h)-1].value)
				}
				if len(folded)+len(line) <= maxFieldBytes {
					folded = append(append(folded, ' '), bytes.TrimSpace(line)...)
				}
			}
		case ok:
			end()
			h, junk = append(h, field{key, value}), false
		case !headerFollows(rest):
			return h, b
		default:
			junk = true
		}
		b = rest
	}
	return h, nil
}

// splitField reads "Key: value". A key is printable ASCII without blanks (RFC 5322 §3.6.8); blanks
// before the colon are obsolete and accepted.
func splitField(line []byte) (key, value string, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > maxKeyBytes {
		return "", "", false
	}
	k := bytes.TrimRight(line[:i], " \t")
	if len(k) == 0 {
		return "", "", false
	}
	for _, c := range k {
		if c <= ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	v := bytes.TrimSpace(line[i+1:])
	if len(v) > maxFieldBytes {
		v = v[:maxFieldBytes]
	}
	return strings.ToLower(string(k)), string(v), true
}

// headerFollows says whether a line that is no header stands among headers: one of the next lines is
// a field that mails have, before any blank line. Servers on the way break long fields of their own
// anyhow.
func headerFollows(b []byte) bool {
	for range maxJunkLines {
		line, rest := cutLine(b)
		if len(line) == 0 {
			return false
		}
		if key, _, ok := splitField(line); ok && (knownFields[key] || strings.HasPrefix(key, "x-")) {
			return true
		}
		b = rest
	}
	return false
}

var knownFields = map[string]bool{
	"from": true, "to": true, "cc": true, "subject": true, "date": true, "message-id": true, "received": true,
	"mime-version": true, "content-type": true, "content-transfer-encoding": true, "content-disposition": true,
	"reply-to": true, "sender": true, "references": true, "in-reply-to": true, "return-path": true,
	"delivered-to": true, "dkim-signature": true, "user-agent": true, "importance": true, "list-id": true,
}

// cutLine takes the first line, without its end, whatever its end is.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	line, rest = b[:i], b[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, rest
}

// afterBlank is what stands behind the next blank line.
func afterBlank(b []byte) []byte {
	for len(b) > 0 {
		line, rest := cutLine(b)
		if len(line) == 0 {
			return rest
		}
		b = rest
	}
	return nil
}

// params reads "value; a=b; c=\"d\"" with the continuations and charsets of RFC 2231, in linear time.
func params(s string) (value string, p map[string]string) {
	p = map[string]string{}
	parts := map[string][]segment{}
	value, s = cutParam(s)
	value = strings.ToLower(strings.TrimSpace(value))
	for n := 0; s != "" && n < 1000; n++ {
		var one string
		one, s = cutParam(s)
		k, v, ok := strings.Cut(one, "=")
		if !ok {
			continue
		}
		k, v = strings.ToLower(strings.TrimSpace(k)), unquote(v)
		name, number, starred := splitStar(k)
		if _, ok := p[name]; !ok && name == k {
			p[name] = v
		} else if name != k {
			parts[name] = append(parts[name], segment{number, starred, v})
		}
	}
	for name, segs := range parts {
		if v := joinSegments(segs); v != "" {
			p[name] = v
		}
	}
	return value, p
}

// cutParam cuts at the next semicolon outside of quotes.
func cutParam(s string) (first, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"' && (quoted || strings.IndexByte(s[i+1:], '"') >= 0):
			quoted = !quoted
		case c == ';' && !quoted:
			return s[:i], s[i+1:]
		case c <= ' ' && !quoted && i > 0 && knownParam(s[i+1:]):
			return s[:i], s[i+1:] // somebody forgot a semicolon
		}
	}
	return s, ""
}

// knownParam says that a parameter begins here whose name is known: other blanks belong to a value
// that somebody forgot to quote.
func knownParam(s string) bool {
	end := strings.IndexAny(s[:min(len(s), 24)], "=*")
	if end < 3 {
		return false
	}
	switch strings.ToLower(strings.TrimRight(s[:end], " ")) {
	case "name", "filename", "charset", "boundary", "format", "delsp", "method", "report-type", "protocol", "title", "server":
		return true
	}
	return false
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) == 0 || s[0] != '"' {
		if i := strings.Index(s, " ("); i > 0 && strings.HasSuffix(s, ")") && strings.Count(s, "(") == 1 && !strings.Contains(s[:i], " ") {
			s = s[:i] // charset=us-ascii (Plain text)
		}
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++ // other backslashes are paths of careless programs
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
