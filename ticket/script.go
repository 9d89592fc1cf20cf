package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of guided scripts in one ticket.
const (
	MaxScripts = 20  // that were begun; the oldest is forgotten
	MaxAnswers = 200 // of one of them: then it ends
)

// ScriptEnd is how a guided script ended; "" while it goes on.
type ScriptEnd string

// The ends of a script.
const (
	ScriptDone    ScriptEnd = "done"     // the problem is gone
	ScriptSpent   ScriptEnd = "escalate" // nothing has helped: it is exhausted
	ScriptStopped ScriptEnd = "stopped"  // people went on without it
)

// ScriptRun is a guided script that is gone through with a customer, or was (practice: scripts).
type ScriptRun struct {
	Article string         `json:"article"` // which holds it
	Title   string         `json:"title"`
	Step    string         `json:"step,omitempty"` // the question to be asked; "" when it is over
	Answers []ScriptAnswer `json:"answers,omitempty"`
	End     ScriptEnd      `json:"end,omitempty"`
	From    ID             `json:"from,omitempty"` // it was begun in that ticket
	Began   time.Time      `json:"began"`
	Ended   time.Time      `json:"ended,omitzero"`
}

// ScriptAnswer is what came of one step.
type ScriptAnswer struct {
	Question string    `json:"question"`
	Answer   string    `json:"answer"`
	By       Actor     `json:"by"`
	At       time.Time `json:"at"`
	Known    bool      `json:"known,omitempty"` // it was answered before, and not asked again (practice: say-it-once)
}

// ScriptMove is one move of a script: what it is, and where the article says that it leads.
type ScriptMove struct {
	Article, Title string
	Ask            string         // the question that is answered; "" begins the script
	Answer         string         //
	Known          []ScriptAnswer // of the steps behind it that were answered before
	Step           string         // at which it goes on; or
	End            ScriptEnd      // how it ends
	From           ID             // when it begins: in which ticket it was begun
	Back           bool           // instead: the newest answer was wrong
	Stop           bool           // instead: it is not gone on with
}

// Script is the script that is being gone through, or nil.
func (t *Ticket) Script() *ScriptRun {
	if n := len(t.Scripts); n > 0 && t.Scripts[n-1].Ended.IsZero() {
		return &t.Scripts[n-1]
	}
	return nil
}

// Tried is what the script tells in one line: each step, and what came of it.
func (r ScriptRun) Tried() string {
	var parts []string
	for _, a := range r.Answers {
		parts = append(parts, a.Question+" "+a.Answer)
	}
	if len(parts) == 0 {
		return ""
	}
	return r.Title + ": " + strings.Join(parts, "; ")
}

// script makes one move. Whoever answers a step that somebody else has answered meanwhile is told so.
func (c *change) script() error {
	m := c.a.Script
	if m == nil || m.Article == "" {
		return invalid("Say which script.")
	}
	c.quiet = true
	c.t.Scripts = slices.Clone(c.t.Scripts)
	run := c.t.Script()
	c.say("article", m.Article)
	if m.Ask == "" && !m.Back && !m.Stop {
		return c.beginScript(m, run)
	}
	if run == nil || run.Article != m.Article || !m.Back && !m.Stop && run.Step != m.Ask {
		return Errorf("ticket.Apply", Conflict, "The script has gone on: look again.")
	}
	run.Answers = slices.Clone(run.Answers)
	switch {
	case m.Stop:
		c.endScript(run, ScriptStopped)
	case m.Back:
		for n := len(run.Answers); n > 0; n-- {
			last := run.Answers[n-1]
			run.Answers, run.Step = run.Answers[:n-1], last.Question
			if !last.Known {
				c.say("back", last.Question)
				return nil
			}
		}
		c.nothing = true
	default:
		c.say("question", m.Ask)
		c.say("answer", m.Answer)
		run.Answers = append(run.Answers, ScriptAnswer{Question: m.Ask, Answer: m.Answer, By: c.a.By, At: c.now})
		c.goOn(run, m)
	}
	return nil
}

func (c *change) beginScript(m *ScriptMove, run *ScriptRun) error {
	switch {
	case c.t.State.Done():
		return invalid("%s is %s. Reopen it first.", c.t.ID, c.t.State)
	case run != nil && run.Article == m.Article:
		c.nothing = true
		return nil
	case run != nil:
		c.endScript(run, ScriptStopped)
	}
	if len(c.t.Scripts) >= MaxScripts {
		c.t.Scripts = c.t.Scripts[1:]
	}
	c.t.Scripts = append(c.t.Scripts, ScriptRun{Article: m.Article, Title: cut(m.Title, MaxSubject), From: m.From, Began: c.now})
	c.say("title", m.Title)
	c.goOn(c.t.Script(), m)
	return nil
}

// goOn takes over what is known of the steps that follow, and goes to the one that is not.
func (c *change) goOn(run *ScriptRun, m *ScriptMove) {
	run.Answers = append(run.Answers, m.Known...)
	end := m.End
	if run.Step = m.Step; end == "" && (m.Step == "" || len(run.Answers) >= MaxAnswers) {
		end = ScriptSpent
	}
	if end != "" {
		c.endScript(run, end)
	}
}

// endScript tells the thread what was done, and proposes what follows: an exhausted script is a reason to hand the
// case on (practice: know-when).
func (c *change) endScript(run *ScriptRun, end ScriptEnd) {
	run.End, run.Step, run.Ended = end, "", c.now
	c.say("end", string(end))
	came := map[ScriptEnd]string{ScriptDone: "It helped.", ScriptSpent: "Nothing of it helped.", ScriptStopped: "It was not gone on with."}[end]
	if s := run.Tried(); s != "" {
		c.tell(fmt.Sprintf("Gone through: %s. %s", strings.TrimSuffix(s, "."), came))
	}
	if end == ScriptSpent {
		c.propose(Proposal{Do: ActEscalate, Why: fmt.Sprintf("%s was gone through, and nothing helped.", run.Title), At: c.now})
	}
}
