package kb

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const photo = `> Tiers: l1, l2
> Topics: leak
> Tag: photo-asked, -new
> Then: Wait
> Promise: update in 2d

## English
Hello {name}, please send a photo of {unit}.

## Steps
Not a language: a part of the text.

## Deutsch
Guten Tag {name}, bitte senden Sie ein Foto.
`

func macroOf(body string) Article {
	return Article{ID: "photo", Title: "Ask for a photo", Body: body, Language: "en", Audience: External, Confidence: Validated, Tags: []string{TagMacro}, Models: []string{"BW-200"}}
}

func TestAMacroIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	m, faults := ParseMacro(macroOf(photo))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got := fmt.Sprint(m.Languages, m.Tiers, m.Topics, m.Tags, m.Untag, m.Then, m.Promise, m.In); got != fmt.Sprint([]string{"en", "de"}, []string{"l1", "l2"},
		[]string{"BW-200", "leak"}, []string{"photo-asked"}, []string{"new"}, "wait", "update", 48*time.Hour) {
		t.Errorf("it is %s", got)
	}
	if !strings.Contains(m.Texts["en"], "## Steps\nNot a language") || m.Texts["de"] != "Guten Tag {name}, bitte senden Sie ein Foto." {
		t.Errorf("its texts are %q", m.Texts)
	}
	if m.Speaks("fr") != "en" || m.Speaks("de") != "de" {
		t.Error("it speaks its first language to those whose it does not")
	}
	if !m.For("l1", "", []string{"Leak"}, nil) || !m.For("l2", "x", nil, []string{"bw-200"}) || m.For("l3", "", []string{"leak"}, nil) || m.For("l1", "", []string{"noise"}, nil) {
		t.Error("it is offered elsewhere than it is meant for")
	}
	plain, faults := ParseMacro(macroOf("It works again: thank you, {name}."))
	if len(faults) > 0 || !slices.Equal(plain.Languages, []string{"en"}) {
		t.Errorf("without headings it is in its own language: %v %v", plain.Languages, faults)
	}
	if a := macroOf(photo); a.Findable() || Validate(a) != nil {
		t.Error("no search finds it")
	}
}

func TestAMacroWithAFaultIsNotSaved(t *testing.T) {
	t.Parallel()
	for want, body := range map[string]string{
		"no text":                      "> Tiers: l1\n",
		"nothing stands for {nmae}":    "Hello {nmae}",
		"no setting":                   "> Colour: red\n\nHello",
		"Then is wait":                 "> Then: explode\n\nHello",
		"Promise is callback":          "> Promise: soon\n\nHello",
		"a promise is for the future":  "> Promise: update in 0d\n\nHello",
		"two texts":                    "## en\nHello\n## English\nHi",
		"letters of at most":           strings.Repeat("very long ", 400),
		"is no setting: Tiers, Topics": "> Tiers\n\nHello",
	} {
		if err := Validate(macroOf(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, not %q", body, err, want)
		}
	}
	both := macroOf("Hello")
	both.Tags = append(both.Tags, TagScript)
	if err := Validate(both); err == nil {
		t.Error("it is a script, too")
	}
}

func TestTheMacroThatFitsComesFirst(t *testing.T) {
	t.Parallel()
	leak := Macro{Title: "Water below the machine: ask for a photo", Words: []string{"leaks", "puddle"}}
	wifi := Macro{Title: "The app does not find the machine", Words: []string{"wifi", "router"}}
	said := "There is a puddle of water under my machine, it is leaking"
	if a, b := leak.Fit(said), wifi.Fit(said); a <= b || a < 0.4 {
		t.Errorf("the leak fits %v, the app %v", a, b)
	}
	if f := wifi.Fit(""); f != 0 {
		t.Errorf("nothing was said, and it fits %v", f)
	}
}

func FuzzMacro(f *testing.F) {
	for _, s := range []string{photo, "", "> Promise: fix in 999d", "## de", "```\n## de\n```", ">\n>:\n> a:", "## \xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m, faults := ParseMacro(macroOf(body))
		if len(faults) > 0 {
			return
		}
		for _, l := range m.Languages {
			if strings.TrimSpace(m.Texts[l]) == "" {
				t.Errorf("%q has no text in %q", body, l)
			}
		}
		if len(m.Languages) == 0 || m.Texts[m.Speaks("xx")] == "" {
			t.Errorf("%q says nothing", body)
		}
	})
}
