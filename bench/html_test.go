//go:build !race

package bench

import (
	"fmt"
	"html"
	"mime/quotedprintable"
	"strings"
)

// alternative writes a mail as the usual mail programs do: plain text, and HTML with the styles and the
// history that they add.
func (w *writing) alternative() {
	depth := w.r.IntN(4)
	w.customer()
	text := w.prose(1 + w.r.IntN(4))
	w.b.WriteString("Content-Type: multipart/alternative; boundary=\"_000_alt_\"\r\n\r\n--_000_alt_\r\n")
	w.plain(text + w.signature() + w.quoted(depth))
	w.b.WriteString("\r\n--_000_alt_\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	page := []func(string, int) string{w.outlook, w.gmail, w.apple}[w.i%3](text, depth)
	w.quotedPrintable(page)
	w.b.WriteString("\r\n--_000_alt_--\r\n")
}

func paragraphs(text, style string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(text, "\n\n") {
		fmt.Fprintf(&b, "<p%s><span lang=EN-US style='font-size:11.0pt;font-family:\"Calibri\",sans-serif'>%s<o:p></o:p></span></p>\n", style, html.EscapeString(p))
	}
	return b.String()
}

// outlook: a style sheet of its own, tables of conditional comments, the history below a line.
func (w *writing) outlook(text string, depth int) string {
	var b strings.Builder
	b.WriteString("<html xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head>\n" +
		"<meta name=Generator content=\"Microsoft Word 15 (filtered medium)\"><style><!--\n")
	for n := range 40 {
		fmt.Fprintf(&b, "p.MsoNormal%d, li.MsoNormal%d, div.MsoNormal%d\n\t{margin:0cm;font-size:%d.0pt;font-family:\"Calibri\",sans-serif;mso-fareast-language:EN-US;}\n", n, n, n, n)
	}
	b.WriteString("--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext=\"edit\" spidmax=\"1026\"/></xml><![endif]--></head><body lang=DE link=blue><div class=WordSection1>\n")
	b.WriteString(paragraphs(text, " class=MsoNormal") + paragraphs(w.signature(), " class=MsoNormal"))
	for d := range depth {
		fmt.Fprintf(&b, "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> Acme Support &lt;support@acme.example&gt;<br>"+
			"<b>Sent:</b> Monday, March 2, 2026 9:1%d AM<br><b>To:</b> Jane Doe<br><b>Subject:</b> Case %d</p></div></div>\n", d, w.i)
		b.WriteString(paragraphs(w.prose(1+w.r.IntN(4)), " class=MsoNormal"))
	}
	return b.String() + "</div></body></html>\n"
}

// gmail: nested quotes that say what they are.
func (w *writing) gmail(text string, depth int) string {
	s := "<div dir=\"ltr\">" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n") + "</div><br clear=\"all\"><div class=\"gmail_signature\">" +
		strings.ReplaceAll(html.EscapeString(w.signature()), "\n", "<br>") + "</div>"
	for d := range depth {
		s += fmt.Sprintf("<br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Mon, 2 Mar 2026 at 09:1%d, Acme Support &lt;<a href=\"mailto:support@acme.example\">support@acme.example</a>&gt; wrote:<br></div>"+
			"<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">", d) +
			strings.ReplaceAll(html.EscapeString(w.prose(1+w.r.IntN(4))), "\n", "<br>\n")
	}
	return s + strings.Repeat("</blockquote></div>", depth)
}

// apple: blockquotes.
func (w *writing) apple(text string, depth int) string {
	s := "<html><head><meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\"></head><body style=\"overflow-wrap: break-word; -webkit-nbsp-mode: space;\">"
	for line := range strings.SplitSeq(text, "\n") {
		s += "<div>" + html.EscapeString(line) + "</div>\n"
	}
	for d := range depth {
		s += fmt.Sprintf("<div><br><blockquote type=\"cite\"><div>On 2. Mar 2026, at 09:1%d, Acme Support &lt;support@acme.example&gt; wrote:</div><br class=\"Apple-interchange-newline\"><div>", d)
		for line := range strings.SplitSeq(w.prose(1+w.r.IntN(4)), "\n") {
			s += "<div>" + html.EscapeString(line) + "</div>\n"
		}
	}
	return s + strings.Repeat("</div></blockquote></div>", depth) + "</body></html>"
}

// letter: tables in tables, as shops and their programs send, without plain text.
func (w *writing) letter() {
	w.customer()
	w.b.WriteString("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	var b strings.Builder
	b.WriteString("<!doctype html><html><body><table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">")
	for row := range 15 + w.r.IntN(70) {
		fmt.Fprintf(&b, "<tr><td align=\"left\" valign=\"top\" style=\"font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#333333;padding:0 20px\">"+
			"<table><tr><td><a href=\"https://shop.example/item/%d?utm_source=mail\">Item %d</a></td><td style=\"text-align:right\">%d,00&nbsp;&euro;</td></tr></table>%s</td></tr>\n",
			row, row, row*3, html.EscapeString(w.prose(1)))
	}
	w.quotedPrintable(b.String() + "</table></body></html>")
}

// inlinePicture: a signature with a logo in it.
func (w *writing) inlinePicture() {
	w.customer()
	text := w.prose(2)
	w.b.WriteString("Content-Type: multipart/related; boundary=\"=_rel\"\r\n\r\n--=_rel\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w.quotedPrintable(w.gmail(text, 1) + "<img src=\"cid:logo@firm\">")
	at := w.i % 40 * 20_000 // a firm has one logo
	w.b.WriteString("\r\n--=_rel\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo@firm>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	w.base64(noise()[at : at+15_000])
	w.b.WriteString("--=_rel--\r\n")
}

func (w *writing) quotedPrintable(s string) {
	q := quotedprintable.NewWriter(&w.b)
	_, _ = q.Write([]byte(s)) // a buffer takes everything
	_ = q.Close()
}
