package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"tierline/ticket"
)

func TestPeopleCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	st := s.fill()
	list, err := st.Customers(t.Context(), "", 0, 2)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	at := []string{"-c", s.config}
	with := func(args ...string) []string { return append(args, at...) }
	s.do(0, with("people")...)
	s.says("CUSTOMER", list[0].Name, list[1].Identities[0].Value)
	s.do(0, with("people", "merge", fmt.Sprint(list[1].ID), fmt.Sprint(list[0].ID))...)
	s.do(1, with("people", "merge", fmt.Sprint(list[1].ID), fmt.Sprint(list[0].ID))...) // they count as somebody already
	if got, err := st.Customer(t.Context(), list[1].ID); err != nil || got.AliasOf != list[0].ID {
		t.Error(got, err)
	}
	s.do(0, with("people", "unmerge", fmt.Sprint(list[1].ID))...)
	s.do(0, with("people", "list", list[1].Identities[0].Value, "--json")...)
	if got, err := st.Customer(t.Context(), list[1].ID); err != nil || got.AliasOf != 0 {
		t.Error(got, err)
	}

	s.do(0, with("people", "block", "rude@corp.example", "--reason", "insults", "--for", "24h")...)
	s.do(0, with("people", "block", "spam.example", "--reason", "spam")...)
	s.do(1, with("people", "block", "nonsense", "--reason", "x")...)
	s.do(1, with("people", "block", "a@b.example", "--reason", " ")...)
	s.do(2, with("people", "block", "a@b.example")...)
	s.do(0, with("people", "blocks")...)
	s.says("email:rude@corp.example", "insults", "domain:spam.example", "for good")
	s.do(0, with("people", "unblock", "spam.example")...)
	s.do(1, with("people", "unblock", "spam.example")...)
	s.do(0, with("people", "blocks", "--json")...)
	var b ticket.Block
	if err := json.Unmarshal([]byte(s.out), &b); err != nil || b.Key != "email:rude@corp.example" || b.Until.IsZero() {
		t.Errorf("%v %+v", err, b)
	}
}
