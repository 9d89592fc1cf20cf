package email

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tierline/internal/spent"
	"tierline/ticket"
)

// sane holds what is true of every mail, whatever was in it.
func sane(t *testing.T, raw []byte) {
	t.Helper()
	start := time.Now()
	m, err := Parse(raw)
	if d := time.Since(start); d > tooLong() {
		if d = spent.Least(func() { _, _ = Parse(raw) }); d > tooLong() {
			t.Fatalf("%d bytes take %v", len(raw), d)
		}
	}
	if err != nil {
		return
	}
	if !utf8.ValidString(m.Text + m.New + m.Folded + m.HTML + m.Subject) {
		t.Fatal("not UTF-8")
	}
	if strings.Contains(m.Text+m.New+m.Folded+m.HTML+m.Subject, "\x00") {
		t.Fatal("NUL")
	}
	if len(m.New) > ticket.MaxText || len(m.Folded) > ticket.MaxText || len(m.HTML) > ticket.MaxHTML {
		t.Fatal("too long")
	}
	if strings.ContainsAny(m.Subject+m.MessageID, "\r\n") {
		t.Fatal("a line end in a field")
	}
	for _, a := range m.Attachments {
		if strings.ContainsAny(a.Name, "/\\\r\n") || a.Name == ".." {
			t.Fatalf("the file name %q leads elsewhere", a.Name)
		}
	}
	for _, a := range append(append(m.From, m.ReplyTo...), m.Cc...) {
		if i, err := a.identity().Normal(); err != nil || i.Value != a.Address {
			t.Fatalf("the address %q is not normal: %v", a.Address, err)
		}
	}
	if len(m.Text) <= ticket.MaxText { // a longer one is attached whole
		nothingLost(t, "mail", m)
	}
}

// tooLong is what no mail may take; the race detector makes everything many times slower.
func tooLong() time.Duration {
	if underRace {
		return 20 * time.Second
	}
	return time.Second
}

func seeds(f *testing.F) [][]byte {
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	var all [][]byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func FuzzParse(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { sane(t, raw) })
}

func FuzzHeader(f *testing.F) {
	f.Add("Subject", "=?utf-8?q?a?= =?utf-8?b?w7w=?=")
	f.Add("Content-Type", `multipart/mixed; boundary*0="a"; boundary*1*=b%20; x="\"`)
	f.Add("Content-Disposition", `attachment; filename*0*=utf-8''a%2F; filename*1=..`)
	f.Add("Date", "Mon, 2 Mar 2026 10:30:00 +0100 (CET)")
	f.Add("References", "<a@b.example><c@d.example> e@f.example")
	f.Add("Thread-Index", "AQHaAAAAAAAAAAAAAAAAAAAAAAAAAA==")
	f.Fuzz(func(t *testing.T, key, value string) {
		sane(t, []byte("From: a@b.example\n"+key+": "+value+"\n\nbody"))
		_, _ = params(value)
	})
}

