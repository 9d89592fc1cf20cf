package email

import "testing"

func TestWhatNothingMayAnswer(t *testing.T) {
	t.Parallel()
	const mail = "From: Jane <jane@customer.example>\nTo: support@acme.example\nSubject: It leaks\nMessage-ID: <1@customer.example>\n"
	trust := Config{Authentication: Authentication{Trust: []string{"mx.acme.example"}}}
	for name, c := range map[string]struct {
		conf  Config
		head  string
		fresh bool // something may
	}{
		"a person's":                   {Config{}, mail, true},
		"by a mailing list":            {Config{}, mail + "List-Id: <coffee.example>\nList-Post: <mailto:coffee@list.example>\n", false},
		"precedence":                   {Config{}, mail + "Precedence: list\n", false},
		"asks for none":                {Config{}, mail + "X-Auto-Response-Suppress: OOF, AutoReply\n", false},
		"through a loop guard":         {Config{}, mail + "X-Loop: support@acme.example\n", false},
		"null sender":                  {Config{}, "Return-Path: <>\nX-Forwarded-To: support@acme.example\n" + mail, false},
		"nobody reads it":              {Config{}, "From: no-reply@customer.example\nTo: support@acme.example\nSubject: It leaks\n", false},
		"answers go to nobody":         {Config{}, mail + "Reply-To: noreply@customer.example\n", false},
		"an address of ours":           {Config{}, "From: " + ourAddr + "\nTo: support@acme.example\nSubject: It leaks\n", false},
		"passed":                       {trust, "Authentication-Results: mx.acme.example; spf=pass\n" + mail, true},
		"failed":                       {trust, "Authentication-Results: mx.acme.example; dmarc=fail\n" + mail, false},
		"neither":                      {trust, "Authentication-Results: mx.acme.example; spf=softfail; dkim=none\n" + mail, false},
		"nothing is said":              {trust, mail, true},
		"somebody else says it failed": {trust, "Authentication-Results: mx.evil.example; dmarc=fail\n" + mail, true},
	} {
		in := mapped(t, c.conf, c.head+"\nIt leaks.\n")
		may := in.NoAuto == "" && in.Doubt == "" && !in.Auto
		if may != c.fresh {
			t.Errorf("%s: %q, doubt %q, a machine's %v", name, in.NoAuto, in.Doubt, in.Auto)
		}
	}
}
