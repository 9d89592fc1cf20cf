package email

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"tierline/ticket"
)

// spam is the fault of a mail that a filter has marked: people look at it before it becomes a ticket.
func spam(m *Mail) error {
	if m.Verdict.Kind != KindSpam {
		return nil
	}
	return &Fault{"spam", "A spam filter on the way has marked it (" + m.Verdict.Reason + ")."}
}

// sort says what may become of a mail by its kind. Reports on deliveries are tied to the message that
// they report on, and are no messages. What a machine wrote is recorded where it belongs; without such
// a ticket an automatic reply, a receipt or a newsletter opens none, while an alarm, an invoice or a
// form does: that may be work.
func (p *mapper) sort(m *Mail, in *ticket.Inbound) {
	if _, ours := p.sign.ownID(m.MessageID); ours {
		m.Verdict = Verdict{Kind: KindOwn, Auto: true, Reason: "its Message-ID", Alone: "own", AutoAnswer: AutoAnswer{Why: refusals[KindOwn]}}
		in.Threads = nil
	}
	v := m.Verdict
	in.Auto, in.Alone = v.Auto, v.Alone
	switch {
	case v.Kind == KindBounce || v.Kind == KindFeedback || v.Kind == KindReceipt && Bounce(m) != nil && reportType(m) == "delivery-status":
		p.report(m, in)
	case v.Auto && v.Kind != KindOwn && p.storms.over(in.From.Value, in.Inbox, in.External, p.now()):
		in.Threads, in.Alone = nil, "storm"
	}
}

// report ties a report to the message of ours that it is about. Our Message-IDs and reply addresses
// are signed: only who has got the message can name it.
func (p *mapper) report(m *Mail, in *ticket.Inbound) {
	b := Bounce(m)
	if b == nil {
		b = &BounceReport{}
	}
	said := &ticket.Bounce{Kind: ticket.BounceFailed, Hard: b.Hard, Reason: reason(b)}
	if len(b.Recipients) > 0 {
		said.To = b.Recipients[0]
	}
	switch {
	case m.Verdict.Kind == KindFeedback:
		in.Alone, said.Kind, said.Reason, said.To = "feedback", ticket.BounceComplaint, m.Verdict.Reason, complainer(m)
		b.OriginalMessageID = originalID(m, "", m.Text[:min(len(m.Text), maxReport)])
	case m.Verdict.Kind == KindReceipt:
		in.Threads = nil // it has arrived: nothing to tell
		return
	case b.Action == "delayed":
		said.Kind = ticket.BounceDelayed
	}
	var keys []ticket.ThreadKey
	for _, id := range append([]string{b.OriginalMessageID}, m.References...) {
		if t, ok := p.sign.ownID(id); ok {
			said.Seq = ownSeq(id)
			keys = append(keys, ticket.ThreadKey{By: "bounced", Key: "<" + strings.Trim(id, "<>") + ">", Ticket: t, Proof: true, Weak: true})
			break
		}
	}
	for _, k := range in.Threads {
		if len(keys) == 0 && k.By == "reply-token" {
			keys = append(keys, k)
		}
	}
	in.Threads, in.Bounce = keys, said
}

func reason(b *BounceReport) string {
	var parts []string
	if len(b.Recipients) > 0 {
		parts = append(parts, strings.Join(b.Recipients[:min(len(b.Recipients), 5)], ", ")+":")
	}
	if b.Status != "" && !strings.Contains(b.Diagnostic, b.Status) {
		parts = append(parts, b.Status)
	}
	return strings.Join(append(parts, orElse(b.Diagnostic, "no reason was given")), " ")
}

// ownSeq is the number of the message that a Message-ID of ours names.
func ownSeq(id string) int {
	parts := strings.SplitN(strings.Trim(id, "<>"), ".", 3)
	if len(parts) < 3 {
		return 0
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// The circuit breaker: what the machines of one sender may write into tickets. What ours may write to one
// customer is counted where they decide on it, from the tickets in the store.
const (
	stormMails   = 20               // of one sender to one inbox
	stormAll     = 3 * stormMails   // of one sender to all of them
	stormTime    = 10 * time.Minute //
	stormSenders = 5_000            // senders, and pairs of them and inboxes, that are watched at once
)

// storms counts what machines send, by sender and by pair of sender and inbox. It is in memory only: after a
// restart each may write stormMails more. That is no way round it: a loop needs answers of ours, and those are
// counted from the store.
type storms struct {
	mu      sync.Mutex
	senders map[string]*storm
}

type storm struct {
	since time.Time
	seen  map[string]bool // by External: a mail that comes again counts once
}

// over says whether a mail is one too many of its sender, to this inbox or to all of them.
func (s *storms) over(from, inbox, external string, now time.Time) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count(from+" "+inbox, external, stormMails, now) || s.count(from, inbox+" "+external, stormAll, now)
}

// count counts a mail, and says whether it is one too many of its kind.
func (s *storms) count(of, external string, limit int, now time.Time) bool {
	one := s.senders[of]
	if one == nil || now.Sub(one.since) > stormTime {
		if len(s.senders) >= stormSenders {
			clear(s.senders) // all begin anew: rather a few too many than no bound
		}
		if s.senders == nil {
			s.senders = map[string]*storm{}
		}
		one = &storm{since: now, seen: map[string]bool{}}
		s.senders[of] = one
	}
	if one.seen[external] {
		return false
	}
	if len(one.seen) >= limit {
		return true
	}
	one.seen[external] = true
	return false
}
