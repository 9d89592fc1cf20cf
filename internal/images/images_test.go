package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	gif  = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	avif = "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x03"
)

// server counts who asks it.
type server struct {
	*httptest.Server
	hits atomic.Int32
}

func serve(t *testing.T, h http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) at() netip.AddrPort { return netip.MustParseAddrPort(s.Listener.Addr().String()) }

// only lets connections to these servers through.
func only(list ...*server) func(netip.AddrPort) error {
	return func(a netip.AddrPort) error {
		for _, s := range list {
			if s.at() == a {
				return nil
			}
		}
		return fmt.Errorf("%s is none of them", a)
	}
}

func gifs(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, gif) }

func TestGet(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	private := serve(t, gifs)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hop := func(to string) { http.Redirect(w, r, to, http.StatusFound) }
		switch r.URL.Path {
		case "/gif":
			gifs(w, r)
		case "/avif":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, avif)
		case "/one":
			hop("two")
		case "/two":
			hop("/three?x=1")
		case "/three":
			hop("/gif")
		case "/zero":
			hop("/one")
		case "/private":
			hop(private.URL + "/secret")
		case "/scheme":
			hop("file:///etc/passwd")
		case "/password":
			hop("http://user:pw@" + r.Host + "/gif")
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		case "/svg":
			w.Header().Set("Content-Type", "image/png")
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
		case "/xml":
			fmt.Fprint(w, `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`)
		case "/html":
			w.Header().Set("Content-Type", "image/gif")
			fmt.Fprint(w, `<!doctype html><script>alert(1)</script>`)
		case "/pdf":
			fmt.Fprint(w, "%PDF-1.7")
		case "/huge-told":
			w.Header().Set("Content-Length", fmt.Sprint(maxSize+1))
			fmt.Fprint(w, gif)
		case "/huge":
			fmt.Fprint(w, gif)
			_, _ = w.Write(bytes.Repeat([]byte("x"), maxSize))
		case "/short":
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, gif)
		case "/slow":
			fmt.Fprint(w, gif)
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/headers":
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100))
			}
			gifs(w, r)
		default:
			http.NotFound(w, r)
		}
	})
	patient, hasty := New(Options{May: only(s), Within: time.Minute}), New(Options{May: only(s), Within: 200 * time.Millisecond})
	for path, want := range map[string]string{
		"/gif": "image/gif", "/avif": "image/avif", "/one": "image/gif",
		"/zero": "too many redirects", "/private": "none of them", "/scheme": "neither http nor https", "/password": "a password", "/nowhere": "to nowhere",
		"/svg": "not a picture", "/xml": "not a picture", "/html": "not a picture", "/pdf": "not a picture", "/huge": "too large", "/huge-told": "too large",
		"/short": "unexpected EOF", "/slow": "deadline", "/headers": "exceeded", "/gone": "answers 404",
	} {
		f := patient
		if path == "/slow" {
			f = hasty
		}
		img, err := f.Get(t.Context(), s.URL+path)
		if err != nil {
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, not %s", path, err, want)
			}
			continue
		}
		if img.Type != want || len(img.Data) == 0 {
			t.Errorf("%s is %s", path, img.Type)
		}
	}
	if n := private.hits.Load(); n != 0 {
		t.Errorf("a server that is not public was asked %d times", n)
	}
}

