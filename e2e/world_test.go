// Package e2e tells stories through the real program: a mail in, a card out, a click, a mail back.
//
// The gateway runs as a process of its own, as its users run it; around it are a simulated Slack
// workspace and a mail server, both at the wire. A story that waits for something waits for the
// change itself, with a deadline.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"tierline/internal/peers"
	"tierline/internal/slacksim"
)

const (
	patience = 90 * time.Second // for one thing that is waited for
	support  = "support@tierline.example"
	apiKey   = "e2e-key-e2e-key-e2e-key"
)

// client gives up on a gateway that does not answer.
var client = &http.Client{Timeout: patience}

// binary is the program, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tierline-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tierline")
	out, err := exec.Command("go", "build", "-o", path, "tierline/cmd/tierline").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// world is what is around one or more gateways on one store.
type world struct {
	t    *testing.T
	dir  string
	dsn  string // "" is SQLite
	sim  *slacksim.Server
	mail *mailServer
}

// workspace is the sample, with more time to open a form than Slack gives: the machine may be busy.
func workspace() slacksim.Config {
	c := slacksim.Sample()
	c.TriggerLife = time.Minute
	return c
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, dir: t.TempDir(), sim: slacksim.Start(t, workspace()), mail: newMailServer(t)}
}

// gateway is one program, with a directory and ports of its own that it keeps when it starts again.
type gateway struct {
	w         *world
	file      string // its configuration
	cmd       *exec.Cmd
	log       *logBuffer
	done      chan struct{} // closed when the program has ended,
	err       error         // with this
	web, smtp string
}

var configuration = template.Must(template.New("").Parse(`
data: {{.Dir}}
{{if .DSN}}database: "{{.DSN}}"
secret: e2e-secret-e2e-secret-e2e-secret-e2e
{{end}}{{if .Attachments}}attachments: {url: "{{.Attachments}}"}
{{end}}log: {level: info, format: text}
web:
  listen: {{.Web}}
  public_url: http://{{.Web}}
  keys:
    - {name: e2e, key: {{.Key}}, scopes: ["calls:write", "tickets:read", "tickets:write", "jobs:admin", "articles:read", "articles:write", "metrics:read", "quarantine:read"]}
  rate_per_minute: 100000
understand: {serials: ['BW[0-9A-Z]{1,3}-\d{6}']}
email:
  listeners:
    - {listen: "{{.SMTP}}", recipients: [{address: {{.Support}}, inbox: support}]}
  sending:
    {host: 127.0.0.1, port: {{.SinkPort}}, tls: none, domain: tierline.example,
     from: {support: {address: {{.Support}}, name: Brühwerk Support}}}
chat: {inboxes: [{name: shop, origins: ["*"]}]}
slack:
{{if .Slack.RequestURL}}  mode: http
  signing_secret: {{.Slack.SigningSecret}}
{{else}}  app_token: {{.Slack.AppToken}}
{{end}}  bot_token: {{.Slack.BotToken}}
  api_url: {{.SlackURL}}
  no_limits: true
{{with .SlackMore}}  {{.}}
{{end}}  customers: {channels: [{channel: customer-ltd, inbox: customer-ltd}{{with .Rooms}}, {{.}}{{end}}]}
brands: [{name: bruehwerk, title: Brühwerk, languages: [de], signature: {de: Ihr Brühwerk-Service, en: Your Brühwerk service team}}]
answers: {{if .Answers}}{{.Answers}}{{else}}{undo: {email: 0s, slack: 0s}, acknowledge: {when: "false"}}{{end}}
{{with .Incidents}}incidents: {{.}}
{{end}}{{with .Paging}}paging: {{.}}
{{end}}{{if .Desk}}{{.Desk}}{{else}}agents:
  - {id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent]}
  - {id: ben, name: Ben Okafor, email: ben@support.example, roles: [agent]}
  - {id: chloe, name: Chloé Martin, email: chloe@support.example, roles: [level2]}
  - {id: dev, name: Dev Patel, email: dev@support.example, roles: [level2]}
  - {id: lena, name: Lena Vogel, email: lena@support.example, roles: [lead, editor, supervisor]}
tiers:
  - {name: l1, title: Level 1, level: 1, channel: support-l1{{with .L1}}, {{.}}{{end}}}
  - {name: l2, title: Level 2, level: 2, channel: support-l2, page_wait: {{.PageWait}}, oncall: {{or .OnCall "{people: [chloe, dev], then: [lena]}"}}{{with .L2}}, paging: {{.}}{{end}}}
rules:
  - {name: lemons, when: lemon, then: {tier: l2, priority: high}}
  - {name: everything else, then: {tier: l1}}
{{end}}{{.More}}`))

