package email

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tierline/internal/lookalike"
	"tierline/ticket"
)

// ourselves is what a stranger may want to be taken for.
type ourselves struct {
	domains []string // of our addresses
	names   []string // under which our inboxes write
}

// colleagues are who works here; either may be nil.
type colleagues struct {
	byAddress func(address string) (ticket.Actor, bool)
	allNames  func() []string
}

// works says whether an address is a colleague's.
func (c colleagues) works(address string) bool {
	if c.byAddress == nil {
		return false
	}
	_, ok := c.byAddress(address)
	return ok
}

// namesake is the colleague whose name a sender has, who is none; "" when there is none. A name of one word
// is anybody's.
func (c colleagues) namesake(from Address) string {
	if c.allNames == nil || !strings.Contains(strings.TrimSpace(from.Name), " ") || c.works(from.Address) {
		return ""
	}
	for _, name := range c.allNames() {
		if strings.Contains(strings.TrimSpace(name), " ") && lookalike.Name(from.Name, name) {
			return name
		}
	}
	return ""
}

func newOurselves(own []Recipient, from map[string]From) (o ourselves) {
	for _, r := range own {
		if _, domain, ok := strings.Cut(strings.ToLower(r.Address), "@"); ok && domain != "" && !strings.Contains(domain, "*") && !slices.Contains(o.domains, domain) {
			o.domains = append(o.domains, domain)
		}
	}
	for _, f := range from {
		if f.Name != "" && !slices.Contains(o.names, f.Name) {
			o.names = append(o.names, f.Name)
		}
	}
	slices.Sort(o.names)
	return o
}

// addressIn finds an address within a name.
var addressIn = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)

// doubts are what staff should know of a sender before they believe the name. Whether they look like
// somebody who takes part in the case, the store knows.
func (o ourselves) doubts(m *Mail, staff colleagues) (list []string) {
	from := m.From[0]
	domain := from.identity().Domain()
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if a := addressIn.FindString(from.Name); a != "" && !strings.EqualFold(a, from.Address) {
		say("The sender's name shows another address (%s) than the mail is from (%s).", cutRunes(a, 100), from.Address)
	}
	if lookalike.Mixed(domain) {
		say("The sender's domain (%s) mixes letters of several scripts, so that it may look like another.", domain)
	}
	if slices.Contains(o.domains, domain) {
		return list
	}
	if like := likeOneOf(domain, o.domains); like != "" {
		say("The sender's domain (%s) looks like ours (%s), but is another.", domain, like)
	} else if i := slices.IndexFunc(o.names, func(name string) bool { return lookalike.Name(from.Name, name) }); i >= 0 {
		say("The sender has the name of one of our inboxes (%s), but writes from %s.", o.names[i], domain)
	} else if name := staff.namesake(from); name != "" {
		say("The sender has the name of %s, who works here, but writes from %s, an address that is not known as theirs.", name, cutRunes(from.Address, 100))
	}
	if len(m.ReplyTo) > 0 {
		if to := m.ReplyTo[0].identity().Domain(); to != domain && lookalike.Domain(to, domain) {
			say("Answers would go to %s, which looks like the sender's domain (%s), but is another.", to, domain)
		}
	}
	return list
}

func likeOneOf(domain string, known []string) string {
	for _, k := range known {
		if lookalike.Domain(domain, k) {
			return k
		}
	}
	return ""
}
