package slackinstall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"tierline/config/secret"
	"tierline/ticket"
)

// Slack's rules, https://docs.slack.dev/authentication/using-token-rotation: a token ends 12 hours after it was made. A
// refresh token gives the next pair, once, and "is revoked after a short grace period". The former access token stays good
// until its end; of several at once the two newest are.

// due says whether a token is to be renewed now.
func (s *Service) due(i ticket.Installation) bool {
	return !i.Renew.IsZero() && !s.d.Now().Before(i.Renew) && s.worth(i.Key)
}

// life says until when a token is good, and from when on another is asked for.
func (s *Service) life(g grant, asked time.Time) (expires, renew time.Time) {
	if g.ExpiresIn <= 0 || g.Refresh.IsZero() {
		return time.Time{}, time.Time{}
	}
	d := time.Duration(min(g.ExpiresIn, 366*24*3600)) * time.Second
	expires = asked.Add(d)
	return expires, expires.Add(-min(renewEarly, d/6))
}

// renew asks for the next token of an installation. One gateway does, the others find it in the store; ok says that the
// newest token is another than before. force has it renewed before it is due.
func (s *Service) renew(ctx context.Context, key string, force bool) (ok bool) {
	lease := "slack-token:" + key
	held, err := s.d.Store.Lease(ctx, lease, s.d.Holder, renewTime)
	if err != nil || !held {
		return false
	}
	defer s.release(ctx, lease)
	i, t, err := s.newest(ctx, key)
	if err != nil || !i.Live() || t.refresh.IsZero() || !force && !s.due(i) {
		return false
	}
	if u, ok := s.unsaved[key]; ok {
		if u.of == i.Sealed {
			return s.save(ctx, i, u)
		}
		delete(s.unsaved, key) // somebody else was quicker, or it was installed again
	}
	if !i.Began.IsZero() {
		s.d.Log.Warn("slack: a gateway stopped while it renewed a token; asking again with the former refresh token", "workspace", key, "since", i.Began)
	}
	i.Began = s.d.Now()
	if i, err = s.d.Store.PutInstallation(ctx, i); err != nil {
		return false
	}
	s.seen[key] = i.Rev // the token is the same
	asked := s.d.Now()
	g, err := s.slack.refresh(ctx, t.refresh)
	if err == nil {
		u := unsaved{of: i.Sealed, g: g, at: asked}
		s.unsaved[key] = u
		return s.save(ctx, i, u)
	}
	s.notRenewed(ctx, i, err)
	return false
}

func (s *Service) release(ctx context.Context, lease string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = s.d.Store.Lease(ctx, lease, s.d.Holder, time.Millisecond)
}

// save keeps new tokens, also when the gateway is to stop; only then they are used. While the store does not take
// them the former one goes on being used, and it is tried again.
func (s *Service) save(ctx context.Context, i ticket.Installation, u unsaved) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	g := u.g
	refresh := g.Refresh
	if refresh.IsZero() { // rotation was turned off
		i.Expires, i.Renew = time.Time{}, time.Time{}
	}
	var err error
	if i.Sealed, err = s.vault.seal(i.Key, tokens{g.Token, refresh}); err == nil {
		i.Expires, i.Renew = s.life(g, u.at)
		i.Began, i.Fault = time.Time{}, ""
		if have := g.scopes(); len(have) > 0 {
			i.Scopes = have
		}
		i, err = s.d.Store.PutInstallation(ctx, i)
	}
	if err != nil {
		s.failed(i.Key)
		s.d.Log.Error("slack: a renewed token cannot be kept yet; the former one is used meanwhile", "workspace", i.Key, "err", err)
		return false
	}
	delete(s.unsaved, i.Key)
	delete(s.tries, i.Key)
	s.d.Log.Info("slack: a token was renewed", "workspace", i.Key, "expires", i.Expires)
	s.takeUp([]ticket.Installation{i})
	return true
}

// notRenewed tells what is wrong, and sees to another try.
func (s *Service) notRenewed(ctx context.Context, i ticket.Installation, cause error) {
	s.failed(i.Key)
	t := s.tries[i.Key]
	if after := s.d.Now().Add(ticket.RetryAfter(cause)); after.After(t.next) {
		t.next = after
	}
	s.tries[i.Key] = t
	s.d.Log.Warn("slack: a token is not renewed", "workspace", i.Key, "err", cause, "again", t.next)
	r, ok := errors.AsType[refused](cause)
	if !ok || passing(string(r)) {
		return // Began stays: the answer may be lost
	}
	i.Began, i.Fault = time.Time{}, s.why(i, string(r))
	if saved, err := s.d.Store.PutInstallation(context.WithoutCancel(ctx), i); err == nil {
		s.seen[i.Key] = saved.Rev
		s.fault(i.Key, saved.Fault)
	}
}

// why is a fault for people, with what they can do.
func (s *Service) why(i ticket.Installation, code string) string {
	until := "Its token has run out."
	if i.Expires.After(s.d.Now()) {
		until = "Its token is good until " + i.Expires.UTC().Format("2006-01-02 15:04 MST") + "."
	}
	switch code {
	case "invalid_client_id", "bad_client_secret":
		return "Slack refuses slack.client_id or slack.client_secret (" + code + "): copy them again from the app's page. " + until
	}
	return "The token of " + i.Title() + " cannot be renewed (" + code + "). Install the app there again. " + until
}

// mark is what a configured refresh token is known by once it was taken over. Nobody gets back from it to the token.
func mark(refresh secret.String) string {
	sum := sha256.Sum256([]byte("tierline slack refresh token\x00" + refresh.Reveal()))
	return hex.EncodeToString(sum[:16])
}

// configured is the name under which what is wrong with the configuration's token stands.
const configured = "configuration"

// takeConfigured takes the configuration's refresh token into the store: it is good once.
func (s *Service) takeConfigured(ctx context.Context) {
	if s.cfg.RefreshToken.IsZero() || s.taken || !s.worth(configured) {
		return
	}
	const lease = "slack-token:" + configured
	held, err := s.d.Store.Lease(ctx, lease, s.d.Holder, renewTime)
	if err != nil || !held {
		return
	}
	defer s.release(ctx, lease)
	from := mark(s.cfg.RefreshToken)
	list, err := s.d.Store.Installations(ctx)
	if err != nil {
		return
	}
	if slices.ContainsFunc(list, func(i ticket.Installation) bool { return i.From == from }) {
		s.taken = true
		s.fault(configured, "")
		return
	}
	u, ok := s.unsaved[configured]
	if !ok {
		u.at = s.d.Now()
		if u.g, err = s.slack.refresh(ctx, s.cfg.RefreshToken); err != nil {
			s.failed(configured)
			s.d.Log.Warn("slack: the configuration's refresh token is not taken", "err", err)
			if r, ok := errors.AsType[refused](err); ok && !passing(string(r)) {
				s.fault(configured, "Slack does not take slack.refresh_token ("+string(r)+"): it was used before. Install the app again and give both new tokens.")
			}
			return
		}
		s.unsaved[configured] = u
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	i, err := s.keep(ctx, u.g, u.at, ticket.Gateway, func(i *ticket.Installation) { i.From, i.Home = from, true })
	if err != nil {
		s.failed(configured)
		s.fault(configured, "The configuration's token cannot be kept: "+ticket.Explain(err))
		return
	}
	delete(s.unsaved, configured)
	s.taken = true
	s.fault(configured, "")
	s.takeUp([]ticket.Installation{i})
}
