package web

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/internal/images"
	"tierline/internal/peers"
	"tierline/ticket"
)

const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// sender is the server of somebody who writes mails with images.
func sender(t *testing.T) (url string, hits *atomic.Int32, reach func(*Config, *Deps)) {
	hits = &atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		switch r.URL.Path {
		case "/logo.gif":
			fmt.Fprint(w, onePixel)
		case "/drawing":
			w.Header().Set("Content-Type", "image/svg+xml")
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	at := netip.MustParseAddrPort(srv.Listener.Addr().String())
	return srv.URL, hits, func(_ *Config, d *Deps) {
		d.Images = images.New(images.Options{May: func(a netip.AddrPort) error {
			if a != at {
				return images.Public(a)
			}
			return nil
		}})
	}
}

var imageTag = regexp.MustCompile(`<img alt="([a-z]+)" src="([^"]+)"`)

func TestImagesFromElsewhere(t *testing.T) {
	t.Parallel()
	url, hits, reach := sender(t)
	clock := &later{}
	s := start(t, reach, func(_ *Config, d *Deps) { d.Now = clock.now })
	id := s.mail("1", "News", "Look", func(in *ticket.Inbound) {
		in.HTML = `<p>Look:<img alt=logo src="` + url + `/logo.gif"><img alt=drawing src="` + url + `/drawing"><img alt=gone src="` + url + `/gone">` +
			`<img alt=inside src="http://127.0.0.1:1/x"><img src="` + url + `/pixel" width=1 height=1><img alt=mine src="cid:own@x"></p>`
		in.Attachments = []ticket.Attachment{{Name: "own.gif", Type: "image/gif", Size: int64(len(onePixel)), SHA256: s.put(onePixel), ContentID: "own@x"}}
	})
	path := "/console/tickets/" + id.String()
	frame := path + "/messages/1/html"
	v := s.signedIn("anna")
	mustHave(t, v.page(path), "Load images", `target="html-1"`)
	before := v.page(frame)
	mustHave(t, before, "5 things from elsewhere", `<img alt="logo"/>`, `<img alt="mine" src="data:image/gif`)
	mustNotHave(t, before, "127.0.0.1", "/image?")
	if got := v.get(frame + "?remote=1"); strings.Contains(got.body, "/image?") {
		t.Error("a link loads images")
	}
	shown := v.post(path, frame, nil)
	if shown.StatusCode != 200 || hits.Load() != 0 {
		t.Fatalf("%d, %d hits: %s", shown.StatusCode, hits.Load(), shown.body)
	}
	mustHave(t, shown.body, "4 images from elsewhere", `<img alt="mine" src="data:image/gif`)
	mustNotHave(t, shown.body, url, "pixel")
	policy := shown.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "img-src data: 'self';") || !strings.Contains(policy, "sandbox allow-same-origin") || strings.Contains(policy, "script") {
		t.Errorf("the policy: %s", policy)
	}
	at := map[string]string{}
	for _, m := range imageTag.FindAllStringSubmatch(shown.body, -1) {
		at[m[1]] = html.UnescapeString(m[2])
	}
	for range 3 {
		img := v.get(at["logo"])
		if img.StatusCode != 200 || img.body != onePixel {
			t.Fatalf("%d %q", img.StatusCode, img.body)
		}
		for k, want := range map[string]string{"Content-Type": "image/gif", "Content-Disposition": "inline", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "same-origin"} {
			if img.Header.Get(k) != want {
				t.Errorf("%s: %q", k, img.Header.Get(k))
			}
		}
	}
	if hits.Load() != 1 {
		t.Errorf("the sender sees %d hits", hits.Load())
	}
	for _, bad := range []string{"drawing", "gone", "inside"} {
		if got := v.get(at[bad]); got.StatusCode != 404 || strings.Contains(got.body, "<svg") {
			t.Errorf("%s: %d", bad, got.StatusCode)
		}
	}
	was := hits.Load()
	for name, other := range map[string]string{
		"another address": strings.Replace(at["gone"], "u=", "u=aHR0c", 1), "no signature": regexp.MustCompile(`&s=[^&]*|s=[^&]*&`).ReplaceAllString(at["logo"], ""),
		"a later end": regexp.MustCompile(`e=\d`).ReplaceAllString(at["logo"], "e=9"), "another message": strings.Replace(at["logo"], "messages/1", "messages/2", 1),
		"another ticket": strings.Replace(at["logo"], id.String(), (id + 1).String(), 1)} {
		if got := v.get(other); got.StatusCode != 403 {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	if got := s.signedIn("lea").get(at["logo"]); got.StatusCode != 403 {
		t.Errorf("another session: %d", got.StatusCode)
	}
	if got := s.visitor().get(at["logo"]); got.StatusCode != 303 {
		t.Errorf("not staff: %d", got.StatusCode)
	}
	if got := s.client(allKey); got != nil {
		r, _ := http.NewRequest("GET", s.URL()+at["logo"], nil)
		r.Header.Set("Authorization", "Bearer "+allKey)
		if got := s.visitor().do(r); got.StatusCode != 303 {
			t.Errorf("an API key: %d", got.StatusCode)
		}
	}
	clock.pass(imagesFor)
	if got := v.get(at["logo"]); got.StatusCode != 403 || !strings.Contains(got.body, "Load the images again") {
		t.Errorf("too late: %d", got.StatusCode)
	}
	if hits.Load() != was {
		t.Errorf("the sender was asked %d times for what was refused", hits.Load()-was)
	}
}

// later is the time, and how much later it is.
type later struct{ by atomic.Int64 }

func (l *later) now() time.Time       { return time.Now().Add(time.Duration(l.by.Load())) }
func (l *later) pass(d time.Duration) { l.by.Add(int64(d)) }

func TestOnePersonsImagesAreLimited(t *testing.T) {
	t.Parallel()
	url, hits, reach := sender(t)
	s := start(t, reach)
	id := s.mail("1", "News", "Look", func(in *ticket.Inbound) { in.HTML = `<img alt=logo src="` + url + `/logo.gif">` })
	path := "/console/tickets/" + id.String()
	v := s.signedIn("anna")
	m := imageTag.FindStringSubmatch(v.post(path, path+"/messages/1/html", nil).body)
	if wait := s.perViewer.take("anna", imagesPerMinute); wait != 0 {
		t.Fatal(wait)
	}
	if got := v.get(html.UnescapeString(m[2])); got.StatusCode != 429 || hits.Load() != 0 {
		t.Errorf("%d", got.StatusCode)
	}
}

func TestHasRemote(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{"": false, "<": false, "<img": false, `<IMG alt=x SRC="https://x">`: true, `<img src="cid:a">`: false, `<a href="https://x"><img src="cid:a"></a>`: false,
		`<td background="http://x">`: true, `<p style="background:url(https://x)">`: true, `<img src=//x>`: true, `<image src=//x>`: true, "a<b": false} {
		if got := hasRemote(source); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

// Before the click nothing goes out, and after it the images are shown.
func TestImagesInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	url, hits, reach := sender(t)
	s := start(t, reach)
	id := s.mail("1", "News from the shop", "Look", func(in *ticket.Inbound) {
		in.HTML = `<h1>News</h1><p><img id=logo width=60 height=60 alt="Our logo" src="` + url + `/logo.gif"><table background="` + url + `/logo.gif?2"><tr><td style="background:url('` + url + `/logo.gif?3')">Ground</table>` +
			`<img id=own alt="Our own" src="cid:own@x"><script>parent.document.title="taken"</script>`
		in.Attachments = []ticket.Attachment{{Name: "own.gif", Type: "image/gif", Size: int64(len(onePixel)), SHA256: s.put(onePixel), ContentID: "own@x"}}
	})
	link, err := s.ConsoleLink("lea", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.Navigate(link), chromedp.Click("button.main"))
	b.Until(`location.pathname === "/console"`)
	b.Do(chromedp.Navigate(s.URL()+"/console/tickets/"+id.String()), chromedp.Focus("details.html summary"), chromedp.KeyEvent("\r"))
	frame := s.URL() + "/console/tickets/" + id.String() + "/messages/1/"
	loaded := func() bool {
		for _, u := range b.Requested() {
			if strings.HasPrefix(u, frame+"html") {
				return true
			}
		}
		return false
	}
	for !loaded() {
		b.Until(`document.querySelector("iframe").contentDocument === null`) // another origin, as a sandbox is
	}
	for _, u := range b.Requested() {
		if !strings.HasPrefix(u, s.URL()) && !strings.HasPrefix(u, "data:") || strings.HasPrefix(u, frame+"image") {
			t.Errorf("before the click the browser asks for %s", u)
		}
	}
	b.Do(chromedp.Focus("form.load button"), chromedp.KeyEvent("\r"))
	b.Until(`(() => { const d = document.querySelector("iframe").contentDocument; return d && [...d.images].length === 2 && [...d.images].every((i) => i.complete && i.naturalWidth === 1); })()`)
	b.Until(`performance.now() && document.querySelector("iframe").contentWindow.performance.getEntriesByType("resource").filter((e) => e.name.includes("/image?")).length === 3`)
	b.Screenshot("web-images-loaded")
	if title := peers.JS[string](b, "document.title"); title == "taken" {
		t.Error("a script of the mail runs")
	}
	for _, u := range b.Requested() {
		if !strings.HasPrefix(u, s.URL()) && !strings.HasPrefix(u, "data:") {
			t.Errorf("the browser itself asks for %s", u)
		}
	}
	// Somebody writes: the page shows it, and what was loaded stays.
	s.mail("2", "Re: News", "One more thing", func(in *ticket.Inbound) {
		in.Threads = []ticket.ThreadKey{{By: "test", Ticket: id, Proof: true}}
	})
	b.Until(`document.querySelectorAll(".talk > li").length === 2 && document.querySelector("#m2").textContent.includes("One more thing")`)
	if !peers.JS[bool](b, `document.querySelector("details.html").open && document.querySelector("iframe").contentDocument.images[0].naturalWidth === 1`) {
		t.Error("the images are gone when the page is refreshed")
	}
	if hits.Load() != 3 {
		t.Errorf("the sender sees %d hits, not one for each image", hits.Load())
	}
	b.NoProblems()
}
