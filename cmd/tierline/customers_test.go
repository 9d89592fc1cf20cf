package main

import (
	"strings"
	"testing"

	"tierline/customer"
)

func TestCustomersAreImported(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig+`suppliers: [{name: acme, title: ACME, phone: "1"}]`)
	st := s.fill()
	const file = "\ufeffEmail,Phone,Name,Organization,Plan,region,organization.tam\n" +
		"ann@new.example,+49 (30) 123-456,Ann,New Ltd,gold,emea,lena\n" +
		"bob@new.example,,Bob,,,,\n" +
		",,Nobody,,,,\n" +
		"\"broken\n"
	s.with(file, 1, "customers", "import", "-c", s.config, "--dry-run", "-")
	s.says("line 4: There is neither", "2 changed, 2 refused")
	if _, err := st.CustomerBy(t.Context(), customer.Identity{Kind: customer.Email, Value: "ann@new.example"}); err == nil {
		t.Fatal("a rehearsal has changed something")
	}
	s.with(file, 1, "customers", "import", "-c", s.config, "-")
	s.says("2 new, 0 changed, 2 refused")
	ann, err := st.CustomerBy(t.Context(), customer.Identity{Kind: customer.Phone, Value: "+4930123456"})
	if err != nil || ann.Name != "Ann" || ann.Attributes["region"] != "emea" {
		t.Fatalf("%+v %v", ann, err)
	}
	bob, err := st.CustomerBy(t.Context(), customer.Identity{Kind: customer.Email, Value: "bob@new.example"})
	if err != nil || bob.Organization != ann.Organization {
		t.Errorf("%+v %v", bob, err)
	}
	org, err := st.Organization(t.Context(), ann.Organization)
	if err != nil || org.Name != "New Ltd" || org.Plan != "gold" || org.Attributes["tam"] != "lena" {
		t.Errorf("%+v %v", org, err)
	}
	s.with("email;region\nann@new.example;apac\n", 0, "customers", "import", "-c", s.config, "--comma", ";", "--json", "-")
	s.says(`"changed":1`)
	for want, file := range map[string]string{"neither a column email": "name\nx\n", "two columns are called": "email,Email\n", "no line of names": ""} {
		s.with(file, 1, "customers", "import", "-c", s.config, "-")
		s.says(want)
	}
	s.with("email,Bad.Name!\na@b.example,x\n", 1, "customers", "import", "-c", s.config, "-")
	s.says("is no name of an attribute")

	s.do(0, "suppliers", "-c", s.config)
	s.says("SUPPLIER", "ACME")
	s.do(0, "suppliers", "-c", s.config, "--json")
	if !strings.Contains(s.out, `"supplier":"acme"`) {
		t.Error(s.out)
	}
	s.do(1, "suppliers", "-c", s.config, "--days", "0")
}
