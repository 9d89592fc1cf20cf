package chat

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

const sessionBytes = 16

// newSession draws a session: its id and the secret that proves it.
func (c *Chat) newSession(inbox string) (id, proof string) {
	b := make([]byte, sessionBytes)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	id = base64.RawURLEncoding.EncodeToString(b)
	return id, c.proof(inbox, id)
}

func (c *Chat) proof(inbox, id string) string {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte("tierline chat session\x00" + inbox + "\x00" + id))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// proven says whether somebody holds the session.
func (c *Chat) proven(inbox, id, proof string) bool {
	b, err := base64.RawURLEncoding.DecodeString(id)
	return err == nil && len(b) == sessionBytes && hmac.Equal([]byte(c.proof(inbox, id)), []byte(proof))
}
