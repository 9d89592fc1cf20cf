package email

import "testing"

func TestTrimHTML(t *testing.T) {
	for name, c := range map[string]struct{ html, want string }{
		"gmail":           {`<div>It works.</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, 3 Apr 2023 at 10:12, Jane wrote:<br></div><blockquote class="gmail_quote"><div>Did it?</div></blockquote></div>`, "It works."},
		"gmail, below":    {`<div class="gmail_quote"><div class="gmail_attr">On Mon, 3 Apr 2023 at 10:12, Jane wrote:<br></div><blockquote class="gmail_quote"><div>Did it?</div></blockquote><div>Yes.</div></div>`, "Yes."},
		"gmail, between":  {`<div class="gmail_quote"><div class="gmail_attr">On Mon, 3 Apr 2023 at 10:12, Jane wrote:<br></div><blockquote class="gmail_quote"><div>Which?</div></blockquote><div>Blue.</div><blockquote class="gmail_quote"><div>When?</div></blockquote><div>Monday.</div></div>`, "On Mon, 3 Apr 2023 at 10:12, Jane wrote:\n> Which?\nBlue.\n> When?\nMonday."},
		"gmail signature": {`<div>It works.</div><div>-- <br></div><div class="gmail_signature">Jane</div>`, "It works."},
		"indented":        {`<div>The manual says</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px">turn it off</blockquote>`, "The manual says\nturn it off"},
		"own quotation":   {`<p>The manual says:</p><blockquote>turn it off</blockquote><p>Is that so?</p>`, "The manual says:\n\nturn it off\n\nIs that so?"},
		"outlook":         {`<p>It works.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> Jane &lt;jane@shop.example&gt;<br><b>Sent:</b> Monday, April 3, 2023 10:12 AM<br><b>To:</b> Max<br><b>Subject:</b> Pump</p></div><p>Did it?</p>`, "It works."},
		"outlook web":     {`<div>It works.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> Jane<br><b>Gesendet:</b> Montag<br></div><div>Did it?</div>`, "It works."},
		"outlook forward": {`<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Jane &lt;jane@shop.example&gt;<br><b>Sent:</b> Monday, April 3, 2023<br><b>To:</b> Max<br><b>Subject:</b> Pump</div><div>It leaks.</div>`, "From: Jane <jane@shop.example>\nSent: Monday, April 3, 2023\nTo: Max\nSubject: Pump\nIt leaks."},
		"apple":           {`It works.<br><div><br><blockquote type="cite"><div>On 3. Apr 2023, at 10:12, Jane wrote:</div><div>Did it?</div></blockquote></div>`, "It works."},
		"thunderbird":     {`<p>It works.</p><div class="moz-cite-prefix">Am 03.04.23 um 10:12 schrieb Jane:<br></div><blockquote type="cite">Did it?</blockquote>`, "It works."},
		"hr and header":   {`<p>It works.</p><hr><b>From: </b>jane@shop.example<br><b>To: </b>max@shop.example<br><b>Sent: </b>Friday, July 22, 2011 6:20:01 PM<br><b>Subject: </b>Hello<p>Did it?</p>`, "It works."},
		"yahoo":           {`<div>It works.</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Monday, April 3, 2023, 10:12 AM, Jane &lt;jane@shop.example&gt; wrote:</div><div>Did it?</div></div>`, "It works."},
		"proton":          {`<div>It works.</div><div class="protonmail_quote">On Monday, April 3rd, 2023 at 10:12, Jane wrote:<br><blockquote class="protonmail_quote" type="cite">Did it?</blockquote><br></div>`, "It works."},
		"gmx":             {`<div>It works.</div><div name="quote"><div><b>Gesendet:</b> Montag</div>Did it?</div>`, "It works."},
		"zoho":            {`<div>It works.</div><div class="zmail_extra">---- On Mon, 03 Apr 2023 10:12:13 +0200 Jane wrote ----<blockquote>Did it?</blockquote></div>`, "It works."},
		"mail.ru":         {`<p>It works.</p>Понедельник, 3 апреля 2023, 10:12 +03:00 от Jane &lt;jane@shop.example&gt;:<br><blockquote style="border-left:1px solid #0857A6">Did it?</blockquote>`, "It works."},
		"yandex":          {`<p>It works.</p><p>03.04.2023, 10:12, "Jane" &lt;jane@shop.example&gt;:</p><blockquote>Did it?</blockquote>`, "It works."},
		"qq":              {`<div>It works.</div><div>------------------ 原始邮件 ------------------</div><div>发件人: "Jane"</div><div>Did it?</div>`, "It works."},
		"iphone":          {`It works.<br><br><div>Sent from my iPhone</div><div><br>On 3. Apr 2023, at 10:12, Jane &lt;jane@shop.example&gt; wrote:<br><br></div><blockquote type="cite"><div>Did it?</div></blockquote>`, "It works."},
		"border, Thai":    {`<p>It works.</p><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b><span>ผู้ส่ง:</span></b> Jane [mailto:jane@shop.example]<br><b>เวลา:</b> 3 เมษายน 2566<br><b>ถึง:</b> Max<br><b>เรื่อง:</b> x</p></div><p>Did it?</p>`, "It works."},
		"border, two":     {`<p>It works.</p><div style="padding-top: 5px; border-top-color: #e5e5e5; border-top-width: 1px; border-top-style: solid;"><div><b>From:</b>&nbsp;<a href="mailto:jane@shop.example">Jane</a></div><div><b>Sent:</b>&nbsp;Monday</div></div><p>Did it?</p>`, "It works."},
		"border, own":     {`<p>It works.</p><div style="border-top:1px solid red"><p>But the price:</p><p>Is it 3 or 4?</p></div>`, "It works.\n\nBut the price:\n\nIs it 3 or 4?"},
		"hr, own":         {`<p>It works.</p><hr><p>Another thing: can I pay by card?</p>`, "It works.\n\nAnother thing: can I pay by card?"},
		"hr, date":        {`<p>It works.</p><hr id="stopSpelling">Date: Mon, 3 Apr 2023 10:12:13 +0200<br>From: jane@shop.example<br>Did it?`, "It works."},
		"hotmail, gmail":  {`<div>It works.</div><div class="x_gmail_quote"><div>On Mon, 3 Apr 2023, Jane wrote:</div><blockquote class="x_gmail_quote">Did it?</blockquote></div>`, "It works."},
		"spark":           {`<div name="messageBodySection">It works.</div><div name="messageSignatureSection">Jane, ACME</div><div name="messageReplySection">On 3 Apr 2023, 10:12 +0200, Jane wrote:<blockquote>Did it?</blockquote></div>`, "It works."},
		"zimbra":          {`<div>It works.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>De: </b>Jane<br><b>Envoyé: </b>Lundi</div><div data-marker="__QUOTED_TEXT__">Did it?</div>`, "It works."},
		"notes":           {`It works.<br><br><font size=1 color=#5f5f5f face="sans-serif">Von: &nbsp; </font><font size=1 face="sans-serif">Jane &lt;jane@shop.example&gt;</font><br><font size=1 color=#5f5f5f face="sans-serif">An: &nbsp; </font><br><br>Did it?`, "It works."},
		"hotmail":         {`<div>It works.<br><hr id="stopSpelling">Jane said so.<br>Did it?</div>`, "It works."},
		"skiff":           {`<p>It works.</p><div class="skiff_quote">Jane said: Did it?</div>`, "It works."},
		"roundcube":       {`<p>It works.</p><p id="reply-intro">Am 03.04.2023 10:12, schrieb Jane:</p><blockquote type="cite"><div>Did it?</div></blockquote>`, "It works."},
		"airmail":         {`<div>It works.</div><p class="airmail_on">On 3 April 2023 at 10:12:13, Jane wrote:</p><blockquote type="cite" class="clean_bq">Did it?</blockquote>`, "It works."},
		"netease":         {`<div>It works.</div><blockquote id="isReplyContent" style="margin:0">At 2023-04-03 10:12:13, "Jane" wrote:<br>Did it?</blockquote>`, "It works."},
		"gmail forward":   {`<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Jane &lt;jane@shop.example&gt;<br>Date: Mon, Apr 3, 2023 at 10:12 AM<br>Subject: Pump<br>To: Max<br></div><br>It leaks.</div>`, "It leaks."},
	} {
		t.Run(name, func(t *testing.T) { trims(t, view{html: c.html}, c.want) })
	}
}

