package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"tierline/channels/email"
	"tierline/ticket"
)

type mailLedgerCmd struct {
	configFlag
	jsonFlag
	Outcome string `enum:",ticketed,duplicate,suppressed,quarantined" default:"" help:"Only these: ticketed, duplicate, suppressed, quarantined."`
	Ticket  string `help:"Only mails of this ticket."`
	Text    string `help:"Only with this in the sender, the subject or the Message-ID."`
	After   int64  `help:"Only mails with a lower number, for the next page."`
	Limit   int    `default:"50" help:"At most so many (${default}; 500 at the most)."`
}

func (c mailLedgerCmd) Run(e *env) error {
	f := ticket.MailFilter{Outcome: ticket.MailOutcome(c.Outcome), Text: c.Text, After: c.After, Limit: c.Limit}
	if c.Ticket != "" {
		id, err := ticket.ParseID(c.Ticket)
		if err != nil {
			return err
		}
		f.Ticket = id
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Mails(e.ctx, f)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, m := range list {
		id := ""
		if m.Ticket != 0 {
			id = m.Ticket.String()
		}
		if c.JSON {
			if err := line(e.out, ledgerLine{m, id}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{strconv.FormatInt(m.ID, 10), m.At.Local().Format(time.DateTime), string(m.Outcome), m.Reason, dash(id),
			short(m.From, 40), short(m.Subject, 60), m.Source})
	}
	if c.JSON {
		return nil
	}
	return table(e.out, "MAIL\tSEEN\tOUTCOME\tREASON\tTICKET\tFROM\tSUBJECT\tSOURCE", rows)
}

// ledgerLine is a mail as a script reads it.
type ledgerLine struct {
	ticket.MailEntry
	Ticket string `json:"ticket,omitempty"` // T-1042, as mail explain has it
}

type mailIDs struct {
	configFlag
	Mails []int64 `arg:"" name:"mail" help:"Numbers of the ledger."`
}

// each does something with each mail.
func (c mailIDs) each(e *env, do func(*email.Desk, int64) error) (err error) {
	r, err := openMail(e, c.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	desk := email.NewDesk(r.cfg.Email, r.deps(), r.in, r.store)
	for _, id := range c.Mails {
		if err := do(desk, id); err != nil {
			return fmt.Errorf("mail %d: %w", id, err)
		}
	}
	return nil
}

type mailSourceCmd struct{ mailIDs }

func (c mailSourceCmd) Run(e *env) error {
	return c.each(e, func(d *email.Desk, id int64) error {
		r, err := d.Source(e.ctx, id)
		if err != nil {
			return err
		}
		_, err = io.Copy(e.out, r)
		return errors.Join(err, r.Close())
	})
}

type mailReleaseCmd struct{ mailIDs }

func (c mailReleaseCmd) Run(e *env) error {
	return c.each(e, func(d *email.Desk, id int64) error {
		m, err := d.Release(e.ctx, id, operator())
		if err == nil {
			_, err = fmt.Fprintf(e.out, "mail %d is message %d of %s\n", id, m.Seq, m.Ticket)
		}
		return err
	})
}

type mailDiscardCmd struct{ mailIDs }

func (c mailDiscardCmd) Run(e *env) error {
	return c.each(e, func(d *email.Desk, id int64) error {
		_, err := d.Discard(e.ctx, id, operator())
		if err == nil {
			_, err = fmt.Fprintf(e.out, "mail %d is discarded\n", id)
		}
		return err
	})
}
