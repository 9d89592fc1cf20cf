package slackdesk

import (
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

func TestTheManifestHasEveryShortcut(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/slack-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Features struct {
			Shortcuts []struct {
				Name, Type, Description string
				ID                      string `yaml:"callback_id"`
			}
		}
	}
	if err := yaml.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	var got []string
	count := map[string]int{}
	for _, s := range m.Features.Shortcuts {
		got = append(got, s.ID)
		if count[s.Type]++; count[s.Type] > 5 || utf8.RuneCountInString(s.Name) > 24 || utf8.RuneCountInString(s.Description) > 150 {
			t.Errorf("%+v breaks a limit of Slack's", s)
		}
	}
	want := []string{shortAsk, shortMake, shortAdd, shortKB, shortPage, shortNew, shortNext, shortNote, shortAnyKB, shortAnyPage}
	if !slices.Equal(got, want) {
		t.Errorf("the manifest has %v, used are %v", got, want)
	}
}
