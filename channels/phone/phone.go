// Package phone takes in telephone calls as transcripts: POST /calls with speaker turns as JSON, as
// WebVTT, or as Deepgram and Amazon Transcribe send them.
//
// What happens when things fail: a call is answered with 201 after it is committed and not before;
// when the store is away the answer is 503 with Retry-After, and the sender posts it again. The same
// call posted again gives 200, the same ticket and "duplicate": true; the same call id with another
// content (a corrected transcript) is one more message on the same ticket. What cannot be read is
// answered with 400 (no such syntax) or 422 (it says something that cannot be), naming the place,
// and is kept whole in quarantine. Numbers of payment cards are taken out of the text before
// anything is stored; only what is in quarantine still has them.
//
// # Request
//
// Content-Type application/json or text/vtt. What a format cannot say about the call itself stands
// in the query, or in NOTE blocks of WebVTT ("call_id: …", one a line):
//
//	call_id     the telephone system's id, at most 200 characters; required
//	from, to    numbers; a national one is read by the configured region. from may be missing or
//	            "anonymous": the ticket is opened for an unknown caller then
//	direction   inbound (default) or outbound
//	started_at  RFC 3339
//	language    BCP 47
//	agent       who took the call
//
// The project's own JSON has these as keys and
//
//	"turns": [{"role":"customer","speaker":"…","start_ms":0,"end_ms":1200,"text":"…","confidence":0.98}]
//
// with role agent, customer or unknown, and at most 5000 turns. Answer: {"ticket":"T-1001","seq":1,
// "duplicate":false}.
package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// Config says whose calls these are.
type Config struct {
	// Region is the country whose national numbers are meant, ISO 3166: "DE". Default DE.
	Region string `yaml:"region"`
	// Lines are our own numbers. A call on another number belongs to the inbox "phone".
	Lines []Line `yaml:"lines"`
}

// Line is one of our numbers.
type Line struct {
	Number string `yaml:"number"` // international: +49 30 …
	Name   string `yaml:"name"`   // the inbox; the number when empty
	Brand  string `yaml:"brand"`  // "" is the default brand
}

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	if !knownRegion(c.region()) {
		at.Key("region").Error("two letters, such as DE", "%.20q is no country with telephone numbers", c.Region)
	}
	seen := map[string]bool{}
	for i, l := range c.Lines {
		n, err := e164(l.Number, c.region())
		switch {
		case err != nil:
			at.Key("lines").Index(i).Key("number").Error("such as +49 30 901820", "%.40q is no telephone number", l.Number)
		case seen[n]:
			at.Key("lines").Index(i).Key("number").Error("", "%s stands here twice", n)
		}
		seen[n] = true
	}
}

func (c Config) region() string {
	if c.Region == "" {
		return "DE"
	}
	return c.Region
}

// Deps is what the phone needs of the rest.
type Deps struct {
	Blobs ticket.Blobs     // keeps what cannot be read
	Now   func() time.Time // time.Now when nil
	Log   *slog.Logger     // slog.Default when nil
}

// Phone is the source and the sender of the channel.
type Phone struct {
	cfg   Config
	deps  Deps
	lines map[string]Line // by E.164

	mu     sync.Mutex
	intake ticket.Intake // nil while Run does not run
	held   sync.WaitGroup
}

// New makes a phone; Check has found no error in cfg.
func New(cfg Config, d Deps) (*Phone, error) {
	if d.Blobs == nil {
		return nil, errors.New("phone: a dependency is missing")
	}
	var faults check.List
	cfg.Check(faults.Root())
	for _, f := range faults.Faults {
		if !f.Warning {
			return nil, fmt.Errorf("phone: %v", f)
		}
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	p := &Phone{cfg: cfg, deps: d, lines: map[string]Line{}}
	for _, l := range cfg.Lines {
		n, _ := e164(l.Number, cfg.region())
		if l.Name == "" {
			l.Name = n
		}
		p.lines[n] = l
	}
	return p, nil
}

// Name implements [channels.Source].
func (p *Phone) Name() string { return channels.Phone }

// Ready implements [channels.Source].
func (p *Phone) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.intake == nil {
		return errors.New("the phone is not running")
	}
	return nil
}

// Run implements [channels.Source]: calls are taken until ctx ends, and those in hand are finished.
func (p *Phone) Run(ctx context.Context, in channels.Intake) error {
	p.mu.Lock()
	if p.intake != nil {
		p.mu.Unlock()
		return errors.New("phone: is running already")
	}
	p.intake = in
	p.mu.Unlock()
	<-ctx.Done()
	p.mu.Lock()
	p.intake = nil
	p.mu.Unlock()
	p.held.Wait() // each ends within acceptTime
	return nil
}

// hold gives the intake for one call, or nil while Run does not run.
func (p *Phone) hold() (in ticket.Intake, release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.intake == nil {
		return nil, nil
	}
	p.held.Add(1)
	return p.intake, p.held.Done
}

// Send implements [channels.Sender]: it says whom to call, as there is no way to send text to a
// telephone.
func (p *Phone) Send(_ context.Context, out ticket.Outbound) (string, error) {
	const op = "phone.Send"
	number, mail := "", ""
	for _, to := range append(out.To, out.Ticket.Participants...) {
		switch {
		case to.Kind == customer.Phone && number == "":
			number = to.Value
		case to.Kind == customer.Email && mail == "":
			mail = to.Value
		}
	}
	switch {
	case number != "" && !withheld(number):
		text := "This customer called, and a text cannot be sent by phone. Call back: " + number + "."
		if mail != "" {
			text += " Or write to " + mail + "."
		}
		return "", ticket.Errorf(op, ticket.Invalid, "%s", text)
	case mail != "":
		return "", ticket.Errorf(op, ticket.Invalid, "This customer called without showing a number. Write to %s.", mail)
	}
	return "", ticket.Errorf(op, ticket.Invalid, "This customer called without showing a number, so they cannot be called back.")
}
