package sanitise

import (
	"slices"
	"strings"
	"testing"
)

func inner(s string) string {
	out, _ := HTML(s, Options{CID: func(id string) string {
		if strings.EqualFold(id, "logo@x") {
			return "/inline/1.png"
		}
		return ""
	}})
	return strings.TrimSuffix(strings.TrimPrefix(out, boxOpen), boxClose)
}

// What comes out, to the letter.
func TestHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"text", `a < b & c`, `a &lt; b &amp; c`},
		{"balanced", `</div></div><table><tr><td><b>x`, `<table><tbody><tr><td><b>x</b></td></tr></tbody></table>`},
		{"link", `<a href="HTTPS://x.example/?a=1&amp;b=2" ping="/p" onclick=x()>y</a>`, `<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow" target="_blank">y</a>`},
		{"no script address", "<a href=' j\navascript:alert(1)'>y</a>", `<a>y</a>`},
		{"entities in a scheme", `<a href="java&#115;cript&colon;alert(1)">y</a>`, `<a>y</a>`},
		{"no relative address", `<a href="/logout">y</a><a href="//x.example">z</a>`, `<a>y</a><a>z</a>`},
		{"backslashes", `<a href="https:\\x.example">y</a>`, `<a>y</a>`},
		{"place inside", `<a name=top></a><a href="#top">y</a>`, `<a id="mail-top"></a><a href="#mail-top">y</a>`},
		{"telephone", `<a href="tel:+49 30 123">y</a>`, `<a href="tel:+49%2030%20123" rel="noopener noreferrer nofollow" target="_blank">y</a>`},
		{"letters", `<a href="mailto:attach@x.example?subject=attached">y</a><a href="mailto:a@x.example?body=b&amp;Attach=/etc/passwd">z</a>`,
			`<a href="mailto:attach@x.example?subject=attached" rel="noopener noreferrer nofollow" target="_blank">y</a><a>z</a>`},
		{"other programs", `<a href="ms-msdt:/id">a</a><a href="file:///etc/passwd">b</a><a href="smb://x">c</a>`, `<a>a</a><a>b</a><a>c</a>`},
		{"remote image", `<img src="http://t.example/p.png" alt="Our logo" width=90 height=20>`, `<img alt="Our logo" height="20" width="90"/>`},
		{"pixel", `a<img src="http://t.example/p.gif" width=1 height=1>b`, `ab`},
		{"cid", `<img src="CID:Logo%40X" alt=l>`, `<img alt="l" src="/inline/1.png"/>`},
		{"data image", `<img src="data:image/PNG;base64,iVBORw0KGgo=">`, `<img src="data:image/png;base64,iVBORw0KGgo="/>`},
		{"data drawing", `<img src="data:image/svg+xml;base64,PHN2Zz4=" alt=x>`, `<img alt="x"/>`},
		{"class and name", `<p class=modal id=csrf name=x>y</p>`, `<p id="mail-csrf">y</p>`},
		{"form", `<form action=/x><label>Name</label> <input name=a><button formaction=/y>Go</button><textarea>t<b></textarea></form>`, `<div><span>Name</span> <span>Go</span><div>t&lt;b&gt;</div></div>`},
		{"unknown element", `<o:p>a</o:p><foo-bar onclick=x>b</foo-bar>`, `ab`},
		{"hidden", `<title>t</title><style>p{}</style><!--[if mso]>x<![endif]--><![if !mso]>y<![endif]><script>z</script><noscript>n</noscript>`, `y`},
		{"foreign", `<svg><style><a title="</style><img src=x onerror=alert(1)>"></svg>a<math><mi>x</mi><p>b`, `a<p>b</p>`},
		{"null", "<scr\x00ipt>alert(1)</scr\x00ipt>a", `a`},
		{"word table", `<table bgcolor=#eee border=1 cellpadding=4 style='margin-left:-5.4pt;mso-table:x'><td colspan=2 align=center valign=top bgcolor=red>a</table>`,
			`<table bgcolor="#eee" border="1" cellpadding="4" style="margin-left: 0"><tbody><tr><td align="center" bgcolor="red" colspan="2" valign="top">a</td></tr></tbody></table>`},
		{"right to left", `<p dir=RTL><bdo dir=ltr>x</bdo></p>`, `<p dir="RTL"><bdo dir="ltr">x</bdo></p>`},
		{"lists", `<ol start=3 type=a><li>x<li value=9>y</ol>`, `<ol start="3" type="a"><li>x</li><li value="9">y</li></ol>`},
		{"pre", "<pre>a\tb\n  c</pre>", "<pre>a\tb\n  c</pre>"},
		{"font", `<font color=#f00 face="Arial" size=+1>x</font><center>y</center>`, `<font color="#f00" face="Arial" size="+1">x</font><center>y</center>`},
		{"style", `<p style="COLOR: Red; position:fixed; margin:-5px 4px; font:bold 12pt/1.4 'Times New Roman', serif">x</p>`,
			`<p style="color: red; margin: 0 4px; font-weight: bold; font-size: 12pt; line-height: 1.4; font-family: &#39;Times New Roman&#39;, serif">x</p>`},
		{"style that loads", `<p style="background:#fff url(http://x.example/a.png) no-repeat;width:expression(x);color:\72 ed;list-style-image:url(x)">x</p>`,
			`<p style="background-color: #fff; background-repeat: no-repeat">x</p>`},
		{"hanging indent", `<p style="margin-left:36pt;text-indent:-18pt">x</p><p style="text-indent:-18pt">y</p>`, `<p style="margin-left: 36pt; text-indent: -18pt">x</p><p>y</p>`},
		{"sheet", `<style><!-- p.a, td > b {color:red !important} .a{color:blue} @media print{p{color:green}} @media screen and (min-width:480px){.a{width:50%}} p:hover{color:pink} --></style><p class="a b" style="color:black">x</p>`,
			`<p style="width: 50%; color: red">x</p>`},
		{"body", `<html><head><style>body{margin:0;font-family:Arial}</style></head><body bgcolor=#eee dir=rtl><p>x</body></html>`,
			`<div dir="rtl" style="background-color: #eee; margin: 0; font-family: Arial"><p>x</p></div>`},
		{"sheets for other media", `<style media=print>p{color:red}</style><style media="screen">p{margin:0}</style><p>x</p>`, `<p style="margin: 0">x</p>`},
		{"striped table", `<style>tr:nth-child(even) td{background:#eee} td:last-child{color:red} li:nth-child(2n+1){}</style><table><tr><td>a<tr><td>b</table>`,
			`<table><tbody><tr><td style="color: red">a</td></tr><tr><td style="color: red; background-color: #eee">b</td></tr></tbody></table>`},
		{"gradient", `<p style="background:linear-gradient(to right, rgb(1,2,3) 0%, #fff)">x</p><p style="background-image:linear-gradient(red,url(/x))">y</p>`,
			`<p style="background-image: linear-gradient(to right, rgb(1,2,3) 0%, #fff)">x</p><p>y</p>`},
		{"cid backgrounds", `<table background="cid:logo@x"><td style="background:#fff url(cid:LOGO%40x)">x</table>`,
			`<table style="background-image: url(&#39;/inline/1.png&#39;)"><tbody><tr><td style="background-color: #fff; background-image: url(&#39;/inline/1.png&#39;)">x</td></tr></tbody></table>`},
		{"text in a table", `<table>a<tr>b<td>c</table>`, `<span>a</span><span>b</span><table><tbody><tr><td>c</td></tr></tbody></table>`},
		{"bold beyond its block", `<div><b>x</div></b>y`, `<div><b>x</b></div>y`},
	} {
		if got := inner(c.in); got != c.want {
			t.Errorf("%s: %s\n becomes %s\n     not %s", c.name, c.in, got, c.want)
		}
	}
}

