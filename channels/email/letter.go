package email

import (
	"fmt"
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"tierline/channels"
	"tierline/customer"
	"tierline/internal/markdown"
	"tierline/ticket"
)

// Limits of what is quoted below an answer, and the width of its plain part.
const (
	maxQuote      = 8 << 10 // bytes
	maxQuoteLines = 80
	lineWidth     = 72 // characters; RFC 3676 §4.2 has 78 with what comes before them
)

// body is what an answer says, before it is written as text and as HTML.
type body struct {
	text, language string
	foot           string // signature, and how to answer
	wrote, quote   string // who wrote when, and what; "" quotes nothing
}

func (s *sender) body(out ticket.Outbound) body {
	words := phrasesIn(out.Ticket.Language, s.conf.Language)
	b := body{text: strings.TrimSpace(out.Message.Text), language: out.Ticket.Language,
		foot: words.Case + " " + out.Ticket.ID.String() + " – " + words.Keep}
	if sig := out.Brand.SignatureIn(out.Ticket.Language); sig != "" {
		b.foot = sig + "\n" + b.foot
	}
	if q := answered(out); q != nil {
		zone, err := time.LoadLocation(out.Brand.Hours.Zone)
		if err != nil {
			zone = time.UTC
		}
		b.wrote = wrote(out.Ticket.Language, s.conf.Language, q.At.In(zone), orElse(strings.TrimSpace(q.From.Name), q.From.Value))
		b.quote = excerpt(q.Text)
	}
	return b
}

// answered is the message that an answer quotes: the last one of a customer, when everybody whom the
// answer goes to wrote it or was in copy of it. Nobody reads here what was not meant for them. An
// automatic answer quotes nothing, so that nobody can have us send a text of theirs to others.
func answered(out ticket.Outbound) *ticket.Message {
	if automatic(out.Message) {
		return nil
	}
	var last *ticket.Message
	for i := range out.Previous {
		p := &out.Previous[i]
		if p.Kind == ticket.Public && p.Direction == ticket.In && !p.Auto && p.MovedTo.IsZero() && p.Seq < out.Message.Seq {
			last = p
		}
	}
	if last == nil || last.Channel != "" && last.Channel != channels.Email || last.ForwardedBy != (ticket.Actor{}) || strings.TrimSpace(last.Text) == "" {
		return nil
	}
	seen := map[string]bool{last.From.Key(): true}
	for _, list := range [][]customer.Identity{last.ReplyTo, last.With} {
		for _, i := range list {
			seen[i.Key()] = true
		}
	}
	to, cc := recipients(out)
	for _, list := range [][]customer.Identity{to, cc} {
		for _, i := range list {
			if !seen[i.Key()] {
				return nil
			}
		}
	}
	return last
}

// excerpt is the beginning of a text that is quoted, with a mark where it was cut.
func excerpt(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	cut := false
	if len(text) > maxQuote {
		end := maxQuote
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text, cut = text[:end], true
	}
	if lines := strings.SplitN(text, "\n", maxQuoteLines+1); len(lines) > maxQuoteLines {
		text, cut = strings.Join(lines[:maxQuoteLines], "\n"), true
	}
	if cut {
		text = strings.TrimSpace(text) + "\n[…]"
	}
	return text
}

var monthsIn = map[string][]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

// wrote says who wrote when, in the form that mail programs use and recognise.
func wrote(language, fallback string, at time.Time, who string) string {
	for _, l := range []string{language, fallback, "en"} {
		primary, _, _ := strings.Cut(strings.ToLower(l), "-")
		if monthsIn[primary] == nil {
			continue
		}
		day := fmt.Sprintf("%d %s %d", at.Day(), monthsIn[primary][at.Month()-1], at.Year())
		clock := at.Format("15:04")
		switch primary {
		case "de":
			return fmt.Sprintf("Am %s um %s schrieb %s:", strings.Replace(day, " ", ". ", 1), clock, who)
		case "fr":
			return fmt.Sprintf("Le %s à %s, %s a écrit\u00a0:", day, clock, who)
		}
		return fmt.Sprintf("On %s at %s, %s wrote:", day, clock, who)
	}
	return ""
}

