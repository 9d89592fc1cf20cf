package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/ticket"
)

// shownMessage is a message as far as the page shows it, and what may be done with it.
type shownMessage struct {
	ticket.Message
	Long     bool // there is more of it
	Remote   bool // there are images that may be loaded
	Pick     bool // it can be chosen, to be split off or moved
	Picked   bool
	Propose  bool // to split it off
	Withdraw bool // it has not gone out
	Ask      bool // its writer can be asked about it
	Asked    []ticket.Question
	Waits    bool // it goes out at SendAt
}

func (s *Server) shown(m ticket.Message, may map[string]bool, form actForm) shownMessage {
	v := shownMessage{Message: m, Remote: hasRemote(m.HTML),
		Long: len(m.Text) > shownText || len(m.Folded) > shownText || len(m.Turns) > shownTurns}
	if v.Long {
		v.Text = strings.ToValidUTF8(v.Text[:min(len(v.Text), shownText)], "")
		v.Folded = strings.ToValidUTF8(v.Folded[:min(len(v.Folded), shownText)], "")
		v.Turns = v.Turns[:min(len(v.Turns), shownTurns)]
	}
	queued := m.Delivery == ticket.Queued
	v.Withdraw = queued && may["withdraw"] && m.MovedTo.IsZero()
	v.Ask = may["ask"] && m.Kind == ticket.Note && m.Author.Kind == ticket.ByAgent && m.MovedTo.IsZero()
	v.Waits = queued && m.SendAt.After(s.now())
	v.Pick = may["split"] && m.Kind != ticket.System && m.MovedTo.IsZero() && !queued && m.Delivery != ticket.Withdrawn
	v.Propose = v.Pick && m.NewTopic != "" && m.MovedFrom.IsZero()
	for _, seq := range form.Seqs {
		v.Picked = v.Picked || seq == m.Seq
	}
	return v
}

// shownEvent is a line of the history.
type shownEvent struct {
	ticket.Event
	From, Into ticket.ID // of messages that went
	Count      int
	Undo       bool // it may be taken back
}

// history finds out which merges, splits and moves stand. Whether one can be taken back is decided when
// somebody wants to.
func history(events []ticket.Event, mayUndo bool) []shownEvent {
	list := make([]shownEvent, len(events))
	for i, e := range events {
		v := shownEvent{Event: e}
		if from, into, err := e.Moved(); err == nil {
			v.From, v.Into, v.Undo = from, into, mayUndo
			v.Count = len(strings.Fields(e.Data["moved"]))
			v.Data = nil
		}
		if e.Kind == string(ticket.ActUndo) { // it took back the last one that went the other way
			for j := i - 1; j >= 0; j-- {
				if was := &list[j]; was.Kind == e.Data["undoes"] && was.Undo && was.From.String() == e.Data["into"] && was.Into.String() == e.Data["from"] {
					was.Undo = false
					break
				}
			}
			v.Count = len(strings.Fields(e.Data["moved"]))
			v.From, _ = ticket.ParseID(e.Data["from"])
			v.Into, _ = ticket.ParseID(e.Data["into"])
			v.Data = nil
		}
		list[i] = v
	}
	return list
}

// consoleActs are the forms of the page. Moving up is done where the people are: at the desk.
func consoleActs() []ticket.ActionKind {
	return append(append(careActs(), pageActs()...), ticket.ActTake, ticket.ActReply, ticket.ActNote, ticket.ActSolve, ticket.ActReopen, ticket.ActClose,
		ticket.ActMerge, ticket.ActSplit, ticket.ActMove, ticket.ActUndo, ticket.ActWithdraw, ticket.ActSet, ticket.ActScript)
}

func allowed(a ticket.Agent, t ticket.Ticket) map[string]bool {
	m := map[string]bool{}
	for _, k := range consoleActs() {
		m[string(k)] = a.May(k) == nil
	}
	goes := t.MergedInto == 0 // else it goes on elsewhere
	m["take"] = m["take"] && (t.Owner != a.ID || t.State == ticket.New) && !t.State.Done() && goes
	m["reply"] = m["reply"] && t.State != ticket.Closed
	m["note"] = m["note"] && goes
	m["solve"] = m["solve"] && !t.State.Done()
	m["reopen"] = m["reopen"] && t.State.Done() && goes
	m["close"] = m["close"] && t.State == ticket.Solved
	m["merge"] = m["merge"] && t.State != ticket.Closed
	m["move"] = m["move"] && t.State != ticket.Closed
	m["split"] = m["split"] && t.State != ticket.Closed
	m["page"] = m["page"] && !t.State.Done() && goes
	m["script"] = m["script"] && !t.State.Done()
	m["set"] = m["set"] && t.State != ticket.Closed
	for _, k := range careActs() {
		m[string(k)] = m[string(k)] && (t.State != ticket.Closed || k == ticket.ActAnswer)
	}
	m["supplier"] = m["supplier"] && !t.State.Done()
	return m
}

