package email

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

var footerOpenings = sync.OnceValue(func() *lexicon {
	return newLexicon(`you received this message because|you're receiving this message because|you are receiving this message because|
		you received this email because|you are receiving this email because|you're receiving this email because|
		to unsubscribe from this|reply to this email directly or view it on|reply to this email directly, view it on|to post to this group|
		virus-free.|this email has been checked for|this email has been scanned|this email was checked|this email was scanned|
		this e-mail has been checked for|this e-mail has been scanned|this e-mail was checked|this e-mail was scanned`)
})

// footerLine says whether a line is of those that mailing lists and virus scanners add.
func footerLine(text string) bool {
	if text = strings.TrimSpace(text); len(text) < 8 || len(text) >= 300 {
		return false
	}
	low := lower(text)
	if _, after, ok := strings.Cut(low, "mailing list"); ok && (after == "" || !isWordRune(rune(after[0])) && (strings.Contains(after, "http") || strings.Contains(after, "@"))) {
		return true
	}
	switch {
	case strings.Contains(low, "mailman/listinfo"), strings.Contains(low, "yahoo! groups links"), strings.Contains(low, "avast.com/"):
		return true
	case strings.HasPrefix(low, "unsubscribe"):
		return len(low) < 70
	case strings.HasPrefix(low, "diese e-mail wurde "), strings.HasPrefix(low, "diese email wurde "):
		return strings.Contains(low, "viren") || strings.Contains(low, "avast") || strings.Contains(low, "geprüft")
	case strings.HasPrefix(low, "ce courrier"), strings.HasPrefix(low, "cet e-mail"), strings.HasPrefix(low, "cet email"):
		return strings.Contains(low, "virus")
	}
	return footerOpenings().begins(low)
}

// noticeOpenings begin a confidentiality note.
var noticeOpenings = sync.OnceValue(func() *lexicon {
	return newLexicon(`confidentiality notice|confidentiality note|confidentiality statement|privacy notice|privacy statement|
		legal notice|legal note|disclaimer|avis de confidentialité|aviso de confidencialidad|aviso legal|vertraulichkeitshinweis*|
		this email|this e-mail|this message|this communication|this transmission|this information|this content|this document|
		the email|the e-mail|the message|the communication|the transmission|the information|the content|the contents|the document|
		diese email|diese e-mail|diese nachricht|diese mitteilung|der inhalt dieser|ce message|ce courriel|ce mail|cet email|
		cet e-mail|este mensaje|este correo|este email|este e-mail|esta mensagem|questo messaggio|questa email|questa e-mail|
		questa comunicazione|le informazioni contenute|dit bericht|deze email|deze e-mail|de informatie|denne email|denne e-mail|
		denne e-post|detta meddelande|ta wiadomość|это сообщение|это письмо|important:|important notice:|caution:|
		please consider the environment|bitte denken sie*|bitte prüfen sie*`)
})

// noticeWords are how they speak. One of them in a mail's last paragraph is a word, two are a notice.
var noticeWords = sync.OnceValue(func() *lexicon {
	return newLexicon(`confidential*|privileged|intended for|intended solely for|intended only for|intended recipient*|
		intended only recipient*|intended addressee*|unauthorised|unauthorized|received this in error|received this by mistake|
		received it in error|received it by mistake|received this e-mail in error|received this email in error|
		received this message in error|received this communication in error|received this transmission in error|
		received this e-mail by mistake|received this email by mistake|received this message by mistake|disclos*|
		notify the sender|advise the sender|delete it|delete this|delete the|vertraulich*|empfänger*|irrtümlich*|unbefugt*|
		vernichten sie|informieren sie|confidentiel*|destinataire*|par erreur|confidencial*|destinatari*|por error|por engano|
		riservat*|per errore|vertrouwelijk*|geadresseerde*|bestemd voor|abusievelijk|fortrolig*|konfidentiell*|poufne*|poufna*|
		poufny*|adresata|адресат*|конфиденциальн*`)
})

// beginsNotice says whether a paragraph begins like a confidentiality note.
func beginsNotice(text string) bool {
	text = strings.TrimLeftFunc(text[:min(len(text), 200)], func(r rune) bool { return !isWordRune(r) })
	return noticeOpenings().begins(lower(text))
}

