package slackdesk

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

func TestACardIsPostedOnceAndEditedInPlace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	at, channel, ts := o.show(c)
	if channel != "C0L1" {
		t.Errorf("the card stands in %s", channel)
	}
	c.Ticket.Subject = "Now it burns"
	again, err := o.desk.Show(t.Context(), c, []string{at}, true)
	o.must(err)
	m, _ := o.sim.Message(channel, ts)
	if again != at || !strings.Contains(m.PlainText(), "Now it burns") || len(o.sim.Messages(channel)) != 1 {
		t.Errorf("the card is at %s, says %q", again, m.PlainText())
	}
	for _, s := range []string{"T-1042", "Lovelace", "SN-100200", "Lemon", "Reset the router · 82 %", "power supply", "warranty", "Chloé declined"} {
		if !strings.Contains(m.PlainText(), s) {
			t.Errorf("the card does not say %q", s)
		}
	}
}

func TestACardWhoseReceiptWasLostIsNotPostedTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Times: 1})
	c := sample()
	c.Ticket.Opened = time.Now()
	if _, err := o.desk.Show(t.Context(), c, nil, false); ticket.KindOf(err) != ticket.Transient {
		t.Fatalf("a lost receipt gives %v", err)
	}
	at, err := o.desk.Show(t.Context(), c, nil, true)
	o.must(err)
	list := o.sim.Messages("C0L1")
	if len(list) != 1 || at != place("C0L1", list[0].TS) {
		t.Errorf("%d cards, the place is %s", len(list), at)
	}
	m := ticket.Message{Ticket: 1042, Seq: 5, Kind: ticket.Note, Text: "said once", Author: ticket.Actor{Name: "Anna"}, At: noon}
	o.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Times: 1})
	if _, err := o.desk.Post(t.Context(), c, at, m, false); ticket.KindOf(err) != ticket.Transient {
		t.Fatalf("a lost receipt gives %v", err)
	}
	ref, err := o.desk.Post(t.Context(), c, at, m, true)
	o.must(err)
	if n := len(o.sim.Replies("C0L1", list[0].TS)); n != 1 || ref == "" {
		t.Errorf("the note stands %d times", n)
	}
}

func TestAMovedTicketLeavesAPointer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	old, _, ts := o.show(c)
	c.Ticket.Tier, c.Tier = "l2", o.back.tiers[1]
	now, err := o.desk.Show(t.Context(), c, []string{old}, false)
	o.must(err)
	if !strings.HasPrefix(now, "C0L2/") {
		t.Fatalf("the card is at %s", now)
	}
	m, _ := o.sim.Message("C0L1", ts)
	if !strings.Contains(m.PlainText(), "Level 2") || !strings.Contains(m.PlainText(), "archives/C0L2/p") || len(m.Actions()) != 0 {
		t.Errorf("the old card says %q with buttons %v", m.PlainText(), m.Actions())
	}
	if n, _ := o.sim.Message("C0L2", strings.TrimPrefix(now, "C0L2/")); !strings.Contains(n.PlainText(), "archives/C0L1/p") {
		t.Errorf("the new card does not lead to the old thread: %s", n.PlainText())
	}
	c.Ticket.Tier, c.Tier = "l1", o.back.tiers[0]
	back, err := o.desk.Show(t.Context(), c, []string{old, now}, true)
	o.must(err)
	if back == old || !strings.HasPrefix(back, "C0L1/") {
		t.Errorf("back at %s: a pointer was taken for a card", back)
	}
}

