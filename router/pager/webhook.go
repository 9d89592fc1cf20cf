package pager

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"

	"tierline/internal/images"
	"tierline/ticket"
)

// Client sends to webhooks. Its zero value is not ready: use [NewClient].
type Client struct {
	public, private *http.Client
	now             func() time.Time
}

// NewClient makes a client. It opens no connection.
func NewClient(now func() time.Time) *Client {
	make := func(control func(string, string, syscall.RawConn) error) *http.Client {
		d := &net.Dialer{Timeout: MaxTimeout / 2, Control: control}
		return &http.Client{Transport: &http.Transport{Proxy: nil, DialContext: d.DialContext, TLSHandshakeTimeout: MaxTimeout / 2,
			MaxResponseHeaderBytes: 32 << 10, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Client{public: make(publicOnly), private: make(nil), now: now}
}

// publicOnly sees the address that a name turned out to have, just before it is connected to.
func publicOnly(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err == nil {
		err = images.Public(netip.AddrPortFrom(a.Addr().Unmap(), 443))
	}
	return err
}

// Send tells a person once. still is asked just before: when it fails nothing is sent, and its error
// returned. It never names the address of the service, which may let whoever knows it in.
func (c *Client) Send(ctx context.Context, w Webhook, m Message, still func(context.Context) error) error {
	_, err := c.send(ctx, w, m, still)
	return err
}

// Try sends a test and says what was answered.
func (c *Client) Try(ctx context.Context, w Webhook, m Message) (answer string, err error) {
	code, err := c.send(ctx, w, m, func(context.Context) error { return nil })
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code))), err
}

// Lacks is what a person would need to be reached by it: "phone" or "email", or "".
func (w Webhook) Lacks(p Person) string {
	if w.Needs == "phone" && p.Phone == "" || w.Needs == "email" && p.Email == "" {
		return w.Needs
	}
	return ""
}

func (c *Client) send(ctx context.Context, w Webhook, m Message, still func(context.Context) error) (code int, err error) {
	if what := w.Lacks(m.Person); what != "" {
		return 0, ticket.Errorf("pager.Send", ticket.Invalid, "no %s is configured for %s", what, m.Person.Name)
	}
	body, kind, err := w.body(m)
	if err != nil {
		return 0, &ticket.Error{Op: "pager.Send", Kind: ticket.Invalid, Public: "the template fails", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(w.Timeout, MaxTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, cmp.Or(w.Method, http.MethodPost), w.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return 0, ticket.Errorf("pager.Send", ticket.Invalid, "its url is no web address")
	}
	for name, v := range w.Headers {
		req.Header.Set(name, v.Reveal())
	}
	if w.User != "" {
		req.SetBasicAuth(w.User, w.Pass.Reveal())
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "Tierline")
	req.Header.Set("Idempotency-Key", m.ID)
	w.sign(req, m.ID, body, c.now())
	if err := still(ctx); err != nil {
		return 0, err
	}
	client := c.public
	if w.AllowPrivate {
		client = c.private
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, failed(err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	_ = resp.Body.Close()
	return resp.StatusCode, verdict(resp, c.now())
}

// sign as Standard Webhooks has it: HMAC-SHA256 of id.timestamp.body, in base64.
func (w Webhook) sign(req *http.Request, id string, body []byte, now time.Time) {
	at := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	if w.Sign.IsZero() {
		return
	}
	key := []byte(w.Sign.Reveal())
	if rest, ok := strings.CutPrefix(w.Sign.Reveal(), "whsec_"); ok {
		if raw, err := base64.StdEncoding.DecodeString(rest); err == nil {
			key = raw
		}
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + at + "."))
	m.Write(body)
	req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

// verdict says what an answer means (RFC 9110 §15; 429: RFC 6585 §4; Retry-After: RFC 9110 §10.2.3).
func verdict(resp *http.Response, now time.Time) error {
	code := resp.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return &ticket.Error{Op: "pager.Send", Kind: ticket.Transient, Public: answers(code), RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now)}
	}
	return &ticket.Error{Op: "pager.Send", Kind: ticket.Invalid, Public: answers(code)}
}

func answers(code int) string {
	return strings.TrimSpace(fmt.Sprintf("it answers %d %s", code, http.StatusText(code)))
}

// maxRetryAfter is how long a service can ask us to wait.
const maxRetryAfter = time.Hour

func retryAfter(v string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(v); err == nil {
		return min(max(time.Duration(s), 0)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// failed says what went wrong without naming the address.
func failed(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	e := &ticket.Error{Op: "pager.Send", Kind: ticket.Transient, Public: "it cannot be reached", Err: err}
	var dns *net.DNSError
	var ne net.Error
	switch {
	case errors.As(err, &dns): // names the host, which is part of the address
		e.Public, e.Err = "its name is not found", nil
	case errors.As(err, &ne) && ne.Timeout(), errors.Is(err, context.DeadlineExceeded):
		e.Public = "it does not answer"
	case strings.Contains(err.Error(), "not a public address"):
		e.Kind, e.Public = ticket.Invalid, "its address is private (allow_private)"
	}
	return e
}

// body is what is sent, and its media type.
func (w Webhook) body(m Message) (body []byte, kind string, err error) {
	switch {
	case len(w.Form) > 0:
		v := url.Values{}
		for field, text := range w.Form {
			s, err := render(text, m)
			if err != nil {
				return nil, "", err
			}
			v.Set(field, s)
		}
		return []byte(v.Encode()), "application/x-www-form-urlencoded", nil
	case w.JSON != "":
		s, err := render(w.JSON, m)
		if err == nil && !json.Valid([]byte(s)) {
			err = errors.New("what comes of the template is no JSON")
		}
		return []byte(s), "application/json", err
	}
	body, err = json.Marshal(m)
	return body, "application/json", err
}

func render(text string, m Message) (string, error) {
	if len(text) > maxTemplate {
		return "", fmt.Errorf("a template of %d bytes; at most %d", len(text), maxTemplate)
	}
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"upper": strings.ToUpper, "lower": strings.ToLower,
	}).Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, m); err != nil {
		return "", err
	}
	return b.String(), nil
}
