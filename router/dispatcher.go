package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"tierline/ticket"
)

// How jobs are worked.
const (
	drained     = 20                     // jobs that Drain takes at once
	lease       = 15 * time.Second       // a crashed worker's jobs are free again after this
	renew       = 5 * time.Second        // a job at work has its lease prolonged so often
	jobTimeout  = 45 * time.Second       // a handler has this long
	stopTimeout = 10 * time.Second       // handlers at work when the gateway stops have this long
	idle        = 30 * time.Second       // look for work at least so often
	blocked     = 250 * time.Millisecond // look again so soon when work is due that could not be had
	firstDelay  = time.Second            // before the second try; doubles
	maxDelay    = 5 * time.Minute        //
	pageDelay   = 20 * time.Second       // the longest, for pages
	pageLook    = 500 * time.Millisecond // pages are looked for so often
	giveUpAfter = 72 * time.Hour         // a fault that may pass has this long to pass
	maxFaults   = 12                     // tries of a job that fails by a fault of ours
)

// lane is a group of kinds with workers of its own, so that a dead peer holds up only its own jobs.
type lane struct {
	kinds   []ticket.JobKind
	workers int
}

var lanes = []lane{
	// Each person has at most a few of these at a time: so many people's receivers can hang at once, and
	// nobody else is held up.
	{[]ticket.JobKind{ticket.JobPage}, 256},
	{[]ticket.JobKind{ticket.JobPageDue}, 8},
	{[]ticket.JobKind{ticket.JobSend, ticket.JobAmend}, 4},
	{[]ticket.JobKind{ticket.JobShow, ticket.JobPost, ticket.JobTell, ticket.JobPaged, ticket.JobIncidentShow}, 4},
	{[]ticket.JobKind{ticket.JobAlike, ticket.JobIncident}, 2},
	{[]ticket.JobKind{ticket.JobRoute, ticket.JobClose, ticket.JobClock, ticket.JobPromise, ticket.JobUpdate, ticket.JobQuestion, ticket.JobUnits}, 2},
	{[]ticket.JobKind{ticket.JobRosterTick, ticket.JobRosterNews, ticket.JobRosterTell}, 2},
	{[]ticket.JobKind{ticket.JobDigestTick, ticket.JobDigest, ticket.JobHeld}, 2},
	{[]ticket.JobKind{ticket.JobAssign, ticket.JobStaff}, 2}, // not behind a search that does not answer
}

// look is how often a lane looks for work that another process may have brought.
func (l lane) look() time.Duration {
	if slices.Contains(l.kinds, ticket.JobPage) || slices.Contains(l.kinds, ticket.JobPageDue) {
		return pageLook
	}
	return idle
}

// Dispatcher works the outbox. Any number of them, in any number of processes, share one store.
type Dispatcher struct {
	handlers map[ticket.JobKind]handler
	store    ticket.Store
	giveUp   func(ctx context.Context, j ticket.Job, cause error) error
	log      *slog.Logger
	now      func() time.Time
	renew    time.Duration
	done     *prometheus.CounterVec
	late     *prometheus.HistogramVec
}

// handler does a job and finishes it. Its error says whether to try again.
type handler func(ctx context.Context, j ticket.Job) error

func newDispatcher(store ticket.Store, log *slog.Logger, now func() time.Time, reg prometheus.Registerer) *Dispatcher {
	d := &Dispatcher{store: store, log: log, now: now, renew: renew,
		done: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tierline_jobs_total",
			Help: "Jobs of the outbox that were tried, by kind and result (done, retry, postponed, dead, lost)."}, []string{"kind", "result"}),
		late: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tierline_job_late_seconds",
			Help:    "Seconds from when a job was due to when its first try began.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10)}, []string{"kind"})}
	if reg != nil {
		reg.MustRegister(d.done, d.late)
	}
	return d
}

// Run works until ctx ends, then finishes what is at work (at most 10 s).
func (d *Dispatcher) Run(ctx context.Context) error {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTimeout, cancel) })
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	pokes := make([]chan struct{}, len(lanes))
	for i, l := range lanes {
		pokes[i] = make(chan struct{}, 1)
		g.Go(func() error { return d.work(ctx, hard, l, pokes[i]) })
	}
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-d.store.Woken():
				for _, p := range pokes {
					poke(p)
				}
			}
		}
	})
	return g.Wait()
}

// Without has jobs of these kinds finished without being done.
func (d *Dispatcher) Without(kinds ...ticket.JobKind) *Dispatcher {
	for _, k := range kinds {
		d.handlers[k] = d.store.Finish
	}
	return d
}

// Drain does what is due, one job after the other, until nothing is left, and tells of each. It is for
// plays with a clock of their own; Run is for everything else.
func (d *Dispatcher) Drain(ctx context.Context, done func(ticket.Job)) error {
	for ctx.Err() == nil {
		jobs, err := d.store.Claim(ctx, nil, drained, lease)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, j := range jobs {
			d.do(ctx, j)
			done(j)
		}
	}
	return ctx.Err()
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// work keeps one lane's workers busy. hard ends when handlers must stop at once.
func (d *Dispatcher) work(ctx, hard context.Context, l lane, poked chan struct{}) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, l.workers)
	for range l.workers {
		free <- struct{}{}
	}
	for ctx.Err() == nil {
		jobs, err := d.store.Claim(ctx, l.kinds, len(free), lease)
		if err != nil && ctx.Err() == nil {
			d.log.Error("outbox: cannot claim", "err", err)
		}
		for _, j := range jobs {
			<-free
			wg.Go(func() {
				d.do(hard, j)
				free <- struct{}{}
				poke(poked)
			})
		}
		if len(jobs) > 0 && len(free) > 0 {
			continue // there may be more
		}
		d.wait(ctx, poked, len(free) > 0 && err == nil, l.look())
	}
	return nil
}

