package slackdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// maxRows is how many tickets a listing shows.
const maxRows = 15

// open states are those in which somebody is to act.
var openStates = [...]ticket.State{ticket.New, ticket.Open, ticket.Pending, ticket.OnHold}

// command answers /tier, to the one who typed it.
func (k *Desk) command(ctx context.Context, cmd slack.SlashCommand) slackapp.Reply {
	r, err := k.run(ctx, cmd)
	if err != nil {
		return slackapp.Reply{Text: slackapp.Escape(k.inWords(cmd.UserID, err))}
	}
	return r
}

// said is one command as somebody typed it.
type said struct {
	cmd  slack.SlashCommand
	by   ticket.Agent
	word string    // as the table names it
	id   ticket.ID // the ticket that it names; 0 when it names none
	rest string    // what follows
	key  string    // the same when Slack brings it again
}

// verb is what /tier can do.
type verb struct {
	name  string
	also  []string
	args  string // as help shows them
	about string
	of    need
	run   func(k *Desk, ctx context.Context, s said) (slackapp.Reply, error)
}

// need says whether a verb is about a ticket: its number comes first then.
type need int

const (
	noTicket need = iota
	aTicket
	mayTicket // a number, if one comes first
)

// verbs are all there are, in the order of help. One shape: what to do, which ticket, and then whatever it takes.
func verbs() []verb {
	form := func(what string) func(*Desk, context.Context, said) (slackapp.Reply, error) {
		return func(k *Desk, _ context.Context, s said) (slackapp.Reply, error) { return k.formCommand(s, what) }
	}
	team := func(k *Desk, ctx context.Context, s said) (slackapp.Reply, error) {
		return k.teamCommand(ctx, s.by, s.cmd, s.word, s.rest)
	}
	roster := func(k *Desk, _ context.Context, s said) (slackapp.Reply, error) {
		return k.rosterCommand(s.by, s.cmd, rosterPrefix+s.word), nil
	}
	return []verb{
		{name: "my", also: []string{"mine"}, about: "your open tickets, what is late and what you have promised", run: (*Desk).myCommand},
		{name: "next", about: "takes the next case that waits in your tiers: the most urgent, then what is due first", run: team},
		{name: "find", also: []string{"search"}, args: "router reboots | SN-100200 | ann@example.org", about: "tickets by subject, customer, unit or number", run: (*Desk).findCommand},
		{name: "show", args: "T-1042", about: "the card", of: aTicket, run: func(k *Desk, ctx context.Context, s said) (slackapp.Reply, error) {
			return k.showCommand(ctx, s.by, s.id.String())
		}},
		{name: "new", args: "[subject]", about: "a ticket for somebody who has called or come by", run: (*Desk).newCommand},
		{name: "take", args: "T-1042", about: "makes it yours", of: aTicket, run: act(ticket.ActTake, "%s is yours.")},
		{name: "reply", args: "T-1042 [text]", about: "the form of an answer, with what you have typed", of: aTicket, run: form(doReply)},
		{name: "note", args: "T-1042 [text]", about: "an internal note; without a text its form", of: aTicket, run: (*Desk).noteCommand},
		{name: "tag", args: "T-1042 hardware -urgent-customer", about: "puts tags on, and with a minus takes them off", of: aTicket, run: (*Desk).tagCommand},
		{name: "escalate", args: "T-1042 [problem]", about: "the form of a handover to another tier", of: aTicket, run: form(doEscalate)},
		{name: "page", args: "T-1042 [l2] [urgent] [reason]", about: "rings whoever is on call; without a reason its form", of: aTicket, run: (*Desk).pagingCommand},
		{name: "promise", args: "T-1042", about: "the form of a promise to the customer", of: aTicket, run: form(doPromise)},
		{name: "solve", args: "T-1042 [what it was]", about: "solves it; without a diagnosis its form", of: aTicket, run: (*Desk).solveCommand},
		{name: "assign", args: "T-1042", about: "the form of a new owner", of: aTicket, run: form(doAssign)},
		{name: "join", args: "T-1042", about: "you work on it beside its owner", of: aTicket, run: act(ticket.ActJoin, "You work on %s with its owner.")},
		{name: "release", args: "T-1042", about: "ends that, or hands it over", of: aTicket, run: act(ticket.ActRelease, "You no longer work on %s.")},
		{name: "merge", args: "T-1042 [T-1050]", about: "the first goes on in the second; without a second its form", of: aTicket, run: (*Desk).mergeCommand},
		{name: "undo", args: "T-1042", about: "takes back its last merge, split or move", of: aTicket, run: (*Desk).undoCommand},
		{name: "kb", also: []string{"ask"}, args: "hold the reset button", about: "looks into the knowledge base", run: (*Desk).kbCommand},
		{name: "customer", args: "ann@example.org | name | T-1042", about: "who they are, and their cases", run: (*Desk).customerCommand},
		{name: "unit", args: "SN-100200", about: "warranty and cases of a unit", run: (*Desk).unitCommand},
		{name: "oncall", args: "[swap|cover|off|override|temporary]", about: "who is on call now and next, your shifts, gaps, what you are asked, and what was changed; or a form", run: func(k *Desk, ctx context.Context, s said) (slackapp.Reply, error) {
			if what := strings.ToLower(s.rest); rosterForms(what) {
				return k.rosterCommand(s.by, s.cmd, rosterPrefix+what), nil
			}
			return k.rosterReply(ctx, s.by)
		}},
		{name: "swap", about: "offers a shift of yours for a colleague's", run: roster},
		{name: "cover", about: "asks somebody to take a shift of yours", run: roster},
		{name: "off", about: "says on which days you are not on call", run: roster},
		{name: "override", about: "you are on call beside the others; leads put anybody on or off", run: roster},
		{name: "temporary", about: "fixed shifts (leads)", run: roster},
		{name: "away", args: "[14:00|30m|tomorrow] [reason]", about: "you are away; what is due before goes to others", run: team},
		{name: "back", about: "you are here again", run: team},
		{name: "team", about: "who is here", run: team},
		{name: "handover", args: "[words]", about: "leaves words for the next shift of your tier; without them their form", run: (*Desk).handoverCommand},
		{name: "digest", also: []string{"digests"}, args: "[off|on] [morning|handover|week]", about: "which overviews you are sent, and switches them off or on", run: (*Desk).digestCommand},
		{name: "incident", also: []string{"incidents"}, args: "[I-3 | T-1042 T-1050 Nobody can sign in]", about: "what hits many: lists, shows or proposes one", run: func(k *Desk, ctx context.Context, s said) (slackapp.Reply, error) {
			return k.incidentCommand(ctx, s.by, s.rest, s.key)
		}},
		{name: "console", about: "a link that signs you in to the console, once", run: (*Desk).consoleCommand},
		{name: "help", args: "[word]", about: "this", run: (*Desk).helpCommand},
	}
}

