package router

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"tierline/bots"
	"tierline/kb"
	"tierline/ticket"
)

// shelf is what is known of the macros: as the knowledge base has them now, without reading all of it each time.
type shelf struct {
	mu     sync.Mutex
	cursor int64
	list   map[string]kb.Macro
}

// all are the macros that can be used: what customers may have, and what is not a mere beginning. One that has a fault
// is left out; editors are told of that when they save.
func (s *shelf) all(ctx context.Context, from kb.Store) ([]kb.Macro, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]kb.Macro{}
	}
	for {
		changed, err := from.ArticleChanges(ctx, s.cursor, ticket.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, a := range changed {
			delete(s.list, a.ID)
			m, faults := kb.ParseMacro(a)
			if a.Ready() && usable(a) && len(faults) == 0 {
				s.list[a.ID] = m
			}
			s.cursor = a.Seq
		}
		if len(changed) < ticket.MaxPage {
			break
		}
	}
	list := make([]kb.Macro, 0, len(s.list))
	for _, m := range s.list {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b kb.Macro) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.Article, b.Article))
	})
	return list, nil
}

// usable says whether a macro may reach customers. What is internal never does, whatever it says may be said.
func usable(a kb.Article) bool {
	return a.Audience == kb.External && (a.Confidence == kb.Validated || a.Confidence == kb.NotValidated) && !a.Deleted
}

// fitsCase is how well a macro must fit a case to be among the first.
const fitsCase = 0.4

// Macros are those that may be used for a case, those that fit it first.
func (d *Desk) Macros(ctx context.Context, by ticket.Agent, id ticket.ID) ([]bots.Macro, error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	if d.KB == nil {
		return nil, nil
	}
	list, err := d.macros.all(ctx, d.KB)
	if err != nil || id == 0 {
		return heads(list), err
	}
	c, _, err := d.view(ctx, id)
	if err != nil {
		return nil, err
	}
	return fitting(list, c), nil
}

func heads(list []kb.Macro) (out []bots.Macro) {
	for _, m := range list {
		out = append(out, head(m))
	}
	return out
}

func head(m kb.Macro) bots.Macro {
	return bots.Macro{Article: m.Article, Title: m.Title, Languages: m.Languages, Tags: m.Tags, Untag: m.Untag, Then: m.Then, Promise: ticket.PromiseKind(m.Promise)}
}

// fitting are the macros that are meant for a case, in the order in which they fit what was said.
func fitting(list []kb.Macro, c bots.Card) []bots.Macro {
	type ranked struct {
		bots.Macro
		fit float64
	}
	text := c.Ticket.Subject + "\n" + c.LastSaid.Text + "\n" + c.Ticket.Diagnosis
	for _, s := range c.Ticket.Suggestions[:min(len(c.Ticket.Suggestions), suggestions)] {
		if c.Ticket.Fits { // what the case is about, in the knowledge base's words
			text += "\n" + s.Title
		}
	}
	var rank []ranked
	for _, m := range list {
		if m.For(c.Ticket.Tier, c.Ticket.Brand, c.Ticket.Tags, modelsOf(c.Units)) {
			rank = append(rank, ranked{head(m), m.Fit(text)})
		}
	}
	slices.SortStableFunc(rank, func(a, b ranked) int { return cmp.Compare(b.fit, a.fit) })
	out := make([]bots.Macro, 0, len(rank))
	for _, r := range rank {
		r.Fits = r.fit >= fitsCase
		out = append(out, r.Macro)
	}
	return out
}

// Macro is one of them, filled in.
func (d *Desk) Macro(ctx context.Context, by ticket.Agent, id ticket.ID, article, language string) (bots.Macro, error) {
	m, c, err := d.macro(ctx, by, id, article)
	if err != nil {
		return bots.Macro{}, err
	}
	return d.filled(m, c, by, language), nil
}

func (d *Desk) macro(ctx context.Context, by ticket.Agent, id ticket.ID, article string) (kb.Macro, bots.Card, error) {
	none := ticket.Errorf("router.Macro", ticket.NotFound, "That macro is not to be used here any more.")
	if err := staff(by); err != nil {
		return kb.Macro{}, bots.Card{}, err
	}
	if d.KB == nil {
		return kb.Macro{}, bots.Card{}, none
	}
	list, err := d.macros.all(ctx, d.KB)
	if err != nil {
		return kb.Macro{}, bots.Card{}, err
	}
	c, _, err := d.view(ctx, id)
	if err != nil {
		return kb.Macro{}, c, err
	}
	i := slices.IndexFunc(list, func(m kb.Macro) bool { return m.Article == article })
	if i < 0 || !list[i].For(c.Ticket.Tier, c.Ticket.Brand, c.Ticket.Tags, modelsOf(c.Units)) {
		return kb.Macro{}, c, none
	}
	return list[i], c, nil
}

