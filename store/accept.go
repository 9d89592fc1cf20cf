package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// intake is one batch on its way in. What is looked up, is looked up for the whole batch at once;
// what is decided, is decided in order, so that an earlier contact is seen by a later one.
type intake struct {
	*tx
	batch     []ticket.Inbound
	seen      map[refKey]ticket.Accepted // by contactOf
	elsewhere map[refKey]ticket.Accepted // the same by channel and id, whatever the inbox
	refs      map[refKey]ticket.Reference
	people    map[string]customer.ID // by Identity.Key
	customers map[customer.ID]customer.Customer
	tickets   map[ticket.ID]*ticket.Ticket
	next      map[ticket.ID][]ticket.ID // tickets that follow one up
	blocked   map[string]bool           // who is kept out, by Block.Key
	free      []int64                   // reserved ticket numbers
	last      int64                     // the newest that was given to a ticket of this batch

	unitsOf    map[ticket.ID]int                     // how many units are on record
	deliveries map[ticket.ID][]ticket.DeliveryUpdate // of messages that went out before
	opened     map[ticket.ID]bool
	returned   []ticket.Ticket // whose customers have opened what an incident had solved
	touched    []ticket.ID     // each once, in order
	fx         ticket.Effects
	contacts   []ticket.Reference // what was accepted, by contactOf
	mails      [][]any            // lines of the ledger
	marked     []mark
	newRefs    []ticket.Reference
}

type refKey struct{ scope, key string }

// contactOf is the reference by which a redelivery is recognised. It is kept among those to messages, so
// that all that is written under one id lies beside each other: each place in an index of a million ids is
// another page to read and to write. No channel's name begins with the separator.
func contactOf(in ticket.Inbound) refKey {
	return refKey{contactMark + in.Channel + contactMark + in.Inbox, shortKey(in.External)}
}

const contactMark = "\x1f"

// channelOf is the channel of a contact's scope; "" for what is a reference to a message.
func channelOf(scope string) string {
	if !strings.HasPrefix(scope, contactMark) {
		return ""
	}
	channel, _, _ := strings.Cut(scope[len(contactMark):], contactMark)
	return channel
}

// contact notes that in was accepted; into no ticket when it was suppressed.
func (k *intake) contact(in ticket.Inbound, id ticket.ID, seq int) {
	c := contactOf(in)
	k.contacts = append(k.contacts, ticket.Reference{Scope: c.scope, Key: c.key, Ticket: id, Seq: seq})
}

