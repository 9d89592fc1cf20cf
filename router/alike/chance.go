package alike

import (
	"maps"
	"math"
	"slices"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// What is usual while little is known: a desk in its first days, or one that has few tickets. Two questions are put, and
// both must say that it is no chance.
//
// Does a ticket find so many like itself by chance? Other tickets of the window show it: on a desk to which everybody
// writes the same few things they find others, too. How many, and how unequally, is the prior; what the background has
// seen of the like corrects it. Counts are taken to be Poisson, and their rates to be Gamma distributed from matter to
// matter, so that what is expected is negative binomial (Gelman et al., Bayesian Data Analysis, 3rd ed., §2.6).
//
// Has it begun? What is usual was there before, and comes evenly among everything else; an outbreak comes late in
// what is known (a binomial tail, at the moment that speaks most for it).

const (
	byChance  = 0.01  // of a hundred tickets about one finds so many by chance: more are asked for
	bySpread  = 0.001 // and of what comes evenly, so much so late
	longKnown = 8     // windows of background, and it is known what is usual
	sampled   = 40    // tickets of the window of which it is counted what they find
	fewKnown  = 10    // other tickets, and it cannot be told what comes evenly
	leastEven = 1     // how equal matters are among themselves, at the least and
	mostEven  = 30    // at the most: the shape of the Gamma distribution
	rarest    = 0.05  // customers of the like in a window, at the least
)

// rate is how many other customers a ticket finds in a window that write of the same: a Gamma distribution.
type rate struct{ shape, inverse float64 }

// usual learns it from those of the window that are not in the cluster.
func usual(in, rest []weighed) rate {
	others := beside(in, rest)
	n := min(len(others), sampled)
	var sum, squares float64
	for i := range n {
		one, people := others[i*len(others)/n], map[customer.ID]bool{}
		for _, o := range others {
			if o.Customer != one.Customer && !people[o.Customer] && similar(one, o) >= joins {
				people[o.Customer] = true
			}
		}
		found := float64(len(people))
		sum, squares = sum+found, squares+found*found
	}
	mean, even := rarest, float64(leastEven)
	if n > 0 {
		mean = max(rarest, sum/float64(n))
		even = mostEven
		if over := squares/float64(n) - sum/float64(n)*sum/float64(n) - mean; over > 0 {
			even = min(mostEven, max(leastEven, mean*mean/over))
		}
	}
	return rate{shape: even, inverse: even / mean}
}

// beside are those of the window that are not in the cluster.
func beside(in, rest []weighed) (others []weighed) {
	is := map[ticket.ID]bool{}
	for _, m := range in {
		is[m.Ticket] = true
	}
	for _, w := range rest {
		if !is[w.Ticket] {
			others = append(others, w)
		}
	}
	return others
}

// after is the rate when so many were seen in so many windows.
func (r rate) after(seen int, windows float64) rate {
	return rate{r.shape + float64(seen), r.inverse + windows}
}

func (r rate) mean() float64 { return r.shape / r.inverse }

// atLeast is how likely it is to find n or more.
func (r rate) atLeast(n int) float64 {
	p := r.inverse / (r.inverse + 1)
	term := math.Pow(p, r.shape) // of finding none
	less := 0.0
	for k := range n {
		less += term
		term *= (r.shape + float64(k)) / float64(k+1) * (1 - p)
	}
	return max(0, 1-less)
}

// evenly is how likely it is that what comes all the time comes as the cluster has come: so many of it so late, among all
// that is known. An outbreak begins; what is usual was there before.
func evenly(in, rest []weighed, seen int, b *Background, least int) float64 {
	others := beside(in, rest)
	known := len(others)
	if b != nil {
		known += len(b.prints) - seen
	}
	if known < fewKnown {
		return 0 // nothing to tell it by
	}
	first := map[customer.ID]time.Time{} // of each customer
	for _, m := range in {
		if at, ok := first[m.Customer]; !ok || m.Opened.Before(at) {
			first[m.Customer] = m.Opened
		}
	}
	times := slices.SortedFunc(maps.Values(first), func(a, b time.Time) int { return b.Compare(a) })
	lowest := 1.0
	for k := min(least, len(times)); k <= len(times); k++ {
		since, later := times[k-1], 0
		for _, o := range others {
			if !o.Opened.Before(since) {
				later++
			}
		}
		share := float64(later+1) / float64(known+1)
		lowest = min(lowest, tail(len(times)+seen-1, k-1, share))
	}
	return lowest
}

// tail is how likely it is that of n at least k are in a share of the whole (binomial).
func tail(n, k int, share float64) float64 {
	if share >= 1 {
		return 1
	}
	term, less := math.Pow(1-share, float64(n)), 0.0
	for i := range k {
		less += term
		term *= float64(n-i) / float64(i+1) * share / (1 - share)
	}
	return max(0, 1-less)
}
