package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"tierline/config/check"
)

// maxFile is the longest configuration that is read, in bytes.
const maxFile = 4 << 20

// EnvPrefix begins the name of every environment variable that stands in for a value of the file:
// TIERLINE__WEB__LISTEN is web.listen.
const EnvPrefix = "TIERLINE__"

// Finding is one thing that was found in a configuration or while trying its connections.
type Finding struct {
	Level string `json:"level"`           // error, warning or ok
	Where string `json:"where,omitempty"` // tierline.yaml:12
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"`
}

func (f Finding) String() string {
	s := f.Level + ": "
	if f.Where != "" {
		s = f.Where + ": " + s
	}
	s += f.What
	if f.Mend != "" {
		s += " — " + f.Mend
	}
	return s
}

// Bad says whether a configuration with these findings cannot be used.
func Bad(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Level == "error" })
}

// Load reads a configuration file and reports everything that is wrong with it, each with its
// line. environ is os.Environ(). The error is for a file that cannot be read at all.
func Load(path string, environ []string) (Config, []Finding, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, nil, fmt.Errorf("config: %w: name one with --config, or copy tierline.example.yaml; \"tierline demo\" needs none", err)
	}
	if err != nil {
		return Config{}, nil, fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, nil, fmt.Errorf("config: %w", err)
	}
	if len(text) > maxFile {
		return Config{}, nil, fmt.Errorf("config: %s is longer than %d bytes", path, maxFile)
	}
	c, findings := Parse(filepath.Base(path), text, environ)
	c.resolve(filepath.Dir(path))
	return c, findings, nil
}

// Parse reads a configuration that is called name in its findings.
func Parse(name string, text []byte, environ []string) (Config, []Finding) {
	c := Default()
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return c, []Finding{yamlFinding(name, err.Error())}
	}
	if len(doc.Content) == 0 {
		doc.Content = []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map"}}
	}
	root := doc.Content[0]
	findings := unknownKeys(name, text)
	findings = append(findings, override(root, environ, findings)...)
	if err := root.Decode(&c); err != nil {
		var te *yaml.TypeError
		if errors.As(err, &te) {
			for _, s := range te.Errors {
				findings = append(findings, yamlFinding(name, s))
			}
		} else {
			findings = append(findings, yamlFinding(name, err.Error()))
		}
	}
	var faults check.List
	c.check(faults.Root())
	for _, f := range faults.Faults {
		level := "error"
		if f.Warning {
			level = "warning"
		}
		findings = append(findings, Finding{Level: level, Where: where(name, root, f.Path),
			What: strings.Join(f.Path, ".") + ": " + f.What, Mend: f.Mend})
	}
	return c, findings
}

// unknownKeys decodes once more, strictly: the text, so that only keys of the file are judged.
func unknownKeys(name string, text []byte) []Finding {
	var c Config
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	var te *yaml.TypeError
	if err := d.Decode(&c); err == nil || !errors.As(err, &te) {
		return nil
	}
	var findings []Finding
	for _, s := range te.Errors {
		if m := unknownField.FindStringSubmatch(s); m != nil {
			findings = append(findings, Finding{Level: "error", Where: name + ":" + m[1],
				What: "there is no setting " + strconv.Quote(m[2]) + " here", Mend: "check its spelling and indentation"})
		}
	}
	return findings
}

var (
	unknownField = regexp.MustCompile(`^line (\d+): field (\S+) not found in type`)
	yamlLine     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
)

// wrongShape is how the decoder says that a value is of another shape than the setting.
var wrongShape = regexp.MustCompile("^(line \\d+: )cannot unmarshal !!(\\w+)(?: (`.*`))? into (.+)$")

// inWords says it as people do who write the file.
func inWords(text string) string {
	m := wrongShape.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	is := map[string]string{"map": "a mapping (name: value)", "seq": "a list", "str": "the text", "int": "the number", "float": "the number", "bool": "the word", "null": "nothing",
		"timestamp": "the date"}[m[2]]
	want := "something else"
	switch t := m[4]; {
	case strings.HasPrefix(t, "[]"):
		want = "a list ([a, b])"
	case strings.HasPrefix(t, "map["), strings.Contains(t, ".") && m[2] != "map" && m[2] != "seq":
		want = "a mapping ({name: value})"
	case t == "string":
		want = "a text"
	case t == "bool":
		want = "true or false"
	case strings.HasPrefix(t, "int"), strings.HasPrefix(t, "uint"), strings.HasPrefix(t, "float"):
		want = "a number"
	}
	if strings.HasSuffix(m[4], "time.Duration") {
		want = "a duration such as 4h or 30m"
	}
	return m[1] + strings.TrimSpace(cmp.Or(is, m[2])+" "+m[3]) + " stands where " + want + " is wanted"
}

func yamlFinding(name, text string) Finding {
	text = inWords(text)
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		return Finding{Level: "error", Where: name + ":" + m[1], What: m[2]}
	}
	return Finding{Level: "error", Where: name, What: strings.TrimPrefix(text, "yaml: ")}
}

// where is the line of the deepest part of a path that stands in the file.
func where(name string, n *yaml.Node, path []string) string {
	line := max(n.Line, 1)
	for _, key := range path {
		next := child(n, key)
		if next == nil {
			break
		}
		n, line = next.value, next.line
	}
	return name + ":" + strconv.Itoa(line)
}

type entry struct {
	value *yaml.Node
	line  int
}

func child(n *yaml.Node, key string) *entry {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return &entry{n.Content[i+1], n.Content[i].Line}
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return &entry{n.Content[i], n.Content[i].Line}
		}
	case yaml.AliasNode:
		return child(n.Alias, key)
	}
	return nil
}

// override puts the values of environment variables into the tree. known are the findings of the
// file by itself.
func override(root *yaml.Node, environ []string, known []Finding) []Finding {
	var findings []Finding
	unknown := len(known)
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, EnvPrefix) {
			continue
		}
		path := strings.Split(strings.ToLower(strings.TrimPrefix(name, EnvPrefix)), "__")
		if err := put(root, path, value); err != nil {
			findings = append(findings, Finding{Level: "error", Where: name, What: err.Error(),
				Mend: "name a single value, such as TIERLINE__WEB__LISTEN for web.listen"})
			continue
		}
		text, err := yaml.Marshal(root)
		if err != nil {
			continue // the tree is judged as a whole afterwards
		}
		if n := len(unknownKeys(name, text)); n > unknown {
			unknown = n
			findings = append(findings, Finding{Level: "error", Where: name, What: "there is no such setting",
				Mend: "check the spelling: two underscores stand between the parts"})
		}
	}
	return findings
}

func put(n *yaml.Node, path []string, value string) error {
	if len(path) == 0 || path[0] == "" {
		return errors.New("this variable names no setting")
	}
	if n.Kind != yaml.MappingNode && n.Kind != yaml.SequenceNode {
		return errors.New("this variable names something below a single value")
	}
	next := child(n, path[0])
	if next == nil {
		if n.Kind == yaml.SequenceNode {
			return fmt.Errorf("the list has no element %.20s", path[0])
		}
		v := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: path[0]}, v)
		next = &entry{value: v}
	}
	if len(path) > 1 {
		return put(next.value, path[1:], value)
	}
	line := next.value.Line
	*next.value = yaml.Node{Kind: yaml.ScalarNode, Value: value, Line: line}
	return nil
}
