//go:build !race

package bench

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"tierline/internal/peers"
	"tierline/internal/slacksim"
)

const patience = time.Minute // for one thing that is waited for

// build makes the program as "make build" does, static and stripped.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tierline")
	args := []string{"build", "-o", path}
	if *figures {
		args = append(args, "-trimpath", "-ldflags", "-s -w")
	}
	cmd := exec.Command("go", append(args, "tierline/cmd/tierline")...)
	if *figures {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

var configuration = template.Must(template.New("").Parse(`
data: {{.Data}}
log: {level: warn}
web: {listen: {{.Web}}}
email:
  listeners: [{listen: "{{.SMTP}}", recipients: [{address: support@acme.example, inbox: support}]}]
  sending: {host: 127.0.0.1, port: 9, tls: none, domain: acme.example, from: {support: {address: support@acme.example}}}
chat: {inboxes: [{name: shop, origins: ["*"]}]}
slack:
  app_token: {{.App.AppToken}}
  bot_token: {{.App.BotToken}}
  api_url: {{.API}}
  no_limits: true
  customers: {channels: [{channel: customer-ltd}]}
agents:
  - {id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent]}
  - {id: chloe, name: Chloé Martin, email: chloe@support.example, roles: [level2]}
tiers:
  - {name: l1, title: Level 1, level: 1, channel: support-l1}
  - {name: l2, title: Level 2, level: 2, channel: support-l2, oncall: {people: [chloe]}}
answers: {undo: {email: 0s, slack: 0s}, acknowledge: {when: "false"}}
rules:
  - {name: lemons, when: lemon, then: {tier: l2, priority: high}}
  - {name: everything else, then: {tier: l1}}
`))

// gateway is the program at work, with empty data.
type gateway struct {
	pid   int
	web   string
	smtp  string
	start time.Duration // until /readyz was 200
	stop  func()
}

// run starts the program beside a simulated Slack workspace.
func run(t *testing.T, program string, sim *slacksim.Server) *gateway {
	t.Helper()
	g := &gateway{web: peers.FreeAddr(t), smtp: peers.FreeAddr(t)}
	dir := t.TempDir()
	var conf bytes.Buffer
	err := configuration.Execute(&conf, map[string]any{"Data": filepath.Join(dir, "data"), "Web": g.web, "SMTP": g.smtp,
		"App": sim.App(), "API": sim.APIURL()})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "tierline.yaml")
	if err := os.WriteFile(file, conf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(program, "serve", "--config", file)
	cmd.Stdout, cmd.Stderr = &log, &log
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	g.pid = cmd.Process.Pid
	g.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the program ended with %v\n%s", err, log.Bytes())
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			t.Errorf("the program did not end\n%s", log.Bytes())
		}
	})
	t.Cleanup(g.stop)
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !g.ready() {
		if time.Since(begin) > patience {
			t.Fatal("the program is not ready")
		}
		<-look.C
	}
	g.start = time.Since(begin)
	return g
}

// memory is how much is resident, and what of that is not of files, in MB; where the system tells.
func (g *gateway) memory() (all, own float64, ok bool) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(g.pid) + "/status")
	all, ok = field(status, "VmRSS")
	own, _ = field(status, "RssAnon")
	return all / 1024, own / 1024, ok && err == nil
}

func (g *gateway) ready() bool {
	resp, err := http.Get("http://" + g.web + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

func program(t *testing.T, tb *table, n amounts) {
	path := build(t)
	sim := slacksim.Start(t, slacksim.Sample())
	idle(t, tb, n, path, sim)
	desk(t, tb, n, run(t, path, sim), sim)
}

// idle measures what the program needs before anybody writes.
func idle(t *testing.T, tb *table, n amounts, path string, sim *slacksim.Server) {
	t.Helper()
	var start, rss, anon, late []float64
	for i := range n.starts {
		g := run(t, path, sim)
		start = append(start, ms(g.start))
		time.Sleep(n.settle) // the figure is what it holds after that time
		if all, own, ok := g.memory(); ok {
			rss, anon = append(rss, all), append(anon, own)
		}
		if i == n.starts-1 {
			time.Sleep(n.later)
			if all, _, ok := g.memory(); ok {
				late = append(late, all)
			}
		}
		g.stop()
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	tb.add("start, until /readyz answers 200", "ms", "< 300", start)
	if len(rss) > 0 { // Linux tells
		tb.add("idle memory, resident", "MB", "< 40", rss)
		tb.add("idle memory, of that not the program's file", "MB", "", anon)
		tb.add("idle memory two minutes later, resident", "MB", "< 40", late)
	}
	tb.add("size of the program", "MB", "", []float64{float64(info.Size()) / (1 << 20)})
}
