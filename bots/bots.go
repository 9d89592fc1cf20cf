// Package bots is the contract of the agents' desk: what a chat tool must show, and what it may ask
// for. It knows no vendor; bots/slack is the first desk.
//
// What happens when things fail: a desk is shown things by jobs of the outbox, so a dead chat tool
// delays and loses nothing. Each call says by Again whether an earlier try may have reached the tool;
// the desk then looks for what it posted before it posts again. A click is persisted through
// [Backend] before it is acknowledged.
package bots

import (
	"context"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// Desk is where agents work.
type Desk interface {
	// Name is the vendor: "slack".
	Name() string
	// Run takes clicks and messages to the backend until ctx ends.
	Run(ctx context.Context) error
	// Ready is nil while the desk is connected. It does no I/O.
	Ready() error
	// Away says why nothing can be shown now, and when to try again, or nil. Now and then it asks the tool.
	Away(ctx context.Context) error
	// Show makes the card tell what it should: it is edited in place where it stands (the last of
	// places, when that is in the card's tier's channel), or posted. When the ticket has moved to
	// another tier, the old place is left as a pointer to the new one. It returns the place of the
	// card now.
	Show(ctx context.Context, c Card, places []string, again bool) (place string, err error)
	// Post shows one message in the thread at place, or brings it up to date when m.DeskRef says
	// that it is shown already. It returns where it is shown.
	Post(ctx context.Context, c Card, place string, m ticket.Message, again bool) (ref string, err error)
	// Tell tells one person something of a ticket.
	Tell(ctx context.Context, n Notice, again bool) error
	// Page tells one person that they are wanted, or (ref is not "") brings what they were told up
	// to date. It returns where that is. Just before a new one is posted it asks p.Still, after every
	// wait: its error is returned, and nothing is posted.
	Page(ctx context.Context, p PageNotice, ref string, again bool) (string, error)
	// ShowIncident makes the card of an incident tell what it should, in place (the last of places), or
	// posts it. It returns the place of the card now.
	ShowIncident(ctx context.Context, c IncidentCard, places []string, again bool) (place string, err error)
	// Announce shows an overview to everybody in a channel, or (ref is not "") brings the one there up to date; one that
	// somebody has deleted stays away. It returns where that is.
	Announce(ctx context.Context, a Announcement, ref string, again bool) (string, error)
}

// IncidentCard is what people see of an incident.
type IncidentCard struct {
	Incident  ticket.Incident
	Tally     ticket.Tally
	Tier      Tier
	Place     string           // the desk's channel for it: a name or an id
	Tickets   []IncidentTicket // the first of those that are linked
	Maybe     []IncidentTicket // the first of those that people are to decide on
	Skipped   []IncidentTicket // the first of those that the newest update has passed over
	Returned  []IncidentTicket // the first of those whose customer has written again
	Languages map[string]int   // of the customers of the linked ones
	URL       string           // in the console; "" when there is none
	Now       time.Time
}

// IncidentTicket is a ticket as the card of its incident tells it.
type IncidentTicket struct {
	ticket.Member
	Subject  string
	Text     string // what the customer wrote first
	State    ticket.State
	Language string
	Place    string // of its card; "" when it has none
}

// CaseIncident is what the card of a ticket tells of its incident.
type CaseIncident struct {
	ID          ticket.IncidentID
	Title       string
	State       ticket.IncidentState
	Instruction string // to agents
	URL         string
}

// Notice is something that one person is told, of a ticket or of who is on call.
type Notice struct {
	Card Card // its ticket is 0 when it is of none
	// Lines, and what may be answered by the buttons, when it is of who is on call.
	Lines   []ticket.RosterLine
	Change  int64 // to be answered
	Buttons []ticket.RosterDo
	To      ticket.Agent
	Text    string
	At      time.Time // a time that it is about, or zero
	Key     string    // the same at every try
	// Do are the steps that are offered with it, as in ticket.Told; Number is that of the question or the
	// complaint that they are about.
	Do     []string
	Number int
	// Handover: it is theirs from now on, and was not before. What was last said and what is promised is shown.
	Handover bool
	Digest   *Digest // what it tells, in place of all that; nil: it is no overview
}

// Card is what an agent sees of a ticket.
type Card struct {
	Ticket       ticket.Ticket
	Customer     customer.Customer
	Organization customer.Organization
	Tier         Tier
	Brand        string       // title of the brand it is about; "" in a gateway of one brand
	Owner        ticket.Agent // zero while it is in the queue
	Units        []Unit
	LastSaid     ticket.Message // the customer's newest message
	Tried        []string       // what notes say was tried, newest last
	Cases        []ticket.Case  // previous cases, at most 5: those of its units first
	MoreCases    bool           // there are others; see Lookup.Past
	Empathy      string         // how an answer to an angry or worried customer may begin; "" when they are not
	ETA          ticket.ETA     // when it may be solved
	Ladder       Ladder         // what was done about abuse
	Draft        string         // how an answer may begin and end: to be written between
	PageLog      []string       // what happened to the page, in words, oldest first
	Supplier     *Supplier      // whom it is with, or nil
	Incident     *CaseIncident  // of which it is a part; nil when there is none
	Environment  string         // why it may be the place and not the unit; "" when nothing says so
	Amends       bool           // what was sent by its channel can be changed
	Guide        *Guide         // the script that is being gone through, or nil
	Guides       []Guide        // scripts that may be: only their Article and Title
	Suppliable   bool           // there are suppliers to whom it can be given
	URL          string         // of the ticket in the console; "" when there is none
	Thread       string         // a link to the thread, when it is known
	Mentioned    []ticket.Agent // whom the message to be posted brings into the thread
	Place        string         // where the card stands, when that is known: as Show has returned it

	CasePlaces map[ticket.ID]string // where the cards of previous cases stand, as far as they have one
}

// Guide is a guided script, and the step at which it is.
type Guide struct {
	Article, Title string
	Question       string    // to be asked
	Why            string    // what the step is good for; "" when the script does not say
	Text           string    // Markdown: how to go about it
	Branches       []string  // answers; none when the script was changed and asks this no more
	Answered       int       // steps that are behind
	From           ticket.ID // it was begun in that ticket; 0: here
}

// Ladder is on which rung of the abuse ladder the customer stands.
type Ladder struct {
	Rung customer.Rung      // RungNone when older steps count no more
	Next customer.Rung      // what may be done next
	Last customer.AbuseStep // the newest step
}

// Unit is a unit with what is known of its past.
type Unit struct {
	customer.Unit
	Recent int  // tickets of the last 30 days
	Cases  int  // tickets of the last 90 days, this one included, whoever owned it
	Lemon  bool // so many that it should not be sent out again (practice: lemon)
	// Unknown: it looks like a serial number, but nobody knows of such a unit.
	Unknown bool
}

// Supplier is a supplier as the desk sees it.
type Supplier struct {
	Name, Title, For, Contract, Phone, Email string

	Example string    // of its case numbers
	Open    bool      // it is within its hours
	Opens   time.Time // when it is again, if it is not
}

// Tier is a tier as the desk sees it.
type Tier struct {
	Name  string // "l1"
	Title string // "Level 1"
	Level int
	Place string   // the desk's channel: a name or an id
	Needs []string // fields of a ticket.Handoff that must be filled in by who escalates to it
	Entry []string // what must be true before a case may enter it, in sentences
	// Diagnosis: a case must have one before it leaves for another tier.
	Diagnosis bool
	// What is typed under a card goes to the customer when it begins with the prefix, or when its writer puts the emoji on
	// it; "" is that it never does.
	SendPrefix, SendReaction string
}

// PageNotice is what a paged person is told.
type PageNotice struct {
	Card  Card
	Page  ticket.Page
	Call  ticket.PageCall // its ID is the same at every try
	To    ticket.Agent
	Still func(context.Context) error
}

// Member is one of the team: whether they are there, and what they have to do.
type Member struct {
	Agent     ticket.Agent
	Tiers     []string // titles
	Here      bool
	Said      bool      // they, or their lead, have said so
	Why       string    // in words that follow the name: "is away until 14:00 CET (dentist)"
	Since     time.Time // zero: not known
	Back      time.Time // when they are expected; zero: not known
	Open      int       // tickets that they are to act upon
	Waiting   int       // tickets of theirs that wait for somebody else
	Room      int       // as many open ones they are handed at the most; 0: any number
	HandedOut bool      // tickets are handed to them by themselves
}

// Fit is somebody who may be given a ticket.
type Fit struct {
	Agent ticket.Agent
	OK    bool   // here, with room, and with the skills that are wanted
	Why   string // in words
}

// Backend is what a desk may ask for. Every call names the agent in whose name it is made and is
// checked against their roles.
type Backend interface {
	Rosters
	Care
	People
	Inbox
	Lookup
	Digests
	Replies
	// AgentBy finds staff by the vendor's user id or by mail address; Denied for everybody else.
	AgentBy(vendorID, email string) (ticket.Agent, error)
	// Act does something to a ticket in the agent's name. For ActEscalate and ActPage Tier may be
	// empty: the next level up. The chain to ring is filled in from the schedule.
	Act(ctx context.Context, by ticket.Agent, a ticket.Action) (ticket.Ticket, error)
	Card(ctx context.Context, by ticket.Agent, id ticket.ID) (Card, error)
	// TicketAt is the ticket whose card stands at a place.
	TicketAt(ctx context.Context, place string) (ticket.ID, error)
	// Redraw has the card of a ticket shown again: somebody has taken it away.
	Redraw(ctx context.Context, id ticket.ID) error
	// Leads are those who are told when the desk of a tier cannot be written to; "" is any tier.
	Leads(tier string) []ticket.Agent
	Tickets(ctx context.Context, by ticket.Agent, f ticket.Filter) ([]ticket.Ticket, error)
	Messages(ctx context.Context, by ticket.Agent, id ticket.ID, after, limit int) ([]ticket.Message, error)
	// Suppliers lists those to whom cases can be given.
	Suppliers() []Supplier
	// ActIncident does something to an incident in the agent's name; with ID 0 it makes one.
	ActIncident(ctx context.Context, by ticket.Agent, a ticket.IncidentAction) (ticket.Incident, error)
	Incident(ctx context.Context, by ticket.Agent, id ticket.IncidentID) (IncidentCard, error)
	Incidents(ctx context.Context, by ticket.Agent, f ticket.IncidentFilter) ([]ticket.Incident, error)
	// Tiers lists all tiers, lowest level first, side teams last.
	Tiers() []Tier
	// OnCall lists who is rung for a tier, in order.
	OnCall(ctx context.Context, tier string, at time.Time) ([]ticket.Agent, error)
	// Team is everybody who works here, the lowest tier first.
	Team(ctx context.Context, by ticket.Agent) ([]Member, error)
	// SetPresence notes that p.Agent is away or here, and until when; only leads say it of somebody else. Of p its
	// Agent, State, Until and Reason count, and By where it is another than by.
	SetPresence(ctx context.Context, by ticket.Agent, p ticket.Presence) error
	// Fitting are those who may be given a ticket, who fits best in front.
	Fitting(ctx context.Context, by ticket.Agent, id ticket.ID) ([]Fit, error)
	// Next makes the next ticket that waits in by's tiers theirs; NotFound when nothing waits.
	Next(ctx context.Context, by ticket.Agent, key string) (ticket.Ticket, error)
	// ArticleText is an article as an agent reads it and, when customers may have it, the text to
	// put into an answer.
	ArticleText(ctx context.Context, by ticket.Agent, id string) (title, markdown string, public bool, err error)
}
