package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strconv"
	"strings"

	"tierline/ticket"
)

// signer makes and recognises the ids by which answers find their ticket. Both hold a keyed hash,
// so that a stranger cannot name a ticket by guessing its number.
//
// A Message-ID shows only that its writer saw a mail of ours (everybody in Cc did, and archives
// publish them): it finds a ticket, but the sender must also take part in it. A reply address is
// told to the customer alone: it is proof.
type signer struct {
	key    []byte
	domain string
}

func (s signer) mac(what string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(what))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:10])) // 80 bits
}

// messageID is the Message-ID of a message of ours, with its angle brackets: the same at every try.
func (s signer) messageID(id ticket.ID, seq int) string {
	local := "t" + strconv.FormatInt(int64(id), 10) + "." + strconv.Itoa(seq)
	return "<" + local + "." + s.mac("message-id "+local) + "@" + s.domain + ">"
}

// ownID is the ticket that a Message-ID of ours names.
func (s signer) ownID(id string) (ticket.ID, bool) {
	local, _, ok := strings.Cut(strings.Trim(id, "<>"), "@")
	dot := strings.LastIndexByte(local, '.')
	if !ok || len(s.key) == 0 || dot < 0 || !s.valid("message-id "+local[:dot], local[dot+1:]) {
		return 0, false
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(local, "t"), ".")
	n, err := strconv.ParseInt(number, 10, 64)
	return ticket.ID(n), err == nil && n > 0
}

// replyAddress is the address with a signed plus part, or one of the inbox's own domain for replies.
func (s signer) replyAddress(from From, id ticket.ID) string {
	token := "t" + strconv.FormatInt(int64(id), 10)
	token += "-" + s.mac("reply "+token)
	if from.ReplyDomain != "" {
		return token + "@" + from.ReplyDomain
	}
	local, domain, _ := strings.Cut(from.Address, "@")
	return local + "+" + token + "@" + domain
}

// replyToken is the ticket that a signed reply address names.
func (s signer) replyToken(address string) (ticket.ID, bool) {
	local, _, ok := strings.Cut(strings.ToLower(address), "@")
	if !ok || len(s.key) == 0 {
		return 0, false
	}
	token, mac, ok := strings.Cut(local[strings.LastIndexByte(local, '+')+1:], "-")
	if !ok || !strings.HasPrefix(token, "t") || !s.valid("reply "+token, mac) {
		return 0, false
	}
	n, err := strconv.ParseInt(token[1:], 10, 64)
	return ticket.ID(n), err == nil && n > 0
}

func (s signer) valid(what, mac string) bool {
	return hmac.Equal([]byte(s.mac(what)), []byte(strings.ToLower(mac)))
}

// usableID says whether a Message-ID is fit to tell mails apart and to join them. Empty and local
// ones are made by many senders alike, unless they are long enough to be made by chance.
func usableID(id string) bool {
	local, domain, _ := strings.Cut(strings.Trim(id, "<>"), "@")
	if local == "" || len(id) < 10 || len(id) > 990 {
		return false
	}
	unique := len(local) >= 16 && strings.ContainsAny(local, "0123456789")
	switch strings.ToLower(domain) {
	case "", "localhost", "localhost.localdomain", "local", "localdomain", "127.0.0.1", "[127.0.0.1]":
		return unique
	}
	return strings.Contains(domain, ".") || unique
}

// External ids have the form "<id>~hash": the Message-ID tells mails apart, the hash of what they say
// tells apart those for which a sender used one id twice. [bareID] takes the hash off again.
func externalID(id, hash string) string { return id + "~" + hash[:16] }

// bareID is the Message-ID in an External, or "" when the mail had none.
func bareID(external string) string {
	id, _, _ := strings.Cut(external, "~")
	if !strings.HasPrefix(id, "<") {
		return ""
	}
	return id
}

// contentHash is over what the sender has said, not over the trace headers that change on the way. It
// does not depend on how we show a mail: a newer version of this program finds the same.
func (m *Mail) contentHash() string {
	h := sha256.New()
	if len(m.From) > 0 {
		hashContent(h, "text/plain", []byte(strings.ToLower(m.From[0].Address)))
	}
	hashContent(h, "text/plain", []byte(m.Subject))
	h.Write(m.content)
	if m.MessageID == "" { // then the date is all that tells a repetition from a mail that says the same
		hashContent(h, "text/plain", []byte(m.head.get("Date")))
	}
	return hex.EncodeToString(h.Sum(nil))
}