func TestAChannelWithoutTheAppIsToldAndMended(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	now := time.Now()
	o.desk.now = func() time.Time { return now }
	for _, tier := range []bots.Tier{{Name: "l1", Place: "general"}, {Name: "l1", Place: "no-such-channel"}} {
		now = now.Add(mendWait)
		c := sample()
		c.Tier = tier
		_, err := o.desk.Show(t.Context(), c, nil, false)
		if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != mendWait {
			t.Errorf("%s: %v, again in %v", tier.Place, err, ticket.RetryAfter(err))
		}
		calls := o.sim.Calls("chat.postMessage")
		if _, err := o.desk.Show(t.Context(), c, nil, false); !ticket.Unbegun(err) || o.sim.Calls("chat.postMessage") != calls {
			t.Errorf("%s is tried again at once: %v", tier.Place, err)
		}
		if err := o.desk.Ready(); err == nil || !strings.Contains(err.Error(), "member") {
			t.Errorf("%s: Ready says %v", tier.Place, err)
		}
	}
	o.must(o.sim.Invite("anna", "general", "@app"))
	now = now.Add(mendWait)
	c := sample()
	c.Tier = bots.Tier{Name: "l1", Place: "general"}
	_, err := o.desk.Show(t.Context(), c, nil, true)
	o.must(err)
	o.must(o.desk.Ready())
}

func TestADeletedCardIsPostedAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at, channel, ts := o.show(sample())
	o.must(o.sim.Delete("@app", channel, ts))
	again, err := o.desk.Show(t.Context(), sample(), []string{at}, false)
	if err != nil || again == at {
		t.Errorf("the card is at %s, %v", again, err)
	}
}

func TestMessagesAreShownAndBroughtUpToDate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at, channel, ts := o.show(sample())
	sum, n, err := o.blobs.Put(t.Context(), strings.NewReader("log"), 100)
	o.must(err)
	in := sample().LastSaid
	in.Attachments = []ticket.Attachment{{Name: "a.log", Size: n, SHA256: sum}}
	_, err = o.desk.Post(t.Context(), sample(), at, in, false)
	o.must(err)
	out := ticket.Message{Ticket: 1042, Seq: 2, Kind: ticket.Public, Direction: ticket.Out, Channel: "email", Delivery: ticket.Queued,
		Text: "Hello", Author: ticket.Actor{Name: "Anna"}, At: noon}
	ref, err := o.desk.Post(t.Context(), sample(), at, out, false)
	o.must(err)
	out.DeskRef, out.Delivery, out.Problem = ref, ticket.Failed, "mailbox full"
	again, err := o.desk.Post(t.Context(), sample(), at, out, true)
	o.must(err)
	long := ticket.Message{Ticket: 1042, Seq: 3, Kind: ticket.Public, Direction: ticket.In, Text: strings.Repeat("very long ", 20_000), At: noon}
	_, err = o.desk.Post(t.Context(), sample(), at, long, false)
	o.must(err)
	var files []string
	var all strings.Builder
	for _, m := range o.sim.Replies(channel, ts) {
		all.WriteString(m.PlainText() + "\n")
		for _, f := range m.Files {
			files = append(files, f["name"].(string))
		}
	}
	if again != ref || !strings.Contains(all.String(), "not delivered") || !strings.Contains(all.String(), "mailbox full") || strings.Contains(all.String(), "on its way") {
		t.Errorf("the thread says %.3000s", all.String())
	}
	if strings.Join(files, " ") != "a.log T-1042-3.txt" {
		t.Errorf("files: %v", files)
	}
}

