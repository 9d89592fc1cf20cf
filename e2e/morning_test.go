package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

// Who is at the screen, and where, in the sample workspace.
const (
	anna, chloe, dev, carl = "U1ANNA", "U2CHLOE", "U2DEV", "U9CARL"

	onL1, onL2, onCustomer = "C0L1", "C0L2", "C0CUST"

	onHome, onMessages = "app/A0TIERLINE", "app/A0TIERLINE/messages"
)

// morningDesk asks level 2's colleagues for what a desk asks in earnest.
const morningDesk = `agents:
  - {id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent], languages: [en, de, fr]}
  - {id: chloe, name: Chloé Martin, email: chloe@support.example, roles: [level2]}
  - {id: dev, name: Dev Patel, email: dev@support.example, roles: [level2]}
  - {id: lena, name: Lena Vogel, email: lena@support.example, roles: [lead]}
tiers:
  - {name: l1, title: Level 1, level: 1, channel: support-l1, clocks: {default: {first: 4h, resolution: 40h}}}
  - {name: l2, title: Level 2, level: 2, channel: support-l2, handoff: [problem, tried, read_back], page_wait: 5m, oncall: {people: [chloe, dev], then: [lena]}}
rules:
  - {name: everything, then: {tier: l1}}
`

// morning is a morning's work: whose case is which ticket, and what each customer is to have heard at its end.
type morning struct {
	*clerk
	g       *gateway
	visitor *peers.Browser
	ids     map[string]string   // subject: ticket
	heard   map[string][]string // address: a part of each mail, in order
	asked   string              // Carl's message
}

// An agent's morning, at the screen: ten cases by mail, chat, telephone and Slack, each taken by "Next case". One is
// solved by a guided script, two with an article, one goes up with what was read back to the customer, for one level 2
// is paged (who is first declines, the next helps), one answer is taken back, two promises are kept. At the end
// each customer has exactly the answers that were meant for them.
func TestAnAgentsMorning(t *testing.T) {
	t.Parallel()
	m := newMorning(t)
	m.arrive()
	m.is(anna, onHome)
	m.reads(inHome, "Nobody's yet (10)")
	m.picture("morning-home", inHome)
	left := map[string]func(id string){
		"Machine leaks again": m.leak, "Der Kaffee ist zu dünn": m.german, "Le bac déborde": m.french, "THIRD time!": m.angry,
		"Spare handle": m.promised, "Loud at night": m.noted, "Does the grinder": m.chatted, "The display of my": m.called,
		"Water is running": m.paged, "What does E-11": m.shared,
	}
	for range 10 {
		id, subject := m.next()
		for begin, work := range left {
			if strings.Contains(subject, begin) {
				delete(left, begin)
				m.ids[begin] = id
				m.is(anna, onL1)
				m.reads(card(id), "Anna Schmidt")
				work(id)
			}
		}
	}
	for begin := range left {
		t.Errorf("%q was never given to Anna", begin)
	}
	m.is(anna, onHome)
	m.reads(inHome, "Every ticket has an owner.")
	m.Do(chromedp.EmulateViewport(390, 844))
	m.is(anna, onL1)
	m.picture("morning-phone", card(m.ids["Spare handle"]))
	m.audit()
	m.NoProblems()
	m.visitor.NoProblems()
}

func newMorning(t *testing.T) *morning {
	b := peers.Chromium(t)
	w := newWorld(t)
	m := &morning{clerk: &clerk{Browser: b, t: t, w: w}, visitor: b.Person(t), ids: map[string]string{}, heard: map[string][]string{}}
	m.g = w.start(options{desk: morningDesk, answers: `{undo: {email: 0s, slack: 10m}, acknowledge: {when: "false"}}`})
	b.Do(chromedp.EmulateViewport(1280, 900))
	return m
}

