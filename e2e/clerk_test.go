package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// clerk is somebody before the page of Slack, in a real browser. They see what the page shows and press what it
// offers, by the words on it: a desk whose buttons move or change their ids is the same to them. Each press finds and
// presses in one step, so that a page which draws itself anew meanwhile is pressed before or after, never beside.
type clerk struct {
	*peers.Browser
	t *testing.T
	w *world
}

// Where on the page somebody looks, as expressions of the page.
const (
	inDialog = `[...document.querySelectorAll("dialog[data-view-id]")].at(-1)`
	inHome   = `document.querySelector("[data-home]:not([aria-busy])")`
	inThread = `document.querySelector("[data-pane=thread]:not([aria-busy])")`
	inPane   = `document.querySelector("[data-pane=channel]:not([aria-busy])")`
)

// kit is what the page is asked with.
const kit = `
const shown = (e) => e.getClientRects().length > 0;
const named = (e, label) => (e.getAttribute("aria-label") || e.innerText).trim() === label || e.innerText.trim() === label;
const busy = (e) => e.closest("[aria-busy=true]") != null;
const buttons = (at) => [...at.querySelectorAll("button,[role=menuitem],[role=tab],a")].filter((e) => shown(e) && !busy(e));
const button = (at, label) => at && buttons(at).find((e) => named(e, label));
const press = (e) => { if (!e) return false; e.focus(); e.click(); return true; };
const field = (at, label) => at && [...at.querySelectorAll("[data-input]")].find((e) => e.querySelector(".label").innerText.startsWith(label))?.querySelector("textarea,input,select");
const put = (e, v) => { e.focus(); e.value = v; for (const kind of ["input", "change"]) e.dispatchEvent(new Event(kind, {bubbles: true})); return e.value === v; };
const choice = (at, label, option) => at && [...at.querySelectorAll("select")].filter(shown).find((e) => (!label || named(e, label)) && [...e.options].some((o) => o.text.startsWith(option)));
const pick = (e, option) => e && put(e, [...e.options].find((o) => o.text.startsWith(option)).value);
const card = (at, id) => at && [...at.querySelectorAll("[data-ts]")].findLast((e) => e.querySelector(".b-header")?.innerText.startsWith(id + " "));
const message = (at, text) => at && [...at.querySelectorAll("[data-ts]")].findLast((e) => e.innerText.includes(text));
`

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string has no error
	return string(b)
}

// message is the newest message in a list that shows a text.
func message(at, text string) string { return "message(" + at + ", " + quoted(text) + ")" }

// card is the newest card of a ticket in the channel.
func card(id string) string { return "card(" + inPane + ", " + quoted(id) + ")" }

func ask(expression string) string { return "(() => {" + kit + "return !!(" + expression + "); })()" }

// sees waits until something is so.
func (c *clerk) sees(expression string) {
	c.t.Helper()
	c.Until(ask(expression))
}

// reads waits until a place shows all of the texts.
func (c *clerk) reads(at string, texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		c.sees(at + "?.innerText.includes(" + quoted(text) + ")")
	}
}

// does waits until something can be done, and does it once.
func (c *clerk) does(what, can, do string) {
	c.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		c.sees(can)
		if peers.JS[bool](c.Browser, ask(do)) {
			return
		}
	}
	c.t.Fatalf("cannot %s", what)
}

func (c *clerk) press(at, label string) {
	c.t.Helper()
	b := "button(" + at + ", " + quoted(label) + ")"
	c.does("press "+label, b, "press("+b+")")
}

// chooses takes an option of a menu: of the one with that name, or (empty) of any that has it.
func (c *clerk) chooses(at, menu, option string) {
	c.t.Helper()
	e := fmt.Sprintf("choice(%s, %s, %s)", at, quoted(menu), quoted(option))
	c.does("choose "+option, e, "pick("+e+", "+quoted(option)+")")
}

// fills fills fields of the form in front, by their labels: an option is meant where it is a menu.
func (c *clerk) fills(pairs ...string) {
	c.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		e := "field(" + inDialog + ", " + quoted(pairs[i]) + ")"
		do := "(" + e + ".tagName === 'SELECT' ? pick(" + e + ", " + quoted(pairs[i+1]) + ") : put(" + e + ", " + quoted(pairs[i+1]) + "))"
		c.does("fill in "+pairs[i], e, do)
	}
}

// sends presses the form's button and waits until it is gone.
func (c *clerk) sends(label string) {
	c.t.Helper()
	id := c.form()
	c.press(inDialog, label)
	c.sees(`document.querySelector('dialog[data-view-id="` + id + `"]') == null`)
}

// form is the id of the form in front.
func (c *clerk) form() string {
	c.t.Helper()
	c.sees(inDialog)
	return peers.JS[string](c.Browser, inDialog+".dataset.viewId")
}

// closes closes the window in front.
func (c *clerk) closes() {
	c.t.Helper()
	c.press(inDialog, "Close")
	c.sees(inDialog + " == null")
}

// is goes to the screen of another person, in a channel (or one of the app's tabs), with a thread when one is given.
func (c *clerk) is(person, place string, thread ...string) {
	c.t.Helper()
	hash := "#/as/" + person + "/" + place
	there := `document.querySelector("[data-pane=channel]:not([aria-busy])")?.dataset.paneChannel === ` + quoted(place)
	if strings.HasPrefix(place, "app/") {
		there = inHome + " != null"
		if strings.HasSuffix(place, "/messages") {
			there = inPane + " != null"
		}
	}
	if len(thread) > 0 {
		hash += "/" + thread[0]
		there += ` && document.querySelector("[data-pane=thread]:not([aria-busy])")?.dataset.paneThread === ` + quoted(thread[0])
	}
	if at := c.Requested(); len(at) == 0 {
		c.Do(chromedp.Navigate(c.w.sim.URL() + "/" + hash))
	} else {
		peers.JS[bool](c.Browser, "(location.hash = "+quoted(hash)+", true)")
	}
	c.sees("document.body.dataset.ready === " + quoted(person) + " && location.hash === " + quoted(hash) + " && " + there)
}

// types writes into the channel's box or the thread's, and sends it.
func (c *clerk) types(box, text string) {
	c.t.Helper()
	e := `document.querySelector('[data-composer=` + box + `]')`
	c.does("write", e, "put("+e+", "+quoted(text)+") && press(document.querySelector('[data-send="+box+"]'))")
	c.sees(e + `.value === ""`)
}

// picture takes a screenshot once the page shows something in full.
func (c *clerk) picture(name, of string) {
	c.t.Helper()
	c.does("look at "+name, of, "("+of+".scrollIntoView({block: 'start'}), true)")
	c.Screenshot(name)
}
