package email

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tierline/config/secret"
	"tierline/internal/peers"
	"tierline/ticket"
)

func TestAuthorize(t *testing.T) {
	t.Parallel()
	s := peers.Tokens(t, "jane@acme.example")
	o := *oauthOf(s)
	o.RefreshToken, o.AuthURL = secret.String{}, strings.TrimSuffix(s.URL, "token")+"authorize"
	browser := &http.Client{Timeout: 10 * time.Second}
	visit := func(address string) {
		resp, err := browser.Get(address)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("the browser sees %v (%v)", resp, err)
			return
		}
		_ = resp.Body.Close()
	}
	token, err := Authorize(t.Context(), o, s.User, visit, nil)
	if err != nil || !token.Equal(s.Refresh()) {
		t.Fatalf("%v", err)
	}

	pasted := make(chan string, 3)
	elsewhere := func(address string) { // the browser cannot come back
		far := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := far.Get(address)
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
		pasted <- "nonsense"
		pasted <- "http://localhost:1/?code=x&state=of-somebody-else"
		pasted <- resp.Header.Get("Location") + "\n"
	}
	if token, err = Authorize(t.Context(), o, s.User, elsewhere, pasted); err != nil || !token.Equal(s.Refresh()) {
		t.Errorf("by hand: %v", err)
	}

	no := func(address string) {
		_, rest, _ := strings.Cut(address, "state=")
		state, _, _ := strings.Cut(rest, "&")
		pasted <- "http://localhost/?error=access_denied&state=" + state
	}
	if _, err = Authorize(t.Context(), o, s.User, no, pasted); ticket.KindOf(err) != ticket.Denied || !strings.Contains(err.Error(), "access_denied") {
		t.Errorf("a person who does not want: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err = Authorize(ctx, o, s.User, func(string) { cancel() }, nil); err == nil {
		t.Error("nobody came, and that is no error")
	}
}

func TestAccountsByName(t *testing.T) {
	t.Parallel()
	c := Config{Mailboxes: []Mailbox{{User: "a@x.example", OAuth2: &OAuth2{ClientID: "a"}}, {User: "b@x.example"}},
		Sending: Sending{User: "s@x.example", OAuth2: &OAuth2{ClientID: "s"}}}
	for name, want := range map[string]string{"a@x.example": "a", "sending": "s", "b@x.example": "", "": "", "c": ""} {
		o, _, err := c.Account(name)
		if o.ClientID != want || (err == nil) != (want != "") {
			t.Errorf("%q gives %q, %v", name, o.ClientID, err)
		}
	}
}
