package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/config/secret"
	"tierline/store"
	"tierline/ticket"
)

type importCmd struct {
	Mbox    importMboxCmd    `cmd:"" help:"Import mboxes, also packed with gzip."`
	Maildir importMaildirCmd `cmd:"" help:"Import maildirs with the folders in them."`
	EML     importEMLCmd     `cmd:"" name:"eml" help:"Import files of one mail each (*.eml), and folders of them."`
	IMAP    importIMAPCmd    `cmd:"" name:"imap" help:"Import the folders of an IMAP account, without changing anything there."`
}

// importFlags are what every import is told.
type importFlags struct {
	configFlag
	jsonFlag
	Inbox  string        `required:"" help:"The inbox that the mails count for."`
	Brand  string        `help:"The brand that they count for."`
	Since  string        `help:"Only mails of this date or later (2006-01-02, or with a time as in RFC 3339)."`
	Until  string        `help:"Only mails before this date."`
	Limit  int           `help:"At most so many mails of each source; the next run goes on behind them."`
	Own    []string      `help:"Addresses that were ours, beside those of the configuration: what they wrote are answers. One * stands for any text."`
	DryRun bool          `help:"Say what would become of the mails; change nothing."`
	Every  time.Duration `default:"10s" help:"How often to tell of the progress where that is no terminal (${default}); 0 is never."`
}

// importer is an import that is under way.
type importer struct {
	importFlags
	e            *env
	room         *mailroom
	conf         email.ImportConfig
	in           channels.Intake
	deps         email.Deps
	since, until time.Time
	bad          bool // something was left out
}

// open gets ready; whoever calls it calls the function that it gives.
func (f importFlags) open(e *env) (m *importer, end func() error, err error) {
	m = &importer{importFlags: f, e: e}
	if m.since, err = day(f.Since); err == nil {
		m.until, err = day(f.Until)
	}
	if err != nil {
		return nil, nil, err
	}
	if m.room, err = openMail(e, f.Config); err != nil {
		return nil, nil, err
	}
	end = m.room.close
	m.conf = email.ImportConfig{Inbox: f.Inbox, Brand: f.Brand, Since: m.since, Until: m.until, Limit: f.Limit, Own: f.Own}
	for _, a := range m.room.cfg.Router.Agents {
		if a.Email != "" {
			m.conf.Own = append(m.conf.Own, a.Email)
		}
	}
	m.in, m.deps = m.room.in, m.room.deps()
	if f.DryRun {
		end, err = m.rehearse()
	}
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return m, end, nil
}

func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		err = fmt.Errorf("%q is no date such as 2024-12-31", s)
	}
	return t, err
}

// rehearse has everything go into a throw-away store.
func (m *importer) rehearse() (end func() error, err error) {
	end = m.room.close
	dir, err := os.MkdirTemp("", "tierline-import-")
	if err != nil {
		return end, err
	}
	end = func() error { return errors.Join(m.room.close(), os.RemoveAll(dir)) }
	s, err := store.Open(m.e.ctx, store.Config{Data: dir, ThrowAway: true, Log: m.room.log})
	if err != nil {
		return end, err
	}
	end = func() error { return errors.Join(s.Close(), m.room.close(), os.RemoveAll(dir)) }
	m.in, err = channels.Understand(rehearsal{s, m.room.store}, m.room.cfg.Understand)
	m.deps.Blobs, m.deps.Cursors = noBlobs{}, frozen{m.room.store}
	return end, err
}

// rehearsal knows what the real store has, and takes in nothing there.
type rehearsal struct {
	ticket.Intake
	real ticket.References
}

