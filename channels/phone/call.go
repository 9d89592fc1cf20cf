package phone

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tierline/customer"
	"tierline/ticket"
)

// Limits of one call.
const (
	MaxBody    = 4 << 20 // bytes as posted
	maxTurns   = 5000
	maxTurn    = 20_000         // bytes of one turn's text
	maxCallID  = 200            // bytes
	maxSpeaker = 100            // runes
	maxLength  = 24 * time.Hour // of a call
)

// Call is a transcript in its normal form.
type Call struct {
	Format     string         // tierline, webvtt, deepgram, aws
	ID         string         // the telephone system's
	From, To   string         // as they came until fill has been called, then E.164; From "" is withheld
	Direction  string         // inbound, outbound
	Started    time.Time      // zero when not told
	Language   string         // BCP 47, the primary subtag
	Agent      string         // who took the call
	DurationMS int64          // of the whole call
	Turns      []ticket.Turn  // by time
	Redacted   map[string]int // what was taken out, by kind: "card"
	SilenceMS  int64          // nobody spoke between the first word and the last
	OverlapMS  int64          // two spoke at once
}

// Fault says what is wrong with an input, and where.
type Fault struct {
	Where  string // "line 12", "turns[3].text", "call_id"
	What   string
	Syntax bool // it cannot be read at all; else it says something that cannot be
}

func (f *Fault) Error() string {
	if f.Where == "" {
		return f.What
	}
	return f.Where + ": " + f.What
}

func fault(where, format string, args ...any) error {
	return &Fault{Where: where, What: fmt.Sprintf(format, args...)}
}

func unreadable(where, format string, args ...any) error {
	return &Fault{Where: where, What: fmt.Sprintf(format, args...), Syntax: true}
}

// Parse reads a transcript. What a format does not say of the call is empty. The error is a [Fault].
func Parse(contentType string, body []byte) (Call, error) {
	if len(body) > MaxBody {
		return Call{}, unreadable("", "the call has more than %d bytes", MaxBody)
	}
	if !utf8.Valid(body) {
		return Call{}, unreadable("", "the call is not UTF-8")
	}
	kind, _, _ := strings.Cut(contentType, ";")
	text := strings.TrimPrefix(string(body), "\ufeff")
	var c Call
	var err error
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/vtt", "text/webvtt":
		c, err = parseVTT(text)
	case "application/json", "":
		c, err = parseJSON([]byte(text))
	default:
		return Call{}, unreadable("Content-Type", "%.60q is neither application/json nor text/vtt", kind)
	}
	if err != nil {
		return Call{}, err
	}
	err = c.tidy()
	return c, err
}

// tidy checks the turns, puts them in order, redacts and measures.
func (c *Call) tidy() error {
	if len(c.Turns) == 0 {
		return fault("turns", "nobody says anything")
	}
	if len(c.Turns) > maxTurns {
		return fault("turns", "%d turns, at most %d", len(c.Turns), maxTurns)
	}
	c.Redacted = map[string]int{}
	total := 0
	for i := range c.Turns {
		t := &c.Turns[i]
		if err := tidyTurn(t, c.Agent); err != nil {
			return fault(fmt.Sprintf("turns[%d]", i), "%v", err)
		}
		var n int
		t.Text, n = redactCards(t.Text)
		c.Redacted["card"] += n
		c.DurationMS = max(c.DurationMS, t.EndMS)
		total += len(t.Text) + len(t.Speaker) + 16
	}
	if c.Redacted["card"] == 0 {
		delete(c.Redacted, "card")
	}
	if total > ticket.MaxText {
		return fault("turns", "%d bytes of text, at most %d", total, ticket.MaxText)
	}
	slices.SortStableFunc(c.Turns, func(a, b ticket.Turn) int { return cmp.Compare(a.StartMS, b.StartMS) })
	c.Language = primary(c.Language)
	c.SilenceMS, c.OverlapMS = measure(c.Turns)
	return nil
}

func tidyTurn(t *ticket.Turn, agent string) error {
	t.Text, t.Speaker = oneLine(t.Text), oneLine(t.Speaker)
	switch {
	case t.Text == "":
		return fmt.Errorf("the text is empty")
	case len(t.Text) > maxTurn:
		return fmt.Errorf("the text has %d bytes, at most %d", len(t.Text), maxTurn)
	case utf8.RuneCountInString(t.Speaker) > maxSpeaker:
		return fmt.Errorf("the speaker's name is longer than %d characters", maxSpeaker)
	case t.StartMS < 0 || t.EndMS < t.StartMS:
		return fmt.Errorf("it lasts from %d ms to %d ms", t.StartMS, t.EndMS)
	case t.EndMS > maxLength.Milliseconds():
		return fmt.Errorf("it ends after more than %v", maxLength)
	case !(t.Confidence >= 0 && t.Confidence <= 1):
		return fmt.Errorf("the confidence %v is not between 0 and 1", t.Confidence)
	}
	switch strings.ToLower(t.Role) {
	case "agent", "customer", "unknown":
		t.Role = strings.ToLower(t.Role)
	case "":
		t.Role = roleOf(t.Speaker, agent)
	default:
		return fmt.Errorf("the role %.20q is none of agent, customer, unknown", t.Role)
	}
	return nil
}

// oneLine drops control characters and folds blanks: speech has no layout.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// roleOf guesses from what a speaker is called: "Agent 2", "Kunde", "caller".
func roleOf(speaker, agent string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(speaker)), " ")
	switch {
	case word != "" && strings.EqualFold(speaker, agent):
		return "agent"
	case slices.Contains([]string{"agent", "support", "advisor", "operator", "conseiller", "berater"}, word):
		return "agent"
	case slices.Contains([]string{"customer", "caller", "client", "kunde", "kundin", "anrufer"}, word):
		return "customer"
	}
	return "unknown"
}

