package slackdesk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The choices of an override's form that are nobody's id: a person's is "p:" and the id.
const (
	chosenPerson = "p:"
	chosenNobody = "nobody"
	chosenAll    = "all"
	chosenBeside = "beside"
)

// Rows of a temporary schedule's form, one a shift.
const (
	firstShifts = 2
	maxShifts   = 12 // in Slack; the console takes more

	maxShiftsListed = 100 // to choose from; Slack takes no more options
)

// rosterMeta goes with the forms of leads.
type rosterMeta struct {
	Tier string `json:"tier,omitempty"` // when there is no choice
	Rows int    `json:"rows,omitempty"`
}

func (m rosterMeta) String() string {
	b, _ := json.Marshal(m) // has no error
	return string(b)
}

// rosterForms are the words that open a form, after the command or after "oncall".
func rosterForms(word string) bool {
	return slices.Contains([]string{doSwap, doCover, doOff, doOverride, doTemporary}, rosterPrefix+word)
}

// rosterCommand opens a form from a command.
func (k *Desk) rosterCommand(by ticket.Agent, cmd slack.SlashCommand, what string) slackapp.Reply {
	k.openRoster(by, cmd.TriggerID, what, func(err error) { k.sorry(cmd.ChannelID, cmd.UserID, "", err) })
	return slackapp.Reply{Text: "A form opens."}
}

func (k *Desk) openRoster(by ticket.Agent, trigger, what string, sorry func(error)) {
	k.after("cannot open a form", func(ctx context.Context) error {
		v, err := k.rosterForm(ctx, by, what)
		if err == nil {
			err = k.app.OpenView(ctx, trigger, v)
		}
		if err != nil {
			sorry(err)
		}
		return nil
	})
}

func rosterFault(format string, args ...any) error {
	return ticket.Errorf("slackdesk.roster", ticket.Invalid, format, args...)
}

func (k *Desk) rosterForm(ctx context.Context, by ticket.Agent, what string) (slack.ModalViewRequest, error) {
	now := k.now()
	v, err := k.back.Rosters(ctx, by, now, now.Add(rosterAhead))
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	if len(v.Tiers) == 0 {
		return slack.ModalViewRequest{}, rosterFault("No tier has a schedule.")
	}
	switch what {
	case doOff:
		return offForm(v, by, now), nil
	case doOverride:
		return overrideForm(v, by, now)
	case doTemporary:
		return temporaryForm(v, firstShifts)
	}
	return k.tradeForm(v, by, now, what)
}

func reasonInput(hint string) slack.Block {
	return input("reason", "Why?", hint, line("", 300, false), true)
}

// tradeForm asks which shift is to be swapped, or covered. Leads may choose anybody's.
func (k *Desk) tradeForm(v bots.RosterView, by ticket.Agent, now time.Time, what string) (slack.ModalViewRequest, error) {
	none := slack.ModalViewRequest{}
	begins := func(s bots.Shift) bool { return s.To.After(now) && (what == doCover || s.From.After(now)) }
	mine := shiftOptions(v, now, func(t bots.TierRoster, s bots.Shift) bool { return s.Person == by.ID && begins(s) }, false)
	first := len(mine)
	mine = append(mine, shiftOptions(v, now, func(t bots.TierRoster, s bots.Shift) bool { return t.Lead && s.Person != by.ID && begins(s) }, true)...)
	if len(mine) == 0 {
		return none, rosterFault("You have no shift in the next 60 days.")
	}
	label, hint := "Your shift", ""
	if len(mine) > first {
		label, hint = "Whose shift?", "As a lead you may ask for others, too. They are told"
	}
	if len(mine) > maxShiftsListed {
		hint = strings.TrimPrefix(hint+fmt.Sprintf(". The first %d are listed; the console has all", maxShiftsListed), ". ")
	}
	give := choose("v", "Choose", mine...)
	if first > 0 {
		give = give.WithInitialOption(mine[0])
	}
	blocks := []slack.Block{input("mine", label, hint, give, false)}
	if what == doSwap {
		theirs := shiftOptions(v, now, func(t bots.TierRoster, s bots.Shift) bool {
			return s.From.After(now) && (s.Person != by.ID && k.inTeam(v, t.Tier.Name, by.ID) || t.Lead)
		}, true)
		if len(theirs) == 0 {
			return none, rosterFault("Nobody else has a shift in the next 60 days.")
		}
		return modal(doSwap, "Swap a shift", "Ask them", "", append(blocks,
			input("theirs", "For this shift", "It is asked of them; nothing changes until they agree", choose("v", "Choose", theirs...), false), reasonInput("Who is asked reads it"))...), nil
	}
	blocks = append(blocks, input("from", "Only from", "Leave it empty for the whole shift", slack.NewDateTimePickerBlockElement("v"), true),
		input("to", "Only until", "", slack.NewDateTimePickerBlockElement("v"), true))
	if ask := personOptions(v, ""); len(ask) > 0 {
		blocks = append(blocks, input("with", "Ask only", "Else the whole team is asked, and the first who takes it has it", choose("v", "Everybody", ask...), true))
	}
	return modal(doCover, "Ask for cover", "Ask", "", append(blocks, reasonInput("Those who are asked read it"))...), nil
}

