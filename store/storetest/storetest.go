// Package storetest is the one suite that every store passes, on SQLite and on PostgreSQL: what the
// contract in package ticket promises, also when two gateways work on one database, when a worker
// dies and when everything happens at once.
package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

// Store is what is tested.
type Store interface {
	ticket.Store
	kb.Store
	ArticlesChanged() <-chan struct{}
	Forget(ctx context.Context) (int64, error)
}

// Fresh makes an empty database and gives a function that opens it: each call is another gateway on
// the same database. What it opens, it closes with the test.
type Fresh func(t testing.TB) (open func(now func() time.Time) Store, hold Hold)

// Hold keeps everybody from changing a ticket until release. waiting returns when so many wait for that, in
// the order in which they came; where nobody can begin before, it returns at once.
type Hold func(t testing.TB, id ticket.ID) (waiting func(n int), release func())

// Run runs the suite.
func Run(t *testing.T, fresh Fresh) {
	for name, test := range map[string]func(*testing.T, *world){
		"accept/opens a ticket":                                 acceptOpens,
		"accept/the same again":                                 acceptTwice,
		"accept/joins or not":                                   acceptJoins,
		"accept/a batch of mails that name themselves":          acceptNamed,
		"accept/what opens no ticket by itself":                 acceptAlone,
		"accept/a report on what went out":                      acceptBounce,
		"accept/who looks like somebody":                        acceptResembles,
		"accept/closed and full tickets are followed up":        acceptFollowUps,
		"accept/one invalid contact stops the batch":            acceptInvalid,
		"accept/odd input is kept":                              acceptOdd,
		"accept/history":                                        acceptPast,
		"people/two records of one person":                      peopleAliases,
		"people/searched":                                       peopleSearched,
		"people/kept out":                                       peopleBlocked,
		"people/addresses that cannot be reached":               peopleUnreachable,
		"accept/people and organizations":                       acceptPeople,
		"accept/the same contacts at two gateways":              acceptRace,
		"accept/one conversation stays one ticket":              acceptOneThread,
		"act/stale rev":                                         actStaleRev,
		"act/the same key twice":                                actTwice,
		"act/the job goes with the commit":                      actJob,
		"act/delivery":                                          actDelivery,
		"act/an answer is taken back":                           actWithdraw,
		"act/an answer is quicker than the note that it was to": actDelivered,
		"act/what was said is changed":                          actAmend,
		"act/an acknowledgement goes once":                      acknowledged,
		"act/solved tickets close when it is time":              closedInTime,
		"act/everybody at once":                                 actAtOnce,
		"act/no change is lost":                                 noneLost,
		"staff/who is there":                                    staffPresence,
		"staff/what each has":                                   staffWorkload,
		"agenda/what somebody has before them":                  agendaOf,
		"digests/words for the next shift":                      shiftNotes,
		"staff/handed out at two gateways":                      staffHandedOut,
		"transfer/merge":                                        transferMerge,
		"transfer/split":                                        transferSplit,
		"transfer/move":                                         transferMove,
		"transfer/a mail in the moment of a move":               transferMoment,
		"transfer/anyhow":                                       transferAnyhow,
		"transfer/a page ends with a merge":                     transferPage,
		"outbox/a revived job is never stuck":                   reviveAtOnce,
		"outbox/priority, kinds and due time":                   claimOrder,
		"outbox/of a key one at a time":                         claimKey,
		"outbox/a retry holds up its key":                       retryHoldsKey,
		"outbox/what is noted is there at the next try":         noteStays,
		"outbox/a postponed job counts no try":                  postponeCountsNoTry,
		"outbox/what waits for its time is scheduled":           scheduled,
		"outbox/leases run out":                                 leaseRunsOut,
		"outbox/dead, revived, dropped":                         deadJobs,
		"outbox/unique":                                         uniqueJobs,
		"outbox/an enqueued job is never missed":                uniqueNotMissed,
		"outbox/woken":                                          woken,
		"outbox/order holds under everything at once":           orderAtOnce,
		"outbox/any history keeps the order of each key":        orderProperty,
		"outbox/two gateways do everything exactly once":        exactlyOnce,
		"read/tickets by filter, page by page":                  readTickets,
		"read/messages, events and jobs page by page":           readPages,
		"read/cases":                                            readCases,
		"read/not there":                                        readNothing,
		"refs/the first meaning stays":                          refsFirst,
		"people/put and find":                                   peoplePut,
		"pages/counted, also those before":                      pagesCounted,
		"pages/limits of all gateways":                          pageLimits,
		"people/enrolled":                                       enrolled,
		"supplies/counted":                                      suppliesCounted,
		"supplies/go with a merge":                              suppliesMerged,
		"drafts/kept for one alone, until it is sent":           draftsKept,
		"drafts/a scheduled answer goes out once":               laterOnce,
		"act/an answer that failed goes elsewhere":              resent,
		"drafts/macros are counted":                             macrosCounted,
		"measures/what came to pass":                            measuresOutcomes,
		"measures/what cases took":                              measuresSpent,
		"measures/the abuse ladder":                             measuresAbuse,
		"incidents/from a proposal to the end":                  incidentLife,
		"incidents/everybody is told once":                      incidentTold,
		"incidents/an update is taken back":                     incidentWithdraw,
		"incidents/two gateways make one proposal":              incidentRace,
		"incidents/one that was none stays quiet":               incidentQuiet,
		"incidents/not there, not possible":                     incidentRefused,
		"incidents/what tickets are about":                      incidentPrints,
		"cursors and leases":                                    cursorsAndLeases,
		"quarantine/once":                                       quarantineOnce,
		"mails/the ledger has one line for each":                mailsEntered,
		"mails/listed and searched":                             mailsListed,
		"mails/released and discarded":                          mailsSettled,
		"mails/a discarded one leaves nothing":                  mailsDiscarded,
		"old keys are forgotten":                                forgetOld,
		"mails/sources are forgotten":                           mailsForgotten,
		"changes/watch":                                         watch,
		"user groups/what was asked later holds":                userGroups,
		"user groups/two gateways at once":                      userGroupsAtOnce,
		"installations/decided on what they are":                installations,
		"installations/two gateways at once":                    installationsAtOnce,
		"held notices/told later":                               heldNotices,
		"roster/changes":                                        rosterChanges,
		"roster/one of many takes a cover":                      rosterRace,
		"roster/a job passes on":                                rosterPass,
		"roster/feeds":                                          rosterFeeds,
		"roster/pages taken":                                    rosterPages,
		"kb/articles":                                           articles,
		"kb/changes are told":                                   articlesTold,
		"kb/the change feed hides nothing":                      articleFeed,
		"a context that ends changes nothing and is told":       contextEnds,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{clock: &Clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}}
			w.open, w.hold = fresh(t)
			w.a = w.open(w.clock.Now)
			test(t, w)
		})
	}
}