func primary(tag string) string {
	p, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	if len(p) < 2 || len(p) > 3 || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return p
}

// measure sums the time in which nobody spoke, and that in which more than one did.
func measure(turns []ticket.Turn) (silence, overlap int64) {
	type edge struct {
		at   int64
		step int
	}
	var edges []edge
	for _, t := range turns {
		edges = append(edges, edge{t.StartMS, 1}, edge{t.EndMS, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.step, a.step)) })
	talking := 0
	for i, e := range edges {
		if i > 0 {
			switch d := e.at - edges[i-1].at; {
			case talking == 0:
				silence += d
			case talking > 1:
				overlap += d
			}
		}
		talking += e.step
	}
	return silence, overlap
}

// Text is the transcript as people read it; consecutive turns of one speaker are one paragraph.
func (c *Call) Text() string {
	var b strings.Builder
	last := ""
	for _, t := range c.Turns {
		if who := label(t); who == last {
			b.WriteString(" ")
		} else {
			if last != "" {
				b.WriteString("\n")
			}
			b.WriteString(who + ": ")
			last = who
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

func label(t ticket.Turn) string {
	named := strings.Trim(t.Speaker, "0123456789") != "" // a number is no name
	title := map[string]string{"agent": "Agent", "customer": "Customer"}[t.Role]
	switch {
	case title == "" && named:
		return t.Speaker
	case title == "":
		return strings.TrimSpace("Speaker " + t.Speaker)
	case !named || (roleOf(t.Speaker, "") == t.Role && !strings.Contains(t.Speaker, " ")):
		return title
	case roleOf(t.Speaker, "") == t.Role:
		return t.Speaker
	}
	return t.Speaker + " (" + t.Role + ")"
}

// fill takes from the query what the transcript did not say, and checks the whole.
func (c *Call) fill(query func(string) string, region string) error {
	for _, f := range []struct {
		name string
		to   *string
	}{{"call_id", &c.ID}, {"from", &c.From}, {"to", &c.To}, {"direction", &c.Direction}, {"language", &c.Language}, {"agent", &c.Agent}} {
		if *f.to == "" {
			*f.to = strings.Clone(strings.TrimSpace(query(f.name)))
		}
	}
	c.Language = primary(c.Language)
	if c.ID == "" || len(c.ID) > maxCallID || oneLine(c.ID) != c.ID {
		return fault("call_id", "it is missing, longer than %d bytes or holds control characters", maxCallID)
	}
	if len([]rune(c.Agent)) > maxSpeaker {
		return fault("agent", "longer than %d characters", maxSpeaker)
	}
	switch c.Direction = strings.ToLower(c.Direction); c.Direction {
	case "":
		c.Direction = "inbound"
	case "inbound", "outbound":
	default:
		return fault("direction", "%.20q is neither inbound nor outbound", c.Direction)
	}
	if s := query("started_at"); c.Started.IsZero() && s != "" {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return fault("started_at", "%.40q is no time of RFC 3339", s)
		}
		c.Started = at
	}
	return c.numbers(region)
}

func (c *Call) numbers(region string) error {
	for _, f := range []struct {
		name   string
		number *string
	}{{"from", &c.From}, {"to", &c.To}} {
		if anonymous(*f.number) {
			*f.number = ""
			continue
		}
		n, err := e164(*f.number, region)
		if err != nil {
			return fault(f.name, "%.40q is no telephone number", *f.number)
		}
		*f.number = n
	}
	return nil
}

// inbound is the contact that the call makes.
func (p *Phone) inbound(c *Call) ticket.Inbound {
	theirs, ours := c.From, c.To
	if c.Direction == "outbound" {
		theirs, ours = ours, theirs
	}
	line, ok := p.lines[ours]
	if !ok {
		line.Name = "phone"
	}
	in := ticket.Inbound{
		Channel: "phone", Inbox: line.Name, Brand: line.Brand, External: c.ID + "/" + c.fingerprint(),
		Threads:  []ticket.ThreadKey{{By: "call", Key: c.ID, Proof: true}},
		From:     customer.Identity{Kind: customer.Phone, Value: theirs, Name: c.customerName()},
		Text:     c.Text(),
		Turns:    c.Turns,
		Language: c.Language,
		At:       c.Started,
	}
	if first := slices.IndexFunc(c.Turns, func(t ticket.Turn) bool { return t.Role == "customer" }); first >= 0 {
		in.Subject = cutRunes(c.Turns[first].Text, 80)
	}
	if theirs == "" {
		in.From.Value = withheldNumber(c.ID)
		in.Warnings = append(in.Warnings, "The caller's number was withheld.")
	}
	if n := c.Redacted["card"]; n > 0 {
		in.Warnings = append(in.Warnings, fmt.Sprintf("Card numbers were removed from the transcript: %d.", n))
	}
	return in
}

func (c *Call) customerName() string {
	for _, t := range c.Turns {
		if t.Role == "customer" && strings.Trim(t.Speaker, "0123456789") != "" && roleOf(t.Speaker, "") == "unknown" {
			return t.Speaker
		}
	}
	return ""
}

// fingerprint tells a call that is posted again from one whose content is another.
func (c *Call) fingerprint() string {
	b, _ := json.Marshal(c) // strings, numbers and times that were checked: cannot fail
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func cutRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}
