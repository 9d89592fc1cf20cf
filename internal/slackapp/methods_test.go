package slackapp

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented is what Slack's pages say of a method: the scopes of which the app needs all that are listed, each
// for its kind of channel, and the calls a minute of its tier.
// https://docs.slack.dev/reference/methods
var documented = map[string]struct {
	perMinute int
	scopes    string
}{
	"apps.connections.open":        {50, ""}, // of the app-level token; slack-go calls it
	"auth.teams.list":              {20, ""},
	"auth.test":                    {600, ""},
	"chat.delete":                  {50, "chat:write"},
	"chat.postEphemeral":           {100, "chat:write"},
	"chat.postMessage":             {300, "chat:write"},
	"chat.unfurl":                  {50, "links:write"},
	"chat.update":                  {50, "chat:write"},
	"conversations.history":        {50, "channels:history groups:history im:history metadata.message:read"},
	"conversations.info":           {50, "channels:read groups:read"},
	"conversations.invite":         {50, "channels:write.invites groups:write.invites"},
	"conversations.list":           {20, "channels:read groups:read"},
	"conversations.open":           {50, "im:write"},
	"conversations.replies":        {50, "channels:history groups:history im:history metadata.message:read"},
	"dnd.teamInfo":                 {20, "dnd:read"},
	"files.completeUploadExternal": {100, "files:write"},
	"files.getUploadURLExternal":   {100, "files:write"},
	"reactions.add":                {50, "reactions:write"},
	"reactions.remove":             {20, "reactions:write"},
	"team.info":                    {50, "team:read"},
	"usergroups.list":              {20, "usergroups:read"},
	"usergroups.users.list":        {20, "usergroups:read"},
	"users.getPresence":            {50, "users:read"},
	"users.info":                   {100, "users:read"},
	"users.lookupByEmail":          {50, "users:read.email users:read"},
	"views.open":                   {100, ""},
	"views.publish":                {100, ""},
	"views.push":                   {100, ""},
	"views.update":                 {100, ""},
}

// otherwise are scopes that no method's name shows.
var otherwise = map[string]string{
	"commands":             "slash commands and shortcuts",
	"links:read":           "the event link_shared",
	"files:read":           "files of messages are fetched from their address",
	"reactions:read":       "the events reaction_added and reaction_removed",
	"chat:write.customize": "answers to customers carry the agent's name and picture",
}

// called are the methods that the sources of this package name.
func called(t *testing.T) (methods []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`"((?:auth|chat|conversations|dnd|files|reactions|team|usergroups|users|views|bots|pins|bookmarks)\.[a-zA-Z.]+)"`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || f == "limit.go" || f == "outage.go" {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllStringSubmatch(string(b), -1) {
			methods = append(methods, m[1])
		}
	}
	slices.Sort(methods)
	return slices.Compact(append(methods, postMessage, updateMessage))
}

// TestTheScopesAreThoseOfTheCalls: each method that is called has its scopes, and each scope has its use.
func TestTheScopesAreThoseOfTheCalls(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for s := range otherwise {
		used[s] = true
	}
	for _, m := range called(t) {
		d, ok := documented[m]
		if !ok {
			t.Errorf("%s is called: write down here what Slack's page says of it", m)
		}
		for _, s := range strings.Fields(d.scopes) {
			used[s] = true
			if !slices.Contains(Scopes(), s) {
				t.Errorf("%s needs the scope %s", m, s)
			}
		}
	}
	for _, s := range Scopes() {
		if !used[s] {
			t.Errorf("nothing needs the scope %s", s)
		}
	}
}

// TestPacesStayBelowTheTiers: a burst and a minute of calls together are no more than Slack allows in a minute.
func TestPacesStayBelowTheTiers(t *testing.T) {
	t.Parallel()
	for m, d := range documented {
		if p := paceOf(m); m != "apps.connections.open" && p.burst+p.perMinute > float64(d.perMinute) {
			t.Errorf("%s: %v and %v a minute, Slack allows %d", m, p.burst, p.perMinute, d.perMinute)
		}
	}
}
