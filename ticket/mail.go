package ticket

import (
	"context"
	"fmt"
	"time"
)

// MailOutcome is what became of a mail. Every mail that is seen has exactly one.
type MailOutcome string

// The outcomes of a mail.
const (
	MailTicketed    MailOutcome = "ticketed"    // it is a message of a ticket
	MailDuplicate   MailOutcome = "duplicate"   // it had come before
	MailSuppressed  MailOutcome = "suppressed"  // it needs no ticket: a machine's, or discarded by somebody
	MailQuarantined MailOutcome = "quarantined" // kept whole for people to look at
)

// MailOutcomes are all outcomes there are.
var MailOutcomes = []MailOutcome{MailTicketed, MailDuplicate, MailSuppressed, MailQuarantined}

// MailSeen is what the ledger is told of a mail that comes in. It goes with the contact or the
// quarantined input that the mail became, and is entered in the same transaction.
type MailSeen struct {
	Source    string // the name of the channels.Source
	Place     string // where it lies there; a (Source, Place) is entered once. "" is always entered
	MessageID string
	From      string // an address
	Subject   string
	Size      int64 // bytes as it came
	Raw       MailSource
}

// MailSource is where a mail lies as it came; the zero value when it is kept no longer.
type MailSource struct {
	Packed []byte // with gzip; or
	Blob   string // the name of a blob that holds it
	Gzip   bool   // the blob is packed with gzip
}

// IsZero says that nothing is kept.
func (m MailSource) IsZero() bool { return len(m.Packed) == 0 && m.Blob == "" }

// MailEntry is a line of the mail ledger.
type MailEntry struct {
	ID         int64       `json:"id"`
	At         time.Time   `json:"at"` // when it was seen
	Source     string      `json:"source"`
	Place      string      `json:"place,omitempty"`
	Inbox      string      `json:"inbox,omitempty"`
	Outcome    MailOutcome `json:"outcome"`
	Reason     string      `json:"reason"` // a short code
	Detail     string      `json:"detail"` // a sentence
	Ticket     ID          `json:"ticket,omitempty"`
	Seq        int         `json:"seq,omitempty"`        // of the message in the ticket
	Quarantine int64       `json:"quarantine,omitempty"` // its number in quarantine, as long as it is there
	MessageID  string      `json:"message_id,omitempty"`
	From       string      `json:"from,omitempty"`
	Subject    string      `json:"subject,omitempty"`
	Size       int64       `json:"size"` // bytes as it came
	Kept       bool        `json:"kept"` // its source can still be read
}

// MailFilter selects entries; what is empty does not matter.
type MailFilter struct {
	Outcome MailOutcome
	Ticket  ID
	Text    string // part of the sender, the subject or the Message-ID
	After   int64  // keyset: entries with a lower number than this, newest first; 0 starts
	Limit   int    // DefaultPage when 0, at most MaxPage
}

// MailLedger remembers every mail that was seen. Accept and Quarantine write it.
type MailLedger interface {
	// Mails lists entries, newest first.
	Mails(ctx context.Context, f MailFilter) ([]MailEntry, error)
	// Mail is one entry, and where its source lies.
	Mail(ctx context.Context, id int64) (MailEntry, MailSource, error)
	// UnseenMails gives those of places in a source of which the ledger knows nothing, in their order.
	UnseenMails(ctx context.Context, source string, places []string) ([]string, error)
	// Settle ends a mail's quarantine: it is released as a message of a ticket, or (a is zero)
	// discarded. Conflict when it is not in quarantine.
	Settle(ctx context.Context, id int64, a Accepted, by Actor) (MailEntry, error)
	// ForgetMails forgets the sources of mails that were seen before then and are not in quarantine:
	// at most max of them, oldest first. It gives how many those were, and the blobs that nothing needs
	// any more.
	ForgetMails(ctx context.Context, before time.Time, max int) (n int, blobs []string, err error)
}

// MailVerdict is what became of a contact, in a code and a sentence.
func MailVerdict(in Inbound, a Accepted) (o MailOutcome, reason, detail string) {
	switch m := a.Match; {
	case a.Duplicate && a.Suppressed:
		return MailDuplicate, "same-mail", "It has come before, and was suppressed then."
	case a.Duplicate:
		return MailDuplicate, "same-mail", fmt.Sprintf("It has come before, as message %d of %s.", a.Seq, a.Ticket)
	case a.Suppressed:
		return MailSuppressed, in.Alone, "It continues no ticket, and opens none."
	case m != nil && m.Joined && in.Bounce != nil:
		return MailSuppressed, "report-" + string(in.Bounce.Kind), fmt.Sprintf("It reports on a message of %s, which says so now.", a.Ticket)
	case m != nil && m.Joined:
		return MailTicketed, "joined", fmt.Sprintf("It continues %s as message %d.", a.Ticket, a.Seq)
	case m != nil && m.Follows:
		return MailTicketed, "follows-up", fmt.Sprintf("It opens %s, which follows up %s.", a.Ticket, m.Ticket)
	case m != nil:
		return MailTicketed, "stands-apart", fmt.Sprintf("It opens %s, although it names %s.", a.Ticket, m.Ticket)
	}
	return MailTicketed, "opened", fmt.Sprintf("It opens %s.", a.Ticket)
}
