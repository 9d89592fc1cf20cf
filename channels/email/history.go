package email

import (
	"strings"
	"sync"
	"unicode"
)

// Keys of the header that mail programs put above what they quote, in the languages that customers
// write in, by what they name.
var headerKeys = keys(map[fieldKind]string{
	fieldFrom: `from|von|de|da|van|fra|från|expéditeur|remitente|mittente|afzender|od|nadawca|odesílatel|feladó|от|от кого|
		від|від кого|dari|gönderen|kimden|từ|người gửi|差出人|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람|lähettäjä|keneltä|
		remetente|expeditor|de la|από|מאת|sender|absender|
		من|از|nuo|no|saatja|pošiljatelj|pošiljalac|šalje|จาก|ผู้ส่ง|dari|pengirim|प्रेषक|от кого|испраќач|шаље|frá|person`,
	fieldDate: `date|sent|gesendet|datum|gesendet am|envoyé|envoyé le|fecha|enviado|enviado el|enviado em|enviada|enviada em|
		enviada el|data|inviato|data invio|verzonden|sendt|dato|skickat|lähetetty|päivämäärä|päiväys|wysłano|wysłane|odesláno|
		datum odeslání|küldve|elküldve|dátum|отправлено|дата|надіслано|tarih|gönderilen|gönderme tarihi|gönderildi|
		ngày|đã gửi|送信日時|日付|日時|发送时间|发送日期|日期|寄件日期|보낸 날짜|날짜|trimis|ημερομηνία|נשלח|תאריך|date d'envoi|
		message du|le|sent on|sent at|dnia|dne|تم الإرسال|التاريخ|تاريخ|تاریخ|ارسال|išsiųsta|data ir laikas|nosūtīts|datums|saadetud|kuupäev|
		poslano|poslato|изпратено|изпратено на|ส่งเมื่อ|วันที่|เวลา|dikirim|tanggal|tarikh|dihantar|दिनांक|sent time|sendt den|dags|enviat`,
	fieldTo: `to|an|à|a|para|aan|til|till|vastaanottaja|do|komu|címzett|кому|kime|alıcı|đến|tới|宛先|收件人|받는 사람|받는사람|
		destinataire|destinatario|destinatário|către|προς|אל|pour|per|naar|إلى|به|kam|adressaat|saaja|primatelj|primalac|prima|za|до|ถึง|ผู้รับ|kepada|प्रति|für|a la atención de`,
	fieldSubject: `subject|betreff|objet|sujet|asunto|oggetto|onderwerp|assunto|emne|ämne|aihe|temat|předmět|predmet|tárgy|
		тема|thema|konu|chủ đề|tiêu đề|件名|主题|主旨|主題|제목|subiect|naslov|наслов|θέμα|נושא|الموضوع|موضوع|tēma|temats|teema|zadeva|относно|เรื่อง|หัวข้อ|perihal|subjek|subyek|विषय|efni|assumpte|
		re|concerne|betrifft|riguarda`,
	fieldOther: `cc|kopie|copie|copie à|copia|cópia|ccn|bcc|kopi|kopia|kopio|dw|másolat|копия|копія|bilgi|抄送|副本|참조|
		reply-to|reply to|antwort an|répondre à|responder a|rispondi a|risposta|svar til|attachments|anlagen|pièces jointes|
		datos adjuntos|allegati|bijlagen|importance|wichtigkeit|priority|priorität|organization|message-id|mailed-by|
		vedhæftede filer|bilagor|вложения|time|uhrzeit`,
})

type fieldKind int

const (
	noField fieldKind = iota
	fieldFrom
	fieldDate
	fieldTo
	fieldSubject
	fieldOther
)

func keys(lists map[fieldKind]string) map[string]fieldKind {
	m := map[string]fieldKind{}
	for f, list := range lists {
		for _, k := range strings.Split(list, "|") {
			m[strings.TrimSpace(k)] = f
		}
	}
	return m
}

