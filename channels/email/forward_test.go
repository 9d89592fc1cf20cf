package email

import (
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/ticket"
)

var anna = ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna Schmidt"}

func staffOf(address string) (ticket.Actor, bool) {
	switch strings.ToLower(address) {
	case "anna@acme.example":
		return anna, true
	case "ben@acme.example":
		return ticket.Actor{Kind: ticket.ByAgent, ID: "ben", Name: "Ben Okafor"}, true
	}
	return ticket.Actor{}, false
}

// mapped is the contact that a mail makes where staff is known.
func mapped(t *testing.T, c Config, raw string) ticket.Inbound {
	t.Helper()
	w := channeltest.NewWorld()
	d := deps(w)
	d.Staff = staffOf
	c.Sending.From = map[string]From{inbox: {Address: ourAddr}}
	p := newMapper(c, d.withDefaults())
	it, err := p.prepare(t.Context(), []byte(strings.ReplaceAll(raw, "\n", "\r\n")), origin{inbox: inbox, recipient: ourAddr})
	if err != nil || it.bad != nil {
		t.Fatalf("%v, %+v", err, it.bad)
	}
	return it.in
}

const byAnna = "From: Anna Schmidt <anna@acme.example>\nTo: support@acme.example\nDate: Tue, 3 Mar 2026 08:00:00 +0000\nMessage-ID: <f1@acme.example>\n"

