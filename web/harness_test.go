package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/config/secret"
	"tierline/customer"
	"tierline/kb"
	"tierline/kb/bleve"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/store"
	"tierline/ticket"
)

// site is a running server with the real store, search engine and desk behind it.
type site struct {
	*Server
	t     testing.TB
	store *store.Store
	blobs *memBlobs
	index *kb.Follower
	log   *safeBuffer
	api   document
	stop  func() error // stops the server and waits
}

const (
	allKey  = "all-scopes-0123456789abcdef"
	readKey = "read-only-0123456789abcdef0"
	token   = "console-token-0123456789abc"
)

func staffList() []ticket.Agent {
	return []ticket.Agent{
		{ID: "anna", Name: "Anna Agent", Email: "anna@example.org", Roles: []ticket.Role{ticket.RoleAgent}},
		{ID: "lea", Name: "Lea Lead", Email: "lea@example.org", Roles: []ticket.Role{ticket.RoleLead}, Languages: []string{"en", "fr"}},
		{ID: "ed", Name: "Ed Editor", Email: "ed@example.org", Roles: []ticket.Role{ticket.RoleEditor}},
	}
}

func testConfig() Config {
	return Config{Listen: "127.0.0.1:0", CookieSecret: secret.New(strings.Repeat("s", 40)),
		Keys: []Key{
			{Name: "all", Key: secret.New(allKey), Scopes: Scopes()},
			{Name: "reader", Hash: hashOf(readKey), Scopes: []Scope{TicketsRead}},
		},
		Users: []User{{Agent: "anna", Token: secret.New(token)}},
	}
}

