package email

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tierline/ticket"
)

// Trial is one connection that can be tried without changing anything: for the operator who sets the
// gateway up.
type Trial struct {
	Name string
	Good string // what is shown when it works
	Mend string // what to do when it fails
	Try  func(ctx context.Context) error
}

// Trials are the connections of a checked configuration to other mail servers, and its record in the
// DNS. Of d the Cursors count: accounts that sign in with OAuth2 go on with the refresh tokens that are
// kept there, and are not tried without.
func Trials(c Config, d Deps) []Trial {
	d.Log = slog.New(slog.DiscardHandler)
	if d = d.withDefaults(); d.Cursors == nil {
		d.Cursors = unreachable{}
	}
	var list []Trial
	for _, m := range c.Mailboxes {
		b := newMailbox(m, c, nil, d)
		b.cursors = nowhere{} // where it was read to is the gateway's
		list = append(list, Trial{b.Name(), "signed in", "check host, port, tls, user, password and folder; some providers want a password for apps",
			func(ctx context.Context) error {
				s, err := b.connect(ctx)
				if err != nil {
					return err
				}
				stop := context.AfterFunc(ctx, func() { _ = s.client.Close() })
				defer stop()
				defer s.close()
				return b.open(ctx, s)
			}})
	}
	if c.Sending.Host != "" {
		list = append(list, sendingTrials(c, d)...)
	}
	return list
}

func sendingTrials(c Config, d Deps) (list []Trial) {
	name := fmt.Sprintf("email:smtp:%s:%d", c.Sending.Host, c.Sending.withDefaults().Port)
	list = append(list, Trial{name, "signed in", "check host, port, tls, user and password; many networks block port 25", func(ctx context.Context) error {
		s, err := newSender(c, d)
		if err != nil {
			return err
		}
		link, err := s.dial(ctx)
		if err != nil {
			return err
		}
		defer link.end()
		return link.client.Quit()
	}})
	if record, value, err := DKIMRecord(c); err == nil && record != "" {
		list = append(list, Trial{"dkim " + record, "published", "publish what this prints: tierline mail dkim", func(ctx context.Context) error {
			found, err := d.LookupTXT(ctx, record)
			if err != nil {
				return err
			}
			return published(found, value)
		}})
	}
	return list
}

// unreachable is a store that could not be opened.
type unreachable struct{ nowhere }

func (unreachable) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return false, errors.New("the newest refresh token is in the database, which cannot be opened")
}

// nowhere forgets what it is told.
type nowhere struct{}

var _ ticket.Cursors = nowhere{}

func (nowhere) Cursor(context.Context, string) (string, error)  { return "", nil }
func (nowhere) SetCursor(context.Context, string, string) error { return nil }
func (nowhere) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return true, nil
}
