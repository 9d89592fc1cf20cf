package router

import (
	"fmt"
	"time"
)

// acknowledgements are what customers are told where the configuration has no text of its own. They
// promise no time: only the operator can.
var acknowledgements = map[string]Text{
	"en": {
		Open: "Thank you for your message. It has reached us and has the number **{number}**.\n\n" +
			"Somebody of our team will read it and answer you as soon as possible. If you wish to add something, simply answer this mail.",
		Closed: "Thank you for your message. It has reached us and has the number **{number}**.\n\n" +
			"We are closed at the moment and open again {opens}. Somebody of our team will read it then and answer you. " +
			"If you wish to add something, simply answer this mail.",
	},
	"de": {
		Open: "Vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen und hat die Nummer **{number}**.\n\n" +
			"Jemand aus unserem Team liest sie und antwortet Ihnen so bald wie möglich. Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese Mail.",
		Closed: "Vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen und hat die Nummer **{number}**.\n\n" +
			"Wir haben gerade geschlossen und sind {opens} wieder da. Jemand aus unserem Team liest sie dann und antwortet Ihnen. " +
			"Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese Mail.",
	},
	"fr": {
		Open: "Merci de votre message. Il nous est bien parvenu et porte le numéro **{number}**.\n\n" +
			"Un membre de notre équipe le lira et vous répondra dès que possible. Pour ajouter quelque chose, il suffit de répondre à ce courriel.",
		Closed: "Merci de votre message. Il nous est bien parvenu et porte le numéro **{number}**.\n\n" +
			"Nous sommes fermés en ce moment et serons de nouveau là {opens}. Un membre de notre équipe le lira alors et vous répondra. " +
			"Pour ajouter quelque chose, il suffit de répondre à ce courriel.",
	},
}

// moment is when something is, in the words of a language, as seen from now; at is on the clock on which
// it is to be read. In languages that are not known it is in figures.
func moment(language string, at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	days := int(day(at).Sub(day(now.In(at.Location()))).Hours() / 24)
	h, m, d, wd := at.Hour(), at.Minute(), at.Day(), at.Weekday()
	switch language {
	case "en":
		clock := at.Format("15:04 MST")
		switch days {
		case 0:
			return "today at " + clock
		case 1:
			return "tomorrow at " + clock
		}
		return "on " + at.Format("Monday, 2 January") + " at " + clock
	case "de":
		clock := fmt.Sprintf("um %d:%02d Uhr", h, m)
		switch days {
		case 0:
			return "heute " + clock
		case 1:
			return "morgen " + clock
		}
		return fmt.Sprintf("am %s, dem %d. %s, %s", weekdaysDE[wd], d, monthsDE[at.Month()-1], clock)
	case "fr":
		clock := fmt.Sprintf("à %d h %02d", h, m)
		switch days {
		case 0:
			return "aujourd’hui " + clock
		case 1:
			return "demain " + clock
		}
		return fmt.Sprintf("le %s %d %s %s", weekdaysFR[wd], d, monthsFR[at.Month()-1], clock)
	}
	return at.Format("2006-01-02 15:04 MST")
}

var (
	weekdaysDE = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	monthsDE   = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	weekdaysFR = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	monthsFR   = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
)
