package email

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	german   = "Die Pumpe läuft nicht, und für den Schlüssel brauchen wir größere Maße."
	japan    = "ポンプが動きません。よろしくお願いします。"
	china    = "水泵不能工作了，请问我应该怎么办？谢谢你们的帮助。"
	taiwan   = "幫浦壞了，請問我應該怎麼辦？謝謝你們的幫助，我們等待回覆。"
	korea    = "펌프가 작동하지 않습니다. 어떻게 해야 합니까? 감사합니다."
	russia   = "Насос не работает. Что мне делать? Спасибо за помощь."
	oldFrom  = "From jane Mon Mar  2 09:30:00 2026\n"
	someHead = "From: jane@customer.example\nContent-Type: text/plain; charset="
)

func encoded(t *testing.T, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func utf16Of(s string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b.WriteString(string([]byte{byte(u >> 8), byte(u)}))
		} else {
			b.WriteString(string([]byte{byte(u), byte(u >> 8)}))
		}
	}
	return b.String()
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	shifted := "\x1b$)C" + strings.Map(func(r rune) rune { return r }, "A \x0e") + strings.Map(func(r rune) rune { return r & 0x7f }, latin(encoded(t, korean.EUCKR, "펌프"))) + "\x0f B"
	for _, c := range []struct{ charset, bytes, want string }{
		{"utf-8", "\xef\xbb\xbf" + german, german},
		{"iso-8859-1", encoded(t, charmap.Windows1252, "5 € “"+german+"”"), "5 € “" + german + "”"},
		{"us-ascii", german, german},
		{"utf-8", encoded(t, charmap.Windows1252, german), german},
		{"nonsense-8", encoded(t, charmap.Windows1252, german), german},
		{"", encoded(t, charmap.Windows1252, german), german},
		{"utf-8", german + "\xe2\x82", german + "\uFFFD"},
		{"iso-2022-jp", encoded(t, japanese.ISO2022JP, japan), japan},
		{"us-ascii", encoded(t, japanese.ISO2022JP, japan), japan},
		{"shift_jis", encoded(t, japanese.ShiftJIS, japan), japan},
		{"", encoded(t, japanese.ShiftJIS, japan), japan},
		{"euc-jp", encoded(t, japanese.EUCJP, japan), japan},
		{"", encoded(t, japanese.EUCJP, japan), japan},
		{"gb2312", encoded(t, simplifiedchinese.GBK, china), china},
		{"gb18030", encoded(t, simplifiedchinese.GB18030, china+"𠀀"), china + "𠀀"},
		{"us-ascii", encoded(t, simplifiedchinese.GBK, china), china},
		{"hz-gb-2312", encoded(t, simplifiedchinese.HZGB2312, china), china},
		{"big5", encoded(t, traditionalchinese.Big5, taiwan), taiwan},
		{"", encoded(t, traditionalchinese.Big5, taiwan), taiwan},
		{"ks_c_5601-1987", encoded(t, korean.EUCKR, korea), korea},
		{"", encoded(t, korean.EUCKR, korea), korea},
		{"iso-2022-kr", shifted, "A 펌프 B"},
		{"koi8-r", encoded(t, charmap.KOI8R, russia), russia},
		{"", encoded(t, charmap.KOI8R, russia), russia},
		{"unknown-8bit", encoded(t, charmap.Windows1251, russia), russia},
		{"cp-1251", encoded(t, charmap.Windows1251, russia), russia},
		{"utf-7", "Hi +AOQ-+IKw- you +- me", "Hi ä€ you + me"},
		{"utf-16", "\xff\xfe" + utf16Of(german, false), german},
		{"utf-16le", utf16Of(german, false), german},
		{"utf-16", utf16Of(german, true), german},
		{"utf-16", "only says so", "only says so"},
		{"iso-2022-jp", encoded(t, japanese.ShiftJIS, "ツール"), "ツール"},
		{"", encoded(t, japanese.ShiftJIS, "ツール"), "ツール"},
	} {
		if got := toUTF8([]byte(c.bytes), c.charset); got != c.want {
			t.Errorf("%s: %q, want %q", c.charset, got, c.want)
		}
	}
}

