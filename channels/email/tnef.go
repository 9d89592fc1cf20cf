package email

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// Limits of a winmail.dat: messages within messages, properties of one list, and the size of a text
// in compressed RTF. What is beyond them is left out; the winmail.dat itself stays attached then.
const (
	maxTNEFDepth = 3
	maxTNEFProps = 5_000
	maxRTF       = 4 << 20
)

// tnef is what a winmail.dat holds (MS-OXTNEF): Outlook's own envelope for text and attachments.
type tnef struct {
	text, html, rtf string
	parts           []Part
	whole           bool // it was read to its end
}

// isTNEF goes by the signature (MS-OXTNEF §2.1.3.1): names and types vary.
func isTNEF(b []byte) bool { return bytes.HasPrefix(b, []byte{0x78, 0x9f, 0x3e, 0x22}) }

// readTNEF reads a winmail.dat as far as it can be read, in time linear in its size.
func readTNEF(b []byte, depth int) tnef {
	t := tnef{}
	if !isTNEF(b) || len(b) < 6 || depth > maxTNEFDepth {
		return t
	}
	codepage := "windows-1252"
	var cur *Part
	end := func() {
		if cur != nil && (len(cur.Data) > 0 || cur.Name != "") && len(t.parts) < maxParts {
			cur.Name = orElse(fileName(cur.Name), defaultName(orElse(cur.Type, "application/octet-stream"), cur.Data))
			cur.Type = orElse(strings.ToLower(cur.Type), "application/octet-stream")
			t.parts = append(t.parts, *cur)
		}
		cur = nil
	}
	b = b[6:]
	for len(b) >= 11 { // level, id, type, length, …, checksum
		id, size := binary.LittleEndian.Uint16(b[1:]), int(binary.LittleEndian.Uint32(b[5:]))
		if size < 0 || size > len(b)-11 {
			break
		}
		level, data := b[0], b[9:9+size]
		b = b[9+size+2:]
		if level != 1 && level != 2 {
			break
		}
		switch id {
		case 0x9007: // attOemCodepage
			if len(data) >= 4 {
				codepage = "windows-" + strconv.Itoa(int(binary.LittleEndian.Uint32(data)))
			}
		case 0x800c: // attBody
			t.text = toUTF8(bytes.TrimRight(data, "\x00"), codepage)
		case 0x9003: // attMsgProps
			t.message(data, codepage)
		case 0x9002: // attAttachRendData begins an attachment
			end()
			cur = &Part{}
		case 0x8010: // attAttachTitle
			if cur != nil {
				cur.Name = toUTF8(bytes.TrimRight(data, "\x00"), codepage)
			}
		case 0x800f: // attAttachData
			if cur != nil {
				cur.Data = data
			}
		case 0x9005: // attAttachment
			if cur != nil {
				t.attachment(cur, data, codepage, depth)
			}
		}
	}
	end()
	t.whole = len(bytes.Trim(b, "\x00\r\n ")) == 0
	return t
}

func (t *tnef) message(data []byte, codepage string) {
	mapiProps(data, func(id, kind uint16, v []byte) {
		switch id {
		case 0x1000: // PidTagBody
			t.text = mapiText(kind, v, codepage)
		case 0x1013: // PidTagHtml
			if kind == 0x102 {
				t.html = toUTF8(v, orElse(htmlCharset("text/html", v), codepage))
			} else {
				t.html = mapiText(kind, v, codepage)
			}
		case 0x1009: // PidTagRtfCompressed
			t.rtf = rtfText(inflateRTF(v))
		}
	})
}

func (t *tnef) attachment(p *Part, data []byte, codepage string, depth int) {
	mapiProps(data, func(id, kind uint16, v []byte) {
		switch id {
		case 0x3707: // PidTagAttachLongFilename
			p.Name = orElse(mapiText(kind, v, codepage), p.Name)
		case 0x3704, 0x3001: // PidTagAttachFilename, PidTagDisplayName
			p.Name = orElse(p.Name, mapiText(kind, v, codepage))
		case 0x370e: // PidTagAttachMimeTag
			p.Type = mapiText(kind, v, codepage)
		case 0x3712: // PidTagAttachContentId
			p.ContentID = strings.Trim(mapiText(kind, v, codepage), "<> ")
			p.Inline = p.ContentID != ""
		case 0x3701: // PidTagAttachDataObject: a message within, behind the id of its interface
			if kind == 0x0d && len(v) > 16 && isTNEF(v[16:]) {
				in := readTNEF(v[16:], depth+1)
				p.Data, p.Type = []byte(orElse(in.text, in.rtf)), "text/plain"
				p.Name = orElse(p.Name, "message") + ".txt"
				t.parts = append(t.parts, in.parts...)
			} else if len(p.Data) == 0 {
				p.Data = v
			}
		}
	})
}

