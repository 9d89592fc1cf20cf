package sanitise_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
	"tierline/internal/sanitise"
)

// look is a harmless mail and what a browser must show of it: the element that holds the text (or
// is the image with that alternative text) has the computed styles.
type look struct {
	name, html string
	checks     []check
}

type check struct {
	Text  string `json:"text"`  // of the innermost element that has it
	Up    string `json:"up"`    // or of its nearest ancestor of this name
	Style string `json:"style"` // property, or "=" and an expression on the element e
	Want  string `json:"-"`
}

const newsletter = `<html><head><title>Hidden title</title><style type="text/css">
 @import url(http://remote.invalid/fonts.css);
 body{margin:0;background-color:#f4f4f4;font-family:Georgia,serif}
 .wrap{width:600px;margin:0 auto;background:#ffffff}
 table.head td{background-color:#123456;color:#ffffff;padding:20px 30px}
 h1 {font-size:28px;line-height:34px;color:#222222}
 .btn{display:inline-block;padding:12px 24px;background:#e91e63;color:#fff !important;border-radius:4px;text-decoration:none}
 #foot, .foot p{font-size:11px;color:#999999;text-align:center}
 .col{display:inline-block;width:100%}
 @media only screen and (min-width:480px){.col{width:50% !important}}
 @media (max-width:480px){.wrap{width:320px !important}}
 @media print{h1{color:#ff0000}}
 @media (prefers-color-scheme: dark){.wrap{background:#000}}
 li:first-child{font-weight:bold} a:hover{color:lime} td > span.strong{font-weight:700}
 [align=right]{letter-spacing:2px} </style></head>
 <body><div style="display:none;max-height:0;overflow:hidden">Preheader text</div><table class="wrap head" cellspacing=0><tr><td>Brand</td><td align=right>Date</td></tr>
 <tr><td><span class=strong>Strong</span></td></tr></table><div class=wrap><h1>Headline</h1><a class=btn href="https://shop.example/?utm=1">Buy now</a>
 <div class=col>Column</div><ul><li>First</li><li>Second</li></ul></div><div class=foot><p>Footer one</p></div><p id=foot>Footer two</p></body></html>`