func TestForwardedByStaff(t *testing.T) {
	t.Parallel()
	const body = "Hello,\n\nit leaks again. Serial BW1-000001.\n\nJane"
	for _, c := range []struct {
		name, subject, text string
		from, note, want    string
		title               string
	}{
		{"Gmail", "Fwd: It leaks", "Can you take this?\n\n---------- Forwarded message ---------\nFrom: Jane Doe <jane@customer.example>\nDate: Mon, Mar 2, 2026 at 9:30 AM\nSubject: It leaks\nTo: <anna@acme.example>\n\n\n" + body,
			"jane@customer.example", "Can you take this?", "it leaks again", "It leaks"},
		{"Outlook", "FW: It leaks", "Please look.\n\nFrom: Jane Doe <jane@customer.example>\nSent: Monday, March 2, 2026 9:30 AM\nTo: Anna Schmidt <anna@acme.example>\nSubject: It leaks\n\n" + body,
			"jane@customer.example", "Please look.", "it leaks again", "It leaks"},
		{"Outlook, with a rule", "FW: It leaks", "________________________________\nFrom: Jane Doe <jane@customer.example>\nSent: Monday, March 2, 2026 9:30 AM\nTo: Anna Schmidt\nSubject: It leaks\n\n" + body,
			"jane@customer.example", "", "it leaks again", "It leaks"},
		{"Outlook, an old one", "FW: It leaks", "-----Original Message-----\nFrom: Jane Doe [mailto:jane@customer.example]\nSent: Monday, March 2, 2026 9:30 AM\nTo: Anna Schmidt\nSubject: It leaks\n\n" + body,
			"jane@customer.example", "", "it leaks again", "It leaks"},
		{"Outlook auf Deutsch", "WG: Es tropft", "Bitte übernehmen.\n\nVon: Jane Doe <jane@customer.example>\nGesendet: Montag, 2. März 2026 09:30\nAn: Anna Schmidt <anna@acme.example>\nBetreff: Es tropft\n\n" + body,
			"jane@customer.example", "Bitte übernehmen.", "it leaks again", "Es tropft"},
		{"Thunderbird auf Deutsch", "Fwd: Es tropft", "-------- Weitergeleitete Nachricht --------\nBetreff: \tEs tropft\nDatum: \tMon, 2 Mar 2026 09:30:00 +0100\nVon: \tJane Doe <jane@customer.example>\nAn: \tanna@acme.example\n\n\n" + body,
			"jane@customer.example", "", "it leaks again", "Es tropft"},
		{"Outlook en français", "TR: Fuite", "De : Jane Doe <jane@customer.example>\nEnvoyé : lundi 2 mars 2026 09:30\nÀ : Anna Schmidt <anna@acme.example>\nObjet : Fuite\n\n" + body,
			"jane@customer.example", "", "it leaks again", "Fuite"},
		{"Thunderbird en français", "Fwd: Fuite", "-------- Message transféré --------\nSujet : \tFuite\nDate : \tMon, 2 Mar 2026 09:30:00 +0100\nDe : \tJane Doe <jane@customer.example>\nPour : \tanna@acme.example\n\n" + body,
			"jane@customer.example", "", "it leaks again", "Fuite"},
		{"Outlook en español", "RV: Gotea", "De: Jane Doe <jane@customer.example>\nEnviado el: lunes, 2 de marzo de 2026 9:30\nPara: Anna Schmidt <anna@acme.example>\nAsunto: Gotea\n\n" + body,
			"jane@customer.example", "", "it leaks again", "Gotea"},
		{"in italiano", "I: Perde", "Da: Jane Doe <jane@customer.example>\nInviato: lunedì 2 marzo 2026 09:30\nA: Anna Schmidt <anna@acme.example>\nOggetto: Perde\n\n" + body,
			"jane@customer.example", "", "it leaks again", "Perde"},
		{"in het Nederlands", "FW: Lek", "Van: Jane Doe <jane@customer.example>\nVerzonden: maandag 2 maart 2026 09:30\nAan: Anna Schmidt <anna@acme.example>\nOnderwerp: Lek\n\n" + body,
			"jane@customer.example", "", "it leaks again", "Lek"},
		{"Apple Mail", "Fwd: It leaks", "See below\n\nBegin forwarded message:\n\n> From: Jane Doe <jane@customer.example>\n> Subject: It leaks\n> Date: 2 March 2026 at 09:30:00 CET\n> To: anna@acme.example\n> \n> " + strings.ReplaceAll(body, "\n", "\n> "),
			"jane@customer.example", "See below", "it leaks again", "It leaks"},
		{"without a subject that says so", "A customer", "---------- Forwarded message ---------\nFrom: Jane Doe <jane@customer.example>\nDate: Mon, Mar 2, 2026 at 9:30 AM\nSubject: It leaks\nTo: <anna@acme.example>\n\n" + body,
			"jane@customer.example", "", "it leaks again", "It leaks"},
		{"through a colleague", "FW: It leaks", "Anna's\n\nFrom: Ben Okafor <ben@acme.example>\nSent: Monday, March 2, 2026 11:30 AM\nTo: Anna Schmidt <anna@acme.example>\nSubject: FW: It leaks\n\nBen's\n\nFrom: Jane Doe <jane@customer.example>\nSent: Monday, March 2, 2026 9:30 AM\nTo: Ben Okafor <ben@acme.example>\nSubject: It leaks\n\n" + body,
			"jane@customer.example", "Anna's\n\nBen's", "it leaks again", "It leaks"},
		{"an answer of the agent", "Re: It leaks", "I think it is the seal.\n\nFrom: Jane Doe <jane@customer.example>\nSent: Monday, March 2, 2026 9:30 AM\nTo: Anna Schmidt <anna@acme.example>\nSubject: It leaks\n\n" + body,
			"anna@acme.example", "", "I think it is the seal.", "Re: It leaks"},
		{"something of the agent's own", "Printer", "The printer is out of paper.", "anna@acme.example", "", "The printer is out of paper.", "Printer"},
	} {
		in := mapped(t, Config{}, byAnna+"Subject: "+c.subject+"\nContent-Type: text/plain; charset=utf-8\n\n"+c.text+"\n")
		note := ""
		if in.Forwarded != nil {
			note = in.Forwarded.Note
		}
		if in.From.Value != c.from || note != c.note || !strings.Contains(in.Text, c.want) || in.Subject != c.title {
			t.Errorf("%s: from %s, subject %q, note %q, text %q", c.name, in.From.Value, in.Subject, note, in.Text)
		}
		if forwarded := c.from != "anna@acme.example"; forwarded != (in.Forwarded != nil) || forwarded && (in.Forwarded.By != anna || in.NoAuto == "" || in.From.Name != "Jane Doe") {
			t.Errorf("%s: %+v, %q", c.name, in.Forwarded, in.NoAuto)
		}
		for _, part := range []string{"Forwarded message", "Gesendet", "Envoyé"} {
			if c.from != "anna@acme.example" && strings.Contains(in.Text, part) {
				t.Errorf("%s: the text is %q", c.name, in.Text)
			}
		}
		for _, i := range in.With {
			if strings.HasSuffix(i.Value, "@acme.example") {
				t.Errorf("%s: %s takes part", c.name, i.Value)
			}
		}
	}
}

