package email

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func boxOf(t testing.TB, s string) (all []string, letters []Letter) {
	t.Helper()
	r := newMboxReader(iotest.OneByteReader(strings.NewReader(s)), mboxCursor{})
	for {
		l, err := r.next()
		if err == io.EOF {
			return all, letters
		}
		if err != nil {
			t.Fatal(err)
		}
		all, letters = append(all, string(l.Raw)), append(letters, l)
	}
}

func TestMboxDialects(t *testing.T) {
	t.Parallel()
	const f1, f2 = "From jane@x.example Mon Jan  2 15:04:05 2006\n", "From - Tue Jan  3 15:04:05 2006\n"
	cl := func(head, body string) string {
		return fmt.Sprintf("%sContent-Length: %d\n\n%s", head, len(body), body)
	}
	forwarded := "see\n\n" + f2 + "Subject: in it\n\ntext\n"
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"mboxo":            {f1 + "A: a\n\n>From here\nx\n\n" + f2 + "B: b\n\nb\n", []string{"A: a\n\nFrom here\nx\n", "B: b\n\nb\n"}},
		"mboxrd":           {f1 + "A: a\n\n>>From here\n\n" + f2 + "B: b\n\n>>>From\n>>>From x\n", []string{"A: a\n\n>From here\n", "B: b\n\n>>>From\n>>From x\n"}},
		"mboxcl":           {f1 + cl("A: a\n", ">From here\n") + "\n" + f2 + cl("B: b\n", "b\n"), []string{cl("A: a\n", ">From here\n")[:0] + "A: a\nContent-Length: 11\n\nFrom here\n", cl("B: b\n", "b\n")}},
		"mboxcl2":          {f1 + cl("A: a\n", forwarded) + "\n" + f2 + cl("B: b\n", ">From you\nFrom me\n") + "\n", []string{cl("A: a\n", forwarded), cl("B: b\n", ">From you\nFrom me\n")}},
		"no blank between": {f1 + cl("A: a\n", "a\n") + f2 + cl("B: b\n", "b"), []string{cl("A: a\n", "a\n"), cl("B: b\n", "b")}},
		"a sender's length, in an mbox without": {f1 + "A: a\n\na\n\n" + f2 + cl("B: b\n", "b\n\n"+f1+"C: c\n\nc\n") + "\n",
			[]string{"A: a\n\na\n", fmt.Sprintf("B: b\nContent-Length: %d\n\nb\n", len("b\n\n"+f1+"C: c\n\nc\n")), "C: c\n\nc\n"}},
		"a wrong length":     {f1 + "A: a\nContent-Length: 5\n\nlonger than that\n\n" + f2 + "B: b\n\nb\n", []string{"A: a\nContent-Length: 5\n\nlonger than that\n", "B: b\n\nb\n"}},
		"a huge length":      {f1 + "A: a\nContent-Length: 99999999999999999999\n\na\n\n" + f2 + "B: b\n\nb\n", []string{"A: a\nContent-Length: 99999999999999999999\n\na\n", "B: b\n\nb\n"}},
		"CRLF":               {"From a@b Mon Jan  2 15:04:05 2006\r\nA: a\r\n\r\n>From x\r\n\r\nFrom a@b Mon Jan  2 15:04:05 2006\r\nB: b\r\n\r\nb\r\n", []string{"A: a\r\n\r\nFrom x\r\n", "B: b\r\n\r\nb\r\n"}},
		"a sentence":         {f1 + "A: a\n\n\nFrom Mon, Jan 2 10:00 on we are open.\nCome\n", []string{"A: a\n\n\nFrom Mon, Jan 2 10:00 on we are open.\nCome\n"}},
		"blank lines first":  {"\n\n" + f1 + "A: a\n\na\n", []string{"A: a\n\na\n"}},
		"nothing":            {"", nil},
		"only a line":        {f1, []string{""}},
		"a header, no text":  {f1 + "A: a\n", []string{"A: a\n"}},
		"two empty lines":    {f1 + "A: a\n\na\n\n\n" + f2 + "B: b\n\n", []string{"A: a\n\na\n\n", "B: b\n"}},
		"no line end at all": {f1 + "A: a\n\na", []string{"A: a\n\na"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, letters := boxOf(t, c.in)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			for i, l := range letters { // a reader that begins behind one gives the rest
				var at mboxCursor
				if err := json.Unmarshal([]byte(l.Behind), &at); err != nil {
					t.Fatal(err)
				}
				r := newMboxReader(strings.NewReader(c.in[at.Offset:]), at)
				for _, want := range got[i+1:] {
					if next, err := r.next(); err != nil || string(next.Raw) != want {
						t.Errorf("behind mail %d: %q, %v", i, next.Raw, err)
					}
				}
			}
		})
	}
}

