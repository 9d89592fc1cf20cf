package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/kb"
	"tierline/ticket"
)

func TestHelpShowsOnlyWhatCustomersMayRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	var hidden []string
	for _, aud := range []kb.Audience{kb.External, kb.Internal} {
		for _, conf := range []kb.Confidence{kb.WorkInProgress, kb.NotValidated, kb.Validated, kb.Archived} {
			id := "valve-" + string(aud) + "-" + string(conf)
			s.article(kb.Article{ID: id, Title: "Valve of " + id, Body: "The valve of the boiler.", Audience: aud, Confidence: conf, Wording: "valve"})
			if aud != kb.External || conf != kb.Validated {
				hidden = append(hidden, id)
			}
		}
	}
	v := s.visitor()
	for _, path := range []string{"/help", "/help?lang=en", "/help?q=valve+boiler", "/help?lang=en&q=valve+internal+validated"} {
		body := v.page(path)
		mustHave(t, body, "/help/valve-external-validated")
		for _, id := range hidden {
			mustNotHave(t, body, "/help/"+id, "Valve of "+id)
		}
	}
	mustHave(t, v.page("/help/valve-external-validated"), "The valve of the boiler.")
	for _, id := range append(hidden, "nope") {
		got := v.get("/help/" + id)
		if got.StatusCode != 404 || strings.Contains(got.body, "boiler") {
			t.Errorf("%s: %d", id, got.StatusCode)
		}
	}
	// An index that is behind shows nothing that was taken back meanwhile.
	a, err := s.store.Article(context.Background(), "valve-external-validated")
	if err != nil {
		t.Fatal(err)
	}
	a.Audience = kb.Internal
	if _, err := s.store.PutArticle(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	mustNotHave(t, v.page("/help?q=valve+boiler"), "valve-external-validated")
	mustNotHave(t, v.page("/help"), "valve-external-validated")
}

func TestHelpSpeaksThreeLanguages(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, l := range []string{"en", "de", "fr"} {
		s.article(kb.Article{ID: "a-" + l, Title: "Title " + l, Body: "x", Language: l, Audience: kb.External, Confidence: kb.Validated})
	}
	v := s.visitor()
	words := helpWords()
	for _, l := range []string{"en", "de", "fr"} {
		body := v.page("/help?lang=" + l)
		mustHave(t, body, `<html lang="`+l+`">`, words[l]["question"], "Title "+l)
		for _, other := range []string{"en", "de", "fr"} {
			if other != l {
				mustNotHave(t, body, "Title "+other, words[other]["question"])
			}
		}
		if len(words[l]) != len(words["en"]) {
			t.Errorf("%s lacks words", l)
		}
		mustNotHave(t, v.page("/help/a-"+l+"?lang="+l), words[l]["only"])
		got := v.get("/help/nope?lang=" + l)
		mustHave(t, got.body, `<html lang="`+l+`">`, words[l]["gone"])
	}
	mustHave(t, v.page("/help/a-en?lang=de"), words["de"]["only"], `<article class="md" lang="en">`)
	r, _ := http.NewRequest("GET", s.URL()+"/help", nil)
	r.Header.Set("Accept-Language", "xx, fr-CH;q=0.9, en")
	mustHave(t, v.do(r).body, `<html lang="fr">`)
	mustHave(t, v.page("/help?lang=xx"), `<html lang="en">`)
}

