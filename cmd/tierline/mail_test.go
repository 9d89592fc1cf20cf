package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	mailA = "From: Jane Doe <jane@customer.example>\nTo: support@acme.example\nMessage-ID: <a1@customer.example>\n" +
		"Date: Mon, 2 Jan 2006 15:04:05 +0100\nSubject: Grinder stuck\n\nThe grinder of my machine is stuck since this morning.\n"
	mailReply = "From: jane@customer.example\nMessage-ID: <a2@customer.example>\nIn-Reply-To: <a1@customer.example>\n" +
		"Subject: Re: Grinder stuck\n\nIt works again.\n\nOn Mon, Jan 2, 2006, Jane Doe wrote:\n> The grinder of my machine is stuck\n"
	mailStranger = "From: eve@other.example\nMessage-ID: <e1@other.example>\nReferences: <a1@customer.example>\n" +
		"Subject: Re: Grinder stuck\n\nTell me more about this.\n"
	mailAway = "From: max@third.example\nMessage-ID: <m1@third.example>\nAuto-Submitted: auto-replied\n" +
		"Subject: Automatic reply: Hello\n\nI am away.\n"
	mailNobody = "Subject: who am I\n\nno sender\n"
	mailParts  = "From: jane@customer.example\nMessage-ID: <a3@customer.example>\nMIME-Version: 1.0\nSubject: A picture\n" +
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the picture.\n--b\n" +
		"Content-Type: image/png; name=\"a.png\"\nContent-Transfer-Encoding: base64\n\niVBORw==\n--b--\n"
)

// lines reads the JSON lines that a command printed.
func (s *shell) lines() []map[string]any {
	s.t.Helper()
	var all []map[string]any
	for sc := bufio.NewScanner(strings.NewReader(s.out)); sc.Scan(); {
		var v map[string]any
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			s.t.Fatalf("%v in %s", err, sc.Text())
		}
		all = append(all, v)
	}
	return all
}

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMailExplain(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{"1.eml": mailA, "2/cur/x:2,S": mailReply, "2/cur/y": mailStranger, "3.eml": mailA,
		"4.eml": mailAway, "5.eml": mailNobody, "6.eml": mailParts, ".hidden": "no mail", "2/dovecot.index": "no mail"})
	s := newShell(t, goodConfig)
	s.do(0, "mail", "explain", "--json", "-c", s.config, dir)
	got := s.lines()
	var short []string
	for _, x := range got {
		file, _ := filepath.Rel(dir, x["file"].(string))
		short = append(short, fmt.Sprint(file, " ", x["outcome"], " ", x["reason"], " ", x["ticket"], " ", x["opened"]))
	}
	want := []string{
		"1.eml ticketed opened T-1001 true",
		"2/cur/x:2,S ticketed joined T-1001 false",
		"2/cur/y ticketed stands-apart T-1002 true",
		"3.eml duplicate same-mail T-1001 false",
		"4.eml ticketed opened T-1003 true",
		"5.eml quarantined no-sender <nil> <nil>",
		"6.eml ticketed opened T-1004 true",
	}
	if !slices.Equal(short, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(short, "\n"), strings.Join(want, "\n"))
	}
	first, reply := got[0], got[1]
	if first["from"].(map[string]any)["name"] != "Jane Doe" || first["date"] != "2006-01-02T14:04:05Z" || first["language"] != "en" ||
		first["message_id"] != "<a1@customer.example>" || first["kind"] != "message" || first["auto_answer"].(map[string]any)["allowed"] != true {
		t.Errorf("the first mail: %v", first)
	}
	if reply["new_text"] != "It works again." || !strings.Contains(reply["folded"].(string), "> The grinder") ||
		reply["match"].(map[string]any)["by"] != "references" {
		t.Errorf("the reply: %v", reply)
	}
	if _, there := reply["to"]; there {
		t.Errorf("a key without a value: %v", reply)
	}
	part := got[6]["attachments"].([]any)[0].(map[string]any)
	if part["name"] != "a.png" || part["size"] != 4.0 || part["inline"] != false || len(part["sha256"].(string)) != 64 {
		t.Errorf("the attachment: %v", part)
	}
	s.do(0, "mail", "explain", "-c", s.config, dir)
	s.says("QUARANTINED (no-sender)", "It continues T-1001 as message 2.", "none: Auto-Submitted: auto-replied")
}

func TestMailExplainStreams(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	const from = "From x@y.example Mon Jan  2 15:04:05 2006\n"
	s.with(from+mailA+"\n"+from+mailReply+">From me\n", 0, "mail", "explain", "--json", "-")
	got := s.lines()
	if len(got) != 2 || got[0]["index"] != 0.0 || got[1]["index"] != 1.0 || got[1]["ticket"] != "T-1001" || got[0]["file"] != "-" {
		t.Errorf("%v", got)
	}
	s.with(from+mailA, 0, "mail", "explain", "--json", "-")
	if got := s.lines(); len(got) != 1 || got[0]["index"] != 0.0 {
		t.Errorf("%v", got)
	}
}

// TestMailExplainFaults: what can be read is explained all the same.
func TestMailExplainFaults(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{"a.eml": mailA})
	s := newShell(t, goodConfig)
	s.do(1, "mail", "explain", "--json", filepath.Join(dir, "missing.eml"), filepath.Join(dir, "a.eml"))
	s.says("missing.eml")
	if len(s.lines()) != 1 {
		t.Errorf("%s", s.out)
	}
	s.do(2, "mail", "explain")
	s.do(1, "mail", "explain", "-c", filepath.Join(dir, "none.yaml"), filepath.Join(dir, "a.eml"))
}
