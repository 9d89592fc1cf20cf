package slackdesk

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/ticket"
)

func parseShift(s string) (tier string, shift ticket.RosterShift, ok bool) {
	parts := strings.SplitN(s, " ", 4)
	if len(parts) != 4 {
		return "", shift, false
	}
	from, err := strconv.ParseInt(parts[0], 10, 64)
	to, err2 := strconv.ParseInt(parts[1], 10, 64)
	return parts[2], ticket.RosterShift{Person: parts[3], From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()}, err == nil && err2 == nil
}

// submitRoster takes a submitted form about who is on call. It is answered by what was done, with the button that
// takes it back.
func (k *Desk) submitRoster(ctx context.Context, ic *slack.InteractionCallback) any {
	by, err := k.agent(ctx, ic.User.ID)
	var view bots.RosterView
	var done ticket.RosterChange
	if err == nil {
		view, err = k.back.Rosters(ctx, by, k.now(), k.now().Add(time.Second))
	}
	if err == nil {
		var c ticket.RosterChange
		if c, err = rosterIntent(view, by, ic.View); err == nil {
			done, err = k.back.ActRoster(ctx, by, ticket.RosterAction{Change: c,
				Key: "slack:view:" + ic.User.ID + ":" + ic.View.ID + ":" + nonEmpty(ic.View.Hash, ic.Hash)})
		}
	}
	if err != nil {
		return refuse(ic.View, k.inWords(ic.User.ID, err))
	}
	blocks := []slack.Block{section(k.rosterDone(view, by, done))}
	if done.ID != 0 {
		blocks = append(blocks, rows("undo", button(rosterPrefix+string(ticket.RosterWithdraw), strconv.FormatInt(done.ID, 10), "Take it back"))...)
	}
	said := saying(append(blocks, small("`"+k.cfg.Command+" oncall` lists it, and takes it back later."))...)
	return slack.NewUpdateViewSubmissionResponse(&said)
}

// rosterDone says what was done, and what follows.
func (k *Desk) rosterDone(v bots.RosterView, by ticket.Agent, c ticket.RosterChange) string {
	const done = ":white_check_mark: "
	whose := "your shift"
	if c.Person != by.ID {
		whose = "the shift of " + k.rosterName(v, c.Person)
	}
	switch c.Kind {
	case ticket.RosterSwap:
		return done + k.rosterName(v, c.With) + " is asked to take " + whose + ", " + span(c.From, c.To) + ", for theirs, " + span(c.BackFrom, c.BackTo) +
			". Nothing changes until they agree; you are told."
	case ticket.RosterCover:
		asked := "The team is"
		if c.With != "" {
			asked = k.rosterName(v, c.With) + " is"
		}
		return done + asked + " asked to take " + whose + ", " + span(c.From, c.To) + ". It stays as it is until somebody does; you are told."
	}
	return done + k.changeText(v, c) + ". Whose shifts change by that is told."
}

// rosterIntent is what a form asks for.
func rosterIntent(view bots.RosterView, by ticket.Agent, v slack.View) (ticket.RosterChange, error) {
	c := ticket.RosterChange{Person: by.ID, Reason: submitted(v, "reason")}
	switch v.CallbackID {
	case doOff:
		return offIntent(view, v, c)
	case doOverride:
		return overrideIntent(view, by, v, c)
	case doTemporary:
		return temporaryIntent(v, c)
	}
	return tradeIntent(v, c)
}

func oldForm() error { return rosterFault("This form is of an older version. Open it again.") }

func offIntent(view bots.RosterView, v slack.View, c ticket.RosterChange) (ticket.RosterChange, error) {
	if who := submitted(v, "who"); who != "" {
		c.Person = who
	}
	zone := rosterZone(view, c.Person)
	first, err := time.ParseInLocation(time.DateOnly, submittedDate(v, "first"), zone)
	last, err2 := time.ParseInLocation(time.DateOnly, submittedDate(v, "last"), zone)
	if err != nil || err2 != nil {
		return c, oldForm()
	}
	c.Kind, c.From, c.To = ticket.RosterOff, first, last.AddDate(0, 0, 1)
	return c, nil
}

