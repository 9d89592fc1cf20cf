package email

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
)

// odd is a mail with what is to be seen of it.
type odd struct {
	name, raw      string
	text, absent   string // is part of the readable text; is not
	subject, from  string
	files, warning string // names and sizes of attachments, with commas; a word of a warning
}

func (o odd) check(t *testing.T) {
	t.Helper()
	m, err := Parse([]byte(o.raw))
	if err != nil {
		t.Fatalf("%s: %v", o.name, err)
	}
	var files []string
	for _, a := range m.Attachments {
		files = append(files, a.Name+":"+itoa(len(a.Data)))
	}
	if got := strings.Join(files, ","); got != o.files {
		t.Errorf("%s: attachments %q, want %q", o.name, got, o.files)
	}
	if !strings.Contains(m.Text, o.text) || o.absent != "" && strings.Contains(m.Text, o.absent) {
		t.Errorf("%s: text %q, want %q and not %q", o.name, m.Text, o.text, o.absent)
	}
	if o.subject != "" && m.Subject != o.subject {
		t.Errorf("%s: subject %q, want %q", o.name, m.Subject, o.subject)
	}
	if o.from != "" && (len(m.From) == 0 || m.From[0].Name+"<"+m.From[0].Address+">" != o.from) {
		t.Errorf("%s: from %+v, want %s", o.name, m.From, o.from)
	}
	if !strings.Contains(strings.Join(m.Warnings, " "), o.warning) {
		t.Errorf("%s: warnings %q, want %q", o.name, m.Warnings, o.warning)
	}
}

