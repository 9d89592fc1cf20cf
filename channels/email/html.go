package email

import (
	"bytes"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// htmlReader turns HTML into lines of text, and marks those which the structure says are quoted or a
// signature. It reads tokens, not a tree: hostile nesting costs nothing, and nothing is refused.
type htmlReader struct {
	lines   []line
	cur     strings.Builder
	blank   int // line ends at the end of lines
	space   bool
	pre     int
	skip    string // element whose content is not text
	link    string
	linkAt  int
	list    []int // numbers of the lists that are open: -1 has bullets
	regions []region
	rest    kind  // of everything that follows
	inner   int   // blockquotes that are open within a wrapper
	rules   []int // lines below a rule
	answers bool  // below a wrapper's quotation the sender's words may stand, in the wrapper
}

// region is an element whose content is quoted history or a signature.
type region struct {
	tag  string
	open int // elements of this name that are open within it, itself included
	kind kind
	from int  // its first line
	wrap bool // it holds an attribution and a blockquote
}

// notesGrey is how Notes writes the keys of the header above what it quotes.
const notesGrey = "#5f5f5f"

const (
	maxRegions = 1000
	maxRules   = 50
)

// htmlLines reads HTML as a person would see it.
func htmlLines(s string) []line {
	r := &htmlReader{blank: 2}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			r.flush(1)
			r.ruled()
			return r.lines
		case html.TextToken:
			if r.skip == "" {
				r.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			var a attributes
			for n := 0; more && n < maxAttributes; n++ {
				var k, v []byte
				if k, v, more = z.TagAttr(); len(v) < maxAttribute {
					a.set(k, v)
				}
			}
			r.start(tag, a)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(string(name))
		}
	}
}

// attributes are those that say what an element is.
type attributes struct{ class, id, name, typ, style, marker, color, href, alt string }

const (
	maxAttributes = 50   // of an element
	maxAttribute  = 4096 // bytes
)

func (a *attributes) set(k, v []byte) {
	switch string(k) {
	case "class":
		a.class = string(v)
	case "id":
		a.id = string(v)
	case "name":
		a.name = string(v)
	case "type":
		a.typ = string(v)
	case "style":
		a.style = string(v)
	case "data-marker":
		a.marker = string(v)
	case "color":
		a.color = string(v)
	case "href":
		a.href = string(v)
	case "alt":
		a.alt = string(v)
	}
}

var skipped = map[string]bool{"script": true, "style": true, "title": true, "template": true, "svg": true, "math": true}

// void elements have no content, and no end.
var void = map[string]bool{"br": true, "img": true, "hr": true, "meta": true, "link": true, "input": true, "wbr": true,
	"area": true, "base": true, "col": true, "embed": true, "source": true, "track": true}

var blocks = map[string]int{ // line ends around the element
	"p": 2, "div": 1, "tr": 1, "table": 1, "li": 1, "ul": 1, "ol": 1, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2,
	"h6": 2, "blockquote": 1, "pre": 1, "hr": 1, "section": 1, "article": 1, "header": 1, "footer": 1, "address": 1,
	"dl": 1, "dt": 1, "dd": 1, "center": 1, "fieldset": 1, "form": 1, "body": 1, "caption": 1, "details": 1,
	"summary": 1, "figure": 1, "main": 1, "aside": 1, "nav": 1,
}

func (r *htmlReader) start(tag string, a attributes) {
	if r.skip != "" {
		return
	}
	if skipped[tag] {
		r.skip = tag
		return
	}
	if n := blocks[tag]; n > 0 {
		r.flush(n)
	}
	r.enter(tag, a)
	switch tag {
	case "br":
		r.newline()
	case "td", "th":
		r.space = r.cur.Len() > 0
	case "pre":
		r.pre++
	case "ul", "ol":
		n := -1
		if tag == "ol" {
			n = 0
		}
		if len(r.list) < 100 {
			r.list = append(r.list, n)
		}
	case "li":
		r.bullet()
	case "a":
		r.link, r.linkAt = a.href, r.cur.Len()
	case "img":
		if alt := strings.TrimSpace(a.alt); alt != "" && len(alt) < 300 {
			r.text(" [" + alt + "] ")
		}
	}
}

