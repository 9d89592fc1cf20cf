package ticket

import (
	"context"
	"time"

	"tierline/customer"
)

// ActionKind is what somebody wants done to a ticket.
type ActionKind string

// Every way in which a ticket changes, other than by a contact of the customer.
const (
	ActRoute      ActionKind = "route"       // Decision: the router's
	ActTake       ActionKind = "take"        // By becomes the owner
	ActAssign     ActionKind = "assign"      // Owner, or "" for back to the queue
	ActHandOut    ActionKind = "hand_out"    // the gateway's: Owner ("" is the queue) by an Offer, for a Reason; Text is told in the thread
	ActReply      ActionKind = "reply"       // Text to the customer, Attachments; waits for the customer then. With External it was said there already
	ActNote       ActionKind = "note"        // Text or Note, for agents only. Changes no Rev
	ActEscalate   ActionKind = "escalate"    // to Tier, with a Reason and a Handoff
	ActReturn     ActionKind = "return"      // back to whoever handed it over, to be written anew, with a Reason
	ActJoin       ActionKind = "join"        // By works on it beside its owner
	ActRelease    ActionKind = "release"     // By no longer does; an owner hands it to Owner, who has joined
	ActPage       ActionKind = "page"        // Tier, Reason, Severity, Plan: ring people, or join the page that rings them
	ActAccept     ActionKind = "accept"      // a paged person takes it (Page = number); Promise, if any, is made with it
	ActDecline    ActionKind = "decline"     // a paged person does not, with a Reason; goes on at once
	ActNeed       ActionKind = "need"        // a paged person needs Wait first; the page waits for them
	ActHand       ActionKind = "hand"        // a paged person hands the page to Owner
	ActSnooze     ActionKind = "snooze"      // a paged person is rung again after Wait; the page goes on meanwhile
	ActPaged      ActionKind = "paged"       // Call: what became of one try to reach a person. Changes no Rev
	ActPageDue    ActionKind = "page_due"    // Page, Step (its ring) and At: nobody answered in time
	ActSolve      ActionKind = "solve"       // with a Diagnosis, unless it has one
	ActReopen     ActionKind = "reopen"      //
	ActClose      ActionKind = "close"       //
	ActHold       ActionKind = "hold"        // with a Reason: supplier, field work
	ActSet        ActionKind = "set"         // Subject, Diagnosis, Priority, Language, Tags, Untag, Units, Without: what is not empty
	ActVerdict    ActionKind = "verdict"     // Article and Verdict: what an agent thinks of a suggestion; Reason: what is wrong with it. Changes no Rev
	ActMerge      ActionKind = "merge"       // all of it goes on in Other; this ticket is closed. Act gives Other
	ActSplit      ActionKind = "split"       // messages Seqs become a ticket of their own, with Subject. Act gives the new one
	ActMove       ActionKind = "move"        // messages Seqs go on in Other. Act gives Other
	ActUndo       ActionKind = "undo"        // take back the merge, split or move that Event tells of, or (0) the last one
	ActLater      ActionKind = "later"       // as reply, but to go out At
	ActLaterNow   ActionKind = "later_now"   // the scheduled answer Number goes out now
	ActLaterDue   ActionKind = "later_due"   // its time has come: the gateway's
	ActUnlater    ActionKind = "unlater"     // the scheduled answer Number is taken back; by the gateway for a Reason
	ActResend     ActionKind = "resend"      // answer Seq, which could not be delivered, once more; To another address
	ActWithdraw   ActionKind = "withdraw"    // take back the answer Seq that has not gone out yet
	ActPromise    ActionKind = "promise"     // Promise: its Kind, What and Due
	ActKeep       ActionKind = "keep"        // Promise: that of its Number was kept
	ActUnpromise  ActionKind = "unpromise"   // Promise: that of its Number does not hold any more, for a Reason
	ActPromiseDue ActionKind = "promise_due" // promise number Page: its owner is to be reminded (Step 0), or it is due (Step 1)
	ActRepromise  ActionKind = "repromise"   // Promise: that of its Number is due at its Due instead, for a Reason; Text tells the customer
	ActUpdateDue  ActionKind = "update_due"  // the time At of the steady update: a reminder (Step 0), or Text to the customer (Step 1)
	ActPostpone   ActionKind = "postpone"    // the steady update is due At instead
	ActAsk        ActionKind = "ask"         // the writer (Owner) of note Seq is asked Text, and answers by At. Changes no Rev
	ActAnswer     ActionKind = "answer"      // Text answers question Number. Changes no Rev
	ActAskDue     ActionKind = "ask_due"     // nobody has answered question Number in time
	ActComplain   ActionKind = "complain"    // About, Policy, Reason: the lead owes an answer by At; Text tells the customer
	ActAmends     ActionKind = "amends"      // the lead's answer Text to complaint Number
	ActAbuse      ActionKind = "abuse"       // the customer goes to Rung for a Reason; Text warns them; a block is until At
	ActClock      ActionKind = "clock"       // the time At of clock Step has come. Changes no Rev
	ActSupplier   ActionKind = "supplier"    // Supply: it is with a supplier, or what is known of it there
	ActSupplied   ActionKind = "supplied"    // it is back from its supplier, with what came of it as Reason
	ActInform     ActionKind = "inform"      // have the leads, or Owner of them, hear of it for a Reason: the case stays where it is
	ActHeard      ActionKind = "heard"       // By has heard of it, and Reason is what they will do
	ActVerify     ActionKind = "verify"      // the customer is who they say; Reason is how that is known. Verdict NotVerified takes it back
	ActScript     ActionKind = "script"      // Script: one move of a guided script. Changes no Rev
	ActAmend      ActionKind = "amend"       // message Seq says Text now, since At, or (Gone) nothing any more. Changes no Rev
	ActReact      ActionKind = "react"       // By puts Emoji on message Seq, or (Gone) takes it off. Changes no Rev
	ActDelivered  ActionKind = "delivered"   // message Seq went out; External is its id. Changes no Rev
	ActFailed     ActionKind = "failed"      // message Seq cannot be delivered, for Reason. Changes no Rev
)

