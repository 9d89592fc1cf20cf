package email

import (
	"strings"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// Preview is the mail that Send would write; see [channels.Previewer].
func (s *sender) Preview(out ticket.Outbound) (channels.Letter, error) {
	t := out.Ticket
	from, ok := s.conf.From[t.Inbox]
	if !ok {
		return channels.Letter{}, noAddress(t.Inbox)
	}
	to, cc := recipients(out)
	if len(to) == 0 {
		return channels.Letter{}, ticket.Errorf("email.Preview", ticket.Invalid, "The customer has no mail address.")
	}
	b := s.body(out)
	l := channels.Letter{Subject: subject(t), From: strings.TrimSpace(from.Name + " <" + from.Address + ">"), To: shownAs(to), Cc: shownAs(cc), Below: b.foot}
	if b.quote != "" {
		l.Quoted = b.wrote + "\n" + b.quote
	}
	return l, nil
}

func shownAs(list []customer.Identity) (out []string) {
	for _, i := range list {
		out = append(out, i.Value)
	}
	return out
}

func noAddress(inbox string) error {
	return ticket.Errorf("email.Send", ticket.Invalid, "The inbox %q has no address to answer from. An administrator can add it under sending.from.", inbox)
}
