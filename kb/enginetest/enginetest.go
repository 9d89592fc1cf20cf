// Package enginetest is what every search engine must do, as a test suite over the contract
// kb.Engine. Each check starts with an empty engine of its own.
package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/kb"
)

// within is how long one call may take.
const within = time.Minute

// Run checks the engines that open makes. open registers their closing with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) kb.Engine) {
	for _, c := range []struct {
		name  string
		check func(*bench)
	}{
		{"a new engine is empty", empty},
		{"articles are found once Index returns", found},
		{"a change replaces the article", changed},
		{"archived and deleted articles are not found", gone},
		{"the cursor is what Index remembered last", cursor},
		{"Reset empties articles and cursor", reset},
		{"internal articles stay out of public answers", audience},
		{"another brand's articles stay out", brand},
		{"a question finds articles of its own language first", language},
		{"umlauts and accents may be written or not", umlauts},
		{"codes are matched as they are", codes},
		{"a mistyped word is forgiven", typos},
		{"a whole mail finds its article", mail},
		{"keywords that the text does not have count", keywords},
		{"scores can be compared", scores},
		{"models are handed on", models},
		{"the limit holds", limit},
		{"questions without words find nothing", nothing},
		{"hostile and huge questions are answered", hostile},
		{"odd articles can be indexed", odd},
		{"questions are answered while articles change", concurrent},
		{"a context that has ended ends the call", canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(&bench{T: t, e: open(t)})
		})
	}
}

// bench is one engine under test.
type bench struct {
	*testing.T
	e      kb.Engine
	cursor int64
}

func (b *bench) index(articles ...kb.Article) {
	b.Helper()
	b.cursor += int64(len(articles))
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := b.e.Index(ctx, articles, b.cursor); err != nil {
		b.Fatalf("Index: %v", err)
	}
}

func (b *bench) ask(q kb.Question) []kb.Hit {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	hits, err := b.e.Search(ctx, q)
	if err != nil {
		b.Fatalf("Search %.60q: %v", q.Text, err)
	}
	for i, h := range hits {
		if h.Score < 0 || h.Score > 1 {
			b.Errorf("%.60q: the score of %s is %v, not between 0 and 1", q.Text, h.ID, h.Score)
		}
		if i > 0 && h.Score > hits[i-1].Score {
			b.Errorf("%.60q: %s stands below a lower score", q.Text, h.ID)
		}
	}
	return hits
}

func (b *bench) ids(q kb.Question) []string {
	b.Helper()
	var ids []string
	for _, h := range b.ask(q) {
		ids = append(ids, h.ID)
	}
	return ids
}

// first wants an article to be the best hit.
func (b *bench) first(q kb.Question, want string) {
	b.Helper()
	if ids := b.ids(q); len(ids) == 0 || ids[0] != want {
		b.Errorf("%.80q finds %v, wanted %s first", q.Text, ids, want)
	}
}

func (b *bench) none(q kb.Question, unwanted string) {
	b.Helper()
	if ids := b.ids(q); slices.Contains(ids, unwanted) {
		b.Errorf("%.80q finds %v, %s must not be there", q.Text, ids, unwanted)
	}
}

func article(id, language, title, body string) kb.Article {
	return kb.Article{ID: id, Title: title, Body: body, Language: language, Audience: kb.External, Confidence: kb.Validated}
}

// shelf is a small knowledge base that most checks start from.
func (b *bench) shelf() {
	b.Helper()
	b.index(
		article("leak", "en", "Water under the machine", "The drip tray is full, or the seal of the water tank is worn. Empty the tray and check the seal."),
		article("descale", "en", "How to descale the boiler", "Use the descaling powder twice a year. Hard water leaves limescale in the boiler."),
		article("grinder", "en", "The grinder is blocked", "A stone between the beans stops the grinder. Remove the beans and vacuum the burrs."),
		article("refund", "en", "When do I get my money back?", "We pay within five days after the return has arrived."),
		article("fridge-de", "de", "Kühlschrank taut ab", "Das Eisfach ist vereist. Den Kühlschrank zwei Stunden ausschalten, die Tür öffnen."),
		article("tank-de", "de", "Wasser unter der Maschine", "Die Tropfschale ist voll oder die Dichtung des Wassertanks ist undicht."),
		article("leak-fr", "fr", "De l'eau sous la machine", "Le bac d'égouttage est plein ou le joint du réservoir est usé. Videz le bac et vérifiez le joint."),
		article("code-11", "en", "Error E-11", "The pump gets no water. Refill the tank and prime the pump."),
		article("code-4711", "en", "Error E-4711", "The heating does not reach its temperature. Call the service."),
	)
}

