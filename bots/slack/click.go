package slackdesk

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"tierline/customer"
	"tierline/ticket"
)

// click is one click, by whom and where.
type click struct {
	ic      *slack.InteractionCallback
	action  *slack.BlockAction
	by      ticket.Agent
	user    string
	channel string
	thread  string // where an answer is seen best
	key     string // the same when Slack brings the click again
	home    bool   // it was clicked in the Home tab
	text    string // with which the form begins
}

func newClick(ic *slack.InteractionCallback, a *slack.BlockAction) click {
	c := click{ic: ic, action: a, user: ic.User.ID, channel: nonEmpty(ic.Channel.ID, ic.Container.ChannelID)}
	ts := nonEmpty(ic.Message.Timestamp, ic.Container.MessageTs)
	c.thread = nonEmpty(ic.Message.ThreadTimestamp, ic.Container.ThreadTs)
	c.home = ic.View.Type == slack.VTHomeTab
	c.key = "slack:" + c.user + ":" + nonEmpty(c.channel, ic.Container.ViewID, ic.View.ID) + ":" + ts + ":" + nonEmpty(a.ActionTs, ic.TriggerID) + ":" + a.ActionID
	return c
}

// interact takes clicks and submitted modals. Its answer is the payload of the acknowledgement.
func (k *Desk) interact(ctx context.Context, ic *slack.InteractionCallback) any {
	switch ic.Type {
	case slack.InteractionTypeViewSubmission:
		if _, err := k.allowed(ctx, ic.User.ID, rightOf(ic.View.CallbackID)); err != nil {
			return refuse(ic.View, k.inWords(ic.User.ID, err))
		}
		if strings.HasPrefix(ic.View.CallbackID, rosterPrefix) {
			return k.submitRoster(ctx, ic)
		}
		if strings.HasPrefix(ic.View.CallbackID, incidentPrefix) {
			return k.submitIncident(ctx, ic)
		}
		if ic.View.CallbackID == doAmend {
			return k.submitAmend(ctx, ic)
		}
		if answer, ok := k.submitShortcut(ctx, ic); ok {
			return answer
		}
		return k.submit(ctx, ic)
	case slack.InteractionTypeViewClosed:
		k.closed(ic.View)
		k.leftForm(ctx, ic)
	case slack.InteractionTypeMessageAction, slack.InteractionTypeShortcut:
		k.shortcut(ctx, ic)
	case slack.InteractionTypeBlockActions:
		for _, a := range ic.ActionCallback.BlockActions {
			c := newClick(ic, a)
			if err := k.click(ctx, c); err != nil {
				k.regret(c, err)
			}
		}
	}
	return nil
}

// regret tells who clicked why it did not happen: beside what they clicked, or else in a window.
func (k *Desk) regret(c click, err error) {
	if c.channel == "" && c.ic.TriggerID != "" {
		k.window(c, k.inWords(c.user, err))
		return
	}
	k.sorry(c.channel, c.user, c.thread, err)
}

func (k *Desk) click(ctx context.Context, c click) (err error) {
	if c.action.ActionID == doOpen {
		return nil
	}
	if c.home {
		k.homes.looked(c.user, k.now())
	}
	if id := c.action.ActionID; id == doMore || id == doCare { // menus: what was chosen says what to do
		c.action.ActionID, c.action.Value, _ = strings.Cut(c.action.SelectedOption.Value, " ")
	}
	what := c.action.ActionID
	if what == "v" { // an input of the form
		what = c.ic.View.CallbackID
	}
	if c.by, err = k.allowed(ctx, c.user, rightOf(what)); err != nil {
		return err
	}
	if what == doReply && c.ic.View.CallbackID == doReply {
		return k.inAnswer(ctx, c)
	}
	if strings.HasPrefix(c.action.ActionID, rosterPrefix) {
		return k.rosterClick(ctx, c)
	}
	if strings.HasPrefix(c.action.ActionID, incidentPrefix) {
		return k.incidentClick(ctx, c)
	}
	if strings.HasPrefix(c.action.ActionID, scriptPrefix+"_") {
		return k.scriptClick(ctx, c)
	}
	if strings.HasPrefix(c.action.ActionID, homePrefix) {
		return k.homeClick(ctx, c)
	}
	if c.action.ActionID == doVerdict || strings.HasPrefix(c.action.ActionID, doVerdict+"_") {
		return k.verdict(ctx, c)
	}
	switch c.action.ActionID {
	case doRead:
		k.readClick(c)
		return nil
	case doPreview, doInsert, doMacro, doTongue, doResume:
		return k.inAnswer(ctx, c)
	case doAway, doHere, doNext:
		return k.presenceClick(ctx, c)
	case doAdd:
		k.after("cannot open a form", func(ctx context.Context) error { return k.openWords(ctx, c, c.action.Value) })
		return nil
	case doFewer:
		return k.fewer(ctx, c)
	}
	r, ok := parseRef(c.action.Value)
	if !ok {
		return ticket.Errorf("slackdesk.click", ticket.Invalid, "This button is of an older version. Use the newest card.")
	}
	return k.press(ctx, c, c.action.ActionID, r)
}

