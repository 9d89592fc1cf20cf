package markdown

import (
	"strings"
	"testing"
	"time"

	"tierline/internal/spent"
)

func TestNothingThatWasTypedIsLost(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Give us the <serial> number":      "<p>Give us the &lt;serial&gt; number</p>\n",
		"<script>alert(1)</script> **x**":  "<p>&lt;script&gt;alert(1)&lt;/script&gt; **x**</p>\n",
		"<!-- a\nb --> c":                  "<p>&lt;!-- a\nb --&gt; c</p>\n",
		"| a |\n|---|\n| 1 |":              "<td>1</td>",
		"[a](javascript:alert(1))":         `<a href="">a</a>`,
		"<https://x.example>":              `<a href="https://x.example">`,
		"one\ntwo":                         "<p>one\ntwo</p>\n",
		strings.Repeat("a\n", MaxBlock):    `<pre style="white-space:pre-wrap">a`,
		strings.Repeat("*a*\n\n", 20_000):  "<p><em>a</em></p>\n",
		strings.Repeat("*a*\r\n\r\n", 9e3): "<p><em>a</em></p>\n",
	} {
		if got := HTML(in); !strings.Contains(got, want) {
			t.Errorf("%.60q becomes %.200q, which lacks %q", in, got, want)
		}
	}
	if got := HTMLKeepingLines("one\ntwo"); got != "<p>one<br>\ntwo</p>\n" {
		t.Errorf("two lines become %q", got)
	}
}

// What costs the parser most costs no more than a moment, in whole and just below the limit.
func TestHostileTextIsQuick(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"[", "<", "*a_", "![](", "> ", "`", "<a ", "http://a.b/", "- ", "[a](", "|a|\n|-|\n", "&#x;", "www.", "a@b.c "} {
		got := ""
		if took := spent.One(func() {
			got = HTMLKeepingLines(strings.Repeat(s, 1<<20/len(s)))
			HTML(strings.Repeat(s, MaxBlock/len(s)))
		}); took > 10*time.Second { // a moment, under -race
			t.Errorf("%q repeated takes %v", s, took)
		}
		if !strings.HasPrefix(got, "<pre") {
			t.Errorf("%q repeated is not shown as it was typed", s)
		}
	}
}

// FuzzHTML: no tag of the source's own comes out.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<script>x", "<p>x", "<a href=' javascript:x'>", "<svg><style><img src=x onerror=y>", "a\n<!-- b\n\n--> c", "<?x\n\n?>", "```\n<b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{HTML(s), HTMLKeepingLines(s)} {
			low := strings.ToLower(out)
			for _, bad := range []string{"<script", "<iframe", "<svg", "<style", "<link", "<form", "<object", "<!--", "<?"} {
				if strings.Contains(low, bad) {
					t.Fatalf("%q goes out as %q", s, out)
				}
			}
		}
	})
}