// latin shows bytes as runes of the same number.
func latin(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func TestEncodedWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=":                  "Grüße",
		"=?utf-8?B?R3LDvMOfZQ?= =?utf-8?B?IQ===?=":        "Grüße!",
		"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=":        "Grüße",
		"=?utf-8?Q?What?=20is?=":                          "What? is",
		"=?utf-8?Q?cut":                                   "cut",
		"=?iso-8859-1?q?Gr=FC?= and =?iso-8859-1?q?=FC?=": "Grü and ü",
		"=?utf-8?Q?two words?=":                           "two words",
		"=?x?y?z?=":                                       "=?x?y?z?=",
		"Gr\xfc\xdfe":                                     "Grüße",
		"Grüße":                                           "Grüße",
		"=?iso-2022-jp?B?GyRCJF8kViRgGyhC?=":              "みぶむ",
		"=?utf-8?q?a?==?utf-8?q?b?=":                      "ab",
		"=?unicode-1-1-utf-7?Q?Gr+APwA3w-e?=":             "Grüße",
		"\"=?utf-8?q?J=C3=BC?=\" x":                       "\"Jü\" x",
	} {
		if got := decodeWords(in, ""); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`attachment; filename="C:\Users\jane\a.pdf"`:                     "a.pdf",
		`attachment; filename=../../etc/passwd`:                          "passwd",
		`attachment; filename=a b (1).pdf`:                               "a b (1).pdf",
		`attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E2%82%AC.txt`:   "Grüße €.txt",
		`attachment; filename*1="ße.txt"; filename*0*=utf-8'de'Gr%C3%BC`: "Grüße.txt",
		`attachment; filename=x.txt; filename*=iso-8859-1''%FCber.txt`:   "über.txt",
		`attachment; filename="=?utf-8?B?R3LDvMOfZS5wZGY=?="`:            "Grüße.pdf",
		"attachment; filename=\"invoice\u202efdp.exe\"":                  "invoicefdp.exe",
		"attachment; filename=\"a\x00\x07b.txt\"":                        "ab.txt",
		`attachment name="forgotten.pdf" filename="semicolon.pdf"`:       "semicolon.pdf",
		`attachment; filename="half.pdf`:                                 "half.pdf",
		`attachment; filename=".."`:                                      "attachment.pdf",
	} {
		m, err := Parse([]byte("From: a@b.example\nContent-Type: application/pdf\nContent-Disposition: " + in + "\n\nx"))
		if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Name != want {
			t.Errorf("%s: %+v, want %s (%v)", in, m.Attachments, want, err)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	for _, s := range []string{
		"Mon, 2 Mar 2026 09:30:00 +0000", "2 Mar 26 09:30 GMT", "Mon, 02 Mar 2026 10:30:00 +0100 (CET)", "Mon Mar  2 09:30:00 2026",
		"Mon Mar 2 10:30:00 CET 2026", "2026-03-02T09:30:00Z", "2026-03-02 10:30:00 +0100", "2026-03-02T10:30:00+01:00", "Mo, 2 Mär 2026 10:30:00 +0100",
		"lun., 2 mars 2026 09:30:00 +0000", "Mon, 2 Mar 2026 09.30.00 +0000", "2-Mar-2026 09:30:00", "Mon, 2 Mar 126 04:30:00 EST (x (y) z)",
		"02.03.2026 09:30", "Mon, 2 Mar 2026 04:30:00 EST", "3/2/2026 9:30:00 AM", "Mon, 2 Mar 2026 9:30:00 UT", "Monday, March 2, 2026 9:30 AM",
		"Mon, 2 Mar 2026 09:30:00 \"GMT\"", "Mon , 2 Mar 2026  09 : 30 : 00 +0000", "Mon, 2 Mar 2026 01:30 PM +0400",
	} {
		if got := parseDate(s); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{"", "now", "Tue, 7 Bog 2026 19:14:51 +0000", "31 Feb 2026 10:00", "0 0 0", "1.1.0", "1 Jan 1900 00:00:00 +0000", strings.Repeat("(", 5000)} {
		if got := parseDate(s); !got.IsZero() {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestOddHeaders(t *testing.T) {
	t.Parallel()
	for _, o := range []odd{
		{name: "mbox line", raw: oldFrom + someHead + "utf-8\n\nHello", text: "Hello", from: "<jane@customer.example>"},
		{name: "a blank before the colon", raw: "From : Al <a(x)@x . example>\n\nHello", text: "Hello", from: "Al<a@x.example>"},
		{name: "CR only", raw: strings.ReplaceAll(someHead+"utf-8\nSubject: X\n\nHello\nyou", "\n", "\r"), text: "Hello\nyou", subject: "X"},
		{name: "no From", raw: "Reply-To: Jane <jane@customer.example>\n\nHello", from: "Jane<jane@customer.example>", warning: "Reply-To was taken", text: "Hello"},
		{name: "two From", raw: "From: a@x.example\nFrom: b@x.example\n\nHello", from: "<a@x.example>", text: "Hello"},
		{name: "no comma", raw: "From: Al Bo <a@x.example> Bo Al <b@x.example>\n\nHello", from: "Al Bo<a@x.example>", text: "Hello"},
		{name: "an at sign in a name", raw: "From: jane@work <j@x.example>\n\nHello", from: "jane@work<j@x.example>", text: "Hello"},
		{name: "line without a colon", raw: "From: a@x.example\nthis is nothing\nSubject: X\n\nHello", subject: "X", text: "Hello"},
		{name: "a field that a server has broken", raw: "X-Tracker: a\n" + strings.Repeat("AAAAbbbbCCCC\n", 40) + "From: a@x.example\nSubject: X\n\nHello", subject: "X", from: "<a@x.example>", text: "Hello"},
		{name: "a field with a very long name", raw: "From: a@x.example\nX-" + strings.Repeat("Long-", 60) + "Name: x\nSubject: X\n\nHello", subject: "X", text: "Hello"},
		{name: "nobody before somebody", raw: "From: \"Pump Works \" <>, \"LTD\" <a@x.example>\n\nHello", from: "LTD<a@x.example>", text: "Hello"},
		{name: "Sender", raw: "Sender: Al <a@x.example>\n\nHello", from: "Al<a@x.example>", warning: "Sender was taken", text: "Hello"},
		{name: "Return-Path", raw: "Return-Path: <a@x.example>\nFrom: Pump Works\n\nHello", from: "<a@x.example>", warning: "Return-Path was taken", text: "Hello"},
		{name: "a name behind", raw: "From: <a@x.example> (Al)\n\nHello", from: "Al<a@x.example>", text: "Hello"},
		{name: "an override in a name", raw: "From: \"Al\u202eoB\" <a@x.example>\n\nHello", from: "Al oB<a@x.example>", text: "Hello"},
		{name: "flowed", raw: "From: a@x.example\nContent-Type: text/plain; format=flowed; delsp=yes\n\nHel \nlo\n> a \n> b", text: "Hello\n> ab"},
		{name: "empty text beside HTML", raw: "From: a@x.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>Hello</p>\n--b--", text: "Hello"},
	} {
		o.check(t)
	}
	m, err := Parse([]byte("From: a@x.example\nTo: b@x.example\nTo: c@x.example, undisclosed-recipients:@mx.example\n\nx"))
	if err != nil || len(m.To) != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}
