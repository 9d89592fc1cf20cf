package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tierline/router"
)

type reportCmd struct {
	Pages reportPagesCmd `cmd:"" help:"How paging went: times to acknowledge, declines, pages a person and night."`
	Care  careReportCmd  `cmd:"" help:"Promises kept and broken, unclear notes, updates, complaints, abuse; each number with its tickets."`
}

type careReportCmd struct {
	configFlag
	jsonFlag
	Days    int  `default:"30" help:"Of the last so many days (${default})."`
	Tickets bool `help:"Name the tickets behind each number."`
}

func (c careReportCmd) Run(e *env) error {
	if c.Days < 1 || c.Days > 3660 {
		return errors.New("report care: --days is 1 to 3660")
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	now := time.Now()
	r, err := router.CareReport(e.ctx, s, now.AddDate(0, 0, -c.Days), now)
	if err != nil {
		return err
	}
	if c.JSON {
		return line(e.out, r)
	}
	for _, section := range r.Sections {
		fmt.Fprintf(e.out, "%s\n", section.Title)
		if len(section.Rows) == 0 {
			fmt.Fprintf(e.out, "  none\n\n")
			continue
		}
		var rows [][]string
		for _, f := range section.Rows {
			row := []string{"  " + short(f.Name, 40)}
			for _, v := range f.Values {
				cell := strconv.Itoa(v.N)
				if c.Tickets && v.N > 0 {
					var ids []string
					for _, id := range v.Tickets {
						ids = append(ids, id.String())
					}
					cell += " (" + strings.Join(ids, " ") + ")"
				}
				row = append(row, cell)
			}
			rows = append(rows, row)
		}
		if err := table(e.out, "  "+strings.ToUpper(section.By+"\t"+strings.Join(section.Columns, "\t")), rows); err != nil {
			return err
		}
		fmt.Fprintln(e.out)
	}
	if r.Cut {
		fmt.Fprintln(e.out, "There is more than was counted: ask for fewer days.")
	}
	return nil
}
