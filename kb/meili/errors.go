package meili

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	ms "github.com/meilisearch/meilisearch-go"

	"tierline/ticket"
)

// maxMessage is how much of the server's own words an error keeps, in bytes.
const maxMessage = 300

// failure tells by kind what the server's answer, or its silence, means. The library's own text is
// not kept: it may hold whole articles.
func failure(op string, err error) error {
	var me *ms.Error
	if !errors.As(err, &me) {
		return ticket.E(op, ticket.Transient, err)
	}
	code := me.MeilisearchApiError.Code
	switch me.ErrCode {
	case ms.MeilisearchApiError, ms.MeilisearchApiErrorWithoutMessage:
		cause := fmt.Errorf("the search server answers %d %s: %s", me.StatusCode, code, short(me.MeilisearchApiError.Message))
		return &ticket.Error{Op: op, Kind: kindOf(me.StatusCode), Err: cause}
	case ms.MeilisearchTimeoutError, ms.MeilisearchCommunicationError:
		return ticket.E(op, ticket.Transient, me.OriginError)
	case ms.ErrCodeResponseUnmarshalBody: // a proxy's page, or a cut answer
		return ticket.E(op, ticket.Transient, errors.New("the search server's answer cannot be read"))
	}
	return ticket.E(op, ticket.Internal, errors.New(short(me.Error())))
}

func kindOf(status int) ticket.Kind {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ticket.Denied
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 || status < 300:
		// A success other than the expected one is another program's.
		return ticket.Transient
	case status == http.StatusNotFound:
		return ticket.NotFound
	}
	return ticket.Invalid
}

func isCode(err error, codes ...string) bool {
	var me *ms.Error
	return errors.As(err, &me) && slices.Contains(codes, me.MeilisearchApiError.Code)
}

func short(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	for n := maxMessage; n > 0; n-- {
		if utf8.RuneStart(s[n]) {
			return s[:n] + "…"
		}
	}
	return ""
}

// errTask is a task that ended, but not well.
type errTask struct{ code, message string }

func (e errTask) Error() string {
	return "the search server's task failed: " + e.code + ": " + e.message
}

// wait waits for a task. A failed one is Invalid, unless it failed for want of something that comes
// back: room on the disk, or an index that is being made.
func (e *Engine) wait(ctx context.Context, op string, task int64, fine ...string) error {
	t, err := e.client.WaitForTaskWithContext(ctx, task, pollTask)
	if err != nil {
		if ctx.Err() != nil {
			return ticket.E(op, ticket.Transient, fmt.Errorf("task %d is not done: %w", task, context.Cause(ctx)))
		}
		return failure(op, err)
	}
	if t.Status == ms.TaskStatusSucceeded || slices.Contains(fine, t.Error.Code) {
		return nil
	}
	kind := ticket.Invalid
	switch {
	case t.Status == ms.TaskStatusCanceled:
		kind = ticket.Transient
	case slices.Contains([]string{"index_not_found", "no_space_left_on_device", "database_size_limit_reached",
		"internal", "io_error", "too_many_open_files", "index_not_accessible"}, t.Error.Code):
		kind = ticket.Transient
	}
	return &ticket.Error{Op: op, Kind: kind, Err: errTask{t.Error.Code, short(t.Error.Message)}}
}
