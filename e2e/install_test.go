package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
	"tierline/internal/slacksim"
)

// installable is a world with a second workspace, in which the app is not yet. life is how long its tokens live; 0: for good.
func installable(t *testing.T, life time.Duration) (*world, *slacksim.Server, options) {
	t.Helper()
	cfg := workspace()
	cfg.App.OAuth = slacksim.OAuth{ClientID: "111.222", ClientSecret: "client-secret-of-the-app", TokenLife: life, Grace: time.Minute}
	cfg.Workspaces = []slacksim.Workspace{{Team: slacksim.Team{ID: "T0BETA", Name: "Beta Field", Domain: "beta-field"}, Absent: true,
		Users:    []slacksim.User{{ID: "U7BO", Name: "bo", RealName: "Bo Berg", Email: "bo@beta.example"}},
		Channels: []slacksim.Channel{{ID: "C7HELP", Name: "help", Members: []string{"bo", "@app"}}}}}
	w := &world{t: t, dir: t.TempDir(), sim: slacksim.Start(t, cfg), mail: newMailServer(t)}
	return w, w.sim.Workspace("T0BETA"), options{slack: `client_id: "111.222"
  client_secret: client-secret-of-the-app`, rooms: "{channel: T0BETA/help, inbox: beta}", desk: `agents:
  - {id: anna, name: Anna Schmidt, email: anna@support.example, roles: [agent]}
  - {id: lena, name: Lena Vogel, email: lena@support.example, roles: [lead, admin]}
tiers: [{name: l1, title: Level 1, level: 1, channel: support-l1}]
rules: [{name: everything, then: {tier: l1}}]
`}
}

// installed is what tierline slack list says of a workspace; "" when it says nothing.
func (g *gateway) installed(t *testing.T, key string) string {
	t.Helper()
	for line := range strings.Lines(g.command(t, "slack", "list", "--json")) {
		var l struct{ Key, State string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if l.Key == key {
			return l.State
		}
	}
	return ""
}

// agree follows a link to Slack's page, answers it, and gives the page at which that ends.
func (g *gateway) agree(t *testing.T, link, team, do string) (status int, page string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: patience}
	resp, err := c.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"team": {team}, "do": {do}}
	for _, f := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(bodyOf(t, resp), -1) {
		if !form.Has(f[1]) {
			form.Set(f[1], strings.ReplaceAll(f[2], "&#43;", "+"))
		}
	}
	if resp, err = c.PostForm(resp.Request.URL.String(), form); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, bodyOf(t, resp)
}

