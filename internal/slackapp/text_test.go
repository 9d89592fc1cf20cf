package slackapp

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscapeLeavesNoMentionAndNoLink(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<!channel> & <@U123>":     "&lt;!channel&gt; &amp; &lt;@U123&gt;",
		"a\x00b\r\nc\rd\u202Eevil": "ab\nc\ndevil",
		"@here and me@here.com":    "@\u200Bhere and me@here.com",
		"bad \xff utf":             "bad \uFFFD utf",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMarkdownBecomesMrkdwn(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"# Title":                             "*Title*",
		"## A **bold** one":                   "*A *bold* one*",
		"**bold** and *it* and __b2__ ~~no~~": "*bold* and _it_ and *b2* ~no~",
		"- one\n* two\n  + three":             "• one\n• two\n  • three",
		"[site](https://x.example/a?b=1&c)":   "<https://x.example/a?b=1&amp;c|site>",
		"[x](javascript:alert)":               "[x](javascript:alert)",
		"`**not**` **yes**":                   "`**not**` *yes*",
		"<!channel> **a**":                    "&lt;!channel&gt; *a*",
		"2 * 3 * 4":                           "2 * 3 * 4",
	} {
		if got := Mrkdwn(in); got != want {
			t.Errorf("Mrkdwn(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPlainNamesPeopleAndWritesLinksOut(t *testing.T) {
	t.Parallel()
	name := func(id string) string { return map[string]string{"U1": "Ada"}[id] }
	in := "hi <@U1> <@U2|bob> <#C1|help> <!here> <!subteam^S1|@ops> <https://a.example|docs> " +
		"<https://b.example> <mailto:x@y.example|x@y.example> 1 &lt; 2 &amp;amp;"
	want := "hi @Ada @bob #help @here @ops docs (https://a.example) https://b.example x@y.example 1 < 2 &amp;"
	if got := Plain(in, name); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSplitBreaksAtLinesAndNeverInAnEntity(t *testing.T) {
	t.Parallel()
	parts := Split(strings.Repeat("line of text\n", 20), 100)
	for _, p := range parts {
		if Units(p) > 100 || !strings.HasSuffix(p, "text") && !strings.HasSuffix(p, "text\n") {
			t.Errorf("part %q", p)
		}
	}
	for n := 10; n < 30; n++ {
		for _, p := range Split(strings.Repeat("x", 5)+strings.Repeat("&amp;", 30), n) {
			if strings.Count(p, "&amp;")*5+strings.Count(p, "x") != len(p) {
				t.Errorf("n=%d: an entity is broken: %q", n, p)
			}
		}
	}
}

func FuzzTextLimits(f *testing.F) {
	for _, s := range []string{"", "a & b", "<!here>", "🙂🙂🙂", strings.Repeat("&", 50), "a\nb c d e f g", "**x** [a](https://b)", "&<&<&<", strings.Repeat("\xad", 3000)} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		if len(s) > 5000 {
			return
		}
		n = 10 + (n&0x7fffffff)%500
		if got := Cut(s, n); Units(got) > n {
			t.Errorf("Cut to %d gives %d", n, Units(got))
		}
		got := EscapeCut(s, n)
		if Units(got) > n || !utf8.ValidString(got) || strings.ContainsAny(got, "<>") {
			t.Errorf("EscapeCut to %d gives %d: %q", n, Units(got), got)
		}
		if strings.TrimSpace(Clean(s)) != "" && n > 20 && strings.TrimSpace(got) == "" {
			t.Errorf("EscapeCut to %d of %q leaves nothing", n, s)
		}
		for _, p := range Split(Escape(s), n) {
			if Units(p) > n || !utf8.ValidString(p) {
				t.Errorf("Split at %d gives %d", n, Units(p))
			}
		}
		if m := Mrkdwn(s); strings.Contains(m, "<!") || strings.Contains(m, "<@") || strings.Contains(m, "<#") {
			t.Errorf("Mrkdwn(%q) = %q mentions somebody", s, m)
		}
	})
}