func empty(b *bench) {
	if hits := b.ask(kb.Question{Text: "water under the machine"}); len(hits) > 0 {
		b.Errorf("found %v", hits)
	}
	b.wantCursor(0)
	if err := b.e.Ping(context.Background()); err != nil {
		b.Errorf("Ping: %v", err)
	}
}

func (b *bench) wantCursor(want int64) {
	b.Helper()
	if got, err := b.e.Cursor(context.Background()); err != nil || got != want {
		b.Errorf("Cursor is %d, %v; wanted %d", got, err, want)
	}
}

func found(b *bench) {
	b.shelf()
	b.first(kb.Question{Text: "water leaks under my machine"}, "leak")
	b.first(kb.Question{Text: "how do I descale?"}, "descale")
	hits := b.ask(kb.Question{Text: "the grinder is blocked"})
	if len(hits) == 0 || hits[0].Title != "The grinder is blocked" || hits[0].Language != "en" || hits[0].Internal {
		b.Fatalf("found %+v", hits)
	}
	if !slices.Contains(hits[0].Words, "grinder") {
		b.Errorf("the hit names the words %v, not grinder", hits[0].Words)
	}
}

func changed(b *bench) {
	b.shelf()
	b.index(article("grinder", "en", "Parquet floors", "Sweep the parquet."))
	b.none(kb.Question{Text: "grinder blocked by a stone"}, "grinder")
	b.first(kb.Question{Text: "parquet"}, "grinder")
	if n := len(b.ids(kb.Question{Text: "parquet"})); n != 1 {
		b.Errorf("the article is there %d times", n)
	}
}

func gone(b *bench) {
	b.shelf()
	archived := article("leak", "en", "Water under the machine", "seal")
	archived.Confidence = kb.Archived
	b.index(archived, kb.Article{ID: "grinder", Deleted: true}, kb.Article{ID: "never-there", Deleted: true})
	macro := article("ask-photo", "en", "A photo of the hologram, please", "hologram")
	macro.Tags = []string{kb.TagMacro}
	b.index(macro)
	b.none(kb.Question{Text: "photo of the hologram"}, "ask-photo")
	b.none(kb.Question{Text: "water under the machine"}, "leak")
	b.none(kb.Question{Text: "grinder blocked"}, "grinder")
	b.first(kb.Question{Text: "descale the boiler"}, "descale")
	b.index(article("leak", "en", "Water under the machine", "seal"))
	b.first(kb.Question{Text: "water under the machine seal"}, "leak")
}

func cursor(b *bench) {
	b.shelf()
	b.wantCursor(9)
	b.cursor = 1 << 40
	b.index()
	b.wantCursor(1 << 40)
}

func reset(b *bench) {
	b.shelf()
	if err := b.e.Reset(context.Background()); err != nil {
		b.Fatalf("Reset: %v", err)
	}
	b.wantCursor(0)
	b.none(kb.Question{Text: "grinder blocked"}, "grinder")
	b.index(article("grinder", "en", "The grinder is blocked", "A stone."))
	b.first(kb.Question{Text: "grinder blocked"}, "grinder")
}

func audience(b *bench) {
	b.shelf()
	secret := article("goodwill", "en", "Goodwill for grinder cases", "Up to 80 euro without asking.")
	secret.Audience, secret.Wording = kb.Internal, "We will find a solution for your grinder."
	unset := article("unset", "en", "Grinder burrs supplier", "Nobody said who may read this.")
	unset.Audience = ""
	b.index(secret, unset)
	q := kb.Question{Text: "goodwill for a grinder, burrs supplier"}
	for _, h := range b.ask(q) {
		if h.Internal != (h.ID == "goodwill" || h.ID == "unset") {
			b.Errorf("%s: internal is %v", h.ID, h.Internal)
		}
	}
	if ids := b.ids(q); !slices.Contains(ids, "goodwill") {
		b.Errorf("staff find %v", ids)
	}
	q.Public = true
	b.none(q, "goodwill")
	b.none(q, "unset")
	b.first(q, "grinder")
}

