package chat

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"tierline/channels/channeltest"
	"tierline/internal/peers"
	"tierline/ticket"
)

// wire is a TCP line to the gateway that can be cut and mended.
type wire struct {
	l    net.Listener
	to   string
	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
	done sync.WaitGroup
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{l: l, to: to, open: map[net.Conn]bool{}}
	w.done.Go(w.serve)
	t.Cleanup(func() {
		l.Close()
		w.set(true)
		w.done.Wait()
	})
	return w
}

func (w *wire) serve() {
	for {
		c, err := w.l.Accept()
		if err != nil {
			return
		}
		up, err := net.Dial("tcp", w.to)
		w.mu.Lock()
		if err != nil || w.cut {
			w.mu.Unlock()
			c.Close()
			if up != nil {
				up.Close()
			}
			continue
		}
		w.open[c], w.open[up] = true, true
		w.mu.Unlock()
		w.done.Go(func() { io.Copy(up, c); up.Close(); c.Close() })
		w.done.Go(func() { io.Copy(c, up); up.Close(); c.Close() })
	}
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.open {
			c.Close()
		}
		w.open = map[net.Conn]bool{}
	}
}

// shop is a page on another origin that embeds the widget.
func shop(t testing.TB, gateway, lang string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src http://%s; connect-src ws://%s; img-src data:", gateway, gateway))
		fmt.Fprintf(w, `<!doctype html><html lang="%s"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
			<title>Shop</title><h1>A shop</h1><p>Buy something.</p><script async src="http://%s/widget.js" data-inbox="web"></script></html>`, lang, gateway)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// widgetPage is a visitor's browser with the shop open.
type widgetPage struct {
	*peers.Browser
	t  testing.TB
	st interface {
		ticket.Acting
		ticket.Reader
	}
	gateway *server
	wire    *wire
}

const inPage = `document.querySelector("tierline-chat").shadowRoot.`

func openShop(t testing.TB, lang string) *widgetPage {
	t.Helper()
	b := peers.Chromium(t)
	cfg := testConfig()
	cfg.Inboxes[0].Origins = []string{"*"}
	s, st := withStore(t, cfg)
	w := newWire(t, s.host)
	p := &widgetPage{Browser: b, t: t, st: st, gateway: s, wire: w}
	p.Do(chromedp.Navigate(shop(t, w.l.Addr().String(), lang)))
	p.Until(`document.querySelector("tierline-chat")`)
	return p
}

// press is a key that reaches what has the focus.
func (p *widgetPage) press(keys string) {
	p.t.Helper()
	p.Do(chromedp.KeyEvent(keys))
}

func (p *widgetPage) open() {
	p.t.Helper()
	peers.JS[any](p.Browser, inPage+`querySelector(".launch").focus()`)
	p.press("\r")
	p.Until(inPage + `activeElement.tagName === "TEXTAREA"`)
}

// bubbles waits until the log's messages contain these, in this order.
func (p *widgetPage) bubbles(want ...string) {
	p.t.Helper()
	js := fmt.Sprintf(`(function () {
		var have = Array.from(%squerySelectorAll(".m")).map(function (m) { return m.innerText.replace(/\s+/g, " "); }), at = -1;
		return %s.every(function (w) { for (at++; at < have.length; at++) if (have[at].indexOf(w) >= 0) return true; return false; });
	})()`, inPage, mustJSON(want))
	p.Until(js)
}

func TestWidget(t *testing.T) {
	t.Parallel()
	p := openShop(t, "de")
	if label := peers.JS[string](p.Browser, inPage+`querySelector(".launch").getAttribute("aria-label")`); label != "Chat öffnen" {
		t.Errorf("the launcher is called %q", label)
	}
	p.Screenshot("widget-closed")
	p.open()
	p.press("Mein Router <b>raucht</b>: https://shop.example/?a=1&b=2.\r")
	p.bubbles("Gesendet")
	m, err := p.st.Message(context.Background(), 1001, 1)
	if err != nil || m.Text != "Mein Router <b>raucht</b>: https://shop.example/?a=1&b=2." {
		t.Errorf("the message is %q, %v", m.Text, err)
	}
	// While an agent looks at it and writes, the visitor sees that.
	p.gateway.Sign(1001, ticket.SignSeen)
	p.bubbles("Gesehen")
	p.gateway.Sign(1001, ticket.SignTyping)
	p.Until(inPage + `querySelector(".w[role=status]").innerText === "Es wird gerade geantwortet…"`)
	p.Screenshot("widget-typing")
	act(t, p.st, ticket.Action{Kind: ticket.ActNote, Text: "A note"})
	answer := "Ziehen Sie **sofort** den *Stecker*:\n\n1. Stecker `X1`\n2. [Anleitung](https://help.example/de)\n\n" +
		"<img src=x onerror=alert(1)> [böse](javascript:alert(1))"
	act(t, p.st, ticket.Action{Kind: ticket.ActReply, Text: answer})
	p.bubbles("Gesehen", "Ann")
	p.Until(inPage + `querySelector(".w").hidden`)
	links := peers.JS[[]string](p.Browser, `Array.from(`+inPage+`querySelectorAll(".t a")).map(function (a) { return a.href + " " + a.rel })`)
	want := []string{"https://shop.example/?a=1&b=2 noopener noreferrer nofollow", "https://help.example/de noopener noreferrer nofollow"}
	if fmt.Sprint(links) != fmt.Sprint(want) {
		t.Errorf("links are %q", links)
	}
	seen := peers.JS[string](p.Browser, inPage+`querySelector(".log").innerHTML`)
	for _, must := range []string{"<strong>sofort</strong>", "<em>Stecker</em>", "<ol start=\"1\">", "<code>X1</code>", "&lt;img src=x", "&lt;b&gt;raucht"} {
		if !strings.Contains(seen, must) {
			t.Errorf("the log lacks %s: %s", must, seen)
		}
	}
	if strings.Contains(seen, "A note") || strings.Contains(seen, `href="javascript`) {
		t.Errorf("the log shows what it must not: %s", seen)
	}
	p.Screenshot("widget-desktop")
	p.Do(chromedp.Reload())
	p.bubbles("Mein Router", "Ziehen Sie")
	p.NoProblems()
	// Escape closes and gives the focus back; an answer is counted then.
	p.open2()
	p.press("\x1b")
	p.Until(inPage + `querySelector(".panel").hidden && ` + inPage + `activeElement.className === "launch"`)
	p.Until(inPage + `querySelector(".log").getAttribute("aria-live") === "polite"`)
	act(t, p.st, ticket.Action{Kind: ticket.ActReply, Text: "Noch da?"})
	p.Until(inPage + `querySelector(".badge").innerText === "1" && ` + inPage + `querySelector(".launch").getAttribute("aria-label") === "Chat öffnen (1 neu)"`)
	p.Screenshot("widget-badge")
	p.NoProblems()
}

// open2 puts the focus into the panel that is open after a reload.
func (p *widgetPage) open2() {
	p.t.Helper()
	p.Until(`!` + inPage + `querySelector(".panel").hidden`)
	peers.JS[any](p.Browser, inPage+`querySelector("textarea").focus()`)
}

// Who asks for a call in the widget says so in words that the gateway knows (router/signals).
func TestWidgetAsksForACall(t *testing.T) {
	t.Parallel()
	p := openShop(t, "de")
	p.open()
	peers.JS[any](p.Browser, inPage+`querySelector("form.wish").parentNode.open = true; `+inPage+`querySelector("#p").focus()`)
	p.press("+49 30 901820\t")
	p.Screenshot("widget-call")
	p.press("ab 16 Uhr\r")
	p.bubbles("Bitte rufen Sie mich zurück: +49 30 901820. ab 16 Uhr")
	p.bubbles("Gesendet")
	m, err := p.st.Message(context.Background(), 1001, 1)
	if err != nil || m.Text != "Bitte rufen Sie mich zurück: +49 30 901820. ab 16 Uhr" {
		t.Errorf("the message is %q, %v", m.Text, err)
	}
	p.Until(`!` + inPage + `querySelector("form.wish").parentNode.open && ` + inPage + `activeElement.tagName === "TEXTAREA"`)
	p.NoProblems()
}

func TestWidgetOffline(t *testing.T) {
	t.Parallel()
	p := openShop(t, "fr")
	p.open()
	p.press("Un\r")
	p.bubbles("Envoyé")
	p.wire.set(true)
	p.press("Deux\r")
	p.press("Trois\r")
	p.bubbles("Envoyé", "Pas encore envoyé", "Pas encore envoyé")
	p.Until(`!` + inPage + `querySelector(".off").hidden`)
	p.Screenshot("widget-offline")
	p.wire.set(false)
	p.bubbles("Un Envoyé", "Deux Envoyé", "Trois Envoyé")
	p.Until(inPage + `querySelector(".off").hidden`)
	// What is kept outlives a reload, and is sent once.
	p.wire.set(true)
	p.press("Quatre\r")
	p.bubbles("Quatre Pas encore envoyé")
	p.wire.set(false)
	p.Do(chromedp.Reload())
	p.bubbles("Un Envoyé", "Deux Envoyé", "Trois Envoyé")
	p.bubbles("Quatre Envoyé")
	all, err := p.st.Messages(context.Background(), 1001, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range all {
		texts = append(texts, m.Text)
	}
	if got := strings.Join(texts, " "); got != "Un Deux Trois Quatre" {
		t.Errorf("the ticket holds %q", got)
	}
	if n := peers.JS[int](p.Browser, inPage+`querySelectorAll(".m.you").length`); n != 4 {
		t.Errorf("the visitor sees %d messages of their own", n)
	}
}

// lossy commits, and then the line is cut before the visitor hears of it.
type lossy struct {
	ticket.Intake
	lose func()
}

func (l lossy) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	out, err := l.Intake.Accept(ctx, batch)
	l.lose()
	return out, err
}

func TestWidgetLostAck(t *testing.T) {
	t.Parallel()
	p := openShop(t, "en")
	p.open()
	p.gateway.stop()
	p.gateway.run(lossy{p.st.(ticket.Intake), sync.OnceFunc(func() { p.wire.set(true) })})
	p.press("One\r")
	p.bubbles("One Not sent yet")
	channeltest.Eventually(t, "the commit", func() bool {
		_, err := p.st.Message(context.Background(), 1001, 1)
		return err == nil
	})
	p.wire.set(false)
	p.bubbles("One Sent")
	p.press("Two\r")
	p.bubbles("One Sent", "Two Sent")
	all, err := p.st.Messages(context.Background(), 1001, 0, 100)
	if err != nil || len(all) != 2 {
		t.Errorf("the ticket holds %d messages, %v", len(all), err)
	}
	if n := peers.JS[int](p.Browser, inPage+`querySelectorAll(".m.you").length`); n != 2 {
		t.Errorf("the visitor sees %d messages of their own", n)
	}
}

// A gateway that restarts is nothing that a visitor notices.
func TestWidgetRestart(t *testing.T) {
	t.Parallel()
	p := openShop(t, "en")
	p.open()
	p.press("One\r")
	p.bubbles("One Sent")
	p.gateway.stop()
	act(t, p.st, ticket.Action{Kind: ticket.ActReply, Text: "While you were away."})
	p.press("Two\r")
	p.gateway.run(p.st.(ticket.Intake))
	p.bubbles("One Sent", "Two Sent")
	p.bubbles("While you were away.")
}

func TestWidgetPhoneAndDark(t *testing.T) {
	t.Parallel()
	p := openShop(t, "en-GB")
	p.Do(chromedp.EmulateViewport(360, 640, chromedp.EmulateScale(2)), dark)
	p.Screenshot("widget-phone-closed")
	p.open()
	p.press("My router is on fire. What shall I do now, please?\r")
	p.bubbles("Sent")
	act(t, p.st, ticket.Action{Kind: ticket.ActReply, Text: "Run!\n\n- **Leave** the house\n- call 112\n\nTell us when you are safe."})
	p.bubbles("Sent", "Run!")
	box := peers.JS[[]float64](p.Browser, `(function () { var r = `+inPage+`querySelector(".panel").getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	if fmt.Sprint(box) != "[0 0 360 640]" {
		t.Errorf("on a phone the panel is at %v", box)
	}
	if wide := peers.JS[bool](p.Browser, `document.documentElement.scrollWidth > 360 || `+inPage+`querySelector(".log").scrollWidth > `+inPage+`querySelector(".log").clientWidth`); wide {
		t.Error("something is wider than the phone")
	}
	p.Screenshot("widget-phone-dark")
	// Tab stays in the panel.
	for range 8 {
		p.press("\t")
		if peers.JS[bool](p.Browser, inPage+`activeElement === null`) {
			t.Fatal("the focus left the panel")
		}
	}
	p.NoProblems()
}

var dark = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	return err
})
