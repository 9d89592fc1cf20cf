package ticket

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// maxAside is how many pages of one ticket may go on at once, beside the newest.
const maxAside = 5

// Pages are those that the ticket holds, oldest first: the newest, and those of other tiers that went on when
// it was opened.
func (t *Ticket) Pages() []*Page {
	list := slices.Clone(t.PagesAside)
	if t.Page != nil {
		list = append(list, t.Page)
	}
	slices.SortFunc(list, func(a, b *Page) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

// PageOf is the page of this number, or nil when the ticket holds it no more.
func (t *Ticket) PageOf(number int) *Page {
	for _, p := range t.Pages() {
		if p.Number == number {
			return p
		}
	}
	return nil
}

// PageFor is the newest page for a tier, or nil.
func (t *Ticket) PageFor(tier string) *Page {
	list := t.Pages()
	for _, p := range slices.Backward(list) {
		if p.Tier == tier {
			return p
		}
	}
	return nil
}

// Paged says that somebody is being rung for it, or will be.
func (t *Ticket) Paged() bool { return slices.ContainsFunc(t.Pages(), (*Page).Open) }

// goesOn says that something is still to come of a page: an answer, a reminder, or that the lead hears of it.
func (p *Page) goesOn() bool {
	return p.Open() || p.State == PageAccepted && !p.Due.IsZero() || slices.ContainsFunc(p.Calls, func(c PageCall) bool {
		return c.Kind == CallLead && (c.State == CallQueued || c.State == CallTrying)
	})
}

// look has the steps that follow work on one page: c.t.Page is that one, until settlePages.
func (c *change) look(p *Page) {
	if p == nil || p == c.t.Page {
		return
	}
	c.t.PagesAside = slices.DeleteFunc(c.t.Pages(), func(o *Page) bool { return o == p })
	c.t.Page = p
}

// lookNumber is likewise, for the page that an answer to it names.
func (c *change) lookNumber() {
	switch c.a.Kind {
	case ActAccept, ActDecline, ActNeed, ActHand, ActSnooze, ActPaged, ActPageDue:
		c.look(c.t.PageOf(c.a.Page))
	}
}

// settlePages puts the newest in front again.
func (c *change) settlePages() {
	if list := c.t.Pages(); len(list) > 0 {
		c.t.Page, c.t.PagesAside = list[len(list)-1], nil
		if len(list) > 1 {
			c.t.PagesAside = list[:len(list)-1]
		}
	}
}

// aside keeps what goes on for other tiers while a new page is opened for one.
func (c *change) aside(tier string) error {
	keep := slices.DeleteFunc(c.t.Pages(), func(p *Page) bool { return p.Tier == tier || !p.goesOn() })
	if len(keep) > maxAside {
		return invalid("%d pages go on for %s already.", len(keep), c.t.ID)
	}
	c.t.PagesAside, c.t.Page = keep, nil
	return nil
}

// cancelPages ends all that ring: the ticket is done, or goes on elsewhere.
func (c *change) cancelPages() {
	for _, p := range c.t.Pages() {
		if p.Open() {
			c.look(p)
			c.endPage(PageCancelled)
		}
	}
	c.settlePages()
}

// pageSeen notes which pages have changed, and that who accepted one does something.
func (c *change) pageSeen(was *Ticket) {
	for _, p := range c.t.Pages() {
		old := was.PageOf(p.Number)
		if p.State == PageAccepted && old != nil && old.State == PageAccepted && c.a.By.Kind == ByAgent && c.a.By.ID == p.Answerer &&
			c.a.Kind != ActSnooze && c.a.Kind != ActAccept {
			p.Acted, p.Due = true, time.Time{}
		}
		if !reflect.DeepEqual(p, old) {
			p.Changed = c.now
		}
	}
}
