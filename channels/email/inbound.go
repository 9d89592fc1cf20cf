package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// origin says where a mail came from, apart from what it says itself.
type origin struct {
	inbox, brand string
	envelope     bool   // it came with an envelope
	sender       string // of the envelope; "" is the null sender
	recipient    string // of the envelope
	where        string // for logs: "imap uid 17"
	source       string // name of the channels.Source
	place        string // where it lies there; "" when a source has no places
}

// item is a mail on its way into the store: a contact, or something for quarantine.
type item struct {
	in    ticket.Inbound
	bad   *ticket.Quarantined
	where string
}

// mapper makes contacts of mails.
type mapper struct {
	auth  authenticator
	blobs ticket.Blobs
	sign  signer
	own   []Recipient                               // our own addresses and patterns of them
	staff func(address string) (ticket.Actor, bool) // nil: what staff forwards is theirs
	ours  ourselves
	colleagues
	now func() time.Time
	log *slog.Logger

	packers, quickPackers sync.Pool // of *packer
	storms                *storms   // nil lets every machine's mail in
	history               bool      // mails are of the past: spam is no work any more
}

// prepare reads a mail and keeps its attachments. An error means that it must be tried again; a mail
// that cannot be understood is no error.
func (p *mapper) prepare(ctx context.Context, raw []byte, o origin) (item, error) {
	m, err := p.read(raw, o)
	if err == nil && !p.history {
		err = spam(m)
	}
	if err != nil {
		return p.quarantine(ctx, raw, o, o.seen(m, int64(len(raw))), err)
	}
	in, parts, err := p.contact(ctx, m, raw, o)
	if f := (*Fault)(nil); errors.As(err, &f) {
		return p.quarantine(ctx, raw, o, o.seen(m, int64(len(raw))), f)
	}
	if err != nil {
		return item{}, err
	}
	if p.history && m.Verdict.Kind == KindSpam {
		in.Threads, in.Alone = nil, string(KindSpam)
	}
	in.Mail = o.seen(m, int64(len(raw)))
	in.Mail.Raw, err = p.pack(ctx, raw, parts, in.Attachments)
	return item{in: in, where: o.where}, err
}

// read makes a mail of bytes; whatever its error, nothing can be made of them.
func (p *mapper) read(raw []byte, o origin) (*Mail, error) {
	m, err := p.parse(raw)
	if err == nil && o.envelope && o.sender == "" && !nullPath(m) {
		m.head = append(header{{"return-path", "<>"}}, m.head...)
		m.classify()
	}
	if err == nil && len(m.From) == 0 {
		if m.From = addresses(o.sender, ""); len(m.From) == 0 {
			return m, &Fault{"no-sender", "It does not say whom it is from."}
		}
	}
	return m, err
}

// contact makes a contact of a mail and keeps its attachments; parts are those, in their order. An error means that it must be tried again,
// unless it is a [Fault].
func (p *mapper) contact(ctx context.Context, m *Mail, raw []byte, o origin) (in ticket.Inbound, parts []Part, err error) {
	defer p.guard(&err)
	in = ticket.Inbound{
		Channel: channels.Email, Inbox: o.inbox, Brand: o.brand,
		From: m.From[0].identity(), Subject: cutRunes(m.Subject, ticket.MaxSubject),
		Text: m.New, Folded: m.Folded, HTML: m.HTML, References: m.References,
		Warnings: m.Warnings, At: m.Date,
	}
	hash := m.contentHash()
	if in.External = "~" + hash; m.MessageID != "" {
		in.External = externalID(m.MessageID, hash)
	}
	m.Auth = p.auth.check(ctx, m, raw)
	in.Warnings = append(in.Warnings, p.ours.doubts(m, p.colleagues)...)
	if m.Auth.Failed != "" {
		in.Doubt = fmt.Sprintf("it may not be from %s: %s failed", in.From.Value, strings.ToUpper(m.Auth.Failed))
		in.Warnings = append(in.Warnings, fmt.Sprintf("The sender may be forged: %s failed for %s.", strings.ToUpper(m.Auth.Failed), in.From.Value))
	}
	if m.Auth.DMARC == "pass" && m.Auth.Failed == "" { // the domain of From has signed it, or sent it
		in.Proven = "dmarc"
	}
	in.Threads = p.threads(m, o, in.External)
	in.ReplyTo, in.With = p.people(m, o)
	p.sort(m, &in)
	if !in.Auto {
		in.NoAuto = p.unanswerable(m)
	}
	parts, err = p.keep(ctx, p.passedOn(m, o, &in), raw, &in)
	return in, parts, err
}

// unanswerable says why nothing may answer a mail automatically; "" when something may.
func (p *mapper) unanswerable(m *Mail) string {
	switch {
	case !m.Verdict.AutoAnswer.Allowed:
		return m.Verdict.AutoAnswer.Why
	case p.isOwn(m.From[0].Address):
		return "It is from an address of ours."
	case !m.Auth.proves():
		return "Nothing shows that it is from whom it says."
	}
	return ""
}

func (p *mapper) parse(raw []byte) (m *Mail, err error) {
	defer p.guard(&err)
	return Parse(raw)
}

