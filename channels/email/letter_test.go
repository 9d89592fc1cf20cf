package email

import (
	"strings"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/customer"
	"tierline/ticket"
)

func who(address string) customer.Identity {
	return customer.Identity{Kind: customer.Email, Value: address}
}

// asked is an answer to a mail of Jane's.
func asked(text string) ticket.Outbound {
	out := outbound()
	out.To, out.Cc = []customer.Identity{who(customer1)}, nil
	out.Previous = []ticket.Message{{Ticket: 1042, Seq: 1, Kind: ticket.Public, Direction: ticket.In, Channel: "email",
		From: customer.Identity{Kind: customer.Email, Value: customer1, Name: "Jane Doe"}, Text: text,
		External: "<first-mail@customer.example>~0123456789abcdef", At: channeltest.At.Add(-time.Hour)}}
	return out
}

func letterOf(t testing.TB, out ticket.Outbound) (raw []byte, m *Mail) {
	t.Helper()
	l, err := testSender(t, Config{Sending: sending("127.0.0.1", 25)}, channeltest.NewWorld()).compose(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = Parse(l.data); err != nil {
		t.Fatal(err)
	}
	return l.data, m
}

// What is quoted is what everybody has seen, and nothing else.
func TestWhoMayReadTheQuotation(t *testing.T) {
	t.Parallel()
	const secret = "Nobody else may read this."
	for name, c := range map[string]struct {
		change func(*ticket.Outbound)
		quoted bool
	}{
		"to its writer":         {func(*ticket.Outbound) {}, true},
		"to where they asked":   {func(o *ticket.Outbound) { o.Previous[0].ReplyTo = o.To; o.Previous[0].From = who("jd@home.example") }, true},
		"to somebody in copy":   {func(o *ticket.Outbound) { o.Cc = []customer.Identity{who("boss@x.example")}; o.Previous[0].With = o.Cc }, true},
		"to somebody new":       {func(o *ticket.Outbound) { o.Cc = []customer.Identity{who("boss@x.example")} }, false},
		"to somebody else":      {func(o *ticket.Outbound) { o.To = []customer.Identity{who("bob@x.example")} }, false},
		"a note":                {func(o *ticket.Outbound) { o.Previous[0].Kind = ticket.Note }, false},
		"a message of ours":     {func(o *ticket.Outbound) { o.Previous[0].Direction = ticket.Out }, false},
		"an automatic reply":    {func(o *ticket.Outbound) { o.Previous[0].Auto = true }, false},
		"an automatic answer":   {func(o *ticket.Outbound) { o.Message.Auto = true }, false},
		"a call":                {func(o *ticket.Outbound) { o.Previous[0].Channel = "phone" }, false},
		"passed on by staff":    {func(o *ticket.Outbound) { o.Previous[0].ForwardedBy = ticket.Actor{Kind: ticket.ByAgent, ID: "max"} }, false},
		"of another ticket now": {func(o *ticket.Outbound) { o.Previous[0].MovedTo = ticket.MessageID{Ticket: 7, Seq: 1} }, false},
		"no text":               {func(o *ticket.Outbound) { o.Previous[0].Text = "\n " }, false},
	} {
		out := asked(secret)
		c.change(&out)
		_, m := letterOf(t, out)
		plain := strings.Contains(m.Text, secret)
		if got := strings.Contains(m.HTML, secret); got != c.quoted || plain != c.quoted {
			t.Errorf("%s: quoted is %v\n%s", name, got, m.HTML)
		}
	}
}

func TestQuotationInTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"de":    "Am 2. März 2026 um 09:30 schrieb Jane Doe:",
		"fr-CA": "Le 2 mars 2026 à 09:30, Jane Doe a écrit\u00a0:",
		"en":    "On 2 March 2026 at 09:30, Jane Doe wrote:",
		"nl":    "On 2 March 2026 at 09:30, Jane Doe wrote:",
	} {
		out := asked("Frage <script>\n\n> älter")
		out.Ticket.Language, out.Brand.Hours.Zone = language, "Europe/Berlin"
		raw, m := letterOf(t, out)
		if !strings.Contains(m.HTML, want) || !strings.Contains(m.HTML, "Frage &lt;script&gt;<br>\n<br>\n&gt; älter</blockquote>") {
			t.Errorf("%s: %s", language, m.HTML)
		}
		whole := string(decodeQuoted(raw))
		if !strings.Contains(strings.ReplaceAll(whole, "\r\n", "\n"), "\n"+want+"\n> Frage <script>\n>\n> > älter\n") {
			t.Errorf("%s: %s", language, whole)
		}
	}
}

func TestLongQuotationsAreCut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"bytes": strings.Repeat("äöü wörter ", 2000), "lines": strings.Repeat("line\n", 5000)} {
		got := excerpt(text)
		if len(got) > maxQuote+20 || strings.Count(got, "\n") > maxQuoteLines || !strings.HasSuffix(got, "\n[…]") || strings.ContainsRune(got, '\ufffd') {
			t.Errorf("%s: %d bytes, %d lines", name, len(got), strings.Count(got, "\n"))
		}
	}
	if excerpt("short\r\ntext") != "short\ntext" {
		t.Error("a short text is changed")
	}
}

