package router

import (
	"tierline/config/check"
	"tierline/router/signals"
	"tierline/ticket"
)

// Signals says what is looked for in customers' words, and what follows.
type Signals struct {
	Off bool `yaml:"off"` // nothing is proposed because of them but by rules of one's own
	// Words are phrases beside those of the program, by language (en, de, fr) and kind, in the form of its
	// lists (see router/signals).
	Words map[string]map[signals.Kind][]string `yaml:"words"`
}

func (s Signals) check(at check.At) {
	if _, err := signals.New(s.Words); err != nil {
		at.Key("words").Error("a phrase in small letters; * ends a stem, / parts words, … is a gap", "%v", err)
	}
}

// ownRules are what follows from signals, clocks and history where a team has no rules for them. They put a ticket
// nowhere: they mark it, and propose what an agent may do (practice: know-when, ask-for-L2, manager, lemon).
func ownRules() []Rule {
	first, both := []ticket.RouteEvent{ticket.OnOpened}, []ticket.RouteEvent{ticket.OnOpened, ticket.OnReply}
	reply, late := []ticket.RouteEvent{ticket.OnReply}, []ticket.RouteEvent{ticket.OnWarn, ticket.OnBreach}
	propose := func(do ticket.ActionKind, tags ...string) Then {
		return Then{Tags: tags, Propose: []ticket.ActionKind{do}}
	}
	danger := propose(ticket.ActPage, "safety")
	danger.Priority = ticket.Urgent
	return []Rule{
		{Name: "somebody may be hurt", Group: "safety", On: both, When: `"safety" in signals`, Then: danger},
		{Name: "data protection is touched", Group: "privacy", On: both, When: `"privacy" in signals`, Then: Then{Tags: []string{"privacy"}}},
		{Name: "the customer asks for level 2", Group: "up", On: both, When: `"level2" in signals && !top`, Then: propose(ticket.ActEscalate)},
		{Name: "the third contact on this case", Group: "up", On: reply, When: `turns >= 3 && !top`, Then: propose(ticket.ActEscalate)},
		{Name: "no article fits, and it is not solved yet", Group: "up", On: append(reply, late...),
			When: `searched && !fits && !top && (turns >= 2 || clock in ["resolution", "at_tier"])`, Then: propose(ticket.ActEscalate)},
		{Name: "it has been at this tier for long", Group: "up", On: late, When: `clock == "at_tier" && !top`, Then: propose(ticket.ActEscalate)},
		{Name: "the customer asks for a manager", Group: "lead", On: both, When: `"manager" in signals`, Then: propose(ticket.ActInform, "manager")},
		{Name: "it was returned twice", Group: "lead", On: []ticket.RouteEvent{ticket.OnReturned}, When: `returned >= 2`, Then: propose(ticket.ActInform)},
		{Name: "the supplier is late", Group: "lead", On: []ticket.RouteEvent{ticket.OnBreach}, When: `clock == "supplier"`, Then: propose(ticket.ActInform)},
		{Name: "a unit that comes back again and again", Group: "lemon", On: first, When: `lemon`, Then: propose(ticket.ActInform, "lemon")},
		{Name: "a complaint about policy", Group: "complaint", On: both, When: `"complaint" in signals`, Then: propose(ticket.ActComplain, "complaint")},
		{Name: "the customer asks to be called", Group: "callback", On: both, When: `"callback" in signals`, Then: propose(ticket.ActPromise)},
		{Name: "abusive words", Group: "abuse", On: both, When: `"abuse" in signals`, Then: propose(ticket.ActAbuse)},
		{Name: "many seem to be affected", Group: "many", On: both, When: `"many" in signals`, Then: Then{Tags: []string{"many"}}},
	}
}

// found are the signals of a text, as a ticket keeps them.
func (r *Rules) found(text, language string) (list []ticket.Signal) {
	for _, s := range r.finder.Find(text, language) {
		list = append(list, ticket.Signal{Kind: string(s.Kind), Words: s.Words})
	}
	return list
}
