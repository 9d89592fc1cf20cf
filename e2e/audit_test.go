package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// written is a mail of a customer that a gateway has answered with 250.
type written struct {
	id    string // Message-ID, without brackets
	from  string
	topic string // mails of one topic belong on one ticket, and no others
	tries int
}

// answered is an answer of staff that the API has acknowledged.
type answered struct {
	ticket int
	to     string
	text   string // no other answer has it
	tries  int
}

// deliver sends a mail until it is taken, as a mail server does, only sooner: to one server after the
// other. Now and then the line breaks when a mail has hardly been sent. It says how often it tried.
func deliver(ctx context.Context, servers []string, from string, raw []byte) (tries int, err error) {
	for {
		tries++
		try, cancel := context.WithTimeout(ctx, shaky(tries))
		err = send(try, servers[(tries-1)%len(servers)], from, support, raw)
		cancel()
		if err == nil {
			return tries, nil
		}
		if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Code >= 500 {
			return tries, fmt.Errorf("refused for good: %w", err)
		}
		if pause(ctx, rand.N(50*time.Millisecond)) != nil {
			return tries, fmt.Errorf("not taken after %d tries: %w", tries, err)
		}
	}
}

// shaky is how long a client's line holds.
func shaky(tries int) time.Duration {
	if tries <= 2 && rand.IntN(4) == 0 {
		return rand.N(20 * time.Millisecond)
	}
	return 10 * time.Second
}

