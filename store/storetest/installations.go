package storetest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/ticket"
)

// installations: what was decided on an older state changes nothing, and what people would ask about is in the history.
func installations(t *testing.T, w *world) {
	ctx := ctxOf(t)
	now, b := w.clock.Now(), w.open(w.clock.Now)
	lea := ticket.Actor{Kind: ticket.ByAgent, ID: "lea", Name: "Lea"}
	acme := ticket.Installation{Key: "T1ACME", Team: "T1ACME", Enterprise: "E1", Name: "Acme", URL: "https://acme.example/", App: "A1", BotUser: "U1",
		Scopes: []string{"chat:write", "commands"}, Home: true, By: lea, At: now, Expires: now.Add(12 * time.Hour), Renew: now.Add(10 * time.Hour), Sealed: "sealed-1"}
	first := must(w.a.PutInstallation(ctx, acme))(t)
	equal(t, "its first rev", first.Rev, int64(1))
	if _, err := w.a.PutInstallation(ctx, acme); ticket.KindOf(err) != ticket.Conflict {
		t.Errorf("added twice: %v", err)
	}
	list := must(b.Installations(ctx))(t)
	equal(t, "kept whole", fmt.Sprintf("%+v", list[0]), fmt.Sprintf("%+v", first))

	renewed := first
	renewed.Sealed, renewed.Expires, renewed.Began = "sealed-2", now.Add(24*time.Hour), now
	renewed = must(b.PutInstallation(ctx, renewed))(t)
	if _, err := w.a.PutInstallation(ctx, first); ticket.KindOf(err) != ticket.Conflict {
		t.Errorf("decided on what it was: %v", err)
	}
	beta := ticket.Installation{Key: "E2BETA", Enterprise: "E2BETA", Name: "Beta", By: lea, At: now, Sealed: "sealed-b", Home: true}
	if _, err := b.PutInstallation(ctx, beta); ticket.KindOf(err) != ticket.Conflict || !strings.Contains(ticket.Explain(err), "Acme is the home") {
		t.Errorf("a second home: %v", err)
	}
	beta.Home = false
	beta = must(b.PutInstallation(ctx, beta))(t)
	beta.Fault = "Slack takes its refresh token no more."
	beta = must(b.PutInstallation(ctx, beta))(t)
	beta.Ended, beta.Why, beta.Sealed = now.Add(time.Hour), "removed in Slack", ""
	beta = must(w.a.PutInstallation(ctx, beta))(t)
	beta.Ended, beta.Why, beta.Fault, beta.At, beta.Sealed = time.Time{}, "", "", now.Add(2*time.Hour), "sealed-c"
	must(w.a.PutInstallation(ctx, beta))(t)
	list = must(w.a.Installations(ctx))(t)
	equal(t, "by key", list[0].Key+" "+list[1].Key, "E2BETA T1ACME")
	equal(t, "live again", list[0].Live(), true)
	equal(t, "the newest tokens", list[0].Sealed+" "+list[1].Sealed, "sealed-c sealed-2")
	got := ""
	for _, e := range must(w.a.Events(ctx, 0, 0, 20))(t) {
		got += e.Kind + ":" + e.Data["name"] + ":" + strings.Join(e.Why, "") + " "
	}
	equal(t, "the history", got, "installed:Acme: installed:Beta: installation:Beta:Slack takes its refresh token no more. uninstalled:Beta:removed in Slack installed:Beta: ")
	if _, err := b.PutInstallation(ctx, ticket.Installation{Sealed: "x"}); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("without a key: %v", err)
	}
}

// installationsAtOnce: of many that decide on one state one is heard, and of many that would be home one is.
func installationsAtOnce(t *testing.T, w *world) {
	ctx, b := ctxOf(t), w.open(w.clock.Now)
	var heard, homes atomic.Int32
	var wg sync.WaitGroup
	for i := range 12 {
		s := w.a
		if i%2 == 1 {
			s = b
		}
		wg.Go(func() {
			_, err := s.PutInstallation(ctx, ticket.Installation{Key: "T1", Name: "one", Sealed: string(rune('a' + i)), At: w.clock.Now()})
			count(t, &heard, err)
			_, err = s.PutInstallation(ctx, ticket.Installation{Key: "T2" + string(rune('A'+i)), Name: "home", Home: true, At: w.clock.Now()})
			count(t, &homes, err)
		})
	}
	wg.Wait()
	equal(t, "heard", heard.Load(), 1)
	equal(t, "homes", homes.Load(), 1)
}

// count counts what was done; what came too late is no fault.
func count(t *testing.T, n *atomic.Int32, err error) {
	t.Helper()
	switch {
	case err == nil:
		n.Add(1)
	case ticket.KindOf(err) != ticket.Conflict:
		t.Error(err)
	}
}
