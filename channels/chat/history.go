package chat

import (
	"context"
	"slices"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

const pageOfMessages = 100

// catchUp writes the public messages that the visitor has not seen. The error is the connection's;
// when the store is away, it is tried again soon.
func (s *socket) catchUp(again bool) error {
	s.mu.Lock()
	ready, looked := s.greeted, s.looked && !again
	s.mu.Unlock()
	if !ready {
		return nil
	}
	ctx, stop := context.WithTimeout(s.run.ctx, readTime)
	defer stop()
	if !looked {
		if err := s.look(ctx); err != nil {
			s.storeAway(ctx, err)
			return nil
		}
	}
	ids := s.run.followed(s)
	slices.Sort(ids)
	for _, id := range ids {
		fromStore, err := s.tell(ctx, id)
		if err != nil && fromStore {
			s.storeAway(ctx, err)
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) storeAway(ctx context.Context, err error) {
	if s.run.ctx.Err() == nil {
		s.chat.deps.Log.WarnContext(ctx, "chat: cannot read what the visitor has not seen", "error", err)
		time.AfterFunc(retryTime, s.nudge) // touches no connection, so it may outlive the socket
	}
}

// look finds the tickets of the session and follows them.
func (s *socket) look(ctx context.Context) error {
	found, err := s.chat.tickets(ctx, s.session)
	if err != nil {
		return err
	}
	for _, t := range found {
		s.run.follow(s, t.ID)
		if _, ok := s.have[t.ID.String()]; !ok {
			s.have[t.ID.String()] = max(0, t.LastSeq-maxHistory)
		}
	}
	s.mu.Lock()
	s.looked = true
	s.mu.Unlock()
	return nil
}

// tickets lists those that a session takes part in. The session's key leads to the first of them,
// that to its customer, and that to the others.
func (c *Chat) tickets(ctx context.Context, session string) ([]ticket.Ticket, error) {
	ref, err := c.deps.References.Lookup(ctx, channels.Chat, session)
	if ticket.KindOf(err) == ticket.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	first, err := c.deps.Reader.Ticket(ctx, ref.Ticket)
	if err != nil {
		return nil, err
	}
	all, err := c.deps.Reader.Tickets(ctx, ticket.Filter{Customer: first.Customer, Channel: channels.Chat})
	if err != nil {
		return nil, err
	}
	me := customer.Identity{Kind: customer.Chat, Value: session}
	all = slices.DeleteFunc(all, func(t ticket.Ticket) bool { return !t.Has(me) || t.ID == first.ID })
	if len(all) >= maxTickets {
		all = all[:maxTickets-1]
	}
	if first.Has(me) {
		all = append(all, first)
	}
	return all, nil
}

// tell writes what is new of one ticket. It says whether an error is the store's.
func (s *socket) tell(ctx context.Context, id ticket.ID) (fromStore bool, err error) {
	key := id.String()
	for {
		page, err := s.chat.deps.Reader.Messages(ctx, id, s.have[key], pageOfMessages)
		if err != nil {
			return true, err
		}
		for _, m := range page {
			if f, ok := frameOf(s.session, m); ok {
				if err := s.put(f.bytes()); err != nil {
					return false, err
				}
			}
			s.have[key] = m.Seq
		}
		if len(page) < pageOfMessages {
			return false, nil
		}
	}
}
