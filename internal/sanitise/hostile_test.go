package sanitise

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// arena is a page that shows pieces of HTML one below the other, without any frame or policy, with
// something of its own between them, and finds out what they do.
type arena struct {
	b    *peers.Browser
	srv  *httptest.Server
	mu   sync.Mutex
	page string
	bad  []string // requests that a page made
	n    int
}

const arenaHead = `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>arena</title><style>
	body{margin:0;padding:0} .overlay,#overlay{position:fixed;inset:0;z-index:99999;background:red} .sentinel{height:30px;margin:4px}</style>
	<script>var hits=0; function hit(){hits++} alert=confirm=prompt=print=hit; window.open=hit;
	addEventListener("click", e=>{ if (e.target.closest("a")) e.preventDefault() })</script></head><body>`

// inspect answers with a line for each piece that did something: its number and what.
const inspect = `(async () => {
	const said = [], kids = [...document.body.children].filter(e => e.tagName !== "SCRIPT");
	const sentinels = document.querySelectorAll("body > .sentinel");
	const wait = () => new Promise(done => setTimeout(done, 0));
	for (let i = 0; i + 1 < sentinels.length; i++) {
		const say = what => said.push(i + ": " + what);
		const box = sentinels[i].nextElementSibling, next = sentinels[i + 1];
		if (!box || box.nextElementSibling !== next) { say("is not one box"); continue }
		const before = hits;
		const bad = box.querySelector("script,style,link,meta,base,iframe,object,embed,svg,math,template,form,input,button,select,textarea,video,audio,source,picture,dialog,[class],[name],[popover],[autofocus],[contenteditable],[ping],[srcset],[background],[tabindex]");
		if (bad) say("holds " + bad.outerHTML.slice(0, 100));
		for (const e of box.querySelectorAll("*")) {
			if (e.shadowRoot) say("has a shadow root");
			for (const a of e.attributes) if (/^on/i.test(a.name)) say("has " + a.name);
			const s = getComputedStyle(e);
			if (s.position !== "static" || s.transform !== "none" || s.zoom !== "1" || s.zIndex !== "auto" || s.animationName !== "none" || /url\((?!"data:image\/(png|gif|jpeg|webp))/.test(s.backgroundImage + s.listStyleImage + s.cursor + s.content)) say("has style " + e.getAttribute("style"));
			if (e.tagName === "A" && e.hasAttribute("href") && !/^(https?:|mailto:|tel:|#mail-)/.test(e.getAttribute("href"))) say("links to " + e.getAttribute("href"));
		}
		const all = [...box.querySelectorAll("*")].slice(0, 150);
		for (const e of all) for (const name of ["pointerover", "mouseover", "mouseenter", "pointermove", "mousemove", "mousedown", "focus", "mouseup", "click", "dblclick", "contextmenu", "keydown", "blur", "toggle", "drag", "copy", "wheel"])
			e.dispatchEvent(new MouseEvent(name, {bubbles: true, cancelable: true, view: window}));
		for (const e of all) if (e.tagName === "DETAILS") e.open = true;
		for (const s of [sentinels[i], next]) {
			s.scrollIntoView({block: "center"});
			const r = s.getBoundingClientRect(), style = getComputedStyle(s);
			for (const f of [0.02, 0.5, 0.98]) {
				const at = document.elementFromPoint(r.left + r.width * f, r.top + r.height / 2);
				if (at !== s) say("covers the page with " + (at && at.outerHTML.slice(0, 100)));
			}
			if (style.fontWeight !== "400" || style.direction !== "ltr" || style.fontSize !== "16px" || style.color !== "rgb(0, 0, 0)" || style.visibility !== "visible" || style.textAlign !== "start" || r.width < 700 || Math.round(r.height) !== 30) say("changes the page's look");
		}
		const r = box.getBoundingClientRect();
		if (r.left < 0 || r.right > innerWidth + 1 || r.height > 60000) say("is a box of " + JSON.stringify(r));
		if (document.documentElement.scrollWidth > innerWidth + 1) say("makes the page wide");
		await wait();
		if (hits !== before) say("runs a script");
	}
	if (hits) said.push("-1: scripts ran: " + hits);
	return said;
})()`

func newArena(t *testing.T) *arena {
	a := &arena{}
	a.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if !strings.HasPrefix(r.URL.Path, "/arena") {
			a.bad = append(a.bad, r.URL.Path)
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, a.page)
	}))
	t.Cleanup(a.srv.Close)
	a.b = peers.Chromium(t)
	return a
}

