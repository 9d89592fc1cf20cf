package ticket

import (
	"context"
	"sync/atomic"
)

// Work is a try of a job, to those who do it: by it they know what goes first where many share a limit,
// and they note whether the try has left anything behind.
type Work struct {
	Job  Job
	left atomic.Bool
}

type workKey struct{}

// Working gives the try of a job to those who do it.
func Working(ctx context.Context, w *Work) context.Context {
	return context.WithValue(ctx, workKey{}, w)
}

// WorkOf is the try that is at work; nil when somebody waits at the other end: a click, a form.
func WorkOf(ctx context.Context) *Work {
	w, _ := ctx.Value(workKey{}).(*Work)
	return w
}

// Left notes that the try has left, or may have left, something that another try must look for: a message
// that somebody sees.
func (w *Work) Left() {
	if w != nil {
		w.left.Store(true)
	}
}

// Counts says whether a try that ended with err is one after which the next must look for what it left.
func (w *Work) Counts(err error) bool { return w.left.Load() || !Unbegun(err) }
