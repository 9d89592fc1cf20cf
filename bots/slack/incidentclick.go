package slackdesk

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// incidentClick does what a button of an incident says.
func (k *Desk) incidentClick(ctx context.Context, c click) error {
	r, ok := parseIncidentRef(c.action.Value)
	if !ok {
		return ticket.Errorf("slackdesk.click", ticket.Invalid, "This button is of an older version. Use the newest card.")
	}
	a := ticket.IncidentAction{ID: r.Incident, Rev: r.Rev, Key: c.key, Tickets: []ticket.Candidate{{Ticket: r.Ticket}}}
	switch c.action.ActionID {
	case doIncidentLink:
		a.Do = ticket.DoLink
	case doIncidentUnlink:
		a.Do, a.Reason = ticket.DoUnlink, "by "+c.by.Name
	case doIncidentReopen:
		a.Do, a.Tickets = ticket.DoReopen, nil
	case doIncidentWithdraw:
		a.Do, a.Tickets, a.Number = ticket.DoWithdraw, nil, r.Number
	default:
		k.after("cannot open a form", func(ctx context.Context) error {
			v, err := k.incidentForm(ctx, c.by, c.action.ActionID, r)
			if err == nil {
				err = k.openView(ctx, c, v)
			}
			if err != nil {
				k.sorry(c.channel, c.user, c.thread, err)
			}
			return nil
		})
		return nil
	}
	_, err := k.back.ActIncident(ctx, c.by, a)
	return err
}

// submitIncident takes a submitted form.
func (k *Desk) submitIncident(ctx context.Context, ic *slack.InteractionCallback) any {
	v := ic.View
	r, ok := parseIncidentRef(v.PrivateMetadata)
	by, err := k.agent(ctx, ic.User.ID)
	if err == nil && !ok {
		err = ticket.Errorf("slackdesk.submit", ticket.Invalid, "This form is of an older version. Open it again.")
	}
	if err == nil {
		err = k.actIncident(ctx, by, v, r, "slack:view:"+ic.User.ID+":"+v.ID+":"+nonEmpty(v.Hash, ic.Hash))
	}
	if err == nil {
		return nil
	}
	return refuse(v, k.inWords(ic.User.ID, err))
}

func (k *Desk) actIncident(ctx context.Context, by ticket.Agent, v slack.View, r incidentRef, key string) error {
	a := ticket.IncidentAction{ID: r.Incident, Key: key, Title: submitted(v, "title"), Text: submitted(v, "text"), Reason: submitted(v, "reason"),
		Diagnosis: submitted(v, "diagnosis"), Texts: map[string]string{}}
	for _, b := range v.Blocks.BlockSet {
		if in, ok := b.(*slack.InputBlock); ok {
			if l, ok := strings.CutPrefix(in.BlockID, "text_"); ok {
				a.Texts[l] = submitted(v, in.BlockID)
			}
		}
	}
	switch v.CallbackID {
	case doIncident:
		a.Tickets, a.Do = []ticket.Candidate{{Ticket: r.Ticket, Why: []string{"named by " + by.Name}}}, ticket.DoPropose
		if id := submitted(v, "incident"); id != "" && strings.TrimSpace(a.Title) == "" {
			n, err := ticket.ParseIncidentID(id)
			if err != nil {
				return err
			}
			a.ID, a.Do, a.Title = n, ticket.DoLink, ""
		}
	case doIncidentTickets:
		return k.changeTickets(ctx, by, v, a)
	default:
		a.Do = ticket.IncidentDo(strings.TrimPrefix(v.CallbackID, incidentPrefix))
		if a.Do == ticket.DoInstruct { // two who write it should see each other's
			a.Rev = r.Rev
		}
	}
	_, err := k.back.ActIncident(ctx, by, a)
	return err
}

// changeTickets adds some and takes others out.
func (k *Desk) changeTickets(ctx context.Context, by ticket.Agent, v slack.View, a ticket.IncidentAction) error {
	key := a.Key
	for _, part := range []struct {
		field string
		do    ticket.IncidentDo
	}{{"add", ticket.DoLink}, {"remove", ticket.DoUnlink}} {
		a.Do, a.Key, a.Tickets = part.do, key+":"+part.field, nil
		for s := range strings.FieldsFuncSeq(submitted(v, part.field), func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
			id, err := ticket.ParseID(s)
			if err != nil {
				return err
			}
			a.Tickets = append(a.Tickets, ticket.Candidate{Ticket: id, Why: []string{"named by " + by.Name}})
		}
		if len(a.Tickets) == 0 {
			continue
		}
		if _, err := k.back.ActIncident(ctx, by, a); err != nil {
			return err
		}
	}
	return nil
}
