package peers

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Screenshots is the environment variable that names a folder to keep screenshots in. Without it they
// are taken (so that taking them is tested) and thrown away.
const Screenshots = "TIERLINE_SCREENSHOTS"

// Browser is one person's browser: a profile with one tab. Ctx is for chromedp.
type Browser struct {
	Ctx context.Context
	t   testing.TB

	mu       sync.Mutex
	problems []string
	urls     map[network.RequestID]string
}

// Chromium starts a headless browser with a fresh profile; it ends with the test.
func Chromium(t testing.TB) *Browser {
	t.Helper()
	path, err := findChromium()
	if err != nil {
		Missing(t, "Chromium", err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-sandbox", os.Getuid() == 0), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("force-prefers-reduced-motion", true), // a click aims at where a thing is now, and would miss what still scrolls
		chromedp.WindowSize(1280, 800))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)                  // after the tab is closed: it also waits for the process
	quiet := func(string, ...any) {} // chromedp reports events that it does not know yet
	return newBrowser(t, alloc, chromedp.WithErrorf(quiet))
}

// Person gives another person a browser: own cookies, own storage, in the same process.
func (b *Browser) Person(t testing.TB) *Browser {
	t.Helper()
	return newBrowser(t, b.Ctx, chromedp.WithNewBrowserContext())
}

func findChromium() (string, error) {
	var err error
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless_shell"} {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}

func newBrowser(t testing.TB, parent context.Context, opts ...chromedp.ContextOption) *Browser {
	t.Helper()
	b := &Browser{t: t, urls: map[network.RequestID]string{}}
	ctx, stop := chromedp.NewContext(parent, append(opts, chromedp.WithListener(b.listen))...)
	t.Cleanup(stop)
	b.Ctx = ctx
	// The first Do must have a context that lives as long as the browser, so its limit stands beside it.
	done := make(chan error, 1)
	go func() { done <- chromedp.Do(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("Chromium does not start: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("Chromium does not start within a minute")
	}
	return b
}

// listen collects what went wrong in the page.
func (b *Browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			b.problems = append(b.problems, "console: "+arguments(e.Args))
		}
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, "uncaught: "+uncaught(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork { // those come below
			b.problems = append(b.problems, "browser: "+e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		b.urls[e.RequestID] = e.Request.URL
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			b.problems = append(b.problems, fmt.Sprintf("request: %d %s", e.Response.Status, e.Response.URL))
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			b.problems = append(b.problems, "request: "+e.ErrorText+" "+b.urls[e.RequestID])
		}
	}
}

func uncaught(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + arguments([]*runtime.RemoteObject{d.Exception})
	}
	return d.Text
}

func arguments(args []*runtime.RemoteObject) string {
	var parts []string
	for _, a := range args {
		if a.Description != "" {
			parts = append(parts, a.Description)
		} else {
			parts = append(parts, string(a.Value))
		}
	}
	return strings.Join(parts, " ")
}

// Problems lists console errors, uncaught exceptions and failed requests since the last call.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.problems
	b.problems = nil
	return p
}

// Requested lists the addresses that were asked for since the browser was started, in no order.
func (b *Browser) Requested() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.urls))
}

// NoProblems fails the test when the page has reported any.
func (b *Browser) NoProblems() {
	b.t.Helper()
	for _, p := range b.Problems() {
		b.t.Errorf("the page reports: %s", p)
	}
}

// Do takes steps in the page, within 30 s, or fails the test with the page's problems.
func (b *Browser) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	Get(b, chromedp.Steps(steps...))
}

// Get is Do for an action that has a result.
func Get[T any](b *Browser, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.Ctx, 30*time.Second)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.t.Fatalf("browser: %v; problems: %q", err, b.Problems())
	}
	return v
}

// JS is the value of a JavaScript expression in the page.
func JS[T any](b *Browser, expression string) T {
	b.t.Helper()
	return Get(b, chromedp.Evaluate[T](expression))
}

// Until waits at most a minute until a JavaScript expression is true, over any number of navigations. An
// expression that throws is not true yet.
func (b *Browser) Until(expression string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.Ctx, time.Minute)
	defer stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		// A page that goes away while it is asked may leave the question without an answer.
		asking, stop := context.WithTimeout(ctx, 5*time.Second)
		is, err := chromedp.Run(asking, chromedp.Evaluate[bool]("!!("+expression+")"))
		stop()
		if err == nil && is {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("browser: waited in vain for %s: %v; problems: %q; the page says: %s", expression, err, b.Problems(), b.seen())
		case <-again.C:
		}
	}
}

// Press presses what a selector finds first, as soon as it can be seen and is enabled. Nothing can move or be drawn anew between
// finding and pressing, as it can with a click at a place of the screen.
func (b *Browser) Press(selector string) {
	b.t.Helper()
	b.Until(fmt.Sprintf(`((e) => e && e.checkVisibility() && !e.disabled && (e.focus(), e.click(), true))(document.querySelector(%q))`, selector))
}

// seen is where the browser is and the beginning of what it shows, what stands before the page first, as far as it still answers.
func (b *Browser) seen() string {
	ctx, stop := context.WithTimeout(b.Ctx, 5*time.Second)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + [...document.querySelectorAll("dialog[open]"), document.body].map((e) => e.innerText.slice(0, 4000)).join("\n---\n")`))
	if err != nil {
		return err.Error()
	}
	return text
}

// Screenshot takes a picture of what is seen, and keeps it as name.png where [Screenshots] says.
func (b *Browser) Screenshot(name string) {
	b.t.Helper()
	png := Get(b, chromedp.CaptureScreenshot())
	if dir := os.Getenv(Screenshots); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
			b.t.Errorf("screenshot: %v", err)
		}
	}
}
