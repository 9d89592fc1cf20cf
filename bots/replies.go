package bots

import (
	"context"
	"time"

	"tierline/ticket"
)

// Replies is what a desk asks for where an answer is written.
type Replies interface {
	// Answering is what the form of an answer shows beside the case; its words for the customer are in language, "" being
	// the customer's.
	Answering(ctx context.Context, by ticket.Agent, id ticket.ID, language string) (Answering, error)
	// Macros are those that may be used for a case, those that fit it first; id 0 gives all that by may use.
	Macros(ctx context.Context, by ticket.Agent, id ticket.ID) ([]Macro, error)
	// Macro is one of them, filled in for the case, in language or else in its own.
	Macro(ctx context.Context, by ticket.Agent, id ticket.ID, article, language string) (Macro, error)
	// Preview is what the customer would get, and what speaks against it.
	Preview(ctx context.Context, by ticket.Agent, id ticket.ID, a ticket.Action) (Preview, error)
	// KeepDraft keeps what by is writing, for them alone.
	KeepDraft(ctx context.Context, by ticket.Agent, d ticket.Draft) error
	// LeaveDraft notes that by has closed the form.
	LeaveDraft(ctx context.Context, by ticket.Agent, id ticket.ID, form string) error
	// Speak has a case, and its customer from now on, be answered in a language.
	Speak(ctx context.Context, by ticket.Agent, id ticket.ID, language string) error
}

// Answering is what whoever answers should see.
type Answering struct {
	Language  string   // in which Opening is: that which was asked for, where there are words in it
	Customers string   // the customer's; "" when it is not known
	Languages []string // that can be chosen
	Opening   string   // how an answer may begin and end
	Macros    []Macro
	Draft     ticket.Draft // what by has written before and not sent; zero when there is none
	Writing   []Writing    // colleagues who are writing an answer now
	Tomorrow  time.Time    // 8:00 of the next working day where the customer is
	Zone      string       // where that is: "Europe/Berlin"
}

// Writing is a colleague who is writing an answer.
type Writing struct {
	Agent ticket.Agent
	At    time.Time // when they last typed
}

// Macro is an answer that is ready to be sent, and what goes along with it.
type Macro struct {
	Article, Title string
	Languages      []string
	Fits           bool   // the case
	Language       string // of Text
	Text           string // filled in
	Open           []string
	Tags, Untag    []string
	Then           string             // wait, stay or solve; "" leaves it to the agent
	Promise        ticket.PromiseKind // "" is none
	Due            time.Time          // of that
}

// Preview is what the customer would get.
type Preview struct {
	Channel     string
	Subject     string // of a mail
	From        string // likewise
	To, Cc      []string
	Text        string // Markdown
	Below       string // what stands below it: signature, how to answer
	Quoted      string // of what was said before
	Attachments []ticket.Attachment
	Faults      []string  // must be mended
	Warnings    []Warning // should be looked at
}

// Warning is something that speaks against an answer.
type Warning struct {
	Text string
	Ask  bool // its writer is asked once before it is sent
}