// options are what a story may want otherwise.
type options struct {
	dir         string // of the gateway's data; the world's when empty
	attachments string // URL of a bucket; in dir when empty
	web         string // its address; a free one when empty
	pageWait    time.Duration
	paging      string // by what people are paged, in YAML
	l2          string // how level 2 is paged, in YAML
	onCall      string // who is on call for level 2, in YAML; Chloé, then Dev, when empty
	incidents   string // when many are hit, in YAML; by default when empty
	answers     string // how customers are answered, in YAML; at once, and nothing by itself, when empty
	l1          string // what else level 1 has, in YAML
	slack       string // what else is said of Slack, in YAML
	rooms       string // further channels of Slack in which customers ask, in YAML
	more        string // further sections, in YAML
	desk        string // who works here, in which tiers, by which rules, in YAML; two tiers of two when empty
}

// start starts a gateway and waits until it is ready.
func (w *world) start(o options) *gateway {
	w.t.Helper()
	g := w.launch(o)
	g.ready()
	return g
}

// launch starts a gateway.
func (w *world) launch(o options) *gateway {
	w.t.Helper()
	if o.dir == "" {
		o.dir = w.dir
	}
	if o.pageWait == 0 {
		o.pageWait = 5 * time.Minute
	}
	g := &gateway{w: w, log: &logBuffer{}, file: filepath.Join(w.t.TempDir(), "tierline.yaml"),
		web: peers.FreeAddr(w.t), smtp: peers.FreeAddr(w.t)}
	if o.web != "" {
		g.web = o.web
	}
	_, sinkPort, err := net.SplitHostPort(w.mail.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	var text bytes.Buffer
	err = configuration.Execute(&text, map[string]any{"Dir": o.dir, "DSN": w.dsn, "Web": g.web, "SMTP": g.smtp, "Key": apiKey,
		"Support": support, "SinkPort": sinkPort, "Slack": w.sim.App(), "SlackURL": w.sim.APIURL(), "PageWait": o.pageWait,
		"Attachments": o.attachments, "Answers": o.answers, "Paging": o.paging, "L2": o.l2, "OnCall": o.onCall, "Incidents": o.incidents, "Desk": o.desk, "L1": o.l1, "SlackMore": o.slack, "Rooms": o.rooms, "More": o.more})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(g.file, text.Bytes(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	g.run()
	w.t.Cleanup(func() {
		g.kill()
		if w.t.Failed() {
			w.t.Logf("the gateway's log:\n%s", g.log.tail(8000))
		}
	})
	return g
}

// run starts the program, again after kill or stop.
func (g *gateway) run() {
	g.w.t.Helper()
	path, err := binary()
	if err != nil {
		g.w.t.Fatal(err)
	}
	cmd, done := exec.Command(path, "serve", "--config", g.file), make(chan struct{})
	cmd.Stdout, cmd.Stderr = g.log, g.log
	if err := cmd.Start(); err != nil {
		g.w.t.Fatal(err)
	}
	g.cmd, g.done = cmd, done
	go func() {
		defer close(done)
		g.err = cmd.Wait()
	}()
}

// kill ends the program at once, as a power cut does.
func (g *gateway) kill() {
	_ = g.cmd.Process.Kill()
	<-g.done
}

// stop asks the program to end and waits for it.
func (g *gateway) stop() {
	g.w.t.Helper()
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.done:
		if g.err != nil {
			g.w.t.Errorf("the gateway ended with %v", g.err)
		}
	case <-time.After(time.Minute): // it gives itself 30 s
		g.w.t.Fatal("the gateway did not stop within a minute")
	}
}

// ready waits until every dependency works.
func (g *gateway) ready() {
	g.w.t.Helper()
	wait(g.w.t, "the gateway to be ready", func() bool {
		select {
		case <-g.done:
			g.w.t.Fatalf("the gateway has ended: %v", g.err)
		default:
		}
		resp, err := client.Get("http://" + g.web + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode == http.StatusOK
	})
}

// send has a customer write a mail to the gateway.
func (g *gateway) send(from, subject, text, inReplyTo string) string {
	g.w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	id, raw := g.w.mail.write(from, support, subject, text, inReplyTo)
	if err := send(ctx, g.smtp, from, support, raw); err != nil {
		g.w.t.Fatal(err)
	}
	return id
}

// answer waits for a mail in a customer's mailbox.
func (w *world) answer(to, with string) received {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := w.mail.wait(ctx, to, with)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// card waits for a card in a channel that shows the text.
func (w *world) card(channel, with string) slacksim.Message {
	w.t.Helper()
	var found slacksim.Message
	w.until("a card in "+channel+" with "+with, func() bool {
		for _, m := range w.sim.Messages(channel) {
			if len(m.Blocks) > 0 && strings.Contains(m.PlainText(), with) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// reply waits for a message in a card's thread that shows the text.
func (w *world) reply(channel, ts, with string) slacksim.Message {
	w.t.Helper()
	var found slacksim.Message
	w.until("a message in the thread with "+with, func() bool {
		for _, m := range w.sim.Replies(channel, ts) {
			if strings.Contains(m.PlainText()+m.Text, with) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// modal waits for a form in front of a person.
func (w *world) modal(person string) *slacksim.View {
	w.t.Helper()
	var v *slacksim.View
	w.until("a form for "+person, func() bool { v = w.sim.View(person); return v != nil })
	return v
}

// submit fills a form in and sends it.
func (w *world) submit(person string, values map[string]any) {
	w.t.Helper()
	v := w.modal(person)
	answer, err := w.sim.Submit(person, v.ID, values)
	if err != nil {
		w.t.Fatalf("%s cannot send the form: %v", person, err)
	}
	if len(answer.Errors) > 0 {
		w.t.Fatalf("%s's form was refused: %v", person, answer.Errors)
	}
}

func (w *world) click(person, channel, ts, action string) {
	w.t.Helper()
	if err := w.sim.Click(person, channel, ts, action); err != nil {
		w.t.Fatalf("%s clicks %s: %v", person, action, err)
	}
}

// until waits for a change of the workspace.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.sim.WaitFor(ctx, ok); err != nil {
		w.t.Fatalf("waited in vain for %s; this stands in Slack:\n%s", what, w.everything())
	}
}

// everything is what can be read in the channels.
func (w *world) everything() string {
	var b strings.Builder
	for _, channel := range []string{l1, l2, "customer-ltd"} {
		for _, m := range w.sim.Messages(channel) {
			fmt.Fprintf(&b, "--- #%s %s for %q\n%s\n", channel, m.TS, m.SeenBy(), m.PlainText())
			for _, r := range w.sim.Replies(channel, m.TS) {
				fmt.Fprintf(&b, "    > for %q: %s\n", r.SeenBy(), strings.ReplaceAll(r.PlainText(), "\n", "\n    > "))
			}
		}
	}
	return b.String()
}

// wait looks until something outside of the workspace is so.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	waitFor(t, patience, what, ok)
}

// waitFor is wait for what takes its time.
func waitFor(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(d)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// logBuffer keeps what a program prints.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.buf.String()
	return s[max(0, len(s)-n):]
}

func interrupt(cmd *exec.Cmd) error { return cmd.Process.Signal(os.Interrupt) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
