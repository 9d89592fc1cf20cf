package slackapp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tierline/ticket"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func (c *clock) sleep(_ context.Context, d time.Duration) { c.t = c.t.Add(d) }

func testLimiter() (*clock, *limiter) {
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return c, newLimiter(c.now, c.sleep, false)
}

// TestNoMinuteHasMoreCallsThanItsTier: whatever the moment at which the counting begins.
func TestNoMinuteHasMoreCallsThanItsTier(t *testing.T) {
	t.Parallel()
	for method, most := range map[string]int{postMessage: 65, "conversations.list": 20, updateMessage: 50, "views.open": 100} {
		for class := classNow; class <= classEdit; class++ {
			c, l := testLimiter()
			var made []time.Time
			for range 3 * 60 * 20 {
				if wait, ok := l.take(class, 0, method, "C1"); ok {
					made = append(made, c.t.Add(wait))
				}
				c.t = c.t.Add(50 * time.Millisecond)
			}
			for i := range made {
				n := 0
				for _, at := range made[i:] {
					if at.Sub(made[i]) < time.Minute {
						n++
					}
				}
				if n > most {
					t.Fatalf("%s: %d calls in one minute, the tier allows %d", method, n, most)
				}
			}
			if len(made) < most*2 {
				t.Errorf("%s, class %d: only %d calls in three minutes", method, class, len(made))
			}
		}
	}
}

func TestChannelsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	_, l := testLimiter()
	for range 20 {
		l.take(classDesk, 0, postMessage, "C1")
	}
	if wait, ok := l.take(classDesk, 0, postMessage, "C2"); !ok || wait != 0 {
		t.Errorf("another channel waits %v, %v", wait, ok)
	}
}

// TestAPageNeverWaitsBehindCards: many channels use up what the workspace may send, and a page goes out
// at once, all the same; a customer's message waits less than a card, a card less than an edit.
func TestAPageNeverWaitsBehindCards(t *testing.T) {
	t.Parallel()
	_, l := testLimiter()
	for job := int64(1); job < 500; job++ {
		l.take(classDesk, job, postMessage, "C"+string(rune('a'+job%26)))
	}
	if wait, ok := l.take(classDesk, 500, postMessage, "C0"); ok && wait == 0 {
		t.Fatal("the workspace's limit is not used up")
	}
	for range 3 {
		if wait, ok := l.take(classNow, 501, postMessage, "D1"); !ok || wait != 0 {
			t.Fatalf("a page waits %v, %v", wait, ok)
		}
	}
	_, l = testLimiter()
	for class := classEdit; class >= classNow; class-- {
		n := 0
		for i := range 40 {
			if wait, ok := l.take(class, 0, postMessage, fmt.Sprint(class, i)); ok && wait == 0 {
				n++
			}
		}
		if n == 0 {
			t.Errorf("nothing was left of the burst to class %d", class)
		}
	}
}

// play works jobs through a limiter as the dispatcher does: who is sent away comes back at the time that it
// was told, and of those who are due the oldest is first. It gives the order and the moments in which they went.
func play(c *clock, l *limiter, jobs []int64, arrive func(job int64) time.Time, channel func(job int64) string) (order []int64, at []time.Time) {
	due := map[int64]time.Time{}
	for _, j := range jobs {
		due[j] = arrive(j)
	}
	for len(due) > 0 {
		var next int64
		for j, d := range due {
			was, waits := due[next], !d.After(c.t)
			if next == 0 || waits && (was.After(c.t) || j < next) || !waits && d.Before(was) {
				next = j
			}
		}
		if due[next].After(c.t) {
			c.t = due[next]
		}
		wait, ok := l.take(classDesk, next, postMessage, channel(next))
		if !ok {
			due[next] = c.t.Add(wait)
			continue
		}
		c.t = c.t.Add(wait)
		order, at = append(order, next), append(at, c.t)
		delete(due, next)
	}
	return order, at
}

// TestAThousandCardsGoInOrderAndAtFullPace: 300 that wait, and others that come meanwhile, stand behind them.
func TestAThousandCardsGoInOrderAndAtFullPace(t *testing.T) {
	t.Parallel()
	c, l := testLimiter()
	began := c.t
	var jobs []int64
	for j := int64(1); j <= 400; j++ {
		jobs = append(jobs, j)
	}
	order, at := play(c, l, jobs, func(j int64) time.Time {
		if j <= 300 {
			return began
		}
		return began.Add(time.Duration(j-300) * 2 * time.Second)
	}, func(int64) string { return "C1" })
	if !slices.IsSorted(order) {
		t.Errorf("out of order: %v", order)
	}
	if took := at[len(at)-1].Sub(began); took < 390*time.Second || took > 405*time.Second {
		t.Errorf("400 messages at one a second took %v", took)
	}
}

