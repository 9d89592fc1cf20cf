package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/internal/images"
	"tierline/ticket"
)

type ticketView struct {
	page
	Card     bots.Card
	T        ticket.Ticket
	Stamp    string
	Messages []shownMessage
	Earlier  string // query for the messages before
	Events   []shownEvent
	Skipped  int // older events that are not shown
	Raw      string
	May      map[string]bool // what the agent's role allows
	Fault    string          // what the last action met
	Form     actForm
	Policies []string

	Care       careView
	Promises   []ticket.Promise // that are still to be kept
	Complaints []ticket.Complaint
	Paging     pagingView
}

// actForm is what the forms of the page send.
type actForm struct {
	Do, Text, Diagnosis, Key string
	Rev                      int64
	Other, Subject           string // of a merge, a move, a split
	Seqs                     []int
	Event                    int64
	Without                  string // whom to leave out: a mail address
	careForm
	pageForm
	Script ScriptStep
	Doubt  *bots.Named // a time that the answer names and nothing stands for: asked once
}

// Limits of what the page shows at once.
const (
	shownMessages = 100
	shownEvents   = 200
	shownText     = 30_000 // bytes of one message
	shownTurns    = 300
	maxEvents     = 10_000
)

func (s *Server) ticketPage(c *fiber.Ctx) error {
	f := actForm{Key: newID()}
	if c.Query("write") == "update" { // what the customer would hear by itself, to be written by a person
		id, err := pathTicket(c)
		if err == nil {
			f.Text, err = s.d.Backend.Wording(c.UserContext(), *callerOf(c).agent, id, "update")
		}
		if err != nil {
			return err
		}
		f.Stay = true
	}
	return s.showTicket(c, http.StatusOK, f, "")
}

func (s *Server) showTicket(c *fiber.Ctx, status int, form actForm, fault string) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	w := callerOf(c)
	ctx := c.UserContext()
	card, err := s.d.Backend.Card(ctx, *w.agent, id)
	if err != nil {
		return err
	}
	v := ticketView{page: s.page(c, id.String()+" "+card.Ticket.Subject, "tickets"), Card: card, T: card.Ticket,
		Stamp: stamp(card.Ticket), Fault: fault, Form: form, Policies: s.d.Backend.Policies(), May: allowed(*w.agent, card.Ticket)}
	v.Promises, v.Complaints = v.T.OpenPromises(), v.T.OpenComplaints()
	v.Paging = s.pagingView(ctx, *w.agent, card, v.May)
	if v.Care, err = s.careView(ctx, w.agent, card); err != nil {
		return err
	}
	q := query{c: c}
	from := int(q.number("from"))
	if q.err != nil || from <= 0 || from > v.T.LastSeq {
		from = max(1, v.T.LastSeq-shownMessages+1)
	}
	list, err := s.d.Store.Messages(ctx, id, from-1, shownMessages)
	if err != nil {
		return err
	}
	for _, m := range list {
		shown := s.shown(m, v.May, form)
		shown.Asked = card.Ticket.Asked(m.Seq)
		v.Messages = append(v.Messages, shown)
	}
	if from > 1 {
		v.Earlier = "?from=" + strconv.Itoa(max(1, from-shownMessages))
	}
	events, skipped, err := s.lastEvents(ctx, id)
	if err != nil {
		return err
	}
	v.Events, v.Skipped = history(events, v.May["undo"]), skipped
	raw, err := json.MarshalIndent(struct {
		Ticket   ticket.Ticket `json:"ticket"`
		Customer any           `json:"customer"`
		Units    any           `json:"units,omitempty"`
	}{v.T, card.Customer, card.Units}, "", "  ")
	if err != nil {
		return ticket.E("web.showTicket", ticket.Internal, err)
	}
	v.Raw = string(raw)
	c.Status(status)
	return s.render(c, "ticket", v)
}

// messageText is all that was said in a message, as plain text.
func (s *Server) messageText(c *fiber.Ctx) error {
	m, err := s.messageOf(c)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	text := m.Text
	if m.Folded != "" {
		text += "\n\n" + m.Folded
	}
	return c.SendString(text)
}

// lastEvents reads the history, which the store lists oldest first, and keeps its end.
func (s *Server) lastEvents(ctx context.Context, id ticket.ID) (last []ticket.Event, skipped int, err error) {
	var after int64
	for read := 0; read < maxEvents; {
		list, err := s.d.Store.Events(ctx, id, after, ticket.MaxPage)
		if err != nil {
			return nil, 0, err
		}
		last = append(last, list...)
		if n := len(last) - shownEvents; n > 0 {
			skipped += n
			last = last[n:]
		}
		if len(list) < ticket.MaxPage {
			break
		}
		read += len(list)
		after = list[len(list)-1].ID
	}
	return last, skipped, nil
}

func (s *Server) messageOf(c *fiber.Ctx) (ticket.Message, error) {
	id, err := pathTicket(c)
	if err != nil {
		return ticket.Message{}, err
	}
	seq, err := pathID(c, "seq")
	if err != nil {
		return ticket.Message{}, err
	}
	return s.d.Store.Message(c.UserContext(), id, int(seq))
}

const (
	maxInlineImage  = 1 << 20 // bytes of one image that is shown within a mail
	maxInlineImages = 6 << 20 // and of all of them
)

// inlineImage is the attachment with this Content-ID as an address that holds it: "" for one that is
// missing, too large or no image that every browser shows as a plain picture.
func (s *Server) inlineImage(ctx context.Context, all []ticket.Attachment, id string, room *int64) string {
	for _, a := range all {
		if a.ContentID == "" || !strings.EqualFold(a.ContentID, id) || a.Size > min(maxInlineImage, *room) {
			continue
		}
		data, err := s.readBlob(ctx, a.SHA256, maxInlineImage)
		if err != nil {
			s.d.Log.WarnContext(ctx, "an image within a mail cannot be shown", "name", a.Name, "err", err)
			return ""
		}
		if address := imageData(data); address != "" {
			*room -= int64(len(data))
			return address
		}
	}
	return ""
}

// imageData is an address that holds a picture, or "" for what is no picture that the sanitiser lets through.
func imageData(data []byte) string {
	switch kind := images.Raster(data); kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp":
		return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
	}
	return ""
}

// attachment gives a file of a message out, always to be saved.
func (s *Server) attachment(c *fiber.Ctx) error {
	m, err := s.messageOf(c)
	if err != nil {
		return err
	}
	n, err := pathID(c, "n")
	if err != nil {
		return err
	}
	if int(n) > len(m.Attachments) {
		return notFound("There is no such attachment.")
	}
	a := m.Attachments[n-1]
	return s.sendBlob(c, a.SHA256, a.Name, fiber.MIMEOctetStream)
}
