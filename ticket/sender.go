package ticket

import (
	"strings"

	"tierline/customer"
)

// MaxBlockReason is the longest reason for a block, in bytes.
const MaxBlockReason = 300

// SenderKey reads what somebody wrote for the [Block.Key] of a sender: a mail address, a number, a domain, or
// an identity's key. [Blocking] says whether it can be one.
func SenderKey(text string) string {
	text = strings.TrimSpace(text)
	kind, _, _ := strings.Cut(text, ":")
	switch customer.IdentityKind(kind) {
	case customer.Email, customer.Phone, customer.Slack, customer.Chat, "domain":
		return text
	}
	switch {
	case strings.HasPrefix(text, "+"):
		return customer.Identity{Kind: customer.Phone, Value: strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(text)}.Key()
	case strings.LastIndexByte(text, '@') > 0:
		return customer.Identity{Kind: customer.Email, Value: text}.Key()
	}
	return "domain:" + strings.TrimPrefix(text, "@")
}

// Why refuses a block that nobody could make sense of later.
func (b Block) Why() error {
	switch {
	case strings.TrimSpace(b.Reason) == "":
		return invalid("Say why: colleagues will want to know.")
	case len(b.Reason) > MaxBlockReason:
		return invalid("The reason is too long: at most %d bytes.", MaxBlockReason)
	case len(b.Key) > customer.MaxIdentity+20:
		return invalid("The sender is too long to be one.")
	}
	return nil
}
