package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tierline/channels/email"
	"tierline/store"
	"tierline/store/blobs"
	"tierline/ticket"
)

// What the console shows of a quarantined mail is what our reader makes of it.
func TestMailsForTheConsole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	files, err := blobs.Open(t.Context(), blobs.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	raw := "From: Eve <eve@e.example>\r\nTo: a@b.example\r\nCc: Cc <c@d.example>\r\nSubject: =?utf-8?q?B=C3=BCy?=\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n" +
		"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Now <img src=cid:p@x></p>\r\n" +
		"--x\r\nContent-Type: image/gif; name=p.gif\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAA==\r\n--x--\r\n"
	for i, text := range []string{raw, " \r\n"} {
		sum, size, err := files.Put(t.Context(), bytes.NewBufferString(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		err = st.Quarantine(t.Context(), ticket.Quarantined{Channel: "email", External: sum, Reason: "spam", Detail: "Marked.", Blob: sum, Size: size,
			Mail: &ticket.MailSeen{Source: "test", Place: strings.Repeat("i", i+1), Size: size, Raw: ticket.MailSource{Blob: sum}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	conf := email.Config{Mailboxes: []email.Mailbox{{Inbox: "support", Host: "imap.example"}}}
	d := consoleMails{email.NewDesk(conf, email.Deps{Blobs: files, Cursors: st}, nil, st), conf, st}
	m, err := d.Read(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(m.From, ";")+strings.Join(m.To, ";")+strings.Join(m.Cc, ";") != "Eve <eve@e.example>a@b.exampleCc <c@d.example>" || m.Subject != "Büy" ||
		!m.Date.Equal(time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)) || !strings.Contains(m.Text, "Now") || !strings.Contains(m.HTML, "cid:p@x") {
		t.Errorf("%+v", m)
	}
	if len(m.Files) != 1 || m.Files[0].ContentID != "p@x" || m.Files[0].Name != "p.gif" || !bytes.HasPrefix(m.Files[0].Data, []byte("GIF89a")) {
		t.Errorf("%+v", m.Files)
	}
	if _, err := d.Read(t.Context(), 2); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("what is no mail: %v", err)
	}
	if _, err := d.Read(t.Context(), 3); ticket.KindOf(err) != ticket.NotFound {
		t.Errorf("no mail: %v", err)
	}
	if list, err := d.Compared(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("never compared: %v %v", list, err)
	}
}
