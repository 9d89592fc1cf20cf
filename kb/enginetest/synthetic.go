package enginetest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"tierline/kb"
)

// Synthetic makes n articles, always the same ones: words of a made-up language with the frequencies
// of a real one (Zipf), 120 to 400 words a body, en, de and fr in turn.
func Synthetic(n int) []kb.Article {
	r := rand.New(rand.NewPCG(1, 2))
	words := vocabulary(r, 60_000)
	zipf := rand.NewZipf(r, 1.1, 8, uint64(len(words)-1))
	text := func(n int) string {
		var b strings.Builder
		for i := range n {
			if b.WriteString(words[zipf.Uint64()]); i%12 == 11 {
				b.WriteString(".\n")
			} else {
				b.WriteByte(' ')
			}
		}
		return b.String()
	}
	articles := make([]kb.Article, n)
	for i := range articles {
		articles[i] = kb.Article{ID: fmt.Sprintf("a%06d", i), Title: text(4 + r.IntN(6)), Body: text(120+r.IntN(280)) + fmt.Sprintf("E-%04d", i),
			Language: []string{"en", "de", "fr"}[i%3], Audience: []kb.Audience{kb.External, kb.Internal}[i%10/9], Confidence: kb.Validated}
	}
	return articles
}

// SyntheticQuestions makes questions of so many words about articles of [Synthetic]: half of the
// words are of an article's title, half are any.
func SyntheticQuestions(articles []kb.Article, n, words int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	questions := make([]string, n)
	for i := range questions {
		about, other := articles[r.IntN(len(articles))], articles[r.IntN(len(articles))]
		title, body := strings.Fields(about.Title), strings.Fields(other.Body)
		var q []string
		for range words {
			if r.IntN(2) == 0 {
				q = append(q, title[r.IntN(len(title))])
			} else {
				q = append(q, body[r.IntN(len(body))])
			}
		}
		questions[i] = strings.Join(q, " ")
	}
	return questions
}

func vocabulary(r *rand.Rand, n int) []string {
	syllables := strings.Fields("ba ke lo mi nu ra se ti vo wa der gen ist lau mer pol ron sal tur ver zen bri clo dra fle gro kla pra sti tre")
	seen := map[string]bool{}
	var words []string
	for len(words) < n {
		var b strings.Builder
		for range 1 + r.IntN(2) + r.IntN(2) + r.IntN(2) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		if w := b.String(); !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}
