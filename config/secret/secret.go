// Package secret holds values that must not be seen: passwords, tokens, keys.
//
// A [String] prints as "•••" by every way of printing (fmt, JSON, YAML, slog), so that a configuration
// can be logged or shown as a whole. In the configuration a secret stands as itself, or names where
// it is to be found:
//
//	password: hunter2
//	password: {file: /run/secrets/imap}   # the file's text, without the line end
//	password: {env: IMAP_PASSWORD}
//
// A file that cannot be read, or a variable that is not set, fails the reading of the configuration;
// the error names the place, never the value.
package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

const hidden = "•••"

// maxFile is the longest secret that is read from a file, in bytes. Private keys fit.
const maxFile = 64 << 10

// String is a secret. The zero value is "not set".
type String struct{ v *string } // a pointer, so that reflection prints an address at the most

// New makes a secret of s; "" makes the zero value.
func New(s string) String {
	if s == "" {
		return String{}
	}
	return String{&s}
}

// Reveal is the value itself: for the call that needs it, and for nothing else.
func (s String) Reveal() string {
	if s.v == nil {
		return ""
	}
	return *s.v
}

// IsZero says that there is no secret.
func (s String) IsZero() bool { return s.v == nil }

// Equal compares in constant time.
func (s String) Equal(guess string) bool {
	return s.v != nil && subtle.ConstantTimeCompare([]byte(*s.v), []byte(guess)) == 1
}

// String hides the value.
func (s String) String() string {
	if s.v == nil {
		return ""
	}
	return hidden
}

// Format hides the value from every verb of fmt.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue hides the value from slog.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from JSON and other encodings.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML hides the value.
func (s String) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalText takes the value itself.
func (s *String) UnmarshalText(b []byte) error {
	*s = New(string(b))
	return nil
}

// UnmarshalYAML takes the value itself, or a mapping with one of file and env.
func (s *String) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		if n.Tag == "!!null" {
			*s = String{}
			return nil
		}
		*s = New(n.Value)
		return nil
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 || n.Content[1].Kind != yaml.ScalarNode {
		return fault(n, "a secret is a text, or {file: PATH}, or {env: NAME}")
	}
	v, err := From(n.Content[0].Value, n.Content[1].Value)
	if err != nil {
		return fault(n, err.Error())
	}
	*s = v
	return nil
}

// fault is an error of a kind that lets the rest of the configuration be read.
func fault(n *yaml.Node, what string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, what)}}
}

// From reads a secret from where it is kept: how is "file" or "env".
func From(how, where string) (String, error) {
	switch how {
	case "file":
		return fromFile(where)
	case "env":
		v := os.Getenv(where)
		if v == "" {
			return String{}, fmt.Errorf("the environment variable %q is not set", where)
		}
		return New(v), nil
	}
	return String{}, fmt.Errorf("a secret comes from file or env, not from %.40q", how)
}

func fromFile(path string) (String, error) {
	f, err := os.Open(path)
	if err != nil {
		return String{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return String{}, err
	}
	if len(b) > maxFile {
		return String{}, errors.New(path + " is too long for a secret")
	}
	v := strings.TrimRight(string(b), "\r\n")
	if v == "" {
		return String{}, errors.New(path + " is empty")
	}
	return New(v), nil
}
