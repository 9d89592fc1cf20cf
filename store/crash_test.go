package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/store"
	"tierline/ticket"
)

const crashEnv = "TIERLINE_TEST_CRASH" // where the process that is to be killed works

func TestMain(m *testing.M) {
	if where := os.Getenv(crashEnv); where != "" {
		if err := crashing(where); err != nil {
			fmt.Println("error", err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func crashConfig(where string) store.Config {
	if strings.HasPrefix(where, "postgres://") {
		return store.Config{DSN: where}
	}
	return store.Config{Data: where}
}

// crashing takes in contacts and works the outbox until it is killed. It says what was acknowledged.
func crashing(where string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, crashConfig(where))
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		run := fmt.Sprintf("%d-%d", os.Getpid(), i)
		a, b := contact(3*i), contact(3*i+1)
		a.External, b.External = "a"+run, "b"+run
		b.From, b.Threads = a.From, []ticket.ThreadKey{{By: "references", Key: a.External}}
		if _, err := s.Accept(ctx, []ticket.Inbound{a, b}); err != nil {
			return err
		}
		fmt.Println(run)
		// Leases are long: jobs of a killed process stay leased, so that nothing is done twice here.
		jobs, err := s.Claim(ctx, nil, 4, time.Hour)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			act := ticket.Action{Kind: ticket.ActReply, Ticket: j.Ticket, Job: j, By: ticket.Gateway,
				Text: fmt.Sprint("job ", j.ID)}
			if _, err := s.Act(ctx, act); err != nil {
				return err
			}
		}
	}
}

// TestKilled kills a working process again and again (SIGKILL) and then looks at what it left.
func TestKilled(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); killed(t, t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); killed(t, peers.Postgres(t)) })
}

func killed(t *testing.T, where string) {
	var acknowledged []string
	for round := range 6 {
		acknowledged = append(acknowledged, oneKill(t, where, 5+7*round)...)
	}
	s := open(t, crashConfig(where))
	ctx := t.Context()
	for _, run := range acknowledged {
		a, b := contact(0), contact(0)
		a.External, b.External, a.Threads, b.Threads = "a"+run, "b"+run, nil, nil
		out, err := s.Accept(ctx, []ticket.Inbound{a, b})
		if err != nil || !out[0].Duplicate || !out[1].Duplicate || out[0].Ticket != out[1].Ticket || out[1].Seq != 2 {
			t.Fatalf("%s was acknowledged and is lost or halved: %+v %v", run, out, err)
		}
	}
	done := map[string]bool{}
	var after ticket.ID
	for {
		list, err := s.Tickets(ctx, ticket.Filter{After: after, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, k := range list {
			after = k.ID
			whole(t, s, k, done)
		}
	}
	if len(done) == 0 || len(acknowledged) == 0 {
		t.Fatalf("%d jobs done and %d contacts acknowledged: the test shows nothing", len(done), len(acknowledged))
	}
	// A job whose work is there is gone.
	var last int64
	for {
		jobs, err := s.Jobs(ctx, "", last, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(jobs) == 0 {
			break
		}
		for _, j := range jobs {
			last = j.ID
			if done[fmt.Sprint("job ", j.ID)] {
				t.Errorf("job %d was done and is still there", j.ID)
			}
		}
	}
	t.Logf("%d acknowledged, %d jobs done", len(acknowledged), len(done))
}

// whole checks that a ticket, its messages and its history tell the same story.
func whole(t *testing.T, s *store.Store, k ticket.Ticket, done map[string]bool) {
	t.Helper()
	list, err := s.Messages(t.Context(), k.ID, 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), k.ID, 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != k.LastSeq || len(events) != k.LastSeq || k.Rev != int64(k.LastSeq) {
		t.Errorf("%s: rev %d, last message %d, but %d messages and %d events", k.ID, k.Rev, k.LastSeq, len(list), len(events))
	}
	for _, m := range list {
		if strings.HasPrefix(m.Text, "job ") {
			if done[m.Text] {
				t.Errorf("%s was done twice", m.Text)
			}
			done[m.Text] = true
		}
	}
}

// oneKill starts the process, waits until it has acknowledged n contacts and kills it.
func oneKill(t *testing.T, where string, n int) (lines []string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), crashEnv+"="+where)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "error") {
			t.Fatal(sc.Text())
		}
		lines = append(lines, sc.Text())
		if len(lines) == n {
			_ = cmd.Process.Kill() // what it still says on its way is read too
		}
	}
	_ = cmd.Wait()
	return lines
}

func TestANewerDatabaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, store.Config{Data: dir})
	db, err := sql.Open("sqlite", filepath.Join(dir, "tierline.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), store.Config{Data: dir}); ticket.KindOf(err) != ticket.Invalid {
		t.Fatal(err)
	}
}
