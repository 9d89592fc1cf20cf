package email

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/internal/spent"
	"tierline/ticket"
)

func sourceMapper() (*mapper, channeltest.World) {
	w := channeltest.NewWorld()
	return newMapper(Config{}, Deps{Blobs: w.Blobs, Log: quiet(), Now: func() time.Time { return channeltest.At }}), w
}

// cameBack takes a mail in, reads its source again and says how many bytes of it were not kept twice.
func cameBack(t testing.TB, p *mapper, name string, raw []byte) (saved int) {
	t.Helper()
	it, err := p.prepare(t.Context(), raw, origin{inbox: inbox, source: "email:imap:x"})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	seen := it.in.Mail
	if it.bad != nil {
		seen = it.bad.Mail
	}
	got, err := p.unpack(t.Context(), seen.Raw)
	if err != nil || !bytes.Equal(got, raw) {
		t.Fatalf("%s: %d of %d bytes came back, and not the same: %v", name, len(got), len(raw), err)
	}
	if it.bad != nil {
		return 0
	}
	m, err := p.read(raw, origin{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, h := range leaveOut(raw, m.Attachments, it.in.Attachments) {
		saved += h.written
	}
	return saved
}

// All mails of all corpora come back byte for byte, also with other line ends, and most of what is in
// attachments is kept once.
func TestSourcesComeBackByteForByte(t *testing.T) {
	t.Parallel()
	p, _ := sourceMapper()
	mails, saved, whole := 0, 0, 0
	for _, root := range []string{"testdata", "../../../shared/corpora/mime", "../../../shared/corpora/bounces", "../../../shared/corpora/reply"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == root {
				t.Logf("%s is not here", root)
				return nil
			}
			if err != nil || d.IsDir() || strings.Contains(path, "fuzz") {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil || len(raw) > 4<<20 {
				return err
			}
			lf := bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
			for _, form := range [][]byte{raw, lf, bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n"))} {
				mails, whole = mails+1, whole+len(form)
				saved += cameBack(t, p, path, form)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if mails == 0 {
		t.Fatal("no mails")
	}
	t.Logf("%d mails, %d of %d kB not kept twice", mails, saved>>10, whole>>10)
}

// attached is a mail with an attachment in base64, in lines of so many characters.
func attached(data []byte, line int, end string) []byte {
	letters := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	b.WriteString("From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nText\n--x\n" +
		"Content-Type: application/pdf; name=x.pdf\nContent-Transfer-Encoding: base64\n\n")
	for len(letters) > line {
		b.WriteString(letters[:line] + end)
		letters = letters[line:]
	}
	b.WriteString(letters + end + "--x--\n")
	return []byte(b.String())
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.IntN(256))
	}
	return b
}

func TestAttachmentsAreKeptOnce(t *testing.T) {
	t.Parallel()
	p, w := sourceMapper()
	saved := func(name string, raw []byte, want bool) {
		t.Helper()
		if n := cameBack(t, p, name, raw); (n > 0) != want {
			t.Errorf("%s: %d of %d bytes left out", name, n, len(raw))
		}
	}
	for _, size := range []int{minLeftOut, 5000, 5001, 5002, 5003, 57 * 100, 300_000} {
		data := randomBytes(size)
		for _, line := range []int{60, 64, 72, 76, 996} {
			saved(fmt.Sprint(size, " in lines of ", line), attached(data, line, "\n"), true)
			saved(fmt.Sprint(size, " in lines of ", line, " with CR"), attached(data, line, "\r\n"), true)
		}
		if size < maxLetters/2 {
			saved("in one line", attached(data, 2*size, "\n"), true)
		}
		saved("with a blank line in it", bytes.Replace(attached(data, 76, "\n"), []byte("=\n--x--"), []byte("=\n\n--x--"), 1), true)
		saved("in lines of 61", attached(data, 61, "\n"), false)
		saved("in lines of 20", attached(data, 20, "\n"), false)
		odd := attached(data, 76, "\n")
		at := bytes.Index(odd, []byte("base64\n\n")) + 8 + 77 + 30
		saved("with a line that is broken", append(append(bytes.Clone(odd[:at]), '\n'), odd[at:]...), false)
	}
	// Bits that say nothing need not be those that we would write.
	data := randomBytes(5000)
	data[4999] = 0
	loose := bytes.Replace(attached(data, 76, "\n"), []byte("A=\n--x--"), []byte("B=\n--x--"), 1)
	saved("with loose bits at its end", loose, false)
	text := []byte("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nText\n--x\nContent-Type: text/csv; name=x.csv\n\n" +
		strings.Repeat("a,b,c\n", 1000) + "--x--\n")
	saved("as it is", text, true)
	saved("at the end", text[:len(text)-len("\n--x--\n")], true)
	twice := bytes.Replace(attached(data, 76, "\n"), []byte("--x--\n"), attached(data, 76, "\r\n")[len("From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nText\n"):], 1)
	saved("twice, written in two ways", twice, true)

	it, err := p.prepare(t.Context(), attached(data, 76, "\n"), origin{inbox: inbox})
	if err != nil || len(it.in.Mail.Raw.Packed) > 600 {
		t.Fatalf("%d bytes are kept beside the attachment, %v", len(it.in.Mail.Raw.Packed), err)
	}
	// An attachment that is removed leaves the rest of the source, and a line in its place.
	r, err := Unpack(t.Context(), channeltest.NewWorld().Blobs, it.in.Mail.Raw)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if sum := it.in.Attachments[0].SHA256; err != nil || !strings.Contains(string(got), "base64\n\n[5000 bytes that stood here are kept no longer; their SHA-256 is "+sum+"]\n--x--") {
		t.Errorf("%q, %v", got, err)
	}
	// A source that is damaged is an error, never another mail.
	packed := it.in.Mail.Raw.Packed
	at := bytes.Index(packed, subfield)
	for _, i := range []int{at + 2, at + 4, at + 6, at + 8, at + 12, at + 30} {
		broken := bytes.Clone(packed)
		broken[i] ^= 0x15
		r, err := Unpack(t.Context(), w.Blobs, ticket.MailSource{Packed: broken})
		if err == nil {
			got, err = io.ReadAll(r)
		}
		if err == nil && !bytes.Contains(got, []byte("are kept no longer")) {
			t.Errorf("byte %d: %d bytes and no error", i, len(got))
		}
	}
}

// The time for a mail full of attachments that stand nowhere as they are is that of one look at it for each
// of a few.
func TestLookingForAttachmentsIsBounded(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte("QUFB"), 4<<20)
	parts, kept := make([]Part, 900), make([]ticket.Attachment, 900)
	for i := range parts {
		parts[i].Data, kept[i].SHA256 = bytes.Repeat([]byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"), 60), hashOf(nil)
	}
	if d := spent.One(func() {
		if out := leaveOut(raw, parts, kept); len(out) > 0 {
			t.Error(out)
		}
	}); d > 20*time.Second {
		t.Errorf("%v", d)
	}
}
