package email

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"tierline/channels"
	"tierline/internal/sanitise"
	"tierline/ticket"
)

// Outcome is what became of a mail. Every mail has exactly one.
type Outcome = ticket.MailOutcome

// Explained is what becomes of one mail, and why. Its keys are read by scripts.
type Explained struct {
	File        string          `json:"file"`
	Index       int             `json:"index"` // within its file, from 0
	Outcome     Outcome         `json:"outcome"`
	Reason      string          `json:"reason"` // a short code
	Detail      string          `json:"detail"` // a sentence
	Kind        Kind            `json:"kind,omitempty"`
	Ticket      string          `json:"ticket,omitempty"`
	Opened      *bool           `json:"opened,omitempty"` // nil without a ticket
	Match       *ExplainedMatch `json:"match,omitempty"`
	From        *Address        `json:"from,omitempty"`
	To          []Address       `json:"to,omitempty"`
	Cc          []Address       `json:"cc,omitempty"`
	ReplyTo     []Address       `json:"reply_to,omitempty"`
	MessageID   string          `json:"message_id,omitempty"`
	Date        *time.Time      `json:"date,omitempty"`
	Subject     string          `json:"subject,omitempty"`
	Language    string          `json:"language,omitempty"`
	Units       []string        `json:"units,omitempty"`
	Phones      []string        `json:"phones,omitempty"`
	Orders      []string        `json:"orders,omitempty"`
	Text        string          `json:"text,omitempty"`
	New         string          `json:"new_text,omitempty"`
	Folded      string          `json:"folded,omitempty"`
	HTML        string          `json:"html,omitempty"` // sanitised, as staff see it
	Attachments []ExplainedPart `json:"attachments,omitempty"`
	AutoAnswer  *AutoAnswer     `json:"auto_answer,omitempty"`
	Bounce      *BounceReport   `json:"bounce,omitempty"`
	Auth        *Auth           `json:"auth,omitempty"`
	Warnings    []string        `json:"warnings,omitempty"`
	MS          float64         `json:"ms"` // how long reading and taking it in has taken
}

// ExplainedMatch is how a mail was joined to a ticket, or why it was not.
type ExplainedMatch struct {
	By      string   `json:"by"`
	Joined  bool     `json:"joined"`
	Score   float64  `json:"score"` // 0 to 1: how sure it is that they belong together
	Reasons []string `json:"reasons,omitempty"`
}

// ExplainedPart is an attachment.
type ExplainedPart struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"` // bytes
	Inline bool   `json:"inline"`
	SHA256 string `json:"sha256"`
}

// AutoAnswer says whether the gateway may answer a mail by itself: what the mail, its sender and its ticket
// say. The bounds on how many answers somebody gets come on top.
type AutoAnswer struct {
	Allowed bool   `json:"allowed"`
	Why     string `json:"why,omitempty"`
}

// Explainer takes mails through the intake, one after the other, and says what becomes of each. What
// it is given as its store is what they are taken into: a throw-away one, so that nothing happens.
type Explainer struct {
	mail *mapper
	in   channels.Intake
	seen *seen
}

// NewExplainer makes an explainer of a configuration, which may be the zero one.
func NewExplainer(c Config, u channels.UnderstandConfig, store channels.Intake, d Deps) (*Explainer, error) {
	x := &Explainer{mail: newMapper(c, d.withDefaults()), seen: &seen{Intake: store}}
	x.mail.storms = nil // a folder is read at once
	var err error
	x.in, err = channels.Understand(x.seen, u)
	return x, err
}

// seen remembers what came to the store last.
type seen struct {
	channels.Intake
	last ticket.Inbound
}

func (s *seen) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	s.last = batch[len(batch)-1]
	return s.Intake.Accept(ctx, batch)
}

// Explain takes one mail in. An error is a fault of ours or of the store, never of the mail.
func (x *Explainer) Explain(ctx context.Context, raw []byte) (Explained, error) {
	start := x.mail.now()
	e, err := x.explain(ctx, raw)
	e.MS = float64(x.mail.now().Sub(start).Microseconds()) / 1000
	return e, err
}

func (x *Explainer) explain(ctx context.Context, raw []byte) (Explained, error) {
	if len(raw) > DefaultMaxSize {
		return quarantined(nil, &Fault{"too-large", fmt.Sprintf("It is larger than %d bytes.", DefaultMaxSize)}), nil
	}
	m, err := x.mail.read(raw, origin{})
	if err == nil {
		err = spam(m)
	}
	if err != nil {
		return quarantined(m, err), nil
	}
	in, _, err := x.mail.contact(ctx, m, raw, x.origin(m))
	if f := (*Fault)(nil); errors.As(err, &f) {
		return quarantined(m, f), nil
	}
	if err != nil {
		return Explained{}, err
	}
	done, err := x.in.Accept(ctx, []ticket.Inbound{in})
	if err != nil {
		if _, ok := refused(err, 1); ok {
			return quarantined(m, err), nil
		}
		return Explained{}, err
	}
	return x.said(m, x.seen.last, done[0]), nil
}

