package slackapp

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// units is the length of a rune as Slack's clients count it: in UTF-16. Where Slack counts code
// points instead, this errs on the short side.
func units(r rune) int { return max(utf16.RuneLen(r), 1) }

// Units is the length of a text in UTF-16 units.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += units(r)
	}
	return n
}

// longer says whether a text has more than n units, without counting all of it.
func longer(s string, n int) bool {
	if len(s) <= n { // no rune has more units than bytes
		return false
	}
	for _, r := range s {
		if n -= units(r); n < 0 {
			return true
		}
	}
	return false
}

// head is a long text's beginning: more than n units of it, whatever is cut or joined later.
func head(s string, n int) string {
	most := 16*n + 1000
	if len(s) <= most {
		return s
	}
	for range utf8.UTFMax - 1 {
		if !utf8.RuneStart(s[most]) {
			most--
		}
	}
	return s[:most]
}

// Clean makes a text of others fit to be shown: valid UTF-8, line feeds only, without control
// characters and without the marks that turn the direction of what follows.
func Clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

// LineCut is a line, escaped, of at most n units.
func LineCut(s string, n int) string { return EscapeCut(Line(head(s, n)), n) }

// Line is Clean on one line, without blanks in a row.
func Line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// Cut shortens a text to at most n units; a cut one ends with "…".
func Cut(s string, n int) string {
	if !longer(s, n) {
		return s
	}
	at := 0
	for i, r := range s {
		if at += units(r); at > n-1 {
			return strings.TrimRight(s[:i], " \n") + "…"
		}
	}
	return s
}

// shout is what would ring everybody where a client parses plain text for names.
var shout = regexp.MustCompile(`(^|[^\w@.])@(here|channel|everyone|group)\b`)

// Escape makes a text safe within mrkdwn: nothing in it is a mention or a link.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func Escape(s string) string {
	s = escaper.Replace(Clean(s))
	if !strings.Contains(s, "@") {
		return s
	}
	return shout.ReplaceAllString(s, "$1@\u200B$2")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// EscapeCut escapes and shortens so that the result has at most n units.
func EscapeCut(s string, n int) string {
	s = Clean(head(s, n))
	out := Escape(s)
	for room := n; longer(out, n); {
		room -= max(1, min(room/2, Units(out)-n))
		if room < 1 {
			return ""
		}
		out = Escape(Cut(s, room))
	}
	return out
}

// Split breaks an escaped or mrkdwn text into parts of at most n units, at a line's end where there
// is one in the second half, else at a blank, and never within an entity or a link.
func Split(s string, n int) []string {
	var parts []string
	for longer(s, n) {
		at := breakAt(s, n)
		if p := strings.TrimRight(s[:at], " \n"); p != "" {
			parts = append(parts, p)
		}
		s = strings.TrimLeft(s[at:], "\n")
	}
	if strings.TrimSpace(s) != "" || len(parts) == 0 {
		parts = append(parts, s)
	}
	return parts
}

func breakAt(s string, n int) int {
	size, end, line, blank, open := 0, 0, 0, 0, -1
	for i, r := range s {
		if size += units(r); size > n {
			break
		}
		end = i + utf8.RuneLen(r)
		switch {
		case r == '\n':
			line = i + 1
		case r == ' ':
			blank = i + 1
		case r == '&' || r == '<':
			open = i
		case (r == ';' || r == '>') && open >= 0:
			open = -1
		}
	}
	switch {
	case line > end/2:
		return line
	case blank > end/2 && (open < 0 || blank <= open):
		return blank
	case open > 0 && end-open < 2000: // the entity or the link goes whole to the next part
		return open
	}
	return max(end, 1)
}

var (
	codeSpan = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	mdLink   = regexp.MustCompile(`!?\[([^\]\n]+)\]\(((?:https?://|mailto:)[^\s()|]+)\)`)
	mdBold   = regexp.MustCompile(`\*\*([^\s*](?:[^*\n]*[^\s*])?)\*\*|__([^\s_](?:[^_\n]*[^\s_])?)__`)
	mdItalic = regexp.MustCompile(`(^|[^\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*`)
	mdStrike = regexp.MustCompile(`~~([^~\n]+)~~`)
	mdHead   = regexp.MustCompile(`(?m)^#{1,6}[ \t]+(.+?)[ \t#]*$`)
	mdBullet = regexp.MustCompile(`(?m)^([ \t]*)[-*+][ \t]+`)
)

// Mrkdwn turns Markdown, as agents and articles write it, into Slack's mrkdwn. All that could be a
// mention is escaped; web and mail links stay links.
func Mrkdwn(md string) string {
	md = Escape(md)
	var b strings.Builder
	at := 0
	for _, span := range codeSpan.FindAllStringIndex(md, -1) {
		b.WriteString(prose(md[at:span[0]]))
		b.WriteString(md[span[0]:span[1]])
		at = span[1]
	}
	b.WriteString(prose(md[at:]))
	return b.String()
}

func prose(s string) string {
	const bold = "\x01" // Escape has removed control characters
	s = mdHead.ReplaceAllString(s, bold+"$1"+bold)
	s = mdBullet.ReplaceAllString(s, "$1• ")
	s = mdBold.ReplaceAllString(s, bold+"$1$2"+bold)
	s = mdItalic.ReplaceAllString(s, "${1}_${2}_")
	s = mdStrike.ReplaceAllString(s, "~$1~")
	s = mdLink.ReplaceAllString(s, "<$2|$1>")
	s = strings.ReplaceAll(s, bold+bold, bold)
	return strings.ReplaceAll(s, bold, "*")
}

var control = regexp.MustCompile(`<([^<>\n]+)>`)

// Plain turns the text of a Slack message into plain text: links are written out, mentions become
// names, as name tells them ("" keeps the id).
// https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
func Plain(s string, name func(user string) string) string {
	s = control.ReplaceAllStringFunc(s, func(tag string) string {
		ref, label, _ := strings.Cut(tag[1:len(tag)-1], "|")
		switch {
		case strings.HasPrefix(ref, "@"):
			if n := name(ref[1:]); n != "" {
				return "@" + n
			}
			return "@" + first(label, ref[1:])
		case strings.HasPrefix(ref, "#"):
			return "#" + first(label, ref[1:])
		case strings.HasPrefix(ref, "!"):
			word, _, _ := strings.Cut(ref[1:], "^")
			return first(label, "@"+word)
		case label == "" || strings.TrimPrefix(ref, "mailto:") == label || strings.TrimPrefix(ref, "tel:") == label:
			return first(label, ref)
		}
		return label + " (" + ref + ")"
	})
	return Clean(unescaper.Replace(s))
}

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
