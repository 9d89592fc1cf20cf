// Package alike finds fresh tickets that are about the same fault (practice: many-affected).
//
// What happens when things fail: nothing here reads a clock or does I/O, so nothing fails. Texts of any
// length and language are taken; of what a text says beyond [MaxTerms] terms nothing is seen. Where the words of two languages
// have nothing in common, tickets are alike by the model, the error code, the article or the concepts that
// words/concepts.txt knows in English, German and French.
//
// A ticket is a sorted list of terms ([Terms]). Two tickets are as alike as the weight of the terms that
// they share, where a term that many earlier tickets have ([Background]) weighs little. Tickets are
// gathered from the fresh one outwards ([Find]): one joins that is alike to two of those that are in, so
// that a chain of accidents does not become a cluster. What comes all day is no incident: a cluster counts
// only when it is far larger than what the background leads to expect. While there is little background, the window itself
// tells what is usual (chance.go).
package alike

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// Limits of what is compared. They bound time and memory: one ticket against MaxRecent takes some
// milliseconds at the most, however many there are in the store.
const (
	MaxTerms      = 40    // of one ticket
	MaxRecent     = 600   // fresh tickets
	MaxBackground = 2_000 // earlier tickets
	MaxMembers    = 60    // of an incident that a ticket is compared with
	maxCluster    = ticket.MaxIncidentAdd
	speakers      = 8 // members of a cluster that stand for it
)

// How alike is alike, 0 to 1. Set by the examples of the tests: see the table in docs.
const (
	joins       = 0.32 // a cluster's next member
	sure        = 0.44 // mean of a cluster that counts by its organizations alone
	Linked      = 0.36 // with an open incident: linked by itself
	Perhaps     = 0.24 // proposed to be linked
	minBurst    = 4    // tickets with a term before it can be unusual
	maxBoost    = 2.5  // how much more an unusual term weighs
	enoughKnown = 200  // tickets before it is known what is usual
	evidence    = 2.4  // weight that two tickets must share at least: a greeting is no fault
)

// weights are those of a term of which nothing is known, by its kind.
var weights = map[byte]float64{'w': 1, 'c': 1.3, 'e': 3, 'm': 1.2, 'a': 1.2, 'p': 0.8, 'o': 0.5}

// Background is what has come in before, by which is judged what is unusual.
type Background struct {
	prints []ticket.Print
	seen   map[string]int // tickets with the term
	span   time.Duration
}

// NewBackground learns from earlier tickets, newest first; at most [MaxBackground] count. end is where what is fresh
// begins.
func NewBackground(earlier []ticket.Print, end time.Time) *Background {
	b := &Background{prints: earlier[:min(len(earlier), MaxBackground)], seen: map[string]int{}}
	for _, p := range b.prints {
		for _, t := range p.Terms {
			b.seen[t]++
		}
		b.span = max(b.span, end.Sub(p.Opened))
	}
	return b
}

// weight of a term: less, the more tickets have it. With little known, nothing is common.
func (b *Background) weight(term string) float64 {
	w := weights[term[0]]
	if b == nil || len(b.prints) == 0 {
		return w
	}
	n := float64(len(b.prints)) + 20
	return w * math.Log(n/float64(b.seen[term]+1)) / math.Log(n)
}

// weighed is a print whose terms have weights.
type weighed struct {
	*ticket.Print
	w   []float64
	sum float64
}

func (b *Background) weigh(p *ticket.Print, burst map[string]float64) weighed {
	x := weighed{Print: p, w: make([]float64, len(p.Terms))}
	for i, t := range p.Terms {
		x.w[i] = b.weight(t)
		if f, ok := burst[t]; ok {
			x.w[i] *= f
		}
		x.sum += x.w[i]
	}
	return x
}

