package slackdesk

import (
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/customer"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// What no longer story of another file presses; stories_test.go tells of any that is missing.

// TestEveryAnswerToAPage takes a page in each way that its message offers.
func TestEveryAnswerToAPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := bots.PageNotice{Card: sample(), To: o.back.agents[1], Call: ticket.PageCall{ID: "T-1042.1.1.chloe.slack", Kind: ticket.CallRing},
		Page: ticket.Page{Number: 1, Tier: "l2", Reason: "on fire", By: ticket.Actor{Name: "Anna"}, Opened: time.Now(), State: ticket.PageRinging, Who: []string{"chloe"}}}
	at, err := o.desk.Page(t.Context(), p, "", false)
	o.must(err)
	dm, ts, err := parsePlace(at)
	o.must(err)
	due := time.Now().Add(time.Hour).Truncate(time.Minute)
	o.must(o.sim.Click("chloe", dm, ts, doNeed))
	if a := o.acted(1); a.Kind != ticket.ActNeed || a.Page != 1 || a.Wait != ticket.NeedWait {
		t.Errorf("need: %+v", a)
	}
	for i, c := range []struct {
		button string
		fill   map[string]any
		want   func(ticket.Action) bool
	}{
		{doCall, map[string]any{"due": due.Unix(), "what": "the seal"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActAccept && a.Promise.Due.Equal(due) && a.Promise.What == "the seal"
		}},
		{doHand, map[string]any{"to": "U1ANNA", "reason": "she knows it"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActHand && a.Owner == "anna" && a.Reason == "she knows it"
		}},
		{doSnooze, map[string]any{"minutes": "30"}, func(a ticket.Action) bool { return a.Kind == ticket.ActSnooze && a.Wait == 30*time.Minute }},
	} {
		o.must(o.sim.Click("chloe", dm, ts, c.button))
		ans, err := o.sim.Submit("chloe", o.modal("chloe", c.button).ID, c.fill)
		if err != nil || len(ans.Errors) > 0 {
			t.Fatalf("%s: %v %v", c.button, err, ans.Errors)
		}
		if a := o.acted(i + 2); !c.want(a) || a.Page != 1 || a.By.ID != "chloe" {
			t.Errorf("%s: %+v", c.button, a)
		}
	}
	o.must(o.sim.Click("chloe", dm, ts, doOpen)) // leads to the thread: nothing is to be done
}

// TestEveryEntryOfTheCardsMenu takes those that need no more than a click, and the buttons of cards in other states.
func TestEveryEntryOfTheCardsMenu(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ticket.State, c.Ticket.Owner, c.Ticket.Priority = ticket.Open, "anna", ticket.Urgent
	c.Ticket.Handoff = &ticket.Handoff{Problem: "it reboots", From: "l1", By: ticket.Actor{Name: "Anna"}, At: noon}
	at, channel, ts := o.show(c)
	v := refTo(c.Ticket).String()
	for i, s := range []struct {
		what string
		want func(ticket.Action) bool
	}{
		{doTake, func(a ticket.Action) bool { return a.Kind == ticket.ActTake }},
		{doQueue, func(a ticket.Action) bool { return a.Kind == ticket.ActAssign && a.Owner == "" }},
		{doNormal, func(a ticket.Action) bool { return a.Kind == ticket.ActSet && a.Priority == ticket.Normal }},
	} {
		o.must(o.sim.Choose("anna", channel, ts, doMore, s.what+" "+v))
		if a := o.acted(i + 1); !s.want(a) || a.Rev != 7 {
			t.Errorf("%s: %+v", s.what, a)
		}
	}
	o.must(o.sim.Choose("anna", channel, ts, doMore, doArticle+" "+v))
	o.modal("anna", doArticle)
	o.must(o.sim.CloseView("anna", o.sim.View("anna").ID, true))
	o.must(o.sim.Click("anna", channel, ts, doReturn))
	_, err := o.sim.Submit("anna", o.modal("anna", doReturn).ID, map[string]any{"reason": "which unit?"})
	o.must(err)
	if a := o.acted(4); a.Kind != ticket.ActReturn || a.Reason != "which unit?" {
		t.Errorf("return: %+v", a)
	}
	c.Ticket.State = ticket.Solved
	_, err = o.desk.Show(t.Context(), c, []string{at}, false)
	o.must(err)
	o.must(o.sim.Click("anna", channel, ts, doReopen))
	if a := o.acted(5); a.Kind != ticket.ActReopen {
		t.Errorf("reopen: %+v", a)
	}
	o.must(o.sim.Click("anna", channel, ts, doArticle))
	o.modal("anna", doArticle)
}

