package email

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fileLetter reads a mail that is a file; it may be packed with gzip. Of a mail that is too large to be
// read it holds no more than [DefaultMaxSize] bytes.
func fileLetter(l *Letter, path string) {
	f, err := os.Open(path)
	if err != nil {
		l.Err = err
		return
	}
	defer f.Close() // it was only read
	var r io.Reader = f
	if magic := make([]byte, 2); l.Size > 2 {
		if _, err := f.ReadAt(magic, 0); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
			if r, err = gzip.NewReader(f); err != nil {
				l.Err = err
				return
			}
		}
	}
	buf := bytes.NewBuffer(make([]byte, 0, min(l.Size, DefaultMaxSize)+bytes.MinRead))
	_, l.Err = buf.ReadFrom(io.LimitReader(r, DefaultMaxSize+1))
	if l.Raw = buf.Bytes(); r != f { // the size of the mail, as far as it was read
		l.Size = int64(len(l.Raw))
	}
	l.Size = max(l.Size, int64(len(l.Raw)))
	l.Raw = l.Raw[:min(len(l.Raw), DefaultMaxSize)]
}

// Files is an archive of mails that are a file each, in the order of their paths.
type Files struct {
	root string
	// Other counts what lies there and is not read, by its extension.
	Other map[string]int
	list  []string // below root
	sizes []int64
}

// OpenFiles finds the mails (*.eml, *.eml.gz) of a folder and of the folders in it; a file is taken
// whatever its name.
func OpenFiles(ctx context.Context, path string) (*Files, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	a := &Files{root: root, Other: map[string]int{}}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return cmp.Or(err, ctx.Err())
		}
		if !d.Type().IsRegular() {
			return nil
		}
		name := strings.ToLower(d.Name())
		if path != root && !strings.HasSuffix(name, ".eml") && !strings.HasSuffix(name, ".eml.gz") {
			a.Other[filepath.Ext(name)]++
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".msg") {
			return fmt.Errorf("%s is in Outlook's own format, which is not read: save it as .eml", path)
		}
		rel, err := filepath.Rel(root, path)
		a.list, a.sizes = append(a.list, rel), append(a.sizes, info.Size())
		return err
	})
	return a, err
}

// Name is "eml:PATH".
func (a *Files) Name() string { return "eml:" + a.root }

// Letters gives out all: what the ledger knows is passed over, so there is no cursor.
func (a *Files) Letters(context.Context, string) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for i, rel := range a.list {
			if !yield(Letter{Size: a.sizes[i], Done: float64(i+1) / float64(len(a.list)), path: rel}, nil) {
				return
			}
		}
	}
}

// Load reads files. The place of each holds its sum: the next export may use the same names.
func (a *Files) Load(_ context.Context, letters []*Letter) error {
	for _, l := range letters {
		if l.Raw != nil || l.Err != nil {
			continue
		}
		fileLetter(l, filepath.Join(a.root, l.path))
		l.Place = filepath.ToSlash(l.path) + ";sha256=" + hashOf(l.Raw)[:16]
	}
	return nil
}

// Maildir is an archive of one or more maildirs, in the order in which their mails came.
type Maildir struct {
	root    string
	Folders []Folder // that were found
	list    []delivered
}

// Folder is one of an archive.
type Folder struct {
	Name  string
	Mails int
	Left  bool // it is left out
	dir   string
}

// delivered is a file of a maildir.
type delivered struct {
	at     int64 // s since 1970
	folder int32
	cur    bool
	name   string
}

// OpenMaildir finds the folders of a maildir: itself, those in it (Maildir++ or a tree), and those below
// them. Choose says by its name which are read.
func OpenMaildir(ctx context.Context, path string, choose func(folder string) bool) (*Maildir, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	a := &Maildir{root: root}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return cmp.Or(err, ctx.Err())
		}
		if !d.IsDir() {
			return nil
		}
		if base := d.Name(); path != root && (base == "cur" || base == "new" || base == "tmp") {
			return fs.SkipDir
		}
		return a.folder(path, choose)
	})
	slices.SortFunc(a.list, func(x, y delivered) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.folder, y.folder), cmp.Compare(x.name, y.name))
	})
	if err == nil && len(a.Folders) == 0 {
		err = fmt.Errorf("%s is no maildir: it has neither cur nor new", path)
	}
	return a, err
}

func (a *Maildir) folder(path string, choose func(string) bool) error {
	rel, err := filepath.Rel(a.root, path)
	if err != nil {
		return err
	}
	f := Folder{Name: filepath.ToSlash(rel), dir: path}
	if f.Name == "." {
		f.Name = "INBOX"
	}
	f.Name = strings.TrimPrefix(f.Name, ".") // Maildir++
	f.Left = !choose(f.Name)
	found := false
	for _, sub := range []string{"cur", "new"} {
		dir, err := os.ReadDir(filepath.Join(path, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		found = true
		for _, d := range dir {
			if !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") {
				continue
			}
			if f.Mails++; !f.Left {
				digits, _, _ := strings.Cut(d.Name(), ".")
				at, _ := strconv.ParseInt(digits, 10, 64) // 0 where it is no time
				a.list = append(a.list, delivered{at, int32(len(a.Folders)), sub == "cur", d.Name()})
			}
		}
	}
	if found {
		a.Folders = append(a.Folders, f)
	}
	return nil
}

// Name is "maildir:PATH".
func (a *Maildir) Name() string { return "maildir:" + a.root }

// Letters gives out all: what the ledger knows is passed over before it is read, so there is no cursor.
func (a *Maildir) Letters(context.Context, string) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for i, d := range a.list {
			folder := a.Folders[d.folder].Name
			l := Letter{Place: folder + ";" + unique(d.name), Done: float64(i+1) / float64(len(a.list)), path: a.path(d)}
			if d.at > 0 {
				l.Date = time.Unix(d.at, 0)
			}
			info, err := os.Lstat(l.path)
			if err != nil {
				l.Err = err
			} else {
				l.Size = info.Size()
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (a *Maildir) path(d delivered) string {
	sub := "new"
	if d.cur {
		sub = "cur"
	}
	return filepath.Join(a.Folders[d.folder].dir, sub, d.name)
}

// unique is the part of a name that never changes: what follows are flags.
func unique(name string) string {
	if i := strings.LastIndex(name, "2,"); i > 0 && strings.IndexByte(":;!", name[i-1]) >= 0 {
		return name[:i-1]
	}
	return name
}

// Load reads files.
func (a *Maildir) Load(_ context.Context, letters []*Letter) error {
	for _, l := range letters {
		if l.Raw == nil && l.Err == nil {
			fileLetter(l, l.path)
		}
	}
	return nil
}
