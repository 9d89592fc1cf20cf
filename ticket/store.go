package ticket

import (
	"context"
	"io"
	"time"

	"tierline/customer"
)

// Store keeps everything. Its implementations pass the one suite in store/storetest.
//
// Errors are [Error]s: NotFound for what is not there, Conflict for a stale Rev or a lost lease,
// Transient when the database cannot be reached or is busy.
type Store interface {
	Intake
	Acting
	Reader
	Outbox
	References
	People
	Aliases
	Blocking
	Supplying
	Enrolling
	Changes
	Rosters
	Cursors
	Incidents
	MailLedger
	Pages
	Measures
	Staffing
	UserGroups
	Holding
	Installations
	Agendas
	Drafting
	ShiftNotes
	io.Closer
	// Ping fails when the database cannot be used right now.
	Ping(ctx context.Context) error
}

// Intake takes in what customers send.
type Intake interface {
	// Accept commits a batch: each is deduplicated, its sender identified, its thread found or a
	// ticket opened, its message appended and its jobs enqueued; all or nothing. The answers stand
	// in the order of the batch. Within a batch an earlier contact is seen by a later one. One that
	// is Invalid makes the whole batch fail and is named by [BatchError], so that the caller can
	// quarantine it and send the rest again.
	Accept(ctx context.Context, batch []Inbound) ([]Accepted, error)
	// Quarantine keeps whole what could not be understood. The same (Channel, Inbox, External) is
	// kept once.
	Quarantine(ctx context.Context, q Quarantined) error
}

// BatchError says which of a batch was Invalid.
type BatchError struct {
	Index int
	Err   error
}

func (e *BatchError) Error() string { return e.Err.Error() }
func (e *BatchError) Unwrap() error { return e.Err }

// Quarantined is input that became no ticket, kept for people to look at.
type Quarantined struct {
	ID                       int64     `json:"id"`
	Channel, Inbox, External string    `json:"-"`
	Reason                   string    `json:"reason"` // a short code
	Detail                   string    `json:"detail"` // a sentence
	Blob                     string    `json:"blob"`   // SHA-256 of the input as it came
	Size                     int64     `json:"size"`
	At                       time.Time `json:"at"`
	Mail                     *MailSeen `json:"-"` // of a mail: enters it into the ledger; never read back
}

// Acting is the one other way in which a ticket changes.
type Acting interface {
	// Act loads the ticket, applies the action, saves and enqueues, in one transaction. An Action
	// whose Key was seen before returns the ticket as it is. With Action.Job set the job is
	// finished in the same transaction; when its lease was lost nothing happens and Conflict is
	// returned.
	Act(ctx context.Context, a Action) (Ticket, error)
}

// Filter selects tickets; what is empty does not matter.
type Filter struct {
	States   []State
	Tier     string
	Queue    string
	Owner    string
	Unowned  bool
	Customer customer.ID
	Unit     string
	Channel  string
	Text     string    // a word of the subject, or an identity of the customer
	Since    time.Time // opened at or after
	After    ID        // keyset: tickets with a lower number than this, newest first; 0 starts
	Limit    int       // DefaultPage when 0, at most MaxPage
}

// CaseQuery asks for previous cases: of the units first, then the customer, then the organization.
type CaseQuery struct {
	Except       ID
	Customer     customer.ID
	Organization customer.OrganizationID
	Units        []string
	Limit        int
}

// Reader reads tickets. Listings are keyset-paged.
type Reader interface {
	Ticket(ctx context.Context, id ID) (Ticket, error)
	Tickets(ctx context.Context, f Filter) ([]Ticket, error)
	// Messages lists those with a Seq above after, oldest first.
	Messages(ctx context.Context, id ID, after, limit int) ([]Message, error)
	Message(ctx context.Context, id ID, seq int) (Message, error)
	// Events lists those with an ID above after, oldest first. What was done to no ticket, such as a
	// block, is in the history of ticket 0.
	Events(ctx context.Context, id ID, after int64, limit int) ([]Event, error)
	Cases(ctx context.Context, q CaseQuery) ([]Case, error)
	// UnitCases counts the tickets of a unit opened since then, whoever owned it.
	UnitCases(ctx context.Context, serial string, since time.Time) (int, error)
	// Quarantines lists those with an ID below before (0 starts), newest first.
	Quarantines(ctx context.Context, before int64, limit int) ([]Quarantined, error)
	// Counts is the number of tickets in each state, and of jobs in each state and of each kind.
	Counts(ctx context.Context) (tickets map[State]int64, jobs JobCounts, err error)
}

