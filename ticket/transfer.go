package ticket

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// Transfer is what a merge, a split or a move is decided on, and what takes one of them back. A message
// is in each ticket at most once: when it comes back to one where it was, it is that message again.
type Transfer struct {
	From, To *Ticket // where the messages are, and where they go on; of the ticket that a split opens the ID alone is given
	// Said and There are all messages of From and To. Their texts do not matter.
	Said, There []Message
	OnePerson   bool              // their customers are the same person
	Author      customer.Customer // of a split: who wrote the first message of a customer in it
	Event       Event             // of an undo: what is taken back
}

// maxPosts is how many messages the desk is shown again at most; the older ones are in the console.
const maxPosts = 100

// transfer is one being worked out on copies.
type transfer struct {
	Transfer
	a        Action
	src, dst *change
	posts    []Job
}

// Moves says whether an action takes messages from one ticket to another: then it is applied by
// [Transfer.Apply].
func (k ActionKind) Moves() bool {
	return k == ActMerge || k == ActSplit || k == ActMove || k == ActUndo
}

// Apply decides what becomes of both tickets. On an error they are unchanged. It is pure, like
// [Ticket.Apply].
func (x Transfer) Apply(a Action, now time.Time) (Effects, error) {
	w := transfer{Transfer: x, a: a,
		src: &change{t: x.From.clone(), a: a, now: now}, dst: &change{t: x.To.clone(), a: a, now: now}}
	if err := w.current(); err != nil {
		return Effects{}, err
	}
	var err error
	switch a.Kind {
	case ActMerge:
		err = w.merge()
	case ActSplit:
		err = w.split()
	case ActMove:
		err = w.move()
	case ActUndo:
		err = w.undo()
	default:
		err = invalid("unknown action %.40q", string(a.Kind))
	}
	if err != nil {
		return Effects{}, err
	}
	fx := w.effects()
	w.src.t.since(x.From, now)
	w.dst.t.since(x.To, now)
	if a.Kind == ActUndo { // what was never solved is not open again
		w.src.t.Reopened, w.dst.t.Reopened = x.From.Reopened, x.To.Reopened
	}
	*x.From, *x.To = w.src.t, w.dst.t
	return fx, nil
}

// current fails when the ticket that was acted on is not what was seen.
func (w *transfer) current() error {
	t := w.From
	if w.To.ID == w.a.Ticket {
		t = w.To
	}
	if w.a.Rev != 0 && w.a.Rev != t.Rev {
		return Errorf("ticket.Apply", Conflict, "%s has changed since you last saw it. Look again, then try again.", t.ID)
	}
	return nil
}

// effects are those of both tickets, which have an event with the same data.
func (w *transfer) effects() Effects {
	fx := Effects{Moves: append(w.src.fx.Moves, w.dst.fx.Moves...), Supplies: append(w.src.fx.Supplies, w.dst.fx.Supplies...), Drafts: w.src.fx.Drafts}
	for _, c := range []*change{w.src, w.dst} {
		c.data = maps.Clone(w.src.data)
		c.t.Rev++
		c.t.Updated = c.now
		fx.Messages = append(fx.Messages, c.fx.Messages...)
		fx.Events = append(append(fx.Events, c.event()), c.fx.Events...)
		if c.t.Tier != "" { // else the route job shows it
			fx.Jobs = append(fx.Jobs, c.t.job(JobShow, "desk", PriorityDesk))
		}
		fx.Jobs = append(fx.Jobs, c.fx.Jobs...)
	}
	fx.Jobs = append(fx.Jobs, w.posts[max(0, len(w.posts)-2*maxPosts):]...)
	return fx
}

func (w *transfer) merge() error {
	if err := w.allowed(); err != nil {
		return err
	}
	var list []Message
	for _, m := range w.Said {
		if m.Kind == System || !m.MovedTo.IsZero() || m.Delivery == Withdrawn {
			continue
		}
		if m.Delivery == Queued && m.Auto {
			continue // it goes out from here
		}
		if m.Delivery == Queued {
			return notSent(m)
		}
		list = append(list, m)
	}
	s, by := &w.src.t, w.by()
	w.src.say("state", string(s.State))
	w.src.tell("Merged into " + w.dst.t.ID.String() + by + ".")
	w.dst.tell(fmt.Sprintf("%s was merged into this ticket%s: %s.", s.ID, by, count(len(list))))
	if err := w.carry(list); err != nil {
		return err
	}
	w.join(s.Participants)
	w.unite()
	if err := w.inherit(); err != nil {
		return err
	}
	w.rouse(s.State)
	w.src.cancelPages()
	s.endLater("the case goes on in "+w.dst.t.ID.String()+".", &w.src.fx, w.src.now)
	s.State, s.MergedInto = Closed, w.dst.t.ID
	if s.Incident != 0 && w.dst.t.Incident == 0 { // what it is part of goes on with it
		w.dst.fx.Jobs = append(w.dst.fx.Jobs, incidentJob(w.dst.t.ID, IncidentWork{Incident: s.Incident, Do: ActMerge}, time.Time{}))
	}
	w.src.say("into_rev", strconv.FormatInt(w.dst.t.Rev+1, 10))
	return nil
}

