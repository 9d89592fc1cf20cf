package kb

import "strings"

// The words that say nothing about what a question is about, folded, with the courtesies of mails.
// They also tell the language of a text (see [GuessLanguage]).
const (
	stopEN = `a about above after again all already also although always am an and any anyone anything are as at be
because been before being below between both but by came can cannot cant come could couldnt did didnt do does doesnt
doing don done dont down during each either else ever every everything few first for from further get gets getting
give go goes going gone good got had has hasnt have havent having he her here hers him his how however i if im in
instead into is isnt it its itself ive just keep keeps kindly know last let like ll made make many may maybe me might
mine more most much must my myself need never no nor not nothing now of off often ok on once one only onto or other
others our ours out over own please quite rather re really said same say see seem seems shall she should shouldnt
since so some someone something sometimes somehow soon still such sure take tell than that thats the their them then
there these they thing things think this those though through thus till to too tried try trying under until up upon us
use used using ve very want wants was wasnt way we well went were what whats when where whether which while who whom
whose why will wish with within without wont would wouldnt yet you your yours yourself
hello hi hey dear sir madam team everybody thanks thank thx regards best sincerely cheers greetings morning afternoon
evening help advance appreciate appreciated sent iphone ipad android question`
	stopDE = `ab aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf aus bei beim
bereits besonders bin bis bisher bist bitte bzw da dabei dadurch dafur dagegen daher dahin damit danach dann daran
darauf daraus darf darin daruber darum das dass davon dazu dein deine dem den denn der deren derer des deshalb dessen
die dies diese diesem diesen dieser dieses doch dort du durch durfen ebenfalls eben eigentlich ein eine einem einen
einer eines einfach einmal er erst es etwa etwas euch euer eure fast fur ganz gar geben gegen gehabt geht gemacht
gerade gern gerne getan gewesen gibt gut hab habe haben hallo hat hatte hatten hattet her hier hin hinter ich ihm ihn
ihnen ihr ihre ihrem ihren ihrer ihres im immer in innerhalb ins irgend irgendwie ist ja jede jedem jeden jeder jedes
jedoch jemand jetzt kann kannst kein keine keinem keinen keiner kommt konnen konnt konnte konnten konnen kurz lassen
leider lieber liebe machen macht mag mal man manche mehr mein meine meinem meinen meiner meines mich mir mit mochte
mochten moglich muss mussen musste nach nachdem naturlich neben nein nicht nichts nie noch nun nur ob oben oder oft
ohne per schon sehr sei seid sein seine seinem seinen seiner seit seitdem selbst sich sie sind so sobald sogar solche
soll sollen sollte sollten somit sondern sonst soweit sowie trotz trotzdem tun uber um und uns unser unsere unserem
unseren unserer unter usw viel viele vielen vom von vor vorher wahrend wann war waren warum was weder wegen weil
weiter weitere welche welchem welchen welcher welches wenig wenn wer werde werden wie wieder wieso will wir wird
wirklich wo wobei wodurch wofur woher wohin womit worden wurde wurden wurde zu zum zur zwar zwischen
guten tag morgen abend sehr geehrte geehrter damen herren team dank danke vielen freundlichen freundliche grussen
grusse gruss mfg lg viele voraus hilfe frage gesendet meinem`
	stopFR = `ai aie ainsi alors apres as assez au aucun aucune aujourd auquel aussi autre autres aux avais avait
avant avec avez avoir avons beaucoup bien car ce ceci cela celle celles celui cependant certains ces cet cette ceux
chaque chez ci comme comment concernant contre dans de deja depuis des desormais deux dit doit donc dont du elle elles
en encore enfin ensuite entre es est et etaient etais etait etant ete etes etre eu eux fais faire fait faites faut fois
font grace hors ici il ils jamais je jusqu jusque la laquelle le lequel les lesquels leur leurs lors lorsque lui ma
maintenant mais malgre meme memes mes mettre mieux moi moins mon ne ni nom non nos notre nous nouveau on ont or ou par
parce parfois parmi pas pendant peu peut peuvent peux plus plusieurs plutot pour pourquoi pourrais pourrait pourriez
pouvez presque puis puisque qu quand que quel quelle quelles quelqu quelque quelques quels qui quoi rien sa sans se
selon sera serait ses seulement si sien sinon soient soit sommes son sont souhaite sous suis sur surtout ta tandis tel
telle tellement tes toi ton toujours tous tout toute toutes tres trop tu un une va vais vers veut veux voici voila
voir vont vos votre voudrais vous vraiment
bonjour bonsoir salut madame monsieur cordialement merci avance salutations cher chere svp bonne journee sentiments
distingues aide envoye mon`
)

// stops maps a stop word to a bit for each language that has it.
type stops map[string]uint8

const (
	bitEN = 1 << iota
	bitDE
	bitFR
)

func newStops() stops {
	s := stops{}
	for bit, list := range map[uint8]string{bitEN: stopEN, bitDE: stopDE, bitFR: stopFR} {
		for _, w := range strings.Fields(list) {
			s[w] |= bit
		}
	}
	return s
}

var stopWords = newStops() // never written after this

// IsStop says that a folded word carries no meaning in English, German or French.
func IsStop(word string) bool { return stopWords[word] != 0 }

// GuessLanguage tells en, de and fr apart by their small words, or gives "" when it cannot.
func GuessLanguage(text string) string {
	if len(text) > 4000 {
		text = text[:4000]
	}
	return guess(Tokens(text))
}

func guess(tokens []Token) string {
	var en, de, fr int
	for _, t := range tokens {
		switch stopWords[t.Text] { // only words of one language tell
		case bitEN:
			en++
		case bitDE:
			de++
		case bitFR:
			fr++
		}
	}
	switch {
	case en > de && en > fr:
		return "en"
	case de > en && de > fr:
		return "de"
	case fr > en && fr > de:
		return "fr"
	}
	return ""
}
