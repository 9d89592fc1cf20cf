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

// ownRules are what follows from signals and clocks where a team has no rules for them. They put a ticket
// nowhere: they mark it, and propose what an agent may do (practice: know-when, ask-for-L2).
func ownRules() []Rule {
	both := []ticket.RouteEvent{ticket.OnOpened, ticket.OnReply}
	up := []ticket.ActionKind{ticket.ActEscalate}
	return []Rule{
		{Name: "somebody may be hurt", Group: "safety", On: both, When: `"safety" in signals`,
			Then: Then{Priority: ticket.Urgent, Tags: []string{"safety"}, Propose: []ticket.ActionKind{ticket.ActPage}}},
		{Name: "data protection is touched", Group: "privacy", On: both, When: `"privacy" in signals`, Then: Then{Tags: []string{"privacy"}}},
		{Name: "the customer asks for level 2", Group: "up", On: both, When: `"level2" in signals && !top`, Then: Then{Propose: up}},
		{Name: "the third contact on this case", Group: "up", On: []ticket.RouteEvent{ticket.OnReply}, When: `contacts >= 3 && !top && !fits`, Then: Then{Propose: up}},
		{Name: "it has been at this tier for long", Group: "up", On: []ticket.RouteEvent{ticket.OnWarn, ticket.OnBreach},
			When: `clock == "at_tier" && !top`, Then: Then{Propose: up}},
		{Name: "the customer asks for a manager", Group: "lead", On: both, When: `"manager" in signals`, Then: Then{Tags: []string{"manager"}}},
		{Name: "a complaint about policy", Group: "complaint", On: both, When: `"complaint" in signals`, Then: Then{Tags: []string{"complaint"}, Propose: []ticket.ActionKind{ticket.ActComplain}}},
		{Name: "the customer asks to be called", Group: "callback", On: both, When: `"callback" in signals`, Then: Then{Propose: []ticket.ActionKind{ticket.ActPromise}}},
		{Name: "abusive words", Group: "abuse", On: both, When: `"abuse" in signals`, Then: Then{Propose: []ticket.ActionKind{ticket.ActAbuse}}},
	}
}

// found are the signals of a text, as a ticket keeps them.
func (r *Rules) found(text, language string) (list []ticket.Signal, kinds []string) {
	for _, s := range r.finder.Find(text, language) {
		list = append(list, ticket.Signal{Kind: string(s.Kind), Words: s.Words})
		kinds = append(kinds, string(s.Kind))
	}
	return list, kinds
}
