package lint

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestTimesFigures counts both ways in which a labelled sentence is taken wrongly: asked about though it names no time
// of ours, and let through though it does. The figures stand in the guide for agents.
func TestTimesFigures(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/times.txt")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC) // a Tuesday
	type figure struct{ named, missed, plain, asked int }
	figures, part := map[string]*figure{}, "seen"
	for _, line := range strings.Split(string(raw), "\n") {
		if strings.HasPrefix(line, "# held out") {
			part = "held out"
		}
		if line == "" || line[0] == '#' {
			continue
		}
		label, text := line[3], line[5:]
		f := figures[part]
		if f == nil {
			f = &figure{}
			figures[part] = f
		}
		found := len(Times(text, now)) > 0
		switch {
		case label == '+' && !found:
			f.missed++
			t.Logf("%s: let through: %s", part, line)
		case label == '-' && found:
			f.asked++
			t.Logf("%s: asked: %s %+v", part, line, Times(text, now))
		}
		if label == '+' {
			f.named++
		} else {
			f.plain++
		}
	}
	for part, f := range figures {
		t.Logf("%s: %d of %d let through, %d of %d asked", part, f.missed, f.named, f.asked, f.plain)
		if most := map[string]figure{"seen": {70, 3, 70, 0}, "held out": {21, 9, 21, 4}}[part]; f.missed > most.missed || f.asked > most.asked || f.named < most.named || f.plain < most.plain {
			t.Errorf("%s: %+v is worse than %+v", part, *f, most)
		}
	}
}
