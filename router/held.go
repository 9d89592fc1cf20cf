package router

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// What notices do with people who are not to be disturbed.
const (
	NoticesHold = "hold" // they wait, and come in one message
	NoticesSend = "send" // they go out, in silence
)

// maxHold is how long a notice waits at the most: who is away for longer is told at once.
const maxHold = 72 * time.Hour

// quiet are those of some people who are not to be disturbed now, and until when: they have said that they are away,
// their hours have not begun, or they do not want to be disturbed in Slack. Of whom nobody knows until when is not among
// them. Pages ask for none of that.
func (d *Desk) quiet(ctx context.Context, people []ticket.Agent) (map[string]time.Time, error) {
	if d.Config().Presence.Notices == NoticesSend || len(people) == 0 {
		return nil, nil
	}
	at, err := d.attendance(ctx)
	if err != nil {
		return nil, err
	}
	var dnd map[string]time.Time
	if d.Tool != nil {
		ask, cancel := context.WithTimeout(ctx, quietWithin)
		dnd, _ = d.Tool.Quiet(ask, people) // while Slack does not tell, it does not ring them either
		cancel()
	}
	list := map[string]time.Time{}
	for _, a := range people {
		until := dnd[a.ID]
		said, hours := at.said[a.ID], at.conf.hours(a, d.home(a.ID))
		switch {
		case said.Holds(at.now) && said.State == ticket.Away:
			until = maxTime(until, said.Until)
		case said.Holds(at.now):
		case !hours.Open(at.now):
			until = maxTime(until, hours.Next(at.now))
		}
		if until.After(at.now) && until.Sub(at.now) <= maxHold {
			list[a.ID] = until
		}
	}
	return list, nil
}

// readers are those who are told something, and those of them for whom it waits. A reminder whose owner will not read it
// in time is the lead's as well (practice: promise).
func (w *Jobs) readers(ctx context.Context, t ticket.Ticket, n ticket.Told) ([]ticket.Agent, map[string]time.Time, error) {
	list := w.Desk.told(t, n)
	if t.Priority == ticket.Urgent {
		return list, nil, nil
	}
	quiet, err := w.Desk.quiet(ctx, list)
	if err != nil || !n.Owner || n.Lead || n.At.IsZero() || !quiet[t.Owner].After(n.At) {
		return list, quiet, err
	}
	n.Lead = true
	list = w.Desk.told(t, n)
	quiet, err = w.Desk.quiet(ctx, list)
	return list, quiet, err
}

// hold keeps a notice for those who are not to be disturbed, and is done with the job.
func (w *Jobs) hold(ctx context.Context, j ticket.Job, n ticket.Told, quiet map[string]time.Time) error {
	var list []ticket.HeldNotice
	var jobs []ticket.Job
	for id, until := range quiet {
		list = append(list, ticket.HeldNotice{Agent: id, Key: j.Unique + ":" + id, Ticket: j.Ticket, Told: n, Since: w.Desk.Now()})
		jobs = append(jobs, ticket.HeldJob(id, until.Truncate(time.Microsecond)))
	}
	if len(list) == 0 {
		return w.store().Finish(ctx, j)
	}
	return w.store().HoldNotices(ctx, list, j, jobs...)
}

// held tells somebody what waited for them: one notice as it is, several in one message. Whoever is still not to be
// disturbed is left alone for as long again.
func (w *Jobs) held(ctx context.Context, j ticket.Job) error {
	id, err := j.Staff()
	if err != nil {
		return err
	}
	list, err := w.store().HeldNotices(ctx, id)
	if err != nil {
		return err
	}
	to, keys := w.Desk.agent(id), []string{}
	for _, n := range list {
		keys = append(keys, n.Key)
	}
	if w.Bot == nil || len(list) == 0 || len(to.Roles) == 0 {
		return w.store().ForgetNotices(ctx, id, keys, j)
	}
	quiet, err := w.Desk.quiet(ctx, []ticket.Agent{to})
	if err != nil {
		return err
	}
	if until, still := quiet[id]; still {
		return w.store().ForgetNotices(ctx, id, nil, j, ticket.HeldJob(id, until.Truncate(time.Microsecond)))
	}
	n, err := w.waited(ctx, to, list)
	if err != nil {
		return err
	}
	if n != nil {
		if err := w.sendDigest(ctx, *n, j.Attempts > 1); err != nil {
			return err
		}
	}
	var more []ticket.Job
	if len(list) == ticket.MaxHeld {
		more = append(more, ticket.HeldJob(id, time.Time{}))
	}
	return w.store().ForgetNotices(ctx, id, keys, j, more...)
}

// waited is what somebody is told of what waited; nil when nothing of it is true any more.
func (w *Jobs) waited(ctx context.Context, to ticket.Agent, list []ticket.HeldNotice) (*bots.Notice, error) {
	var left []ticket.HeldNotice
	tickets := map[ticket.ID]ticket.Ticket{}
	sum := sha256.New()
	for _, n := range list {
		t, err := w.store().Ticket(ctx, n.Ticket)
		if err != nil {
			return nil, err
		}
		if n.Told.Handover && t.Owner != to.ID || n.Told.Owner && !n.Told.At.IsZero() && t.State.Done() {
			continue // it has gone on, or is done
		}
		tickets[t.ID] = t
		left = append(left, n)
		sum.Write([]byte(n.Key + "\n"))
	}
	if len(left) == 0 {
		return nil, nil
	}
	// The same at every try, as long as it is about the same.
	out := &bots.Notice{To: to, Key: "held:" + to.ID + ":" + hex.EncodeToString(sum.Sum(nil)[:12])}
	if len(left) == 1 {
		c, _, err := w.Desk.view(ctx, left[0].Ticket)
		n := left[0].Told
		out.Card, out.Text, out.At, out.Do, out.Number, out.Handover = c, n.Text, n.At, n.Do, n.Number, n.Handover
		return out, err
	}
	var ids []ticket.ID
	for _, n := range left {
		ids = append(ids, n.Ticket)
	}
	slices.Sort(ids)
	places, err := w.store().Places(ctx, cardScope, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out.Text = heldWord(to.Language, len(left))
	out.Digest = &bots.Digest{Kind: ticket.DigestHeld}
	for part := range slices.Chunk(left, heldRows) {
		s := bots.DigestSection{}
		for _, n := range part {
			t := tickets[n.Ticket]
			s.Rows = append(s.Rows, bots.DigestRow{Ticket: t.ID, Rev: t.Rev, Subject: t.Subject, Place: places[t.ID], Text: n.Told.Text, At: n.Told.At})
		}
		out.Digest.Sections = append(out.Digest.Sections, s)
	}
	return out, nil
}

// heldRows is how many lines stand in one block of what waited.
const heldRows = 5

func heldWord(language string, n int) string {
	text := map[string]string{"de": "Während Sie nicht gestört werden wollten (%d):", "fr": "Pendant que vous ne vouliez pas être dérangé (%d) :"}[language]
	if text == "" {
		text = "While you were not to be disturbed (%d):"
	}
	return fmt.Sprintf(text, n)
}
