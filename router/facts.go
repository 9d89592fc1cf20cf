package router

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/customer"
	"tierline/ticket"
)

// Facts are what rules see of a ticket. The names in the tags are those that expressions and tests use;
// the two are the same but for on, which a test names beside them. What is told about them is the table in the
// guide.
type Facts struct {
	Channel      string   `expr:"channel" yaml:"channel" about:"email, chat, phone or slack"`
	Inbox        string   `expr:"inbox" yaml:"inbox" about:"mailbox, widget, line or Slack channel"`
	Brand        string   `expr:"brand" yaml:"brand" about:"the brand's name"`
	Subject      string   `expr:"subject" yaml:"subject" about:"the subject"`
	Text         string   `expr:"text" yaml:"text" about:"what the customer wrote now, at most 20 kB"`
	Language     string   `expr:"language" yaml:"language" about:"en, de, fr …"`
	Auto         bool     `expr:"auto" yaml:"auto" about:"a machine opened it"`
	ForwardedBy  string   `expr:"forwarded_by" yaml:"forwarded_by" about:"id of the agent who has passed it on"`
	Customer     string   `expr:"customer" yaml:"customer" about:"the customer's name"`
	Organization string   `expr:"organization" yaml:"organization" about:"the organization's name"`
	Plan         string   `expr:"plan" yaml:"plan" about:"the organization's plan"`
	Attributes   attrs    `expr:"attributes" yaml:"attributes" about:"what is stored of the customer and, below that, of the organization: attributes.region == \"emea\"; what is not there is \"\""`
	Verified     bool     `expr:"verified" yaml:"verified" about:"the newest message is shown to be from whom it says (mail authentication, Slack), or an agent has made sure"`
	VerifiedBy   string   `expr:"verified_by" yaml:"verified_by" about:"dkim, dmarc, slack … or agent"`
	Units        []string `expr:"units" yaml:"units" about:"serial numbers, and what looks like one"`
	KnownUnits   []string `expr:"known_units" yaml:"known_units" about:"those of them that there are"`
	Models       []string `expr:"models" yaml:"models" about:"their models"`
	UnitCases    int      `expr:"unit_cases" yaml:"unit_cases" about:"most tickets of one of the units in 90 days, this one included"`
	UnitCases30  int      `expr:"unit_cases_30" yaml:"unit_cases_30" about:"the same in 30 days"`
	Lemon        bool     `expr:"lemon" yaml:"lemon" about:"a unit with so many cases that it should not be sent out again"`
	Environment  bool     `expr:"environment" yaml:"environment" about:"unit after unit of the organization has failed: it may be the place"`
	Cases        int      `expr:"cases" yaml:"cases" about:"previous tickets of customer, organization or unit that were found, at most 5"`
	Phones       []string `expr:"phones" yaml:"phones" about:"telephone numbers that the customer named, as +4930123456"`
	Orders       []string `expr:"orders" yaml:"orders" about:"order numbers that the customer named"`
	Contacts     int      `expr:"contacts" yaml:"contacts" about:"messages of the customer in this ticket"`
	Turns        int      `expr:"turns" yaml:"turns" about:"times that the customer came to us about it: messages that follow an answer of staff, or an hour of silence"`
	Lately       int      `expr:"contacts_7d" yaml:"contacts_7d" about:"messages of the customer in all their tickets in 7 days, at most of the newest 20 tickets"`
	Signals      []string `expr:"signals" yaml:"signals" about:"anger, urgency, level2, manager, complaint, abuse, callback, safety, privacy, many"`
	Words        words    `expr:"signal_words" yaml:"signal_words" about:"the words that caused each: \"lawyer\" in signal_words.anger"`
	BestScore    float64  `expr:"best_score" yaml:"best_score" about:"of the best article, 0 to 1"`
	Fits         bool     `expr:"fits" yaml:"fits" about:"the best article is likely to answer it"`
	Searched     bool     `expr:"searched" yaml:"searched" about:"the search for articles has answered"`
	Open         bool     `expr:"open" yaml:"open" about:"it is within the brand's hours"`
	Tags         []string `expr:"tags" yaml:"tags" about:"its tags, those of rules in earlier groups among them"`
	Skills       []string `expr:"skills" yaml:"skills" about:"wanted of whoever gets it; those of earlier groups, too"`
	Priority     string   `expr:"priority" yaml:"priority" about:"low, normal, high or urgent; what an earlier group has decided, once it has"`
	State        string   `expr:"state" yaml:"state" about:"new, open, pending, on_hold, solved or closed"`
	Tier         string   `expr:"tier" yaml:"tier" about:"where it is; \"\" while it is new"`
	Top          bool     `expr:"top" yaml:"top" about:"there is no tier above"`
	Owner        string   `expr:"owner" yaml:"owner" about:"the owner's agent id, or \"\""`
	Supplier     string   `expr:"supplier" yaml:"supplier" about:"whom it is with, or \"\""`
	Diagnosis    string   `expr:"diagnosis" yaml:"diagnosis" about:"what it was found to be"`
	Tried        []string `expr:"tried" yaml:"tried" about:"what notes say was tried, at most the newest 5"`

	Age     time.Duration `expr:"age" yaml:"age" about:"since it was opened: age > duration(\"48h\")"`
	InState time.Duration `expr:"in_state" yaml:"in_state" about:"since it is in its state"`
	AtTier  time.Duration `expr:"at_tier" yaml:"at_tier" about:"since it is at its tier"`

	Returned int    `expr:"returned" yaml:"returned" about:"how often it was returned to be written anew"`
	Reopened int    `expr:"reopened" yaml:"reopened" about:"how often it was open again after it was solved"`
	Broken   int    `expr:"promises_broken" yaml:"promises_broken" about:"promises that were broken"`
	On       string `expr:"on" yaml:"-" about:"why rules look at it: opened, reply, warn, breach or returned"`
	Clock    string `expr:"clock" yaml:"clock" about:"which clock has run out, or nearly: first_response, next_response, resolution, at_tier or supplier"`
}

