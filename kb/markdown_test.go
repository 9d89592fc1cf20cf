package kb

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestReadMarkdown(t *testing.T) {
	t.Parallel()
	a, faults := ReadMarkdown("x/leak.md", []byte("---\nid: leak-1\ntitle: Water\nlanguage: de-AT\naudience: customer\nconfidence: Validated\n"+
		"brand: b\nmodels: [BW-100, BW-200]\ntags: one, two\nkeywords:\n  - wet\nwording: |-\n  a\n  ---\n  b\nowner: o\nupdated: 2026-03-01\n---\n\n# Body\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := Article{ID: "leak-1", Title: "Water", Language: "de", Audience: External, Confidence: Validated, Brand: "b",
		Models: []string{"BW-100", "BW-200"}, Tags: []string{"one", "two"}, Keywords: []string{"wet"}, Wording: "a\n---\nb",
		Owner: "o", Updated: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Body: "# Body\n"}
	if !reflect.DeepEqual(a, want) {
		t.Errorf("got  %+v\nwant %+v", a, want)
	}
}

func TestReadMarkdownFillsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, id, title, body string }{
		"faq/Wie geht's.md": {"# Über uns #\n\nText", "faq-Wie-geht-s", "Über uns", "# Über uns #\n\nText"},
		"plain.markdown":    {"only text", "plain", "plain", "only text"},
		"empty.md":          {"", "empty", "empty", ""},
		"§§.md":             {"---\r\ntitle: T\r\n---\r\n\r\nbody\r\n", "untitled", "T", "body\r\n"},
		"bom.md":            {"\ufeff---\ntitle: B\n---\nx", "bom", "B", "x"},
		"open.md":           {"---\nno end", "open", "open", "---\nno end"},
		"rule.md":           {"---\n---\n\n\n---\nx", "rule", "rule", "\n---\nx"},
	} {
		a, faults := ReadMarkdown(name, []byte(c.raw))
		if len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
		if !strings.EqualFold(a.ID, c.id) || a.Title != c.title || a.Body != c.body || a.Audience != Internal || a.Confidence != NotValidated {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestReadMarkdownReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, faults := ReadMarkdown("f.md", []byte("---\nid: a b\ntitle: [x]\nlanguage: Klingon!\naudience: everybody\n"+
		"colour: red\nupdated: yesterday\nid: twice\nconfidence: sure\nmodels: {a: b}\n---\n"))
	var got []string
	for _, f := range faults {
		s := f.String()
		if f.Warning {
			s = "warning " + s
		}
		got = append(got, s[:min(len(s), strings.Index(s, ": ")+14)])
	}
	slices.Sort(got)
	for _, want := range []string{"f.md:2: id", "f.md:3: title", "f.md:4: language", "f.md:5: audience", "warning f.md:6: the key",
		"f.md:7: updated", "f.md:8: the key", "f.md:9: confidence", "f.md:10: models"} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	for name, raw := range map[string]string{"not UTF-8": "\xff\xfe", "no YAML": "---\ntitle: a\n  b: [\n---\n",
		"longer": strings.Repeat("x", MaxFile+1), "no list of keys": "---\n- a\n---\n", "reference": "---\ntitle: &x a\nbrand: *x\n---\n"} {
		if _, faults := ReadMarkdown("f.md", []byte(raw)); len(faults) != 1 || faults[0].Warning || !strings.Contains(faults[0].What, name) {
			t.Errorf("%s: %v", name, faults)
		}
	}
	if _, faults := ReadMarkdown("f.md", []byte("---\ntitle: a\nowner: x: y: z\n---\n")); len(faults) != 1 || faults[0].Line != 3 {
		t.Errorf("wrong line: %v", faults)
	}
}

func TestReadFolder(t *testing.T) {
	t.Parallel()
	articles, faults, err := ReadFolder(fstest.MapFS{
		"a.md":         {Data: []byte("# A")},
		"sub/b.MD":     {Data: []byte("---\nid: b\n---\n# B")},
		"sub/c.md":     {Data: []byte("---\nid: b\n---\n# C")},
		"bad.md":       {Data: []byte("---\nid: '!'\n---\n")},
		"picture.png":  {Data: []byte("no")},
		".git/head.md": {Data: []byte("# no")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(articles) != 2 || articles[0].ID != "a" || articles[1].ID != "b" || articles[1].Title != "B" {
		t.Errorf("%+v", articles)
	}
	if len(faults) != 2 || faults[0].File != "bad.md" || faults[1].File != "sub/c.md" || !strings.Contains(faults[1].What, "sub/b.MD") {
		t.Errorf("%v", faults)
	}
}

func roundTrip(t *testing.T, a Article) {
	t.Helper()
	raw, err := WriteMarkdown(a)
	if err != nil {
		t.Fatal(err)
	}
	got, faults := ReadMarkdown("other-name.md", raw)
	if len(faults) > 0 {
		t.Fatalf("%v in\n%s", faults, raw)
	}
	if !reflect.DeepEqual(got, a) {
		t.Errorf("got  %+v\nwant %+v\nin\n%s", got, a, raw)
	}
}

func TestMarkdownRoundTrip(t *testing.T) {
	t.Parallel()
	a := Article{ID: "x", Title: "T: \"quoted\" # & * 'y'", Audience: External, Confidence: Archived}
	roundTrip(t, a)
	for _, body := range []string{"", "\n", "\n\n\n", "\r\n", "no end", "---\nx\n---\n", "# T\n\n---\n\ntext\n", " lead", "\ttab\r\nmixed\n"} {
		a.Body = body
		roundTrip(t, a)
	}
	a.Models, a.Tags, a.Keywords = []string{"1", "yes", "null", ""}, []string{"a, b", "- c", "2026-01-01"}, []string{"Ä", "\t", "---"}
	a.Wording, a.Owner, a.Brand, a.Language = "---\n  deep\n\n trailing \r\n", "~", "0x1", "no"
	a.Updated = time.Date(2026, 2, 3, 4, 5, 6, 789000000, time.UTC)
	roundTrip(t, a)
}

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("---\nid: a\ntitle: b\ntags: [c]\nupdated: 2026-01-01T00:00:00Z\n---\n\nbody\n"))
	f.Add([]byte("---\r\ntitle: |\r\n  x\r\n---\r\n"))
	f.Add([]byte("---\nkeywords: a, b\nwording: \"\\u0085\\u2028\"\n---\n---\n"))
	f.Add([]byte("---\na: &a [*a]\n---\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, faults := ReadMarkdown("some/name.md", raw)
		if slices.ContainsFunc(faults, func(f Fault) bool { return !f.Warning }) {
			return
		}
		if err := Validate(a); err != nil {
			t.Fatalf("read without a fault, but %v", err)
		}
		roundTrip(t, a)
	})
}
