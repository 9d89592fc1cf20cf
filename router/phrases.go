package router

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

// Phrases are public wordings by language (BCP 47, the primary subtag) and name. What customers are told by
// the gateway is made of these and of nothing that was written for staff.
type Phrases map[string]map[string]string

// phrases are ours, used where the configuration has none of its own. They promise no time but the one that
// is put in for {due}, which somebody or something stands for.
var phrases = Phrases{
	"en": {
		"update_open":    "Your case **{number}** ({subject}) is still open, and we have not forgotten it.",
		"update_nothing": "Nothing has changed since you last heard from us.",
		"update_since":   "Since you last heard from us:",
		"update_next":    "As long as it is open, you will hear from us again by {due} at the latest. If you wish to add something, simply answer.",
		"update_later":   "We said that you would hear from us about your case **{number}** by {was}. It will be by {due} instead.",

		"event_taken":    "a colleague has taken on your case",
		"event_level":    "our specialists have taken on your case",
		"event_paged":    "a specialist was called and is looking at it",
		"event_lead":     "our team lead has been told of it",
		"event_joined":   "another colleague is helping with it",
		"event_supplier": "a supplier of ours was asked, and we are waiting for their answer",
		"event_supplied": "our supplier has answered",
		"event_waiting":  "we are waiting for somebody outside of our team",
		"event_incident": "it belongs to a disturbance that we know of and are working on",

		"eta_promise":  "We have promised you a solution by {due}.",
		"eta_measured": "Going by {count} cases like yours, it should be solved between {from} and {to}; half of them would be by {likely}. This is what we have measured, not a promise.",
		"eta_none":     "We cannot say yet when it will be solved.",

		"owed_callback": "We have promised to call you by {due}.",
		"owed_update":   "We have promised to write to you by {due}.",
		"owed_fix":      "We have promised you a solution by {due}.",
		"owed_answer":   "You will have an answer to your complaint by {due}.",

		"promise_callback": "We will call you by {due}.",
		"promise_update":   "You will hear from us by {due}.",
		"promise_fix":      "We will have it solved by {due}.",
		"moved":            "We had promised you something by {was}, about your case **{number}**. It will be by {due} instead; we are sorry that it is not as we said.",

		"complaint": "Thank you for telling us so openly. Your complaint is with the lead of our team, who will answer you by {due}. Your case **{number}** goes on meanwhile.",
		"warning":   "We want to help you, and we will. For that we need to talk with each other with respect. Please write to us without insults or threats; otherwise we cannot go on with this conversation.",

		"greeting_morning": "Good morning {name},",
		"greeting_day":     "Hello {name},",
		"greeting_evening": "Good evening {name},",
		"greeting_nobody":  "Hello,",
		"farewell_ask":     "Is there anything else that we can do for you?",
		"farewell_wait":    "Your case stays open until you have answered.",
		"farewell_name":    "Best regards\n{agent}",
	},
	"de": {
		"update_open":    "Ihr Fall **{number}** ({subject}) ist noch offen, und wir haben ihn nicht vergessen.",
		"update_nothing": "Seit unserer letzten Nachricht hat sich nichts geändert.",
		"update_since":   "Seit unserer letzten Nachricht:",
		"update_next":    "Solange er offen ist, hören Sie spätestens {due} wieder von uns. Wenn Sie etwas ergänzen möchten, antworten Sie einfach.",
		"update_later":   "Wir hatten gesagt, dass Sie zu Ihrem Fall **{number}** bis {was} von uns hören. Stattdessen hören Sie bis {due} von uns.",

		"event_taken":    "ein Kollege oder eine Kollegin hat Ihren Fall übernommen",
		"event_level":    "unsere Fachleute haben Ihren Fall übernommen",
		"event_paged":    "eine Fachkraft wurde gerufen und sieht ihn sich an",
		"event_lead":     "unsere Teamleitung weiß davon",
		"event_joined":   "noch jemand aus unserem Team hilft mit",
		"event_supplier": "wir haben einen Lieferanten gefragt und warten auf dessen Antwort",
		"event_supplied": "unser Lieferant hat geantwortet",
		"event_waiting":  "wir warten auf jemanden außerhalb unseres Teams",
		"event_incident": "er gehört zu einer Störung, die wir kennen und an der wir arbeiten",

		"eta_promise":  "Wir haben Ihnen eine Lösung bis {due} zugesagt.",
		"eta_measured": "Nach {count} Fällen wie Ihrem sollte er zwischen {from} und {to} gelöst sein; die Hälfte wäre es bis {likely}. Das ist gemessen und keine Zusage.",
		"eta_none":     "Wann er gelöst ist, können wir noch nicht sagen.",

		"owed_callback": "Wir haben zugesagt, Sie bis {due} anzurufen.",
		"owed_update":   "Wir haben zugesagt, Ihnen bis {due} zu schreiben.",
		"owed_fix":      "Wir haben Ihnen eine Lösung bis {due} zugesagt.",
		"owed_answer":   "Auf Ihre Beschwerde erhalten Sie bis {due} eine Antwort.",

		"promise_callback": "Wir rufen Sie bis {due} an.",
		"promise_update":   "Sie hören bis {due} von uns.",
		"promise_fix":      "Wir lösen es bis {due}.",
		"moved":            "Wir hatten Ihnen zu Ihrem Fall **{number}** etwas bis {was} zugesagt. Stattdessen gilt bis {due}; es tut uns leid, dass es nicht so kommt wie zugesagt.",

		"complaint": "Danke, dass Sie uns das so offen sagen. Ihre Beschwerde liegt bei unserer Teamleitung, die Ihnen bis {due} antwortet. Ihr Fall **{number}** geht inzwischen weiter.",
		"warning":   "Wir möchten Ihnen helfen, und das werden wir auch. Dazu müssen wir respektvoll miteinander umgehen. Bitte schreiben Sie uns ohne Beleidigungen oder Drohungen; sonst können wir dieses Gespräch nicht fortsetzen.",

		"greeting_morning": "Guten Morgen {name},",
		"greeting_day":     "Guten Tag {name},",
		"greeting_evening": "Guten Abend {name},",
		"greeting_nobody":  "Guten Tag,",
		"farewell_ask":     "Können wir sonst noch etwas für Sie tun?",
		"farewell_wait":    "Ihr Fall bleibt offen, bis Sie geantwortet haben.",
		"farewell_name":    "Freundliche Grüße\n{agent}",
	},
	"fr": {
		"update_open":    "Votre dossier **{number}** ({subject}) est toujours ouvert, et nous ne l’avons pas oublié.",
		"update_nothing": "Rien n’a changé depuis notre dernier message.",
		"update_since":   "Depuis notre dernier message :",
		"update_next":    "Tant qu’il est ouvert, vous aurez de nos nouvelles au plus tard {due}. Pour ajouter quelque chose, il suffit de répondre.",
		"update_later":   "Nous avions dit que vous auriez de nos nouvelles au sujet du dossier **{number}** au plus tard {was}. Ce sera au plus tard {due}.",

		"event_taken":    "un membre de l’équipe a pris en charge votre dossier",
		"event_level":    "nos spécialistes ont pris en charge votre dossier",
		"event_paged":    "un spécialiste a été appelé et l’examine",
		"event_lead":     "le responsable de l’équipe en est informé",
		"event_joined":   "un autre membre de l’équipe y participe",
		"event_supplier": "nous avons interrogé un fournisseur et attendons sa réponse",
		"event_supplied": "notre fournisseur a répondu",
		"event_waiting":  "nous attendons une personne extérieure à notre équipe",
		"event_incident": "il fait partie d’un incident que nous connaissons et sur lequel nous travaillons",

		"eta_promise":  "Nous vous avons promis une solution au plus tard {due}.",
		"eta_measured": "D’après {count} dossiers comparables, il devrait être résolu entre {from} et {to} ; la moitié le seraient au plus tard {likely}. C’est une mesure, pas une promesse.",
		"eta_none":     "Nous ne pouvons pas encore dire quand il sera résolu.",

		"owed_callback": "Nous avons promis de vous appeler au plus tard {due}.",
		"owed_update":   "Nous avons promis de vous écrire au plus tard {due}.",
		"owed_fix":      "Nous vous avons promis une solution au plus tard {due}.",
		"owed_answer":   "Vous aurez une réponse à votre réclamation au plus tard {due}.",

		"promise_callback": "Nous vous appellerons au plus tard {due}.",
		"promise_update":   "Vous aurez de nos nouvelles au plus tard {due}.",
		"promise_fix":      "Nous l’aurons résolu au plus tard {due}.",
		"moved":            "Nous vous avions promis quelque chose pour votre dossier **{number}** au plus tard {was}. Ce sera au plus tard {due} ; nous sommes désolés que ce ne soit pas comme annoncé.",

		"complaint": "Merci de nous le dire si franchement. Votre réclamation est chez le responsable de notre équipe, qui vous répondra au plus tard {due}. Entre-temps, votre dossier **{number}** suit son cours.",
		"warning":   "Nous voulons vous aider, et nous le ferons. Pour cela, nous devons nous parler avec respect. Merci de nous écrire sans insultes ni menaces ; sinon nous ne pourrons pas poursuivre cet échange.",

		"greeting_morning": "Bonjour {name},",
		"greeting_day":     "Bonjour {name},",
		"greeting_evening": "Bonsoir {name},",
		"greeting_nobody":  "Bonjour,",
		"farewell_ask":     "Pouvons-nous faire autre chose pour vous ?",
		"farewell_wait":    "Votre dossier reste ouvert jusqu’à votre réponse.",
		"farewell_name":    "Cordialement\n{agent}",
	},
}

