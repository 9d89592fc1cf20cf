package router

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tierline/ticket"
)

// Want is what is asked of whoever gets a ticket.
type Want struct {
	How      string // AssignRobin or AssignLoaded
	Tier     string // its title
	Language string
	Skills   []string
}

// Candidate is somebody who may get a ticket.
type Candidate struct {
	Agent   ticket.Agent
	Here    bool
	Absent  string    // why they are not: "is away until 14:00"
	Open    int       // tickets that they are to act upon already
	Waiting int       // tickets of theirs that wait for somebody else
	Room    int       // as many they are handed at the most; 0: any number
	Last    time.Time // when they were last handed a ticket of the tier
	Former  int       // 1: owned this ticket last, 2: before that …; 0: never
	Knows   bool      // had the last ticket of this customer
}

// Fit is a candidate with what speaks for and against them.
type Fit struct {
	Candidate
	OK  bool   // may get it now
	Why string // in words
}

// most is how many open tickets they may have with this one. Who had it before gets it back even if that is
// one too many: nobody else knows it as well.
func (c Candidate) most() int {
	if c.Room > 0 && c.Former == 1 {
		return c.Room + 1
	}
	return c.Room
}

func (c Candidate) room() bool { return c.Room == 0 || c.Open < c.most() }

// unlimited is what somebody without a limit is taken to manage, to compare them with others.
const unlimited = 20

// load is the share of what they can take that they have.
func (c Candidate) load() float64 {
	return float64(c.Open) / float64(cmp.Or(c.Room, unlimited))
}

// speaks says whether they know the language; who names none is taken to know all.
func (w Want) speaks(a ticket.Agent) bool {
	return w.Language == "" || len(a.Languages) == 0 || slices.ContainsFunc(a.Languages, func(l string) bool { return strings.EqualFold(l, w.Language) })
}

// lacks are the skills that are wanted and that they do not have.
func (w Want) lacks(a ticket.Agent) (missing []string) {
	for _, s := range w.Skills {
		if !slices.ContainsFunc(a.Skills, func(k string) bool { return strings.EqualFold(k, s) }) {
			missing = append(missing, s)
		}
	}
	return missing
}

// Rank orders candidates, those who may get the ticket first and the best of them in front: who had it, then who
// speaks its language, then who knows the customer, then by turn or by load. Never somebody who is absent, has
// no room or lacks a skill. It is pure: the same candidates give the same order.
func (w Want) Rank(list []Candidate) []Fit {
	fits := make([]Fit, len(list))
	for i, c := range list {
		fits[i] = Fit{Candidate: c, OK: c.Here && c.room() && len(w.lacks(c.Agent)) == 0}
	}
	slices.SortStableFunc(fits, func(a, b Fit) int {
		return cmp.Or(first(a.OK, b.OK), first(a.Here, b.Here), first(a.Former > 0, b.Former > 0), cmp.Compare(a.Former, b.Former),
			first(w.speaks(a.Agent), w.speaks(b.Agent)), first(a.Knows, b.Knows), w.byTurn(a, b))
	})
	spoken := slices.ContainsFunc(fits, func(f Fit) bool { return f.OK && w.speaks(f.Agent) })
	for i := range fits {
		fits[i].Why = w.why(fits[i], i, fits, spoken)
	}
	return fits
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (w Want) byTurn(a, b Fit) int {
	if w.How == AssignLoaded {
		return cmp.Or(cmp.Compare(a.load(), b.load()), a.Last.Compare(b.Last))
	}
	return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.load(), b.load()))
}

// why is what speaks for somebody, or against.
func (w Want) why(f Fit, place int, all []Fit, spoken bool) string {
	var parts []string
	if !f.Here {
		parts = append(parts, f.Absent)
	}
	if m := w.lacks(f.Agent); len(m) > 0 {
		parts = append(parts, "does not know "+strings.Join(m, ", "))
	}
	if f.Former == 1 {
		parts = append(parts, "had it before")
	} else if f.Knows {
		parts = append(parts, "had the last case of this customer")
	}
	if w.Language != "" && len(f.Agent.Languages) > 0 {
		switch {
		case w.speaks(f.Agent):
			parts = append(parts, "speaks "+languageName(w.Language))
		case f.OK && !spoken:
			parts = append(parts, "nobody who can take it speaks "+languageName(w.Language))
		default:
			parts = append(parts, "does not speak "+languageName(w.Language))
		}
	}
	if len(w.Skills) > 0 && len(w.lacks(f.Agent)) == 0 {
		parts = append(parts, "knows "+strings.Join(w.Skills, ", "))
	}
	parts = append(parts, f.has())
	if alone := len(all) < 2 || !all[1].OK; f.OK && place == 0 && f.Former == 0 && !f.Knows && !alone {
		if w.How == AssignLoaded {
			parts = append(parts, "has the least to do")
		} else {
			parts = append(parts, "is next in turn")
		}
	}
	return strings.Join(parts, ", ")
}

// has is how many tickets they have, of how many.
func (c Candidate) has() string {
	switch {
	case c.Room > 0 && c.Open >= c.Room:
		return fmt.Sprintf("full: %d of %d cases", c.Open, c.Room)
	case c.Room > 0:
		return fmt.Sprintf("%d of %d cases", c.Open, c.Room)
	case c.Open == 1:
		return "1 case"
	}
	return fmt.Sprintf("%d cases", c.Open)
}

// Find is who gets a ticket; when nobody does, why not.
func (w Want) Find(list []Candidate) (best Fit, none string) {
	fits := w.Rank(list)
	if len(fits) > 0 && fits[0].OK {
		return fits[0], ""
	}
	knowing := list
	who := "of " + w.Tier
	if len(w.Skills) > 0 {
		who = "of " + w.Tier + " who knows " + strings.Join(w.Skills, ", ")
		knowing = slices.DeleteFunc(slices.Clone(list), func(c Candidate) bool { return len(w.lacks(c.Agent)) > 0 })
	}
	switch {
	case len(list) == 0:
		return best, "waits: " + w.Tier + " has no members"
	case len(knowing) == 0:
		return best, "waits: there is nobody " + who
	case !slices.ContainsFunc(knowing, func(c Candidate) bool { return c.Here }):
		return best, "waits: nobody " + who + " is here"
	}
	return best, "waits: everybody " + who + " who is here has as many cases as they can take"
}

// languageName is what a language is called in English.
func languageName(code string) string {
	names := map[string]string{"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
		"pl": "Polish", "pt": "Portuguese", "sv": "Swedish", "da": "Danish"}
	return cmp.Or(names[strings.ToLower(code)], code)
}