func TestEveryButtonOfTheCard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doTake))
	a := o.acted(1)
	if a.Kind != ticket.ActTake || a.Ticket != 1042 || a.Rev != 7 || a.By.ID != "anna" || a.Key == "" {
		t.Errorf("take: %+v", a)
	}
	for _, c := range []struct {
		button string
		fill   map[string]any
		want   func(a ticket.Action) bool
	}{
		{doReply, map[string]any{"text0": "Hello **Ada**"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActReply && a.Text == "Hello **Ada**" && a.Rev == 7
		}},
		{doNote, map[string]any{"reported": "reboots", "tried": "cable", "promised": "call at 5"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActNote && *a.Note == ticket.NoteFields{Reported: "reboots", Tried: "cable", Promised: "call at 5"}
		}},
		{doEscalate, map[string]any{"tier": "l2", "problem": "third time", "tried": "tried all", "read_back": "by phone"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActEscalate && a.Tier == "l2" && a.Reason == "third time" && a.Rev == 7 && a.Handoff.Tried == "tried all" &&
				a.Handoff.ReadBack == "by phone" && a.Handoff.Unit == "SN-100200" // what the ticket tells already
		}},
		{doPage, map[string]any{"reason": "on fire"}, func(a ticket.Action) bool { return a.Kind == ticket.ActPage && a.Reason == "on fire" }},
		{doSolve, map[string]any{"diagnosis": "power supply"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActSolve && a.Diagnosis == "power supply"
		}},
	} {
		before := len(o.back.done())
		o.must(o.sim.Click("anna", channel, ts, c.button))
		v := o.modal("anna", c.button)
		ans, err := o.sim.Submit("anna", v.ID, c.fill)
		if err != nil || len(ans.Errors) > 0 {
			t.Fatalf("%s: %v %v", c.button, err, ans.Errors)
		}
		if a := o.acted(before + 1); !c.want(a) || a.Key == "" || a.Ticket != 1042 {
			t.Errorf("%s: %+v note %+v", c.button, a, a.Note)
		}
	}
	before := len(o.back.done())
	o.must(o.sim.Choose("anna", channel, ts, doMore, doUrgent+" "+refTo(sample().Ticket).String()))
	if a := o.acted(before + 1); a.Kind != ticket.ActSet || a.Priority != ticket.Urgent {
		t.Errorf("urgent: %+v", a)
	}
	o.must(o.sim.Choose("anna", channel, ts, "kb:1042:swap/"+doVerdict, "not_relevant"))
	if a := o.acted(before + 2); a.Kind != ticket.ActVerdict || a.Article != "swap" || a.Verdict != "not_relevant" {
		t.Errorf("verdict: %+v", a)
	}
	o.must(o.sim.Choose("anna", channel, ts, "kb:1042:swap/"+doVerdict, "read"))
	if v := o.modal("anna", "read"); !strings.Contains(v.PlainText(), "Hold the button for *ten* seconds") {
		t.Errorf("the article: %s", v.PlainText())
	}
}

func TestTheSameOverHTTP(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := openOffice(t, ln)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doTake))
	o.must(o.sim.Click("anna", channel, ts, doSolve))
	v := o.modal("anna", doSolve)
	o.back.failNext(ticket.Errorf("s", ticket.Invalid, "The diagnosis is missing."))
	ans, err := o.sim.Submit("anna", v.ID, map[string]any{"diagnosis": "x"})
	if err != nil || ans.Errors["diagnosis"] == "" {
		t.Errorf("errors %v, %v", ans.Errors, err)
	}
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"diagnosis": "fuse"})
	o.must(err)
	_, err = o.sim.Say("anna", channel, "a note", ts)
	o.must(err)
	if a, b, c := o.acted(1), o.acted(2), o.acted(3); a.Kind != ticket.ActTake || b.Diagnosis != "fuse" || c.Text != "a note" {
		t.Errorf("actions %+v", o.back.done())
	}
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "oncall"))
	o.told(channel, "U1ANNA", "Level 2")
}

func TestALargeStaleAnswerIsNotLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doReply))
	v := o.modal("anna", doReply)
	text := strings.Repeat("<", 2999) + "!"
	o.back.failNext(ticket.Errorf("s", ticket.Conflict, "T-1042 has changed."))
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"text0": text})
	o.must(err)
	v = o.sim.View("anna")
	if v == nil || !strings.Contains(v.PlainText(), "changed meanwhile") {
		t.Fatalf("the form does not tell: %+v", v)
	}
	// "Data entered or selected in input blocks can be preserved while updating views", when block_id
	// and action_id stay the same (views.update): so the browser still holds it under text0.
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"text0": text})
	o.must(err)
	if a := o.acted(1); a.Text != text {
		t.Errorf("%d characters were sent", len(a.Text))
	}
}

func TestPreviewAndInsertKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doReply))
	v := o.modal("anna", doReply)
	if !strings.Contains(v.PlainText(), "German") || !strings.Contains(v.PlainText(), "not listed") {
		t.Errorf("no hint about the language: %s", v.PlainText())
	}
	o.must(o.sim.ChooseIn("anna", v.ID, doInsert, "0"))
	o.eventually("the article in the answer", func() bool {
		v = o.sim.View("anna")
		return v != nil && strings.Contains(v.PlainText(), "Hold the button for *ten* seconds")
	})
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"text1": "Hello\n\nHold the button."})
	o.must(err)
	if a := o.acted(1); a.Text != "Hello\n\nHold the button." {
		t.Errorf("sent %q", a.Text)
	}
}

func TestAStaleAnswerIsNotLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doReply))
	v := o.modal("anna", doReply)
	newer := sample()
	newer.Ticket.Rev, newer.LastSaid.Text = 8, "It works again!"
	o.back.setCard(newer)
	o.back.failNext(ticket.Errorf("store.Act", ticket.Conflict, "T-1042 has changed since you last saw it."))
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"text0": "My long answer"})
	o.must(err)
	v = o.sim.View("anna")
	if v == nil || !strings.Contains(v.PlainText(), "changed meanwhile") || !strings.Contains(v.PlainText(), "It works again!") {
		t.Fatalf("the form does not tell: %+v", v)
	}
	_, err = o.sim.Submit("anna", v.ID, nil) // as it stands
	o.must(err)
	if a := o.acted(1); a.Text != "My long answer" || a.Rev != 8 {
		t.Errorf("sent %q with Rev %d", a.Text, a.Rev)
	}
}

func TestErrorsAreToldPrivately(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	for _, c := range []struct {
		err  error
		part string
	}{
		{ticket.Errorf("s", ticket.Conflict, "T-1042 has changed."), "changed meanwhile"},
		{ticket.Errorf("s", ticket.Denied, "Your role does not allow this."), "Your role"},
		{ticket.E("s", ticket.Transient, errors.New("secret database words")), "Try again in a moment"},
		{errors.New("secret internal words"), "has been logged"},
	} {
		o.back.failNext(c.err)
		o.must(o.sim.Click("anna", channel, ts, doTake))
		o.told(channel, "U1ANNA", c.part)
	}
	if n := len(o.back.done()); n != 0 {
		t.Errorf("%d actions", n)
	}
	o.back.failNext(ticket.Errorf("s", ticket.Invalid, "The diagnosis is missing."))
	o.must(o.sim.Click("anna", channel, ts, doSolve))
	ans, err := o.sim.Submit("anna", o.modal("anna", doSolve).ID, map[string]any{"diagnosis": "x"})
	if err != nil || ans.Errors["diagnosis"] != "The diagnosis is missing." {
		t.Errorf("the form says %v, %v", ans.Errors, err)
	}
}

func TestOutsidersAndGuestsCanDoNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *slacksim.Config) {
		for i := range c.Channels {
			if c.Channels[i].ID == "C0L1" {
				c.Channels[i].Members = append(c.Channels[i].Members, "carl", "dev")
			}
		}
	})
	at, channel, ts := o.show(sample())
	for who, part := range map[string]string{"dev": "not on the support team", "carl": "Guests"} {
		for _, b := range []string{doTake, doReply, doSolve} {
			o.must(o.sim.Click(who, channel, ts, b))
		}
		id := map[string]string{"dev": "U2DEV", "carl": "U9CARL"}[who]
		o.told(channel, id, part)
		_, err := o.sim.Say(who, channel, "let me in", ts)
		o.must(err)
		if v := o.sim.View(who); v != nil {
			t.Errorf("%s has a form", who)
		}
	}
	o.eventually("the acks", func() bool { return o.sim.Unacknowledged() == 0 })
	if n := len(o.back.done()); n != 0 {
		t.Errorf("%d actions of people who may nothing, at %s", n, at)
	}
}

