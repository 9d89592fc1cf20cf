package router

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/kb"
	"tierline/ticket"
)

func (w *world) macro(id, body string, change func(*kb.Article)) {
	w.t.Helper()
	a := kb.Article{ID: id, Title: "Ask for a photo " + id, Body: body, Language: "en", Audience: kb.External, Confidence: kb.Validated, Tags: []string{kb.TagMacro}}
	if old, err := w.store.Article(w.t.Context(), id); err == nil {
		a.Rev = old.Rev
	}
	if change != nil {
		change(&a)
	}
	if _, err := w.store.PutArticle(w.t.Context(), a); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) titles(by string, id ticket.ID) (ids []string) {
	w.t.Helper()
	list, err := w.desk.Macros(w.t.Context(), w.desk.agent(by), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range list {
		ids = append(ids, m.Article)
	}
	return ids
}

func TestMacrosAreOfferedWhereTheyAreMeant(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, &noKB{})
	id := w.write("joe@example.org", "en", "A puddle", "There is a puddle of water under my machine")
	w.macro("a-all", "Hello {name}", nil)
	w.macro("b-puddle", "Hello", func(a *kb.Article) { a.Title, a.Keywords = "Water and puddle", []string{"puddle", "water"} })
	w.macro("c-internal", "Hello", func(a *kb.Article) { a.Audience, a.Wording = kb.Internal, "what may be said" })
	w.macro("d-begun", "Hello", func(a *kb.Article) { a.Confidence = kb.WorkInProgress })
	w.macro("e-other-tier", "> Tiers: nowhere\n\nHello", nil)
	w.macro("f-other-topic", "> Topics: grinder\n\nHello", nil)
	if got := w.titles("anna", id); !slices.Equal(got, []string{"b-puddle", "a-all"}) {
		t.Errorf("offered are %v", got)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActSet, Ticket: id, Tags: []string{"grinder"}})
	w.macro("a-all", "Hello", func(a *kb.Article) { a.Confidence = kb.Archived })
	if got := w.titles("anna", id); !slices.Equal(got, []string{"b-puddle", "f-other-topic"}) && !slices.Equal(got, []string{"f-other-topic", "b-puddle"}) {
		t.Errorf("after a change: %v", got)
	}
	for _, gone := range []string{"c-internal", "a-all", "e-other-tier", "no-such"} {
		if _, err := w.desk.Macro(t.Context(), w.desk.agent("anna"), id, gone, ""); ticket.KindOf(err) != ticket.NotFound {
			t.Errorf("%s: %v", gone, err)
		}
	}
	if _, err := w.desk.Macros(t.Context(), ticket.Agent{}, id); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("somebody who is not staff: %v", err)
	}
}

func TestAMacroIsFilledInAndItsUseCounted(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	w.macro("photo", "> Promise: update in 2d\n> Then: stay\n> Tag: photo\n\n## English\nDear {name}, {agent} asks about {number}: a photo of {unit}, please. We write by {due}.\n\n## Deutsch\nGuten Tag, wir schreiben bis {due}.", nil)
	m, err := w.desk.Macro(t.Context(), w.desk.agent("anna"), id, "photo", "en")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.Text, id.String()) || !strings.Contains(m.Text, w.desk.agent("anna").Name) || !slices.Contains(m.Open, "unit") || slices.Contains(m.Open, "due") ||
		m.Promise != ticket.PromiseUpdate || !m.Due.After(w.clock().Add(47*time.Hour)) || m.Then != kb.MacroStay {
		t.Errorf("it says %q, open %v, %+v", m.Text, m.Open, m)
	}
	if de, _ := w.desk.Macro(t.Context(), w.desk.agent("anna"), id, "photo", "de"); de.Language != "de" || !strings.HasPrefix(de.Text, "Guten Tag") {
		t.Errorf("in German: %+v", de)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Something else entirely, written anew from the first word on.", Macro: "photo", Key: "1"})
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: m.Text, Macro: "photo", Key: "2"})
	uses, err := w.store.MacroUses(t.Context())
	if err != nil || len(uses) != 1 || uses[0].Uses != 2 || uses[0].Edited() < 30 || uses[0].Edited() > 60 {
		t.Errorf("uses: %+v %v", uses, err)
	}
	p, err := w.desk.Preview(t.Context(), w.desk.agent("anna"), id, ticket.Action{Text: "Bitte senden Sie uns ein Foto von {unit}, wir sehen uns das dann gerne an."})
	asks := 0
	for _, x := range p.Warnings {
		if x.Ask {
			asks++
		}
	}
	if err != nil || asks == 0 || !strings.Contains(p.Warnings[len(p.Warnings)-1].Text+p.Warnings[0].Text, "{unit}") {
		t.Errorf("preview: %+v %v", p, err)
	}
}

func TestDraftsAreOnesOwnAndColleaguesAreSeen(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	anna, lena := w.desk.agent("anna"), w.desk.agent("lena")
	if err := w.desk.KeepDraft(t.Context(), anna, ticket.Draft{Ticket: id, Agent: "lena", Text: "mine", Form: "V1", Open: true}); err != nil {
		t.Fatal(err)
	}
	mine, err := w.desk.Answering(t.Context(), anna, id, "")
	theirs, err2 := w.desk.Answering(t.Context(), lena, id, "")
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if mine.Draft.Text != "mine" || len(mine.Writing) != 0 || theirs.Draft.Text != "" || len(theirs.Writing) != 1 || theirs.Writing[0].Agent.ID != "anna" {
		t.Errorf("anna sees %+v, lena %+v", mine, theirs)
	}
	p, err := w.desk.Preview(t.Context(), lena, id, ticket.Action{Text: "Hello"})
	if err != nil || !strings.Contains(p.Warnings[len(p.Warnings)-1].Text, "writing an answer now") || !p.Warnings[len(p.Warnings)-1].Ask {
		t.Errorf("lena is told %+v %v", p.Warnings, err)
	}
}

// What customers call themselves has no say in what others are shown.
func FuzzFill(f *testing.F) {
	for _, s := range []string{"Ada", "{agent}", "<!channel> <@U1> @here", "[x](https://evil.example)", "**bold** `code`", "{na{name}me}", "https://evil.example", "a\n# Title", "\xff", "<script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		out, open := fill("A {name} B {agent} C {unit} D", map[string]string{"name": v, "agent": "Anna", "subject": "SECRET"})
		said := strings.TrimSuffix(strings.TrimPrefix(out, "A "), " B Anna C {unit} D")
		if said == out || !slices.Contains(open, "unit") {
			t.Fatalf("%q breaks what stands around it: %q", v, out)
		}
		if said == "{name}" && slices.Contains(open, "name") {
			return // nothing was left of it
		}
		if strings.ContainsAny(said, "<>{}[]@`*_#\n\r") || strings.Contains(said, "//") || strings.Contains(said, "SECRET") {
			t.Errorf("%q comes out as %q", v, said)
		}
	})
}