func (r *htmlReader) bullet() {
	mark := "- "
	if n := len(r.list); n > 0 {
		if r.list[n-1] >= 0 {
			r.list[n-1]++
			mark = itoa(r.list[n-1]) + ". "
		}
		mark = strings.Repeat("  ", min(n-1, 10)) + mark
	}
	r.cur.WriteString(mark)
	r.space = false
}

func (r *htmlReader) end(tag string) {
	if r.skip != "" {
		if tag == r.skip {
			r.skip = ""
		}
		return
	}
	switch tag {
	case "pre":
		r.pre = max(0, r.pre-1)
	case "ul", "ol":
		if n := len(r.list); n > 0 {
			r.list = r.list[:n-1]
		}
	case "a":
		r.endLink()
	}
	if n := blocks[tag]; n > 0 {
		r.flush(n)
	}
	r.leave(tag)
}

// endLink shows where a link leads, when its text does not say so.
func (r *htmlReader) endLink() {
	href := strings.TrimSpace(r.link)
	r.link = ""
	if r.linkAt > r.cur.Len() {
		return
	}
	text := strings.TrimSpace(r.cur.String()[r.linkAt:])
	bare := func(s string) string {
		s = strings.TrimSuffix(strings.ToLower(s), "/")
		for _, p := range []string{"mailto:", "tel:", "https://", "http://", "www."} {
			s = strings.TrimPrefix(s, p)
		}
		return s
	}
	scheme, _, _ := strings.Cut(strings.ToLower(href), ":")
	if text == "" || len(href) > 500 || scheme != "http" && scheme != "https" && scheme != "mailto" || bare(text) == bare(href) {
		return
	}
	r.cur.WriteString(" (" + href + ")")
}

// text adds characters: outside of pre, blanks are one blank.
func (r *htmlReader) text(s string) {
	for _, c := range s {
		switch {
		case r.pre > 0 && c == '\n':
			r.newline()
		case r.pre > 0 && c != '\r':
			r.cur.WriteRune(c)
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\u00a0':
			r.space = r.space || r.cur.Len() > 0
		case c == '\u200b' || c == '\ufeff' || c == '\u00ad' || c == '\u034f' || c < ' ': // invisible fillers
		default:
			if r.space && r.cur.Len() > 0 {
				r.cur.WriteByte(' ')
			}
			r.space = false
			r.cur.WriteRune(c)
		}
	}
}

func (r *htmlReader) newline() {
	r.lines = append(r.lines, line{text: strings.TrimRight(r.cur.String(), " "), kind: r.kind()})
	if r.cur.Len() == 0 {
		r.blank++
	} else {
		r.blank = 1
	}
	r.cur.Reset()
	r.space, r.linkAt = false, 0
}

// flush ends the line and makes sure of n line ends.
func (r *htmlReader) flush(n int) {
	if strings.TrimSpace(r.cur.String()) != "" {
		r.newline()
	} else {
		r.cur.Reset()
	}
	for ; r.blank < n; r.blank++ {
		r.lines = append(r.lines, line{kind: r.kind()})
	}
	r.space = false
}

func (r *htmlReader) kind() kind {
	if len(r.regions) > 0 {
		return r.regions[0].kind
	}
	return r.rest
}

