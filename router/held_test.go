package router

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// quietWorld has Anna (level 1) and Cem (who also leads), and a tool that says who is not to be disturbed.
func quietWorld(t *testing.T) (*world, *Jobs, *tool) {
	conf := desk7()
	for i := range conf.Tiers {
		conf.Tiers[i].Assign = ""
	}
	w, jobs := worldOf(t, &noKB{}, conf)
	tl := &tool{quiet: map[string]time.Time{}}
	w.desk.Tool = tl
	return w, jobs, tl
}

// notes are what somebody was told, as of now.
func (w *world) notes(agent string) (list []bots.Notice) {
	w.rec.mu.Lock()
	defer w.rec.mu.Unlock()
	for _, n := range w.rec.notes {
		if n.To.ID == agent {
			list = append(list, n)
		}
	}
	return list
}

func TestNoticesWaitForWhoIsNotToBeDisturbed(t *testing.T) {
	t.Parallel()
	w, jobs, tl := quietWorld(t)
	one, two := w.from("a@x.example", "<1@x>"), w.from("b@x.example", "<2@x>")
	w.work(jobs)
	tl.quiet["anna"] = w.clock().Add(time.Hour)
	w.act("cem", ticket.Action{Kind: ticket.ActAssign, Ticket: one, Owner: "anna"})
	w.act("cem", ticket.Action{Kind: ticket.ActAssign, Ticket: two, Owner: "anna"})
	w.work(jobs)
	w.pass(30 * time.Minute)
	w.work(jobs)
	if got := w.notes("anna"); len(got) != 0 {
		t.Fatalf("Anna is told while she is not to be disturbed: %+v", got)
	}
	// She stays quiet for longer than she has said at first.
	tl.quiet["anna"] = w.clock().Add(time.Hour)
	w.pass(40 * time.Minute)
	w.work(jobs)
	if got := w.notes("anna"); len(got) != 0 {
		t.Fatalf("Anna is still not to be disturbed: %+v", got)
	}
	w.pass(30 * time.Minute)
	w.work(jobs)
	got := w.notes("anna")
	if len(got) != 1 || got[0].Digest == nil || !strings.Contains(got[0].Text, "(2)") {
		t.Fatalf("both come in one message: %+v", got)
	}
	var about []ticket.ID
	for _, s := range got[0].Digest.Sections {
		for _, r := range s.Rows {
			about = append(about, r.Ticket)
		}
	}
	if !slices.Equal(about, []ticket.ID{one, two}) {
		t.Errorf("about %v", about)
	}
	w.pass(10 * time.Minute)
	w.work(jobs)
	if got := w.notes("anna"); len(got) != 1 {
		t.Errorf("told again: %d", len(got))
	}
}

func TestWhatHasGoneOnIsNotTold(t *testing.T) {
	t.Parallel()
	w, jobs, tl := quietWorld(t)
	one, two := w.from("a@x.example", "<1@x>"), w.from("b@x.example", "<2@x>")
	w.work(jobs)
	tl.quiet["anna"] = w.clock().Add(time.Hour)
	w.act("cem", ticket.Action{Kind: ticket.ActAssign, Ticket: one, Owner: "anna"})
	w.act("cem", ticket.Action{Kind: ticket.ActAssign, Ticket: two, Owner: "anna"})
	w.work(jobs)
	w.act("cem", ticket.Action{Kind: ticket.ActTake, Ticket: one})
	w.pass(2 * time.Hour)
	w.work(jobs)
	got := w.notes("anna")
	if len(got) != 1 || got[0].Digest != nil || got[0].Card.Ticket.ID != two || !got[0].Handover {
		t.Fatalf("the one that is left comes as it is: %+v", got)
	}
}

