package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/bots"
	"tierline/channels"
	"tierline/customer"
	"tierline/kb"
	"tierline/store"
	"tierline/ticket"
)

// recorder is a desk and a sender that remembers, and fails when it is told to.
type recorder struct {
	mu    sync.Mutex
	log   []string
	fail  map[string]error // by call: the next one fails so
	again []string         // calls that were told of an earlier try
	woken chan struct{}
	notes []bots.Notice // that people were told

	announced []bots.Announcement
}

func (r *recorder) did(again bool, format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	what := fmt.Sprintf(format, args...)
	call, _, _ := strings.Cut(what, " ")
	if again {
		r.again = append(r.again, what)
	}
	if err := r.fail[call]; err != nil {
		delete(r.fail, call)
		r.log = append(r.log, call+" failed")
		return err
	}
	r.log = append(r.log, what)
	select {
	case r.woken <- struct{}{}:
	default:
	}
	return nil
}

func (r *recorder) Name() string               { return "recorder" }
func (r *recorder) Run(context.Context) error  { return nil }
func (r *recorder) Ready() error               { return nil }
func (r *recorder) Away(context.Context) error { return nil }
func (r *recorder) Show(_ context.Context, c bots.Card, _ []string, again bool) (string, error) {
	place := c.Tier.Place + "/" + c.Ticket.ID.String()
	return place, r.did(again, "show %s %s %s", c.Ticket.ID, c.Ticket.State, c.Tier.Name)
}
func (r *recorder) Post(_ context.Context, _ bots.Card, place string, m ticket.Message, again bool) (string, error) {
	return fmt.Sprintf("%s/%d", place, m.Seq), r.did(again, "post %d %s %s", m.Seq, m.Kind, m.Delivery)
}
func (r *recorder) Tell(_ context.Context, n bots.Notice, again bool) error {
	r.mu.Lock()
	r.notes = append(r.notes, n)
	r.mu.Unlock()
	return r.did(again, "tell %s %s", n.To.ID, n.Text)
}
func (r *recorder) Page(_ context.Context, n bots.PageNotice, ref string, again bool) (string, error) {
	return "dm/" + n.To.ID, r.paged(n, ref, again)
}
func (r *recorder) paged(n bots.PageNotice, ref string, again bool) error {
	if n.Still != nil {
		if err := n.Still(context.Background()); err != nil {
			return err
		}
	}
	return r.did(again, "page %s %s ref=%q", n.To.ID, n.Page.State, ref)
}
func (r *recorder) ShowIncident(_ context.Context, c bots.IncidentCard, _ []string, again bool) (string, error) {
	return c.Place + "/" + c.Incident.ID.String(), r.did(again, "incident %s %s linked=%d told=%d done=%d", c.Incident.ID, c.Incident.State, c.Tally.Linked, c.Tally.Told, c.Tally.Done)
}
func (r *recorder) Announce(_ context.Context, a bots.Announcement, ref string, again bool) (string, error) {
	r.mu.Lock()
	r.announced = append(r.announced, a)
	r.mu.Unlock()
	return a.Place + "/" + a.Key, r.did(again, "announce %s %s ref=%q", a.Place, a.Text, ref)
}
func (r *recorder) Send(_ context.Context, out ticket.Outbound) (string, error) {
	return fmt.Sprintf("<%d.%d@x>", out.Ticket.ID, out.Message.Seq), r.did(out.Again, "send %d to %s", out.Message.Seq, out.To[0].Value)
}

func (r *recorder) has(want string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.log, func(s string) bool { return strings.HasPrefix(s, want) })
}

// noKB finds one article, unless it is dead.
type noKB struct{ err error }

func (k *noKB) Suggest(context.Context, kb.Question) (kb.Answer, error) {
	return kb.Answer{Fits: true, Hits: []kb.Hit{{ID: "leak", Title: "It leaks", Score: 0.9}}}, k.err
}

type world struct {
	t     *testing.T
	store *store.Store
	rec   *recorder
	desk  *Desk
	mu    sync.Mutex
	now   time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T, suggest kb.Suggester) (*world, *Jobs) {
	t.Helper()
	return worldOf(t, suggest, desk5())
}

