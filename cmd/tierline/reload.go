package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tierline/config"
	"tierline/router"
	"tierline/ticket"
)

// lookEvery is how often the file is looked at.
const lookEvery = 2 * time.Second

// reloader puts a changed configuration in force while the gateway runs: who works here, tiers, rules, signals,
// lint, brands and answers. What else has changed is named and waits for a restart. A file with an error changes
// nothing; what is wrong is logged, once for each version of the file.
type reloader struct {
	load  func() (config.Config, []config.Finding, error)
	read  func() ([]byte, error) // the file, to see whether it has changed
	live  *router.Live
	cfg   config.Config               // as it was started
	then  func(context.Context) error // what follows from another configuration
	log   *slog.Logger
	seen  [sha256.Size]byte
	good  prometheus.Gauge
	since prometheus.Gauge
}

func newReloader(path string, environ []string, cfg config.Config, a *app) *reloader {
	then := func(ctx context.Context) error {
		return a.store.Enqueue(ctx, ticket.RosterTick(time.Time{}), ticket.DigestTick(time.Time{}))
	}
	r := &reloader{live: a.live, then: then, cfg: cfg, log: a.log.With("part", "config", "file", path),
		load: func() (config.Config, []config.Finding, error) { return config.Load(path, environ) },
		read: func() ([]byte, error) { return os.ReadFile(path) },
		good: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tierline_config_last_reload_successful",
			Help: "1 while the file that was read last is in force, 0 while it has faults and the former one stays."}),
		since: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tierline_config_in_force_since_seconds",
			Help: "When the configuration in force was read, in seconds since 1970."})}
	a.registry.MustRegister(r.good, r.since)
	r.good.Set(1)
	r.since.Set(float64(a.now().Unix()))
	if text, err := r.read(); err == nil {
		r.seen = sha256.Sum256(text)
	}
	return r
}

// Run looks at the file on SIGHUP and every 2 s, until ctx ends. It needs no notice of the file system, which
// mounted files do not always give.
func (r *reloader) Run(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			r.reload(ctx)
		case <-tick.C:
			if r.changed() {
				r.reload(ctx)
			}
		}
	}
}

// changed says whether the file is another than the one that was looked at last. A file that cannot be read, or
// is empty, is being written.
func (r *reloader) changed() bool {
	text, err := r.read()
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return false
	}
	sum := sha256.Sum256(text)
	if sum == r.seen {
		return false
	}
	r.seen = sum
	return true
}

func (r *reloader) reload(ctx context.Context) {
	cfg, findings, err := r.load()
	if err != nil {
		r.refuse(err.Error())
		return
	}
	if config.Bad(findings) {
		for _, f := range findings {
			if f.Level == "error" {
				r.refuse(f.String())
			}
		}
		return
	}
	if err := r.live.Replace(cfg.Router); err != nil {
		r.refuse(err.Error())
		return
	}
	if err := r.then(ctx); err != nil { // it is done within the hour by itself
		r.log.Warn("notices about who is on call are not reckoned anew yet", "error", err)
	}
	r.good.Set(1)
	r.since.SetToCurrentTime()
	r.log.Info("the changed configuration is in force", "tiers", len(cfg.Router.Tiers), "rules", len(cfg.Router.Rules), "agents", len(cfg.Router.Agents))
	if parts := waiting(r.cfg, cfg); len(parts) > 0 {
		r.log.Warn("some of what has changed counts from the next start on", "parts", strings.Join(parts, " "))
	}
}

func (r *reloader) refuse(why string) {
	r.good.Set(0)
	r.log.Error("the changed configuration has a fault; the former one stays in force", "fault", why)
}

// waiting names the parts that differ and cannot be changed without a restart.
func waiting(was, is config.Config) (parts []string) {
	a, b := reflect.ValueOf(was), reflect.ValueOf(is)
	for i := range a.NumField() {
		f := a.Type().Field(i)
		if name := f.Tag.Get("yaml"); name != ",inline" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			parts = append(parts, name)
		}
	}
	return parts
}
