package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/fasthttp/websocket"

	"tierline/internal/peers"
)

// A visitor writes, hears the answer as it is given, and finds the conversation again.
func TestChatThereAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	v := g.visit(t, visitor{})
	v.say("first-message", "Does the grinder of the BW2-204711 come out?")
	v.say("first-message", "Does the grinder of the BW2-204711 come out?") // the ack was lost
	card := w.card(l1, "grinder of the BW2-204711")
	w.click("anna", l1, card.TS, "reply")
	w.submit("anna", map[string]any{"v": "Yes: turn it *left*."})
	if f := v.hear("turn it"); f.From != "agent" || f.Name != "Anna Schmidt" {
		t.Errorf("the answer came as %+v", f)
	}
	v.conn.Close()

	again := g.visit(t, *v)
	if again.session != v.session {
		t.Error("the session is a new one")
	}
	again.hear("grinder of the BW2-204711")
	again.hear("turn it")
	again.say("second-message", "It is stuck")
	w.reply(l1, card.TS, "It is stuck")
	if tk := g.ticket(t, "T-1001"); len(tk.messages) != 3 {
		t.Errorf("the ticket has %d messages: %+v", len(tk.messages), tk.messages)
	}
	stranger := g.visit(t, visitor{session: v.session, secret: "guessed"})
	if stranger.session == v.session {
		t.Error("a session was given to somebody who only knows its name")
	}
}

// inWidget is what a visitor sees of the chat on a page, as the beginning of an expression.
const inWidget = `document.querySelector("tierline-chat").shadowRoot.`

// widgetShows says that the chat has a message with a text, from a side of it.
func widgetShows(text, by string) string {
	return fmt.Sprintf(`Array.from(%squerySelectorAll(".m%s")).some(m => m.innerText.includes(%q))`, inWidget, by, text)
}

// The same in a real browser, on a page of another origin.
func TestChatInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	w := newWorld(t)
	g := w.start(options{})
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>
			<h1>A shop</h1><script async src="http://%s/widget.js" data-inbox="shop"></script></html>`, g.web)
	}))
	t.Cleanup(shop.Close)
	b.Do(chromedp.Navigate(shop.URL))
	b.Until(`document.querySelector("tierline-chat")`)
	peers.JS[any](b, inWidget+`querySelector(".launch").focus()`)
	b.Do(chromedp.KeyEvent("\r"))
	b.Until(inWidget + `activeElement.tagName === "TEXTAREA"`)
	b.Do(chromedp.KeyEvent("Where is my order 4711?\r"))
	b.Until(widgetShows("Where is my order 4711?", ".you"))

	card := w.card(l1, "order 4711")
	w.click("ben", l1, card.TS, "reply")
	w.submit("ben", map[string]any{"v": "It left us **today**."})
	b.Until(widgetShows("It left us today.", ":not(.you)"))
	b.Do(chromedp.Reload())
	b.Until(widgetShows("Where is my order 4711?", ".you") + " && " + widgetShows("It left us today.", ":not(.you)"))
	b.NoProblems()

	// The gateway dies and comes back: what is written meanwhile arrives.
	g.kill()
	peers.JS[any](b, inWidget+`querySelector("textarea").focus()`)
	b.Do(chromedp.KeyEvent("Thanks!\r"))
	b.Until(widgetShows("Thanks!", ".you"))
	g.run()
	g.ready()
	w.reply(l1, card.TS, "Thanks!")
	if n := cards(w, l1); n != 1 {
		t.Errorf("%d cards for one conversation", n)
	}
}

// visitor is one tab of a web page, at the wire.
type visitor struct {
	t               *testing.T
	conn            *websocket.Conn
	session, secret string
}

// chatFrame is what either side says.
type chatFrame struct {
	T       string `json:"t"`
	Session string `json:"session,omitempty"`
	Secret  string `json:"secret,omitempty"`
	Lang    string `json:"lang,omitempty"`
	ID      string `json:"id,omitempty"`
	From    string `json:"from,omitempty"`
	Name    string `json:"name,omitempty"`
	Text    string `json:"text,omitempty"`
	Code    string `json:"code,omitempty"`
}

// visit connects, with the session of an earlier visitor or as a new one.
func (g *gateway) visit(t *testing.T, was visitor) *visitor {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+g.web+"/chat/ws?inbox=shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	t.Cleanup(func() { _ = conn.Close() })
	v := &visitor{t: t, conn: conn}
	v.write(chatFrame{T: "hello", Session: was.session, Secret: was.secret, Lang: "en"})
	f := v.next("welcome", "")
	v.session, v.secret = f.Session, f.Secret
	return v
}

func (v *visitor) write(f chatFrame) {
	v.t.Helper()
	if err := v.conn.WriteJSON(f); err != nil {
		v.t.Fatal(err)
	}
}

// say says something and waits until the gateway has it.
func (v *visitor) say(id, text string) {
	v.t.Helper()
	v.write(chatFrame{T: "say", ID: id, Text: text})
	v.next("ack", "")
}

// hear waits for a message.
func (v *visitor) hear(with string) chatFrame {
	v.t.Helper()
	return v.next("message", with)
}

func (v *visitor) next(kind, with string) chatFrame {
	v.t.Helper()
	if err := v.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		v.t.Fatal(err)
	}
	for {
		_, data, err := v.conn.ReadMessage()
		if err != nil {
			v.t.Fatalf("waiting for %s %q: %v", kind, with, err)
		}
		var f chatFrame
		if err := json.Unmarshal(data, &f); err != nil {
			v.t.Fatal(err)
		}
		if f.T == "error" {
			v.t.Fatalf("the chat refuses: %+v", f)
		}
		if f.T == kind && strings.Contains(f.Text, with) {
			return f
		}
	}
}
