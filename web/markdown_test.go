package web

import (
	"html/template"
	"strings"
	"testing"
	"time"

	"tierline/internal/spent"
	"tierline/kb"
)

func TestMarkdownLosesNoTextAndRunsNothing(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Give us the <serial> number":                "Give us the &lt;serial&gt; number",
		"<script>alert(1)</script> **x**":            "<p>&lt;script&gt;alert(1)&lt;/script&gt; **x**",
		"<!-- a\nb --> c":                            "&lt;!-- a",
		"| a | b |\n|---|---|\n| 1 | 2 |":            "<td>2</td>",
		"[a](https://x.example/?a=1&b=2)":            `rel="nofollow noreferrer noopener"`,
		"![pixel](https://evil.example/p.png) after": "after",
		"# Head":              "<h1>Head</h1>",
		"<https://x.example>": `href="https://x.example"`,
	} {
		got := string(rendered(in))
		if !strings.Contains(got, want) || strings.Contains(got, "<script") || strings.Contains(got, "<img") {
			t.Errorf("%q becomes %q, which lacks %q", in, got, want)
		}
	}
	for _, in := range []string{"[a](javascript:alert(1))", "[a](data:text/html,x)", "[a](//evil.example)", "[a](/console/logout)", "[a](vbscript:x)"} {
		if got := string(rendered(in)); strings.Contains(got, "href") {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

// FuzzRendered: whatever comes in, nothing that loads or runs goes out.
func FuzzRendered(f *testing.F) {
	for _, s := range []string{hostile, "<p>x", "<a href=' javascript:x'>", "<svg><style><img src=x onerror=y>", "<math><mtext></table><img>",
		"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<template><script>", "\x00<scr\x00ipt>", "<!--><img src=x>-->", "<b\n\tonclick=x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{string(rendered(s))} {
			low := strings.ToLower(out)
			for _, bad := range []string{"<script", "<img", "<iframe", "<svg", "<style", "<link", "<form", "<input", "<object", "<embed", "<base", "<meta", "<video", "<math"} {
				if strings.Contains(low, bad) {
					t.Fatalf("%q goes out as %q", s, out)
				}
			}
			for _, tag := range strings.Split(out, "<")[1:] {
				tag, _, _ = strings.Cut(tag, ">")
				if strings.Contains(strings.ToLower(tag), "href=\"javascript:") || strings.Contains(tag, " on") && strings.Contains(tag, " onclick=") ||
					strings.Contains(tag, " style=\"") || strings.Contains(tag, " src=\"") {
					t.Fatalf("%q goes out as %q", s, out)
				}
			}
		}
	})
}

// What costs a parser most costs a page no more than a moment.
func TestHostileMarkdownIsQuick(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"[", "<", "*a_", "![](", "> ", "`", "<a ", "http://a.b/", "- ", "[a](", "|a|\n|-|\n", "&#x;", "www.", "a@b.c "} {
		var got template.HTML
		if took := spent.One(func() { got = rendered(strings.Repeat(s, kb.MaxBody/len(s))) }); took > 10*time.Second { // a moment, under -race
			t.Errorf("%q repeated takes %v", s, took)
		}
		if !strings.Contains(string(got), "pre>") {
			t.Errorf("%q repeated is not shown as text", s)
		}
	}
}
