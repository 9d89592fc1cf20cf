// Package markdown renders GitHub Flavored Markdown for pages and for mails. It never fails: what it
// cannot render, or not in reasonable time, is shown as it was typed.
//
// The result holds no HTML of the source's own, and no link that runs a script. Images and links to
// anywhere are left in it: whoever shows it to staff puts it through a policy of their own.
package markdown

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxBlock is the longest run of lines without an empty one that is rendered, in bytes. goldmark takes
// time with the square of a block's delimiters: 200 KB of "*a_" took a minute, 20 KB a tenth of a
// second.
const MaxBlock = 20_000

// Both are safe for concurrent use and never change.
var (
	soft = converter()
	hard = converter(goldhtml.WithHardWraps())
)

func converter(opts ...renderer.Option) goldmark.Markdown {
	opts = append(opts, renderer.WithNodeRenderers(util.Prioritized(asText{}, 1)))
	return goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(opts...))
}

// HTML renders an article: a line's end is a space, as the rule is.
func HTML(source string) string { return render(soft, source) }

// HTMLKeepingLines renders a letter: a line's end stays one.
func HTMLKeepingLines(source string) string { return render(hard, source) }

func render(md goldmark.Markdown, source string) string {
	var b bytes.Buffer
	if heavy(source) || md.Convert([]byte(source), &b) != nil {
		return `<pre style="white-space:pre-wrap">` + html.EscapeString(source) + "</pre>"
	}
	return b.String()
}

func heavy(source string) bool {
	size := 0
	for line := range strings.Lines(source) {
		if size += len(line); strings.TrimSpace(line) == "" {
			size = 0
		}
		if size > MaxBlock {
			return true
		}
	}
	return false
}

// asText shows HTML instead of leaving it out: "<serial>" or "press <Enter>" in an answer is no tag.
type asText struct{}

func (asText) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
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
			goldhtml.DefaultWriter.RawWrite(w, b.ClosureLine.Value(src))
		}
		_, _ = w.WriteString("</p>\n")
		return ast.WalkContinue, nil
	})
}

func writeText(w util.BufWriter, src []byte, lines *text.Segments) {
	for i := range lines.Len() {
		line := lines.At(i)
		goldhtml.DefaultWriter.RawWrite(w, line.Value(src)) // escapes
	}
}
