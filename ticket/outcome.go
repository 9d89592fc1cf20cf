package ticket

import (
	"context"
	"time"
)

// OutcomeKind is something that is counted.
type OutcomeKind string

// What is counted, each with the ticket that it came to pass in.
const (
	OutcomePromised       OutcomeKind = "promised"
	OutcomeKept           OutcomeKind = "promise_kept"
	OutcomeKeptLate       OutcomeKind = "promise_kept_late" // after it was broken
	OutcomeBroken         OutcomeKind = "promise_broken"
	OutcomeMoved          OutcomeKind = "promise_moved"
	OutcomeUnpromised     OutcomeKind = "promise_withdrawn"
	OutcomeUpdate         OutcomeKind = "update"
	OutcomeUpdateSkipped  OutcomeKind = "update_skipped"
	OutcomeReturned       OutcomeKind = "returned"         // a handover, to be written anew; Tier is that of its writer
	OutcomeUnclear        OutcomeKind = "unclear"          // a note whose writer was asked; likewise
	OutcomeUnclearLead    OutcomeKind = "unclear_lead"     // … and the lead, as no answer came
	OutcomeUnclearAnswer  OutcomeKind = "unclear_answered" //
	OutcomeComplaint      OutcomeKind = "complaint"        // Label is the policy
	OutcomeComplaintAnswr OutcomeKind = "complaint_answered"
	OutcomeWarned         OutcomeKind = "abuse_warned"
	OutcomeAbuseLead      OutcomeKind = "abuse_lead"
	OutcomeBlocked        OutcomeKind = "abuse_blocked"
	OutcomeMacro          OutcomeKind = "macro"        // an answer was made of one: Label is its article, Number how much was written anew, in percent
	OutcomeSolved         OutcomeKind = "solved"       // Label is what it was, in a word: the article that was used, or a tag
	OutcomeFirst          OutcomeKind = "solved_first" // … at the first contact: the customer wrote once, and no other tier was needed
	OutcomeReopened       OutcomeKind = "reopened"     // after it was solved; Tier is that which had solved it
	OutcomeMissed         OutcomeKind = "clock_missed" // Label is the clock
	OutcomeRouted         OutcomeKind = "searched"     // articles were looked up for it for the first time
	OutcomeGap            OutcomeKind = "gap"          // … and none fitted; Label is its subject
	OutcomeUsed           OutcomeKind = "article_used" // Label is the article's id, as of the next
	OutcomeFlagged        OutcomeKind = "article_faulty"
)

// Outcome is one thing that came to pass.
type Outcome struct {
	Kind   OutcomeKind `json:"kind"`
	Ticket ID          `json:"ticket"`
	Number int         `json:"number,omitempty"` // of the promise, question or complaint within the ticket
	Tier   string      `json:"tier,omitempty"`
	Label  string      `json:"label,omitempty"`
	Agent  string      `json:"agent,omitempty"` // whom it is counted for
	At     time.Time   `json:"at"`
}

// OutcomeQuery asks for what came to pass from Since until before Until, oldest first.
type OutcomeQuery struct {
	Since, Until time.Time
	After        string // goes on there; "" starts
	Limit        int    // DefaultPage when 0, at most MaxPage
}

// Measures keep what is counted and how long cases take.
type Measures interface {
	// Outcomes lists what came to pass. next is what to pass as After to go on; "" when that is all.
	Outcomes(ctx context.Context, q OutcomeQuery) (list []Outcome, next string, err error)
	// Spent gives what the newest solved cases took, at most MaxAlike: those of the first topic of which there
	// are MinAlike, else of the last. Its cost does not grow with the number of tickets.
	Spent(ctx context.Context, q Alike) (topic string, list []Spent, err error)
}

// count notes that something came to pass, in the tier in which the ticket is.
func (c *change) count(k OutcomeKind, number int, label string) {
	c.countFor(k, number, c.t.Tier, label, c.a.By.ID)
}

func (c *change) countFor(k OutcomeKind, number int, tier, label, agent string) {
	c.fx.Outcomes = append(c.fx.Outcomes, Outcome{Kind: k, Ticket: c.t.ID, Number: number, Tier: tier, Label: cut(label, 200), Agent: agent, At: c.now})
}