// attrs gives "" for what is not there; words gives nothing.
type (
	attrs = map[string]string
	words = map[string][]string
)

const maxFactText = 20_000 // bytes of text that rules look at

// A customer's contacts lately are those of so many days, in so many of their newest tickets.
const (
	lately        = 7 * 24 * time.Hour
	latelyTickets = 20
	recently      = 30 * 24 * time.Hour // of unit_cases_30
	silence       = time.Hour           // after which a message is another turn
)

// factNames are the names by which expressions know facts.
func factNames() (names []string) {
	for f := range reflect.TypeFor[Facts]().Fields() {
		names = append(names, f.Tag.Get("expr"))
	}
	return names
}

// FactTable is what there is to know of facts: name, type and meaning of each.
func FactTable() (rows [][3]string) {
	for f := range reflect.TypeFor[Facts]().Fields() {
		rows = append(rows, [3]string{f.Tag.Get("expr"), typeName(f.Type), f.Tag.Get("about")})
	}
	return rows
}

func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[attrs]():
		return "texts by name"
	case t == reflect.TypeFor[words]():
		return "lists by signal"
	case t.Kind() == reflect.Slice:
		return "list of texts"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "text"
	}
	return "number"
}

// ofTicket takes in what the ticket itself says, as of now.
func (f *Facts) ofTicket(t ticket.Ticket, now time.Time) {
	f.Channel, f.Inbox, f.Brand, f.Subject, f.Language = t.Channel, t.Inbox, t.Brand, t.Subject, t.Language
	f.Units, f.Tags, f.Skills, f.Tier, f.Priority, f.State = t.Units, t.Tags, t.Skills, t.Tier, string(t.Priority), string(t.State)
	f.Owner, f.Diagnosis, f.Returned, f.Reopened = t.Owner, t.Diagnosis, t.Returned, t.Reopened
	f.Phones, f.Orders = t.FoundOf(ticket.FoundPhone), t.FoundOf(ticket.FoundOrder)
	f.Age = now.Sub(t.Opened)
	f.InState, f.AtTier = f.Age, f.Age
	if !t.StateAt.IsZero() {
		f.InState = now.Sub(t.StateAt)
	}
	if !t.TierAt.IsZero() {
		f.AtTier = now.Sub(t.TierAt)
	}
	if with := t.With(); with != nil {
		f.Supplier = with.Supplier
	}
	for _, p := range t.Promises {
		if p.State == ticket.PromiseBroken {
			f.Broken++
		}
	}
	if t.Verified != nil {
		f.Verified, f.VerifiedBy = true, "agent"
	}
}