// filled puts the case into a macro.
func (d *Desk) filled(m kb.Macro, c bots.Card, by ticket.Agent, language string) bots.Macro {
	out := head(m)
	t := c.Ticket
	out.Language = m.Speaks(cmp.Or(language, t.Language))
	t.Language = out.Language
	s := d.speaker(t)
	if s.language != out.Language && len(phrases[out.Language])+len(s.own[out.Language]) > 0 {
		s.language = out.Language // the times in it are in its words
	}
	with := map[string]string{"name": c.Customer.Name, "number": t.ID.String(), "subject": t.Subject, "agent": by.Name,
		"brand": cmp.Or(s.brand.Title, s.brand.Name), "organization": c.Organization.Name}
	if len(c.Units) > 0 {
		with["unit"], with["model"] = c.Units[0].Serial, c.Units[0].Model
	}
	if out.Promise != "" {
		out.Due = notBefore(s.now.Add(m.In), tellRound)
		with["due"] = s.moment(out.Due)
	} else if open := t.OpenPromises(); len(open) > 0 && open[0].Due.After(s.now) {
		with["due"] = s.moment(open[0].Due)
	}
	out.Text, out.Open = fill(m.Texts[out.Language], with)
	return out
}

// fill puts values where their names stand in braces. What they say has no look of its own: it mentions nobody, is no
// link and holds no other place. What nothing is known of is left as it stands, and named.
func fill(text string, with map[string]string) (out string, open []string) {
	out = placeholder.ReplaceAllStringFunc(text, func(place string) string {
		name := place[1 : len(place)-1]
		if v := harmless(with[name]); v != "" {
			return v
		}
		if !slices.Contains(open, name) {
			open = append(open, name)
		}
		return place
	})
	return out, open
}

// unfilled are the places of macros that stand in a text still.
func unfilled(text string) (open []string) {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		known := slices.ContainsFunc(kb.MacroPlaces(), func(p [2]string) bool { return p[0] == m[1] })
		if known && !slices.Contains(open, m[1]) {
			open = append(open, m[1])
		}
	}
	return open
}

// madeOf says of an answer that was made of a macro how much of that was written anew, in percent. A macro that is gone
// meanwhile counts as it was used.
func (d *Desk) madeOf(ctx context.Context, by ticket.Agent, a *ticket.Action) error {
	if a.Macro == "" {
		return nil
	}
	m, c, err := d.macro(ctx, by, a.Ticket, a.Macro)
	switch {
	case ticket.KindOf(err) == ticket.NotFound:
		return nil
	case err != nil:
		return err
	}
	a.Changed = 100
	for _, l := range m.Languages {
		a.Changed = min(a.Changed, rewritten(d.filled(m, c, by, l).Text, a.Text))
	}
	return nil
}

// rewritten is how many of the words of a text are not in what was made of it, in percent.
func rewritten(was, is string) int {
	left := map[string]int{}
	for w := range strings.FieldsSeq(strings.ToLower(is)) {
		left[w]++
	}
	all, gone := 0, 0
	for w := range strings.FieldsSeq(strings.ToLower(was)) {
		all++
		if left[w]--; left[w] < 0 {
			gone++
		}
	}
	if all == 0 {
		return 0
	}
	return 100 * gone / all
}

// morning is 8:00 of the next working day where a customer is, as far as that is known.
func (d *Desk) morning(c bots.Card) (time.Time, string) {
	zone := d.speaker(c.Ticket).zone
	for _, key := range []string{"timezone", "time_zone", "zone"} {
		if z, err := time.LoadLocation(c.Customer.Attributes[key]); err == nil && c.Customer.Attributes[key] != "" && z != time.Local {
			zone = z
			break
		}
	}
	now := d.Now().In(zone)
	at := time.Date(now.Year(), now.Month(), now.Day()+1, 8, 0, 0, 0, zone)
	for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		at = time.Date(at.Year(), at.Month(), at.Day()+1, 8, 0, 0, 0, zone)
	}
	return at, zone.String()
}
