package e2e

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A lead changes the rules while the gateway runs. A mistake changes nothing and is named with its line; what
// cannot be changed without a restart is named, too.
func TestRulesAreChangedWithoutARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	text, err := os.ReadFile(g.file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(old, new string) {
		changed := bytes.Replace(text, []byte(old), []byte(new), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("%q is not in the configuration", old)
		}
		if err := os.WriteFile(g.file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const rule = "  - {name: everything else,"
	write(rule, "  - {name: smoke, when: 'text contians \"smoke\"', then: {tier: l2}}\n"+rule)
	wait(t, "the mistake to be told", func() bool {
		log := g.log.tail(1 << 20)
		return strings.Contains(log, "has a fault") && strings.Contains(log, "contians") && strings.Contains(log, "tierline.yaml:")
	})
	g.send(clara, "All is well", "There is no smoke", "")
	w.card(l1, "All is well")

	write(rule, "  - {name: smoke, when: 'text contains \"smoke\"', then: {tier: l2}}\n"+rule)
	wait(t, "the change to be in force", func() bool { return strings.Contains(g.log.tail(1<<20), "is in force") })
	g.send(clara, "Something burns", "There is smoke", "")
	w.card(l2, "Something burns")

	write("level: info, ", "level: warn, ")
	if err := g.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	wait(t, "the part that waits to be named", func() bool { return strings.Contains(g.log.tail(1<<20), "parts=log") })
}
