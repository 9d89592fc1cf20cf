package email

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Mbox is an archive in one file, which may be packed with gzip. It is read as a stream, in memory of a
// few mails.
type Mbox struct {
	path string
	size int64 // bytes of the file
}

// OpenMbox opens a file.
func OpenMbox(path string) (*Mbox, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, err
	}
	m := &Mbox{path: abs, size: info.Size()}
	f, r, err := m.open()
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	head, err := bufio.NewReader(r).Peek(5)
	if string(head) != "From " && (len(head) > 0 || err != io.EOF) {
		return nil, fmt.Errorf(`%s is no mbox: it does not begin with "From "`, path)
	}
	return m, nil
}

// Name is "mbox:PATH".
func (m *Mbox) Name() string { return "mbox:" + m.path }

// open gives the file, which counts what is read of it, and what is packed in it.
func (m *Mbox) open() (*counted, io.Reader, error) {
	f, err := os.Open(m.path)
	if err != nil {
		return nil, nil, err
	}
	c := &counted{File: f}
	magic := make([]byte, 2)
	if _, err := f.ReadAt(magic, 0); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return c, c, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(c, 256<<10))
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("%s: %w", m.path, err)
	}
	return c, z, nil
}

type counted struct {
	*os.File
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	c.n += int64(n)
	return n, err
}

// mboxCursor is how far a file was read. Check is of the bytes before: it tells whether it is still the
// same file, which may have grown.
type mboxCursor struct {
	Offset  int64  `json:"offset"` // of what is packed, when it is
	Check   string `json:"check"`
	Lengths bool   `json:"lengths"` // those that mails say are trusted
}

const checked = 4096 // bytes before the cursor

