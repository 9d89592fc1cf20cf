package meili

import (
	"testing"

	"tierline/kb"
	"tierline/kb/enginetest"
)

func TestQualityOnServer(t *testing.T) {
	c := real(t)
	enginetest.Quality(t, func(t *testing.T) kb.Engine { return open(t, c) }, 300, enginetest.Floors{
		CovidTop3: .64, BankingTop3: .89, CovidMailTop3: .48, BankingMailTop3: .45,
		CovidFits: .92, BankingFits: .97, CovidMailFits: .75, BankingMailFits: .68})
}