func (w *transfer) move() error {
	if err := w.allowed(); err != nil {
		return err
	}
	list, rest, err := w.chosen()
	if err != nil {
		return err
	}
	if !rest {
		return invalid("That is all of %s. Merge it into %s instead.", w.From.ID, w.To.ID)
	}
	by := w.by()
	w.src.tell(fmt.Sprintf("%s moved to %s%s.", names(list), w.dst.t.ID, by))
	w.dst.tell(fmt.Sprintf("%s of %s moved here%s.", names(list), w.src.t.ID, by))
	if err := w.carry(list); err != nil {
		return err
	}
	w.join(writers(list))
	if slices.ContainsFunc(list, customers) && (w.src.t.State == New || w.src.t.State == Open) {
		w.rouse(Open)
	}
	return nil
}

func (w *transfer) split() error {
	if err := w.resting(w.From); err != nil {
		return err
	}
	list, rest, err := w.chosen()
	if err != nil {
		return err
	}
	first := slices.IndexFunc(list, func(m Message) bool { return m.Direction == In })
	switch {
	case first < 0:
		return invalid("A ticket begins with what a customer wrote: choose such a message, too.")
	case !rest:
		return invalid("That is all of %s: nothing would be left in it.", w.From.ID)
	}
	s, c := &w.src.t, w.Author
	w.dst.t = Ticket{ID: w.To.ID, Brand: s.Brand, Channel: s.Channel, Inbox: s.Inbox, State: New, Priority: Normal,
		Subject:  cut(firstOf(strings.TrimSpace(w.a.Subject), strings.TrimSpace(list[first].Subject), s.Subject), MaxSubject),
		Language: firstOf(c.Language, s.Language), Customer: c.ID, Organization: c.Organization,
		SplitFrom: s.ID, Opened: w.dst.now, Updated: w.dst.now, Acknowledged: w.dst.now}
	by := w.by()
	w.src.tell(fmt.Sprintf("%s split off into %s%s.", names(list), w.dst.t.ID, by))
	w.dst.tell(fmt.Sprintf("Split off from %s%s.", s.ID, by))
	if err := w.carry(list); err != nil {
		return err
	}
	w.join(writers(list))
	w.dst.fx.Jobs = slices.DeleteFunc(w.dst.fx.Jobs, func(j Job) bool { return j.Kind == JobPost })
	w.dst.fx.Jobs = append(w.dst.fx.Jobs, w.dst.t.job(JobRoute, "route", PriorityCustomer)) // it shows all of it
	w.posts = slices.DeleteFunc(w.posts, func(j Job) bool { return j.Ticket == w.dst.t.ID })
	return nil
}

// allowed says whether messages may go from one ticket to the other.
func (w *transfer) allowed() error {
	f, t := w.From, w.To
	switch {
	case f.ID == t.ID:
		return invalid("%s is the same ticket.", t.ID)
	case f.MergedInto == t.ID:
		return Errorf("ticket.Apply", Conflict, "%s was merged into %s already.", f.ID, t.ID)
	case t.MergedInto != 0:
		return invalid("%s goes on in %s: name that one.", t.ID, t.MergedInto)
	}
	for _, one := range []*Ticket{f, t} {
		if err := w.resting(one); err != nil {
			return err
		}
	}
	// Answers go to everybody who takes part; in a chat each sees what stands there already.
	colleagues := f.Organization != 0 && f.Organization == t.Organization && f.Channel != "chat" && t.Channel != "chat"
	if f.Customer != t.Customer && !w.OnePerson && !colleagues {
		return invalid("%s and %s are of different customers, and an answer would reach both."+
			" If they are one person, merge the customers first.", f.ID, t.ID)
	}
	return nil
}

func (w *transfer) resting(t *Ticket) error {
	if t.State != Closed {
		return nil
	}
	return t.resting(w.a.Kind)
}

// chosen are the messages that the action names, and whether any others stay behind.
func (w *transfer) chosen() (list []Message, rest bool, err error) {
	want := map[int]bool{}
	for _, seq := range w.a.Seqs {
		want[seq] = true
	}
	for _, m := range w.Said {
		named := want[m.Seq]
		delete(want, m.Seq)
		switch {
		case !named:
			rest = rest || w.counts(m)
		case m.Kind == System:
			return nil, false, invalid("%s is a line of the gateway, and no message.", m)
		case !m.MovedTo.IsZero():
			return nil, false, Errorf("ticket.Apply", Conflict, "%s is %s now.", m, m.MovedTo)
		case m.Delivery == Queued:
			return nil, false, notSent(m)
		case m.Delivery == Withdrawn:
			return nil, false, invalid("%s was withdrawn: nobody has got it.", m)
		default:
			list = append(list, m)
		}
	}
	for seq := range want {
		return nil, false, Errorf("ticket.Apply", NotFound, "%s has no message %d.", w.From.ID, seq)
	}
	if len(list) == 0 {
		return nil, false, invalid("Choose the messages.")
	}
	return list, rest, nil
}

