package slackdesk

import (
	"context"
	"strings"

	"tierline/ticket"
)

// rightOf is what somebody needs to click a button, to choose an entry of a menu, to open or submit a form, or to use a
// shortcut; "" is that nothing says so. It is asked when somebody clicks and again when they submit; what is done then is
// checked by the backend once more.
func rightOf(id string) ticket.Right {
	if do, ok := strings.CutPrefix(id, incidentPrefix); ok {
		switch id {
		case doIncident, doIncidentTickets:
			return ticket.RightWork
		}
		return ticket.RightToDo(ticket.IncidentDo(do))
	}
	switch {
	case strings.HasPrefix(id, rosterPrefix), strings.HasPrefix(id, homePrefix): // of one's own; leads are told apart by their tiers
		return ticket.RightSee
	case strings.HasPrefix(id, scriptPrefix+"_"), strings.HasPrefix(id, doVerdict):
		return ticket.RightWork
	}
	switch id {
	case doOpen, doShow, doRead, doCases, doPast, doPastBack, doAway, doHere, doAskKB, doArticle, doFewer, doAdd, shortAnyKB: // ask_kb is a shortcut, too
		return ticket.RightSee
	case doBlock, doHeard, doAmends:
		return ticket.RightLead
	case doQueue, doUrgent, doNormal, doMore, doCare, doCall, doPreview, doInsert, doMacro, doTongue, doCallNote, doResume, doRetry, doCopy, doElsewhere, doBack, doUnverify, doNext, doSame, doApart, doFlag, doUpdate,
		doNew, doAddTo, doPageAny, shortAsk, shortMake, shortAdd, shortPage, shortNew, shortNext, shortNote, shortAnyPage:
		return ticket.RightWork
	}
	return ticket.RightTo(ticket.ActionKind(id)) // most are called as what they do
}

// rightOfVerb is what somebody needs to use a command.
func rightOfVerb(name string) ticket.Right {
	switch name {
	case "my", "find", "show", "kb", "customer", "unit", "oncall", "swap", "cover", "off", "override", "temporary", "away", "back", "team",
		"incident", "console", "digest", "handover", "help":
		return ticket.RightSee
	case "next", "new", "take", "reply", "note", "tag", "escalate", "page", "promise", "solve", "assign", "join", "release", "merge", "undo":
		return ticket.RightWork
	}
	return ""
}

// allowed is the member of staff behind a Slack user, who has a right; Denied for everybody else, in words that say who may. What
// nothing is said of takes any role.
func (k *Desk) allowed(ctx context.Context, user string, right ticket.Right) (ticket.Agent, error) {
	by, err := k.agent(ctx, user)
	if err != nil {
		return ticket.Agent{}, err
	}
	if right == "" {
		right = ticket.RightSee
	}
	return by, by.Has(right)
}