// press does what a button says.
func (k *Desk) press(ctx context.Context, c click, what string, r ref) error {
	a := ticket.Action{Ticket: r.Ticket, Rev: r.Rev, Key: c.key}
	switch what {
	case doTake:
		a.Kind = ticket.ActTake
		k.sign(r.Ticket, ticket.SignSeen)
	case doQueue:
		a.Kind = ticket.ActAssign
	case doReopen:
		a.Kind = ticket.ActReopen
	case doJoin:
		a.Kind, a.Rev = ticket.ActJoin, 0
	case doRelease:
		a.Kind, a.Rev = ticket.ActRelease, 0
	case doCases, doPast, doPastBack:
		k.after("cannot show cases", func(ctx context.Context) error { return k.pastCases(ctx, c, r) })
		return nil
	case doUrgent:
		a.Kind, a.Priority = ticket.ActSet, ticket.Urgent
	case doNormal:
		a.Kind, a.Priority = ticket.ActSet, ticket.Normal
	case doAccept:
		a.Kind, a.Rev, a.Page = ticket.ActAccept, 0, r.Page
	case doNeed:
		a.Kind, a.Rev, a.Page, a.Wait = ticket.ActNeed, 0, r.Page, ticket.NeedWait
	case doUndo:
		a.Kind = ticket.ActUndo
	case doKeep:
		a.Kind, a.Rev, a.Promise = ticket.ActKeep, 0, &ticket.Promise{Number: r.Seq}
	case doShow:
		k.after("cannot show a card", func(ctx context.Context) error { return k.peek(ctx, c, r.Ticket) })
		return nil
	case doBack:
		return k.moveBack(ctx, c, r)
	case doWithdraw:
		return k.withdraw(ctx, c, r)
	case doAmend:
		return k.openAmend(c, r)
	case doRetry:
		a.Kind, a.Rev, a.Seq = ticket.ActResend, 0, r.Seq
	case doLaterNow:
		a.Kind, a.Rev, a.Number = ticket.ActLaterNow, 0, r.Seq
	case doUnlater:
		return k.unlater(ctx, c, r)
	case doCopy, doElsewhere:
		return k.openFailed(c, what, r)
	case doUnverify:
		a.Kind, a.Rev, a.Verdict = ticket.ActVerify, 0, ticket.NotVerified
	case doSupplier, doSupplied, doInform, doHeard, doVerify:
		return k.open(c, what, r)
	case doReply, doNote, doCallNote, doEscalate, doPage, doSolve, doDecline, doCall, doHand, doSnooze, doMerge, doSplit, doReturn, doPromise, doAssign, doArticle:
		return k.open(c, what, r)
	case doUpdate, doPostpone, doRepromise, doUnpromise, doAsk, doAnswer, doComplain, doAmends, doAbuse, doBlock, doSame, doApart:
		return k.open(c, what, r)
	default:
		return ticket.Errorf("slackdesk.click", ticket.Invalid, "This button is of an older version. Use the newest card.")
	}
	_, err := k.back.Act(ctx, c.by, a)
	if err == nil && c.home {
		k.redrawHome(c.user)
	}
	return err
}

