package email

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/internal/spent"
)

// corpus reads real mails that stand beside the repository.
func corpus(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	root := peers.Corpus(t, folder)
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LICENSE" || strings.HasSuffix(path, ".golden") {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		files[rel] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// nothingLost fails when a word of the readable text is neither in what is new nor in what is folded.
func nothingLost(t testing.TB, name string, m *Mail) {
	t.Helper()
	have := map[string]int{}
	for _, w := range strings.Fields(m.New + "\n" + m.Folded) {
		have[w]++
	}
	for _, w := range strings.Fields(m.Text) {
		if have[w]--; have[w] < 0 {
			t.Errorf("%s: the word %.60q of the text is lost", name, w)
			return
		}
	}
}

func TestCorpora(t *testing.T) {
	for _, folder := range []string{"mime", "bounces"} {
		var parsed, machines int
		for name, raw := range corpus(t, folder) {
			start := time.Now()
			m, err := Parse(raw)
			if d := time.Since(start); d > tooLong() {
				if d = spent.Least(func() { _, _ = Parse(raw) }); d > tooLong() {
					t.Errorf("%s takes %v", name, d)
				}
			}
			if err != nil {
				t.Logf("%s: %v", name, err)
				continue
			}
			parsed++
			nothingLost(t, name, m)
			if m.Verdict.Auto {
				machines++
			} else if folder == "bounces" {
				t.Logf("%s is not taken for a machine's: from %s, %q", name, m.From[0].Address, m.Subject)
			}
			if m.Text == "" && len(m.Attachments) == 0 && len(raw) > 2000 {
				t.Logf("%s: nothing to be seen in %d bytes", name, len(raw))
			}
		}
		peers.Score(t, "mails read: "+folder, parsed, len(corpus(t, folder)), fmt.Sprintf("with nothing lost, %d by machines", machines))
	}
}
