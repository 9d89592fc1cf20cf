package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// Limits of what one contact may name, beyond those of package ticket. What is more is left out.
const (
	maxKeys    = 100 // thread keys, and references
	maxWith    = 200 // others who took part
	maxUnits   = 50
	maxWarn    = 50
	maxKeySize = 500 // bytes of an id of another system; longer ones are kept as their hash
)

// tidy checks a contact and brings it into the form in which it is compared and kept.
func tidy(in ticket.Inbound) (ticket.Inbound, error) {
	if in.Channel == "" || in.External == "" {
		return in, errors.New("a contact needs a channel and an id there")
	}
	for _, f := range []struct {
		name string
		is   int
		max  int
	}{
		{"text", len(in.Text), ticket.MaxText}, {"folded text", len(in.Folded), ticket.MaxHTML},
		{"HTML", len(in.HTML), ticket.MaxHTML}, {"turns", sizeOf(in.Turns), ticket.MaxHTML},
		{"subject", len(in.Subject), ticket.MaxText}, {"number of attachments", len(in.Attachments), ticket.MaxAttachments},
	} {
		if f.is > f.max {
			return in, fmt.Errorf("the %s is too large: %d of at most %d", f.name, f.is, f.max)
		}
	}
	in.Channel, in.Inbox, in.External = shortKey(in.Channel), shortKey(in.Inbox), clean(in.External)
	in.Warnings = slices.Clone(fewer(in.Warnings, maxWarn))
	in.ReplyTo, in.With = people(in.ReplyTo), people(in.With)
	if err := sender(&in); err != nil {
		return in, err
	}
	if err := past(&in); err != nil {
		return in, err
	}
	if in.Bounce != nil {
		b := *in.Bounce
		to, err := customer.Identity{Kind: customer.Email, Value: b.To}.Normal()
		if b.To = clean(to.Value); err != nil {
			b.To = ""
		}
		in.Bounce = &b
	}
	in.Threads = slices.Clone(fewer(in.Threads, maxKeys))
	for i := range in.Threads {
		in.Threads[i].Key = shortKey(in.Threads[i].Key)
	}
	if n := len(in.References); n > maxKeys {
		in.References = in.References[n-maxKeys:]
	}
	var units []string
	for _, u := range in.Units {
		if u = unitKey(u); u != "" && !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	in.Units = fewer(units, maxUnits)
	if !in.At.IsZero() {
		in.At = micro(in.At)
	}
	return in, nil
}

// sender normalises who wrote. When it cannot be read, the address for answers stands in for it.
func sender(in *ticket.Inbound) error {
	from, err := in.From.Normal()
	if err == nil {
		in.From = person(from)
		return nil
	}
	if len(in.ReplyTo) == 0 {
		return fmt.Errorf("the sender cannot be recognised: %w", err)
	}
	name := in.From.Name
	in.From = in.ReplyTo[0]
	if name != "" {
		in.From.Name = clean(name)
	}
	in.Warnings = append(in.Warnings, "The sender could not be read; the address for answers stands in for it.")
	return nil
}

// past leaves of a contact of history what history is.
func past(in *ticket.Inbound) error {
	if in.Past == nil {
		return nil
	}
	if in.Past.Out && len(in.With) == 0 {
		return errors.New("an answer of the past needs whom it went to")
	}
	in.Bounce, in.Forwarded, in.NewTopic = nil, nil, ""
	return nil
}

// people normalises identities and leaves out those that are none.
func people(list []customer.Identity) []customer.Identity {
	var out []customer.Identity
	for _, i := range fewer(list, maxWith) {
		if n, err := i.Normal(); err == nil {
			out = append(out, person(n))
		}
	}
	return out
}

func person(i customer.Identity) customer.Identity {
	i.Name, i.Value = clean(i.Name), clean(i.Value)
	return i
}

// clean makes text that PostgreSQL can keep: UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// shortKey is the form in which an id of another system is kept: clean, and short enough for an index.
func shortKey(s string) string {
	s = clean(s)
	if len(s) <= maxKeySize {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// unitKey is the form in which serial numbers are compared.
func unitKey(serial string) string { return shortKey(customer.NormalSerial(clean(serial))) }

func fewer[T any](list []T, n int) []T { return list[:min(len(list), max(n, 0))] }

func sizeOf(turns []ticket.Turn) int {
	n := 0
	for _, t := range turns {
		n += len(t.Role) + len(t.Speaker) + len(t.Text) + 50 // 50: what the numbers take in JSON
	}
	return n
}
