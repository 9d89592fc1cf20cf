package ticket

import (
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// Inbound is what every channel turns its input into. Channel, Inbox and External together are
// unique: a redelivery gives back what the first delivery gave.
type Inbound struct {
	Channel, Inbox, External string
	Brand                    string              // "" is the default brand
	Threads                  []ThreadKey         // how it may continue a ticket, most trusted first
	From                     customer.Identity   // who wrote
	ReplyTo                  []customer.Identity // where an answer goes, when not to From
	With                     []customer.Identity // others who took part: Cc, other speakers
	Subject, Text            string              // Text: what was written now
	Folded                   string              // quoted history and signatures, kept but folded away
	HTML                     string              // as it came
	Turns                    []Turn              // of a call
	References               []string            // ids of the messages it answers, oldest first
	Attachments              []Attachment
	Units                    []string   // serial numbers that were found in it
	Found                    []Finding  `json:",omitempty"` // what else was found in it
	Language                 string     // BCP 47, the primary subtag; "" when not known
	Auto                     bool       // written by a machine: recorded, reopens nothing, answers nothing
	Alone                    string     // a short code: when it continues no ticket it opens none; "" opens one
	Doubt                    string     `json:",omitempty"` // why it may not be from whom it says: only proof joins it to a ticket; "" is no doubt
	Warnings                 []string   // what staff should know: "sender could not be verified"
	At                       time.Time  // when it was written; zero takes the time of acceptance
	NewTopic                 string     `json:",omitempty"` // why it seems to begin another matter than the ticket's
	Proven                   string     `json:",omitempty"` // what shows that it is from whom it says; "" when nothing does
	NoAuto                   string     `json:",omitempty"` // why nothing may answer it automatically, though a person wrote it
	Forwarded                *Forwarded `json:",omitempty"` // staff has passed it on: From is who wrote it first
	Past                     *Past      `json:",omitempty"` // it is history: nobody is told, nothing is to be done
	Bounce                   *Bounce    `json:",omitempty"` // it reports on a message that went out, and is no message itself
	Mail                     *MailSeen  `json:"-"`          // of a mail: enters it into the ledger
	Belongs                  Belongs    `json:",omitzero"`  // From, as the channel knows it; zero: to whom the domain of their address says
}

// Belongs names an organization by a mail domain of its own, or by an id of the channel's such as
// "slack:T0123ABC". Name is what it is called when nobody knows it yet.
type Belongs struct{ Domain, Name string }

// Past makes a contact history, as an import brings it in: its ticket is closed, no job follows, and
// At is its time. A past contact joins past tickets only; a new one that continues a past ticket opens
// one that follows it up.
type Past struct {
	Out bool // it was written by us to the customer, who is Inbound.With[0]; From is who wrote it
}

// Forwarded makes a contact somebody else's that one of staff has passed on.
type Forwarded struct {
	By   Actor
	Note string // what they wrote above it: a note
}

// ThreadKey is one way in which a contact may belong to an existing ticket.
type ThreadKey struct {
	By     string // references, reply-token, subject-tag, session, call, thread: shown in reasons
	Key    string // looked up among the ids known of this channel; or
	Ticket ID     // the ticket itself, for a tag or a token that names it; with a Key, what counts when that is not known
	Proof  bool   // holding the key is enough; otherwise the sender must be a participant
	Weak   bool   // looked up only, never remembered for later contacts
}

// BySameID is how a contact is found whose id an earlier one had, too: the same in another inbox, or
// something else under an id that was used twice.
const BySameID = "same-id"

// Accepted is what became of one Inbound.
type Accepted struct {
	Ticket    ID
	Seq       int  // the message's number in the ticket
	Opened    bool // a new ticket was opened
	Duplicate bool // it had been accepted before; nothing was done
	// Suppressed: it continues no ticket and opens none (Inbound.Alone says why); Ticket is 0.
	Suppressed bool
	Match      *Match
}

// Match says how a contact was joined to a ticket, or why it was not.
type Match struct {
	By      string   `json:"by"`
	Score   float64  `json:"score"`  // 0 to 1: how sure it is that they belong together
	Ticket  ID       `json:"ticket"` // the ticket that the key named
	Joined  bool     `json:"joined"`
	Follows bool     `json:"follows,omitempty"` // it takes no more messages: a new ticket follows it up
	Reasons []string `json:"reasons,omitempty"`
}

// trust is how far each way of naming a ticket can be relied on.
var trust = map[string]float64{"reply-token": 1, "bounced": 1, "references": 0.97, "session": 1, "call": 1, "thread": 1, BySameID: 0.9,
	"thread-index": 0.85, "subject-tag": 0.8}

// Weigh gives the match its score: half of it when its sender may not write there.
func (m Match) Weigh() *Match {
	m.Score = 0.7
	if s, ok := trust[m.By]; ok {
		m.Score = s
	}
	if !m.Joined && !m.Follows {
		m.Score /= 2
	}
	return &m
}

// Effects are what follows from a decision, to be committed with it.
type Effects struct {
	Messages []Message
	Events   []Event
	Jobs     []Job
	Deliver  []DeliveryUpdate
	Amended  []Message // that say something else from now on
	Outcomes []Outcome
	Ladder   *Ladder
	Members  []Member // rows of incidents that have changed
	Print    *Print   // what the ticket is about
	Returned bool     // the customer has opened it again: its incident is to show that
	Moves    []Move   // messages that count in another ticket from now on
	Supplies []Supply // what is with suppliers now, or is back
	Drafts   []Draft  // answers that are not sent after all, for their writers
	Cancel   []string // Job.Unique of jobs that must not have begun: else nothing is done, and that is a Conflict
}

// Move says where a message counts from now on: the store copies From to To, with what became of its
// delivery. References to From are bound to To.
type Move struct {
	From, To MessageID
	Root     MessageID // as which it was accepted or written; From itself, when it is the first time that it moves
	Scope    string    // of its references
	Back     bool      // To stands there already: it was there before
}

// DeliveryUpdate changes what is known of an outgoing message.
type DeliveryUpdate struct {
	Seq      int
	Delivery Delivery
	External string // the channel's id of it, remembered for threading
	Problem  string
}

// OpenTicket makes the ticket for a contact that belongs to no other. The caller has given it the next
// id and knows the customer.
func OpenTicket(id ID, in Inbound, c customer.Customer, why *Match, now time.Time) (Ticket, Effects) {
	if in.Past != nil {
		return openPast(id, in, c, why, now)
	}
	t := Ticket{
		ID: id, Rev: 0, Brand: in.Brand, Channel: in.Channel, Inbox: in.Inbox,
		Subject: subjectOf(in), State: New, Priority: Normal,
		Language: firstOf(in.Language, c.Language), Customer: c.ID, Organization: c.Organization,
		Opened: now, Updated: now,
	}
	var fx Effects
	ev := Event{Ticket: id, Kind: "opened", By: authorOf(in, c), At: now,
		Data: map[string]string{"channel": in.Channel, "inbox": in.Inbox}}
	if in.Forwarded != nil {
		ev.By, ev.Data["for"] = in.Forwarded.By, in.From.Value
	}
	if why != nil && !why.Follows && in.NoAuto == "" { // an answer to ours from elsewhere: its own answers may come from elsewhere again
		in.NoAuto = "It names " + why.Ticket.String() + ", in which its sender takes no part."
	}
	if why != nil {
		ev.Why = why.Reasons
		if why.Ticket != 0 {
			ev.Data["not_joined_to"], ev.Data["score"] = why.Ticket.String(), strconv.FormatFloat(why.Score, 'g', 3, 64)
		}
	}
	fx.Events = append(fx.Events, ev)
	t.append(in, c, &fx, now)
	t.Rev = 1
	fx.Jobs = append(fx.Jobs, t.job(JobRoute, "route", PriorityCustomer))
	return t, fx
}

// Receive adds a contact to the ticket that it continues. A ticket that waits for the customer, or
// is solved, is open again; a machine's message changes no state.
func (t *Ticket) Receive(in Inbound, c customer.Customer, m *Match, now time.Time) Effects {
	if in.Past != nil {
		return t.recall("received", in, c, m, timeOf(in, now))
	}
	if in.Bounce != nil {
		return t.bounced(in, m, now)
	}
	var fx Effects
	before := *t
	ev := Event{Ticket: t.ID, Kind: "received", By: authorOf(in, c), At: now,
		Data: map[string]string{"channel": in.Channel}}
	if m != nil {
		ev.Why = m.Reasons
		ev.Data["matched_by"], ev.Data["score"] = m.By, strconv.FormatFloat(m.Score, 'g', 3, 64)
	}
	fx.Events = append(fx.Events, ev)
	in.NewTopic = firstOf(in.NewTopic, t.newTopic(in, m, now))
	if !in.Auto { // before it: the newest message is what came in
		t.endLater("the customer has written again.", &fx, now)
	}
	t.append(in, c, &fx, now)
	if !in.Auto && (t.State == Pending || t.State == OnHold || t.State == Solved) {
		fx.Events = append(fx.Events, Event{Ticket: t.ID, Kind: "reopened", By: ev.By, At: now,
			Data: map[string]string{"from": string(t.State)}})
		if fx.Returned = t.State == Solved && t.Incident != 0; fx.Returned {
			fx.Jobs = append(fx.Jobs, ShowIncident(t.Incident))
		}
		t.State, t.SolvedAt, t.CloseAt, t.HoldReason = Open, time.Time{}, time.Time{}, ""
	}
	t.Rev++
	t.Updated = now
	t.since(&before, now)
	fx.Jobs = append(fx.Jobs, t.job(JobShow, "desk", PriorityCustomer))
	if !in.Auto && t.Tier != "" {
		fx.Jobs = append(fx.Jobs, t.review(OnReply, ""))
	}
	for _, m := range fx.Messages {
		fx.Jobs = append(fx.Jobs, t.post(m.Seq, PriorityCustomer))
	}
	return fx
}

func (t *Ticket) append(in Inbound, c customer.Customer, fx *Effects, now time.Time) {
	by := Actor{}
	if f := in.Forwarded; f != nil {
		by = f.By
		if note := strings.TrimSpace(f.Note); note != "" {
			t.LastSeq++
			fx.Messages = append(fx.Messages, Message{Ticket: t.ID, Seq: t.LastSeq, Kind: Note, Author: by, Text: note, At: now})
		}
	}
	t.LastSeq++
	m := messageOf(in, c, timeOf(in, now))
	m.Ticket, m.Seq, m.ForwardedBy, m.NewTopic = t.ID, t.LastSeq, by, in.NewTopic
	fx.Messages = append(fx.Messages, m)
	t.invite(append([]customer.Identity{in.From}, in.With...))
	t.Units, t.Found = addUnique(t.Units, in.Units...), addFound(t.Found, in.Found...)
	if !in.Auto {
		t.LastCustomer = now
	}
	if t.Language == "" {
		t.Language = in.Language
	}
}

func messageOf(in Inbound, c customer.Customer, at time.Time) Message {
	return Message{
		Kind: Public, Direction: In, Channel: in.Channel, Author: authorOf(in, c),
		From: in.From, With: in.With, ReplyTo: in.ReplyTo, Subject: cut(in.Subject, MaxSubject),
		Text: in.Text, Folded: in.Folded, HTML: in.HTML, External: in.External, References: in.References,
		Attachments: in.Attachments, Auto: in.Auto, Turns: in.Turns, Warnings: in.Warnings, At: at,
		NoAuto: firstOf(in.NoAuto, in.Doubt), Proven: in.Proven,
	}
}

// invite makes people take part, as many as there may be, and gives those who did not before.
func (t *Ticket) invite(people []customer.Identity) (added []customer.Identity) {
	for _, p := range people {
		if !p.IsZero() && !t.Has(p) && len(t.Participants) < MaxParticipant {
			t.Participants, added = append(t.Participants, p), append(added, p)
		}
	}
	return added
}

func authorOf(in Inbound, c customer.Customer) Actor {
	return Actor{Kind: ByCustomer, ID: strconv.FormatInt(int64(c.ID), 10),
		Name: firstOf(in.From.Name, c.Name, in.From.Value)}
}

// noSubject stands in for the subject of a contact that has neither subject nor text.
const noSubject = "(no subject)"

func subjectOf(in Inbound) string {
	if s := strings.TrimSpace(in.Subject); s != "" {
		return cut(s, MaxSubject)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(in.Text), "\n")
	if s := strings.TrimSpace(cut(line, 80)); s != "" {
		return s
	}
	return noSubject
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
