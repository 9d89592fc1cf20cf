package slackdesk_test

import (
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

// TestAChannelThatIsArchivedIsToldAtOnce by its event: before anything is to be shown there.
func TestAChannelThatIsArchivedIsToldAtOnce(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.must(g.sim.Archive("lena", "support-l1"))
	dm, err := g.sim.DM("lena", "@app")
	g.must(err)
	g.message(dm, "", "Level 1 waits, nothing is lost. Its channel in Slack was archived.")
	g.eventually("Ready to tell", func() bool {
		err := g.bot.Ready()
		return err != nil && strings.Contains(err.Error(), "archived")
	})
	g.must(g.sim.Unarchive("lena", "support-l1"))
	g.eventually("Ready again", func() bool { return g.bot.Ready() == nil })
	g.must(g.sim.Kick("lena", "support-l1"))
	g.message(dm, "", "The app was removed from its channel in Slack.")
	g.must(g.sim.Invite("lena", "support-l1", "@app"))
	g.eventually("Ready after the invitation", func() bool { return g.bot.Ready() == nil })
	g.must(g.sim.Rename("lena", "support-l1", "helpdesk"))
	_, err = g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	g.message("C0L1", "", "The pump leaks")
}

// TestWhatWaitsForSlackIsThereInTheEnd: whatever keeps it from being shown for a while, nothing is given up,
// nothing is shown twice, and what cannot work is not tried again and again.
func TestWhatWaitsForSlackIsThereInTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ begin, end func(l *limited) error }{
		"the channel is archived": {func(l *limited) error { return l.sim.Archive("lena", "support-l1") },
			func(l *limited) error { return l.sim.Unarchive("lena", "support-l1") }},
		"the app is removed from it": {func(l *limited) error { return l.sim.Kick("lena", "support-l1") },
			func(l *limited) error { return l.sim.Invite("lena", "support-l1", "@app") }},
		"the token is revoked": {func(l *limited) error { l.sim.RevokeToken("token_revoked"); return nil },
			func(l *limited) error { l.sim.RevokeToken(""); return nil }},
		"the app is deactivated": {func(l *limited) error { l.sim.RevokeToken("account_inactive"); return nil },
			func(l *limited) error { l.sim.RevokeToken(""); return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimited(t, 1)
			l.mail(3)
			l.until(time.Minute, func() bool { return len(l.sim.Messages("C0L1")) == 3 })
			l.must(c.begin(l))
			l.mail(20)
			before := l.sim.Calls("chat.postMessage")
			l.until(20*time.Minute, func() bool { return false })
			if n := l.sim.Calls("chat.postMessage") - before; n > 50 {
				t.Errorf("%d calls in vain in 20 minutes", n)
			}
			l.must(c.end(l))
			l.until(10*time.Minute, func() bool { ids, _ := l.cards("C0L1"); return len(ids) == 23 })
			ids, _ := l.cards("C0L1")
			dead, err := l.store.Jobs(t.Context(), ticket.JobDead, 0, 0)
			if len(ids) != 23 || err != nil || len(dead) > 0 {
				t.Errorf("%d cards of 23; given up: %v %v", len(ids), dead, err)
			}
		})
	}
}
