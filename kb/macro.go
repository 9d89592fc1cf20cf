package kb

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// TagMacro is the tag of an article that is a ready answer.
const TagMacro = "macro"

// Ready says whether the article is a macro: an answer that is written once. Customers get it filled in, from an agent; it is
// no article of the help centre, and no search finds it.
func (a Article) Ready() bool { return slices.Contains(a.Tags, TagMacro) }

// Findable says whether searches find the article.
func (a Article) Findable() bool { return !a.Deleted && a.Confidence != Archived && !a.Ready() }

// A macro is an article with [TagMacro] that customers may have. It begins with what goes along, if anything does, and has
// a text for each language below a heading that names it; without such headings its whole text is in its own language:
//
//	> Tiers: l1
//	> Topics: leak, BW-200
//	> Tag: photo-asked
//	> Then: wait
//	> Promise: update in 2d
//
//	## English
//	Please send us a photo of {unit} …
//
//	## Deutsch
//	Bitte senden Sie uns ein Foto von {unit} …
type Macro struct {
	Article, Title string
	Brand          string
	Languages      []string          // that there is a text in, in its order
	Texts          map[string]string // by language
	Tiers          []string          // by name; none: all
	Topics         []string          // tags of cases and models of units for which it is meant; none: all
	Words          []string          // by which it is found beside its title
	Tags, Untag    []string          // that its answer puts on the case, or takes off
	Then           string            // MacroWait, MacroStay, MacroSolve; "" leaves it to the agent
	Promise        string            // callback, update or fix; "" is none
	In             time.Duration     // when that is due, after the answer
}

// What becomes of the case with the answer.
const (
	MacroWait  = "wait"  // for the customer
	MacroStay  = "stay"  // with us: it was an update
	MacroSolve = "solve" // it is solved
)

// maxMacro is the longest text of a macro, in runes: what an input of Slack's takes.
const maxMacro = 3000

// MacroPlaces are what may stand in braces in a macro, and what stands for it then.
func MacroPlaces() [][2]string {
	return [][2]string{{"name", "the customer's name"}, {"number", "the case's number"}, {"subject", "its subject"}, {"unit", "the serial number of its unit"},
		{"model", "the model of that"}, {"agent", "the name of who answers"}, {"brand", "whom we answer for"}, {"organization", "the customer's organization"},
		{"due", "by when the macro's promise is due, else the case's next promise"}}
}

var (
	macroPlace = regexp.MustCompile(`\{([^{}\n]*)\}`)
	macroSpan  = regexp.MustCompile(`^(\d{1,3})\s*(m|h|d|min|hours?|days?)$`)
	tongueOf   = map[string]string{"english": "en", "englisch": "en", "anglais": "en", "deutsch": "de", "german": "de", "allemand": "de", "français": "fr",
		"francais": "fr", "french": "fr", "französisch": "fr", "español": "es", "spanish": "es", "italiano": "it", "italian": "it", "nederlands": "nl", "dutch": "nl"}
)

// ParseMacro reads an article as a macro. faults are sentences that say what keeps it from being used.
func ParseMacro(a Article) (m Macro, faults []string) {
	m = Macro{Article: a.ID, Title: a.Title, Brand: a.Brand, Topics: slices.Clone(a.Models), Words: a.Keywords, Texts: map[string]string{}}
	bad := func(format string, args ...any) {
		if len(faults) < 20 {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	own := primary(a.Language)
	if own == "" {
		own = "en"
	}
	now, head, code := own, true, false
	for line := range strings.Lines(a.Body) {
		line = strings.TrimRight(line, " \t\r\n")
		if fence := strings.TrimSpace(line); strings.HasPrefix(fence, "```") || strings.HasPrefix(fence, "~~~") {
			code = !code
		}
		switch title, heading := strings.CutPrefix(line, "## "); {
		case head && strings.HasPrefix(line, ">"):
			m.setting(strings.TrimSpace(line[1:]), bad)
			continue
		case heading && !code && tongue(title) != "":
			if now, head = tongue(title), false; strings.TrimSpace(m.Texts[now]) != "" {
				bad("there are two texts in %q", now)
			}
			continue
		case strings.TrimSpace(line) != "":
			head = false
		}
		m.Texts[now] += line + "\n"
	}
	m.finish(own, bad)
	return m, faults
}

// tongue is the language that a heading names, by its code or its name; "" when it names none.
func tongue(title string) string {
	t := strings.ToLower(strings.TrimSpace(strings.Trim(title, "# ")))
	if len(t) == 2 && t[0] >= 'a' && t[0] <= 'z' && t[1] >= 'a' && t[1] <= 'z' {
		return t
	}
	return tongueOf[t]
}

func (m *Macro) setting(line string, bad func(string, ...any)) {
	key, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		if line != "" {
			bad("%.60q is no setting: Tiers, Topics, Tag, Then or Promise, a colon, and what it is", line)
		}
		return
	}
	var list []string
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "tier", "tiers":
		m.Tiers = append(m.Tiers, list...)
	case "topic", "topics":
		m.Topics = append(m.Topics, list...)
	case "tag", "tags":
		for _, v := range list {
			if off, ok := strings.CutPrefix(v, "-"); ok {
				m.Untag = append(m.Untag, strings.TrimSpace(off))
			} else {
				m.Tags = append(m.Tags, v)
			}
		}
	case "then":
		if m.Then = strings.ToLower(value); m.Then != MacroWait && m.Then != MacroStay && m.Then != MacroSolve {
			bad("Then is wait, stay or solve, not %.40q", value)
			m.Then = ""
		}
	case "promise":
		m.promise(value, bad)
	default:
		bad("there is no setting %.40q: Tiers, Topics, Tag, Then or Promise", key)
	}
}

