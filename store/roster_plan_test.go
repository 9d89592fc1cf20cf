package store

import (
	"strings"
	"testing"
)

// Pages are counted, and the roster is read, by indexes that hold only what is wanted.
func TestTheRosterReadsNoWholeTable(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := s.db.(*sqlite)
	for q, index := range map[string]string{
		`SELECT doc FROM events WHERE doc LIKE '%"kind":"accept"%' ORDER BY id DESC`: "events_pages",
		"SELECT doc FROM roster_changes WHERE until > $1 ORDER BY until":             "roster_changes_until",
		"SELECT doc FROM roster_feeds WHERE agent=$1 AND revoked = 0 ORDER BY id":    "roster_feeds_agent",
	} {
		if plan := strings.Join(explain(t, d, q), "; "); !strings.Contains(plan, index) {
			t.Errorf("%s\n  in %s", plan, q)
		}
	}
}
