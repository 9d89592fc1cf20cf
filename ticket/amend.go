package ticket

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of what is kept beside a message.
const (
	MaxVersions  = 20  // earlier texts: the first, and the newest others
	MaxReactions = 100 // on one message; more are left out
	maxEmoji     = 100 // bytes of one's name
)

// Version is what a message said before it was changed.
type Version struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"` // since when it said so
}

// Reaction is an emoji that somebody has put on a message.
type Reaction struct {
	Emoji string    `json:"emoji"` // its name without colons: "+1"
	By    Actor     `json:"by"`
	At    time.Time `json:"at"`
}

// Reacted says whether somebody of a kind has put an emoji on the message.
func (m Message) Reacted(emoji string, by ActorKind) bool {
	return slices.ContainsFunc(m.Reactions, func(r Reaction) bool { return r.Emoji == emoji && r.By.Kind == by })
}

// amended is the message that an amendment is about, which the store has filled in.
func (c *change) amended() (Message, error) {
	m := c.a.Of
	switch {
	case m == nil || m.Seq != c.a.Seq || m.Ticket != c.t.ID:
		return Message{}, Errorf("ticket.Apply", NotFound, "%s has no message %d.", c.t.ID, c.a.Seq)
	case !m.MovedTo.IsZero():
		return Message{}, Errorf("ticket.Apply", Conflict, "That message is in %s now.", m.MovedTo.Ticket)
	}
	return *m, nil
}

// amend makes a message say something else, or (Gone) nothing any more. What it said is kept. An older
// amendment that comes after a newer one changes nothing.
func (c *change) amend() error {
	m, err := c.amended()
	if err != nil {
		return err
	}
	if err := c.mayAmend(m); err != nil {
		return err
	}
	text, at := strings.TrimSpace(c.a.Text), timeOr(c.a.At, c.now)
	switch {
	case !m.Gone.IsZero(), !c.a.Gone && text == strings.TrimSpace(m.Text), !m.Edited.IsZero() && !at.After(m.Edited):
		c.nothing = true
		return nil
	case !c.a.Gone && text == "":
		return invalid("A message needs a text.")
	case len(text) > MaxText:
		return invalid("The text is too long: %d bytes of at most %d.", len(text), MaxText)
	}
	if c.a.Gone {
		m.Gone = at
		c.say("gone", "true")
	} else {
		m.Earlier = append(m.Earlier, Version{Text: m.Text, At: timeOr(m.Edited, m.At)})
		if n := len(m.Earlier); n > MaxVersions {
			m.Earlier = append(m.Earlier[:1:1], m.Earlier[n-MaxVersions+1:]...)
		}
		m.Text, m.Edited = text, at
	}
	c.say("seq", strconv.Itoa(m.Seq))
	c.fx.Amended = append(c.fx.Amended, m)
	c.fx.Jobs = append(c.fx.Jobs, c.repost(m.Seq))
	switch {
	case m.Direction == In:
		c.heardOf(m)
	case m.Direction == Out:
		c.fx.Jobs = append(c.fx.Jobs, c.t.carry(m.Seq, ""))
	}
	return nil
}

// mayAmend says who may change what: everybody what they wrote, and nothing that is on its way.
func (c *change) mayAmend(m Message) error {
	theirs := m.Kind == Public && m.Direction == In
	switch by := c.a.By; {
	case m.Kind == System, m.Auto:
		return invalid("Nobody has written that.")
	case theirs != (by.Kind == ByCustomer), !theirs && (m.Author.Kind != by.Kind || m.Author.ID != by.ID):
		return Errorf("ticket.Apply", Denied, "%s has written that: it is theirs to change.", cmp.Or(m.Author.Name, "Somebody else"))
	case m.Kind == Public && m.Direction == Out && m.Delivery == Withdrawn:
		return invalid("It was taken back.")
	case m.Kind == Public && m.Direction == Out && m.Delivery != Sent:
		return invalid("It has not gone out yet: take it back and write it anew.")
	}
	return nil
}

// heardOf tells those who may have read what a customer wrote that it is not so any more.
func (c *change) heardOf(m Message) {
	who := cmp.Or(c.a.By.Name, "The customer")
	what := fmt.Sprintf("%s has changed message %d.", who, m.Seq)
	if c.a.Gone {
		what = fmt.Sprintf("%s has deleted message %d.", who, m.Seq)
	}
	if c.t.State != New {
		c.tell(what)
	}
	if c.t.Owner != "" && (c.t.State == Pending || c.t.State == OnHold || c.t.State.Done()) {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{To: c.t.Owner, Text: what}, c.now))
	}
	if c.t.Tier != "" && !c.t.State.Done() && !c.a.Gone {
		c.fx.Jobs = append(c.fx.Jobs, c.t.review(OnReply, ""))
	}
}

// react puts an emoji on a message, or (Gone) takes it off again. The customer sees those of agents on
// what they wrote.
func (c *change) react() error {
	m, err := c.amended()
	if err != nil {
		return err
	}
	if !emojiName(c.a.Emoji) {
		return invalid("%.40q is no emoji.", c.a.Emoji)
	}
	same := func(r Reaction) bool {
		return r.Emoji == c.a.Emoji && r.By.Kind == c.a.By.Kind && r.By.ID == c.a.By.ID
	}
	there := slices.ContainsFunc(m.Reactions, same)
	if m.Kind != Public || there != c.a.Gone || !c.a.Gone && len(m.Reactions) >= MaxReactions {
		c.nothing = true
		return nil
	}
	if c.a.Gone {
		m.Reactions = slices.DeleteFunc(slices.Clone(m.Reactions), same)
		c.say("gone", "true")
	} else {
		m.Reactions = append(m.Reactions[:len(m.Reactions):len(m.Reactions)], Reaction{Emoji: c.a.Emoji, By: c.a.By, At: timeOr(c.a.At, c.now)})
	}
	c.say("seq", strconv.Itoa(m.Seq))
	c.say("emoji", c.a.Emoji)
	c.fx.Amended = append(c.fx.Amended, m)
	c.fx.Jobs = append(c.fx.Jobs, c.repost(m.Seq))
	if c.a.By.Kind == ByAgent && m.Direction == In {
		c.fx.Jobs = append(c.fx.Jobs, c.t.carry(m.Seq, c.a.Emoji))
	}
	return nil
}

// emojiName says whether s can be an emoji's name, with a skin tone or without: "+1", "wave::skin-tone-2".
func emojiName(s string) bool {
	if s == "" || len(s) > maxEmoji {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == '<' || r == '>' || r == '&' || r == '/' || r == 0x7f {
			return false
		}
	}
	return true
}

// Carried is what of a message is to be brought to the customer anew: an emoji of an agent's, or ("")
// what it says.
func (j Job) Carried() (emoji string) {
	_ = json.Unmarshal(j.Payload, &emoji) // of a job without one it is ""
	return emoji
}

// carry brings a change of a message to where the customer sees it, behind what is on its way there.
func (t *Ticket) carry(seq int, emoji string) Job {
	j := t.job(JobAmend, "send", PriorityCustomer)
	j.Seq, j.Unique = seq, fmt.Sprintf("amend:%d:%d:%s", t.ID, seq, emoji)
	j.Payload, _ = json.Marshal(emoji) // has no error
	return j
}

func timeOr(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
