package ticket

import (
	"slices"
	"strings"
)

// What an agent says of a suggested article. The newest counts, and stands in the ticket's events: the share of cases with an
// article used, and of cases for which there was none, is counted from them (KCS v6: link rate, and reuse as demand).
const (
	ArticleUsed    = "used"         // it has helped: it is linked to the case
	ArticleNot     = "not_relevant" // it is about something else
	ArticleFlagged = "flagged"      // it needs mending: those who edit articles are told, with Reason
	ArticleUnsaid  = "clear"        // nothing after all
	ArticleNone    = "none"         // without an Article: none that is known answers the case
)

// Verdicts are those that an article can have.
var Verdicts = []string{ArticleUsed, ArticleNot, ArticleFlagged}

var verdictCounts = map[string]OutcomeKind{ArticleUsed: OutcomeUsed, ArticleFlagged: OutcomeFlagged}

// verdict notes what an agent thinks of a suggestion, or that there is none that fits.
func (c *change) verdict() error {
	said := c.a.Verdict
	if said != ArticleNone && said != ArticleUnsaid && !slices.Contains(Verdicts, said) {
		return invalid("%.20q is no verdict: used, not_relevant, flagged, clear or none.", said)
	}
	i := slices.IndexFunc(c.t.Suggestions, func(s Suggestion) bool { return s.Article == c.a.Article })
	switch {
	case c.a.Article == "" && said == ArticleNone:
		if c.t.Fits && c.t.NoArticle == "" { // else it was counted when it came in
			c.count(OutcomeGap, 0, c.t.Subject)
		}
		c.t.NoArticle = c.a.By.Name
	case c.a.Article == "" && said == ArticleUnsaid:
		c.t.NoArticle = ""
	case i < 0 || said == ArticleNone:
		return invalid("That article is not among the suggestions.")
	default:
		s := &c.t.Suggestions[i]
		if said == ArticleUnsaid {
			s.Verdict, s.By = "", ""
		} else {
			if kind, ok := verdictCounts[said]; ok && s.Verdict != said {
				c.count(kind, 0, c.a.Article)
			}
			s.Verdict, s.By = said, c.a.By.Name
		}
		if said == ArticleUsed {
			c.t.NoArticle = "" // there is one
		}
		if said == ArticleFlagged {
			text := c.a.By.Name + " has flagged the article “" + s.Title + "” (" + s.Article + ")"
			if why := cut(strings.TrimSpace(c.a.Reason), MaxReason); why != "" {
				text += ": " + why
			}
			c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Editor: true, Text: text}, c.now))
		}
	}
	c.say("article", c.a.Article)
	c.say("verdict", said)
	return nil
}