// places are what may be put into a phrase.
var places = []string{"number", "subject", "brand", "due", "was", "from", "to", "likely", "count", "name", "agent"}

func (p Phrases) check(at check.At) {
	for _, language := range slices.Sorted(maps.Keys(p)) {
		for _, name := range slices.Sorted(maps.Keys(p[language])) {
			at := at.Key(language).Key(name)
			if _, ok := phrases["en"][name]; !ok {
				at.Error("one of "+strings.Join(slices.Sorted(maps.Keys(phrases["en"])), " "), "there is no phrase %.40q", name)
			}
			checkText(at, p[language][name], places...)
		}
	}
}

// speaker says things to the customer of one ticket: in their language when the brand answers in it, else in the
// brand's, else in English.
type speaker struct {
	own      Phrases
	language string
	ticket   ticket.Ticket
	brand    ticket.Brand
	zone     *time.Location
	now      time.Time
}

func (d *Desk) speaker(t ticket.Ticket) speaker {
	conf := d.Config()
	b := conf.Brand(t.Brand)
	s := speaker{own: conf.Answers.Phrases, ticket: t, brand: b, now: d.Now(), zone: time.UTC, language: "en"}
	if z, err := time.LoadLocation(b.Hours.Zone); err == nil {
		s.zone = z
	}
	try := b.Languages
	if len(try) == 0 || slices.Contains(try, t.Language) {
		try = append([]string{t.Language}, try...)
	}
	for _, l := range try {
		if len(phrases[l])+len(s.own[l]) > 0 {
			s.language = l
			break
		}
	}
	return s
}

