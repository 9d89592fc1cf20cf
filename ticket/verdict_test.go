package ticket

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatIsSaidOfArticlesCounts(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	tk.Suggestions = []Suggestion{{Article: "a", Title: "Reset"}, {Article: "b", Title: "Swap"}}
	say := func(article, what, why string) Effects {
		t.Helper()
		return apply(t, &tk, Action{Kind: ActVerdict, By: anna, Article: article, Verdict: what, Reason: why})
	}
	say("", ArticleNone, "")
	if tk.NoArticle != anna.Name {
		t.Errorf("nothing fits, says %q", tk.NoArticle)
	}
	say("a", ArticleUsed, "")
	if s := tk.Suggestions[0]; s.Verdict != ArticleUsed || s.By != anna.Name || tk.NoArticle != "" {
		t.Errorf("used: %+v, none fits says %q", s, tk.NoArticle)
	}
	fx := say("b", ArticleFlagged, "step 3 is wrong")
	i := slices.IndexFunc(fx.Jobs, func(j Job) bool { return j.Kind == JobTell })
	if i < 0 || !strings.Contains(string(fx.Jobs[i].Payload), "step 3 is wrong") || !strings.Contains(string(fx.Jobs[i].Payload), `"editor":true`) {
		t.Errorf("nobody is told of the flag: %+v", fx.Jobs)
	}
	say("a", ArticleUnsaid, "")
	if s := tk.Suggestions[0]; s.Verdict != "" || s.By != "" {
		t.Errorf("taken back: %+v", s)
	}
	refused(t, tk, Action{Kind: ActVerdict, By: anna, Article: "a", Verdict: ArticleNone}, Invalid)
	refused(t, tk, Action{Kind: ActVerdict, By: anna, Article: "x", Verdict: ArticleUsed}, Invalid)
	refused(t, tk, Action{Kind: ActVerdict, By: anna, Article: "", Verdict: ArticleUsed}, Invalid)
	refused(t, tk, Action{Kind: ActVerdict, By: anna, Article: "a", Verdict: "great"}, Invalid)
}