func TestWhatIsTypedInTheThreadIsANoteOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at, channel, ts := o.show(sample())
	_, err := o.desk.Post(t.Context(), sample(), at, sample().LastSaid, false) // ours: no note
	o.must(err)
	o.sim.Inject(slacksim.Fault{Kind: slacksim.Duplicate, Times: 1})
	o.back.failNext(ticket.E("store", ticket.Transient, errors.New("busy"))) // comes again
	said, err := o.sim.Say("anna", channel, "asked @chloe <about> it", ts)
	o.must(err)
	a := o.acted(1)
	if a.Kind != ticket.ActNote || a.Text != "asked @Chloé Martin <about> it" || a.DeskRef != place(channel, said) || a.By.ID != "anna" || a.Ticket != 1042 {
		t.Errorf("note: %+v", a)
	}
	_, err = o.sim.Say("anna", channel, "not in a thread", "")
	o.must(err)
	_, err = o.sim.SayWith("anna", channel, "", ts, slacksim.Upload{Name: "photo.png", Type: "image/png", Data: []byte("png")})
	o.must(err)
	a = o.acted(2)
	if len(a.Attachments) != 1 || a.Attachments[0].Name != "photo.png" || a.Attachments[0].Type != "image/png" {
		t.Errorf("note with a file: %+v", a)
	}
	o.eventually("the acks", func() bool { return o.sim.Unacknowledged() == 0 })
	if n := len(o.back.done()); n != 2 {
		t.Errorf("%d notes", n)
	}
}

func TestAPageIsRungAnsweredAndOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, _, ts := o.show(sample())
	c := sample()
	c.Thread = o.sim.Permalink("C0L1", ts)
	p := bots.PageNotice{Card: c, To: o.back.agents[1], Call: ticket.PageCall{ID: "T-1042.2.1.chloe.slack", Kind: ticket.CallRing}, Page: ticket.Page{Number: 2, Tier: "l2", Reason: "on fire",
		By: ticket.Actor{Name: "Anna"}, Opened: time.Now(), State: ticket.PageRinging, Who: []string{"chloe"}}}
	o.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Times: 1})
	if _, err := o.desk.Page(t.Context(), p, "", false); ticket.KindOf(err) != ticket.Transient {
		t.Fatalf("a lost receipt gives %v", err)
	}
	at, err := o.desk.Page(t.Context(), p, "", true)
	o.must(err)
	dm, ts, err := parsePlace(at)
	o.must(err)
	if list := o.sim.Messages(dm); len(list) != 1 || !strings.Contains(list[0].PlainText(), "on fire") || !strings.Contains(list[0].PlainText(), "Level 2") {
		t.Fatalf("the page: %+v", list)
	}
	o.must(o.sim.Click("chloe", dm, ts, doAccept))
	if a := o.acted(1); a.Kind != ticket.ActAccept || a.Page != 2 || a.Rev != 0 || a.By.ID != "chloe" {
		t.Errorf("accept: %+v", a)
	}
	o.must(o.sim.Click("chloe", dm, ts, doDecline))
	_, err = o.sim.Submit("chloe", o.modal("chloe", doDecline).ID, map[string]any{"reason": "on a train"})
	o.must(err)
	if a := o.acted(2); a.Kind != ticket.ActDecline || a.Page != 2 || a.Reason != "on a train" {
		t.Errorf("decline: %+v", a)
	}
	p.Page.Declined, p.Page.Log = []string{"chloe"}, []ticket.PageEntry{{Agent: "chloe", What: "declined", Reason: "on a train"}}
	again, err := o.desk.Page(t.Context(), p, at, false)
	o.must(err)
	m, _ := o.sim.Message(dm, ts)
	if again != at || !strings.Contains(m.PlainText(), "declined this: on a train") || m.Action(doAccept) != nil {
		t.Errorf("afterwards: %s", m.PlainText())
	}
}

func TestCommandAndHome(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for text, part := range map[string]string{"": "What `/tier` can do", "show T-1042": "Router reboots", "mine": "T-1042", "oncall": "Chloé Martin",
		"take T-1042": "is yours", "show x": "no ticket number"} {
		o.must(o.sim.Slash("anna", "support-l1", "/tier", text))
		o.eventually("the answer to "+text, func() bool {
			for _, m := range o.sim.Messages("C0L1") {
				if m.SeenBy() == "U1ANNA" && strings.Contains(m.Text+m.PlainText(), part) {
					return true
				}
			}
			return false
		})
	}
	if a := o.acted(1); a.Kind != ticket.ActTake || a.Key == "" {
		t.Errorf("take: %+v", a)
	}
	_, err := o.sim.OpenHome("anna")
	o.must(err)
	o.eventually("the Home tab", func() bool {
		v := o.sim.Home("anna")
		return v != nil && strings.Contains(v.PlainText(), "T-1042")
	})
}