// bursts are terms that tickets of the window have far oftener than those before: they weigh more.
func (b *Background) bursts(recent []ticket.Print, window time.Duration) map[string]float64 {
	if b == nil || len(b.prints) < enoughKnown {
		return nil
	}
	now := map[string]int{}
	for _, p := range recent {
		for _, t := range p.Terms {
			now[t]++
		}
	}
	out := map[string]float64{}
	share := float64(window) / float64(max(b.span, window))
	for t, n := range now {
		if usual := float64(b.seen[t]) * share; n >= minBurst && float64(n) > 2*usual+3*math.Sqrt(usual) {
			out[t] = min(maxBoost, 1+math.Log(float64(n+1)/(usual+1))/2)
		}
	}
	return out
}

// similar says how alike two tickets are: the weight of what they share, against that of the one that
// says less and, by a third, of the one that says more.
func similar(a, b weighed) float64 {
	shared := 0.0
	for i, j := 0, 0; i < len(a.Terms) && j < len(b.Terms); {
		switch strings.Compare(a.Terms[i], b.Terms[j]) {
		case -1:
			i++
		case 1:
			j++
		default:
			shared += a.w[i]
			i++
			j++
		}
	}
	if shared < evidence {
		return 0
	}
	return shared / (0.65*min(a.sum, b.sum) + 0.35*max(a.sum, b.sum))
}

// Limits are when alike tickets are many.
type Limits struct {
	Tickets       int // of so many customers
	Organizations int // or of customers of so many organizations, when they are very much alike
	Window        time.Duration
}

// Member is one ticket of a cluster.
type Member struct {
	Ticket ticket.ID
	Score  float64 // how alike to the others, 0 to 1
}

// Cluster is a number of tickets that are alike.
type Cluster struct {
	Members       []Member // the most typical first
	Score         float64  // mean of its members
	Terms         []string // that half of them share, the weightiest first
	Expected      float64  // how many of the kind the background leads to expect in the window
	Customers     int
	Organizations int
	Many          bool // they are as many as the limits ask for, and more than is usual
}

// Find gathers those of recent that are alike to fresh, and to each other. Tickets that are linked to an
// incident, and closed ones, are left alone. The same customer counts once, however often they write.
func Find(fresh ticket.Print, recent []ticket.Print, b *Background, lim Limits) Cluster {
	var rest []weighed
	burst := b.bursts(recent[:min(len(recent), MaxRecent)], lim.Window)
	for i := range recent[:min(len(recent), MaxRecent)] {
		p := &recent[i]
		if p.Ticket != fresh.Ticket && p.Incident == 0 && p.State != ticket.Closed {
			rest = append(rest, b.weigh(p, burst))
		}
	}
	in := gather(b.weigh(&fresh, burst), rest)
	c := Cluster{}
	c.count(in)
	if c.Customers < min(lim.Tickets, max(lim.Organizations, 2)) {
		return c
	}
	c.rank(in)
	known := b != nil && len(b.prints) >= enoughKnown
	enough := c.Customers >= lim.Tickets && (known || c.Score >= sure) || lim.Organizations > 0 && c.Organizations >= lim.Organizations && c.Score >= sure
	if !enough {
		return c
	}
	seen, windows := b.like(in, burst), b.windows(lim.Window)
	c.Expected = float64(seen) / max(windows, 1)
	c.Many = float64(c.Customers) > 2*c.Expected+3*math.Sqrt(c.Expected)
	if c.Many && (!known || windows < longKnown) {
		u := usual(in, rest).after(seen, windows)
		c.Expected = u.mean()
		c.Many = u.atLeast(c.Customers-1) < byChance && evenly(in, rest, seen, b, min(lim.Tickets, c.Customers)) < bySpread
	}
	return c
}