func worldOf(t *testing.T, suggest kb.Suggester, conf Config) (*world, *Jobs) {
	t.Helper()
	live, err := NewLive(conf)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		rec: &recorder{fail: map[string]error{}, woken: make(chan struct{}, 1)}}
	s, err := store.Open(t.Context(), store.Config{Data: t.TempDir(), ThrowAway: true, Now: w.clock, Policy: live, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.store = s
	w.desk = &Desk{Store: s, KB: s, Suggest: suggest, Live: live, Now: w.clock}
	return w, &Jobs{Desk: w.desk, Bot: w.rec, Senders: map[string]channels.Sender{channels.Email: w.rec},
		Log: slog.New(slog.DiscardHandler)}
}

// configure puts a changed configuration in force.
func (w *world) configure(change func(*Config)) {
	w.t.Helper()
	conf := *w.desk.Config()
	change(&conf)
	if err := w.desk.Live.Replace(conf); err != nil {
		w.t.Fatal(err)
	}
}

// work does all that is due, in the way of the dispatcher, and returns when nothing is left.
func (w *world) work(j *Jobs) {
	w.t.Helper()
	d := j.Dispatcher(nil)
	for range 100 {
		jobs, err := w.store.Claim(w.t.Context(), nil, 10, lease)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(jobs) == 0 {
			return
		}
		for _, job := range jobs {
			d.do(w.t.Context(), job)
		}
	}
	w.t.Fatal("there is always more to do")
}

func (w *world) accept(external string) ticket.ID {
	w.t.Helper()
	acc, err := w.store.Accept(w.t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: external,
		From: customer.Identity{Kind: customer.Email, Value: "joe@example.org", Name: "Joe"}, Subject: "It leaks", Text: "Help"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return acc[0].Ticket
}

func (w *world) act(by string, a ticket.Action) ticket.Ticket {
	w.t.Helper()
	t, err := w.desk.Act(w.t.Context(), w.desk.agent(by), a)
	if err != nil {
		w.t.Fatalf("%s by %s: %v", a.Kind, by, err)
	}
	return t
}

func TestFromMailToCardToAnswer(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	w.work(jobs)
	tk, err := w.store.Ticket(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if tk.Tier != "l1" || len(tk.Suggestions) != 1 || !tk.Fits || len(tk.Reasons) == 0 {
		t.Errorf("routed: %+v", tk)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Try this"})
	w.work(jobs)
	m, err := w.store.Message(t.Context(), id, 2)
	if err != nil || m.Delivery != ticket.Sent || m.External != fmt.Sprintf("<%d.2@x>", id) {
		t.Errorf("the answer: %+v, %v", m, err)
	}
	for _, want := range []string{"show " + id.String() + " new l1", "post 1 public", "send 2 to joe@example.org", "post 2 public sent"} {
		if !w.rec.has(want) {
			t.Errorf("%q is missing in %q", want, w.rec.log)
		}
	}
}

// An answer goes to whoever wrote last, and everybody else who takes part gets a copy: the customer
// too, when a colleague of theirs has written. Whoever asks for answers elsewhere gets them there only.
func TestAnAnswerReachesAllWhoTakePart(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	mail := func(name string) customer.Identity {
		return customer.Identity{Kind: customer.Email, Value: name + "@example.org"}
	}
	in := ticket.Inbound{Channel: channels.Email, Inbox: "support", External: "<1@x>", From: mail("joe"),
		With: []customer.Identity{mail("ann"), mail("form")}, Subject: "It leaks", Text: "Help"}
	follow := func(external, from string, replyTo ...customer.Identity) ticket.Inbound {
		return ticket.Inbound{Channel: channels.Email, Inbox: "support", External: external, From: mail(from), ReplyTo: replyTo,
			Subject: "Re: It leaks", Text: "more", Threads: []ticket.ThreadKey{{By: "references", Key: "<1@x>"}}}
	}
	for _, c := range []struct {
		in     ticket.Inbound
		to, cc string
	}{
		{in, "joe@", "ann@ form@"},
		{follow("<2@x>", "ann"), "ann@", "joe@ form@"},
		{follow("<3@x>", "form", mail("eve")), "eve@", "joe@ ann@"},
	} {
		acc, err := w.store.Accept(t.Context(), []ticket.Inbound{c.in})
		if err != nil {
			t.Fatal(err)
		}
		w.work(jobs)
		tk := w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: acc[0].Ticket, Text: "Try this"})
		m, err := w.store.Message(t.Context(), tk.ID, tk.LastSeq)
		if err != nil {
			t.Fatal(err)
		}
		out, err := jobs.Desk.outbound(t.Context(), tk, m)
		if err != nil {
			t.Fatal(err)
		}
		names := func(list []customer.Identity) string {
			var s []string
			for _, i := range list {
				s = append(s, strings.TrimSuffix(i.Value, "example.org"))
			}
			return strings.Join(s, " ")
		}
		if names(out.To) != c.to || names(out.Cc) != c.cc {
			t.Errorf("after %s: to %s, copies to %s; want %s, %s", c.in.From.Value, names(out.To), names(out.Cc), c.to, c.cc)
		}
		w.work(jobs)
	}
}

func TestDeadSearchLeavesATicketWithoutSuggestions(t *testing.T) {
	t.Parallel()
	search := &noKB{err: ticket.E("kb", ticket.Transient, errors.New("connection refused"))}
	w, jobs := newWorld(t, search)
	id := w.accept("<1@x>")
	w.work(jobs)
	tk, err := w.store.Ticket(t.Context(), id)
	if err != nil || tk.Tier != "l1" || len(tk.Suggestions) != 0 {
		t.Fatalf("%+v, %v", tk, err)
	}
	if !slices.ContainsFunc(tk.Reasons, func(r string) bool { return strings.Contains(r, "no suggestions") }) {
		t.Errorf("reasons %q do not say that the search is dead", tk.Reasons)
	}
	search.err = nil // and comes back
	w.pass(time.Minute)
	w.work(jobs)
	tk, err = w.store.Ticket(t.Context(), id)
	if err != nil || tk.Tier != "l1" || len(tk.Suggestions) != 1 {
		t.Errorf("when the search is back: %+v, %v", tk, err)
	}
	if slices.ContainsFunc(tk.Reasons, func(r string) bool { return strings.Contains(r, "no suggestions") }) {
		t.Errorf("when the search is back the reasons are %q", tk.Reasons)
	}
	search.err = ticket.E("kb", ticket.Transient, errors.New("connection refused")) // and is away when the customer writes again
	w.take(jobs, func(in *ticket.Inbound) { in.Threads = []ticket.ThreadKey{{By: "subject-tag", Ticket: id}} })
	tk, err = w.store.Ticket(t.Context(), id)
	if err != nil || tk.LastSeq != 2 || len(tk.Suggestions) != 1 {
		t.Errorf("what was found before is lost: %+v, %v", tk, err)
	}
}

func TestAFaultThatPassesIsTriedAgainAndOneThatDoesNotIsTold(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	w.work(jobs)
	w.rec.fail["send"] = ticket.E("smtp", ticket.Transient, errors.New("451 later"))
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "first"})
	w.work(jobs)
	if m, _ := w.store.Message(t.Context(), id, 2); m.Delivery != ticket.Queued {
		t.Fatalf("after a fault that may pass: %s", m.Delivery)
	}
	w.pass(time.Hour)
	w.work(jobs)
	if m, _ := w.store.Message(t.Context(), id, 2); m.Delivery != ticket.Sent {
		t.Errorf("the second try: %s", m.Delivery)
	}
	if !slices.Contains(w.rec.again, "send 2 to joe@example.org") {
		t.Errorf("the second try does not know of the first: %q", w.rec.again)
	}
	w.rec.fail["send"] = ticket.Errorf("smtp", ticket.Invalid, "550 no such mailbox")
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "second"})
	w.work(jobs)
	m, _ := w.store.Message(t.Context(), id, 3)
	tk, _ := w.store.Ticket(t.Context(), id)
	if m.Delivery != ticket.Failed || !strings.Contains(m.Problem, "no such mailbox") || tk.State != ticket.Open {
		t.Errorf("a failed answer: %+v, ticket %s", m, tk.State)
	}
	if !w.rec.has("post 4 system") {
		t.Errorf("its writer was not told: %q", w.rec.log)
	}
	w.rec.fail["send"] = &ticket.Error{Op: "smtp", Kind: ticket.Invalid, Partly: true, Public: "boss@example.org has not got it"}
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "third"})
	w.work(jobs)
	m, _ = w.store.Message(t.Context(), id, 5)
	tk, _ = w.store.Ticket(t.Context(), id)
	if m.Delivery != ticket.Sent || m.External == "" || !strings.Contains(m.Problem, "boss@example.org") || tk.State != ticket.Pending {
		t.Errorf("an answer that not everybody has got: %+v, ticket %s", m, tk.State)
	}
	if !w.rec.has("post 6 system") {
		t.Errorf("its writer was not told: %q", w.rec.log)
	}
}

