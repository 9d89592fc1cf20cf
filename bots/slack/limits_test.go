package slackdesk

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// checkBlocks holds blocks against Slack's published limits, read from the JSON that Slack gets.
// https://docs.slack.dev/reference/block-kit/blocks
func checkBlocks(t *testing.T, what string, blocks []slack.Block, most int) {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	bad := func(format string, args ...any) { t.Errorf("%s: %s", what, fmt.Sprintf(format, args...)) }
	if len(list) > most || len(list) == 0 {
		bad("%d blocks of at most %d", len(list), most)
	}
	ids := map[string]bool{}
	for _, b := range list {
		if id, _ := b["block_id"].(string); id != "" {
			if ids[id] || len(id) > 255 {
				bad("block_id %q is used twice or too long", id)
			}
			ids[id] = true
		}
		switch b["type"] {
		case "header":
			checkText(bad, b["text"], 150)
		case "section":
			if b["text"] == nil && b["fields"] == nil {
				bad("a section without text")
			}
			if b["text"] != nil {
				checkText(bad, b["text"], 3000)
			}
			fs, _ := b["fields"].([]any)
			if len(fs) > 10 {
				bad("%d fields", len(fs))
			}
			for _, f := range fs {
				checkText(bad, f, 2000)
			}
			if a, ok := b["accessory"].(map[string]any); ok {
				checkElement(bad, a)
			}
		case "context":
			es := b["elements"].([]any)
			if len(es) == 0 || len(es) > 10 {
				bad("%d elements of a context", len(es))
			}
			for _, e := range es {
				checkText(bad, e, 3000)
			}
		case "actions":
			es := b["elements"].([]any)
			if len(es) == 0 || len(es) > 5 {
				bad("%d elements in a row", len(es))
			}
			actions := map[any]bool{}
			for _, e := range es {
				el := e.(map[string]any)
				if actions[el["action_id"]] {
					bad("action_id %v twice in a block", el["action_id"])
				}
				actions[el["action_id"]] = true
				checkElement(bad, el)
			}
		case "input":
			checkText(bad, b["label"], 2000)
			if b["hint"] != nil {
				checkText(bad, b["hint"], 2000)
			}
			checkElement(bad, b["element"].(map[string]any))
		case "divider":
		default:
			bad("an unexpected block %v", b["type"])
		}
	}
	all.mu.Lock()
	all.walk(shownAs(list))
	all.mu.Unlock()
	if m := mention.FindString(typed.ReplaceAllString(string(raw), "")); m != "" {
		bad("somebody is mentioned: %q", m)
	}
}

// shownAs is what a story must press.
func shownAs(list []map[string]any) (out []any) {
	for _, o := range list {
		out = append(out, o)
	}
	return out
}

// mention is what rings people; json.Marshal writes < as \u003c.
var mention = regexp.MustCompile(`\\u003c(@|#|!(here|channel|everyone|group|subteam))`)

// typed is what stands in an input: shown to the one who types, and not sent.
var typed = regexp.MustCompile(`"initial_value":"([^"\\]|\\.)*"`)

func checkText(bad func(string, ...any), v any, most int) {
	o, _ := v.(map[string]any)
	s, _ := o["text"].(string)
	if n := len(utf16.Encode([]rune(s))); n < 1 || n > most || strings.TrimSpace(s) == "" {
		bad("a text of %d, allowed are 1 to %d: %.40q", n, most, s)
	}
	if o["type"] == "mrkdwn" && o["verbatim"] != true {
		bad("names in %.40q may be made mentions: not verbatim", s)
	}
}

