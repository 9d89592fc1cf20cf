package email

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"regexp"
)

// maxSpooled is how much of one mail of a spool is read, in bytes: more than the intake takes, so that
// it is the intake that says no.
const maxSpooled = DefaultMaxSize + 1<<20

// fromLine begins a mail in an mbox: "From jane@example.org Mon Jan  2 15:04:05 2006" (RFC 4155,
// appendix A, with what else stands there in old spools).
var fromLine = regexp.MustCompile(`^From .{0,200}\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +` +
	`(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2})\b.{0,20}\d{1,2}:\d{2}`)

// afterFromLine is what follows it: a header field, or more residue of spools.
var afterFromLine = regexp.MustCompile(`^(?:>*From |[!-9;-~]+[ \t]*:)`)

// Spool reads the mails of a file or a stream, one at a time: several when it is an mbox, else the one
// that it is. Of each mail it holds at most a little more than [DefaultMaxSize] bytes; the rest of a
// larger one is skipped. In an mbox the lines ">From " lose one mark (mboxrd). Memory is that of the
// largest mail.
func Spool(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := spool{r: bufio.NewReaderSize(r, 64<<10)}
		for first := true; ; first = false {
			raw, more, err := s.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if more || !first {
				raw = unquoteFrom(raw)
			}
			if !yield(raw, nil) || !more {
				return
			}
		}
	}
}

type spool struct {
	r    *bufio.Reader
	held []byte // the From line of the mail that comes next
	mbox bool   // it begins with a From line
}

// next reads to the end of one mail and says whether another follows.
func (s *spool) next() (raw []byte, more bool, err error) {
	buf := bytes.NewBuffer(bytes.Clone(s.held))
	if s.held == nil {
		head, _ := s.r.Peek(5)
		s.mbox = string(head) == "From "
	}
	blank, lineStart := false, true
	for {
		line, err := s.r.ReadSlice('\n')
		if lineStart && blank && s.mbox && fromLine.Match(line) {
			line = bytes.Clone(line) // Peek moves what it points at
			if after, _ := s.r.Peek(100); afterFromLine.Match(after) {
				s.held = line
				return buf.Bytes(), true, nil
			}
		}
		if room := maxSpooled - buf.Len(); room > 0 {
			buf.Write(line[:min(len(line), room)])
		}
		blank = lineStart && len(bytes.TrimRight(line, "\r\n")) == 0
		lineStart = err == nil
		switch {
		case errors.Is(err, io.EOF):
			return buf.Bytes(), false, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

// unquoteFrom takes one mark off each line ">From ", ">>From " and so on.
func unquoteFrom(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(">From ")) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		line := raw
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line = raw[:i+1]
		}
		raw = raw[len(line):]
		if t := bytes.TrimLeft(line, ">"); len(t) < len(line) && bytes.HasPrefix(t, []byte("From ")) {
			line = line[1:]
		}
		out = append(out, line...)
	}
	return out
}
