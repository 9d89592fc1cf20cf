package slackinstall

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"tierline/config/secret"
	"tierline/ticket"
)

// tokens are what an installation gave.
type tokens struct {
	bot     secret.String
	refresh secret.String // gives the next ones, once; zero when the bot token does not end
}

// plain is how tokens are within what is sealed.
type plain struct {
	Bot     string `json:"bot"`
	Refresh string `json:"refresh,omitempty"`
}

// sealed names how something is sealed, so that another way can come after it.
const sealed = "1:"

// vault seals tokens, with AES-256-GCM, under a key that is derived from the gateway's secret (RFC 5869).
type vault struct{ aead cipher.AEAD }

func newVault(key secret.String) (vault, error) {
	if key.IsZero() {
		return vault{}, errors.New("slackinstall: there is no secret to encrypt tokens with")
	}
	sum := sha256.Sum256([]byte(key.Reveal()))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return vault{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return vault{aead}, err
}

// bound is what sealed tokens belong to: those of one installation do not open as those of another.
func bound(key string) []byte { return []byte("tierline slack installation " + key) }

func (v vault) seal(key string, t tokens) (string, error) {
	b, err := json.Marshal(plain{t.bot.Reveal(), t.refresh.Reveal()})
	if err != nil {
		return "", err
	}
	return sealed + base64.StdEncoding.EncodeToString(v.aead.Seal(nil, nil, b, bound(key))), nil
}

// open gives the tokens of an installation. It fails when they were sealed with another secret, or were changed; the
// error says what to do.
func (v vault) open(i ticket.Installation) (t tokens, err error) {
	bad := ticket.Errorf("slackinstall", ticket.Invalid, "The tokens of %s cannot be read: they were encrypted with another secret of the gateway's. "+
		"Install the app there again, or give the gateway its former secret.", i.Title())
	body, ok := strings.CutPrefix(i.Sealed, sealed)
	if !ok {
		return t, bad
	}
	raw, err := base64.StdEncoding.DecodeString(body)
	if err != nil || len(raw) < v.aead.Overhead() {
		return t, bad
	}
	b, err := v.aead.Open(nil, nil, raw, bound(i.Key))
	var p plain
	if err != nil || json.Unmarshal(b, &p) != nil || p.Bot == "" {
		return t, bad
	}
	return tokens{secret.New(p.Bot), secret.New(p.Refresh)}, nil
}
