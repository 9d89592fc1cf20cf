package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// demoLinks is what `tierline demo --json` prints.
type demoLinks struct {
	Start, Mailbox, Shop, Phone, Slack, Console, Help string
}

// startDemo runs the demo as a newcomer does, and waits for its links.
func startDemo(t *testing.T) demoLinks {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "demo", "--json")
	log := &logBuffer{}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the demo's log:\n%s", log.tail(4000))
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the demo printed nothing: %v\n%s", err, log.tail(4000))
	}
	var links demoLinks
	if err := json.Unmarshal(line, &links); err != nil {
		t.Fatal(err)
	}
	return links
}

// The first minute of a newcomer, in a browser: a customer writes, an agent takes the case and
// answers, the answer arrives in the mailbox.
func TestTheFirstMinute(t *testing.T) {
	t.Parallel()
	links := startDemo(t)
	for name, url := range map[string]string{"start": links.Start, "mailbox": links.Mailbox, "shop": links.Shop,
		"telephone": links.Phone, "console": links.Console, "help": links.Help} {
		wait(t, name+" to answer", func() bool {
			resp, err := client.Get(url)
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
	}
	customer := peers.Chromium(t)
	agent := customer.Person(t)

	customer.Do(chromedp.Navigate(links.Mailbox))
	customer.Do(chromedp.Click("[data-write]"))
	customer.Until(`document.querySelector("#compose").open`)
	peers.JS[bool](customer, fill("#subject", "Crema is thin")+fill("#text", "Hello,\n\nthe crema of my BW2-204711 is thin.\n\nClara")+"true")
	customer.Do(chromedp.Click("#form [data-send]"))
	customer.Until(`!document.querySelector("#compose").open`)

	agent.Do(chromedp.Navigate(links.Slack))
	agent.Until(`document.body.dataset.ready`)
	agent.Until(cardWith("Crema is thin") + " != null")
	agent.Screenshot("first-minute-card")
	peers.JS[bool](agent, cardWith("Crema is thin")+`.querySelector('[data-action-id="take"]').click(), true`)
	agent.Until(cardWith("Crema is thin") + `.innerText.includes("Anna Schmidt")`)
	peers.JS[bool](agent, cardWith("Crema is thin")+`.querySelector('[data-action-id="reply"]').click(), true`)
	agent.Until(`document.querySelector("dialog[data-view-id] textarea") != null`)
	peers.JS[bool](agent, fill("dialog[data-view-id] textarea", "Dear Clara, please grind finer.")+"true")
	agent.Screenshot("first-minute-reply")
	agent.Do(chromedp.Click("dialog[data-view-id] [data-submit]"))
	agent.Until(`document.querySelector("dialog[data-view-id]") == null`)

	const answer = `[...document.querySelectorAll("#list [data-mail]:not([data-sent])")].find(e => e.innerText.includes("grind finer"))`
	customer.Until(answer + ` != null`)
	peers.JS[bool](customer, answer+`.click(), true`)
	customer.Until(`document.querySelector("#view").innerText.includes("grind finer")`)
	customer.Screenshot("first-minute-answer")
	agent.NoProblems()
	customer.NoProblems()
}

// fill types into a field as a person does: the page hears of it.
func fill(selector, text string) string {
	s, _ := json.Marshal(selector)
	v, _ := json.Marshal(text)
	return strings.NewReplacer("SEL", string(s), "VAL", string(v)).Replace(
		`(() => { const e = document.querySelector(SEL); e.value = VAL; e.dispatchEvent(new Event("input", {bubbles: true})); })();`)
}

// cardWith is the message that shows a text, as an expression.
func cardWith(text string) string {
	v, _ := json.Marshal(text)
	return `[...document.querySelectorAll('[data-pane="channel"] [data-ts]')].find(e => e.innerText.includes(` + string(v) + `))`
}

// The demo ends when it is asked to, and leaves nothing behind.
func TestTheDemoEnds(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "demo", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	line, err := r.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var links struct{ Data string }
	if err := json.Unmarshal(line, &links); err != nil {
		t.Fatal(err)
	}
	if err := interrupt(cmd); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the demo ended with %v: %s", err, errs.String())
		}
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		t.Fatal("the demo did not end")
	}
	if exists(links.Data) {
		t.Errorf("%s was left behind", links.Data)
	}
}
