//go:build !race

package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// table is what is printed.
type table struct{ rows []row }

type row struct {
	name, unit, aim string
	runs            []float64
	note            string // in place of figures
}

// add adds a line: the median of the runs, with the least and the most of them.
func (t *table) add(name, unit, aim string, runs []float64) {
	t.rows = append(t.rows, row{name: name, unit: unit, aim: aim, runs: runs})
}

// leaveOut adds a line for what cannot be measured here.
func (t *table) leaveOut(name, why string) { t.rows = append(t.rows, row{name: name, note: why}) }

func (t *table) print(w io.Writer, took time.Duration) error {
	fmt.Fprintf(w, "%s/%s, %d cores, %s, %s, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), memory(), runtime.Version(),
		time.Now().UTC().Format(time.DateOnly))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "FIGURE\tMEDIAN\tMIN–MAX\tUNIT\tAIM")
	for _, r := range t.rows {
		if r.note != "" {
			fmt.Fprintf(tw, "%s\t–\t%s\t\t\n", r.name, r.note)
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%s–%s\t%s\t%s\n", r.name, short(median(r.runs)), short(slices.Min(r.runs)), short(slices.Max(r.runs)),
			r.unit, r.aim)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nmeasured in %s\n", took.Round(time.Second))
	return err
}

// memory is the machine's, where the system tells.
func memory() string {
	b, _ := os.ReadFile("/proc/meminfo")
	if kb, ok := field(b, "MemTotal"); ok {
		return fmt.Sprintf("%.0f GB", kb/(1<<20))
	}
	return "memory unknown"
}

// field finds "Name:   123 kB" in a file of /proc.
func field(file []byte, name string) (kb float64, ok bool) {
	for line := range bytes.Lines(file) {
		if rest, found := strings.CutPrefix(string(line), name+":"); found {
			_, err := fmt.Sscan(rest, &kb)
			return kb, err == nil
		}
	}
	return 0, false
}

// short has three figures, or all of a large number.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func median(v []float64) float64 { return quantile(v, 0.5) }

// quantile takes the value at or above which 1−q of them lie.
func quantile[T cmp.Ordered](v []T, q float64) T {
	v = slices.Sorted(slices.Values(v))
	return v[min(len(v)-1, int(q*float64(len(v))))]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func TestTable(t *testing.T) {
	t.Parallel()
	var tb table
	tb.add("speed", "things/s", "more", []float64{300, 100.4, 200})
	tb.add("p50", "ms", "", []float64{1.234})
	tb.leaveOut("other", "for want of a peer")
	var b strings.Builder
	if err := tb.print(&b, 3*time.Second); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for i, want := range map[int]string{
		3: "speed   200     100–300             things/s  more",
		4: "p50     1.23    1.23–1.23           ms        ",
		5: "other   –       for want of a peer            ",
		7: "measured in 3s",
	} {
		if lines[i] != want {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	if kb, ok := field([]byte("Name:\tx\nVmRSS:\t   1234 kB\n"), "VmRSS"); !ok || kb != 1234 {
		t.Error(kb, ok)
	}
}