// counts says that a message is one, and is still here.
func (w *transfer) counts(m Message) bool {
	return m.Kind != System && m.MovedTo.IsZero() && m.Delivery != Withdrawn
}

// carry takes messages over.
func (w *transfer) carry(list []Message) error {
	there := map[MessageID]int{}
	for _, m := range w.There {
		there[m.Root()] = m.Seq
	}
	var pairs []string
	for _, m := range list {
		seq, back := there[m.Root()]
		if !back {
			if w.dst.t.LastSeq >= MaxMessages {
				return invalid("%s has %d messages, and cannot take %d more: at most %d.", w.dst.t.ID, w.To.LastSeq, len(list), MaxMessages)
			}
			w.dst.t.LastSeq++
			seq = w.dst.t.LastSeq
		}
		to := MessageID{w.dst.t.ID, seq}
		w.src.fx.Moves = append(w.src.fx.Moves, Move{From: MessageID{m.Ticket, m.Seq}, To: to, Root: m.Root(), Scope: m.Channel, Back: back})
		pairs = append(pairs, fmt.Sprintf("%d>%d", m.Seq, seq))
		if err := w.passQuestions(m.Seq, seq); err != nil {
			return err
		}
		if m.DeskRef != "" {
			w.posts = append(w.posts, w.src.t.post(m.Seq, PriorityDesk))
		}
		if w.dst.t.Tier != "" {
			w.posts = append(w.posts, w.dst.t.post(seq, PriorityDesk))
		}
		switch t := &w.dst.t; {
		case customers(m):
			t.LastCustomer = newer(t.LastCustomer, m.At)
		case m.Direction == Out:
			t.LastAgent = newer(t.LastAgent, m.At)
		}
	}
	w.src.say("from", w.src.t.ID.String())
	w.src.say("into", w.dst.t.ID.String())
	w.src.say("moved", strings.Join(pairs, " "))
	return nil
}

// join makes people take part in the ticket to which the messages go.
func (w *transfer) join(list []customer.Identity) {
	var added []string
	for _, p := range w.dst.t.invite(list) {
		added = append(added, p.Key())
	}
	w.src.say("joined", strings.Join(added, "\n"))
}

// unite gives the other ticket what is known of this one.
func (w *transfer) unite() {
	s, t := &w.src.t, &w.dst.t
	add := func(what string, list, more []string) []string {
		n := len(list)
		list = addUnique(list, more...)
		list = list[:max(n, min(len(list), MaxTags))]
		w.src.say(what, strings.Join(list[n:], "\n"))
		return list
	}
	t.Units, t.Tags = add("units", t.Units, s.Units), add("tags", t.Tags, s.Tags)
	t.Found = addFound(t.Found, s.Found...)
	t.Language = firstOf(t.Language, s.Language)
}

// rouse makes the other ticket as urgent as what has come into it: what was to be done, still is.
func (w *transfer) rouse(was State) {
	rank := map[State]int{Solved: 1, Pending: 2, OnHold: 3, Open: 4, New: 4}
	t := &w.dst.t
	if rank[was] <= rank[t.State] {
		return
	}
	w.src.say("into_state", string(t.State))
	if t.State == Solved {
		w.src.say("into_solved_at", t.SolvedAt.Format(time.RFC3339Nano))
		w.src.say("into_close_at", t.CloseAt.Format(time.RFC3339Nano))
	}
	w.dst.fx.Events = append(w.dst.fx.Events, Event{Ticket: t.ID, Kind: "reopened", By: w.a.By, At: w.dst.now,
		Data: map[string]string{"from": string(t.State)}})
	if t.State, t.HoldReason = was, w.src.t.HoldReason; was == New {
		t.State = Open
	}
	t.SolvedAt, t.CloseAt = time.Time{}, time.Time{}
}

func notSent(m Message) error {
	return invalid("%s is still on its way to the customer. Wait until it has gone out, or withdraw it.", m)
}

// by names who acts.
func (w *transfer) by() string {
	if name := cmp.Or(w.a.By.Name, w.a.By.ID); name != "" {
		return " by " + name
	}
	return ""
}

// customers says that a person of the customer's side wrote it.
func customers(m Message) bool { return m.Direction == In && !m.Auto }

// writers are who wrote messages from outside, and those whom they had in copy.
func writers(list []Message) (people []customer.Identity) {
	for _, m := range list {
		if m.Direction == In {
			people = append(append(people, m.From), m.With...)
		}
	}
	return people
}

func count(n int) string {
	if n == 1 {
		return "1 message"
	}
	return strconv.Itoa(n) + " messages"
}

// names lists messages, with the verb that follows.
func names(list []Message) string {
	var b strings.Builder
	for i, m := range list {
		if i == 5 && len(list) > 6 {
			fmt.Fprintf(&b, " and %d more", len(list)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "#%d", m.Seq)
	}
	if len(list) == 1 {
		return b.String() + " was"
	}
	return b.String() + " were"
}

func newer(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