// arrive brings the cases that wait in the morning, after one of some days ago and the articles.
func (m *morning) arrive() {
	t := m.t
	for id, article := range morningArticles {
		body, _ := json.Marshal(article) // strings and lists of them
		if status, answer := m.g.request(http.MethodPut, "/api/v1/articles/"+id, string(body)); status != http.StatusOK {
			t.Fatalf("%s: %d %s", id, status, answer)
		}
	}
	wait(t, "the search to know every article", func() bool {
		status, found := m.g.post("/api/v1/suggest", `{"text":"water under the machine, Kaffee zu dünn, loud at night, grinder out for cleaning","limit":20}`)
		return status == http.StatusOK && !slices.ContainsFunc(slices.Collect(maps.Keys(morningArticles)), func(id string) bool { return !strings.Contains(found, `"`+id+`"`) })
	})
	m.g.send(clara, "Machine leaks", "The machine BW2-204711 leaks.", "")
	m.w.card(l1, "Machine leaks")
	m.g.act(t, "T-1001", `{"kind":"solve","diagnosis":"Seal of the tank valve","agent":"lena@support.example"}`)

	m.g.send(clara, "Machine leaks again", "Hello,\n\nthere is water under the machine BW2-204711 again.\n\nClara", "")
	m.g.send("jonas@bergcafe.example", "Der Kaffee ist zu dünn", "Guten Tag,\n\nseit gestern läuft der Kaffee zu schnell durch und ist zu dünn. Was können wir tun?\n\nJonas Berg", "")
	m.g.send("amelie@bistro.example", "Le bac déborde", "Bonjour,\n\nle bac de la machine déborde tous les matins. Que faire ?\n\nAmélie Roux", "")
	m.g.send("brown@hotel.example", "THIRD time!", "This is unacceptable. The machine BW3-300200 has stopped for the THIRD time and I am furious. Breakfast for 80 guests!\n\nT. Brown", "")
	m.g.send("olivia@office.example", "Spare handle", "Hello,\n\ncan you find out whether the old handle fits the new machine?\n\nOlivia", "")
	m.g.send("grace@office.example", "Loud at night", "Hello,\n\nthe machine is loud at night. Is that normal?\n\nGrace", "")
	for number, said := range map[string]string{"+493012345601": "The display of my BW2-100233 is dark since Monday.", "+493012345602": "Water is running into the electrics, what shall we do?"} {
		call := fmt.Sprintf(`{"call_id":%q,"from":%q,"turns":[{"role":"agent","start_ms":0,"end_ms":1500,"text":"Support, good morning."},
			{"role":"customer","start_ms":1600,"end_ms":5200,"text":%q}]}`, "call"+number, number, said)
		if status, body := m.g.post("/api/v1/calls", call); status != http.StatusCreated {
			t.Fatalf("the call: %d %s", status, body)
		}
	}
	var err error
	if m.asked, err = m.w.sim.Say("carl", "customer-ltd", "What does E-11 on our BW1-100233 mean?", ""); err != nil {
		t.Fatal(err)
	}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>
			<h1>A shop</h1><script async src="http://%s/widget.js" data-inbox="shop"></script></html>`, m.g.web)
	}))
	t.Cleanup(shop.Close)
	v := m.visitor
	v.Do(chromedp.Navigate(shop.URL))
	v.Until(`document.querySelector("tierline-chat")`)
	peers.JS[any](v, inWidget+`querySelector(".launch").focus()`)
	v.Do(chromedp.KeyEvent("\r"))
	v.Until(inWidget + `activeElement.tagName === "TEXTAREA"`)
	v.Do(chromedp.KeyEvent("Does the grinder come out for cleaning?\r"))
	for _, part := range []string{"Machine leaks again", "zu dünn", "déborde", "THIRD", "Spare handle", "Loud at night", "+493012345601", "+493012345602", "E-11", "grinder"} {
		m.w.card(l1, part)
	}
}

// next has the desk give Anna a case, and says which.
func (m *morning) next() (id, subject string) {
	m.t.Helper()
	m.is(anna, onHome)
	m.press(inHome, "Next case")
	m.reads(inDialog, "is yours: ")
	m.sees("button(" + inDialog + ", 'Go to the card')")
	said := peers.JS[string](m.Browser, inDialog+`.querySelector(".body .mrkdwn").innerText`)
	id, subject, ok := strings.Cut(strings.TrimSpace(said), " is yours: ")
	if !ok {
		m.t.Fatalf("Next says %q", said)
	}
	m.closes()
	return id, subject
}

// thread opens a case's thread, as its card leads there.
func (m *morning) thread(id string) {
	m.t.Helper()
	e := card(id)
	m.does("open the thread", e, "press("+e+".querySelector('[data-replies],[data-open-thread]'))")
	m.reads(inThread, id)
}

// reply answers by the form of the card.
func (m *morning) reply(id, text string) {
	m.t.Helper()
	m.press(card(id), "Reply")
	m.fills("Answer to the customer", text)
	m.sends("Send")
}

func (m *morning) solve(id, diagnosis string) {
	m.t.Helper()
	m.press(card(id), "Solve")
	m.fills("What was it?", diagnosis)
	m.sends("Solve")
	m.reads(card(id), "solved", diagnosis)
}

// leak is the case that has been before: a guided script, step by step.
func (m *morning) leak(id string) {
	at := card(id)
	m.reads(at, "BW2-204711", "T-1001", "it was: Seal of the tank valve")
	m.picture("morning-card", at)
	m.press(at, "Go through: Water under the machine")
	m.reads(at, "step 1", "Is the tank pushed in?", "Why:")
	m.picture("morning-script", at)
	m.press(at, "No, it is loose")
	m.reads(at, "step 2", "Does it still drip?")
	m.press(at, "It is dry now")
	m.reads(at, "Tried", "Is the tank pushed in? No, it is loose")
	m.press(at, "Reply")
	m.fills("Answer to the customer", "Dear Clara,\n\nplease keep the **tank** pushed in: that was all.")
	m.press(inDialog, "Preview")
	m.reads(inDialog, "The customer will see")
	m.Do(chromedp.EmulateViewport(1280, 1080))
	m.picture("morning-reply", `[...`+inDialog+`.querySelectorAll(".mrkdwn")].at(-1)`)
	m.Do(chromedp.EmulateViewport(1280, 900))
	m.sends("Send")
	m.heard[clara] = append(m.heard[clara], "that was all")
	m.solve(id, "The tank was loose")
}

// german is answered with an article of the knowledge base.
func (m *morning) german(id string) {
	at := card(id)
	m.reads(at, "German", "Kaffee zu dünn")
	m.press(at, "Used")
	m.reads(at, "used")
	m.press(at, "Reply")
	m.fills("Answer to the customer", "Guten Tag Herr Berg,")
	m.chooses(inDialog, "", "Kaffee zu dünn")
	m.sees("field(" + inDialog + ", 'Answer to the customer').value.includes('Mahlgrad')")
	m.sends("Send")
	m.heard["jonas@bergcafe.example"] = append(m.heard["jonas@bergcafe.example"], "Mahlgrad")
}

// french is asked back, and answers: it lands in the open case.
func (m *morning) french(id string) {
	const amelie = "amelie@bistro.example"
	at := card(id)
	m.reads(at, "French")
	m.reply(id, "Bonjour Madame Roux,\n\nle flotteur du bac est-il propre ?")
	m.heard[amelie] = append(m.heard[amelie], "flotteur")
	got := m.w.answer(amelie, "flotteur")
	m.g.send(amelie, "Re: Le bac déborde", "Oui, il est propre. Mais il est cassé !", got.messageID)
	m.reads(at, "cassé")
	m.reply(id, "Bonjour Madame Roux,\n\nnous vous envoyons un nouveau flotteur.")
	m.heard[amelie] = append(m.heard[amelie], "nouveau flotteur")
	m.solve(id, "Flotteur cassé")
}

// angry goes up, with what level 2 needs and read back to the customer.
func (m *morning) angry(id string) {
	at := card(id)
	m.reads(at, "To begin with:")
	m.press(at, "Escalate")
	m.fills("Problem", "BW3-300200 stops in the middle of breakfast, for the third time", "Impact", "80 guests without coffee",
		"Steps tried", "Switched off and on, no change")
	m.press(inDialog, "Escalate")
	m.reads(inDialog, "Read this back to the customer")
	m.picture("morning-escalate", inDialog)
	m.fills("Read back to the customer?", "Confirmed by phone")
	m.sends("Escalate")

	m.is(chloe, onL2)
	m.reads(at, "80 guests without coffee", "by phone")
	m.press(at, "Take")
	m.reads(at, "Chloé Martin")
	m.reply(id, "Dear Mr Brown,\n\na technician is on the way with a new pump.")
	m.heard["brown@hotel.example"] = append(m.heard["brown@hotel.example"], "on the way")
}

// promised is what Anna has to find out first: she says by when, and the answer keeps her word.
func (m *morning) promised(id string) {
	const olivia = "olivia@office.example"
	at := card(id)
	m.press(at, "Promise")
	m.fills("What is promised?", "To write to them", "Until when?", time.Now().Add(5*time.Hour).Format("2006-01-02T15:04"), "What exactly?", "whether the old handle fits",
		"Shall the gateway tell", "Yes")
	m.sends("Promise")
	m.reads(at, "Promised:", "whether the old handle fits")
	m.heard[olivia] = append(m.heard[olivia], id)
	m.is(anna, onHome)
	m.reads(inHome, "You have promised (1)", "Spare handle")
	m.is(anna, onL1)
	m.reply(id, "Dear Olivia,\n\nthe old handle fits, no adapter is needed.")
	m.heard[olivia] = append(m.heard[olivia], "no adapter")
	m.sees("!" + at + ".innerText.includes('Promised:')")
}

// noted has a remark typed into its thread, which is for colleagues.
func (m *morning) noted(id string) {
	m.thread(id)
	m.types("thread", "Her office is above the garage, ask facilities about the floor")
	m.reads(inThread, "above the garage")
	m.reply(id, "Dear Grace,\n\nit rinses itself at night; you can set the time.")
	m.heard["grace@office.example"] = append(m.heard["grace@office.example"], "rinses itself")
	m.reads(inThread, "sent", "rinses itself")
	m.picture("morning-thread", inThread)
}

// chatted is a visitor of the shop, who reads the answer in the widget.
func (m *morning) chatted(id string) {
	at := card(id)
	m.press(at, "Used")
	m.reads(at, "used")
	m.reply(id, "Yes: turn it **left** and lift it.")
	m.visitor.Until(widgetShows("turn it left", ":not(.you)"))
	peers.JS[any](m.visitor, inWidget+`querySelector("textarea").focus()`)
	m.visitor.Do(chromedp.KeyEvent("Great, thanks!\r"))
	m.reads(at, "Great, thanks!")
	m.solve(id, "How to take the grinder out")
}

// called is somebody who is called back.
func (m *morning) called(id string) {
	at := card(id)
	m.press(at, "Note")
	m.fills("Reported", "The display is dark since Monday", "Tried", "Pulled the plug for a minute", "Result", "No change")
	m.sends("Keep")
	m.press(at, "Promise")
	m.fills("What is promised?", "To call them back", "Until when?", time.Now().Add(5*time.Hour).Format("2006-01-02T15:04"), "What exactly?", "about the display")
	m.sends("Promise")
	m.reads(at, "about the display")
	m.press(at, "Kept")
	m.sees("!" + at + ".innerText.includes('Promised:')")
	m.solve(id, "The display's cable was loose")
}

// paged is more than level 1 can do: level 2 is rung.
func (m *morning) paged(id string) {
	at := card(id)
	m.press(at, "Page L2")
	m.fills("Why are they needed now?", "Water runs into the electrics, they stand beside it", "How bad is it?", "Urgent")
	m.picture("morning-page", inDialog)
	m.sends("Page")

	m.is(chloe, onMessages)
	rung := message(inPane, "they stand beside it")
	m.picture("morning-rung", rung)
	m.press(rung, "Decline")
	m.fills("Why", "on a train")
	m.sends("Decline")
	m.is(dev, onMessages)
	m.press(rung, "Accept")
	m.reads(rung, "You were wanted")
	m.is(anna, onL1)
	m.reads(at, "Chloé Martin declined", "on a train", "Dev Patel accepted")
	m.picture("morning-paged", at)
	m.thread(id)
	ts := peers.JS[string](m.Browser, inThread+".dataset.paneThread")
	m.is(dev, onL1, ts)
	m.types("thread", "Have them pull the plug and turn the tap off, I call them now")
	m.is(anna, onL1, ts)
	m.reads(inThread, "pull the plug")
	m.solve(id, "A burst hose")
}

// shared is a customer in a channel that is shared with them: an answer is taken back, and another given where they ask.
func (m *morning) shared(id string) {
	m.reply(id, "E-11 means that the pump is dead.")
	m.thread(id)
	m.press(message(inThread, "the pump is dead"), "Undo")
	m.reads(inDialog, "Nothing has gone out")
	m.press(inDialog, "Cancel")
	m.sees(inDialog + " == null")
	m.reads(inThread, "taken back")
	m.is(anna, onCustomer, m.asked)
	m.types("thread", "E-11 asks for descaling, it takes twenty minutes.")
	m.is(carl, onCustomer, m.asked)
	m.reads(inThread, "twenty minutes")
	m.picture("morning-customer", inThread)
}

// audit holds against each other what was meant and what arrived.
func (m *morning) audit() {
	t := m.t
	t.Helper()
	for to, parts := range m.heard {
		m.w.answer(to, parts[len(parts)-1])
		var got []string
		for _, mail := range m.w.mail.mails(to) {
			got = append(got, mail.text)
		}
		if len(got) != len(parts) || slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(got[slices.Index(parts, p)], p) }) {
			t.Errorf("%s was to hear %q, and has %q", to, parts, got)
		}
	}
	states := map[string]string{"Machine leaks again": "solved", "Der Kaffee ist zu dünn": "pending", "Le bac déborde": "solved", "THIRD time!": "pending",
		"Spare handle": "pending", "Loud at night": "pending", "Does the grinder": "solved", "The display of my": "solved", "Water is running": "solved", "What does E-11": "pending"}
	linked := 0
	for subject, want := range states {
		var tk morningTicket
		m.g.get(t, "/api/v1/tickets/"+m.ids[subject], &tk)
		if tk.State != want {
			t.Errorf("%s %q is %s, not %s", m.ids[subject], subject, tk.State, want)
		}
		for _, s := range tk.Suggestions {
			if s.Verdict == "used" {
				linked++
			}
		}
		for _, p := range tk.Promises {
			if p.State != "kept" {
				t.Errorf("the promise %q of %q is %s", p.What, subject, p.State)
			}
		}
	}
	if linked != 2 {
		t.Errorf("%d of 10 cases are linked with an article that was used, not 2", linked)
	}
	if n := len(m.g.ticket(t, m.ids["Le bac déborde"]).messages); n < 4 {
		t.Errorf("the case with the follow-up has %d messages", n)
	}
	if list, err := m.g.tickets(t.Context()); err != nil || len(list) != 11 {
		t.Errorf("%d tickets, not 11: %v", len(list), err)
	}
	var seen []string
	for _, r := range m.w.sim.Replies("customer-ltd", m.asked) {
		if len(r.SeenBy()) == 0 { // what everybody sees
			seen = append(seen, r.PlainText())
		}
	}
	if len(seen) != 1 || !strings.Contains(seen[0], "twenty minutes") {
		t.Errorf("Carl reads %q", seen)
	}
	if said := peers.JS[[]string](m.visitor, `Array.from(`+inWidget+`querySelectorAll(".m:not(.you)")).map(m => m.innerText)`); len(said) != 2 || !strings.Contains(said[1], "turn it left") { // it begins with a greeting
		t.Errorf("the visitor reads %q", said)
	}
	for _, inside := range []string{"above the garage", "pull the plug", "Pulled the plug"} {
		for to := range m.heard {
			for _, mail := range m.w.mail.mails(to) {
				if strings.Contains(mail.text, inside) {
					t.Errorf("%s has read a note: %s", to, mail.text)
				}
			}
		}
	}
}

// morningTicket is what the API tells of a ticket at the end.
type morningTicket struct {
	State       string `json:"state"`
	Suggestions []struct {
		Verdict string `json:"verdict"`
	} `json:"suggestions"`
	Promises []struct {
		What  string `json:"what"`
		State string `json:"state"`
	} `json:"promises"`
}

type object = map[string]any

var morningArticles = map[string]object{
	"leak": {"title": "Water under the machine", "language": "en", "audience": "internal", "confidence": "validated", "tags": []string{"script"},
		"body": "## Is the tank pushed in?\n> Why: most leaks are a tank that sits loose.\n\nPush it until it clicks.\n\n- Yes → Is the tray full?\n- No, it is loose → Does it still drip?\n\n" +
			"## Does it still drip?\n- It is dry now → done\n- Yes → next\n\n## Is the tray full?\n> Why: it overflows to the back, below the machine.\n\n- Yes, it was → Does it still drip?\n- No → escalate\n"},
	"thin": {"title": "Kaffee zu dünn", "language": "de", "audience": "external", "confidence": "validated",
		"body": "Läuft der Kaffee zu schnell durch und ist zu dünn: Stellen Sie den **Mahlgrad** eine Stufe feiner."},
	"grinder": {"title": "Taking the grinder out for cleaning", "language": "en", "audience": "external", "confidence": "validated",
		"body": "The grinder comes out for cleaning: turn it left, lift it."},
}
