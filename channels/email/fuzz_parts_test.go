package email

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tierline/internal/spent"
)

// quick fails when f takes longer than any mail may.
func quick(t *testing.T, n int, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if d := time.Since(start); d > tooLong() {
		if d = spent.Least(f); d > tooLong() {
			t.Fatalf("%d bytes take %v", n, d)
		}
	}
}

func someTNEF() []byte {
	props := bytes.Join([][]byte{{2, 0, 0, 0}, mapiProp(0x3707, 0x1f, "a\x00.\x00p\x00\x00\x00"), mapiProp(0x370e, 0x1e, "text/plain\x00")}, nil)
	compressed := append(make([]byte, 8), 0x4d, 0x45, 0x4c, 0x41, 0, 0, 0, 0)
	return winmail(tnefAttr(1, 0x9007, []byte{0xe4, 4, 0, 0, 0, 0, 0, 0}),
		tnefAttr(1, 0x9003, append([]byte{1, 0, 0, 0}, mapiProp(0x1009, 0x102, string(compressed)+`{\rtf1 a\par b}`)...)),
		tnefAttr(2, 0x9002, []byte{1}), tnefAttr(2, 0x8010, []byte("A.P\x00")), tnefAttr(2, 0x800f, []byte("data")), tnefAttr(2, 0x9005, props))
}

