package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

func TestSignInByToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	v := s.visitor()
	got := v.get("/console/tickets?state=open")
	next, err := url.Parse(got.Header.Get("Location"))
	if err != nil || next.Path != "/console/login" {
		t.Fatalf("sent to %q", got.Header.Get("Location"))
	}
	got = v.send("POST", "/console/login", url.Values{"token": {"wrong"}, "next": {next.Query().Get("next")}})
	if got.StatusCode != 401 || !strings.Contains(got.body, "not known") {
		t.Errorf("a wrong token: %d", got.StatusCode)
	}
	got = v.send("POST", "/console/login", url.Values{"token": {token}, "next": {next.Query().Get("next")}})
	if got.StatusCode != 303 || got.Header.Get("Location") != "/console/tickets?state=open" {
		t.Errorf("signed in: %d %v", got.StatusCode, got.Header)
	}
	cookie := got.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	mustHave(t, v.page("/console"), "Anna Agent")
	mustNotHave(t, s.log.String(), token)

	if got = v.post("/console", "/console/logout", nil); got.StatusCode != 303 {
		t.Fatalf("sign-out: %d", got.StatusCode)
	}
	if got = v.get("/console"); got.StatusCode != 303 {
		t.Errorf("still signed in: %d", got.StatusCode)
	}
	r, _ := http.NewRequest("GET", s.URL()+"/console", nil)
	r.Header.Set("Cookie", strings.SplitN(cookie, ";", 2)[0])
	if got := s.visitor().do(r); got.StatusCode != 303 {
		t.Error("the cookie of a session that was signed out still works")
	}
}

func TestSignOutHoldsInEveryGateway(t *testing.T) {
	t.Parallel()
	a := start(t)
	away := errors.New("the database is away")
	broken := &cursorsAway{Store: a.store}
	b := start(t, func(_ *Config, d *Deps) { d.Store = broken })
	v := a.signedIn("lea")
	u, err := url.Parse(a.URL())
	if err != nil {
		t.Fatal(err)
	}
	kept := v.c.Jar.Cookies(u)
	if len(kept) != 1 {
		t.Fatal(kept)
	}
	at := func(s *site) int {
		r, _ := http.NewRequest("GET", s.URL()+"/console/tickets", nil)
		r.AddCookie(kept[0])
		return s.visitor().do(r).StatusCode
	}
	if n, m := at(a), at(b); n != 200 || m != 200 {
		t.Fatalf("signed in: %d here, %d there", n, m)
	}
	broken.err.Store(&away)
	if n := at(b); n != 503 {
		t.Errorf("when nobody knows whether it was signed out: %d", n)
	}
	broken.err.Store(nil)
	if got := v.post("/console", "/console/logout", nil); got.StatusCode != 303 {
		t.Fatalf("sign-out: %d", got.StatusCode)
	}
	if n, m := at(a), at(b); n != 303 || m != 303 {
		t.Errorf("signed out: %d here, %d there", n, m)
	}
}

// cursorsAway is a store that reads no cursor while err is set.
type cursorsAway struct {
	ticket.Store
	err atomic.Pointer[error]
}

func (s *cursorsAway) Cursor(ctx context.Context, source string) (string, error) {
	if err := s.err.Load(); err != nil {
		return "", ticket.E("store", ticket.Transient, *err)
	}
	return s.Store.Cursor(ctx, source)
}

func TestSignInByLinkOnce(t *testing.T) {
	t.Parallel()
	clock := time.Now()
	s := start(t, func(_ *Config, d *Deps) { d.Now = func() time.Time { return clock } })
	link, err := s.ConsoleLink("lea", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(link, s.URL())
	u, _ := url.Parse(link)
	form := url.Values{"link": {u.Query().Get("link")}}
	for range 3 { // looking at it does not use it up
		mustHave(t, s.visitor().page(path), "Sign in as Lea Lead")
	}
	v := s.visitor()
	if got := v.send("POST", "/console/login", form); got.StatusCode != 303 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	mustHave(t, v.page("/console"), "Lea Lead")
	if got := s.visitor().send("POST", "/console/login", form); got.StatusCode != 401 || !strings.Contains(got.body, "used already") {
		t.Errorf("used twice: %d %s", got.StatusCode, got.body)
	}
	mustNotHave(t, s.log.String(), u.Query().Get("link"))

	old, _ := s.ConsoleLink("lea", time.Minute)
	u, _ = url.Parse(old)
	forged := url.Values{"link": {strings.Replace(u.Query().Get("link"), ".", "A.", 1)}}
	if got := s.visitor().send("POST", "/console/login", forged); got.StatusCode != 401 {
		t.Errorf("a forged link: %d", got.StatusCode)
	}
	clock = clock.Add(2 * time.Minute)
	if got := s.visitor().send("POST", "/console/login", url.Values{"link": {u.Query().Get("link")}}); got.StatusCode != 401 {
		t.Errorf("an old link: %d", got.StatusCode)
	}
	clock = clock.Add(sessionFor)
	if got := v.get("/console"); got.StatusCode != 303 {
		t.Errorf("a session that has run out: %d", got.StatusCode)
	}
	for _, bad := range []struct {
		id  string
		ttl time.Duration
	}{{"nobody", time.Minute}, {"lea", 0}, {"lea", 48 * time.Hour}} {
		if _, err := s.ConsoleLink(bad.id, bad.ttl); err == nil {
			t.Errorf("a link for %v", bad)
		}
	}
}

// A link is no session and a session no link, though both are signed alike.
func TestSignaturesAreForOnePurpose(t *testing.T) {
	t.Parallel()
	k := newSecrets([]byte("x"))
	now := time.Now()
	link := seal(k.link, session{Agent: "lea", ID: "1", Ends: now.Add(time.Hour).Unix()})
	if _, ok := unseal(k.session, link, now); ok {
		t.Error("a link is taken for a session")
	}
	if _, ok := unseal(k.link, link, now); !ok {
		t.Error("a good link is refused")
	}
	for _, bad := range []string{"", ".", "a.b", link + "x", strings.Repeat("x", 2000)} {
		if _, ok := unseal(k.link, bad, now); ok {
			t.Errorf("%.20q is taken", bad)
		}
	}
}

func TestFailedSignInsAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	v := s.visitor()
	for range 10 {
		if got := v.send("POST", "/console/login", url.Values{"token": {"guess"}}); got.StatusCode != 401 {
			t.Fatalf("%d", got.StatusCode)
		}
	}
	if got := v.send("POST", "/console/login", url.Values{"token": {token}}); got.StatusCode != 429 {
		t.Errorf("the eleventh try: %d", got.StatusCode)
	}
}