func TestMboxEnvelope(t *testing.T) {
	t.Parallel()
	at := time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC)
	for line, want := range map[string]struct {
		sender string
		at     time.Time
	}{
		"From jane@x.example Mon Jan  2 15:04:05 2006":       {"jane@x.example", at},
		"From - Mon Jan 02 15:04:05 2006":                    {"", at},
		"From jane@x.example Mon Jan  2 16:04:05 +0100 2006": {"jane@x.example", at},
		"From MAILER-DAEMON Mon Jan  2 15:04:05 2006":        {"", at},
		"From jane@x.example whenever":                       {"jane@x.example", time.Time{}},
		"Subject: x":                                         {"", time.Time{}},
	} {
		if sender, got := envelopeOf(line); sender != want.sender || !got.Equal(want.at) {
			t.Errorf("%q: %q, %v", line, sender, got)
		}
	}
}

// writeMbox writes n mails, the i-th with mail-i.
func writeMbox(t testing.TB, path string, from, to, size int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser = f
	if strings.HasSuffix(path, ".gz") {
		w = gzip.NewWriter(f)
	}
	for i := from; i < to; i++ {
		_, err = fmt.Fprintf(w, "From jane@customer.example Mon Jan  2 15:04:05 2006\n%s\n",
			strings.ReplaceAll(string(mailOf(fmt.Sprintf("mail-%d", i), strings.Repeat("Text of a mail.\n", 1+size/16))), "\r\n", "\n"))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A large file is read as a stream. Nothing runs beside this test.
func TestMboxMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.mbox")
	writeMbox(t, path, 0, 64, 1<<19)
	m, err := OpenMbox(path)
	if err != nil {
		t.Fatal(err)
	}
	var peak uint64
	n := 0
	for _, err := range m.Letters(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%16 == 0 {
			var s runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&s)
			peak = max(peak, s.HeapAlloc)
		}
	}
	if n != 64 || peak > 20<<20 {
		t.Errorf("%d mails with %d MB in memory", n, peak>>20)
	}
}

// FuzzMbox: nothing of a file is lost but what divides its mails, and marks.
func FuzzMbox(f *testing.F) {
	const from = "From jane@x.example Mon Jan  2 15:04:05 2006\n"
	f.Add(from + "A: a\n\n>From x\n\n" + from + "Content-Length: 3\n\nb\n\n\n")
	f.Add(from + "Content-Length: 2\r\n\r\nbody")
	f.Fuzz(func(t *testing.T, s string) {
		r := newMboxReader(strings.NewReader(s), mboxCursor{})
		var all strings.Builder
		last := int64(0)
		for {
			l, err := r.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.offset <= last {
				t.Fatal("it stands still")
			}
			last = r.offset
			all.Write(l.Raw)
		}
		if last > int64(len(s)) || strings.TrimSpace(s) != "" && last < int64(len(strings.TrimRight(s, "\r\n \t"))) {
			t.Errorf("%d of %d bytes of %q", last, len(s), s)
		}
		got, want := strings.Fields(strings.ReplaceAll(all.String(), ">", "")), strings.Fields(strings.ReplaceAll(s, ">", ""))
		if len(got) > len(want) {
			t.Errorf("%q came out as %q", s, all.String())
		}
	})
}
