package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tierline/internal/slacksim"
)

// handsOut is a desk whose level 1 is handed cases in turn, and whose level 2 is by load.
const handsOut = `agents:
  - {id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent], languages: [en], skills: [grinders]}
  - {id: ben, name: Ben Okafor, email: ben@support.example, roles: [agent], languages: [en, de]}
  - {id: chloe, name: Chloé Martin, email: chloe@support.example, roles: [level2]}
  - {id: dev, name: Dev Patel, email: dev@support.example, roles: [level2]}
  - {id: lena, name: Lena Vogel, email: lena@support.example, roles: [lead]}
tiers:
  - {name: l1, title: Level 1, level: 1, channel: support-l1, assign: round_robin, capacity: 20, clocks: {default: {first: 1h}}}
  - {name: l2, title: Level 2, level: 2, channel: support-l2, assign: least_loaded, capacity: 20, clocks: {default: {first: 1h}}, oncall: {people: [chloe]}}
rules:
  - {name: grinders, group: skills, when: text contains "grinder", then: {skills: [grinders]}}
  - {name: water, when: text contains "water", then: {tier: l2}}
`

// Cases are handed out in turn, by language, by skill and by load, each with its reason on the card. Who goes away
// leaves what is due to a colleague, or in the queue when there is none who can do it, and gets that back.
func TestCasesAreHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{desk: handsOut})
	handed := func(channel, subject, text, owner, why string) string {
		t.Helper()
		g.send(strings.ReplaceAll(subject, " ", "-")+"@gmail.com", subject, text, "")
		card := w.card(channel, subject)
		w.until(subject+" to be "+owner+"'s: "+why, func() bool {
			m, _ := w.sim.Message(channel, card.TS)
			return strings.Contains(m.PlainText(), owner) && strings.Contains(m.PlainText(), why)
		})
		return card.TS
	}
	first := handed(l1, "Door", "The door of the machine does not close any more.", "Anna Schmidt", "is next in turn")
	handed(l1, "Invoice", "There is a mistake in my last invoice, please have a look.", "Ben Okafor", "is next in turn")
	handed(l1, "Tür", "Guten Tag, die Tür der Maschine schließt seit gestern nicht mehr richtig. Was kann ich tun?", "Ben Okafor", "speaks German")
	grinder := handed(l1, "Noise", "The grinder makes a terrible noise since yesterday.", "Anna Schmidt", "knows grinders")
	handed(l2, "Flood", "There is water all over the kitchen floor.", "Chloé Martin", "has the least to do")
	handed(l2, "Drops", "Some water drops out of the machine at night.", "Dev Patel", "has the least to do")

	if err := w.sim.Slash("anna", l1, "/tier", "away 3h dentist"); err != nil {
		t.Fatal(err)
	}
	w.reply(l1, first, "Taken back: Anna Schmidt is away until")
	w.reply(l1, first, "Ben Okafor has it now")
	w.reply(l1, grinder, "It is in the queue: waits: nobody of Level 1 who knows grinders is here")
	w.toldOf(t, "ben", "Yours now", "Door")
	if err := w.sim.Slash("anna", l1, "/tier", "back"); err != nil {
		t.Fatal(err)
	}
	w.until("the grinder to be Anna's again, who had it before", func() bool {
		m, _ := w.sim.Message(l1, grinder)
		return strings.Contains(m.PlainText(), "Anna Schmidt") && strings.Contains(m.PlainText(), "had it before")
	})
	if text := g.command(t, "rules", "explain", "T-1004"); !strings.Contains(text, "skills grinders") {
		t.Errorf("why it went to Anna: %s", text)
	}
}

// toldOf waits until somebody is told something by a direct message.
func (w *world) toldOf(t *testing.T, person string, with ...string) {
	t.Helper()
	channel, err := w.sim.DM(person, w.sim.App().BotUserID)
	if err != nil {
		t.Fatal(err)
	}
	w.until(person+" to be told "+strings.Join(with, ", "), func() bool {
		for _, m := range w.sim.Messages(channel) {
			all := true
			for _, text := range with {
				all = all && strings.Contains(m.PlainText(), text)
			}
			if all {
				return true
			}
		}
		return false
	})
}

// refused fills a form in and sends it; it gives what the form says is wrong.
func (w *world) refused(person string, values map[string]any) (why string) {
	w.t.Helper()
	answer, err := w.sim.Submit(person, w.modal(person).ID, values)
	if err != nil {
		w.t.Fatalf("%s cannot send the form: %v", person, err)
	}
	for _, e := range answer.Errors {
		why += e
	}
	return why
}

// newest waits for the newest card in a channel that shows a subject and is as it should be.
func (w *world) newest(channel, subject string, is func(text string) bool) (found slacksim.Message) {
	w.t.Helper()
	w.until("a card in "+channel+" as it should be", func() bool {
		for _, m := range slices.Backward(w.sim.Messages(channel)) {
			if len(m.Blocks) > 0 && strings.Contains(m.PlainText(), subject) {
				found = m
				return is(m.PlainText())
			}
		}
		return false
	})
	return found
}

