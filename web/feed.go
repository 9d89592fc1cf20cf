package web

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/bots"
	"tierline/router/oncall"
	"tierline/ticket"
)

// Calendars of who is on call, for programs that keep calendars. Their address is the secret: it names a
// feed of the store and is signed. It ends when it is revoked, and when the one whose it is leaves; then,
// as for every address that is wrong, there is no such calendar.

const (
	feedPrefix = "/oncall/feeds/"
	feedPast   = 31 * 24 * time.Hour
	feedAhead  = 6 // months, then up to the end of the month
	feedFresh  = 15 * time.Minute
	feedEvents = 5_000
)

// feedURL is the address of a feed.
func (s *Server) feedURL(f ticket.RosterFeed) string {
	return s.URL() + feedPrefix + s.feedName(f)
}

func (s *Server) feedName(f ticket.RosterFeed) string {
	id := strconv.FormatInt(f.ID, 10)
	return id + "-" + base64.RawURLEncoding.EncodeToString(mac(s.secrets.feed, id+":"+f.Agent)) + ".ics"
}

// feed finds the feed of an address.
func (s *Server) feed(c *fiber.Ctx, name string) (f ticket.RosterFeed, a ticket.Agent, err error) {
	gone := notFound("There is no such calendar.")
	id, _, ok := strings.Cut(name, "-")
	n, bad := strconv.ParseInt(id, 10, 64)
	if !ok || bad != nil || n <= 0 || len(name) > 100 {
		return f, a, gone
	}
	f, err = s.d.Store.Feed(c.UserContext(), n)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return f, a, err
	}
	a, here := s.agent(f.Agent)
	if err != nil || !hmac.Equal([]byte(name), []byte(s.feedName(f))) || !here || len(a.Roles) == 0 {
		return f, a, gone
	}
	return f, a, nil
}

func (s *Server) serveFeed(c *fiber.Ctx) error {
	f, a, err := s.feed(c, c.Params("name"))
	if err != nil {
		return err
	}
	now := s.now().UTC()
	from, to := now.Add(-feedPast), time.Date(now.Year(), now.Month()+feedAhead+1, 1, 0, 0, 0, 0, time.UTC)
	v, err := s.d.Backend.Rosters(c.UserContext(), a, from, to)
	if err != nil {
		return err
	}
	cal := s.calendar(f, a, v, to)
	body := cal.String()
	sum := sha256.Sum256([]byte(body))
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "private, max-age=300")
	c.Set("X-Robots-Tag", "noindex")
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="oncall.ics"`)
	return c.SendString(body)
}

// calendar is what a feed tells.
func (s *Server) calendar(f ticket.RosterFeed, a ticket.Agent, v bots.RosterView, end time.Time) oncall.Calendar {
	host := s.URL()
	if _, h, ok := strings.Cut(host, "://"); ok {
		host = h
	}
	cal := oncall.Calendar{ID: "feed-" + strconv.FormatInt(f.ID, 10) + "@" + host, Name: "On call: " + a.Name, URL: s.URL() + "/console/oncall",
		Refresh: feedFresh, Modified: f.Made, About: "Shifts of " + a.Name + ". Times are those of your calendar's time zone."}
	for _, t := range v.Tiers {
		title := cmp.Or(t.Tier.Title, t.Tier.Name)
		if f.Tier != "" {
			if t.Tier.Name != f.Tier {
				continue
			}
			cal.Name, cal.About = "On call: "+title, "Who is on call for "+title+"."
		}
		for _, x := range t.Shifts {
			if f.Tier == "" && x.Person != a.ID || len(cal.Events) == feedEvents {
				continue
			}
			e := oncall.Event{UID: shiftUID(t.Tier.Name, x) + "@" + host, Summary: "On call: " + title, From: x.From, To: x.To,
				URL: cal.URL, Sequence: x.Changes, Modified: f.Made}
			if f.Tier != "" {
				e.Summary = s.agentName(x.Person) + " · " + title
			}
			if e.To.After(end) { // it goes on for longer than anybody looks ahead
				e.To = end
			}
			if x.Modified.After(e.Modified) {
				e.Modified = x.Modified
			}
			if e.Modified.After(cal.Modified) {
				cal.Modified = e.Modified
			}
			cal.Events = append(cal.Events, e)
		}
	}
	return cal
}

// shiftUID is the same for a shift as long as it is of the same person and begins when it does. One that
// has no beginning is the only one of its kind.
func shiftUID(tier string, x bots.Shift) string {
	begin := "ongoing"
	if x.Whole {
		begin = strconv.FormatInt(x.From.Unix(), 10)
	}
	sum := sha256.Sum256([]byte(tier + "\x00" + x.Person + "\x00" + begin))
	return hex.EncodeToString(sum[:16])
}
