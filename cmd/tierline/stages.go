package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// stage is a group of things that run together. Stages start in order and stop in the opposite one,
// so that nothing is taken in that could not be worked, and nothing is worked on a closed store.
type stage struct {
	name string
	stop time.Duration // how long it may take to stop
	run  []func(context.Context) error
}

// runStages runs all stages until ctx ends or one of them fails, then stops the last first.
func runStages(ctx context.Context, log *slog.Logger, stages []stage) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type running struct {
		stage
		cancel context.CancelFunc
		done   chan error
	}
	var up []running
	for _, s := range stages {
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		r := running{s, stop, make(chan error, 1)}
		g, own := errgroup.WithContext(own)
		for _, f := range s.run {
			g.Go(func() error { return f(own) })
		}
		go func() {
			err := g.Wait()
			if err != nil {
				cancel(fmt.Errorf("%s: %w", s.name, err))
			}
			r.done <- err
		}()
		up = append(up, r)
	}
	<-ctx.Done()
	var errs []error
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		errs = append(errs, cause)
	}
	for _, r := range slices.Backward(up) {
		r.cancel()
		timer := time.NewTimer(r.stop)
		select {
		case err := <-r.done:
			log.Debug("stopped", "stage", r.name, "err", err)
		case <-timer.C:
			log.Warn("did not stop in time; going on without it", "stage", r.name, "after", r.stop)
		}
		timer.Stop()
	}
	return errors.Join(errs...)
}
