package ticket

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// IncidentID is an incident's number. People see it as "I-12".
type IncidentID int64

func (id IncidentID) String() string { return "I-" + strconv.FormatInt(int64(id), 10) }

// ParseIncidentID reads "I-12", "i-12" or "12".
func ParseIncidentID(s string) (IncidentID, error) {
	d := strings.TrimSpace(s)
	if len(d) > 2 && (d[0] == 'I' || d[0] == 'i') && d[1] == '-' {
		d = d[2:]
	}
	n, err := strconv.ParseInt(d, 10, 64)
	if err != nil || n <= 0 {
		return 0, Errorf("ticket.ParseIncidentID", Invalid, "%.40q is no incident's number; one looks like I-12.", s)
	}
	return IncidentID(n), nil
}

// IncidentState is where an incident is in its life.
type IncidentState string

// The states of an incident.
const (
	IncidentProposed  IncidentState = "proposed"  // tickets are alike; nobody has said that it is one
	IncidentOpen      IncidentState = "open"      // it is one, and worked on
	IncidentResolved  IncidentState = "resolved"  // its tickets are solved, or about to be
	IncidentDismissed IncidentState = "dismissed" // it was none
)

// IncidentStates are all states there are.
var IncidentStates = []IncidentState{IncidentProposed, IncidentOpen, IncidentResolved, IncidentDismissed}

// Live says that fresh tickets like its own belong to it.
func (s IncidentState) Live() bool { return s == IncidentProposed || s == IncidentOpen }

// Limits of incidents.
const (
	MaxIncidentTickets = 5_000 // tickets of one
	MaxIncidentAdd     = 200   // tickets of one action
	MaxIncidentUpdates = 100   // updates to customers, the resolution among them
	MaxIncidentText    = 10_000
	maxIncidentLog     = 300 // lines; then the oldest go
	maxIncidentWhy     = 12
	maxIncidentTitle   = 150 // runes
)

// Incident is one fault that many customers are hit by (practice: many-affected). ITIL calls it a major
// incident; what ITIL calls an incident is a ticket here. Rev counts its changes.
type Incident struct {
	ID          IncidentID       `json:"id"`
	Rev         int64            `json:"rev"`
	Title       string           `json:"title"`
	State       IncidentState    `json:"state"`
	Tier        string           `json:"tier,omitempty"`        // who works on it
	Signature   string           `json:"signature,omitempty"`   // of one that a rule has asked for: the rule's name for it
	Why         []string         `json:"why,omitempty"`         // why its tickets are alike
	Instruction string           `json:"instruction,omitempty"` // to the agents who have its tickets
	Updates     []IncidentUpdate `json:"updates,omitempty"`     // to customers, oldest first
	Diagnosis   string           `json:"diagnosis,omitempty"`   // what it was
	Reason      string           `json:"reason,omitempty"`      // why it was dismissed
	By          Actor            `json:"by"`                    // who proposed or opened it
	OpenedBy    Actor            `json:"opened_by,omitzero"`
	ResolvedBy  Actor            `json:"resolved_by,omitzero"`
	Begun       time.Time        `json:"begun"`    // when the first of its tickets was opened
	Proposed    time.Time        `json:"proposed"` // when it was noticed
	Opened      time.Time        `json:"opened,omitzero"`
	Resolved    time.Time        `json:"resolved,omitzero"`
	Dismissed   time.Time        `json:"dismissed,omitzero"`
	Quiet       time.Time        `json:"quiet,omitzero"` // until then nothing like it is proposed again
	Updated     time.Time        `json:"updated"`
	Log         []IncidentLine   `json:"log,omitempty"` // what people did, oldest first
}

// IncidentUpdate is something that the customers of an incident are told, once each.
type IncidentUpdate struct {
	Number    int               `json:"number"`          // 1, 2, 3 … within the incident
	Texts     map[string]string `json:"texts,omitempty"` // Markdown, by language (BCP 47, the primary subtag)
	Fallback  string            `json:"fallback,omitempty"`
	Final     bool              `json:"final,omitempty"` // it is the resolution: the tickets are solved with it. It may say nothing
	By        Actor             `json:"by"`
	At        time.Time         `json:"at"`
	Due       time.Time         `json:"due"` // until then it can be taken back
	Withdrawn bool              `json:"withdrawn,omitempty"`
}

// Text is what is told in a language; in says in which language it is, and is not language when there is
// no text in it.
func (u IncidentUpdate) Text(language string) (text, in string) {
	if t := u.Texts[language]; t != "" {
		return t, language
	}
	return u.Texts[u.Fallback], u.Fallback
}

// IncidentLine is one line of what was done.
type IncidentLine struct {
	At   time.Time `json:"at"`
	By   Actor     `json:"by"`
	Text string    `json:"text"`
}

