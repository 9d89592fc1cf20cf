package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/internal/slacksim"
)

// telephone is a paging service: it keeps what it was told, and answers as it is set.
type telephone struct {
	*httptest.Server
	mu    sync.Mutex
	calls []phoned
	do    func(phoned) int // status; 0 hangs until the end
	stop  chan struct{}
}

type phoned struct {
	ID, Person, Kind, Reply string
	At                      time.Time
}

func newTelephone(t *testing.T) *telephone {
	t.Helper()
	p := &telephone{stop: make(chan struct{})}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     string `json:"id"`
			Kind   string `json:"kind"`
			Reply  string `json:"reply_url"`
			Person struct {
				ID string `json:"id"`
			} `json:"person"`
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("webhook-id") != m.ID || r.Header.Get("webhook-signature") == "" {
			t.Errorf("an odd delivery: %v %v", err, r.Header)
		}
		c := phoned{ID: m.ID, Person: m.Person.ID, Kind: m.Kind, Reply: m.Reply, At: time.Now()}
		p.mu.Lock()
		p.calls = append(p.calls, c)
		do := p.do
		p.mu.Unlock()
		status := http.StatusOK
		if do != nil {
			status = do(c)
		}
		if status == 0 {
			select {
			case <-p.stop:
			case <-r.Context().Done():
			}
			return
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(func() { close(p.stop); p.Close() })
	return p
}

func (p *telephone) set(do func(phoned) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.do = do
}

func (p *telephone) to(person string) (list []phoned) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c.Person == person || person == "" {
			list = append(list, c)
		}
	}
	return list
}

func (p *telephone) paging() string {
	return fmt.Sprintf(`{providers: {phone: {url: "%s/secret-path", sign: whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=, allow_private: true, timeout: 2s}}}`, p.URL)
}

// pageFrom opens a ticket and pages level 2 for it by the API.
func (g *gateway) pageFrom(t *testing.T, subject string) string {
	t.Helper()
	g.send(clara, subject, "Please help", "")
	var id string
	wait(t, "the ticket", func() bool {
		var list struct {
			Items []struct {
				ID            int
				Subject, Tier string
			}
		}
		g.get(t, "/api/v1/tickets?limit=200", &list)
		for _, tk := range list.Items {
			if tk.Subject == subject && tk.Tier != "" {
				id = fmt.Sprintf("T-%d", tk.ID)
			}
		}
		return id != ""
	})
	var out struct{}
	if _, err := g.call(t.Context(), http.MethodPost, "/api/v1/tickets/"+id+"/actions", "",
		map[string]any{"kind": "page", "reason": "water in the electrics", "severity": "urgent"}, &out); err != nil {
		t.Fatal(err)
	}
	return id
}

type pageState struct {
	Page struct {
		State string `json:"state"`
		Log   []struct {
			Agent, What, By, Reason string
		} `json:"log"`
	} `json:"page"`
}

func (g *gateway) paged(t *testing.T, id string) (p pageState) {
	t.Helper()
	g.get(t, "/api/v1/tickets/"+id, &p)
	return p
}

// The program is killed while a telephone service holds its answer back: it is told again, under the same
// delivery id, and nobody is forgotten.
func TestAPageSurvivesAKillDuringItsSend(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), newTelephone(t)
	p.set(func(phoned) int { return 0 })
	g := w.start(options{paging: p.paging(), l2: `{steps: [{who: [agent:chloe, agent:dev], by: [phone], wait: 5m}]}`})
	id := g.pageFrom(t, "Killed")
	wait(t, "both to be rung", func() bool { return len(p.to("chloe")) > 0 && len(p.to("dev")) > 0 })
	g.kill()
	p.set(nil)
	g.run()
	g.ready()
	for _, person := range []string{"chloe", "dev"} {
		wait(t, person+" to be rung again", func() bool { return len(p.to(person)) > 1 })
		for _, c := range p.to(person) {
			if c.ID != p.to(person)[0].ID {
				t.Errorf("%s is rung as %s and as %s", person, p.to(person)[0].ID, c.ID)
			}
		}
	}
	wait(t, "the delivery to be noted", func() bool {
		n := 0
		for _, e := range g.paged(t, id).Page.Log {
			if e.What == "delivered" {
				n++
			}
		}
		return n == 2
	})
	reply(t, p.to("dev")[0].Reply, "accept")
	if got := g.paged(t, id).Page.State; got != "accepted" {
		t.Errorf("after the answer by the service: %s", got)
	}
	if strings.Contains(g.log.tail(1<<20), "secret-path") {
		t.Error("the address of the service stands in the log")
	}
}