// say puts values into a phrase. Those that are times are told as seen from now, on the brand's clock.
func (s speaker) say(name string, with map[string]any) string {
	text := cmp.Or(s.own[s.language][name], phrases[s.language][name], phrases["en"][name])
	return placeholder.ReplaceAllStringFunc(text, func(place string) string {
		switch v := with[place[1:len(place)-1]].(type) {
		case time.Time:
			return s.moment(v)
		case string:
			return v
		}
		switch place {
		case "{number}":
			return s.ticket.ID.String()
		case "{subject}":
			return harmless(s.ticket.Subject)
		case "{brand}":
			return cmp.Or(s.brand.Title, s.brand.Name)
		}
		return place
	})
}

// moment is a time as it stands behind "by" and "between".
func (s speaker) moment(at time.Time) string {
	text := moment(s.language, at.In(s.zone), s.now)
	switch s.language {
	case "en":
		return strings.TrimPrefix(text, "on ")
	case "de":
		return strings.Replace(strings.TrimPrefix(text, "am "), ", dem ", ", den ", 1)
	}
	return text
}

// due is a phrase that names one time.
func (s speaker) due(name string, at time.Time) string { return s.say(name, map[string]any{"due": at}) }

const tellRound = 5 * time.Minute

// notBefore rounds a time that is told up, so that it is never named too early.
func notBefore(t time.Time, round time.Duration) time.Time {
	if r := t.Truncate(round); !r.Equal(t) {
		return r.Add(round)
	}
	return t
}
