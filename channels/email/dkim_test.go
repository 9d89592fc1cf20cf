package email

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/config/secret"
)

func pemOf(t testing.TB, kind string, der []byte, err error) secret.String {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func dkimKeys(t testing.TB) map[string]secret.String {
	t.Helper()
	r := rsaKey(t, 2048)
	_, e, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(r)
	ed, errEd := x509.MarshalPKCS8PrivateKey(e)
	return map[string]secret.String{"RSA, PKCS 1": pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r), nil),
		"RSA, PKCS 8": pemOf(t, "PRIVATE KEY", pkcs8, err), "Ed25519": pemOf(t, "PRIVATE KEY", ed, errEd)}
}

// verify checks the signatures of a mail against one record.
func verifyDKIM(t testing.TB, name, value string, raw []byte) error {
	t.Helper()
	list, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
		if domain != name {
			return nil, fmt.Errorf("nobody should ask for %s", domain)
		}
		return []string{value}, nil
	}})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d signatures (%v)", len(list), err)
	}
	return list[0].Err
}

func TestAnswersAreSigned(t *testing.T) {
	t.Parallel()
	for name, key := range dkimKeys(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := channeltest.NewWorld()
			m := newMX(t)
			c := Config{Sending: sending("127.0.0.1", m.port())}
			c.Sending.DKIM = &DKIM{Selector: "tierline", Key: key}
			s := testSender(t, c, w)
			for range 2 { // the second is a repetition
				if _, err := s.Send(t.Context(), outbound()); err != nil {
					t.Fatal(err)
				}
			}
			record, value, err := DKIMRecord(c)
			if err != nil || record != "tierline._domainkey.acme.example" {
				t.Fatalf("the record is %s (%v)", record, err)
			}
			one, two := []byte(m.all()[0].data), []byte(m.all()[1].data)
			if err := verifyDKIM(t, record, value, one); err != nil {
				t.Errorf("the signature is bad: %v\n%s", err, one)
			}
			bare := func(raw []byte) string {
				i := bytes.Index(raw, []byte("From: "))
				if i < 0 || !bytes.HasPrefix(raw, []byte("DKIM-Signature:")) {
					t.Fatalf("the signature does not stand first:\n%s", raw)
				}
				return string(raw[i:])
			}
			if bare(one) != bare(two) {
				t.Error("a repetition differs in more than the signature")
			}
			for _, forged := range []string{"From: Eve <eve@evil.example>\r\n", "Subject: You have won\r\n", "Reply-To: eve@evil.example\r\n"} {
				at := bytes.Index(one, []byte("From: "))
				changed := bytes.Join([][]byte{one[:at], one[at:]}, []byte(forged))
				if verifyDKIM(t, record, value, changed) == nil {
					t.Errorf("the signature is good with another %q", forged)
				}
			}
			if verifyDKIM(t, record, value, bytes.Replace(one, []byte("neu"), []byte("nie"), 1)) == nil {
				t.Error("the signature is good with another text")
			}
			spaced := bytes.Replace(one, []byte("Subject: "), []byte("Subject:   "), 1)
			if err := verifyDKIM(t, record, value, spaced); err != nil {
				t.Errorf("a blank more, as mail servers make, spoils it: %v", err)
			}
		})
	}
}

func TestDKIMConfiguration(t *testing.T) {
	t.Parallel()
	good := pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey(t, 1024)), nil)
	s := Sending{From: map[string]From{"a": {Address: "a@acme.example"}}}
	for name, c := range map[string]struct {
		k    DKIM
		want string
	}{
		"good, if short": {DKIM{"acme.example", "s1", good}, "1024 bits, which some"},
		"too short":      {DKIM{"acme.example", "s1", pemOf(t, "RSA PRIVATE KEY", shortKey(t), nil)}, "512 bits"},
		"no key":         {DKIM{"acme.example", "s1", secret.New("hello")}, "no PEM"},
		"a certificate":  {DKIM{"acme.example", "s1", secret.New("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}, "CERTIFICATE"},
		"selector":       {DKIM{"acme.example", "a b", good}, "selector"},
		"another domain": {DKIM{"other.example", "s1", good}, "DMARC"},
		"no domain":      {DKIM{"", "s1", good}, "domain"},
	} {
		var l check.List
		c.k.check(l.Root(), s)
		if got := fmt.Sprint(l.Faults); !strings.Contains(got, c.want) || strings.Contains(got, "MII") {
			t.Errorf("%s: %s, want %q", name, got, c.want)
		}
	}
	if published([]string{"v=DKIM1;k=rsa; p=AB CD"}, "v=DKIM1; k=rsa; p=ABCD") != nil || published([]string{"v=DKIM1; p=XY"}, "v=DKIM1; p=ABCD") == nil ||
		published(nil, "x") == nil {
		t.Error("records are compared wrongly")
	}
	if _, err := (DKIM{Key: secret.New("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")}).load(); err == nil || errors.Unwrap(err) != nil {
		t.Errorf("a broken key gives %v", err)
	}
}

// shortKey is one of a length that Go makes no longer.
func shortKey(t testing.TB) []byte {
	t.Helper()
	p, err1 := rand.Prime(rand.Reader, 256)
	q, err2 := rand.Prime(rand.Reader, 256)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	less := func(n *big.Int) *big.Int { return new(big.Int).Sub(n, one) }
	d := new(big.Int).ModInverse(e, new(big.Int).Mul(less(p), less(q)))
	der, err := asn1.Marshal(struct {
		Version               int
		N                     *big.Int
		E                     int
		D, P, Q, Dp, Dq, Qinv *big.Int
	}{0, new(big.Int).Mul(p, q), 65537, d, p, q, new(big.Int).Mod(d, less(p)), new(big.Int).Mod(d, less(q)), new(big.Int).ModInverse(q, p)})
	if err != nil {
		t.Fatal(err)
	}
	return der
}