func TestSignInFromAnotherSite(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, x := range []struct {
		header, value string
		want          int
	}{{"Sec-Fetch-Site", "cross-site", 403}, {"Sec-Fetch-Site", "same-site", 403}, {"Sec-Fetch-Site", "same-origin", 303},
		{"Origin", "https://evil.example", 403}, {"Origin", "null", 403}, {"Origin", s.URL(), 303}} {
		r, err := http.NewRequest("POST", s.URL()+"/console/login", strings.NewReader("token="+token))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(x.header, x.value)
		if got := s.visitor().do(r); got.StatusCode != x.want || (got.Header.Get("Set-Cookie") == "") != (x.want == 403) {
			t.Errorf("%s: %s: %d %v", x.header, x.value, got.StatusCode, got.Header)
		}
	}
}

func TestWhereASignInLeads(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"": "/console", "/console/jobs": "/console/jobs", "/console/tickets?a=b": "/console/tickets?a=b", "/console?x=1": "/console?x=1",
		"https://evil.example/console/": "/console", "//evil.example/console/": "/console", "/help": "/console",
		"/console/login?next=/": "/console", `/console/\evil`: "/console", "/consoleevil": "/console", "javascript:x": "/console",
	} {
		if got := localNext(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	who := func(r fiber.Router) {
		r.Get("/whoami", func(c *fiber.Ctx) error { return c.SendString(c.IP() + " " + c.Hostname()) })
	}
	behind := start(t, func(c *Config, d *Deps) {
		c.TrustedProxies, d.Mounts = []string{"10.0.0.0/8", "127.0.0.1"}, []Mount{{Register: who}}
	})
	alone := start(t, func(_ *Config, d *Deps) { d.Mounts = []Mount{{Register: who}} })
	for header, want := range map[string]string{
		"": "127.0.0.1", "198.51.100.7": "198.51.100.7", "1.1.1.1, 198.51.100.7": "198.51.100.7",
		"1.1.1.1, 198.51.100.7, 10.1.1.1": "198.51.100.7", "nonsense": "127.0.0.1", "198.51.100.7, nonsense, 10.1.1.1": "10.1.1.1",
	} {
		ask := func(s *site) string {
			r, err := http.NewRequest("GET", s.URL()+"/whoami", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", header)
			r.Header.Set("X-Forwarded-Host", "public.example")
			return s.visitor().do(r).body
		}
		if got := ask(behind); got != want+" "+behind.Addr() {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
		if got := ask(alone); got != "127.0.0.1 "+alone.Addr() {
			t.Errorf("%q is believed though nobody is trusted: %s", header, got)
		}
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	l := newLimiter(2, 10*time.Second, func() time.Time { return now })
	for range 2 {
		if l.take("a", 1) != 0 {
			t.Error("two tokens are there at first")
		}
	}
	if got := l.take("a", 1); got != 5 {
		t.Errorf("come again in %d s, want 5", got)
	}
	if l.take("b", 1) != 0 {
		t.Error("one takes from the other")
	}
	now = now.Add(5 * time.Second)
	if l.take("a", 0) != 0 || l.take("a", 1) != 0 || l.take("a", 0) == 0 {
		t.Error("one token in five seconds, and asking costs nothing")
	}
	for i := range maxBuckets + 10 {
		l.take(strings.Repeat("x", i%7)+time.Duration(i).String(), 1)
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}
}
