package channels

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

// guesser tells the language of a text: by the small words that make up half of every text, which costs
// microseconds; where they leave it open, by the frequency of letters, which costs a hundred times that.
type guesser struct {
	speaks uint16 // the languages that are looked for, by their bits
	opts   whatlanggo.Options
}

func newGuesser(codes []string) guesser {
	g := guesser{opts: whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{}}}
	for i, t := range tongues {
		if slices.Contains(codes, t.code) {
			g.speaks |= 1 << i
			g.opts.Whitelist[t.lang] = true
		}
	}
	return g
}

const (
	maxGuess  = 600 // bytes from which the language is guessed: more cost time and change nothing
	minRunes  = 12  // a text shorter than this is not guessed from
	minSmall  = 3   // small words of a language that are needed to name it, fewer where no other has any
	smallPart = 7   // one in so many words must be a small one: else it is a list, or another language
	minSure   = 0.8 // whatlanggo's confidence below which no language is named
)

// guess is the language of a text, "" when it is not clear or none that is looked for.
func (g guesser) guess(text string) string {
	if len(text) > maxGuess {
		text = strings.ToValidUTF8(text[:maxGuess], "")
	}
	if utf8.RuneCountInString(text) < minRunes {
		return ""
	}
	var score [len(tongues)]int
	words := countSmall(text, &score)
	best, second := -1, 0
	for i, n := range score {
		switch {
		case best < 0 || n > score[best]:
			if best >= 0 {
				second = max(second, score[best])
			}
			best = i
		default:
			second = max(second, n)
		}
	}
	n := score[best]
	if clear := n >= minSmall*whole && 2*n >= 3*second || n >= 3*whole/2 && n >= 3*second; clear && n*smallPart >= words*whole {
		if g.speaks&(1<<best) == 0 {
			return ""
		}
		return tongues[best].code
	}
	info := whatlanggo.DetectWithOptions(text, g.opts)
	if info.Confidence < minSure {
		return ""
	}
	return info.Lang.Iso6391()
}

// whole is the weight of a word that one language has alone; others share it.
const whole = 12

// countSmall counts the words of a text, and adds the small ones of each language.
func countSmall(text string, score *[len(tongues)]int) (words int) {
	var buf [16]byte // longer words are no small ones
	n, long, joined := 0, false, false
	end := func() {
		if n > 0 || long {
			words++
		}
		if !long && n > 0 {
			add(score, small[string(buf[:n])], whole)
		}
		n, long, joined = 0, false, false
	}
	for _, r := range text {
		if r < utf8.RuneSelf {
			switch {
			case r >= 'a' && r <= 'z' || r == '\'' && n > 0:
			case r >= 'A' && r <= 'Z':
				r += 'a' - 'A'
			case (r == '.' || r == '/' || r == ':' || r == '@' || r == '_') && (n > 0 || long): // a link or an address
				joined = true
				continue
			default:
				end()
				continue
			}
		} else {
			r = unicode.ToLower(r)
			add(score, special[r], whole/2)
			if !unicode.IsLetter(r) {
				end()
				continue
			}
		}
		if joined || n+utf8.RuneLen(r) > len(buf) {
			long = true
			continue
		}
		n += utf8.EncodeRune(buf[n:], r)
	}
	end()
	return words
}

// add shares a weight among languages.
func add(score *[len(tongues)]int, languages uint16, weight int) {
	if languages == 0 {
		return
	}
	for share := weight / bits.OnesCount16(languages); languages != 0; languages &= languages - 1 {
		score[bits.TrailingZeros16(languages)] += share
	}
}