func start(t testing.TB, change ...func(*Config, *Deps)) *site {
	t.Helper()
	ctx := context.Background()
	log := &safeBuffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	rc := router.Config{Agents: staffList(), Suppliers: []router.Supplier{{Name: "pumps", Title: "Pumpen AG", For: "pumps and boilers", Contract: "K-77",
		Phone: "+4930999", Email: "rma@pumps.example", Reference: `RMA-\d{4}`, Example: "RMA-1234", Lead: 40 * time.Hour}}, Tiers: []router.Tier{
		{Name: "l1", Title: "Level 1", Level: 1, Channel: "support",
			Updates: router.Updates{Every: map[string]time.Duration{"default": 24 * time.Hour}}},
		{Name: "l2", Title: "Level 2", Level: 2, Channel: "experts", OnCall: oncall.Config{Layer: oncall.Layer{People: []string{"lea"}}}}}}
	live, err := router.NewLive(rc)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(ctx, store.Config{Data: t.TempDir(), ThrowAway: true, Log: logger, Policy: live})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	engine, err := bleve.Open(bleve.Config{}, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	s := &site{t: t, store: st, blobs: &memBlobs{m: map[string][]byte{}}, log: log,
		index: &kb.Follower{Store: st, Engine: engine, Log: logger}}
	cfg := testConfig()
	d := Deps{Store: st, KB: st, Suggest: kb.NewSuggester(engine), Blobs: s.blobs, Agents: staffList, Version: "test", Log: logger,
		Ready: []Probe{{Name: "store", Check: st.Ping}}}
	desk := &router.Desk{Store: st, KB: st, Suggest: d.Suggest, Live: live, Now: time.Now}
	d.Backend, d.Suppliers, d.Store = desk, desk.SupplierReport, planned{st, desk}
	for _, f := range change {
		f(&cfg, &d)
	}
	if s.Server, err = New(cfg, d); err != nil {
		t.Fatal(err)
	}
	s.run()
	return s
}

// planned is the store as the program gives it to those who act with a key.
type planned struct {
	*store.Store
	desk *router.Desk
}

func (p planned) Act(ctx context.Context, a ticket.Action) (ticket.Ticket, error) {
	if err := p.desk.Plan(ctx, &a); err != nil {
		return ticket.Ticket{}, err
	}
	return p.Store.Act(ctx, a)
}

func (s *site) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	s.t.Cleanup(func() {
		if err := s.stop(); err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
}

// safeBuffer takes logs from many goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type memBlobs struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (b *memBlobs) Put(_ context.Context, r io.Reader, limit int64) (string, int64, error) {
	all, err := io.ReadAll(io.LimitReader(r, limit))
	sum := sha256.Sum256(all)
	name := hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	b.m[name] = all
	return name, int64(len(all)), err
}

func (b *memBlobs) Open(_ context.Context, sha string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, ok := b.m[sha]
	if !ok {
		return nil, ticket.E("blobs", ticket.NotFound, nil)
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

func (s *site) put(text string) string {
	s.t.Helper()
	sha, _, err := s.blobs.Put(context.Background(), strings.NewReader(text), 1<<20)
	if err != nil {
		s.t.Fatal(err)
	}
	return sha
}

// mail has a customer write one, and returns the ticket.
func (s *site) mail(external, subject, text string, change ...func(*ticket.Inbound)) ticket.ID {
	s.t.Helper()
	in := ticket.Inbound{Channel: "email", Inbox: "support@example.org", External: external,
		From: customer.Identity{Kind: customer.Email, Value: "carla@customer.example", Name: "Carla Customer"}, Subject: subject, Text: text}
	for _, f := range change {
		f(&in)
	}
	got, err := s.store.Accept(context.Background(), []ticket.Inbound{in})
	if err != nil {
		s.t.Fatal(err)
	}
	return got[0].Ticket
}

func (s *site) act(a ticket.Action) ticket.Ticket {
	s.t.Helper()
	got, err := s.store.Act(context.Background(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *site) article(a kb.Article) kb.Article {
	s.t.Helper()
	if a.Language == "" {
		a.Language = "en"
	}
	got, err := s.store.PutArticle(context.Background(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.index.CatchUp(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return got
}

// deadJob buries the job of a kind that a ticket has.
func (s *site) deadJob(kind ticket.JobKind, cause string) ticket.Job {
	s.t.Helper()
	jobs, err := s.store.Claim(context.Background(), []ticket.JobKind{kind}, 1, time.Minute)
	if err != nil || len(jobs) != 1 {
		s.t.Fatalf("claim: %v, %v", jobs, err)
	}
	if err := s.store.Bury(context.Background(), jobs[0], cause); err != nil {
		s.t.Fatal(err)
	}
	return jobs[0]
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// person is a browser without the browser: it keeps cookies and follows no redirects by itself.
type visitor struct {
	s *site
	c *http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s, &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a visitor who has used a sign-in link.
func (s *site) signedIn(agent string) *visitor {
	s.t.Helper()
	v := s.visitor()
	link, err := s.ConsoleLink(agent, time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		s.t.Fatal(err)
	}
	got := v.send("POST", "/console/login", url.Values{"link": {u.Query().Get("link")}})
	if got.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("sign-in: %d %s", got.StatusCode, got.body)
	}
	return v
}

func (v *visitor) do(r *http.Request) answer {
	v.s.t.Helper()
	resp, err := v.c.Do(r)
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	return answer{resp, string(b)}
}

func (v *visitor) send(method, path string, form url.Values) answer {
	v.s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, v.s.URL()+path, body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.do(r)
}

func (v *visitor) get(path string) answer { v.s.t.Helper(); return v.send("GET", path, nil) }

// page gets a page that must be there.
func (v *visitor) page(path string) string {
	v.s.t.Helper()
	got := v.get(path)
	if got.StatusCode != http.StatusOK {
		v.s.t.Fatalf("GET %s: %d %s", path, got.StatusCode, got.body)
	}
	return got.body
}

// post sends a form with the CSRF token that the page at from holds.
func (v *visitor) post(from, path string, form url.Values) answer {
	v.s.t.Helper()
	m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(v.page(from))
	if m == nil {
		v.s.t.Fatalf("%s holds no CSRF token", from)
	}
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrf", m[1])
	return v.send("POST", path, form)
}

func mustHave(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Errorf("%q is missing in\n%s", w, body)
		}
	}
}

func mustNotHave(t *testing.T, body string, bad ...string) {
	t.Helper()
	for _, b := range bad {
		if strings.Contains(body, b) {
			t.Errorf("%q is in\n%s", b, body)
		}
	}
}
