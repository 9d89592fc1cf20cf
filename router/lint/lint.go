// Package lint reads notes and answers before they are kept or sent, and says how to mend them (practice:
// note-lint). It is pure; nothing in it can fail at run time.
package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tierline/config/check"
	"tierline/ticket"
)

// Config says what is looked for. The zero value looks for what [Words] lists, for shouting and for notes
// that say nothing.
type Config struct {
	Words    map[string]string `yaml:"words"`    // word or phrase → what to write instead, "" for nothing; beside Words
	Allow    []string          `yaml:"allow"`    // of Words: these may be written
	MinNote  int               `yaml:"min_note"` // runes that a note has at least; default 15
	Required []string          `yaml:"required"` // fields of a note that must be filled in: reported, tried, result, next_step, promised
	MaxLine  int               `yaml:"max_line"` // runes of one sentence of an answer; default 400
	Shouting float64           `yaml:"shouting"` // share of capitals from which a text shouts; default 0.7
}

// Words are code words that insult people who may one day read them, and what to write instead.
var Words = map[string]string{
	"id-10t": "what the customer did", "id10t": "what the customer did", "1d10t": "what the customer did",
	"pebkac": "what the customer did", "pebcak": "what the customer did", "pibkac": "what the customer did", "picnic error": "what the customer did",
	"layer 8": "what the customer did", "layer-8": "what the customer did", "layer eight": "what the customer did", "osi 8": "what the customer did",
	"user error": "what was done, and what should be done", "rtfm": "where it is described", "luser": "the customer", "lusers": "customers",
	"dumb user": "the customer", "stupid user": "the customer", "stupid customer": "the customer", "clueless": "what the customer does not know yet",
	"dau": "der Kunde", "dümmster anzunehmender user": "der Kunde", "schicht 8": "was der Kunde getan hat", "schicht-8-problem": "was der Kunde getan hat",
	"dummer kunde": "der Kunde", "kunde zu blöd": "was der Kunde versucht hat",
	"problème d'interface chaise-clavier": "ce que le client a fait", "interface chaise clavier": "ce que le client a fait",
	"couche 8": "ce que le client a fait", "client idiot": "le client",
}

// Finding is one thing to mend.
type Finding struct {
	Where string `json:"where"` // the field, or "text"
	What  string `json:"what"`
	Mend  string `json:"mend"`
	Must  bool   `json:"must"` // it is refused as it stands; otherwise its writer may insist
}

func (f Finding) String() string { return f.What + " " + f.Mend }

const (
	defaultMinNote  = 15
	defaultMaxLine  = 400
	defaultShouting = 0.7
	minLetters      = 20 // a shorter text does not shout
)

var noteFields = []string{"reported", "tried", "result", "next_step", "promised"}

// Check reports what is wrong with the configuration.
func (c Config) Check(at check.At) {
	for i, f := range c.Required {
		if !slices.Contains(noteFields, f) {
			at.Key("required").Index(i).Error(strings.Join(noteFields, ", "), "%.40q is no field of a note", f)
		}
	}
	for w := range c.Words {
		if len(words(w)) == 0 {
			at.Key("words").Error("a word or a phrase", "%.40q is no word", w)
		}
	}
	if c.Shouting < 0 || c.Shouting > 1 {
		at.Key("shouting").Error("a share, such as 0.7", "%v is no share", c.Shouting)
	}
	if c.MinNote < 0 || c.MaxLine < 0 {
		at.Key("min_note").Error("", "a length cannot be negative")
	}
}

// Linter is a Config made ready. Its zero value finds nothing.
type Linter struct {
	conf    Config
	phrases map[string][]phrase // by their first word
}

type phrase struct {
	words   []string
	instead string
}

// New makes a linter of a checked configuration.
func New(c Config) *Linter {
	if c.MinNote == 0 {
		c.MinNote = defaultMinNote
	}
	if c.MaxLine == 0 {
		c.MaxLine = defaultMaxLine
	}
	if c.Shouting == 0 {
		c.Shouting = defaultShouting
	}
	l := &Linter{conf: c, phrases: map[string][]phrase{}}
	add := func(list map[string]string) {
		for w, instead := range list {
			parts := words(w)
			if len(parts) > 0 && !slices.ContainsFunc(c.Allow, func(a string) bool { return strings.EqualFold(a, w) }) {
				l.phrases[parts[0]] = append(l.phrases[parts[0]], phrase{parts, instead})
			}
		}
	}
	add(Words)
	add(c.Words)
	return l
}

var wordForm = regexp.MustCompile(`[\p{L}\p{N}]+`)

// words are the words of a text in lower case, without what joins them: "ID-10T" and "id 10t" are the same.
func words(s string) []string { return wordForm.FindAllString(strings.ToLower(s), -1) }

// Note reads an internal note.
func (l *Linter) Note(text string, fields *ticket.NoteFields) []Finding {
	var out []Finding
	by := map[string]string{"text": text}
	if fields != nil {
		by = map[string]string{"reported": fields.Reported, "tried": fields.Tried, "result": fields.Result, "next_step": fields.NextStep,
			"promised": fields.Promised, "text": text}
		for _, f := range l.conf.Required {
			if strings.TrimSpace(by[f]) == "" {
				out = append(out, Finding{f, "“" + title(f) + "” is empty.", "Fill it in, or write that there is nothing.", true})
			}
		}
	}
	total := 0
	for _, f := range append(slices.Clone(noteFields), "text") {
		total += utf8.RuneCountInString(strings.TrimSpace(by[f]))
		out = append(out, l.text(f, by[f])...)
	}
	if total > 0 && total < l.conf.MinNote {
		out = append(out, Finding{"text", fmt.Sprintf("A note of %d characters tells the next one little.", total),
			"Say what was reported, what was tried, and what comes next.", false})
	}
	return out
}

func title(field string) string {
	s := strings.ReplaceAll(field, "_", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}

// Reply reads an answer to a customer.
func (l *Linter) Reply(text string) []Finding {
	out := l.text("text", text)
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?\n", r) }) {
		if n := utf8.RuneCountInString(s); n > l.conf.MaxLine {
			out = append(out, Finding{"text", fmt.Sprintf("A sentence of %d characters is hard to follow.", n), "Make several of it.", false})
			break
		}
	}
	return out
}

func (l *Linter) text(where, text string) (out []Finding) {
	list := words(text)
	for i, w := range list {
		for _, p := range l.phrases[w] {
			if i+len(p.words) > len(list) || !slices.Equal(list[i:i+len(p.words)], p.words) {
				continue
			}
			f := Finding{where, "“" + strings.Join(p.words, " ") + "” may one day be read by the customer.", "Leave it out.", true}
			if p.instead != "" {
				f.Mend = "Write " + p.instead + "."
			}
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	if letters, upper := capitals(text); letters >= minLetters && float64(upper) > l.conf.Shouting*float64(letters) {
		out = append(out, Finding{where, "It is written in capitals, which reads as shouting.", "Write it in small letters.", true})
	}
	return out
}

func capitals(s string) (letters, upper int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return letters, upper
}

// Refuse is the error for findings that must be mended, or nil.
func Refuse(list []Finding) error {
	var must []string
	for _, f := range list {
		if f.Must && len(must) < 5 {
			must = append(must, f.String())
		}
	}
	if len(must) == 0 {
		return nil
	}
	return ticket.Errorf("lint", ticket.Invalid, "%s", strings.Join(must, "\n"))
}