// Addresses that lead inside, however they are written, whatever their names are said to mean.
func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, gifs)
	port := s.at().Port()
	var asked atomic.Int32
	f := New(Options{Resolver: resolver(t, func(name string) []string {
		switch n := asked.Add(1); {
		case name == "inside.test.":
			return []string{"127.0.0.1"}
		case name == "both.test.":
			return []string{"127.0.0.1", "10.0.0.1", "::1"}
		case n%2 == 1: // rebinding: another answer each time
			return []string{"127.0.0.1"}
		}
		return []string{"192.0.2.1"}
	})})
	for _, host := range []string{"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.01", "127.0.0.1.", "0", "0.0.0.0",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[fd00::1]", "[ff02::1]",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1",
		"localhost", "inside.test", "INSIDE.test.", "both.test", "rebind.test"} {
		for range 2 {
			_, err := f.Get(t.Context(), fmt.Sprintf("http://%s:%d/%d", host, port, asked.Load()))
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", host, err)
			}
			if err != nil && (strings.Contains(err.Error(), "deadline") || strings.Contains(err.Error(), "neither that of")) {
				t.Errorf("%s was tried: %v", host, err)
			}
		}
	}
	if s.hits.Load() != 0 {
		t.Errorf("a server inside was asked %d times", s.hits.Load())
	}
	if asked.Load() == 0 {
		t.Error("no name was looked up: nothing was tried")
	}
	for _, address := range []string{"", "x", "ftp://x.example/", "//x.example/", "http:///x", "http://x.example:99999/", "http://u@x.example/", "data:image/gif;base64,R0lGODlh",
		"javascript:alert(1)", "http://" + strings.Repeat("x", 300), "https://x.example/" + strings.Repeat("x", MaxAddress)} {
		if _, err := f.Get(t.Context(), address); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%.40s: %v", address, err)
		}
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	if Public(netip.MustParseAddrPort("8.8.8.8:25")) == nil || Public(netip.MustParseAddrPort("8.8.8.8:443")) != nil {
		t.Error("ports")
	}
	for ip, want := range map[string]bool{"8.8.8.8": true, "93.184.216.34": true, "2606:4700::1111": true, "2a00:1450:4001:80b::200e": true, "::ffff:8.8.8.8": true,
		"::ffff:10.1.2.3": false, "64:ff9b::8.8.8.8": false, "2001::1": false, "2001:db8::1": false, "2002:808:808::1": false, "fc00::1": false, "fec0::1": false, "192.88.99.1": false,
		"100.127.255.255": false, "100.128.0.1": true, "172.32.0.1": true, "192.0.0.8": false, "203.0.113.9": false, "240.0.0.1": false, "0.1.2.3": false, "::": false, "2000::1": true} {
		if got := Public(netip.AddrPortFrom(netip.MustParseAddr(ip), 80)) == nil; got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
}

// A server is told nothing, and asked once.
func TestTheSenderLearnsNothing(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []http.Header
	gate := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Clone())
		mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/then", http.StatusMovedPermanently)
			return
		}
		<-gate
		gifs(w, r)
	})
	clock := &clock{at: time.Unix(1_700_000_000, 0)}
	f := New(Options{May: only(s), Now: clock.now})
	var all sync.WaitGroup
	get := func() {
		if img, err := f.Get(context.Background(), s.URL+"/first"); err != nil || img.Type != "image/gif" {
			t.Errorf("%v %v", img.Type, err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := f.Get(gone, s.URL+"/first"); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left gets %v", err)
	}
	for range 20 {
		all.Go(get)
	}
	close(gate)
	all.Wait()
	get()
	if n := s.hits.Load(); n != 2 {
		t.Errorf("the server was asked %d times, not once for each address", n)
	}
	clock.pass(keepFor + time.Second)
	get()
	if n := s.hits.Load(); n != 4 {
		t.Errorf("after an hour it was asked %d times", n)
	}
	for _, h := range seen {
		for k, v := range h {
			if k != "User-Agent" && k != "Accept" && k != "Connection" || strings.Contains(strings.ToLower(v[0]), "tierline") || strings.Contains(v[0], "Go-http") {
				t.Errorf("the server is told %s: %s", k, v)
			}
		}
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Unix(1_700_000_000, 0)}
	c := newCache(clock.now)
	fetched := 0
	get := func(i, size int, fail error) error {
		_, err := c.get(t.Context(), fmt.Sprint(i), func() (Image, error) {
			fetched++
			return Image{Data: make([]byte, size)}, fail
		})
		return err
	}
	for i := range 40 {
		if err := get(i, 5<<20, nil); err != nil {
			t.Fatal(err)
		}
	}
	if c.bytes > keepBytes || c.order.Len() != keepBytes/(5<<20) || len(c.known) != c.order.Len() {
		t.Errorf("%d bytes in %d entries", c.bytes, c.order.Len())
	}
	if err := get(39, 1, nil); err != nil || fetched != 40 {
		t.Errorf("the newest is not known: %d", fetched)
	}
	for i := range keepEntries + 10 {
		_ = get(1000+i, 0, ErrUnavailable)
	}
	if c.order.Len() > keepEntries || c.bytes < 0 || c.bytes > keepBytes {
		t.Errorf("%d entries of %d bytes", c.order.Len(), c.bytes)
	}
	before := fetched
	if err := get(1000+keepEntries, 0, nil); err == nil || fetched != before {
		t.Error("a failure is not remembered")
	}
	clock.pass(keepFailures + time.Second)
	if err := get(1000+keepEntries, 0, nil); err != nil || fetched != before+1 {
		t.Error("a failure is remembered for good")
	}
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// resolver asks a name server of ours, which answers every name with these addresses.
func resolver(t *testing.T, answer func(name string) []string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			for _, s := range answer(q.Name.String()) {
				ip := netip.MustParseAddr(s)
				h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}
				switch {
				case q.Type == dnsmessage.TypeA && ip.Is4():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
				case q.Type == dnsmessage.TypeAAAA && ip.Is6():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}