// act is a verb that does one thing to a ticket.
func act(kind ticket.ActionKind, done string) func(*Desk, context.Context, said) (slackapp.Reply, error) {
	return func(k *Desk, ctx context.Context, s said) (slackapp.Reply, error) {
		_, err := k.back.Act(ctx, s.by, ticket.Action{Kind: kind, Ticket: s.id, Key: s.key})
		return slackapp.Reply{Text: fmt.Sprintf(done, s.id)}, err
	}
}

func (k *Desk) run(ctx context.Context, cmd slack.SlashCommand) (slackapp.Reply, error) {
	by, err := k.allowed(ctx, cmd.UserID, ticket.RightSee)
	if err != nil {
		return slackapp.Reply{}, err
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(cmd.Text), " ")
	s := said{cmd: cmd, by: by, rest: strings.TrimSpace(rest), key: "slack:command:" + cmd.UserID + ":" + cmd.TriggerID}
	word = strings.ToLower(strings.TrimPrefix(word, "/"))
	if word == "" {
		return slackapp.Reply{Text: k.help(by, "")}, nil
	}
	v, ok := verbOf(word)
	if !ok {
		if id, err := ticket.ParseID(word); err == nil { // its number alone shows it
			return k.showCommand(ctx, by, id.String())
		}
		return slackapp.Reply{}, ticket.Errorf("slackdesk.command", ticket.Invalid, "There is no %s %.30s.%s Type %s help for all there is.", k.cfg.Command, word, k.meant(word), k.cfg.Command)
	}
	if right := rightOfVerb(v.name); right != "" {
		if err := by.Has(right); err != nil {
			return slackapp.Reply{}, err
		}
	}
	if s.word = v.name; v.of != noTicket {
		first, left, _ := strings.Cut(s.rest, " ")
		id, err := ticket.ParseID(first)
		switch {
		case err == nil:
			s.id, s.rest = id, strings.TrimSpace(left)
		case v.of == aTicket:
			return slackapp.Reply{}, k.which(ctx, by, v, first)
		}
	}
	r, err := v.run(k, ctx, s)
	if len(r.Blocks) > 0 {
		r.Blocks = fitting(by, r.Blocks)
	}
	return r, err
}

