package sanitise

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxRules     = 4000     // selectors of all style sheets
	maxCompounds = 5        // elements that one selector names
	maxMatching  = 3 << 20  // elements that are compared with selectors, in all
	maxStyled    = 16 << 20 // bytes that style sheets add to elements, before they are settled
	screenPx     = 800      // the width that media rules are asked for
)

// sheet is all style sheets of a mail, to be written into the elements that they select.
type sheet struct {
	byTag, byClass, byID map[string][]*rule
	rest                 []*rule
	rules, work, bytes   int
	remote               int
}

// rule is one selector with what it declares.
type rule struct {
	parts  []compound // outermost first
	weight int        // specificity, then order (Selectors 4, 17)
	style  []declaration
	bytes  int
}

// compound selects one element. child means that it must be directly in the element before.
type compound struct {
	tag, id string
	classes []string
	attrs   [][2]string // name, value; "\x00" stands for any
	nth     int         // 1 and above: this child; odd and even are -1 and -2
	last    bool
	child   bool
}

func readSheets(sources []string) *sheet {
	s := &sheet{byTag: map[string][]*rule{}, byClass: map[string][]*rule{}, byID: map[string][]*rule{}}
	for _, src := range sources {
		s.remote += remoteIn(src) + strings.Count(strings.ToLower(src), "@import")
		s.block(uncommented(src), 0)
	}
	return s
}

// block reads rules one after the other, and into media rules that hold for a screen.
func (s *sheet) block(css string, depth int) {
	for css != "" && s.rules < maxRules {
		open := strings.IndexAny(css, "{;")
		if open < 0 {
			return
		}
		head := strings.TrimSpace(css[:open])
		if css[open] == ';' { // @import, @charset
			css = css[open+1:]
			continue
		}
		end := closing(css, open)
		body := css[open+1 : end]
		css = css[min(end+1, len(css)):]
		switch {
		case strings.HasPrefix(head, "@"):
			if query, ok := strings.CutPrefix(strings.ToLower(head), "@media"); ok && depth < 2 && onScreen(query) {
				s.block(body, depth+1)
			}
		case len(head) < 4096 && len(body) < maxAttr:
			s.add(head, declarations(body))
		}
	}
}

