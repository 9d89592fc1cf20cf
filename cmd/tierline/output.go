package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// jsonFlag is how every command that a script may read is asked for JSON lines.
type jsonFlag struct {
	JSON bool `name:"json" help:"One JSON object a line, for scripts."`
}

// configFlag names the configuration.
type configFlag struct {
	Config string `short:"c" default:"tierline.yaml" env:"TIERLINE_CONFIG" type:"path" help:"The configuration file (${default})."`
}

// line prints one JSON object.
func line(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// printList prints what was read: an object a line for scripts, or a table with a row each.
func printList[T any](e *env, asJSON bool, list []T, head string, row func(T) ([]string, error)) error {
	var rows [][]string
	for _, v := range list {
		if asJSON {
			if err := line(e.out, v); err != nil {
				return err
			}
			continue
		}
		r, err := row(v)
		if err != nil {
			return err
		}
		rows = append(rows, r)
	}
	if asJSON {
		return nil
	}
	return table(e.out, head, rows)
}

// named makes names of the command line what the program knows them as.
func named[T ~string](names []string) (list []T) {
	for _, n := range names {
		list = append(list, T(n))
	}
	return list
}

// table prints rows in columns.
func table(w io.Writer, head string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, head)
	for _, r := range rows {
		for i, s := range r { // one row stays one line, whatever a customer wrote
			r[i] = harmless(s)
		}
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	return t.Flush()
}

// harmless is s without what steers a terminal.
func harmless(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return ' '
		}
		return c
	}, s)
}

// short cuts s to n runes.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