func FuzzTNEF(f *testing.F) {
	all := someTNEF()
	f.Add(all)
	f.Add(all[:len(all)/2])
	f.Add(winmail(tnefAttr(2, 0x9002, nil), tnefAttr(2, 0x9005, winmail())))
	f.Fuzz(func(t *testing.T, b []byte) {
		quick(t, len(b), func() { readTNEF(b, 0) })
		sane(t, []byte("From: a@b.example\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString(b)))
	})
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi{\fonttbl{\f0 Arial;}}Hall\'f6chen\par two \u8364?5\bin3 abc}`))
	f.Add(append(make([]byte, 8), "LZFu\x00\x00\x00\x00abc"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		quick(t, len(b), func() {
			if s := rtfText(b); !utf8.ValidString(s) {
				t.Fatalf("%q", s)
			}
			inflateRTF(b)
		})
	})
}

func FuzzSMIME(f *testing.F) {
	f.Add([]byte("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x04a: b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x30\x82\x00\x04\x24\x02\x04\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		quick(t, len(b), func() { signedContent(b) })
		sane(t, []byte("From: a@b.example\nContent-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString(b)))
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add("BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY;LANGUAGE=de:Pump\\, visit\n of June\nDTSTART;TZID=\"Europe/Berlin\":20260601T090000\nDTEND:20260601T100000Z\nDESCRIPTION:a\\nb\nEND:VEVENT\nEND:VCALENDAR")
	f.Add("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260601\nSUMMARY\n:\n")
	f.Fuzz(func(t *testing.T, s string) {
		quick(t, len(s), func() {
			if out := calendarText(toUTF8([]byte(s), "")); !utf8.ValidString(out) || strings.ContainsRune(out, 0) {
				t.Fatalf("%q", out)
			}
		})
	})
}

func FuzzUU(f *testing.F) {
	f.Add("See:\nbegin 644 ../a/cat.txt\n#0V%T\n`\nend\nBye\n")
	f.Add("begin 644 a\nbegin 644 b\n#0V%T\nend")
	f.Add("begin 777 x\n\n\nend\nbegin")
	f.Fuzz(func(t *testing.T, s string) {
		quick(t, len(s), func() {
			rest, files := takeUU(s)
			if len(files) > maxUU || len(rest) > len(s)+len(files) {
				t.Fatalf("%d files, %d bytes of %d", len(files), len(rest), len(s))
			}
			if len(files) == 0 && rest != s {
				t.Fatal("the text has changed")
			}
			decodeUU([]byte(s))
		})
	})
}

func FuzzJSONBounce(f *testing.F) {
	f.Add(`{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"a@b.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 x"}]},"mail":{"headers":[{"name":"Message-ID","value":"<a@b>"}]}}`)
	f.Add(`{"Type":"Notification","Message":"{\"notificationType\":\"Complaint\",\"complaint\":{\"complainedRecipients\":[{\"emailAddress\":\"a@b.example\"}]}}"}`)
	f.Add(`[{"event":"bounce","email":"a@b.example","reason":"550 5.1.1 no","smtp-id":"<a@b>"}]`)
	f.Add(strings.Repeat(`[`, 500))
	f.Fuzz(func(t *testing.T, s string) {
		quick(t, len(s), func() {
			b := jsonBounce(s)
			if b == nil {
				return
			}
			if len(b.Recipients) > maxBounced || len([]rune(b.Diagnostic)) > maxDiagnostic || !utf8.ValidString(reason(b)+b.OriginalMessageID) {
				t.Fatalf("%+v", b)
			}
		})
	})
}

func FuzzAuthResults(f *testing.F) {
	f.Add("mx.acme.example; dkim=pass header.d=x.example; spf=pass smtp.mailfrom=x.example; dmarc=pass header.from=x.example")
	f.Add("mx.acme.example 1; none")
	f.Add("mx.acme.example; (a (b) dkim=fail reason=\"x; y\" header.d=\";=")
	c := authenticator{conf: Authentication{Trust: []string{"mx.acme.example"}}}
	f.Fuzz(func(t *testing.T, s string) {
		m := &Mail{From: []Address{{Address: "jane@x.example"}}, head: header{{"authentication-results", s}}}
		quick(t, len(s), func() {
			if a := c.check(t.Context(), m, nil); a.Failed != "" && a.DMARC == "pass" {
				t.Fatalf("%+v", a)
			}
		})
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"Mon, 2 Mar 2026 09:30:00 +0000", "2 Mar 26 09:30 GMT", "02.03.2026 09:30", "3/2/2026 9:30:00 AM", "2026-03-02T10:30:00+01:00", "((((", "Mo, 2 Mär 126 25:61 +9999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quick(t, len(s), func() {
			if d := parseDate(s); !d.IsZero() && (d.Year() < 1969 || d.Year() > 9999) {
				t.Fatalf("%q is %v", s, d)
			}
		})
	})
}

// TestHostilePartsAreCheap reads a megabyte each of what other readers take seconds for.
func TestHostilePartsAreCheap(t *testing.T) {
	size := 1 << 20
	if underRace {
		size /= 16
	}
	big := func(s string) string { return strings.Repeat(s, size/len(s)) }
	c := authenticator{conf: Authentication{Trust: []string{"mx.acme.example"}}}
	for name, f := range map[string]func(){
		"tnef attributes": func() {
			readTNEF([]byte("\x78\x9f\x3e\x22\x01\x00"+big("\x02\x02\x90\x00\x00\x00\x00\x00\x00\x00\x00")), 0)
		},
		"tnef properties": func() {
			readTNEF(winmail(tnefAttr(1, 0x9003, []byte("\xff\xff\x00\x00"+big("\x03\x00\x00\x30\x00\x00\x00\x00")))), 0)
		},
		"rtf groups": func() { rtfText([]byte(`{\rtf1 ` + big(`{\b `))) },
		"rtf words":  func() { rtfText([]byte(`{\rtf1 ` + big(`\u1?`))) },
		"rtf inflated": func() {
			inflateRTF([]byte("\xff\xff\xff\x7f\xff\xff\xff\x7fLZFu\x00\x00\x00\x00" + big("\xff\x00\x0f")))
		},
		"ber nested":      func() { signedContent([]byte(big("\x30\x80"))) },
		"ber octets":      func() { signedContent([]byte(big("\x24\x80\x04\x01a"))) },
		"calendar lines":  func() { calendarText(big("BEGIN:VEVENT\n")) },
		"calendar folds":  func() { calendarText("BEGIN:VEVENT\nSUMMARY:" + big("x\n ")) },
		"calendar params": func() { calendarText("BEGIN:VEVENT\nSUMMARY" + big(";A=\"") + ":x") },
		"uu begins":       func() { takeUU(big("begin 644 a\n")) },
		"uu lines":        func() { takeUU("begin 644 a\n" + big("#0V%T\n")) },
		"json nested":     func() { jsonBounce(big("[")) },
		"json messages":   func() { jsonBounce(`{"message":"` + big(`{\"message\":`) + `"}`) },
		"results": func() {
			c.check(t.Context(), &Mail{From: []Address{{Address: "a@b.example"}}, head: header{{"authentication-results", "mx.acme.example" + big("; dkim=pass")}}}, nil)
		},
		"results' comments": func() {
			c.check(t.Context(), &Mail{From: []Address{{Address: "a@b.example"}}, head: header{{"authentication-results", "mx.acme.example; " + big("(")}}}, nil)
		},
		"date":      func() { parseDate(big("(")) },
		"date 2":    func() { parseDate(big("2 Mar ")) },
		"addresses": func() { addresses(big("a@b.example (("), "") },
	} {
		t.Run(name, func(t *testing.T) { quick(t, size, f) })
	}
	for name, mail := range map[string]string{
		"recipients":     big("<jane@customer.example>: 550 5.1.1 User unknown\n"),
		"almost":         big("550 5.1.1 jane (at) customer.example\n"),
		"one line":       big("jane@customer.example "),
		"dividing lines": big("----- Original message -----\n"),
		"fields":         big("From: a@b.example\nTo: b@c.example\nSubject: x\nDate: y\n\n"),
		"wrapped":        big("From: mailer-daemon@x.example\nSubject: Undelivered\n\nFailed:\n<a@b.example>\n--- Original message ---\n\n"),
		"expanded":       big("jane@customer.example\n (expanded from: list@customer.example)\n"),
	} {
		raw := []byte("From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail\n\n" + mail)
		t.Run("prose/"+name, func(t *testing.T) {
			quick(t, len(raw), func() {
				if m, err := Parse(raw); err == nil {
					Bounce(m)
				}
			})
		})
	}
	t.Run("report", func(t *testing.T) {
		sane(t, []byte("From: MAILER-DAEMON@x.example\nContent-Type: message/delivery-status\n\n"+big("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n")))
	})
}