// guard is deferred. It keeps a fault of the parser from the intake: such a mail goes to quarantine like
// any other that cannot be read.
func (p *mapper) guard(err *error) {
	if r := recover(); r != nil {
		p.log.Error("the mail parser panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		*err = &Fault{"parser-fault", "Reading it brought our parser down."}
	}
}

func (p *mapper) quarantine(ctx context.Context, raw []byte, o origin, seen *ticket.MailSeen, cause error) (item, error) {
	q := ticket.Quarantined{Channel: channels.Email, Inbox: o.inbox, Reason: "refused", Detail: ticket.Explain(cause), At: p.now()}
	if f, ok := cause.(*Fault); ok {
		q.Reason, q.Detail = f.Code, f.Detail
	}
	var err error
	if q.Blob, q.Size, err = p.blobs.Put(ctx, bytes.NewBuffer(raw), int64(len(raw))); err != nil {
		return item{}, err
	}
	q.External = q.Blob
	q.Mail = seen
	q.Mail.Raw = ticket.MailSource{Blob: q.Blob}
	return item{bad: &q, where: o.where}, nil
}

// maxRefKeys is by how many of the newest references a thread is looked for.
const maxRefKeys = 50

var subjectTag = regexp.MustCompile(`\[(T-\d{1,12})\]`)

// threads are the ways in which a mail may continue a ticket, most trusted first.
func (p *mapper) threads(m *Mail, o origin, external string) []ticket.ThreadKey {
	var keys []ticket.ThreadKey
	add := func(k ticket.ThreadKey) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	newestFirst := slices.Clone(m.References)
	slices.Reverse(newestFirst)
	for _, ref := range append(newestFirst, m.MessageID) {
		if id, ok := p.sign.ownID(ref); ok {
			add(ticket.ThreadKey{By: "references", Key: ref, Ticket: id}) // the message may have moved since
		}
	}
	for _, a := range append([]string{o.recipient}, recipientsOf(m)...) {
		if id, ok := p.sign.replyToken(a); ok {
			add(ticket.ThreadKey{By: "reply-token", Ticket: id, Proof: true})
		}
	}
	for i, ref := range newestFirst {
		if i < maxRefKeys || i >= len(newestFirst)-2 { // the newest, and the roots
			add(ticket.ThreadKey{By: "references", Key: ref})
		}
	}
	// Its own id, so that an answer to it finds it, and the same mail in two inboxes is one ticket.
	if m.MessageID != "" {
		add(ticket.ThreadKey{By: ticket.BySameID, Key: m.MessageID + " same"}) // beside the id itself, also in an index
	}
	add(ticket.ThreadKey{By: "references", Key: orElse(m.MessageID, external)})
	for _, tag := range subjectTag.FindAllStringSubmatch(m.Subject, 5) {
		if id, err := ticket.ParseID(tag[1]); err == nil {
			add(ticket.ThreadKey{By: "subject-tag", Ticket: id, Weak: true})
		}
	}
	if root := m.threadIndex(); root != "" {
		add(ticket.ThreadKey{By: "thread-index", Key: "thread-index:" + root})
	}
	if m.Auth.Failed != "" { // what it names is not its own: the customer's next mail is not to follow it
		for i := range keys {
			keys[i].Weak = true
		}
	}
	return keys
}

func recipientsOf(m *Mail) []string {
	all := slices.Clone(m.Delivered)
	for _, a := range append(slices.Clone(m.To), m.Cc...) {
		all = append(all, a.Address)
	}
	return all
}

// people are where an answer goes when not to From, and who else takes part.
func (p *mapper) people(m *Mail, o origin) (replyTo, with []customer.Identity) {
	seen := map[string]bool{m.From[0].Address: true}
	for _, a := range m.ReplyTo {
		if !p.isOwn(a.Address) && (a.Address != m.From[0].Address || len(m.ReplyTo) > 1) {
			replyTo = append(replyTo, a.identity())
		}
	}
	for _, a := range append(slices.Clone(m.To), m.Cc...) {
		if !seen[a.Address] && !p.isOwn(a.Address) && a.Address != o.recipient {
			seen[a.Address] = true
			with = append(with, a.identity())
		}
	}
	return replyTo, with
}

func (p *mapper) isOwn(address string) bool {
	_, own := match(p.own, address)
	return own
}

// withoutPlus is an address in lower case without its plus part.
func withoutPlus(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	return local + "@" + domain
}

// keep puts the attachments among the blobs, and gives them as they were put there. When there are more than a message may have, the whole
// mail is the last of them.
func (p *mapper) keep(ctx context.Context, m *Mail, raw []byte, in *ticket.Inbound) ([]Part, error) {
	parts := m.Attachments
	if len(parts) > ticket.MaxAttachments {
		in.Warnings = append(in.Warnings, fmt.Sprintf("Only the first %d of %d attachments are shown. The whole mail is attached as mail.eml.",
			ticket.MaxAttachments-1, len(parts)))
		parts = append(slices.Clone(parts[:ticket.MaxAttachments-1]), Part{Name: "mail.eml", Type: "message/rfc822", Data: raw})
	}
	for _, a := range parts {
		sum, size, err := p.blobs.Put(ctx, bytes.NewBuffer(a.Data), int64(len(a.Data)))
		if err != nil {
			return nil, err
		}
		in.Attachments = append(in.Attachments, ticket.Attachment{Name: a.Name, Type: cutRunes(a.Type, 100), Size: size, SHA256: sum,
			Inline: a.Inline, ContentID: cutRunes(a.ContentID, 200)})
	}
	return parts, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
