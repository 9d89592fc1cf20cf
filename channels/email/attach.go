package email

import (
	"path"
	"regexp"
	"strings"
)

func (r *reader) attach(p part, data []byte) {
	a := Part{Name: p.name, Type: p.kind, Data: data, ContentID: strings.Trim(p.head.get("Content-Id"), "<> ")}
	a.Inline = a.ContentID != "" && !p.attach
	if how, ok := isSignature(p.kind); ok {
		r.signed, a.Inline = how, true // it belongs to the mail, nobody needs to open it
	}
	switch p.kind {
	case "application/pgp-encrypted":
		r.encrypted = "OpenPGP"
	case "text/calendar":
		r.invitations = append(r.invitations, calendarText(toUTF8(data, p.params["charset"])))
	case "message/rfc822", "message/global", "message/news":
		h, _ := readHeader(data)
		r.nested = append(r.nested, strings.Join(strings.Fields(decodeWords(h.get("Subject"), "")), " "))
	}
	if len(data) == 0 && a.Name == "" {
		return
	}
	if a.Name == "" {
		a.Name = orElse(p.nameLike(), defaultName(p.kind, data))
	}
	r.attachments = append(r.attachments, a)
}

// winmail takes Outlook's envelope apart. When it could not be read to its end, or nothing was in it, it
// is kept, too.
func (r *reader) winmail(p part, data []byte) {
	t := readTNEF(data, 0)
	r.attachments = append(r.attachments, t.parts[:min(len(t.parts), maxParts)]...)
	if len(r.views) == 0 {
		if v := (view{text: orElse(t.text, t.rtf), html: t.html}); strings.TrimSpace(v.text+v.html) != "" {
			v.text = strings.ReplaceAll(v.text, "\r\n", "\n")
			r.views = append(r.views, v)
		}
	}
	if !t.whole || len(t.parts) == 0 && strings.TrimSpace(t.text+t.rtf+t.html) == "" {
		r.attach(p, data)
	}
}

// nameLike is a file name that a part without one has elsewhere: Outlook's Content-ID begins with it.
func (p part) nameLike() string {
	if strings.HasPrefix(p.kind, "text/") || strings.HasPrefix(p.kind, "message/") {
		return ""
	}
	for _, key := range []string{"Content-Id", "Content-Location", "Content-Description"} {
		name, _, _ := strings.Cut(strings.Trim(p.head.get(key), "<> "), "@")
		if name = fileName(decodeWords(name, "")); likeFile.MatchString(name) {
			return name
		}
	}
	return ""
}

var likeFile = regexp.MustCompile(`^[\pL\pN_() -]{1,100}\.(?:jpe?g|png|gif|bmp|tiff?|svg|webp|pdf|docx?|xlsx?|pptx?|odt|ods|zip|mp[34]|mov|wav|csv|xml)$`)

func defaultName(kind string, data []byte) string {
	switch kind {
	case "message/rfc822", "message/global", "message/news":
		h, _ := readHeader(data)
		return fileName(orElse(cutRunes(decodeWords(h.get("Subject"), ""), 80), "message") + ".eml")
	case "message/delivery-status", "message/feedback-report", "message/disposition-notification":
		return strings.TrimPrefix(kind, "message/") + ".txt"
	case "text/calendar":
		return "invitation.ics"
	case "text/rfc822-headers":
		return "headers.txt"
	case "application/pgp-signature":
		return "signature.asc"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "smime.p7s"
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return "smime.p7m"
	}
	main, sub, _ := strings.Cut(kind, "/")
	sub, _, _ = strings.Cut(strings.TrimPrefix(sub, "x-"), "+")
	if len(sub) == 0 || len(sub) > 8 {
		sub = "bin"
	}
	if sub == "jpeg" || sub == "pjpeg" {
		sub = "jpg"
	}
	if main != "image" && main != "audio" && main != "video" {
		main = "attachment"
	}
	return fileName(main + "." + sub)
}

// fileName is the base name, whatever slashes the name holds, without control characters.
func fileName(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || isOverride(c) {
			return -1
		}
		return c
	}, s)
	s = path.Base(strings.ReplaceAll(strings.TrimSpace(s), "\\", "/"))
	if s == "." || s == "/" || s == ".." {
		return ""
	}
	return cutRunes(s, 200)
}

// isOverride says that a character changes the direction of those behind it: "fdp.exe" becomes
// "exe.pdf" by it.
func isOverride(c rune) bool {
	return c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f
}
