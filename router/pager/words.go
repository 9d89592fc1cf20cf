package pager

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tierline/ticket"
)

// Languages are those in which people can be paged. The first is everybody's who has said nothing.
func Languages() []string { return []string{"en", "de", "fr"} }

// Say fills in a text in a language: en where there is none.
func Say(language, key string, args ...any) string {
	i := max(0, slices.Index(Languages(), language))
	text := words[key][i]
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// words are the texts of mails, of services and of the page by which people answer: en, de, fr.
var words = map[string][3]string{
	"urgent": {"urgent", "dringend", "urgente"}, "high": {"high", "hoch", "élevée"},
	"normal": {"normal", "normal", "normale"}, "low": {"low", "niedrig", "basse"},

	"line ring":   {"%[1]s pages you (%[2]s): %[3]s", "%[1]s ruft Sie (%[2]s): %[3]s", "%[1]s a besoin de vous (%[2]s) : %[3]s"},
	"line lead":   {"Nobody of %[1]s was reached for %[2]s", "Niemand von %[1]s wurde erreicht für %[2]s", "Personne de %[1]s n’a été joint pour %[2]s"},
	"line silent": {"%[3]s accepted a page for %[1]s, and nothing came of it: %[2]s", "%[3]s hat einen Ruf für %[1]s angenommen, und seitdem ist nichts geschehen: %[2]s", "%[3]s a accepté un appel pour %[1]s, et rien n’a suivi : %[2]s"},
	"line remind": {"You have accepted this, and nothing was seen of you since: %[1]s", "Sie haben das angenommen, und seitdem war nichts von Ihnen zu sehen: %[1]s", "Vous avez accepté ceci, et rien n’a été vu de vous depuis : %[1]s"},
	"line notice": {"You will be wanted at %[1]s: %[2]s", "Sie werden um %[1]s gerufen: %[2]s", "On aura besoin de vous à %[1]s : %[2]s"},
	"line test":   {"This is a test. Nobody needs you: %[1]s wants to know whether you can be reached.", "Das ist eine Probe. Niemand braucht Sie: %[1]s möchte wissen, ob Sie zu erreichen sind.", "Ceci est un essai. Personne n’a besoin de vous : %[1]s veut savoir si l’on peut vous joindre."},

	"subject ring":   {"You are wanted (%[1]s): %[2]s", "Sie werden gebraucht (%[1]s): %[2]s", "On a besoin de vous (%[1]s) : %[2]s"},
	"subject lead":   {"Nobody of %[1]s was reached: %[2]s", "Niemand von %[1]s wurde erreicht: %[2]s", "Personne de %[1]s n’a été joint : %[2]s"},
	"subject remind": {"You have accepted this: %[1]s", "Sie haben das angenommen: %[1]s", "Vous avez accepté ceci : %[1]s"},
	"subject notice": {"You will be wanted: %[1]s", "Sie werden gerufen werden: %[1]s", "On aura besoin de vous : %[1]s"},
	"subject test":   {"Test: nothing is to be done", "Probe: nichts ist zu tun", "Essai : rien n’est à faire"},

	"also": {"Also: ", "Außerdem: ", "De plus : "}, "mail customer": {"Customer: ", "Kunde: ", "Client : "},
	"mail said":   {"Last said: ", "Zuletzt gesagt: ", "Dernier message : "},
	"mail answer": {"Accept, decline, or ask for time: ", "Annehmen, ablehnen oder um Zeit bitten: ", "Accepter, refuser ou demander du temps : "},
	"mail case":   {"The case: ", "Der Fall: ", "Le dossier : "},

	"somebody": {"Somebody", "Jemand", "Quelqu’un"}, "title": {"Page", "Ruf", "Appel"}, "skip": {"Skip to the content", "Zum Inhalt", "Aller au contenu"},
	"pages": {"%[1]s pages %[2]s", "%[1]s ruft %[2]s", "%[1]s fait appel à %[2]s"}, "customer": {"Customer", "Kunde", "Client"},
	"unknown": {"unknown", "unbekannt", "inconnu"}, "said": {"Last said", "Zuletzt gesagt", "Dernier message"}, "units": {"Units", "Geräte", "Appareils"},
	"mine":   {"You have accepted this.", "Sie haben das angenommen.", "Vous avez accepté ceci."},
	"theirs": {"%[1]s has accepted this.", "%[1]s hat das angenommen.", "%[1]s a accepté ceci."},
	"over":   {"This page is over.", "Dieser Ruf ist vorbei.", "Cet appel est terminé."}, "accept": {"Accept", "Annehmen", "Accepter"},
	"callback":    {"Promise the customer a callback within", "Dem Kunden einen Rückruf versprechen binnen", "Promettre au client de le rappeler d’ici"},
	"no callback": {"no callback", "kein Rückruf", "pas de rappel"}, "minutes": {"%[1]d minutes", "%[1]d Minuten", "%[1]d minutes"},
	"hour": {"1 hour", "1 Stunde", "1 heure"}, "hours": {"%[1]d hours", "%[1]d Stunden", "%[1]d heures"},
	"why not": {"Why not?", "Warum nicht?", "Pourquoi pas ?"}, "decline": {"Decline", "Ablehnen", "Refuser"}, "need": {"Need 15 min", "Brauche 15 min", "Besoin de 15 min"},
	"hand it to": {"Hand it to", "Weitergeben an", "Transmettre à"}, "choose": {"choose", "wählen", "choisir"}, "why them": {"Why them?", "Warum an sie?", "Pourquoi cette personne ?"},
	"hand": {"Hand on", "Weitergeben", "Transmettre"}, "again in": {"Ring me again in", "Mich wieder rufen in", "Me rappeler dans"},
	"remind in": {"Remind me in", "Mich erinnern in", "Me le rappeler dans"}, "snooze": {"Snooze", "Später", "Plus tard"},
	"history": {"What has happened", "Was geschehen ist", "Ce qui s’est passé"}, "case": {"The whole case", "Der ganze Fall", "Le dossier entier"},
	"sign in": {"(sign-in needed)", "(mit Anmeldung)", "(connexion nécessaire)"}, "done": {"Done.", "Erledigt.", "C’est fait."},
	"bad link": {"This link is not good, or has run out. Answer in Slack or in the console.", "Dieser Link gilt nicht oder nicht mehr. Antworten Sie in Slack oder in der Konsole.", "Ce lien n’est pas valable, ou ne l’est plus. Répondez dans Slack ou dans la console."},
	"failed":   {"That did not work", "Das hat nicht geklappt", "Cela n’a pas fonctionné"},

	"mail":        {"e-mail", "E-Mail", "e-mail"},
	"log paged":   {"%[1]s was paged by %[2]s (%[3]s)", "%[1]s wurde von %[2]s gerufen (%[3]s)", "%[2]s a fait appel à %[1]s (%[3]s)"},
	"log ringing": {"%[1]s is being rung by %[2]s", "%[1]s wird gerufen: %[2]s", "%[1]s : appel en cours par %[2]s"},
	"log undisturbed": {"%[1]s does not want to be disturbed until %[3]s; rung by %[2]s", "%[1]s möchte bis %[3]s nicht gestört werden; es klingelt: %[2]s",
		"%[1]s ne veut pas être dérangé jusqu’à %[3]s ; sonnerie par %[2]s"},
	"log unrung": {"%[1]s does not want to be disturbed until %[3]s: Slack does not ring them", "%[1]s möchte bis %[3]s nicht gestört werden: in Slack klingelt nichts",
		"%[1]s ne veut pas être dérangé jusqu’à %[3]s : Slack ne sonne pas"},
	"log delivered": {"told %[1]s by %[2]s", "%[1]s erreicht: %[2]s", "%[1]s : prévenu par %[2]s"},
	"log trying":    {"%[1]s is not reached by %[2]s yet", "%[1]s ist noch nicht erreicht: %[2]s", "%[1]s : pas encore joint par %[2]s"},
	"log failed":    {"%[1]s cannot be reached by %[2]s", "%[1]s ist nicht zu erreichen: %[2]s", "%[1]s : injoignable par %[2]s"},
	"log accepted":  {"%[1]s accepted", "%[1]s hat angenommen", "%[1]s a accepté"},
	"log declined":  {"%[1]s declined", "%[1]s hat abgelehnt", "%[1]s a refusé"},
	"log no_answer": {"%[1]s did not answer", "%[1]s hat nicht geantwortet", "%[1]s n’a pas répondu"},
	"log not_sent":  {"the page to %[1]s did not go out in time", "der Ruf an %[1]s ging nicht rechtzeitig hinaus", "l’appel à %[1]s n’est pas parti à temps"},
	"log nobody":    {"nobody is on call", "niemand hat Bereitschaft", "personne n’est d’astreinte"},
	"log needs":     {"%[1]s needs time until %[3]s; the page waits for them", "%[1]s braucht Zeit bis %[3]s; der Ruf wartet", "%[1]s a besoin de temps jusqu’à %[3]s ; l’appel attend"},
	"log handed":    {"%[1]s handed it to %[2]s", "%[1]s hat es an %[2]s weitergegeben", "%[1]s l’a transmis à %[2]s"},
	"log snoozed":   {"%[1]s snoozed it until %[3]s", "%[1]s hat es bis %[3]s verschoben", "%[1]s l’a remis à %[3]s"},
	"log joined":    {"%[1]s needs it, too", "%[1]s braucht es auch", "%[1]s en a besoin aussi"},
	"log waiting":   {"quiet hours: nobody is rung before %[3]s", "Ruhezeit: niemand wird vor %[3]s gerufen", "heures calmes : personne n’est appelé avant %[3]s"},
	"log silent":    {"%[1]s accepted, and nothing was seen of them since", "%[1]s hat angenommen, und seitdem war nichts zu sehen", "%[1]s a accepté, et rien n’a été vu depuis"},
	"log remind":    {"%[1]s was reminded by %[2]s", "%[1]s wurde erinnert: %[2]s", "%[1]s : rappel par %[2]s"},
	"log notice":    {"%[1]s has a notice by %[2]s", "%[1]s hat eine Nachricht: %[2]s", "%[1]s : avis par %[2]s"},
	"log lead":      {"the lead, %[1]s, was told by %[2]s", "die Leitung, %[1]s, hat es erfahren: %[2]s", "responsable %[1]s : prévenu par %[2]s"},
	"log exhausted": {"nobody of %[1]s was reached", "niemand von %[1]s wurde erreicht", "personne de %[1]s n’a été joint"},
	"log leaderless": {"nobody of %[1]s was reached, and there is no lead to be told", "niemand von %[1]s wurde erreicht, und es gibt keine Leitung, die es erfährt",
		"personne de %[1]s n’a été joint, et il n’y a pas de responsable à prévenir"},
}

// Names say how people and tiers are called.
type Names struct{ Agent, Tier func(id string) string }

// Log is what happened to a ticket's pages, in words and in the order of time. Where there are several, each line says
// of which.
func Log(t ticket.Ticket, language string, names Names) []string {
	type line struct {
		text string
		at   time.Time
	}
	var all []line
	pages := t.Pages()
	for _, p := range pages {
		title, prefix := names.Tier(p.Tier), ""
		if len(pages) > 1 {
			prefix = title + ": "
		}
		by := cmp.Or(p.By.Name, strings.ToLower(Say(language, "somebody")))
		all = append(all, line{Say(language, "log paged", title, by, Say(language, string(p.Severity))), p.Opened})
		for i, e := range p.Log {
			if e.What == "ringing" && slices.ContainsFunc(p.Log[i+1:], func(o ticket.PageEntry) bool { return outcome(o) && o.Agent == e.Agent && o.By == e.By }) {
				continue // what came of it says as much
			}
			if text := logLine(p, e, language, names); text != "" {
				all = append(all, line{prefix + text, e.At})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b line) int { return a.at.Compare(b.at) })
	var lines []string
	for _, l := range all {
		lines = append(lines, l.text)
	}
	return lines
}

// outcome says that an entry tells what came of ringing somebody.
func outcome(e ticket.PageEntry) bool {
	return e.What == "delivered" || e.What == "trying" || e.What == "failed"
}

// provider is what people call what they are rung by; others are called as the configuration names them.
func provider(name, language string) string {
	switch name {
	case Slack:
		return "Slack"
	case Email:
		return Say(language, "mail")
	}
	return name
}

func logLine(p *ticket.Page, e ticket.PageEntry, language string, names Names) string {
	key, who, by := "log "+e.What, names.Agent(e.Agent), provider(e.By, language)
	switch e.What {
	case "handed":
		by = names.Agent(e.By)
	case "joined":
		who = cmp.Or(who, by)
	case "exhausted":
		who = names.Tier(p.Tier)
		if len(p.Plan.Leads) == 0 {
			key = "log leaderless"
		}
	}
	if _, ok := words[key]; !ok {
		return ""
	}
	text := fill(Say(language, key), who, by, Clock(e.Until))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// fill puts in only what a text names: Sprintf complains of what is left over.
func fill(text string, args ...string) string {
	for i, a := range args {
		text = strings.ReplaceAll(text, fmt.Sprintf("%%[%d]s", i+1), a)
	}
	return text
}

// Clock is a time of day as pages tell it.
func Clock(at time.Time) string { return at.UTC().Format("15:04 UTC") }

// Line is all of a message in one line. until is when somebody will be rung who has a notice; answerer is who has
// accepted, and done nothing since.
func (m Message) Line(until time.Time, answerer string) string {
	about := m.Ticket + " " + m.Subject + ": " + m.Reason
	switch {
	case m.Kind == ticket.CallTest:
		return Say(m.Language, "line test", m.From)
	case m.Kind == ticket.CallLead && answerer != "":
		return Say(m.Language, "line silent", m.Tier, about, answerer)
	case m.Kind == ticket.CallLead:
		return Say(m.Language, "line lead", m.Tier, about)
	case m.Kind == ticket.CallRemind:
		return Say(m.Language, "line remind", about)
	case m.Kind == ticket.CallNotice:
		return Say(m.Language, "line notice", Clock(until), about)
	}
	return Say(m.Language, "line ring", m.From, Say(m.Language, string(m.Severity)), about)
}

// Mail is the message as people read it on a telephone.
func (m Message) Mail() (subject, text string) {
	switch m.Kind {
	case ticket.CallTest:
		return Say(m.Language, "subject test"), m.Text + "\n"
	case ticket.CallLead:
		subject = Say(m.Language, "subject lead", m.Tier, m.Subject)
	case ticket.CallRemind:
		subject = Say(m.Language, "subject remind", m.Subject)
	case ticket.CallNotice:
		subject = Say(m.Language, "subject notice", m.Subject)
	case ticket.CallNews:
		subject = m.Subject
	default:
		subject = Say(m.Language, "subject ring", Say(m.Language, string(m.Severity)), m.Subject)
	}
	var b strings.Builder
	say := func(label, text string) {
		if text = strings.TrimSpace(text); text != "" {
			b.WriteString(label + text + "\n")
		}
	}
	say("", m.Text)
	for _, more := range m.More {
		say(Say(m.Language, "also"), more)
	}
	b.WriteString("\n")
	say(Say(m.Language, "mail customer"), strings.Trim(m.Customer+", "+m.Organization, ", "))
	say(Say(m.Language, "mail said"), m.Said)
	b.WriteString("\n")
	say(Say(m.Language, "mail answer"), m.Answer)
	say(Say(m.Language, "mail case"), m.URL)
	return "[" + m.Ticket + "] " + subject, b.String()
}

// Urgent says that somebody is wanted now.
func (m Message) Urgent() bool {
	return m.Kind != ticket.CallNotice && m.Kind != ticket.CallNews && m.Kind != ticket.CallTest
}

// Fault is why an answer was refused, in a language: what has no words in it is told in English.
func Fault(language, text string) string {
	if i := slices.Index(Languages(), language); i > 0 {
		if said, ok := faults[text]; ok {
			return said[i-1]
		}
	}
	return text
}

// faults are refusals of the ticket, as it tells them: de, fr.
var faults = map[string][2]string{
	"This page is over.":                                                     {"Dieser Ruf ist vorbei.", "Cet appel est terminé."},
	"This page was accepted already.":                                        {"Dieser Ruf wurde schon angenommen.", "Cet appel a déjà été accepté."},
	"You were not paged.":                                                    {"Sie wurden nicht gerufen.", "Vous n’avez pas été appelé."},
	"Nobody is being rung now; but you can still accept.":                    {"Gerade wird niemand gerufen; aber Sie können noch annehmen.", "Personne n’est appelé en ce moment ; mais vous pouvez encore accepter."},
	"It has waited for you already. Accept, decline or hand it to somebody.": {"Es hat schon auf Sie gewartet. Nehmen Sie an, lehnen Sie ab oder geben Sie es weiter.", "On vous a déjà attendu. Acceptez, refusez ou transmettez."},
	"It waits for somebody else already; but you can accept.":                {"Es wartet schon auf jemand anderen; aber Sie können annehmen.", "On attend déjà quelqu’un d’autre ; mais vous pouvez accepter."},
	"Say to whom.":                {"Sagen Sie, an wen.", "Dites à qui."},
	"They have declined already.": {"Sie haben schon abgelehnt.", "Cette personne a déjà refusé."},
	"You have declined this.":     {"Sie haben das abgelehnt.", "Vous avez refusé ceci."},
	"The minutes are 0 to 1440.":  {"Die Minuten sind 0 bis 1440.", "Les minutes vont de 0 à 1440."},
	"You have snoozed it often enough. Accept, decline or hand it to somebody.": {"Sie haben es oft genug verschoben. Nehmen Sie an, lehnen Sie ab oder geben Sie es weiter.", "Vous l’avez remis assez souvent. Acceptez, refusez ou transmettez."},
	"It was handed on 10 times already. Accept it, or decline.":                 {"Es wurde schon 10-mal weitergegeben. Nehmen Sie an oder lehnen Sie ab.", "Ceci a déjà été transmis 10 fois. Acceptez ou refusez."},
}
