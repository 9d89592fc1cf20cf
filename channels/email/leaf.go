package email

import (
	"regexp"
	"strings"
)

// leaf shows a part as text, or keeps it as an attachment.
func (r *reader) leaf(p part, alternative *view) {
	data := p.decoded()
	if p.kind == "message/delivery-status" && p.name == "" && !reportField.Match(data[:min(len(data), maxReport)]) {
		p.kind = "text/plain" // prose under the wrong name
	}
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

// reportField is what each report has (RFC 3464 §2.2, §2.3).
var reportField = regexp.MustCompile(`(?im)^(?:reporting-mta|final-recipient|original-recipient|action|status|diagnostic-code|arrival-date)[ \t]*:`)

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

// isStub says that a plain text is only a part of what the HTML beside it says, or only that there is
// HTML: that has more than twice its words.
func isStub(text string, html []line) bool {
	words, plain := 0, len(strings.Fields(text))
	for _, l := range html {
		words += len(strings.Fields(l.text))
	}
	return words > 2*plain && words >= plain+stubWords
}

const stubWords = 8 // that the HTML must have more

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
