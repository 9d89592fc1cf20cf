//go:build !race

package bleve

import (
	"testing"

	"tierline/kb"
	"tierline/kb/enginetest"
)

// Plain BM25 over whole words reaches .66 and .87 of the top-3 on the same questions.
func TestQuality(t *testing.T) {
	enginetest.Quality(t, func(t *testing.T) kb.Engine { return open(t, "") }, 0, enginetest.Floors{
		CovidTop3: .70, BankingTop3: .915, CovidMailTop3: .67, BankingMailTop3: .78,
		CovidFits: .92, BankingFits: .98, CovidMailFits: .89, BankingMailFits: .89})
}