func checkElement(bad func(string, ...any), e map[string]any) {
	if id, _ := e["action_id"].(string); id == "" || len(id) > 255 {
		bad("action_id %q", id)
	}
	text := func(key string, most int) {
		if e[key] != nil {
			checkText(bad, e[key], most)
		}
	}
	switch e["type"] {
	case "button":
		text("text", 75)
		if v, _ := e["value"].(string); len(v) > 2000 {
			bad("a value of %d", len(v))
		}
		if u, _ := e["url"].(string); len(u) > 3000 {
			bad("a url of %d", len(u))
		}
	case "overflow", "static_select", "multi_static_select":
		text("placeholder", 150)
		options, _ := e["options"].([]any)
		if len(options) == 0 || len(options) > 100 || e["type"] == "overflow" && len(options) > 5 {
			bad("%d options of a %v", len(options), e["type"])
		}
		for _, o := range options {
			checkText(bad, o.(map[string]any)["text"], 75)
			if v, _ := o.(map[string]any)["value"].(string); v == "" || len(v) > 75 {
				bad("an option's value of %d: %q", len(v), v)
			}
		}
	case "datetimepicker", "users_select", "file_input":
	case "checkboxes":
		for _, o := range e["options"].([]any) {
			checkText(bad, o.(map[string]any)["text"], 75)
		}
	case "plain_text_input":
		most, _ := e["max_length"].(float64)
		if v, _ := e["initial_value"].(string); len(utf16.Encode([]rune(v))) > int(most) || most > 3000 {
			bad("an initial value of %d, allowed are %v", len(v), most)
		}
	default:
		bad("an unexpected element %v", e["type"])
	}
}

// hostile texts are what a customer, or a broken system, may send.
var hostile = []string{
	"", " ", "\n\n\n", "x", "<!channel> <!here|x> <@U123> <#C1|y>", "@here @channel @everyone", "&&&&&&&&<<<<<>>>>>",
	strings.Repeat("&", 4000), strings.Repeat("<", 20000), strings.Repeat("🙂", 3000), strings.Repeat("a", 30_000),
	strings.Repeat("line\n", 2500), "```unclosed `code", "*_~`>", "\x00\x01\x02\x7f", "\u202Eevil\u2066", "عربي <!here> עברית",
	"\xff\xfe broken", strings.Repeat("e\u0301\u0301\u0301", 2000), "> quoted\n> <!channel>", "https://x.example/|<!here>",
	"&lt;!channel&gt;", "<<!channel>>", "[a](https://b.example/<!here>)", "**<@U1>**", "\u2028\u2029\u200b", strings.Repeat("\t", 500),
}

// chaos makes cards of hostile parts, in any amount.
type chaos struct{ *rand.Rand }

func (c chaos) text() string {
	s := hostile[c.Intn(len(hostile))]
	for c.Intn(3) == 0 && len(s) < 60_000 {
		s += hostile[c.Intn(len(hostile))]
	}
	return s
}

func (c chaos) texts(most int) (list []string) {
	for range c.Intn(most + 1) {
		list = append(list, c.text())
	}
	return list
}

func pick[T any](c chaos, list ...T) T { return list[c.Intn(len(list))] }

func (c chaos) message() ticket.Message {
	m := ticket.Message{Ticket: 1042, Seq: c.Intn(3), Kind: pick(c, ticket.Public, ticket.Note, ticket.System),
		Direction: pick(c, ticket.In, ticket.Out, ""), Channel: pick(c, "email", "slack", c.text()), Text: c.text(),
		Author: ticket.Actor{Name: c.text()}, From: customer.Identity{Name: c.text(), Value: c.text()},
		Delivery: pick(c, ticket.Queued, ticket.Sent, ticket.Failed, ""), Problem: c.text(), Warnings: c.texts(20),
		Auto: c.Intn(2) == 0, At: time.Unix(c.Int63n(4e9), 0), NewTopic: pick(c, "", c.text()),
		MovedTo: pick(c, ticket.MessageID{}, ticket.MessageID{Ticket: 7, Seq: 2}), MovedFrom: pick(c, ticket.MessageID{}, ticket.MessageID{Ticket: 7, Seq: 2}),
		SendAt: pick(c, time.Time{}, time.Unix(4e9, 0))}
	for range c.Intn(30) {
		m.Attachments = append(m.Attachments, ticket.Attachment{Name: c.text(), Size: c.Int63n(1e9)})
	}
	for range c.Intn(50) * c.Intn(2) {
		m.Turns = append(m.Turns, ticket.Turn{Speaker: c.text(), Role: "customer", Text: c.text()})
	}
	return m
}

