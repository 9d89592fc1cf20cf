package router

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/config/check"
	"tierline/router/oncall"
	"tierline/ticket"
)

// digested is a desk with a rota in which digests have begun, at nine on a Monday.
func digested(t *testing.T, change ...func(*Config)) (*world, *Jobs) {
	t.Helper()
	c := rota()
	for _, f := range change {
		f(&c)
	}
	w, jobs := worldOf(t, &noKB{}, c)
	w.digestTick(jobs)
	return w, jobs
}

func (w *world) digestTick(jobs *Jobs) {
	w.t.Helper()
	if err := w.store.Enqueue(w.t.Context(), ticket.DigestTick(time.Time{})); err != nil {
		w.t.Fatal(err)
	}
	w.work(jobs)
}

// digests lets time pass, and gives the digests that people were sent by it.
func (w *world) digests(jobs *Jobs, d time.Duration) (list []bots.Notice) {
	w.t.Helper()
	w.rec.mu.Lock()
	w.rec.notes, w.rec.announced = nil, nil
	w.rec.mu.Unlock()
	w.pass(d)
	w.work(jobs)
	w.rec.mu.Lock()
	defer w.rec.mu.Unlock()
	for _, n := range w.rec.notes {
		if n.Digest != nil {
			list = append(list, n)
		}
	}
	return list
}

// says is a digest as text: its heading, and a line for each row.
func says(text string, d bots.Digest) string {
	var b strings.Builder
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return " {" + t.UTC().Format("Mon 2 Jan 15:04") + "}"
	}
	fmt.Fprintln(&b, text)
	for _, s := range d.Sections {
		fmt.Fprintln(&b, "##", s.Head)
		for _, r := range s.Rows {
			line := "-"
			if r.Ticket != 0 {
				line += " " + r.Ticket.String() + " " + r.Subject + ":"
			}
			if line += " " + r.Text + at(r.At) + at(r.To); r.URL != "" {
				line += " <" + r.URL + ">"
			}
			for _, do := range r.Do {
				line += " [" + do.Label + "]"
			}
			for _, do := range r.Answers {
				line += " [" + string(do) + "]"
			}
			fmt.Fprintln(&b, line)
			for _, m := range r.More {
				fmt.Fprintln(&b, "  >", m)
			}
		}
	}
	for _, do := range d.Do {
		fmt.Fprintf(&b, "[%s] ", do.Label)
	}
	if d.Foot != "" {
		fmt.Fprint(&b, "\n", d.Foot)
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// golden holds a text against a file; UPDATE=1 writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
	}
}

func who(list []bots.Notice) string {
	var names []string
	for _, n := range list {
		names = append(names, n.To.ID)
	}
	return strings.Join(names, " ")
}

// TestAMorningsDigest: who has something before them hears of it once when their day begins, and nobody of nothing.
func TestAMorningsDigest(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de", "fr"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			w, jobs := digested(t, func(c *Config) { c.Agents[0].Language = language })
			if got := w.digests(jobs, 23*time.Hour); len(got) != 0 { // Tuesday, eight
				t.Fatalf("of nothing: %s", who(got))
			}
			ids := []ticket.ID{w.accept("1"), w.accept("2"), w.accept("3"), w.accept("4")}
			w.work(jobs)
			for _, id := range ids[:3] {
				w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
			}
			w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: ids[0], Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.clock().Add(26 * time.Hour)}})
			w.pass(13 * time.Hour) // nine in the evening
			w.act("boss", ticket.Action{Kind: ticket.ActAssign, Ticket: ids[2], Owner: "lena"})
			w.act("boss", ticket.Action{Kind: ticket.ActAssign, Ticket: ids[2], Owner: "anna"})
			w.act("anna", ticket.Action{Kind: ticket.ActPage, Ticket: ids[1], Tier: "l2", Reason: "it smokes"})
			w.work(jobs)
			w.pass(4 * time.Minute)
			w.act("lena", ticket.Action{Kind: ticket.ActAccept, Ticket: ids[1], Page: 1})
			w.act("lena", ticket.Action{Kind: ticket.ActAssign, Ticket: ids[1], Owner: "anna"})
			w.work(jobs)
			got := w.digests(jobs, 11*time.Hour-4*time.Minute)
			if s := who(got); s != "anna lena marc nora boss" {
				t.Fatalf("on Wednesday at eight: %s", s)
			}
			golden(t, "morning."+language+".golden", says(got[0].Text, *got[0].Digest))
			if language == "en" {
				golden(t, "night.golden", says(got[1].Text, *got[1].Digest))
			}
			if s := who(w.digests(jobs, 3*time.Hour)); s != "" {
				t.Errorf("later on: %s", s)
			}
		})
	}
}

