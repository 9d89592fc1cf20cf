package alike

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/internal/peers"
	"tierline/ticket"
)

var limits = Limits{Tickets: 5, Organizations: 3, Window: 2 * time.Hour}

// text is one message of a list.
type text struct{ language, subject, text, model string }

type outbreak struct {
	name  string
	held  bool
	texts []text
}

func lines(t testing.TB, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

func parse(t testing.TB, line string) text {
	f := strings.SplitN(line, "|", 3)
	if len(f) != 3 {
		t.Fatalf("not language | subject | text: %q", line)
	}
	return text{language: strings.TrimSpace(f[0]), subject: strings.TrimSpace(f[1]), text: strings.TrimSpace(f[2])}
}

func outbreaks(t testing.TB) (list []outbreak) {
	model := ""
	for _, l := range lines(t, "outbreaks.txt") {
		switch {
		case l == "" || l[0] == '#':
		case l[0] == '[':
			f := strings.Fields(strings.Trim(l, "[]"))
			list, model = append(list, outbreak{name: f[0], held: f[1] == "held"}), strings.Join(f[2:], " ")
		default:
			m := parse(t, l)
			m.model = model
			o := &list[len(list)-1]
			o.texts = append(o.texts, m)
		}
	}
	return list
}

func background(t testing.TB) (list []text) {
	for _, l := range lines(t, "background.txt") {
		if l != "" && l[0] != '#' {
			list = append(list, parse(t, l))
		}
	}
	return list
}

// questions are those that customers put to a bank, by what they are about.
func questions(t testing.TB, name string) map[string][]text {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "corpora", "faq", "banking77", name))
	if err != nil {
		peers.Skip(t, "the corpora (../shared/corpora)")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	by := map[string][]text{}
	for _, r := range rows[1:] {
		by[r[1]] = append(by[r[1]], text{language: "en", text: r[0]})
	}
	return by
}

// arrival is one ticket of a simulated day. of is the outbreak that it is of, or "".
type arrival struct {
	print ticket.Print
	of    string
}

var fillers = map[string][]string{
	"en": {"Please help.", "This is urgent for us.", "What can we do?", "Thank you in advance.", "I have been a customer for years.", "I tried it several times.", "My colleague has the same.", ""},
	"de": {"Bitte um Hilfe.", "Es ist dringend.", "Was können wir tun?", "Vielen Dank im Voraus.", "Ich bin seit Jahren Kunde.", "Ich habe es mehrmals versucht.", "Ein Kollege hat dasselbe.", ""},
	"fr": {"Merci de nous aider.", "C'est urgent pour nous.", "Que pouvons-nous faire ?", "Merci d'avance.", "Je suis client depuis des années.", "J'ai essayé plusieurs fois.", "Un collègue a la même chose.", ""},
}

var greetings = map[string][2]string{"en": {"Hello,\n", "\n\nKind regards\nPat Example"}, "de": {"Guten Tag,\n", "\n\nMit freundlichen Grüßen\nPat Beispiel"},
	"fr": {"Bonjour,\n", "\n\nCordialement\nPat Exemple"}}

// said makes a mail of a text, as people dress them up.
func said(r *rand.Rand, m text) Text {
	f := fillers[m.language]
	body := greetings[m.language][0] + m.text + " " + f[r.IntN(len(f))] + " " + f[r.IntN(len(f))] + greetings[m.language][1]
	x := Text{Subject: m.subject, Text: body}
	if m.model != "" && r.IntN(2) == 0 { // half of them name a unit that is known
		x.Models = []string{m.model}
	}
	return x
}

type world struct {
	r    *rand.Rand
	next ticket.ID
}

func (w *world) arrive(m text, at time.Time, of string) arrival {
	w.next++
	x := said(w.r, m)
	org := customer.OrganizationID(0)
	if w.r.IntN(3) == 0 {
		org = customer.OrganizationID(1 + w.r.IntN(80))
		x.Organization = org
	}
	return arrival{print: ticket.Print{Ticket: w.next, Opened: at, Customer: customer.ID(w.next), Organization: org, Terms: Terms(x)}, of: of}
}

