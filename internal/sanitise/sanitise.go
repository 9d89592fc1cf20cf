package sanitise

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxSize  = 4 << 20 // bytes of source that are read
	maxDepth = 100     // elements within each other
	maxTries = 4       // rounds until the output must be at rest
)

// The box that everything is in: its own formatting context and stacking context; what reaches over
// its edges is clipped, and can be scrolled to. (CSS Containment 1, layout and paint.)
const (
	boxOpen  = `<div style="display:block;contain:content;overflow:auto">`
	boxClose = `</div>`
)

// Options are what the caller of [HTML] decides.
type Options struct {
	// CID gives the address of the inline image with this Content-ID (decoded, without brackets; letters
	// as in the mail), or "" if there is none. Nil is as if there were none. The address is loaded when
	// the HTML is shown, so it must be the caller's own.
	CID func(id string) string
	// Remote gives the address under which a remote image (http or https, complete) may be loaded, or ""
	// if it may not. Nil loads none. The address is loaded when the HTML is shown, so it must be the
	// caller's own. Pictures of one pixel, which are there to report, are not asked for.
	Remote func(address string) string
}

// HTML is source made harmless, in a box of its own, and the number of remote things that it wanted
// to load, those that Remote gave addresses to included.
func HTML(source string, o Options) (out string, remote int) {
	if own, ok := strings.CutPrefix(source, boxOpen); ok {
		source = strings.TrimSuffix(own, boxClose)
	}
	if len(source) > maxSize {
		source = source[:maxSize]
	}
	source = strings.ReplaceAll(strings.ToValidUTF8(source, "\uFFFD"), "\x00", "")
	cid := images{give: o.CID, remote: o.Remote, given: map[string]bool{}}
	out, remote, ok := round(source, &cid)
	for try := 1; ok; try++ {
		var again string
		if again, _, ok = round(out, &cid); ok && again == out && parsesTo(out) {
			return boxOpen + out + boxClose, remote
		}
		if out = again; try == maxTries {
			break
		}
	}
	return boxOpen + plain(source) + boxClose, remote
}

// round filters, parses, cleans and writes once. It fails where the parser refuses the nesting.
func round(source string, cid *images) (out string, remote int, ok bool) {
	f := newFilter()
	f.read(source)
	root, err := parse(f.out.String())
	if err != nil {
		return "", f.remote, false
	}
	root.Attr = f.body
	c := &cleaner{sheet: readSheets(f.sheets), cid: cid}
	c.element(root, 1, 1, state{fontPx: 16})
	for _, a := range root.Attr { // what the body said of itself needs an element
		if a.Key != "" {
			root.Data, root.DataAtom = "div", atom.Div
			outer := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
			outer.AppendChild(root)
			root = outer
			break
		}
	}
	out, err = write(root)
	return out, f.remote + c.sheet.remote, err == nil
}

// parse makes a tree under an element "body", as in the middle of a page without quirks.
func parse(source string) (*html.Node, error) {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return nil, err
	}
	root := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return root, nil
}

// write writes what is inside root.
func write(root *html.Node) (string, error) {
	var b strings.Builder
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		if err := html.Render(&b, n); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// parsesTo says whether a parser sees in s what was written.
func parsesTo(s string) bool {
	root, err := parse(s)
	if err != nil {
		return false
	}
	again, err := write(root)
	return err == nil && again == s
}

// plain is the text alone.
func plain(source string) string {
	f := newFilter()
	f.textOnly = true
	f.read(source)
	return `<pre style="white-space:pre-wrap">` + "\n" + f.out.String() + `</pre>`
}
