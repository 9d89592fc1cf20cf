package email

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// toUTF8 decodes text of a declared charset. What the label says is believed only where the bytes
// allow it: UTF-8 under another label, and Windows-1252 under any, are common. NUL is dropped: no
// store takes it.
func toUTF8(b []byte, charset string) string {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	s := decode(b, strings.ToLower(strings.Trim(charset, " \t\"'")))
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

func decode(b []byte, charset string) string {
	ascii := isASCII(string(b))
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return run(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), b)
	case ascii && bytes.Contains(b, []byte("\x1b$")):
		return run(japanese.ISO2022JP, b)
	case charset == "utf-7", charset == "unicode-1-1-utf-7":
		return utf7(b)
	case ascii && !strings.HasPrefix(charset, "utf-16") && !strings.HasPrefix(charset, "utf-32") &&
		charset != "hz-gb-2312" && !ebcdic(charset):
		return string(b)
	case utf8.Valid(b) && !wide[charset]:
		return string(b)
	}
	if e := encodingOf(charset); e != nil {
		return run(e, b)
	}
	return run(charmap.Windows1252, b)
}

// wide are charsets whose text may by chance be valid UTF-8.
var wide = map[string]bool{"utf-16": true, "utf-16le": true, "utf-16be": true, "iso-2022-jp": true, "iso-2022-kr": true}

func ebcdic(charset string) bool {
	return charset == "ibm037" || charset == "cp037" || charset == "ibm1047"
}

// aliases are labels that mails have and the indexes do not know.
var aliases = map[string]string{
	"ansi": "windows-1252", "cp-850": "cp850", "iso-8859-8-i": "iso-8859-8", "utf8": "utf-8", "unicode": "utf-16",
	"gb2312-80": "gb18030", "x-gbk": "gbk", "ks_c_5601-1987": "euc-kr", "cp932": "shift_jis", "x-unknown": "windows-1252",
	"us-ascii": "windows-1252", "ascii": "windows-1252", "iso8859-1": "windows-1252", "8859-1": "windows-1252",
	"cp1252": "windows-1252", "latin-1": "windows-1252", "cp-1252": "windows-1252", "iso-8859-15": "iso-8859-15",
}

func encodingOf(charset string) encoding.Encoding {
	if a, ok := aliases[charset]; ok {
		charset = a
	}
	if charset == "" {
		return nil
	}
	if e, err := htmlindex.Get(charset); err == nil { // as browsers: iso-8859-1 is windows-1252
		return e
	}
	if e, err := ianaindex.MIME.Encoding(charset); err == nil && e != nil {
		return e
	}
	return nil
}

func run(e encoding.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// utf7 decodes RFC 2152. Runs that are malformed stay as they are.
func utf7(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		i := bytes.IndexByte(b, '+')
		if i < 0 {
			break
		}
		out.Write(b[:i])
		b = b[i+1:]
		end := 0
		for end < len(b) && (isAlnum(b[end]) || b[end] == '/' || b[end] == '+') {
			end++
		}
		switch raw := decodeBase64(b[:end]); {
		case end == 0:
			out.WriteByte('+')
		default:
			out.WriteString(run(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), raw[:len(raw)/2*2]))
		}
		b = b[end:]
		if len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	out.Write(b)
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

func isAlnum(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}