func tradeIntent(v slack.View, c ticket.RosterChange) (ticket.RosterChange, error) {
	tier, mine, ok := parseShift(submitted(v, "mine"))
	if !ok {
		return c, oldForm()
	}
	c.Tier, c.Person, c.From, c.To = tier, mine.Person, mine.From, mine.To
	switch v.CallbackID {
	case doSwap:
		other, theirs, ok := parseShift(submitted(v, "theirs"))
		if !ok {
			return c, oldForm()
		}
		if other != tier {
			return c, rosterFault("Both shifts have to be of one tier.")
		}
		c.Kind, c.With, c.BackFrom, c.BackTo = ticket.RosterSwap, theirs.Person, theirs.From, theirs.To
	case doCover:
		c.Kind, c.With = ticket.RosterCover, submitted(v, "with")
		if t := submittedTime(v, "from"); !t.IsZero() {
			c.From = t
		}
		if t := submittedTime(v, "to"); !t.IsZero() {
			c.To = t
		}
	default:
		return c, oldForm()
	}
	return c, nil
}

// tierOf is the tier that was chosen, or that there was no choice of.
func tierOf(v slack.View) (tier string, m rosterMeta, err error) {
	if json.Unmarshal([]byte(v.PrivateMetadata), &m) != nil {
		return "", m, oldForm()
	}
	return nonEmpty(submitted(v, "tier"), m.Tier), m, nil
}

func overrideIntent(view bots.RosterView, by ticket.Agent, v slack.View, c ticket.RosterChange) (ticket.RosterChange, error) {
	tier, _, err := tierOf(v)
	if err != nil {
		return c, err
	}
	c.Kind, c.Tier, c.Person = ticket.RosterOverride, tier, ""
	c.From, c.To = submittedTime(v, "from"), submittedTime(v, "to")
	with, place := submitted(v, "with"), submitted(v, "place")
	if with == "" && place == "" { // the form of who is no lead
		c.With, c.Beside = by.ID, true
		return c, nil
	}
	c.With = strings.TrimPrefix(with, chosenPerson)
	if with == chosenNobody {
		c.With = ""
	}
	switch place {
	case chosenAll:
	case chosenBeside:
		c.Beside = true
	default:
		c.Person = strings.TrimPrefix(place, chosenPerson)
	}
	return c, nil
}

func temporaryIntent(v slack.View, c ticket.RosterChange) (ticket.RosterChange, error) {
	tier, m, err := tierOf(v)
	if err != nil {
		return c, err
	}
	c.Kind, c.Tier, c.Person = ticket.RosterTemporary, tier, ""
	for i := range min(m.Rows, maxShifts) {
		n := strconv.Itoa(i)
		s := ticket.RosterShift{Person: submitted(v, "who"+n), From: submittedTime(v, "from"+n), To: submittedTime(v, "to"+n)}
		switch {
		case s == ticket.RosterShift{}:
			continue
		case s.Person == "" || s.From.IsZero() || s.To.IsZero():
			return c, rosterFault("Shift %d: say who, from when and until when.", i+1)
		case !s.From.Before(s.To):
			return c, rosterFault("Shift %d ends before it begins.", i+1)
		}
		c.Shifts = append(c.Shifts, s)
		if c.From.IsZero() || s.From.Before(c.From) {
			c.From = s.From
		}
		if s.To.After(c.To) {
			c.To = s.To
		}
	}
	if t := submittedTime(v, "from"); !t.IsZero() {
		c.From = t
	}
	if t := submittedTime(v, "to"); !t.IsZero() {
		c.To = t
	}
	return c, nil
}

// submittedDate is the day that was chosen in a modal.
func submittedDate(v slack.View, id string) string {
	if v.State != nil {
		for _, a := range v.State.Values[id] {
			return a.SelectedDate
		}
	}
	return ""
}