// decided takes in what earlier groups of rules have decided: those behind them see it.
func (f *Facts) decided(d ticket.Decision) {
	f.Tags, f.Skills = with(slices.Clip(f.Tags), d.Tags), with(slices.Clip(f.Skills), d.Skills)
	f.Priority = cmp.Or(string(d.Priority), f.Priority)
}

// ofCustomer takes in what is stored of the customer and of the organization.
func (f *Facts) ofCustomer(c customer.Customer, o customer.Organization) {
	f.Customer, f.Organization, f.Plan = c.Name, o.Name, o.Plan
	if len(c.Attributes)+len(o.Attributes) > 0 {
		f.Attributes = maps.Clone(o.Attributes)
		if f.Attributes == nil {
			f.Attributes = attrs{}
		}
		maps.Copy(f.Attributes, c.Attributes)
	}
}

// ofUnits takes in what is known of units.
func (f *Facts) ofUnits(units []bots.Unit) {
	for _, u := range units {
		f.UnitCases, f.UnitCases30, f.Lemon = max(f.UnitCases, u.Cases), max(f.UnitCases30, u.Recent), f.Lemon || u.Lemon
		if u.Model != "" {
			f.Models = append(f.Models, u.Model)
		}
		if !u.Unknown {
			f.KnownUnits = append(f.KnownUnits, u.Serial)
		}
	}
}

// proven takes in what shows that a message is from whom it says. What an agent has made sure of holds.
func (f *Facts) proven(m ticket.Message) {
	if f.VerifiedBy != "agent" && m.Seq != 0 {
		f.Verified, f.VerifiedBy = m.Proven != "", m.Proven
	}
}

// said takes in who has said something how often. Messages are in their order.
func (f *Facts) said(msgs []ticket.Message) {
	first, ours := true, true
	var last time.Time
	for _, m := range msgs {
		if m.Kind != ticket.Public || !m.MovedTo.IsZero() {
			continue
		}
		if m.Direction != ticket.In {
			ours = ours || !m.Auto
			continue
		}
		if first {
			f.Auto, f.ForwardedBy, first = m.Auto, m.ForwardedBy.ID, false
		}
		if m.Auto {
			continue
		}
		f.Contacts++
		if ours || m.At.Sub(last) > silence {
			f.Turns++
		}
		ours, last = false, m.At
	}
}

// signals takes in what was found in the text.
func (f *Facts) signals(r *Rules) []ticket.Signal {
	found := r.found(f.Subject+"\n"+f.Text, f.Language)
	f.Signals, f.Words = nil, nil
	for _, s := range found {
		if f.Words == nil {
			f.Words = words{}
		}
		f.Signals = append(f.Signals, s.Kind)
		for _, w := range s.Words {
			f.Words[s.Kind] = append(f.Words[s.Kind], strings.ToLower(w))
		}
	}
	return found
}

// contactsLately counts what a customer has written in the days before at, whatever it was about.
func (d *Desk) contactsLately(ctx context.Context, who customer.ID, at time.Time) (n int, err error) {
	if who == 0 {
		return 0, nil
	}
	since := at.Add(-lately)
	list, err := d.Store.Tickets(ctx, ticket.Filter{Customer: who, Limit: latelyTickets})
	for _, t := range list {
		if err != nil {
			return n, err
		}
		if t.LastCustomer.Before(since) || t.Opened.After(at) {
			continue
		}
		var msgs []ticket.Message
		msgs, err = d.Store.Messages(ctx, t.ID, max(0, t.LastSeq-maxCardMessages), maxCardMessages)
		for _, m := range msgs {
			if m.Kind == ticket.Public && m.Direction == ticket.In && !m.Auto && m.MovedTo.IsZero() && !m.At.Before(since) && !m.At.After(at) {
				n++
			}
		}
	}
	return n, err
}

// nearest is the known name that is most like one that is not known, or "".
func nearest(name string, known []string) string {
	best, least := "", 1+len(name)/3
	for _, k := range known {
		if d := distance(strings.ToLower(name), k); d <= least && (best == "" || d < distance(strings.ToLower(name), best)) {
			best = k
		}
	}
	if best == "" { // a part of a name, such as score
		if i := slices.IndexFunc(known, func(k string) bool { return len(name) > 3 && strings.Contains(k, strings.ToLower(name)) }); i >= 0 {
			best = known[i]
		}
	}
	return best
}

// distance is how many letters are to be added, left out or changed (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