func TestOddParts(t *testing.T) {
	t.Parallel()
	const head = "From: jane@customer.example\nSubject: Odd\nMIME-Version: 1.0\n"
	for _, o := range []odd{
		{name: "uuencoded file in a text", raw: head + "\nSee:\nbegin 644 ../a/cat.txt\n#0V%T\n`\nend\nBye\n",
			text: "See:\nBye", absent: "begin", files: "cat.txt:3"},
		{name: "a sentence that begins with begin", raw: head + "\nPlease\nbegin 644 pumps\nand then\nend\n", text: "begin 644 pumps\nand then"},
		{name: "uuencoded part", raw: head + "Content-Type: application/x-y; name=c.txt\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 c\n#0V%T\n`\nend\n", files: "c.txt:3"},
		{name: "yEnc stays text", raw: head + "\n=ybegin line=128 size=3 name=a.bin\nabc\n=yend size=3\n", text: "=ybegin"},
		{name: "plain text that is HTML", raw: head + "\n<html><body><p>Hello <b>you</b></p></body></html>", text: "Hello you", absent: "<b>"},
		{name: "base64 that is none", raw: head + "Content-Transfer-Encoding: base64\n\nThis is plain text, really.\nSecond line here.\n", text: "plain text, really."},
		{name: "a media type with dirt", raw: head + "Content-Type: text/plain> charset=utf-8\n\nHello\n", text: "Hello"},
		{name: "multipart whose header lost its type", raw: head + "\nThis is MIME.\n--xyz12\nContent-Type: text/plain\n\nHello\n--xyz12\nContent-Type: image/png; name=a.png\n\nP\n--xyz12--\n",
			text: "Hello", absent: "xyz12", files: "a.png:1"},
		{name: "rich text beside plain", raw: head + "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: text/enriched\n\n<bold>Hello</bold>\n--b--\n", text: "Hello", absent: "Hello\n\nHello"},
		{name: "rich text alone", raw: head + "Content-Type: text/enriched\n\n<bold>Hel</bold>lo\nyou << 3\n\nBye\n", text: "Hello you < 3\nBye"},
		{name: "invitation", raw: head + "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Pump\\, visit\n of June\n" +
			"DTSTART;TZID=\"Europe/Berlin\":20260601T090000\nLOCATION:Hall 3\nBEGIN:VALARM\nSUMMARY:no\nEND:VALARM\nDESCRIPTION:Bring\\nshoes\nEND:VEVENT\nEND:VCALENDAR\n",
			text: "Invitation: Pump, visitof June\nStart: 2026-06-01 09:00 (Europe/Berlin)\nLocation: Hall 3\n\nBring\nshoes", files: "invitation.ics:220"},
		{name: "signed", raw: head + "Content-Type: multipart/signed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: application/pgp-signature; name=s.asc\n\nx\n--b--\n",
			text: "Hello", files: "s.asc:1", warning: "signed (OpenPGP)"},
		{name: "encrypted", raw: head + "Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream; name=e.asc\n\nx\n--b--\n",
			files: "attachment.bin:10,e.asc:1", warning: "encrypted (OpenPGP)"},
		{name: "encrypted S/MIME", raw: head + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAG\n",
			files: "smime.p7m:3", warning: "encrypted (S/MIME)"},
		{name: "a mail within", raw: head + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nx\n--b--\n",
			text: "Attached mail: Grüße", files: "Grüße.eml:39"},
		{name: "several texts", raw: head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nOne\n--b\nContent-Type: image/png; name=a.png\n\nP\n--b\nContent-Type: text/html\n\n<p>Two</p>\n--b\n\nThree\n--b--\n",
			text: "One\n\nTwo\n\nThree", files: "a.png:1"},
		{name: "a file's lines keep their ends", raw: head + "Content-Type: application/x-y; name=a.y\nContent-Transfer-Encoding: quoted-printable\n\na=\r\nb \r\nc\r\n", files: "a.y:7"},
		{name: "an encoding with a parameter that is not its own", raw: head + "Content-Type: application/x-y; name=a.y\nContent-Transfer-Encoding: base64\n filename=a.y\n\nYWJj\n", files: "a.y:3"},
		{name: "images without names", raw: head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: image/jpeg\nContent-ID: <image001.jpg@01D4.5>\n\nP\n--b\nContent-Type: image/pjpeg\nContent-ID: <7f@x>\n\nPQ\n--b--\n",
			text: "Hello", files: "image001.jpg:1,image.jpg:2"},
		{name: "a text that only points to the HTML", raw: head + "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nThis mail is HTML.\n--b\nContent-Type: text/html\n\n<p>" + strings.Repeat("Pumps for everybody. ", 40) + "</p>\n--b--\n",
			text: "Pumps for everybody.", absent: "This mail is HTML."},
		{name: "a text that is only a part of the HTML", raw: head + "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nHello to you!\n--b\nContent-Type: text/html\n\n<p>Hello to you</p><p>Here is the drawing of the pump, as you wanted it yesterday.</p>\n--b--\n",
			text: "the drawing of the pump"},
		{name: "prose under a report's name", raw: head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nIt could not be delivered because:\n\n<jane@customer.example> is gone\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; jane@customer.example\nAction: failed\nStatus: 5.1.1\n--b--\n",
			text: "could not be delivered because:", files: "delivery-status.txt:99"},
		{name: "a quoted mail has parts", raw: head + "\nOne\nTwo\nThree\nFour\n--b\nContent-Type: text/plain\n\nHello\n--b--\n", text: "One\nTwo\nThree\nFour"},
		{name: "unclosed", raw: head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nOne\n--b\nContent-Type: image/png; name=..\\\\a.png\n\nP", text: "One", files: "a.png:1"},
	} {
		o.check(t)
	}
}

func TestOpaqueSignature(t *testing.T) {
	t.Parallel()
	tlv := func(tag byte, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	inner := []byte("Content-Type: text/plain; charset=utf-8\r\n\r\nHello from within\r\n")
	oid := func(last byte) []byte { return []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last} }
	der := tlv(0x30, oid(2), tlv(0xa0, tlv(0x30, []byte{2, 1, 1}, tlv(0x31), tlv(0x30, oid(1), tlv(0xa0, tlv(0x24, tlv(4, inner[:20]), tlv(4, inner[20:])))))))
	odd{name: "opaque", raw: "From: a@b.example\nContent-Type: application/pkcs7-mime; name=smime.p7m; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n" +
		base64.StdEncoding.EncodeToString(der), text: "Hello from within", warning: "signed (S/MIME)"}.check(t)
	for n := range der { // cut anywhere: no panic
		_, _ = signedContent(der[:n])
	}
}

// winmail makes a winmail.dat of attributes.
func winmail(attrs ...[]byte) []byte {
	return append([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}, bytes.Join(attrs, nil)...)
}

func tnefAttr(level byte, id uint16, data []byte) []byte {
	b := append([]byte{level}, binary.LittleEndian.AppendUint16(nil, id)...)
	b = append(b, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(append(b, data...), 0, 0)
}

func mapiProp(id, kind uint16, v string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(id)<<16|uint32(kind))
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
	return append(append(b, v...), make([]byte, -len(v)&3)...)
}

func TestWinmail(t *testing.T) {
	t.Parallel()
	rtf := `{\rtf1\ansi{\fonttbl{\f0 Arial;}}Hall\'f6chen\par two \u8364?5}`
	compressed := append(make([]byte, 8), 0x4d, 0x45, 0x4c, 0x41, 0, 0, 0, 0)
	props := bytes.Join([][]byte{{2, 0, 0, 0}, mapiProp(0x3707, 0x1f, "l\x00o\x00n\x00g\x00.\x00p\x00d\x00f\x00\x00\x00"), mapiProp(0x370e, 0x1e, "application/pdf\x00")}, nil)
	dat := winmail(tnefAttr(1, 0x9007, []byte{0xe4, 4, 0, 0, 0, 0, 0, 0}),
		tnefAttr(1, 0x9003, append([]byte{1, 0, 0, 0}, mapiProp(0x1009, 0x102, string(compressed)+rtf)...)),
		tnefAttr(2, 0x9002, []byte{1}), tnefAttr(2, 0x8010, []byte("SHORT~1.PDF\x00")), tnefAttr(2, 0x800f, []byte("%PDF")), tnefAttr(2, 0x9005, props),
		tnefAttr(2, 0x9002, []byte{1}), tnefAttr(2, 0x8010, []byte("..\\two.txt\x00")), tnefAttr(2, 0x800f, []byte("two")))
	mail := func(b []byte) string {
		return "From: a@b.example\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(b)
	}
	odd{name: "winmail", raw: mail(dat), text: "Hallöchen\ntwo €5", files: "long.pdf:4,two.txt:3"}.check(t)
	odd{name: "cut winmail", raw: mail(dat[:len(dat)-10]), text: "Hallöchen", files: "long.pdf:4,two.txt:0,winmail.dat:" + itoa(len(dat)-10)}.check(t)
	for n := range dat {
		readTNEF(dat[:n], 0)
	}
	m, err := Parse([]byte(mail(dat)))
	if err != nil || m.Attachments[0].Type != "application/pdf" {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestInflateRTF holds the example of MS-OXRTFCP §4.1.1.
func TestInflateRTF(t *testing.T) {
	t.Parallel()
	in := []byte{0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 3, 0, 0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35,
		0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0}
	if got := string(inflateRTF(in)); got != "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" {
		t.Errorf("%q", got)
	}
}
