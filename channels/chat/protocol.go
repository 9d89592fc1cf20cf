package chat

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// Limits of what a visitor sends.
const (
	maxFrame   = 64 << 10 // bytes of one frame
	maxText    = 16 << 10 // bytes of one message
	maxName    = 100      // runes
	maxHave    = 20       // tickets in hello
	maxTickets = 10       // newest tickets of a session that are shown
	maxHistory = 200      // newest messages of a ticket that are shown
)

// fromVisitor is any frame of the visitor's.
type fromVisitor struct {
	T       string         `json:"t"`
	Session string         `json:"session"`
	Secret  string         `json:"secret"`
	Lang    string         `json:"lang"`
	Have    map[string]int `json:"have"`
	ID      string         `json:"id"`
	Text    string         `json:"text"`
	Name    string         `json:"name"`
	Email   string         `json:"email"`
}

// toVisitor is any frame of the gateway's.
type toVisitor struct {
	T       string    `json:"t"`
	Session string    `json:"session,omitempty"`
	Secret  string    `json:"secret,omitempty"`
	ID      string    `json:"id,omitempty"`
	Ticket  string    `json:"ticket,omitempty"`
	Seq     int       `json:"seq,omitempty"`
	From    string    `json:"from,omitempty"`
	Name    string    `json:"name,omitempty"`
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Code    string    `json:"code,omitempty"`
	RetryMS int64     `json:"retry_ms,omitempty"`
	ForMS   int64     `json:"for_ms,omitempty"` // how long a sign is true
}

// The codes of an error frame.
const (
	codeBad         = "bad"
	codeTooLong     = "too_long"
	codeRejected    = "rejected"
	codeSlow        = "slow"
	codeUnavailable = "unavailable"
)

func (f toVisitor) bytes() []byte {
	b, _ := json.Marshal(f) // strings, numbers and a time: cannot fail
	return b
}

var (
	sayID    = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)
	langCode = regexp.MustCompile(`^[A-Za-z]{2,3}`)
)

// readFrame reads a frame; the error is for the visitor's side.
func readFrame(data []byte) (fromVisitor, error) {
	var f fromVisitor
	if !utf8.Valid(data) {
		return f, ticket.Errorf("chat.read", ticket.Invalid, "a frame is UTF-8")
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, ticket.Errorf("chat.read", ticket.Invalid, "a frame is one JSON object: %v", err)
	}
	if len(f.Have) > maxHave {
		return f, ticket.Errorf("chat.read", ticket.Invalid, "have names more than %d tickets", maxHave)
	}
	return f, nil
}

// inbound is the contact that a say frame makes; a frame that says an error instead has a T.
func (f fromVisitor) inbound(in Inbox, session, lang string) (ticket.Inbound, *toVisitor) {
	text := strings.TrimSpace(plain(f.Text))
	switch {
	case !sayID.MatchString(f.ID):
		return ticket.Inbound{}, &toVisitor{T: "error", Code: codeBad, Text: "say needs an id of 8 to 64 letters, digits, - and _"}
	case len(text) > maxText:
		return ticket.Inbound{}, &toVisitor{T: "error", ID: f.ID, Code: codeTooLong, Text: "This message is too long."}
	case text == "":
		return ticket.Inbound{}, &toVisitor{T: "error", ID: f.ID, Code: codeBad, Text: "This message is empty."}
	}
	name := []rune(strings.Join(strings.Fields(plain(f.Name)), " "))
	if len(name) > maxName {
		name = name[:maxName]
	}
	out := ticket.Inbound{
		Channel: "chat", Inbox: in.Name, Brand: in.Brand, External: session + "/" + f.ID, Language: lang,
		From: customer.Identity{Kind: customer.Chat, Value: session, Name: string(name)}, Text: text,
		Threads: []ticket.ThreadKey{{By: "session", Key: session, Proof: true}},
	}
	if mail, err := (customer.Identity{Kind: customer.Email, Value: f.Email}).Normal(); err == nil && f.Email != "" {
		out.With = []customer.Identity{mail}
		out.Warnings = []string{"The visitor gave " + mail.Value + " as their address. It is not verified."}
	}
	return out, nil
}

// plain drops control characters, and those that reorder what stands around them (Unicode TR 36).
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

// primary is the primary subtag of a language tag, or "".
func primary(tag string) string { return strings.ToLower(langCode.FindString(tag)) }

// frameOf is what a visitor sees of a message; false when it is not for them.
func frameOf(session string, m ticket.Message) (toVisitor, bool) {
	if m.Kind != ticket.Public || m.Text == "" || len(m.Attachments) > 0 {
		return toVisitor{}, false
	}
	// What was said in another ticket, or by another channel, is shown there to those who took part.
	if m.Channel != channels.Chat || !m.MovedFrom.IsZero() || m.Delivery == ticket.Withdrawn {
		return toVisitor{}, false
	}
	f := toVisitor{T: "message", Ticket: m.Ticket.String(), Seq: m.Seq, Text: m.Text, At: m.At.UTC()}
	switch {
	case m.Direction == ticket.Out:
		f.From = "agent"
		if m.Author.Kind == ticket.ByAgent {
			f.Name = m.Author.Name
		}
	case m.From.Kind == customer.Chat && m.From.Value == session:
		f.From = "you"
		f.ID = strings.TrimPrefix(m.External, session+"/")
	default: // somebody else who takes part, by another channel
		f.From, f.Name = "other", m.From.Name
	}
	return f, true
}