func (r rehearsal) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	out := make([]ticket.Accepted, len(batch))
	var fresh []ticket.Inbound
	var at []int
	for i, in := range batch {
		ref, err := r.real.Lookup(ctx, in.Channel, in.External)
		switch {
		case err == nil:
			out[i] = ticket.Accepted{Ticket: ref.Ticket, Seq: ref.Seq, Duplicate: true}
		case ticket.KindOf(err) == ticket.NotFound:
			fresh, at = append(fresh, in), append(at, i)
		default:
			return nil, err
		}
	}
	done, err := r.Intake.Accept(ctx, fresh)
	if be := (*ticket.BatchError)(nil); errors.As(err, &be) {
		return nil, &ticket.BatchError{Index: at[be.Index], Err: be.Err}
	}
	for i, a := range done {
		out[at[i]] = a
	}
	return out, err
}

// frozen are cursors that do not move.
type frozen struct{ ticket.Cursors }

func (frozen) SetCursor(context.Context, string, string) error { return nil }

// run imports one archive and tells what became of it.
func (m *importer) run(a email.Archive) error {
	i, err := email.NewImporter(m.room.cfg.Email, m.conf, m.deps, m.in)
	if err != nil {
		return err
	}
	p := newProgress(m.e.err, m.Every)
	i.Report = p.tell
	i.Fault = func(place string, err error) {
		p.clear()
		fmt.Fprintf(m.e.err, "tierline: %s: %s: %v\n", a.Name(), place, err)
	}
	sum, err := i.Run(m.e.ctx, a)
	p.clear()
	m.bad = m.bad || sum.Failed > 0
	if m.JSON {
		err = errors.Join(err, line(m.e.out, sum))
	} else {
		m.summary(sum)
	}
	if err != nil && m.e.ctx.Err() != nil {
		return errors.New("it was stopped; run it again and it goes on from here")
	}
	return err
}

func (m *importer) summary(s email.Imported) {
	head := s.Source
	if m.DryRun {
		head += " (tried, nothing is changed)"
	}
	rate := 0.0
	if s.Seconds > 0 {
		rate = float64(s.All()) / s.Seconds
	}
	fmt.Fprintf(m.e.out, "%s: %d mails in %s, %.0f a second\n", head, s.All(),
		time.Duration(s.Seconds*float64(time.Second)).Round(100*time.Millisecond), rate)
	for _, r := range []struct {
		n    int
		what string
	}{
		{s.Ticketed, "ticketed"}, {s.Joined, "  of these joined to another's ticket"}, {s.Outgoing, "  of these written by us"},
		{s.Duplicate, "duplicate: here before"}, {s.Suppressed, "suppressed: machines, spam"},
		{s.Quarantined, "quarantined: see tierline mail ledger --outcome quarantined"}, {s.Known, "passed over: imported before"},
		{s.Outside, "passed over: of another time"}, {s.Failed, "not read: see above"},
	} {
		if r.n > 0 {
			fmt.Fprintf(m.e.out, "%9d  %s\n", r.n, r.what)
		}
	}
	if !s.Complete {
		fmt.Fprintln(m.e.out, "           there is more: run it again to go on")
	}
}

// end is the command's answer when all was tried.
func (m *importer) end(err error) error {
	if err == nil && m.bad {
		return errReported
	}
	return err
}

type importMboxCmd struct {
	importFlags
	Files []string `arg:"" name:"file" help:"mboxes (mboxo, mboxrd, mboxcl, mboxcl2), also packed with gzip."`
}

func (c importMboxCmd) Run(e *env) (err error) {
	m, end, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	for _, f := range c.Files {
		a, err := email.OpenMbox(f)
		if err == nil {
			err = m.run(a)
		}
		if err != nil {
			return err
		}
	}
	return m.end(nil)
}

// folderFlags choose folders.
type folderFlags struct {
	Folder []string `help:"Only these folders; * stands for any text. Without it, all but those for spam, drafts and what was thrown away."`
	Except []string `help:"Not these folders."`
}

func (f folderFlags) choice() email.FolderChoice {
	return email.FolderChoice{Only: f.Folder, Except: f.Except}
}

type importMaildirCmd struct {
	importFlags
	folderFlags
	Dirs []string `arg:"" name:"dir" help:"Maildirs, or folders of them."`
}

