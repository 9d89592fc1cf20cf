package router

import (
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// out is the newest message to the customer.
func (w *world) out(id ticket.ID) (last ticket.Message) {
	w.t.Helper()
	msgs, err := w.store.Messages(w.t.Context(), id, 0, 200)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range msgs {
		if m.Kind == ticket.Public && m.Direction == ticket.Out {
			last = m
		}
	}
	return last
}

func TestAComplaintIsAnsweredByTheLeadWhileTheCaseGoesOn(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) { c.Complaints = Complaints{Answer: 6 * time.Hour} })
	id := w.take(jobs, func(in *ticket.Inbound) { in.Language = "de" }).Ticket
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	tk := w.act("anna", ticket.Action{Kind: ticket.ActComplain, Ticket: id, Policy: "returns", Reason: "14 days are too few", Text: "ignored: ours is sent"})
	w.work(jobs)
	if tk.State != ticket.Open || tk.Owner != "anna" || len(tk.Complaints) != 1 || !tk.LastAgent.IsZero() {
		t.Errorf("the case goes on: %+v", tk)
	}
	if m := w.out(id); !strings.Contains(m.Text, "Teamleitung, die Ihnen bis heute um 15:00 Uhr antwortet") || m.Author.ID != "anna" {
		t.Errorf("the customer is told: %+v", m)
	}
	if !w.rec.has("tell boss A complaint about returns: 14 days are too few") {
		t.Errorf("the lead: %q", w.rec.log)
	}
	w.wait(jobs, 5*time.Hour)
	if !w.rec.has("tell boss Promised, and due soon: Answer to a complaint") || w.rec.has("tell anna Promised, and due soon") {
		t.Errorf("who is reminded: %q", w.rec.log)
	}
	if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ticket.Action{Kind: ticket.ActAmends, Ticket: id, Number: 1, Text: "No."}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("an agent answers for the lead: %v", err)
	}
	tk = w.act("boss", ticket.Action{Kind: ticket.ActAmends, Ticket: id, Number: 1, Text: "We make it 30."})
	if tk.State != ticket.Open || tk.Owner != "anna" || tk.Promises[0].State != ticket.PromiseKept || len(tk.OpenComplaints()) != 0 {
		t.Errorf("answered: %+v", tk)
	}
	if _, err := w.desk.Act(t.Context(), w.desk.agent("boss"), ticket.Action{Kind: ticket.ActAmends, Ticket: id, Number: 1, Text: "Twice."}); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("twice: %v", err)
	}
}

func TestAnUnclearNoteGoesToItsWriterAndThenToTheLead(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	note := w.act("anna", ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: "It is the usual thing, I think."}).LastSeq
	ask := ticket.Action{Kind: ticket.ActAsk, Ticket: id, Seq: note, Text: "Which usual thing?"}
	if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ask); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("one asks oneself: %v", err)
	}
	other := ask
	other.Seq = 1
	if _, err := w.desk.Act(t.Context(), w.desk.agent("lena"), other); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("the customer's message is no note: %v", err)
	}
	w.act("lena", ask)
	w.work(jobs)
	if !w.rec.has("tell anna Lena asks about your note #") {
		t.Errorf("its writer: %q", w.rec.log)
	}
	w.wait(jobs, 50*time.Minute)
	if w.rec.has("tell boss") {
		t.Fatalf("the lead is asked too early: %q", w.rec.log)
	}
	w.wait(jobs, 20*time.Minute)
	if !w.rec.has("tell boss No answer to a question about note #") {
		t.Errorf("the lead: %q", w.rec.log)
	}
	tk := w.act("anna", ticket.Action{Kind: ticket.ActAnswer, Ticket: id, Number: 1, Text: "The outer seal of the pump."})
	w.work(jobs)
	m, _ := w.store.Message(t.Context(), id, tk.LastSeq)
	if m.Kind != ticket.Note || !strings.Contains(m.Text, "outer seal") || tk.Questions[0].Answer == "" || count(w.rec.log, "tell lena") != 1 {
		t.Errorf("the answer: %+v; %q", m, w.rec.log)
	}
	asked := w.act("lena", ticket.Action{Kind: ticket.ActAsk, Ticket: id, Seq: note, Text: "And the inner one?"})
	if q := asked.Questions[1]; q.To != "anna" || q.Lead {
		t.Errorf("%+v", q)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActAnswer, Ticket: id, Number: 2, Text: "That one is fine, too."})
	n := count(w.rec.log, "tell boss")
	w.wait(jobs, 2*time.Hour)
	if count(w.rec.log, "tell boss") != n {
		t.Errorf("the lead is asked what was answered: %q", w.rec.log)
	}
	w.pass(time.Second)
	r, err := CareReport(t.Context(), w.store, w.clock().Add(-24*time.Hour), w.clock())
	if err != nil {
		t.Fatal(err)
	}
	if f := r.figure("notes", "l1"); f.Values[0].N != 2 || f.Values[1].N != 1 || f.Values[2].N != 2 {
		t.Errorf("counted: %+v", f)
	}
}

