// Package peers starts the real programs that tests talk to: PostgreSQL, Dovecot, Postfix, Chromium.
// Each start takes a free port and a directory of its own and is stopped with the test.
package peers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Required is the environment variable that turns a missing peer from a skip into a failure.
const Required = "TIERLINE_REQUIRE_PEERS"

// Skips is the environment variable that names a file to which every skip is added, so that whoever
// runs the suite is told what it left out.
const Skips = "TIERLINE_SKIPS"

// Scores is the environment variable that names a file to which scores are added.
const Scores = "TIERLINE_SCORES"

// Missing ends the test because a peer is not there: as a skip that names it, or as a failure where
// skipping is forbidden.
func Missing(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv(Required) != "" {
		t.Fatalf("%s is required (%s is set) and cannot be had: %v", what, Required, err)
	}
	Skip(t, what)
}

// Skip ends the test for want of something that may be missing, and writes that down.
func Skip(t testing.TB, what string) {
	t.Helper()
	write(t, Skips, fmt.Sprintf("%s: for want of %s\n", t.Name(), what))
	t.Skipf("SKIPPED for want of %s", what)
}

// Score tells how much of a corpus came out as wanted, in one line.
func Score(t testing.TB, what string, good, all int, of string) {
	t.Helper()
	line := fmt.Sprintf("%-44s %6d of %-6d %s", what, good, all, of)
	write(t, Scores, line+"\n")
	t.Log(line)
}

// write adds a line to the file that an environment variable names. One write is one line, whoever else
// writes.
func write(t testing.TB, variable, line string) {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(line)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// Corpus is a folder of real files beside the checkout (../shared/corpora/NAME), which are no part of
// the project. Where it is missing the test is skipped.
func Corpus(t testing.TB, name string) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(here), "../../../shared/corpora", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		Skip(t, "the corpus "+name)
	}
	return path
}
