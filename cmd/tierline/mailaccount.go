package main

import (
	"bufio"
	"fmt"
	"os"

	"tierline/channels/email"
	"tierline/config"
)

type mailAuthorizeCmd struct {
	configFlag
	Account string `arg:"" optional:"" help:"A mailbox's user, or sending."`
	Out     string `short:"o" type:"path" help:"Write the refresh token to this file, for refresh_token: {file: …}, instead of printing it."`
}

// Run works with a configuration that has no refresh token yet, and so has faults.
func (c mailAuthorizeCmd) Run(e *env) error {
	cfg, _, err := config.Load(c.Config, e.environ)
	if err != nil {
		return err
	}
	o, user, err := cfg.Email.Account(c.Account)
	if err != nil {
		return err
	}
	pasted := make(chan string)
	go func() { // ends with the program
		for in := bufio.NewScanner(e.in); in.Scan(); {
			pasted <- in.Text()
		}
	}()
	token, err := email.Authorize(e.ctx, o, user, func(address string) {
		fmt.Fprintf(e.err, "Open this address in a browser, sign in as %s and agree:\n\n%s\n\n"+
			"When the browser runs on another machine it ends at a page that it cannot show: paste that page's address here.\n", user, address)
	}, pasted)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = fmt.Fprintln(e.out, token.Reveal())
		return err
	}
	if err := os.WriteFile(c.Out, []byte(token.Reveal()+"\n"), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(e.err, "Written to %s. Restart the gateway, then run: tierline doctor\n", c.Out)
	return nil
}

type mailDKIMCmd struct {
	configFlag
	jsonFlag
}

func (c mailDKIMCmd) Run(e *env) error {
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	name, value, err := email.DKIMRecord(cfg.Email)
	if err != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("the configuration has no email.sending.dkim")
	}
	if c.JSON {
		return line(e.out, map[string]string{"name": name, "type": "TXT", "value": value})
	}
	_, err = fmt.Fprintf(e.out, "%s. IN TXT (%s )\n", name, quotedStrings(value))
	return err
}

// quotedStrings cuts a value into the strings of at most 255 bytes that a TXT record holds (RFC 1035 §3.3).
func quotedStrings(value string) string {
	const most = 255
	out := ""
	for len(value) > most {
		out += fmt.Sprintf(" %q", value[:most])
		value = value[most:]
	}
	return out + fmt.Sprintf(" %q", value)
}
