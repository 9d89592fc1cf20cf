package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"mime/quotedprintable"
	"strings"

	"golang.org/x/net/idna"

	"tierline/customer"
)

// boundary is made of the Message-ID, so that it is the same at every try and in no content.
func boundary(id, what string) string {
	sum := sha256.Sum256([]byte(what + " " + id))
	return "=_" + hex.EncodeToString(sum[:16])
}

// writeHeader folds a field at blanks so that lines stay below 78 characters where they can
// (RFC 5322 §2.1.1). Line ends in value are taken out: nobody adds a field to our mail.
func writeHeader(b *bytes.Buffer, key, value string) {
	line := key + ":"
	for _, word := range strings.Fields(clean(value)) {
		if len(line)+1+len(word) > 76 && line != key+":" {
			b.WriteString(line + "\r\n")
			line = ""
		}
		line += " " + word
	}
	b.WriteString(line + "\r\n")
}

func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s)
}

// encodeText encodes words where needed. A text that looks like an encoded word is encoded, too.
func encodeText(s string) string {
	s = clean(s)
	if strings.Contains(s, "=?") {
		return mime.BEncoding.Encode("utf-8", s+"\u200b")
	}
	return mime.QEncoding.Encode("utf-8", s)
}

func addressList(list []customer.Identity) string {
	var all []string
	for _, i := range list {
		addr := "<" + clean(onWire(i.Value)) + ">"
		switch name := strings.TrimSpace(clean(i.Name)); {
		case name == "" || name == i.Value:
			all = append(all, addr)
		case isASCII(name):
			all = append(all, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(cutRunes(name, maxName))+`" `+addr)
		default:
			all = append(all, mime.BEncoding.Encode("utf-8", cutRunes(name, maxName))+" "+addr)
		}
	}
	return strings.Join(all, ", ")
}

func writeQuoted(b *bytes.Buffer, s string) {
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(strings.ReplaceAll(s, "\n", "\r\n"))) // to memory
	_ = w.Close()
}

// lineWriter breaks base64 into lines of 76 characters (RFC 2045 §6.8).
type lineWriter struct {
	w   *bytes.Buffer
	col int
}

func (l *lineWriter) Write(p []byte) (int, error) {
	for n := len(p); ; {
		room := 76 - l.col
		if len(p) < room {
			l.w.Write(p)
			l.col += len(p)
			return n, nil
		}
		l.w.Write(p[:room])
		l.w.WriteString("\r\n")
		p, l.col = p[room:], 0
	}
}

// onWire is an address with its domain in ASCII, as every mail server knows it (RFC 5890).
func onWire(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || isASCII(address[at:]) {
		return address
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + domain
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