// plain is the text part, as format=flowed.
func (b body) plain() string {
	var w strings.Builder
	flow(&w, b.text, 0)
	w.WriteString("\n-- \n")
	flow(&w, b.foot, 0)
	if b.quote != "" {
		w.WriteString("\n")
		flow(&w, b.wrote, 0)
		flow(&w, b.quote, 1)
	}
	return w.String()
}

// flow writes text as format=flowed (RFC 3676): a line that ends with a blank goes on in the next. Code,
// tables and what has no blanks keep their lines.
func flow(w *strings.Builder, text string, depth int) {
	code := false
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		marks := strings.Repeat(">", depth)
		if depth == 0 && strings.HasPrefix(line, ">") { // a quotation of the writer's own
			rest := strings.TrimLeft(line, "> ")
			marks, line = strings.Repeat(">", min(strings.Count(line[:len(line)-len(rest)], ">"), 20)), rest
		}
		fence := strings.HasPrefix(strings.TrimSpace(line), "```") || strings.HasPrefix(strings.TrimSpace(line), "~~~")
		fixed := code || fence || strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "|")
		code = code != fence
		for first := true; first || line != ""; first = false {
			part := line
			if !fixed {
				part = line[:softBreak(line)]
			}
			line = line[len(part):]
			w.WriteString(marks)
			if marks != "" && part != "" || strings.HasPrefix(part, " ") || strings.HasPrefix(part, ">") || strings.HasPrefix(part, "From ") {
				w.WriteByte(' ') // stuffing, which is taken off again
			}
			w.WriteString(part + "\n")
		}
	}
}

// softBreak is the number of bytes of line that go on one line of mail, with the blank at their end.
func softBreak(line string) int {
	width, at := 0, 0
	for i, r := range line {
		if width++; r == ' ' && i+1 < len(line) && line[i+1] != ' ' && line[i+1] != '>' {
			if width > lineWidth && at > 0 {
				return at
			}
			at = i + 1
		}
	}
	if width > lineWidth && at > 0 {
		return at
	}
	return len(line)
}

// letterStyle is for what Markdown makes; a reader that drops it shows all the same.
const letterStyle = "<style>table{border-collapse:collapse;max-width:100%}td,th{border:1px solid #ccc;padding:3px 8px;text-align:left}" +
	"pre{background:#f5f5f5;padding:8px;overflow:auto}</style>"

// html is the HTML part. What looks like HTML in the text ("press <Enter>") is shown as it was written,
// and links to anything dangerous are not made. What is quoted is shown as text.
func (b body) html() string {
	var w strings.Builder
	lang := ""
	if b.language != "" {
		lang = ` lang="` + html.EscapeString(b.language) + `"`
	}
	lines := func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n") }
	fmt.Fprintf(&w, "<!DOCTYPE html>\n<html%s><head><meta charset=\"utf-8\">%s</head><body style=\"font-family:sans-serif;font-size:14px;line-height:1.5;overflow-wrap:break-word\">\n", lang, letterStyle)
	fmt.Fprintf(&w, "<div dir=\"auto\">%s</div>\n<p style=\"color:#666;font-size:12px\">%s</p>\n", markdown.HTMLKeepingLines(b.text), lines(b.foot))
	if b.quote != "" {
		fmt.Fprintf(&w, "<div class=\"gmail_quote\"><p>%s</p>\n<blockquote type=\"cite\" dir=\"auto\" style=\"margin:0 0 0 6px;padding:0 0 0 12px;border-left:2px solid #ccc;color:#555\">%s</blockquote></div>\n",
			lines(b.wrote), lines(b.quote))
	}
	w.WriteString("</body></html>\n")
	return w.String()
}

// automatic says whether a person has written an answer.
func automatic(m ticket.Message) bool {
	return m.Auto || m.Author.Kind == ticket.BySystem || m.Author.Kind == ticket.ByRule
}
