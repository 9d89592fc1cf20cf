package email

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFlow writes a text as format=flowed and reads it again: but for blanks at the ends of lines it is
// as it was, quoted or not.
func FuzzFlow(f *testing.F) {
	for _, s := range []string{"Hello", strings.Repeat("long words ", 20), " a\n  b\n\nFrom c", "```\ncode  \n```", "a\n-- \nb", "| t |", "\t\tx", "~~~\n" + strings.Repeat("x y ", 40)} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, quote bool) {
		text = strings.TrimSpace(text) // as answers are
		if len(text) > 4<<10 || !utf8.ValidString(text) || !quote && (strings.HasPrefix(text, ">") || strings.Contains(text, "\n>")) {
			return
		}
		depth := 0
		if quote {
			depth = 1
		}
		var want []string
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimRight(line, " \t\r"); quote {
				line = "> " + line
			}
			want = append(want, line)
		}
		var b strings.Builder
		flow(&b, text, depth)
		got := unflow(strings.TrimSuffix(b.String(), "\n"), false)
		if got != strings.Join(want, "\n") {
			t.Errorf("%q came back as %q by %q", want, got, b.String())
		}
	})
}
