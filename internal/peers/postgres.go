package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres gives an empty database of its own, in a private PostgreSQL cluster that all tests of the
// process share. The database goes with the test; the cluster goes with the process, also when it is
// killed: a shell beside it waits for the end of a pipe that the process holds.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	c, err := cluster()
	if err != nil {
		Missing(t, "PostgreSQL", err)
	}
	name := fmt.Sprintf("test%d", c.count.Add(1))
	c.admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { c.admin(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return c.dsn(name)
}

var cluster = sync.OnceValues(startPostgres)

type postgres struct {
	port  int
	stdin *os.File // its end ends the cluster
	count atomic.Int64
}

func (c *postgres) dsn(name string) string {
	return fmt.Sprintf("postgres://tierline@127.0.0.1:%d/%s?sslmode=disable", c.port, name)
}

func (c *postgres) admin(t testing.TB, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.dsn("postgres"))
	if err != nil {
		t.Fatalf("postgres: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Fatalf("postgres: %s: %v", query, err)
	}
}

// supervise runs in a shell of its own: $1 is initdb, $2 postgres, $3 the directory, $4 the port.
const supervise = `
"$1" -D "$3/data" -U tierline -A trust -E UTF8 --locale=C --no-sync >"$3/log" 2>&1 || exit 1
"$2" -D "$3/data" -p "$4" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
	-c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB >>"$3/log" 2>&1 </dev/null &
pid=$!
read -r _
kill -QUIT $pid
wait $pid
rm -rf "$3"
`

func startPostgres() (*postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	var last error
	for range 3 { // another process may take the port first
		c, err := tryPostgres(bin, who)
		if err == nil {
			return c, nil
		}
		last = err
	}
	return nil, last
}

func tryPostgres(bin string, who *syscall.Credential) (*postgres, error) {
	dir, err := os.MkdirTemp("", "tierline-postgres-")
	if err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("sh", "-c", supervise, "sh", filepath.Join(bin, "initdb"), filepath.Join(bin, "postgres"),
		dir, strconv.Itoa(port))
	cmd.Dir, cmd.Stdin = dir, r
	// Of its own process group: an interrupt at the terminal is not for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, w.Close(), os.RemoveAll(dir))
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	c := &postgres{port: port, stdin: w}
	if err := c.wait(gone); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		_ = w.Close()
		<-gone
		return nil, errors.Join(fmt.Errorf("%w: %s", err, log), os.RemoveAll(dir))
	}
	return c, nil
}

// wait returns when the cluster answers.
func (c *postgres) wait(gone <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.dsn("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-gone:
			return errors.New("postgres has ended")
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// postgresBin finds the newest installation.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) == 0 {
		p, err := exec.LookPath("initdb")
		if err != nil {
			return "", errors.New("no initdb in /usr/lib/postgresql/*/bin or the path")
		}
		found = []string{p}
	}
	return filepath.Dir(found[0]), nil
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// unprivileged is whom PostgreSQL runs as, which refuses to be root; nil is ourselves.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
			gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("neither the user postgres nor nobody exists, and it refuses to run as root")
}
