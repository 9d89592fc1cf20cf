package router

import (
	"context"
	"testing"
	"time"

	"tierline/ticket"
)

// A job that takes longer than its lease stays with its worker; one whose lease was lost is called off.
func TestTheLeaseOfAJobAtWork(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	w.accept("one")
	claim := func() []ticket.Job {
		list, err := w.store.Claim(t.Context(), []ticket.JobKind{ticket.JobRoute}, 1, lease)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	d := jobs.Dispatcher(nil)
	d.renew = time.Millisecond
	began, ended := make(chan struct{}), make(chan error, 1)
	d.handlers[ticket.JobRoute] = func(ctx context.Context, _ ticket.Job) error {
		close(began)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ticket.E("test", ticket.Transient, ctx.Err())
	}
	j := claim()[0]
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.do(t.Context(), j)
	}()
	<-began
	for range 4 { // together longer than the lease
		w.pass(lease / 2)
		w.eventually(func() bool {
			list, err := w.store.Jobs(t.Context(), ticket.JobLeased, 0, 10)
			return err == nil && len(list) == 1 && list[0].Until.Equal(w.clock().Add(lease))
		})
		if len(claim()) != 0 {
			t.Fatal("the job was given to another while it was at work")
		}
	}
	var other []ticket.Job
	for len(other) == 0 { // between two renewals the clock jumps
		w.pass(2 * lease)
		other = claim()
	}
	<-done
	if err := <-ended; err != context.Canceled {
		t.Errorf("the handler was ended by %v, not called off", err)
	}
	if err := w.store.Finish(t.Context(), other[0]); err != nil {
		t.Errorf("the other worker's lease: %v", err)
	}
}

// eventually waits for what another goroutine does.
func (w *world) eventually(ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("waited in vain")
		}
	}
}