func verbOf(word string) (verb, bool) {
	all := verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == word || slices.Contains(v.also, word) })
	if i < 0 {
		return verb{}, false
	}
	return all[i], true
}

// meant is the verb that a word may have been meant for, in words.
func (k *Desk) meant(word string) string {
	for _, v := range verbs() {
		for _, name := range append([]string{v.name}, v.also...) {
			if len(word) > 1 && (strings.HasPrefix(name, word) || strings.HasPrefix(word, name) || apart(word, name) < 2) {
				return " Did you mean " + k.cfg.Command + " " + v.name + "?"
			}
		}
	}
	return ""
}

// apart says by how many letters two words differ: left out, added, changed or swapped.
func apart(a, b string) int {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return 3
	}
	row := make([][]int, len(a)+1)
	for i := range row {
		row[i] = make([]int, len(b)+1)
		for j := range row[i] {
			switch {
			case i == 0 || j == 0:
				row[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				row[i][j] = row[i-1][j-1]
			default:
				row[i][j] = 1 + min(row[i-1][j], row[i][j-1], row[i-1][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[i][j] = min(row[i][j], 1+row[i-2][j-2])
			}
		}
	}
	return row[len(a)][len(b)]
}

// which asks for the ticket that a command needs: its own are offered.
func (k *Desk) which(ctx context.Context, by ticket.Agent, v verb, got string) error {
	text := "Which ticket?"
	if got != "" {
		text = fmt.Sprintf("%.40q is no ticket number.", got)
	}
	text += " Type " + k.cfg.Command + " " + v.name + " " + v.args + "."
	list, err := k.back.Tickets(ctx, by, ticket.Filter{Owner: by.ID, States: openStates[:], Limit: maxListed})
	if err == nil && len(list) > 0 {
		var mine []string
		for _, t := range list {
			mine = append(mine, t.ID.String()+" "+slackapp.Cut(t.Subject, 40))
		}
		text += " Yours: " + strings.Join(mine, "; ") + "."
	}
	return ticket.Errorf("slackdesk.command", ticket.Invalid, "%s", text)
}

func (k *Desk) helpCommand(_ context.Context, s said) (slackapp.Reply, error) {
	return slackapp.Reply{Text: k.help(s.by, strings.ToLower(s.rest))}, nil
}

// help tells of one verb, or of all that somebody may use.
func (k *Desk) help(by ticket.Agent, word string) string {
	lines := []string{"*What `" + k.cfg.Command + "` can do*"}
	v, one := verbOf(word)
	for _, w := range verbs() {
		if !one && by.Has(rightOfVerb(w.name)) == nil || one && w.name == v.name {
			lines = append(lines, "• `"+strings.TrimSpace(k.cfg.Command+" "+w.name+" "+w.args)+"` "+w.about)
		}
	}
	if !one {
		lines = append(lines, "Only you see the answers. What you type in a card's thread is an internal note; customers get what you send with *Reply*.")
	}
	return strings.Join(lines, "\n")
}

func (k *Desk) showCommand(ctx context.Context, by ticket.Agent, arg string) (slackapp.Reply, error) {
	id, err := ticket.ParseID(arg)
	if err != nil {
		return slackapp.Reply{}, err
	}
	c, err := k.back.Card(ctx, by, id)
	if err != nil {
		return slackapp.Reply{}, err
	}
	r := slackapp.Reply{Text: cardText(c), Blocks: k.cardOf(c)}
	if thread := nonEmpty(c.Thread, k.cardLink(c.Place)); isWeb(thread) {
		r.Blocks = append(r.Blocks[:min(len(r.Blocks), maxBlocks-1)], small("<"+slackapp.Escape(thread)+"|Go to the thread>"))
	}
	return r, nil
}

func (k *Desk) onCall(ctx context.Context) string {
	var lines []string
	for _, t := range k.back.Tiers() {
		var names []string
		list, err := k.back.OnCall(ctx, t.Name, k.now())
		if err != nil {
			return slackapp.Escape(explain(err))
		}
		for _, a := range list {
			names = append(names, esc(a.Name, 60))
		}
		if len(names) == 0 {
			names = []string{"nobody"}
		}
		lines = append(lines, "*"+esc(nonEmpty(t.Title, t.Name), 60)+"*: "+strings.Join(names[:min(len(names), 10)], ", then "))
	}
	return strings.Join(lines, "\n")
}
