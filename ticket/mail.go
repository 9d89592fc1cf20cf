package ticket

// MailOutcome is what became of a mail. Every mail that is seen has exactly one.
type MailOutcome string

// The outcomes of a mail.
const (
	MailTicketed    MailOutcome = "ticketed"    // it is a message of a ticket
	MailDuplicate   MailOutcome = "duplicate"   // it had come before
	MailSuppressed  MailOutcome = "suppressed"  // a machine's, of no ticket
	MailQuarantined MailOutcome = "quarantined" // kept whole for people to look at
)
