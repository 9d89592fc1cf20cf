package email

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func spooled(t *testing.T, s string) []string {
	t.Helper()
	var all []string
	for raw, err := range Spool(iotest.OneByteReader(strings.NewReader(s))) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(raw))
	}
	return all
}

func TestSpool(t *testing.T) {
	t.Parallel()
	const one = "From jane@x.example Mon Jan  2 15:04:05 2006\n"
	const two = "From - Tue, 3 Jan 2006 15:04:05 +0100\r\n"
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"a mail":               {"Subject: a\n\nhello\n", []string{"Subject: a\n\nhello\n"}},
		"nothing":              {"", []string{""}},
		"no line end":          {"Subject: a\n\nhello", []string{"Subject: a\n\nhello"}},
		"a mail of a spool":    {one + "Subject: a\n\n>From here\n", []string{one + "Subject: a\n\n>From here\n"}},
		"two mails":            {one + "Subject: a\n\nhello\n\n" + one + "Subject: b\n\n", []string{one + "Subject: a\n\nhello\n\n", one + "Subject: b\n\n"}},
		"marks are taken off":  {one + "A: a\n\n>From x\n>>From y\n> From z\n\n" + two + "B: b\n\n>From q\n", []string{one + "A: a\n\nFrom x\n>From y\n> From z\n\n", two + "B: b\n\nFrom q\n"}},
		"a sentence is none":   {one + "A: a\n\nFrom Mon to Fri we open at 10:00.\nSo: come\n", []string{one + "A: a\n\nFrom Mon to Fri we open at 10:00.\nSo: come\n"}},
		"after a blank line":   {one + "A: a\n\nFrom Mon, Jan 2 10:00 on we are open.\nCome\n\n", []string{one + "A: a\n\nFrom Mon, Jan 2 10:00 on we are open.\nCome\n\n"}},
		"not in a plain mail":  {"A: a\n\n" + one + "B: b\n\n", []string{"A: a\n\n" + one + "B: b\n\n"}},
		"residue after a line": {one + "A: a\n\n\n" + two + ">From x\nB: b\n\n", []string{one + "A: a\n\n\n", two + "From x\nB: b\n\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := spooled(t, c.in); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestSpoolLarge: a mail that is far too large is cut, and the one behind it is whole.
func TestSpoolLarge(t *testing.T) {
	t.Parallel()
	const from = "From jane@x.example Mon Jan  2 15:04:05 2006\n"
	big := strings.Repeat(strings.Repeat("x", 200_000)+"\n", 2*maxSpooled/200_000)
	var sizes []int
	for raw, err := range Spool(io.MultiReader(strings.NewReader(from+"A: a\n\n"), strings.NewReader(big), strings.NewReader("\n"+from+"B: b\n\nend\n"))) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(raw))
	}
	if want := []int{maxSpooled, len(from + "B: b\n\nend\n")}; !slices.Equal(sizes, want) {
		t.Errorf("sizes %v, want %v", sizes, want)
	}
}

func TestSpoolFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	var got error
	for _, err := range Spool(io.MultiReader(strings.NewReader("A: a\n"), iotest.ErrReader(broken))) {
		got = err
	}
	if !errors.Is(got, broken) {
		t.Errorf("got %v", got)
	}
}

// FuzzSpool: nothing of a spool is lost but the marks.
func FuzzSpool(f *testing.F) {
	const from = "From jane@x.example Mon Jan  2 15:04:05 2006\n"
	f.Add(from + "A: a\n\n>From x\n\n" + from + "B: b\n\n")
	f.Add("A: a\r\n\r\nbody")
	f.Fuzz(func(t *testing.T, s string) {
		var all strings.Builder
		for raw, err := range Spool(strings.NewReader(s)) {
			if err != nil {
				t.Fatal(err)
			}
			all.Write(raw)
		}
		bare := func(s string) string { return strings.ReplaceAll(s, ">", "") }
		if bare(all.String()) != bare(s) {
			t.Errorf("%q came out as %q", s, all.String())
		}
	})
}