func reply(t *testing.T, url, answer string) {
	t.Helper()
	resp, err := client.Post(url, "application/json", strings.NewReader(`{"answer": "`+answer+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", answer, resp.StatusCode, body)
	}
}

// Slack is away: mail and telephone ring all the same, and Slack is told nothing later, as it was answered.
func TestAPageWithoutSlack(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), newTelephone(t)
	g := w.start(options{paging: p.paging(), l2: `{steps: [{who: agent:chloe, by: [slack, email, phone], wait: 5m}]}`})
	w.sim.Inject(slacksim.Fault{Kind: slacksim.ServerError, Method: "chat.postMessage"})
	id := g.pageFrom(t, "Slack is away")
	wait(t, "the telephone", func() bool { return len(p.to("chloe")) == 1 })
	mail := w.answer("chloe@support.example", "water in the electrics")
	if !strings.Contains(mail.text, "/page/") {
		t.Errorf("the mail has no link:\n%s", mail.text)
	}
	wait(t, "the fault to be shown", func() bool {
		for _, e := range g.paged(t, id).Page.Log {
			if e.What == "trying" && e.By == "slack" {
				return true
			}
		}
		return false
	})
	reply(t, p.to("chloe")[0].Reply, "accept")
	w.sim.Clear()
	w.card(l1, "Slack is away") // Slack works again: what was due there has come
	channel, err := w.sim.DM("chloe", w.sim.App().BotUserID)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, "nothing of the page to be left", func() bool {
		var jobs struct {
			Items []struct{ Kind string } `json:"items"`
		}
		g.get(t, "/api/v1/jobs?limit=500", &jobs)
		for _, j := range jobs.Items {
			if j.Kind == "page" {
				return false
			}
		}
		return true
	})
	if list := w.sim.Messages(channel); len(list) != 0 {
		t.Errorf("rung after the answer: %s", list[0].PlainText())
	}
}

// One person's receiver hangs, another's says 404, a third's works: nobody waits for anybody, and the card
// says of each what came of it.
func TestAHangingReceiverDelaysNobody(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), newTelephone(t)
	p.set(func(c phoned) int { return map[string]int{"chloe": 0, "dev": 404, "lena": 200}[c.Person] })
	g := w.start(options{paging: p.paging(), l2: `{steps: [{who: [agent:chloe, agent:dev, agent:lena], by: phone, wait: 5m}]}`})
	var ids []string
	for i := range 8 {
		ids = append(ids, g.pageFrom(t, fmt.Sprintf("Case %d", i)))
	}
	wait(t, "everybody who can be reached", func() bool { return len(p.to("lena")) >= 8 })
	card := w.card(l1, "Case 7")
	w.until("the card to tell of the fault", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Dev Patel cannot be reached by phone: it answers 404")
	})
	wait(t, "the one that hangs to be shown", func() bool {
		for _, e := range g.paged(t, ids[0]).Page.Log {
			if e.Agent == "chloe" && e.What == "trying" && strings.Contains(e.Reason, "does not answer") {
				return true
			}
		}
		return false
	})
	if n := len(p.to("dev")); n != 8 {
		t.Errorf("what stays wrong was tried %d times for 8 pages", n)
	}
}

// Everybody declines at once: the page ends, once, and the lead hears of it by mail and telephone.
func TestADeclineStorm(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), newTelephone(t)
	g := w.start(options{paging: p.paging(), l2: `{steps: [{who: [agent:chloe, agent:dev], by: phone, wait: 5m}, {who: all, by: phone, wait: 5m}], rounds: 5, lead_by: [email, phone]}`})
	id := g.pageFrom(t, "Nobody wants it")
	declined := map[string]bool{}
	wait(t, "the end", func() bool {
		for _, c := range p.to("") {
			if c.Kind == "ring" && !declined[c.Person] {
				declined[c.Person] = true
				reply(t, c.Reply, "decline")
			}
		}
		return g.paged(t, id).Page.State == "exhausted"
	})
	w.answer("lena@support.example", "Nobody of Level 2 was reached")
	wait(t, "the lead to be told by telephone", func() bool {
		for _, c := range p.to("lena") {
			if c.Kind == "lead" {
				return true
			}
		}
		return false
	})
	card := w.card(l1, "Nobody wants it")
	w.until("the card to say so", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "the lead, Lena Vogel, was told by phone")
	})
	rung := map[string]int{}
	for _, c := range p.to("") {
		if c.Kind == "ring" {
			rung[c.Person]++
		}
	}
	for person, n := range rung {
		if n != 1 {
			t.Errorf("%s, who declined, was rung %d times", person, n)
		}
	}
}

// Who accepts from Slack is brought into the thread with whoever paged, and the customer is promised a callback.
func TestAcceptLinksPeopleAndCallsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	g.send(clara, "Steam everywhere", "Help", "")
	card := w.card(l1, "Steam everywhere")
	if err := w.sim.Slash("anna", "support-l1", "/tier", "page T-1001 l2 urgent the boiler leaks"); err != nil {
		t.Fatal(err)
	}
	dm := w.direct("chloe", "the boiler leaks")
	w.click("chloe", dm.channel, dm.TS, "need")
	w.until("level 1 to see that it waits", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Chloé Martin needs time")
	})
	w.click("chloe", dm.channel, dm.TS, "accept_call")
	w.submit("chloe", map[string]any{"due": time.Now().Add(time.Hour).Unix(), "what": "the seal"})
	m := w.reply(l1, card.TS, "has accepted the page")
	for _, user := range []string{"<@U1ANNA>", "<@U2CHLOE>"} {
		if !strings.Contains(m.Text+m.PlainText(), user) {
			t.Errorf("%s is not brought in: %s", user, m.Text)
		}
	}
	w.until("the promise on the card", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "Callback until")
	})
}

// A page from the command line rings in the gateway that runs.
func TestPageFromTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	g.send(clara, "From a shell", "Help", "")
	w.card(l1, "From a shell")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "page", "T-1001", "--config", g.file, "--tier", "l2", "--severity", "high", "--reason", "disk array on fire").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "rings chloe") {
		t.Fatalf("%v: %s", err, out)
	}
	w.direct("chloe", "disk array on fire")
	out, err = exec.Command(path, "report", "pages", "--config", g.file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 pages in 30 days") {
		t.Errorf("%v: %s", err, out)
	}
}