func TestAReminderThatNobodyWouldReadIsTheLeads(t *testing.T) {
	t.Parallel()
	w, jobs, tl := quietWorld(t)
	id := w.from("a@x.example", "<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, What: "the seal", Due: w.clock().Add(2 * time.Hour)}})
	tl.quiet["anna"] = w.clock().Add(3 * time.Hour)
	w.pass(100 * time.Minute)
	w.work(jobs)
	lead := w.notes("cem")
	if len(w.notes("anna")) != 0 || len(lead) != 1 || !strings.HasPrefix(lead[0].Text, "Promised, and due soon: Callback") {
		t.Fatalf("anna: %+v, the lead: %+v", w.notes("anna"), lead)
	}
}

func TestWhatIsUrgentDoesNotWait(t *testing.T) {
	t.Parallel()
	w, jobs, tl := quietWorld(t)
	id := w.from("a@x.example", "<1@x>")
	w.work(jobs)
	tl.quiet["anna"], tl.quiet["lena"] = w.clock().Add(time.Hour), w.clock().Add(time.Hour)
	w.act("cem", ticket.Action{Kind: ticket.ActSet, Ticket: id, Priority: ticket.Urgent})
	w.act("cem", ticket.Action{Kind: ticket.ActAssign, Ticket: id, Owner: "anna"})
	w.act("anna", ticket.Action{Kind: ticket.ActPage, Ticket: id, Tier: "l2", Reason: "it burns"})
	w.work(jobs)
	if len(w.notes("anna")) != 1 {
		t.Errorf("what is urgent waits: %+v", w.notes("anna"))
	}
	tk, err := w.store.Ticket(t.Context(), id)
	if err != nil || tk.Page == nil || len(tk.Page.Plan.Quiet) != 1 || tk.Page.Stage.Wait != ticket.QuietWait {
		t.Fatalf("the page does not know whom Slack does not ring: %+v %v", tk.Page, err)
	}
	if log := strings.Join(w.desk.pagesLog(tk), "\n"); !strings.Contains(log, "Lena does not want to be disturbed until "+tl.quiet["lena"].Format("15:04")) {
		t.Errorf("the card does not say so:\n%s", log)
	}
	w.pass(31 * time.Second)
	w.work(jobs)
	if tk, err = w.store.Ticket(t.Context(), id); err != nil || !slices.Equal(tk.Page.Who, []string{"marc"}) {
		t.Errorf("the next is not rung after half a minute: %v %v", tk.Page.Who, err)
	}
}

// Nobody waits for what is known of hours, or was said, where the configuration says so, or for days.
func TestWhoIsQuiet(t *testing.T) {
	t.Parallel()
	w, _, tl := quietWorld(t)
	now := w.clock() // a Monday, 9:30 UTC
	ask := func() map[string]time.Time {
		t.Helper()
		q, err := w.desk.quiet(t.Context(), w.desk.Config().Agents)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	if q := ask(); len(q) != 0 {
		t.Fatalf("nobody has said anything: %v", q)
	}
	set := func(who string, p ticket.Presence) {
		t.Helper()
		p.Agent = who
		if err := w.desk.SetPresence(t.Context(), w.desk.agent(who), p); err != nil {
			t.Fatal(err)
		}
	}
	set("anna", ticket.Presence{State: ticket.Away, Until: now.Add(time.Hour)})
	set("bob", ticket.Presence{State: ticket.Away})                               // nobody knows until when
	set("cem", ticket.Presence{State: ticket.Away, Until: now.AddDate(0, 0, 14)}) // a holiday
	w.configure(func(c *Config) {
		c.Agents = slices.Clone(c.Agents)
		for i := range c.Agents {
			if c.Agents[i].ID == "lena" {
				c.Agents[i].Hours = ticket.Hours{Week: map[string]string{"mon": "12:00-17:00"}}
			}
		}
	})
	tl.quiet["marc"] = now.Add(20 * time.Minute)
	q := ask()
	if len(q) != 3 || !q["anna"].Equal(now.Add(time.Hour)) || !q["marc"].Equal(now.Add(20*time.Minute)) || q["lena"].Hour() != 12 {
		t.Errorf("quiet: %v", q)
	}
	w.configure(func(c *Config) { c.Presence.Notices = NoticesSend })
	if q := ask(); len(q) != 0 {
		t.Errorf("though the configuration says that nothing waits: %v", q)
	}
}
