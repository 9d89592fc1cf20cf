package slackchannel

import "strings"

// words are what customers read of the gateway itself, in one language.
type words struct {
	Have   string // their ticket has come in; %s is its number
	Invite string // above the button of the form
	Button string // at most 75 characters
	Title  string // of the form, at most 24
	Send   string // its button, likewise
	Cancel string
	About  string // what it is about
	Tell   string // what happened
	Unit   string // the serial number
	Hint   string // below Tell
	Asks   string // before the name of who has filled in the form
	Failed string // it could not be sent
}

var says = map[string]words{
	"en": {Have: "We have it: *%s*. You are answered in this thread.", Invite: "Something does not work? Tell us here, and you are answered in a thread of your own.",
		Button: "Ask for help", Title: "Ask for help", Send: "Send", Cancel: "Cancel", About: "What is it about?", Tell: "What happens?",
		Unit: "Serial number", Hint: "What did you do, what did you expect, since when?", Asks: "asks", Failed: "This could not be sent. Please try again in a minute."},
	"de": {Have: "Es ist angekommen: *%s*. Sie bekommen in diesem Thread Antwort.", Invite: "Etwas geht nicht? Schreiben Sie es uns hier, Sie bekommen in einem eigenen Thread Antwort.",
		Button: "Um Hilfe bitten", Title: "Um Hilfe bitten", Send: "Absenden", Cancel: "Abbrechen", About: "Worum geht es?", Tell: "Was passiert?",
		Unit: "Seriennummer", Hint: "Was haben Sie getan, was erwartet, seit wann?", Asks: "fragt", Failed: "Das konnte nicht gesendet werden. Bitte versuchen Sie es in einer Minute noch einmal."},
	"fr": {Have: "C’est bien arrivé : *%s*. La réponse vient dans ce fil.", Invite: "Quelque chose ne marche pas ? Écrivez-nous ici, la réponse vient dans un fil à vous.",
		Button: "Demander de l’aide", Title: "Demander de l’aide", Send: "Envoyer", Cancel: "Annuler", About: "De quoi s’agit-il ?", Tell: "Que se passe-t-il ?",
		Unit: "Numéro de série", Hint: "Qu’avez-vous fait, qu’attendiez-vous, depuis quand ?", Asks: "demande", Failed: "L’envoi n’a pas réussi. Réessayez dans une minute, s’il vous plaît."},
}

// wordsFor are the words for a locale ("de-AT"), or else for a language; else in English.
func wordsFor(locale, language string) words {
	primary, _, _ := strings.Cut(strings.ToLower(locale), "-")
	for _, l := range []string{primary, language} {
		if w, ok := says[l]; ok {
			return w
		}
	}
	return says["en"]
}
