package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/internal/slacksim"
)

// newCluster is two gateways on one PostgreSQL, with one folder of attachments and one Slack.
func newCluster(t *testing.T, o options) (w *world, a, b *gateway) {
	t.Helper()
	dsn := peers.Postgres(t)
	w = newWorld(t)
	w.dsn = dsn
	o.attachments = (&url.URL{Scheme: "file", Path: t.TempDir()}).String()
	o.dir = t.TempDir()
	a = w.launch(o)
	o.dir = t.TempDir()
	b = w.launch(o)
	a.ready()
	b.ready()
	return w, a, b
}

// A conversation goes on through whichever gateway is at hand.
func TestTwoGatewaysOneConversation(t *testing.T) {
	t.Parallel()
	w, a, b := newCluster(t, options{})
	first := a.send(clara, "Machine leaks", "The machine BW2-204711 leaks", "")
	card := w.card(l1, "Machine leaks")
	w.reply(l1, card.TS, "BW2-204711 leaks")
	w.click("anna", l1, card.TS, "reply")
	w.submit("anna", map[string]any{"v": "Is the *tank* pushed in?"})
	got := w.answer(clara, "pushed in")
	if got.inReplyTo != first {
		t.Errorf("the answer is in reply to %q, the mail was %q", got.inReplyTo, first)
	}
	b.send(clara, "Re: Machine leaks", "Yes it is!", got.messageID)
	w.reply(l1, card.TS, "Yes it is!")
	// Redelivered by another way, it is known.
	_, raw := w.mail.write(clara, support, "Once", "Only once", "")
	for _, g := range []*gateway{a, b, a} {
		if err := send(t.Context(), g.smtp, clara, support, raw); err != nil {
			t.Fatal(err)
		}
	}
	once := w.card(l1, "Only once")
	w.reply(l1, once.TS, "Only once")

	w.until("the page button", func() bool { return w.can(l1, card.TS, "page") })
	w.click("ben", l1, card.TS, "page")
	w.submit("ben", map[string]any{"v": "Water near the electrics"})
	dm := w.direct("chloe", "near the electrics")
	w.click("chloe", dm.channel, dm.TS, "accept")
	w.reply(l1, card.TS, "has accepted the page")

	if n := cards(w, l1); n != 2 {
		t.Errorf("%d cards for two cases", n)
	}
	a.stop()
	b.stop()
}

// can says whether a message has a button.
func (w *world) can(channel, ts, action string) bool {
	m, ok := w.sim.Message(channel, ts)
	return ok && slices.Contains(m.Actions(), action)
}

// A customer in Slack and a visitor of a web page are answered, whoever holds their connection.
func TestTwoGatewaysLiveChannels(t *testing.T) {
	t.Parallel()
	w, a, b := newCluster(t, options{})
	ts, err := w.sim.Say("carl", "customer-ltd", "Our BW1-100233 shows E-11", "")
	if err != nil {
		t.Fatal(err)
	}
	card := w.card(l1, "shows E-11")
	w.click("ben", l1, card.TS, "reply")
	w.submit("ben", map[string]any{"v": "It wants to be descaled."})
	w.reply("customer-ltd", ts, "wants to be descaled")

	v := a.visit(t, visitor{})
	v.say("first-message", "Is my order on its way?")
	shopCard := w.card(l1, "order on its way")
	_, id, _ := stamp(shopCard.Metadata)
	for i, g := range []*gateway{b, a} {
		text := fmt.Sprintf("Answer %d", i)
		body := map[string]string{"kind": "reply", "agent": "ben@support.example", "text": text}
		if _, err := g.call(t.Context(), http.MethodPost, "/api/v1/tickets/"+id+"/actions", text, body, nil); err != nil {
			t.Fatal(err)
		}
		v.hear(text)
	}
	other := b.visit(t, *v) // the load balancer sends them elsewhere
	if other.session != v.session {
		t.Error("the other gateway does not know the session")
	}
	other.hear("order on its way")
	other.say("second-message", "Thank you")
	v.hear("Thank you")
	w.reply(l1, shopCard.TS, "Thank you")
	if n := cards(w, l1); n != 2 {
		t.Errorf("%d cards for two cases", n)
	}
}

