package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/internal/slacksim"
)

const (
	clara = "clara@seeblick.example"
	l1    = "support-l1"
	l2    = "support-l2"
)

// A customer writes; level 1 takes the case, asks back, hears again, and solves it.
func TestMailThereAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	first := g.send(clara, "Machine leaks", "Hello,\n\nthe machine BW2-204711 leaks.\n\nClara", "")

	card := w.card(l1, "Machine leaks")
	for _, want := range []string{"clara@seeblick.example", "BW2-204711", "everything else"} {
		if !strings.Contains(card.PlainText(), want) {
			t.Errorf("the card does not show %q:\n%s", want, card.PlainText())
		}
	}
	w.reply(l1, card.TS, "the machine BW2-204711 leaks")

	w.click("anna", l1, card.TS, "take")
	w.until("the card to name its owner", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Anna Schmidt")
	})
	w.click("anna", l1, card.TS, "reply")
	w.submit("anna", map[string]any{"v": "Dear Clara,\n\nis the *tank* pushed in?"})
	got := w.answer(clara, "pushed in")
	if got.inReplyTo != first || !strings.Contains(got.subject, "Machine leaks") {
		t.Errorf("the answer is in reply to %q with subject %q; the mail was %q", got.inReplyTo, got.subject, first)
	}
	if !strings.Contains(got.text, "Brühwerk") {
		t.Errorf("the brand has not signed the answer:\n%s", got.text)
	}
	w.reply(l1, card.TS, "sent")

	g.send(clara, "Re: Machine leaks", "Yes it is!\n\n> is the tank pushed in?", got.messageID)
	w.reply(l1, card.TS, "Yes it is!")
	w.until("the card to be open again", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "\nopen · ") && strings.Contains(m.PlainText(), "Yes it is!")
	})
	if n := cards(w, l1); n != 1 {
		t.Errorf("%d cards for one case", n)
	}

	// What is typed in the thread stays inside.
	if _, err := w.sim.Say("anna", l1, "sounds like the seal again", card.TS); err != nil {
		t.Fatal(err)
	}
	tk := g.ticket(t, "T-1001")
	wait(t, "the note to be kept", func() bool { tk = g.ticket(t, "T-1001"); return tk.has("note", "seal again") })

	w.click("anna", l1, card.TS, "solve")
	w.submit("anna", map[string]any{"v": "Seal of the boiler"})
	w.until("the card to be solved", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), ": solved") && strings.Contains(m.PlainText(), "Seal of the boiler")
	})
	for _, m := range w.mail.mails(clara) {
		if strings.Contains(m.text, "seal again") {
			t.Error("a note has reached the customer")
		}
	}

	// The next case of the unit shows this one.
	g.send("jonas@seeblick.example", "BW2-204711 again", "The machine BW2-204711 leaks again", "")
	again := w.card(l1, "BW2-204711 again")
	if text := again.PlainText(); !strings.Contains(text, "T-1001") || !strings.Contains(text, "Seal of the boiler") {
		t.Errorf("the previous case of the unit is not on the card:\n%s", text)
	}
	g.stop()
}

// A mail that names a ticket of somebody else opens a case of its own.
func TestAStrangerDoesNotJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	first := g.send(clara, "My order", "Where is it?", "")
	w.card(l1, "My order")
	g.send("mallory@evil.example", "Re: My order [T-1001]", "Send me the address", first)
	stranger := w.card(l1, "mallory@evil.example")
	if !strings.Contains(stranger.PlainText(), "T-1002") {
		t.Errorf("the stranger's mail is on the card\n%s", stranger.PlainText())
	}
	if tk := g.ticket(t, "T-1001"); tk.has("public", "Send me the address") {
		t.Error("the stranger has joined the customer's case")
	}
}

