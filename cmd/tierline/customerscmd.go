package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/config"
	"tierline/customer"
	"tierline/router"
	"tierline/ticket"
)

type customersCmd struct {
	Import customersImportCmd `cmd:"" help:"Take in a CSV file of customers. Columns: email, phone, name, language, organization, domain, plan; any other is an attribute of the customer, organization.NAME one of the organization."`
}

type customersImportCmd struct {
	configFlag
	jsonFlag
	File   string `arg:"" type:"path" help:"A CSV file in UTF-8 with a line of names (- reads standard input)."`
	Comma  string `default:"," help:"What stands between columns (${default}); ; for files of many spreadsheets."`
	DryRun bool   `help:"Say what is wrong with the file; change nothing."`
}

const maxImportColumns = 200

// imported counts what became of lines.
type imported struct {
	Created int `json:"created"`
	Changed int `json:"changed"`
	Refused int `json:"refused"`
}

func (c customersImportCmd) Run(e *env) error {
	in := e.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r := csv.NewReader(in)
	if runes := []rune(c.Comma); len(runes) == 1 {
		r.Comma = runes[0]
	} else {
		return errors.New("customers import: --comma is one character")
	}
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("customers import: the file has no line of names: %w", err)
	}
	if err := importHead(head); err != nil {
		return err
	}
	var enrol func(customer.Record) (bool, error)
	if c.DryRun {
		enrol = tryRecord
	} else {
		s, err := openStore(e, c.Config)
		if err != nil {
			return err
		}
		defer s.Close()
		enrol = func(r customer.Record) (bool, error) {
			_, created, err := s.Enrol(e.ctx, r)
			return created, err
		}
	}
	sum, err := importLines(e, r, head, enrol)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := line(e.out, sum); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.out, "%d new, %d changed, %d refused\n", sum.Created, sum.Changed, sum.Refused)
	}
	if sum.Refused > 0 {
		return errReported
	}
	return nil
}

func importHead(head []string) error {
	if len(head) > maxImportColumns {
		return fmt.Errorf("customers import: %d columns; at most %d", len(head), maxImportColumns)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff") // as spreadsheets write it
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		if slices.Contains(head[:i], head[i]) {
			return fmt.Errorf("customers import: two columns are called %q", head[i])
		}
	}
	if !slices.Contains(head, "email") && !slices.Contains(head, "phone") {
		return errors.New("customers import: there is neither a column email nor a column phone, by which customers are found")
	}
	return nil
}

// importLines takes in line after line. One that is refused is told of, and the others go on.
func importLines(e *env, r *csv.Reader, head []string, enrol func(customer.Record) (bool, error)) (sum imported, err error) {
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		at, created := 0, false
		if fault, bad := errors.AsType[*csv.ParseError](err); bad {
			at, err = fault.StartLine, fault.Err
		} else if err != nil {
			return sum, err
		} else {
			at, _ = r.FieldPos(0)
			created, err = enrol(recordOf(head, row))
		}
		switch {
		case e.ctx.Err() != nil:
			return sum, e.ctx.Err()
		case err != nil && ticket.KindOf(err) == ticket.Transient:
			return sum, fmt.Errorf("line %d: %w", at, err)
		case err != nil:
			sum.Refused++
			fmt.Fprintf(e.err, "line %d: %s\n", at, harmless(ticket.Explain(err)))
		case created:
			sum.Created++
		default:
			sum.Changed++
		}
	}
}

// tryRecord says what would be wrong with a record.
func tryRecord(r customer.Record) (bool, error) {
	for _, i := range r.Identities {
		if _, err := i.Normal(); err != nil {
			return false, ticket.Errorf("customers import", ticket.Invalid, "%v", err)
		}
	}
	if len(r.Identities) == 0 {
		return false, ticket.Errorf("customers import", ticket.Invalid, "There is neither a mail address nor a telephone number.")
	}
	_, err := r.Patch.Apply(customer.Customer{})
	if err == nil {
		_, err = r.Organization.Apply(customer.Organization{})
	}
	if err != nil {
		return false, ticket.Errorf("customers import", ticket.Invalid, "%v", err)
	}
	return false, nil
}

// recordOf is what a line says. A cell that is empty says nothing.
func recordOf(head, row []string) (r customer.Record) {
	for i, name := range head {
		v := strings.TrimSpace(row[i])
		if v == "" || name == "" {
			continue
		}
		switch name {
		case "email":
			r.Identities = append(r.Identities, customer.Identity{Kind: customer.Email, Value: v})
		case "phone":
			r.Identities = append(r.Identities, customer.Identity{Kind: customer.Phone, Value: strings.NewReplacer(" ", "", "-", "", "/", "", "(", "", ")", "").Replace(v)})
		case "name":
			r.Patch.Name = &v
		case "language":
			r.Patch.Language = &v
		case "organization":
			r.Organization.Name = &v
		case "domain":
			r.Domains = strings.Fields(strings.ReplaceAll(v, ",", " "))
		case "plan":
			r.Organization.Plan = &v
		default:
			to := &r.Patch.Attributes
			if of, ok := strings.CutPrefix(name, "organization."); ok {
				name, to = of, &r.Organization.Attributes
			}
			if *to == nil {
				*to = map[string]*string{}
			}
			(*to)[strings.ReplaceAll(strings.ReplaceAll(name, " ", "_"), "-", "_")] = &v
		}
	}
	return r
}

type suppliersCmd struct {
	configFlag
	jsonFlag
	Days int `default:"90" help:"Cases given to them in so many days (${default}), and those that they still have."`
}

func (c suppliersCmd) Run(e *env) error {
	if c.Days < 1 || c.Days > 3660 {
		return errors.New("suppliers: --days is between 1 and 3660")
	}
	return withDesk(e, c.Config, func(_ config.Config, desk *router.Desk) error {
		list, err := desk.SupplierReport(e.ctx, time.Now().AddDate(0, 0, -c.Days))
		if err != nil {
			return err
		}
		return printList(e, c.JSON, list, "SUPPLIER\tCASES\tOUT\tOVERDUE\tBACK LATE\tMEDIAN\t9 OF 10\tLONGEST", func(f router.SupplierFigures) ([]string, error) {
			return []string{f.Title, strconv.Itoa(f.Cases), strconv.Itoa(f.Out), strconv.Itoa(f.Overdue), strconv.Itoa(f.Late),
				inDays(f.Median), inDays(f.Nine), inDays(f.Longest)}, nil
		})
	})
}

func inDays(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return strconv.FormatFloat(d.Hours()/24, 'f', 1, 64) + " d"
}