// promise reads "update in 2d".
func (m *Macro) promise(value string, bad func(string, ...any)) {
	kind, span, _ := strings.Cut(strings.ToLower(value), " in ")
	kind, span = strings.TrimSpace(kind), strings.TrimSpace(span)
	s := macroSpan.FindStringSubmatch(span)
	if s == nil || kind != "callback" && kind != "update" && kind != "fix" {
		bad("Promise is callback, update or fix, and in how long, such as: update in 2d; not %.60q", value)
		return
	}
	n, _ := strconv.Atoi(s[1]) // three digits
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[s[2][0]]
	if m.Promise, m.In = kind, time.Duration(n)*unit; n == 0 {
		bad("a promise is for the future: not %.60q", value)
		m.Promise = ""
	}
}

// finish puts the texts in order and looks at them. Its own language comes first.
func (m *Macro) finish(own string, bad func(string, ...any)) {
	known := map[string]bool{}
	for _, p := range MacroPlaces() {
		known[p[0]] = true
	}
	for l, text := range m.Texts {
		text = strings.TrimSpace(text)
		if text == "" {
			delete(m.Texts, l)
			continue
		}
		m.Texts[l] = text
		m.Languages = append(m.Languages, l)
	}
	slices.SortFunc(m.Languages, func(a, b string) int {
		switch {
		case a == b:
			return 0
		case a == own:
			return -1
		case b == own:
			return 1
		}
		return strings.Compare(a, b)
	})
	if len(m.Languages) == 0 {
		bad("it has no text")
	}
	for _, l := range m.Languages {
		if n := utf8.RuneCountInString(m.Texts[l]); n > maxMacro {
			bad("the text in %q has %d letters of at most %d", l, n, maxMacro)
		}
		for _, p := range macroPlace.FindAllStringSubmatch(m.Texts[l], -1) {
			if !known[p[1]] {
				bad("nothing stands for {%.40s}", p[1])
			}
		}
	}
}

// In says in which of its languages a macro speaks to somebody who wants one: that, or its first.
func (m Macro) Speaks(language string) string {
	if m.Texts[language] != "" || len(m.Languages) == 0 {
		return language
	}
	return m.Languages[0]
}

// For says whether a macro may be used for a case: by its tier, its brand, its tags and the models of its units.
func (m Macro) For(tier, brand string, tags, models []string) bool {
	meant := func(list []string, is ...string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(t string) bool {
			return slices.ContainsFunc(is, func(s string) bool { return strings.EqualFold(s, t) })
		})
	}
	return meant(m.Tiers, tier) && (m.Brand == "" || m.Brand == brand) && meant(m.Topics, slices.Concat(tags, models)...)
}

// Fit is how well a macro fits what a customer has said, from 0 to 1: how many of the words of its title and of those by
// which it is found are in the text. One that is meant for some topics only fits better than one for all.
func (m Macro) Fit(text string) float64 {
	has := map[string]bool{}
	for w := range wordsOf(text) {
		has[w] = true
	}
	found, all := 0, 0
	for w := range wordsOf(m.Title + " " + strings.Join(m.Words, " ")) {
		all++
		if has[w] {
			found++
		}
	}
	fit := 0.0
	if all > 0 {
		fit = min(1, 1.5*float64(found)/float64(min(all, 6)))
	}
	if len(m.Topics) > 0 {
		fit = max(fit, 0.4)
	}
	return fit
}

// wordsOf are the words of a text that say something, by their beginnings: machine and machines are one.
func wordsOf(text string) map[string]bool {
	words := map[string]bool{}
	for _, t := range Tokens(text[:min(len(text), maxFit)]) {
		if IsStop(t.Text) || len(t.Text) < 3 {
			continue
		}
		stem := []rune(t.Text)
		words[string(stem[:min(len(stem), 5)])] = true
	}
	return words
}

// maxFit is how much of a text is compared, in bytes.
const maxFit = 20_000
