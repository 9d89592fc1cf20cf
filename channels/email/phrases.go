package email

import "strings"

// phrases are the fixed words of a mail of ours.
type phrases struct {
	Case string // before the ticket's number
	Keep string // please leave the number in the subject
}

var phraseLanguages = []string{"en", "de", "fr"}

func phrasesIn(language, fallback string) phrases {
	for _, l := range []string{language, fallback} {
		switch primary, _, _ := strings.Cut(strings.ToLower(l), "-"); primary {
		case "en":
			return phrases{"Your case", "Just reply to this mail; please leave the number in the subject."}
		case "de":
			return phrases{"Ihr Vorgang", "Antworten Sie einfach auf diese Mail; bitte lassen Sie die Nummer im Betreff stehen."}
		case "fr":
			return phrases{"Votre dossier", "Répondez simplement à ce message\u00a0; merci de laisser le numéro dans l’objet."}
		}
	}
	return phrasesIn("en", "en")
}