func brand(b *bench) {
	mine, other, any := article("mine", "en", "Returns", "Send it to Hamburg."), article("other", "en", "Returns", "Send it to Lyon."), article("any", "en", "Returns", "Keep the box.")
	mine.Brand, other.Brand = `Brüh "Werk"`, "Other"
	b.index(mine, other, any)
	ids := b.ids(kb.Question{Text: "returns", Brand: `Brüh "Werk"`})
	slices.Sort(ids)
	if !slices.Equal(ids, []string{"any", "mine"}) {
		b.Errorf("one brand finds %v", ids)
	}
	if ids := b.ids(kb.Question{Text: "returns"}); len(ids) != 3 {
		b.Errorf("no brand finds %v", ids)
	}
	b.none(kb.Question{Text: "returns", Brand: `x" OR brand = "Other`}, "other")
}

func language(b *bench) {
	b.shelf()
	b.first(kb.Question{Text: "Unter der Maschine steht Wasser", Language: "de"}, "tank-de")
	b.first(kb.Question{Text: "Il y a de l'eau sous la machine, le joint est usé", Language: "fr"}, "leak-fr")
	b.first(kb.Question{Text: "water under the machine", Language: "en"}, "leak")
	b.first(kb.Question{Text: "E-11 Fehler", Language: "de"}, "code-11")
}

func umlauts(b *bench) {
	b.shelf()
	for _, text := range []string{"Kühlschrank taut", "kuehlschrank taut", "kuhlschrank taut", "KÜHLSCHRANK", "Ku\u0308hlschrank"} {
		b.first(kb.Question{Text: text, Language: "de"}, "fridge-de")
	}
	b.first(kb.Question{Text: "reservoir use, bac d'egouttage", Language: "fr"}, "leak-fr")
}

func codes(b *bench) {
	b.shelf()
	for _, text := range []string{"E-4711", "e-4711", "My display says E-4711, please help me"} {
		b.first(kb.Question{Text: text}, "code-4711")
	}
	b.first(kb.Question{Text: "error E-11"}, "code-11")
	b.none(kb.Question{Text: "E-4712"}, "code-4711")
}

func typos(b *bench) {
	b.shelf()
	b.first(kb.Question{Text: "the grindr is blocked"}, "grinder")
	b.first(kb.Question{Text: "ginder"}, "grinder")
	b.first(kb.Question{Text: "desclae"}, "descale")
}

func mail(b *bench) {
	b.shelf()
	b.first(kb.Question{Text: `Problem with my order

Dear team,

I hope this mail finds you well. Last month I bought a machine in your shop and until yesterday we were very happy
with it. But now, every morning when we come into the kitchen, there is a puddle of water under the machine. The tray
was not even full. Could it be the seal of the tank? My order number is 2026-118822.

Thanks a lot in advance and best regards,
Jane Doe
Sent from my phone`}, "leak")
}

func keywords(b *bench) {
	b.shelf()
	a := article("wifi", "en", "Connecting to the network", "Open the app and choose the machine.")
	a.Keywords, a.Tags = []string{"wlan", "hotspot"}, []string{"onboarding"}
	b.index(a)
	b.first(kb.Question{Text: "hotspot"}, "wifi")
	b.first(kb.Question{Text: "onboarding"}, "wifi")
}

func scores(b *bench) {
	b.shelf()
	top := func(text string) float64 {
		if hits := b.ask(kb.Question{Text: text}); len(hits) > 0 {
			return hits[0].Score
		}
		return 0
	}
	good, poor := top("the grinder is blocked by a stone"), top("the stone garden of the cathedral in Kyoto opens when exactly?")
	if good <= poor+0.1 {
		b.Errorf("a question that fits scores %.2f, one that does not %.2f", good, poor)
	}
}

func models(b *bench) {
	a := article("steam", "en", "The steam wand drips", "Tighten the nut.")
	a.Models = []string{"BW-200", "BW-Pro"}
	b.index(a)
	hits := b.ask(kb.Question{Text: "steam wand of my BW-200"})
	if len(hits) != 1 || !slices.Equal(hits[0].Models, a.Models) {
		b.Errorf("found %+v", hits)
	}
}

