package email

import (
	"slices"
	"strconv"
	"strings"
)

// spamKind honours the filters on the way: SpamAssassin, rspamd, Barracuda, Exchange. A filter's yes
// counts whoever wrote it: such a mail waits in quarantine, where people see it, so that a stranger
// who marks it only harms themselves. A no counts for nothing, wherever it stands: spammers write one
// in front of ours.
func spamKind(m *Mail) (Verdict, bool) {
	for _, f := range m.head {
		if says, ok := spamFields[f.key]; ok && says(strings.ToLower(strings.TrimSpace(f.value))) {
			return found(KindSpam, false, spamNames[f.key], "spam")
		}
	}
	return Verdict{}, false
}

var spamFields = map[string]func(value string) bool{
	"x-spam-flag": saysYes, "x-spam-status": saysYes, "x-spam": saysYes, "x-spamd-bar-flag": saysYes,
	"x-barracuda-spam-flag": saysYes, "x-barracuda-spam-status": saysYes,
	"x-rspamd-action": func(v string) bool {
		return slices.Contains([]string{"reject", "add", "rewrite", "quarantine"}, word(firstWord(v)))
	},
	"x-spamd-result": func(v string) bool { return strings.HasPrefix(v, "default: true") },
	"x-ms-exchange-organization-scl": func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= 5 // MS-OXCSPAM §2.2.1.3: from 5 on it is probably spam
	},
	"x-forefront-antispam-report": func(v string) bool { return strings.Contains(v, "sfv:spm") },
}

var spamNames = map[string]string{
	"x-spam-flag": "X-Spam-Flag", "x-spam-status": "X-Spam-Status", "x-spam": "X-Spam", "x-spamd-bar-flag": "X-Spamd-Bar-Flag",
	"x-barracuda-spam-flag": "X-Barracuda-Spam-Flag", "x-barracuda-spam-status": "X-Barracuda-Spam-Status",
	"x-rspamd-action": "X-Rspamd-Action", "x-spamd-result": "X-Spamd-Result",
	"x-ms-exchange-organization-scl": "Exchange's spam confidence level", "x-forefront-antispam-report": "Exchange's spam confidence level",
}

func saysYes(v string) bool {
	v = strings.TrimRight(firstWord(v), ",;")
	return v == "yes" || v == "true"
}
