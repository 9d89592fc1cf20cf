// Package imports holds the rule of the house: which way imports run.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// may says what each room may import of ours, besides itself. A room is the longest entry that a
// package's path begins with. Tests may import more: they drive rooms together.
var may = map[string][]string{
	"customer":      {},
	"ticket":        {"customer"},
	"config/check":  {},
	"config/secret": {},

	"channels":             {"ticket", "customer", "config/check"},
	"channels/channeltest": {"channels", "ticket", "customer", "config/secret"},
	"channels/email":       {"channels", "ticket", "customer", "config/check", "config/secret", "internal/lookalike", "internal/markdown", "internal/sanitise"},
	"channels/chat":        {"channels", "ticket", "customer", "config/check", "config/secret"},
	"channels/phone":       {"channels", "ticket", "customer", "config/check", "config/secret"},
	"channels/slack":       {"channels", "ticket", "customer", "config/check", "config/secret", "internal/slackapp"},

	"kb":            {"ticket", "customer", "config/check"},
	"kb/bleve":      {"kb", "ticket", "customer", "config/check"},
	"kb/meili":      {"kb", "ticket", "customer", "config/check", "config/secret"},
	"kb/samples":    {},
	"kb/enginetest": {"kb", "ticket", "internal/peers"},

	"bots":       {"ticket", "customer"},
	"bots/slack": {"bots", "ticket", "customer", "config/check", "config/secret", "internal/slackapp"},

	"router/oncall": {"config/check"},
	"router/pager":  {"ticket", "config/check", "config/secret", "internal/images"},
	"router":        {"router/oncall", "router/pager", "channels", "kb", "bots", "ticket", "customer", "config/check"},

	"store":           {"ticket", "customer", "kb", "config/check", "config/secret", "internal/lookalike"},
	"store/blobs":     {"ticket", "config/check"},
	"store/storetest": {"ticket", "customer", "kb"},

	"web": {"ticket", "customer", "channels", "kb", "bots", "router", "router/oncall", "router/pager", "config/check", "config/secret", "internal/markdown", "internal/sanitise", "internal/images"},

	"internal/markdown":     {},
	"internal/peers":        {},
	"internal/slackinstall": {"ticket", "internal/slackapp", "config/secret"},
	"internal/slackapp":     {"ticket", "customer", "config/check", "config/secret"},
	"internal/slacksim":     {"internal/slacksim/ui"},
	"internal/demoworld":    {},
	"internal/sanitise":     {},
	"internal/images":       {},
	"internal/lookalike":    {},
	"internal/spent":        {},
	"internal/simulation":   {"router", "channels", "kb", "bots", "ticket", "customer", "config/check"},

	"config": {"*"}, // it composes every Config
	"cmd":    {"*"}, // the only one that wires
	"e2e":    {"*"},
	"bench":  {"*"},
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	root := "../.."
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		seen++
		checkFile(t, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Fatalf("only %d files were looked at", seen)
	}
}

func checkFile(t *testing.T, rel string) {
	t.Helper()
	src, err := os.ReadFile("../../" + rel)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), rel, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.ToSlash(filepath.Dir(rel))
	room := roomOf(dir)
	if room == "" {
		t.Errorf("%s: this folder is no room of the house: give it a line in this test and in docs/ARCHITECTURE.md", rel)
		return
	}
	for _, imp := range f.Imports {
		target, ours := strings.CutPrefix(strings.Trim(imp.Path.Value, `"`), "tierline/")
		if !ours {
			if room == "customer" || room == "ticket" {
				if first, _, _ := strings.Cut(strings.Trim(imp.Path.Value, `"`), "/"); strings.Contains(first, ".") {
					t.Errorf("%s: %s may import the standard library only, not %s", rel, room, imp.Path.Value)
				}
			}
			continue
		}
		to := roomOf(target)
		if to == room || slices.Contains(may[room], to) || slices.Contains(may[room], "*") && to != "cmd" {
			continue
		}
		t.Errorf("%s: %s may not import %s", rel, room, target)
	}
}

func roomOf(dir string) string {
	best := ""
	for room := range may {
		if (dir == room || strings.HasPrefix(dir, room+"/")) && len(room) > len(best) {
			best = room
		}
	}
	return best
}
