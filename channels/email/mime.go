package email

import (
	"bytes"
	"errors"
	"hash"
	"strings"
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