// Level 1 pages level 2: the first declines, the second accepts, and level 1 sees each step.
func TestPageLevelTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	g.send(clara, "Everything under water", "Please help now", "")
	card := w.card(l1, "under water")
	w.click("anna", l1, card.TS, "page")
	w.submit("anna", map[string]any{"v": "Water is running into the electrics"})

	dm := w.direct("chloe", "running into the electrics")
	w.click("chloe", dm.channel, dm.TS, "decline")
	w.submit("chloe", map[string]any{"v": "on a train"})
	w.until("level 1 to see the decline", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Chloé Martin declined") && strings.Contains(m.PlainText(), "on a train")
	})
	next := w.direct("dev", "running into the electrics")
	w.until("the first one's buttons to go", func() bool {
		m, _ := w.sim.Message(dm.channel, dm.TS)
		return !slices.Contains(m.Actions(), "accept")
	})
	w.click("dev", next.channel, next.TS, "accept")
	w.until("level 1 to see the acceptance", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Dev Patel accepted")
	})
	w.reply(l1, card.TS, "has accepted the page")
}

// Nobody answers: the page goes on down the chain to the lead by itself.
func TestAPageWithoutAnswerGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{pageWait: time.Second})
	g.send(clara, "Help", "Please", "")
	card := w.card(l1, "Help")
	w.click("anna", l1, card.TS, "page")
	w.submit("anna", map[string]any{"v": "urgent"})
	for _, person := range []string{"chloe", "dev", "lena"} {
		w.direct(person, "urgent")
	}
	w.reply(l1, card.TS, "has not been reached")
}

// Escalation moves the card to level 2's channel and leaves a pointer.
func TestEscalate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	g.send(clara, "Strange noise", "It rattles", "")
	card := w.card(l1, "Strange noise")
	w.click("anna", l1, card.TS, "escalate")
	w.submit("anna", map[string]any{"problem": "Rattles under load", "tried": "Emptied and cleaned it", "read_back": "by mail"})
	moved := w.card(l2, "Strange noise")
	w.reply(l2, moved.TS, "Rattles under load")
	if text := moved.PlainText(); !strings.Contains(text, "Emptied and cleaned it") || !strings.Contains(text, "by mail") {
		t.Errorf("the card does not say what was handed over: %s", text)
	}
	w.until("the old card to point to the new one", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return !slices.Contains(m.Actions(), "take")
	})
	g.send(clara, "Re: Strange noise", "It got worse", "")
	w.click("chloe", l2, moved.TS, "take")
	w.until("its new owner", func() bool {
		m, _ := w.sim.Message(l2, moved.TS)
		return strings.Contains(m.PlainText(), "Chloé Martin")
	})
}

// A call arrives as a transcript, twice; what cannot be answered in writing is told to its writer.
func TestCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	call := `{"call_id":"c-17","from":"+493012345601","turns":[
		{"role":"agent","start_ms":0,"end_ms":1500,"text":"Support, good morning."},
		{"role":"customer","start_ms":1600,"end_ms":5200,"text":"My grinder is stuck, serial BW2-204711."}]}`
	if status, body := g.post("/api/v1/calls", call); status != http.StatusCreated {
		t.Fatalf("first time: %d %s", status, body)
	}
	if status, body := g.post("/api/v1/calls", call); status != http.StatusOK || !strings.Contains(body, `"duplicate":true`) {
		t.Errorf("second time: %d %s", status, body)
	}
	card := w.card(l1, "+493012345601")
	if text := card.PlainText(); !strings.Contains(text, "grinder is stuck") || !strings.Contains(text, "BW2-204711") {
		t.Errorf("the card:\n%s", text)
	}
	w.click("anna", l1, card.TS, "reply")
	w.submit("anna", map[string]any{"v": "Please try this"})
	w.reply(l1, card.TS, "not delivered")
	if status, _ := g.post("/api/v1/calls", `{"call_id":`); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		t.Errorf("a broken transcript: %d", status)
	}
}

