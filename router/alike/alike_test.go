package alike

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, has, not string }{
		{"greeting and signature tell nothing", "c:leak", "w:pat w:hello w:regard"},
		{"codes and models", "e:e42 e:1007 m:coolair_300 w:warm", "e:t1042 w:e42"},
		{"what is one customer's own", "w:rattle", "w:bw2204 e:bw2204711"},
		{"quotes", "c:crash", "w:yesterdayquoted"},
	} {
		got := Terms(map[string]Text{
			"greeting and signature tell nothing": {Text: "Hello Support,\n\nit is leaking.\n\nKind regards\nPat"},
			"codes and models":                    {Subject: "E-42", Text: "see T-1042, error code 1007, the fan is warmish", Models: []string{"CoolAir 300"}},
			"what is one customer's own":          {Text: "BW2-204711 rattles", Known: []string{"BW2-204711"}},
			"quotes":                              {Text: "It crashes\n> yesterdayquoted"},
		}[c.name])
		for _, w := range strings.Fields(c.has) {
			ok := slices.Contains(got, w) || slices.ContainsFunc(got, func(g string) bool {
				return strings.HasPrefix(w, g) || strings.HasPrefix(g, "c:") && w == "w:warm" || g == "c:noise" && w == "w:rattle"
			})
			if !ok {
				t.Errorf("%s: no %s in %v", c.name, w, got)
			}
		}
		for _, w := range strings.Fields(c.not) {
			if slices.Contains(got, w) {
				t.Errorf("%s: %s in %v", c.name, w, got)
			}
		}
	}
	en, de, fr := Terms(Text{Text: "The app crashes on login"}), Terms(Text{Text: "Die App stürzt beim Anmelden ab, Absturz"}), Terms(Text{Text: "L'application plante à la connexion"})
	for _, other := range [][]string{de, fr} {
		if !slices.Contains(en, "c:crash") || !slices.Contains(other, "c:crash") || !slices.Contains(other, "c:app") {
			t.Errorf("%v and %v are about the same", en, other)
		}
	}
	if w := Words([]string{"c:login", "e:e42", "w:anmel", "o:7"}, []string{"Der Login geht nicht, E42"}); strings.Join(w, " ") != "login E42 anmel" {
		t.Error(w)
	}
}

func FuzzTerms(f *testing.F) {
	f.Add("Hello\nE42 stürzt ab\n-- \nx", "Straße 5")
	f.Add("\xff\x00", "> ")
	f.Fuzz(func(t *testing.T, text, known string) {
		got := Terms(Text{Subject: known, Text: text, Known: []string{known}, Models: []string{text}, Article: known})
		if !slices.IsSorted(got) || len(got) > MaxTerms {
			t.Fatalf("%d terms: %q", len(got), got)
		}
		for i, g := range got {
			if i > 0 && got[i-1] == g || strings.ContainsAny(g, " \n\t") || len(g) < 3 || weights[g[0]] == 0 {
				t.Fatalf("a bad term: %q", g)
			}
		}
	})
}

func prints(n int, f func(i int) ticket.Print) (list []ticket.Print) {
	for i := range n {
		p := f(i)
		p.Ticket = ticket.ID(1000 + i)
		list = append(list, p)
	}
	return list
}

var outage = Text{Subject: "Portal down", Text: "The portal shows error E503 and the dashboard stays empty since the maintenance"}