// mapiProps calls f with each value of a list of properties (MS-OXTNEF §2.1.3.4).
func mapiProps(b []byte, f func(id, kind uint16, value []byte)) {
	ok := true
	take := func(n int) []byte {
		if n < 0 || n > len(b) {
			ok, n = false, len(b)
		}
		v := b[:n]
		b = b[n:]
		return v
	}
	number := func() int {
		if v := take(4); len(v) == 4 {
			return int(binary.LittleEndian.Uint32(v))
		}
		return 0
	}
	count := number()
	for n := 0; n < count && n < maxTNEFProps && ok; n++ {
		tag := uint32(number())
		kind, id := uint16(tag), uint16(tag>>16)
		if id >= 0x8000 { // a named property
			take(16)
			if number() == 1 {
				size := number()
				take((size + 3) &^ 3)
			} else {
				take(4)
			}
		}
		many, base := kind&0x1000 != 0, kind&^0x1000
		values := 1
		if many || base == 0x1e || base == 0x1f || base == 0x0d || base == 0x102 {
			values = number()
		}
		for i := 0; i < values && ok; i++ {
			switch base {
			case 0x02, 0x03, 0x04, 0x0a, 0x0b:
				take(4)
			case 0x05, 0x06, 0x07, 0x14, 0x40:
				take(8)
			case 0x48:
				take(16)
			case 0x1e, 0x1f, 0x0d, 0x102:
				size := number()
				v := take(size)
				take(min(-size&3, len(b)))
				if ok && !many {
					f(id, base, v)
				}
			default:
				return
			}
		}
	}
}

func mapiText(kind uint16, v []byte, codepage string) string {
	if kind == 0x1f {
		s := run(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), v[:len(v)&^1])
		return strings.ReplaceAll(s, "\x00", "")
	}
	return toUTF8(bytes.TrimRight(v, "\x00"), codepage)
}

// rtfDictionary is what the window of a compressed RTF holds at first (MS-OXRTFCP §2.1.2.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// inflateRTF undoes the compression of MS-OXRTFCP.
func inflateRTF(b []byte) []byte {
	if len(b) < 16 {
		return nil
	}
	kind := binary.LittleEndian.Uint32(b[8:])
	b = b[16:]
	if kind == 0x414c454d { // not compressed
		return b[:min(len(b), maxRTF)]
	}
	if kind != 0x75465a4c {
		return nil
	}
	var window [4096]byte
	w := copy(window[:], rtfDictionary)
	var out []byte
	put := func(c byte) {
		window[w&4095] = c
		w++
		out = append(out, c)
	}
	for len(b) > 0 && len(out) < maxRTF {
		flags := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit++ {
			if flags>>bit&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out
			}
			at, n := int(b[0])<<4|int(b[1]>>4), int(b[1]&15)+2
			b = b[2:]
			if at == w&4095 {
				return out
			}
			for range n {
				put(window[at&4095])
				at++
			}
		}
	}
	return out
}

// rtfText is the readable text of RTF: without its controls, fonts, styles and pictures, and, when it
// was made of HTML, without the tags.
func rtfText(b []byte) string {
	var out strings.Builder
	depth, skip := 0, -1 // groups that are open; from which on nothing is shown
	hidden := false      // \htmlrtf: RTF that stands beside the HTML
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth < skip {
				skip = -1
			}
		case c == '\\' && i+1 < len(b):
			var word string
			var arg int
			word, arg, i = rtfWord(b, i+1)
			switch {
			case word == "htmlrtf":
				hidden = arg != 0
			case skip >= 0 || hidden:
			case rtfSkipped[word]:
				skip = depth
			default:
				out.WriteString(rtfShown(word, arg))
				if word == "u" && i+1 < len(b) && b[i+1] == '?' {
					i++
				}
			}
		case c == '\r' || c == '\n' || c < ' ':
		case skip < 0 && !hidden:
			out.WriteString(toUTF8(b[i:i+1], "windows-1252"))
		}
	}
	return strings.TrimSpace(out.String())
}

var rtfSkipped = map[string]bool{"*": true, "fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true}

// rtfWord reads the control behind a backslash; end is its last byte.
func rtfWord(b []byte, i int) (word string, arg, end int) {
	start := i
	for i < len(b) && i-start < 40 && (b[i] >= 'a' && b[i] <= 'z' || b[i] >= 'A' && b[i] <= 'Z') {
		i++
	}
	if i == start {
		if b[i] == '\'' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			return "'", int(unhex(b[i+1])<<4 | unhex(b[i+2])), i + 2
		}
		return string(b[i : i+1]), 0, i
	}
	word, arg = string(b[start:i]), 1
	from := i
	for i < len(b) && i-from < 8 && (b[i] >= '0' && b[i] <= '9' || b[i] == '-' && i == from) {
		i++
	}
	if i > from {
		arg, _ = strconv.Atoi(string(b[from:i]))
	}
	if i < len(b) && b[i] == ' ' {
		return word, arg, i
	}
	return word, arg, i - 1
}

func rtfShown(word string, arg int) string {
	switch word {
	case "par", "line", "row", "sect":
		return "\n"
	case "tab", "cell":
		return "\t"
	case "\\", "{", "}":
		return word
	case "~":
		return " "
	case "'":
		return toUTF8([]byte{byte(arg)}, "windows-1252")
	case "u":
		return strings.ToValidUTF8(string(rune(uint16(arg))), "\uFFFD")
	case "emdash", "endash":
		return "–"
	case "bullet":
		return "•"
	case "lquote", "rquote":
		return "'"
	case "ldblquote", "rdblquote":
		return `"`
	}
	return ""
}