func TestForwardedInHTML(t *testing.T) {
	t.Parallel()
	in := mapped(t, Config{}, byAnna+"Subject: Fwd: It leaks\nContent-Type: text/html; charset=utf-8\n\n"+
		`<div dir="ltr">Please<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>From: <strong dir="auto">Jane Doe</strong> `+
		`<span dir="auto">&lt;<a href="mailto:jane@customer.example">jane@customer.example</a>&gt;</span><br>Date: Mon, Mar 2, 2026 at 9:30 AM<br>Subject: It leaks<br>To:  &lt;anna@acme.example&gt;<br></div><br><br><div>It leaks again.</div></div></div>`)
	if in.From.Value != "jane@customer.example" || in.Forwarded == nil || in.Forwarded.Note != "Please" || in.Text != "It leaks again." {
		t.Errorf("%+v; %+v", in.From, in)
	}
	in = mapped(t, Config{}, byAnna+"Subject: WG: Es tropft\nContent-Type: text/html; charset=utf-8\n\n"+
		`<html><body><div>Bitte</div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>Von:</b> Jane Doe &lt;jane@customer.example&gt;<br><b>Gesendet:</b> Montag, 2. M&auml;rz 2026 09:30<br><b>An:</b> Anna Schmidt &lt;anna@acme.example&gt;<br><b>Betreff:</b> Es tropft</p></div><p>Es tropft wieder.</p></body></html>`)
	if in.From.Value != "jane@customer.example" || in.Forwarded == nil || in.Forwarded.Note != "Bitte" || in.Text != "Es tropft wieder." {
		t.Errorf("%+v; %+v", in.From, in)
	}
	in = mapped(t, Config{}, byAnna+"Subject: Fwd: It leaks\nContent-Type: text/html; charset=utf-8\n\n"+
		`<html><body><p>Please</p><div class="moz-forward-container"><br>-------- Forwarded Message --------<table class="moz-email-headers-table"><tbody><tr><th>Subject: </th><td>It leaks</td></tr><tr><th>Date: </th><td>Mon, 2 Mar 2026 09:30:00 +0100</td></tr><tr><th>From: </th><td>Jane Doe <a href="mailto:jane@customer.example">&lt;jane@customer.example&gt;</a></td></tr><tr><th>To: </th><td>anna@acme.example</td></tr></tbody></table><br><p>It leaks again.</p></div></body></html>`)
	if in.From.Value != "jane@customer.example" || in.Forwarded == nil || in.Forwarded.Note != "Please" || in.Text != "It leaks again." {
		t.Errorf("%+v; %+v", in.From, in)
	}
}

func attachment(text string) string {
	return "Subject: Fwd: whatever\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nPlease look.\n--b\nContent-Type: message/rfc822\n\n" +
		text + "\n--b\nContent-Type: text/csv; name=list.csv\n\na;b\n--b--\n"
}

const byJane = "From: Jane Doe <jane@customer.example>\nReply-To: office@customer.example, anna@acme.example\nTo: anna@acme.example\nCc: Bob <bob@customer.example>, support@acme.example\n" +
	"Subject: It leaks\nDate: Mon, 2 Mar 2026 09:30:00 +0000\nMessage-ID: <jane-1@customer.example>\nReferences: <jane-0@customer.example>\n"