func limit(b *bench) {
	var many []kb.Article
	for i := range 30 {
		many = append(many, article(fmt.Sprintf("a%02d", i), "en", "Filter", "Change the filter."))
	}
	b.index(many...)
	for want, q := range map[int]kb.Question{10: {Text: "filter"}, 3: {Text: "filter", Limit: 3}} {
		if n := len(b.ask(q)); n != want {
			b.Errorf("a limit of %d finds %d", q.Limit, n)
		}
	}
	if again := b.ids(kb.Question{Text: "filter"}); !slices.Equal(again, b.ids(kb.Question{Text: "filter"})) {
		b.Error("the same question finds other articles the second time")
	}
}

func nothing(b *bench) {
	b.shelf()
	for _, text := range []string{"", "   \n\t", "?!… — ***", "the of and", "hello, thank you!", "@", "a", "\x00\x00"} {
		if hits := b.ask(kb.Question{Text: text}); len(hits) > 0 {
			b.Errorf("%q finds %v", text, hits)
		}
	}
}

func hostile(b *bench) {
	b.shelf()
	for _, text := range []string{
		strings.Repeat("grinder ", 200_000), strings.Repeat("x", 2<<20), strings.Repeat("ü", 100_000),
		strings.Repeat("unknownword"+"abcdefgh ", 5_000), "\xff\xfe\x00 grinder \xc3\x28", "\"grinder", `grinder" OR "1`, "grinder*",
		"-grinder", "title:grinder^1000", "grinder~2 (", "{\"$ne\":1} grinder", "%s%d%n grinder", "\u202egrinder\u200b",
		strings.Repeat("-", 10_000) + "a", strings.Repeat("a-", 5_000), strings.Repeat("1.", 5_000) + "1",
		"https://example.org/" + strings.Repeat("grinder/", 1_000), strings.Repeat("😀", 10_000),
		strings.Repeat("\"quoted phrase\" ", 2_000), "Z\u0335\u0327a\u0334l\u0336g\u0337o\u0338",
	} {
		start := time.Now()
		b.ask(kb.Question{Text: text, Brand: text[:min(50, len(text))], Language: text[:1], Models: []string{text[:min(9, len(text))]}})
		b.ask(kb.Question{Text: text})
		if took := time.Since(start); took > 5*time.Second {
			b.Errorf("%.30q took %v", text, took)
		}
	}
	var distinct strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&distinct, "word%d blah%c%c ", i, 'a'+i%26, 'a'+i/26%26)
	}
	b.ask(kb.Question{Text: distinct.String()})
	b.first(kb.Question{Text: "grinder blocked"}, "grinder")
}

func odd(b *bench) {
	long := article("long", "en", strings.Repeat("t", kb.MaxTitle), strings.Repeat("word and more words. ", 20_000)+" needleword")
	blank := article("blank", "", "", "")
	strange := article("A_b-9", "tlh", "nuqneH\x00", "\xff\xfe <script>alert(1)</script> 漢字 \u202e")
	strange.Models, strange.Tags, strange.Keywords = []string{"", "\x00"}, []string{strings.Repeat("k", 500)}, []string{"🜁"}
	b.index(long, blank, strange)
	b.first(kb.Question{Text: "nuqneH"}, "A_b-9")
	b.ask(kb.Question{Text: "needleword"})
}

func concurrent(b *bench) {
	b.shelf()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				hits, err := b.e.Search(ctx, kb.Question{Text: "the grinder is blocked"})
				if err != nil || len(hits) == 0 || hits[0].ID != "grinder" {
					b.Errorf("found %v, %v", hits, err)
					return
				}
			}
		})
	}
	for i := range 5 {
		b.index(article(fmt.Sprintf("more-%d", i), "en", "About the boiler", "Boilers need water."), article("leak", "en", "Water under the machine", fmt.Sprint("seal ", i)))
	}
	close(done)
	wg.Wait()
	b.wantCursor(9 + 10)
}

func canceled(b *bench) {
	b.shelf()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.e.Index(ctx, []kb.Article{article("late", "en", "Zeppelin", "Zeppelin")}, 99); err == nil {
		b.Error("Index works with a context that has ended")
	}
	if _, err := b.e.Search(ctx, kb.Question{Text: "grinder"}); err == nil {
		b.Error("Search works with a context that has ended")
	}
	b.first(kb.Question{Text: "the grinder is blocked"}, "grinder")
}
