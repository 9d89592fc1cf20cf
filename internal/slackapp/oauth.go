package slackapp

import (
	"net/url"
	"regexp"
	"strings"

	"tierline/config/check"
	"tierline/config/secret"
)

// OAuth is by what the app is installed in workspaces, instead of by a token in the configuration, or besides.
// https://docs.slack.dev/authentication/installing-with-oauth
type OAuth struct {
	ClientID     string        `yaml:"client_id"`
	ClientSecret secret.String `yaml:"client_secret"`
	// Teams are the ids of workspaces (T…) and organizations (E…) in which it may be installed. None: whoever holds a
	// link that an admin has made may install it in theirs.
	Teams []string `yaml:"teams"`
	// RefreshToken is that of a bot token which expires. It is used once: from then on the store has the newest.
	RefreshToken secret.String `yaml:"refresh_token"`
	// Tokens is what stored tokens are encrypted with; derived from the gateway's secret.
	Tokens secret.String `yaml:"-"`
}

// Installs says that the app can be installed by OAuth.
func (o OAuth) Installs() bool { return o.ClientID != "" }

// rotating says that a bot token is one that expires. https://docs.slack.dev/authentication/using-token-rotation
func rotating(token secret.String) bool { return strings.HasPrefix(token.Reveal(), "xoxe.") }

var teamID = regexp.MustCompile(`^[TE][A-Z0-9]{2,30}$`)

func (o OAuth) check(at check.At, bot secret.String) {
	const where = `the app's "Basic Information", "App Credentials"`
	if (o.ClientID == "") != o.ClientSecret.IsZero() {
		at.Key("client_id").Error(where, "client_id and client_secret belong together")
	}
	for i, t := range o.Teams {
		if !teamID.MatchString(t) {
			at.Key("teams").Index(i).Error("the id of a workspace (T…) or an organization (E…)", "%.40q is no id of a workspace", t)
		}
	}
	if len(o.Teams) > 0 && !o.Installs() {
		at.Key("teams").Error("set client_id and client_secret, or leave teams out", "without client_id the app is installed nowhere but where bot_token is from")
	}
	switch {
	case !rotating(bot) && o.RefreshToken.IsZero():
	case o.RefreshToken.IsZero():
		at.Key("bot_token").Error("give its refresh_token, too, or turn token rotation off for the app", "this bot token ends after 12 hours")
	case !rotating(bot):
		at.Key("refresh_token").Error("leave it out", "only a bot token that begins with xoxe. is refreshed")
	case !o.Installs():
		at.Key("refresh_token").Error(where, "a token is refreshed with client_id and client_secret")
	}
}

// AuthorizePage is where people are asked whether they want the app in their workspace.
func (c Config) AuthorizePage() string {
	const page = "/oauth/v2/authorize"
	if u, err := url.Parse(c.APIURL); c.APIURL != "" && err == nil {
		return u.Scheme + "://" + u.Host + page
	}
	return "https://slack.com" + page
}
