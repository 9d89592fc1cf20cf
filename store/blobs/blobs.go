// Package blobs keeps attachments and quarantined input under their SHA-256, in a folder or in
// another bucket of gocloud.dev/blob.
//
// What happens when things fail: a blob is there whole or not at all. It is spooled and hashed first,
// then written under its name in one step; in a folder it is on the disk (fsync) when Put returns. A
// process that dies in the middle leaves a temporary file and no blob. Bytes that are not those that
// were put are an error at the end of reading. A bucket that cannot be reached is Transient.
//
// The folder and, for tests, memory ("mem://") are built in. S3 is not: its driver was measured at
// 10.5 MB of binary (gocloud.dev v0.47), about as much as all the rest of it; a program that wants
// it imports gocloud.dev/blob/s3blob beside this package and gives an "s3://" URL.
package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob" // mem://, for tests
	"gocloud.dev/gcerrors"

	"tierline/config/check"
	"tierline/ticket"
)

// Config says where blobs are kept.
type Config struct {
	// URL is a bucket of gocloud.dev/blob; "" is the folder blobs in Data.
	URL string `yaml:"url"`
	// Data is the data directory, made when it is missing. Needed without a URL.
	Data string `yaml:"-"`
}

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	if c.URL == "" {
		return
	}
	if u, err := url.Parse(c.URL); err != nil || !blob.DefaultURLMux().ValidBucketScheme(u.Scheme) {
		at.Key("url").Error("leave it empty for the data directory", "this is no address of a bucket that is built in")
	}
}

// Blobs implements ticket.Blobs. It is safe for concurrent use.
type Blobs struct {
	bucket *blob.Bucket
	dir    string // of a folder: what must be on the disk
}

var _ ticket.Blobs = (*Blobs)(nil)

const inMemory = 256 << 10 // bytes that are spooled without a file

// Open opens the bucket.
func Open(ctx context.Context, c Config) (*Blobs, error) {
	if c.URL != "" {
		b, err := blob.OpenBucket(ctx, c.URL)
		if err != nil { // its text may hold what is secret in the URL
			return nil, ticket.Errorf("blobs.Open", ticket.Invalid, "The bucket for attachments cannot be opened.")
		}
		return &Blobs{bucket: b}, nil
	}
	if c.Data == "" {
		return nil, ticket.Errorf("blobs.Open", ticket.Invalid, "Neither a bucket nor a data directory is configured.")
	}
	dir := filepath.Join(c.Data, "blobs")
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true,
		Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, ticket.E("blobs.Open", ticket.Invalid, err)
	}
	return &Blobs{bucket: b, dir: dir}, nil
}

// Close releases the bucket.
func (b *Blobs) Close() error { return b.bucket.Close() }

// Ping fails when the bucket cannot be used right now.
func (b *Blobs) Ping(ctx context.Context) error {
	ok, err := b.bucket.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("there is no such bucket")
	}
	return failure("blobs.Ping", err)
}

// Put keeps what r holds and says under which name, and how many bytes it is. A *bytes.Buffer is not
// copied.
func (b *Blobs) Put(ctx context.Context, r io.Reader, max int64) (string, int64, error) {
	const op = "blobs.Put"
	s := &spool{hash: sha256.New()}
	defer s.close()
	size, err := s.fill(r, max)
	if err != nil {
		var known *ticket.Error
		if errors.As(err, &known) {
			return "", 0, err
		}
		return "", 0, ticket.E(op, ticket.Transient, err)
	}
	if size > max {
		return "", 0, ticket.Errorf(op, ticket.Invalid, "Too large: more than %d bytes.", max)
	}
	sum := hex.EncodeToString(s.hash.Sum(nil))
	there, err := b.has(ctx, sum, size)
	if err != nil || there {
		return sum, size, failure(op, err)
	}
	from, err := s.reader()
	if err != nil {
		return "", 0, failure(op, err)
	}
	if b.dir != "" {
		err = b.writeFile(ctx, sum, from)
	} else {
		err = b.write(ctx, sum, from)
	}
	if err != nil {
		return "", 0, failure(op, err)
	}
	return sum, size, nil
}

