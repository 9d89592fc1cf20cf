package email

import (
	"bytes"
	"strings"
)

// split cuts a multipart at its boundary (RFC 2046 §5.1.1), in one pass. Without a boundary in the
// type, the first line that looks like one is taken. The end may be missing.
func split(b []byte, boundary string) [][]byte {
	if boundary == "" || !bytes.Contains(b, []byte("--"+boundary)) {
		if boundary = guessBoundary(b, maxJunkLines); boundary == "" {
			return nil
		}
	}
	mark := []byte("--" + boundary)
	var subs [][]byte
	start := -1
	for at := 0; at < len(b); {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			break
		}
		i += at
		after := b[i+len(mark):]
		at = i + len(mark)
		if i > 0 && b[i-1] != '\n' {
			continue
		}
		last := bytes.HasPrefix(after, []byte("--"))
		line, _ := cutLine(bytes.TrimPrefix(after, []byte("--")))
		if len(bytes.TrimSpace(line)) > 0 && !last {
			continue // a longer boundary, of a part within
		}
		if start >= 0 {
			subs = append(subs, withoutLineEnd(b[start:i]))
		}
		start = -1
		if last {
			break
		}
		start = len(b) - len(after) + len(line)
		for start < len(b) && b[start] != '\n' {
			start++
		}
		start = min(start+1, len(b))
		at = max(at, start-1)
		if len(subs) > maxParts {
			break
		}
	}
	if start >= 0 && start < len(b) {
		subs = append(subs, b[start:])
	}
	return subs
}

func withoutLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// maxPreamble is how many lines of text may stand before the first boundary of a mail that says
// nothing of parts.
const maxPreamble = 3

// guessBoundary is the first line that begins with two dashes and is followed by a part's header,
// behind at most so many lines of text.
func guessBoundary(b []byte, preamble int) string {
	for preamble >= 0 {
		line, rest := cutLine(b)
		if len(rest) == 0 {
			return ""
		}
		line = bytes.TrimSpace(line)
		if len(line) > 4 && len(line) < 200 && bytes.HasPrefix(line, []byte("--")) {
			next, _ := cutLine(rest)
			if key, _, ok := splitField(next); ok && strings.HasPrefix(key, "content-") {
				return string(line[2:])
			}
		}
		if b = rest; len(line) > 0 {
			preamble--
		}
	}
	return ""
}
