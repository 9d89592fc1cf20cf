package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/kb"
	"tierline/kb/bleve"
	"tierline/kb/samples"
	"tierline/store"
	"tierline/ticket"
)

const goodConfig = `
agents: [{id: anna, name: Anna, email: anna@example.org, roles: [agent]}]
tiers: [{name: l1, title: Level 1, level: 1, channel: support-l1}]
web: {listen: "127.0.0.1:0", public_url: "https://support.example.org"}
`

// shell runs commands as a person would, on one configuration.
type shell struct {
	t      *testing.T
	config string
	out    string
	err    string
}

func newShell(t *testing.T, config string) *shell {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tierline.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return &shell{t: t, config: path}
}

// do runs a command and fails when it does not end with the status.
func (s *shell) do(status int, args ...string) {
	s.t.Helper()
	s.with("", status, args...)
}

func (s *shell) with(input string, status int, args ...string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	got := run(&env{ctx: s.t.Context(), in: strings.NewReader(input), out: &out, err: &errs}, args)
	s.out, s.err = out.String(), errs.String()
	if got != status {
		s.t.Fatalf("tierline %s ended with %d, want %d\n%s%s", strings.Join(args, " "), got, status, s.out, s.err)
	}
}

func (s *shell) says(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if !strings.Contains(s.out+s.err, w) {
			s.t.Errorf("%q is missing in\n%s%s", w, s.out, s.err)
		}
	}
}

// fill puts the sample data into the store of the configuration.
func (s *shell) fill() *store.Store {
	s.t.Helper()
	now := time.Now()
	var past time.Time
	st, err := store.Open(s.t.Context(), store.Config{Data: filepath.Join(filepath.Dir(s.config), "data"),
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time {
			if past.IsZero() {
				return now
			}
			return past
		}})
	if err != nil {
		s.t.Fatal(err)
	}
	articles, _, err := kb.ReadFolder(samples.Files)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := seed(s.t.Context(), st, articles, func(t time.Time) { past = t }, now); err != nil {
		s.t.Fatal(err)
	}
	past = time.Time{}
	s.t.Cleanup(func() { _ = st.Close() })
	return st
}

func TestUsage(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.do(2)
	s.do(2, "dance")
	s.do(2, "ticket", "show")
	s.do(2, "serve", "--nonsense")
	s.do(0, "--help")
	s.says("demo", "doctor")
	s.do(0, "version")
	s.says("tierline dev")
	s.do(1, "serve", "-c", filepath.Join(t.TempDir(), "none.yaml"))
	s.says("no such file")
}

func TestConfigCheckCommand(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.do(0, "config", "check", "-c", s.config)
	s.says("can be used")
	bad := newShell(t, "tiers: [{name: l1, colour: red}]\n")
	bad.do(1, "config", "check", "--json", "-c", bad.config)
	for _, line := range strings.Split(strings.TrimSpace(bad.out), "\n") {
		var f struct{ Level, Where, What string }
		if err := json.Unmarshal([]byte(line), &f); err != nil || f.Level == "" || f.What == "" || !strings.HasPrefix(f.Where, "tierline.yaml:1") {
			t.Errorf("line %q: %v", line, err)
		}
	}
	bad.says("colour")
	for _, cmd := range [][]string{{"serve"}, {"ticket", "list"}, {"kb", "reindex"}, {"migrate"}} {
		bad.do(1, append(cmd, "-c", bad.config)...)
		bad.says("colour")
	}
}

func TestDoctorTriesEverything(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.do(0, "doctor", "-c", s.config)
	s.says("database: ok", "search: ok", "data: ok")
	dead := newShell(t, goodConfig+`
database: postgres://nobody@127.0.0.1:1/none?connect_timeout=1
email:
  mailboxes: [{inbox: s, host: 127.0.0.1, port: 1, tls: none, user: u, password: hunter2-hunter2}]
  sending: {host: 127.0.0.1, port: 1, tls: none, domain: example.org, from: {s: {address: s@example.org}}}
slack: {app_token: xapp-1-hunter2-hunter2, bot_token: xoxb-hunter2-hunter2, api_url: "http://127.0.0.1:1/api/"}
`)
	dead.do(1, "doctor", "-c", dead.config)
	dead.says("database: error", "email:imap:u@127.0.0.1:1", "email:smtp:127.0.0.1:1: error", "slack: error", "search: ok")
	if strings.Contains(dead.out+dead.err, "hunter2") {
		t.Errorf("a secret is shown:\n%s", dead.out+dead.err)
	}
}

func TestTicketCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.fill()
	s.do(0, "ticket", "list", "-c", s.config, "--unit", lemonSerial)
	if n := strings.Count(s.out, "\n"); n != 4 {
		t.Errorf("%d lines:\n%s", n, s.out)
	}
	s.do(0, "ticket", "list", "-c", s.config, "--json", "--limit", "2")
	if n := strings.Count(s.out, "\n"); n != 2 {
		t.Errorf("%d lines of JSON", n)
	}
	s.do(0, "ticket", "show", "-c", s.config, "T-1001")
	s.says("Gerät verliert Wasser", "Dichtung am Boiler undicht", "Anna Schmidt", "solve")
	s.do(0, "ticket", "show", "-c", s.config, "--json", "1001")
	var v shown
	if err := json.Unmarshal([]byte(s.out), &v); err != nil || len(v.Messages) != 2 || len(v.Events) < 5 {
		t.Errorf("%v: %+v", err, v)
	}
	s.do(1, "ticket", "show", "-c", s.config, "T-9")
	s.do(1, "ticket", "show", "-c", s.config, "nonsense")
	s.says("looks like T-1042")
}

func TestJobsCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	st := s.fill()
	in := inboundOf(sampleCases[0], "fresh", time.Now())
	if _, err := st.Accept(t.Context(), []ticket.Inbound{in}); err != nil {
		t.Fatal(err)
	}
	jobs, err := st.Claim(t.Context(), nil, 10, time.Minute)
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	if err := st.Bury(t.Context(), jobs[0], "it is broken"); err != nil {
		t.Fatal(err)
	}
	s.do(0, "jobs", "-c", s.config)
	s.says("it is broken", "dead", "route")
	s.do(0, "jobs", "list", "-c", s.config, "--json", "--state", "dead")
	var j ticket.Job
	if err := json.Unmarshal([]byte(s.out), &j); err != nil || j.ID != jobs[0].ID || j.State != ticket.JobDead {
		t.Errorf("%v %+v", err, j)
	}
	id := []string{"-c", s.config, "1"}
	id[2] = strings.Fields(strings.Split(s.outOf("jobs", "-c", s.config), "\n")[1])[0]
	s.do(0, append([]string{"jobs", "retry"}, id...)...)
	s.do(1, append([]string{"jobs", "drop"}, id...)...) // it is not dead any more
	again, err := st.Claim(t.Context(), nil, 10, time.Minute)
	if err != nil || len(again) != 1 || again[0].Attempts < 2 {
		t.Fatal(again, err)
	}
	if err := st.Bury(t.Context(), again[0], "still"); err != nil {
		t.Fatal(err)
	}
	s.do(0, append([]string{"jobs", "drop"}, id...)...)
	s.do(0, "jobs", "list", "-c", s.config, "--json")
	if s.out != "" {
		t.Errorf("left: %s", s.out)
	}
	events, err := st.Events(t.Context(), again[0].Ticket, 0, 100)
	if err != nil || !slices.ContainsFunc(events, func(e ticket.Event) bool { return e.Kind == "job_dropped" }) {
		t.Errorf("the drop is not in the history: %v %v", events, err)
	}
}

func (s *shell) outOf(args ...string) string {
	s.t.Helper()
	s.do(0, args...)
	return s.out
}

func TestKBCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	folder := t.TempDir()
	copySamples(t, folder)
	s.do(0, "kb", "import", "-c", s.config, folder)
	s.says(" created, 0 changed, 0 unchanged")
	s.do(0, "kb", "import", "-c", s.config, folder)
	s.says("0 created, 0 changed")
	s.do(0, "kb", "reindex", "-c", s.config)
	s.do(0, "kb", "suggest", "-c", s.config, "--json", "Meine Maschine verliert Wasser", "asdf qwertz")
	lines := strings.Split(strings.TrimSpace(s.out), "\n")
	var a struct {
		Fits        bool
		Suggestions []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &a); err != nil || len(lines) != 2 || !a.Fits || a.Suggestions[0].ID != "wasser-unter-der-maschine" {
		t.Errorf("%v: %s", err, s.out)
	}
	if err := json.Unmarshal([]byte(lines[1]), &a); err != nil || a.Fits {
		t.Errorf("nonsense fits: %s", lines[1])
	}
	held, err := bleve.Open(bleve.Config{Path: filepath.Join(filepath.Dir(s.config), "data", "kb.bleve")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.do(0, "kb", "suggest", "-c", s.config, "Meine Maschine verliert Wasser") // as while a gateway runs
	s.says("wasser-unter-der-maschine", "a gateway uses its index")
	s.do(1, "kb", "reindex", "-c", s.config)
	s.says("in use by another process")
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.with("How do I descale it?\n", 0, "kb", "suggest", "--articles", folder)
	s.says("descal")
	out := t.TempDir()
	s.do(0, "kb", "export", "-c", s.config, out)
	again, faults, err := kb.ReadFolder(os.DirFS(out))
	if err != nil || len(faults) > 0 || len(again) < 20 {
		t.Errorf("exported: %d articles, %v %v", len(again), faults, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "bad.md"), []byte("---\ncolour: red\n---\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.do(1, "kb", "import", "-c", s.config, folder)
	s.says("bad.md")
}

func copySamples(t *testing.T, to string) {
	t.Helper()
	names, err := fs.Glob(samples.Files, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		raw, err := fs.ReadFile(samples.Files, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, n), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOtherCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.do(0, "migrate", "-c", s.config)
	s.says("00001")
	s.do(0, "console", "-c", s.config, "anna")
	s.says("https://support.example.org/console/login?link=")
	call := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(call, []byte(`{"call_id":"c1","from":"+493012345601","turns":[{"role":"customer","start_ms":0,"end_ms":900,"text":"Hello"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.do(0, "call", "explain", "--json", call)
	s.says(`"outcome":"ticketed"`, `"call_id":"c1"`)
	s.with("no transcript", 0, "call", "explain", "--json", "-")
	s.says(`"outcome":"quarantined"`)
	s.do(1, "healthcheck", "http://127.0.0.1:1/healthz")
}