// TestAPreviewShowsWhatTheCustomerWillSee and the answer stays as it was typed.
func TestAPreviewShowsWhatTheCustomerWillSee(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Draft = "Hello **Ada**"
	_, channel, ts := o.show(c)
	o.must(o.sim.Click("anna", channel, ts, doReply))
	v := o.modal("anna", doReply)
	o.must(o.sim.ClickIn("anna", v.ID, doPreview))
	o.eventually("the preview", func() bool {
		w := o.sim.View("anna")
		return w != nil && strings.Contains(w.PlainText(), "The customer will see") && strings.Contains(w.PlainText(), "Hello *Ada*")
	})
}

// TestTheHomeTabsMenusAndButtons uses each that an agent, or a lead, has there.
func TestTheHomeTabsMenusAndButtons(t *testing.T) {
	t.Parallel()
	o, _ := rosterOffice(t)
	c := sample()
	c.Ticket.State, c.Ticket.Owner = ticket.Open, "anna"
	o.back.mu.Lock()
	o.back.rosters.Tiers[0].Lead = true
	o.back.rosters.Changes = append(o.back.rosters.Changes, ticket.RosterChange{ID: 6, Kind: ticket.RosterSwap, State: ticket.RosterAsked, Tier: "l2", Person: "chloe", With: "anna"})
	o.back.mu.Unlock()
	o.back.setCard(c)
	_, err := o.sim.OpenHome("anna")
	o.must(err)
	home := ""
	o.eventually("the Home tab", func() bool {
		v := o.sim.Home("anna")
		if v != nil && strings.Contains(v.PlainText(), "T-1042") {
			home = v.ID
		}
		return home != ""
	})
	v := refTo(c.Ticket).String()
	form := func(callback string) {
		t.Helper()
		w := o.modal("anna", callback)
		o.must(o.sim.CloseView("anna", w.ID, true))
	}
	for _, what := range []string{doReply, doNote, doSolve} {
		o.must(o.sim.ChooseIn("anna", home, doMore, what+" "+v))
		form(what)
	}
	for _, what := range []string{doSwap, doCover, doOff, doOverride, doTemporary} {
		o.must(o.sim.ClickIn("anna", home, what))
		form(what)
	}
	o.must(o.sim.ClickIn("anna", home, rosterPrefix+string(ticket.RosterDecline)))
	if a := o.rosterActed(1); a.Do != ticket.RosterDecline || a.ID != 6 {
		t.Errorf("decline: %+v", a)
	}
	o.must(o.sim.ChooseIn("anna", home, homeTier, "l2"))
	o.must(o.sim.ClickIn("anna", home, homeAgain))
	o.must(o.sim.ClickIn("anna", home, doHere)) // nobody has said that they are here
	if p := o.said(1); p.State != ticket.Here || p.Agent != "anna" {
		t.Errorf("here: %+v", p)
	}
}

// TestTheOtherNamesOfCommands do what the first do, and what the knowledge base finds can be read.
func TestTheOtherNamesOfCommands(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []struct{ text, want string }{
		{"search router", "Found by router"}, {"ask reset the router", "Reset the router"}, {"release T-1042", "You no longer work on T-1042"},
	} {
		o.must(o.sim.Slash("anna", "support-l1", "/tier", c.text))
		o.reply("C0L1", c.want)
	}
	m := o.reply("C0L1", "Swap a power supply")
	o.must(o.sim.Click("anna", "C0L1", m.TS, doRead))
	if v := o.modal("anna", "read"); !strings.Contains(v.PlainText(), "Hold the button") {
		t.Errorf("the article: %s", v.PlainText())
	}
	o.must(o.sim.CloseView("anna", o.sim.View("anna").ID, true))
	o.must(o.sim.Shortcut("anna", shortAnyKB, "", ""))
	_, err := o.sim.Submit("anna", o.modal("anna", doAskKB).ID, map[string]any{"question": "hold the button"})
	o.must(err)
	o.eventually("what is found", func() bool { return strings.Contains(o.sim.View("anna").PlainText(), "Reset the router") })
}