// result is what became of one simulated day.
type result struct {
	found    bool
	after    int           // tickets of the outbreak until it was proposed
	wait     time.Duration // from its first ticket until then
	linked   int           // of its tickets, in the end
	perhaps  int           // of its tickets, proposed to be linked
	wrong    int           // tickets of another matter that were linked
	mistaken int           // proposals of what was no outbreak
}

// play lets a day pass: every ticket is compared as the router does it.
func play(day []arrival, earlier []ticket.Print, name string) (out result) {
	start := day[0].print.Opened
	b := NewBackground(earlier, start)
	learnt := start
	of, known := map[ticket.ID]string{}, map[ticket.ID]ticket.Print{}
	for _, p := range earlier {
		known[p.Ticket] = p
	}
	var recent []ticket.Print // newest first
	incidents := map[ticket.IncidentID][]ticket.Print{}
	var ids []ticket.IncidentID
	real := ticket.IncidentID(0)
	var first time.Time
	seen := 0
	for _, a := range day {
		of[a.print.Ticket] = a.of
		if a.of == name {
			if seen++; seen == 1 {
				first = a.print.Opened
			}
		}
		if a.print.Opened.Sub(learnt) > 30*time.Minute { // as the router does, more often
			learnt = a.print.Opened
			for i := range day {
				if day[i].print.Opened.Before(learnt.Add(-limits.Window)) {
					known[day[i].print.Ticket] = day[i].print
				}
			}
			b = NewBackground(newestFirst(known), learnt.Add(-limits.Window))
		}
		for len(recent) > 0 && a.print.Opened.Sub(recent[len(recent)-1].Opened) > limits.Window {
			recent = recent[:len(recent)-1]
		}
		fresh, taken := a.print, false
		for _, id := range ids {
			like := Like(fresh, incidents[id], b)
			if like >= Linked {
				fresh.Incident, taken = id, true
				incidents[id] = append([]ticket.Print{fresh}, incidents[id]...)
			} else if like >= Perhaps && id == real && a.of == name {
				out.perhaps++
			}
			if taken {
				break
			}
		}
		if !taken {
			if c := Find(fresh, recent, b, limits); c.Many {
				id := ticket.IncidentID(len(ids) + 1)
				ids = append(ids, id)
				hits := 0
				for _, m := range c.Members {
					if of[m.Ticket] == name {
						hits++
					}
					for i := range recent {
						if recent[i].Ticket == m.Ticket {
							recent[i].Incident = id
							incidents[id] = append(incidents[id], recent[i])
						}
					}
				}
				fresh.Incident = id
				incidents[id] = append([]ticket.Print{fresh}, incidents[id]...)
				switch {
				case 2*hits <= len(c.Members):
					out.mistaken++
				case real == 0:
					real, out.found, out.after, out.wait = id, true, seen, a.print.Opened.Sub(first)
				}
			}
		}
		recent = append([]ticket.Print{fresh}, recent...)
	}
	for _, p := range incidents[real] {
		if real != 0 && of[p.Ticket] == name {
			out.linked++
		} else if real != 0 {
			out.wrong++
		}
	}
	return out
}

func newestFirst(m map[ticket.ID]ticket.Print) []ticket.Print {
	return slices.SortedFunc(maps.Values(m), func(a, b ticket.Print) int {
		return cmp.Or(b.Opened.Compare(a.Opened), cmp.Compare(b.Ticket, a.Ticket))
	})
}

// day makes one: background over eight hours, and an outbreak within it.
func (w *world) day(ordinary []text, outbreak []text, name string, n int, spread time.Duration, start time.Time) (day []arrival) {
	for i := range 500 {
		day = append(day, w.arrive(ordinary[w.r.IntN(len(ordinary))], start.Add(time.Duration(i)*8*time.Hour/500), ""))
	}
	begin := start.Add(3 * time.Hour)
	for i := range n {
		day = append(day, w.arrive(outbreak[w.r.IntN(len(outbreak))], begin.Add(time.Duration(w.r.Int64N(int64(spread)))+time.Duration(i)), name))
	}
	slices.SortStableFunc(day, func(a, b arrival) int { return a.print.Opened.Compare(b.print.Opened) })
	return day
}

