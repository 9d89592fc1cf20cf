package main

import (
	"fmt"

	"tierline/config"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Report everything that is wrong with a configuration, each with its line."`
}

type configCheckCmd struct {
	configFlag
	jsonFlag
}

func (c configCheckCmd) Run(e *env) error {
	cfg, findings, err := config.Load(c.Config, e.environ)
	if err != nil {
		return err
	}
	if !config.Bad(findings) {
		findings = append(findings, pagingFindings(cfg)...)
		findings = append(findings, config.Finding{Level: "ok", Where: c.Config, What: "the configuration can be used"})
	}
	if err := report(e, findings, c.JSON); err != nil {
		return err
	}
	if config.Bad(findings) {
		return errReported
	}
	return nil
}

// report prints findings for people or scripts.
func report(e *env, findings []config.Finding, asJSON bool) error {
	for _, f := range findings {
		var err error
		if asJSON {
			err = line(e.out, f)
		} else {
			_, err = fmt.Fprintln(e.out, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