// soundsLikeNotice says whether paragraphs speak like one.
func soundsLikeNotice(lines []line) bool {
	size, said := 0, map[string]bool{}
	for _, l := range lines {
		size += len(l.text) + 1
		noticeWords().in(lower(l.text), func(p phrase) bool {
			said[p.text] = true
			return len(said) < 2
		})
	}
	return len(said) >= 2 && size > 80
}

// farewells are whole lines, but for the words of greeting before.
var farewells = sync.OnceValue(func() map[string]bool {
	return words(`regards|best|best wishes|cheers|sincerely|yours sincerely|yours faithfully|yours truly|thanks|thanks and regards|
		thanks, best|thanks best|thank you|grüße|grüßen|grüsse|grüssen|mfg|lg|vg|gruß|gruss|cordialement|bien cordialement|salutations|
		bien à vous|saludos|saludo|un saludo|saludos cordiales|un cordial saludo|cordial saludo|atentamente|cordiali saluti|
		distinti saluti|saluti|groet|groeten|groetjes|mvh|hilsen|hälsning|hälsningar|pozdrawiam|z poważaniem|s pozdravem|
		üdvözlettel|с уважением|з повагою|atenciosamente|terveisin|saygılarımla`)
})

var greetingWords = sync.OnceValue(func() map[string]bool {
	return words(`kind|best|warm|many|with|mit|freundlichen|freundliche|freundlicher|besten|beste|vielen|viele|herzlichen|
		herzliche|herzlicher|lieben|liebe|lieber|meilleures|sincères|met|vriendelijke|hartelijke|med|vänlig|vänliga|vennlig|venlig`)
})

// isFarewell says whether a line is "Kind regards," in one of many languages.
func isFarewell(text string) bool {
	if len(text) > 60 {
		return false
	}
	low := strings.TrimRight(lower(strings.TrimSpace(text)), " ,.!")
	for range 4 {
		if farewells()[low] {
			return true
		}
		first, rest, _ := strings.Cut(low, " ")
		if !greetingWords()[first] {
			return false
		}
		low = rest
	}
	return false
}

// properName says whether a line is nothing but a name.
func properName(text string) bool {
	text = strings.TrimSuffix(strings.TrimSpace(text), ",")
	if text == "" || len(text) > 80 {
		return false
	}
	names := 0
	for w := range strings.SplitSeq(text, " ") {
		switch r, size := utf8.DecodeRuneInString(w); {
		case unicode.IsUpper(r):
			for _, r := range w[size:] {
				if !unicode.IsLetter(r) && !strings.ContainsRune("'’.-", r) {
					return false
				}
			}
			names++
		case names == 0 || !nameParticles[w]:
			return false
		}
	}
	return names > 0 && names <= 4
}

var nameParticles = set("von van de der den da di la le du dos del zu")

// reaches says whether a line tells how to reach somebody: an address, a site, a telephone.
func reaches(text string) bool {
	if i := strings.IndexByte(text, '@'); i > 0 && text[i-1] != ' ' {
		host, _, _ := strings.Cut(text[i+1:], " ")
		if dot := strings.LastIndexByte(host, '.'); dot > 0 && dot < len(host)-1 {
			return true
		}
	}
	if !strings.ContainsAny(text, "0123456789.:") {
		return false
	}
	low := strings.ToLower(text)
	return strings.Contains(low, "http://") || strings.Contains(low, "https://") || strings.Contains(low, "www.") ||
		international(low) || telephone(low)
}

// international: "+49 (0) 30 123-456".
func international(low string) bool {
	i := strings.IndexByte(low, '+')
	if i < 0 || i+1 == len(low) || low[i+1] < '0' || low[i+1] > '9' {
		return false
	}
	n := i + 2
	for n < len(low) && (low[n] >= '0' && low[n] <= '9' || strings.IndexByte(" ()/.-", low[n]) >= 0) {
		n++
	}
	return n-i-2 >= 6
}

var ways = set("tel fon phone mob fax mobil mobile handy t m f e mail e-mail skype direct")

// telephone: "Tel.: 030 123456".
func telephone(low string) bool {
	low = strings.TrimLeftFunc(low, func(r rune) bool { return !isWordRune(r) })
	n := strings.IndexFunc(low, func(r rune) bool { return !isWordRune(r) && r != '-' })
	if n < 0 {
		n = len(low)
	}
	if !ways[low[:n]] {
		return false
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(low[n:], "."), ":")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, " "), "+")
	return rest != "" && (rest[0] == '(' || rest[0] >= '0' && rest[0] <= '9')
}