// Update is the update of a number, or nil.
func (i *Incident) Update(number int) *IncidentUpdate {
	if number < 1 || number > len(i.Updates) {
		return nil
	}
	return &i.Updates[number-1]
}

// Newest is the newest update that was not taken back, or nil.
func (i *Incident) Newest() *IncidentUpdate {
	for n := len(i.Updates) - 1; n >= 0; n-- {
		if !i.Updates[n].Withdrawn {
			return &i.Updates[n]
		}
	}
	return nil
}

// MemberState says how a ticket belongs to an incident.
type MemberState string

// The ways in which a ticket belongs to an incident.
const (
	MemberLinked MemberState = "linked"
	MemberMaybe  MemberState = "maybe" // it is alike, but not enough to be linked by itself: people decide
	MemberApart  MemberState = "apart" // people have taken it out; it is not linked by itself again
)

// Member is one ticket of an incident.
type Member struct {
	Incident IncidentID  `json:"incident"`
	Ticket   ID          `json:"ticket"`
	Customer customer.ID `json:"customer"`
	Language string      `json:"language,omitempty"` // of the customer
	State    MemberState `json:"state"`
	Score    float64     `json:"score,omitempty"` // how alike, 0 to 1; 0 when a person has named it
	Why      []string    `json:"why,omitempty"`
	By       Actor       `json:"by"`
	At       time.Time   `json:"at"`
	Told     int         `json:"told,omitempty"`     // number of the newest update that was told, or passed over
	Skipped  string      `json:"skipped,omitempty"`  // why that one was not told
	In       string      `json:"in,omitempty"`       // the language in which it was told, when it is not the customer's
	Solved   bool        `json:"solved,omitempty"`   // by the resolution
	Returned bool        `json:"returned,omitempty"` // the customer has written again after it was solved
}

// IncidentDo is what somebody wants done to an incident.
type IncidentDo string

// Every way in which an incident changes.
const (
	DoPropose  IncidentDo = "propose"  // ID 0: Title, Tier, Tickets, Why. One that has such a ticket already takes the others in
	DoOpen     IncidentDo = "open"     // it is one; with ID 0 it is made. Title, Tier and Text (the instruction) as far as they say something
	DoDismiss  IncidentDo = "dismiss"  // it is none, for a Reason; nothing like it is proposed for Wait
	DoLink     IncidentDo = "link"     // Tickets belong to it
	DoUnlink   IncidentDo = "unlink"   // Tickets do not
	DoInstruct IncidentDo = "instruct" // Text for agents; Title, when it says something
	DoUpdate   IncidentDo = "update"   // Texts to customers, after Wait
	DoWithdraw IncidentDo = "withdraw" // take update Number back, before it goes out; of a resolution: it is open again
	DoResolve  IncidentDo = "resolve"  // Diagnosis, and Texts to customers; after Wait its tickets are solved
	DoReopen   IncidentDo = "reopen"   // it is not over. Tickets stay as they are
)

// IncidentAction is one intent.
type IncidentAction struct {
	Do        IncidentDo
	ID        IncidentID
	Rev       int64 // the Rev that By saw; 0 does not care
	By        Actor
	Key       string // idempotency, as in Action
	Job       Job    // finished in the same commit, as in Action
	Title     string
	Tier      string
	Signature string
	Text      string
	Texts     map[string]string
	Fallback  string // the language of Texts that stands in for others
	Diagnosis string
	Reason    string
	Why       []string
	Tickets   []Candidate
	Number    int
	Page      bool // of a proposal: ring whoever is on call for Tier
	Wait      time.Duration
}

// Candidate is a ticket that is, or may be, part of an incident.
type Candidate struct {
	Ticket ID
	Score  float64
	Why    []string
	Maybe  bool // alike, but not enough

	// What the store fills in.
	Customer  customer.ID
	Language  string
	State     State
	Opened    time.Time
	Elsewhere IncidentID // the live incident that it is linked to
}

// Tally counts what has become of an incident's tickets.
type Tally struct {
	Linked   int `json:"linked"`
	Maybe    int `json:"maybe"`
	Apart    int `json:"apart"`
	Done     int `json:"done"`     // linked, and solved or closed
	Solved   int `json:"solved"`   // linked, and solved by the resolution
	Told     int `json:"told"`     // linked, and told of the newest update
	Skipped  int `json:"skipped"`  // linked, and passed over by it
	Returned int `json:"returned"` // the customer has written again after it was solved
	Waiting  int `json:"waiting"`  // linked, and neither told nor passed over yet; 0 when there is no update
}

// IncidentFilter selects incidents; what is empty does not matter.
type IncidentFilter struct {
	States []IncidentState
	After  IncidentID // keyset: those with a lower number, newest first; 0 starts
	Limit  int        // DefaultPage when 0, at most MaxPage
}

