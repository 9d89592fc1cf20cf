package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/internal/slacksim"
)

const (
	kills     = 12
	customers = 60
	turns     = 5 // mails of each customer
)

// The program is killed again and again while mails arrive and answers leave, and lines break just
// when something was done and its acknowledgement is on its way. Nothing that was acknowledged is
// lost, and nothing is doubled.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	r := random(t)
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	began := time.Now()
	w.mail.mute = 20
	g := w.launch(options{})

	c := newCrowd(w, r, g.smtp)
	c.begin(ctx)
	day, over := context.WithCancel(ctx)
	defer over()
	s := newShift(day, g, 2)
	var clicks sync.WaitGroup
	for round := range kills {
		w.life(ctx, g, c, round, r, &clicks)
		g.kill()
		g.run()
	}
	w.sim.Clear()
	g.ready()
	t.Logf("%d kills in %v", kills, time.Since(began).Round(time.Millisecond))
	mails := c.end()
	t.Logf("all mails were taken after %v", time.Since(began).Round(time.Millisecond))
	waitFor(t, 3*time.Minute, "every ticket to be answered", func() bool {
		list, err := g.tickets(ctx)
		return err == nil && !slices.ContainsFunc(list, func(tk listed) bool { return tk.State != "pending" })
	})
	over()
	answers := s.end(t)
	clicks.Wait()
	waitFor(t, 3*time.Minute, "Slack to be rid of its events", func() bool { return w.sim.Unacknowledged() == 0 })
	w.quiet(g, 3*time.Minute)
	t.Logf("all is quiet after %v", time.Since(began).Round(time.Millisecond))

	w.audit(g, mails, answers)
	if n := w.sim.Lost(); n > 0 {
		t.Errorf("%d events of Slack were never taken", n)
	}
	if n := strings.Count(g.command(t, "ticket", "list", "--json", "--limit", "500"), "\n"); n != 2*customers {
		t.Errorf("the command lists %d tickets of %d", n, 2*customers)
	}
	g.stop()
}

// life is one life of the program: it becomes ready and has something to do until its moment of death.
func (w *world) life(ctx context.Context, g *gateway, c *crowd, round int, r *rand.Rand, clicks *sync.WaitGroup) {
	w.t.Helper()
	w.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Times: 4})
	if round%3 == 0 { // mails come while nobody listens,
		c.release(round)
	}
	g.ready()
	if round%3 == 1 { // at once when somebody does,
		c.release(round)
	}
	w.note(round)
	clicked, death := r.IntN(100), 100+r.IntN(500) // ms
	clicks.Go(func() {                             // Ben takes a case; whether he gets it is the gateway's to say
		if pause(ctx, time.Duration(clicked)*time.Millisecond) == nil {
			w.takeOne("ben")
		}
	})
	_ = pause(ctx, time.Duration(death)*time.Millisecond)
	if round%3 == 2 { // or just before it ends
		c.release(round)
		_ = pause(ctx, time.Duration(r.IntN(40))*time.Millisecond)
	}
}

// random draws from a seed that is printed, and can be given.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("TIERLINE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("TIERLINE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// note has Lena type a note into the newest case's thread.
func (w *world) note(round int) {
	w.t.Helper()
	list := w.sim.Messages(l1)
	if len(list) == 0 {
		return
	}
	if _, err := w.sim.Say("lena", l1, fmt.Sprintf("Thought %d", round), list[len(list)-1].TS); err != nil {
		w.t.Fatal(err)
	}
}

// takeOne clicks Take on a card that nobody has taken.
func (w *world) takeOne(person string) {
	for _, m := range w.sim.Messages(l1) {
		if slices.Contains(m.Actions(), "take") {
			_ = w.sim.Click(person, l1, m.TS, "take") // it may die in the middle
			return
		}
	}
}

// crowd are customers, each with two cases, who write a mail when they are let.
type crowd struct {
	w      *world
	server string // where their mail goes
	turns  []chan struct{}
	offset []int // rounds, of turns
	wg     sync.WaitGroup

	mu    sync.Mutex
	mails []written
	late  int // follow-ups to an answer
	fault error
}

func newCrowd(w *world, r *rand.Rand, server string) *crowd {
	c := &crowd{w: w, server: server}
	for range customers {
		c.turns = append(c.turns, make(chan struct{}, turns))
		c.offset = append(c.offset, r.IntN(kills))
	}
	return c
}

func (c *crowd) begin(ctx context.Context) {
	for n := range c.turns {
		c.wg.Go(func() {
			if err := c.customer(ctx, n); err != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.fault = err
			}
		})
	}
}

// release lets those write whose turn it is: each customer's mails are spread over all rounds.
func (c *crowd) release(round int) {
	for n, turn := range c.turns {
		for i := range turns {
			if (i*kills+c.offset[n])/turns == round {
				turn <- struct{}{}
			}
		}
	}
}

// end waits until all mails were taken.
func (c *crowd) end() []written {
	c.w.t.Helper()
	c.wg.Wait()
	if c.fault != nil {
		c.w.t.Fatal(c.fault)
	}
	c.w.t.Logf("%d follow-ups were to an answer", c.late)
	return c.mails
}

// customer writes about two things, in turn; the last mail is to an answer.
func (c *crowd) customer(ctx context.Context, n int) error {
	from := fmt.Sprintf("customer%d@site%d.example", n, n%20)
	var roots [2]string
	for turn := range turns {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.turns[n]:
		}
		topic := turn % 2
		name := fmt.Sprintf("case %d%c", n, 'a'+topic)
		subject, to := "About "+name, ""
		if turn >= 2 {
			subject, to = "Re: "+subject, c.latest(from, roots[topic])
		}
		if turn == turns-1 {
			var err error
			if to, err = c.await(ctx, from, roots[topic]); err != nil {
				return err
			}
		}
		id, raw := c.w.mail.write(from, support, subject, fmt.Sprintf("Mail %d about %s", turn, name), to)
		if turn < 2 {
			roots[topic] = id
		}
		tries, err := deliver(ctx, []string{c.server}, from, raw)
		if err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		c.mu.Lock()
		c.mails = append(c.mails, written{id: id, from: from, topic: name, tries: tries})
		if to != "" && to != roots[topic] {
			c.late++
		}
		c.mu.Unlock()
	}
	return nil
}

// latest is the newest answer in a conversation, or its first mail.
func (c *crowd) latest(to, root string) string {
	id := root
	for _, m := range c.w.mail.mails(to) {
		if slices.Contains(m.references, root) {
			id = m.messageID
		}
	}
	return id
}

// await waits for an answer in a conversation.
func (c *crowd) await(ctx context.Context, to, root string) (string, error) {
	for {
		c.w.mail.mu.Lock()
		changed := c.w.mail.changed
		c.w.mail.mu.Unlock()
		if id := c.latest(to, root); id != root {
			return id, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("%s waits for an answer to %s: %w", to, root, ctx.Err())
		}
	}
}

// shift are members of staff at work.
type shift struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	done []answered
	err  error
}

func newShift(ctx context.Context, g *gateway, n int) *shift {
	s := &shift{}
	for i := range n {
		s.wg.Go(func() {
			done, err := g.staff(ctx, func(tk listed) bool { return tk.ID%n == i })
			s.mu.Lock()
			defer s.mu.Unlock()
			s.done = append(s.done, done...)
			if err != nil {
				s.err = err
			}
		})
	}
	return s
}

func (s *shift) end(t *testing.T) []answered {
	t.Helper()
	s.wg.Wait()
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.done
}
