package ticket

import (
	"testing"
	"time"
)

func TestHours(t *testing.T) {
	t.Parallel()
	h := Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-12:00,13:00-17:30", "sat": "10:00-24:00"}}
	if err := h.Check(); err != nil {
		t.Fatal(err)
	}
	for at, open := range map[string]bool{
		"2026-03-02T08:00:00Z": true, "2026-03-02T07:59:59Z": false, "2026-03-02T11:00:00Z": false, "2026-03-02T12:00:00Z": true,
		"2026-03-02T16:29:59Z": true, "2026-03-02T16:30:00Z": false, "2026-03-03T09:00:00Z": false,
		"2026-03-07T22:59:00Z": true, "2026-03-07T23:00:00Z": false,
		"2026-03-30T07:00:00Z": true, // summer time: 09:00 in Berlin
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if h.Open(when) != open {
			t.Errorf("%s: open %v", at, !open)
		}
	}
	if !(Hours{}).Open(time.Now()) {
		t.Error("no hours are always open")
	}
	for _, bad := range []Hours{{Zone: "Mars/Base"}, {Week: map[string]string{"monday": "09:00-10:00"}},
		{Week: map[string]string{"mon": "9-10"}}, {Week: map[string]string{"mon": "17:00-09:00"}}, {Week: map[string]string{"mon": "09:00-24:01"}},
		{Week: map[string]string{"mon": "09:00-09:99"}}} {
		if bad.Check() == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	b := Brand{Languages: []string{"de"}, Signature: map[string]string{"de": "Grüße\n", "fr": "Salutations"}}
	if b.SignatureIn("fr") != "Salutations" || b.SignatureIn("en") != "Grüße" || (Brand{}).SignatureIn("en") != "" {
		t.Error(b.SignatureIn("fr"), b.SignatureIn("en"))
	}
}