// Incidents keeps what hits many.
type Incidents interface {
	// ActIncident loads the incident, applies the action, saves and enqueues, in one transaction; see
	// [IncidentAction] for Rev, Key and Job. A proposal of the gateway's that finds a live incident with
	// one of its tickets or with its signature adds to that one; it gives the zero Incident, and does
	// nothing, when the most of its tickets are of one that was dismissed and is to stay quiet.
	ActIncident(ctx context.Context, a IncidentAction) (Incident, error)
	Incident(ctx context.Context, id IncidentID) (Incident, error)
	Incidents(ctx context.Context, f IncidentFilter) ([]Incident, error)
	// Members lists an incident's tickets with a number above after, in their order.
	Members(ctx context.Context, id IncidentID, after ID, limit int) ([]Member, error)
	// Tally counts them; update is the number of the update that is counted.
	Tally(ctx context.Context, id IncidentID, update int) (Tally, error)
	// Prints are what tickets that were opened in [since, before) are about, newest first: not those that
	// are merged or history.
	Prints(ctx context.Context, since, before time.Time, limit int) ([]Print, error)
	// IncidentPrints are the prints of an incident's linked tickets, newest first.
	IncidentPrints(ctx context.Context, id IncidentID, limit int) ([]Print, error)
}

// Print is what a ticket is about, in terms by which it is compared with others.
type Print struct {
	Ticket       ID                      `json:"ticket"`
	Opened       time.Time               `json:"opened"`
	Terms        []string                `json:"terms"` // sorted, each without blanks
	Customer     customer.ID             `json:"-"`
	Organization customer.OrganizationID `json:"-"`
	State        State                   `json:"-"`
	Incident     IncidentID              `json:"-"` // the live one that it is linked to
}

// The jobs of incidents.
const (
	JobIncident     JobKind = "incident"      // what an incident does to one of its tickets: an [IncidentWork] in the payload
	JobIncidentShow JobKind = "incident_show" // make the card of an incident tell what it should
	JobAlike        JobKind = "alike"         // is the ticket one of many that are alike?
)

// IncidentWork is what a [JobIncident] is to do to a ticket.
type IncidentWork struct {
	Incident IncidentID `json:"incident"`
	Do       ActionKind `json:"do"` // link, unlink, announce or page
	Number   int        `json:"number,omitempty"`
}

// Work reads what a job of an incident is to do.
func (j Job) Work() (w IncidentWork, err error) {
	if err = json.Unmarshal(j.Payload, &w); err == nil && w.Incident <= 0 {
		err = fmt.Errorf("no incident")
	}
	if err != nil {
		err = E("ticket.Work", Invalid, err)
	}
	return w, err
}

// incidentJob does something to one ticket of an incident. It has no key: one ticket does not wait for
// another, and what is due later holds up nothing.
func incidentJob(t ID, w IncidentWork, at time.Time) Job {
	j := Job{Kind: JobIncident, Ticket: t, Priority: PriorityCustomer, RunAt: at}
	j.Payload, _ = json.Marshal(w) // has no error
	j.Unique = fmt.Sprintf("incident:%d:%s:%d:%d", w.Incident, w.Do, w.Number, t)
	return j
}

// ShowIncident makes the card of an incident tell what it should.
func ShowIncident(id IncidentID) Job {
	j := Job{Kind: JobIncidentShow, Priority: PriorityDesk, Key: fmt.Sprintf("incident:%d", id), Unique: fmt.Sprintf("incident_show:%d", id)}
	j.Payload, _ = json.Marshal(IncidentWork{Incident: id}) // has no error
	return j
}

// add appends a line to the log.
func (i *Incident) note(by Actor, now time.Time, format string, args ...any) {
	i.Log = append(i.Log, IncidentLine{At: now, By: by, Text: fmt.Sprintf(format, args...)})
	i.Log = i.Log[max(0, len(i.Log)-maxIncidentLog):]
}

func (i *Incident) clone() Incident {
	n := *i
	n.Why, n.Updates, n.Log = slices.Clone(i.Why), slices.Clone(i.Updates), slices.Clone(i.Log)
	return n
}

// Rule reads the short name that a rule gave what a [JobAlike] looks at.
func (j Job) Rule() (rule string) {
	_ = json.Unmarshal(j.Payload, &rule) // without one it is ""
	return rule
}

// alike asks whether a ticket is one of many. rule is the short name that a rule gives them; "" is none.
func (t *Ticket) alike(rule string) Job {
	j := Job{Kind: JobAlike, Ticket: t.ID, Priority: PriorityDesk, Unique: fmt.Sprintf("alike:%d:%s", t.ID, rule)}
	j.Payload, _ = json.Marshal(rule) // has no error
	return j
}

// tellIncident has the card of a ticket's incident told that the ticket stands otherwise than before.
func (t *Ticket) tellIncident(before *Ticket) []Job {
	if t.Incident == 0 || t.State.Done() == before.State.Done() {
		return nil
	}
	return []Job{ShowIncident(t.Incident)}
}