// TestWhoCounts holds that one customer counts once, and that what is linked or closed does not.
func TestWhoCounts(t *testing.T) {
	t.Parallel()
	terms := Terms(outage)
	fresh := ticket.Print{Ticket: 1, Customer: 900, Terms: terms}
	of := func(f func(*ticket.Print, int)) []ticket.Print {
		return prints(10, func(i int) ticket.Print {
			p := ticket.Print{Customer: customer.ID(i + 1), Terms: terms, State: ticket.Open}
			f(&p, i)
			return p
		})
	}
	for _, c := range []struct {
		name string
		list []ticket.Print
		many bool
	}{
		{"ten customers", of(func(*ticket.Print, int) {}), true},
		{"one customer ten times", of(func(p *ticket.Print, _ int) { p.Customer = 7 }), false},
		{"four customers again and again", of(func(p *ticket.Print, i int) { p.Customer = customer.ID(i%3 + 1) }), false},
		{"linked already", of(func(p *ticket.Print, _ int) { p.Incident = 4 }), false},
		{"closed", of(func(p *ticket.Print, _ int) { p.State = ticket.Closed }), false},
		{"about something else", of(func(p *ticket.Print, i int) {
			p.Terms = Terms(Text{Text: "the grinder of my coffee machine squeaks loudly"})
		}), false},
		{"three organizations are enough", of(func(p *ticket.Print, i int) {
			p.Organization = customer.OrganizationID(i + 1)
			if i >= 3 {
				p.State = ticket.Closed
			}
		}), true},
	} {
		if got := Find(fresh, c.list, nil, limits); got.Many != c.many {
			t.Errorf("%s: many %t, %+v", c.name, got.Many, got)
		}
	}
}

// TestUsual holds that what comes all day is no incident.
func TestUsual(t *testing.T) {
	t.Parallel()
	terms := Terms(outage)
	other := Terms(Text{Text: "where can I buy a replacement carafe for the small brewer"})
	earlier := prints(600, func(i int) ticket.Print {
		p := ticket.Print{Customer: customer.ID(5000 + i), Terms: other, Opened: monday.Add(-time.Duration(i) * time.Minute)}
		if i%20 == 0 { // six in two hours
			p.Terms = terms
		}
		return p
	})
	b := NewBackground(earlier, monday)
	now := func(n int) []ticket.Print {
		return prints(n, func(i int) ticket.Print { return ticket.Print{Customer: customer.ID(i + 1), Terms: terms} })
	}
	fresh := ticket.Print{Ticket: 1, Customer: 900, Terms: terms}
	if c := Find(fresh, now(7), b, limits); c.Many || c.Expected < 4 || c.Expected > 8 {
		t.Errorf("eight where six are usual: %+v", c)
	}
	if c := Find(fresh, now(39), b, limits); !c.Many {
		t.Errorf("forty where six are usual: %+v", c)
	}
}

func TestLike(t *testing.T) {
	t.Parallel()
	members := prints(6, func(i int) ticket.Print { return ticket.Print{Terms: Terms(outage)} })
	if s := Like(ticket.Print{Terms: Terms(Text{Text: "Since the maintenance the dashboard is empty, E503"})}, members, nil); s < Linked {
		t.Error("the same in other words:", s)
	}
	if s := Like(ticket.Print{Terms: Terms(Text{Text: "I would like a discount for our school"})}, members, nil); s >= Perhaps {
		t.Error("another matter:", s)
	}
	if s := Like(ticket.Print{Terms: Terms(outage)}, nil, nil); s != 0 {
		t.Error("like nothing:", s)
	}
}

// BenchmarkFind is the cost of one ticket: nothing like it, and in the middle of an outbreak.
func BenchmarkFind(b *testing.B) {
	w := &world{r: rand.New(rand.NewPCG(1, 2))}
	ordinary, sets := background(b), outbreaks(b)
	bg := NewBackground(w.earlier(ordinary, monday, MaxBackground), monday)
	day := w.day(ordinary, sets[0].texts, "x", 100, time.Hour, monday)
	var recent []ticket.Print
	for _, a := range day {
		recent = append(recent, a.print)
	}
	alone := w.arrive(text{language: "en", text: "Do you ship to Iceland?"}, monday, "").print
	in := w.arrive(sets[0].texts[0], monday, "").print
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			Find(alone, recent, bg, limits)
		}
	})
	b.Run("outbreak", func(b *testing.B) {
		for b.Loop() {
			Find(in, recent, bg, limits)
		}
	})
	b.Run("background", func(b *testing.B) {
		earlier := w.earlier(ordinary, monday, MaxBackground)
		for b.Loop() {
			NewBackground(earlier, monday)
		}
	})
	b.Run("terms", func(b *testing.B) {
		for b.Loop() {
			Terms(outage)
		}
	})
}
