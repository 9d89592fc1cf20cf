package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Progress is what has become so far of a message that goes to several: who has it is not sent it
// again. It is kept with the send job, so that a restart does not forget it. What is left is the moment
// between the server's answer and the commit of this: a gateway that dies there, or whose database is
// away just then, sends it again under the same id.
type Progress struct {
	External string    `json:"external,omitempty"` // the channel's id of the message
	Got      []string  `json:"got,omitempty"`      // addresses that have it
	Refused  []Refusal `json:"refused,omitempty"`  // those that never will
	Waiting  []Refusal `json:"waiting,omitempty"`  // those for whom it is tried again
}

// Refusal is what the other side says of one receiver.
type Refusal struct {
	Address string `json:"address"`
	Code    int    `json:"code"`            // RFC 5321 §4.2, of mail
	Status  [3]int `json:"status,omitzero"` // RFC 3463
	Text    string `json:"text,omitempty"`  // at most 300 characters
}

// IsZero says that nothing has become of it for sure.
func (p Progress) IsZero() bool { return len(p.Got)+len(p.Refused) == 0 }

// Missing says in a sentence who has not got a message that was given up after some got it.
func (p Progress) Missing() string {
	all := slices.Concat(p.Waiting, p.Refused)
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("Not everybody got it, and it was tried for long enough. %s: %d %s", Receivers(all), all[0].Code, all[0].Text)
}

// Receivers are their addresses, at most five.
func Receivers(list []Refusal) string {
	const most = 5
	var all []string
	for i, r := range list {
		if i == most {
			all = append(all, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		all = append(all, cut(r.Address, 100))
	}
	return strings.Join(all, ", ")
}

// Progress reads what has become of the message of a send job at its earlier tries.
func (j Job) Progress() (p Progress) {
	if len(j.Payload) > 0 {
		_ = json.Unmarshal(j.Payload, &p) // what is not to be read says nothing of anybody
	}
	return p
}

// With is the job with this progress, to be kept by [Outbox.Note].
func (j Job) With(p Progress) Job {
	j.Payload, _ = json.Marshal(p) // has no error
	return j
}
