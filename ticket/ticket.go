// Package ticket is the domain: tickets, their messages, what may be done to them, and the contract
// of the store that keeps them.
//
// What happens when things fail: a contact is accepted in one transaction or not at all
// ([Store.Accept]); an action is applied in one transaction or not at all ([Store.Act]); everything
// that must follow from either is a [Job] committed with it. The functions that decide
// ([Open], [Ticket.Receive], [Ticket.Apply]) are pure: they read no clock and do no I/O, so that
// what they decided can be repeated and explained.
//
// It imports the standard library and package customer only.
package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// ID is a ticket's number. People see it as "T-1042".
type ID int64

func (id ID) String() string { return "T-" + strconv.FormatInt(int64(id), 10) }

// ParseID reads "T-1042", "t-1042" or "1042".
func ParseID(s string) (ID, error) {
	d := strings.TrimSpace(s)
	if len(d) > 2 && (d[0] == 'T' || d[0] == 't') && d[1] == '-' {
		d = d[2:]
	}
	n, err := strconv.ParseInt(d, 10, 64)
	if err != nil || n <= 0 {
		return 0, Errorf("ticket.ParseID", Invalid, "%.40q is no ticket number; one looks like T-1042.", s)
	}
	return ID(n), nil
}

// State is where a ticket is in its life.
type State string

// The states of a ticket.
const (
	New     State = "new"     // nobody has acted yet
	Open    State = "open"    // somebody is to act: the owner, or the queue
	Pending State = "pending" // waiting for the customer
	OnHold  State = "on_hold" // waiting for somebody else: supplier, field work
	Solved  State = "solved"  // answered; the customer can still reopen it
	Closed  State = "closed"  // over; a follow-up opens a new ticket linked to it
)

// Done says that nobody is expected to act.
func (s State) Done() bool { return s == Solved || s == Closed }

// Priority orders work, urgent first.
type Priority string

// The priorities of a ticket.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

// Valid says whether p is one of the four.
func (p Priority) Valid() bool { return p == Low || p == Normal || p == High || p == Urgent }

// Limits of what one ticket holds, in the units of the field.
const (
	MaxSubject     = 500       // runes; longer subjects are cut
	MaxText        = 1 << 20   // bytes of one message's text
	MaxHTML        = 4 << 20   // bytes of one message's HTML
	MaxMessages    = 10_000    // messages of one ticket; then a new one is opened
	MaxParticipant = 200       // participants of one ticket
	MaxReason      = 2_000     // runes of a reason or a diagnosis
	MaxTags        = 50        // tags of one ticket
	MaxAttachments = 100       // attachments of one message
	DefaultPage    = 50        // rows of a listing when nothing is asked for
	MaxPage        = 500       // rows of a listing at the most
	FirstID        = ID(1_001) // the first ticket's number
)

