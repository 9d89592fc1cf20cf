package email

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip" // a third of the time of compress/gzip, and in the program anyway

	"tierline/ticket"
)

// The source of a mail is kept packed with gzip, without the attachments that are kept as blobs anyway:
// the header of the gzip (RFC 1952 §2.3.1.1, subfield "TL") says where they belong and how they were
// written. Only what gives the very same bytes again, which is tried, is left out.

// maxPacked is how many bytes of a packed mail are kept in the ledger itself, which costs no write of
// its own; what is larger is a blob.
const maxPacked = 256 << 10

const (
	packQuickly = 64 << 10 // bytes of a mail
	minLeftOut  = 2 << 10  // bytes of an attachment
	maxLeftOut  = 1000     // attachments: each takes at most 52 bytes of the 64 KiB that the header may have
	maxLetters  = 64 << 10 // characters of base64
	maxMissed   = 8        // attachments that are looked for in vain: each costs a look at the whole mail
)

// packer is a writer and the buffer that it writes to.
type packer struct {
	z *gzip.Writer
	b bytes.Buffer
}

// pack keeps a mail as it came. parts are its attachments, and kept are their names among the blobs, in the
// same order. A large mail is nearly all letters for bytes that are packed already: to look for repetitions
// in them takes five times as long, and finds few.
func (p *mapper) pack(ctx context.Context, raw []byte, parts []Part, kept []ticket.Attachment) (ticket.MailSource, error) {
	out := leaveOut(raw, parts, kept)
	rest := len(raw)
	for _, h := range out {
		rest -= h.written
	}
	pool, level := &p.packers, gzip.BestSpeed
	if rest > packQuickly {
		pool, level = &p.quickPackers, gzip.HuffmanOnly
	}
	w, ok := pool.Get().(*packer)
	if !ok {
		w = &packer{}
		w.z, _ = gzip.NewWriterLevel(nil, level) // fails only for levels that there are not
	}
	defer func() {
		if w.b.Cap() <= 2*maxPacked {
			pool.Put(w)
		}
	}()
	w.b.Reset()
	w.z.Reset(&w.b)
	w.z.Extra = extra(out)
	at := 0
	for _, h := range append(out, hole{at: len(raw)}) {
		if _, err := w.z.Write(raw[at:h.at]); err != nil {
			return ticket.MailSource{}, err
		}
		at = h.at + h.written
	}
	if err := w.z.Close(); err != nil {
		return ticket.MailSource{}, err
	}
	if w.b.Len() <= maxPacked {
		return ticket.MailSource{Packed: bytes.Clone(w.b.Bytes())}, nil
	}
	sum, _, err := p.blobs.Put(ctx, &w.b, int64(w.b.Len()))
	return ticket.MailSource{Blob: sum, Gzip: true}, err
}

// hole is where an attachment was taken out of a mail.
type hole struct {
	at, written int // bytes in the mail
	size        int // bytes of the attachment
	sum         [32]byte
	line        int  // characters in a line of its base64; 0: it stands there as it is
	crlf        bool // the lines end with CR LF
}

// leaveOut finds the attachments in a mail whose bytes there follow from themselves.
func leaveOut(raw []byte, parts []Part, kept []ticket.Attachment) (out []hole) {
	at, missed := 0, 0
	for i, p := range parts {
		if i >= len(kept) || len(p.Data) < minLeftOut || len(p.Data) > len(raw)-at || strings.HasPrefix(p.Type, "message/") {
			continue // a mail within a mail may be one that was in quarantine, whose blob goes when that is discarded
		}
		h, ok := find(raw[at:], p.Data)
		if sum, err := hex.DecodeString(kept[i].SHA256); !ok || err != nil || copy(h.sum[:], sum) != len(h.sum) {
			if missed++; missed == maxMissed {
				break
			}
			continue
		}
		h.at += at
		at = h.at + h.written
		if out = append(out, h); len(out) == maxLeftOut {
			break
		}
	}
	return out
}

