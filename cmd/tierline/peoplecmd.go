package main

import (
	"fmt"
	"strconv"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

type peopleCmd struct {
	List    peopleListCmd    `cmd:"" default:"withargs" help:"List customers, oldest first."`
	Merge   peopleMergeCmd   `cmd:"" help:"Make a customer count as another: they are one person."`
	Unmerge peopleUnmergeCmd `cmd:"" help:"Take a merge back."`
	Blocks  peopleBlocksCmd  `cmd:"" help:"List senders who are kept out now."`
	Block   peopleBlockCmd   `cmd:"" help:"Keep a sender out: what they send is recorded and opens no ticket."`
	Unblock peopleUnblockCmd `cmd:"" help:"Let a sender in again."`
}

type peopleListCmd struct {
	configFlag
	jsonFlag
	Text  string      `arg:"" optional:"" help:"Part of a name or of an identity."`
	After customer.ID `help:"Only customers with a higher number."`
	Limit int         `default:"100" help:"At most so many (${default}; 500 at the most)."`
}

func (c peopleListCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Customers(e.ctx, c.Text, c.After, c.Limit)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, p := range list {
		if c.JSON {
			if err := line(e.out, p); err != nil {
				return err
			}
			continue
		}
		first, as := "", ""
		if len(p.Identities) > 0 {
			first = p.Identities[0].Key()
		}
		if p.AliasOf != 0 {
			as = strconv.FormatInt(int64(p.AliasOf), 10)
		}
		rows = append(rows, []string{strconv.FormatInt(int64(p.ID), 10), short(p.Name, 60), short(first, 80), as})
	}
	if c.JSON {
		return nil
	}
	return table(e.out, "CUSTOMER\tNAME\tIDENTITY\tCOUNTS AS", rows)
}

type peopleMergeCmd struct {
	configFlag
	Alias customer.ID `arg:"" help:"Number of the customer who counts as another."`
	Of    customer.ID `arg:"" help:"As whom."`
}

func (c peopleMergeCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.MergeCustomers(e.ctx, c.Alias, c.Of, operator()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "customer %d counts as %d now; tierline people unmerge %d takes it back\n", c.Alias, c.Of, c.Alias)
	return nil
}

type peopleUnmergeCmd struct {
	configFlag
	Alias customer.ID `arg:"" help:"Number of the customer who counts as another."`
}

func (c peopleUnmergeCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.UnmergeCustomer(e.ctx, c.Alias, operator()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "customer %d counts as themselves again\n", c.Alias)
	return nil
}

type peopleBlocksCmd struct {
	configFlag
	jsonFlag
	After string `help:"Only keys after this one."`
	Limit int    `default:"100" help:"At most so many (${default}; 500 at the most)."`
}

func (c peopleBlocksCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Blocks(e.ctx, c.After, c.Limit)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, b := range list {
		if c.JSON {
			if err := line(e.out, b); err != nil {
				return err
			}
			continue
		}
		until := "for good"
		if !b.Until.IsZero() {
			until = b.Until.Local().Format(time.DateTime)
		}
		rows = append(rows, []string{b.Key, until, b.By.Name, short(b.Reason, 100)})
	}
	if c.JSON {
		return nil
	}
	return table(e.out, "SENDER\tUNTIL\tBY\tREASON", rows)
}

type peopleBlockCmd struct {
	configFlag
	Sender string        `arg:"" help:"A mail address, a telephone number with +, a domain, or a key such as slack:T1/U2."`
	Reason string        `required:"" help:"Why."`
	For    time.Duration `help:"For how long, such as 720h; for good without it."`
}

func (c peopleBlockCmd) Run(e *env) error {
	b := ticket.Block{Key: ticket.SenderKey(c.Sender), Reason: c.Reason, By: operator()}
	if c.For != 0 {
		b.Until = time.Now().Add(c.For)
	}
	if err := b.Why(); err != nil {
		return err
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Block(e.ctx, b); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s is kept out\n", b.Key)
	return nil
}

type peopleUnblockCmd struct {
	configFlag
	Sender string `arg:"" help:"As it was blocked, or its key."`
}

func (c peopleUnblockCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	key := ticket.SenderKey(c.Sender)
	if err := s.Unblock(e.ctx, key, operator()); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s is let in again\n", key)
	return nil
}
