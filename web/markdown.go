package web

import (
	"html/template"

	"github.com/microcosm-cc/bluemonday"

	"tierline/internal/markdown"
)

// strict is safe for concurrent use and never changes.
var strict = strictPolicy()

// rendered is what staff wrote, as a page shows it: part of a page of ours, which has no styles but its own.
// (Mails go through package sanitise, which keeps theirs.)
func rendered(source string) template.HTML {
	return template.HTML(strict.Sanitize(markdown.HTML(source)))
}

// strictPolicy is what may come of Markdown: structure and text. Nothing in it loads anything, runs
// anything, or looks like a part of our page; links open elsewhere and tell nobody where from.
func strictPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "i", "em", "u", "s", "del",
		"sub", "sup", "small", "blockquote", "pre", "code", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead",
		"tbody", "tfoot", "tr", "th", "td")
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
