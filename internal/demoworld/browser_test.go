package demoworld

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// TestACustomerInABrowser writes a mail, sees an answer arrive, reads it and answers it.
func TestACustomerInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	g := &gateway{mails: make(chan taken, 2)}
	w := run(t, Links{SMTPAddr: g.start(t)})
	b.Do(chromedp.Navigate(w.URL() + "/mail#compose"))
	b.Until(`document.querySelector('dialog[open]')`)
	b.Until(`(() => { const s = document.querySelector('[data-sample]'); if (s.options.length < 2) return false; s.value = s.options[1].value; s.dispatchEvent(new Event('change')); return true; })()`)
	if to := peers.JS[string](b, `document.querySelector('[data-to]').value`); to != "help@shop.example" {
		t.Errorf("To is %q", to)
	}
	b.Do(chromedp.Click(`[data-send]`))
	m := <-g.mails
	if m.from != "clara@seeblick.example" {
		t.Errorf("from %q", m.from)
	}
	b.Until(`document.querySelector('[data-mail-text]')?.textContent.includes('Clara Weber')`)

	sent := w.Mails(m.from)[0]
	deliver(t, w, m.from, "From: Help <help@shop.example>\r\nTo: "+m.from+"\r\nSubject: Re: <i>x</i>\r\nMessage-ID: <answer@gw.example>\r\nIn-Reply-To: <"+sent.MessageID+
		">\r\nContent-Type: text/html\r\n\r\n<p>Turn it &lt;off&gt;</p><img src=x onerror='window.hurt=1'><script>window.hurt=1</script>\r\n")
	b.Until(`document.querySelector('[data-mail]:not([data-sent])')`)
	b.Do(chromedp.Click(`[data-mail]:not([data-sent])`))
	b.Until(`document.querySelector('[data-mail-text]')?.textContent.trim() === 'Turn it <off>' && document.querySelector('#view h2').textContent === 'Re: <i>x</i>'`)
	if peers.JS[bool](b, `'hurt' in window || document.querySelectorAll('#view :is(img,script,i)').length > 0`) {
		t.Error("HTML of a mail became HTML of the page")
	}
	b.Do(chromedp.Click(`[data-reply]`), chromedp.SendKeys(`dialog [data-text]`, "Done, thanks."), chromedp.Click(`[data-send]`))
	if raw := string((<-g.mails).raw); !strings.Contains(raw, "In-Reply-To: <answer@gw.example>") || !strings.Contains(raw, "> Turn it <off>") {
		t.Errorf("the answer: %s", raw)
	}
	b.Do(chromedp.EmulateViewport(390, 800))
	for _, page := range []string{"/", "/mail", "/phone"} {
		b.Do(chromedp.Navigate(w.URL() + page))
		if wide := peers.JS[int](b, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s is %d wide on a phone", page, wide)
		}
		b.Screenshot("demo" + strings.ReplaceAll(page, "/", "-"))
	}
	b.NoProblems()
}