// submit takes a submitted modal. An error is shown in the modal, where nothing typed is lost.
func (k *Desk) submit(ctx context.Context, ic *slack.InteractionCallback) any {
	if ic.View.CallbackID == doAway {
		return k.submitAway(ctx, ic)
	}
	if ic.View.CallbackID == doAdd {
		return k.submitWords(ctx, ic)
	}
	m, ok := parseMeta(ic.View.PrivateMetadata)
	if !ok {
		return nil // not a modal of ours
	}
	by, err := k.agent(ctx, ic.User.ID)
	if err == nil {
		if form, ask, e := k.askFirst(ctx, by, ic.View, m); ask {
			return slack.NewUpdateViewSubmissionResponse(&form)
		} else if err = e; err != nil {
			return refuse(ic.View, k.inWords(ic.User.ID, err))
		}
	}
	if err == nil && ic.View.CallbackID == doFlag {
		if err = k.submitFlag(ctx, by, ic, m); err == nil {
			return nil
		}
		return refuse(ic.View, k.inWords(ic.User.ID, err))
	}
	if id := ic.View.CallbackID; err == nil && (id == doBlock || id == doSame || id == doApart) {
		if err = k.submitPeople(ctx, by, ic, m); err == nil {
			return nil
		}
		return refuse(ic.View, k.inWords(ic.User.ID, err))
	}
	if err == nil && ic.View.CallbackID == doArticle {
		if err = k.submitArticle(ctx, by, ic, m); err == nil {
			return nil
		}
		return refuse(ic.View, k.inWords(ic.User.ID, err))
	}
	var a ticket.Action
	if err == nil {
		a, err = k.intent(ctx, ic.View, m)
	}
	if err == nil && ic.View.CallbackID == doReply {
		if a.Attachments, err = k.uploads(ctx, ic.View); err != nil {
			return refuseAt("files", k.inWords(ic.User.ID, err))
		}
	}
	if err == nil {
		a.Key = "slack:view:" + ic.User.ID + ":" + ic.View.ID + ":" + nonEmpty(ic.View.Hash, ic.Hash)
		_, err = k.back.Act(ctx, by, a)
	}
	if err == nil {
		if ic.View.CallbackID == doReply {
			k.answered(by, ic.User.ID, ic.View, m)
		}
		return nil
	}
	if ticket.KindOf(err) == ticket.Conflict && ic.View.CallbackID == doReply {
		if v, e := k.replyAgain(ctx, by, ic.View, m, err); e == nil {
			return slack.NewUpdateViewSubmissionResponse(&v)
		}
	}
	return refuse(ic.View, k.inWords(ic.User.ID, err))
}

// maxAck is how large the payload of an acknowledgement may be; Slack drops one of 20 KB in silence.
const maxAck = 15_000

func refuseAt(block, text string) any {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{block: text})
}

func refuse(v slack.View, text string) any {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{firstInput(v): text})
}

// firstInput is the block under which an error is shown: Slack takes input blocks only.
func firstInput(v slack.View) string {
	for _, b := range v.Blocks.BlockSet {
		if in, ok := b.(*slack.InputBlock); ok {
			return in.BlockID
		}
	}
	return "text"
}

// intent is what a modal asks for.
func (k *Desk) intent(ctx context.Context, v slack.View, m meta) (ticket.Action, error) {
	a := ticket.Action{Kind: ticket.ActionKind(v.CallbackID), Ticket: m.Ticket, Rev: m.Rev, Page: m.Page}
	switch v.CallbackID {
	case doReply:
		return replyIntent(v, m, a)
	case doElsewhere:
		a.Kind, a.Rev, a.Seq, a.To = ticket.ActResend, 0, m.Number, customer.Identity{Kind: customer.Email, Value: strings.TrimSpace(submitted(v, "address"))}
	case doNote:
		a.Rev = 0 // a note is true whatever happened meanwhile
		return noteIntent(v, a)
	case doEscalate:
		a.Tier, a.Reason, a.Diagnosis = submitted(v, "tier"), submitted(v, "problem"), submitted(v, "diagnosis")
		a.Handoff = &ticket.Handoff{}
		for _, f := range ticket.HandoffFields {
			*a.Handoff.Field(f) = submitted(v, f)
		}
	case doReturn:
		a.Reason = submitted(v, "reason")
	case doPromise:
		a.Rev = 0 // it was given, whatever happened meanwhile
		a.Promise = &ticket.Promise{Kind: ticket.PromiseKind(submitted(v, "kind")), What: submitted(v, "what"), Due: submittedTime(v, "due"),
			Tell: submitted(v, "tell") == "yes"}
	case doPage:
		a.Rev, a.Reason, a.Tier, a.Severity = 0, submitted(v, "reason"), submitted(v, "tier"), ticket.Priority(submitted(v, "severity"))
	case doSolve:
		a.Diagnosis = submitted(v, "diagnosis")
	case doDecline, doCall, doHand, doSnooze:
		return a, k.answerIntent(ctx, v, &a)
	case doAssign:
		if a.Owner = submitted(v, "owner"); a.Owner == queueOption {
			a.Owner = ""
		}
	case doMerge:
		return mergeIntent(v, a)
	case doSplit:
		return splitIntent(v, a)
	default:
		if a, ok := careIntent(v, m, a); ok {
			return a, nil
		}
		if a, ok := outsideIntent(v, a); ok {
			return a, nil
		}
		return a, ticket.Errorf("slackdesk.submit", ticket.Invalid, "This form is of an older version. Open it again.")
	}
	return a, nil
}