// origin is where a mail would have come in.
func (x *Explainer) origin(m *Mail) origin {
	for _, a := range recipientsOf(m) {
		if r, ok := match(x.mail.own, a); ok && r.Inbox != "" {
			return origin{inbox: r.Inbox, brand: r.Brand, where: "file"}
		}
	}
	return origin{inbox: "mail", where: "file"}
}

// said puts into words what was made of a mail.
func (x *Explainer) said(m *Mail, in ticket.Inbound, a ticket.Accepted) Explained {
	e := describe(m)
	e.Language, e.Units, e.Warnings = in.Language, in.Units, in.Warnings
	named := ticket.Ticket{Found: in.Found}
	e.Phones, e.Orders = named.FoundOf(ticket.FoundPhone), named.FoundOf(ticket.FoundOrder)
	if in.Forwarded != nil {
		e.From, e.Subject, e.New, e.Folded = &Address{in.From.Name, in.From.Value}, in.Subject, in.Text, in.Folded
	}
	for _, a := range in.Attachments {
		e.Attachments = append(e.Attachments, ExplainedPart{a.Name, a.Type, a.Size, a.Inline, a.SHA256})
	}
	e.AutoAnswer = x.autoAnswer(m.Verdict.AutoAnswer, in, a)
	e.Outcome, e.Reason, e.Detail = ticket.MailVerdict(in, a)
	if a.Ticket != 0 {
		e.Ticket, e.Opened = a.Ticket.String(), &a.Opened
	}
	if a.Match != nil {
		e.Match = &ExplainedMatch{By: a.Match.By, Joined: a.Match.Joined, Score: a.Match.Score, Reasons: a.Match.Reasons}
	}
	return e
}

// autoAnswer is whether anything may answer a mail by itself, as far as the mail and the ticket tell: not
// how many answers its sender had lately, nor whether the configuration wants any. One that may be answered
// is not, when it continues a ticket: why says so.
func (x *Explainer) autoAnswer(said AutoAnswer, in ticket.Inbound, a ticket.Accepted) *AutoAnswer {
	switch {
	case !said.Allowed:
	case in.Forwarded != nil:
		said = AutoAnswer{Why: in.Forwarded.By.Name + " has passed it on."}
	case x.mail.works(in.From.Value):
		said = AutoAnswer{Why: "It is from staff."}
	case in.Auto:
		said = AutoAnswer{Why: "A machine wrote it."}
	case in.Doubt != "":
		said = AutoAnswer{Why: "Its sender is in doubt: " + in.Doubt + "."}
	case in.NoAuto != "":
		said = AutoAnswer{Why: in.NoAuto}
	case a.Match != nil && !a.Match.Joined && !a.Match.Follows:
		said = AutoAnswer{Why: "It names " + a.Match.Ticket.String() + ", in which its sender takes no part."}
	case a.Ticket != 0 && !a.Opened:
		said.Why = "It continues " + a.Ticket.String() + ": only what opens a ticket is acknowledged."
	}
	return &said
}

// quarantined is a mail that nothing could be made of.
func quarantined(m *Mail, cause error) Explained {
	e := Explained{}
	if m != nil {
		e = describe(m)
		for _, p := range m.Attachments {
			e.Attachments = append(e.Attachments, ExplainedPart{p.Name, p.Type, int64(len(p.Data)), p.Inline, hashOf(p.Data)})
		}
	}
	e.Outcome, e.Reason, e.Detail = ticket.MailQuarantined, "refused", ticket.Explain(cause)
	if f, ok := cause.(*Fault); ok {
		e.Reason, e.Detail = f.Code, f.Detail
	}
	return e
}

// describe is what a mail says of itself.
func describe(m *Mail) Explained {
	v := m.Verdict
	e := Explained{To: m.To, Cc: m.Cc, ReplyTo: m.ReplyTo, MessageID: m.MessageID, Subject: m.Subject,
		Text: m.Text, New: m.New, Folded: m.Folded, Kind: v.Kind, AutoAnswer: &v.AutoAnswer}
	if m.Auth != (Auth{}) {
		e.Auth = &m.Auth
	}
	if v.Kind == KindBounce {
		e.Bounce = Bounce(m)
	}
	if m.HTML != "" {
		e.HTML, _ = sanitise.HTML(m.HTML, sanitise.Options{CID: m.imageData()})
	}
	if len(m.From) > 0 {
		e.From = &m.From[0]
	}
	if !m.Date.IsZero() {
		e.Date = &m.Date
	}
	return e
}

// maxImages is how many bytes of inline images an explanation holds; the others are left out of it.
const maxImages = 1 << 20

// imageData gives inline images as data: addresses, so that the HTML is whole by itself.
func (m *Mail) imageData() func(id string) string {
	left := maxImages
	return func(id string) string {
		for _, p := range m.Attachments {
			if strings.EqualFold(p.ContentID, id) && strings.HasPrefix(p.Type, "image/") && len(p.Data) <= left {
				left -= len(p.Data)
				return "data:" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(p.Data)
			}
		}
		return ""
	}
}