// Letters reads the file from behind the cursor; from its start when what lies before has changed.
func (m *Mbox) Letters(ctx context.Context, cursor string) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		var c mboxCursor
		_ = json.Unmarshal([]byte(cursor), &c) // what is no cursor is the start
		f, r, err := m.at(&c)
		if err != nil {
			yield(Letter{}, err)
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		s := newMboxReader(r, c)
		for ctx.Err() == nil {
			l, err := s.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", m.path, err)
			} else if l.Done = 1; m.size > 0 {
				l.Done = min(1, float64(f.n)/float64(m.size))
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// at opens the file behind a cursor; it becomes that of the start when the file is another.
func (m *Mbox) at(c *mboxCursor) (*counted, io.Reader, error) {
	f, r, err := m.open()
	if err != nil || c.Offset == 0 {
		return f, r, err
	}
	tail := make([]byte, min(c.Offset, checked))
	before := c.Offset - int64(len(tail))
	if plain := r == io.Reader(f); plain {
		f.n, err = f.Seek(before, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, r, before)
	}
	if err == nil {
		_, err = io.ReadFull(r, tail)
	}
	if err == nil && checkOf(tail) == c.Check {
		return f, r, nil
	}
	_ = f.Close() // it was only read
	*c = mboxCursor{}
	return m.open()
}

func checkOf(tail []byte) string {
	sum := sha256.Sum256(tail)
	return hex.EncodeToString(sum[:8])
}

// Load does nothing: letters come read.
func (m *Mbox) Load(context.Context, []*Letter) error { return nil }

// mboxReader divides a stream into mails. Four dialects are told apart as they come: lines "From " of a
// text are quoted once (mboxo), or once more each time (mboxrd); or each mail says its length, with them
// quoted (mboxcl) or not (mboxcl2). Lengths are trusted as long as every mail from the first on has one,
// and it leads to the next mail: then it was the mail server that wrote them, and no sender.
type mboxReader struct {
	r       *bufio.Reader
	offset  int64  // of what was read
	tail    []byte // the last bytes that were read
	lengths bool
}

const mboxBuffer = 1 << 20 // how far is looked ahead: a longer text is divided by its lines

func newMboxReader(r io.Reader, c mboxCursor) *mboxReader {
	return &mboxReader{r: bufio.NewReaderSize(r, mboxBuffer), offset: c.Offset, lengths: c.Lengths || c.Offset == 0}
}

// line reads to the end of a line, or a part of a long one; whole says which.
func (s *mboxReader) line() (line []byte, whole bool, err error) {
	line, err = s.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	s.passed(line)
	return line, bytes.HasSuffix(line, []byte("\n")), err
}

func (s *mboxReader) passed(b []byte) {
	s.offset += int64(len(b))
	if len(b) >= checked {
		s.tail = append(s.tail[:0], b[len(b)-checked:]...)
		return
	}
	if s.tail = append(s.tail, b...); len(s.tail) > 4*checked {
		s.tail = append(s.tail[:0], s.tail[len(s.tail)-checked:]...)
	}
}

// next reads one mail; io.EOF when there is none.
func (s *mboxReader) next() (l Letter, err error) {
	start := s.offset
	from, _, err := s.line()
	for err == nil && len(bytes.TrimSpace(from)) == 0 { // blank lines before the first, or after a length
		start = s.offset
		from, _, err = s.line()
	}
	if err != nil {
		return l, err
	}
	l.Sender, l.Date = envelopeOf(string(bytes.TrimSpace(from)))
	var m mailBuffer
	if !bytes.HasPrefix(from, []byte("From ")) { // a file that was cut: what stands there is a mail all the same
		m.add(from)
	}
	length, err := s.head(&m)
	if err == nil && s.lengths {
		s.lengths = length >= 0 && s.leads(length)
	}
	if err == nil && s.lengths {
		err = s.take(&m, length)
	} else if err == nil {
		err = s.body(&m)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return l, err
	}
	l.Raw, l.Size = withoutLast(m.b), m.size
	if !m.bare {
		l.Raw = unquoteFrom(l.Raw)
	}
	sum := sha256.Sum256(l.Raw)
	l.Place = fmt.Sprintf("offset=%d;sha256=%s", start, hex.EncodeToString(sum[:8]))
	c, err := json.Marshal(mboxCursor{s.offset, checkOf(s.tail[max(0, len(s.tail)-checked):]), s.lengths})
	l.Behind = string(c)
	return l, err
}

// withoutLast takes off the blank line that divides mails.
func withoutLast(b []byte) []byte {
	for _, end := range []string{"\n\n", "\r\n\r\n"} {
		if bytes.HasSuffix(b, []byte(end)) {
			return b[:len(b)-len(end)/2]
		}
	}
	return b
}

// mailBuffer holds a mail, of which it keeps no more than can be read.
type mailBuffer struct {
	b    []byte
	size int64
	bare bool // its lines "From " are not quoted
}

func (m *mailBuffer) add(b []byte) {
	m.size += int64(len(b))
	m.b = append(m.b, b[:min(len(b), DefaultMaxSize-len(m.b))]...)
}

// head reads to the blank line, and gives the length that the mail says it has; -1 is none.
func (s *mboxReader) head(m *mailBuffer) (length int, err error) {
	length = -1
	for {
		line, _, err := s.line()
		if err != nil {
			return length, err
		}
		m.add(line)
		if key, value, ok := strings.Cut(string(line[:min(len(line), 100)]), ":"); ok && strings.EqualFold(key, "Content-Length") {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 && length < 0 {
				length = n
			}
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return length, nil
		}
	}
}

// leads says whether a text of this length ends where the file ends or another mail begins. What is
// longer than can be looked ahead is left to its lines.
func (s *mboxReader) leads(length int) bool {
	if length > mboxBuffer-1024 {
		return true
	}
	b, err := s.r.Peek(length + 512)
	if len(b) < length || err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	rest := bytes.TrimLeft(b[length:], "\r\n")
	return len(rest) == 0 && errors.Is(err, io.EOF) || fromLine.Match(rest) && (length == 0 || len(rest) < len(b[length:]) || b[length-1] == '\n')
}

// take reads a text of a known length.
func (s *mboxReader) take(m *mailBuffer, length int) error {
	if length > mboxBuffer-1024 {
		return s.body(m)
	}
	b, err := s.r.Peek(length)
	if err != nil {
		return err
	}
	m.bare = bytes.HasPrefix(b, []byte("From ")) || bytes.Contains(b, []byte("\nFrom "))
	m.add(b)
	s.passed(b)
	_, err = s.r.Discard(length)
	return err
}

// body reads to the line with which the next mail begins.
func (s *mboxReader) body(m *mailBuffer) error {
	blank, begins := true, true // a line begins here
	for {
		if begins && blank && s.another() {
			return nil
		}
		line, whole, err := s.line()
		if err != nil {
			return err
		}
		m.add(line)
		blank = begins && len(bytes.TrimRight(line, "\r\n")) == 0
		begins = whole
	}
}

// another says whether a mail begins here: a line "From ", and behind it a header.
func (s *mboxReader) another() bool {
	b, _ := s.r.Peek(5)
	if string(b) != "From " {
		return false
	}
	b, _ = s.r.Peek(1200)
	line, after, _ := bytes.Cut(b, []byte("\n"))
	return fromLine.Match(line) && afterFromLine.Match(after)
}

var envelope = regexp.MustCompile(`^From (\S+@\S+|-|\S+)?\s+(.*)$`)

// envelopeOf reads a line "From ": the sender of the envelope and when it came.
func envelopeOf(line string) (sender string, at time.Time) {
	m := envelope.FindStringSubmatch(line)
	if m == nil {
		return "", at
	}
	if strings.Contains(m[1], "@") {
		sender = strings.Trim(m[1], "<>")
	}
	for _, layout := range []string{time.ANSIC, "Mon Jan _2 15:04:05 -0700 2006", "Mon Jan _2 15:04:05 MST 2006", time.RFC1123Z,
		"Mon Jan _2 15:04:05 2006 -0700", "Mon Jan _2 15:04 2006"} {
		if at, err := time.Parse(layout, strings.TrimSpace(m[2])); err == nil {
			return sender, at
		}
	}
	return sender, time.Time{}
}
