package lookalike

import "testing"

func TestDomain(t *testing.T) {
	t.Parallel()
	for _, d := range []struct {
		domain, known string
		want          bool
	}{
		{"acme.example", "acme.example", false},
		{"mail.acme.com", "acme.com", false},
		{"acrne.com", "acme.com", true},
		{"acme.net", "acme.com", true},
		{"acme.co.uk", "acme.com", true},
		{"acme-support.com", "acme.com", true},
		{"my-acme.com", "acme.com", true},
		{"аcme.com", "acme.com", true}, // Cyrillic
		{"xn--cme-5cd.com", "acme.com", true},
		{"g00gle.com", "google.com", true},
		{"paypa1.com", "paypal.com", true},
		{"customre.com", "customer.com", true},
		{"custmer.com", "customer.com", true},
		{"customers.com", "customer.com", true},
		{"mueller.de", "müller.com", true},
		{"example.com", "acme.com", false},
		{"gmx.net", "gmx.de", false},
		{"gmail.com", "gmx.com", false},
		{"acme.gmail.com", "acme.com", false},
		{"bmw.de", "bmv.de", false},
		{"abc.com", "abc.de", false},
		{"pumps.com", "lamps.com", false},
		{"", "acme.com", false},
		{"acme.com", "", false},
		{"localhost", "acme.com", false},
	} {
		if got := Domain(d.domain, d.known); got != d.want {
			t.Errorf("%s like %s: %t", d.domain, d.known, got)
		}
	}
}

func TestNameAndMixed(t *testing.T) {
	t.Parallel()
	if !Name("Jane  Doe", "jane doe") || !Name("Jаne Doe", "Jane Doe") || Name("Jane", "Joan") || Name("Al", "Al") || Name("", "") {
		t.Error("names")
	}
	if !Mixed("аcme.example") || Mixed("acme.example") || Mixed("пример.example") {
		t.Error("scripts")
	}
}

func FuzzDomain(f *testing.F) {
	f.Add("acrne.com", "acme.com")
	f.Add("xn--cme-5cd.com", "xn--\xff.")
	f.Fuzz(func(t *testing.T, a, b string) {
		if Domain(a, a) {
			t.Fatalf("%q looks like itself", a)
		}
		Domain(a, b)
		Name(a, b)
	})
}
