package email

import (
	"context"
	"errors"
	"time"

	"tierline/channels"
	"tierline/ticket"
)

// commitTime is how long one commit may take, also while the program stops.
const commitTime = 20 * time.Second

// Tally counts what became of mails.
type Tally struct {
	Ticketed    int `json:"ticketed"`
	Joined      int `json:"joined"`             // of the ticketed: they continue another mail's ticket
	Outgoing    int `json:"outgoing,omitempty"` // of the ticketed: history that we wrote
	Duplicate   int `json:"duplicate"`
	Suppressed  int `json:"suppressed"`
	Quarantined int `json:"quarantined"`
}

// All is how many mails were counted.
func (t Tally) All() int { return t.Ticketed + t.Duplicate + t.Suppressed + t.Quarantined }

func (t *Tally) add(o Tally) {
	t.Ticketed += o.Ticketed
	t.Joined += o.Joined
	t.Outgoing += o.Outgoing
	t.Duplicate += o.Duplicate
	t.Suppressed += o.Suppressed
	t.Quarantined += o.Quarantined
}

func (t *Tally) count(in ticket.Inbound, a ticket.Accepted) {
	switch o, _, _ := ticket.MailVerdict(in, a); o {
	case ticket.MailDuplicate:
		t.Duplicate++
	case ticket.MailSuppressed:
		t.Suppressed++
	default:
		if t.Ticketed++; !a.Opened {
			t.Joined++
		}
		if in.Past != nil && in.Past.Out {
			t.Outgoing++
		}
	}
}

// commit brings items into the store: all that can be taken are, and what the store refuses for good
// goes to quarantine, so that it never blocks the others. An error is Transient, or a fault of ours;
// some items may have been taken then, which is harmless when all come again.
func (p *mapper) commit(ctx context.Context, in channels.Intake, items []item) (t Tally, err error) {
	ctx = context.WithoutCancel(ctx)
	var good []item
	for _, it := range items {
		if it.bad == nil {
			good = append(good, it)
			continue
		}
		if err := putAside(ctx, in, it); err != nil {
			return t, err
		}
		t.Quarantined++
		p.log.Warn("mail quarantined", "at", it.where, "reason", it.bad.Reason, "blob", it.bad.Blob)
	}
	for len(good) > 0 {
		done, err := accept(ctx, in, good)
		if err == nil {
			for i, a := range done {
				t.count(good[i].in, a)
				p.log.Info("mail accepted", "at", good[i].where, "id", good[i].in.External, "ticket", a.Ticket.String(), "seq", a.Seq,
					"opened", a.Opened, "duplicate", a.Duplicate)
			}
			return t, nil
		}
		bad, ok := refused(err, len(good))
		if ok && bad < 0 || len(good) > 1 && ticket.KindOf(err) == ticket.Internal { // it does not say which: one at a time
			one, err := p.commitEach(ctx, in, good)
			t.add(one)
			return t, err
		}
		if !ok {
			return t, err
		}
		if err := p.refuse(ctx, in, good[bad], err); err != nil {
			return t, err
		}
		t.Quarantined++
		good = append(good[:bad:bad], good[bad+1:]...)
	}
	return t, nil
}

func accept(ctx context.Context, in channels.Intake, items []item) ([]ticket.Accepted, error) {
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	batch := make([]ticket.Inbound, len(items))
	for i, it := range items {
		batch[i] = it.in
	}
	return in.Accept(ctx, batch)
}

func putAside(ctx context.Context, in channels.Intake, it item) error {
	ctx, cancel := context.WithTimeout(ctx, commitTime)
	defer cancel()
	return in.Quarantine(ctx, *it.bad)
}

// commitEach finds the mails at which the store fails by a fault of its own. They go to quarantine if it
// takes others beside them: then it is they that it cannot do with. Else it is the store that is ill, and
// nothing is taken.
func (p *mapper) commitEach(ctx context.Context, in channels.Intake, items []item) (t Tally, err error) {
	var ill []item
	var cause error
	for i := range items {
		one, err := p.commit(ctx, in, items[i:i+1])
		if err != nil && ticket.KindOf(err) != ticket.Internal {
			return t, err
		}
		if t.add(one); err != nil {
			ill, cause = append(ill, items[i]), err
		}
	}
	if t.All()-t.Quarantined == 0 {
		return t, cause
	}
	for _, it := range ill {
		if err := p.refuse(ctx, in, it, cause); err != nil {
			return t, err
		}
		t.Quarantined++
	}
	return t, nil
}

// refused says which item of a batch is refused for good: -1 when that is not told.
func refused(err error, n int) (int, bool) {
	if kind := ticket.KindOf(err); kind != ticket.Invalid && kind != ticket.Denied && kind != ticket.NotFound {
		return 0, false
	}
	var be *ticket.BatchError
	switch {
	case errors.As(err, &be) && be.Index >= 0 && be.Index < n:
		return be.Index, true
	case n == 1:
		return 0, true
	}
	return -1, true
}

// refuse keeps a mail whole that the store will not have.
func (p *mapper) refuse(ctx context.Context, in channels.Intake, it item, cause error) error {
	p.log.Error("mail refused by the store", "at", it.where, "id", it.in.External, "err", cause)
	seen := *it.in.Mail
	raw, err := p.unpack(ctx, seen.Raw)
	if err != nil {
		return err
	}
	bad, err := p.quarantine(ctx, raw, origin{inbox: it.in.Inbox, where: it.where}, &seen, cause)
	if err != nil {
		return err
	}
	return putAside(ctx, in, bad)
}

// batcher commits together what comes at the same time: while one commit runs, others wait and go
// with the next. Nothing waits when the store is idle.
type batcher struct {
	work chan work
}

type work struct {
	items []item
	done  chan error
}

const maxBatch = 100 // mails in one commit

func newBatcher() *batcher { return &batcher{work: make(chan work, maxBatch)} }

// run works until ctx ends; whoever still waits is told to try again.
func (b *batcher) run(ctx context.Context, in channels.Intake, p *mapper) {
	for {
		var group []work
		n := 0
		select {
		case w := <-b.work:
			group, n = append(group, w), len(w.items)
		case <-ctx.Done():
			return
		}
	more:
		for n < maxBatch {
			select {
			case w := <-b.work:
				group, n = append(group, w), n+len(w.items)
			default:
				break more
			}
		}
		all := make([]item, 0, n)
		for _, w := range group {
			all = append(all, w.items...)
		}
		_, err := p.commit(ctx, in, all)
		for _, w := range group {
			w.done <- err
		}
	}
}

// add returns when the items are committed.
func (b *batcher) add(ctx context.Context, items []item) error {
	w := work{items, make(chan error, 1)}
	select {
	case b.work <- w:
	case <-ctx.Done():
		return ticket.E("email.batch", ticket.Transient, ctx.Err())
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done(): // whether it was committed is not known: the mail comes again
		return ticket.E("email.batch", ticket.Transient, ctx.Err())
	}
}
