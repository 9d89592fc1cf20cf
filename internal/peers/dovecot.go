package peers

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// DovecotServer is a private Dovecot with an IMAP listener on loopback. Every user exists, with the
// one password; mail is kept as Maildir.
type DovecotServer struct {
	Host      string
	Port      int    // IMAP, with STARTTLS
	TLSPort   int    // IMAP over TLS
	Password  string // of every user
	Authority string // PEM file of what signed its certificate

	dir      string
	bin      string
	uid, gid int
	count    atomic.Int64
	proc     *process
	more     string // configuration
}

// Dovecot starts one. It works as root and as anybody else.
func Dovecot(t testing.TB) *DovecotServer {
	t.Helper()
	return startDovecot(t, "")
}

func startDovecot(t testing.TB, more string) *DovecotServer {
	t.Helper()
	bin, err := find("dovecot")
	if err != nil {
		Missing(t, "Dovecot", err)
	}
	dir, err := os.MkdirTemp("", "tl-dovecot-") // t.TempDir is too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &DovecotServer{Host: "127.0.0.1", Password: "dovecot-" + strconv.FormatInt(time.Now().UnixNano(), 36), dir: dir, bin: bin,
		uid: os.Getuid(), gid: os.Getgid(), more: strings.ReplaceAll(more, "DIR", dir)}
	if err := d.configure(t); err != nil {
		Missing(t, "Dovecot", err)
	}
	d.Start(t)
	t.Cleanup(d.Stop)
	return d
}

func (d *DovecotServer) configure(t testing.TB) error {
	internal, login, group := "", "", ""
	if d.uid == 0 { // Dovecot serves no mail as root, and parts its work among users of its own
		for _, name := range []string{"dovecot", "dovenull", "nobody"} {
			u, err := user.Lookup(name)
			if err != nil {
				return err
			}
			d.uid, _ = strconv.Atoi(u.Uid)
			d.gid, _ = strconv.Atoi(u.Gid)
		}
		internal, login, group = "dovecot", "dovenull", "dovecot"
	} else {
		u, err := user.Current()
		if err != nil {
			return err
		}
		g, err := user.LookupGroupId(u.Gid)
		if err != nil {
			return err
		}
		internal, login, group = u.Username, u.Username, g.Name
	}
	for _, sub := range []string{"", "mail", "run", "state"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(d.dir, 0o755); err != nil {
		return err
	}
	_ = os.Chown(filepath.Join(d.dir, "mail"), d.uid, d.gid)
	cert, key := Certificate(t, d.dir)
	d.Authority = cert
	for _, p := range []*int{&d.Port, &d.TLSPort} {
		port, err := freePort()
		if err != nil {
			return err
		}
		*p = port
	}
	conf := fmt.Sprintf(`protocols = imap
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
auth_verbose = yes
default_internal_user = %[2]s
default_internal_group = %[4]s
default_login_user = %[3]s
ssl = yes
ssl_cert = <%[5]s
ssl_key = <%[6]s
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login
mail_location = maildir:%[1]s/mail/%%u
mail_fsync = never
mailbox_idle_check_interval = 1s
mail_max_userip_connections = 100
first_valid_uid = 1
first_valid_gid = 0
passdb {
  driver = static
  args = password=%[7]s
}
userdb {
  driver = static
  args = uid=%[8]d gid=%[9]d home=%[1]s/mail/%%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[10]d
  }
  inet_listener imaps {
    port = %[11]d
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
%[12]s`, d.dir, internal, login, group, cert, key, d.Password, d.uid, d.gid, d.Port, d.TLSPort, d.more)
	return os.WriteFile(filepath.Join(d.dir, "dovecot.conf"), []byte(conf), 0o644)
}

// Addr is where it takes IMAP.
func (d *DovecotServer) Addr() string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }

// Start starts it again after Stop, on the same ports.
func (d *DovecotServer) Start(t testing.TB) {
	t.Helper()
	log := filepath.Join(d.dir, "log")
	p, err := startProcess(filepath.Join(d.dir, "out"), d.bin, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	if err != nil {
		Missing(t, "Dovecot", err)
	}
	d.proc = p
	listening(t, "Dovecot", d.Addr(), log)
}

// Stop ends it, and every connection to it. The mails stay.
func (d *DovecotServer) Stop() {
	if d.proc != nil {
		d.proc.stop()
		d.proc = nil
	}
}

// Deliver puts a mail into a user's INBOX as a mail server does: at once, whole, and new.
func (d *DovecotServer) Deliver(t testing.TB, user string, raw []byte) {
	t.Helper()
	box := filepath.Join(d.dir, "mail", user)
	for _, sub := range []string{"", "tmp", "cur", "new"} {
		if err := os.MkdirAll(filepath.Join(box, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		_ = os.Chown(filepath.Join(box, sub), d.uid, d.gid)
	}
	n := d.count.Add(1)
	name := fmt.Sprintf("%d.M%06dP%d.test", time.Now().Unix(), n, os.Getpid())
	tmp := filepath.Join(box, "tmp", name)
	if err := os.WriteFile(tmp, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	_ = os.Chown(tmp, d.uid, d.gid)
	if err := os.Rename(tmp, filepath.Join(box, "new", name)); err != nil {
		t.Fatal(err)
	}
}

// Rebuild gives a user's INBOX another UIDVALIDITY, as after a restored backup. Dovecot must not run.
func (d *DovecotServer) Rebuild(t testing.TB, user string) {
	t.Helper()
	box := filepath.Join(d.dir, "mail", user)
	for _, pattern := range []string{"dovecot*", ".dovecot*"} {
		files, _ := filepath.Glob(filepath.Join(box, pattern))
		for _, f := range files {
			if err := os.RemoveAll(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Log is what it has written so far.
func (d *DovecotServer) Log() string {
	b, _ := os.ReadFile(filepath.Join(d.dir, "log"))
	return string(b)
}