// TestTrimBoth has mails with a plain text and HTML: the HTML says where to cut, the plain text is shown.
func TestTrimBoth(t *testing.T) {
	const top = `<div>It <b>works</b>.</div><div>See <a href="https://shop.example/a">this</a></div>`
	for name, c := range map[string]struct{ text, html, want string }{
		"outlook":       {"It works.\nSee this<https://shop.example/a>\n\nJane schreibt\nDid it?\n", top + `<div id="appendonsend"></div><div>Jane schreibt</div><div>Did it?</div>`, "It works.\nSee this<https://shop.example/a>"},
		"signature":     {"It *works*.\nSee this <https://shop.example/a>\n\nJane Doe\nACME\n", top + `<div class="gmail_signature">Jane Doe<br>ACME</div>`, "It *works*.\nSee this <https://shop.example/a>"},
		"gmx":           {"It works.\nSee this https://shop.example/a\n\nJane, on the 3rd\nDid it?\n", top + `<div name="quote">Jane, on the 3rd<div>Did it?</div></div>`, "It works.\nSee this https://shop.example/a"},
		"between":       {"> Which?\n\nBlue\n\n> When?\n\nMonday\n", `<blockquote type="cite">Which?</blockquote>Blue<blockquote type="cite">When?</blockquote>Monday`, "> Which?\n\nBlue\n\n> When?\n\nMonday"},
		"not the same":  {"Please read this mail with a program that shows HTML.", top + `<div name="quote">Did it?</div>`, "It works.\nSee this (https://shop.example/a)"},
		"more in HTML":  {"It works.\n\nDid it?", `<div>It works.</div><ul><li>in the morning</li><li>at night</li></ul><div class="gmail_quote">Did it?</div>`, "It works.\n- in the morning\n- at night"},
		"less in HTML":  {"It works.\n\nAnd a line of the list's own, which is only in this part of the mail.\n\nDid it?", `<div>It works.</div><div class="gmail_quote">Did it?</div>`, "It works."},
		"more in plain": {"It works.\nOne more thing.\nJane Doe wrote to all of you here today\nDid it?", `<div>It works.</div><div class="gmail_quote">Jane Doe wrote to all of you here today<br>Did it?</div>`, "It works.\nOne more thing."},
	} {
		t.Run(name, func(t *testing.T) { trims(t, view{text: c.text, html: c.html}, c.want) })
	}
}
