package slackdesk

import (
	"slices"
	"strings"
	"testing"

	"tierline/customer"
	"tierline/ticket"
)

// talk is a conversation of two matters.
func talk() []ticket.Message {
	from := customer.Identity{Kind: customer.Email, Value: "ada@example.org", Name: "Ada"}
	return []ticket.Message{
		{Ticket: 1042, Seq: 1, Kind: ticket.Public, Direction: ticket.In, From: from, Subject: "Router", Text: "It reboots.", At: noon},
		{Ticket: 1042, Seq: 2, Kind: ticket.System, Text: "A line of the gateway", At: noon},
		{Ticket: 1042, Seq: 3, Kind: ticket.Public, Direction: ticket.In, From: from, Subject: "Invoice 7", Text: "And the invoice?", At: noon,
			NewTopic: "its subject is another"},
		{Ticket: 1042, Seq: 4, Kind: ticket.Note, Author: ticket.Actor{Name: "Anna"}, Text: "asked accounting", At: noon},
		{Ticket: 1042, Seq: 5, Kind: ticket.Public, Direction: ticket.In, From: from, Text: "Gone elsewhere", At: noon,
			MovedTo: ticket.MessageID{Ticket: 1050, Seq: 1}},
	}
}

func TestMergingFromTheCard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.other = []ticket.Ticket{{ID: 1050, Subject: "The same again", State: ticket.Open}, {ID: 1051, State: ticket.Closed},
		{ID: 1052, State: ticket.Open, MergedInto: 1042}}
	_, channel, ts := o.show(sample())
	for _, c := range []struct {
		fill map[string]any
		into ticket.ID
	}{{map[string]any{"other": "T-1050"}, 1050}, {map[string]any{"number": "t-1077", "other": "T-1050"}, 1077}} {
		before := len(o.back.done())
		o.must(o.sim.Choose("anna", channel, ts, doMore, doMerge+" "+refTo(sample().Ticket).String()))
		v := o.modal("anna", doMerge)
		if text := v.PlainText(); strings.Contains(text, "1051") || strings.Contains(text, "1052") {
			t.Errorf("a closed ticket is offered: %s", text)
		}
		ans, err := o.sim.Submit("anna", v.ID, c.fill)
		o.must(err)
		if a := o.acted(before + 1); a.Kind != ticket.ActMerge || a.Ticket != 1042 || a.Other != c.into || a.Rev != 7 || len(ans.Errors) > 0 {
			t.Errorf("merge: %+v, %v", a, ans.Errors)
		}
	}
	o.must(o.sim.Choose("anna", channel, ts, doMore, doMerge+" "+refTo(sample().Ticket).String()))
	v := o.modal("anna", doMerge)
	ans, err := o.sim.Submit("anna", v.ID, map[string]any{"number": "the other one"})
	if err != nil || !strings.Contains(strings.Join(mapValues(ans.Errors), " "), "no ticket number") {
		t.Errorf("what is no number gives %v, %v", ans.Errors, err)
	}
	merged := sample()
	merged.Ticket.State, merged.Ticket.MergedInto = ticket.Closed, 1050
	_, channel, ts = o.show(merged)
	m, _ := o.sim.Message(channel, ts)
	if !strings.Contains(m.PlainText(), "merged into *T-1050*") || m.Action(doReply) != nil {
		t.Errorf("the card of a merged ticket: %s", m.PlainText())
	}
	before := len(o.back.done())
	o.must(o.sim.Click("anna", channel, ts, doUndo))
	if a := o.acted(before + 1); a.Kind != ticket.ActUndo || a.Ticket != 1042 {
		t.Errorf("undo: %+v", a)
	}
}

func mapValues(m map[string]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func TestSplittingAndMovingMessages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.said = talk()
	at, channel, ts := o.show(sample())
	ref, err := o.desk.Post(t.Context(), sample(), at, talk()[2], false)
	o.must(err)
	_, msg, _ := parsePlace(ref)
	if m, _ := o.sim.Message(channel, msg); !strings.Contains(m.PlainText(), "another matter: its subject is another") {
		t.Errorf("nothing is proposed: %s", m.PlainText())
	}
	o.must(o.sim.Click("anna", channel, msg, doSplit))
	v := o.modal("anna", doSplit)
	if text := v.PlainText(); strings.Contains(text, "A line of the gateway") || strings.Contains(text, "Gone elsewhere") {
		t.Errorf("what cannot be split off is offered: %s", text)
	}
	_, err = o.sim.Submit("anna", v.ID, nil) // as it stands: this message, its subject
	o.must(err)
	if a := o.acted(1); a.Kind != ticket.ActSplit || !slices.Equal(a.Seqs, []int{3}) || a.Subject != "Invoice 7" || a.Other != 0 {
		t.Errorf("split: %+v", a)
	}
	o.must(o.sim.Choose("anna", channel, ts, doMore, doSplit+" "+refTo(sample().Ticket).String()))
	v = o.modal("anna", doSplit)
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"messages": []string{"1", "4"}, "number": "T-1050"})
	o.must(err)
	a := o.acted(2)
	slices.Sort(a.Seqs)
	if a.Kind != ticket.ActMove || !slices.Equal(a.Seqs, []int{1, 4}) || a.Other != 1050 {
		t.Errorf("move: %+v", a)
	}
}

