package pager

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"tierline/ticket"
)

// Links makes and reads the links by which people answer a page without signing in. Each is for one page and
// one person, and for a time. It is as good as their word: whoever has the link can answer in their name, and
// do nothing else.
type Links struct {
	Key []byte // at least 16 bytes
	URL string // of the site, without a slash at its end
}

// Link is what a link stands for.
type Link struct {
	Ticket ticket.ID `json:"t"`
	Page   int       `json:"p"`
	Agent  string    `json:"a"`
	Ends   int64     `json:"e"` // Unix seconds
}

// Make makes a link.
func (l Links) Make(v Link) string {
	if len(l.Key) == 0 || l.URL == "" {
		return ""
	}
	b, _ := json.Marshal(v) // has no error
	body := base64.RawURLEncoding.EncodeToString(b)
	return l.URL + "/page/" + body + "." + l.mac(body)
}

// Read reads the last part of a link; false when it is not ours, or has run out.
func (l Links) Read(token string, now time.Time) (v Link, ok bool) {
	body, sig, found := strings.Cut(token, ".")
	if !found || len(token) > 1000 || len(l.Key) == 0 || !hmac.Equal([]byte(sig), []byte(l.mac(body))) {
		return v, false
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	return v, err == nil && json.Unmarshal(b, &v) == nil && now.Unix() < v.Ends
}

func (l Links) mac(body string) string {
	m := hmac.New(sha256.New, l.Key)
	m.Write([]byte("page link " + body))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}