// has says that a blob is there. One of another size was cut short, and is written anew.
func (b *Blobs) has(ctx context.Context, sum string, size int64) (bool, error) {
	if b.dir != "" {
		info, err := os.Stat(b.file(sum))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return err == nil && info.Size() == size, err
	}
	a, err := b.bucket.Attributes(ctx, key(sum))
	if gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	return err == nil && a.Size == size, err
}

func (b *Blobs) write(ctx context.Context, sum string, from io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a writer whose context has ended writes nothing when it is closed
	w, err := b.bucket.NewWriter(ctx, key(sum), &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, from); err != nil {
		cancel()
		_ = w.Close() // the first error is the one that tells
		return err
	}
	return w.Close()
}

func (b *Blobs) file(sum string) string { return filepath.Join(b.dir, filepath.FromSlash(key(sum))) }

// writeFile writes a blob into the folder as its bucket would, in less time, and has it on the disk
// before it has its name.
func (b *Blobs) writeFile(ctx context.Context, sum string, from io.Reader) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	file := b.file(sum)
	dir := filepath.Dir(file)
	if err := os.Mkdir(dir, 0o700); err == nil {
		if err := flush(b.dir); err != nil {
			return err
		}
	} else if !errors.Is(err, os.ErrExist) {
		return err
	}
	f, err := os.CreateTemp(dir, "*.tmp")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one that tells
		return err
	}
	return flush(dir)
}

func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open reads a blob; NotFound when there is none. The last Read fails when the bytes are not those
// that were put.
func (b *Blobs) Open(ctx context.Context, sum string) (io.ReadCloser, error) {
	const op = "blobs.Open"
	if !valid(sum) {
		return nil, ticket.E(op, ticket.NotFound, errors.New("no SHA-256 in lower-case hex"))
	}
	r, err := b.bucket.NewReader(ctx, key(sum), nil)
	if err != nil {
		return nil, failure(op, err)
	}
	return &checked{r: r, hash: sha256.New(), sum: sum}, nil
}

// Remove deletes a blob. One that is not there is no error.
func (b *Blobs) Remove(ctx context.Context, sum string) error {
	if !valid(sum) {
		return nil
	}
	if err := b.bucket.Delete(ctx, key(sum)); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return failure("blobs.Remove", err)
	}
	return nil
}

func valid(sum string) bool {
	for _, c := range sum {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(sum) == 2*sha256.Size
}

// key spreads blobs over 256 folders.
func key(sum string) string { return sum[:2] + "/" + sum }

// checked hashes what is read.
type checked struct {
	r    io.ReadCloser
	hash hash.Hash
	sum  string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.hash.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.hash.Sum(nil)) != c.sum {
		err = fmt.Errorf("blobs: the bytes kept as %s are others", c.sum)
	}
	return n, err
}

func (c *checked) Close() error { return c.r.Close() }

// spool keeps what comes in memory, and in a file when it is much.
type spool struct {
	hash hash.Hash
	mem  bytes.Buffer
	all  *bytes.Buffer // in place of mem, when what comes is in memory already
	file *os.File
}

// fill reads r to its end, or one byte beyond max.
func (s *spool) fill(r io.Reader, max int64) (int64, error) {
	if in, ok := r.(*bytes.Buffer); ok {
		s.hash.Write(in.Bytes())
		s.all = in
		return int64(in.Len()), nil
	}
	return io.Copy(s, io.LimitReader(r, max+1))
}

func (s *spool) Write(p []byte) (int, error) {
	s.hash.Write(p)
	if s.file == nil {
		if s.mem.Len()+len(p) <= inMemory {
			return s.mem.Write(p)
		}
		f, err := os.CreateTemp("", "tierline-blob-*")
		if err != nil {
			return 0, err
		}
		s.file = f
		if _, err := f.Write(s.mem.Bytes()); err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

func (s *spool) reader() (io.Reader, error) {
	switch {
	case s.all != nil:
		return s.all, nil
	case s.file == nil:
		return &s.mem, nil
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return s.file, err
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	if gcerrors.Code(err) == gcerrors.NotFound {
		return ticket.E(op, ticket.NotFound, err)
	}
	return ticket.E(op, ticket.Transient, err)
}
