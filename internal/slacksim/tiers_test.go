package slacksim

import (
	"net/http"
	"testing"
	"time"
)

// tiers are the calls a minute that Slack publishes for each method, at https://docs.slack.dev/reference/methods/ and
// the method's name. 0 is a limit of its own, or none in figures.
var tiers = map[string]int{
	"api.test":              100,
	"auth.test":             0, // "hundreds of requests per minute"
	"auth.revoke":           50,
	"apps.uninstall":        1,
	"oauth.v2.access":       0, // "special rate limits apply", without a figure
	"auth.teams.list":       20,
	"apps.connections.open": 50,

	"chat.postMessage":   0, // one a second and channel, see TestMessagesAreLimitedByChannelAndByWorkspace
	"chat.update":        50,
	"chat.delete":        50,
	"chat.postEphemeral": 100,
	"chat.getPermalink":  0, // "hundreds of requests per minute"
	"chat.unfurl":        50,

	"conversations.list":    20,
	"conversations.info":    50,
	"conversations.history": 50, // of internal apps, and of those in the Marketplace
	"conversations.replies": 50,
	"conversations.members": 100,
	"conversations.open":    50,
	"conversations.join":    50,
	"conversations.create":  20,
	"conversations.archive": 20,
	"conversations.invite":  50,
	"conversations.mark":    50,

	"users.list":            20,
	"users.info":            100,
	"users.lookupByEmail":   50,
	"users.getPresence":     50,
	"users.setPresence":     20,
	"users.conversations":   50,
	"dnd.teamInfo":          20,
	"usergroups.list":       20,
	"usergroups.users.list": 20,

	"views.open":    100,
	"views.push":    100,
	"views.update":  100,
	"views.publish": 100,

	"files.getUploadURLExternal":   100,
	"files.completeUploadExternal": 100,
	"files.info":                   100,

	"reactions.add":    50,
	"reactions.remove": 20,
	"reactions.get":    50,
	"pins.add":         20,
	"pins.remove":      20,
	"pins.list":        20,
	"bookmarks.add":    20,
	"bookmarks.list":   50,

	"team.info": 50,
	"bots.info": 50,
}

// sporadic is how many calls of tier 1 may come at once: "a small amount of burst behavior is tolerated".
const sporadic = 5

// TestEveryMethodHasItsTier: as many calls as the tier allows are taken within one moment, the next is refused with 429
// and Retry-After, and taken when that is over.
func TestEveryMethodHasItsTier(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(time.Unix(1_700_000_000, 0))
	cfg := Sample()
	cfg.Clock, cfg.Rates = clock, Rates{}
	s := Start(t, cfg)
	for name, m := range s.methods {
		perMinute, known := tiers[name]
		if !known {
			t.Errorf("%s is answered: write down here which tier Slack's page gives", name)
			continue
		}
		if perMinute == 0 {
			if m.tier != 0 {
				t.Errorf("%s has tier %d, Slack gives none", name, m.tier)
			}
			continue
		}
		burst := perMinute
		if perMinute == 1 {
			burst = sporadic
		}
		token := s.App().BotToken
		if m.app {
			token = s.App().AppToken
		}
		throttle := func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.throttle(m, &call{s: s, name: name, args: map[string]any{}, token: token})
		}
		for i := range burst {
			if wait := throttle(); wait != 0 {
				t.Fatalf("%s: call %d of %d in a minute waits %d s", name, i+1, burst, wait)
			}
		}
		wait := throttle()
		if most := 60/perMinute + 1; wait < 1 || wait > most {
			t.Errorf("%s: after %d calls it waits %d s, want 1 to %d", name, burst, wait, most)
			continue
		}
		res := raw(t, s, name, token)
		if after := res.Header.Get("Retry-After"); res.StatusCode != http.StatusTooManyRequests || after != itoa(wait) {
			t.Errorf("%s: %s, Retry-After %q, want 429 and %d", name, res.Status, after, wait)
		}
		clock.Advance(time.Duration(wait) * time.Second)
		if wait := throttle(); wait != 0 {
			t.Errorf("%s: after Retry-After it waits %d s more", name, wait)
		}
	}
	for name := range tiers {
		if _, ok := s.methods[name]; !ok {
			t.Errorf("%s has a tier here and is not answered", name)
		}
	}
}

// raw makes one call without arguments.
func raw(t *testing.T, s *Server, method, token string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.APIURL()+method, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}
