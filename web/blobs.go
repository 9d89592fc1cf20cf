package web

import (
	"context"
	"io"
	"mime"
	"strconv"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

func ticketless(n int64) string { return strconv.FormatInt(n, 10) }

// readBlob reads at most max bytes of a blob.
func (s *Server) readBlob(ctx context.Context, sha string, max int64) ([]byte, error) {
	r, err := s.d.Blobs.Open(ctx, sha)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, max))
	if err != nil {
		return nil, ticket.E("web.readBlob", ticket.Transient, err)
	}
	return b, nil
}

// sendBlob streams a blob as a file to save. The blob is opened first, so that a missing one is an
// error and no empty file; its context must outlive the handler, because the body is sent after it.
func (s *Server) sendBlob(c *fiber.Ctx, sha, name, kind string) error {
	return s.sendFile(c, name, kind, func(ctx context.Context) (io.ReadCloser, error) { return s.d.Blobs.Open(ctx, sha) })
}

// sendFile streams what open opens as a file to save.
func (s *Server) sendFile(c *fiber.Ctx, name, kind string, open func(context.Context) (io.ReadCloser, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	r, err := open(ctx)
	if err != nil {
		cancel()
		return err
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": fileName(name)}))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Context().SetBodyStream(closing{r, cancel}, -1)
	return nil
}

// closing ends the context of a blob with it.
type closing struct {
	io.ReadCloser
	cancel func()
}

func (x closing) Close() error {
	defer x.cancel()
	return x.ReadCloser.Close()
}

// fileName is a name without anything that a file system or a header could take amiss.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == '"' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '_'
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if len(s) > 150 {
		s = strings.ToValidUTF8(s[len(s)-150:], "")
	}
	if s == "" {
		return "file"
	}
	return s
}

// plainText makes bytes from outside readable: what is no text is shown as what it is.
func plainText(b []byte) string {
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r == '\r' || unicode.IsControl(r) && r != '\n' && r != '\t' {
			if r == '\r' {
				return -1
			}
			return '\uFFFD'
		}
		return r
	}, s)
}