func (w *world) earlier(ordinary []text, start time.Time, n int) (list []ticket.Print) {
	for i := range n {
		list = append(list, w.arrive(ordinary[w.r.IntN(len(ordinary))], start.Add(-time.Duration(i+1)*8*time.Hour/500), "").print)
	}
	return list
}

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// table runs days and reports them.
func report(t *testing.T, what string, ordinary []text, sets map[string][]text, sizes []int, known int) (found, days, mistaken int) {
	names := []string{}
	for n := range sets {
		names = append(names, n)
	}
	slices.Sort(names)
	var after, linked, total, perhaps, wrong, tickets int
	var wait time.Duration
	for k, name := range names {
		for _, n := range sizes {
			w := &world{r: rand.New(rand.NewPCG(uint64(k), uint64(n)))}
			earlier := w.earlier(ordinary, monday, known)
			day := w.day(ordinary, sets[name], name, n, time.Duration(30+n)*time.Minute, monday)
			r := play(day, earlier, name)
			days++
			tickets += len(day)
			mistaken += r.mistaken
			if !r.found {
				t.Logf("%s: not found: %s with %d tickets", what, name, n)
				continue
			}
			found++
			after += r.after
			wait += r.wait
			linked, total, wrong, perhaps = linked+r.linked, total+n, wrong+r.wrong, perhaps+r.perhaps
		}
	}
	t.Logf("%s: found %d of %d, after %.1f tickets and %s on average; %d %% of their tickets linked (%d %% more proposed), %d wrong; %.2f mistaken proposals per 1,000 tickets",
		what, found, days, float64(after)/float64(max(1, found)), (wait / time.Duration(max(1, found))).Round(time.Minute), 100*linked/max(1, total),
		100*perhaps/max(1, total), wrong, 1000*float64(mistaken)/float64(tickets))
	return found, days, mistaken
}

// TestOutbreaks holds how well outbreaks in three languages are found among what comes in all day.
func TestOutbreaks(t *testing.T) {
	if underRace {
		t.Skip("measures: `make test` runs it beside, without the race detector")
	}
	t.Parallel()
	ordinary := background(t)
	for _, held := range []bool{false, true} {
		sets := map[string][]text{}
		for _, o := range outbreaks(t) {
			if o.held == held {
				sets[o.name] = o.texts
			}
		}
		for _, known := range []int{0, 1500} {
			what := fmt.Sprintf("own texts, held %t, %d known before", held, known)
			found, days, mistaken := report(t, what, ordinary, sets, []int{6, 20}, known)
			// Here 66 matters come again and again in the same words, which is worse than any desk has it: while
			// nothing is known of what is usual, six of a kind may be chance.
			if least := map[bool]int{true: 85, false: 40}[known > 0]; 100*found < least*days || mistaken > map[bool]int{true: 12, false: 4}[known > 0] {
				t.Errorf("%s: found %d of %d, %d mistaken", what, found, days, mistaken)
			}
		}
	}
}

// TestOutbreaksAmongQuestions does the same among 77 matters of a bank's customers, which resemble each
// other, with one of the matters as the outbreak.
func TestOutbreaksAmongQuestions(t *testing.T) {
	if underRace {
		t.Skip("measures: `make test` runs it beside, without the race detector")
	}
	t.Parallel()
	by := questions(t, "train.csv")
	names := []string{}
	for n := range by {
		names = append(names, n)
	}
	slices.Sort(names)
	sets, ordinary := map[string][]text{}, []text(nil)
	for i, n := range names {
		if i%8 == 3 { // ten matters, of which nobody asks otherwise
			sets[n] = by[n]
		} else {
			ordinary = append(ordinary, by[n]...)
		}
	}
	for _, known := range []int{0, 1500} {
		report(t, fmt.Sprintf("bank, %d known before", known), ordinary, sets, []int{40}, known)
	}
	mixed := append(slices.Clone(ordinary[:len(ordinary)/20]), background(t)...)
	own := map[string][]text{}
	for _, o := range outbreaks(t) {
		own[o.name] = o.texts
	}
	for known, least := range map[int]int{0: 60, 1500: 85} {
		found, days, mistaken := report(t, fmt.Sprintf("own texts among both, %d known before", known), mixed, own, []int{6, 40}, known)
		if 100*found < least*days || mistaken > 6-2*min(known, 1) {
			t.Errorf("%d known before: found %d of %d, %d mistaken", known, found, days, mistaken)
		}
	}
}