// find looks for data in a mail, in base64 or as it is.
func find(raw, data []byte) (hole, bool) {
	const first = 45 // bytes: fewer than a line of any program, in letters without padding
	var letters [first / 3 * 4]byte
	base64.StdEncoding.Encode(letters[:], data[:first])
	if at := bytes.Index(raw, letters[:]); at >= 0 {
		h := hole{at: at, size: len(data)}
		end := bytes.IndexByte(raw[at:], '\n')
		switch {
		case end < 0:
			h.line = base64.StdEncoding.EncodedLen(len(data))
		case raw[at+end-1] == '\r':
			h.line, h.crlf = end-1, true
		default:
			h.line = end
		}
		if h.line%4 == 0 && h.line > 0 && h.line <= maxLetters {
			if n, ok := h.same(raw[at:], data); ok {
				h.written = n
				return h, true
			}
		}
	}
	if at := bytes.Index(raw, data[:first]); at >= 0 && bytes.HasPrefix(raw[at:], data) {
		return hole{at: at, size: len(data), written: len(data)}, true
	}
	return hole{}, false
}

// same says whether raw begins with an attachment as the hole would write it, in so many bytes.
func (h hole) same(raw, data []byte) (n int, ok bool) {
	l := &letters{hole: h, data: bytes.NewReader(data), left: h.size}
	for {
		err := l.fill()
		if err == io.EOF {
			return n, true
		}
		if err != nil || !bytes.HasPrefix(raw[n:], l.buf) {
			return n, false
		}
		n += len(l.buf)
	}
}

// letters reads an attachment as it stood in its mail.
type letters struct {
	hole
	data io.Reader
	left int // bytes of it
	buf  []byte
	off  int // what of buf is read
	raw  []byte
}

const lettersAtOnce = 8 << 10 // bytes, about

func (l *letters) Read(p []byte) (int, error) {
	if l.off == len(l.buf) {
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.buf[l.off:])
	l.off += n
	return n, nil
}

// fill makes the next letters. At the end it reads to the end of the data, where it is known whether they
// are what was kept.
func (l *letters) fill() error {
	if l.buf, l.off = l.buf[:0], 0; l.left == 0 {
		if n, err := io.Copy(io.Discard, l.data); err != nil || n > 0 {
			return cmp.Or(err, errSource)
		}
		return io.EOF
	}
	line, end := l.line/4*3, "\n"
	if l.crlf {
		end = "\r\n"
	}
	many := max(1, lettersAtOnce/max(line, 1)) * max(line, 1)
	l.raw = slices.Grow(l.raw[:0], min(many, l.left))[:min(many, l.left)]
	if _, err := io.ReadFull(l.data, l.raw); err != nil {
		return unexpected(err)
	}
	l.left -= len(l.raw)
	if line == 0 {
		l.buf = append(l.buf, l.raw...)
		return nil
	}
	for rest := l.raw; len(rest) > 0; {
		n := min(line, len(rest))
		l.buf = base64.StdEncoding.AppendEncode(l.buf, rest[:n])
		if rest = rest[n:]; len(rest)+l.left > 0 {
			l.buf = append(l.buf, end...)
		}
	}
	return nil
}

var subfield = []byte("TL") // SI1, SI2

// extra is the header field that says what was left out; nil when nothing was.
func extra(out []hole) []byte {
	if len(out) == 0 {
		return nil
	}
	b, at := append(subfield[:2:2], 0, 0), 0
	for _, h := range out {
		b = binary.AppendUvarint(b, uint64(h.at-at)) // what of the mail stands between it and the last one
		b = binary.AppendUvarint(b, uint64(h.size))
		b = binary.AppendUvarint(b, uint64(h.line)<<1|map[bool]uint64{true: 1}[h.crlf])
		b = append(b, h.sum[:]...)
		at = h.at + h.written
	}
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)-4))
	return b
}

