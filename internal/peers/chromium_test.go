package peers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
)

func TestChromium(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing.js" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(`<!doctype html><link rel=icon href="data:,"><h1>Grüße</h1><script>
			localStorage.who = localStorage.who || location.search.slice(1);
			const hop = /^\?hop(\d+)$/.exec(location.search);
			if (hop && hop[1] < 20) { setTimeout(function () { location.replace("/?hop" + (Number(hop[1]) + 1)) }, 15) }
			if (location.search === "?bad") { console.error("on the console", 7); fetch("/missing.js"); setTimeout(function () { nowhere() }) }
		</script>`))
	}))
	defer srv.Close()
	anna := peers.Chromium(t)
	anna.Do(chromedp.Navigate(srv.URL + "/?anna"))
	title := peers.Get(anna, chromedp.Text("h1"))
	if who := peers.JS[string](anna, "localStorage.who"); title != "Grüße" || who != "anna" {
		t.Errorf("the page shows %q to %q", title, who)
	}
	anna.NoProblems()
	anna.Screenshot("chromium")

	// Pages that come and go while they are asked.
	anna.Do(chromedp.Navigate(srv.URL + "/?hop0"))
	anna.Until(`location.search === "?hop20" && document.readyState === "complete"`)
	anna.NoProblems()

	ben := anna.Person(t)
	ben.Do(chromedp.Navigate(srv.URL + "/?bad"))
	if who := peers.JS[string](ben, "localStorage.who"); who != "bad" {
		t.Errorf("another person sees the storage of %q", who)
	}
	var all []string
	for len(all) < 3 {
		peers.JS[bool](ben, "true") // events that came before are there with its answer
		all = append(all, ben.Problems()...)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{`"on the console" 7`, "uncaught", "404 " + srv.URL + "/missing.js"} {
		if !strings.Contains(text, want) {
			t.Errorf("the problems do not tell of %q:\n%s", want, text)
		}
	}
}