// Remote images are asked for with complete addresses, each as long as its caller wants it.
func TestRemoteImages(t *testing.T) {
	t.Parallel()
	var asked []string
	out, remote := HTML(`<img src="HTTP://a.example/x y.png" alt=a><img src=" //b.example/&quot;'()" alt=b><img src="https://no.example/" alt=c>
		<img src=/mine alt=d><img src="ftp://e.example/x" alt=e><img src="https:f.example" alt=f><img src="https://pixel.example" width=1 height=1>
		<img src="https://pixel.example/2" style="width:1px;height:0" alt=p><style>.t{display:none}</style><img class=t src="https://pixel.example/3" width=50 height=50>
		<table background="https://bg.example/1"><td style="background:url(https://bg.example/2)">x</table>
		<p style="list-style-image:url(https://g.example);cursor:url(https://h.example),auto">y</p><video poster="https://i.example"></video>`,
		Options{Remote: func(address string) string {
			asked = append(asked, address)
			if strings.Contains(address, "no.example") {
				return ""
			}
			return "/get?u=" + address[strings.Index(address, "//")+2:]
		}})
	want := []string{`http://a.example/x%20y.png`, `https://b.example/"'()`, `https://no.example/`, `https://bg.example/2`, `https://bg.example/1`}
	slices.Sort(asked)
	slices.Sort(want)
	if asked = slices.Compact(asked); !slices.Equal(asked, want) {
		t.Errorf("asked for %q\n      not %q", asked, want)
	}
	for _, has := range []string{`<img alt="a" src="/get?u=a.example/x%20y.png"/>`, `<img alt="b" src="/get?u=b.example/&#34;&#39;()"/>`, `<img alt="c"/>`, `<img alt="d"/>`,
		`<img alt="e"/>`, `<img alt="f"/>`, `url(&#39;/get?u=bg.example/1&#39;)`, `url(&#39;/get?u=bg.example/2&#39;)`, `<p>y</p>`} {
		if !strings.Contains(out, has) {
			t.Errorf("%s is missing in %s", has, out)
		}
	}
	if strings.Contains(out, "pixel") || strings.Contains(out, "i.example") || remote != 14 {
		t.Errorf("%d remote things in %s", remote, out)
	}
}
