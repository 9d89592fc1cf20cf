package sanitise

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// cleaner makes a parsed tree harmless, in place.
type cleaner struct {
	sheet *sheet
	cid   *images
}

// state is what an element gets from those around it.
type state struct {
	fontPx float64 // size of text, so that relative sizes cannot add up
	path   []*element
}

// element is what selectors ask for.
type element struct {
	tag, id string
	classes []string
	attrs   []html.Attribute
	index   int // among the elements of its parent, from 1
	last    bool
}

// children cleans what is inside n. An element that may not stay leaves its content.
func (c *cleaner) children(n *html.Node, depth int, st state) {
	index := 0
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case child.Type == html.TextNode:
		case child.Type != html.ElementNode || child.Namespace != "" || hidden[child.Data]:
			n.RemoveChild(child)
		case !allowed[child.Data] || depth > maxDepth || child.Data == "big" && st.fontPx > maxFontPx/1.2:
			if child.FirstChild != nil {
				next = child.FirstChild
			}
			for g := child.FirstChild; g != nil; g = child.FirstChild {
				child.RemoveChild(g)
				n.InsertBefore(g, child)
			}
			n.RemoveChild(child)
		default:
			index++
			c.element(child, depth, index, st)
		}
		child = next
	}
}

func (c *cleaner) element(n *html.Node, depth, index int, st state) {
	e := describe(n, index)
	st.path = append(st.path, e)
	style := c.sheet.style(st.path)
	if v := attr(n, "style"); v != "" {
		style = append(style, declarations(v)...)
	}
	c.attributes(n, settle(style, &st, n.Data, c.cid))
	if n.Data == "img" && !has(n.Attr, "src") && !shows(n) {
		n.Parent.RemoveChild(n)
		return
	}
	c.children(n, depth+1, st)
}

// shows says whether an image without a source has anything to be seen: a text or a size.
func shows(n *html.Node) bool {
	if strings.TrimSpace(attr(n, "alt")) != "" {
		return true
	}
	w, _ := strconv.Atoi(attr(n, "width"))
	h, _ := strconv.Atoi(attr(n, "height"))
	return w > 2 || h > 2
}

// reports says whether an image is one that nobody is to see: it is there to tell its sender something.
func reports(n *html.Node, style []declaration) bool {
	w, h := attr(n, "width"), attr(n, "height")
	for _, d := range style {
		switch d.prop {
		case "width", "max-width":
			w = strings.TrimSuffix(d.val, "px")
		case "height", "max-height":
			h = strings.TrimSuffix(d.val, "px")
		case "display":
			if d.val == "none" {
				return true
			}
		}
	}
	return (w == "0" || w == "1") && (h == "0" || h == "1")
}