func TestPageWalksTheChainAndSaysNothingAfterAnAnswer(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActPage, Ticket: id, Reason: "water everywhere"})
	w.work(jobs)
	if !w.rec.has(`page lena ringing ref=""`) || w.rec.has("page marc") {
		t.Fatalf("first of the chain: %q", w.rec.log)
	}
	w.pass(6 * time.Minute)
	w.work(jobs)
	if !w.rec.has(`page marc ringing ref=""`) || !w.rec.has(`page lena ringing ref="dm/lena"`) {
		t.Fatalf("after no answer: %q", w.rec.log)
	}
	if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ticket.Action{Kind: ticket.ActAccept, Ticket: id, Page: 1}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("somebody who was not paged accepts: %v", err)
	}
	w.act("marc", ticket.Action{Kind: ticket.ActAccept, Ticket: id, Page: 1})
	before := len(w.rec.log)
	w.pass(24 * time.Hour)
	w.work(jobs)
	for _, what := range w.rec.log[before:] {
		if strings.Contains(what, "ringing") {
			t.Errorf("rung after the answer: %q", what)
		}
	}
	card, err := w.desk.Card(t.Context(), w.desk.agent("anna"), id)
	want := []string{"Level 2 was paged by Anna (normal)", "told Lena by Slack", "Lena did not answer",
		"told Marc by Slack", "Marc accepted", "Marc accepted, and nothing was seen of them since", "Marc was reminded by Slack"}
	if err != nil || !slices.Equal(card.PageLog, want) {
		t.Errorf("what level 1 sees: %q, %v", card.PageLog, err)
	}
}