// headerField reads a line as a field of a header: "*From:* Jane", indented, with direction marks, with
// a blank before the colon.
func headerField(text string) (fieldKind, string) {
	if !hasColon(text) {
		return noField, ""
	}
	text = strings.TrimLeftFunc(text[:min(len(text), 300)], func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("*_•|", r) || unicode.Is(unicode.Cf, r)
	})
	i := strings.IndexAny(text[:min(len(text), 60)], ":：")
	if i <= 0 {
		return noField, ""
	}
	key := strings.TrimFunc(text[:i], func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("*_", r) || unicode.Is(unicode.Cf, r)
	})
	value := strings.TrimFunc(strings.TrimLeft(text[i:], ":："), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("*_", r) || unicode.Is(unicode.Cf, r)
	})
	if strings.HasPrefix(value, "//") {
		return noField, ""
	}
	return headerKeys[strings.ToLower(key)], value
}

// hasColon rules most lines out: none where the key of a field ends.
func hasColon(text string) bool {
	for i := range min(len(text), 300) {
		if text[i] == ':' || text[i] == 0xef && strings.HasPrefix(text[i:], "：") {
			return true
		}
	}
	return false
}

// headerBlock is how many lines at the start are the header of a mail, 0 for none. An appointment's
// date, time and place are no header, nor is a journey from here to there.
func headerBlock(lines []line) int {
	if f, _ := headerField(lines[0].text); f == noField || f == fieldOther {
		return 0
	}
	var found [fieldOther + 1]int
	address, dated, misses, end := false, false, 0, 0
	for i := 0; i < len(lines) && i < 24; i++ {
		text := lines[i].text
		if isBlank(text) {
			if n := next(lines, i); n < len(lines) && n-i < 3 && i < 12 {
				if f, v := headerField(lines[n].text); f != noField && found[f] == 0 && v != "" {
					continue
				}
			}
			break
		}
		f, value := headerField(text)
		if f == noField {
			if misses++; misses > 4 {
				break
			}
			continue
		}
		if f != fieldOther && found[f] > 0 {
			break
		}
		found[f]++
		if c := cluesOf(value); f == fieldFrom && c&hasAddr == 0 && (c&hasDate != 0 || c&hasMonth != 0 && c&(hasDay|hasYear) != 0) {
			return 0 // from the 3rd to the 5th of April
		}
		address = address || strings.Contains(value, "@") || f == fieldTo && i+1 < len(lines) && strings.Contains(lines[i+1].text, "@")
		if c := cluesOf(text); f == fieldDate && (c&(hasDate|hasYear) != 0 && c&(hasTime|hasMonth|hasZone) != 0 || c&hasDate != 0) {
			dated = true
		}
		end = i + 1
	}
	if !isHeader(found, address, dated) {
		return 0
	}
	for end < len(lines) && continues(lines[end-1].text, lines[end].text) {
		end++
	}
	return end
}

// isHeader decides by the fields that were found, whether one holds an address, and the date's is a date.
func isHeader(found [fieldOther + 1]int, address, dated bool) bool {
	kinds := 0
	for f := fieldFrom; f <= fieldSubject; f++ {
		kinds += min(found[f], 1)
	}
	from, date, to, subject := found[fieldFrom] > 0, found[fieldDate] > 0, found[fieldTo] > 0, found[fieldSubject] > 0
	switch {
	case kinds >= 3 && (from || dated && to) && (subject || address),
		from && date && address && dated,
		to && dated && address,
		from && subject && address && found[fieldOther] > 0:
		return true
	}
	return false
}

// continues says whether a line is the rest of the field above: indented, or more of its addresses.
func continues(above, text string) bool {
	if isBlank(text) {
		return false
	}
	if text[0] == ' ' || text[0] == '\t' {
		return above[0] != ' ' && above[0] != '\t' // not when all is indented
	}
	above = strings.TrimRight(above, " \t")
	if at := strings.IndexAny(text, ":："); at > 0 && at < 25 && strings.Contains(text[at:], "@") {
		return true // a field that is not known here: "Kopie (CC): …"
	}
	return strings.Contains(text, "@") && (strings.HasSuffix(above, ",") || strings.HasSuffix(above, ";") || strings.HasSuffix(above, "<"))
}