// TestWhatComesOfTheOldestGoesBeforeTheYounger: of 200 cards that wait, each has a message to be shown below it, which
// comes when its card is out; as jobs they are older than the next card. None asks for its turn again and again.
func TestWhatComesOfTheOldestGoesBeforeTheYounger(t *testing.T) {
	t.Parallel()
	c, l := testLimiter()
	began, due, tries := c.t, map[int64]time.Time{}, 0
	for j := int64(1); j < 400; j += 2 {
		due[j] = began
	}
	var order []int64
	for len(due) > 0 {
		var next int64
		for j, d := range due {
			if was := due[next]; next == 0 || d.Before(was) || d.Equal(was) && j < next {
				next = j
			}
		}
		if due[next].After(c.t) {
			c.t = due[next]
		}
		tries++
		wait, ok := l.take(classDesk, next, postMessage, "C1")
		if !ok {
			due[next] = c.t.Add(wait)
			continue
		}
		c.t = c.t.Add(wait)
		order = append(order, next)
		if delete(due, next); next%2 == 1 {
			due[next+1] = c.t
		}
	}
	places := 0
	for i, j := range order {
		places = max(places, i+1-int(j))
	}
	if took := c.t.Sub(began); places > 3 || tries > 6*len(order) || took > 410*time.Second {
		t.Errorf("%d places too late, %d tries, %v: %v", places, tries, took, order)
	}
}

// TestAnOlderJobOfAnotherProcess goes before those that have a turn here.
func TestAnOlderJobOfAnotherProcess(t *testing.T) {
	t.Parallel()
	_, l := testLimiter()
	waits := map[int64]time.Duration{}
	for j := int64(100); j < 200; j++ {
		waits[j], _ = l.take(classDesk, j, postMessage, "C1")
	}
	if wait, _ := l.take(classDesk, 5, postMessage, "C1"); wait > 2*time.Second {
		t.Errorf("it waits %v behind younger ones", wait)
	}
	if wait, _ := l.take(classDesk, 150, postMessage, "C1"); wait != waits[150]+time.Second {
		t.Errorf("one that is younger had its turn after %v, and now after %v", waits[150], wait)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	c, l := testLimiter()
	l.block(updateMessage, "", 30*time.Second)
	err := l.wait(context.Background(), classNow, updateMessage, "")
	if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != 30*time.Second || !ticket.Unbegun(err) {
		t.Errorf("got %v, retry after %v", err, ticket.RetryAfter(err))
	}
	if err := l.wait(context.Background(), classNow, "views.open", ""); err != nil {
		t.Errorf("another method waits, too: %v", err)
	}
	c.t = c.t.Add(31 * time.Second)
	if err := l.wait(context.Background(), classNow, updateMessage, ""); err != nil {
		t.Error(err)
	}
}

// TestWhoIsUrgentGoesOnFirst: after Slack's "not before", by classes.
func TestWhoIsUrgentGoesOnFirst(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	for class := classNow; class <= classEdit; class++ {
		_, l := testLimiter()
		l.block(postMessage, "C1", 10*time.Second)
		wait, _ := l.take(class, 1, postMessage, "C1")
		waits = append(waits, wait)
	}
	if waits[0] != 10*time.Second || !slices.IsSorted(waits) || waits[3] <= waits[0] {
		t.Errorf("they wait %v", waits)
	}
}

// TestOneChannelsRefusalIsItsOwn until a second channel is refused, too: then it is the workspace's.
func TestOneChannelsRefusalIsItsOwn(t *testing.T) {
	t.Parallel()
	_, l := testLimiter()
	l.block(postMessage, "C1", 10*time.Second)
	if wait, ok := l.take(classDesk, 1, postMessage, "C2"); !ok || wait != 0 {
		t.Errorf("another channel waits %v", wait)
	}
	l.block(postMessage, "C3", 10*time.Second)
	if _, ok := l.take(classDesk, 1, postMessage, "C2"); ok {
		t.Error("two channels were refused, and a third goes on")
	}
}

// TestTwoProcessesShareAChannel: neither knows of the other. Slack allows one message a second in all; each
// goes more slowly once it is refused, and little is refused.
func TestTwoProcessesShareAChannel(t *testing.T) {
	t.Parallel()
	c, one := testLimiter()
	two := newLimiter(c.now, c.sleep, false)
	began, theirs := c.t, &bucket{pace: channelPace, tokens: channelPace.burst, at: c.t, factor: 1}
	sent, refused := 0, 0
	for c.t.Sub(began) < 20*time.Minute {
		for i, l := range []*limiter{one, two} {
			job := int64(sent + refused + 1)
			if wait, ok := l.take(classDesk, job, postMessage, "C1"); !ok || wait > 0 {
				if ok {
					for _, b := range l.of(postMessage, "C1", c.t) {
						b.tokens++ // not now
					}
				}
				continue
			}
			theirs.fill(c.t)
			if theirs.tokens < 1 {
				refused++
				l.block(postMessage, "C1", time.Duration(1+i)*time.Second)
				continue
			}
			theirs.tokens--
			sent++
		}
		c.t = c.t.Add(time.Duration(100+rand.IntN(50)) * time.Millisecond)
	}
	if sent < 800 || refused > sent/5 {
		t.Errorf("%d sent in 20 minutes, %d refused", sent, refused)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	c, l := testLimiter()
	for i := range 3 * maxBuckets {
		l.take(classDesk, int64(i), postMessage, time.Duration(i).String())
		c.t = c.t.Add(time.Second)
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}
	for job := range int64(3 * maxTurns) {
		l.take(classDesk, job+1, postMessage, "C1")
	}
	if n := len(l.buckets[postMessage+" C1"].turns); n > maxTurns {
		t.Errorf("%d turns", n)
	}
}
