package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// told are the commands that a text tells its readers to type: in blocks, and in `spans`.
func told(text string) (list []string) {
	block := regexp.MustCompile(`(?m)^ {4}(?:bin/|go run \./cmd/)?tierline (.+)$`)
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		line, _, _ := strings.Cut(m[1], " #")
		line, _, _ = strings.Cut(line, " <")
		list = append(list, strings.TrimSpace(line))
	}
	for _, m := range regexp.MustCompile("`tierline ([^`|]+)`").FindAllStringSubmatch(text, -1) {
		list = append(list, strings.Join(strings.Fields(m[1]), " "))
	}
	return list
}

// Every command that the documents name is there, with its flags.
func TestDocumentsNameCommandsThatThereAre(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../docs/guides/*.md")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	n, word := 0, regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
	for _, file := range append(files, "../../README.md", "../../docs/ARCHITECTURE.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range told(string(text)) {
			n++
			parser, err := newParser(&env{out: io.Discard, err: io.Discard}, func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			_, err = parser.Parse(word.FindAllString(line, -1))
			// That a file, or an argument, is missing is no fault of the text.
			if err != nil && (strings.Contains(err.Error(), "unexpected argument") || strings.Contains(err.Error(), "unknown flag")) {
				t.Errorf("%s: tierline %s: %v", file, line, err)
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d commands were found", n)
	}
}

// What "make" is told to do in the README, the Makefile can.
func TestTheReadmesTargetsAreThere(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile(`(?m)(?:^ {4}|\x60)make\s+([a-z]+)`).FindAllSubmatch(readme, -1)
	if len(targets) < 3 {
		t.Errorf("%q", targets)
	}
	for _, m := range targets {
		if !regexp.MustCompile(`(?m)^` + string(m[1]) + `\b.*:`).Match(makefile) {
			t.Errorf("there is no make %s", m[1])
		}
	}
}