// Two gateways share a burst of mail. One is killed in the middle; the other finishes what both began.
func TestTwoGatewaysOneDies(t *testing.T) {
	t.Parallel()
	const burst = 150
	w, a, b := newCluster(t, options{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// Slack takes its time, so that there is work in hand at any moment.
	w.sim.Inject(slacksim.Fault{Kind: slacksim.Slow, Method: "chat.postMessage", Delay: 150 * time.Millisecond})
	c := &burstOfMail{w: w, ways: [][]string{{a.smtp, b.smtp}, {b.smtp, a.smtp}}, half: make(chan struct{})}
	c.begin(ctx, burst)
	day, over := context.WithCancel(ctx)
	defer over()
	s := newShift(day, a, 2)

	<-c.half
	var died map[string]float64
	waitFor(t, patience, "both gateways to have done jobs", func() bool {
		died = b.jobsDone(t)
		return died["route"] > 0 && died["post"]+died["show"] > 0 && len(a.jobsDone(t)) > 0
	})
	orphans := map[int]bool{} // and what the other has in hand just now
	b.kill()
	for _, j := range a.jobs(t, "leased") {
		orphans[j.ID] = true
	}
	mails := c.end()
	waitFor(t, patience, "the survivor to take a job over", func() bool {
		return slices.ContainsFunc(a.jobs(t, ""), func(j job) bool { return orphans[j.ID] && j.Attempts > 1 })
	})
	w.sim.Clear()
	waitFor(t, 3*time.Minute, "every ticket to be answered", func() bool {
		list, err := a.tickets(ctx)
		return err == nil && !slices.ContainsFunc(list, func(tk listed) bool { return tk.State != "pending" })
	})
	over()
	answers := s.end(t)
	w.quiet(a, 3*time.Minute)
	t.Logf("jobs done by the one that died: %v, by the other: %v", died, a.jobsDone(t))
	w.audit(a, mails, answers)
	a.stop()
}

// burstOfMail brings mails by two ways, each third of them by both at once.
type burstOfMail struct {
	w    *world
	ways [][]string // servers to try, in order
	half chan struct{}
	wg   sync.WaitGroup

	sent  atomic.Int64
	mu    sync.Mutex
	mails []written
	fault error
}

func (c *burstOfMail) begin(ctx context.Context, n int) {
	turn := make(chan int)
	c.wg.Go(func() {
		defer close(turn)
		for i := range n {
			select {
			case turn <- i:
			case <-ctx.Done():
			}
		}
	})
	for range 8 {
		c.wg.Go(func() {
			for i := range turn {
				if err := c.write(ctx, i); err != nil {
					c.mu.Lock()
					c.fault = err
					c.mu.Unlock()
				}
				if c.sent.Add(1) == int64(n/2) {
					close(c.half)
				}
			}
		})
	}
}

func (c *burstOfMail) write(ctx context.Context, i int) error {
	from, topic := fmt.Sprintf("customer%d@site%d.example", i, i%20), fmt.Sprintf("case %d", i)
	id, raw := c.w.mail.write(from, support, "About "+topic, "Please help with "+topic, "")
	again := make(chan error, 1)
	if i%3 == 0 {
		go func() {
			_, err := deliver(ctx, c.ways[(i+1)%2], from, raw)
			again <- err
		}()
	} else {
		again <- nil
	}
	tries, err := deliver(ctx, c.ways[i%2], from, raw)
	if other := <-again; err == nil {
		err = other
	}
	if i%3 == 0 {
		tries++
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mails = append(c.mails, written{id: id, from: from, topic: topic, tries: tries})
	return err
}

func (c *burstOfMail) end() []written {
	c.w.t.Helper()
	c.wg.Wait()
	if c.fault != nil {
		c.w.t.Fatal(c.fault)
	}
	return c.mails
}

// jobsDone reads the gateway's own count of the jobs it did, by kind.
func (g *gateway) jobsDone(t *testing.T) map[string]float64 {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.web+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %s", resp.Status)
	}
	done := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), `tierline_jobs_total{kind="`)
		kind, rest, _ := strings.Cut(rest, `"`)
		number, is := strings.CutPrefix(rest, `,result="done"} `)
		if !ok || !is {
			continue
		}
		if done[kind], err = strconv.ParseFloat(number, 64); err != nil {
			t.Fatal(err)
		}
	}
	return done
}
