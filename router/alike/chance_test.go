package alike

import (
	"math"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func TestChance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, k  int
		share float64
		want  float64
	}{{10, 0, 0.3, 1}, {3, 3, 0.5, 0.125}, {5, 4, 0.1, 0.00046}, {4, 5, 0.5, 0}, {4, 2, 1, 1}} {
		if got := tail(c.n, c.k, c.share); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("at least %d of %d in %g of it: %g, want %g", c.k, c.n, c.share, got, c.want)
		}
	}
	r := rate{shape: 2, inverse: 1} // mean 2; P(0) = 1/4, P(1) = 1/4
	for n, want := range []float64{1, 0.75, 0.5} {
		if got := r.atLeast(n); math.Abs(got-want) > 1e-9 {
			t.Errorf("at least %d: %g, want %g", n, got, want)
		}
	}
	if after := r.after(0, 9); after.mean() != 0.2 || after.atLeast(1) >= r.atLeast(1) {
		t.Errorf("ten windows without one: %+v", after)
	}
}

// TestABeginningIsToldFromWhatIsUsual holds what a fresh desk takes for an outbreak: not what comes evenly, and not what is
// as many as other things are; but what has begun just now, and what is all that there is.
func TestABeginningIsToldFromWhatIsUsual(t *testing.T) {
	t.Parallel()
	odd := []string{
		"Where can I buy a replacement carafe for the small brewer", "The invoice of March names the wrong street", "Do you ship to Iceland",
		"My voucher is refused at the till", "Which grinder suits a bakery", "Please cancel the subscription of filters",
		"The lid of the milk jug broke during transport", "How do I descale without vinegar", "Can the warranty be extended", "The courier left the parcel in the rain",
	}
	now := monday.Add(2 * time.Hour)
	window := func(evenly bool, others int) []ticket.Print {
		list := prints(others, func(i int) ticket.Print {
			return ticket.Print{Customer: customer.ID(100 + i), Opened: now.Add(-time.Duration(i+1) * 2 * time.Hour / time.Duration(others+1)), Terms: Terms(Text{Text: odd[i%len(odd)]})}
		})
		for i := range 7 {
			p := ticket.Print{Ticket: ticket.ID(1 + i), Customer: customer.ID(1 + i), Opened: now.Add(-time.Duration(i) * time.Minute), Terms: Terms(outage)}
			if evenly {
				p.Opened = now.Add(-time.Duration(i) * 17 * time.Minute)
			}
			list = append(list, p)
		}
		return list
	}
	fresh := ticket.Print{Ticket: 99, Customer: 99, Opened: now, Terms: Terms(outage)}
	for _, c := range []struct {
		name   string
		evenly bool
		others int
		many   bool
	}{{"eight since seven minutes", false, 30, true}, {"eight in two hours, evenly", true, 30, false}, {"eight, and nothing else is known", true, 4, true},
		{"eight where everything comes eight times", false, 80, false}} {
		if got := Find(fresh, window(c.evenly, c.others), nil, limits); got.Many != c.many || got.Customers != 8 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
