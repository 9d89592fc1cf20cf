//go:build !race

package sanitise

import (
	"strings"
	"testing"
	"time"

	"tierline/internal/spent"
)

const (
	costSize  = 1 << 20 // bytes of each source
	costMost  = 1500 * time.Millisecond
	costShare = 8 // of costSize, to compare with
)

// costlySources are about size bytes each.
func costlySources(size int) map[string]string {
	sources := map[string]string{}
	for _, s := range costly {
		sources[s+" …"] = strings.Repeat(s, size/len(s))
		if strings.HasPrefix(s, "<") && !strings.HasPrefix(s, "</") {
			sources["<table> "+s+" …"] = "<table>" + strings.Repeat(s, size/len(s))
		}
	}
	var many strings.Builder
	for i := range 25 {
		many.WriteString("<font color=c" + strings.Repeat(string(rune('a'+i)), size/1024) + ">")
	}
	sources["many formats and paragraphs"] = many.String() + strings.Repeat("<p>x", size/4)
	sources["many rules"] = "<style>" + strings.Repeat(".a{color:red;margin:1px}div .a .a,p{color:red}", size/4/46) + "</style>" + strings.Repeat("<p class=a>x", size/2/12)
	sources["long declarations"] = "<style>.a{" + strings.Repeat("font-family:"+strings.Repeat("x", 300)+";", 25) + "}</style>" + strings.Repeat("<p class=a>x", size/12)
	sources["selectors within selectors"] = "<style>" + strings.Repeat("p * * * .a{color:red}", size/350) + "</style>" + strings.Repeat("<div class=a>", 90) + strings.Repeat("<p class=a>x", size/12)
	sources["one tag"] = "<a " + strings.Repeat("b=c ", size/4) + ">"
	sources["one style"] = "<p style='" + strings.Repeat("color:red;", size/10) + "'>"
	sources["comments in a sheet"] = "<style>" + strings.Repeat("/*", size/2)
	sources["braces in a sheet"] = "<style>" + strings.Repeat("@media screen{", size/35)
	sources["urls in a sheet"] = "<style>" + strings.Repeat("url(", size/4)
	sources["urls"] = strings.Repeat("<p style='"+strings.Repeat("url(", 2000)+"'>", size/8192)
	return sources
}

// A megabyte of anything takes less than a second, alone on a common machine, and what is longer takes
// longer in proportion.
func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	few := costlySources(costSize / costShare)
	var all time.Duration
	for name, src := range costlySources(costSize) {
		var took, part time.Duration
		fault := ""
		for range 3 { // collecting garbage is in it, now and then
			var bytes int
			took, bytes = cost(src)
			fault = ""
			switch {
			case bytes > 12*costSize:
				t.Fatalf("%s: %d bytes become %d", name, len(src), bytes)
			case took > costMost:
				fault = "too long"
			case took > costMost/3: // less than that is harmless, however it grows
				if part, _ = cost(few[name]); took > 2*costShare*part {
					fault = "out of proportion"
				}
			}
			if fault == "" {
				break
			}
		}
		all += took
		if fault != "" {
			t.Errorf("%s: %v, and a part of 1/%d %v: %s", name, took, costShare, part, fault)
		}
	}
	t.Logf("%v for %d KB of each", all, costSize>>10)
}

// cost is how much time of a processor a source takes, and how many bytes it becomes. What else the
// machine does is not in it.
func cost(src string) (time.Duration, int) {
	out := ""
	took := spent.One(func() { out, _ = HTML(src, Options{}) })
	return took, len(out)
}