func TestHelpIsPaged(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i := range 35 {
		id := "a" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		if _, err := s.store.PutArticle(context.Background(), kb.Article{ID: id, Title: "T " + id, Body: "x", Language: "en", Audience: kb.External, Confidence: kb.Validated}); err != nil {
			t.Fatal(err)
		}
	}
	first := s.visitor().page("/help?lang=en")
	if n := strings.Count(first, `href="/help/a`); n != 30 {
		t.Errorf("%d on the first page", n)
	}
	mustHave(t, first, "after=abd")
	if n := strings.Count(s.visitor().page("/help?lang=en&after=abd"), `href="/help/a`); n != 5 {
		t.Errorf("%d on the second page", n)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	clock := time.Now()
	fault := errors.New("secret host is down")
	s := start(t, func(_ *Config, d *Deps) {
		d.Now = func() time.Time { return clock }
		d.Ready = append(d.Ready, Probe{"slack", func(context.Context) error { return fault }},
			Probe{"panics", func(context.Context) error { panic("x") }},
			Probe{"explains", func(context.Context) error { return ticket.Errorf("x", ticket.Transient, "Mail waits.") }})
	})
	v := s.visitor()
	mustHave(t, v.page("/healthz"), `"ok":true`)
	got := v.get("/readyz")
	var r struct {
		OK           bool
		Dependencies []struct {
			Name, Error string
			OK          bool
		}
	}
	if err := json.Unmarshal([]byte(got.body), &r); err != nil || got.StatusCode != 503 || r.OK || len(r.Dependencies) != 4 {
		t.Fatalf("%d %s %v", got.StatusCode, got.body, err)
	}
	if d := r.Dependencies; !d[0].OK || d[0].Name != "store" || d[1].OK || d[1].Name != "slack" || d[1].Error == "" || d[2].OK || d[3].Error != "Mail waits." {
		t.Errorf("%+v", d)
	}
	mustNotHave(t, got.body, "secret host")
	mustHave(t, s.log.String(), "secret host") // but the log knows
	doubtful := start(t, func(_ *Config, d *Deps) {
		d.Doubts = []Probe{{"groups", func(context.Context) error { return ticket.Errorf("x", ticket.Invalid, "A group is gone.") }}}
	})
	got = doubtful.visitor().get("/readyz")
	if got.StatusCode != 200 || !strings.Contains(got.body, `"minor":true,"error":"A group is gone."`) {
		t.Errorf("what is not needed: %d %s", got.StatusCode, got.body)
	}
	if start(t).visitor().get("/readyz").StatusCode != 200 {
		t.Error("not ready though all works")
	}
}

func TestReadinessIsAskedAgain(t *testing.T) {
	t.Parallel()
	clock, asked := time.Now(), 0
	var fault error
	s := start(t, func(_ *Config, d *Deps) {
		d.Now = func() time.Time { return clock }
		d.Ready = []Probe{{"slack", func(context.Context) error { asked++; return fault }}}
	})
	v := s.visitor()
	for i, c := range []struct {
		later  time.Duration
		fault  error
		status int
		asked  int
	}{
		{0, errors.New("not connected yet"), 503, 1},
		{probeAgain / 2, nil, 503, 1},
		{probeAgain, nil, 200, 2},
		{probeAgain, errors.New("gone"), 200, 2},
		{probeEvery, errors.New("gone"), 503, 3},
	} {
		clock, fault = clock.Add(c.later), c.fault
		if got := v.get("/readyz"); got.StatusCode != c.status || asked != c.asked {
			t.Errorf("look %d: %d after %d questions", i, got.StatusCode, asked)
		}
	}
}

func TestAProbeThatHangs(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	s := start(t, func(_ *Config, d *Deps) {
		d.Ready = []Probe{{"hangs", func(context.Context) error { <-release; return nil }}}
	})
	begin := time.Now()
	if got := s.visitor().get("/readyz"); got.StatusCode != 503 || time.Since(begin) > 10*probeWithin {
		t.Errorf("%d after %v", got.StatusCode, time.Since(begin))
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mail("1", "x", "y")
	s.deadJob(ticket.JobRoute, "broken")
	if got := s.visitor().get("/metrics"); got.StatusCode != 401 {
		t.Errorf("metrics are open: %d", got.StatusCode)
	}
	r, _ := http.NewRequest("GET", s.URL()+"/metrics", nil)
	r.Header.Set("Authorization", "Bearer "+allKey)
	s.visitor().page("/help")
	got := s.visitor().do(r)
	mustHave(t, got.body, `tierline_tickets{state="new"} 1`, `tierline_jobs{kind="route",state="dead"} 1`, "tierline_oldest_due_job_age_seconds ",
		`tierline_http_requests_total{method="GET",route="/help",status="200"} 1`, "# HELP tierline_http_request_seconds")
	open := start(t, func(c *Config, _ *Deps) { c.OpenMetrics = true })
	if got := open.visitor().get("/metrics"); got.StatusCode != 200 || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	t.Parallel()
	c := Config{Listen: "8080", PublicURL: "example.org", TLS: TLS{Cert: "x"}, TrustedProxies: []string{"x"}, RatePerMinute: -1,
		CookieSecret: secret.New("short"), Keys: []Key{{Name: "a b", Key: secret.New("short"), Scopes: []Scope{"all"}},
			{Name: "b", Key: secret.New(allKey), Hash: hashOf("x")}, {Name: "b", Hash: "xyz"}},
		Users: []User{{}, {Agent: "x", Token: secret.New(allKey)}, {Agent: "y", Token: secret.New(allKey)}}}
	var l check.List
	c.Check(l.Root())
	var all []string
	for _, f := range l.Faults {
		all = append(all, strings.Join(f.Path, "."))
		mustNotHave(t, f.String(), allKey)
	}
	got := strings.Join(all, " ")
	for _, want := range []string{"listen", "public_url", "tls", "trusted_proxies.0", "rate_per_minute", "cookie_secret", "keys.0.name",
		"keys.0.key", "keys.0.scopes.0", "keys.1.key", "keys.2.name", "keys.2.hash", "users.0.agent", "users.0.token", "users.2.token"} {
		if !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("no fault at %s; there are %s", want, got)
		}
	}
	l = check.List{}
	testConfig().Check(l.Root())
	if len(l.Faults) != 0 {
		t.Errorf("%v", l.Faults)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	if _, err := New(testConfig(), Deps{}); err == nil {
		t.Error("no store is fine")
	}
	s := start(t)
	for name, change := range map[string]func(*Config){
		"port taken":    func(c *Config) { c.Listen = s.Addr() },
		"no such agent": func(c *Config) { c.Users = []User{{Agent: "nobody", Token: secret.New(token)}} },
		"no such file":  func(c *Config) { c.TLS = TLS{Cert: "/nope", Key: "/nope"} },
	} {
		c := testConfig()
		change(&c)
		if _, err := New(c, s.d); err == nil {
			t.Error(name)
		}
	}
}

func TestOverTLS(t *testing.T) {
	t.Parallel()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	priv, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, private := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, private: {Type: "PRIVATE KEY", Bytes: priv}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, func(c *Config, _ *Deps) { c.TLS = TLS{Cert: cert, Key: private} })
	v := s.visitor()
	v.c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	got := v.send("POST", "/console/login", url.Values{"token": {token}})
	cookie := got.Header.Get("Set-Cookie")
	if got.StatusCode != 303 || !strings.HasPrefix(cookie, "__Host-tierline=") || !strings.Contains(cookie, "secure") || got.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	mustHave(t, v.page("/console"), "Anna Agent")
	id := s.mail("1", "x", "y")
	if d, _ := v.listen(id, "0.0").next(t); d == "" { // streams set deadlines on the connection itself
		t.Error("no live stream over TLS")
	}
}
