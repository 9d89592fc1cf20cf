package kb

import (
	"context"
	"math"
	"slices"
	"strings"
)

// How much a circumstance moves a hit's score. Calibrated by TestQuality and TestFits.
const (
	otherLanguage = 0.75 // factor when the article is not in the question's language
	sameModel     = 1.15 // factor when the article is about a model that the question is about
	otherModel    = 0.80 // factor when it is about other models only
	evenShare     = 0.25 // share of the question found at which that is as likely as not
	steepness     = 14   // how fast it gets likelier or less likely from there
	moreHits      = 2    // candidates fetched for each hit wanted, as the order changes
	leastHits     = 20
	maxWhy        = 6 // words named
)

// FitsAt is the score from which a hit is likely to answer.
const FitsAt = 0.5

type suggester struct{ engine Engine }

// NewSuggester answers questions from an engine. It is the one place where what an engine found
// becomes an answer: preferences, reasons, and whether anything fits.
func NewSuggester(e Engine) Suggester { return suggester{e} }

// Suggest fails with what the engine fails with. An empty question has an empty answer.
func (s suggester) Suggest(ctx context.Context, q Question) (Answer, error) {
	if q.Limit <= 0 {
		q.Limit = 10
	}
	if q.Language == "" {
		q.Language = GuessLanguage(q.Text)
	}
	wide := q
	wide.Text = withoutSignature(q.Text)
	wide.Limit = max(leastHits, moreHits*q.Limit)
	hits, err := s.engine.Search(ctx, wide)
	if err != nil {
		return Answer{}, err
	}
	for i := range hits {
		prefer(&hits[i], q)
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	if len(hits) > q.Limit {
		hits = hits[:q.Limit]
	}
	return Answer{Fits: len(hits) > 0 && hits[0].Score >= FitsAt, Hits: hits}, nil
}

// prefer moves a hit's score by what is known beside the words, and says why it was found.
func prefer(h *Hit, q Question) {
	if q.Language != "" && h.Language != "" && h.Language != q.Language {
		h.Score *= otherLanguage
	}
	var why []string
	title := map[string]bool{}
	for _, t := range Tokens(h.Title) {
		title[t.Text] = true
		for _, p := range t.Parts {
			title[p] = true
		}
	}
	var inTitle, inText []string
	for _, w := range h.Words {
		if title[strings.ReplaceAll(Fold(w), "-", "")] {
			inTitle = append(inTitle, w)
		} else {
			inText = append(inText, w)
		}
	}
	if len(inTitle) > 0 {
		why = append(why, "title: "+strings.Join(inTitle[:min(maxWhy, len(inTitle))], ", "))
	}
	if len(inText) > 0 {
		why = append(why, "words: "+strings.Join(inText[:min(maxWhy, len(inText))], ", "))
	}
	if model := commonModel(h.Models, q.Models); model != "" {
		h.Score *= sameModel
		why = append(why, "model "+model)
	} else if len(h.Models) > 0 && len(q.Models) > 0 {
		h.Score *= otherModel
	}
	if h.Internal {
		why = append(why, "internal")
	}
	h.Score = 1 / (1 + math.Exp(-steepness*(h.Score-evenShare)))
	h.Why = why
}

// closings begin the line behind which a mail has no question any more, folded.
var closings = []string{"kind regards", "best regards", "warm regards", "regards", "many thanks and regards", "yours sincerely",
	"sincerely", "yours faithfully", "cheers", "mit freundlichen gru", "freundliche gru", "viele gru", "beste gru", "liebe gru",
	"schone gru", "herzliche gru", "mfg", "cordialement", "bien cordialement", "bien a vous", "sinceres salutations",
	"meilleures salutations", "salutations", "sent from my", "gesendet von", "von meinem", "envoye de mon", "-- "}

// minQuestion is how much has to stand before a closing, in bytes.
const minQuestion = 20

// withoutSignature cuts a mail off behind its closing line.
func withoutSignature(text string) string {
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		if at >= minQuestion && len(line) <= 80 {
			folded := Fold(strings.TrimLeft(line, " \t>"))
			if slices.ContainsFunc(closings, func(c string) bool { return strings.HasPrefix(folded, c) }) {
				return text[:at]
			}
		}
		at += len(line) + 1
	}
	return text
}

func commonModel(a, b []string) string {
	for _, m := range a {
		if slices.ContainsFunc(b, func(n string) bool { return strings.EqualFold(m, n) }) {
			return m
		}
	}
	return ""
}
