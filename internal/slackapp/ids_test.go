package slackapp

import (
	"strings"
	"testing"
	"testing/quick"
)

// TestJoinedIDsSplitAgain: what is joined comes apart as it was, and bare ids stay bare.
func TestJoinedIDsSplitAgain(t *testing.T) {
	t.Parallel()
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	word := func(begin string, seed []byte) string {
		b := []byte{begin[int(first1(seed))%len(begin)]}
		for _, c := range seed {
			b = append(b, letters[int(c)%len(letters)])
		}
		return string(append(b, '1'))
	}
	again := func(k, i []byte) bool {
		key, bare := word("TE", k), word("CDGUWVF", i)
		gotKey, gotBare := SplitID(JoinID(key, bare))
		homeKey, homeBare := SplitID(JoinID("", bare))
		channel, ts, ok := SplitPlace(Place(JoinID(key, bare), "1700000000.000100"))
		return gotKey == key && gotBare == bare && homeKey == "" && homeBare == bare && Bare(JoinID(key, bare)) == bare &&
			ok && channel == JoinID(key, bare) && ts == "1700000000.000100"
	}
	if err := quick.Check(again, nil); err != nil {
		t.Error(err)
	}
}

func first1(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func FuzzIDs(f *testing.F) {
	for _, s := range []string{"", "C042", "T0BETA/C042", "E0ORG/W17", "C123/1700000000.000100", "T0BETA/C042/1700000000.000100", "acme/#repairs", "/C1", "T/C1", "T1/",
		"hi <@U17>", "<@T0BETA/U17|anna> and <#C9|repairs>", "<@U17", "<!here>", "&lt;@U17&gt;", "13345.738.8088930838d88f008e0", "<@<@U1>>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, bare := SplitID(s)
		if JoinID(key, bare) != s {
			t.Errorf("%q came apart as %q and %q", s, key, bare)
		}
		if key != "" && !isKey(key) {
			t.Errorf("%q is no key", key)
		}
		none := func(string) string { return "" }
		if joinMentions("", s) != s {
			t.Error("texts of the home are others")
		}
		if strings.Contains(s, "/") || strings.Contains(s, "|") {
			return // it may have mentions that are joined already, or labels that end one
		}
		if got := splitMentions("T0BETA", joinMentions("T0BETA", s), none); got != s {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestMentionsOfOthersBecomeNames(t *testing.T) {
	t.Parallel()
	names := func(id string) string { return map[string]string{"U1": "Anna", "T0BETA/U17": "Bo <b>"}[id] }
	for _, c := range []struct{ key, in, want string }{
		{"", "hi <@U1>", "hi <@U1>"},
		{"", "hi <@T0BETA/U17>", "hi @Bo &lt;b&gt;"},
		{"T0BETA", "hi <@T0BETA/U17>", "hi <@U17>"},
		{"T0BETA", "hi <@U1>", "hi @Anna"},
		{"T0BETA", "hi <@U2>", "hi @somebody"},
		{"T0BETA", "in <#C1|repairs>", "in #repairs"},
		{"T0BETA", "in <#T0BETA/C1>", "in <#C1>"},
		{"T0BETA", "<!here> <https://x.example|x>", "<!here> <https://x.example|x>"},
	} {
		if got := splitMentions(c.key, c.in, names); got != c.want {
			t.Errorf("%q in %q became %q, want %q", c.in, c.key, got, c.want)
		}
	}
}