// tongues are the languages that can be recognised, with their small words.
var tongues = [...]struct {
	code    string
	lang    whatlanggo.Lang
	letters string // that few others have
	words   string
}{
	{"en", whatlanggo.Eng, "", "the and of to is it that you for was on are with as at be this have from or had by not but what all were we when your can said there an each which she do how their if will up other about out many then them these so some her would make like him into time has look two more go see no way could my than been who its now did get may i i'm i've it's don't can't please thanks thank hello hi dear any our us just am me he they after since does doesn't works still want need know help"},
	{"de", whatlanggo.Deu, "äöüß", "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei ich wir ihr ihre ihren mein meine mir mich uns unser unsere bitte danke hallo kann können habe leider schon wenn was wann warum keine kein seit jetzt heute vielen dank sehr geehrte geehrter damen herren guten tag möchte würde bin dann doch vom beim dieser diese dieses jedoch weil ob ihnen funktioniert"},
	{"fr", whatlanggo.Fra, "éèêçàœùûî", "le la les de des du et à un une en est que qui dans pour pas sur plus par avec ce il sont au se ne vous je nous ont mais ou cette été être comme tout fait son sa ses leur aux bonjour merci mon ma mes notre nos votre vos j'ai c'est n'est d'un d'une qu'il est-ce s'il plaît depuis encore très bien avez avoir suis peut pouvez quand même aussi donc où elle ils cordialement bonsoir ça si y a lorsque fonctionne toujours"},
	{"es", whatlanggo.Spa, "ñ¿¡áíóú", "el la los las de del y en un una que es por con para no se lo su al como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les pueden podéis podría quisiera necesito todavía llegado vez han tres semanas llevamos desde hemos tenemos ni contra otros ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho quienes nada muchos cual poco ella estar estas algunas hola gracias buenos días tengo puede puedo he ha mi mis favor tiene está están estoy ustedes funciona"},
	{"it", whatlanggo.Ita, "àèìòù", "il lo la gli le di del della dei delle e è in un una uno che non per con si sono da al alla ai alle come più ma anche se mi ha ho hanno questo questa questi queste nel nella sul sulla dal dalla ci quando perché molto essere stato stata cosa io tu noi voi loro suo sua buongiorno salve grazie vorrei posso può potete ancora dopo mio mia nostro nostra vostro vostra abbiamo avete cordiali saluti sempre già dove chi quale prima ora senza fatto funziona"},
	{"nl", whatlanggo.Nld, "ëï", "de het een en van in is dat op te zijn met voor niet aan er om ook als maar dan bij nog uit kan door over ze zich naar heeft hij deze worden wordt meer geen werd mijn ik je u jij wij we hebben heb wel al tot waar wat was kunnen moet zou zo zal of dit die daar hier toch nu graag bedankt dank hallo beste goedemorgen goedendag onze ons uw hoe waarom wanneer sinds omdat mij jullie bent gaat weer alleen na sturen werkt"},
	{"pl", whatlanggo.Pol, "ąćęłńśźżó", "i w na z się nie do to że jest o za jak po ale od co przez dla czy już tylko lub oraz jego jej są był była było ten ta te tego tej tym które który która przy bardzo może być mnie mi mam moje mój moja nasz nas nam proszę dziękuję dzień dobry witam pan pani państwo państwa gdy kiedy jeszcze ponieważ bo tak też pod ze we u dlaczego chciałbym można mogę działa"},
	{"pt", whatlanggo.Por, "ãõçáéâê", "o a os as de do da dos das e em um uma que é não para com por se no na nos nas ao à mais como mas foi ele ela seu sua ou quando muito há já está eu também só pelo pela até isso entre depois sem mesmo aos seus quem me esse eles você essa num nem suas meu minha às numa pelos elas qual nós lhe deles obrigado obrigada olá bom dia boa tarde tenho pode posso favor estou são ser ter fazer onde porque ainda desde nosso nossa funciona"},
	{"sv", whatlanggo.Swe, "åäö", "och i att det som en på är av för med till den har de inte om ett han men var jag från vi så kan när man hade nu ska skulle eller mycket efter vid bara här sin också hon där alla mig sig bli då under kommer mot ut upp två vill genom mer vad över min mitt ni er oss hej tack vänligen vänliga hälsningar varför sedan utan något några finns fungerar är kan ni än den inte har vi på tre veckor väntat länge"},
	{"da", whatlanggo.Dan, "æøå", "og i at det som en på er af for med til den har de ikke om et han men var jeg fra vi så kan når man havde nu skal skulle eller meget efter ved kun her sin også hun der alle mig sig blive blev under kommer mod ud op to vil gennem mere hvad over min mit jer os hej tak venlig hilsen hvorfor siden uden noget nogle findes virker er endnu ikke kommet kan i har vi på tre uger ventet undersøge"},
}

// special is by which languages, as bits, a letter is used.
var special = func() map[rune]uint16 {
	m := map[rune]uint16{}
	for i, t := range tongues {
		for _, r := range t.letters {
			m[r] |= 1 << i
		}
	}
	return m
}()

// small is by which languages, as bits, a word is used.
var small = func() map[string]uint16 {
	m := map[string]uint16{}
	for i, t := range tongues {
		for _, w := range strings.Fields(t.words) {
			m[w] |= 1 << i
		}
	}
	return m
}()