// Accept commits a batch; see [ticket.Intake].
func (s *Store) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	tidied := make([]ticket.Inbound, len(batch))
	for i, in := range batch {
		var err error
		if tidied[i], err = tidy(in); err != nil {
			return nil, &ticket.BatchError{Index: i, Err: ticket.E("store.Accept", ticket.Invalid, err)}
		}
	}
	var out []ticket.Accepted
	err := s.write(ctx, "store.Accept", func(t *tx) (err error) {
		out, err = t.accept(tidied)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) accept(batch []ticket.Inbound) ([]ticket.Accepted, error) {
	k := &intake{tx: t, batch: batch, opened: map[ticket.ID]bool{}, unitsOf: map[ticket.ID]int{}, deliveries: map[ticket.ID][]ticket.DeliveryUpdate{}}
	for _, step := range []func() error{k.findNamed, k.findPeople} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	out := make([]ticket.Accepted, len(batch))
	for i, in := range batch {
		if k.shut(in) {
			in.Alone, in.Threads = "blocked-sender", nil
		}
		a, ok := k.before(in)
		a.Duplicate = ok
		if !ok {
			var err error
			if a, err = k.take(in, batch[i:]); err != nil {
				return nil, err
			}
			known := ticket.Accepted{Ticket: a.Ticket, Seq: a.Seq, Suppressed: a.Suppressed}
			if k.seen[contactOf(in)] = known; known.Ticket != 0 {
				k.elsewhere[refKey{in.Channel, shortKey(in.External)}] = known
			}
		}
		out[i] = a
		if err := k.enter(in, a); err != nil {
			return nil, err
		}
	}
	return out, k.save()
}

// before says what became of a contact that has come before. History is the same contact whatever the
// inbox.
func (k *intake) before(in ticket.Inbound) (ticket.Accepted, bool) {
	a, ok := k.seen[contactOf(in)]
	if ok {
		return a, true
	}
	a, ok = k.elsewhere[refKey{in.Channel, shortKey(in.External)}]
	if !ok {
		return ticket.Accepted{}, false
	}
	t := k.tickets[a.Ticket]
	return a, in.Past != nil || t != nil && t.Past
}

// take puts one contact into the ticket that it continues, or opens one. rest is the batch from this
// contact on.
func (k *intake) take(in ticket.Inbound, rest []ticket.Inbound) (ticket.Accepted, error) {
	who := k.who(in)
	t, m, follows := k.thread(in)
	if t == nil && in.Alone != "" {
		k.contact(in, 0, 0)
		return ticket.Accepted{Suppressed: true, Match: m}, nil
	}
	var fx ticket.Effects
	opens := t == nil
	if !opens {
		if _, same := k.refs[refKey{in.Channel, shortKey(in.External)}]; m.By == ticket.BySameID && !same {
			in.Warnings = append(in.Warnings, "An earlier message of this ticket has the same id and says something else.")
		}
		in.Units = fewer(in.Units, ticket.MaxTags-len(t.Units))
		in.Bounce = k.reported(in, t.ID)
		fx = t.Receive(in, who, m, k.now)
	} else {
		if m != nil && follows == 0 && in.Past == nil {
			why := "its sender takes no part in that ticket"
			if in.Doubt != "" {
				why = in.Doubt
			}
			in.Warnings = append(in.Warnings, fmt.Sprintf("This claims to belong to %s (by %s), but %s.", m.Ticket, m.By, why))
			in.Warnings = append(in.Warnings, resembles(in.From, k.tickets[m.Ticket])...)
		}
		id, err := k.number(rest)
		if err != nil {
			return ticket.Accepted{}, err
		}
		opened, effects := ticket.OpenTicket(id, in, who, m, k.now)
		opened.FollowsUp = follows
		t, fx = &opened, effects
		k.know(t)
		k.unitsOf[id], k.opened[id] = 0, true
	}
	k.keep(in, t, fx)
	k.reachable(in, t)
	return ticket.Accepted{Ticket: t.ID, Seq: t.LastSeq, Opened: opens, Match: m}, nil
}

// reported names the message that a report is about by the number that it has in the ticket now.
func (k *intake) reported(in ticket.Inbound, id ticket.ID) *ticket.Bounce {
	if in.Bounce == nil {
		return nil
	}
	b := *in.Bounce
	for _, key := range in.Threads {
		if r, known := k.refs[refKey{in.Channel, key.Key}]; known && key.Key != "" && r.Ticket == id && r.Seq > 0 {
			b.Seq = r.Seq
			return &b
		}
		if key.Ticket != 0 && key.Ticket != id {
			b.Seq = 0 // it is a number of another ticket's
		}
	}
	return &b
}

// keep notes what is to be saved.
func (k *intake) keep(in ticket.Inbound, t *ticket.Ticket, fx ticket.Effects) {
	if len(fx.Deliver) > 0 {
		k.deliveries[t.ID] = append(k.deliveries[t.ID], fx.Deliver...)
	}
	if fx.Returned {
		k.returned = append(k.returned, *t)
	}
	k.fx.Messages = append(k.fx.Messages, fx.Messages...)
	k.fx.Events = append(k.fx.Events, fx.Events...)
	k.fx.Jobs = append(k.fx.Jobs, fx.Jobs...)
	k.fx.Drafts = append(k.fx.Drafts, fx.Drafts...)
	if len(k.touched) == 0 || k.touched[len(k.touched)-1] != t.ID {
		k.touched = append(k.touched, t.ID)
	}
	if in.Past == nil {
		k.changed(t.ID, t.LastSeq)
	}
	k.contact(in, t.ID, t.LastSeq)
	k.bind(in.Channel, shortKey(in.External), t)
	for _, key := range in.Threads {
		if !key.Weak && key.Key != "" {
			k.bind(in.Channel, key.Key, t)
		}
	}
}

func (k *intake) bind(scope, key string, t *ticket.Ticket) {
	if _, known := k.refs[refKey{scope, key}]; known {
		return
	}
	r := ticket.Reference{Scope: scope, Key: key, Ticket: t.ID, Seq: t.LastSeq}
	k.refs[refKey{scope, key}] = r
	k.newRefs = append(k.newRefs, r)
}

// number is the next ticket's. Numbers are reserved at once for all of the rest that seem to need one;
// on PostgreSQL those that turn out not to need it are lost.
func (k *intake) number(rest []ticket.Inbound) (ticket.ID, error) {
	if len(k.free) == 0 {
		var err error
		if k.free, err = k.s.db.ids(k.ctx, k.runner, "tickets", k.need(rest), k.last); err != nil {
			return 0, err
		}
	}
	k.last = k.free[0]
	k.free = k.free[1:]
	return ticket.ID(k.last), nil
}

// need is how many contacts seem to open a ticket: the first of the rest, and those that name nothing
// which is known or stands before them.
func (k *intake) need(rest []ticket.Inbound) int {
	n, before := 0, map[refKey]bool{}
	for i, in := range rest {
		if _, seen := k.before(in); seen {
			continue
		}
		follows := false
		for _, key := range in.Threads {
			r := refKey{in.Channel, key.Key}
			_, known := k.refs[r]
			follows = follows || key.Ticket != 0 || key.Key != "" && (known || before[r])
		}
		if i == 0 || !follows && in.Alone == "" {
			n++
		}
		before[refKey{in.Channel, shortKey(in.External)}] = true
		for _, key := range in.Threads {
			before[refKey{in.Channel, key.Key}] = true
		}
	}
	return n
}

// findNamed finds and locks what the batch names. Where others write at the same time, a message may move to
// another ticket between the look at its reference and the lock; so the references are looked at again under
// the lock, which whoever moves a message needs, too.
func (k *intake) findNamed() error {
	if err := k.findRefs(); err != nil {
		return err
	}
	for range maxTries {
		if err := k.findTickets(); err != nil || len(k.tickets) == 0 || k.s.db.alone() {
			return err
		}
		before := k.refs
		if err := k.findRefs(); err != nil || maps.Equal(before, k.refs) {
			return err
		}
	}
	return ticket.E("store.Accept", ticket.Transient, errors.New("the messages that are answered move all the time"))
}

// findRefs finds what is known of the ids that the batch has or names.
func (k *intake) findRefs() error {
	k.seen, k.elsewhere, k.refs = map[refKey]ticket.Accepted{}, map[refKey]ticket.Accepted{}, map[refKey]ticket.Reference{}
	var keys []string
	for _, in := range k.batch {
		keys = append(keys, shortKey(in.External))
		for _, t := range in.Threads {
			if t.Key != "" {
				keys = append(keys, t.Key)
			}
		}
	}
	hashes := make([]int64, len(keys))
	for i, key := range keys {
		hashes[i] = keyHash(key)
	}
	return k.each("SELECT scope, key, ticket, seq FROM refs WHERE hash IN INTS($1)", []any{k.s.db.list(hashes)},
		func(scan func(...any) error) error {
			var r ticket.Reference
			if err := scan(&r.Scope, &r.Key, &r.Ticket, &r.Seq); err != nil {
				return err
			}
			channel := channelOf(r.Scope)
			if channel == "" {
				k.refs[refKey{r.Scope, r.Key}] = r
				return nil
			}
			a := ticket.Accepted{Ticket: r.Ticket, Seq: r.Seq, Suppressed: r.Ticket == 0}
			if k.seen[refKey{r.Scope, r.Key}] = a; r.Ticket != 0 {
				k.elsewhere[refKey{channel, r.Key}] = a
			}
			return nil
		})
}

// save writes all that was decided.
func (k *intake) save() error {
	written := map[ticket.ID]bool{}
	var fresh, units [][]any
	for _, id := range k.touched {
		if written[id] {
			continue
		}
		written[id] = true
		t := k.tickets[id]
		k.fx.Jobs = append(k.fx.Jobs, t.Keep(k.s.cfg.Policy, k.now)...)
		for _, u := range t.Units[k.unitsOf[id]:] {
			units = append(units, []any{u, int64(id), at(t.Opened)})
		}
		if !k.opened[id] {
			if err := k.updateTicket(t); err != nil {
				return err
			}
			continue
		}
		row, err := ticketRow(t)
		if err != nil {
			return err
		}
		fresh = append(fresh, row)
	}
	if err := k.insert("INSERT INTO tickets ("+ticketColumns+")", "", fresh); err != nil {
		return err
	}
	if err := k.insert("INSERT INTO ticket_units (serial, ticket, opened)", "ON CONFLICT DO NOTHING", units); err != nil {
		return err
	}
	// A key that another transaction binds meanwhile fails here, and the batch is done again: else
	// one conversation would become two tickets.
	refs := slices.Concat(k.contacts, k.newRefs)
	slices.SortFunc(refs, func(a, b ticket.Reference) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Scope, b.Scope))
	})
	if err := k.insert("INSERT INTO refs ("+refColumns+")", "", refRows(refs)); err != nil {
		return err
	}
	if err := k.addMails(k.mails); err != nil {
		return err
	}
	if err := k.addMessages(k.fx.Messages); err != nil {
		return err
	}
	if err := k.saveMarks(); err != nil {
		return err
	}
	for id, list := range k.deliveries {
		if err := k.deliver(k.tickets[id], list); err != nil {
			return err
		}
	}
	if err := k.addEvents(k.fx.Events); err != nil {
		return err
	}
	for _, e := range k.fx.Events {
		if e.Kind == "reopened" && e.Data["from"] == string(ticket.Solved) {
			t := k.tickets[e.Ticket]
			if err := k.unmeasure(t); err != nil {
				return err
			}
			if err := k.addOutcomes([]ticket.Outcome{{Kind: ticket.OutcomeReopened, Ticket: t.ID, Tier: t.Tier, At: e.At}}); err != nil {
				return err
			}
		}
	}
	if err := k.memberReturned(k.returned); err != nil {
		return err
	}
	if err := k.keepDrafts(k.fx.Drafts); err != nil {
		return err
	}
	return k.enqueue(k.fx.Jobs, k.opened)
}
