package email

import (
	"bytes"
	"fmt"
	"html"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"tierline/ticket"
)

// toHTML renders Markdown. What looks like HTML in it ("press <Enter>") is shown as it was written, and
// links to anything dangerous are not made.
func toHTML(markdown, foot, language string) (string, error) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldhtml.WithHardWraps(),
		renderer.WithNodeRenderers(util.Prioritized(asText{}, 100))))
	var b bytes.Buffer
	lang := ""
	if language != "" {
		lang = ` lang="` + html.EscapeString(language) + `"`
	}
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html%s><body style=\"font-family:sans-serif;font-size:14px;line-height:1.5\">\n", lang)
	if err := md.Convert([]byte(markdown), &b); err != nil {
		return "", ticket.E("email.Send", ticket.Internal, err)
	}
	fmt.Fprintf(&b, "<p style=\"color:#666;font-size:12px\">%s</p>\n</body></html>\n", html.EscapeString(foot))
	return b.String(), nil
}

// asText shows HTML as text.
type asText struct{}

func (asText) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			escapeLines(w, src, n.(*ast.RawHTML).Segments.Sliced(0, n.(*ast.RawHTML).Segments.Len())...)
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		b := n.(*ast.HTMLBlock)
		if entering {
			_, _ = w.WriteString("<p>")
			escapeLines(w, src, b.Lines().Sliced(0, b.Lines().Len())...)
			return ast.WalkContinue, nil
		}
		if b.HasClosure() {
			escapeLines(w, src, b.ClosureLine)
		}
		_, _ = w.WriteString("</p>\n")
		return ast.WalkContinue, nil
	})
}

func escapeLines(w util.BufWriter, src []byte, lines ...text.Segment) {
	for _, l := range lines {
		_, _ = w.WriteString(html.EscapeString(string(l.Value(src))))
	}
}
