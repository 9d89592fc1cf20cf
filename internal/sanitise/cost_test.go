package sanitise

import (
	"strings"
	"testing"
	"time"
)

// costly are patterns that cost some parsers more than they are long.
var costly = []string{"<", "<a", "<a ", "</p>", "<p>", "<b>", "<p>x", "<div>", "</div>", "<table>", "<table><tr><td>", "<tr>a", "<td>", "a<td>", "<a>", "<nobr>",
	"<li>", "<b><p>x", "<b><p></b>", "<font color=a><p>", "<svg>", "<math><p>", "<svg><style>", "<template>", "<!--", "<!-->", "<![CDATA[", "&", "&#x", "&amp", "x\x00",
	"<img src=data:image/png;base64,AAAA>", "<p style='color:red;margin:1px'>", "<style>p{color:red}</style><p>", "<style>p p p{color:red}</style><p>",
	"<p class='a b c d'>", "<select><option>", "<pre>\n", "<button><p>", "<ruby><rt>", "<dd>", "<h1><h2>", "<table><b>", "<table>a", "<caption>", "<i><u><b><table><td></b>",
	"<a><div>", "<a><table><td>", "</b></i></a>", "<script>", "<plaintext>", "<textarea>", "<br", "<x y='", "<span>", "<sub><sup>", "<body style='color:red'>", "<frameset>"}

// A megabyte of anything takes less than a second, alone on a common machine.
func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	const megabyte = 1 << 20
	sources := map[string]string{}
	for _, s := range costly {
		sources[s+" …"] = strings.Repeat(s, megabyte/len(s))
		if strings.HasPrefix(s, "<") && !strings.HasPrefix(s, "</") {
			sources["<table> "+s+" …"] = "<table>" + strings.Repeat(s, megabyte/len(s))
		}
	}
	var many strings.Builder
	for i := range 25 {
		many.WriteString("<font color=c" + strings.Repeat(string(rune('a'+i)), 1000) + ">")
	}
	sources["many formats and paragraphs"] = many.String() + strings.Repeat("<p>x", megabyte/4)
	sources["many rules"] = "<style>" + strings.Repeat(".a{color:red;margin:1px}div .a .a,p{color:red}", megabyte/4/46) + "</style>" + strings.Repeat("<p class=a>x", megabyte/2/12)
	sources["long declarations"] = "<style>.a{" + strings.Repeat("font-family:"+strings.Repeat("x", 300)+";", 25) + "}</style>" + strings.Repeat("<p class=a>x", megabyte/12)
	sources["selectors within selectors"] = "<style>" + strings.Repeat("p * * * .a{color:red}", 3000) + "</style>" + strings.Repeat("<div class=a>", 90) + strings.Repeat("<p class=a>x", megabyte/12)
	sources["one tag"] = "<a " + strings.Repeat("b=c ", megabyte/4) + ">"
	sources["one style"] = "<p style='" + strings.Repeat("color:red;", megabyte/10) + "'>"
	sources["comments in a sheet"] = "<style>" + strings.Repeat("/*", megabyte/2)
	sources["braces in a sheet"] = "<style>" + strings.Repeat("@media screen{", 30000)
	sources["urls in a sheet"] = "<style>" + strings.Repeat("url(", megabyte/4)
	sources["urls"] = strings.Repeat("<p style='"+strings.Repeat("url(", 2000)+"'>", 128)
	for name, src := range sources {
		begin := time.Now()
		out, _ := HTML(src, Options{})
		took := time.Since(begin)
		if took > 300*time.Millisecond {
			t.Logf("%s: %v, %d bytes become %d", name, took, len(src), len(out))
		}
		if took > 10*time.Second { // on a machine that does other things too, under -race
			t.Errorf("%s: %v", name, took)
		}
		if len(out) > 12*megabyte {
			t.Errorf("%s: %d bytes become %d", name, len(src), len(out))
		}
	}
}
