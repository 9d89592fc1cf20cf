package web

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Both are safe for concurrent use and never change.
var (
	strict = strictPolicy()
	toHTML = goldmark.New(goldmark.WithExtensions(extension.GFM),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(rawAsText{}, 1))))
)

// markdown renders what staff wrote. HTML in it is shown as the text that it is, and whatever comes
// out goes through the same policy as mails do.
func markdown(source string) template.HTML {
	var b bytes.Buffer
	if heavy(source) || toHTML.Convert([]byte(source), &b) != nil {
		return template.HTML("<pre>" + template.HTMLEscapeString(source) + "</pre>")
	}
	return template.HTML(strict.SanitizeBytes(b.Bytes()))
}

// maxBlock is the longest run of lines without an empty one that is parsed, in bytes. goldmark takes
// time with the square of a block's delimiters: 200 KB of "*a_" took a minute, 20 KB a tenth of a
// second. What is longer is shown as it was typed.
const maxBlock = 20_000

func heavy(source string) bool {
	for block := range strings.SplitSeq(source, "\n\n") {
		if len(block) > maxBlock {
			return true
		}
	}
	return false
}

// rawAsText shows HTML in Markdown instead of leaving it out: "<serial>" in an answer is no tag.
type rawAsText struct{}

func (rawAsText) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			writeText(w, src, n.(*ast.RawHTML).Segments)
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		b := n.(*ast.HTMLBlock)
		if !entering {
			return ast.WalkContinue, nil
		}
		_, _ = w.WriteString("<p>")
		writeText(w, src, b.Lines())
		if b.HasClosure() {
			html.DefaultWriter.RawWrite(w, b.ClosureLine.Value(src))
		}
		_, _ = w.WriteString("</p>\n")
		return ast.WalkContinue, nil
	})
}

func writeText(w util.BufWriter, src []byte, lines *text.Segments) {
	for i := range lines.Len() {
		line := lines.At(i)
		html.DefaultWriter.RawWrite(w, line.Value(src)) // escapes
	}
}

// sanitised makes HTML from outside harmless.
func sanitised(source string) template.HTML { return template.HTML(strict.Sanitize(source)) }

// strictPolicy is what is left of HTML from outside: structure and text. Nothing in it loads anything, runs
// anything, or looks like a part of our page; links open elsewhere and tell nobody where from.
func strictPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "i", "em", "u", "s", "del",
		"sub", "sup", "small", "blockquote", "pre", "code", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead",
		"tbody", "tfoot", "tr", "th", "td", "abbr", "q", "kbd", "samp", "var", "center", "font", "address")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("href").OnElements("a")
	p.AllowElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.SkipElementsContent("title", "head")
	return p
}
