package router

import (
	"context"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/kb"
	"tierline/ticket"
)

// Guided scripts (practice: scripts). The knowledge base holds them; the ticket holds what came of each step.

// resume is how long after it was left a script is gone on with in a later ticket of the same customer or unit.
const resume = 14 * 24 * time.Hour

// guide fills in where a move of a script leads, by the article as it is now.
func (d *Desk) guide(ctx context.Context, a *ticket.Action) error {
	const op = "router.Act"
	m := a.Script
	if m == nil || m.Back || m.Stop {
		return nil
	}
	own := *m
	m = &own
	article, err := d.KB.Article(ctx, m.Article)
	if err != nil {
		return err
	}
	s, _ := kb.ParseScript(article.Body)
	if !article.Guided() || article.Confidence == kb.Archived || len(s.Steps) == 0 {
		return ticket.Errorf(op, ticket.Invalid, "%s is no script that can be gone through.", article.Title)
	}
	t, err := d.Store.Ticket(ctx, a.Ticket)
	if err != nil {
		return err
	}
	m.Title = article.Title
	known, to := answers(t), s.Steps[0].Question
	switch {
	case m.Ask == "":
		if run, from := d.left(ctx, t, m.Article); from != 0 {
			m.From = from
			for _, was := range run.Answers {
				known[key(was.Question)] = was
			}
		}
	default:
		step, ok := s.Step(m.Ask)
		i := slices.IndexFunc(step.Branches, func(b kb.Branch) bool { return b.Answer == m.Answer })
		if !ok || i < 0 {
			return ticket.Errorf(op, ticket.Conflict, "The script was changed meanwhile. Stop it, and begin anew: what was answered is not asked again.")
		}
		delete(known, key(m.Ask))
		to = step.Branches[i].To
	}
	m.Known, m.Step, m.End = nil, "", ""
	for range s.Steps {
		if to == kb.ScriptDone || to == kb.ScriptEscalate {
			break
		}
		step, _ := s.Step(to)
		was, ok := known[key(to)]
		i := slices.IndexFunc(step.Branches, func(b kb.Branch) bool { return strings.EqualFold(b.Answer, was.Answer) })
		if !ok || i < 0 {
			break
		}
		delete(known, key(to))
		was.Known = true
		m.Known, to = append(m.Known, was), step.Branches[i].To
	}
	switch to {
	case kb.ScriptDone:
		m.End = ticket.ScriptDone
	case kb.ScriptEscalate:
		m.End = ticket.ScriptSpent
	default:
		m.Step = to
	}
	a.Script = m
	return nil
}

func key(question string) string { return strings.ToLower(strings.TrimSpace(question)) }

// answers are the steps that were answered in a ticket, whichever script asked, by their questions.
func answers(t ticket.Ticket) map[string]ticket.ScriptAnswer {
	known := map[string]ticket.ScriptAnswer{}
	for _, run := range t.Scripts {
		for _, a := range run.Answers {
			known[key(a.Question)] = a
		}
	}
	return known
}

// left is how far a script was gone through in an earlier ticket of the same customer or unit, where it did not come
// to its end; from is 0 when it was not. That it cannot be looked up hinders nobody.
func (d *Desk) left(ctx context.Context, t ticket.Ticket, article string) (run ticket.ScriptRun, from ticket.ID) {
	if slices.ContainsFunc(t.Scripts, func(r ticket.ScriptRun) bool { return r.Article == article }) {
		return run, 0
	}
	past, err := d.Store.Cases(ctx, ticket.CaseQuery{Except: t.ID, Customer: t.Customer, Units: t.Units, Limit: maxCardCases})
	if err != nil {
		return run, 0
	}
	for _, c := range past {
		if c.Relation == "organization" {
			continue
		}
		old, err := d.Store.Ticket(ctx, c.ID)
		if err != nil {
			continue
		}
		for _, r := range old.Scripts {
			last := r.Began
			for _, a := range r.Answers {
				last = a.At
			}
			if r.Article == article && (r.End == "" || r.End == ticket.ScriptStopped) && len(r.Answers) > 0 && d.Now().Sub(last) < resume {
				return r, c.ID
			}
		}
	}
	return run, 0
}

// guided fills in the script that is being gone through, and those that may be.
func (d *Desk) guided(ctx context.Context, c *bots.Card) (err error) {
	for _, r := range c.Ticket.Scripts {
		if s := r.Tried(); s != "" {
			c.Tried = append(c.Tried, s)
		}
	}
	c.Guide, c.Guides, err = d.Guides(ctx, c.Ticket)
	return err
}

// Guides is the script that is being gone through in a ticket, or nil; then also those that may be.
func (d *Desk) Guides(ctx context.Context, t ticket.Ticket) (*bots.Guide, []bots.Guide, error) {
	if d.KB == nil || t.State.Done() {
		return nil, nil, nil
	}
	run := t.Script()
	if run == nil {
		var offered []bots.Guide
		for _, s := range t.Suggestions {
			a, err := d.KB.Article(ctx, s.Article)
			if err == nil && a.Guided() && s.Verdict == "" && s.Score >= kb.FitsAt && !slices.ContainsFunc(t.Scripts, func(r ticket.ScriptRun) bool { return r.Article == s.Article }) {
				offered = append(offered, bots.Guide{Article: s.Article, Title: a.Title})
			}
		}
		return nil, offered, nil
	}
	g := bots.Guide{Article: run.Article, Title: run.Title, Question: run.Step, From: run.From, Answered: len(run.Answers)}
	a, err := d.KB.Article(ctx, run.Article)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return nil, nil, err
	}
	s, _ := kb.ParseScript(a.Body)
	if step, ok := s.Step(run.Step); ok {
		g.Why, g.Text = step.Why, step.Text
		for _, b := range step.Branches {
			g.Branches = append(g.Branches, b.Answer)
		}
	}
	return &g, nil, nil
}
