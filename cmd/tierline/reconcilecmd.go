package main

import (
	"errors"
	"fmt"
	"strconv"

	"tierline/channels/email"
)

type mailReconcileCmd struct {
	configFlag
	jsonFlag
	DryRun bool `help:"Only say what is missing; fetch nothing."`
}

// Run ends with 1 when a mail was missing, also when it is fetched now: a mail that was passed over is a
// fault that somebody should look into.
func (c mailReconcileCmd) Run(e *env) (err error) {
	r, err := openMail(e, c.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	list, err := email.Reconcile(e.ctx, r.cfg.Email, r.deps(), r.in, !c.DryRun)
	var rows [][]string
	bad := false
	for _, m := range list {
		bad = bad || m.Missing > 0 || m.Error != ""
		if c.JSON {
			if err := line(e.out, m); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{m.Mailbox, strconv.Itoa(m.Mails), strconv.Itoa(m.Missing), strconv.Itoa(m.Fetched), dash(m.Error)})
		for _, p := range m.Places {
			fmt.Fprintf(e.err, "missing: %s;%s\n", m.Mailbox, p)
		}
	}
	if !c.JSON && len(list) > 0 {
		err = errors.Join(err, table(e.out, "MAILBOX\tMAILS\tMISSING\tFETCHED\tERROR", rows))
	}
	if err == nil && bad {
		err = errReported
	}
	return err
}
