package slackinstall

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Why an installation is refused. Pages say it in people's languages.
const (
	NotCode    = "code"   // Slack does not take the code, or the redirect address
	NotClient  = "client" // Slack does not take the app's credentials
	NotApp     = "app"    // the tokens are another app's
	NotBot     = "bot"    // there is no bot token
	NotAllowed = "team"   // this workspace is not among slack.teams
	NotNow     = "later"  // Slack, or the database, does not answer
)

// Refusal is why nothing was installed.
type Refusal struct {
	Why    string // one of the constants
	Detail string // Slack's own word, or the workspace
	Err    error
}

func (r *Refusal) Error() string {
	s := "not installed: " + r.Why
	if r.Detail != "" {
		s += " (" + r.Detail + ")"
	}
	if r.Err != nil {
		s += ": " + r.Err.Error()
	}
	return s
}

func (r *Refusal) Unwrap() error { return r.Err }

// Done is what came of an installation.
type Done struct {
	ticket.Installation
	Again   bool     // it was installed before
	Config  bool     // it is the workspace that the configuration has a token for: nothing was changed
	Missing []string // scopes that were not granted
}

// Offered says whether the app can be installed by a link.
func (s *Service) Offered() bool { return s.cfg.Installs() }

// Page is where people are sent to be asked whether they want the app. The scopes are the manifest's, no more, no
// fewer. https://docs.slack.dev/authentication/installing-with-oauth
func (s *Service) Page(state, redirect string) string {
	q := url.Values{"client_id": {s.cfg.ClientID}, "scope": {strings.Join(slackapp.Scopes(), ",")}, "state": {state}, "redirect_uri": {redirect}}
	return s.cfg.AuthorizePage() + "?" + q.Encode()
}

// Finish takes what Slack sent somebody back with, and installs the app. What is wrong is a [Refusal].
func (s *Service) Finish(ctx context.Context, code, redirect string, by ticket.Actor) (Done, error) {
	asked := s.d.Now()
	g, err := s.slack.exchange(ctx, code, redirect)
	if r, ok := errors.AsType[refused](err); ok {
		why := NotCode
		if r == "invalid_client_id" || r == "bad_client_secret" {
			why = NotClient
		}
		return Done{}, &Refusal{why, string(r), nil}
	}
	if err != nil {
		return Done{}, &Refusal{NotNow, "", err}
	}
	if r := s.judge(ctx, g); r != nil {
		if !s.ours(g) {
			_ = s.slack.revoke(ctx, g.Token) // nobody needs it; it ends by itself otherwise
		}
		return Done{}, r
	}
	if s.ofConfig(g) {
		i := s.describe(ctx, g)
		return Done{Installation: i, Config: true, Missing: slackapp.Lacking(i.Scopes)}, nil
	}
	again := false
	i, err := s.keep(ctx, g, asked, by, func(i *ticket.Installation) {
		again = i.Rev > 0
		i.At = s.d.Now() // also when it was installed before: people see when it was last
	})
	if err != nil {
		return Done{}, &Refusal{NotNow, "", err}
	}
	s.d.Log.Info("slack: the app was installed", "workspace", i.Key, "name", i.Name, "by", by.Name, "again", again)
	s.Kick()
	if s.d.App != nil {
		t, err := s.vault.open(i)
		if err == nil {
			err = s.d.App.Install(installation(i, t))
		}
		if err != nil {
			return Done{}, &Refusal{NotNow, "", err}
		}
	}
	return Done{Installation: i, Again: again, Missing: slackapp.Lacking(i.Scopes)}, nil
}

// judge says why tokens are not to be kept, or nil.
func (s *Service) judge(ctx context.Context, g grant) *Refusal {
	team, org := g.ids()
	if want := s.appID(ctx); want != "" && g.App != "" && g.App != want {
		return &Refusal{NotApp, slackapp.Cut(slackapp.Line(g.App), 30), nil}
	}
	if g.Type != "bot" || !strings.HasPrefix(strings.TrimPrefix(g.Token.Reveal(), "xoxe."), "xoxb-") {
		return &Refusal{NotBot, slackapp.Cut(slackapp.Line(g.Type), 30), nil}
	}
	if team == "" && org == "" {
		return &Refusal{NotBot, "", errors.New("the answer names no workspace")}
	}
	if len(s.cfg.Teams) > 0 && !slices.Contains(s.cfg.Teams, team) && !slices.Contains(s.cfg.Teams, org) {
		return &Refusal{NotAllowed, slackapp.Cut(slackapp.Line(g.name()), 80), nil}
	}
	return nil
}