const word = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name=Generator content="Microsoft Word 15"><style><!--
 @font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}
 p.MsoNormal, li.MsoNormal {margin:0cm; margin-bottom:.0001pt; font-size:11.0pt; font-family:"Calibri",sans-serif; mso-fareast-language:EN-US;}
 a:link, span.MsoHyperlink {mso-style-priority:99; color:#0563C1; text-decoration:underline;}
 span.EmailStyle17 {mso-style-type:personal-compose; font-family:"Calibri",sans-serif; color:windowtext;}
 @page WordSection1 {size:612.0pt 792.0pt;} div.WordSection1 {page:WordSection1;} --></style>
 <!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit"/></xml>conditional text<![endif]--></head>
 <body lang=DE link="#0563C1"><div class=WordSection1><p class=MsoNormal>Normal paragraph<o:p></o:p></p>
 <p class=MsoListParagraph style='margin-left:36.0pt;text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;</span></span><![endif]>List item text</p>
 <table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;border:none;margin-left:-5.4pt'><tr style='height:20pt'>
 <td width=200 valign=bottom style='width:150.0pt;border:solid windowtext 1.0pt;background:#DEEAF6;padding:0cm 5.4pt 0cm 5.4pt'><p class=MsoNormal align=center style='text-align:center'><b><span style='color:#1F4E79'>Cell one</span></b></p></td>
 <td rowspan=2 bgcolor="#FFCC00" nowrap>Cell two</td></tr><tr><td>Cell three</td></tr></table><p class=MsoNormal><a href="mailto:a@b.example">Mail link</a></p></div></body></html>`

func looks() []look {
	inlineStyles := [][3]string{{"color", "#ff0000", "rgb(255, 0, 0)"}, {"background-color", "yellow", "rgb(255, 255, 0)"}, {"background", "#0f0", "rgb(0, 255, 0)|background-color"},
		{"font-size", "20px", "20px"}, {"font-weight", "bold", "700"}, {"font-style", "italic", "italic"}, {"font-family", "Arial, sans-serif", "Arial, sans-serif"}, {"text-align", "center", "center"},
		{"text-decoration", "line-through", "line-through|text-decoration-line"}, {"text-transform", "uppercase", "uppercase"}, {"line-height", "30px", "30px"}, {"letter-spacing", "2px", "2px"},
		{"padding", "10px 5px", "5px|padding-left"}, {"margin", "0 0 12px 8px", "8px|margin-left"}, {"border", "2px dashed blue", "dashed|border-left-style"}, {"border-left", "3px solid #ccc", "3px|border-left-width"},
		{"border-radius", "6px", "6px|border-top-left-radius"}, {"width", "200px", "200px"}, {"max-width", "300px", "300px"}, {"height", "50px", "50px"}, {"float", "right", "right"}, {"clear", "both", "both"},
		{"display", "inline-block", "inline-block"}, {"vertical-align", "middle", "middle"}, {"white-space", "nowrap", "nowrap|text-wrap-mode"}, {"direction", "rtl", "rtl"}, {"font", "italic bold 14px/20px Georgia", "14px|font-size"},
		{"opacity", "0.5", "0.5"}, {"text-indent", "12px", "12px"}, {"word-break", "break-all", "break-all"}, {"color", "rgba(1,2,3,.5)", "rgba(1, 2, 3, 0.5)"}, {"color", "hsl(120,100%,25%)", "rgb(0, 128, 0)"},
		{"visibility", "hidden", "hidden"}, {"text-shadow", "none", "none"}, {"list-style-type", "square", "square"}, {"box-shadow", "0 1px 2px #ccc", "rgb(204, 204, 204) 0px 1px 2px 0px"}}
	var all []look
	for _, s := range inlineStyles {
		want, prop, ok := strings.Cut(s[2], "|")
		if !ok {
			prop = s[0]
		}
		all = append(all, look{"inline " + s[0], fmt.Sprintf(`<div style="%s:%s">Target</div>`, s[0], s[1]), []check{{"Target", "", prop, want}}})
	}
	return append(all,
		look{"newsletter", newsletter, []check{{"Brand", "", "background-color", "rgb(18, 52, 86)"}, {"Brand", "", "color", "rgb(255, 255, 255)"}, {"Brand", "", "padding-left", "30px"}, {"Brand", "table", "width", "600px"},
			{"Date", "", "text-align", "right|-webkit-right"}, {"Date", "", "letter-spacing", "2px"}, {"Headline", "", "font-size", "28px"}, {"Headline", "", "color", "rgb(34, 34, 34)"}, {"Headline", "", "font-family", "Georgia, serif"},
			{"Headline", "div", "background-color", "rgb(255, 255, 255)"}, {"Headline", "div", "width", "600px"}, {"Buy now", "", "background-color", "rgb(233, 30, 99)"}, {"Buy now", "", "color", "rgb(255, 255, 255)"},
			{"Buy now", "", "display", "inline-block"}, {"Buy now", "", "text-decoration-line", "none"}, {"Buy now", "", "=e.href", "https://shop.example/?utm=1"}, {"Column", "", "width", "300px"}, {"First", "", "font-weight", "700"},
			{"Second", "", "font-weight", "400"}, {"Footer one", "", "font-size", "11px"}, {"Footer two", "", "text-align", "center"}, {"Strong", "", "font-weight", "700"}, {"Preheader text", "", "display", "none"},
			{"Brand", "", `=document.body.innerText.includes("Hidden title")`, "false"}}},
		look{"word", word, []check{{"Normal paragraph", "", "font-size", "14.6667px"}, {"Normal paragraph", "", "font-family", `Calibri, sans-serif`}, {"Normal paragraph", "", "margin-top", "0px"},
			{"List item text", "", "margin-left", "48px"}, {"List item text", "", "text-indent", "-24px"}, {"Cell one", "td", "background-color", "rgb(222, 234, 246)"}, {"Cell one", "td", "border-left-style", "solid"},
			{"Cell one", "td", "vertical-align", "bottom"}, {"Cell one", "", "color", "rgb(31, 78, 121)"}, {"Cell one", "", "font-weight", "700"}, {"Cell one", "p", "text-align", "center"}, {"Cell one", "table", "border-collapse", "collapse"},
			{"Cell two", "", "background-color", "rgb(255, 204, 0)"}, {"Cell two", "", "=e.rowSpan", "2"}, {"Cell two", "", "white-space-collapse", "collapse"}, {"Mail link", "", "color", "rgb(5, 99, 193)"},
			{"Cell two", "", `=document.body.innerText.includes("conditional text")`, "false"}}},
		look{"old markup", `<body bgcolor="#EEEEEE" text="navy"><center>Centred</center><font color="#008000" face="Courier New" size="5">Font</font><p align="right">Right</p><table align=center width="80%" cellpadding=7><tr bgcolor=silver><td height=40 valign=top>Cell</td><th colspan=2>Head</th></table>
 <hr size=3 width="50%"><ol start=5 type=A><li>Fifth</ol><ul type=square><li>Square</ul><big>Big</big><tt>Mono</tt><strike>Struck</strike><dl><dt>Term<dd>Meaning</dl>`,
			[]check{{"Centred", "", "text-align", "-webkit-center"}, {"Font", "", "color", "rgb(0, 128, 0)"}, {"Font", "", "font-family", `"Courier New"`}, {"Font", "", "font-size", "24px"}, {"Right", "", "text-align", "right|-webkit-right"},
				{"Cell", "tr", "background-color", "rgb(192, 192, 192)"}, {"Cell", "", "vertical-align", "top"}, {"Cell", "", "padding-left", "7px"}, {"Head", "", "=e.colSpan", "2"}, {"Fifth", "", "list-style-type", "upper-alpha"},
				{"Fifth", "ol", "=e.start", "5"}, {"Square", "", "list-style-type", "square"}, {"Mono", "", "font-family", "monospace"}, {"Struck", "", "text-decoration-line", "line-through"}, {"Meaning", "", "margin-left", "40px"},
				{"Right", "", "color", "rgb(0, 0, 128)"}, {"Centred", "div", "background-color", "rgb(238, 238, 238)"}}},
		look{"right to left", `<div dir="rtl">שלום<p>مرحبا</p></div><bdo dir=rtl>turned</bdo><p style="direction:rtl;unicode-bidi:embed">styled</p>`,
			[]check{{"שלום", "", "direction", "rtl"}, {"مرحبا", "", "direction", "rtl"}, {"turned", "", "direction", "rtl"}, {"turned", "", "unicode-bidi", "isolate-override|bidi-override"}, {"styled", "", "direction", "rtl"}}},
		look{"text", "<pre>a\tb\n  indented</pre><my-element>Unknown text</my-element><form><label>Label text</label></form><p>one<br>two</p><blockquote type=cite>Quoted</blockquote><img src='http://remote.invalid/x.png' alt='Blocked logo' width=120 height=40><img src='cid:P%31@x' alt='Inline picture'>",
			[]check{{"indented", "", "white-space-collapse", "preserve"}, {"indented", "", `=e.textContent`, "a\tb\n  indented"}, {"Unknown text", "", "display", "block|inline"}, {"Label text", "", "display", "inline"},
				{"Quoted", "", "margin-left", "40px"}, {"Blocked logo", "", "=e.getBoundingClientRect().width > 40", "true"}, {"Blocked logo", "", "=e.getBoundingClientRect().height > 10", "true"}, {"Inline picture", "", "=e.naturalWidth", "1"}}},
	)
}

const pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

const measure = `(checks => checks.map(c => {
	let e = null;
	for (const x of document.body.querySelectorAll("*")) {
		if (x.alt === c.text) e = x;
		else if (x.textContent.includes(c.text) && ![...x.children].some(y => y.textContent.includes(c.text))) e = e || x;
	}
	if (e && c.up) e = e.closest(c.up);
	if (!e) return "no element";
	return String(c.style[0] === "=" ? eval(c.style.slice(1)) : getComputedStyle(e)[c.style]);
}))`

// What harmless mails look like afterwards, property by property.
func TestTheLookStays(t *testing.T) {
	t.Parallel()
	var page string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	}))
	defer srv.Close()
	b := peers.Chromium(t)
	kept, all := 0, 0
	for i, l := range looks() {
		out, _ := sanitise.HTML(l.html, sanitise.Options{CID: func(id string) string {
			if id == "P1@x" {
				return pixel
			}
			return ""
		}})
		page = "<!doctype html><meta charset=utf-8><link rel=icon href='data:,'><title>Mail</title><body>" + out
		b.Do(chromedp.Navigate(fmt.Sprintf("%s/%d", srv.URL, i)))
		arg, err := json.Marshal(l.checks)
		if err != nil {
			t.Fatal(err)
		}
		got := peers.JS[[]string](b, measure+"("+string(arg)+")")
		for j, c := range l.checks {
			all++
			ok := false
			for w := range strings.SplitSeq(c.Want, "|") {
				ok = ok || got[j] == w
			}
			if ok {
				kept++
				continue
			}
			t.Errorf("%s: %s of %q (%s) is %q, not %q", l.name, c.Style, c.Text, c.Up, got[j], c.Want)
		}
		if len(l.checks) > 1 {
			b.Screenshot("sanitise-" + strings.ReplaceAll(l.name, " ", "-"))
		}
	}
	t.Logf("look: %d of %d kept", kept, all)
}
