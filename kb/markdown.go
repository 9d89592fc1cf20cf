package kb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"tierline/ticket"
)

// Limits of Markdown files.
const (
	MaxFile     = MaxBody + maxFront // bytes
	MaxFiles    = 100_000            // in one folder
	maxFront    = 64 << 10           // bytes of front matter
	maxList     = 200                // entries of models, tags, keywords
	maxEntry    = 300                // runes of one of them, of a brand, of an owner
	maxWording  = 64 << 10           // bytes
	fence       = "---"
	defaultName = "untitled"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	File    string
	Line    int  // from 1; 0 is the whole file
	Warning bool // the article can be used all the same
	What    string
}

func (f Fault) String() string {
	s := f.File
	if f.Line > 0 {
		s += ":" + strconv.Itoa(f.Line)
	}
	return s + ": " + f.What
}

var (
	idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	notID     = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
	yamlLine  = regexp.MustCompile(`line (\d+): `)
	langTag   = regexp.MustCompile(`^[a-z]{2,3}$`)
)

// ReadFolder reads every .md and .markdown file below a folder, in order of name. Files that cannot
// be used are left out and named among the faults, all of them; an error is one of reading.
func ReadFolder(fsys fs.FS) ([]Article, []Fault, error) {
	r := reader{ids: map[string]string{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if ext := strings.ToLower(path.Ext(name)); ext != ".md" && ext != ".markdown" {
			return nil
		}
		if len(r.articles) >= MaxFiles {
			return ticket.Errorf("kb.ReadFolder", ticket.Invalid, "There are more than %d articles in the folder.", MaxFiles)
		}
		return r.file(fsys, name)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("kb: reading articles: %w", err)
	}
	return r.articles, r.faults, nil
}

type reader struct {
	articles []Article
	faults   []Fault
	ids      map[string]string // id to the file that has it
}

func (r *reader) file(fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return err
	}
	a, faults := ReadMarkdown(name, raw)
	if first, twice := r.ids[a.ID]; twice {
		faults = append(faults, Fault{File: name, What: fmt.Sprintf("the id %q is that of %s already", a.ID, first)})
	}
	r.faults = append(r.faults, faults...)
	if slices.ContainsFunc(faults, func(f Fault) bool { return !f.Warning }) {
		return nil
	}
	r.ids[a.ID] = name
	r.articles = append(r.articles, a)
	return nil
}

