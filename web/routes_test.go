package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"tierline/channels/phone"
	"tierline/ticket"
)

func TestNothingIsReachableThatIsNotInTheTable(t *testing.T) {
	t.Parallel()
	s := start(t, func(_ *Config, d *Deps) {
		d.Mounts = []Mount{{Prefix: "", Register: func(r fiber.Router) { r.Get("/chat/widget.js", okay) }},
			{Prefix: "/api/v1", Scope: CallsWrite, Register: func(r fiber.Router) { r.Post("/calls", okay) }}}
	})
	table := map[string]route{}
	for _, r := range s.routes() {
		if _, twice := table[r.method+" "+r.path]; twice {
			t.Errorf("%s %s stands in the table twice", r.method, r.path)
		}
		table[r.method+" "+r.path] = r
		if !r.who.anybody && r.who.scope == "" && !r.who.staff {
			t.Errorf("nobody may call %s %s", r.method, r.path)
		}
		if strings.HasPrefix(r.path, "/console") && !r.who.staff && r.path != "/console/login" {
			t.Errorf("%s %s of the console is open", r.method, r.path)
		}
		if strings.HasPrefix(r.path, apiPrefix) && r.who.scope == "" && !strings.HasSuffix(r.path, "/openapi.json") {
			t.Errorf("%s %s of the API needs no scope", r.method, r.path)
		}
	}
	for _, r := range s.app.GetRoutes(true) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		path := strings.TrimSuffix(r.Path, "/")
		if strings.HasPrefix(path, "/chat") || path == "/api/v1/calls" {
			continue // mounts
		}
		if r.Path == "/" {
			path = "/"
		}
		if _, ok := table[method+" "+path]; !ok {
			t.Errorf("%s %s is reachable and not in the table", r.Method, r.Path)
		}
	}
}

func okay(c *fiber.Ctx) error { return c.SendString("mounted") }

func TestMountsAreGuarded(t *testing.T) {
	t.Parallel()
	calls, err := phone.New(phone.Config{}, phone.Deps{Blobs: &memBlobs{m: map[string][]byte{}}})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(_ *Config, d *Deps) {
		d.Mounts = []Mount{
			{Prefix: "", Register: func(r fiber.Router) {
				r.Get("/chat/frame", func(c *fiber.Ctx) error {
					c.Set(fiber.HeaderContentSecurityPolicy, "frame-ancestors https://shop.example")
					return c.SendString("mounted")
				})
			}},
			{Prefix: "/api/v1", Scope: CallsWrite, Register: calls.Mount}}
	})
	v := s.visitor()
	got := v.get("/chat/frame")
	if got.body != "mounted" || got.Header.Get("Content-Security-Policy") != "frame-ancestors https://shop.example" {
		t.Errorf("an open mount: %d %v", got.StatusCode, got.Header)
	}
	if got := v.get("/chat/other"); got.StatusCode != 404 {
		t.Errorf("a page that the mount lacks: %d", got.StatusCode)
	}
	c := s.client(allKey)
	if c.doc.Paths.Find("/api/v1/calls") == nil {
		t.Fatal("mounted calls are not documented")
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- calls.Run(ctx, s.store) }()
	defer func() { stop(); <-ended }()
	for calls.Ready() != nil {
		runtime.Gosched()
	}
	call := object{"call_id": "call-1", "from": "+4930123456", "turns": []object{{"role": "customer", "start_ms": 0, "end_ms": 900, "text": "Hello"}}}
	c.call("POST", "/calls", call, 201, nil)
	c.call("POST", "/calls", call, 200, nil)
	c.call("POST", "/calls", "{}", 422, nil)
	c.call("GET", "/nope", nil, 404, nil)
	s.client(readKey).call("POST", "/calls", "{}", 403, nil)
	s.client("").call("POST", "/calls", "{}", 401, nil)
	if start(t).client(allKey).doc.Paths.Find("/api/v1/calls") != nil {
		t.Error("calls are documented where they are not mounted")
	}
}

func TestEveryPageOfTheConsoleNeedsASession(t *testing.T) {
	t.Parallel()
	s, _ := withSlack(t)
	id := s.mail("1", "secret subject", "secret text")
	fill := strings.NewReplacer("tickets/:id", "tickets/"+id.String(), ":id", "1", ":seq", "1", ":n", "1")
	for _, r := range s.routes() {
		if !r.who.staff {
			continue
		}
		path := fill.Replace(r.path)
		v := s.visitor()
		if r.method == http.MethodGet {
			got := v.get(path)
			login := got.StatusCode == 303 && got.Header.Get("Location") == "/console/login?next="+url.QueryEscape(path)
			if !login && got.StatusCode != 401 || strings.Contains(got.body, "secret") {
				t.Errorf("GET %s: %d %s", path, got.StatusCode, got.body)
			}
			continue
		}
		if got := v.send(r.method, path, url.Values{}); got.StatusCode != 401 {
			t.Errorf("%s %s without a session: %d", r.method, path, got.StatusCode)
		}
		admin := s.signedIn("ada")
		for _, form := range []url.Values{{}, {"csrf": {"wrong"}}} {
			if got := admin.send(r.method, path, form); got.StatusCode != 403 || !strings.Contains(got.body, "out of date") {
				t.Errorf("%s %s without a CSRF token: %d", r.method, path, got.StatusCode)
			}
		}
	}
}

func TestRolesOfTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, r := range s.routes() {
		if len(r.who.roles) == 0 {
			continue
		}
		path := strings.ReplaceAll(r.path, ":id", "1")
		for _, a := range staffList() {
			v := s.signedIn(a.ID)
			var got answer
			if r.method == http.MethodGet {
				got = v.get(path)
			} else {
				got = v.post("/console", path, nil)
			}
			if denied := got.StatusCode == 403; denied == a.Is(r.who.roles...) {
				t.Errorf("%s %s by %s: %d", r.method, path, a.ID, got.StatusCode)
			}
		}
	}
	if a := (ticket.Agent{Roles: []ticket.Role{ticket.RoleAgent}}); a.Is(mayOperate()...) || a.Is(mayEdit()...) {
		t.Error("level 1 may do everything")
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/help", "/console/login", "/healthz", "/api/v1/openapi.json", "/api/v1/tickets", "/nope", "/assets/app.css"} {
		got := s.visitor().get(path)
		csp := got.Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if got.Header.Get(k) != want {
				t.Errorf("%s: %s is %q", path, k, got.Header.Get(k))
			}
		}
		if got.Header.Get("X-Request-Id") == "" || got.Header.Get("Server") != "" {
			t.Errorf("%s: %v", path, got.Header)
		}
	}
	r := httptest.NewRequest("GET", s.URL()+"/healthz", nil)
	r.RequestURI = ""
	r.Header.Set("X-Request-Id", "from-the-proxy-1")
	if got := s.visitor().do(r); got.Header.Get("X-Request-Id") != "from-the-proxy-1" {
		t.Error("a request id of the proxy is lost")
	}
	r.Header.Set("X-Request-Id", "bad\tid")
	if got := s.visitor().do(r); got.Header.Get("X-Request-Id") == "bad\tid" {
		t.Error("a bad request id is taken")
	}
}