func TestTheAbuseLadderIsClimbedByPeople(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) { c.Abuse = Abuse{Decay: 48 * time.Hour, Block: 3 * time.Hour} })
	id := w.take(jobs, func(in *ticket.Inbound) { in.Language, in.Text = "fr", "Bande d’abrutis !" }).Ticket
	step := func(by string, r customer.Rung) error {
		_, err := w.desk.Act(t.Context(), w.desk.agent(by), ticket.Action{Kind: ticket.ActAbuse, Ticket: id, Rung: r, Reason: "insults"})
		return err
	}
	if err := step("boss", customer.RungBlock); ticket.KindOf(err) != ticket.Conflict {
		t.Errorf("a block without a warning: %v", err)
	}
	if err := step("anna", customer.RungWarn); err != nil {
		t.Fatal(err)
	}
	if m := w.out(id); !strings.Contains(m.Text, "sans insultes") || m.Auto {
		t.Errorf("the warning: %+v", m)
	}
	if err := step("anna", customer.RungLead); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	if !w.rec.has("tell boss Abuse goes on") {
		t.Errorf("the lead: %q", w.rec.log)
	}
	if err := step("anna", customer.RungBlock); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("an agent blocks: %v", err)
	}
	if err := step("boss", customer.RungBlock); err != nil {
		t.Fatal(err)
	}
	if got := w.take(jobs, nil); !got.Suppressed {
		t.Errorf("let in: %+v", got)
	}
	card, err := w.desk.Card(t.Context(), w.desk.agent("anna"), id)
	if err != nil || card.Ladder.Rung != customer.RungBlock || !card.Ladder.Last.Until.Equal(w.clock().Add(3*time.Hour)) {
		t.Errorf("the card: %+v %v", card.Ladder, err)
	}
	w.wait(jobs, 3*time.Hour)
	if got := w.take(jobs, nil); got.Suppressed {
		t.Error("the block does not end by itself")
	}
	w.pass(49 * time.Hour)
	if card, err = w.desk.Card(t.Context(), w.desk.agent("anna"), id); err != nil || card.Ladder.Rung != customer.RungNone || card.Ladder.Next != customer.RungWarn {
		t.Errorf("it does not decay: %+v %v", card.Ladder, err)
	}
}

func TestAPromiseThatMovesIsTold(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.clock().Add(2 * time.Hour), Tell: true}})
	if m := w.out(id); m.Text != "We will call you by today at 11:00 UTC." {
		t.Errorf("told: %q", m.Text)
	}
	w.pass(time.Hour)
	w.act("anna", ticket.Action{Kind: ticket.ActRepromise, Ticket: id, Promise: &ticket.Promise{Number: 1, Due: w.clock().Add(5 * time.Hour)}})
	if m := w.out(id); !strings.Contains(m.Text, "by today at 11:00 UTC") || !strings.Contains(m.Text, "by today at 15:00 UTC instead") {
		t.Errorf("moved: %q", m.Text)
	}
	w.wait(jobs, 3*time.Hour)
	if w.rec.has("tell anna A promise was broken") || w.rec.has("tell anna Promised, and due soon") {
		t.Errorf("by its old time: %q", w.rec.log)
	}
	w.wait(jobs, 90*time.Minute)
	if count(w.rec.log, "tell anna Promised, and due soon") != 1 {
		t.Errorf("the reminder: %q", w.rec.log)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActKeep, Ticket: id, Promise: &ticket.Promise{Number: 1}})
	w.wait(jobs, 2*time.Hour)
	late := w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.clock().Add(time.Hour)}})
	w.wait(jobs, 2*time.Hour)
	w.act("anna", ticket.Action{Kind: ticket.ActKeep, Ticket: id, Promise: &ticket.Promise{Number: 2}})
	w.pass(time.Second)
	r, err := CareReport(t.Context(), w.store, late.Opened, w.clock())
	if err != nil {
		t.Fatal(err)
	}
	f := r.figure("promises", "l1")
	if f.value("promised").N != 2 || f.value("kept").N != 1 || f.value("broken").N != 1 || f.value("kept late").N != 1 || f.value("moved").N != 1 ||
		len(f.value("broken").Tickets) != 1 || f.value("broken").Tickets[0] != id {
		t.Errorf("%+v", f)
	}
}