func (c chaos) card() bots.Card {
	b := bots.Card{
		Ticket: ticket.Ticket{ID: ticket.ID(c.Int63n(1 << 40)), Rev: c.Int63(), Subject: c.text(), Diagnosis: c.text(), HoldReason: c.text(),
			State:    pick(c, ticket.New, ticket.Open, ticket.Pending, ticket.OnHold, ticket.Solved, ticket.Closed, ticket.State(c.text())),
			Priority: pick(c, ticket.Low, ticket.Normal, ticket.High, ticket.Urgent, ""), Channel: c.text(), Language: c.text(),
			Tier: c.text(), Owner: c.text(), Tags: c.texts(60), Reasons: c.texts(30), Fits: c.Intn(2) == 0, Opened: time.Unix(c.Int63n(4e9), 0)},
		Customer:     customer.Customer{Name: c.text(), Identities: []customer.Identity{{Kind: customer.Email, Value: c.text()}, {Kind: customer.Phone, Value: c.text()}}},
		Organization: customer.Organization{Name: c.text(), Plan: c.text()}, Tier: bots.Tier{Title: c.text()},
		Owner: ticket.Agent{Name: c.text()}, LastSaid: c.message(), Tried: c.texts(30), PageLog: c.texts(30),
		URL: pick(c, "", "https://console.example/t/1?a=1&b=<!here>", c.text()), Thread: pick(c, "", "https://x.example/", c.text()),
	}
	for range c.Intn(12) {
		b.Ticket.Signals = append(b.Ticket.Signals, ticket.Signal{Kind: pick(c, "anger", "safety", c.text()), Words: append(c.texts(6), "x")})
		b.Ticket.Proposals = append(b.Ticket.Proposals, ticket.Proposal{Do: pick(c, ticket.ActEscalate, ticket.ActPage, "x"), Why: c.text()})
	}
	for n := range c.Intn(5) {
		b.Ticket.Later = append(b.Ticket.Later, ticket.Scheduled{Number: n + 1, Text: c.text(), By: ticket.Actor{Name: c.text()}, At: time.Unix(c.Int63n(4e9), 0), Solve: c.Intn(2) == 0})
		b.Ticket.Promises = append(b.Ticket.Promises, ticket.Promise{Number: n + 1, What: c.text(), By: ticket.Actor{Name: c.text()},
			State: pick(c, ticket.PromiseOpen, ticket.PromiseBroken, ticket.PromiseKept), Due: time.Unix(c.Int63n(4e9), 0)})
	}
	if c.Intn(2) == 0 {
		b.Ticket.Handoff = &ticket.Handoff{Problem: c.text(), Tried: c.text(), From: "l1", By: ticket.Actor{Name: c.text()}, Back: c.Intn(2) == 0}
	}
	if c.Intn(2) == 0 {
		b.Suppliable = true
		b.Ticket.Supplies = []ticket.Supply{{Supplier: c.text(), Reference: c.text(), Asked: c.text(), Since: noon, Expected: noon}}
		b.Supplier = &bots.Supplier{Title: c.text(), For: c.text(), Contract: c.text(), Phone: c.text(), Email: c.text(), Open: c.Intn(2) == 0}
		b.Ticket.Informed = []ticket.Informed{{By: ticket.Actor{Name: c.text()}, Reason: c.text()}}
		b.Ticket.Verified = &ticket.Verified{How: c.text(), By: ticket.Actor{Name: c.text()}}
	}
	for range c.Intn(9) {
		b.Ticket.Participants = append(b.Ticket.Participants, customer.Identity{Kind: customer.Email, Value: c.text(), Name: c.text()})
	}
	b.Empathy, b.Environment = c.text(), c.text()
	if c.Intn(2) == 0 {
		b.Incident = &bots.CaseIncident{ID: 3, Title: c.text(), State: pick(c, ticket.IncidentStates...), Instruction: c.text(), URL: c.text()}
	}
	b.Ticket.MergedInto, b.Ticket.SplitFrom = pick[ticket.ID](c, 0, 9), pick[ticket.ID](c, 0, 9)
	b.Customer.Undeliverable = map[string]customer.Undeliverable{b.Customer.Identities[0].Value: {Reason: c.text()}}
	b.LastSaid.Seq = c.Intn(2)
	switch c.Intn(3) {
	case 0:
		b.Guide = &bots.Guide{Article: c.text(), Title: c.text(), Question: c.text(), Why: c.text(), Text: c.text(), Answered: c.Intn(3), From: 7}
		for range c.Intn(9) {
			b.Guide.Branches = append(b.Guide.Branches, nonEmpty(strings.TrimSpace(c.text()), "Yes"))
		}
	case 1:
		b.Guides = []bots.Guide{{Article: c.text(), Title: c.text()}, {Article: "b", Title: c.text()}}
	}
	for range c.Intn(6) {
		b.Ticket.Suggestions = append(b.Ticket.Suggestions, ticket.Suggestion{Article: fmt.Sprint("a", len(b.Ticket.Suggestions), strings.Repeat("-", c.Intn(130))),
			Title: c.text(), Score: c.Float64() * 3, Internal: c.Intn(2) == 0, Verdict: pick(c, "", "used", "not_relevant", "flagged")})
	}
	for range c.Intn(8) {
		b.Units = append(b.Units, bots.Unit{Unit: customer.Unit{Serial: c.text(), Model: c.text(), WarrantyUntil: time.Unix(c.Int63n(4e9), 0)}, Cases: c.Intn(9), Lemon: c.Intn(2) == 0})
		b.Cases = append(b.Cases, ticket.Case{ID: 1, Subject: c.text(), State: ticket.Closed, Diagnosis: c.text(), Relation: c.text()})
	}
	if c.Intn(2) == 0 {
		b.Ticket.Page = &ticket.Page{Number: 1, State: pick(c, ticket.PageRinging, ticket.PageExhausted), Who: []string{"a"}}
	}
	return b
}

