package email

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The SASL mechanisms that take a token: XOAUTH2 is Google's older one and Microsoft's only one.
const (
	xoauth2     = "XOAUTH2"
	oauthBearer = sasl.OAuthBearer // RFC 7628
)

// errToken marks a token that a mail server refuses.
var errToken = errors.New("the mail server refuses the token")

// bearer shows a token. go-sasl's own client knows one mechanism, and leaves the exchange in its middle
// when it fails, so that the connection can be used no more.
type bearer struct {
	mechanism, user, token, host string
	port                         int

	refused bool   // the server has told why it refuses
	status  string // what it has told
}

// newBearer takes the mechanism of the configuration, or one that is offered.
func newBearer(o OAuth2, user, token, host string, port int, offers func(mechanism string) bool) (*bearer, error) {
	b := &bearer{mechanism: strings.ToUpper(o.Mechanism), user: user, token: token, host: host, port: port}
	for _, m := range []string{oauthBearer, xoauth2} {
		if b.mechanism == "" && offers(m) {
			b.mechanism = m
		}
	}
	if b.mechanism == "" {
		return nil, fmt.Errorf("%w: it offers neither XOAUTH2 nor OAUTHBEARER", errLogin)
	}
	return b, nil
}

var _ sasl.Client = (*bearer)(nil)

// Start gives the token at once: both mechanisms have nothing to wait for.
func (b *bearer) Start() (mechanism string, first []byte, err error) {
	if b.mechanism == xoauth2 { // https://developers.google.com/gmail/imap/xoauth2-protocol
		return b.mechanism, []byte("user=" + b.user + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
	}
	user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.user) // RFC 5801 §4
	return b.mechanism, []byte("n,a=" + user + ",\x01host=" + b.host + "\x01port=" + strconv.Itoa(b.port) +
		"\x01auth=Bearer " + b.token + "\x01\x01"), nil
}

// Next takes the reason of a refusal. An answer without meaning ends the exchange (RFC 7628 §3.2.3); for
// XOAUTH2 an empty one would do, but go-imap makes "=" of it, which is no base64.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	var why struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal(challenge, &why) // what is no JSON is a refusal all the same
	b.refused, b.status = true, cutRunes(clean(why.Status), 60)
	return []byte{1}, nil
}

// verdict tells a refusal from a failure that says nothing of the token.
func (b *bearer) verdict(err error) error {
	if err == nil {
		return nil
	}
	if dead := net.Error(nil); errors.As(err, &dead) || errors.Is(err, net.ErrClosed) {
		return err
	}
	code := ""
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		code = strconv.Itoa(e.Code) + " " + b.quote(e.Message)
		b.refused = b.refused || e.Code >= 500
	} else if e, ok := errors.AsType[*imap.Error](err); ok {
		code = string(e.Type) + " " + b.quote(e.Text)
		b.refused = b.refused || e.Type == imap.StatusResponseTypeNo && e.Code != imap.ResponseCodeUnavailable
	}
	if !b.refused {
		return err
	}
	return fmt.Errorf("%w by %s (%s)", errToken, b.mechanism, strings.TrimSpace(b.status+" "+code))
}

// quote is what a server wrote, without the token, which some repeat in one form or another.
func (b *bearer) quote(said string) string {
	said = cutRunes(clean(strings.ReplaceAll(said, b.token, "•••")), 200)
	for w := range strings.FieldsSeq(said) {
		if len(w) > 60 {
			said = strings.ReplaceAll(said, w, "•••")
		}
	}
	return said
}
