package ticket

import (
	"slices"
	"strings"

	"tierline/customer"
)

func (c *change) set() error {
	if c.a.Priority != "" {
		if !c.a.Priority.Valid() {
			return invalid("%.20q is no priority: low, normal, high or urgent.", string(c.a.Priority))
		}
		c.t.Priority = c.a.Priority
		c.say("priority", string(c.a.Priority))
	}
	if s := strings.TrimSpace(c.a.Subject); s != "" {
		c.t.Subject = cut(s, MaxSubject)
		c.say("subject", c.t.Subject)
	}
	if s := strings.TrimSpace(c.a.Diagnosis); s != "" {
		c.t.Diagnosis = cut(s, MaxReason)
		c.say("diagnosis", c.t.Diagnosis)
	}
	if c.a.Language != "" {
		c.t.Language = cut(c.a.Language, 35)
		c.say("language", c.t.Language)
	}
	if c.t.Units = addUnique(c.t.Units, c.a.Units...); len(c.t.Units) > MaxTags {
		return invalid("Too many units: at most %d.", MaxTags)
	}
	if err := c.retag(); err != nil {
		return err
	}
	if err := c.leave(c.a.Without); err != nil {
		return err
	}
	if c.a.Look {
		c.lookAtUnits()
	}
	c.say("units", strings.Join(c.a.Units, " "))
	return nil
}

// retag puts tags on, and takes others off.
func (c *change) retag() error {
	c.t.Tags = addUnique(c.t.Tags, c.a.Tags...)
	c.t.Tags = slices.DeleteFunc(c.t.Tags, func(tag string) bool { return slices.Contains(c.a.Untag, tag) })
	if len(c.t.Tags) > MaxTags {
		return invalid("Too many tags: at most %d.", MaxTags)
	}
	c.say("tags", strings.Join(c.a.Tags, " "))
	c.say("untagged", strings.Join(c.a.Untag, " "))
	return nil
}

// leave takes people out of the ticket: they get no more answers, and what they write opens a ticket of
// its own. Somebody who is in Cc again takes part again.
func (c *change) leave(who []customer.Identity) error {
	var left []string
	for _, w := range who {
		i := slices.IndexFunc(c.t.Participants, func(p customer.Identity) bool { return p.Key() == w.Key() })
		switch {
		case i == 0:
			return invalid("%s is whom the ticket is for.", w.Value)
		case i > 0:
			c.t.Participants = slices.Delete(c.t.Participants, i, i+1)
			left = append(left, w.Value)
		}
	}
	c.say("without", strings.Join(left, " "))
	return nil
}