// Clock is moved by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add lets time pass.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is one database with one gateway on it, a, and room for more.
type world struct {
	clock *Clock
	open  func(now func() time.Time) Store
	hold  Hold
	a     Store
}

func ctxOf(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func kind(t testing.TB, err error, want ticket.Kind) {
	t.Helper()
	if err == nil || ticket.KindOf(err) != want {
		t.Fatalf("got error %v of kind %q, want kind %q", err, ticket.KindOf(err), want)
	}
}

func mail(from, id string, keys ...ticket.ThreadKey) ticket.Inbound {
	return ticket.Inbound{Channel: "email", Inbox: "support@shop.example", External: id, Threads: keys,
		From:    customer.Identity{Kind: customer.Email, Value: from, Name: "Ann"},
		Subject: "It is broken", Text: "The text of " + id}
}

func accept(t testing.TB, s Store, batch ...ticket.Inbound) []ticket.Accepted {
	t.Helper()
	out, err := s.Accept(ctxOf(t), batch)
	ok(t, err)
	equal(t, "answers", len(out), len(batch))
	return out
}

func act(t testing.TB, s Store, a ticket.Action) ticket.Ticket {
	t.Helper()
	if a.By.Kind == "" {
		a.By = ticket.Actor{Kind: ticket.ByAgent, ID: "lea", Name: "Lea"}
	}
	return must(s.Act(ctxOf(t), a))(t)
}

func claim(t testing.TB, s Store, n int, kinds ...ticket.JobKind) []ticket.Job {
	t.Helper()
	return must(s.Claim(ctxOf(t), kinds, n, time.Minute))(t)
}

// drain does all that is due, so that a test starts without jobs.
func drain(t testing.TB, s Store) {
	t.Helper()
	for {
		jobs := claim(t, s, 100)
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			ok(t, s.Finish(ctxOf(t), j))
		}
	}
}

// together runs f n times at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func job(key string, n int) ticket.Job {
	return ticket.Job{Kind: "test", Key: key, Seq: n, Priority: 10}
}

func seqs(jobs []ticket.Job) string {
	s := ""
	for _, j := range jobs {
		s += fmt.Sprintf("%s%d ", j.Key, j.Seq)
	}
	return s
}
