//go:build !race

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/config/secret"
	"tierline/internal/peers"
	"tierline/store"
	"tierline/store/blobs"
	"tierline/ticket"
)

// small is a contact as it lies in a mailbox: 2 kB of plain text.
func small(i int) []byte {
	c := contact(i)
	refs := ""
	if len(c.Threads) > 0 {
		refs = "References: " + c.Threads[0].Key + "\r\nIn-Reply-To: " + c.Threads[0].Key + "\r\n"
	}
	return []byte("From: Jane Doe <" + c.From.Value + ">\r\nTo: support@acme.example\r\nSubject: " + c.Subject +
		"\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: " + c.External + "\r\n" + refs + "MIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
		strings.ReplaceAll(c.Text, "\n", "\r\n"))
}

// box is a mailbox of a real Dovecot.
type box struct {
	d     *peers.DovecotServer
	user  string
	mails int
	bytes int64
}

// fill makes a mailbox and has Dovecot build its indexes.
func fill(t *testing.T, d *peers.DovecotServer, user string, n int, mail func(int) []byte) box {
	t.Helper()
	b := box{d: d, user: user, mails: n}
	for i := range n {
		raw := mail(i)
		d.Deliver(t, user, raw)
		b.bytes += int64(len(raw))
	}
	b.fetch(t)
	return b
}

// fetch reads the mailbox with a bare client, 200 mails at a time, each whole into memory and no longer
// kept than until the next, and says how long that takes. It is what the gateway is compared with.
func (b box) fetch(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	mails, bytes, err := bareFetch(b.d, b.user)
	if err != nil || mails != b.mails || bytes != b.bytes {
		t.Fatalf("%d of %d mails, %d of %d bytes: %v", mails, b.mails, bytes, b.bytes, err)
	}
	return time.Since(start)
}

func bareFetch(d *peers.DovecotServer, user string) (mails int, bytes int64, err error) {
	c, err := imapclient.DialInsecure(d.Addr(), nil)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	if err := c.Login(user, d.Password).Wait(); err != nil {
		return 0, 0, err
	}
	in, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return 0, 0, err
	}
	for from := uint32(1); from <= in.NumMessages; from += 200 {
		cmd := c.Fetch(imap.SeqSet{imap.SeqRange{Start: from, Stop: min(from+199, in.NumMessages)}},
			&imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			mails++
			for it := m.Next(); it != nil; it = m.Next() {
				if body, ok := it.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
					raw := make([]byte, body.Literal.Size())
					if _, err := io.ReadFull(body.Literal, raw); err != nil {
						return mails, bytes, err
					}
					bytes += int64(len(raw))
				}
			}
		}
		if err := cmd.Close(); err != nil {
			return mails, bytes, err
		}
	}
	return mails, bytes, nil
}

// reading is what the gateway is to read, by a process of its own: only so it can be said how much
// memory and time of the processors that takes.
type reading struct {
	Host, User, Password string
	Port, Mails          int
	DSN, Data            string
	Profile              string // a file for a profile of the processors
}

// took is what it took.
type took struct {
	Seconds float64
	CPU     float64 // seconds of all processors
	Peak    float64 // resident memory, MB
	Disk    float64 // of the data directory: the SQLite file and the blobs, MB
}

const readingKey = "TIERLINE_BENCH_READING"

func TestMain(m *testing.M) {
	task := os.Getenv(readingKey)
	if task == "" {
		os.Exit(m.Run())
	}
	out, err := readingOf(task)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(out) // who reads nothing says so
}

// read has a process read a mailbox into a store: PostgreSQL, or the SQLite file in data.
func (b box) read(t *testing.T, dsn, data string) took {
	t.Helper()
	task, err := json.Marshal(reading{Host: b.d.Host, Port: b.d.Port, User: b.user, Password: b.d.Password, Mails: b.mails, DSN: dsn, Data: data,
		Profile: os.Getenv("TIERLINE_BENCH_PROFILE")})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	var faults strings.Builder
	cmd.Env, cmd.Stderr = append(os.Environ(), readingKey+"="+string(task)), &faults
	out, err := cmd.Output()
	var res took
	if err == nil {
		err = json.Unmarshal(out, &res)
	}
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, faults.String())
	}
	return res
}

// readingOf reads a whole mailbox with the gateway's own source, until the last mail is committed.
func readingOf(task string) (res took, err error) {
	var r reading
	if err := json.Unmarshal([]byte(task), &r); err != nil {
		return res, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	s, err := store.Open(ctx, store.Config{DSN: r.DSN, Data: r.Data, Log: quiet()})
	if err != nil {
		return res, err
	}
	defer s.Close()
	b, err := blobs.Open(ctx, blobs.Config{Data: r.Data})
	if err != nil {
		return res, err
	}
	defer b.Close()
	sources, err := email.NewSources(email.Config{
		Mailboxes: []email.Mailbox{{Inbox: "support", Host: r.Host, Port: r.Port, TLS: email.NoTLS, User: r.User, Password: secret.New(r.Password)}},
		Sending: email.Sending{Host: "127.0.0.1", Port: 25, TLS: email.NoTLS, Domain: "acme.example",
			Secret: secret.New("bench-secret-bench-secret"), From: map[string]email.From{"support": {Address: "support@acme.example"}}},
	}, email.Deps{Blobs: b, Cursors: s, Holder: "bench", Log: quiet()})
	if err != nil {
		return res, err
	}
	understood, err := channels.Understand(s, channels.UnderstandConfig{Serials: []string{`SN-\d{6}`}})
	if err != nil {
		return res, err
	}
	if r.Profile != "" {
		f, err := os.Create(r.Profile)
		if err != nil {
			return res, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return res, err
		}
		defer pprof.StopCPUProfile()
	}
	in := &counting{Intake: understood, want: int64(r.Mails), all: make(chan struct{})}
	done := make(chan error, 1)
	cpu, start := processors(), time.Now()
	go func() { done <- sources[0].Run(ctx, in) }()
	select {
	case <-in.all:
	case <-ctx.Done():
	}
	res.Seconds, res.CPU = time.Since(start).Seconds(), processors()-cpu
	cancel()
	res.Disk = size(r.Data)
	status, _ := os.ReadFile("/proc/self/status")
	peak, _ := field(status, "VmHWM")
	res.Peak = peak / 1024
	if err := <-done; err != nil || in.got.Load() != int64(r.Mails) {
		return res, fmt.Errorf("%d mails of %d were taken in: %w", in.got.Load(), r.Mails, err)
	}
	return res, nil
}

// size is how large the files of a folder are together, in MB.
func size(dir string) (mb float64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				mb += float64(info.Size()) / 1e6
			}
		}
		return nil // what is gone meanwhile counts for nothing
	})
	return mb
}

// processors is for how many seconds this process has had them.
func processors() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// counting tells when all that is wanted was taken in.
type counting struct {
	channels.Intake
	want int64
	got  atomic.Int64
	all  chan struct{}
}

func (c *counting) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	out, err := c.Intake.Accept(ctx, batch)
	if err == nil && c.got.Add(int64(len(out))) == c.want {
		close(c.all)
	}
	return out, err
}