// Action is every intent: from Slack, the web, the API or the router.
type Action struct {
	Kind   ActionKind
	Ticket ID
	Rev    int64  // the Rev that By saw; 0 does not care
	By     Actor  //
	Key    string // idempotency: a second action of the same Key changes nothing; "" has none
	Job    Job    // the job this action is the work of (ID and Lease): finished in the same commit

	Text        string
	Note        *NoteFields
	Attachments []Attachment
	Tier        string
	Queue       string
	Owner       string
	Reason      string
	Subject     string
	Diagnosis   string
	Language    string
	Priority    Priority
	Tags        []string
	Untag       []string // of set: tags to take off
	Units       []string
	Without     []customer.Identity // participants to leave out of answers from now on
	Article     string
	Verdict     string
	Decision    *Decision
	Promise     *Promise // of a reply: that it makes
	Supply      *Supply
	Handoff     *Handoff      // of an escalation
	Down        bool          // of an escalation: the tier is below the one that the ticket is at, and is given instructions
	Offer       *Offer        // of what is handed out
	Severity    Priority      // of a page; "" is the ticket's priority
	Plan        *PagePlan     // of a page: who is rung, as things are now
	Call        *PageCall     // what became of it: its ID, State, Why, At and Ref
	Wait        time.Duration // of need and snooze: how long; of a reply: how long it can be taken back; of a solve: until it is closed (0: never)
	Page        int
	Step        int
	Seq         int
	Seqs        []int // messages to split or move
	Other       ID    // the ticket to merge or move into
	Event       int64 // the event to undo
	At          time.Time
	Incident    IncidentID        // of which it is a part; the store fills in what it knows of it
	In          *Membership       // filled in by the store
	Of          *Message          // likewise: the message Seq, of an amendment, a reaction or a resend
	To          customer.Identity // of a resend
	Emoji       string
	Gone        bool
	Script      *ScriptMove
	External    string
	DeskRef     string        // of a note that the desk already shows
	Number      int           // of a question or a complaint within the ticket, or of an update of the incident
	Form        string        // of a reply: the form in which it was written; its draft is done with
	Macro       string        // of a reply: the article of the macro that it was made of
	Changed     int           // of that: how much was written anew, in percent
	Solve       bool          // of a reply: it solves the ticket, with a Diagnosis, and CloseIn
	CloseIn     time.Duration // of that: until the ticket is closed (0: never)
	Stay        bool          // of a reply: it is ours to act still, and the customer is not waited for
	About       About         // of a complaint
	Policy      string        // likewise
	Rung        customer.Rung
	Until       time.Time     // of a steady update: by when its text says that the customer hears again
	Look        bool          // of a set: its units are to be looked at
	Decay       time.Duration // after which steps of the abuse ladder count no more
}

// Decision is what the router made of a ticket, and why.
type Decision struct {
	Tier, Queue, Owner string
	Priority           Priority
	Tags               []string
	Suggestions        []Suggestion
	Fits               bool
	Reasons            []string
	Unsearched         bool       // the search did not answer: what was found before stays
	On                 RouteEvent // why it was looked at; "" is opened
	Signals            []Signal
	Propose            []Proposal
	Look               bool         // its units are to be looked at
	Steps              []Step       // that rules do themselves
	Answers            []AutoAnswer // that rules give
	Allow              *Allowance   // of its clocks; nil leaves them
	Acknowledge        string       // Markdown that tells the customer that it has come in; "" tells nothing
	Print              *Print       // what it is about, for those that come after it; nil remembers nothing
	Skills             []string
	Incident           string // what rules say that it is part of: a short name, the same for all tickets of one
}

// Outbound is a message on its way to the customer, with all that a sender needs to know.
type Outbound struct {
	Ticket   Ticket
	Message  Message
	Brand    Brand // in whose name; zero when the gateway names none
	To       []customer.Identity
	Cc       []customer.Identity
	Previous []Message // the public messages before it, newest last, at most 50
	Again    bool      // an earlier try may have gone out
	Progress Progress  // of earlier tries
	// Record keeps what has become of it so far, before it is tried again for the others. nil keeps nothing.
	Record func(context.Context, Progress) error
}
