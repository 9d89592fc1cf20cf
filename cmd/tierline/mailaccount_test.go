package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tierline/internal/peers"
)

// agreeable reads what is printed, and does as they are told: once.
type agreeable struct {
	bytes.Buffer
	visit func(address string)
}

var anAddress = regexp.MustCompile(`http://\S+/authorize\S+`)

func (p *agreeable) Write(b []byte) (int, error) {
	if a := anAddress.Find(b); a != nil {
		p.visit(string(a))
	}
	return p.Buffer.Write(b)
}

func TestMailAuthorizeCommand(t *testing.T) {
	t.Parallel()
	tokens := peers.Tokens(t, "jane@acme.example")
	s := newShell(t, goodConfig+fmt.Sprintf(`
email:
  sending: {host: 127.0.0.1}
  mailboxes:
    - {inbox: support, host: 127.0.0.1, user: jane@acme.example, oauth2: {refresh_token: {file: /not/yet/there}, token_url: %q, auth_url: %q, client_id: %s, client_secret: %q}}
`, tokens.URL, strings.TrimSuffix(tokens.URL, "token")+"authorize", tokens.ClientID, tokens.ClientSecret))
	s.do(1, "mail", "authorize", "-c", s.config)
	if !strings.Contains(s.err, "Name one of these accounts: jane@acme.example.") {
		t.Errorf("%s", s.err)
	}
	file := filepath.Join(t.TempDir(), "token")
	p := &agreeable{visit: func(address string) {
		if resp, err := http.Get(address); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%v %v", resp, err)
		}
	}}
	var out bytes.Buffer
	if got := run(&env{ctx: t.Context(), in: strings.NewReader(""), out: &out, err: p}, []string{"mail", "authorize", "jane@acme.example", "-c", s.config, "-o", file}); got != 0 {
		t.Fatalf("it ended with %d: %s", got, p)
	}
	kept, err := os.ReadFile(file)
	if info, _ := os.Stat(file); err != nil || strings.TrimSpace(string(kept)) != tokens.Refresh() || info.Mode().Perm() != 0o600 {
		t.Errorf("the file holds %q (%v)", kept, err)
	}
	if out.Len() > 0 || strings.Contains(p.String(), tokens.Refresh()) {
		t.Error("the token is printed as well")
	}
}

// Doctor goes on with the newest token, and keeps what replaces it.
func TestDoctorTriesTokens(t *testing.T) {
	t.Parallel()
	tokens := peers.Tokens(t, "jane@acme.example")
	d := peers.DovecotOAuth2(t, tokens)
	p := peers.PostfixBehind(t, nil, d)
	account := fmt.Sprintf(`{token_url: %q, client_id: %s, client_secret: %q, refresh_token: %q}`, tokens.URL, tokens.ClientID, tokens.ClientSecret, tokens.Refresh())
	s := newShell(t, goodConfig+fmt.Sprintf(`
email:
  mailboxes: [{inbox: support, host: 127.0.0.1, port: %d, tls: none, user: jane@acme.example, oauth2: %s}]
  sending: {host: 127.0.0.1, port: %d, tls: none, user: jane@acme.example, domain: acme.example, oauth2: %s, from: {support: {address: support@acme.example}}}
`, d.Port, account, p.Port, account))
	for range 2 {
		s.do(0, "doctor", "-c", s.config)
		s.says("email:imap:jane@acme.example", "signed in")
	}
	if n, _ := tokens.Requests(); n != 2 {
		t.Errorf("two accounts that are one asked %d times in two runs", n)
	}
	tokens.Withdraw()
	s.do(1, "doctor", "-c", s.config)
	s.says("tierline mail authorize")
	if strings.Contains(s.out+s.err, tokens.ClientSecret) {
		t.Error("a secret is printed")
	}
}

func TestMailDKIMCommand(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.do(1, "mail", "dkim", "-c", s.config)
	key := filepath.Join(t.TempDir(), "dkim.pem")
	if err := os.WriteFile(key, testKey(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s = newShell(t, goodConfig+fmt.Sprintf(`
email:
  sending: {host: 127.0.0.1, tls: none, domain: acme.example, dkim: {selector: tierline, key: {file: %q}}}
`, key))
	s.do(0, "mail", "dkim", "-c", s.config)
	if !strings.HasPrefix(s.out, `tierline._domainkey.acme.example. IN TXT ( "v=DKIM1; k=rsa; p=MII`) || strings.Count(s.out, `"`) != 4 {
		t.Errorf("%s", s.out)
	}
	s.do(0, "mail", "dkim", "--json", "-c", s.config)
	s.says(`"type":"TXT"`, `"name":"tierline._domainkey.acme.example"`)
}

func testKey(t *testing.T) []byte {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})
}
