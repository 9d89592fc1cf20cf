package email

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"tierline/config/secret"
	"tierline/ticket"
)

// authorizeTime is how long a person may take.
const authorizeTime = 10 * time.Minute

// Authorize lets a person allow the use of a mailbox (RFC 8252, with PKCE), and gives the refresh token.
// show is told the address that they open in a browser. The browser comes back to this machine; when it
// runs on another one, the address at which it fails is given by pasted, which may be nil.
func Authorize(ctx context.Context, o OAuth2, user string, show func(address string), pasted <-chan string) (secret.String, error) {
	ctx, cancel := context.WithTimeout(ctx, authorizeTime)
	defer cancel()
	if o.RefreshToken.IsZero() {
		o.RefreshToken = secret.New("to come") // the scopes are those that a person grants
	}
	o = o.withDefaults()
	if o.AuthURL == "" || o.TokenURL == "" || o.ClientID == "" {
		return secret.String{}, ticket.Errorf("email.Authorize", ticket.Invalid, "Set provider (or token_url and auth_url) and client_id of this account's oauth2.")
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return secret.String{}, err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return secret.String{}, err
	}
	conf := oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), Scopes: o.Scopes, RedirectURL: "http://localhost:" + port + "/",
		Endpoint: oauth2.Endpoint{AuthURL: o.AuthURL, TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	back := make(chan url.Values, 1)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("state") != state { // a favicon, or somebody else's page
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "Thank you. You can close this window.\n")
		select {
		case back <- r.URL.Query():
		default:
		}
	})}
	go func() { _ = server.Serve(ln) }()
	defer server.Close()
	show(conf.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("prompt", "consent"), oauth2.SetAuthURLParam("login_hint", user)))
	code, err := authorized(ctx, state, back, pasted)
	if err != nil {
		return secret.String{}, err
	}
	a := (&Accounts{}).of(o, Config{}, Deps{}.withDefaults())
	tok, err := conf.Exchange(context.WithValue(ctx, oauth2.HTTPClient, a.client), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return secret.String{}, a.refusal(err, code)
	}
	if tok.RefreshToken == "" {
		return secret.String{}, ticket.Errorf("email.Authorize", ticket.Invalid, "The provider has given no refresh token. Its app must be allowed offline access.")
	}
	return secret.New(tok.RefreshToken), nil
}

// authorized waits for the code.
func authorized(ctx context.Context, state string, back <-chan url.Values, pasted <-chan string) (code string, err error) {
	for {
		var q url.Values
		select {
		case q = <-back:
		case line := <-pasted:
			u, err := url.Parse(strings.TrimSpace(line))
			if err != nil || u.Query().Get("state") != state {
				continue
			}
			q = u.Query()
		case <-ctx.Done():
			return "", fmt.Errorf("nobody has come back from the provider: %w", ctx.Err())
		}
		if why := q.Get("error"); why != "" {
			return "", ticket.E("email.Authorize", ticket.Denied, errors.New(cutRunes(clean(why+" "+q.Get("error_description")), 300)))
		}
		if code = q.Get("code"); code != "" {
			return code, nil
		}
	}
}

// Account finds the OAuth2 settings of a mailbox by its user, or those of sending by the word "sending".
func (c Config) Account(name string) (o OAuth2, user string, err error) {
	var names []string
	if c.Sending.OAuth2 != nil {
		if name == "sending" {
			return *c.Sending.OAuth2, c.Sending.User, nil
		}
		names = append(names, "sending")
	}
	for _, m := range c.Mailboxes {
		if m.OAuth2 == nil {
			continue
		}
		if name == m.User {
			return *m.OAuth2, m.User, nil
		}
		names = append(names, m.User)
	}
	if len(names) == 0 {
		return o, "", ticket.Errorf("email.Account", ticket.NotFound, "No mailbox of the configuration has oauth2, nor has sending.")
	}
	return o, "", ticket.Errorf("email.Account", ticket.Invalid, "Name one of these accounts: %s.", strings.Join(names, ", "))
}