// ReadMarkdown reads one article. What the front matter leaves out: the id is made of the file's
// name, the title is the first heading, the audience is internal (nothing is published by
// omission), the confidence not validated. The article can be used when all faults are warnings.
func ReadMarkdown(name string, raw []byte) (Article, []Fault) {
	p := page{name: name}
	switch {
	case len(raw) > MaxFile:
		p.fault(0, "longer than %d bytes", MaxFile)
		return Article{}, p.faults
	case !utf8.Valid(raw):
		p.fault(0, "not UTF-8")
		return Article{}, p.faults
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	head, body := splitFront(raw)
	p.lines = map[string]int{}
	p.a.Body = string(body)
	p.front(head)
	p.defaults()
	p.check()
	return p.a, p.faults
}

// splitFront parts the front matter, between two lines of three hyphens, from the body. One empty
// line behind it belongs to neither.
func splitFront(raw []byte) (head, body []byte) {
	line, rest, _ := bytes.Cut(raw, []byte("\n"))
	if string(bytes.TrimRight(line, " \t\r")) != fence {
		return nil, raw
	}
	for at := 0; at < len(rest); {
		line, _, more := bytes.Cut(rest[at:], []byte("\n"))
		next := at + len(line)
		if more {
			next++
		}
		if string(bytes.TrimRight(line, " \t\r")) == fence {
			body = rest[next:]
			if b, ok := bytes.CutPrefix(body, []byte("\n")); ok {
				return rest[:at], b
			}
			b, _ := bytes.CutPrefix(body, []byte("\r\n"))
			return rest[:at], b
		}
		at = next
	}
	return nil, raw
}

// page is one file being read.
type page struct {
	name   string
	a      Article
	lines  map[string]int // of the keys
	faults []Fault
}

func (p *page) fault(line int, format string, args ...any) {
	p.faults = append(p.faults, Fault{File: p.name, Line: line, What: fmt.Sprintf(format, args...)})
}

func (p *page) warn(line int, format string, args ...any) {
	p.faults = append(p.faults, Fault{File: p.name, Line: line, Warning: true, What: fmt.Sprintf(format, args...)})
}

// front reads the keys one by one, so that a fault in one does not hide the others.
func (p *page) front(head []byte) {
	if len(head) > maxFront {
		p.fault(1, "the front matter is longer than %d bytes", maxFront)
		return
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(head, &doc); err != nil {
		p.yamlFault(err)
		return
	}
	if len(doc.Content) == 0 {
		return
	}
	m := doc.Content[0]
	if m.Kind != yaml.MappingNode {
		p.fault(m.Line+1, "the front matter is no list of keys and values")
		return
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		if _, twice := p.lines[k.Value]; twice {
			p.fault(k.Line+1, "the key %.40q stands twice", k.Value)
			continue
		}
		p.lines[k.Value] = k.Line + 1
		p.key(k.Value, v)
	}
}

func (p *page) key(key string, v *yaml.Node) {
	to, known := map[string]any{
		"id": &p.a.ID, "title": &p.a.Title, "language": &p.a.Language, "audience": &p.a.Audience,
		"confidence": &p.a.Confidence, "brand": &p.a.Brand, "models": &p.a.Models, "tags": &p.a.Tags,
		"keywords": &p.a.Keywords, "wording": &p.a.Wording, "owner": &p.a.Owner, "updated": &p.a.Updated,
	}[key]
	if !known {
		p.warn(v.Line+1, "the key %.40q means nothing here", key)
		return
	}
	if list, ok := to.(*[]string); ok && v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
		for w := range strings.SplitSeq(v.Value, ",") { // tags: leak, descaling
			if w = strings.TrimSpace(w); w != "" {
				*list = append(*list, w)
			}
		}
		return
	}
	if v.Kind == yaml.AliasNode {
		p.fault(v.Line+1, "%s: write the value itself, not a reference", key)
		return
	}
	if err := v.Decode(to); err != nil {
		p.fault(v.Line+1, "%s: %s", key, kindOf(to))
	}
}

func kindOf(to any) string {
	switch to.(type) {
	case *[]string:
		return "wanted is a list of words"
	case *time.Time:
		return "wanted is a time such as 2026-03-01 or 2026-03-01T12:00:00Z"
	}
	return "wanted is a text"
}

func (p *page) yamlFault(err error) {
	what, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = strings.Replace(what, m[0], "", 1)
		line++ // the fence is line 1
	}
	p.fault(line, "the front matter is no YAML: %.200s", what)
}

func (p *page) defaults() {
	if p.a.ID == "" {
		p.a.ID = idOf(p.name)
	}
	if p.a.Title == "" {
		p.a.Title = heading(p.a.Body)
	}
	if p.a.Title == "" {
		base := path.Base(p.name)
		p.a.Title = strings.TrimSuffix(base, path.Ext(base))
	}
	p.a.Language = primary(p.a.Language)
	switch Audience(strings.ToLower(string(p.a.Audience))) {
	case "", Internal, "staff", "agents", "agent":
		p.a.Audience = Internal
	case External, "customer", "customers", "public":
		p.a.Audience = External
	}
	switch strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(string(p.a.Confidence))) {
	case "", "not_validated":
		p.a.Confidence = NotValidated
	case "work_in_progress", "wip", "draft":
		p.a.Confidence = WorkInProgress
	case "validated", "published":
		p.a.Confidence = Validated
	case "archived":
		p.a.Confidence = Archived
	}
	p.a.Updated = p.a.Updated.UTC()
}

// primary is the primary subtag of a BCP 47 tag: "de" of "de-AT".
func primary(tag string) string {
	tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	tag, _, _ = strings.Cut(tag, "_")
	return tag
}

// idOf makes an id of a file's name and folder: "faq/How to.md" is "faq-how-to".
func idOf(name string) string {
	id := strings.Trim(notID.ReplaceAllString(Fold(strings.TrimSuffix(name, path.Ext(name))), "-"), "-")
	if id == "" {
		id = defaultName
	}
	return id[:min(len(id), 128)]
}