// menu chooses a step from a menu of a card.
func (w *world) menu(person, channel, ts, menu, step string) {
	w.t.Helper()
	value := ""
	w.until("a menu with "+step, func() bool {
		m, _ := w.sim.Message(channel, ts)
		options, _ := m.Action(menu)["options"].([]any)
		for _, o := range options {
			if v, _ := o.(slacksim.Object)["value"].(string); strings.HasPrefix(v, step+" ") {
				value = v
			}
		}
		return value != ""
	})
	if err := w.sim.Choose(person, channel, ts, menu, value); err != nil {
		w.t.Fatalf("%s chooses %s: %v", person, step, err)
	}
}

// placed is where a ticket is, and whose.
func (g *gateway) placed(t *testing.T, id string) (tk struct{ Tier, Owner, State string }) {
	t.Helper()
	g.get(t, "/api/v1/tickets/"+id, &tk)
	return tk
}

// handedTo are those to whom a ticket was handed out, oldest first.
func (g *gateway) handedTo(t *testing.T, id string) (to []string) {
	t.Helper()
	var list struct {
		Items []struct {
			Kind string            `json:"kind"`
			Data map[string]string `json:"data"`
		} `json:"items"`
	}
	g.get(t, "/api/v1/tickets/"+id+"/events?limit=200", &list)
	for _, e := range list.Items {
		if e.Kind == "hand_out" && e.Data["owner"] != "" {
			to = append(to, e.Data["owner"])
		}
	}
	return to
}

// Two gateways hand out what comes to both: each case once, in turn, and nobody gets more than they can take. When
// one of the team goes away, their cases are given on, once again.
func TestTwoGatewaysHandOutOnce(t *testing.T) {
	t.Parallel()
	const cases = 12
	desk := strings.Replace(handsOut, "capacity: 20", "capacity: 10", 1)
	w, a, b := newCluster(t, options{desk: desk})
	var wg sync.WaitGroup
	for i := range cases {
		wg.Go(func() {
			[]*gateway{a, b}[i%2].send(fmt.Sprintf("someone%d@site%d.example", i, i), fmt.Sprintf("Case %d", i), "Please help with the machine, it does not start.", "")
		})
	}
	wg.Wait()
	type owned struct {
		ID    int
		Owner string
	}
	owners := func() (list []owned, by map[string]int) {
		var page struct{ Items []owned }
		a.get(t, "/api/v1/tickets?limit=200", &page)
		by = map[string]int{}
		for _, tk := range page.Items {
			by[tk.Owner]++
		}
		return page.Items, by
	}
	var by map[string]int
	wait(t, "every case to have an owner", func() bool {
		_, by = owners()
		return by["anna"]+by["ben"] == cases
	})
	if by["anna"] != cases/2 {
		t.Errorf("not in turn: %v", by)
	}
	list, _ := owners()
	for _, tk := range list {
		if to := b.handedTo(t, fmt.Sprintf("T-%d", tk.ID)); len(to) != 1 || to[0] != tk.Owner {
			t.Errorf("T-%d was handed to %v and is %s's", tk.ID, to, tk.Owner)
		}
	}
	if err := w.sim.Slash("anna", l1, "/tier", "away 3h"); err != nil {
		t.Fatal(err)
	}
	wait(t, "Ben to have what he can take, and the rest to wait", func() bool {
		_, by = owners()
		return by["ben"] == 10 && by[""] == cases-10
	})
	for _, tk := range list {
		to := b.handedTo(t, fmt.Sprintf("T-%d", tk.ID))
		if tk.Owner == "ben" && len(to) != 1 || tk.Owner == "anna" && len(to) > 2 || len(to) > 1 && to[1] != "ben" {
			t.Errorf("T-%d, which was %s's, was handed to %v", tk.ID, tk.Owner, to)
		}
	}
}

// demands is a desk whose level 2 wants to be told what is wrong, and that it was read back to the customer.
const demands = `agents:
  - {id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent]}
  - {id: ben, name: Ben Okafor, email: ben@support.example, roles: [agent]}
  - {id: chloe, name: Chloé Martin, email: chloe@support.example, roles: [level2]}
  - {id: dev, name: Dev Patel, email: dev@support.example, roles: [level2]}
  - {id: lena, name: Lena Vogel, email: lena@support.example, roles: [lead]}
tiers:
  - {name: l1, title: Level 1, level: 1, channel: support-l1, clocks: {default: {first: 4h, resolution: 40h}}}
  - {name: l2, title: Level 2, level: 2, channel: support-l2, handoff: [problem, tried, read_back], clocks: {default: {tier: 8h}}, oncall: {people: [chloe]}}
`

