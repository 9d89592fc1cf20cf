package web

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/internal/images"
	"tierline/internal/sanitise"
	"tierline/ticket"
)

const (
	maxRemoteImages = 200 // of one mail
	imagesFor       = 10 * time.Minute
	imagesPerMinute = 300 // of one person
)

// framePolicy is the policy of a mail as its writer laid it out: one style sheet of ours, the images
// that came with it, and nothing else. With images from elsewhere the frame has the session, because
// those come through the gateway; it runs no scripts then either.
func framePolicy(remote bool) string {
	from, origin := "data:", ""
	if remote {
		from, origin = "data: 'self'", " allow-same-origin"
	}
	return "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src " + from + "; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox" + origin + " allow-popups allow-popups-to-escape-sandbox"
}

type htmlView struct {
	HTML   template.HTML // made harmless
	Remote int           // things from elsewhere that were not loaded
	Shown  int           // images from elsewhere that are
}

// messageHTML is a mail as its writer laid it out, as far as that is harmless. It is made for a
// sandboxed frame of our page. Images that came with the mail are written into it: a sandboxed page has
// no session to ask with.
func (s *Server) messageHTML(c *fiber.Ctx) error { return s.showHTML(c, false) }

// messageImages is the same with images from elsewhere. It is a form's answer: no link can make
// somebody's browser load them.
func (s *Server) messageImages(c *fiber.Ctx) error { return s.showHTML(c, true) }

func (s *Server) showHTML(c *fiber.Ctx, remote bool) error {
	m, err := s.messageOf(c)
	if err != nil {
		return err
	}
	if m.HTML == "" {
		return notFound("This message has no HTML.")
	}
	room := int64(maxInlineImages)
	o := sanitise.Options{CID: func(id string) string {
		return s.inlineImage(c.UserContext(), m.Attachments, id, &room)
	}}
	given := map[string]string{}
	if remote {
		sess, ends := callerOf(c).session, s.now().Add(imagesFor)
		o.Remote = func(address string) string {
			if given[address] == "" && len(given) < maxRemoteImages {
				given[address] = s.imageAddress(sess, m, address, ends)
			}
			return given[address]
		}
	}
	out, n := sanitise.HTML(m.HTML, o)
	v := htmlView{HTML: template.HTML(out), Remote: n}
	if remote {
		v.Remote, v.Shown = 0, len(given)
	}
	c.Set(fiber.HeaderContentSecurityPolicy, framePolicy(remote))
	return s.render(c, "message", v)
}

// hasRemote says whether there may be images to load, without reading all of the HTML as such.
func hasRemote(html string) bool {
	for rest := html; ; {
		_, tag, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		rest = tag
		if name := tag[:min(len(tag), 3)]; !strings.EqualFold(name, "img") && !strings.EqualFold(name, "ima") { // a browser takes "image" for it
			continue
		}
		if tag, _, _ = strings.Cut(tag, ">"); strings.Contains(tag, "//") {
			return true
		}
	}
	for _, s := range []string{"url(http", "url('http", `url("http`, "url(&quot;http", "background=\"http", "background='http", "background=http"} {
		if strings.Contains(html, s) {
			return true
		}
	}
	return false
}

// imageAddress is where we give out a remote image to this session, for this mail, for a while.
func (s *Server) imageAddress(sess session, m ticket.Message, address string, ends time.Time) string {
	u, e := base64.RawURLEncoding.EncodeToString([]byte(address)), strconv.FormatInt(ends.Unix(), 10)
	return "/console/tickets/" + m.Ticket.String() + "/messages/" + strconv.Itoa(m.Seq) + "/image?" +
		url.Values{"u": {u}, "e": {e}, "s": {s.imageSignature(sess, m.Ticket, m.Seq, u, e)}}.Encode()
}

func (s *Server) imageSignature(sess session, id ticket.ID, seq int, u, e string) string {
	return base64.RawURLEncoding.EncodeToString(mac(s.secrets.image, strings.Join([]string{sess.ID, id.String(), strconv.Itoa(seq), u, e}, "\n")))
}

// messageImage gives out an image from elsewhere, if we have signed its address for this session.
func (s *Server) messageImage(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	seq, err := pathID(c, "seq")
	if err != nil {
		return err
	}
	w, u, e := callerOf(c), c.Query("u"), c.Query("e")
	want := s.imageSignature(w.session, id, int(seq), u, e)
	ends, _ := strconv.ParseInt(e, 10, 64)
	address, err := base64.RawURLEncoding.DecodeString(u)
	if !hmac.Equal([]byte(c.Query("s")), []byte(want)) || err != nil {
		return ticket.Errorf("web", ticket.Denied, "This is no address of an image that you may load.")
	}
	if s.now().Unix() >= ends {
		return ticket.Errorf("web", ticket.Denied, "Too much time has passed. Load the images again.")
	}
	if wait := s.perViewer.take(w.agent.ID, 1); wait > 0 {
		return tooMany(wait)
	}
	img, err := s.d.Images.Get(c.UserContext(), string(address))
	if err != nil {
		s.log.Info("an image from elsewhere is not shown", "ticket", id, "seq", seq, "by", w.name(), "err", err)
		if !errors.Is(err, images.ErrUnavailable) {
			return ticket.E("web.messageImage", ticket.Transient, err)
		}
		return notFound("This image cannot be loaded.")
	}
	c.Set(fiber.HeaderContentType, img.Type)
	c.Set(fiber.HeaderContentDisposition, "inline")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	return c.Status(http.StatusOK).Send(img.Data)
}
