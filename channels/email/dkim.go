package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"tierline/config/check"
	"tierline/config/secret"
)

// DKIM signs what is sent (RFC 6376), for mail servers that do not sign it themselves.
type DKIM struct {
	Domain   string        `yaml:"domain"`   // default sending.domain
	Selector string        `yaml:"selector"` // the record is at SELECTOR._domainkey.DOMAIN
	Key      secret.String `yaml:"key"`      // PEM of a private key: RSA of 1024 bits or more, or Ed25519
}

const (
	minRSA  = 1024 // bits; verifiers take no less (RFC 8301 §3.2)
	goodRSA = 2048
)

// dkimKey is a key that is ready to sign.
type dkimKey struct {
	domain, selector string
	signer           crypto.Signer
}

// signedFields are signed, and once more than there are: nobody can add another From to a mail of ours
// that is still taken for ours (RFC 6376 §8.15).
var signedFields = []string{"From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
	"Auto-Submitted", "MIME-Version", "Content-Type"}

// load reads the key.
func (c DKIM) load() (*dkimKey, error) {
	block, rest := pem.Decode([]byte(c.Key.Reveal()))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("the key is no PEM of one private key")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("the PEM holds a %.40s, not a PRIVATE KEY", block.Type)
	}
	if err != nil {
		return nil, errors.New("the key cannot be read") // what the parser says may hold parts of it
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if bits := k.N.BitLen(); bits < minRSA {
			return nil, fmt.Errorf("the RSA key has %d bits; nobody takes less than %d", bits, minRSA)
		}
		return &dkimKey{c.Domain, c.Selector, k}, nil
	case ed25519.PrivateKey:
		return &dkimKey{c.Domain, c.Selector, k}, nil
	}
	return nil, errors.New("the key is neither RSA nor Ed25519")
}

// sign puts a DKIM-Signature in front of a mail. It holds the time, so that it is the one field that
// differs between two tries of a mail.
func (k *dkimKey) sign(raw []byte) ([]byte, error) {
	keys := make([]string, 0, 2*len(signedFields))
	present := fieldNames(raw)
	for _, f := range signedFields {
		if present[strings.ToLower(f)] {
			keys = append(keys, f)
		}
		keys = append(keys, f)
	}
	var b bytes.Buffer
	b.Grow(len(raw) + 1024)
	err := dkim.Sign(&b, bytes.NewReader(raw), &dkim.SignOptions{Domain: k.domain, Selector: k.selector, Signer: k.signer, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed, HeaderKeys: keys})
	return b.Bytes(), err
}

// fieldNames are the names of the fields of a mail of ours, in lower case.
func fieldNames(raw []byte) map[string]bool {
	names := map[string]bool{}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.Lines(head) {
		if name, _, ok := bytes.Cut(line, []byte(":")); ok && line[0] != ' ' {
			names[strings.ToLower(string(name))] = true
		}
	}
	return names
}

// DKIMRecord is what must stand in the DNS for our signatures to be believed: a TXT record of that name.
// It is empty when the configuration signs nothing.
func DKIMRecord(c Config) (name, value string, err error) {
	s := c.Sending.withDefaults()
	if s.DKIM == nil {
		return "", "", nil
	}
	k, err := s.DKIM.load()
	if err != nil {
		return "", "", err
	}
	kind, public := "ed25519", []byte(nil)
	switch p := k.signer.Public().(type) {
	case ed25519.PublicKey:
		public = p
	case *rsa.PublicKey:
		kind = "rsa"
		if public, err = x509.MarshalPKIXPublicKey(p); err != nil {
			return "", "", err
		}
	}
	return k.selector + "._domainkey." + k.domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}

var (
	dnsName  = regexp.MustCompile(`^(?i:[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)(?i:\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)*$`)
	keyBlank = regexp.MustCompile(`[\s"]+`)
)

func (c DKIM) check(at check.At, s Sending) {
	if !dnsName.MatchString(c.Domain) || !strings.Contains(c.Domain, ".") {
		at.Key("domain").Error("such as example.org", "%.60q is no domain", c.Domain)
	}
	if !dnsName.MatchString(c.Selector) {
		at.Key("selector").Error("a short name of your own, such as tierline", "%.60q is no selector", c.Selector)
	}
	k, err := c.load()
	if err != nil {
		at.Key("key").Error("{file: PATH} of a key made with: openssl genrsa -out dkim.pem 2048", "%v", err)
		return
	}
	if p, ok := k.signer.Public().(*rsa.PublicKey); ok && p.N.BitLen() < goodRSA {
		at.Key("key").Warn("make one of 2048 bits", "the RSA key has %d bits, which some receivers call weak", p.N.BitLen())
	} else if !ok {
		at.Key("key").Warn("an RSA key of 2048 bits is verified by all", "Ed25519 is verified by few receivers yet")
	}
	for inbox, f := range s.From {
		if organizational(domainOf(f.Address)) != organizational(c.Domain) {
			at.Key("domain").Warn("sign with the domain of the addresses", "the signature says nothing for the inbox %.40q, whose address is of another domain (DMARC)", inbox)
		}
	}
}

// published says whether the DNS holds the record.
func published(list []string, value string) error {
	if len(list) == 0 {
		return errors.New("there is no such record")
	}
	for _, txt := range list {
		if samePublicKey(txt, value) {
			return nil
		}
	}
	return errors.New("the record holds another key")
}

// samePublicKey compares what follows p=, for the other tags may be written in many ways.
func samePublicKey(a, b string) bool {
	p := func(s string) string {
		for tag := range strings.SplitSeq(keyBlank.ReplaceAllString(s, ""), ";") {
			if v, ok := strings.CutPrefix(tag, "p="); ok {
				return v
			}
		}
		return ""
	}
	return p(a) != "" && p(a) == p(b)
}
