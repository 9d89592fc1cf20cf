package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tierline/channels/phone"
)

type callCmd struct {
	Explain callExplainCmd `cmd:"" help:"Say what would become of call transcripts; nothing is stored."`
}

type callExplainCmd struct {
	jsonFlag
	Files []string `arg:"" name:"file" help:"Transcripts, folders of them, or - for standard input."`
}

// maxTranscript is the longest transcript that is read, in bytes: one more than the intake takes, so
// that it is the intake that says no.
const maxTranscript = 64 << 20

func (c callExplainCmd) Run(e *env) error {
	for _, name := range c.Files {
		files, err := filesOf(name)
		if err != nil {
			return err
		}
		for _, f := range files {
			raw, err := readInput(e, f)
			if err != nil {
				return err
			}
			x := phone.Explain(f, raw)
			if c.JSON {
				err = line(e.out, x)
			} else {
				_, err = fmt.Fprintf(e.out, "%s: %s %s, %d turns, %.1f s, language %s\n", f, x.Format, x.Outcome, len(x.Turns),
					float64(x.DurationMS)/1000, dash(x.Language))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// filesOf is a file, or the files below a folder in the order of their names.
func filesOf(name string) ([]string, error) {
	if name == "-" {
		return []string{name}, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{name}, nil
	}
	var files []string
	err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}

func readInput(e *env, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(e.in, maxTranscript))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTranscript))
}