// Ticket is one case. Rev counts its changes: an [Action] that names an older Rev is a Conflict.
type Ticket struct {
	ID           ID                      `json:"id"`
	Rev          int64                   `json:"rev"`
	Brand        string                  `json:"brand"`
	Channel      string                  `json:"channel"` // the channel it came in by, and is answered by
	Inbox        string                  `json:"inbox"`   // which mailbox, widget, line or Slack channel
	Subject      string                  `json:"subject"`
	Diagnosis    string                  `json:"diagnosis,omitempty"`
	State        State                   `json:"state"`
	HoldReason   string                  `json:"hold_reason,omitempty"`
	Priority     Priority                `json:"priority"`
	Language     string                  `json:"language,omitempty"` // BCP 47, the primary subtag
	Tier         string                  `json:"tier,omitempty"`     // name of the tier; "" until it is routed
	Queue        string                  `json:"queue,omitempty"`
	Owner        string                  `json:"owner,omitempty"`     // agent id; "" while it is in the queue
	OwnerAt      time.Time               `json:"owner_at,omitzero"`   // since when it is its owner's, or nobody's again
	OwnerBy      string                  `json:"owner_by,omitempty"`  // who has made it so: an agent id; "" is the gateway
	OwnerWhy     string                  `json:"owner_why,omitempty"` // why the gateway gave it to its owner, or to nobody yet
	Former       []string                `json:"former,omitempty"`    // who owned it before, the last one first
	Placed       *Placed                 `json:"placed,omitempty"`    // nil while no tier hands tickets out
	Customer     customer.ID             `json:"customer"`
	Organization customer.OrganizationID `json:"organization,omitempty"`
	Units        []string                `json:"units,omitempty"` // serial numbers
	Found        []Finding               `json:"found,omitempty"` // what customers named: telephone numbers, orders
	Tags         []string                `json:"tags,omitempty"`
	Skills       []string                `json:"skills,omitempty"`       // wanted of whoever gets it
	Participants []customer.Identity     `json:"participants,omitempty"` // who may follow up, the customer first
	FollowsUp    ID                      `json:"follows_up,omitempty"`   // the closed ticket that this one continues
	MergedInto   ID                      `json:"merged_into,omitempty"`  // where it goes on: it is closed, and what continues it goes there
	SplitFrom    ID                      `json:"split_from,omitempty"`   // the ticket of which it was a part
	Incident     IncidentID              `json:"incident,omitempty"`     // what hits many, and it, too; the last one
	Past         bool                    `json:"past,omitempty"`         // imported history: nobody was told of it, nothing is to be done
	Suggestions  []Suggestion            `json:"suggestions,omitempty"`
	Fits         bool                    `json:"fits"`                  // the best suggestion is likely to fit
	NoArticle    string                  `json:"no_article,omitempty"`  // the name of the agent who has said that no article answers it
	Signals      []Signal                `json:"signals,omitempty"`     // what the customer's words say beside their question
	Proposals    []Proposal              `json:"proposals,omitempty"`   // what rules would have people do
	Reasons      []string                `json:"reasons,omitempty"`     // why it is where it is, newest decision
	Page         *Page                   `json:"page,omitempty"`        // the newest
	PagesAside   []*Page                 `json:"pages_aside,omitempty"` // of other tiers, which went on when the newest was opened; oldest first
	Promises     []Promise               `json:"promises,omitempty"`    // given to the customer, in order
	Handoff      *Handoff                `json:"handoff,omitempty"`     // what the tier was told when it got it
	Supplies     []Supply                `json:"supplies,omitempty"`    // the times that it was with suppliers
	Informed     []Informed              `json:"informed,omitempty"`    // the times that leads were told of it
	Verified     *Verified               `json:"verified,omitempty"`    // staff has made sure who the customer is
	Helpers      []string                `json:"helpers,omitempty"`     // agent ids who work on it beside its owner
	Returned     int                     `json:"returned,omitempty"`    // how often it was given back to be written anew
	Reopened     int                     `json:"reopened,omitempty"`    // how often it was open again after it was solved
	Done         []string                `json:"done,omitempty"`        // what rules have done to it, which they do once
	Allow        *Allowance              `json:"allow,omitempty"`       // its clocks' own targets
	Clocks       []Clock                 `json:"clocks,omitempty"`      // what is due, and what was
	LastSeq      int                     `json:"last_seq"`              // Seq of the newest message
	LastPage     int                     `json:"last_page"`             // number of the newest page
	Opened       time.Time               `json:"opened"`
	Updated      time.Time               `json:"updated"`
	LastCustomer time.Time               `json:"last_customer,omitzero"` // newest message of the customer
	LastAgent    time.Time               `json:"last_agent,omitzero"`    // newest answer to the customer
	Answered     *Answered               `json:"answered,omitempty"`     // by the newest answer, until it has gone out
	StateAt      time.Time               `json:"state_at,omitzero"`      // since when it is in its state; zero: since it was opened
	TierAt       time.Time               `json:"tier_at,omitzero"`       // since when it is at its tier
	SolvedAt     time.Time               `json:"solved_at,omitzero"`
	CloseAt      time.Time               `json:"close_at,omitzero"`     // of a solved ticket: from then on it counts as closed
	Acknowledged time.Time               `json:"acknowledged,omitzero"` // when the customer was told that it has come in

	Heard      time.Time   `json:"heard,omitzero"`       // when the customer was last told anything
	Update     *Update     `json:"update,omitempty"`     // the next word that they are owed
	Questions  []Question  `json:"questions,omitempty"`  // about notes
	Complaints []Complaint `json:"complaints,omitempty"` // to which a lead owes an answer
	Later      []Scheduled `json:"later,omitempty"`      // answers that go out at their time
	LastLater  int         `json:"last_later,omitempty"` // number of the newest
	Scripts    []ScriptRun `json:"scripts,omitempty"`    // that were gone through with the customer; the newest may go on
}

// Has says whether an identity takes part in this ticket.
func (t *Ticket) Has(i customer.Identity) bool {
	return slices.ContainsFunc(t.Participants, func(p customer.Identity) bool {
		return p.Kind == i.Kind && p.Value == i.Value
	})
}

