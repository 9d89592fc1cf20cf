package email

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"tierline/config/check"
	"tierline/config/secret"
)

// OAuth2 signs an account in with a token in place of a password. With a refresh token it acts for a
// person or a shared mailbox that has let us (RFC 6749 §6); without one it acts as itself (client
// credentials, §4.4).
type OAuth2 struct {
	// Provider is google or microsoft, and fills in what is not set of TokenURL, AuthURL and Scopes.
	Provider     string        `yaml:"provider"`
	Tenant       string        `yaml:"tenant"` // of microsoft: the directory's id, or a domain of it; default common
	TokenURL     string        `yaml:"token_url"`
	AuthURL      string        `yaml:"auth_url"` // where a person lets us; only `tierline mail authorize` uses it
	ClientID     string        `yaml:"client_id"`
	ClientSecret secret.String `yaml:"client_secret"` // public clients have none
	RefreshToken secret.String `yaml:"refresh_token"` // the provider may replace it: the newest is kept in the store
	Scopes       []string      `yaml:"scopes"`
	Mechanism    string        `yaml:"mechanism"` // xoauth2 or oauthbearer; default what the server offers
}

// The providers that need only be named.
const (
	google    = "google"
	microsoft = "microsoft"
)

func (o OAuth2) withDefaults() OAuth2 {
	switch o.Provider {
	case google: // https://developers.google.com/identity/protocols/oauth2/native-app
		o.TokenURL = cmp.Or(o.TokenURL, "https://oauth2.googleapis.com/token")
		o.AuthURL = cmp.Or(o.AuthURL, "https://accounts.google.com/o/oauth2/v2/auth")
		if len(o.Scopes) == 0 {
			o.Scopes = []string{"https://mail.google.com/"}
		}
	case microsoft: // https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
		base := "https://login.microsoftonline.com/" + url.PathEscape(cmp.Or(o.Tenant, "common")) + "/oauth2/v2.0/"
		o.TokenURL, o.AuthURL = cmp.Or(o.TokenURL, base+"token"), cmp.Or(o.AuthURL, base+"authorize")
		if len(o.Scopes) == 0 && o.RefreshToken.IsZero() {
			o.Scopes = []string{"https://outlook.office365.com/.default"}
		} else if len(o.Scopes) == 0 {
			o.Scopes = microsoftScopes()
		}
	}
	return o
}

// filled is o with its defaults; nil stays nil.
func (o *OAuth2) filled() *OAuth2 {
	if o == nil {
		return nil
	}
	d := o.withDefaults()
	return &d
}

// microsoftScopes are those that a person grants; offline_access gives a refresh token.
func microsoftScopes() []string {
	return []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"}
}

func (o OAuth2) check(at check.At) {
	if o.Provider != "" && o.Provider != google && o.Provider != microsoft {
		at.Key("provider").Error("google or microsoft, or set token_url and scopes", "%.40q is no provider that is known", o.Provider)
	}
	d := o.withDefaults()
	if d.TokenURL == "" {
		at.Key("token_url").Error("name the provider, or set token_url", "no token endpoint")
	}
	for key, address := range map[string]string{"token_url": d.TokenURL, "auth_url": d.AuthURL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
			at.Key(key).Error("an address that begins with https://, without a password in it", "cannot be used")
		}
	}
	if o.ClientID == "" {
		at.Key("client_id").Error("the id of the app that you have registered at the provider", "no client id")
	}
	if o.RefreshToken.IsZero() {
		o.checkOwn(at)
	}
	if o.Mechanism != "" && o.Mechanism != "xoauth2" && o.Mechanism != "oauthbearer" {
		at.Key("mechanism").Error("xoauth2, oauthbearer, or nothing for what the server offers", "%.20q is no mechanism", o.Mechanism)
	}
	for i, s := range o.Scopes {
		if s == "" || strings.ContainsAny(s, " \"\\") {
			at.Key("scopes").Index(i).Error("one scope in each line", "%.80q is no scope", s)
		}
	}
}

// checkOwn: without a refresh token the client acts as itself.
func (o OAuth2) checkOwn(at check.At) {
	switch {
	case o.Provider == google:
		at.Key("refresh_token").Error("run: tierline mail authorize", "Google lets no app read mail by itself: it needs a refresh token")
	case o.ClientSecret.IsZero():
		at.Key("refresh_token").Error("run: tierline mail authorize; or set client_secret, to act without a person",
			"neither a refresh token nor a client secret")
	case o.Provider == microsoft && o.Tenant == "" && o.TokenURL == "":
		at.Key("tenant").Error("the directory's id, or a domain of it", "no tenant: client credentials are those of one")
	}
}

// SignsInWithOAuth2 says whether any account does.
func (c Config) SignsInWithOAuth2() bool {
	return c.Sending.OAuth2 != nil || slices.ContainsFunc(c.Mailboxes, func(m Mailbox) bool { return m.OAuth2 != nil })
}

// checkLogin: an account signs in by a password or by a token.
func checkLogin(at check.At, user string, password secret.String, o *OAuth2) {
	if strings.ContainsFunc(user, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		at.Key("user").Error("the account's name, often its mail address", "cannot be used")
	}
	switch {
	case o != nil && !password.IsZero():
		at.Key("oauth2").Error("take out one of them", "both a password and oauth2")
	case o != nil && user == "":
		at.Key("user").Error("the mailbox's address", "no user: a token is shown for one")
	case o != nil:
		o.check(at.Key("oauth2"))
	case user != "" && password.IsZero():
		at.Key("password").Error("a text, {file: PATH} or {env: NAME}; or oauth2", "a user, but no password")
	}
}
