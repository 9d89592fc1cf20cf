package email

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
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
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), strings.HasPrefix(charset, "utf-32"), charset == "ucs-4":
		return run(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), b)
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return run(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), b)
	case strings.HasPrefix(charset, "utf-16"), charset == "unicode", charset == "ucs-2":
		return fromUTF16(b, charset)
	case bytes.Contains(b, []byte("\x1b$)C")), bytes.Contains(b, []byte("\x1b$)A")):
		return shifted(b)
	case ascii && bytes.IndexByte(b, 0x1b) >= 0 && (bytes.Contains(b, []byte("\x1b$")) || isISO2022JP(charset)):
		return run(japanese.ISO2022JP, b)
	case charset == "utf-7", charset == "unicode-1-1-utf-7", charset == "x-unicode-2-0-utf-7":
		return utf7(b)
	case charset == "hz-gb-2312":
		return run(simplifiedchinese.HZGB2312, b)
	case ascii && !ebcdic(charset), utf8.Valid(b) && !ebcdic(charset):
		return string(b)
	}
	e := encodingOf(charset)
	if isISO2022JP(charset) { // which is 7-bit: another of Japan's charsets, under the name that mail should have
		e = detect(b)
	} else if e == nil || e == unicode.UTF8 || charset == "us-ascii" || charset == "ascii" {
		if mostlyUTF8(b) {
			return strings.ToValidUTF8(string(b), "\uFFFD")
		}
		e = detect(b)
	}
	return run(e, b)
}

func isISO2022JP(charset string) bool {
	return strings.HasPrefix(charset, "iso-2022-jp") || charset == "csiso2022jp" || strings.HasPrefix(charset, "cp5022")
}

// fromUTF16 goes by where the zeros are: labels lie about the order, and about the charset itself.
func fromUTF16(b []byte, charset string) string {
	even, odd := 0, 0
	for i, c := range b[:min(len(b), 4096)] {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	if even+odd == 0 && utf8.Valid(b) && charset == "utf-16" && bytes.IndexByte(b, ' ') >= 0 {
		return string(b) // it only says so
	}
	order := unicode.BigEndian // RFC 2781 §4.3
	if odd > even || even == odd && charset == "utf-16le" {
		order = unicode.LittleEndian
	}
	return run(unicode.UTF16(order, unicode.IgnoreBOM), b)
}

// shifted reads ISO-2022-KR (RFC 1557) and ISO-2022-CN (RFC 1922): between the two shifts stand
// characters of a set of 94×94.
func shifted(b []byte) string {
	var e encoding.Encoding = korean.EUCKR
	if bytes.Contains(b, []byte("\x1b$)A")) {
		e = simplifiedchinese.GBK
	}
	out := make([]byte, 0, len(b))
	high := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x1b && i+3 < len(b) && b[i+1] == '$':
			i += 3
		case c == 0x0e || c == 0x0f:
			high = c == 0x0e
		case high && c > ' ':
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return run(e, out)
}

// mostlyUTF8 says that a text is UTF-8 but for a few bytes, such as a character that was cut.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else if n > 1 {
			good++
		}
		b = b[n:]
	}
	return good > bad
}

func ebcdic(charset string) bool {
	return charset == "ibm037" || charset == "cp037" || charset == "ibm1047"
}

// aliases are labels that mails have and the indexes do not know.
var aliases = map[string]string{
	"ansi": "windows-1252", "cp-850": "cp850", "iso-8859-8-i": "iso-8859-8", "utf8": "utf-8", "unicode": "utf-16",
	"gb2312-80": "gb18030", "x-gbk": "gbk", "ks_c_5601-1987": "euc-kr", "cp932": "shift_jis", "x-unknown": "windows-1252",
	"us-ascii": "windows-1252", "ascii": "windows-1252", "iso8859-1": "windows-1252", "8859-1": "windows-1252",
	"cp1252": "windows-1252", "latin-1": "windows-1252", "cp-1252": "windows-1252", "gb2312": "gb18030", "gbk": "gb18030", "euc-cn": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "windows-936": "gb18030",
	"cp949": "euc-kr", "ms949": "euc-kr", "uhc": "euc-kr", "x-windows-949": "euc-kr", "cp950": "big5", "x-windows-950": "big5",
	"koi8r": "koi8-r", "koi8-ru": "koi8-u", "cp819": "windows-1252", "x-mac-roman": "macintosh", "iso-8859-1-windows-3.1-latin-1": "windows-1252",
	"ms932": "shift_jis", "utf-8-mac": "utf-8", "unknown-8bit": "", "x-user-defined": "", "default": "", "binary": "", "8bit": "", "unknown": "",
}

func encodingOf(charset string) encoding.Encoding {
	if a, ok := aliases[charset]; ok {
		charset = a
	}
	if isISO2022JP(charset) {
		return japanese.ISO2022JP
	}
	for _, prefix := range []string{"cp-", "win-", "windows", "ms"} { // cp-1251, win-1251, windows1251, ms1251
		if n, ok := strings.CutPrefix(charset, prefix); ok && len(n) == 4 && strings.HasPrefix(n, "12") {
			charset = "windows-" + n
		}
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
