// Package peers starts the real programs that tests talk to: PostgreSQL, Dovecot, Postfix, Chromium.
// Each start takes a free port and a directory of its own and is stopped with the test.
package peers

import (
	"os"
	"testing"
)

// Required is the environment variable that turns a missing peer from a skip into a failure.
const Required = "TIERLINE_REQUIRE_PEERS"

// Missing ends the test because a peer is not there: as a skip that names it, or as a failure where
// skipping is forbidden.
func Missing(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv(Required) != "" {
		t.Fatalf("%s is required (%s is set) and cannot be had: %v", what, Required, err)
	}
	t.Skipf("SKIPPED for want of %s: %v", what, err)
}
