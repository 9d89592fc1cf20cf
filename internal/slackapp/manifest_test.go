package slackapp

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestTheManifestAsksForExactlyWhatIsUsed(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/slack-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
		Settings struct {
			Events struct {
				Bot []string `yaml:"bot_events"`
			} `yaml:"event_subscriptions"`
		}
	}
	if err := yaml.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if got := m.OAuth.Scopes.Bot; !slices.Equal(got, Scopes()) {
		t.Errorf("the manifest asks for the scopes\n%v, used are\n%v", got, Scopes())
	}
	if got := m.Settings.Events.Bot; !slices.Equal(got, Events()) {
		t.Errorf("the manifest subscribes to %v, used are %v", got, Events())
	}
	for _, line := range strings.Split(string(b), "\n") {
		for _, s := range slices.Concat(Scopes(), Events()) {
			if strings.HasPrefix(strings.TrimSpace(line), "- "+s+" ") && !strings.Contains(line, "#") {
				t.Errorf("no reason is given for %s", s)
			}
		}
	}
}
