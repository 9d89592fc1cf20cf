package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// Limits of a look at all dependencies.
const (
	probeWithin = 3 * time.Second
	probeEvery  = time.Second           // answers younger than this are given again
	probeAgain  = 50 * time.Millisecond // bad ones only for so long: a start is not held up by its first look
)

// probeState is what a probe found.
type probeState struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Minor  bool   `json:"minor,omitempty"` // the gateway is ready all the same
	Error  string `json:"error,omitempty"` // safe for everybody
	detail string // for staff
}

// readiness remembers the last look, so that many askers cost no more than one.
type readiness struct {
	mu   sync.Mutex
	at   time.Time
	last []probeState
}

func (s *Server) healthz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"ok": true, "version": s.d.Version})
}

// readyz names every dependency. What exactly is wrong stands in the console and in the log: this
// page is public.
func (s *Server) readyz(c *fiber.Ctx) error {
	list, ok := s.probe(c.UserContext())
	c.Set(fiber.HeaderCacheControl, "no-store")
	if !ok {
		c.Status(http.StatusServiceUnavailable)
	}
	return c.JSON(fiber.Map{"ok": ok, "dependencies": list})
}

func (s *Server) probe(ctx context.Context) (list []probeState, ok bool) {
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	fresh := probeEvery
	if !allOK(s.ready.last) {
		fresh = probeAgain
	}
	if age := s.now().Sub(s.ready.at); s.ready.last == nil || age >= fresh || age < 0 {
		s.ready.last = s.askAll(ctx, s.ready.last)
		s.ready.at = s.now() // whoever waited for this look takes its answer
	}
	return s.ready.last, allOK(s.ready.last)
}

func allOK(list []probeState) bool {
	return !slices.ContainsFunc(list, func(p probeState) bool { return !p.OK && !p.Minor })
}

func (s *Server) askAll(ctx context.Context, before []probeState) []probeState {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	probes := slices.Concat(s.d.Ready, s.d.Doubts)
	answers := make([]chan error, len(probes))
	for i, p := range probes {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- ask(ctx, p) }()
	}
	list := make([]probeState, len(probes))
	for i, p := range probes {
		var err error
		select {
		case err = <-answers[i]:
		case <-ctx.Done(): // a probe that does not obey ctx is not waited for
			err = ticket.E(p.Name, ticket.Transient, ctx.Err())
		}
		list[i] = probeState{Name: p.Name, OK: err == nil, Minor: i >= len(s.d.Ready)}
		if err != nil {
			list[i].Error, list[i].detail = ticket.Explain(err), err.Error()
		}
		if was := i < len(before) && !before[i].OK; was != (err != nil) {
			s.log.Warn("readiness changed", "dependency", p.Name, "ok", err == nil, "err", err)
		}
	}
	return list
}

func ask(ctx context.Context, p Probe) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the probe %s panicked: %v", p.Name, v)
		}
	}()
	return p.Check(ctx)
}
