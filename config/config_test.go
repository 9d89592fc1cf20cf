package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// forExample is what the example takes from the environment.
func forExample(t *testing.T) {
	t.Helper()
	for _, name := range []string{"SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "IMAP_PASSWORD", "SMTP_PASSWORD"} {
		prefix := map[string]string{"SLACK_APP_TOKEN": "xapp-1-", "SLACK_BOT_TOKEN": "xoxb-"}[name]
		t.Setenv(name, prefix+"hunter2-hunter2")
	}
}

func TestTheExampleIsGoodAndShowsNoSecret(t *testing.T) {
	forExample(t)
	c, findings, err := Load("../tierline.example.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Errorf("the example: %s", f)
	}
	if len(c.Router.Tiers) != 2 || len(c.Router.Rules) != 4 || c.Web.PublicURL == "" {
		t.Errorf("the example was not read: %+v", c.Router)
	}
	shown, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(shown), "hunter2") {
		t.Error("a printed configuration shows a secret")
	}
}

func TestEveryFaultWithItsLine(t *testing.T) {
	t.Parallel()
	text := `data: ./data
log: {level: loud}
webb:
  listen: 127.0.0.1:8080
web:
  listen: nowhere
  public_url: 17
tiers:
  - name: l1
    level: one
    channel: support-l1
    colour: red
rules:
  - name: broken
    when: subjcet == "x"
kb: {engine: grep}
chat: {inboxes: [{name: shop, brand: none}]}
`
	_, findings := Parse("t.yaml", []byte(text), nil)
	var got []string
	for _, f := range findings {
		if f.Level == "error" {
			got = append(got, f.Where)
		}
	}
	slices.Sort(got)
	want := []string{"t.yaml:10", "t.yaml:12", "t.yaml:15", "t.yaml:16", "t.yaml:17", "t.yaml:2", "t.yaml:3", "t.yaml:6", "t.yaml:7"}
	if !slices.Equal(slices.Compact(got), want) {
		t.Errorf("faults at %v\nwant      %v\n%v", got, want, findings)
	}
}