// personOptions are those who can be on call, each once.
func personOptions(v bots.RosterView, prefix string) (list []*slack.OptionBlockObject) {
	for _, t := range v.Tiers {
		for _, a := range t.People {
			if !slices.ContainsFunc(list, func(o *slack.OptionBlockObject) bool { return o.Value == prefix+a.ID }) {
				list = append(list, option(prefix+a.ID, nonEmpty(a.Name, a.ID)))
			}
		}
	}
	return list
}

// offForm asks for days. They are whole days of the schedule's zone. Leads say whose.
func offForm(v bots.RosterView, by ticket.Agent, now time.Time) slack.ModalViewRequest {
	day := func() *slack.DatePickerBlockElement {
		p := slack.NewDatePickerBlockElement("v")
		p.InitialDate = now.In(rosterZone(v, by.ID)).AddDate(0, 0, 1).Format(time.DateOnly)
		return p
	}
	blocks := []slack.Block{small("Turns go to the next of the rotation; nobody's later turn moves. Where nobody else can, who is off stays on and the team is asked for cover. It says nothing of cases.")}
	if people := personOptions(v, ""); leads(v, "") && len(people) > 0 {
		who := choose("v", "Choose", people...)
		for _, o := range people {
			if o.Value == by.ID {
				who = who.WithInitialOption(o)
			}
		}
		blocks = append(blocks, input("who", "Who is not on call?", "They are told", who, false))
	}
	return modal(doOff, "Not on call", "Keep off call", "", append(blocks, input("first", "First day", "", day(), false),
		input("last", "Last day", "It is included", day(), false), reasonInput("Those who are asked for cover read it"))...)
}

// overrideForm asks who is on call, and in whose place. Who is no lead may stand beside the others only.
func overrideForm(v bots.RosterView, by ticket.Agent, now time.Time) (slack.ModalViewRequest, error) {
	lead := leads(v, "")
	m, blocks := tierInput(v, lead)
	if lead {
		people := personOptions(v, chosenPerson)
		if len(people) == 0 {
			return slack.ModalViewRequest{}, rosterFault("Nobody can be on call.")
		}
		place := append([]*slack.OptionBlockObject{option(chosenAll, "In place of everybody"), option(chosenBeside, "Of nobody: beside the others")}, people...)
		with := append(slices.Clone(people), option(chosenNobody, "Nobody"))
		blocks = append(blocks, input("with", "On call is", "", choose("v", "Choose", with...), false),
			input("place", "In whose place?", "Where they would be on call", choose("v", "Choose", place...).WithInitialOption(place[0]), false))
	} else {
		blocks = append(blocks, small("You are on call beside whoever else is: a page rings all of you. Nobody's shift changes."))
	}
	from := slack.NewDateTimePickerBlockElement("v")
	from.InitialDateTime = now.Truncate(time.Minute).Unix()
	blocks = append(blocks, input("from", "From", "", from, false), input("to", "Until", "", slack.NewDateTimePickerBlockElement("v"), false),
		reasonInput("Who is concerned is told"))
	if !lead {
		return modal(doOverride, "Be on call, too", "Put me on", m.String(), blocks...), nil
	}
	return modal(doOverride, "Override", "Override", m.String(), blocks...), nil
}

// tierInput asks for the tier when there are several: of a lead, one that they lead.
func tierInput(v bots.RosterView, lead bool) (rosterMeta, []slack.Block) {
	var tiers []*slack.OptionBlockObject
	for _, t := range v.Tiers {
		if t.Lead || !lead {
			tiers = append(tiers, option(t.Tier.Name, nonEmpty(t.Tier.Title, t.Tier.Name)))
		}
	}
	if len(tiers) == 1 {
		return rosterMeta{Tier: tiers[0].Value}, nil
	}
	return rosterMeta{}, []slack.Block{input("tier", "For which tier?", "", choose("v", "Choose", tiers...), false)}
}

