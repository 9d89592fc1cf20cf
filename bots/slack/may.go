package slackdesk

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

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

// fitting is what a private surface shows to whom it is drawn for: blocks without the buttons and the entries of menus that
// are not theirs to use. Rows of buttons and menus that are empty then go. The blocks that are given stay as they are;
// inputs of forms are kept, as the form itself takes the right. A card in a channel is everybody's, and is not drawn for one.
func fitting(by ticket.Agent, blocks []slack.Block) []slack.Block {
	list := make([]slack.Block, 0, len(blocks))
	for _, b := range blocks {
		switch old := b.(type) {
		case *slack.ActionBlock:
			if old.Elements == nil {
				break
			}
			var left []slack.BlockElement
			for _, e := range old.Elements.ElementSet {
				if e = theirs(by, e); e != nil {
					left = append(left, e)
				}
			}
			if len(left) == 0 {
				continue
			}
			b = slack.NewActionBlock(old.BlockID, left...)
		case *slack.SectionBlock:
			fit := *old
			fit.Accessory = fittingAccessory(by, old.Accessory)
			b = &fit
		}
		list = append(list, b)
	}
	return list
}

func fittingAccessory(by ticket.Agent, a *slack.Accessory) *slack.Accessory {
	var e slack.BlockElement
	switch {
	case a == nil:
		return nil
	case a.ButtonElement != nil:
		e = a.ButtonElement
	case a.OverflowElement != nil:
		e = a.OverflowElement
	case a.SelectElement != nil:
		e = a.SelectElement
	default:
		return a
	}
	if e = theirs(by, e); e == nil {
		return nil
	}
	return slack.NewAccessory(e)
}

// theirs is a button or a menu as somebody may use it; nil when they may not.
func theirs(by ticket.Agent, e slack.BlockElement) slack.BlockElement {
	id := ""
	switch e := e.(type) {
	case *slack.ButtonBlockElement:
		id = e.ActionID
	case *slack.OverflowBlockElement:
		if id = e.ActionID; id == doMore || id == doCare {
			fit := *e
			if fit.Options = theirOptions(by, e.Options); len(fit.Options) == 0 {
				return nil
			}
			return &fit
		}
	case *slack.SelectBlockElement:
		if id = e.ActionID; id == doMore || id == doCare {
			fit := *e
			if fit.Options = theirOptions(by, e.Options); len(fit.Options) == 0 {
				return nil
			}
			return &fit
		}
	}
	if !mayUse(by, id) {
		return nil
	}
	return e
}

// theirOptions are the entries of a menu whose value begins with what is done.
func theirOptions(by ticket.Agent, list []*slack.OptionBlockObject) (left []*slack.OptionBlockObject) {
	for _, o := range list {
		if what, _, _ := strings.Cut(o.Value, " "); mayUse(by, what) {
			left = append(left, o)
		}
	}
	return left
}

func mayUse(by ticket.Agent, id string) bool {
	right := rightOf(id)
	return right == "" || by.Has(right) == nil
}

// openView opens a window for who has clicked, with what they may do in it.
func (k *Desk) openView(ctx context.Context, c click, v slack.ModalViewRequest) error {
	v.Blocks.BlockSet = fitting(c.by, v.Blocks.BlockSet)
	return k.app.OpenView(ctx, c.ic.TriggerID, v)
}

// updateView shows something else in the window in which somebody has clicked.
func (k *Desk) updateView(ctx context.Context, c click, v slack.ModalViewRequest) error {
	v.Blocks.BlockSet = fitting(c.by, v.Blocks.BlockSet)
	return k.app.UpdateView(ctx, c.ic.View.ID, "", v)
}
