package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestStagesStopLastFirst(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var stopped []string
	ready := make(chan struct{}, 3)
	until := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			ready <- struct{}{}
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			stopped = append(stopped, name)
			return nil
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for range 3 {
			<-ready
		}
		cancel()
	}()
	err := runStages(ctx, slog.New(slog.DiscardHandler), []stage{
		{"http", time.Minute, []func(context.Context) error{until("http")}},
		{"workers", time.Minute, []func(context.Context) error{until("workers")}},
		{"sources", time.Minute, []func(context.Context) error{until("sources")}},
	})
	if err != nil || !slices.Equal(stopped, []string{"sources", "workers", "http"}) {
		t.Errorf("stopped %v, %v", stopped, err)
	}
}

func TestAStageThatFailsStopsAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	err := runStages(context.Background(), slog.New(slog.DiscardHandler), []stage{
		{"http", time.Minute, []func(context.Context) error{func(ctx context.Context) error { <-ctx.Done(); return nil }}},
		{"sources", time.Minute, []func(context.Context) error{func(context.Context) error { return broken }}},
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
