package meili

import (
	"testing"

	"tierline/kb"
	"tierline/kb/enginetest"
)

func TestQualityOnServer(t *testing.T) {
	c := real(t)
	enginetest.Quality(t, func(t *testing.T) kb.Engine { return open(t, c) }, 300, enginetest.Floors{})
}
