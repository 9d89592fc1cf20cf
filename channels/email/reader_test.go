package email

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// A letter as a reader shows it, on a telephone's screen: Markdown with its looks, the quotation set off
// and as text, nothing wider than the screen, nothing loaded.
func TestLetterInAReader(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	out := asked("It says <b>E42</b> at https://customer.example/" + strings.Repeat("long", 60) + "\n\n- one\n- two")
	out.Message.Text = "Hello Jane,\n\nplease press **Reset**:\n\n1. hold it\n2. read [the manual](https://acme.example/" + strings.Repeat("x", 200) +
		")\n\n| Lamp | Meaning |\n|---|---|\n| green | good |\n\n```\n" + strings.Repeat("code ", 80) + "\n```\n\n<script>document.title='hacked'</script>"
	out.Brand.Signature = map[string]string{"de": "Acme\nWe are here from 9"}
	_, m := letterOf(t, out)
	page := strings.Replace(m.HTML, "<head>", `<head><meta name="viewport" content="width=device-width">`, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	b.Do(chromedp.EmulateViewport(360, 640), chromedp.Navigate(s.URL))
	for js, want := range map[string]string{
		"document.title": "",
		"getComputedStyle(document.querySelector('blockquote')).borderLeftStyle": "solid",
		"document.querySelector('blockquote').innerText.slice(0,18)":             "It says <b>E42</b>",
		"getComputedStyle(document.querySelector('td')).borderTopStyle":          "solid",
		"getComputedStyle(document.querySelector('strong')).fontWeight":          "700",
		"String(document.querySelectorAll('script').length)":                     "0",
		"document.querySelector('.gmail_quote p').innerText":                     "Am 2. März 2026 um 08:30 schrieb Jane Doe:",
		"String(document.scrollingElement.scrollWidth <= 360)":                   "true",
	} {
		if got := peers.JS[string](b, js); got != want {
			t.Errorf("%s is %q, want %q", js, got, want)
		}
	}
	for _, r := range b.Requested() {
		if !strings.HasPrefix(r, s.URL) {
			t.Errorf("it loads %s", r)
		}
	}
}