// TestWhatHappensToATiersChannel, public or private, is noticed by its event.
func TestWhatHappensToATiersChannel(t *testing.T) {
	t.Parallel()
	for _, channel := range []string{"C0L1", "C0PRIV"} {
		t.Run(channel, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, func(c *slacksim.Config) {
				for i := range c.Channels {
					if c.Channels[i].ID == "C0PRIV" {
						c.Channels[i].Members = append(c.Channels[i].Members, "@app")
					}
				}
			})
			o.back.mu.Lock()
			o.back.tiers[0].Place = channel
			o.back.mu.Unlock()
			ready := func(what string, want string) {
				t.Helper()
				o.eventually(what, func() bool {
					err := o.desk.Ready()
					return err == nil && want == "" || err != nil && want != "" && strings.Contains(err.Error(), want)
				})
			}
			o.must(o.sim.Archive("lena", channel))
			ready("the archiving", "archived")
			o.must(o.sim.Unarchive("lena", channel))
			ready("that it is back", "")
			o.must(o.sim.Rename("lena", channel, "helpdesk"))
			o.must(o.sim.Kick("lena", channel))
			ready("that the app is out", "removed from its channel")
			o.must(o.sim.Invite("lena", channel, "@app"))
			ready("that it is in", "")
			o.must(o.sim.DeleteChannel("lena", channel))
			ready("that it is no more", "deleted")
			for len(o.desk.groups) > 0 {
				<-o.desk.groups
			}
			o.sim.AddUserGroup("night-shift")
			o.eventually("the new group to be noticed", func() bool { return len(o.desk.groups) > 0 })
		})
	}
}

// TestWhatANoticeOffersIsDoneFromIt opens the form of each step.
func TestWhatANoticeOffersIsDoneFromIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ladder.Next = customer.RungWarn
	o.back.setCard(c)
	o.must(o.desk.Tell(t.Context(), bots.Notice{Card: c, To: o.back.agents[1], Text: "The customer waits", Key: "k", Do: []string{"update", "postpone", "abuse"}}, false))
	dm, err := o.sim.DM("chloe", "@app")
	o.must(err)
	ts := o.sim.Messages(dm)[0].TS
	for button, form := range map[string]string{doUpdate: doReply, doPostpone: doPostpone, doAbuse: doAbuse} {
		o.must(o.sim.Click("chloe", dm, ts, button))
		o.must(o.sim.CloseView("chloe", o.modal("chloe", form).ID, true))
	}
}

// TestAnIncidentTakesInWhatIsAlikeAndTakesBackWhatItSaid by the buttons that stand for a while only.
func TestAnIncidentTakesInWhatIsAlikeAndTakesBackWhatItSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := bots.IncidentCard{Incident: ticket.Incident{ID: 3, Title: "Portal down", State: ticket.IncidentOpen, Updates: []ticket.IncidentUpdate{
		{Number: 2, Fallback: "en", Texts: map[string]string{"en": "We know"}, Due: time.Now().Add(time.Hour)}}}, Tier: o.back.tiers[1], Place: "support-l2", Now: time.Now(),
		Maybe: []bots.IncidentTicket{{Member: ticket.Member{Ticket: 1050, Score: 0.7}, Subject: "E503"}}}
	at, err := o.desk.ShowIncident(t.Context(), c, nil, false)
	o.must(err)
	channel, ts, err := parsePlace(at)
	o.must(err)
	o.must(o.sim.Click("chloe", channel, ts, doIncidentLink))
	o.must(o.sim.Click("chloe", channel, ts, doIncidentWithdraw))
	o.back.mu.Lock()
	defer o.back.mu.Unlock()
	if list := o.back.incidentActs; len(list) != 2 || list[0].Do != ticket.DoLink || list[0].Tickets[0].Ticket != 1050 || list[1].Do != ticket.DoWithdraw || list[1].Number != 2 {
		t.Errorf("%+v", list)
	}
}
