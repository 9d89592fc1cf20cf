package ticket

import (
	"strings"
	"time"
)

// Verified is how somebody of staff has made sure that the customer is who they say (practice: identity).
type Verified struct {
	How string    `json:"how"`
	By  Actor     `json:"by"`
	At  time.Time `json:"at"`
}

// NotVerified, as the Verdict of an ActVerify, takes an earlier one back.
const NotVerified = "no"

func (c *change) verify() error {
	if c.a.Verdict == NotVerified {
		if c.t.Verified == nil {
			c.nothing = true
			return nil
		}
		c.t.Verified = nil
		c.say("verified", "no")
		return nil
	}
	how := strings.TrimSpace(c.a.Reason)
	if how == "" {
		return invalid("Say how: called back, a code, a question that only they can answer.")
	}
	c.t.Verified = &Verified{How: cut(how, MaxReason), By: c.a.By, At: c.now}
	c.say("verified", "yes")
	return nil
}
