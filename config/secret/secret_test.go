package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	const plain = "hunter2"
	type box struct {
		Pass   String
		hidden String
		Ptr    *String
	}
	s := New(plain)
	b := box{s, s, &s}
	var log bytes.Buffer
	l := slog.New(slog.NewJSONHandler(&log, nil))
	l.Info("x", "s", s, "b", b, "p", &b)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "b", b, "p", &b)
	j, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(j) + string(y) + fmt.Sprint(s, b, &b, []String{s}) +
		fmt.Sprintf("%v %+v %#v %s %q %x %d", s, b, b, s, s, s, s)
	for _, bad := range []string{plain, fmt.Sprintf("%x", plain)} {
		if strings.Contains(all, bad) {
			t.Errorf("the secret is seen in %s", all)
		}
	}
	if !strings.Contains(string(j), hidden) {
		t.Errorf("JSON does not say that there is a secret: %s", j)
	}
	if s.Reveal() != plain || !s.Equal(plain) || s.Equal("x") || (String{}).Equal("") || b.hidden.IsZero() {
		t.Error("the secret is not what it was made of")
	}
}

func TestSecretsFromYAML(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A_SECRET", "from env")
	for _, c := range []struct{ in, want, fault string }{
		{"p: plain", "plain", ""},
		{"p: 12345", "12345", ""},
		{"p:", "", ""},
		{"p: {file: " + file + "}", "from file", ""},
		{"p: {env: A_SECRET}", "from env", ""},
		{"p: {env: NO_SUCH_SECRET}", "", "not set"},
		{"p: {file: /no/such/file}", "", "no such file"},
		{"p: {vault: x}", "", "file or env"},
		{"p: [a]", "", "a secret is a text"},
	} {
		var got struct{ P String }
		err := yaml.Unmarshal([]byte(c.in), &got)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: error %v, want one with %q", c.in, err, c.fault)
			}
		} else if err != nil || got.P.Reveal() != c.want {
			t.Errorf("%s: %q, %v; want %q", c.in, got.P.Reveal(), err, c.want)
		}
	}
}
