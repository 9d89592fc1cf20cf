package slacksim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// TestAnAgentInABrowser clicks through a card with the page itself: a button, its modal, the answer
// in the thread, a command, the Home tab.
func TestAnAgentInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	s := Start(t, Sample())
	a := connect(t, s)
	b.Do(chromedp.Navigate(s.URL() + "/#/as/U1ANNA/C0L1"))
	b.Until(`document.body.dataset.ready === 'U1ANNA' && document.querySelector('[data-pane=channel][data-pane-channel=C0L1]')`)

	card := text(ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "T-7 needs help", "blocks",
		"["+section("*T-7* needs help")+","+actions(button("take", "Take")+","+button("reply", "Reply"))+"]"), "ts")
	a.event(t)
	b.Until(`document.querySelector('[data-ts="` + card + `"] [data-action-id=reply]')`)
	b.Press(`[data-action-id=reply]`)
	e := a.next(t, "interactive")
	ok(t, s, "views.open", "trigger_id", text(payload(t, e.Request.Payload), "trigger_id"), "view",
		`{"type":"modal","callback_id":"reply","title":{"type":"plain_text","text":"Reply"},"submit":{"type":"plain_text","text":"Send"},
		"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"Text"},"element":{"type":"plain_text_input","action_id":"a"}},
		{"type":"input","block_id":"f","optional":true,"label":{"type":"plain_text","text":"Files"},"element":{"type":"file_input","action_id":"x","max_files":2}}]}`)
	a.ack(e)
	b.Until(`document.querySelector('dialog[data-callback-id=reply] [data-action-id=a]')`)
	photo := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(photo, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.SetUploadFiles(`dialog [data-action-id=x] [data-files]`, []string{photo}))
	b.Until(`document.querySelector('dialog [data-action-id=x] .chip')?.textContent.includes('photo.png')`)
	b.Do(chromedp.SendKeys(`dialog [data-action-id=a]`, "Good morning"))
	b.Press(`dialog [data-submit]`)
	e = a.next(t, "interactive")
	p := payload(t, e.Request.Payload)
	if got := text(object(object(object(object(object(p, "view"), "state"), "values"), "b"), "a"), "value"); got != "Good morning" {
		t.Fatalf("the form brought %q: %v", got, p)
	}
	if files, _ := object(object(object(object(object(p, "view"), "state"), "values"), "f"), "x")["files"].([]any); len(files) != 1 ||
		text(Object(files[0].(map[string]any)), "name") != "photo.png" || text(Object(files[0].(map[string]any)), "url_private_download") == "" {
		t.Fatalf("the form brought the files %v", files)
	}
	a.ack(e)
	b.Until(`!document.querySelector('dialog')`)

	ok(t, s, "chat.postMessage", "channel", "C0L1", "text", "sent: Good morning", "thread_ts", card)
	a.event(t)
	b.Until(`document.querySelector('[data-open-thread="` + card + `"]')`)
	b.Press(`[data-open-thread="` + card + `"]`)
	b.Until(`[...document.querySelectorAll('[data-pane=thread]')].some(x => x.textContent.includes('sent: Good morning'))`)
	b.Do(chromedp.SendKeys(`[data-composer=thread]`, "from the page"))
	b.Press(`[data-send=thread]`)
	wait(t, s, func() bool { return len(s.Replies("C0L1", card)) == 2 })
	if ev := a.event(t); ev["text"] != "from the page" || ev["thread_ts"] != card {
		t.Fatal(ev)
	}

	b.Do(chromedp.SendKeys(`[data-composer=channel]`, "/tier help"))
	b.Press(`[data-send=channel]`)
	e = a.next(t, "slash_commands")
	a.ack(e, map[string]any{"text": "Here is how"})
	b.Until(`document.querySelector('[data-ephemeral]')?.textContent.includes('Here is how')`)

	ok(t, s, "views.publish", "user_id", "U1ANNA", "view", fmt.Sprintf(`{"type":"home","blocks":[%s]}`, section("your *tickets*")))
	b.Do(chromedp.Navigate(s.URL() + "/#/as/U1ANNA/app/A0TIERLINE"))
	b.Until(`document.body.textContent.includes('your tickets')`)
	if ev := a.event(t); ev["type"] != "app_home_opened" {
		t.Fatal(ev)
	}
	b.Do(chromedp.Navigate(s.Permalink("C0L1", card)))
	b.Until(`document.querySelector('[data-pane=thread]')?.textContent.includes('from the page')`)
	b.Screenshot("slacksim")
	b.NoProblems()
}

func payload(t *testing.T, raw json.RawMessage) Object {
	t.Helper()
	var p Object
	if err := json.NewDecoder(strings.NewReader(string(raw))).Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}