// JobCounts says how many jobs there are.
type JobCounts map[JobState]map[JobKind]int64

// In is the number of jobs in a state, of whatever kind.
func (c JobCounts) In(s JobState) (n int64) {
	for _, of := range c[s] {
		n += of
	}
	return n
}

// Outbox hands out jobs by lease. A lease that runs out makes the job ready again.
type Outbox interface {
	// Enqueue adds jobs that follow from no commit of a ticket. Those of one Key that different callers add at the
	// same time come in any order; those that commits of a ticket add come in the order of the commits.
	Enqueue(ctx context.Context, jobs ...Job) error
	// Claim leases up to max jobs of the kinds named (none: all) that are due, best priority first,
	// then oldest: of each Key only
	// the one with the lowest ID, and only while no other of that Key is leased. A dead job holds
	// up its key no longer.
	Claim(ctx context.Context, kinds []JobKind, max int, lease time.Duration) ([]Job, error)
	// Finish removes a job that is done; Conflict when its lease was lost.
	Finish(ctx context.Context, j Job) error
	// Retry gives a job back, to be done at at.
	Retry(ctx context.Context, j Job, at time.Time, cause string) error
	// Note keeps the Payload of a job that is at work, for its next try; Conflict when its lease was lost.
	Note(ctx context.Context, j Job) error
	// Postpone gives a job back that was not begun, to be done at at: it does not count as a try. One of the
	// same Unique and Key that was added meanwhile is taken in.
	Postpone(ctx context.Context, j Job, at time.Time) error
	// Bury gives a job up: it is dead until somebody revives or drops it.
	Bury(ctx context.Context, j Job, cause string) error
	// Extend prolongs a lease.
	Extend(ctx context.Context, j Job, lease time.Duration) error
	// Woken receives when there may be work: jobs were enqueued, here or (on PostgreSQL) by another
	// process. It is a hint; one value may stand for many jobs.
	Woken() <-chan struct{}
	// NextDue is when the earliest ready job is due or the earliest lease ends; zero when there is none.
	NextDue(ctx context.Context) (time.Time, error)
	// Jobs lists those of a state ("" is all) with an ID above after, oldest first.
	Jobs(ctx context.Context, state JobState, after int64, limit int) ([]Job, error)
	// Revive makes a dead job ready again, its attempts forgotten but for one: it may have had effects.
	Revive(ctx context.Context, id int64) error
	// Drop removes a dead job; the drop is recorded in the ticket's history.
	Drop(ctx context.Context, id int64, by Actor) error
}

// Reference binds an id of another system to a ticket, or to one of its messages.
type Reference struct {
	Scope  string // a channel's name for what customers sent and got; "card" for places of cards; "page" for page notices
	Key    string
	Ticket ID
	Seq    int // 0: the ticket itself
}

// References remember ids of other systems.
type References interface {
	// Bind remembers; a (Scope, Key) that is known keeps its first meaning.
	Bind(ctx context.Context, refs ...Reference) error
	// Lookup finds the meaning of a key, or NotFound.
	Lookup(ctx context.Context, scope, key string) (Reference, error)
	// ReferencesOf lists a ticket's keys of a scope, oldest first.
	ReferencesOf(ctx context.Context, id ID, scope string) ([]Reference, error)
	// SetDeskRef remembers where the desk shows a message.
	SetDeskRef(ctx context.Context, id ID, seq int, ref string) error
}

