package email

import (
	"fmt"
	"strings"
	"time"
)

// String is the explanation step by step, for people.
func (e Explained) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s #%d: %s (%s) %s\n", oneLine(e.File), e.Index, strings.ToUpper(string(e.Outcome)), e.Reason, oneLine(e.Detail))
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-12s %s\n", name, cutRunes(oneLine(fmt.Sprintf(format, args...)), 300))
	}
	if e.Kind != "" {
		line("kind", "%s", e.Kind)
	}
	if e.From != nil {
		line("from", "%s <%s>", e.From.Name, e.From.Address)
	}
	for _, l := range []struct {
		name string
		list []Address
	}{{"to", e.To}, {"cc", e.Cc}, {"answers to", e.ReplyTo}} {
		for _, a := range l.list {
			line(l.name, "%s <%s>", a.Name, a.Address)
		}
	}
	if e.Subject != "" {
		line("subject", "%s", e.Subject)
	}
	if e.Date != nil {
		line("written", "%s", e.Date.Format(time.RFC3339))
	}
	if e.MessageID != "" {
		line("id", "%s", e.MessageID)
	}
	if e.Language != "" {
		line("language", "%s", e.Language)
	}
	for _, f := range []struct {
		name   string
		values []string
	}{{"units", e.Units}, {"phones", e.Phones}, {"orders", e.Orders}} {
		if len(f.values) > 0 {
			line(f.name, "%s", strings.Join(f.values, ", "))
		}
	}
	if e.Text != "" {
		line("text", "%d bytes: %d are new, %d are folded away", len(e.Text), len(e.New), len(e.Folded))
	}
	for _, l := range strings.Split(strings.TrimSpace(cutRunes(e.New, 600)), "\n") {
		if strings.TrimSpace(l) != "" {
			line("  |", "%s", l)
		}
	}
	for _, a := range e.Attachments {
		line("attachment", "%s (%s, %d bytes)", a.Name, a.Type, a.Size)
	}
	if e.Match != nil {
		for _, r := range e.Match.Reasons {
			line("thread", "%s", r)
		}
	}
	if e.AutoAnswer != nil && !e.AutoAnswer.Allowed {
		line("auto-answer", "none: %s", orElse(e.AutoAnswer.Why, "it is a machine's"))
	} else if e.AutoAnswer != nil && e.AutoAnswer.Why != "" {
		line("auto-answer", "nothing speaks against it, but: %s", e.AutoAnswer.Why)
	}
	if a := e.Auth; a != nil {
		line("from whom", "dkim %s, spf %s, dmarc %s", orElse(a.DKIM, "–"), orElse(a.SPF, "–"), orElse(a.DMARC, "–"))
	}
	if b := e.Bounce; b != nil {
		line("bounce", "%s, hard: %t, to %s: %s", b.Status, b.Hard, strings.Join(b.Recipients, ", "), b.Diagnostic)
	}
	for _, w := range e.Warnings {
		line("warning", "%s", w)
	}
	line("took", "%.1f ms", e.MS)
	return b.String()
}

// oneLine keeps what a stranger wrote on its line, and terminals safe from it.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return ' '
		}
		return c
	}, s))
}
