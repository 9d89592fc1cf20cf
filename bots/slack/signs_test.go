package slackdesk

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/ticket"
)

// signs are those that the desk has given.
type signs struct {
	mu   sync.Mutex
	list []ticket.Sign
}

func (s *signs) add(_ ticket.ID, sign ticket.Sign) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, sign)
}

func (s *signs) has(want ...ticket.Sign) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Equal(s.list, want)
}

func TestTheCardShowsThatTheCustomerWrites(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	var clock atomic.Int64
	o.desk.now = func() time.Time { return noon.Add(time.Duration(clock.Load())) }
	marked := func() bool {
		m, _ := o.sim.Message(channel, ts)
		return slices.ContainsFunc(m.Reactions, func(r *slacksim.Reaction) bool { return r.Name == typingEmoji })
	}
	for range 30 { // as fast as somebody types
		o.desk.CustomerTypes(1042)
	}
	o.desk.CustomerTypes(9) // has no card
	o.eventually("the card to show it", marked)
	o.eventually("the card to show it no more", func() bool {
		clock.Add(int64(typingLife)) // again and again: signs that still waited have made it longer
		return !marked()
	})
	if n, m := o.sim.Calls("reactions.add"), o.sim.Calls("chat.update"); n != 1 || m != 0 {
		t.Errorf("%d emoji, %d edits", n, m)
	}
}

func TestTheCustomerLearnsThatSomebodyWrites(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doReply))
	v := o.modal("anna", doReply)
	o.eventually("seen and typing", func() bool { return o.signs.has(ticket.SignSeen, ticket.SignTyping) })
	o.must(o.sim.CloseView("anna", v.ID, true))
	o.eventually("that it was closed", func() bool { return o.signs.has(ticket.SignSeen, ticket.SignTyping, ticket.SignIdle) })
	o.must(o.sim.Click("anna", channel, ts, doTake))
	o.eventually("that somebody has it", func() bool {
		return o.signs.has(ticket.SignSeen, ticket.SignTyping, ticket.SignIdle, ticket.SignSeen)
	})
}
