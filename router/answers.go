package router

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/ticket"
)

// Answers says how customers are answered. The zero value sends answers at once, acknowledges nothing
// and closes nothing by itself; [DefaultAnswers] are what a configuration file begins with.
type Answers struct {
	// Undo is how long an answer waits in which its writer can take it back, by channel: email or slack,
	// at most 10m. 0 sends at once.
	Undo        map[string]time.Duration `yaml:"undo"`
	Acknowledge Acknowledge              `yaml:"acknowledge"`
	// CloseAfter is how long after it was solved a ticket is closed. Until then the customer's answer
	// opens it again; after that it opens a new ticket that follows it up. 0 closes nothing by itself.
	CloseAfter time.Duration `yaml:"close_after"`
	Phrases    Phrases       `yaml:"phrases"` // public wordings of your own instead of ours
	Drafts     Drafts        `yaml:"drafts"`
}

// Acknowledge tells a customer that their ticket has come in: once a ticket, and never where it could
// begin a loop or reach somebody who has not written.
type Acknowledge struct {
	When  string          `yaml:"when"`  // an expression over Facts, such as: channel == "email"; "" never
	Texts map[string]Text `yaml:"texts"` // by language (BCP 47, the primary subtag), instead of ours
}

// Text is what a customer is told, in Markdown. {number}, {subject}, {brand} and {opens} stand for the
// ticket's number and subject, the brand's title, and when the brand opens again; {eta} for what like cases
// took, or that there is no time to tell yet.
type Text struct {
	Open   string `yaml:"open"`
	Closed string `yaml:"closed"` // outside of the brand's hours; default: Open
}

// DefaultAnswers are what is used where a configuration file says nothing.
func DefaultAnswers() Answers {
	return Answers{Undo: map[string]time.Duration{channels.Email: 10 * time.Second, channels.Slack: 10 * time.Second},
		Acknowledge: Acknowledge{When: `channel == "email"`}, CloseAfter: 14 * 24 * time.Hour}
}

// maxAcknowledge is the longest text of an acknowledgement, in bytes.
const maxAcknowledge = 10_000

// Check reports everything that is wrong.
func (a Answers) Check(at check.At) {
	for _, channel := range slices.Sorted(maps.Keys(a.Undo)) {
		at := at.Key("undo").Key(channel)
		switch d := a.Undo[channel]; {
		case d < 0 || d > ticket.MaxUndo:
			at.Error(fmt.Sprintf("a duration such as 10s, at most %s", ticket.MaxUndo), "%s is no time in which to take an answer back", d)
		case d > 0 && channel != channels.Email && channel != channels.Slack:
			at.Error("email or slack", "an answer by %.20q cannot be taken back", channel)
		}
	}
	if a.CloseAfter < 0 {
		at.Key("close_after").Error("a duration such as 336h, which is 14 days, or 0s for never", "%s is in the past", a.CloseAfter)
	}
	a.Phrases.check(at.Key("phrases"))
	at = at.Key("acknowledge")
	if _, err := compile(a.Acknowledge.When); err != nil {
		at.Key("when").Error(`channel == "email", or "false" for never`, "%v", err)
	}
	for _, language := range slices.Sorted(maps.Keys(a.Acknowledge.Texts)) {
		t := a.Acknowledge.Texts[language]
		at := at.Key("texts").Key(language)
		if strings.TrimSpace(t.Open) == "" {
			at.Key("open").Error("write what customers are told", "there is no text")
		}
		checkText(at.Key("open"), t.Open, "number", "subject", "brand", "eta")
		checkText(at.Key("closed"), t.Closed, "number", "subject", "brand", "opens", "eta")
	}
}

func checkText(at check.At, text string, known ...string) {
	if len(text) > maxAcknowledge {
		at.Error("", "%d bytes; at most %d", len(text), maxAcknowledge)
	}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(known, m[1]) {
			at.Error("one of {"+strings.Join(known, "} {")+"}", "nothing stands for {%.40s} here", m[1])
		}
	}
}
