package main

import (
	"cmp"
	"context"
	"strings"

	"tierline/config"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

const addScopes = "add them to the app, as docs/slack-manifest.yaml has them, and install it again"

// slackFindings looks at what the configuration names in Slack: whether it is there, and whether the app may do there what
// it is to do. It asks each workspace once.
func slackFindings(ctx context.Context, app *slackapp.App, cfg config.Config) []config.Finding {
	survey := app.NewSurvey()
	var list []config.Finding
	for _, t := range cfg.Router.Tiers {
		list = append(list, roomFinding(ctx, survey, t.Channel, "cards of "+cmp.Or(t.Title, t.Name)+" can be shown there", "tiers: channel"))
	}
	for _, r := range cfg.Slack.Channels.Channels {
		list = append(list, roomFinding(ctx, survey, r.Channel, "customers can write there and are answered", "slack: customers: channels"))
	}
	list = append(list, groupFindings(ctx, app, cfg.Router.Groups())...)
	for _, team := range app.Strangers() {
		list = append(list, config.Finding{Level: "warning", Where: "slack workspace " + team, What: "events come from it, and the app is not installed there as far as is known here",
			Mend: "install the app there by the console, or remove it in Slack"})
	}
	return append(list, scopeFindings(app)...)
}

// roomFinding says of a channel what is wrong with it, or good.
func roomFinding(ctx context.Context, survey *slackapp.Survey, name, good, key string) config.Finding {
	f := config.Finding{Level: "error", Where: "slack channel " + name}
	r, there, err := survey.Room(ctx, name)
	switch {
	case err != nil:
		f.What, f.Mend = ticket.Explain(err), "see to the workspace first"
	case !there:
		f.What, f.Mend = "there is none, or it is private and the app is not in it", "make the channel, or type there: /invite @tierline"
	case r.Archived:
		f.What, f.Mend = "it is archived", "unarchive it in Slack, or name another one ("+key+")"
	case !r.Member:
		f.What, f.Mend = "the app is not in it", "type there: /invite @tierline"
	case r.Locked || r.Threads:
		f.What, f.Mend = "not everybody may post there", "let the app post, in the channel's settings in Slack"
	default:
		f.Level, f.What = "ok", good
	}
	return f
}

// groupFindings say of user groups whether they give anybody anything.
func groupFindings(ctx context.Context, app *slackapp.App, names []string) (list []config.Finding) {
	if len(names) == 0 {
		return nil
	}
	groups, err := app.Groups(ctx, names, make([]string, len(names)))
	for i, name := range names {
		f := config.Finding{Level: "error", Where: "user group " + name, Mend: "check the handle, or name the group's id (tiers: members)"}
		switch {
		case err != nil:
			f.What, f.Mend = ticket.Explain(err), "give the app usergroups:read, or see to the workspace first"
		case groups[i].ID == "":
			f.What = "there is no such user group in Slack"
		case groups[i].Disabled:
			f.What, f.Mend = "it is disabled in Slack", "enable it in Slack, or change tiers: members"
		case len(groups[i].Members) == 0:
			f.What, f.Mend = "it has no members", "add people to it in Slack"
		default:
			f = config.Finding{Level: "ok", Where: f.Where, What: "it is there, and has members"}
		}
		list = append(list, f)
	}
	return list
}

// scopeFindings hold what was granted against the manifest, workspace by workspace.
func scopeFindings(app *slackapp.App) (list []config.Finding) {
	for _, st := range app.Installed() {
		f := config.Finding{Level: "ok", Where: "slack scopes of " + st.Label(), What: "all that the program needs are granted"}
		switch lacking := slackapp.Lacking(st.Scopes); {
		case len(st.Scopes) == 0:
			f.What = "Slack does not say which are granted"
		case len(lacking) > 0:
			f.Level, f.What, f.Mend = "error", "not granted: "+strings.Join(lacking, ", "), addScopes
		}
		list = append(list, f)
	}
	return list
}
