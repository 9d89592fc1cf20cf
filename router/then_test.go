package router

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/kb"
	"tierline/ticket"
)

// bigDesk has a third level, a side team, a lead and suppliers.
func bigDesk() Config {
	c := desk5()
	c.Agents = append(c.Agents, ticket.Agent{ID: "lea", Name: "Lea", Email: "lea@desk.example", Roles: []ticket.Role{ticket.RoleLead}},
		ticket.Agent{ID: "rob", Name: "Rob", Email: "rob@desk.example", Roles: []ticket.Role{ticket.RoleAgent}})
	c.Tiers = append(c.Tiers,
		Tier{Name: "l3", Title: "Engineering", Level: 3, Channel: "l3", Clocks: someday, OnCall: c.Tiers[0].OnCall, May: May{Escalate: []string{"l2", "lead"}, Page: []string{"lead"}},
			Entry: Entry{{Need: `diagnosis != ""`, Say: "Say what it is"}, {Need: `len(tried) > 0`, Say: "Say what was tried."}}},
		Tier{Name: "returns", Title: "Returns", Channel: "returns", Clocks: someday, Members: []string{"rob"}})
	c.Suppliers = []Supplier{{Name: "acme", Title: "ACME Displays", For: "panels", Contract: "C-17", Phone: "+49301234", Lead: 16 * time.Hour,
		Reference: `RMA-\d{4}`, Example: "RMA-1234", Hours: ticket.Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-17:00", "tue": "09:00-17:00"}}}}
	return c
}

func faultsOf(c Config) (list []string) {
	var l check.List
	c.Check(l.Root())
	for _, f := range l.Faults {
		list = append(list, f.String())
	}
	return list
}

func TestWhatRulesDoIsChecked(t *testing.T) {
	t.Parallel()
	c := bigDesk()
	if l := faultsOf(c); len(l) > 0 {
		t.Fatal(l)
	}
	for want, then := range map[string]Then{
		"then.tier: there is no tier \"l22\" (did you mean l2?)":           {Tier: "l22"},
		"then.escalate: there is no tier \"upp\"":                          {Escalate: "upp"},
		"then.page.tier: there is no tier":                                 {Page: &RulePage{Tier: "nobody"}},
		"then.page.severity: \"loud\" is no severity":                      {Page: &RulePage{Severity: "loud"}},
		"then.owner: there is no agent \"ana\" (did you mean anna?)":       {Owner: "ana"},
		"then.inform: there is no agent and no tier":                       {Inform: "somebody"},
		"then.supplier: there is no supplier \"acne\" (did you mean acme?": {Supplier: "acne"},
		"then.priority: \"now\" is no priority":                            {Priority: "now"},
		"then.clocks: time does not run backwards":                         {Clocks: Clocks{First: -1}},
		"then.propose.0: \"solve\" cannot be proposed":                     {Propose: []ticket.ActionKind{ticket.ActSolve}},
		"then.answer: there is nothing to answer":                          {Answer: &AutoAnswer{}},
		"then.answer.texts.en: nothing stands for {name}":                  {Answer: &AutoAnswer{Texts: map[string]string{"en": "Hello {name}"}}},
		"then.answer.texts.de: there is no text":                           {Answer: &AutoAnswer{Texts: map[string]string{"de": " "}}},
		"then.answer.articles.de: there is no article":                     {Answer: &AutoAnswer{Articles: map[string]string{"de": ""}}},
		"then.incident: 61 bytes":                                          {Incident: strings.Repeat("x", 61)},
	} {
		c := bigDesk()
		c.Rules = append(c.Rules, Rule{Name: "bad", Group: "bad", When: "lemon", Then: then})
		if l := faultsOf(c); len(l) != 1 || !strings.Contains(l[0], want) {
			t.Errorf("%q, want %s", l, want)
		}
	}
	c.Tiers[2].Entry = Entry{{Need: "nonsense"}, {}}
	c.Tiers[2].May = May{Escalate: []string{"nobody"}}
	c.Tiers[2].Diagnosis, c.Tiers[2].Level = "perhaps", -1
	no := []ticket.ClockKind{ticket.ClockFirst}
	c.Suppliers = append(c.Suppliers, Supplier{Name: "acme", Email: "x", Reference: "(", Lead: -1, Pauses: &no, Hours: ticket.Hours{Zone: "Mars"}},
		Supplier{Name: "b", Phone: "1", Reference: "A+", Example: "B"})
	got := strings.Join(faultsOf(c), "\n")
	for _, want := range []string{"tiers.2.entry.0.need", "tiers.2.entry.1.need", "tiers.2.may.escalate.0", "tiers.2.diagnosis", "tiers.2.level",
		"suppliers.1.name", "suppliers.1.email", "suppliers.1.reference", "suppliers.1.lead", "suppliers.1.pauses.0", "suppliers.1.hours", "suppliers.2.example"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not told of:\n%s", want, got)
		}
	}
}

func TestRulesThatNeverCount(t *testing.T) {
	t.Parallel()
	reply := []ticket.RouteEvent{ticket.OnReply}
	for _, c := range []struct {
		rules []Rule
		want  string // "" is none
	}{
		{[]Rule{{Name: "a", When: "lemon && open"}, {Name: "b", When: "open and lemon"}}, "“a” before it in its group has the same condition"},
		{[]Rule{{Name: "a", When: "lemon", On: reply}, {Name: "b", When: "lemon"}}, ""},
		{[]Rule{{Name: "a", When: "lemon", On: []ticket.RouteEvent{ticket.OnOpened, ticket.OnReply}}, {Name: "b", When: "lemon", On: reply}}, "same condition"},
		{[]Rule{{Name: "a", When: "lemon"}, {Name: "b", Group: "other", When: "lemon"}}, ""},
		{[]Rule{{Name: "a"}, {Name: "b", When: "lemon"}}, "“a” before it in its group always matches"},
		{[]Rule{{Name: "a", Then: Then{Stop: true}}, {Name: "b", Group: "other"}}, "“a” always matches and stops"},
		{[]Rule{{Name: "a", When: "lemon", Then: Then{Stop: true}}, {Name: "b", Group: "other"}}, ""},
		{[]Rule{{Name: "a", When: "lemon"}, {Name: "b", Then: Then{Stop: true}}, {Name: "c", Group: "other"}}, ""}, // a does not stop
		{[]Rule{{Name: "a", Group: "other"}, {Name: "b", When: "lemon"}}, ""},
	} {
		conf := desk5()
		conf.Rules = c.rules
		l := faultsOf(conf)
		if c.want == "" && len(l) > 0 || c.want != "" && (len(l) != 1 || !strings.Contains(l[0], c.want)) {
			t.Errorf("%+v: %q, want %q", c.rules, l, c.want)
		}
	}
}

func TestStopEndsTheTeamsGroupsOnly(t *testing.T) {
	t.Parallel()
	c := desk5()
	c.Rules = []Rule{{Name: "vip", When: `plan == "gold"`, Then: Then{Tier: "l2", Stop: true}}, {Name: "tag", Group: "tags", Then: Then{Tags: []string{"x"}}}}
	rules, err := NewRules(c)
	if err != nil {
		t.Fatal(err)
	}
	d := rules.Decide(Facts{Plan: "gold", Signals: []string{"safety"}})
	if d.Tier != "l2" || !slices.Equal(d.Tags, []string{"safety"}) {
		t.Errorf("%+v", d)
	}
	steps, o := rules.ExplainFacts(c, Facts{Plan: "gold"})
	if len(o.Tags) != 0 || len(steps) < 2 || steps[1].Tried || !strings.Contains(steps[1].Why, "“vip” stops") {
		t.Errorf("%+v %+v", steps[:2], o)
	}
	if d = rules.Decide(Facts{}); d.Tier != "l1" || !slices.Equal(d.Tags, []string{"x"}) {
		t.Errorf("%+v", d)
	}
}

func TestRulesDoWhatTheySay(t *testing.T) {
	t.Parallel()
	c := bigDesk()
	c.Rules = append(c.Rules,
		Rule{Name: "server room", Group: "act", When: `subject contains "server room"`, Then: Then{Page: &RulePage{Tier: "l2", Severity: ticket.Urgent}, Inform: "lead",
			Skills: []string{"network"}, Clocks: Clocks{Resolution: 2 * time.Hour}}},
		Rule{Name: "panel", Group: "act", When: `subject contains "panel"`, Then: Then{Supplier: "acme"}},
		Rule{Name: "to level 2", Group: "act", When: `subject contains "router"`, Then: Then{Escalate: "up"}},
		Rule{Name: "to engineering", Group: "act", When: `subject contains "kernel"`, Then: Then{Escalate: "l3"}},
		Rule{Name: "scrap", Group: "act", When: `lemon`, Then: Then{Inform: "returns"}},
		Rule{Name: "again", Group: "again", On: []ticket.RouteEvent{ticket.OnReply}, When: `subject contains "server room"`, Then: Then{Inform: "lea"}})
	w, jobs := worldOf(t, &noKB{}, c)
	open := func(subject string, units ...string) ticket.Ticket {
		t.Helper()
		id := w.take(jobs, func(in *ticket.Inbound) { in.Subject, in.Units = subject, units }).Ticket
		w.work(jobs)
		return w.ticket(id)
	}
	tk := open("server room is hot")
	if tk.Page == nil || tk.Page.Tier != "l2" || tk.Page.By.Kind != ticket.ByRule || !strings.Contains(tk.Page.Reason, "server room") {
		t.Errorf("page: %+v", tk.Page)
	}
	if !slices.Equal(tk.Skills, []string{"network"}) || len(tk.Informed) != 1 || !w.rec.has("tell lea Rule “server room” wants you") {
		t.Errorf("%v %+v %v", tk.Skills, tk.Informed, w.rec.log)
	}
	if due := tk.Clocks[slices.IndexFunc(tk.Clocks, func(k ticket.Clock) bool { return k.Kind == ticket.ClockResolution })]; due.Target != 2*time.Hour {
		t.Errorf("clock: %+v", due)
	}
	for range 2 { // once at each tier, however often it matches
		w.take(jobs, func(in *ticket.Inbound) { in.Threads = []ticket.ThreadKey{{By: "subject-tag", Ticket: tk.ID}} })
		w.work(jobs)
	}
	if tk = w.ticket(tk.ID); len(tk.Informed) != 2 || tk.Informed[1].Lead != "lea" || !slices.Contains(tk.Helpers, "lea") || tk.Tier != "l1" {
		t.Errorf("the case stays where it is: %+v %v %s", tk.Informed, tk.Helpers, tk.Tier)
	}
	tk = open("panel is dark")
	if with := tk.With(); with == nil || with.Supplier != "acme" || tk.State != ticket.OnHold {
		t.Errorf("supplier: %+v %s", tk.Supplies, tk.State)
	}
	tk = open("router reboots")
	if tk.Tier != "l2" || tk.Handoff == nil || tk.Handoff.Problem != "router reboots" || tk.Handoff.By.Kind != ticket.ByRule {
		t.Errorf("escalated: %s %+v", tk.Tier, tk.Handoff)
	}
	tk = open("kernel panic") // what the tier requires holds for rules, too
	msgs, err := w.store.Messages(t.Context(), tk.ID, 0, 50)
	told := slices.ContainsFunc(msgs, func(m ticket.Message) bool {
		return m.Kind == ticket.Note && strings.Contains(m.Text, "Rule “to engineering” escalates to l3, but it could not: Engineering cannot take it yet: Say what it is; Say what was tried.")
	})
	if err != nil || tk.Tier != "l1" || !told {
		t.Errorf("%s %v %+v", tk.Tier, err, msgs)
	}
	for range 2 {
		open("it broke", "SN4711")
	}
	tk = open("it broke once more", "SN4711")
	if len(tk.Informed) != 1 || tk.Informed[0].Tier != "returns" || !strings.Contains(tk.Informed[0].Reason, "SN4711 : 3 cases in 90 days\nT-") || !w.rec.has("tell rob") {
		t.Errorf("the returns team has no evidence: %+v %v", tk.Informed, w.rec.log)
	}
}

func TestRulesAnswerCustomersOnce(t *testing.T) {
	t.Parallel()
	c := desk5()
	c.Rules = append(c.Rules,
		Rule{Name: "filter", Group: "answer", On: []ticket.RouteEvent{ticket.OnOpened, ticket.OnReply}, When: `subject contains "filter"`,
			Then: Then{Answer: &AutoAnswer{Articles: map[string]string{"en": "filter"}, Texts: map[string]string{"de": "Hallo, {number}: bitte entkalken."}}}},
		Rule{Name: "internal", Group: "answer", When: `subject contains "secret"`, Then: Then{Answer: &AutoAnswer{Articles: map[string]string{"en": "secret"}}}})
	w, jobs := worldOf(t, &noKB{}, c)
	for _, a := range []kb.Article{{ID: "filter", Title: "Change the filter", Body: "Turn it.", Language: "en", Audience: kb.External, Confidence: kb.Validated},
		{ID: "secret", Title: "Secret", Body: "Nobody knows.", Language: "en", Audience: kb.Internal, Confidence: kb.Validated}} {
		if _, err := w.store.PutArticle(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.CheckArticles(t.Context(), w.store); err == nil || !strings.Contains(ticket.Explain(err), `rule "internal" answers with article "secret", which customers may not have`) {
		t.Errorf("articles: %v", err)
	}
	outs := func(id ticket.ID) (texts []string) {
		t.Helper()
		msgs, err := w.store.Messages(t.Context(), id, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range msgs {
			if m.Direction == ticket.Out {
				if !m.Auto {
					t.Errorf("not marked as a machine's: %s", m.Text)
				}
				texts = append(texts, m.Text)
			}
		}
		return texts
	}
	id := w.take(jobs, func(in *ticket.Inbound) { in.Subject, in.Language, in.From.Value = "filter?", "en", "a@x.example" }).Ticket
	w.work(jobs)
	got := outs(id)
	if tk := w.ticket(id); len(got) != 1 || !strings.Contains(got[0], "**Change the filter**\n\nTurn it.") || !strings.Contains(got[0], id.String()) || tk.State != ticket.New || !tk.LastAgent.IsZero() {
		t.Fatalf("%q %s", got, tk.State)
	}
	w.pass(3 * time.Hour)
	w.take(jobs, func(in *ticket.Inbound) {
		in.From.Value, in.Threads = "a@x.example", []ticket.ThreadKey{{By: "subject-tag", Ticket: id}}
	})
	w.work(jobs)
	if got = outs(id); len(got) != 1 {
		t.Errorf("answered again: %q", got)
	}
	id = w.take(jobs, func(in *ticket.Inbound) { in.Subject, in.Language, in.From.Value = "filter?", "de", "b@x.example" }).Ticket
	w.work(jobs)
	if got = outs(id); len(got) != 1 || got[0] != "Hallo, "+id.String()+": bitte entkalken." {
		t.Errorf("%q", got)
	}
	for why, change := range map[string]func(*ticket.Inbound){
		"a machine wrote it":      func(in *ticket.Inbound) { in.Auto = true },
		"It came by a list":       func(in *ticket.Inbound) { in.NoAuto = "It came by a list." },
		"it is from staff":        func(in *ticket.Inbound) { in.From.Value = "anna@desk.example" },
		"customers may not have":  func(in *ticket.Inbound) { in.Subject = "secret" },
		"the customer had one":    func(in *ticket.Inbound) { in.From.Value = "b@x.example" },
		"written more than a day": func(in *ticket.Inbound) { in.At = w.clock().Add(-48 * time.Hour) },
	} {
		id := w.take(jobs, func(in *ticket.Inbound) {
			in.Subject, in.Language, in.From.Value = "filter?", "en", strings.ReplaceAll(why, " ", ".")+"@x.example"
			change(in)
		}).Ticket
		w.work(jobs)
		if tk := w.ticket(id); len(outs(id)) != 0 || !strings.Contains(strings.Join(tk.Reasons, "\n"), why) {
			t.Errorf("%s: %q %q", why, outs(id), tk.Reasons)
		}
	}
}

func TestWhatATierAsksBeforeACaseMayEnter(t *testing.T) {
	t.Parallel()
	c := bigDesk()
	c.Tiers[0].Diagnosis = DiagnosisRequired
	w, jobs := worldOf(t, &noKB{}, c)
	id := w.accept("<1@x>")
	w.work(jobs)
	refused := func(by string, a ticket.Action, want string) {
		t.Helper()
		a.Ticket = id
		if _, err := w.desk.Act(t.Context(), w.desk.agent(by), a); err == nil || !strings.Contains(ticket.Explain(err), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused("lea", ticket.Action{Kind: ticket.ActEscalate, Tier: "l3", Reason: "hard"}, "Engineering cannot take it yet: Say what it is; Say what was tried.")
	refused("anna", ticket.Action{Kind: ticket.ActEscalate, Tier: "l3", Reason: "hard", Diagnosis: "kernel", Handoff: &ticket.Handoff{Tried: "reboot"}},
		"You may not bring cases to Engineering; these may: l2, lead.")
	refused("anna", ticket.Action{Kind: ticket.ActPage, Tier: "l3", Reason: "now"}, "You may not page Engineering")
	w.act("anna", ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Reason: "hard"})
	refused("lena", ticket.Action{Kind: ticket.ActEscalate, Reason: "harder"}, "Level 2 says what it is before it hands a case on")
	tk := w.act("lena", ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Reason: "harder", Diagnosis: "kernel", Handoff: &ticket.Handoff{Tried: "reboot"}})
	if tk.Tier != "l3" || tk.Diagnosis != "kernel" {
		t.Errorf("%s %q", tk.Tier, tk.Diagnosis)
	}
	tk = w.act("lena", ticket.Action{Kind: ticket.ActReturn, Ticket: id, Reason: "which kernel?"})
	if tk.Tier != "l2" {
		t.Errorf("returned to %s", tk.Tier)
	}
	tk = w.act("lena", ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Tier: "returns", Reason: "swap it"})
	if tk.Tier != "returns" {
		t.Fatalf("at %s", tk.Tier)
	}
	refused("rob", ticket.Action{Kind: ticket.ActEscalate, Reason: "?"}, "Returns stands beside the levels: name the tier")
	var names []string
	for _, v := range w.desk.Tiers() {
		names = append(names, v.Name)
	}
	if !slices.Equal(names, []string{"l1", "l2", "l3", "returns"}) || !slices.Contains(w.desk.Tiers()[2].Entry, "Say what it is") {
		t.Errorf("%v", names)
	}
}

func TestTheLeadHearsWhileTheCaseStays(t *testing.T) {
	t.Parallel()
	w, jobs := worldOf(t, &noKB{}, bigDesk())
	id := w.accept("<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ticket.Action{Kind: ticket.ActInform, Ticket: id}); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ticket.Action{Kind: ticket.ActHeard, Ticket: id}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("an agent is no lead: %v", err)
	}
	tk := w.act("anna", ticket.Action{Kind: ticket.ActInform, Ticket: id, Reason: "wants a manager"})
	w.work(jobs)
	if tk.Tier != "l1" || tk.Owner != "anna" || tk.Unheard() == nil || !w.rec.has("tell lea Anna wants you to hear of this: wants a manager") {
		t.Errorf("%+v %v", tk.Informed, w.rec.log)
	}
	tk = w.act("lea", ticket.Action{Kind: ticket.ActHeard, Ticket: id, Reason: "I call them at four"})
	w.work(jobs)
	if tk.Unheard() != nil || tk.Informed[0].Reply != "I call them at four" || !w.rec.has("tell anna Lea has heard of it: I call them at four") {
		t.Errorf("%+v %v", tk.Informed, w.rec.log)
	}
}

func TestACaseWithASupplier(t *testing.T) {
	t.Parallel()
	w, jobs := worldOf(t, &noKB{}, bigDesk())
	id := w.accept("<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	for want, s := range map[string]ticket.Supply{"There is no supplier \"acne\": did you mean acme?": {Supplier: "acne"},
		"\"4711\" is no reference of ACME Displays; one looks like RMA-1234": {Supplier: "acme", Reference: "4711"}} {
		if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ticket.Action{Kind: ticket.ActSupplier, Ticket: id, Supply: &s}); err == nil || !strings.Contains(ticket.Explain(err), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	tk := w.act("anna", ticket.Action{Kind: ticket.ActSupplier, Ticket: id, Supply: &ticket.Supply{Supplier: "acme", Reference: "RMA-4711"}})
	clock := func(k ticket.ClockKind) ticket.Clock {
		t.Helper()
		i := slices.IndexFunc(w.ticket(id).Clocks, func(c ticket.Clock) bool { return c.Kind == k })
		if i < 0 {
			t.Fatalf("no clock %s", k)
		}
		return w.ticket(id).Clocks[i]
	}
	// Monday 9:00 UTC is 10:00 in Berlin: 16 of its hours are over on Monday in a week, at 10:00.
	if due := clock(ticket.ClockSupplier).Due; tk.State != ticket.OnHold || !due.Equal(w.clock().Add(7*24*time.Hour)) {
		t.Errorf("%s, due %s", tk.State, due)
	}
	card, err := w.desk.Card(t.Context(), w.desk.agent("anna"), id)
	if err != nil || card.Supplier == nil || !card.Supplier.Open || card.Supplier.Contract != "C-17" {
		t.Errorf("%+v %v", card.Supplier, err)
	}
	expected := w.clock().Add(5 * time.Hour)
	w.act("anna", ticket.Action{Kind: ticket.ActSupplier, Ticket: id, Supply: &ticket.Supply{Supplier: "acme", Expected: expected}})
	if due := clock(ticket.ClockSupplier).Due; !due.Equal(expected) {
		t.Errorf("a date that they have named: due %s", due)
	}
	w.pass(6 * time.Hour)
	w.work(jobs)
	if tk = w.ticket(id); !clock(ticket.ClockSupplier).Breached || !strings.Contains(kindsOf(tk), "→inform") || !w.rec.has("tell anna The supplier is overdue") {
		t.Errorf("late: %s %v", kindsOf(tk), w.rec.log)
	}
	report := func() SupplierFigures {
		t.Helper()
		list, err := w.desk.SupplierReport(t.Context(), time.Time{})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0]
	}
	if f := report(); f.Out != 1 || f.Overdue != 1 || f.Cases != 1 || f.Median != 0 || !slices.Equal(f.Tickets, []ticket.ID{id}) {
		t.Errorf("%+v", f)
	}
	tk = w.act("lena", ticket.Action{Kind: ticket.ActSupplied, Ticket: id, Reason: "a new panel"})
	w.work(jobs)
	if tk.State != ticket.Open || clock(ticket.ClockSupplier).Running() || !w.rec.has("tell anna Back from acme: a new panel") {
		t.Errorf("back: %s %v", tk.State, w.rec.log)
	}
	if f := report(); f.Out != 0 || f.Late != 1 || f.Median != 6*time.Hour || f.Nine != 6*time.Hour || f.Longest != 6*time.Hour {
		t.Errorf("%+v", f)
	}
	// Another time has a clock of its own; what is solved is with nobody.
	w.act("anna", ticket.Action{Kind: ticket.ActSupplier, Ticket: id, Supply: &ticket.Supply{Supplier: "acme"}})
	if c := clock(ticket.ClockSupplier); !c.Running() || c.Breached {
		t.Errorf("%+v", c)
	}
	if tk = w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "panel"}); tk.With() != nil {
		t.Errorf("%+v", tk.Supplies)
	}
}

func TestClocksThatASupplierDoesNotPause(t *testing.T) {
	t.Parallel()
	c := bigDesk()
	none := []ticket.ClockKind{ticket.ClockTier}
	c.Suppliers[0].Pauses = &none
	for i := range c.Tiers {
		c.Tiers[i].Clocks = map[string]Clocks{"default": {Resolution: time.Hour, Tier: time.Hour}}
	}
	w, jobs := worldOf(t, &noKB{}, c)
	id := w.accept("<1@x>")
	w.work(jobs)
	tk := w.act("anna", ticket.Action{Kind: ticket.ActSupplier, Ticket: id, Supply: &ticket.Supply{Supplier: "acme"}})
	for _, k := range tk.Clocks {
		if want := k.Kind != ticket.ClockTier; k.Running() != want {
			t.Errorf("%s runs: %v", k.Kind, k.Running())
		}
	}
}