// TestAWrongShapeIsSaidInWords holds that who writes a list where a mapping is wanted reads that, and not our types.
func TestAWrongShapeIsSaidInWords(t *testing.T) {
	t.Parallel()
	text := `data: ./data
tiers:
  - name: l1
    level: one
    channel: support-l1
    hours: {holidays: {"2026-12-25": Christmas}}
    clocks: 4h
    page_wait: soon
    oncall: [anna]
    members: anna
    assign: [round_robin]
rules:
  - {name: a, when: lemon, then: {stop: perhaps, page: l2}}
`
	_, findings := Parse("t.yaml", []byte(text), nil)
	got := map[string]string{}
	for _, f := range findings {
		if strings.Contains(f.What, " stands where ") {
			got[f.Where] += f.What + "; "
		}
		if strings.Contains(f.What, "!!") || strings.Contains(f.What, "router.") {
			t.Errorf("no words for people: %s: %s", f.Where, f.What)
		}
	}
	for where, want := range map[string]string{
		"t.yaml:4": "the text `one` stands where a number is wanted", "t.yaml:6": "a mapping (name: value) stands where a list ([a, b]) is wanted",
		"t.yaml:7": "the text `4h` stands where a mapping ({name: value}) is wanted", "t.yaml:8": "the text `soon` stands where a duration such as 4h or 30m is wanted",
		"t.yaml:9": "a list stands where something else is wanted", "t.yaml:10": "the text `anna` stands where a list ([a, b]) is wanted",
		"t.yaml:11": "a list stands where a text is wanted", "t.yaml:13": "the text `perhaps` stands where true or false is wanted; the text `l2` stands where a mapping ({name: value}) is wanted",
	} {
		if !strings.HasPrefix(got[where], want) {
			t.Errorf("%s: %q, want %q", where, got[where], want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	c, findings := Parse("t.yaml", []byte("tiers: [{name: l1, channel: c}]\n"), []string{"TIERLINE__WEB__LISTEN=127.0.0.1:99",
		"TIERLINE__TIERS__0__CHANNEL=other", "TIERLINE__LOG__LEVEL=debug", "PATH=/bin"})
	if Bad(findings) {
		t.Fatal(findings)
	}
	if c.Web.Listen != "127.0.0.1:99" || c.Router.Tiers[0].Channel != "other" || c.Log.Level != "debug" {
		t.Errorf("%q %q %q", c.Web.Listen, c.Router.Tiers[0].Channel, c.Log.Level)
	}
	for _, bad := range []string{"TIERLINE__=x", "TIERLINE__WEB__LISTEN__X=1", "TIERLINE__TIERS__9__NAME=x", "TIERLINE__WEBB=1"} {
		if _, findings := Parse("t.yaml", []byte("web: {listen: \":1\"}\ntiers: [{name: l1, channel: c}]\n"), []string{bad}); !Bad(findings) {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no yaml": "a: [", "twice": "data: a\ndata: b\n", "list": "- a\n", "bomb": bomb()} {
		if _, findings := Parse("t.yaml", []byte(text), nil); !Bad(findings) {
			t.Errorf("%s was taken", name)
		}
	}
	big := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{big, filepath.Join(t.TempDir(), "none.yaml")} {
		if _, _, err := Load(path, nil); err == nil {
			t.Errorf("%s was read", path)
		}
	}
}

// bomb is the billion laughs.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		prev := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat(prev+", ", 8) + prev + "]\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add("data: x\nweb: {listen: y}\n")
	f.Add("tiers: [{name: l1}]\nrules: [{when: 'lemon'}]\n")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 4096 {
			Parse("f.yaml", []byte(text), []string{"TIERLINE__WEB__LISTEN=x"})
		}
	})
}

// The settings that the deployment files name are settings that there are.
func TestDeploymentsNameRealSettings(t *testing.T) {
	forExample(t)
	raw, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Environment map[string]string `yaml:"environment"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal(raw, &compose); err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../tierline.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for k, v := range compose.Services["tierline"].Environment {
		v, _, _ = strings.Cut(strings.ReplaceAll(v, "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD in .env}", "x"), "${")
		environ = append(environ, k+"="+v)
	}
	c, findings := Parse("compose", example, append(environ, "TIERLINE__KB__MEILISEARCH__KEY=x"))
	for _, f := range findings {
		t.Errorf("%s", f)
	}
	if c.KB.Engine != Meilisearch || c.Database.IsZero() || c.Web.Listen != "0.0.0.0:8080" || c.Data != "/data" {
		t.Errorf("the compose file sets %+v", c.KB)
	}
	unit, err := os.ReadFile("../deploy/tierline.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(unit), "\n") {
		if set, ok := strings.CutPrefix(line, "Environment="); ok {
			if _, findings := Parse("unit", example, []string{set}); Bad(findings) {
				t.Errorf("%s: %v", set, findings)
			}
		}
	}
}

func TestAFailingTestOfRulesHasItsLine(t *testing.T) {
	t.Parallel()
	_, findings := Parse("t.yaml", []byte(`tiers: [{name: l1, channel: a}, {name: l2, level: 2, channel: b}]
rules:
  - {name: gold, when: plan == "gold", then: {tier: l2}}
tests:
  - {name: good, given: {plan: gold}, expect: {tier: l2}}
  - name: bad
    given: {plan: silver, open: true, units: [A-1]}
    expect: {tier: l2}
  - {name: misspelt, given: {plann: gold}, expect: {tier: l1}}
`), nil)
	var got []string
	for _, f := range findings {
		if f.Level == "error" {
			got = append(got, f.String())
		}
	}
	want := []string{"t.yaml:9: error: there is no setting \"plann\" here — check its spelling and indentation",
		"t.yaml:8: error: tests.1.expect: test \"bad\": expected tier l2; came out tier l1; matched: no rule"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