// format=flowed: what is written is read again as it was, and no line is long where it need not be.
func TestFlowedComesBackAsItWas(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("Bitte prüfen Sie das Ventil ", 12))
	for _, text := range []string{
		"Hello\n\nWorld", long, long + "\n\n" + long, " leading blank", "From here on it works", ">not a quote?",
		"> " + long, ">> twice quoted " + long, "- " + long + "\n- two", "```\n" + strings.Repeat("code ", 40) + ".\n```\nafter",
		"    " + strings.Repeat("indented ", 20) + ".", "| a | " + strings.Repeat("b ", 60) + "|", strings.Repeat("x", 300), "two  blanks and " + long,
		"a\n-- \nno signature", "日本語の長い文章です。" + strings.Repeat("あ", 200), "",
	} {
		var b strings.Builder
		flow(&b, text, 0)
		got := strings.TrimSuffix(unflow(b.String(), false), "\n")
		want := strings.ReplaceAll(strings.ReplaceAll(text, "-- \n", "--\n"), ">not", "> not")
		if got != want {
			t.Errorf("%q\ncame back as\n%q\nby\n%s", want, got, b.String())
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if n := len([]rune(line)); n > lineWidth+6 && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "code") &&
				!strings.Contains(line, "indented") && !strings.HasPrefix(line, "|") {
				t.Errorf("%d characters in %q", n, line)
			}
		}
	}
}

// Our own letters come back below replies: all of them is folded away, whatever program quotes it, and
// nothing that the customer writes is.
func TestOwnQuotationsAreFolded(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de", "fr"} {
		out := asked("Die Heizung wird nicht warm.\n\nWas soll ich tun?")
		out.Ticket.Language = language
		out.Message.Text = "Please press the **blue** button for ten seconds, and tell us what the lamp shows then: it may be green, red or off.\n\nMax"
		_, ours := letterOf(t, out)
		if strings.Contains(ours.New, "Heizung") || strings.Contains(ours.New, "T-1042") || !strings.Contains(ours.New, "blue") {
			t.Errorf("%s: of our own letter is new: %q", language, ours.New)
		}
		marked := "> " + strings.ReplaceAll(strings.TrimSpace(ours.Text), "\n", "\n> ")
		htm := ours.HTML[strings.Index(ours.HTML, "<div dir"):strings.Index(ours.HTML, "</body>")]
		for name, mail := range map[string]string{
			"plain":   "Content-Type: text/plain; charset=utf-8\r\n\r\nIt is green.\r\n\r\nOn Mon, 2 Mar 2026 at 09:30, Acme Support <support@acme.example> wrote:\r\n" + marked,
			"below":   "Content-Type: text/plain; charset=utf-8\r\n\r\nAm 02.03.26 um 09:30 schrieb Acme Support:\r\n" + marked + "\r\n\r\nIt is green.\r\n",
			"gmail":   "Content-Type: text/html; charset=utf-8\r\n\r\n<div dir=\"ltr\">It is green.</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon, Mar 2, 2026 at 9:30 AM Acme Support &lt;<a href=\"mailto:support@acme.example\">support@acme.example</a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\">" + htm + "</blockquote></div>",
			"outlook": "Content-Type: text/html; charset=utf-8\r\n\r\n<p>It is green.</p><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p><b>From:</b> Acme Support &lt;support@acme.example&gt;<br><b>Sent:</b> Monday, March 2, 2026 9:30 AM<br><b>To:</b> Jane<br><b>Subject:</b> Re: Heizung [T-1042]</p></div>" + htm,
			"apple":   "Content-Type: text/html; charset=utf-8\r\n\r\n<div>It is green.</div><div><br><blockquote type=\"cite\"><div>On 2. Mar 2026, at 09:30, Acme Support &lt;support@acme.example&gt; wrote:</div><br>" + htm + "</blockquote></div>",
		} {
			m, err := Parse([]byte("From: Jane <" + customer1 + ">\r\nSubject: Re: Heizung [T-1042]\r\nMessage-ID: <a1@customer.example>\r\nMIME-Version: 1.0\r\n" + mail))
			if err != nil {
				t.Fatal(err)
			}
			if m.New != "It is green." {
				t.Errorf("%s, %s: what is new is %q", language, name, m.New)
			}
			if !strings.Contains(m.Folded, "blue") && !strings.Contains(m.HTML, "blue") {
				t.Errorf("%s, %s: the rest is gone", language, name)
			}
		}
	}
}

func TestAutomaticAnswersSaySo(t *testing.T) {
	t.Parallel()
	for _, by := range []ticket.Message{{Auto: true, Author: ticket.Actor{Kind: ticket.ByAgent}}, {Author: ticket.Gateway}, {Author: ticket.Actor{Kind: ticket.ByRule}}} {
		out := asked("x")
		out.Message.Auto, out.Message.Author = by.Auto, by.Author
		_, m := letterOf(t, out)
		if m.head.get("Auto-Submitted") != "auto-replied" || m.head.get("X-Auto-Response-Suppress") != "All" || m.head.get("Precedence") != "" {
			t.Errorf("%+v: %v", by, m.head)
		}
	}
	if _, m := letterOf(t, asked("x")); m.head.get("Auto-Submitted") != "" {
		t.Error("what a person wrote is called automatic")
	}
}