func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An admin declines, then agrees; a customer of the other workspace is answered there, also after a restart; the app is
// removed over there, and installed again by a link.
func TestTheAppIsInstalledInAnotherWorkspace(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	w, beta, o := installable(t, 0)
	g := w.start(o)
	b.Do(chromedp.Navigate(strings.TrimSpace(g.command(t, "console", "lena"))))
	b.Until(`document.querySelector("button.main")`)
	b.Do(chromedp.Focus("button.main"), chromedp.KeyEvent("\r"))
	b.Until(`location.pathname === "/console"`)
	for _, answer := range []string{"deny", "allow"} {
		b.Do(chromedp.Navigate("http://" + g.web + "/console/slack"))
		b.Until(`document.querySelector('a[href="/slack/install"]')`)
		b.Do(chromedp.Focus(`a[href="/slack/install"]`), chromedp.KeyEvent("\r"))
		b.Until(`document.querySelector('button[value=` + answer + `]')`)
		peers.JS[bool](b, `(document.querySelector("#team").value = "T0BETA", true)`)
		b.Do(chromedp.Focus(`button[value=`+answer+`]`), chromedp.KeyEvent("\r"))
		b.Until(`location.pathname === "/slack/oauth" && document.querySelector("h1")`)
		said := peers.JS[string](b, `document.querySelector("main").textContent`)
		if want := map[string]string{"deny": "Nothing was installed", "allow": "Beta Field"}[answer]; !strings.Contains(said, want) {
			t.Fatalf("%s: %s", answer, said)
		}
	}
	b.NoProblems()
	if got := g.installed(t, "T0BETA"); got != "works" {
		t.Fatalf("installed: %q", got)
	}

	asked, err := beta.Say("bo", "C7HELP", "Our mill BW3-300417 is broken.", "")
	if err != nil {
		t.Fatal(err)
	}
	w.card(l1, "Our mill BW3-300417 is broken.")
	answered := func(with string) {
		t.Helper()
		g.act(t, "T-1001", `{"kind":"reply","agent":"anna@support.example","text":"`+with+`"}`)
		w.until(with+" to be said in Beta", func() bool {
			for _, m := range beta.Replies("C7HELP", asked) {
				if strings.Contains(m.PlainText(), with) {
					return true
				}
			}
			return false
		})
	}
	answered("Is it plugged in?")
	g.stop()
	g.run()
	g.ready()
	answered("And switched on?")

	granted := beta.Granted()
	beta.Uninstall()
	wait(t, "the removal to be known", func() bool { return g.installed(t, "T0BETA") == "removed-in-slack" })
	link := strings.TrimSpace(g.command(t, "slack", "install-link"))
	if _, page := g.agree(t, link, "T0BETA", "allow"); !strings.Contains(page, "installed again") {
		t.Fatal(page)
	}
	if resp, err := client.Get(link); err != nil || resp.StatusCode != http.StatusForbidden || !strings.Contains(bodyOf(t, resp), "already") {
		t.Errorf("a link is used twice: %v", err)
	}
	wait(t, "the app to be there again", func() bool { return g.installed(t, "T0BETA") == "works" })
	answered("Then it is the motor.")

	out := g.command(t, "slack", "remove", "--yes", "T0BETA")
	wait(t, "the app to have left", func() bool { return strings.Contains(out, "removed") && beta.Granted() == "" })
	g.stop()
	for _, secret := range []string{granted, "xoxb-granted", "client-secret", "link=", "state=", "code="} {
		if strings.Contains(g.log.tail(1<<24), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// What is wrong in Slack is said by the doctor, line by line, with how to mend it.
func TestTheDoctorLooksAtChannels(t *testing.T) {
	t.Parallel()
	cfg := workspace()
	cfg.App.Scopes = nil
	for _, s := range slacksim.AllScopes() {
		if s != "team:read" {
			cfg.App.Scopes = append(cfg.App.Scopes, s)
		}
	}
	cfg.Channels = append(cfg.Channels, slacksim.Channel{ID: "C0OLD", Name: "old", Archived: true, Members: []string{"@app"}})
	w := &world{t: t, dir: t.TempDir(), sim: slacksim.Start(t, cfg), mail: newMailServer(t)}
	g := w.launch(options{rooms: "{channel: general}, {channel: old}, {channel: nowhere}"})
	g.kill() // it holds the search index
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command(path, "doctor", "--json", "--config", g.file).Output()
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		var f struct{ Level, Where, What, Mend string }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if found[f.Where] = f.Level + ": " + f.What; f.Level == "error" && f.Mend == "" {
			t.Errorf("%s: nothing is said of how it is mended", f.Where)
		}
	}
	for where, want := range map[string]string{"slack channel support-l1": "ok: cards of Level 1 can be shown there", "slack channel general": "error: the app is not in it",
		"slack channel old": "error: it is archived", "slack channel nowhere": "error: there is none", "slack scopes of Sim Devices": "error: not granted: team:read"} {
		if !strings.HasPrefix(found[where], want) {
			t.Errorf("%s: %q, not %q", where, found[where], want)
		}
	}
}

// Two gateways with tokens that end after seconds: each is renewed by one of them, and both go on.
func TestATokenThatEndsIsRenewedOnce(t *testing.T) {
	t.Parallel()
	w, beta, o := installable(t, 3*time.Second)
	w.dsn = peers.Postgres(t)
	g := w.start(o)
	second := o
	second.dir = t.TempDir()
	w.start(second)
	if status, page := g.agree(t, strings.TrimSpace(g.command(t, "slack", "install-link")), "T0BETA", "allow"); status != http.StatusOK {
		t.Fatal(page)
	}
	first := beta.Granted()
	wait(t, "the token to be another", func() bool { now := beta.Granted(); return now != first && now != "" })
	if n := w.sim.Reused(); n > 0 {
		t.Errorf("%d refresh tokens were used twice", n)
	}
	if got := g.installed(t, "T0BETA"); got != "works" {
		t.Errorf("after that: %q", got)
	}
}
