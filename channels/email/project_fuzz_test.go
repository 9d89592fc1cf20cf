package email

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tierline/internal/spent"
)

// FuzzBoth trims mails with a plain text and HTML.
func FuzzBoth(f *testing.F) {
	f.Add("It works.\n\nJane said\nDid it?", `<div>It works.</div><div class="gmail_quote">Jane said<div>Did it?</div></div>`)
	f.Add("> a\nb\n> c\nd", `<blockquote type=cite>a</blockquote>b<blockquote type=cite>c</blockquote>d`)
	f.Add("a\n\nFrom: b\nTo: c", `a<hr><b>From:</b> b@c.example<br>To: c<div id=appendonsend>x`)
	f.Add("one two three", `<font color=#5f5f5f>From: a@b.example</font><div name=quote>two`)
	f.Fuzz(func(t *testing.T, text, html string) {
		if !utf8.ValidString(text) || !utf8.ValidString(html) {
			return
		}
		v := view{text: text, html: html}
		m := &Mail{}
		if d := spent.Least(func() { m.Text, m.New, m.Folded = v.read() }); d > tooLong() {
			t.Fatalf("%d bytes take %v", len(text)+len(html), d)
		}
		inOrder(t, "both", m.Text, m.New, m.Folded)
		if strings.TrimSpace(m.Text) != "" && m.New == "" {
			t.Fatal("everything is folded")
		}
	})
}
