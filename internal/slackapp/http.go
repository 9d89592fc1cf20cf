package slackapp

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/slack-go/slack"
)

// Limits of signed requests. https://docs.slack.dev/authentication/verifying-requests-from-slack
const (
	replayWindow = 5 * time.Minute
	maxRequest   = 1 << 20 // bytes of a body
)

// Mount adds the routes that Slack calls in HTTP mode: events, interactions and commands below
// wherever r stands, which docs/slack-manifest.yaml takes to be /slack. Each takes all three, so that
// one address will do. A request without a true, fresh signature is answered 401; an event that could
// not be handled 503, so that Slack delivers it again.
func (a *App) Mount(r fiber.Router) {
	for _, path := range []string{"/events", "/interactions", "/commands"} {
		r.Post(path, a.signed(a.request))
	}
}

// signed lets only requests through that Slack has signed within the replay window. The body is
// copied: fiber's is used again for the next request.
func (a *App) signed(next func(c *fiber.Ctx, body []byte) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		body := bytes.Clone(c.Request().Body())
		switch {
		case a.cfg.SigningSecret.IsZero():
			return c.SendStatus(fiber.StatusNotFound)
		case len(body) > maxRequest:
			return c.SendStatus(fiber.StatusRequestEntityTooLarge)
		case !a.genuine(c.Get("X-Slack-Request-Timestamp"), c.Get("X-Slack-Signature"), body):
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		return next(c, body)
	}
}

func (a *App) genuine(stamp, signature string, body []byte) bool {
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || a.now().Sub(time.Unix(at, 0)).Abs() > replayWindow {
		return false
	}
	mac := hmac.New(sha256.New, []byte(a.cfg.SigningSecret.Reveal()))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return hmac.Equal([]byte("v0="+hex.EncodeToString(mac.Sum(nil))), []byte(signature))
}

// heardTime notices a clock of this machine that is wrong: Slack's requests bear their time, and would all be refused as
// too old, or of tomorrow.
func (a *App) heardTime(there time.Time) {
	if a.cfg.Mode != ModeHTTP {
		return
	}
	ahead := a.now().Sub(there).Round(time.Second)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch wrong := ahead.Abs() > replayWindow/2; {
	case wrong && a.skew == 0:
		a.log.Error("slack: the clock of this machine is wrong; what Slack sends may be refused for it", "ahead", ahead)
		a.skew = ahead
	case !wrong:
		a.skew = 0
	}
}

// request tells by its shape what was sent.
func (a *App) request(c *fiber.Ctx, body []byte) error {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm) {
		return a.httpEvent(c, body)
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return c.SendStatus(fiber.StatusBadRequest)
	case a.again(strings.Clone(c.Get("X-Slack-Signature"))): // of its very second and text: events may come twice, clicks do not
		return c.Send(nil)
	case form.Has("payload"):
		return a.httpInteraction(c, form.Get("payload"))
	case form.Get("ssl_check") == "1":
		return c.SendStatus(fiber.StatusOK)
	}
	return a.httpCommand(c, form)
}

func (a *App) httpEvent(c *fiber.Ctx, body []byte) error {
	var head struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		a.log.Warn("slack: a request that cannot be read", "error", err)
		return c.SendStatus(fiber.StatusBadRequest)
	}
	switch head.Type {
	case "url_verification":
		return c.SendString(head.Challenge)
	case "event_callback":
		if err := a.event(body)(); err != nil {
			return c.SendStatus(fiber.StatusServiceUnavailable)
		}
	case "app_rate_limited": // https://docs.slack.dev/apis/events-api/#rate-limiting
		a.log.Error("slack: more than 30,000 events an hour; Slack drops some")
		a.reconnected() // what was dropped is fetched
	}
	return c.SendStatus(fiber.StatusOK)
}

func (a *App) httpInteraction(c *fiber.Ctx, payload string) error {
	ic, err := decodeInteraction([]byte(payload))
	if err != nil {
		a.log.Warn("slack: an interaction that cannot be read", "error", err)
		return c.SendStatus(fiber.StatusBadRequest)
	}
	answer := a.interact(context.Background(), ic)
	if answer == nil {
		return c.Send(nil) // a body would be taken for an answer
	}
	return c.JSON(answer)
}

func (a *App) httpCommand(c *fiber.Ctx, form url.Values) error {
	return c.JSON(a.command(context.Background(), slack.SlashCommand{
		TeamID: form.Get("team_id"), EnterpriseID: form.Get("enterprise_id"), ChannelID: form.Get("channel_id"),
		ChannelName: form.Get("channel_name"), UserID: form.Get("user_id"), UserName: form.Get("user_name"),
		Command: form.Get("command"), Text: form.Get("text"), ResponseURL: form.Get("response_url"),
		TriggerID: form.Get("trigger_id"), APIAppID: form.Get("api_app_id"),
		IsEnterpriseInstall: form.Get("is_enterprise_install") == "true",
	}))
}
