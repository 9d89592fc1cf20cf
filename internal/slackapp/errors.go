package slackapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// tokenWait is when a call is tried again after Slack has refused the token.
const tokenWait = time.Minute

// unsaidWait is when a call is tried again that Slack does not take now, without saying until when.
const unsaidWait = 30 * time.Second

// fault is the one place in which what Slack and the network say becomes a [ticket.Error].
// Codes: https://docs.slack.dev/reference/methods (each method's table of errors).
func fault(op string, err error) error {
	if err == nil {
		return nil
	}
	var limited *slack.RateLimitedError
	var status slack.StatusCodeError
	var refused slack.SlackErrorResponse
	switch {
	case errors.As(err, &limited):
		return &ticket.Error{Op: op, Kind: ticket.Transient, RetryAfter: max(limited.RetryAfter, time.Second), Unbegun: true, Err: err}
	case errors.As(err, &status):
		if status.Code == http.StatusUnauthorized {
			return byCode(op, slack.SlackErrorResponse{Err: "invalid_auth"})
		}
		if status.Code == http.StatusRequestEntityTooLarge || status.Code == http.StatusBadRequest {
			return &ticket.Error{Op: op, Kind: ticket.Invalid, Err: err}
		}
		return &ticket.Error{Op: op, Kind: ticket.Transient, Err: err} // 5xx, and a proxy's 403 or 404
	case errors.As(err, &refused):
		return byCode(op, refused)
	}
	var te *ticket.Error
	if errors.As(err, &te) {
		return err
	}
	var ue *url.Error
	if errors.As(err, &ue) { // its address may be one that lets whoever knows it in
		err = fmt.Errorf("%s: %w", ue.Op, ue.Err)
	}
	var dial *net.OpError
	return &ticket.Error{Op: op, Kind: ticket.Transient, Err: err, // the network, or an answer cut short
		Unbegun: errors.As(err, &dial) && dial.Op == "dial"}
}

func byCode(op string, r slack.SlackErrorResponse) error {
	e := &ticket.Error{Op: op, Kind: ticket.Invalid, Err: r}
	if d := strings.Join(r.ResponseMetadata.Messages, "; "); d != "" {
		e.Err = &detailed{r, d}
	}
	switch r.Err {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "app_uninstalled",
		"org_login_required", "team_access_not_granted":
		e.Kind, e.RetryAfter, e.Unbegun = ticket.Transient, tokenWait, true
		e.Public = "Slack refuses the token (" + r.Err + "). Install the app again and give the new token."
	case "missing_scope":
		e.Kind, e.RetryAfter, e.Unbegun = ticket.Transient, tokenWait, true
		e.Public = "The Slack app lacks the scope " + r.Needed + ". Add it and install the app again."
	case "ratelimited", "rate_limited", "accesslimited", "message_limit_exceeded", "team_added_to_org":
		e.Kind, e.RetryAfter, e.Unbegun = ticket.Transient, unsaidWait, true
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "failed_for_some_files", "file_not_ready":
		e.Kind = ticket.Transient
	case "channel_not_found", "not_in_channel", "is_archived", "channel_is_archived":
		e.Public = "Slack: the channel is not there, is archived, or the app is not a member of it (" + r.Err + ")."
	case "message_not_found", "thread_not_found", "no_such_message", "user_not_found", "users_not_found", "file_not_found", "file_deleted":
		e.Kind = ticket.NotFound
	case "no_permission", "restricted_action", "access_denied", "ekm_access_denied", "not_allowed_token_type",
		"cant_update_message", "cannot_dm_bot", "user_disabled", "restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "restricted_action_thread_locked":
		e.Kind = ticket.Denied
		e.Public = "Slack does not allow this here (" + r.Err + ")."
	case "expired_trigger_id", "exchanged_trigger_id", "trigger_exchanged":
		e.Public = "That took too long. Click again."
	case "unknown_method":
		e.Public = "This Slack has no " + strings.TrimPrefix(op, "slack.") + "."
	case "hash_conflict":
		e.Kind = ticket.Conflict
	default:
		e.Public = "Slack refuses this (" + r.Err + ")."
	}
	return e
}

// detailed adds what response_metadata says to the code.
type detailed struct {
	slack.SlackErrorResponse
	more string
}

func (d *detailed) Error() string { return d.Err + ": " + d.more }
func (d *detailed) Unwrap() error { return d.SlackErrorResponse }

// Code is Slack's own word for what went wrong, or "".
func Code(err error) string {
	var r slack.SlackErrorResponse
	if errors.As(err, &r) {
		return r.Err
	}
	return ""
}

// needed is the scope that a call lacked.
func needed(err error) string {
	var r slack.SlackErrorResponse
	if errors.As(err, &r) && r.Needed != "" {
		return r.Needed
	}
	return "(unnamed)"
}

// callTimeout bounds one call of the Web API.
const callTimeout = 15 * time.Second

// do makes one call within the limits. key is what the method's limit counts apart: the channel of
// chat.postMessage.
func (w *workspace) do(ctx context.Context, method, key string, call func(context.Context, *slack.Client) error) error {
	c := classOf(ctx, method)
	if err := w.gate(ctx, c); err != nil {
		return err
	}
	if err := w.limit.wait(ctx, c, method, key); err != nil {
		return err
	}
	return w.call1(ctx, method, key, call)
}

// call1 makes a call, whatever the limits, and takes note of what came of it.
func (w *workspace) call1(ctx context.Context, method, key string, call func(context.Context, *slack.Client) error) error {
	work := ticket.WorkOf(ctx)
	short, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	api, token := w.client()
	err := fault("slack."+method, call(short, api))
	if wait := ticket.RetryAfter(err); wait > 0 && wait != tokenWait {
		w.limit.block(method, key, wait)
	}
	if seen(method) && (err == nil || ticket.KindOf(err) == ticket.Transient && !ticket.Unbegun(err)) {
		work.Left()
	}
	if ctx.Err() == nil {
		w.note(token, method, err)
	}
	return err
}

// seen says that what a method does is there for people to see, so that it must not be done twice.
func seen(method string) bool {
	return method == postMessage || method == "files.completeUploadExternal"
}
