// Package check collects what is wrong with a configuration. Each package that owns a Config has a
// method Check(check.At) that reports every fault it finds, not only the first; package config
// turns the paths into lines of the file.
package check

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong, or worth knowing, at one place of the configuration.
type Fault struct {
	Path    []string // keys and list indexes from the root: ["tiers", "0", "name"]
	Warning bool     // works, but is probably not meant
	What    string   // what is wrong
	Mend    string   // what to do about it
}

func (f Fault) String() string {
	s := strings.Join(f.Path, ".") + ": " + f.What
	if f.Mend != "" {
		s += " (" + f.Mend + ")"
	}
	return s
}

// List collects faults.
type List struct{ Faults []Fault }

// Root is the place from which a Check starts.
func (l *List) Root() At { return At{list: l} }

// At is one place in a configuration, which faults can be reported at.
type At struct {
	list *List
	path []string
}

// Key goes down to a key of a mapping.
func (a At) Key(k string) At {
	return At{a.list, append(a.path[:len(a.path):len(a.path)], k)}
}

// Index goes down to an element of a list.
func (a At) Index(i int) At { return a.Key(strconv.Itoa(i)) }

// Error reports a fault that keeps the program from starting; mend says what to do, or is "".
func (a At) Error(mend, format string, args ...any) {
	a.list.Faults = append(a.list.Faults, Fault{Path: a.path, What: fmt.Sprintf(format, args...), Mend: mend})
}

// Warn reports something that works but is probably not meant.
func (a At) Warn(mend, format string, args ...any) {
	a.list.Faults = append(a.list.Faults, Fault{Path: a.path, Warning: true, What: fmt.Sprintf(format, args...), Mend: mend})
}
