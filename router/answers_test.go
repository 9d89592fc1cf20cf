package router

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// answering is a world whose customers are told that their tickets have come in.
func answering(t *testing.T) (*world, *Jobs) {
	t.Helper()
	w, jobs := newWorld(t, &noKB{})
	w.configure(func(c *Config) {
		c.Answers = DefaultAnswers()
		c.Brands = []ticket.Brand{{Name: "brew", Title: "Brühwerk", Languages: []string{"de", "en", "fr"},
			Hours: ticket.Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-17:00", "tue": "09:00-17:00"}}}}
	})
	return w, jobs
}

var mailNumber = func() func() string {
	n := make(chan int, 1)
	n <- 0
	return func() string { i := <-n + 1; n <- i; return fmt.Sprintf("<mail-%d@x>", i) }
}()

// take takes a contact in, and does all that follows at once.
func (w *world) take(jobs *Jobs, change func(*ticket.Inbound)) ticket.Accepted {
	w.t.Helper()
	in := ticket.Inbound{Channel: channels.Email, Inbox: "support", External: mailNumber(), Language: "en",
		From: customer.Identity{Kind: customer.Email, Value: "joe@example.org", Name: "Joe"}, Subject: "It leaks", Text: "Help"}
	if change != nil {
		change(&in)
	}
	acc, err := w.store.Accept(w.t.Context(), []ticket.Inbound{in})
	if err != nil {
		w.t.Fatal(err)
	}
	if jobs != nil {
		w.work(jobs)
	}
	return acc[0]
}

// told are the texts of a ticket's automatic answers.
func (w *world) told(id ticket.ID) (texts []string) {
	w.t.Helper()
	msgs, err := w.store.Messages(w.t.Context(), id, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range msgs {
		if m.Direction == ticket.Out && m.Auto {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func TestAnAnswerCanBeTakenBackUntilItGoesOut(t *testing.T) {
	t.Parallel()
	w, jobs := answering(t)
	w.configure(func(c *Config) { c.Answers.Acknowledge.When = "" })
	id := w.take(jobs, nil).Ticket
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Try this"})
	w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "a seal"})
	w.work(jobs)
	m, err := w.store.Message(t.Context(), id, 2)
	if err != nil || m.Delivery != ticket.Queued || !m.SendAt.Equal(w.clock().Add(10*time.Second)) || w.rec.has("send") {
		t.Fatalf("before its time: %+v, %v; %q", m, err, w.rec.log)
	}
	if !w.rec.has("post 2 public queued") {
		t.Errorf("the desk does not show it: %q", w.rec.log)
	}
	w.pass(9 * time.Second)
	w.work(jobs)
	if w.rec.has("send") {
		t.Fatal("it went out too early")
	}
	w.pass(time.Second)
	w.work(jobs)
	if m, _ := w.store.Message(t.Context(), id, 2); m.Delivery != ticket.Sent {
		t.Errorf("at its time: %s", m.Delivery)
	}
	tk, _ := w.store.Ticket(t.Context(), id)
	if tk.State != ticket.Solved {
		t.Errorf("solved behind an answer: %s", tk.State)
	}
}

func TestAWithdrawnAnswerIsNeitherSentNorQuoted(t *testing.T) {
	t.Parallel()
	w, jobs := answering(t)
	id := w.take(jobs, nil).Ticket
	tk := w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Nonsense"})
	w.act("anna", ticket.Action{Kind: ticket.ActWithdraw, Ticket: id, Seq: tk.LastSeq})
	w.pass(time.Minute)
	w.work(jobs)
	if m, _ := w.store.Message(t.Context(), id, tk.LastSeq); m.Delivery != ticket.Withdrawn {
		t.Fatalf("%s", m.Delivery)
	}
	tk = w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Try this"})
	m, _ := w.store.Message(t.Context(), id, tk.LastSeq)
	out, err := jobs.Desk.outbound(t.Context(), tk, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range out.Previous {
		if p.Text == "Nonsense" {
			t.Error("what was taken back is among what came before")
		}
	}
	w.pass(time.Minute)
	w.work(jobs)
	if w.rec.has(fmt.Sprintf("send %d", tk.LastSeq-1)) || !w.rec.has(fmt.Sprintf("send %d", tk.LastSeq)) {
		t.Errorf("%q", w.rec.log)
	}
}

func TestAcknowledged(t *testing.T) {
	t.Parallel()
	w, jobs := answering(t) // Monday, 10:00 in Berlin
	var quick ticket.ID
	for _, c := range []struct {
		name, language string
		at             time.Duration
		want           string
	}{
		{"open", "en", 0, "Somebody of our team will read it and answer you as soon as possible."},
		{"geöffnet", "de", time.Hour, "antwortet Ihnen so bald wie möglich"},
		{"a language the brand does not speak", "pl", 2 * time.Hour, "Vielen Dank"},
		{"closed until tomorrow", "en", 8 * time.Hour, "open again tomorrow at 09:00 CET."},
		{"bis zum nächsten Tag", "de", 9 * time.Hour, "sind morgen um 9:00 Uhr wieder da"},
		{"closed until next week", "de", 40 * time.Hour, "sind am Montag, dem 9. März, um 9:00 Uhr wieder da"},
		{"jusqu'à lundi", "fr", 41 * time.Hour, "de nouveau là le lundi 9 mars à 9 h 00."},
		{"closed until today", "fr", 6*24*time.Hour + 22*time.Hour, "là aujourd’hui à 9 h 00"},
	} {
		w.mu.Lock()
		w.now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(c.at)
		w.mu.Unlock()
		id := w.take(jobs, func(in *ticket.Inbound) {
			in.Language, in.From.Value = c.language, strings.ReplaceAll(c.name, " ", "-")+"@x.example"
		}).Ticket
		told := w.told(id)
		if len(told) != 1 || !strings.Contains(told[0], c.want) || !strings.Contains(told[0], id.String()) || strings.Contains(told[0], "{") {
			t.Errorf("%s: told %q, want %q", c.name, told, c.want)
		}
		quick = id
	}
	tk, _ := w.store.Ticket(t.Context(), quick)
	if tk.State != ticket.New || !tk.LastAgent.IsZero() || tk.Owner != "" {
		t.Errorf("it counts as an answer: %+v", tk)
	}
	m, _ := w.store.Message(t.Context(), quick, 2)
	if m.Delivery != ticket.Sent {
		t.Errorf("it did not go out: %+v", m)
	}
	// An answer to it is the customer's next message.
	acc := w.take(jobs, func(in *ticket.Inbound) {
		in.From.Value, in.Threads = "closed-until-today@x.example", []ticket.ThreadKey{{By: "references", Key: m.External}}
	})
	if acc.Ticket != quick || len(w.told(quick)) != 1 {
		t.Errorf("an answer to it: %+v, told %d times", acc, len(w.told(quick)))
	}
}

func TestWhatIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	w, jobs := answering(t)
	for i, c := range []struct {
		name   string
		change func(*ticket.Inbound)
		why    string
	}{
		{"a machine's", func(in *ticket.Inbound) { in.Auto = true }, "a machine wrote it"},
		{"its header says so", func(in *ticket.Inbound) { in.NoAuto = "It came by a mailing list." }, "It came by a mailing list"},
		{"a forged sender", func(in *ticket.Inbound) { in.Doubt = "it may not be from joe" }, "it may not be from joe"},
		{"staff", func(in *ticket.Inbound) { in.From.Value = "anna@desk.example" }, "it is from staff"},
		{"passed on", func(in *ticket.Inbound) { in.Forwarded = &ticket.Forwarded{By: ticket.Actor{Name: "Anna"}} }, "Anna has passed it on"},
		{"old", func(in *ticket.Inbound) { in.At = w.clock().Add(-25 * time.Hour) }, "more than a day ago"},
		{"another channel", func(in *ticket.Inbound) { in.Channel = channels.Phone }, ""},
	} {
		id := w.take(jobs, func(in *ticket.Inbound) {
			in.From.Value = fmt.Sprintf("joe%d@example.org", i)
			c.change(in)
		}).Ticket
		tk, err := w.store.Ticket(t.Context(), id)
		if err != nil || tk.Tier == "" || len(w.told(id)) != 0 {
			t.Errorf("%s: %v, told %q", c.name, err, w.told(id))
		}
		said := slices.ContainsFunc(tk.Reasons, func(s string) bool { return strings.HasPrefix(s, "no acknowledgement: ") })
		if said != (c.why != "") || said && !strings.Contains(strings.Join(tk.Reasons, "\n"), c.why) {
			t.Errorf("%s: %q does not say %q", c.name, tk.Reasons, c.why)
		}
	}
	delete(jobs.Senders, channels.Email)
	if id := w.take(jobs, func(in *ticket.Inbound) { in.From.Value = "new@example.org" }).Ticket; len(w.told(id)) != 0 {
		t.Errorf("without a sender: %q", w.told(id))
	}
}

func TestOneCustomerIsAcknowledgedSeldom(t *testing.T) {
	t.Parallel()
	w, jobs := answering(t)
	told := 0
	count := func(inbox string) bool {
		t.Helper()
		n := len(w.told(w.take(jobs, func(in *ticket.Inbound) { in.Inbox = inbox }).Ticket))
		told += n
		return n == 1
	}
	for _, c := range []struct {
		after time.Duration
		inbox string
		want  bool
	}{
		{0, "support", true}, {time.Minute, "support", false}, {time.Minute, "sales", false}, // one an hour
		{time.Hour, "support", false}, {0, "sales", true}, // one in three hours by one inbox
		{2 * time.Hour, "support", true}, {time.Hour, "sales", true}, {2 * time.Hour, "support", true},
		{3 * time.Hour, "support", false}, {3 * time.Hour, "sales", false}, // five a day
		{12 * time.Hour, "support", true}, // the first ones are a day old
	} {
		w.pass(c.after)
		if got := count(c.inbox); got != c.want {
			t.Errorf("at %s by %s: %v, want %v", w.clock().Format(time.TimeOnly), c.inbox, got, c.want)
		}
	}
	// Two at once, decided on in whatever order.
	w.pass(24 * time.Hour)
	a, b := w.take(nil, nil).Ticket, w.take(nil, nil).Ticket
	_, why, err := jobs.acknowledge(t.Context(), b, Facts{Channel: channels.Email}, ticket.Decision{})
	if err != nil || why == "" {
		t.Errorf("the later of two: %q, %v", why, err)
	}
	w.work(jobs)
	if len(w.told(a)) != 1 || len(w.told(b)) != 0 {
		t.Errorf("two at once: %q, %q", w.told(a), w.told(b))
	}
	// Somebody who opens tickets all day is left alone for all of it.
	w.pass(48 * time.Hour)
	told = 0
	for range ackTickets + 5 {
		count("support")
		w.pass(5 * time.Minute)
	}
	if told != 2 {
		t.Errorf("in %s: told %d times", (ackTickets+5)*5*time.Minute, told)
	}
	w.pass(4 * time.Hour)
	if count("support") {
		t.Error("opened too many, and is told")
	}
}

func TestTextsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	a := Acknowledge{Texts: map[string]Text{"en": {Open: "{number}: {subject} at {brand}", Closed: "Until {opens}"}, "es": {Open: "Hola {number}"}}}
	brand := ticket.Brand{Name: "brew", Title: "Brühwerk", Hours: ticket.Hours{Week: map[string]string{"mon": "09:00-17:00"}}}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct{ language, subject, want string }{
		{"en", "It leaks", "T-7: It leaks at Brühwerk"},
		{"en", "**Win** [now](http://evil.example) at www.evil.example {number}", "T-7: Win … at … number at Brühwerk"},
		{"es", "Gotea", "Hola T-7"},
		{"de", "Es tropft", "Vielen Dank"},
		{"pl", "Cieknie", "T-7: Cieknie at Brühwerk"},
	} {
		got := a.text(ticket.Ticket{ID: 7, Language: c.language, Subject: c.subject}, brand, now)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, %s: %q, want %q", c.language, c.subject, got, c.want)
		}
	}
	if got := a.text(ticket.Ticket{ID: 7, Language: "en"}, brand, now.Add(8*time.Hour)); got != "Until on Monday, 9 March at 09:00 UTC" {
		t.Errorf("closed: %q", got)
	}
	if got := a.text(ticket.Ticket{ID: 7, Language: "es"}, brand, now.Add(8*time.Hour)); got != "Hola T-7" {
		t.Errorf("closed, without a text for it: %q", got)
	}
	if got := moment("es", now, now); got != "2026-03-02 09:00 UTC" {
		t.Errorf("in figures: %q", got)
	}
}

func TestAnswersCheck(t *testing.T) {
	t.Parallel()
	var l check.List
	DefaultAnswers().Check(l.Root())
	if len(l.Faults) != 0 {
		t.Errorf("the defaults: %v", l.Faults)
	}
	bad := Answers{Undo: map[string]time.Duration{"email": time.Hour, "chat": time.Second, "phone": 0, "slack": -1}, CloseAfter: -1,
		Acknowledge: Acknowledge{When: "chanel == 1", Texts: map[string]Text{"en": {Open: "{opens} {nmber}", Closed: "{opens} {x}"}, "de": {}}}}
	l = check.List{}
	bad.Check(l.Root())
	var got []string
	for _, f := range l.Faults {
		got = append(got, strings.Join(f.Path, "."))
	}
	want := []string{"undo.chat", "undo.email", "undo.slack", "close_after", "acknowledge.when", "acknowledge.texts.de.open",
		"acknowledge.texts.en.open", "acknowledge.texts.en.open", "acknowledge.texts.en.closed"}
	if !slices.Equal(got, want) {
		t.Errorf("faults at %v\nwant      %v", got, want)
	}
}

func TestSolvedIsClosedInTime(t *testing.T) {
	t.Parallel()
	w, jobs := answering(t)
	id := w.take(jobs, nil).Ticket
	other := w.take(jobs, nil).Ticket
	for _, id := range []ticket.ID{id, other} {
		w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "a seal"})
	}
	follow := func(id ticket.ID) ticket.Accepted {
		return w.take(nil, func(in *ticket.Inbound) { in.Threads = []ticket.ThreadKey{{By: "references", Ticket: id}} })
	}
	state := func(id ticket.ID) ticket.State { tk, _ := w.store.Ticket(t.Context(), id); return tk.State }
	w.pass(14*24*time.Hour - time.Minute)
	w.work(jobs)
	if s := state(id); s != ticket.Solved {
		t.Fatalf("too early: %s", s)
	}
	if a := follow(other); a.Ticket != other || state(other) != ticket.Open {
		t.Errorf("in time: %+v, %s", a, state(other))
	}
	w.pass(time.Minute) // the gateway is down: nobody does the job
	a := follow(id)
	tk, err := w.store.Ticket(t.Context(), a.Ticket)
	if err != nil || !a.Opened || tk.FollowsUp != id {
		t.Errorf("too late: %+v follows up %s, %v", a, tk.FollowsUp, err)
	}
	w.work(jobs)
	if state(id) != ticket.Closed || state(other) != ticket.Open {
		t.Errorf("closed by itself: %s; reopened: %s", state(id), state(other))
	}
	if jobs, err := w.store.Jobs(t.Context(), ticket.JobDead, 0, 10); err != nil || len(jobs) > 0 {
		t.Errorf("dead jobs: %+v, %v", jobs, err)
	}
}