// since notes when the ticket came into its state, to its tier and to its owner.
func (t *Ticket) since(before *Ticket, now time.Time) {
	if t.State != before.State {
		t.StateAt = now
		if before.State.Done() && !t.State.Done() {
			t.Reopened++
		}
	}
	if t.Tier != before.Tier {
		t.TierAt = now
	}
	if t.Owner != before.Owner {
		t.OwnerAt = now
	}
}

// Over says that the ticket takes no more messages: what continues it opens one that follows it up.
func (t *Ticket) Over(now time.Time) bool {
	return t.State == Closed || t.LastSeq >= MaxMessages ||
		t.State == Solved && !t.CloseAt.IsZero() && !t.CloseAt.After(now)
}

// Suggestion is a knowledge-base article that may answer the case.
type Suggestion struct {
	Article  string   `json:"article"`
	Title    string   `json:"title"`
	Language string   `json:"language,omitempty"`
	Internal bool     `json:"internal,omitempty"` // not for the customer's eyes
	Score    float64  `json:"score"`              // 0 to 1, comparable between questions
	Why      []string `json:"why,omitempty"`
	Verdict  string   `json:"verdict,omitempty"` // "" or what an agent thinks of it: one of Verdicts
	By       string   `json:"by,omitempty"`      // the agent's name
}

// Signal is something in the customer's words that changes how they should be treated.
type Signal struct {
	Kind  string   `json:"kind"`  // anger, urgency, level2, manager, complaint, abuse, callback, safety, privacy, many
	Words []string `json:"words"` // as they wrote them
}

// Proposal is a step that a rule thinks right. People take it, or not.
type Proposal struct {
	Do  ActionKind `json:"do"` // one of Proposable
	Why string     `json:"why"`
	At  time.Time  `json:"at"`
}

// MessageKind says who is to see a message.
type MessageKind string

// The kinds of message.
const (
	Public MessageKind = "public" // customer and agents
	Note   MessageKind = "note"   // agents only
	System MessageKind = "system" // agents only; written by the gateway
)

// Direction of a public message.
type Direction string

// The directions of a public message. Notes have none.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Delivery is what became of an outgoing message.
type Delivery string

// The states of a delivery.
const (
	Queued     Delivery = "queued"
	Withdrawn  Delivery = "withdrawn" // taken back by its writer before it went out
	Sent       Delivery = "sent"      // the next hop has taken it
	Failed     Delivery = "failed"    // given up; the writer is told why
	NoDelivery Delivery = ""          // nothing is to be delivered
)

// Message is one thing that was said. (Ticket, Seq) is its id; "T-1042#3" for people.
type Message struct {
	Ticket      ID                  `json:"ticket"`
	Seq         int                 `json:"seq"` // 1, 2, 3 … within the ticket
	Kind        MessageKind         `json:"kind"`
	Direction   Direction           `json:"direction,omitempty"`
	Channel     string              `json:"channel,omitempty"`
	Author      Actor               `json:"author"`
	From        customer.Identity   `json:"from,omitzero"`
	With        []customer.Identity `json:"with,omitempty"` // others who took part: in copy, on the line
	Subject     string              `json:"subject,omitempty"`
	Text        string              `json:"text"` // what was written now; Markdown when Out, plain text when In
	Folded      string              `json:"folded,omitempty"`
	HTML        string              `json:"html,omitempty"`     // as it came; never shown unsanitised
	Fields      *NoteFields         `json:"fields,omitempty"`   // of a note
	External    string              `json:"external,omitempty"` // the channel's own id, such as a Message-ID
	References  []string            `json:"references,omitempty"`
	Attachments []Attachment        `json:"attachments,omitempty"`
	Auto        bool                `json:"auto,omitempty"`        // written by a machine: out-of-office and the like
	Turns       []Turn              `json:"turns,omitempty"`       // of a call
	Warnings    []string            `json:"warnings,omitempty"`    // shown to staff
	Delivery    Delivery            `json:"delivery,omitempty"`    // of an outgoing message
	Problem     string              `json:"problem,omitempty"`     // why the delivery failed, safe to show
	To          []customer.Identity `json:"to,omitempty"`          // of an answer that goes elsewhere than to who wrote last
	DeskRef     string              `json:"desk_ref,omitempty"`    // where the desk shows it
	ReplyTo     []customer.Identity `json:"reply_to,omitempty"`    // where an answer goes, when not to From
	Proven      string              `json:"proven,omitempty"`      // what shows that it is from whom it says: dkim, dmarc, slack; "" nothing
	NoAuto      string              `json:"no_auto,omitempty"`     // why nothing may answer it automatically
	ForwardedBy Actor               `json:"forwarded_by,omitzero"` // who of staff has passed it on
	NewTopic    string              `json:"new_topic,omitempty"`   // why it seems to begin another matter: a split is proposed
	SendAt      time.Time           `json:"send_at,omitzero"`      // until then an answer waits and can be taken back
	MovedTo     MessageID           `json:"moved_to,omitzero"`     // it counts there now, and is here for the record
	MovedFrom   MessageID           `json:"moved_from,omitzero"`   // it is a copy of that one, the first
	Mentions    []string            `json:"mentions,omitempty"`    // agent ids whom the desk brings into the thread by it
	Earlier     []Version           `json:"earlier,omitempty"`     // what it said before its writer changed it, the oldest first
	Edited      time.Time           `json:"edited,omitzero"`       // when its writer has last changed it
	Gone        time.Time           `json:"gone,omitzero"`         // when its writer has deleted it; Text is what it said
	Reactions   []Reaction          `json:"reactions,omitempty"`   // emoji that people have put on it
	At          time.Time           `json:"at"`
}

