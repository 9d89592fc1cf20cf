package email

import (
	"bytes"
	"strconv"
	"strings"
)

// maxUU is how many uuencoded files of one text are taken out.
const maxUU = 100

// takeUU takes uuencoded files out of a text: "begin 644 name", lines, "end". A block without its end,
// or with a line that is none, stays text.
func takeUU(text string) (rest string, files []Part) {
	if !strings.HasPrefix(text, "begin ") && !strings.Contains(text, "\nbegin ") {
		return text, nil
	}
	var b strings.Builder
	for text != "" {
		line, after, _ := strings.Cut(text, "\n")
		if name, ok := uuBegin(line); ok && len(files) < maxUU {
			if body, end, ok := uuBlock(after); ok {
				data, _ := decodeUU([]byte(line + "\n" + body))
				files = append(files, Part{Name: orElse(fileName(name), "attachment.bin"), Type: "application/octet-stream", Data: data})
				text = end
				continue
			}
		}
		b.WriteString(line)
		if len(after) > 0 || strings.HasSuffix(text, "\n") {
			b.WriteByte('\n')
		}
		text = after
	}
	return b.String(), files
}

func uuBegin(line string) (name string, ok bool) {
	f := strings.SplitN(strings.TrimRight(line, "\r "), " ", 3)
	if len(f) != 3 || f[0] != "begin" || len(f[1]) < 3 || len(f[1]) > 4 {
		return "", false
	}
	_, err := strconv.ParseUint(f[1], 8, 16)
	return f[2], err == nil
}

// uuBlock is what stands before the line "end": each line is as long as its first character says.
// The first line that is not ends the search, so a text full of "begin" costs nothing.
func uuBlock(s string) (body, rest string, ok bool) {
	at, lines := 0, 0
	for at < len(s) {
		line, _, _ := strings.Cut(s[at:], "\n")
		next := min(at+len(line)+1, len(s))
		line = strings.TrimRight(line, "\r")
		if line == "end" {
			return s[:at], s[next:], lines > 0
		}
		if line = strings.TrimRight(line, " "); line != "" && line != "`" {
			n := int(line[0]-' ') & 63
			want := 1 + (n+2)/3*4
			if line[0] < ' ' || line[0] > '`' || len(line) > want+2 || len(line) < 1+n*4/3-60 {
				return "", "", false
			}
		}
		at, lines = next, lines+1
	}
	return "", "", false
}

// decodeUU decodes uuencoded bytes.
func decodeUU(b []byte) ([]byte, bool) {
	var out []byte
	begun := false
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if !begun {
			begun = bytes.HasPrefix(line, []byte("begin "))
			continue
		}
		if len(line) == 0 || bytes.Equal(line, []byte("end")) {
			return out, true
		}
		n := int(line[0]-' ') & 63
		var four [4]byte
		for i := 1; i < len(line) && n > 0; i += 4 {
			for j := range four {
				four[j] = 0
				if i+j < len(line) {
					four[j] = (line[i+j] - ' ') & 63
				}
			}
			three := []byte{four[0]<<2 | four[1]>>4, four[1]<<4 | four[2]>>2, four[2]<<6 | four[3]}
			out = append(out, three[:min(n, 3)]...)
			n -= 3
		}
	}
	return out, begun
}