func TestDigestsComeOnceAndInTime(t *testing.T) {
	t.Parallel()
	w, jobs := digested(t, func(c *Config) { c.Agents = c.Agents[:1]; c.Tiers[0].OnCall = oncall.Config{}; c.Tiers = c.Tiers[1:] })
	id := w.accept("1")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	next := func(what string, d time.Duration, want string) {
		t.Helper()
		if got := who(w.digests(jobs, d)); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	next("on Tuesday at eight", 23*time.Hour, "anna")
	w.digestTick(jobs) // the gateway starts again
	next("after a restart", time.Minute, "")
	w.configure(func(c *Config) { c.Digests.At = "09:00" })
	w.digestTick(jobs)
	next("later on that day by a changed configuration", 2*time.Hour, "")
	next("on Wednesday at nine", 22*time.Hour+59*time.Minute, "anna")
	w.configure(func(c *Config) { c.Digests.At = "" })

	next("on Thursday, when the gateway was down until a quarter past twelve", 27*time.Hour+15*time.Minute, "")
	next("on Friday, when it was down until half past eleven", 23*time.Hour+15*time.Minute, "anna")
	next("on Saturday and Sunday", 48*time.Hour, "")

	w.pass(-3 * time.Hour) // Sunday, 8:30
	say := func(state ticket.PresenceState, until time.Time) {
		t.Helper()
		if err := w.say("anna", "anna", state, until); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	w.pass(at.Add(-time.Hour).Sub(w.clock()))
	say(ticket.Away, at.Add(10*time.Hour))
	next("on Monday, away until ten", at.Add(9*time.Hour).Sub(w.clock()), "")
	next("when they are back", time.Hour, "anna")
	say(ticket.Away, at.Add(60*time.Hour))
	next("on Tuesday, away", at.Add(34*time.Hour).Sub(w.clock()), "")
	next("on Wednesday, away until noon", at.Add(61*time.Hour).Sub(w.clock()), "")
	if err := w.desk.SetDigest(t.Context(), w.desk.agent("anna"), ticket.DigestMorning, true); err != nil {
		t.Fatal(err)
	}
	next("on Thursday, without", at.Add(3*24*time.Hour+9*time.Hour).Sub(w.clock()), "")
	if err := w.desk.SetDigest(t.Context(), w.desk.agent("anna"), ticket.DigestMorning, false); err != nil {
		t.Fatal(err)
	}
	next("on Friday", at.Add(4*24*time.Hour+9*time.Hour).Sub(w.clock()), "anna")
	w.configure(func(c *Config) { c.Digests.Off = []ticket.DigestKind{ticket.DigestMorning} })
	next("off for all", 3*24*time.Hour, "")
	if err := w.desk.SetDigest(t.Context(), w.desk.agent("anna"), "evening", true); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("what is no digest: %v", err)
	}
}

// TestADayOffIsQuiet: who has said that they are not there all day is not sent anything.
func TestADayOffIsQuiet(t *testing.T) {
	t.Parallel()
	w, jobs := digested(t)
	id := w.accept("1")
	w.work(jobs)
	w.act("nora", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	w.mustRoster("nora", off("nora", 0, 2))
	if got := who(w.digests(jobs, 23*time.Hour)); strings.Contains(got, "nora") {
		t.Errorf("on her day off: %s", got)
	}
	if got := who(w.digests(jobs, 48*time.Hour)); !strings.Contains(got, "nora") {
		t.Errorf("when she is back: %s", got)
	}
}

// TestAHandoverAcrossShifts: who leaves is asked for words, who comes gets them with the cases, and the channel has one
// message of it, which is edited.
func TestAHandoverAcrossShifts(t *testing.T) {
	t.Parallel()
	w, jobs := digested(t, func(c *Config) {
		c.Digests.Off = []ticket.DigestKind{ticket.DigestMorning, ticket.DigestWeek}
		c.Agents[2].Language = "de"
	})
	monday := day(7)
	if got := w.digests(jobs, monday.Add(7*24*time.Hour+time.Minute).Sub(w.clock())); len(got) != 0 || len(w.rec.announced) != 0 {
		t.Fatalf("of nothing: %s %v", who(got), w.rec.announced)
	}
	next := day(21)
	w.pass(next.Add(-2 * time.Hour).Sub(w.clock()))
	ids := []ticket.ID{w.accept("1"), w.accept("2")}
	w.work(jobs)
	for _, id := range ids {
		w.act("anna", ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Tier: "l2", Reason: "the seal", Diagnosis: "a leak", Handoff: &ticket.Handoff{Problem: "the seal"}})
		w.act("nora", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	}
	w.act("nora", ticket.Action{Kind: ticket.ActNote, Ticket: ids[0], Note: &ticket.NoteFields{Reported: "drips", NextStep: "call the plant at ten"}})
	w.act("nora", ticket.Action{Kind: ticket.ActPromise, Ticket: ids[1], Promise: &ticket.Promise{Kind: ticket.PromiseFix, Due: next.Add(30 * time.Hour)}})
	got := w.digests(jobs, 90*time.Minute)
	if s := who(got); s != "nora" {
		t.Fatalf("half an hour before the end: %q", s)
	}
	golden(t, "leaving.golden", says(got[0].Text, *got[0].Digest))
	shifts, err := w.desk.NextShifts(t.Context(), w.desk.agent("nora"))
	if err != nil || len(shifts) != 1 || !shifts[0].At.Equal(next) || shifts[0].Who[0].ID != "lena" {
		t.Fatalf("%+v %v", shifts, err)
	}
	word := ticket.ShiftNote{Tier: "l2", Shift: shifts[0].At, Text: "The plant's gate is shut until eight.", Key: "1"}
	for range 2 { // the click comes again
		if err := w.desk.AddForShift(t.Context(), w.desk.agent("nora"), word); err != nil {
			t.Fatal(err)
		}
	}
	got = w.digests(jobs, 30*time.Minute)
	if s := who(got); s != "lena" || len(w.rec.announced) != 1 {
		t.Fatalf("at the change: %q, and %d in the channel", s, len(w.rec.announced))
	}
	golden(t, "takeover.golden", says(got[0].Text, *got[0].Digest))
	golden(t, "handover.golden", says(w.rec.announced[0].Text, w.rec.announced[0].Digest))
	w.digestTick(jobs)
	if got := w.digests(jobs, time.Hour); len(got)+len(w.rec.announced) != 0 {
		t.Errorf("again: %s", who(got))
	}
	// What comes to mind later goes to who has it now, and into the same message.
	if err := w.desk.AddForShift(t.Context(), w.desk.agent("nora"), ticket.ShiftNote{Tier: "l2", Shift: next, Text: "And mind the dog.", Key: "2"}); err != nil {
		t.Fatal(err)
	}
	w.heard(jobs)
	last := w.rec.notes[len(w.rec.notes)-1]
	if last.To.ID != "lena" || !strings.Contains(fmt.Sprint(last.Lines), "mind the dog") {
		t.Errorf("told: %+v", last)
	}
	if n := len(w.rec.announced); n != 1 || !strings.Contains(says("", w.rec.announced[0].Digest), "mind the dog") {
		t.Errorf("%d announcements", n)
	}
	if err := w.desk.AddForShift(t.Context(), w.desk.agent("nora"), ticket.ShiftNote{Tier: "l2", Shift: day(14), Text: "x"}); ticket.KindOf(err) != ticket.Conflict {
		t.Errorf("a shift that is over: %v", err)
	}
	if _, err := w.desk.NextShifts(t.Context(), ticket.Agent{ID: "anna", Roles: []ticket.Role{ticket.RoleAgent}}); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("of no shift: %v", err)
	}
}

// TestTheWeek: leads hear of the last week in their tiers, beside the one before, with no person's name.
func TestTheWeek(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de", "fr"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			w, jobs := digested(t, func(c *Config) {
				c.Agents[4].Language = language
				c.Agents[4].Roles = append(c.Agents[4].Roles, ticket.RoleEditor)
				c.Digests.Off = []ticket.DigestKind{ticket.DigestMorning, ticket.DigestHandover}
			})
			w.desk.Console = "https://console.example/console"
			solve := func(n int, tag string) {
				id := w.accept(fmt.Sprint("m", n))
				w.work(jobs)
				w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
				w.act("anna", ticket.Action{Kind: ticket.ActSet, Ticket: id, Tags: []string{tag}})
				w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.clock().Add(time.Hour)}})
				w.act("anna", ticket.Action{Kind: ticket.ActKeep, Ticket: id, Promise: &ticket.Promise{Number: 1}})
				if n == 4 {
					w.act("anna", ticket.Action{Kind: ticket.ActVerdict, Ticket: id, Article: "leak", Verdict: "flagged"})
					w.act("anna", ticket.Action{Kind: ticket.ActPage, Ticket: id, Tier: "l2", Reason: "smoke"})
					w.work(jobs)
					w.pass(3 * time.Minute)
					w.act("marc", ticket.Action{Kind: ticket.ActAccept, Ticket: id, Page: 1})
				}
				w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "a leak"})
				if n == 5 {
					w.act("anna", ticket.Action{Kind: ticket.ActReopen, Ticket: id})
				}
				w.work(jobs)
			}
			solve(1, "pump")
			w.pass(7 * 24 * time.Hour)
			for n, tag := range []string{"pump", "seal", "pump", "pump"} {
				solve(n+2, tag)
			}
			if got := w.digests(jobs, day(14).Add(-time.Hour-time.Minute).Sub(w.clock())); len(got) != 0 && who(got) != "boss" {
				t.Errorf("before the week begins: %s", who(got))
			}
			got := w.digests(jobs, time.Minute)
			if s := who(got); s != "boss" {
				t.Fatalf("when it begins: %q", s)
			}
			text := says(got[0].Text, *got[0].Digest)
			golden(t, "week."+language+".golden", text)
			for _, name := range []string{"anna", "Anna", "Lena", "lena"} {
				if strings.Contains(text, name) {
					t.Errorf("it names %s", name)
				}
			}
			if s := who(w.digests(jobs, 48*time.Hour)); s != "" {
				t.Errorf("on other days: %s", s)
			}
		})
	}
}

