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
		this e-mail has been checked for|this e-mail has been scanned|this e-mail was checked|this e-mail was scanned|
		please consider the environment|please think of the environment|think before you print|save a tree|before printing, think|
		bitte denken sie an die umwelt|bitte prüfen sie, ob diese*|denken sie an die umwelt|
		pensez à l'environnement|avant d'imprimer|n'imprimez ce|afin de respecter l'environnement|antes de imprimir|
		piense en el medio ambiente|prima di stampare|rispetta l'ambiente|pensa all'ambiente|denk aan het milieu|
		denk aan het milieu voordat`)
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
	return newLexicon(`confidentiality|privacy notice|privacy statement|legal notice|legal note|legal disclaimer|email disclaimer|
		e-mail disclaimer|disclaimer|notice:|please note:|important:|important notice|caution:|warning:|privileged*|if you are not the|
		if you have received this|if you received this|any views|
		this email|this e-mail|this message|this communication|this transmission|this information|this content|this document|this electronic*|
		the email|the e-mail|the message|the communication|the transmission|the information|the content|the contents|the document|
		diese email|diese e-mail|dieses email|dieses e-mail|diese mail|diese nachricht|diese mitteilung|der inhalt dieser|der inhalt der|
		die in dieser|die information*|vertraulich*|wichtiger hinweis|rechtlicher hinweis|hinweis:|haftungsausschluss|sollten sie nicht|
		wenn sie nicht der|falls sie nicht|
		ce message|ce courriel|ce mail|ce courrier|cet email|cet e-mail|les informations contenues|l'information contenue|le contenu de|
		l'intégrité de ce|avis de confidentialité|avertissement|si vous n'êtes pas|si vous avez reçu|confidentialité|
		este mensaje|este correo|este email|este e-mail|esta comunicación|este documento|aviso de confidencialidad|aviso legal|
		la información contenida|la información incluida|el contenido de|si usted no es|si ha recibido|si no es usted|en cumplimiento|
		de conformidad con|confidencialidad*|
		questo messaggio|questa email|questa e-mail|questa comunicazione|questo documento|il presente messaggio|la presente comunicazione|
		la presente e-mail|la presente email|il contenuto di|le informazioni contenute|avviso di riservatezza|ai sensi del*|riservatezza*|
		qualora|se avete ricevuto|se ha ricevuto|
		dit bericht|dit e-mailbericht|deze email|deze e-mail|deze boodschap|de informatie|de inhoud van|aan dit bericht|indien u niet|
		als u niet de|vertrouwelijk*|
		esta mensagem|este e-mail e|as informações contidas|denne email|denne e-mail|denne e-post|denne mail|detta meddelande|
		detta e-post|ta wiadomość|niniejsza wiadomość|treść tej|tato zpráva|tento e-mail|это сообщение|это письмо|данное сообщение|
		настоящее сообщение`)
})

// noticeWords are how they speak. One of them in a mail's last paragraph is a word, two are a notice.
var noticeWords = sync.OnceValue(func() *lexicon {
	return newLexicon(`confidential*|privileged|proprietary|intended for|intended solely|intended only|intended recipient*|
		intended addressee*|solely for|unauthorised|unauthorized|in error|by mistake|disclos*|disseminat*|distribution|strictly prohibited|
		notify the sender|notify us|advise the sender|contact the sender|inform the sender|delete it|delete this|delete the|destroy*|
		legally binding|
		vertraulich*|empfänger*|irrtümlich*|unbefugt*|vernichten sie|informieren sie|weitergabe|nicht gestattet|löschen sie|absender*|
		rechtlich geschützt*|ausschließlich für|untersagt|
		confidentiel*|destinataire*|par erreur|détruire|diffusion|expéditeur*|usage exclusif|interdit*|divulg*|strictement|
		confidencial*|destinatari*|por error|por engano|prohibid*|eliminar*|notifíque*|notifique*|uso exclusivo|protección de datos|remitente*|
		privilegiad*|rgpd|lopd|
		riservat*|per errore|vietat*|distrugg*|mittente|gdpr|uso esclusivo|esclusivamente|
		vertrouwelijk*|geadresseerde*|bestemd*|abusievelijk|afzender*|verspreid*|ten onrechte|vernietig*|openbaar*|niet toegestaan|
		verwijder*|uitsluitend|
		fortrolig*|konfidentiell*|modtager*|mottagare*|fejlagtigt|poufn*|adresat*|důvěrn*|адресат*|конфиденциальн*|отправител*`)
})

// beginsNotice says whether a paragraph begins like a confidentiality note.
func beginsNotice(text string) bool {
	text = strings.TrimLeftFunc(text[:min(len(text), 200)], func(r rune) bool { return !isWordRune(r) })
	return noticeOpenings().begins(lower(text))
}

// noticeSays is how many words of such a note are in a paragraph, up to 2; none in a short one.
func noticeSays(lines []line) int {
	size := 0
	for _, l := range lines {
		size += len(l.text) + 1
	}
	if size < 80 {
		return 0
	}
	first := ""
	for _, l := range lines {
		two := false
		noticeWords().in(lower(l.text), func(p phrase) bool {
			if first == "" {
				first = p.text
			}
			two = p.text != first
			return !two
		})
		if two {
			return 2
		}
	}
	return min(len(first), 1)
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
	for _, p := range []string{"i.A. ", "i. A. ", "i.V. ", "i. V. ", "ppa. ", "p.p. "} {
		text = strings.TrimPrefix(text, p)
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
	if onlyNumber(low) {
		return true
	}
	return strings.Contains(low, "http://") || strings.Contains(low, "https://") || strings.Contains(low, "www.") ||
		international(low) || telephone(low)
}

// onlyNumber: "01 23 45 67 89".
func onlyNumber(low string) bool {
	figures := 0
	for _, r := range low {
		switch {
		case r >= '0' && r <= '9':
			figures++
		case !strings.ContainsRune(" ()/.-+\t", r):
			return false
		}
	}
	return figures >= 8 && figures <= 16
}

// company says whether a line tells of the sender's company what the law wants to be told, in mails of business.
func company(text string) bool { return companyWords().lists(lower(text)) != 0 }

var companyWords = sync.OnceValue(func() *lexicon {
	return newLexicon(`geschäftsführer*|geschäftsführung|amtsgericht|handelsregister|hrb|hra|registergericht|ust-id*|ust.-id*|uid-nr*|steuernummer|
		sitz der gesellschaft|vorstand|aufsichtsrat*|registered office|registered in england|company number|company no|vat no*|vat number|
		siret|siren|rcs|s.a.s*|capital social|capital de|tva intra*|cif|nif|registro mercantil|inscrita en|p.iva|p. iva|partita iva|c.f|
		capitale sociale|sede legale|rea|kvk|btw|iban|btw-nummer`)
})

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