// readAct reads what a form of the page sends.
func readAct(c *fiber.Ctx) (actForm, ticket.ActionKind, error) {
	f := actForm{Do: c.FormValue("do"), Text: c.FormValue("text"), Diagnosis: c.FormValue("diagnosis"), Key: c.FormValue("key"),
		Other: strings.TrimSpace(c.FormValue("other")), Subject: c.FormValue("subject"), Without: c.FormValue("without"), careForm: readCare(c),
		pageForm: readPage(c), Script: ScriptStep{Article: c.FormValue("article"), Question: c.FormValue("question"), Answer: c.FormValue("answer"),
			Back: c.FormValue("move") == "back", Stop: c.FormValue("move") == "stop"}}
	f.Rev, _ = strconv.ParseInt(c.FormValue("rev"), 10, 64)
	f.Event, _ = strconv.ParseInt(c.FormValue("event"), 10, 64)
	for _, v := range c.Request().PostArgs().PeekMulti("seq") {
		seq, err := strconv.Atoi(string(v))
		if err != nil || seq <= 0 || len(f.Seqs) >= ticket.MaxMessages {
			return f, "", invalid("The form is not one of ours.")
		}
		f.Seqs = append(f.Seqs, seq)
	}
	for _, k := range consoleActs() {
		if string(k) != f.Do {
			continue
		}
		if f.Key == "" { // of a form that can be sent once by its nature
			f.Key = fmt.Sprintf("%s.%d.%d", k, f.Rev, f.Event)
			if len(f.Seqs) == 1 {
				f.Key += "." + strconv.Itoa(f.Seqs[0])
			}
			if f.Number > 0 {
				f.Key += "." + strconv.Itoa(f.Number)
			}
		}
		if plainName(f.Key) && f.Rev >= 0 && f.Event >= 0 {
			return f, k, nil
		}
	}
	return f, "", invalid("The form is not one of ours.")
}

// action is what a form wants done. The key makes a double click one action; it belongs to the person,
// so nobody's stands in for another's.
func (f actForm) action(k ticket.ActionKind, id ticket.ID, by ticket.Agent, now time.Time) (ticket.Action, error) {
	a := ticket.Action{Kind: k, Ticket: id, Rev: f.Rev, Text: f.Text, Diagnosis: f.Diagnosis, Key: "console:" + by.ID + ":" + id.String() + ":" + f.Key}
	switch k {
	case ticket.ActMerge, ticket.ActMove:
		other, err := ticket.ParseID(f.Other)
		if err != nil {
			return a, invalid("Name the other ticket by its number, such as T-1042.")
		}
		a.Other, a.Seqs = other, f.Seqs
		if k == ticket.ActMerge {
			a.Seqs = nil
		}
	case ticket.ActScript:
		if f.Script.Back || f.Script.Stop {
			f.Script.Question = "" // it stands in the same form
		}
		if a.Rev, a.Script = 0, f.Script.move(); a.Script == nil {
			return a, invalid("The form is not one of ours.")
		}
	case ticket.ActSplit:
		a.Seqs, a.Subject = f.Seqs, f.Subject
	case ticket.ActUndo:
		a.Event = f.Event
	case ticket.ActSet:
		if f.Without == "" {
			return a, invalid("The form is not one of ours.")
		}
		a.Without = []customer.Identity{{Kind: customer.Email, Value: f.Without}}
	case ticket.ActWithdraw:
		if len(f.Seqs) != 1 {
			return a, invalid("The form is not one of ours.")
		}
		a.Seq = f.Seqs[0]
	case ticket.ActReply:
		if a.Stay = f.Stay; f.Sure && f.Kind != "" {
			a.Promise = &ticket.Promise{Kind: ticket.PromiseKind(f.Kind), Due: f.Due}
		}
	default:
		if slices.Contains(pageActs(), k) {
			return f.paging(a, now)
		}
		if slices.Contains(careActs(), k) {
			return f.care(a, now)
		}
	}
	return a, nil
}

func (s *Server) ticketAct(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	f, kind, err := readAct(c)
	if err != nil {
		return err
	}
	w := callerOf(c)
	at := ticket.Ticket{}
	a, err := f.action(kind, id, *w.agent, s.now())
	if err == nil {
		doubt, err := s.doubted(c, f, a)
		if err != nil {
			return err
		}
		if doubt != nil {
			f.Key, f.Doubt = newID(), doubt
			return s.showTicket(c, http.StatusUnprocessableEntity, f, "")
		}
	}
	if err == nil {
		at, err = s.d.Backend.Act(c.UserContext(), *w.agent, a)
	}
	switch k := ticket.KindOf(err); {
	case err == nil:
	case k == ticket.Invalid || k == ticket.Conflict || k == ticket.Denied && slices.Contains(pageActs(), kind) || k == ticket.NotFound && (a.Other != 0 || a.Event != 0):
		f.Key = newID()
		return s.showTicket(c, explain(err).status, f, ticket.Explain(err)) // what was typed is kept
	default:
		return err
	}
	to := "/console/tickets/" + cmp.Or(at.ID, id).String() + "?done=" + doneWith(kind)
	if kind == ticket.ActScript {
		to += "#h-script" // whoever goes through a script goes on there
	}
	return c.Redirect(to, http.StatusSeeOther)
}

// doneWith names the notice that tells of an action.
func doneWith(k ticket.ActionKind) string {
	switch k {
	case ticket.ActMerge, ticket.ActSplit, ticket.ActMove, ticket.ActUndo, ticket.ActWithdraw, ticket.ActPage, ticket.ActScript:
		return string(k)
	}
	return "acted"
}

// seconds is how many of them are left, at least one.
func (s *Server) seconds(until time.Time) int { return max(1, int(until.Sub(s.now()).Seconds())) }