// closing is where the brace at open is closed.
func closing(css string, open int) int {
	depth := 0
	var quote byte
	for i := open; i < len(css); i++ {
		switch ch := css[i]; {
		case quote != 0:
			if ch == quote || ch == '\n' {
				quote = 0
			}
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '{':
			depth++
		case ch == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(css)
}

// onScreen answers a media query for a light screen of screenPx.
func onScreen(query string) bool {
	for alternative := range strings.SplitSeq(query, ",") {
		holds := true
		for _, term := range strings.Split(alternative, " and ") {
			term = strings.TrimPrefix(strings.TrimSpace(term), "only ")
			name, value, _ := strings.Cut(strings.Trim(term, "() "), ":")
			n, unit, ok := length(strings.TrimSpace(value))
			switch strings.TrimSpace(name) {
			case "", "screen", "all":
			case "min-width", "min-device-width":
				holds = holds && ok && n*unitPx[unit] <= screenPx
			case "max-width", "max-device-width":
				holds = holds && ok && n*unitPx[unit] >= screenPx
			default:
				holds = false
			}
		}
		if holds {
			return true
		}
	}
	return false
}

func (s *sheet) add(selectors string, style []declaration) {
	if len(style) == 0 {
		return
	}
	size := 0
	for _, d := range style {
		size += len(d.prop) + len(d.val) + 4
	}
	for sel := range splitTop(selectors, ',') {
		parts, weight, ok := selector(sel)
		if !ok || s.rules >= maxRules {
			continue
		}
		s.rules++
		r := &rule{parts: parts, weight: weight*(maxRules+1) + s.rules, style: style, bytes: size}
		switch key := parts[len(parts)-1]; {
		case key.id != "":
			s.byID[key.id] = append(s.byID[key.id], r)
		case len(key.classes) > 0:
			s.byClass[key.classes[0]] = append(s.byClass[key.classes[0]], r)
		case key.tag != "":
			s.byTag[key.tag] = append(s.byTag[key.tag], r)
		default:
			s.rest = append(s.rest, r)
		}
	}
}

// selector reads a selector of elements, classes, ids, attributes and first and last children, within
// and directly within each other. Every other kind is left out.
func selector(sel string) (parts []compound, weight int, ok bool) {
	child := false
	sel = children.Replace(sel)
	all := tokens(sel)
	for i, tok := range all {
		if tok == ">" {
			child = true
			continue
		}
		if strings.EqualFold(tok, "html") && i+1 < len(all) && all[i+1] != ">" {
			continue // everything is in it
		}
		c, w, ok := readCompound(tok)
		if !ok || len(parts) >= maxCompounds {
			return nil, 0, false
		}
		c.child, child = child, false
		parts, weight = append(parts, c), weight+w
	}
	return parts, weight, len(parts) > 0 && !child && !parts[0].child
}

func readCompound(s string) (c compound, weight int, ok bool) {
	i := 0
	name := func() string {
		from := i
		for i < len(s) && (s[i] == '-' || s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|32 >= 'a' && s[i]|32 <= 'z' || s[i] >= 0x80) {
			i++
		}
		return s[from:i]
	}
	if strings.HasPrefix(s, "*") {
		i = 1
	} else if c.tag = strings.ToLower(name()); c.tag != "" {
		weight = 1
		if to, ok := renamed[c.tag]; ok {
			c.tag = to
		}
		if c.tag == "html" {
			c.tag = "body"
		}
	}
	for i < len(s) {
		mark := s[i]
		i++
		if mark == '[' {
			end := strings.IndexByte(s[i:], ']')
			if end < 0 {
				return c, 0, false
			}
			key, value, has := strings.Cut(s[i:i+end], "=")
			if i += end + 1; !plainName(key) || !kept[strings.ToLower(key)] {
				return c, 0, false
			}
			if value = strings.Trim(value, `'"`); !has {
				value = "\x00"
			}
			c.attrs, weight = append(c.attrs, [2]string{strings.ToLower(key), value}), weight+100
			continue
		}
		n := name()
		if mark == ':' && n == "nth-child" {
			end := strings.IndexByte(s[i:], ')')
			if c.nth = nth(strings.TrimPrefix(s[i:max(i, i+end)], "(")); end < 0 || c.nth == 0 {
				return c, 0, false
			}
			i, weight = i+end+1, weight+100
			continue
		}
		switch {
		case n == "":
			return c, 0, false
		case mark == '.':
			c.classes, weight = append(c.classes, n), weight+100
		case mark == '#':
			c.id, weight = n, weight+10000
		case mark == ':' && n == "first-child":
			c.nth, weight = 1, weight+100
		case mark == ':' && n == "last-child":
			c.last, weight = true, weight+100
		case mark == ':' && n == "link":
			c.attrs, weight = append(c.attrs, [2]string{"href", "\x00"}), weight+100
		default:
			return c, 0, false
		}
	}
	return c, weight, s != ""
}

// style is what the rules declare for the last element of path, weakest first. When the work allowed
// is done, nothing more is added.
func (s *sheet) style(path []*element) []declaration {
	if s.rules == 0 {
		return nil
	}
	e := path[len(path)-1]
	var found []*rule
	look := func(rules []*rule) {
		for _, r := range rules {
			if s.work > maxMatching {
				return
			}
			if s.work++; s.matches(r.parts, path) {
				found = append(found, r)
			}
		}
	}
	look(s.rest)
	look(s.byTag[e.tag])
	for i, c := range e.classes {
		if !slices.Contains(e.classes[:i], c) {
			look(s.byClass[c])
		}
	}
	if e.id != "" {
		look(s.byID[e.id])
	}
	slices.SortFunc(found, func(a, b *rule) int { return a.weight - b.weight })
	var out []declaration
	for _, r := range found {
		if s.bytes += r.bytes; s.bytes > maxStyled {
			break
		}
		out = append(out, r.style...)
	}
	return out
}

// matches tries the parts from the innermost outwards; what is within something else is sought in all
// elements around it.
func (s *sheet) matches(parts []compound, path []*element) bool {
	last := parts[len(parts)-1]
	if !last.is(path[len(path)-1]) {
		return false
	}
	parts, path = parts[:len(parts)-1], path[:len(path)-1]
	if len(parts) == 0 {
		return true
	}
	for len(path) > 0 && s.work <= maxMatching {
		s.work++
		if s.matches(parts, path) {
			return true
		}
		if last.child {
			return false
		}
		path = path[:len(path)-1]
	}
	return false
}

// nth reads what is in the parentheses of :nth-child, 0 for what is not understood.
func nth(s string) int {
	switch s = strings.ReplaceAll(strings.ToLower(s), " ", ""); s {
	case "odd", "2n+1":
		return -1
	case "even", "2n":
		return -2
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (c compound) place(index int) bool {
	switch c.nth {
	case 0:
		return true
	case -1, -2:
		return index%2 == c.nth+2
	}
	return index == c.nth
}

func (c compound) is(e *element) bool {
	if c.tag != "" && c.tag != e.tag || c.id != "" && c.id != e.id || !c.place(e.index) || c.last && !e.last {
		return false
	}
	for _, class := range c.classes {
		if !slices.Contains(e.classes, class) {
			return false
		}
	}
	for _, want := range c.attrs {
		if !slices.ContainsFunc(e.attrs, func(a html.Attribute) bool { return a.Key == want[0] && (want[1] == "\x00" || a.Val == want[1]) }) {
			return false
		}
	}
	return true
}
