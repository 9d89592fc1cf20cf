package ticket

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// Pages lists pages, also those that newer ones have followed.
type Pages interface {
	// Pages lists those opened at or after from and before to, oldest first, that stand behind after.
	Pages(ctx context.Context, from, to time.Time, after PageRecord, limit int) ([]PageRecord, error)
	// TakeTurn asks whether one more thing may go to name (a person and a provider) now: one in every on average, burst
	// at once, counted by all gateways on the store together. A zero time is yes, and it counts; else it may be
	// asked again then, and nothing is kept for who asked.
	TakeTurn(ctx context.Context, name string, every time.Duration, burst int) (again time.Time, err error)
}

// PageRecord is a page and its ticket.
type PageRecord struct {
	Ticket ID `json:"ticket"`
	Page
}

// AllPages reads all pages of a time.
func AllPages(ctx context.Context, s Pages, from, to time.Time) (all []PageRecord, err error) {
	var last PageRecord
	for {
		list, err := s.Pages(ctx, from, to, last, MaxPage)
		all = append(all, list...)
		if err != nil || len(list) < MaxPage {
			return all, err
		}
		last = list[len(list)-1]
	}
}

// PageReport says how paging went. Times to acknowledge are from the opening of a page to its acceptance;
// nights are from 22:00 to 07:00 in the zone that was asked for.
type PageReport struct {
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`
	Pages     int          `json:"pages"`
	Accepted  int          `json:"accepted"`
	Exhausted int          `json:"exhausted"` // nobody was reached
	Cancelled int          `json:"cancelled"` // solved meanwhile
	Open      int          `json:"open"`
	Again     int          `json:"again"` // paged anew because who had accepted fell silent
	Declines  int          `json:"declines"`
	Silent    int          `json:"no_answer"` // turns without any answer
	AckP50    Seconds      `json:"ack_p50_s"`
	AckP90    Seconds      `json:"ack_p90_s"`
	AckMax    Seconds      `json:"ack_max_s"`
	People    []PagePerson `json:"people"`
	By        []PageWay    `json:"providers"`
	Lost      []ID         `json:"lost"` // tickets of pages that reached nobody
}

// Seconds is a time span as reports tell it.
type Seconds float64

// Duration is the same.
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// PagePerson is what pages were to one person.
type PagePerson struct {
	Agent     string  `json:"agent"`
	Rung      int     `json:"rung"`
	Accepted  int     `json:"accepted"`
	Declined  int     `json:"declined"`
	NoAnswer  int     `json:"no_answer"`
	AckP50    Seconds `json:"ack_p50_s"` // from when they were rung to when they accepted
	AtNight   int     `json:"at_night"`  // rung
	Nights    int     `json:"nights"`    // with at least one
	MostNight int     `json:"most_night"`

	acks   []time.Duration
	nights map[string]int
}

// PageWay is what became of calls by one provider.
type PageWay struct {
	Provider  string `json:"provider"`
	Delivered int    `json:"delivered"`
	Failed    int    `json:"failed"`
	Trying    int    `json:"trying"`  // until the page was over
	Dropped   int    `json:"dropped"` // answered before they went out
}

// ReportPages reckons a report. Its pages are those opened in the time.
func ReportPages(list []PageRecord, from, to time.Time, zone *time.Location) PageReport {
	r := PageReport{From: from, To: to, Pages: len(list)}
	people, ways := map[string]*PagePerson{}, map[string]*PageWay{}
	var acks []time.Duration
	for _, p := range list {
		switch p.State {
		case PageAccepted:
			r.Accepted++
			acks = append(acks, p.Accepted.Sub(p.Opened))
		case PageExhausted:
			r.Exhausted++
			r.Lost = addOneID(r.Lost, p.Ticket)
		case PageCancelled:
			r.Cancelled++
		default:
			r.Open++
		}
		if p.Again > 0 {
			r.Again++
		}
		p.tally(people, zone)
		for _, c := range p.Calls {
			w := ways[c.By]
			if w == nil {
				w = &PageWay{Provider: c.By}
				ways[c.By] = w
			}
			switch c.State {
			case CallDelivered:
				w.Delivered++
			case CallFailed:
				w.Failed++
			case CallDropped:
				w.Dropped++
			default:
				w.Trying++
			}
		}
	}
	r.AckP50, r.AckP90, r.AckMax = ackShare(acks, .5), ackShare(acks, .9), ackShare(acks, 1)
	for _, id := range slices.Sorted(maps.Keys(people)) {
		p := people[id]
		p.AckP50, p.Nights = ackShare(p.acks, .5), len(p.nights)
		for _, n := range p.nights {
			p.AtNight += n
			p.MostNight = max(p.MostNight, n)
		}
		r.Declines += p.Declined
		r.Silent += p.NoAnswer
		r.People = append(r.People, *p)
	}
	for _, by := range slices.Sorted(maps.Keys(ways)) {
		r.By = append(r.By, *ways[by])
	}
	return r
}

// tally adds what a page was to people.
func (p *PageRecord) tally(people map[string]*PagePerson, zone *time.Location) {
	rung := map[string]time.Time{}
	for _, e := range p.Log {
		if e.Agent == "" {
			continue
		}
		v := people[e.Agent]
		if v == nil {
			v = &PagePerson{Agent: e.Agent, nights: map[string]int{}}
		}
		switch e.What {
		case "ringing":
			v.Rung++
			rung[e.Agent] = e.At
			if night := nightOf(e.At.In(zone)); night != "" {
				v.nights[night]++
			}
		case "accepted":
			v.Accepted++
			if at, ok := rung[e.Agent]; ok {
				v.acks = append(v.acks, e.At.Sub(at))
			}
		case "declined":
			v.Declined++
		case "no_answer":
			v.NoAnswer++
		default:
			continue
		}
		people[e.Agent] = v
	}
}

// nightOf names the night by the day on which it began; "" by day.
func nightOf(at time.Time) string {
	switch h := at.Hour(); {
	case h >= 22:
		return at.Format(time.DateOnly)
	case h < 7:
		return at.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return ""
}

func ackShare(list []time.Duration, q float64) Seconds {
	if len(list) == 0 {
		return 0
	}
	slices.SortFunc(list, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	i := min(len(list)-1, int(float64(len(list))*q))
	return Seconds(list[i].Seconds())
}

func addOneID(list []ID, id ID) []ID {
	if slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}
