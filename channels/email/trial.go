package email

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tierline/ticket"
)

// Trial is one connection that can be tried without changing anything: for the operator who sets the
// gateway up.
type Trial struct {
	Name string
	Mend string // what to do when it fails
	Try  func(ctx context.Context) error
}

// Trials are the connections of a checked configuration to other mail servers.
func Trials(c Config) []Trial {
	quiet := slog.New(slog.DiscardHandler)
	var list []Trial
	for _, m := range c.Mailboxes {
		b := &mailbox{conf: m.withDefaults(), cursors: nowhere{}, log: quiet}
		list = append(list, Trial{b.Name(), "check host, port, tls, user, password and folder; some providers want a password for apps",
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
		s := &sender{conf: c.Sending.withDefaults(), sign: c.signer(), log: quiet}
		list = append(list, Trial{fmt.Sprintf("email:smtp:%s:%d", s.conf.Host, s.conf.Port),
			"check host, port, tls, user and password; many networks block port 25", func(ctx context.Context) error {
				link, err := s.dial(ctx)
				if err != nil {
					return err
				}
				defer link.end()
				return link.client.Quit()
			}})
	}
	return list
}

// nowhere forgets what it is told.
type nowhere struct{}

var _ ticket.Cursors = nowhere{}

func (nowhere) Cursor(context.Context, string) (string, error)  { return "", nil }
func (nowhere) SetCursor(context.Context, string, string) error { return nil }
func (nowhere) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return true, nil
}