// heading is the text of the first heading, when nothing but blank lines stands before it.
func heading(body string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	if !strings.HasPrefix(line, "#") {
		return ""
	}
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(line), "#"))
}

// check reports what an article may not be, each at its key.
func (p *page) check() {
	for _, f := range Faults(p.a) {
		p.fault(p.lines[f.Key], "%s: %s", f.Key, f.What)
	}
}

// KeyFault is what is wrong with one part of an article.
type KeyFault struct{ Key, What string }

// Faults lists everything that keeps an article from being stored.
func Faults(a Article) []KeyFault {
	var all []KeyFault
	bad := func(key, format string, args ...any) {
		all = append(all, KeyFault{key, fmt.Sprintf(format, args...)})
	}
	if !idPattern.MatchString(a.ID) {
		bad("id", "letters, digits, - and _ only, at most 128: not %.40q", a.ID)
	}
	if n := utf8.RuneCountInString(a.Title); n == 0 || n > MaxTitle || strings.ContainsAny(a.Title, "\r\n") {
		bad("title", "wanted is one line of at most %d letters", MaxTitle)
	}
	if len(a.Body) > MaxBody {
		bad("body", "%d bytes of at most %d", len(a.Body), MaxBody)
	}
	if s, faults := ParseScript(a.Body); a.Guided() && len(s.Steps) == 0 {
		bad("body", "as a guided script (tag %q): no heading of the second level has answers below it, such as: - Yes → next", TagScript)
	} else if a.Guided() && len(faults) > 0 {
		bad("body", "as a guided script (tag %q): %s", TagScript, strings.Join(faults, "; "))
	}
	if _, faults := ParseMacro(a); a.Ready() && len(faults) > 0 {
		bad("body", "as a macro (tag %q): %s", TagMacro, strings.Join(faults, "; "))
	}
	if a.Ready() && a.Guided() {
		bad("tags", "wanted is %s or %s, not both", TagMacro, TagScript)
	}
	if a.Language != "" && !langTag.MatchString(a.Language) {
		bad("language", "wanted is a language such as de, not %.20q", a.Language)
	}
	if a.Audience != External && a.Audience != Internal {
		bad("audience", "wanted is external or internal, not %.20q", string(a.Audience))
	}
	if !slices.Contains([]Confidence{WorkInProgress, NotValidated, Validated, Archived}, a.Confidence) {
		bad("confidence", "wanted is work_in_progress, not_validated, validated or archived, not %.20q", string(a.Confidence))
	}
	for key, list := range map[string][]string{"models": a.Models, "tags": a.Tags, "keywords": a.Keywords,
		"brand": {a.Brand}, "owner": {a.Owner}} {
		if len(list) > maxList {
			bad(key, "%d entries of at most %d", len(list), maxList)
		} else if slices.ContainsFunc(list, func(s string) bool { return utf8.RuneCountInString(s) > maxEntry }) {
			bad(key, "an entry is longer than %d letters", maxEntry)
		}
	}
	if len(a.Wording) > maxWording {
		bad("wording", "%d bytes of at most %d", len(a.Wording), maxWording)
	}
	slices.SortFunc(all, func(x, y KeyFault) int { return strings.Compare(x.Key, y.Key) })
	return all
}

// Validate is nil for an article that may be stored.
func Validate(a Article) error {
	var errs []error
	for _, f := range Faults(a) {
		errs = append(errs, errors.New(f.Key+": "+f.What))
	}
	if errs == nil {
		return nil
	}
	return &ticket.Error{Op: "kb.Validate", Kind: ticket.Invalid, Public: errors.Join(errs...).Error()}
}

// WriteMarkdown is the article as a file that ReadMarkdown reads to the same article, but for its
// Rev and its place in the change feed.
func WriteMarkdown(a Article) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(fence + "\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(a); err != nil {
		return nil, fmt.Errorf("kb: article %s: %w", a.ID, err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("kb: article %s: %w", a.ID, err)
	}
	b.WriteString(fence + "\n\n" + a.Body)
	return b.Bytes(), nil
}