func describe(n *html.Node, index int) *element {
	e := &element{tag: n.Data, id: attr(n, "id"), attrs: n.Attr, index: index, last: true}
	if v := attr(n, "class"); v != "" {
		if e.classes = strings.Fields(v); len(e.classes) > 20 {
			e.classes = e.classes[:20]
		}
	}
	for s, i := n.NextSibling, 0; s != nil && e.last && i < 8; s, i = s.NextSibling, i+1 {
		e.last = s.Type != html.ElementNode
	}
	return e
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// attributes keeps those that may stay, in the order of their names, and writes the style.
func (c *cleaner) attributes(n *html.Node, style []declaration) {
	var out []html.Attribute
	tag := n.Data
	for _, a := range n.Attr {
		switch a.Key {
		case "style", "class", "href", "src", "name":
			continue
		case "id":
			if id := anchor(a.Val); id != "" {
				out = append(out, html.Attribute{Key: "id", Val: id})
			}
			continue
		case "background":
			if url, _ := c.cid.address(a.Val); url != "" && tables[tag] {
				style = append([]declaration{{prop: "background-image", val: "url('" + cssURL(url) + "')"}}, style...)
			}
			continue
		}
		if tag == "body" {
			style = append(bodyStyle(a), style...)
		}
		if check := attrChecks[a.Key]; check != nil && check(tag, strings.TrimSpace(a.Val)) {
			out = append(out, html.Attribute{Key: a.Key, Val: strings.TrimSpace(a.Val)})
		}
	}
	switch tag {
	case "a":
		if !has(out, "id") {
			if id := anchor(attr(n, "name")); id != "" {
				out = append(out, html.Attribute{Key: "id", Val: id})
			}
		}
		out = append(out, link(attr(n, "href"))...)
	case "img":
		if src := attr(n, "src"); isRemote(src) && reports(n, style) {
			break
		} else if url, ok := c.cid.address(src); ok {
			out = append(out, html.Attribute{Key: "src", Val: url})
		}
	}
	if len(style) > 0 {
		out = append(out, html.Attribute{Key: "style", Val: join(style)})
	}
	slices.SortFunc(out, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
	n.Attr = out
}

// bodyStyle is a body's old attribute as a style, for the element that takes its place.
func bodyStyle(a html.Attribute) []declaration {
	prop := map[string]string{"bgcolor": "background-color", "text": "color"}[a.Key]
	if v := strings.TrimSpace(a.Val); prop != "" && isLegacyColor(v) {
		if isHex(v) {
			v = "#" + v
		}
		if v, ok := color(strings.ToLower(v)); ok {
			return []declaration{{prop: prop, val: v}}
		}
	}
	return nil
}

var (
	tables = words(`table colgroup col thead tbody tfoot tr td th body`)
	blocks = words(`p div h1 h2 h3 h4 h5 h6 hr table caption colgroup col thead tbody tfoot tr th td img br`)
)

// attrChecks say of each attribute where it may stand and with which values.
var attrChecks = map[string]func(tag, v string) bool{
	"dir":    func(_, v string) bool { return oneOf(v, "ltr rtl auto") },
	"lang":   func(_, v string) bool { return len(v) < 40 && plainName(v) },
	"title":  func(_, v string) bool { return len(v) <= 1000 },
	"alt":    func(tag, v string) bool { return tag == "img" && len(v) <= 4000 },
	"width":  func(tag, v string) bool { return (blocks[tag] || tag == "pre") && size(v, 2000) },
	"height": func(tag, v string) bool { return blocks[tag] && size(v, 2000) },
	"align": func(tag, v string) bool {
		return blocks[tag] && oneOf(v, "left right center middle justify top bottom absmiddle")
	},
	"valign":      func(tag, v string) bool { return blocks[tag] && oneOf(v, "top middle bottom baseline") },
	"bgcolor":     func(tag, v string) bool { return tables[tag] && tag != "body" && isLegacyColor(v) },
	"bordercolor": func(tag, v string) bool { return tables[tag] && tag != "body" && isLegacyColor(v) },
	"color":       func(tag, v string) bool { return (tag == "font" || tag == "hr") && isLegacyColor(v) },
	"face":        func(tag, v string) bool { return tag == "font" && len(v) < 300 },
	"size":        func(tag, v string) bool { return tag == "font" && fontSize(v) || tag == "hr" && number(v, 100) },
	"border":      func(tag, v string) bool { return (tag == "table" || tag == "img") && (v == "" || number(v, 50)) },
	"cellpadding": func(tag, v string) bool { return tag == "table" && number(v, 200) },
	"cellspacing": func(tag, v string) bool { return tag == "table" && number(v, 200) },
	"rules":       func(tag, v string) bool { return tag == "table" && oneOf(v, "none groups rows cols all") },
	"frame": func(tag, v string) bool {
		return tag == "table" && oneOf(v, "void above below hsides lhs rhs vsides box border")
	},
	"nowrap":   func(tag, _ string) bool { return cells[tag] },
	"colspan":  func(tag, v string) bool { return cells[tag] && number(v, 200) },
	"rowspan":  func(tag, v string) bool { return cells[tag] && number(v, 1000) },
	"span":     func(tag, v string) bool { return (tag == "col" || tag == "colgroup") && number(v, 200) },
	"scope":    func(tag, v string) bool { return tag == "th" && oneOf(v, "row col rowgroup colgroup") },
	"start":    func(tag, v string) bool { return tag == "ol" && number(strings.TrimPrefix(v, "-"), 1e6) },
	"value":    func(tag, v string) bool { return tag == "li" && number(strings.TrimPrefix(v, "-"), 1e6) },
	"reversed": func(tag, _ string) bool { return tag == "ol" },
	"type": func(tag, v string) bool {
		return (tag == "ol" || tag == "ul" || tag == "li") && (strings.Contains("1aAiI", v) && len(v) == 1 || oneOf(v, "disc circle square none"))
	},
	"hspace":  func(tag, v string) bool { return tag == "img" && number(v, 100) },
	"vspace":  func(tag, v string) bool { return tag == "img" && number(v, 100) },
	"clear":   func(tag, v string) bool { return tag == "br" && oneOf(v, "left right all none") },
	"noshade": func(tag, _ string) bool { return tag == "hr" },
	"open":    func(tag, _ string) bool { return tag == "details" },
}

func oneOf(v, list string) bool {
	v = strings.ToLower(v)
	return v != "" && !strings.Contains(v, " ") && slices.Contains(strings.Fields(list), v)
}

func plainName(v string) bool {
	for _, r := range v {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' && r != ':' {
			return false
		}
	}
	return v != ""
}

// number is a whole one up to a limit; HTML reads what follows it as nothing ("600px").
func number(v string, limit float64) bool {
	v = strings.TrimSuffix(strings.ToLower(v), "px")
	n, err := strconv.ParseFloat(v, 64)
	return err == nil && len(v) < 12 && n >= 0 && n <= limit
}

// size is a number of pixels or a share.
func size(v string, limit float64) bool {
	if p, ok := strings.CutSuffix(v, "%"); ok {
		return number(p, 100)
	}
	return number(v, limit)
}

func fontSize(v string) bool {
	n, err := strconv.Atoi(v)
	return err == nil && len(v) < 4 && n >= -7 && n <= 7
}