// originals and forwards are those words; a forward's text is what the sender wants to be read.
var originals = sync.OnceValue(func() map[string]bool {
	return words(`original message|original email|original e-mail|original mail|original appointment|reply message|
	ursprüngliche nachricht|ursprüngliche mail|originalnachricht|original-nachricht|original nachricht|antwort nachricht|
	originalmeldung|message d'origine|message d’origine|message original|message initial|mensaje original|mensaje de origen|
	messaggio originale|messaggio di origine|oorspronkelijk bericht|origineel bericht|originele bericht|mensagem original|
	opprinnelig melding|oprindelig meddelelse|oprindelig besked|original meddelelse|oprindelig mail|ursprungligt meddelande|
	originalmeddelande|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|původní zpráva|
	původní e-mail|pôvodná správa|eredeti üzenet|исходное сообщение|оригинальное сообщение|первоначальное сообщение|
	пересланное сообщение от|оригінальне повідомлення|початкове повідомлення|tin nhắn gốc|thư gốc|orijinal mesaj|
	özgün ileti|orijinal ileti|元のメッセージ|元メッセージ|original message from|原始邮件|原始郵件|原始信件|原邮件|원본 메시지|
	원본메일|mesaj original|izvorna poruka|originalna poruka|αρχικό μήνυμα|הודעה מקורית|message from|quoted text|quoted message`)
})

var forwards = sync.OnceValue(func() map[string]bool {
	return words(`forwarded message|begin forwarded message|start of forwarded message|weitergeleitete nachricht|
	anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|message transféré|message transfere|
	début du message transféré|début du message réexpédié|mensaje reenviado|inicio del mensaje reenviado|
	messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|doorgestuurd bericht|
	begin doorgestuurd bericht|mensagem encaminhada|início da mensagem reencaminhada|videresendt melding|
	videresendt besked|videresendt meddelelse|vidarebefordrat meddelande|vidarebefordrat brev|edelleenlähetetty viesti|
	välitetty viesti|wiadomość przekazana|przekazana wiadomość|přeposlaná zpráva|továbbított üzenet|
	пересланное сообщение|пересылаемое сообщение|перенаправленное сообщение|переслане повідомлення|tin nhắn được chuyển tiếp|
	thư đã chuyển tiếp|iletilen mesaj|yönlendirilen ileti|転送されたメッセージ|转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|
	전달된 메시지|전달된 메일|mesaj redirecționat|mesaj transmis|mesaj redirectionat|forwarded by|forwarded mail|forwarded email|
	proslijeđena poruka|prosleđena poruka|прослеђена порука|posredovano sporočilo|препратено съобщение|препратено писмо|edastatud kiri|
	edastatud sõnum|persiųstas laiškas|persiųsta žinutė|pārsūtīta vēstule|pārsūtīts ziņojums|προωθημένο μήνυμα|הודעה שהועברה|
	رسالة محولة|رسالة معاد توجيهها|ข้อความที่ส่งต่อ|pesan terusan|pesan yang diteruskan|mesej dimajukan|preposlaná správa|
	missatge reenviat|áframsent skeyti|vidarebefordrat e-postmeddelande|videresendt e-mail|weitergeleitete mail|weitergeleitete e-mail|
	courriel transféré|mail transféré|mail reenviado|correo reenviado|mail inoltrata|email inoltrata|doorgestuurde e-mail`)
})

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Split(list, "|") {
		m[strings.Join(strings.Fields(w), " ")] = true
	}
	return m
}

