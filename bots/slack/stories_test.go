package slackdesk

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tierline/internal/slacksim"
)

// Every button, menu entry, form, command, shortcut and event has a story: what the simulated Slack showed and delivered in all
// tests of this package is written down, and at the end held against each other and against the code's own tables. A new
// button that no story presses fails here, by its name.

var all = &stories{shown: map[string]bool{}, done: map[string]bool{}}

// witness writes down what passes in one workspace. Witness is the same, for the tests outside of the package.
func witness(kind string, o slacksim.Object) { all.witness(kind, o) }

var Witness = witness

type stories struct {
	mu          sync.Mutex
	shown, done map[string]bool
}

var numbered = regexp.MustCompile(`(_|begin)\d+$`)

// named is an action as it is counted: those of a script's branches differ by their number alone.
func named(action string) string { return numbered.ReplaceAllString(action, "${1}#") }

// choiceOf is an entry of a menu whose entries are actions: the first word of a value says which.
func choiceOf(action, value string) string {
	word, _, _ := strings.Cut(value, " ")
	switch action {
	case doMore, doCare:
		return "choice " + word
	case doVerdict:
		return "choice verdict_" + word
	}
	return ""
}

func (s *stories) witness(kind string, o slacksim.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch kind {
	case "shown":
		s.walk(o["blocks"])
	case "view":
		if id, _ := o["callback_id"].(string); id != "" && o["submit"] != nil {
			s.shown["form "+id] = true
		}
	case "events_api":
		e, _ := o["event"].(slacksim.Object)
		s.done["event "+text(e, "type")] = true
	case "slash_commands":
		word, _, _ := strings.Cut(text(o, "text"), " ")
		s.done["command "+strings.ToLower(word)] = true
	case "interactive":
		s.interactive(o)
	}
}

func text(o slacksim.Object, key string) string {
	s, _ := o[key].(string)
	return s
}

func (s *stories) interactive(o slacksim.Object) {
	view, _ := o["view"].(slacksim.Object)
	switch text(o, "type") {
	case "view_submission":
		s.done["form "+text(view, "callback_id")] = true
	case "shortcut", "message_action":
		s.done["shortcut "+text(o, "callback_id")] = true
	case "block_actions":
		list, _ := o["actions"].([]any)
		for _, a := range list {
			a, _ := a.(slacksim.Object)
			s.done["action "+named(text(a, "action_id"))] = true
			chosen, _ := a["selected_option"].(slacksim.Object)
			if e := choiceOf(text(a, "action_id"), text(chosen, "value")); e != "" {
				s.done[e] = true
			}
		}
	}
}

// walk finds every element that does something. What stands in an input is sent with its form.
func (s *stories) walk(v any) {
	switch v := v.(type) {
	case []slacksim.Object:
		for _, o := range v {
			s.walk(o)
		}
	case []any:
		for _, o := range v {
			s.walk(o)
		}
	case slacksim.Object:
		if v["type"] == "input" {
			return
		}
		if id := text(v, "action_id"); id != "" {
			s.shown["action "+named(id)] = true
			options, _ := v["options"].([]any)
			for _, o := range options {
				o, _ := o.(slacksim.Object)
				if e := choiceOf(id, text(o, "value")); e != "" {
					s.shown[e] = true
				}
			}
		}
		for _, key := range []string{"elements", "accessory"} {
			s.walk(v[key])
		}
	}
}

// missing is what no story has done.
func (s *stories) missing() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lack := map[string]bool{}
	for what := range s.shown {
		if !s.done[what] {
			lack[what] = true
		}
	}
	for _, v := range verbs() {
		for _, word := range append([]string{v.name}, v.also...) {
			if !s.done["command "+word] {
				lack["command "+word] = true
			}
		}
	}
	for _, h := range (&Desk{}).hears() {
		if !s.done["event "+h.event] {
			lack["event "+h.event] = true
		}
	}
	for name, id := range identifiers() {
		ways := []string{"action " + named(id), "form " + id, "shortcut " + id, "choice " + id}
		if !slices.ContainsFunc(ways, func(w string) bool { return s.done[w] }) {
			lack[fmt.Sprintf("%s (%q) as an action, a form, a shortcut or an entry of a menu", name, id)] = true
		}
	}
	return slices.Sorted(maps.Keys(lack))
}

// identifier is how constants are called that Slack sends back to us.
var identifier = regexp.MustCompile(`^(do|short|home)[A-Z]`)

// identifiers are the constants of this package's code that name actions, forms and shortcuts, by their names.
func identifiers() map[string]string {
	files, _ := filepath.Glob("*.go")
	exprs := map[string]ast.Expr{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			panic(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, id := range spec.Names {
					exprs[id.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	var value func(e ast.Expr) (string, bool)
	value = func(e ast.Expr) (string, bool) {
		switch e := e.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		case *ast.Ident:
			return value(exprs[e.Name])
		case *ast.BinaryExpr:
			x, one := value(e.X)
			y, two := value(e.Y)
			return x + y, one && two
		}
		return "", false // of another package's words: it counts when it is shown
	}
	list := map[string]string{}
	for name, e := range exprs {
		if id, ok := value(e); ok && identifier.MatchString(name) && id != "" && !strings.HasSuffix(name, "Prefix") {
			list[name] = id
		}
	}
	return list
}

// TestMain asks at the end of a whole run whether every button has its story.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, name := range []string{"run", "skip", "fuzz", "list", "bench"} {
		if f := flag.Lookup("test." + name); f != nil && f.Value.String() != "" {
			os.Exit(code) // some of the tests only
		}
	}
	if list := all.missing(); code == 0 && len(list) > 0 && !isWorker() {
		fmt.Printf("No story of this package uses:\n  %s\n", strings.Join(list, "\n  "))
		code = 1
	}
	os.Exit(code)
}

func isWorker() bool {
	f := flag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}