// An answer that makes a promise makes none when it is taken back.
func TestAWithdrawnAnswerPromisesNothing(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) { c.Answers = DefaultAnswers() })
	id := w.take(jobs, nil).Ticket
	due := w.clock().Add(3 * time.Hour)
	tk := w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Done by noon", Promise: &ticket.Promise{Kind: ticket.PromiseFix, Due: due}})
	if len(tk.OpenPromises()) != 1 {
		t.Fatalf("%+v", tk.Promises)
	}
	tk = w.act("anna", ticket.Action{Kind: ticket.ActWithdraw, Ticket: id, Seq: tk.LastSeq})
	if len(tk.OpenPromises()) != 0 || tk.Promises[0].State != ticket.PromiseWithdrawn {
		t.Errorf("%+v", tk.Promises)
	}
}

func TestATimeIsBackedByAPromise(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	by := w.desk.agent("anna")
	for text, want := range map[string]int{"Thank you.": 0, "We will call you by 14:00.": 1} {
		if got, err := w.desk.Unbacked(t.Context(), by, id, text); err != nil || len(got) != want {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.clock().Add(4 * time.Hour)}})
	for text, want := range map[string]int{"We will call you by 14:00.": 0, "We will call you tomorrow.": 1, "We will call you by 12:00.": 1} {
		if got, err := w.desk.Unbacked(t.Context(), by, id, text); err != nil || len(got) != want {
			t.Errorf("with a promise, %q: %+v %v", text, got, err)
		}
	}
}

func TestAnAnswerBeginsAndEndsByTheDay(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, func(in *ticket.Inbound) { in.Language, in.Text = "de", "Das ist eine Frechheit, ich bin stinksauer!" }).Ticket
	card := func() string {
		c, err := w.desk.Card(t.Context(), w.desk.agent("anna"), id)
		if err != nil {
			t.Fatal(err)
		}
		return c.Draft
	}
	if d := card(); !strings.HasPrefix(d, "Guten Morgen Joe,\n\nIch verstehe gut") || !strings.HasSuffix(d, "Können wir sonst noch etwas für Sie tun? Ihr Fall bleibt offen, bis Sie geantwortet haben.") {
		t.Errorf("%q", d)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.clock().Add(30 * time.Hour)}})
	w.pass(10 * time.Hour)
	if d := card(); !strings.HasPrefix(d, "Guten Abend Joe,") || !strings.Contains(d, "Wir haben zugesagt, Sie bis morgen um 15:00 Uhr anzurufen.") || strings.Contains(d, "bleibt offen") {
		t.Errorf("%q", d)
	}
	if got, err := w.desk.Unbacked(t.Context(), w.desk.agent("anna"), id, card()); err != nil || len(got) != 0 {
		t.Errorf("what it says of itself is backed: %+v %v", got, err)
	}
}

func (r Report) figure(section, row string) Figure {
	for _, s := range r.Sections {
		for _, f := range s.Rows {
			if s.Name == section && f.Name == row {
				return f
			}
		}
	}
	return Figure{Values: make([]Count, 10)}
}

func (f Figure) value(column string) Count {
	for _, v := range f.Values {
		if v.Column == column {
			return v
		}
	}
	return Count{N: -1}
}