// pause is between two tries of a client.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// call makes one request of the API; status 0 is no answer.
func (g *gateway) call(ctx context.Context, method, path, key string, body, into any) (status int, err error) {
	var b []byte
	if body != nil {
		if b, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+g.web+path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return resp.StatusCode, errors.New(resp.Status)
	}
	if into == nil {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.NewDecoder(resp.Body).Decode(into)
}

// listed is a ticket in the API's listing.
type listed struct {
	ID           int    `json:"id"`
	State        string `json:"state"`
	LastSeq      int    `json:"last_seq"`
	Participants []struct {
		Value string `json:"value"`
	} `json:"participants"`
}

func (l listed) String() string { return fmt.Sprintf("T-%d", l.ID) }

// tickets lists all there are, newest first.
func (g *gateway) tickets(ctx context.Context) ([]listed, error) {
	var all []listed
	for after := ""; ; {
		var page struct {
			Items []listed `json:"items"`
			Next  string   `json:"next"`
		}
		if _, err := g.call(ctx, http.MethodGet, "/api/v1/tickets?limit=200&after="+after, "", nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}

// staff answers every ticket on which somebody is to act, until ctx ends, and gives what was
// acknowledged. An answer is asked for again until it is, under the same key.
func (g *gateway) staff(ctx context.Context, mine func(listed) bool) (done []answered, err error) {
	count := map[int]int{}
	for ctx.Err() == nil {
		list, err := g.tickets(ctx)
		for _, tk := range list { // none when the gateway is down
			if !mine(tk) || tk.State != "new" && tk.State != "open" {
				continue
			}
			count[tk.ID]++
			a := answered{ticket: tk.ID, to: tk.Participants[0].Value, text: fmt.Sprintf("Answer %d of %s.", count[tk.ID], tk)}
			key := fmt.Sprintf("%s/%d", tk, count[tk.ID])
			if a.tries, err = g.answer(ctx, tk, key, a.text); err != nil {
				return done, err
			}
			done = append(done, a)
		}
		if err == nil {
			err = pause(ctx, 100*time.Millisecond)
		} else {
			err = pause(ctx, 20*time.Millisecond)
		}
		if err != nil {
			break
		}
	}
	return done, nil
}

// answer writes one answer, until it is acknowledged.
func (g *gateway) answer(ctx context.Context, tk listed, key, text string) (tries int, err error) {
	body := map[string]string{"kind": "reply", "agent": "anna@support.example", "text": text}
	// An answer that is begun is brought to its end, also when the day is over.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer stop()
	for {
		tries++
		try, cancel := context.WithTimeout(ctx, shaky(tries))
		status, err := g.call(try, http.MethodPost, "/api/v1/tickets/"+tk.String()+"/actions", key, body, nil)
		cancel()
		switch {
		case err == nil:
			return tries, nil
		case status >= 400 && status < 500 && status != http.StatusConflict && status != http.StatusTooManyRequests:
			return tries, fmt.Errorf("answer to %s: %w", tk, err)
		}
		if pause(ctx, rand.N(40*time.Millisecond)) != nil {
			return tries, fmt.Errorf("answer to %s: not acknowledged: %w", tk, err)
		}
	}
}

// job is a job of the outbox, as the API lists it.
type job struct {
	ID                      int
	Kind, State, Key, Error string
	Attempts                int
}

// jobs lists the oldest jobs of a state, or of all.
func (g *gateway) jobs(t *testing.T, state string) []job {
	t.Helper()
	var list struct{ Items []job }
	g.get(t, "/api/v1/jobs?limit=500&state="+state, &list)
	return list.Items
}

// quiet waits until no job is left. A dead one fails the test.
func (w *world) quiet(g *gateway, d time.Duration) {
	w.t.Helper()
	var left []job
	defer func() {
		if w.t.Failed() {
			w.t.Logf("jobs that waited: %+v", left)
		}
	}()
	waitFor(w.t, d, "all jobs to be done", func() bool {
		left = slices.DeleteFunc(g.jobs(w.t, ""), func(j job) bool { return j.Kind == "roster_tick" || j.Kind == "digest_tick" }) // there always is one
		if i := slices.IndexFunc(left, func(j job) bool { return j.State == "dead" }); i >= 0 {
			w.t.Fatalf("a dead job: %+v", left[i])
		}
		return len(left) == 0
	})
}

// audit holds what the gateway keeps, what Slack shows and what customers got against what was
// acknowledged. Nothing may be lost or doubled. Only a mail may arrive twice, and then it is the same.
func (w *world) audit(g *gateway, mails []written, answers []answered) {
	w.t.Helper()
	all, err := g.tickets(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	talk := map[int][]apiMessage{}
	for _, tk := range all {
		talk[tk.ID] = g.ticket(w.t, tk.String()).messages
		if len(talk[tk.ID]) != tk.LastSeq {
			w.t.Errorf("%s has %d messages, its newest is number %d", tk, len(talk[tk.ID]), tk.LastSeq)
		}
	}
	w.auditMails(talk, mails)
	w.auditAnswers(talk, answers)
	w.auditSlack(talk)
	var held struct{ Items []json.RawMessage }
	if g.get(w.t, "/api/v1/quarantine", &held); len(held.Items) > 0 {
		w.t.Errorf("%d mails are in quarantine: %s", len(held.Items), held.Items[0])
	}
}

// auditMails: each mail is on one ticket, once; those of one topic are on the same, and alone.
func (w *world) auditMails(talk map[int][]apiMessage, mails []written) {
	w.t.Helper()
	where := map[string][]int{}
	total, repeated := 0, 0
	for id, list := range talk {
		for _, m := range list {
			if m.Direction == "in" {
				total++
				where[bare(m.External)] = append(where[bare(m.External)], id)
			}
		}
	}
	topics, owners := map[string]int{}, map[int]string{}
	for _, m := range mails {
		if m.tries > 1 {
			repeated++
		}
		at := where[m.id]
		if len(at) != 1 {
			w.t.Errorf("the mail %s of %s is on %d tickets: %v", m.id, m.topic, len(at), at)
			continue
		}
		if was, ok := topics[m.topic]; ok && was != at[0] {
			w.t.Errorf("mails of %s are on T-%d and T-%d", m.topic, was, at[0])
		}
		if other, ok := owners[at[0]]; ok && other != m.topic {
			w.t.Errorf("T-%d has mails of %s and of %s", at[0], other, m.topic)
		}
		topics[m.topic], owners[at[0]] = at[0], m.topic
	}
	if total != len(mails) || len(talk) != len(topics) {
		w.t.Errorf("%d mails on %d tickets; %d of %d topics were taken", total, len(talk), len(mails), len(topics))
	}
	w.t.Logf("%d mails (%d sent more than once) are on %d tickets", len(mails), repeated, len(talk))
}

// bare is the Message-ID in what the gateway keeps as a mail's own id, without brackets.
func bare(external string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(external, "<"), ">")
	return id
}

// auditAnswers: each answer that was acknowledged is on its ticket once and reached the customer,
// under a Message-ID of its own; nothing else reached anybody.
func (w *world) auditAnswers(talk map[int][]apiMessage, answers []answered) {
	w.t.Helper()
	again, total, ids := 0, 0, map[string]string{}
	for _, a := range answers {
		if a.tries > 1 {
			again++
		}
		var found []apiMessage
		for _, m := range talk[a.ticket] {
			if m.Direction == "out" && m.Text == a.text {
				found = append(found, m)
			}
		}
		if len(found) != 1 || found[0].Delivery != "sent" {
			w.t.Errorf("%q is on its ticket %d times: %+v", a.text, len(found), found)
			continue
		}
		id := bare(found[0].External)
		if other, ok := ids[id]; ok {
			w.t.Errorf("%q and %q have one Message-ID", a.text, other)
		}
		ids[id] = a.text
		got := 0
		for _, m := range w.mail.mails(a.to) {
			if slices.Contains(strings.Split(m.text, "\n"), a.text) || strings.HasPrefix(m.text, a.text) {
				if got++; m.messageID != id {
					w.t.Errorf("%q went out as %s and %s", a.text, id, m.messageID)
				}
			}
		}
		if total += got; got == 0 {
			w.t.Errorf("%q never reached %s", a.text, a.to)
		}
	}
	w.mail.mu.Lock()
	came := len(w.mail.got)
	w.mail.mu.Unlock()
	if came != total {
		w.t.Errorf("customers got %d mails, %d of them answers that were acknowledged", came, total)
	}
	w.t.Logf("%d answers (%d asked for more than once); %d mails of them, %d came a second time under the same Message-ID",
		len(answers), again, total, total-len(answers))
}

// auditSlack: one card a ticket, and each message once in its thread. What people typed there is a
// note of the ticket, once, and is not shown again.
func (w *world) auditSlack(talk map[int][]apiMessage) {
	w.t.Helper()
	cards := map[string][]string{}
	for _, channel := range []string{l1, l2} {
		for _, m := range w.sim.Messages(channel) {
			if kind, ticket, _ := stamp(m.Metadata); kind == "tierline_card" {
				cards[ticket] = append(cards[ticket], channel+"/"+m.TS)
			}
		}
	}
	for id, list := range talk {
		name := fmt.Sprintf("T-%d", id)
		if len(cards[name]) != 1 {
			w.t.Errorf("%s has %d cards: %v", name, len(cards[name]), cards[name])
			continue
		}
		channel, ts, _ := strings.Cut(cards[name][0], "/")
		shown, typed := map[int]int{}, map[string]int{}
		for _, m := range w.sim.Replies(channel, ts) {
			if m.SeenBy() != "" { // a word to somebody who clicked
				continue
			}
			if m.User != w.sim.App().BotUserID {
				typed[m.Text]++
				continue
			}
			kind, ticket, seq := stamp(m.Metadata)
			if kind != "tierline_message" || ticket != name {
				w.t.Errorf("in the thread of %s stands %q", name, m.PlainText())
			}
			shown[seq]++
		}
		for _, m := range list {
			if m.Kind == "note" {
				shown[m.Seq] += typed[m.Text]
				delete(typed, m.Text)
			}
			if shown[m.Seq] != 1 {
				w.t.Errorf("%s#%d (%s, %.30q) is shown %d times", name, m.Seq, m.Kind, m.Text, shown[m.Seq])
			}
		}
		if len(typed) > 0 {
			w.t.Errorf("typed in the thread of %s, and not kept: %v", name, typed)
		}
		if len(shown) != len(list) {
			w.t.Errorf("%s has %d messages, its thread shows %d", name, len(list), len(shown))
		}
	}
	if len(cards) != len(talk) {
		w.t.Errorf("%d cards for %d tickets", len(cards), len(talk))
	}
}

// stamp reads the metadata of a message of the gateway's.
func stamp(o map[string]any) (kind, ticket string, seq int) {
	kind, _ = o["event_type"].(string)
	p, _ := o["event_payload"].(map[string]any)
	ticket, _ = p["ticket"].(string)
	n, _ := p["seq"].(float64)
	return kind, ticket, int(n)
}

// command runs the program beside the gateway, with its configuration.
func (g *gateway) command(t *testing.T, args ...string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, append(args, "--config", g.file)...).Output()
	if err != nil {
		t.Fatalf("tierline %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