func TestAPageThatCannotBeToldGoesOn(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	w.work(jobs)
	w.rec.fail["page"] = ticket.Errorf("slack", ticket.Invalid, "users_not_found")
	w.act("anna", ticket.Action{Kind: ticket.ActPage, Ticket: id, Reason: "water"})
	w.work(jobs)
	if !w.rec.has("page marc ringing") {
		t.Errorf("%q", w.rec.log)
	}
}

func TestOutsidersAndUnfitRolesAreDenied(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	_, stranger := w.desk.AgentBy("U999", "stranger@example.org")
	_, nobody := w.desk.AgentBy("", "")
	_, act := w.desk.Act(t.Context(), ticket.Agent{ID: "x"}, ticket.Action{Kind: ticket.ActTake, Ticket: id})
	_, card := w.desk.Card(t.Context(), ticket.Agent{}, id)
	_, list := w.desk.Tickets(t.Context(), ticket.Agent{ID: "x"}, ticket.Filter{})
	_, said := w.desk.Messages(t.Context(), ticket.Agent{ID: "x"}, id, 0, 10)
	_, _, _, article := w.desk.ArticleText(t.Context(), ticket.Agent{}, "leak")
	for name, err := range map[string]error{"stranger": stranger, "nobody": nobody, "act": act, "card": card, "tickets": list,
		"messages": said, "article": article} {
		if ticket.KindOf(err) != ticket.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDispatcherDoesWhatComesAndStops(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- jobs.Dispatcher(nil).Run(ctx) }()
	id := w.accept("<1@x>")
	deadline := time.After(time.Minute)
	for !w.rec.has("post 1 public") {
		select {
		case <-w.rec.woken:
		case <-deadline:
			t.Fatalf("%s was not shown: %q", id, w.rec.log)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// greylist is a mail server that takes a message for Joe, and for Ann only when it is asked for the last time.
type greylist struct{ seen []ticket.Progress }

func (g *greylist) Send(ctx context.Context, out ticket.Outbound) (string, error) {
	g.seen = append(g.seen, out.Progress)
	p := ticket.Progress{External: "<out@x>", Got: []string{"joe@example.org"}, Waiting: []ticket.Refusal{{Address: "ann@example.org", Code: 450, Text: "Later"}}}
	if err := out.Record(ctx, p); err != nil {
		return "", err
	}
	return "", ticket.Errorf("email.Send", ticket.Transient, "Mail to ann@example.org is not taken right now.")
}

// A message that some have got is not told to have failed when it is given up for the others.
func TestGivenUpWhenSomeHaveIt(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	g := &greylist{}
	jobs.Senders = map[string]channels.Sender{channels.Email: g}
	id := w.accept("<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Try this"})
	w.work(jobs)
	w.pass(giveUpAfter + time.Hour)
	w.work(jobs)
	if len(g.seen) != 2 || !g.seen[0].IsZero() || len(g.seen[1].Got) != 1 {
		t.Fatalf("the tries were told %+v", g.seen)
	}
	m, err := w.store.Message(t.Context(), id, 2)
	if err != nil || m.Delivery != ticket.Sent || m.External != "<out@x>" || !strings.Contains(m.Problem, "ann@example.org: 450 Later") {
		t.Errorf("the answer: %+v, %v", m, err)
	}
}
