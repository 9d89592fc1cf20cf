package email

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first asked: there are dozens, of words in
// forty languages, and a program that only prints its version, or has no mail, needs none of them.
type pattern struct{ get func() *regexp.Regexp }

// lazily makes a pattern. One that cannot be compiled is found by a test.
func lazily(expr string) pattern {
	return pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })}
}

func (p pattern) MatchString(s string) bool              { return p.get().MatchString(s) }
func (p pattern) FindString(s string) string             { return p.get().FindString(s) }
func (p pattern) FindStringIndex(s string) []int         { return p.get().FindStringIndex(s) }
func (p pattern) FindStringSubmatch(s string) []string   { return p.get().FindStringSubmatch(s) }
func (p pattern) FindSubmatch(b []byte) [][]byte         { return p.get().FindSubmatch(b) }
func (p pattern) FindAllString(s string, n int) []string { return p.get().FindAllString(s, n) }
func (p pattern) FindAllStringIndex(s string, n int) [][]int {
	return p.get().FindAllStringIndex(s, n)
}
func (p pattern) FindAllStringSubmatch(s string, n int) [][]string {
	return p.get().FindAllStringSubmatch(s, n)
}
func (p pattern) ReplaceAllString(s, by string) string { return p.get().ReplaceAllString(s, by) }
func (p pattern) Match(b []byte) bool                  { return p.get().Match(b) }