// People keeps customers, organizations and units. A Put with a zero ID creates.
type People interface {
	Customer(ctx context.Context, id customer.ID) (customer.Customer, error)
	CustomerBy(ctx context.Context, i customer.Identity) (customer.Customer, error)
	PutCustomer(ctx context.Context, c customer.Customer) (customer.ID, error)
	Organization(ctx context.Context, id customer.OrganizationID) (customer.Organization, error)
	PutOrganization(ctx context.Context, o customer.Organization) (customer.OrganizationID, error)
	Unit(ctx context.Context, serial string) (customer.Unit, error)
	PutUnit(ctx context.Context, u customer.Unit) error
}

// Aliases are records of one person that count as one.
type Aliases interface {
	// Customers lists those whose name or an identity holds text, with an ID above after, oldest first.
	Customers(ctx context.Context, text string, after customer.ID, limit int) ([]customer.Customer, error)
	// MergeCustomers makes one customer an alias of another: its identities, tickets and units count as
	// the other's from now on. Conflict when either is an alias already.
	MergeCustomers(ctx context.Context, alias, of customer.ID, by Actor) error
	// UnmergeCustomer takes that back: identities and tickets it came with are its own again.
	UnmergeCustomer(ctx context.Context, alias customer.ID, by Actor) error
}

// Blocking keeps senders out.
type Blocking interface {
	// Block keeps a sender out until b.Until: what they send is recorded and suppressed. A second block
	// of the same Key takes the place of the first.
	Block(ctx context.Context, b Block) error
	// Unblock lets them in again; NotFound when they are not blocked.
	Unblock(ctx context.Context, key string, by Actor) error
	// Blocks lists blocks that hold now, by Key, those above after.
	Blocks(ctx context.Context, after string, limit int) ([]Block, error)
	// Blocked says whether a sender, or their domain, is kept out now.
	Blocked(ctx context.Context, i customer.Identity) (bool, error)
}

// Block keeps a sender out.
type Block struct {
	Key    string    `json:"key"` // customer.Identity.Key, or "domain:example.org"
	Reason string    `json:"reason"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // zero: for good
}

// Enrolling takes in what other systems know of customers.
type Enrolling interface {
	// Enrol finds the customer by one of their identities, or makes them, and changes what is stored of them and of
	// their organization. Conflict when identities are those of two customers. created says that they are new.
	Enrol(ctx context.Context, r customer.Record) (c customer.Customer, created bool, err error)
	// PatchCustomer changes what is stored of a customer; of an alias, of whom it stands for.
	PatchCustomer(ctx context.Context, id customer.ID, p customer.Patch) (customer.Customer, error)
	PatchOrganization(ctx context.Context, id customer.OrganizationID, p customer.OrganizationPatch) (customer.Organization, error)
}

// Supplying tells what is and was with suppliers.
type Supplying interface {
	// Supplies lists the times with suppliers that began at or after since or last still, by ticket and
	// number: those behind after, whose Ticket and Number count.
	Supplies(ctx context.Context, since time.Time, after Supply, limit int) ([]Supply, error)
}

// Change says that a ticket is no longer what it was.
type Change struct {
	Ticket ID
	Seq    int // its newest message
}

// Changes tells of commits as they happen, here and (on PostgreSQL) in other processes. It is a
// hint: a slow reader misses some, so whoever listens also reads from where they know.
type Changes interface {
	// Watch delivers until ctx ends; the channel is closed then.
	Watch(ctx context.Context) <-chan Change
}

// Cursors remember how far a source has read.
type Cursors interface {
	Cursor(ctx context.Context, source string) (string, error) // "" when there is none
	SetCursor(ctx context.Context, source, value string) error
	// Lease gives one holder the right to name for d; it is renewed by calling again. False: another holds it.
	Lease(ctx context.Context, name, holder string, d time.Duration) (bool, error)
}

// Blobs keeps bytes under their SHA-256 (hex). Put of what is there is harmless.
type Blobs interface {
	// Put reads r to its end; Invalid when it holds more than max bytes.
	Put(ctx context.Context, r io.Reader, max int64) (sha256 string, size int64, err error)
	Open(ctx context.Context, sha256 string) (io.ReadCloser, error)
}
