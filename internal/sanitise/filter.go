package sanitise

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxAttrs  = 60       // attributes of one tag that are looked at
	maxAttr   = 8 << 10  // bytes of one attribute, images in data: aside
	maxFormat = 30       // formatting elements open at one time
	maxWork   = 24 << 20 // bytes of tags that the parser may have to handle
	maxSheets = 512 << 10
)

// kept are the attributes that the cleaner wants to see.
var kept = words(`style class id dir lang title href name src alt width height align valign bgcolor background color face size border
	cellpadding cellspacing rules frame nowrap colspan rowspan span start type reversed value hspace vspace clear noshade scope
	text open bordercolor media`)

// filter writes the tokens that may stay, so that parsing them costs time with their number alone: no
// nesting beyond maxDepth, no end tag without a start, no part of a table outside of one.
type filter struct {
	out      strings.Builder
	textOnly bool
	sheets   []string
	body     []html.Attribute
	remote   int

	hide   string // the element that is being left out, and how many of its name are open
	hiding int
	sheet  int      // bytes of style sheets
	unread bool     // the sheet is for another medium
	stack  []opened // elements that are open, besides formatting ones
	format []opened
	work   int
}

type opened struct {
	name string
	mark int // formatting elements that were open around it; of one of those: its bytes
}

func newFilter() *filter { return &filter{} }

func (f *filter) read(source string) {
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return
		case html.TextToken:
			f.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			f.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			f.end(string(name))
		}
	}
}

func (f *filter) text(s string) {
	switch {
	case f.hide == "style":
		if f.sheet += len(s); f.sheet <= maxSheets && !f.unread {
			f.sheets = append(f.sheets, s)
		}
	case f.hide != "":
	case f.textOnly || !f.inTable() || strings.TrimSpace(s) == "":
		f.out.WriteString(html.EscapeString(visible(s)))
	default: // a parser moves it before the table, which takes it long when it is bare
		f.out.WriteString("<span>" + html.EscapeString(visible(s)) + "</span>")
	}
}

// visible leaves out control characters that have no place in HTML.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\f' || r >= 0x7f && r < 0xa0 || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
			return -1
		}
		return r
	}, s)
}

func (f *filter) start(z *html.Tokenizer) {
	raw, more := z.TagName()
	name := string(raw)
	if f.hide != "" && (f.hide == "svg" || f.hide == "math") && endsForeign[name] {
		f.hide = ""
	}
	if f.hide != "" {
		if f.hide == "svg" || f.hide == "math" {
			z.NextIsNotRawText() // in there, a style or a title is an element like others
		}
		if name == f.hide {
			f.hiding++
		}
		return
	}
	attrs := f.attrs(z, name, more)
	if hidden[name] {
		f.hide, f.hiding, f.unread = name, 1, false
		for _, a := range attrs {
			f.unread = f.unread || a.Key == "media" && !onScreen(strings.ToLower(a.Val))
		}
		return
	}
	if name == "html" || name == "body" {
		for _, a := range attrs {
			if !has(f.body, a.Key) {
				f.body = append(f.body, a)
			}
		}
		return
	}
	if to, ok := renamed[name]; ok {
		name = to
	}
	f.open(name, attrs)
}

func (f *filter) open(name string, attrs []html.Attribute) {
	if !allowed[name] || tableParts[name] && f.last("table") < 0 {
		return
	}
	f.implied(name)
	tag := html.Token{Type: html.StartTagToken, Data: name, Attr: attrs}.String()
	f.work += len(tag) + 32
	for _, o := range f.format {
		f.work += o.mark + 32
	}
	f.textOnly = f.textOnly || f.work > maxWork
	switch {
	case f.textOnly:
		if endsP[name] || name == "br" || name == "tr" {
			f.out.WriteByte('\n')
		}
		return
	case void[name]:
	case len(f.stack)+len(f.format) >= maxDepth || formatting[name] && len(f.format) >= maxFormat:
		return
	case formatting[name]:
		f.format = append(f.format, opened{name, len(tag)})
	default:
		f.stack = append(f.stack, opened{name, len(f.format)})
	}
	f.out.WriteString(tag)
}

