package blobs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tierline/config/check"
	"tierline/ticket"
)

func each(t *testing.T, f func(t *testing.T, b *Blobs)) {
	for name, c := range map[string]Config{"folder": {Data: t.TempDir()}, "memory": {URL: "mem://"}} {
		t.Run(name, func(t *testing.T) { f(t, opened(t, c)) })
	}
}

func opened(t *testing.T, c Config) *Blobs {
	t.Helper()
	b, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestPutAndOpen(t *testing.T) {
	each(t, func(t *testing.T, b *Blobs) {
		for _, text := range []string{"", "hello", strings.Repeat("x", inMemory), strings.Repeat("y", 3*inMemory+1)} {
			sum, size, err := b.Put(t.Context(), strings.NewReader(text), int64(len(text)))
			if err != nil || size != int64(len(text)) {
				t.Fatal(size, err)
			}
			again, _, err := b.Put(t.Context(), strings.NewReader(text), 1<<30)
			if err != nil || again != sum {
				t.Fatal("the second time:", again, err)
			}
			r, err := b.Open(t.Context(), sum)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != text {
				t.Fatalf("read %d bytes, %v", len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		sum, _, _ := b.Put(t.Context(), strings.NewReader("hello"), 10)
		if sum != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
			t.Error("that is not the SHA-256 of hello:", sum)
		}
		if err := b.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTooLarge(t *testing.T) {
	each(t, func(t *testing.T, b *Blobs) {
		_, _, err := b.Put(t.Context(), strings.NewReader("hello"), 4)
		if ticket.KindOf(err) != ticket.Invalid {
			t.Fatal(err)
		}
		endless := io.MultiReader(bytes.NewReader(make([]byte, inMemory)), zeros{})
		if _, _, err := b.Put(t.Context(), endless, 2*inMemory); ticket.KindOf(err) != ticket.Invalid {
			t.Fatal(err)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestABrokenSourceLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, Config{Data: dir})
	_, _, err := b.Put(t.Context(), io.MultiReader(strings.NewReader("half"), broken{errors.New("line cut")}), 100)
	if ticket.KindOf(err) != ticket.Transient {
		t.Fatal(err)
	}
	refused := ticket.Errorf("x", ticket.Invalid, "no")
	if _, _, err = b.Put(t.Context(), broken{refused}, 100); ticket.KindOf(err) != ticket.Invalid {
		t.Fatal("the reader's own kind is lost:", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.Put(ended, strings.NewReader("late"), 100); ticket.KindOf(err) != ticket.Transient {
		t.Fatal(err)
	}
	if files := filesIn(t, dir); len(files) != 0 {
		t.Fatal(files)
	}
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestOpenOfNothing(t *testing.T) {
	each(t, func(t *testing.T, b *Blobs) {
		for _, sum := range []string{"", "xyz", "../../etc/passwd", strings.Repeat("0", 64), strings.Repeat("A", 64), strings.Repeat("g", 64)} {
			if _, err := b.Open(t.Context(), sum); ticket.KindOf(err) != ticket.NotFound {
				t.Errorf("%q: %v", sum, err)
			}
		}
	})
}

func TestSpoiledBytesAreNoticedAndMended(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, Config{Data: dir})
	sum, _, err := b.Put(t.Context(), strings.NewReader("the right bytes"), 100)
	if err != nil {
		t.Fatal(err)
	}
	file := filesIn(t, dir)[0]
	if err := os.WriteFile(file, []byte("the wrong bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := b.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("wrong bytes were read as right")
	}
	_ = r.Close()
	if err := os.Truncate(file, 0); err != nil { // as a power cut may leave it
		t.Fatal(err)
	}
	if _, _, err := b.Put(t.Context(), strings.NewReader("the right bytes"), 100); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != "the right bytes" {
		t.Errorf("%q %v", got, err)
	}
}

func TestTheSameAtOnce(t *testing.T) {
	b := opened(t, Config{Data: t.TempDir()})
	text := strings.Repeat("z", inMemory+7)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, size, err := b.Put(t.Context(), strings.NewReader(text), 1<<20); err != nil || size != int64(len(text)) {
				t.Error(size, err)
			}
		})
	}
	wg.Wait()
	if n := len(filesIn(t, b.dir)); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestConfig(t *testing.T) {
	for url, faults := range map[string]int{"": 0, "mem://": 0, "file:///tmp/x": 0, "s3://bucket": 1, ":": 1, "plain": 1} {
		var l check.List
		Config{URL: url}.Check(l.Root())
		if len(l.Faults) != faults {
			t.Errorf("%q: %v", url, l.Faults)
		}
	}
	for _, c := range []Config{{}, {URL: "s3://key:secret@bucket"}} {
		_, err := Open(t.Context(), c)
		if ticket.KindOf(err) != ticket.Invalid || strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"folder": {Data: t.TempDir()}, "bucket": {URL: "mem://"}} {
		b, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		sum, _, err := b.Put(t.Context(), strings.NewReader("old"), 10)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := b.Remove(t.Context(), sum); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := b.Open(t.Context(), sum); ticket.KindOf(err) != ticket.NotFound {
			t.Errorf("%s: removed, and then %v", name, err)
		}
		if err := b.Remove(t.Context(), "../../etc/passwd"); err != nil {
			t.Errorf("%s: no name of a blob: %v", name, err)
		}
	}
}