func TestForwardedWhole(t *testing.T) {
	t.Parallel()
	in := mapped(t, Config{}, byAnna+attachment(byJane+"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nIt leaks again.\n--c\nContent-Type: image/png; name=leak.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--c--"))
	if in.From.Value != "jane@customer.example" || in.Text != "It leaks again." || in.Forwarded == nil || in.Forwarded.Note != "Please look." || in.Subject != "It leaks" {
		t.Fatalf("%+v", in)
	}
	if !in.At.Equal(time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("its date: %s", in.At)
	}
	var keys, files, with, to []string
	for _, k := range in.Threads {
		keys = append(keys, k.By+" "+k.Key)
	}
	for _, a := range in.Attachments {
		files = append(files, a.Name)
	}
	for _, i := range in.With {
		with = append(with, i.Value)
	}
	for _, i := range in.ReplyTo {
		to = append(to, i.Value)
	}
	if got := strings.Join(keys, ", "); !strings.HasPrefix(got, "references <jane-0@customer.example>, references <jane-1@customer.example>, ") || !strings.Contains(got, "same-id <f1@acme.example>") {
		t.Errorf("keys: %s", got)
	}
	if got := strings.Join(files, " "); got != "leak.png list.csv" {
		t.Errorf("attachments: %s", got)
	}
	if strings.Join(with, " ") != "bob@customer.example" || strings.Join(to, " ") != "office@customer.example" {
		t.Errorf("with %v, answers to %v", with, to)
	}
	// A forward that is attached to a forward.
	in = mapped(t, Config{}, byAnna+attachment(strings.ReplaceAll(byAnna, "anna@", "ben@")+
		"Subject: FW: It leaks\n\nLook.\n\nFrom: Jane Doe <jane@customer.example>\nSent: Monday, March 2, 2026 9:30 AM\nTo: Ben <ben@acme.example>\nSubject: It leaks\n\nIt leaks again."))
	if in.From.Value != "jane@customer.example" || in.Text != "It leaks again." || in.Forwarded.Note != "Please look.\n\nLook." {
		t.Errorf("through a colleague: %+v; %+v", in.From, in.Forwarded)
	}
}

func TestForwardsThatAreTheForwardersOwn(t *testing.T) {
	t.Parallel()
	const text = "Subject: Fwd: It leaks\n\n---------- Forwarded message ---------\nFrom: Jane Doe <jane@customer.example>\nDate: Mon, Mar 2, 2026 at 9:30 AM\nSubject: It leaks\nTo: <anna@acme.example>\n\nIt leaks.\n"
	fails := "Authentication-Results: mx.acme.example; dmarc=fail header.from=acme.example\n"
	none := "Authentication-Results: mx.acme.example; dkim=none; spf=none\n"
	trust := Config{Authentication: Authentication{Trust: []string{"mx.acme.example"}}}
	for name, c := range map[string]struct {
		conf Config
		raw  string
		warn bool
	}{
		"of a customer":        {Config{}, strings.ReplaceAll(byAnna, "anna@acme.example", "anna@customer.example") + text, false},
		"switched off":         {Config{KeepForwards: true}, byAnna + text, false},
		"forged":               {trust, fails + byAnna + text, true},
		"nothing speaks for":   {trust, none + byAnna + text, false},
		"an automatic one":     {Config{}, "Auto-Submitted: auto-generated\n" + byAnna + text, false},
		"without an address":   {Config{}, byAnna + strings.ReplaceAll(text, " <jane@customer.example>", ""), true},
		"with a broken one":    {Config{}, byAnna + strings.ReplaceAll(text, "jane@customer.example", "jane@"), true},
		"of a mail of our own": {Config{}, byAnna + strings.ReplaceAll(text, "jane@customer.example", ourAddr), true},
	} {
		in := mapped(t, c.conf, c.raw)
		if in.Forwarded != nil || !strings.HasPrefix(in.From.Value, "anna@") {
			t.Errorf("%s: %+v", name, in)
		}
		if (len(in.Warnings) > 0) != c.warn {
			t.Errorf("%s: warnings %q", name, in.Warnings)
		}
	}
	if in := mapped(t, trust, strings.ReplaceAll(none, "spf=none", "spf=pass")+byAnna+text); in.Forwarded == nil {
		t.Errorf("spoken for: %+v", in)
	}
}
