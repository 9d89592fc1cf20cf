package email

import (
	"context"
	"errors"
	"time"

	"tierline/channels"
	"tierline/ticket"
)

// commitTime is how long a commit may take, also while the program stops.
const commitTime = 20 * time.Second

// commit brings items into the store: all that can be taken are, and what the store refuses for good
// goes to quarantine, so that it never blocks the others. An error is Transient, or a fault of ours;
// some items may have been taken then, which is harmless when all come again.
func (p *mapper) commit(ctx context.Context, in channels.Intake, items []item) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	var batch []ticket.Inbound
	var rest []item
	for _, it := range items {
		if it.bad != nil {
			if err := in.Quarantine(ctx, *it.bad); err != nil {
				return err
			}
			p.log.Warn("mail quarantined", "at", it.where, "reason", it.bad.Reason, "blob", it.bad.Blob)
			continue
		}
		batch, rest = append(batch, it.in), append(rest, it)
	}
	for len(batch) > 0 {
		done, err := in.Accept(ctx, batch)
		if err == nil {
			for i, a := range done {
				p.log.Info("mail accepted", "at", rest[i].where, "id", batch[i].External, "ticket", a.Ticket.String(), "seq", a.Seq,
					"opened", a.Opened, "duplicate", a.Duplicate)
			}
			return nil
		}
		bad, ok := refused(err, len(batch))
		if !ok {
			return err
		}
		if bad < 0 { // it does not say which: one at a time
			return p.commitEach(ctx, in, items)
		}
		if err := p.refuse(ctx, in, rest[bad], err); err != nil {
			return err
		}
		batch, rest = append(batch[:bad:bad], batch[bad+1:]...), append(rest[:bad:bad], rest[bad+1:]...)
	}
	return nil
}

func (p *mapper) commitEach(ctx context.Context, in channels.Intake, items []item) error {
	for i := range items {
		if items[i].bad == nil {
			if err := p.commit(ctx, in, items[i:i+1]); err != nil {
				return err
			}
		}
	}
	return nil
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
	p.log.Warn("mail refused by the store", "at", it.where, "id", it.in.External, "err", cause)
	seen := *it.in.Mail
	bad, err := p.quarantine(ctx, it.raw, origin{inbox: it.in.Inbox, where: it.where}, &seen, cause)
	if err != nil {
		return err
	}
	return in.Quarantine(ctx, *bad.bad)
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
		err := p.commit(ctx, in, all)
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