func (c importMaildirCmd) Run(e *env) (err error) {
	m, end, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	for _, dir := range c.Dirs {
		a, err := email.OpenMaildir(e.ctx, dir, func(f string) bool { return c.choice().Choose(f, ".") })
		if err != nil {
			return err
		}
		m.found(a.Folders)
		if err := m.run(a); err != nil {
			return err
		}
	}
	return m.end(nil)
}

// found tells which folders are read.
func (m *importer) found(list []email.Folder) {
	var read, left []string
	for _, f := range list {
		if f.Left {
			left = append(left, f.Name)
		} else {
			read = append(read, fmt.Sprintf("%s (%d)", f.Name, f.Mails))
		}
	}
	fmt.Fprintf(m.e.err, "folders: %s\n", strings.Join(read, ", "))
	if len(left) > 0 {
		fmt.Fprintf(m.e.err, "left out: %s\n", strings.Join(left, ", "))
	}
}

type importEMLCmd struct {
	importFlags
	Paths []string `arg:"" name:"path" help:"Files, or folders of *.eml."`
}

func (c importEMLCmd) Run(e *env) (err error) {
	m, end, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	for _, path := range c.Paths {
		a, err := email.OpenFiles(e.ctx, path)
		if err != nil {
			return err
		}
		for _, ext := range slices.Sorted(maps.Keys(a.Other)) {
			why := ""
			if ext == ".msg" {
				m.bad, why = true, ": they are in Outlook's own format, which is not read; save them as .eml"
			}
			fmt.Fprintf(e.err, "left out: %d files %q%s\n", a.Other[ext], ext, why)
		}
		if err := m.run(a); err != nil {
			return err
		}
	}
	return m.end(nil)
}

type importIMAPCmd struct {
	importFlags
	folderFlags
	Mailbox      string `help:"A mailbox of the configuration, by its user or its name in /readyz: its server and its password are used."`
	Host         string `help:"The IMAP server."`
	Port         int    `help:"Its port (993, or 143 without TLS from the first byte)."`
	TLS          string `name:"tls" enum:"tls,starttls,none" default:"tls" help:"How it is encrypted: tls, starttls, none."`
	CA           string `name:"ca" type:"path" help:"PEM file of an authority to trust instead of the system's."`
	User         string `help:"The account."`
	PasswordFile string `type:"path" help:"A file with the password."`
	Password     string `env:"TIERLINE_IMPORT_PASSWORD" hidden:""`
}

func (c importIMAPCmd) Run(e *env) (err error) {
	m, end, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	box, err := c.account(m.room.cfg.Email)
	if err != nil {
		return err
	}
	a, err := email.OpenAccount(e.ctx, box, m.room.cfg.Email, m.deps, c.choice(), m.since, m.until)
	if err != nil {
		return err
	}
	defer a.Close()
	m.found(a.Folders)
	return m.end(m.run(a))
}

// account is the one that is meant.
func (c importIMAPCmd) account(conf email.Config) (email.Mailbox, error) {
	if c.Mailbox == "" {
		if c.Host == "" || c.User == "" {
			return email.Mailbox{}, errors.New("say which account: --mailbox of the configuration, or --host and --user")
		}
		password, err := c.password()
		return email.Mailbox{Host: c.Host, Port: c.Port, TLS: email.TLSMode(c.TLS), CA: c.CA, User: c.User, Password: password, Inbox: c.Inbox}, err
	}
	for _, b := range conf.Mailboxes {
		if b.User == c.Mailbox || b.Name() == c.Mailbox {
			return b, nil
		}
	}
	return email.Mailbox{}, fmt.Errorf("the configuration has no mailbox %q", c.Mailbox)
}

func (c importIMAPCmd) password() (secret.String, error) {
	if c.PasswordFile == "" {
		if c.Password == "" {
			return secret.String{}, errors.New("the password is missing: give --password-file, or TIERLINE_IMPORT_PASSWORD in the environment")
		}
		return secret.New(c.Password), nil
	}
	b, err := os.ReadFile(c.PasswordFile)
	return secret.New(strings.TrimRight(string(b), "\r\n")), err
}