func (r *htmlReader) enter(tag string, a attributes) {
	if len(r.rules) < maxRules && (tag == "hr" || tag == "div" && ruledAbove(a.style) || tag == "font" && a.color == notesGrey && r.cur.Len() == 0) {
		r.flush(1)
		r.rules = append(r.rules, len(r.lines))
	}
	if void[tag] {
		if list, ok := markOf(a.id); ok && list == markRest && tag == "hr" && len(r.regions) == 0 && r.rest == plain {
			r.rest = gone
		}
		return
	}
	for i := range r.regions {
		if r.regions[i].tag == tag {
			r.regions[i].open++
		}
	}
	if len(r.regions) > 0 { // the outermost says what it is
		if tag == "blockquote" && r.regions[0].wrap {
			r.enterWrapped()
		}
		return
	}
	k, toEnd := quotedBy(tag, a)
	if toEnd && r.rest == plain {
		r.flush(1)
		r.rest = k
	} else if k != plain && len(r.regions) < maxRegions {
		r.flush(1)
		if k == indented && r.answers {
			k = cited
		}
		wrap := k == cited && tag != "blockquote" && wraps(a.class)
		r.regions = append(r.regions, region{tag, 1, k, len(r.lines), wrap})
		r.inner = 0
	}
}

// enterWrapped is at a blockquote in Gmail's or Proton's wrapper. What stands above the first is its
// attribution; people who answer below or between the lines write behind the blockquote, but within
// the wrapper.
func (r *htmlReader) enterWrapped() {
	if r.inner++; r.inner > 1 {
		return
	}
	r.flush(1)
	intro := r.lines[r.regions[0].from:]
	last, n := "", 0
	for _, l := range intro {
		if !isBlank(l.text) {
			last, n = l.text, n+1
		}
	}
	if r.answers = n > 0 && n <= 6 && strings.HasSuffix(strings.TrimRight(last, " \u00a0"), ":"); r.answers {
		mark(intro, gone)
	}
}

func (r *htmlReader) leave(tag string) {
	if tag == "blockquote" && r.inner > 0 {
		if r.inner--; r.inner == 0 && r.answers && len(r.regions) > 0 && r.regions[0].wrap {
			r.flush(1)
			r.regions = r.regions[1:]
			return
		}
	}
	for i := range r.regions {
		if r.regions[i].tag == tag {
			r.regions[i].open--
		}
	}
	if len(r.regions) > 0 && r.regions[0].open <= 0 {
		r.flush(1)
		r.regions = r.regions[1:]
	}
}

// ruled marks what stands below a rule, or an element with a line above it, when it begins like the header of an
// earlier mail. That is how Outlook does it, in any language.
func (r *htmlReader) ruled() {
	for _, at := range r.rules {
		if next(r.lines[:at], 0) == at { // nothing above: it was sent on
			continue
		}
		if below := next(r.lines, at); below < len(r.lines) && r.lines[below].kind == plain && headed(r.lines[below:]) {
			for i := at; i < len(r.lines); i++ {
				if r.lines[i].kind != signed {
					r.lines[i].kind = gone
				}
			}
			return
		}
	}
}

// headed is weaker than headerBlock: a rule above says the rest.
func headed(lines []line) bool {
	fields, named, proof := 0, false, false
	for i, l := range lines[:min(len(lines), 5)] {
		at := strings.IndexAny(l.text[:min(len(l.text), 40)], ":：")
		if at <= 0 {
			if i == 0 || isBlank(l.text) {
				break
			}
			continue
		}
		fields++
		f, _ := headerField(l.text)
		named = named || f == fieldFrom || f == fieldDate
		proof = proof || strings.Contains(l.text, "@") || cluesOf(l.text)&(hasDate|hasYear) != 0 && cluesOf(l.text)&hasTime != 0
	}
	return proof && (named || fields >= 3)
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_:.-]{2,40})`)

// htmlCharset is the charset that an HTML part names itself.
func htmlCharset(kind string, b []byte) string {
	if kind != "text/html" {
		return ""
	}
	if m := metaCharset.FindSubmatch(b[:min(len(b), 2048)]); m != nil && !bytes.EqualFold(m[1], []byte("utf-16")) {
		return string(m[1])
	}
	return ""
}
