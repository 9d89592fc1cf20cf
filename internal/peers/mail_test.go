package peers

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

func greeting(t *testing.T, addr string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestDovecot(t *testing.T) {
	t.Parallel()
	d := Dovecot(t)
	if g := greeting(t, d.Addr()); !strings.HasPrefix(g, "* OK") {
		t.Errorf("Dovecot greets with %q", g)
	}
	d.Stop()
	if _, err := net.Dial("tcp", d.Addr()); err == nil {
		t.Error("Dovecot listens after it was stopped")
	}
	d.Start(t)
	greeting(t, d.Addr())
}

func TestPostfix(t *testing.T) {
	t.Parallel()
	p := Postfix(t, map[string]string{"example.org": "discard:"})
	if g := greeting(t, p.Addr()); !strings.HasPrefix(g, "220 postfix.test") {
		t.Errorf("Postfix greets with %q", g)
	}
}
