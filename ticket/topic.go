package ticket

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// When a reply seems to begin another matter. A wrong proposal costs an agent a thought each time, so
// it is made only where there is a clear sign: people who answer an old mail because that is how they
// find the address write another subject, or come back weeks later with another machine and other words.
const (
	topicAge      = 7 * 24 * time.Hour // solved for so long: what comes now may be something else
	topicWords    = 12                 // words of a text that say enough to be compared
	topicStem     = 4                  // runes in which two words agree when they are of one stem
	maxTopicWords = 400                // words of a text that are looked at
)

// newTopic says why a contact that continues a ticket seems to begin another matter; "" when it does not.
func (t *Ticket) newTopic(in Inbound, m *Match, now time.Time) string {
	if in.Auto || m == nil || !slices.Contains([]string{"references", "reply-token", "thread-index"}, m.By) || shares(in.Units, t.Units) {
		return ""
	}
	if s := t.otherSubject(in); s != "" {
		return s
	}
	if t.State != Solved || now.Sub(t.SolvedAt) < topicAge || strings.Contains(in.Folded, t.ID.String()) {
		return ""
	}
	if len(in.Units) > 0 && len(t.Units) > 0 {
		return "It is about " + cut(strings.Join(in.Units, ", "), 100) + ", and the ticket was solved long ago."
	}
	text := topicOf(in.Text)
	if in.Folded == "" && len(text) >= topicWords && !related(text, topicOf(t.Subject+" "+t.Diagnosis)) && !again.MatchString(in.Text) {
		return "It quotes nothing, shares no word with a ticket that was solved long ago, and does not say that it happens again."
	}
	return ""
}

// otherSubject compares subjects. One that begins as an answer is somebody else's wording of this one.
func (t *Ticket) otherSubject(in Inbound) string {
	subject := strings.TrimSpace(in.Subject)
	if subject == "" || answers.MatchString(subject) || strings.Contains(subject, t.ID.String()) {
		return ""
	}
	ours, theirs := topicOf(t.Subject), topicOf(subject)
	if t.Subject == noSubject || len(ours) == 0 || len(theirs) < 2 || related(theirs, ours) || again.MatchString(subject) {
		return ""
	}
	spoken := 0 // words of ours that the text has
	for text := topicOf(in.Text); len(ours) > 0; ours = ours[1:] {
		if related(text, ours[:1]) {
			spoken++
		} else {
			spoken--
		}
	}
	if spoken >= 0 { // half of them: it is the same in another heading
		return ""
	}
	return "Its subject is another: " + cut(subject, 100)
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// answers are the beginnings by which mail programs mark an answer, or a mail that is passed on.
var answers = regexp.MustCompile(`(?i)^\s*(?:\[[^\]]{1,40}\]\s*)*(?:re|aw|antw|antwort|sv|vs|vb|rif|r|ris|odp|res|resp|ref|rv|ynt|ynth|fwd?|wg|tr|i|enc|doorst|vl)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]`)

// again are words by which people say that it is the same matter, or that they only wish to thank.
var again = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:again|still|same (?:problem|issue|thing|fault|error)|once more|as before|as last time|recurr\w*|follow(?:ing)?[- ]up|` +
	`thanks?|thank you|wieder|erneut|nochmals?|noch immer|immer noch|weiterhin|gleiche[nrs]?|selbe[nrs]?|dasselbe|danke\w*|dank|` +
	`encore|toujours|de nouveau|à nouveau|même|merci|otra vez|de nuevo|sigue|siguen|mismo|misma|gracias|` +
	`ancora|di nuovo|nuovamente|stesso|stessa|grazie|weer|opnieuw|nog steeds|zelfde|bedankt|dank je|dank u)(?:$|[^\p{L}])`)

// common are words that tell nothing of a matter.
var common = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(`about all also and any are ask asking attached because been before but can could day days dear did does
		doesn done don email enclosed file files find for from further get getting good got had hallo has have hello help here hope how information
		into issue just know last let like mail message more morning much need new next not now number off one only other our out per photo photos picture
		pictures please problem question questions quick reminder reply request response see send sent should since some still support team tell than that the their
		them then there these they this ticket time today tomorrow two under update urgent use very want was week well were what when where which
		while who will wish with work working works would yesterday you your
		aber alle als also am anbei anfrage anhang antwort auch auf aus bei bekommen bild bilder bin bis bitte bräuchte das dass dem den der des dich die dies
		diese dieser dir doch dringend du durch ein eine einem einen einer er erinnerung es euch euer fragen frage für ganz gern gerne gestern geht guten tag gibt habe haben hat hatte
		heute hier hilfe ich ihm ihn ihnen ihr ihre ihren im in info information ist ja jetzt kann kein keine können kurz mail man mehr mein meine meinem meinen
		meiner mich mir mit morgen möchte nach nachfrage nachricht nachtrag nicht noch nun nur oder problem rückfrage schon sehr sehrgeehrte sein seit sich sie sind
		so soll support über um und uns unser unsere unter vom von vor war was wegen weil wenn wer wie wir wird wo würde zu zum zur zwei
		au aussi aux avec avez avoir bien bonjour car ce cela ces cette chez comme comment dans de depuis des deux document du elle en est et été être eu faire
		fait il ils je la le les leur lui ma mais me mes message mon ne nos notre nous on ont ou où par pas photo photos plus pour pourriez pouvez problème
		puis quand que quel quelle question qui quoi rappel réponse sa sans se ses si son sont sur ta te tes tout tous très tu un une urgent vos votre vous y
		adjunto al algo antes archivo ayuda buenas buenos con consulta cual cuando cómo días donde dos el ella en era es esa ese eso esta está este esto fue ha
		hay he hola la las le les lo los más me mensaje mi mis muy no nos nuestra nuestro para pero por porque problema pregunta puede puedo que respuesta se
		señores ser si sin sobre son soy su sus también tengo tiene todo un una urgente uno usted ya
		aiuto allegato anche buongiorno che chi ci come con cosa da dal dalla dei del della delle di dopo dove due ed era essere foto gli ha hanno ho il io la
		le lei lo loro ma messaggio mi mia mio nel nella noi non nostra nostro per perché più prego problema può qualche quale quando quella questo questa richiesta
		risposta salve se sei senza si sia sono su sua sul suo tutto un una urgente vi voi vostro
		aan alle als ben bericht bij bijlage dag dan dat de der deze die dit door een en er foto fotos geen goed graag had heb hebben heeft het hij hoe hoi hulp
		ik in is je jullie kan kunnen kunt maar me meer met mijn moet naar niet nog nu of om onder ons onze ook op over probleem spoed te toch tot u uit uw
		van vanaf veel verzoek via voor vraag vragen waar want waren was wat we werd wie wij wil zal ze zijn zo zonder`) {
		set[w] = true
	}
	return set
}()

// topicOf is the words of a text that tell what it is about, in lower case.
func topicOf(text string) []string {
	var list []string
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(list) >= maxTopicWords {
			break
		}
		if len([]rune(w)) >= 3 && !common[w] {
			list = append(list, w)
		}
	}
	return list
}

// related says whether two texts share a word, or the beginning of one.
func related(a, b []string) bool {
	for _, v := range a {
		for _, w := range b {
			stem := cut(w, topicStem)
			switch {
			case len(stem) >= topicStem && strings.HasPrefix(v, stem), strings.HasPrefix(v, w), strings.HasPrefix(w, v):
				return true
			case len(w) > topicStem && strings.Contains(v, w), len(v) > topicStem && strings.Contains(w, v): // Kaffeemaschine
				return true
			}
		}
	}
	return false
}