// gather takes in what is alike to two of those that are in, the most alike first.
func gather(first weighed, rest []weighed) []weighed {
	in := []weighed{first}
	best := make([][2]float64, len(rest)) // how alike to the two nearest that are in
	left := make([]int, len(rest))
	for i := range left {
		left[i] = i
	}
	for last := first; len(in) < maxCluster; {
		next, top := -1, joins
		for at, i := range left {
			s := similar(last, rest[i])
			if s > best[i][0] {
				best[i] = [2]float64{s, best[i][0]}
			} else if s > best[i][1] {
				best[i][1] = s
			}
			score := best[i][0]
			if len(in) > 1 {
				score = (best[i][0] + best[i][1]) / 2
			}
			if score > top {
				next, top = at, score
			}
		}
		if next < 0 {
			break
		}
		last = rest[left[next]]
		in = append(in, last)
		left = slices.Delete(left, next, next+1)
	}
	return in
}

func (c *Cluster) count(in []weighed) {
	people, organizations := map[customer.ID]bool{}, map[customer.OrganizationID]bool{}
	for _, m := range in {
		people[m.Customer] = true
		if m.Organization != 0 {
			organizations[m.Organization] = true
		}
	}
	c.Customers, c.Organizations = len(people), len(organizations)
}

// rank scores the members, and says what they share.
func (c *Cluster) rank(in []weighed) {
	share, weight := map[string]int{}, map[string]float64{}
	for i, m := range in {
		sum := 0.0
		for j, o := range in {
			if i != j {
				sum += similar(m, o)
			}
		}
		c.Members = append(c.Members, Member{Ticket: m.Ticket, Score: min(1, sum/float64(max(1, len(in)-1)))})
		c.Score += c.Members[i].Score / float64(len(in))
		for k, t := range m.Terms {
			share[t]++
			weight[t] = m.w[k]
		}
	}
	slices.SortStableFunc(c.Members, func(a, b Member) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Ticket, b.Ticket)) })
	for t, n := range share {
		if n > 1 && n >= (len(in)+2)/3 {
			c.Terms = append(c.Terms, t)
		}
	}
	slices.SortFunc(c.Terms, func(a, b string) int {
		return cmp.Or(cmp.Compare(float64(share[b])*weight[b], float64(share[a])*weight[a]), strings.Compare(a, b))
	})
}

// like is how many customers of the background have written the like.
func (b *Background) like(in []weighed, burst map[string]float64) int {
	if b == nil {
		return 0
	}
	some := in
	if len(some) > speakers {
		some = nil
		for i := range speakers {
			some = append(some, in[i*len(in)/speakers])
		}
	}
	people := map[customer.ID]bool{}
	for i := range b.prints {
		p := b.weigh(&b.prints[i], burst)
		if like(p, some, 2) >= joins {
			people[p.Customer] = true
		}
	}
	return len(people)
}

// windows is how many windows the background is long.
func (b *Background) windows(window time.Duration) float64 {
	if b == nil || window <= 0 {
		return 0
	}
	return float64(b.span) / float64(window)
}

// like is how alike a ticket is to the n nearest of some.
func like(p weighed, some []weighed, n int) float64 {
	var list []float64
	for _, s := range some {
		list = append(list, similar(p, s))
	}
	slices.SortFunc(list, func(a, b float64) int { return cmp.Compare(b, a) })
	list = list[:min(len(list), n)]
	sum := 0.0
	for _, s := range list {
		sum += s
	}
	return sum / float64(max(1, len(list)))
}

// Like is how alike a ticket is to the tickets of an incident: to the nearest three of them, 0 to 1.
func Like(fresh ticket.Print, members []ticket.Print, b *Background) float64 {
	members = members[:min(len(members), MaxMembers)]
	if len(members) == 0 {
		return 0
	}
	shared := map[string]int{}
	for _, m := range members {
		for _, t := range m.Terms {
			shared[t]++
		}
	}
	boost := map[string]float64{} // what most of them say is what it is about
	for t, n := range shared {
		if n >= minBurst && 3*n >= len(members) {
			boost[t] = 1 + (maxBoost-1)*float64(n)/float64(len(members))
		}
	}
	var list []weighed
	for i := range members {
		list = append(list, b.weigh(&members[i], boost))
	}
	return min(1, like(b.weigh(&fresh, boost), list, 3))
}
