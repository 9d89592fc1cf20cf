package email

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What the words of a mail program's advertisement are.
const (
	gadget   = 1 << iota // what mails are sent from
	despatch             // sending, or getting the program
	sentence             // a word that those lines haven't
	excuse               // for typing errors
)

var deviceWords = sync.OnceValue(func() *lexicon {
	return newLexicon(
		`i-phon*|iphon*|айфон*|i-pad*|ipad*|i-pod*|ipod*|blackberry*|galaxy*|samsung*|android*|huawei*|xiaomi*|redmi|htc|lg|nokia*|
		windows*|mobil*|handy*|smartphone*|phone*|cell|telefon*|téléphone*|teléfono*|telefoon*|celular*|móvil*|cellulare|
		telemóvel*|tablet*|outlook*|yahoo*|airmail*|mailbox*|proton*|gmail*|k-9*|typeapp*|bluemail|blue mail|aquamail|spark*|
		newton*|superhuman|front|zoho*|thunderbird*|courrier*|mail|gmx*|web.de|freenet*|ti-85|alcatel*|puhelim*|матери*|телефон*|
		手机|手機|電話|휴대|điện thoại|pc|device*|terminal*`,
		`sent|get|gesendet*|geschickt*|verschickt*|abgeschickt*|envoyé*|enviado*|enviada*|inviat*|verzonden|verstuurd|sendt|
		skickat*|skickades|lähetetty*|wysłan*|odeslán*|odoslan*|küldve|отправлено*|надіслано*|gönderildi*|trimis*|傳送|发送|發送|寄出|
		发自|發自|送信|から送|보낸|보냄|gửi từ|download*|télécharge*|obtenez|obtener|scarica*|holen sie sich|hämta*|hent*|beziehen|herunterladen|provenance|descargar|downloaden|
		poslano|poslato|послато|изпратено*|στάλθηκε|εστάλη|saadetud|nosūtīts|išsiųsta|dikirim|dihantar|enviat|sent úr|bidalia|
		أرسل*|ارسل*|مرسل*|ارسال|נשלח*|ส่งจาก|भेजा*|trimisă|sendur|wyslane|odeslano`,
		`is|are|was|were|it|has|have|will|would|can|could|ist|sind|war|wurde am|habe|est|sont|es más|yesterday|today|last|because|
		much|you|your|we|us|please call|please check|please send|please reply|please let|please find|please confirm|i|no|not|nicht|
		pas|which|that|when|to`,
		`excuse*|entschuldig*`)
})

// deviceOpenings begin such lines, however long they are.
var deviceOpenings = sync.OnceValue(func() *lexicon {
	return newLexicon(`sent from|sent via|sent with|sent by|sent using|sent on|get outlook|enviado desde|envoyé de|envoyé depuis|
		envoyé à partir|gesendet von|gesendet mit|gesendet über|von mein*|diese nachricht wurde|inviato da|verzonden vanaf|
		verzonden met|verzonden via|verstuurd vanaf`)
})

var linkText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)|[<(]?https?://[^\s<>)]*[>)]?|[<>]`)
})

// deviceLine says whether a line is the advertisement of a mail program, in whatever language: it names
// a device, and a word for sending. A sentence that begins alike ("Sent from my desk it is easier …")
// has words that those lines haven't.
func deviceLine(s string) bool {
	if s = strings.TrimSpace(s); s == "" || len(s) > 200 {
		return false
	}
	if strings.ContainsAny(s, "[<>") || strings.Contains(s, "://") {
		s = strings.TrimSpace(linkText().ReplaceAllString(s, " $1 "))
	}
	s = strings.Trim(s, " \t()[]{}*_-–—!.")
	words := countWords(s, 13)
	if words == 0 || words > 12 || len(s) > 110 || strings.HasSuffix(s, "?") {
		return false
	}
	low := lower(s)
	seen := deviceWords().lists(low)
	sends := seen&despatch != 0 || strings.HasPrefix(low, "from my ") || words <= 4 && fromPhone(low)
	if !sends || seen&sentence != 0 && seen&excuse == 0 {
		return false
	}
	if seen&gadget != 0 {
		return words <= 8 || seen&excuse != 0 || deviceOpenings().begins(low)
	}
	return words <= 8 && (strings.HasPrefix(low, "sent from my ") && (words <= 6 || capitalised(s[len("sent from my "):])) && !strings.Contains(s, ",") ||
		strings.HasPrefix(low, "sent with ") && words <= 3 || strings.HasPrefix(low, "sent via ") && words <= 3 || strings.HasPrefix(low, "verzonden met ") && words <= 4) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Sc, r) })
}

// capitalised says whether all words are names or figures: "Wiko RIDGE FAB 4G".
func capitalised(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if r, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// fromPhone: "Jane from my mobile".
func fromPhone(low string) bool {
	_, from, ok := strings.Cut(low, " from ")
	from = strings.TrimPrefix(from, "my ")
	return ok && (from == "mobile" || from == "phone" || from == "iphone")
}

// countWords counts no farther than most.
func countWords(s string, most int) (n int) {
	for range strings.FieldsSeq(s) {
		if n++; n >= most {
			break
		}
	}
	return n
}
