package customer

import (
	"strings"
	"testing"
)

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   Identity
		want string // "" is refused
	}{
		{Identity{Kind: Email, Value: " Ann@Example.ORG "}, "ann@example.org"},
		{Identity{Kind: Email, Value: `"odd@name"@example.org`}, `"odd@name"@example.org`},
		{Identity{Kind: Email, Value: "ann"}, ""},
		{Identity{Kind: Email, Value: "@example.org"}, ""},
		{Identity{Kind: Email, Value: "ann@"}, ""},
		{Identity{Kind: Email, Value: "ann <ann@example.org>"}, ""},
		{Identity{Kind: Email, Value: "a@b\r\nBcc: x@y"}, ""},
		{Identity{Kind: Email, Value: strings.Repeat("a", MaxIdentity) + "@b.c"}, ""},
		{Identity{Kind: Email, Value: "a\xff@b.c"}, ""},
		{Identity{Kind: Phone, Value: "+493012345601"}, "+493012345601"},
		{Identity{Kind: Phone, Value: "030 12345"}, ""},
		{Identity{Kind: Phone, Value: "+49 30"}, ""},
		{Identity{Kind: Phone, Value: "+12"}, ""},
		{Identity{Kind: Phone, Value: "+1234567890123456"}, ""},
		{Identity{Kind: Slack, Value: "T1/U1"}, "T1/U1"},
		{Identity{Kind: Chat, Value: "Xy-9"}, "Xy-9"},
		{Identity{Kind: Chat, Value: "  "}, ""},
		{Identity{Kind: "fax", Value: "1"}, ""},
	} {
		got, err := c.in.Normal()
		if (err == nil) != (c.want != "") || err == nil && got.Value != c.want {
			t.Errorf("%s %.40q: %.40q, %v", c.in.Kind, c.in.Value, got.Value, err)
		}
	}
}

func TestNormalIsStable(t *testing.T) {
	t.Parallel()
	once, err := Identity{Kind: Email, Value: "Ann@Example.org", Name: " Ann "}.Normal()
	if err != nil {
		t.Fatal(err)
	}
	twice, err := once.Normal()
	if err != nil || twice != once || once.Key() != "email:ann@example.org" || once.Name != "Ann" {
		t.Errorf("%+v, then %+v, %v", once, twice, err)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	if d := (Identity{Kind: Email, Value: "ann@example.org"}).Domain(); d != "example.org" {
		t.Error(d)
	}
	if d := (Identity{Kind: Phone, Value: "+4930@x"}).Domain(); d != "" {
		t.Error(d)
	}
	if !SharedDomain("GMX.de") || SharedDomain("example.org") {
		t.Error("shared domains")
	}
	if s := NormalSerial(" bw2- 204711 "); s != "BW2-204711" {
		t.Error(s)
	}
}

func FuzzNormal(f *testing.F) {
	f.Add("email", "Ann@Example.org")
	f.Add("phone", "+493012345601")
	f.Fuzz(func(t *testing.T, kind, value string) {
		once, err := Identity{Kind: IdentityKind(kind), Value: value}.Normal()
		if err != nil {
			return
		}
		if twice, err := once.Normal(); err != nil || twice != once {
			t.Errorf("%q becomes %q, then %q, %v", value, once.Value, twice.Value, err)
		}
	})
}