func TestMovedMessagesSayWhereTheyAre(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.said = talk()
	at, channel, _ := o.show(sample())
	ref, err := o.desk.Post(t.Context(), sample(), at, talk()[4], false)
	o.must(err)
	_, ts, _ := parsePlace(ref)
	if m, _ := o.sim.Message(channel, ts); !strings.Contains(m.PlainText(), "moved to *T-1050*") || len(m.Actions()) != 0 {
		t.Errorf("the original says %s", m.PlainText())
	}
	o.back.said = append(o.back.said, ticket.Message{Ticket: 1042, Seq: 6, Kind: ticket.Public, Direction: ticket.In, Text: "Came from there",
		MovedFrom: ticket.MessageID{Ticket: 1050, Seq: 2}, At: noon})
	ref, err = o.desk.Post(t.Context(), sample(), at, o.back.said[5], false)
	o.must(err)
	_, ts, _ = parsePlace(ref)
	if m, _ := o.sim.Message(channel, ts); !strings.Contains(m.PlainText(), "from T-1050") {
		t.Errorf("the copy says %s", m.PlainText())
	}
	o.must(o.sim.Click("anna", channel, ts, doBack))
	if a := o.acted(1); a.Kind != ticket.ActMove || !slices.Equal(a.Seqs, []int{6}) || a.Other != 1050 {
		t.Errorf("back: %+v", a)
	}
}

func TestAnAnswerIsTakenBackAndItsTextIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at, channel, _ := o.show(sample())
	out := ticket.Message{Ticket: 1042, Seq: 9, Kind: ticket.Public, Direction: ticket.Out, Channel: "email", Delivery: ticket.Queued,
		Text: "Switch it **off**.", Author: ticket.Actor{Name: "Anna"}, At: noon, SendAt: noon.Add(10)}
	o.back.said = []ticket.Message{out}
	ref, err := o.desk.Post(t.Context(), sample(), at, out, false)
	o.must(err)
	_, ts, _ := parsePlace(ref)
	o.must(o.sim.Click("anna", channel, ts, doWithdraw))
	if a := o.acted(1); a.Kind != ticket.ActWithdraw || a.Seq != 9 || a.Ticket != 1042 {
		t.Errorf("withdraw: %+v", a)
	}
	v := o.modal("anna", doReply)
	_, err = o.sim.Submit("anna", v.ID, nil)
	o.must(err)
	if a := o.acted(2); a.Kind != ticket.ActReply || a.Text != out.Text {
		t.Errorf("the text is not kept: %+v", a)
	}
	out.DeskRef, out.Delivery = ref, ticket.Withdrawn
	_, err = o.desk.Post(t.Context(), sample(), at, out, false)
	o.must(err)
	if m, _ := o.sim.Message(channel, ts); !strings.Contains(m.PlainText(), "taken back, not sent") || len(m.Actions()) != 0 {
		t.Errorf("afterwards: %s", m.PlainText())
	}
	o.back.failNext(ticket.Errorf("s", ticket.Conflict, "It is already on its way."))
	out.Delivery = ticket.Queued
	_, err = o.desk.Post(t.Context(), sample(), at, out, false)
	o.must(err)
	o.must(o.sim.Click("anna", channel, ts, doWithdraw))
	o.told(channel, "U1ANNA", "already on its way")
}

func TestMergeAndUndoByCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "merge T-1042 T-1050"))
	if a := o.acted(1); a.Kind != ticket.ActMerge || a.Ticket != 1042 || a.Other != 1050 || a.Key == "" {
		t.Errorf("merge: %+v", a)
	}
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "undo 1042"))
	if a := o.acted(2); a.Kind != ticket.ActUndo || a.Ticket != 1042 {
		t.Errorf("undo: %+v", a)
	}
}