func FuzzAddresses(f *testing.F) {
	f.Add(`"Doe, Jane" <jane@x.example>, Friends: a@b.example;, (c) d@e.example`)
	f.Add(`<@a,@b:c@d.example>`)
	f.Fuzz(func(t *testing.T, s string) {
		for _, a := range addresses(s, "") {
			if !utf8.ValidString(a.Name) || len(a.Address) > 320 || strings.ContainsAny(a.Address, " <>\r\n") {
				t.Fatalf("%+v", a)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	for name, b := range map[string]string{"a": "Hi\n\nOn 1 May 2020, A <a@b.example> wrote:\n> x\ny\n-- \nme", "b": "From: a\nTo: b\nSubject: c\n"} {
		_ = name
		f.Add(b, false)
	}
	f.Add(`<p>a<blockquote type=cite>b<div class=gmail_signature>c</blockquote><ol><li>d</ol><pre>`, true)
	f.Fuzz(func(t *testing.T, s string, isHTML bool) {
		if !utf8.ValidString(s) {
			return
		}
		v := view{text: s}
		if isHTML {
			v = view{html: s}
		}
		m := &Mail{}
		start := time.Now()
		m.Text, m.New, m.Folded = v.read()
		if d := time.Since(start); d > tooLong() {
			if d = spent.Least(func() { _, _, _ = v.read() }); d > tooLong() {
				t.Fatalf("%d bytes take %v", len(s), d)
			}
		}
		inOrder(t, "text", m.Text, m.New, m.Folded)
		if strings.TrimSpace(m.Text) != "" && m.New == "" {
			t.Fatal("everything is folded")
		}
	})
}

// TestHostileMailsAreCheap reads mails that take other parsers seconds.
func TestHostileMailsAreCheap(t *testing.T) {
	head := "From: a@b.example\nMIME-Version: 1.0\n"
	nested := head
	for i := range 200 {
		b := "b" + itoa(i)
		nested += "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n"
	}
	big := func(s string, n int) string {
		if underRace {
			n /= 16 // the race detector makes everything that much slower
		}
		return strings.Repeat(s, n/len(s))
	}
	for name, mail := range map[string]string{
		"semicolons":     head + "Content-Type: text/plain" + big(";", 1<<20) + "\n\nx",
		"params":         head + "Content-Type: text/plain" + big("; a*0=b", 1<<20) + "\n\nx",
		"quotes":         head + "Content-Type: text/plain; x=" + big(`"\`, 1<<20) + "\n\nx",
		"nested":         nested + big("x\n", 1<<20),
		"unclosed":       head + "Content-Type: multipart/mixed; boundary=b\n\n" + big("--b\nContent-Type: multipart/mixed; boundary=b\n\n", 1<<16),
		"dashes":         head + "Content-Type: multipart/mixed; boundary=b\n\n" + big("--b--b", 1<<20),
		"almost":         head + "Content-Type: multipart/mixed; boundary=b\n\n" + big("--bx\n", 1<<20),
		"folding":        head + "Subject: x" + big("\n y", 1<<20) + "\n\nx",
		"words":          head + "Subject: " + big("=?utf-8?q?", 1<<16) + "\n\nx",
		"words 2":        head + "Subject: " + big("=?utf-8?q?a?= ", 1<<16) + "\n\nx",
		"brackets":       head + "To: " + big("<", 1<<16) + "\n\nx",
		"commas":         head + "To: " + big(",", 1<<16) + "\n\nx",
		"names":          head + "To: " + big("a,", 1<<16) + " <a@b.example>\n\nx",
		"parens":         head + "To: " + big("(a@", 1<<16) + "\n\nx",
		"addresses":      head + big("To: a@b.example, c@d.example\n", 1<<20) + "\n\nx",
		"references":     head + "References: " + big("<aaaaaaaaaaaaa@b.example>", 1<<16) + "\n\nx",
		"no colon":       head + big("no colon here\n", 1<<20),
		"one line":       head + "\n" + big("x", 1<<20),
		"attributions":   head + "\n" + big("On 1 May 2020 at 10:00, Jane <a@b.example> wrote:\n", 1<<20),
		"attribution-ly": head + "\n" + big("On 1 May 2020 at 10:00 a@b.example schrieb wrote\n", 1<<20),
		"attributions 2": head + "\n" + big("On 1 May 2020 at 10:00, Jane <a@b.example> said and\n", 1<<20),
		"attributions 3": head + "\n" + big(strings.Repeat("x. On 1 May ", 160)+"\n", 1<<20),
		"attributions 4": head + "\n" + big("1"+strings.Repeat("ON-", 600)+"\n", 1<<20),
		"attributions 5": head + "\n" + big("Jane Doe <a@b.example>\n\n", 1<<20),
		"headers":        head + "\nx\n" + big("From: a@b.example\nTo: b\n", 1<<20),
		"quoted":         head + "\nx\n" + big("> a\nb\n", 1<<20),
		"dashes 2":       head + "\nx\n" + big("-- \n", 1<<20),
		"devices":        head + "\nx\n" + big("Sent from my\n", 1<<20),
		"rules":          head + "\nx\n" + big("__________\n\n", 1<<20),
		"deep html":      head + "Content-Type: text/html\n\n" + big("<div class=gmail_quote>", 1<<20),
		"deep lists":     head + "Content-Type: text/html\n\n" + big("<ul><li>", 1<<20),
		"attributes":     head + "Content-Type: text/html\n\n<p " + big("a=b ", 1<<20) + ">",
		"links":          head + "Content-Type: text/html\n\n" + big("<a href=http://x>y</a>", 1<<20),
		"open links":     head + "Content-Type: text/html\n\n" + big("<a href=http://x>y", 1<<20),
		"comments":       head + "Content-Type: text/html\n\n" + big("<!--", 1<<20),
		"base64":         head + "Content-Transfer-Encoding: base64\n\n" + big("=A", 1<<20),
		"quoted-print":   head + "Content-Transfer-Encoding: quoted-printable\n\n" + big("=\n", 1<<20),
		"utf-7":          head + "Content-Type: text/plain; charset=utf-7\n\n" + big("+A-", 1<<20),
		"flowed":         head + "Content-Type: text/plain; format=flowed\n\n" + big("> x \n", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			sane(t, []byte(mail))
		})
	}
}