// attrs are those of a tag that may stay, each once; what they would load is counted.
func (f *filter) attrs(z *html.Tokenizer, tag string, more bool) []html.Attribute {
	var attrs []html.Attribute
	for i := 0; more && i < maxAttrs; i++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		key, value := string(k), visible(string(v))
		if loads[key] && (key != "data" || tag == "object") || key == "href" && (tag == "link") {
			if isRemote(value) {
				f.remote++
			}
		}
		if key == "style" {
			f.remote += remoteIn(value)
		}
		if kept[key] && !has(attrs, key) && (len(value) <= maxAttr || key == "src") {
			attrs = append(attrs, html.Attribute{Key: key, Val: value})
		}
	}
	return attrs
}

func has(attrs []html.Attribute, key string) bool {
	for _, a := range attrs {
		if a.Key == key {
			return true
		}
	}
	return false
}

func (f *filter) end(name string) {
	if f.hide != "" {
		if name == f.hide {
			if f.hiding--; f.hiding == 0 {
				f.hide = ""
			}
		}
		return
	}
	if to, ok := renamed[name]; ok {
		name = to
	}
	switch {
	case name == "br":
		f.open("br", nil)
		return
	case !allowed[name] || f.textOnly:
		return
	case formatting[name]:
		if !f.unformat(name) {
			return
		}
	default:
		i := f.find(name)
		if i < 0 {
			return
		}
		f.cut(i)
	}
	f.out.WriteString("</" + name + ">")
}

// unformat closes the last formatting element of this name within the cell.
func (f *filter) unformat(name string) bool {
	from := 0
	for i := len(f.stack) - 1; i >= 0; i-- {
		if cells[f.stack[i].name] {
			from = f.stack[i].mark
			break
		}
	}
	for i := len(f.format) - 1; i >= from; i-- {
		if f.format[i].name == name {
			f.format = append(f.format[:i], f.format[i+1:]...)
			return true
		}
	}
	return false
}

// find looks for the element that an end tag of this name closes: -1 if it closes none.
func (f *filter) find(name string) int {
	for i := len(f.stack) - 1; i >= 0; i-- {
		at := f.stack[i].name
		switch {
		case at == name || heading(at) && heading(name):
			return i
		case inline[name] && !inline[at],
			at == "table", cells[at] && !tableParts[name] && name != "table",
			name == "li" && (at == "ul" || at == "ol"):
			return -1
		}
	}
	return -1
}

func heading(s string) bool { return len(s) == 2 && s[0] == 'h' && s[1] >= '1' && s[1] <= '6' }

// cut closes the element at i and all within it. Formatting ends with the cell that it began in only.
func (f *filter) cut(i int) {
	for j := i; j < len(f.stack); j++ {
		if o := f.stack[j]; cells[o.name] && o.mark < len(f.format) {
			f.format = f.format[:o.mark]
		}
	}
	f.stack = f.stack[:i]
}

// implied closes what the start of an element ends without saying so.
func (f *filter) implied(name string) {
	if endsP[name] {
		f.close(nil, "p")
	}
	switch name {
	case "li":
		f.close(listEdge, "li")
	case "dt", "dd":
		f.close(dlEdge, "dt", "dd")
	case "rt", "rp":
		f.close(nil, "rt", "rp")
	case "a", "nobr":
		f.unformat(name)
	case "td", "th":
		f.close(rowEdge, "td", "th", "caption")
	case "tr":
		f.close(rowsEdge, "tr", "caption", "colgroup")
	case "caption", "colgroup", "thead", "tbody", "tfoot":
		if i := f.last("table"); i >= 0 {
			f.cut(i + 1)
		}
	}
}

var (
	listEdge = words(`ul ol dir menu blockquote pre center section article`)
	dlEdge   = words(`dl ul ol blockquote pre center section article`)
	rowEdge  = words(`tr thead tbody tfoot`)
	rowsEdge = words(`thead tbody tfoot`)
)

// close closes the nearest element of one of these names, unless an edge, a table or (for what is not
// part of a table) a cell lies between.
func (f *filter) close(edge set, names ...string) {
	for i := len(f.stack) - 1; i >= 0; i-- {
		at := f.stack[i].name
		if slices.Contains(names, at) {
			f.cut(i)
			return
		}
		if at == "table" || edge[at] || cells[at] && !tableParts[names[0]] {
			return
		}
	}
}

func (f *filter) last(name string) int {
	for i := len(f.stack) - 1; i >= 0; i-- {
		if f.stack[i].name == name {
			return i
		}
	}
	return -1
}

// inTable says whether text would stand directly in a table, between its cells.
func (f *filter) inTable() bool {
	if len(f.stack) == 0 {
		return false
	}
	top := f.stack[len(f.stack)-1].name
	return top == "table" || tableParts[top] && !cells[top]
}