// wait returns when there may be work.
func (d *Dispatcher) wait(ctx context.Context, poked chan struct{}, haveFree bool, idle time.Duration) {
	timeout := idle
	if haveFree {
		if due, err := d.store.NextDue(ctx); err == nil && !due.IsZero() {
			timeout = min(idle, due.Sub(d.now()))
			if timeout <= 0 { // held up by its key, or just taken by another
				timeout = blocked
			}
		}
	} else {
		timeout = time.Second
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-poked:
	case <-t.C:
	}
}

// do tries a job once and says what becomes of it.
func (d *Dispatcher) do(ctx context.Context, j ticket.Job) {
	kind := string(j.Kind)
	if j.Attempts <= 1 {
		d.late.WithLabelValues(kind).Observe(max(0, d.now().Sub(j.RunAt).Seconds()))
	}
	log := d.log.With("job", j.ID, "kind", kind, "ticket", j.Ticket.String(), "seq", j.Seq, "attempt", j.Attempts)
	work, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	try := &ticket.Work{Job: j}
	work = ticket.Working(work, try)
	release := d.hold(work, j, cancel)
	err := d.try(work, j)
	if lost := release(); err != nil && lost != nil {
		err = lost
	}
	settle, cancelSettle := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancelSettle()
	result := "done"
	var early *postponed
	switch {
	case err == nil:
		log.Debug("job done")
	case errors.As(err, &early):
		result = "postponed"
		err = d.store.Postpone(settle, j, early.until)
	case ticket.KindOf(err) == ticket.Conflict:
		result = "lost" // another worker has it, or it was done already
		log.Info("job lost", "err", err)
	case d.waits(j, err, try):
		result = "postponed"
		at := d.now().Add(max(ticket.RetryAfter(err), firstDelay))
		log.Debug("job waits", "err", err, "at", at)
		j.Error = err.Error()
		err = d.store.Postpone(settle, j, at)
	case d.hopeless(j, err):
		result = "dead"
		log.Error("job given up", "err", err)
		err = d.giveUp(settle, j, err)
	default:
		result = "retry"
		at := d.now().Add(delay(j, ticket.RetryAfter(err)))
		log.Warn("job will be tried again", "err", err, "at", at)
		err = d.store.Retry(settle, j, at, err.Error())
	}
	d.done.WithLabelValues(kind, result).Inc()
	if err != nil && result != "lost" {
		log.Error("outbox: cannot record what became of a job; its lease will run out", "err", err)
	}
}

// hold prolongs the lease of a job that is at work, and calls the work off when it is lost. release
// ends that; its error says that the lease was lost.
func (d *Dispatcher) hold(ctx context.Context, j ticket.Job, callOff func()) (release func() error) {
	ctx, cancel := context.WithCancel(ctx)
	lost := make(chan error, 1)
	go func() {
		defer close(lost)
		t := time.NewTicker(d.renew)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			err := d.store.Extend(ctx, j, lease)
			if ticket.KindOf(err) == ticket.Conflict {
				lost <- err
				callOff()
				return
			}
			if err != nil && ctx.Err() == nil {
				d.log.Warn("outbox: cannot prolong a lease", "job", j.ID, "err", err)
			}
		}
	}()
	return func() error {
		cancel()
		return <-lost
	}
}

func (d *Dispatcher) try(ctx context.Context, j ticket.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("router: panic in %s: %v\n%s", j.Kind, p, debug.Stack())
		}
	}()
	h, ok := d.handlers[j.Kind]
	if !ok {
		return ticket.E("router.do", ticket.Invalid, fmt.Errorf("no handler for %q", j.Kind))
	}
	return h(ctx, j)
}

// waits says that a try was none: it found a limit used up, or the other side away, before it had done
// anything. The desk's own wait for as long as that takes; what a person is to get is given up in time,
// so that somebody hears of it.
func (d *Dispatcher) waits(j ticket.Job, err error, w *ticket.Work) bool {
	if ticket.KindOf(err) != ticket.Transient || w.Counts(err) {
		return false
	}
	switch j.Kind {
	case ticket.JobShow, ticket.JobPost, ticket.JobIncidentShow:
		return true
	}
	return !d.hopeless(j, err)
}

// hopeless says that another try would not help.
func (d *Dispatcher) hopeless(j ticket.Job, err error) bool {
	switch ticket.KindOf(err) {
	case ticket.Transient:
		return d.now().Sub(j.Created) > giveUpAfter
	case ticket.Internal:
		return j.Attempts >= maxFaults
	}
	return true
}

// delay before the next try: doubling, ±25 %, and not before the other side asked.
func delay(j ticket.Job, after time.Duration) time.Duration {
	d := firstDelay << min(max(j.Attempts-1, 0), 16)
	d = min(d, maxDelay)
	if j.Kind == ticket.JobPage {
		d = min(d, pageDelay)
	}
	d += time.Duration((rand.Float64() - 0.5) * 0.5 * float64(d))
	return max(d, after)
}

// errNoSender is a configuration fault that a restart may mend.
var errNoSender = errors.New("this gateway has no sender for the channel")