// TestHandoversOfAnySchedule: how a time is cut into pieces changes nothing; who comes was not on call just before, and
// is just after.
func TestHandoversOfAnySchedule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		zone := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}[r.IntN(3)]
		s, err := oncall.Config{Layer: oncall.Layer{People: []string{"a", "b", "c"}[:2+r.IntN(2)], Rotate: []oncall.Rotation{oncall.Daily, oncall.Weekly}[r.IntN(2)],
			Start: "2026-03-02 08:00"}, Zone: zone}.Compile()
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, 3, 20, r.IntN(24), r.IntN(60), 0, 0, time.UTC)
		to := from.Add(15 * 24 * time.Hour)
		whole := handovers(s, from, to)
		if len(whole) == 0 {
			t.Fatalf("seed %d: nobody takes over", seed)
		}
		for _, h := range whole {
			for _, p := range h.Come {
				before, after := strings.Join(s.On(h.At.Add(-time.Second)), " "), strings.Join(s.On(h.At), " ")
				if strings.Contains(before, p) || !strings.Contains(after, p) {
					t.Fatalf("seed %d: %s takes over at %v from %s to %s", seed, p, h.At, before, after)
				}
			}
			if !h.Since.Before(h.At) || !h.Next.From.Equal(h.At) || len(h.Leave) == 0 {
				t.Fatalf("seed %d: %+v", seed, h)
			}
		}
		var pieces []handover
		for a := from; a.Before(to); {
			b := a.Add(time.Duration(1+r.IntN(60*3600)) * time.Second)
			if b.After(to) {
				b = to
			}
			pieces = append(pieces, handovers(s, a, b)...)
			a = b
		}
		if fmt.Sprint(pieces) != fmt.Sprint(whole) {
			t.Fatalf("seed %d: in pieces\n%v\nwhole\n%v", seed, pieces, whole)
		}
	}
}