// checkedApp is a connection of which only links are asked.
func checkedApp(t *testing.T) *slackapp.App {
	t.Helper()
	a, err := slackapp.New(slackapp.Config{AppToken: secret.New("xapp-1"), BotToken: secret.New("xoxb-1")}, slackapp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (c chaos) draft() draft {
	d := draft{text: c.text(), then: pick(c, "", thenWait, thenStay, thenSolve), diagnosis: c.text(), tags: c.text(), promise: pick(c, "", "none", "update"), due: c.Int63n(4e9),
		when: pick(c, "", whenNow, whenTime), at: c.Int63n(4e9), remember: c.Intn(2) == 0, warnings: c.texts(10)}
	if c.Intn(2) == 0 {
		d.doubt = &doubt{Words: c.text(), At: c.Int63n(4e9)}
	}
	if c.Intn(2) == 0 {
		d.macro = bots.Macro{Article: "a", Title: c.text(), Tags: c.texts(20), Untag: c.texts(20), Then: thenSolve, Promise: ticket.PromiseFix, Due: time.Unix(c.Int63n(4e9), 0)}
	}
	if c.Intn(2) == 0 {
		p := bots.Preview{Channel: c.text(), Subject: c.text(), From: c.text(), To: c.texts(30), Cc: c.texts(30), Text: c.text(), Below: c.text(), Quoted: c.text(), Faults: c.texts(9)}
		for _, s := range c.texts(12) {
			p.Warnings, p.Attachments = append(p.Warnings, bots.Warning{Text: s}), append(p.Attachments, ticket.Attachment{Name: s, Size: 7})
		}
		d.preview = &p
	}
	return d
}

func (c chaos) answering() bots.Answering {
	in := bots.Answering{Opening: c.text(), Languages: c.texts(30), Draft: ticket.Draft{Text: c.text(), At: time.Unix(c.Int63n(4e9), 0)}, Zone: c.text(), Tomorrow: time.Unix(c.Int63n(4e9), 0)}
	for n := range c.Intn(300) {
		in.Macros = append(in.Macros, bots.Macro{Article: strings.Repeat("m", c.Intn(125)) + fmt.Sprint(n), Title: c.text(), Fits: n < 3})
	}
	for _, s := range c.texts(5) {
		in.Writing = append(in.Writing, bots.Writing{Agent: ticket.Agent{Name: s}, At: time.Unix(c.Int63n(4e9), 0)})
	}
	return in
}

func (c chaos) incident() bots.IncidentCard {
	x := bots.IncidentCard{Incident: ticket.Incident{ID: 1, Title: c.text(), State: pick(c, ticket.IncidentStates...), Why: c.texts(9), Instruction: c.text(),
		Diagnosis: c.text(), Reason: c.text(), By: ticket.Actor{Name: c.text()}}, Languages: map[string]int{}, URL: c.text()}
	if c.Intn(2) == 0 {
		x.Incident.Updates = []ticket.IncidentUpdate{{Number: 1, Fallback: "en", Texts: map[string]string{"en": c.text()}, Due: time.Unix(c.Int63n(4e9), 0)}}
	}
	for n := range c.Intn(20) {
		x.Languages[fmt.Sprintf("l%d", n)] = n
		t := bots.IncidentTicket{Member: ticket.Member{Ticket: ticket.ID(n + 1), Score: c.Float64(), Skipped: c.text()}, Subject: c.text(), Text: c.text(), Language: "de"}
		x.Tickets, x.Maybe, x.Skipped, x.Returned = append(x.Tickets, t), append(x.Maybe, t), append(x.Skipped, t), append(x.Returned, t)
	}
	return x
}

// checkAll holds everything that is made of a card against the limits.
func checkAll(t *testing.T, seed int64) {
	c := chaos{rand.New(rand.NewSource(seed))}
	card := c.card()
	by := ticket.Agent{ID: "a", Name: c.text(), Languages: c.texts(3)}
	k := &Desk{back: &fakeBackend{tiers: []bots.Tier{{Name: "l1", Title: c.text(), Level: 1}, {Name: "l2", Title: c.text(), Level: 2}},
		oncall: []ticket.Agent{{Name: c.text()}, {Name: c.text()}}}, now: time.Now}
	checkBlocks(t, "card", cardBlocks(card, consoleLinks(card)), 50)
	if s := cardText(card); strings.TrimSpace(s) == "" || len([]rune(s)) > 3000 || mention.MatchString(jsonOf(s)) {
		t.Errorf("card text %q", s)
	}
	for range 3 {
		m := c.message()
		blocks, text, _ := messageBlocks(card, m)
		checkBlocks(t, "message", blocks, 50)
		if len([]rune(text)) > 4000 || mention.MatchString(jsonOf(text)) {
			t.Errorf("message text of %d: %.80q", len(text), text)
		}
		if n := len(jsonOf(blocks)); n > 200_000 {
			t.Errorf("a message's blocks have %d bytes", n)
		}
	}
	notice := bots.PageNotice{Card: card, To: ticket.Agent{ID: "a"}, Call: ticket.PageCall{Kind: pick(c, ticket.CallRing, ticket.CallLead, ticket.CallRemind, ticket.CallNotice)},
		Page: ticket.Page{Number: 1, Severity: ticket.Urgent, More: []string{c.text(), c.text()}, Answerer: "a",
			State: pick(c, ticket.PageRinging, ticket.PageAccepted, ticket.PageExhausted, ticket.PageWaiting, ticket.PageCancelled), Tier: c.text(), Reason: c.text(),
			By: ticket.Actor{Name: c.text()}, Log: []ticket.PageEntry{{Agent: "a", What: pick(c, "ringing", "declined", "no_answer", "needs", "handed", "snoozed"), Reason: c.text()}}}}
	checkBlocks(t, "page", pageBlocks(notice, c.text()), 50)
	incident := c.incident()
	k.app = checkedApp(t)
	k.back.(*fakeBackend).card, k.back.(*fakeBackend).rows = card, c.Intn(10)
	home, err := k.homeBlocks(t.Context(), by, bots.AgendaFilter{Tier: "l2", Urgent: true})
	if err != nil {
		t.Fatal(err)
	}
	checkBlocks(t, "home", home, 100)
	checkBlocks(t, "incident", k.incidentBlocks(incident), 50)
	k.back.(*fakeBackend).incident, k.back.(*fakeBackend).card = incident, card
	for _, what := range []string{doIncident, doIncidentOpen, doIncidentDismiss, doIncidentTickets, doIncidentInstruct, doIncidentUpdate, doIncidentResolve} {
		v, err := k.incidentForm(t.Context(), by, what, incidentRef{Incident: 1, Ticket: 2})
		if err != nil {
			t.Fatal(err)
		}
		checkView(t, v)
	}
	m := meta{Ticket: card.Ticket.ID, Rev: 7, Channel: "C0123456789", Thread: "1700000000.000100"}
	m.Lang, m.Macro, m.Seen, m.Set = pick(c, "", "fr"), strings.Repeat("m", c.Intn(128)), 7, c.Intn(3)
	checkView(t, replyForm(answer{card: card, by: by, m: m, d: c.draft(), in: c.answering(), few: c.Intn(2) == 0}))
	failed := c.message()
	for _, what := range []string{doCopy, doElsewhere} {
		checkView(t, failedForm(card, failed, what, m))
	}
	if seed%4 == 0 { // it takes long
		checkMore(t, c, k, card, by)
	}
	for _, what := range []string{doNote, doEscalate, doPage, doSolve, doDecline, doCall, doHand, doSnooze, doMerge, doSplit, doReturn, doPromise, doAssign, doArticle} {
		back := k.back.(*fakeBackend)
		back.card, back.said, back.other = card, []ticket.Message{{Ticket: 1, Seq: 1, Kind: ticket.Public, Text: "one can be split off"}}, nil
		for n := range c.Intn(150) {
			m := c.message()
			m.Seq = n + 2
			back.said = append(back.said, m)
			back.fits = append(back.fits, bots.Fit{Agent: ticket.Agent{ID: fmt.Sprint("a", n), Name: c.text()}, OK: c.Intn(2) == 0, Why: c.text()})
			back.other = append(back.other, ticket.Ticket{ID: ticket.ID(n + 5000), Subject: c.text(), State: ticket.Open})
		}
		v, err := k.form(t.Context(), click{by: by}, what, ref{Ticket: card.Ticket.ID, Rev: 3})
		if err != nil {
			t.Fatal(err)
		}
		checkView(t, v)
	}
}

// digest is an overview with everything that it can have, and too much of it.
func (c chaos) digest(kind ticket.DigestKind) bots.Digest {
	d := bots.Digest{Kind: kind, Foot: c.text(), Do: []bots.DigestDo{{Do: "add", Label: c.text(), Value: "l2"}, {Do: "fewer", Label: c.text(), Value: "week"}}}
	for range c.Intn(10) {
		s := bots.DigestSection{Head: c.text()}
		for range c.Intn(8) {
			r := bots.DigestRow{Ticket: ticket.ID(c.Intn(2) * 1001), Subject: c.text(), Text: c.text(), At: noon, To: noon, More: c.texts(4), URL: pick(c, "", "https://console.example/"+c.text())}
			for _, do := range [][]string{nil, {"keep"}, {"accept"}, {"take", "show"}, {"reply", "note", "show"}}[c.Intn(5)] {
				r.Do = append(r.Do, bots.DigestDo{Do: do, Label: c.text(), Number: 1})
			}
			if r.Ticket == 0 && c.Intn(2) == 0 {
				r.Change, r.Answers = int64(len(d.Sections)*10+len(s.Rows)+1), []ticket.RosterDo{ticket.RosterTake, ticket.RosterDecline}
			}
			s.Rows = append(s.Rows, r)
		}
		d.Sections = append(d.Sections, s)
	}
	return d
}

// checkMore holds what is shown beside cards against the limits: windows, forms, answers to commands, notices.
func checkMore(t *testing.T, c chaos, k *Desk, card bots.Card, by ticket.Agent) {
	t.Helper()
	back := k.back.(*fakeBackend)
	back.md, back.public, back.card = c.text(), c.Intn(2) == 0, card
	for range c.Intn(30) {
		one := ticket.Case{ID: 1, Subject: c.text(), State: ticket.Closed, Diagnosis: c.text(), Relation: c.text(), Opened: noon}
		back.past = append(back.past, one)
	}
	view := func(v slack.ModalViewRequest, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		checkView(t, v)
	}
	at := click{by: by, ic: &slack.InteractionCallback{}, action: &slack.BlockAction{}}
	view(k.pastView(t.Context(), by, ref{Ticket: card.Ticket.ID}))
	article := "x"
	if len(card.Ticket.Suggestions) > 0 {
		article = card.Ticket.Suggestions[0].Article
	}
	view(k.articleView(t.Context(), at, card.Ticket.ID, article))
	view(flagForm(card, article, meta{Ticket: card.Ticket.ID, Article: article}), nil)
	view(k.kbForm(t.Context(), by, c.text()))
	view(k.pageAnyForm(t.Context(), at, source{}))
	view(k.addForm(t.Context(), at, source{}))
	view(k.newForm(newMeta{}, entry{name: c.text(), contact: c.text(), subject: c.text(), text: c.text()}), nil)
	view(k.awayForm(), nil)
	view(amendForm(meta{Ticket: 1}, c.message()), nil)
	for _, what := range []string{doInform, doHeard, doVerify, doSupplied, doComplain, doPostpone, doAsk, doUpdate, doAnswer, doAmends, doRepromise, doUnpromise} {
		card.Ticket.Complaints = []ticket.Complaint{{Number: 1, Policy: c.text(), Words: c.text()}}
		card.Ticket.Questions = []ticket.Question{{Number: 1, Seq: 1, Text: c.text(), By: ticket.Actor{Name: c.text()}}}
		back.card = card
		view(k.form(t.Context(), at, what, ref{Ticket: card.Ticket.ID, Seq: 1}))
	}
	checkBlocks(t, "a customer", dossierBlocks(bots.Dossier{Customer: card.Customer, Organization: card.Organization, Cases: card.Cases, Units: c.texts(9)}), 50)
	checkBlocks(t, "a unit", append(units(card), casesList("*Its cases*", card.Cases)...), 50)
	for _, n := range []bots.Notice{{Card: card, Text: c.text(), Do: []string{"update", "postpone", "answer", "abuse"}, Handover: true},
		{Text: c.text(), Lines: []ticket.RosterLine{{Text: c.text(), From: noon, To: noon}}, Change: 3, Buttons: []ticket.RosterDo{ticket.RosterAgree, ticket.RosterDecline}}} {
		checkBlocks(t, "a notice", noticeBlocks(n), 50)
	}
	for _, kind := range ticket.DigestKinds() {
		checkBlocks(t, "a digest", k.digestBlocks(c.text(), c.digest(kind)), 50)
	}
	back.next = []bots.NextShift{{Tier: bots.Tier{Name: "l1", Title: c.text()}, At: noon, Who: []ticket.Agent{{Name: c.text()}},
		Notes: []ticket.ShiftNote{{By: ticket.Actor{Name: c.text()}, Text: c.text()}}}}
	view(k.wordsForm(t.Context(), by, "l1", c.text()))
	view(k.wordsForm(t.Context(), by, "l1 1700000000", ""))
	for _, text := range []string{"my", "find", "kb", "show", "customer", "unit"} {
		v, _ := verbOf(text)
		r, err := v.run(k, t.Context(), said{by: by, word: v.name, id: card.Ticket.ID, rest: "x"})
		if err != nil {
			t.Fatal(text, err)
		}
		if r.Blocks != nil {
			checkBlocks(t, text, r.Blocks, 50)
		}
		if len(utf16.Encode([]rune(r.Text))) > 40_000 {
			t.Errorf("%s: a text of %d", text, len(r.Text))
		}
	}
}

func checkView(t *testing.T, v slack.ModalViewRequest) {
	t.Helper()
	checkBlocks(t, "modal "+v.CallbackID, v.Blocks.BlockSet, 100)
	for _, o := range []*slack.TextBlockObject{v.Title, v.Submit, v.Close} {
		if o == nil {
			continue
		}
		s := o.Text
		if n := len(utf16.Encode([]rune(s))); n < 1 || n > 24 {
			t.Errorf("modal %s: %q has %d of 24", v.CallbackID, s, n)
		}
	}
	if n := len(jsonOf(v)); n > 250_000 { // views.open: view_too_large
		t.Errorf("modal %s has %d bytes", v.CallbackID, n)
	}
	if v.Submit != nil {
		all.mu.Lock()
		all.shown["form "+v.CallbackID] = true
		all.mu.Unlock()
	}
	if len(v.CallbackID) > 255 {
		t.Errorf("callback_id %q", v.CallbackID)
	}
	if len(v.PrivateMetadata) > 3000 {
		t.Errorf("modal %s: metadata of %d", v.CallbackID, len(v.PrivateMetadata))
	}
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestNothingThatIsShownBreaksALimit(t *testing.T) {
	t.Parallel()
	for seed := range int64(30) {
		checkAll(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzCards puts one text into every place of a card, a message, a page and a form.
func FuzzCards(f *testing.F) {
	for _, s := range hostile {
		if len(s) < 5000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 10_000 {
			return
		}
		c := sample()
		c.Ticket.Subject, c.LastSaid.Text, c.Customer.Name, c.Tier.Title, c.Organization.Name, c.Ticket.Diagnosis = s, s, s, s, s, s
		c.Tried, c.Ticket.Reasons, c.PageLog, c.Ticket.Tags, c.URL = []string{s, s}, []string{s}, []string{s}, []string{s}, s
		c.Guide = &bots.Guide{Article: s, Title: s, Question: s, Why: s, Text: s, Branches: []string{s}}
		c.Ticket.Suggestions[0].Title, c.Units[0].Serial, c.Cases[0].Subject = s, s, s
		checkBlocks(t, "card", cardBlocks(c, consoleLinks(c)), 50)
		for _, m := range []ticket.Message{{Kind: ticket.Public, Direction: ticket.In, Text: s, Author: ticket.Actor{Name: s}},
			{Kind: ticket.Public, Direction: ticket.Out, Text: s, Problem: s}, {Kind: ticket.Note, Text: s}, {Kind: ticket.System, Text: s}} {
			blocks, _, _ := messageBlocks(c, m)
			checkBlocks(t, "message", blocks, 50)
		}
		checkBlocks(t, "page", pageBlocks(bots.PageNotice{Card: c, Call: ticket.PageCall{Kind: ticket.CallRing}, Page: ticket.Page{State: ticket.PageRinging, Reason: s, More: []string{s}}}, s), 50)
		p := bots.Preview{Channel: s, Subject: s, From: s, To: []string{s}, Text: s, Below: s, Quoted: s, Faults: []string{s}, Warnings: []bots.Warning{{Text: s}}}
		checkView(t, replyForm(answer{card: c, m: meta{Ticket: 1, Lang: "fr"}, d: draft{text: s, preview: &p, warnings: []string{s}, tags: s, then: thenSolve, diagnosis: s,
			macro: bots.Macro{Article: "a", Title: s, Tags: []string{s}}}, in: bots.Answering{Draft: ticket.Draft{Text: s + "x"}, Macros: []bots.Macro{{Article: "a", Title: s}}}}))
	})
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden.json")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%s is not what it was (UPDATE_GOLDEN=1 takes it over):\n%s", name, got)
	}
}