// separatorHeads are the first words of originals and forwards, which rule most lines out.
var separatorHeads = sync.OnceValue(func() map[string]bool {
	heads := map[string]bool{}
	for _, m := range []map[string]bool{originals(), forwards()} {
		for phrase := range m {
			first, _, _ := strings.Cut(phrase, " ")
			heads[first] = true
		}
	}
	return heads
})

// separator says whether a line is one of those words, framed by dashes, stars or nothing.
func separator(text string) (framed, original, forward bool) {
	if len(text) > 200 {
		return false, false, false
	}
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	inner := strings.Trim(text, "-–—*_=#~+>| \u00a0")
	framed = len(text)-len(inner) >= 4 && !strings.HasPrefix(text, ">")
	first, rest, more := strings.Cut(inner, " ")
	if !more {
		first = strings.TrimRight(first, ":：")
	}
	first = strings.ToLower(first)
	if !separatorHeads()[first] {
		return framed, false, false
	}
	inner = strings.ToLower(strings.Join(strings.Fields(first+" "+strings.TrimRight(rest, ":： ")), " "))
	if by, _, ok := strings.Cut(inner, " processed by "); ok {
		return true, originals()[by], false
	}
	return framed, originals()[inner], forwards()[inner]
}

// past is what was found where an earlier mail begins.
type past struct {
	lines   int  // its separator and header; 0 says that there is none
	forward bool // it was sent on, not answered
}

// history looks for the head of an earlier mail at line i.
func history(lines []line, i int) past {
	text := lines[i].text
	n := len(strings.TrimSpace(text))
	if n < 2 || len(text) > 1000 {
		return past{}
	}
	if asksAbove(text) {
		return past{lines: 1}
	}
	if f, _ := headerField(text); f != noField {
		above := i - 1
		for above >= 0 && above > i-4 && isBlank(lines[above].text) {
			above--
		}
		if above >= 0 && strings.HasSuffix(lines[above].text, ":") && !strings.Contains(lines[above].text, "wrote") {
			return past{} // "This is what I got:"
		}
		if n := headerBlock(lines[i:min(len(lines), i+30)]); n > 0 {
			return past{lines: n}
		}
		return past{lines: lineHeader(text)}
	}
	if n := looseHeader(lines[i:min(len(lines), i+30)]); n > 0 {
		return past{lines: n}
	}
	if original, forward := headedSeparator(text); original || forward {
		return past{1, forward}
	}
	framed, original, forward := separator(text)
	below := next(lines, i+1)
	header := 0
	if below < len(lines) && below-i < 5 && (original || forward || framed || isRule(text)) {
		header = anyHeader(lines[below:min(len(lines), below+30)])
	}
	switch {
	case header > 0:
		return past{below - i + header, forward}
	case framed && (original || forward):
		return past{1, forward}
	case forward && strings.HasSuffix(strings.TrimSpace(text), ":"):
		return past{1, true}
	case isRule(text) && below < len(lines) && below-i < 3: // a rule above "---- Original message ----"
		if p := (past{}); !isRule(lines[below].text) {
			if p = history(lines, below); p.lines > 0 {
				return past{below - i + p.lines, p.forward}
			}
		}
	}
	return past{}
}

var asks = sync.OnceValue(func() *lexicon {
	return newLexicon(`reply*|respond*|antwort*|schreiben*|répond*|respuesta*|responda*|risp*|antwoord*|typ*`,
		`above|oberhalb|über dieser|au-dessus|encima|sopra|boven`)
})

// asksAbove: "##- Please type your reply above this line -##", by which helpdesks part an answer from what
// they sent.
func asksAbove(text string) bool {
	if text = strings.TrimSpace(text); len(text) < 8 || len(text) >= 200 || strings.Trim(text[:2], "#-=_*") != "" {
		return false
	}
	return asks().lists(lower(text)) == 3
}

// isRule says whether a line is a rule: only dashes and the like.
func isRule(text string) bool {
	text = strings.TrimSpace(text)
	return len(text) >= 3 && strings.Trim(text, "-–—_=*~+# ") == ""
}
