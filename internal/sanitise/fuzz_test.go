package sanitise

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// FuzzHTML: whatever comes in, what goes out holds only what the tables allow, parses to itself, and is
// not changed by going through again.
func FuzzHTML(f *testing.F) {
	for _, s := range costly {
		f.Add(s + "x" + s)
	}
	for _, s := range []string{
		"<p style='color:red;font:12px/2 a,b;background:url(cid:logo@x)'>", "<style>p.a>b,#x{margin:-1px 2px}</style><p class=a><b id=x>",
		"<table><a href=http://x>y<tr><td><a href=http://z>", "<b><p></b><table><i></table><td>", "<a href='#x'><a name=x>", "<body bgcolor=fff text=red><h1><h2>",
		"<pre>\n\nx</pre><textarea>\n<b></textarea>", "<img src=cid:logo@x alt=a><img src=//x alt=b>", "<font color=red size=+7><big><big><center><li>", "<ul><li><ol><dt><dd>",
		"<img src=//logo><img src='http:logo'><table background='https://logo/ x'><td style='background:url(HTTP://logo)'><img src=/inline/1.png><img src=http://logo width=1 height=1>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, remote := HTML(s, Options{CID: func(id string) string {
			if id == "logo@x" {
				return "/inline/1.png"
			}
			return ""
		}, Remote: func(address string) string {
			if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
				t.Errorf("%q asks for %q", s, address)
			}
			if strings.Contains(address, "logo") {
				return "/inline/1.png"
			}
			return ""
		}})
		harmless(t, s, out)
		if remote < 0 || remote > len(s) {
			t.Fatalf("%q asks for %d remote things", s, remote)
		}
		if again := strings.ReplaceAll(inner(out), "/inline/1.png", ""); strings.Contains(out, "/inline/1.png") {
			return // its address is the caller's, and none of the mail's
		} else if again != strings.TrimSuffix(strings.TrimPrefix(out, boxOpen), boxClose) {
			t.Fatalf("%q\n becomes %s\n and then %s", s, out, again)
		}
	})
}

// harmless fails where out holds what no output may hold.
func harmless(t *testing.T, in, out string) {
	t.Helper()
	body, ok := strings.CutPrefix(out, boxOpen)
	body, ok2 := strings.CutSuffix(body, boxClose)
	if !ok || !ok2 {
		t.Fatalf("%q goes out without its box: %s", in, out)
	}
	root, err := parse(body)
	if err != nil {
		t.Fatalf("%q becomes %s: %v", in, out, err)
	}
	if again, _ := write(root); again != body {
		t.Fatalf("%q\n becomes %s\n which is %s", in, body, again)
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			continue
		}
		if n.Type != html.ElementNode || n.Namespace != "" || !allowed[n.Data] {
			t.Fatalf("%q leaves <%s> in %s", in, n.Data, out)
		}
		for _, a := range n.Attr {
			low := strings.ToLower(a.Val)
			bad := a.Namespace != ""
			switch a.Key {
			case "href":
				bad = !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") && !strings.HasPrefix(low, "mailto:") &&
					!strings.HasPrefix(low, "tel:") && !strings.HasPrefix(low, "#"+prefix)
			case "src":
				bad = n.Data != "img" || a.Val != "/inline/1.png" && !raster.MatchString(a.Val)
			case "id":
				bad = !strings.HasPrefix(a.Val, prefix)
			case "style":
				rest := strings.ReplaceAll(low, "url('/inline/1.png')", "")
				for i := strings.Index(rest, "url('data:image/"); i >= 0; i = strings.Index(rest, "url('data:image/") {
					rest = rest[:i] + rest[i+strings.IndexByte(rest[i:], ')')+1:]
				}
				for _, word := range []string{"url", `\`, "expression", "position:", "var(", "image(", "image-set", "attr(", "calc(", "fixed;", "z-index", "transform:",
					"behavior", "@", "/*", "animation", "transition", "cursor", "content:", "filter:", "-moz-"} {
					bad = bad || strings.Contains(rest, word)
				}
			case "rel":
				bad = a.Val != "noopener noreferrer nofollow"
			case "target":
				bad = a.Val != "_blank"
			default:
				bad = attrChecks[a.Key] == nil
			}
			if bad {
				t.Fatalf("%q leaves %s=%q on <%s>", in, a.Key, a.Val, n.Data)
			}
		}
	}
}

// costly are patterns that cost some parsers more than they are long.
var costly = []string{"<", "<a", "<a ", "</p>", "<p>", "<b>", "<p>x", "<div>", "</div>", "<table>", "<table><tr><td>", "<tr>a", "<td>", "a<td>", "<a>", "<nobr>",
	"<li>", "<b><p>x", "<b><p></b>", "<font color=a><p>", "<svg>", "<math><p>", "<svg><style>", "<template>", "<!--", "<!-->", "<![CDATA[", "&", "&#x", "&amp", "x\x00",
	"<img src=data:image/png;base64,AAAA>", "<p style='color:red;margin:1px'>", "<style>p{color:red}</style><p>", "<style>p p p{color:red}</style><p>",
	"<p class='a b c d'>", "<select><option>", "<pre>\n", "<button><p>", "<ruby><rt>", "<dd>", "<h1><h2>", "<table><b>", "<table>a", "<caption>", "<i><u><b><table><td></b>",
	"<a><div>", "<a><table><td>", "</b></i></a>", "<script>", "<plaintext>", "<textarea>", "<br", "<x y='", "<span>", "<sub><sup>", "<body style='color:red'>", "<frameset>"}