// temporaryForm asks for fixed shifts.
func temporaryForm(v bots.RosterView, shifts int) (slack.ModalViewRequest, error) {
	people := personOptions(v, "")
	if !leads(v, "") || len(people) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.roster", ticket.Denied, "Only a lead makes a temporary schedule.")
	}
	m, blocks := tierInput(v, true)
	m.Rows = min(shifts, maxShifts)
	blocks = append(blocks, small("These shifts stand in the place of all else. *Between them nobody is on call.*"))
	for i := range m.Rows {
		n, more := strconv.Itoa(i), i > 0
		blocks = append(blocks, divider(), input("who"+n, "Shift "+strconv.Itoa(i+1)+": who?", "", choose("v", "Choose", people...), more),
			input("from"+n, "From", "", slack.NewDateTimePickerBlockElement("v"), more), input("to"+n, "Until", "", slack.NewDateTimePickerBlockElement("v"), more))
	}
	blocks = append(blocks, divider())
	if m.Rows < maxShifts {
		blocks = append(blocks, rows("more", button(doMoreShifts, "0", "One more shift"))...)
	} else {
		blocks = append(blocks, small("More shifts than these can be made in the console."))
	}
	return modal(doTemporary, "Temporary schedule", "Put in force", m.String(), append(blocks,
		input("from", "In force from", "Empty: from the first shift on", slack.NewDateTimePickerBlockElement("v"), true),
		input("to", "In force until", "Empty: until the last shift ends", slack.NewDateTimePickerBlockElement("v"), true), reasonInput("Who is concerned is told"))...), nil
}

// moreShifts shows the form of a temporary schedule with a row more; what was chosen stays, as the rows keep their ids.
func (k *Desk) moreShifts(c click) error {
	var m rosterMeta
	if json.Unmarshal([]byte(c.ic.View.PrivateMetadata), &m) != nil {
		return rosterFault("This form is of an older version. Open it again.")
	}
	view := c.ic.View
	k.after("cannot redraw a form", func(ctx context.Context) error {
		v, err := k.back.Rosters(ctx, c.by, k.now(), k.now().Add(time.Second))
		if err != nil {
			return err
		}
		form, err := temporaryForm(v, m.Rows+1)
		if err != nil {
			return err
		}
		if err := k.app.UpdateView(ctx, view.ID, view.Hash, form); ticket.KindOf(err) != ticket.Conflict { // a newer redraw has won
			return err
		}
		return nil
	})
	return nil
}

// rosterZone is that of the first schedule in which somebody is.
func rosterZone(v bots.RosterView, id string) *time.Location {
	for _, t := range v.Tiers {
		if slices.ContainsFunc(t.People, func(a ticket.Agent) bool { return a.ID == id }) {
			return t.Zone
		}
	}
	if len(v.Tiers) > 0 {
		return v.Tiers[0].Zone
	}
	return time.UTC
}

// shiftOptions are shifts to choose from; their value says all that is needed.
func shiftOptions(v bots.RosterView, now time.Time, want func(bots.TierRoster, bots.Shift) bool, named bool) (list []*slack.OptionBlockObject) {
	for _, t := range v.Tiers {
		for _, s := range t.Shifts {
			if !want(t, s) || len(list) > maxShiftsListed {
				continue
			}
			label := shiftDay(s.From, now, t.Zone) + " – " + shiftDay(s.To, now, t.Zone) + s.To.In(t.Zone).Format(" MST")
			if named {
				for _, a := range t.People {
					if a.ID == s.Person {
						label = slackapp.Cut(a.Name, 18) + " " + label
					}
				}
			}
			if len(v.Tiers) > 1 {
				label = t.Tier.Name + ": " + label
			}
			list = append(list, option(fmt.Sprintf("%d %d %s %s", s.From.Unix(), s.To.Unix(), t.Tier.Name, s.Person), label))
		}
	}
	return list
}

// shiftDay is a time of a shift, on the schedule's wall clock.
func shiftDay(at, now time.Time, zone *time.Location) string {
	if d := at.Sub(now).Abs(); d > 180*24*time.Hour {
		return at.In(zone).Format("2 Jan 2006 15:04")
	}
	return at.In(zone).Format("Mon 2 Jan 15:04")
}