func TestDigestsOfAConfiguration(t *testing.T) {
	t.Parallel()
	c := rota()
	c.Digests = Digests{Off: []ticket.DigestKind{"evening"}, At: "half past eight", Before: 5 * time.Hour}
	var list check.List
	c.Check(list.Root())
	text, _ := json.Marshal(list.Faults)
	for _, s := range []string{`"digests","off"`, `"digests","at"`, `"digests","before"`} {
		if !strings.Contains(string(text), s) {
			t.Errorf("%s is not refused: %s", s, text)
		}
	}
}

// TestAHandoverAfterAStop: a gateway that was down over the change tells of it once, while the shift lasts.
func TestAHandoverAfterAStop(t *testing.T) {
	t.Parallel()
	w, jobs := digested(t, func(c *Config) { c.Digests.Off = []ticket.DigestKind{ticket.DigestMorning, ticket.DigestWeek} })
	id := w.accept("<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Tier: "l2", Reason: "hard"})
	w.work(jobs)
	got := w.digests(jobs, 8*24*time.Hour)
	if who(got) != "marc" || !strings.Contains(says(got[0].Text, *got[0].Digest), "Nobody's yet (1)") || len(w.rec.announced) != 1 {
		t.Fatalf("a day late: %s, %d in the channel: %s", who(got), len(w.rec.announced), says(got[0].Text, *got[0].Digest))
	}
	w.digestTick(jobs)
	if got := w.digests(jobs, time.Minute); len(got)+len(w.rec.announced) != 0 {
		t.Errorf("again: %s", who(got))
	}
	// A message that Slack does not take waits, and is told as a second try.
	w.rec.fail["tell"], w.rec.fail["announce"] = ticket.Errorf("slack", ticket.Transient, "away"), ticket.Errorf("slack", ticket.Transient, "away")
	w.digests(jobs, 6*24*time.Hour)
	w.pass(time.Minute)
	w.heard(jobs)
	again := strings.Join(w.rec.again, "; ")
	if !strings.Contains(again, "tell nora") || !strings.Contains(again, "announce support-l2") {
		t.Errorf("the second try: %s", again)
	}
}

// TestEveryWordOfADigestIsThere: in each language, with the same blanks to fill in.
func TestEveryWordOfADigestIsThere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("digest*.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:digestSays\([\w.]+, |\bsay\(|\.add\(|\bof\(|\bcount\(|m\.line\(rows, |key :?= |, key := )"(\w+)"`)
	found := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if found++; digestWords[m[1]] == [3]string{} {
				t.Errorf("%s says %q, which has no words", f, m[1])
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d words were found", found)
	}
	blank := regexp.MustCompile(`%[a-z%]`)
	for key, w := range digestWords {
		for _, text := range w[1:] {
			if text == "" || fmt.Sprint(blank.FindAllString(text, -1)) != fmt.Sprint(blank.FindAllString(w[0], -1)) {
				t.Errorf("%s: %q is not %q in another language", key, text, w[0])
			}
		}
	}
}
