package slacksim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// anna opens the page as the agent of level 1.
func anna(t *testing.T) (*peers.Browser, *Server, *app) {
	t.Helper()
	b := peers.Chromium(t)
	s := Start(t, Sample())
	a := connect(t, s)
	b.Do(chromedp.Navigate(s.URL() + "/#/as/U1ANNA/C0L1"))
	b.Until(`document.body.dataset.ready === 'U1ANNA' && document.querySelector('[data-pane=channel][data-pane-channel=C0L1]:not([aria-busy])')`)
	return b, s, a
}

// TestThePageShowsTextsAsTexts posts what would do harm if it became HTML or a link.
func TestThePageShowsTextsAsTexts(t *testing.T) {
	t.Parallel()
	b, s, a := anna(t)
	for _, hostile := range []string{
		`<img src=x onerror="window.hurt=1">`, `&lt;script&gt;window.hurt=1&lt;/script&gt;`, `<javascript:window.hurt=1|press>`,
		"`<svg onload=window.hurt=1>`", "```<iframe src=javascript:alert(1)>```", `*<b onclick=1>* _<a href="data:text/html,x">_`,
		`<!date^9999999999999^{date}^javascript:window.hurt=1|<b>>`, strings.Repeat("*_~", 3000), strings.Repeat("<", 3000),
	} {
		ok(t, s, "chat.postMessage", "channel", "C0L1", "text", hostile)
		a.event(t)
		ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "fallback", "blocks", "["+section(strings.ReplaceAll(hostile, `"`, `\"`)[:min(2900, len(hostile))])+"]")
		a.event(t)
	}
	b.Until(`document.querySelectorAll('[data-pane=channel] [data-ts]').length >= 18`)
	if n := peers.JS[int](b, `document.querySelectorAll('[data-pane=channel] :is(script,iframe,img,b,[onclick],[onerror],[onload])').length`); n != 0 {
		t.Errorf("%d elements came out of texts", n)
	}
	if n := peers.JS[int](b, `[...document.querySelectorAll('[data-pane=channel] a')].filter(x => !/^(https?|mailto|tel):/.test(x.protocol)).length`); n != 0 {
		t.Errorf("%d links that run something", n)
	}
	if peers.JS[bool](b, `'hurt' in window`) {
		t.Error("a text was run")
	}
	b.NoProblems()
}

// TestWhatIsTypedArrivesOnce types the characters that Slack escapes.
func TestWhatIsTypedArrivesOnce(t *testing.T) {
	t.Parallel()
	b, _, a := anna(t)
	b.Do(chromedp.SendKeys(`[data-composer=channel]`, "a < b & c, see https://example.org/x?y=1&z=2 @Ben Okafor\r"))
	if ev := a.event(t); ev["text"] != "a &lt; b &amp; c, see <https://example.org/x?y=1&amp;z=2> <@U1BEN>" {
		t.Errorf("%q", ev["text"])
	}
	b.Until(`[...document.querySelectorAll('[data-pane=channel] [data-ts] .body')].at(-1)?.textContent === 'a < b & c, see https://example.org/x?y=1&z=2 @Ben Okafor'`)
	b.NoProblems()
}

// TestFaultsInAForm has the page and then the app find something wrong with a form.
func TestFaultsInAForm(t *testing.T) {
	t.Parallel()
	b, s, a := anna(t)
	ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "card", "blocks", "["+actions(button("note", "Note"))+"]")
	a.event(t)
	b.Until(`document.querySelector('[data-action-id=note]')`)
	b.Press(`[data-action-id=note]`)
	e := a.next(t, "interactive")
	ok(t, s, "views.open", "trigger_id", text(payload(t, e.Request.Payload), "trigger_id"), "view",
		`{"type":"modal","callback_id":"note","title":{"type":"plain_text","text":"Note"},"submit":{"type":"plain_text","text":"Save"},
		"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"Text"},"element":{"type":"plain_text_input","action_id":"a"}}]}`)
	a.ack(e)
	b.Until(`document.activeElement?.dataset.actionId === 'a'`)
	b.Press(`dialog [data-submit]`)
	b.Until(`document.querySelector('[data-error=b]')?.textContent.includes('fill this in')`)
	b.Do(chromedp.SendKeys(`dialog [data-action-id=a]`, "half a note"))
	b.Press(`dialog [data-submit]`)
	e = a.next(t, "interactive")
	a.ack(e, map[string]any{"response_action": "errors", "errors": map[string]string{"b": "The <other> half?"}})
	b.Until(`document.querySelector('[data-error=b]')?.textContent === 'The <other> half?' && document.querySelector('dialog [data-action-id=a]').value === 'half a note'`)
	b.Press(`dialog [data-submit]`)
	a.next(t, "interactive") // and no answer
	b.Until(`document.querySelector('dialog [data-problem]') && document.querySelector('dialog [data-action-id=a]').value === 'half a note'`)
	b.Do(chromedp.KeyEvent("\x1b"))
	b.Until(`!document.querySelector('dialog')`)
	b.NoProblems()
}

// TestThePageOnAPhone opens the sidebar, a channel and a thread at the width of a phone.
func TestThePageOnAPhone(t *testing.T) {
	t.Parallel()
	b, s, a := anna(t)
	card := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "a card"), "ts")
	a.event(t)
	b.Do(chromedp.EmulateViewport(390, 800))
	b.Until(`document.querySelector('[data-ts="` + card + `"]')`)
	b.Press(`[data-open-nav]`)
	b.Until(`document.getElementById('sidebar').getBoundingClientRect().left >= 0`)
	b.Press(`#sidebar [data-channel=C0L1]`)
	b.Until(`document.getElementById('sidebar').getBoundingClientRect().right <= 0`)
	b.Press(fmt.Sprintf(`[data-open-thread="%s"]`, card))
	b.Until(`document.querySelector('[data-pane=thread] [data-ts="` + card + `"]')?.getBoundingClientRect().width > 300`)
	if peers.JS[bool](b, `document.documentElement.scrollWidth > 390`) {
		t.Error("the page is wider than the phone")
	}
	b.Press(`[data-close-thread]`)
	b.Until(`document.getElementById('thread').hidden`)
	b.NoProblems()
}