// show shows the pieces and says what they did, and which trees the browser has understood.
func (a *arena) show(pieces []string) (said, trees []string) {
	var b strings.Builder
	b.WriteString(arenaHead)
	for i, p := range pieces {
		fmt.Fprintf(&b, `<p class="sentinel">sentinel %d</p>%s`, i, p)
	}
	b.WriteString(`<p class="sentinel">the end</p></body></html>`)
	a.mu.Lock()
	a.page = b.String()
	a.n++
	path := fmt.Sprintf("/arena/%d", a.n)
	a.mu.Unlock()
	known := a.b.Requested()
	a.b.Do(chromedp.Navigate(a.srv.URL + path))
	for y := 20; y < 780; y += 150 { // a real pointer, for what only that sets off
		a.b.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 60, float64(y)))
	}
	trees = peers.JS[[]string](a.b, `[...document.querySelectorAll("body > .sentinel + div")].map(e => e.outerHTML)`)
	said = peers.Get(a.b, chromedp.Evaluate[[]string](inspect, chromedp.EvalAwaitPromise))
	for _, url := range a.b.Requested() {
		if !strings.HasPrefix(url, a.srv.URL+"/arena/") && !strings.HasPrefix(url, "data:") && !slices.Contains(known, url) {
			said = append(said, "-1: asks for "+url)
		}
	}
	return said, trees
}

// corpus is the lines of the lists of hostile HTML that lie beside the checkout.
func corpus(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join(peers.Corpus(t, "html-xss"), "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists: %v", err)
	}
	var all []string
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			all = append(all, strings.TrimRight(line, "\r\n"))
		}
	}
	return all
}

// In a browser, nothing of a hostile mail runs, loads, or leaves its box, and the browser sees the very
// tree that was meant.
func TestHostileInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	t.Parallel()
	for name, sources := range map[string]func(*testing.T) []string{"ours": func(*testing.T) []string { return hostile() }, "corpus": corpus} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, seen := sources(t), map[string]bool{}
			var in, out []string
			for _, s := range all {
				o, _ := HTML(s, Options{})
				harmless(t, s, o)
				if !seen[o] { // many become the same
					seen[o] = true
					in, out = append(in, s), append(out, o)
				}
			}
			a := newArena(t)
			leaks := 0
			const batch = 100
			for from := 0; from < len(out); from += batch {
				to := min(from+batch, len(out))
				said, trees := a.show(out[from:to])
				for _, what := range said {
					var i int
					if _, err := fmt.Sscanf(what, "%d:", &i); err != nil {
						t.Fatalf("the page says %q", what)
					}
					leaks++
					if i < 0 {
						t.Errorf("one of %d to %d: %s", from, to, what)
					} else {
						t.Errorf("%s\n%.300q\n%.600s", what, in[from+i], out[from+i])
					}
				}
				if len(trees) != to-from {
					t.Errorf("%d boxes are %d in the browser", to-from, len(trees))
				}
				for i, tree := range trees[:min(len(trees), to-from)] {
					if normal(t, tree) != normal(t, out[from+i]) {
						t.Errorf("the browser sees another tree:\n%.300q\n%.600s\n%.600s", in[from+i], out[from+i], tree)
					}
				}
			}
			if len(a.bad) > 0 {
				t.Errorf("the server was asked for %q", a.bad)
			}
			t.Logf("%d hostile mails, %d different results, %d leaks", len(all), len(out), leaks)
		})
	}
}

func normal(t *testing.T, s string) string {
	t.Helper()
	root, err := parse(s)
	if err != nil {
		t.Fatal(err)
	}
	out, err := write(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Without the sanitiser the same page does tell of leaks: what finds none above can find them.
func TestTheArenaFindsLeaks(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	for want, piece := range map[string]string{
		"runs a script":            `<div><p onclick=hit()>x</p></div>`,
		"asks for":                 `<div><img src="/leak.png"></div>`,
		"is not one box":           `</div><div>a</div><div>b</div>`,
		"covers the page":          `<div><p style="position:fixed;inset:0;z-index:9">x</p></div>`,
		"changes the page's look":  `<div><style>.sentinel{font-weight:bold}</style>x</div>`,
		"makes the page wide":      `<div><p style="width:9000px">x</p></div>`,
		"has style":                `<div><p style="transform:scale(2)">x</p></div>`,
		"links to javascript:hit(": `<div><a href="javascript:hit()">x</a></div>`,
		"has onmouseover":          `<div><p onmouseover=hit()>x</p></div>`,
	} {
		said, _ := a.show([]string{piece})
		if got := strings.Join(said, "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: the page says %q", piece, got)
		}
	}
}
