package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/channels/email"
	"tierline/config/secret"
	"tierline/store"
	"tierline/store/blobs"
)

const (
	mailA = "From: Jane Doe <jane@customer.example>\nTo: support@acme.example\nMessage-ID: <a1@customer.example>\n" +
		"Date: Mon, 2 Jan 2006 15:04:05 +0100\nSubject: Grinder stuck\n\nThe grinder of my machine is stuck since this morning.\n"
	mailReply = "From: jane@customer.example\nMessage-ID: <a2@customer.example>\nIn-Reply-To: <a1@customer.example>\n" +
		"Subject: Re: Grinder stuck\n\nIt works again.\n\nOn Mon, Jan 2, 2006 at 3:04 PM Jane Doe <jane@customer.example> wrote:\n> The grinder of my machine is stuck\n> since this morning.\n"
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
		"4.eml suppressed auto-reply <nil> <nil>",
		"5.eml quarantined no-sender <nil> <nil>",
		"6.eml ticketed opened T-1003 true",
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
	s.says("QUARANTINED (no-sender)", "It continues T-1001 as message 2.", "auto-answer  none: ")
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

// TestMailLedger takes mails in by the real listener, and looks at what the ledger says of them.
func TestMailLedger(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	takeIn(t, s, mailA, mailA, mailReply, mailNobody, "")
	s.do(0, "mail", "ledger", "-c", s.config, "--json")
	var short []string
	var nobody, empty string
	for _, x := range s.lines() {
		short = append(short, fmt.Sprint(x["outcome"], " ", x["reason"], " ", x["ticket"]))
		switch id := fmt.Sprintf("%.0f", x["id"]); x["reason"] {
		case "no-sender":
			nobody = id
		case "empty":
			empty = id
		}
	}
	want := []string{"quarantined empty <nil>", "quarantined no-sender <nil>", "ticketed joined T-1001", "duplicate same-mail T-1001", "ticketed opened T-1001"}
	if !slices.Equal(short, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(short, "\n"), strings.Join(want, "\n"))
	}
	s.do(0, "mail", "ledger", "-c", s.config, "--text", "re: GRINDER", "--ticket", "T-1001")
	s.says("ticketed", "joined", "jane@customer.example")
	if strings.Contains(s.out, "duplicate") {
		t.Errorf("more than was asked for:\n%s", s.out)
	}
	s.do(0, "mail", "source", "-c", s.config, "1", nobody)
	if strings.ReplaceAll(s.out, "\r", "") != mailA+mailNobody {
		t.Errorf("the sources came out as %q", s.out)
	}
	s.do(0, "mail", "release", "-c", s.config, nobody)
	s.says("is message 1 of T-1002")
	s.do(0, "ticket", "show", "-c", s.config, "T-1002")
	s.says("who am I", "no sender")
	s.do(0, "mail", "release", "-c", s.config, empty)
	s.do(1, "mail", "discard", "-c", s.config, nobody)
	s.says("is not in quarantine")
	s.do(0, "mail", "ledger", "-c", s.config, "--outcome", "quarantined", "--json")
	if s.out != "" {
		t.Errorf("still in quarantine: %s", s.out)
	}
	s.do(1, "mail", "source", "-c", s.config, "77")
	s.do(2, "mail", "ledger", "-c", s.config, "--outcome", "lost")
}

// takeIn brings mails into the store of the configuration as a listener does.
func takeIn(t *testing.T, s *shell, mails ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	st, err := store.Open(ctx, store.Config{Data: filepath.Join(filepath.Dir(s.config), "data"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b, err := blobs.Open(ctx, blobs.Config{Data: filepath.Join(filepath.Dir(s.config), "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	sources, err := email.NewSources(email.Config{Sending: email.Sending{Host: "127.0.0.1", TLS: email.NoTLS, Domain: "acme.example",
		Secret: secret.New("0123456789abcdef"), From: map[string]email.From{"support": {Address: "support@acme.example"}}}, Listeners: []email.Listener{{Protocol: email.SMTP, Listen: "127.0.0.1:0",
		Recipients: []email.Recipient{{Address: "support@acme.example", Inbox: "support"}}}}},
		email.Deps{Blobs: b, Cursors: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- sources[0].Run(ctx, st) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); sources[0].Ready() != nil && time.Now().Before(deadline); {
		<-tick.C
	}
	for _, m := range mails {
		from := "jane@customer.example"
		if m == mailNobody {
			from = ""
		}
		err := smtp.SendMail(sources[0].(interface{ Addr() string }).Addr(), nil, from, []string{"support@acme.example"}, []byte(m))
		if err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
