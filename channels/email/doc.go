// Package email is the e-mail channel: SMTP and LMTP listeners, IMAP mailboxes, and the sender of
// answers.
//
// What happens when things fail:
//
//   - A mail is answered with 250, or a mailbox's cursor moved, only after its contact is committed.
//     A store that is away gives 451 to SMTP clients and makes a mailbox wait; nothing is lost,
//     because both keep what was not taken.
//   - A mail that cannot be read, or that the store refuses, is kept whole in quarantine and counts
//     as taken: it never blocks the mails behind it.
//   - A mail that comes again (a lost 250, a cursor that was not saved, a mailbox that was built
//     anew) has the same External and changes nothing. The same Message-ID with other content has
//     another External, so it is not mistaken for a repetition.
//   - An account that gets no token (OAuth2) waits: mail stays in the mailbox and in the outbox, Ready says
//     what to do, and the token endpoint is asked with growing delay.
//   - A domain that says "later" is left alone for a while; mail to others goes on.
//   - A mail that the server has taken for some of its receivers is tried again for the others only, also
//     after a restart: who has it is recorded with its job. A gateway that dies between the server's 250 and
//     that record, or the commit that it was sent, sends it once more under the same Message-ID.
//   - An answer that the mail server refuses for now is tried again with the very same bytes, but for the
//     time in a DKIM signature; one that it refuses for good is shown to its writer, with what to do.
//
// The way of a mail: bytes → [Parse] (tolerant MIME, header and address reading) → Mail → Inbound
// (what is new, what is folded, thread keys) → batcher → Intake.
package email
