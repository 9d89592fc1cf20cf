package router

import (
	"context"
	"strconv"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// ETA is when a case may be solved: by a promise, or by what like cases took; or it is not known. What is told to
// a customer or shown to staff about that comes from here.
func (d *Desk) ETA(ctx context.Context, t ticket.Ticket) (ticket.ETA, error) {
	var models []string
	if !t.State.Done() {
		units, err := d.units(ctx, t)
		if err != nil {
			return ticket.ETA{}, err
		}
		models = modelsOf(units)
	}
	return d.eta(ctx, t, models)
}

func modelsOf(units []bots.Unit) (models []string) {
	for _, u := range units {
		if u.Model != "" {
			models = append(models, u.Model)
		}
	}
	return models
}

func (d *Desk) eta(ctx context.Context, t ticket.Ticket, models []string) (ticket.ETA, error) {
	q := ticket.Alike{Tier: t.Tier, Priority: t.Priority, Topics: t.Topics(models), Except: t.ID}
	if t.Tier == "" || t.Past || t.State.Done() {
		return t.Estimate(q, "", nil, ticket.Calendar{}, d.Now()), nil
	}
	topic, spent, err := d.Store.Spent(ctx, q)
	if err != nil {
		return ticket.ETA{}, err
	}
	return t.Estimate(q, topic, spent, d.Live.Targets(&t).Calendar, d.Now()), nil
}

// etaRound is how coarse a measured time is told: it is no more exact than that.
const etaRound = time.Hour

// eta is what a customer is told of when it will be.
func (s speaker) eta(e ticket.ETA) string {
	switch e.Kind {
	case ticket.ETAPromise:
		return s.due("eta_promise", e.To)
	case ticket.ETAMeasured:
		from, to := e.From.Truncate(etaRound), notBefore(e.To, etaRound)
		likely := notBefore(e.Likely, etaRound)
		return s.say("eta_measured", map[string]any{"count": strconv.Itoa(e.Basis.Left), "from": from, "to": to, "likely": likely})
	}
	return s.say("eta_none", nil)
}