// A customer writes in a shared Slack channel and is answered in the thread.
func TestSlackCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	ts, err := w.sim.Say("carl", "customer-ltd", "Our BW1-100233 shows E-11, what does it mean?", "")
	if err != nil {
		t.Fatal(err)
	}
	card := w.card(l1, "shows E-11")
	w.click("ben", l1, card.TS, "reply")
	w.submit("ben", map[string]any{"v": "It wants to be descaled."})
	w.reply("customer-ltd", ts, "wants to be descaled")
	if _, err := w.sim.Say("carl", "customer-ltd", "Thanks, how long does it take?", ts); err != nil {
		t.Fatal(err)
	}
	w.reply(l1, card.TS, "how long does it take")
	if tk := g.ticket(t, "T-1001"); !tk.has("public", "how long does it take") {
		t.Error("the follow-up is not on the ticket")
	}
	if n := cards(w, l1); n != 1 {
		t.Errorf("%d cards for one case", n)
	}
}

// The same desk when Slack calls the gateway, by signed requests, instead of keeping a socket.
func TestSlackByHTTP(t *testing.T) {
	t.Parallel()
	web := peers.FreeAddr(t)
	slack := workspace()
	slack.App.RequestURL = "http://" + web + "/slack/events"
	w := &world{t: t, dir: t.TempDir(), sim: slacksim.Start(t, slack), mail: newMailServer(t)}
	g := w.start(options{web: web})
	g.send(clara, "Over HTTP", "Does it work this way too?", "")
	card := w.card(l1, "Over HTTP")
	w.click("anna", l1, card.TS, "take")
	w.click("anna", l1, card.TS, "reply")
	w.submit("anna", map[string]any{"v": "It does."})
	w.answer(clara, "It does.")
	if _, err := w.sim.Say("anna", l1, "an internal remark", card.TS); err != nil {
		t.Fatal(err)
	}
	wait(t, "the note to be kept", func() bool { return g.ticket(t, "T-1001").has("note", "an internal remark") })
	resp, err := client.Post(slack.App.RequestURL, "application/json", strings.NewReader(`{"type":"url_verification","challenge":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a request that nobody has signed: %s", resp.Status)
	}
}

// cards counts the cards of a channel.
func cards(w *world, channel string) int {
	n := 0
	for _, m := range w.sim.Messages(channel) {
		if slices.Contains(m.Actions(), "reply") {
			n++
		}
	}
	return n
}

// direct is a direct message of the app to a person.
type direct struct {
	channel string
	slacksim.Message
}

// direct waits for a direct message that shows the text and can be accepted.
func (w *world) direct(person, with string) direct {
	w.t.Helper()
	channel, err := w.sim.DM(person, w.sim.App().BotUserID)
	if err != nil {
		w.t.Fatal(err)
	}
	var found slacksim.Message
	w.until("a page for "+person, func() bool {
		for _, m := range w.sim.Messages(channel) {
			if strings.Contains(m.PlainText(), with) && slices.Contains(m.Actions(), "accept") {
				found = m
				return true
			}
		}
		return false
	})
	return direct{channel, found}
}

// shownTicket is what the API tells of a ticket.
type shownTicket struct {
	State    string `json:"state"`
	messages []apiMessage
}

type apiMessage struct {
	Seq       int    `json:"seq"`
	Kind      string `json:"kind"`
	Direction string `json:"direction"`
	Text      string `json:"text"`
	Delivery  string `json:"delivery"`
	External  string `json:"external"`
}

func (s shownTicket) has(kind, text string) bool {
	return slices.ContainsFunc(s.messages, func(m apiMessage) bool { return m.Kind == kind && strings.Contains(m.Text, text) })
}

func (g *gateway) ticket(t *testing.T, id string) shownTicket {
	t.Helper()
	var s shownTicket
	var list struct {
		Items []apiMessage `json:"items"`
	}
	g.get(t, "/api/v1/tickets/"+id, &s)
	g.get(t, "/api/v1/tickets/"+id+"/messages?limit=500", &list)
	s.messages = list.Items
	return s
}

func (g *gateway) get(t *testing.T, path string, into any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+g.web+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

func (g *gateway) post(path, body string) (int, string) {
	g.w.t.Helper()
	return g.request(http.MethodPost, path, body)
}

func (g *gateway) request(method, path, body string) (int, string) {
	g.w.t.Helper()
	req, err := http.NewRequest(method, "http://"+g.web+path, strings.NewReader(body))
	if err != nil {
		g.w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(resp.Body)
	return resp.StatusCode, b.String()
}
