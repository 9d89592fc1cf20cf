package slackdesk

import (
	"encoding/json"
	"fmt"
	"strings"

	"tierline/ticket"
)

// The action ids of buttons and menus, and the callback ids of modals.
const (
	doTake     = "take"
	doReply    = "reply"
	doNote     = "note"
	doEscalate = "escalate"
	doPage     = "page"
	doSolve    = "solve"
	doReopen   = "reopen"
	doMore     = "more" // a menu; its options name the action
	doQueue    = "queue"
	doUrgent   = "urgent"
	doNormal   = "normal"
	doVerdict  = "verdict"
	doAccept   = "accept"
	doDecline  = "decline"
	doCall     = "accept_call" // accept, with a callback promised
	doNeed     = "need"
	doHand     = "hand"
	doSnooze   = "snooze"
	doPreview  = "preview" // in the reply modal
	doInsert   = "insert"  // in the reply modal
	doShow     = "show"    // the card, to one person
	doOpen     = "open"    // a link: nothing to do
	doMerge    = "merge"
	doSplit    = "split" // and move: the form asks where to
	doBack     = "back"  // move a message back to where it came from
	doUndo     = "undo"  // the merge
	doWithdraw = "withdraw"
	doAmend    = "amend" // what was sent
	doReturn   = "return"
	doPromise  = "promise"
	doKeep     = "keep"
	doAssign   = "assign"
	doAway     = "away" // in the Home tab, like the next two
	doHere     = "here"
	doNext     = "next"
	doJoin     = "join"
	doRelease  = "release"
	doCases    = "cases"      // all previous cases, in a window
	doPast     = "cases_page" // the next page of them
	doPastBack = "cases_back" // the one before
	doFlag     = "flag_article"
	doAdd      = "digest_add"   // words for the next shift; its value names tier and shift
	doFewer    = "digest_fewer" // of a digest: its value is the kind
)

// ref is what a button is about: a ticket as it was shown, and the page or the message that it belongs to.
type ref struct {
	Ticket ticket.ID
	Rev    int64
	Page   int
	Seq    int
}

func refTo(t ticket.Ticket) ref { return ref{Ticket: t.ID, Rev: t.Rev} }

func (r ref) String() string { return fmt.Sprintf("%d.%d.%d.%d", r.Ticket, r.Rev, r.Page, r.Seq) }

func parseRef(s string) (ref, bool) {
	var r ref
	n, _ := fmt.Sscanf(s, "%d.%d.%d.%d", &r.Ticket, &r.Rev, &r.Page, &r.Seq)
	return r, n >= 3 && r.Ticket > 0 // buttons of before messages had any name no message
}

// articleBlock is the id of a suggestion's block: its menu's options are too short for an article's id.
func articleBlock(id ticket.ID, article string) string {
	return fmt.Sprintf("kb:%d:%.200s", id, article)
}

func parseArticleBlock(s string) (id ticket.ID, article string, ok bool) {
	rest, found := strings.CutPrefix(s, "kb:")
	num, article, cut := strings.Cut(rest, ":")
	if !found || !cut {
		return 0, "", false
	}
	id, err := ticket.ParseID(num)
	return id, article, err == nil
}

// meta is what a modal remembers (private_metadata, at most 3,000 characters).
type meta struct {
	Ticket  ticket.ID `json:"t"`
	Rev     int64     `json:"r,omitempty"`
	Page    int       `json:"p,omitempty"`
	Channel string    `json:"c,omitempty"` // where it was clicked
	Thread  string    `json:"m,omitempty"`
	Block   int       `json:"b,omitempty"` // counts how often the text was replaced
	Number  int       `json:"n,omitempty"` // of the note, question, promise or complaint that it is about
	Stay    bool      `json:"s,omitempty"` // of an answer: it is ours to act still
	Article string    `json:"k,omitempty"` // that is flagged
	Asked   bool      `json:"q,omitempty"` // of an answer: its writer was asked about what speaks against it
	Lang    string    `json:"l,omitempty"` // likewise, and so the rest: the language of what is put in; "" is the customer's
	Macro   string    `json:"x,omitempty"` // the article of the macro that it is made of
	Set     int       `json:"e,omitempty"` // counts how often what goes along was replaced
	Seen    int       `json:"v,omitempty"` // the customer's newest message when it was opened
	Resumed bool      `json:"d,omitempty"` // one's draft is in it
}

func (m meta) String() string {
	b, _ := json.Marshal(m)
	return string(b)
}

func parseMeta(s string) (m meta, ok bool) {
	return m, json.Unmarshal([]byte(s), &m) == nil && m.Ticket > 0
}
