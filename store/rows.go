package store

import (
	"strings"

	"tierline/ticket"
)

const ticketColumns = "id, state, tier, queue, owner, channel, customer, organization, follows_up, opened, words, merged_into, doc, rank, due, promised, paged"

func ticketRow(t *ticket.Ticket) ([]any, error) {
	d, err := doc(t)
	return []any{int64(t.ID), string(t.State), shortKey(t.Tier), shortKey(t.Queue), shortKey(t.Owner), shortKey(t.Channel),
		int64(t.Customer), int64(t.Organization), int64(t.FollowsUp), at(t.Opened),
		strings.ToLower(clean(t.Subject)), int64(t.MergedInto), d,
		t.Priority.Rank(), at(t.Due()), at(t.Promised()), shortKey(t.Paging())}, err
}

func (t *tx) updateTicket(k *ticket.Ticket) error {
	row, err := ticketRow(k)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE tickets SET state=$2, tier=$3, queue=$4, owner=$5, channel=$6, customer=$7,"+
		" organization=$8, follows_up=$9, opened=$10, words=$11, merged_into=$12, doc=$13, rank=$14, due=$15, promised=$16, paged=$17 WHERE id=$1", row...)
	if err != nil {
		return err
	}
	return t.savePages(k)
}

// scanTicket reads a row that is the doc alone.
func scanTicket(scan func(...any) error) (ticket.Ticket, error) {
	var t ticket.Ticket
	var d string
	if err := scan(&d); err != nil {
		return t, err
	}
	return t, undoc(d, &t)
}

const (
	messageColumns = "ticket, seq, delivery, problem, external, desk_ref, doc"
	messageSelect  = messageColumns + ", moved_to, moved_to_seq, moved_from, moved_from_seq"
)

func (t *tx) addMessages(list []ticket.Message) error {
	rows := make([][]any, 0, len(list))
	for _, m := range list {
		d, err := messageDoc(m)
		if err != nil {
			return err
		}
		rows = append(rows, []any{int64(m.Ticket), m.Seq, string(m.Delivery), clean(m.Problem), clean(m.External),
			clean(m.DeskRef), d})
	}
	if err := t.attach(list); err != nil {
		return err
	}
	return t.insert("INSERT INTO messages ("+messageColumns+")", "", rows)
}

// messageDoc is what of a message has no column of its own.
func messageDoc(m ticket.Message) (string, error) {
	m.Delivery, m.Problem, m.External, m.DeskRef = "", "", "", ""
	m.MovedTo, m.MovedFrom = ticket.MessageID{}, ticket.MessageID{}
	return doc(m)
}

// amendMessages keeps what messages say from now on.
func (t *tx) amendMessages(list []ticket.Message) error {
	for _, m := range list {
		d, err := messageDoc(m)
		if err != nil {
			return err
		}
		if _, err := t.exec("UPDATE messages SET doc=$3 WHERE ticket=$1 AND seq=$2", int64(m.Ticket), m.Seq, d); err != nil {
			return err
		}
	}
	return nil
}

// message reads one that is to be changed, under the lock of its ticket.
func (t *tx) message(id ticket.ID, seq int) (*ticket.Message, error) {
	var m ticket.Message
	found := false
	err := t.each("SELECT "+messageSelect+" FROM messages WHERE ticket=$1 AND seq=$2", []any{int64(id), seq},
		func(scan func(...any) error) (err error) {
			m, err = scanMessage(scan)
			found = true
			return err
		})
	if err == nil && !found {
		err = ticket.Errorf("store.Act", ticket.NotFound, "%s has no message %d.", id, seq)
	}
	return &m, err
}

func scanMessage(scan func(...any) error) (ticket.Message, error) {
	var m, row ticket.Message
	var d string
	if err := scan(&row.Ticket, &row.Seq, &row.Delivery, &row.Problem, &row.External, &row.DeskRef, &d,
		&row.MovedTo.Ticket, &row.MovedTo.Seq, &row.MovedFrom.Ticket, &row.MovedFrom.Seq); err != nil {
		return m, err
	}
	if err := undoc(d, &m); err != nil {
		return m, err
	}
	m.Ticket, m.Seq, m.Delivery = row.Ticket, row.Seq, row.Delivery
	m.Problem, m.External, m.DeskRef = row.Problem, row.External, row.DeskRef
	if m.MovedTo, m.MovedFrom = row.MovedTo, row.MovedFrom; !m.MovedFrom.IsZero() {
		m.NewTopic = "" // it has been taken apart
	}
	return m, nil
}

func (t *tx) addEvents(list []ticket.Event) error {
	rows := make([][]any, 0, len(list))
	for _, e := range list {
		e.ID = 0
		d, err := doc(e)
		if err != nil {
			return err
		}
		rows = append(rows, []any{int64(e.Ticket), d})
	}
	return t.insert("INSERT INTO events (ticket, doc)", "", rows)
}

const refColumns = "hash, key, scope, ticket, seq"

func refRows(list []ticket.Reference) [][]any {
	rows := make([][]any, 0, len(list))
	for _, r := range list {
		rows = append(rows, []any{keyHash(r.Key), r.Key, r.Scope, int64(r.Ticket), r.Seq})
	}
	return rows
}
