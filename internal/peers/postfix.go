package peers

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// PostfixServer is a private Postfix with an SMTP listener on loopback, that relays by its transport
// table and nothing else.
type PostfixServer struct {
	Host string
	Port int
	dir  string
	proc *process
	more string // configuration
}

// Postfix starts one. routes says where the mail of a domain goes: {"example.org": "lmtp:inet:127.0.0.1:24"};
// all other mail is refused. It needs root. What cannot be delivered is tried again after two seconds:
// after one the delivery that failed may still hold it, and then Postfix forgets it for a while.
func Postfix(t testing.TB, routes map[string]string) *PostfixServer {
	t.Helper()
	return startPostfix(t, routes, "")
}

// PostfixBehind starts one that takes mail only from those who sign in, in whatever way Dovecot knows.
func PostfixBehind(t testing.TB, routes map[string]string, d *DovecotServer) *PostfixServer {
	t.Helper()
	return startPostfix(t, routes, `smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = `+d.saslSocket()+`
smtpd_sasl_security_options = noanonymous
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
`)
}

func startPostfix(t testing.TB, routes map[string]string, more string) *PostfixServer {
	t.Helper()
	if os.Getuid() != 0 {
		Missing(t, "Postfix", errors.New("it starts as root only"))
	}
	if _, err := find("postfix"); err != nil {
		Missing(t, "Postfix", err)
	}
	dir, err := os.MkdirTemp("", "tl-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &PostfixServer{Host: "127.0.0.1", dir: dir, more: more}
	if err := p.configure(routes); err != nil {
		Missing(t, "Postfix", err)
	}
	daemons := postfixDaemons()
	if p.proc, err = startProcess(filepath.Join(dir, "out"), filepath.Join(daemons, "master"), "-d", "-c", filepath.Join(dir, "etc")); err != nil {
		Missing(t, "Postfix", err)
	}
	t.Cleanup(p.proc.stop)
	listening(t, "Postfix", p.Addr(), filepath.Join(dir, "out"))
	return p
}

func postfixDaemons() string {
	for _, d := range []string{"/usr/lib/postfix/sbin", "/usr/libexec/postfix"} {
		if isFile(filepath.Join(d, "master")) {
			return d
		}
	}
	return "/usr/lib/postfix/sbin"
}

func (p *PostfixServer) configure(routes map[string]string) error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	group, err := user.LookupGroup("postdrop")
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(group.Gid)
	if p.Port, err = freePort(); err != nil {
		return err
	}
	if err := os.Chmod(p.dir, 0o755); err != nil {
		return err
	}
	for _, d := range []struct {
		name     string
		mode     os.FileMode
		uid, gid int
	}{
		{"etc", 0o755, 0, 0}, {"log", 0o755, 0, 0}, {"data", 0o700, uid, 0}, {"queue", 0o755, 0, 0}, {"queue/pid", 0o755, 0, 0},
		{"queue/active", 0o700, uid, 0}, {"queue/bounce", 0o700, uid, 0}, {"queue/corrupt", 0o700, uid, 0},
		{"queue/defer", 0o700, uid, 0}, {"queue/deferred", 0o700, uid, 0}, {"queue/flush", 0o700, uid, 0},
		{"queue/hold", 0o700, uid, 0}, {"queue/incoming", 0o700, uid, 0}, {"queue/maildrop", 0o730, uid, gid},
		{"queue/private", 0o700, uid, 0}, {"queue/public", 0o710, uid, gid}, {"queue/saved", 0o700, uid, 0},
		{"queue/trace", 0o700, uid, 0},
	} {
		path := filepath.Join(p.dir, d.name)
		if err := os.Mkdir(path, d.mode); err != nil {
			return err
		}
		if err := errors.Join(os.Chown(path, d.uid, d.gid), os.Chmod(path, d.mode)); err != nil {
			return err
		}
	}
	return errors.Join(p.write("main.cf", p.mainCf(routes)), p.write("master.cf", p.masterCf()))
}

func (p *PostfixServer) write(name, text string) error {
	return os.WriteFile(filepath.Join(p.dir, "etc", name), []byte(text), 0o644)
}

func (p *PostfixServer) mainCf(routes map[string]string) string {
	var domains, table []string
	for domain, to := range routes {
		domains = append(domains, domain)
		table = append(table, "{"+domain+" = "+to+"}")
	}
	return fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = %[2]s
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = %[1]s
maillog_file = %[1]s/log/mail
myhostname = postfix.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = %[3]s
transport_maps = inline:{ %[4]s }
smtpd_relay_restrictions = permit_auth_destination, reject
smtpd_recipient_restrictions =
local_recipient_maps =
relay_recipient_maps =
alias_maps =
alias_database =
smtputf8_enable = yes
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtp_dns_support_level = disabled
lmtp_host_lookup = native
smtp_host_lookup = native
minimal_backoff_time = 2s
maximal_backoff_time = 3s
queue_run_delay = 1s
lmtp_destination_recipient_limit = 50
in_flow_delay = 0
smtpd_client_connection_rate_limit = 0
%[5]s`, p.dir, postfixDaemons(), strings.Join(domains, ", "), strings.Join(table, ", "), p.more)
}

func (p *PostfixServer) masterCf() string {
	return fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`, p.Port)
}

// Addr is where it takes SMTP.
func (p *PostfixServer) Addr() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// Log is what it has written so far.
func (p *PostfixServer) Log() string {
	b, _ := os.ReadFile(filepath.Join(p.dir, "log", "mail"))
	return string(b)
}