// MessageID names a message.
type MessageID struct {
	Ticket ID  `json:"ticket"`
	Seq    int `json:"seq"`
}

// IsZero says that none is named.
func (m MessageID) IsZero() bool { return m.Ticket == 0 }

func (m MessageID) String() string { return fmt.Sprintf("%s#%d", m.Ticket, m.Seq) }

// Root is as which the message was accepted or written, in whatever tickets it has been since.
func (m Message) Root() MessageID {
	if m.MovedFrom.IsZero() {
		return MessageID{m.Ticket, m.Seq}
	}
	return m.MovedFrom
}

// Turn is one stretch of speech in a call.
type Turn struct {
	Role       string  `json:"role"` // agent, customer, unknown
	Speaker    string  `json:"speaker,omitempty"`
	StartMS    int64   `json:"start_ms"`
	EndMS      int64   `json:"end_ms"`
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence,omitempty"` // 0 to 1; 0 is "not told"
}

// NoteFields are what a good note says (practice: note-template).
type NoteFields struct {
	Reported string `json:"reported,omitempty"`
	Tried    string `json:"tried,omitempty"`
	Result   string `json:"result,omitempty"`
	NextStep string `json:"next_step,omitempty"`
	Promised string `json:"promised,omitempty"`

	Call *CallNote `json:"call,omitempty"` // it is of a call
}

// Attachment names a blob: its bytes are kept under their SHA-256.
type Attachment struct {
	Name      string `json:"name"` // base name only
	Type      string `json:"type"` // media type
	Size      int64  `json:"size"` // bytes
	SHA256    string `json:"sha256"`
	Inline    bool   `json:"inline,omitempty"`
	ContentID string `json:"content_id,omitempty"` // without angle brackets
}

// ActorKind says what sort of somebody acted.
type ActorKind string

// The kinds of actor.
const (
	ByCustomer ActorKind = "customer"
	ByAgent    ActorKind = "agent"
	ByRule     ActorKind = "rule"   // ID is the rule's name
	BySystem   ActorKind = "system" // the gateway itself
	ByAPI      ActorKind = "api"    // ID is the key's name
)

// Actor is who did something.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id,omitempty"`
	Name string    `json:"name,omitempty"`
}

// Gateway is the actor for what the gateway does by itself.
var Gateway = Actor{Kind: BySystem, Name: "Tierline"}

// Event is one line of a ticket's history, which is only ever added to.
type Event struct {
	ID     int64             `json:"id"`
	Ticket ID                `json:"ticket"`
	Kind   string            `json:"kind"` // an ActionKind, or opened, received, reopened
	By     Actor             `json:"by"`
	Why    []string          `json:"why,omitempty"`
	Data   map[string]string `json:"data,omitempty"`
	At     time.Time         `json:"at"`
}

// Case is a previous ticket as the card of another one shows it.
type Case struct {
	ID        ID        `json:"id"`
	Subject   string    `json:"subject"`
	State     State     `json:"state"`
	Diagnosis string    `json:"diagnosis,omitempty"`
	Units     []string  `json:"units,omitempty"`
	Opened    time.Time `json:"opened"`
	Relation  string    `json:"relation"` // unit, customer, organization: the nearest that holds
}

func addUnique(list []string, more ...string) []string {
	for _, m := range more {
		if m != "" && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// cut shortens s to at most n runes.
func cut(s string, n int) string {
	i := 0
	for at := range s {
		if i == n {
			return s[:at]
		}
		i++
	}
	return s
}

func (m Message) String() string { return fmt.Sprintf("%s#%d", m.Ticket, m.Seq) }