// ids are those of the workspace ("" when it is of a whole organization) and of the organization.
func (g grant) ids() (team, org string) {
	if g.Enterprise != nil {
		org = g.Enterprise.ID
	}
	if g.Team != nil && !(g.OrgWide && org != "") {
		team = g.Team.ID
	}
	return team, org
}

func (g grant) key() string {
	team, org := g.ids()
	if team != "" {
		return team
	}
	return org
}

func (g grant) name() string {
	team, _ := g.ids()
	switch {
	case team != "" && g.Team.Name != "":
		return g.Team.Name
	case team == "" && g.Enterprise != nil && g.Enterprise.Name != "":
		return g.Enterprise.Name
	}
	return g.key()
}

// appID is the app's id, as far as it is known: an app-level token names it, and so do installations.
func (s *Service) appID(ctx context.Context) string {
	if p := strings.Split(s.cfg.AppToken.Reveal(), "-"); len(p) > 3 && strings.HasPrefix(p[2], "A") {
		return p[2] // xapp-1-A0123-456-…
	}
	list, err := s.d.Store.Installations(ctx)
	if err != nil {
		return ""
	}
	for _, i := range list {
		if i.Live() && i.App != "" {
			return i.App
		}
	}
	return ""
}

// ofConfig says that the configuration has a token for this workspace, which is not in the store.
func (s *Service) ofConfig(g grant) bool {
	if s.cfg.BotToken.IsZero() || !s.cfg.RefreshToken.IsZero() || s.d.App == nil {
		return false
	}
	return slices.ContainsFunc(s.d.App.Installed(), func(st slackapp.Status) bool { return st.Home && st.Key() == g.key() })
}

// ours says that a token is in use already: Slack gives the same again to an app that is there and does not rotate.
func (s *Service) ours(g grant) bool {
	if s.d.App == nil {
		return false
	}
	return slices.ContainsFunc(s.d.App.Installed(), func(st slackapp.Status) bool { return st.BotToken.Equal(g.Token.Reveal()) })
}

// describe is what is known of where tokens are from. Slack is asked for the address of the workspace and what was
// granted; when it does not answer that is found out later.
func (s *Service) describe(ctx context.Context, g grant) ticket.Installation {
	team, org := g.ids()
	i := ticket.Installation{Key: g.key(), Team: team, Enterprise: org, Name: slackapp.Cut(slackapp.Line(g.name()), 100), App: g.App, BotUser: g.BotUser, Scopes: g.scopes()}
	if w, err := s.slack.test(ctx, g.Token); err == nil {
		i.URL = w.URL
		if len(w.scopes) > 0 {
			i.Scopes = w.scopes
		}
	}
	return i
}

// keep saves tokens as those of their installation: a new one, or in the place of what was there. more has the last word.
func (s *Service) keep(ctx context.Context, g grant, asked time.Time, by ticket.Actor, more func(*ticket.Installation)) (ticket.Installation, error) {
	i := s.describe(ctx, g)
	i.By, i.At = by, s.d.Now()
	i.Expires, i.Renew = s.life(g, asked)
	var err error
	if i.Sealed, err = s.vault.seal(i.Key, tokens{g.Token, g.Refresh}); err != nil {
		return i, err
	}
	for range 5 { // another gateway may be at it, too
		list, err := s.d.Store.Installations(ctx)
		if err != nil {
			return i, err
		}
		i.Rev, i.Home, i.From = 0, s.cfg.BotToken.IsZero(), ""
		for _, was := range list {
			if was.Key == i.Key {
				i.Rev, i.Home, i.From = was.Rev, was.Home, was.From
				break
			}
			i.Home = i.Home && !was.Home
		}
		more(&i)
		saved, err := s.d.Store.PutInstallation(ctx, i)
		if ticket.KindOf(err) != ticket.Conflict {
			return saved, err
		}
		if i.Home && slices.ContainsFunc(list, func(was ticket.Installation) bool { return was.Home && was.Key != i.Key }) {
			return i, err
		}
	}
	return i, ticket.Errorf("slackinstall", ticket.Conflict, "The installation in %s has changed again and again.", i.Name)
}