// A case goes up only with what level 2 needs, read back to the customer; level 2 returns it to be written anew, takes it, and
// gives it down again with instructions. The report counts what was returned, by team.
func TestUpAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{desk: demands})
	g.send(clara, "It rattles", "The machine rattles when it is warm.", "")
	card := w.card(l1, "It rattles")
	w.click("anna", l1, card.TS, "take")
	w.until("Anna to own it", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Anna Schmidt")
	})
	w.click("anna", l1, card.TS, "escalate")
	w.submit("anna", map[string]any{"problem": "Rattles when warm", "impact": "they cannot sell coffee"})
	w.until("the text to read back", func() bool {
		v := w.sim.View("anna")
		return v != nil && strings.Contains(v.PlainText(), "Read this back to the customer") && strings.Contains(v.PlainText(), "they cannot sell coffee")
	})
	if why := w.refused("anna", nil); !strings.Contains(why, "Steps tried, with results") || !strings.Contains(why, "Read back to the customer") {
		t.Errorf("what is missing is not named: %q", why)
	}
	if why := w.refused("anna", map[string]any{"problem": "ID-10T error", "tried": "Emptied it, no change", "read_back": "by phone"}); !strings.Contains(why, "Write what the customer did") {
		t.Errorf("a code word goes up: %q", why)
	}
	w.submit("anna", map[string]any{"problem": "Rattles when warm"})
	up := w.card(l2, "It rattles")
	if text := up.PlainText(); !strings.Contains(text, "by phone") {
		t.Errorf("level 2 does not see that it was read back: %s", text)
	}

	w.click("chloe", l2, up.TS, "return")
	w.submit("chloe", map[string]any{"reason": "which unit is it?"})
	back := w.newest(l1, "It rattles", func(text string) bool {
		return strings.Contains(text, "Came back to be written anew") && strings.Contains(text, "Anna Schmidt")
	})
	w.reply(l1, back.TS, "Returned by Chloé Martin to be written anew: which unit is it?")
	if out := g.command(t, "report", "care", "--tickets"); !strings.Contains(out, "1 (T-1001)") {
		t.Errorf("the report:\n%s", out)
	}

	w.click("anna", l1, back.TS, "escalate")
	w.submit("anna", map[string]any{"problem": "BW2-204711 rattles when warm", "tried": "Emptied it, no change", "read_back": "by phone"})
	again := w.newest(l2, "It rattles", func(text string) bool { return strings.Contains(text, "BW2-204711 rattles") })
	w.click("chloe", l2, again.TS, "take")
	w.until("Chloé to own it", func() bool {
		m, _ := w.sim.Message(l2, again.TS)
		return strings.Contains(m.PlainText(), "Chloé Martin")
	})
	w.click("chloe", l2, again.TS, "escalate")
	w.submit("chloe", map[string]any{"tier": "l1", "problem": "Send them a new rubber foot, then ask again", "asked": "Call them on Friday"})
	down := w.newest(l1, "It rattles", func(text string) bool { return strings.Contains(text, "new rubber foot") })
	w.reply(l1, down.TS, "Given down with instructions to l1 by Chloé Martin: Send them a new rubber foot, then ask again")
	if text := down.PlainText(); !strings.Contains(text, "Call them on Friday") {
		t.Errorf("the instructions are not on the card: %s", text)
	}
}

// The customer wants the manager: the lead hears of it and says what they do, while the case stays where it is and with whom. Level 2
// joins in the thread and goes on with it when level 1 is released.
func TestTheLeadHearsAndLevelTwoJoins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{desk: demands})
	g.send(clara, "Third time", "I want to speak to your manager. The machine is broken again.", "")
	card := w.card(l1, "Third time")
	w.until("what rules propose", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Tell the lead?")
	})
	w.click("anna", l1, card.TS, "take")
	w.until("Anna to own it", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Anna Schmidt")
	})
	w.menu("anna", l1, card.TS, "care", "inform")
	w.submit("anna", map[string]any{"reason": "They ask for a manager"})
	w.toldOf(t, "lena", "They ask for a manager")
	w.until("the card to say that the lead is to hear", func() bool { return w.can(l1, card.TS, "heard") })
	w.click("lena", l1, card.TS, "heard")
	w.submit("lena", map[string]any{"reason": "I call them at noon"})
	w.toldOf(t, "anna", "I call them at noon")
	if tk := g.placed(t, "T-1001"); tk.Tier != "l1" || tk.Owner != "anna" {
		t.Errorf("the case has left its way: %+v", tk)
	}

	if err := w.sim.Slash("chloe", l2, "/tier", "join T-1001"); err != nil {
		t.Fatal(err)
	}
	w.reply(l1, card.TS, "Chloé Martin has joined")
	w.until("both to be on the card", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Anna Schmidt, with 1 more")
	})
	if err := w.sim.Slash("chloe", l2, "/tier", "show T-1001"); err != nil { // she is not in level 1's channel
		t.Fatal(err)
	}
	shown := w.newest(l2, "Third time", func(string) bool { return true })
	w.click("chloe", l2, shown.TS, "reply")
	w.submit("chloe", map[string]any{"v": "It is the pump. I stay with you."})
	w.answer(clara, "It is the pump")
	if err := w.sim.Slash("anna", l1, "/tier", "release T-1001"); err != nil {
		t.Fatal(err)
	}
	w.reply(l1, card.TS, "Anna Schmidt has handed it over and left")
	w.until("Chloé to have it", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Chloé Martin") && !strings.Contains(m.PlainText(), "with 1 more")
	})
	if tk := g.placed(t, "T-1001"); tk.Owner != "chloe" {
		t.Errorf("released: %+v", tk)
	}
}
