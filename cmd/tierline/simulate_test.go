//go:build !race

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// The examples in the docs can be used as they are, and played.
func TestExamplesCanBeUsedAndPlayed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../docs/examples/*.play.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, play := range files {
		t.Run(filepath.Base(play), func(t *testing.T) {
			t.Parallel()
			conf := strings.TrimSuffix(play, ".play.yaml") + ".yaml"
			s := &shell{t: t, config: conf}
			s.do(0, "config", "check", "--config", conf)
			if strings.Contains(s.out, "warning") {
				t.Errorf("an example with doubts:\n%s", s.out)
			}
			s.do(0, "simulate", play, "--config", conf, "--days", "1")
			s.says("new contacts by email", "first_response", "WHO")
			if strings.Contains(s.out, "REFUSED") {
				t.Errorf("people of the example were refused something:\n%s", s.out)
			}
			s.do(0, "simulate", play, "--config", conf, "--with", conf, "--days", "1", "--json")
			if a, b, ok := strings.Cut(strings.TrimSpace(s.out), "\n"); !ok || a != b {
				t.Errorf("the same configuration came out otherwise:\n%s", s.out)
			}
		})
	}
}
