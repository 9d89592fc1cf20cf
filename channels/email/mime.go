package email

import (
	"bytes"
	"errors"
	"hash"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a mail's structure. A mail beyond them is quarantined.
const (
	maxDepth = 30    // multiparts within multiparts; deeper ones are kept as one attachment
	maxParts = 1_000 // parts of one mail
)

var errTooManyParts = errors.New("the mail has too many parts")

// part is a leaf of a mail, or a message within it.
type part struct {
	head   header
	kind   string // media type, lower case
	params map[string]string
	raw    []byte // as it was transferred
	name   string // base name; "" when it has none
	attach bool   // the sender wants it shown as an attachment
}

// view is a piece of the body in one or two forms of the same content.
type view struct{ text, html string }

// reader takes a mail apart.
type reader struct {
	parts       int
	views       []view
	attachments []Part
	report      string // the report-type of a multipart/report
	signed      string // by what the mail is signed; "" when it is not
	encrypted   string // by what it is encrypted
	invitations []string
	nested      []string // subjects of mails within
	charset     string   // for raw 8-bit names
	content     hash.Hash
}

// Part is an attachment with its bytes.
type Part struct {
	Name, Type, ContentID string
	Inline                bool
	Data                  []byte
}

func (r *reader) read(raw []byte, h header, depth int, alternative *view) error {
	if r.parts++; r.parts > maxParts {
		return errTooManyParts
	}
	p := r.newPart(raw, h)
	if strings.HasPrefix(p.kind, "multipart/") && depth < maxDepth {
		if subs := split(raw, p.params["boundary"]); len(subs) > 0 {
			return r.multipart(p, subs, depth, alternative)
		}
		p.kind = "text/plain" // no boundary to be found: show what there is
	} else if depth == 0 && p.kind == "text/plain" && p.params["charset"] == "" {
		// A multipart whose header lost its type. Its line must be among the first, and have its end; further
		// down it belongs to a mail that is quoted.
		if b := guessBoundary(raw, maxPreamble); b != "" && bytes.Contains(raw, []byte("--"+b+"--")) {
			p.kind = "multipart/mixed"
			return r.multipart(p, split(raw, b), depth, alternative)
		}
	}
	if isSMIME(p.kind) && depth < maxDepth {
		if inner, ok := signedContent(p.decoded()); ok {
			r.signed = "S/MIME"
			h, body := readHeader(inner)
			return r.read(body, h, depth+1, alternative)
		}
		r.encrypted = "S/MIME"
	}
	r.leaf(p, alternative)
	return nil
}

func (r *reader) newPart(raw []byte, h header) part {
	p := part{head: h, raw: raw}
	p.kind, p.params = params(h.get("Content-Type"))
	p.kind = mediaType(p.kind)
	if !strings.Contains(p.kind, "/") {
		p.kind = map[string]string{"text": "text/plain", "html": "text/html", "": "text/plain"}[p.kind]
		if p.kind == "" {
			p.kind = "application/octet-stream"
		}
	}
	disposition, dp := params(h.get("Content-Disposition"))
	p.attach = disposition == "attachment"
	name := orElse(dp["filename"], p.params["name"])
	p.name = fileName(decodeWords(name, r.charset))
	return p
}

// mediaType is type and subtype without what careless programs write around them.
func mediaType(s string) string {
	main, sub, ok := strings.Cut(withoutComments(s), "/")
	main, sub = strings.Trim(main, " \t\"'"), strings.TrimLeft(sub, " \t\"'")
	if end := strings.IndexFunc(sub, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?=`, c)
	}); end >= 0 {
		sub = sub[:end]
	}
	if !ok || sub == "" {
		return main
	}
	return main + "/" + sub
}

func (r *reader) multipart(p part, subs [][]byte, depth int, alternative *view) error {
	if p.kind == "multipart/report" && depth == 0 {
		r.report = orElse(strings.ToLower(p.params["report-type"]), "unknown")
	}
	if p.kind == "multipart/encrypted" {
		r.encrypted = "OpenPGP"
	}
	mine := alternative
	if p.kind == "multipart/alternative" && alternative == nil {
		mine = &view{}
	}
	for _, sub := range subs {
		h, body := readHeader(sub)
		if p.kind == "multipart/digest" && !h.has("Content-Type") {
			h = append(h, field{"content-type", "message/rfc822"})
		}
		if err := r.read(body, h, depth+1, mine); err != nil {
			return err
		}
	}
	if mine != nil && alternative == nil && (mine.text != "" || mine.html != "") {
		r.views = append(r.views, *mine)
	}
	return nil
}

// leaf shows a part as text, or keeps it as an attachment.
func (r *reader) leaf(p part, alternative *view) {
	data := p.decoded()
	hashContent(r.content, p.kind, data)
	switch {
	case p.kind == "text/x-amp-html" && alternative != nil:
		return // the same once more, for programs that run it
	case isTNEF(data):
		r.winmail(p, data)
		return
	case !shownText[p.kind] || p.attach || p.name != "" && (alternative == nil || p.kind != "text/html"):
		r.attach(p, data)
		return
	}
	text := toUTF8(data, orElse(p.params["charset"], htmlCharset(p.kind, data)))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	v := r.view(p, text)
	if alternative == nil {
		if v.text != "" || v.html != "" {
			r.views = append(r.views, v)
		}
		return
	}
	if enriched(p.kind) && alternative.text != "" {
		return // the same once more
	}
	alternative.text, alternative.html = joinBlank(alternative.text, v.text), joinBlank(alternative.html, v.html)
}

// shownText are the types that are read as text.
var shownText = map[string]bool{"text/plain": true, "text/html": true, "text/enriched": true, "text/richtext": true,
	"text/markdown": true, "application/xhtml+xml": true}

// view is a text in its form, and without the files within it.
func (r *reader) view(p part, text string) (v view) {
	switch {
	case strings.TrimSpace(text) == "":
	case p.kind == "text/html" || p.kind == "application/xhtml+xml" || p.kind == "text/plain" && looksLikeHTML(text):
		v.html = text
	case enriched(p.kind):
		v.text = enrichedText(text)
	default:
		if strings.EqualFold(p.params["format"], "flowed") {
			text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
		}
		rest, files := takeUU(text)
		r.attachments = append(r.attachments, files...)
		signed, encrypted := armour(rest)
		if signed {
			r.signed = "OpenPGP"
		}
		if encrypted {
			r.encrypted = "OpenPGP"
		}
		if strings.TrimSpace(rest) != "" {
			v.text = rest
		}
	}
	return v
}

// looksLikeHTML says that a plain text is a page of HTML under the wrong type.
func looksLikeHTML(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s[:min(len(s), 500)]))
	for _, begin := range []string{"<!doctype html", "<html>", "<html ", "<head>", "<body>", "<body "} {
		if strings.HasPrefix(s, begin) {
			return true
		}
	}
	return false
}

func enriched(kind string) bool { return kind == "text/enriched" || kind == "text/richtext" }

// enrichedText is a text of RFC 1896 without its commands. One line end is a blank, more are one less.
func enrichedText(s string) string {
	var b strings.Builder
	ends := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			ends++
			continue
		}
		switch {
		case ends == 1:
			b.WriteByte(' ')
		case ends > 1:
			b.WriteString(strings.Repeat("\n", ends-1))
		}
		ends = 0
		if s[i] == '<' {
			if i+1 < len(s) && s[i+1] == '<' {
				b.WriteByte('<')
				i++
				continue
			}
			if n := closing(s[i:], '>'); n > 0 && n < 70 {
				if strings.EqualFold(s[i:i+n+1], "<nl>") {
					b.WriteByte('\n')
				}
				i += n
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// winmail takes Outlook's envelope apart. When it could not be read to its end it is kept, too.
func (r *reader) winmail(p part, data []byte) {
	t := readTNEF(data, 0)
	r.attachments = append(r.attachments, t.parts[:min(len(t.parts), maxParts)]...)
	if len(r.views) == 0 {
		if v := (view{text: orElse(t.text, t.rtf), html: t.html}); strings.TrimSpace(v.text+v.html) != "" {
			v.text = strings.ReplaceAll(v.text, "\r\n", "\n")
			r.views = append(r.views, v)
		}
	}
	if !t.whole {
		r.attach(p, data)
	}
}

// hashContent adds a part as it was meant. Of text the blanks don't count: servers on the way change
// line ends, and some trim lines.
func hashContent(h hash.Hash, kind string, data []byte) {
	if strings.HasPrefix(kind, "text/") {
		hashWords(h, data)
	} else {
		h.Write(data)
	}
	h.Write([]byte{0})
}

// hashWords adds each word, with one blank behind it.
func hashWords(h hash.Hash, data []byte) {
	words := make([]byte, 0, min(len(data)+1, 4096))
	for len(data) > 0 {
		n, blank := wordEnd(data)
		for word := data[:n]; len(word) > 0; {
			fit := min(len(word), cap(words)-len(words))
			words, word = append(words, word[:fit]...), word[fit:]
			if len(words) == cap(words) {
				h.Write(words)
				words = words[:0]
			}
		}
		if n > 0 {
			words = append(words, ' ')
		}
		data = data[n+blank:]
	}
	h.Write(words)
}

// wordEnd says how many bytes a word at the start of data has, and the blank behind it: one of
// [unicode.IsSpace].
func wordEnd(data []byte) (n, blank int) {
	for n < len(data) {
		c := data[n]
		if c < utf8.RuneSelf {
			if c == ' ' || c >= '\t' && c <= '\r' {
				return n, 1
			}
			n++
			continue
		}
		r, size := utf8.DecodeRune(data[n:])
		if unicode.IsSpace(r) {
			return n, size
		}
		n += size
	}
	return n, 0
}

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
		a.Name = defaultName(p.kind, data)
	}
	r.attachments = append(r.attachments, a)
}

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
	}
	_, sub, _ := strings.Cut(kind, "/")
	sub, _, _ = strings.Cut(strings.TrimPrefix(sub, "x-"), "+")
	if len(sub) == 0 || len(sub) > 8 {
		sub = "bin"
	}
	return fileName("attachment." + sub)
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

// decoded undoes the transfer encoding. An unknown one is left as it is.
func (p part) decoded() []byte {
	enc := strings.ToLower(p.head.get("Content-Transfer-Encoding"))
	enc, _, _ = strings.Cut(enc, ";")
	switch strings.Trim(enc, " \t\"'") {
	case "base64", "base-64":
		if looksLikeBase64(p.raw) {
			return decodeBase64(p.raw)
		}
	case "quoted-printable", "quoted/printable":
		return decodeQuoted(p.raw)
	case "x-uuencode", "uuencode", "x-uue":
		if b, ok := decodeUU(p.raw); ok {
			return b
		}
	}
	return p.raw
}

// looksLikeBase64 is false for plain text under the wrong label: its beginning has blanks within lines
// and no line that could be base64.
func looksLikeBase64(b []byte) bool {
	b = bytes.TrimSpace(b)
	words, alien, lines := 0, 0, 0
	for len(b) > 0 && lines < 10 {
		var line []byte
		line, b = cutLine(b)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		lines++
		words += bytes.Count(line, []byte(" "))
		for _, c := range line {
			if c < '+' && c != ' ' || c > 'z' || c == ':' || c == ';' || c == ',' || c == '.' || c == '-' || c == '_' {
				alien++
			}
		}
	}
	return words+alien < 2*lines
}

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

// unflow joins the soft line breaks of format=flowed (RFC 3676).
func unflow(s string, delSp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	open, depth := false, 0
	for line := range strings.SplitSeq(s, "\n") {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		text := line[d:]
		text = strings.TrimPrefix(text, " ") // space-stuffing
		sig := text == "-- "
		switch {
		case open && d == depth && !sig:
		default:
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(strings.Repeat(">", d))
			if d > 0 {
				b.WriteByte(' ')
			}
		}
		open, depth = strings.HasSuffix(text, " ") && !sig, d
		if open && delSp {
			text = text[:len(text)-1]
		}
		b.WriteString(text)
	}
	return b.String()
}

func joinBlank(a, b string) string {
	switch {
	case strings.TrimSpace(a) == "":
		return b
	case strings.TrimSpace(b) == "":
		return a
	}
	return strings.TrimRight(a, "\n") + "\n\n" + b
}