// holes reads it. at is the number of bytes between a hole and the one before.
func holes(b []byte) (out []hole, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	if !bytes.HasPrefix(b, subfield) || len(b) < 4 || int(binary.LittleEndian.Uint16(b[2:])) != len(b)-4 {
		return nil, errSource
	}
	for b = b[4:]; len(b) > 0; {
		var h hole
		var how int
		for _, to := range []*int{&h.at, &h.size, &how} {
			v, n := binary.Uvarint(b)
			if n <= 0 || v > maxHole {
				return nil, errSource
			}
			*to, b = int(v), b[n:]
		}
		if h.line, h.crlf = how>>1, how&1 == 1; len(b) < len(h.sum) || h.line%4 != 0 || h.line > maxLetters {
			return nil, errSource
		}
		b = b[copy(h.sum[:], b):]
		out = append(out, h)
	}
	return out, nil
}

const maxHole = 1 << 32 // bytes: far more than any mail has

var errSource = fmt.Errorf("email: the kept source of a mail is damaged")

// Unpack reads a mail as it came. NotFound: it is kept no longer. Where an attachment that was left out is
// kept no longer, a line says so.
func Unpack(ctx context.Context, blobs ticket.Blobs, src ticket.MailSource) (io.ReadCloser, error) {
	if src.IsZero() {
		return nil, ticket.Errorf("email.Unpack", ticket.NotFound, "The source of this mail is kept no longer.")
	}
	if src.Blob == "" {
		return restore(ctx, blobs, io.NopCloser(bytes.NewReader(src.Packed)))
	}
	r, err := blobs.Open(ctx, src.Blob)
	if err != nil || !src.Gzip {
		return r, err
	}
	return restore(ctx, blobs, r)
}

// restore unpacks r, and puts in what was left out.
func restore(ctx context.Context, blobs ticket.Blobs, r io.ReadCloser) (io.ReadCloser, error) {
	z, err := gzip.NewReader(r)
	var out []hole
	if err == nil {
		out, err = holes(z.Extra)
	}
	if err != nil {
		_ = r.Close() // it was only read
		return nil, err
	}
	if len(out) == 0 {
		return &unpacked{z, r}, nil
	}
	return &unpacked{&filled{ctx: ctx, blobs: blobs, rest: z, holes: out}, r}, nil
}

// filled reads a mail with what was left out of it.
type filled struct {
	ctx   context.Context
	blobs ticket.Blobs
	rest  io.Reader // what was not left out
	holes []hole
	from  io.Reader // of a hole that is being read
	blob  io.Closer
}

func (f *filled) Read(p []byte) (int, error) {
	for {
		if f.from != nil {
			n, err := f.from.Read(p)
			if err != io.EOF {
				return n, err
			}
			if f.close(); n > 0 {
				return n, nil
			}
		}
		if len(f.holes) == 0 {
			return f.rest.Read(p)
		}
		h := &f.holes[0]
		if h.at > 0 {
			n, err := f.rest.Read(p[:min(len(p), h.at)])
			if h.at -= n; err == io.EOF && h.at > 0 {
				err = io.ErrUnexpectedEOF
			} else if err == io.EOF {
				err = nil
			}
			return n, err
		}
		f.holes = f.holes[1:]
		if err := f.open(*h); err != nil {
			return 0, err
		}
	}
}

func (f *filled) open(h hole) error {
	sum := hex.EncodeToString(h.sum[:])
	r, err := f.blobs.Open(f.ctx, sum)
	if ticket.KindOf(err) == ticket.NotFound {
		f.from = strings.NewReader(fmt.Sprintf("[%d bytes that stood here are kept no longer; their SHA-256 is %s]", h.size, sum))
		return nil
	}
	if err == nil {
		f.from, f.blob = &letters{hole: h, data: r, left: h.size}, r
	}
	return err
}

func (f *filled) close() {
	if f.from = nil; f.blob != nil {
		_ = f.blob.Close() // it was only read
		f.blob = nil
	}
}

// unexpected keeps the end of a piece from being taken for the end of the mail.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (p *mapper) unpack(ctx context.Context, src ticket.MailSource) ([]byte, error) {
	r, err := Unpack(ctx, p.blobs, src)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

type unpacked struct {
	io.Reader
	kept io.Closer
}

func (u *unpacked) Close() error {
	if f, ok := u.Reader.(*filled); ok {
		f.close()
	}
	return u.kept.Close()
}
