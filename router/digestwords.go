package router

import (
	"fmt"
	"strings"
	"time"

	"tierline/bots"
	"tierline/router/pager"
	"tierline/ticket"
)

// digestSays is a text of a digest in its reader's language: English where there is none.
func digestSays(language, key string, args ...any) string {
	text := digestWords[key][0]
	for i, l := range pager.Languages() {
		if l == language && i < len(digestWords[key]) {
			text = digestWords[key][i]
		}
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// digestWords are the texts of digests: en, de, fr, as in pager.Languages.
var digestWords = map[string][3]string{
	"morning":  {"Good morning, %s. This is before you:", "Guten Morgen, %s. Das liegt an:", "Bonjour, %s. Voici ce qui vous attend :"},
	"off":      {"You get this when your working day begins, if there is anything to say.", "Das kommt, wenn Ihr Arbeitstag beginnt und es etwas zu sagen gibt.", "Ce message arrive au début de votre journée, s'il y a quelque chose à dire."},
	"fewer":    {"Fewer of these", "Weniger davon", "Moins de messages"},
	"take":     {"Take", "Übernehmen", "Prendre"},
	"reply":    {"Reply", "Antworten", "Répondre"},
	"note":     {"Note", "Notiz", "Note"},
	"show":     {"Show the card", "Karte zeigen", "Voir la fiche"},
	"keep":     {"Kept", "Gehalten", "Tenue"},
	"accept":   {"Accept", "Annehmen", "Accepter"},
	"paged":    {"Being paged now", "Wird gerade alarmiert", "Alertes en cours"},
	"paging":   {"%s is being paged: %s", "%s wird alarmiert: %s", "%s est alerté : %s"},
	"answered": {"The customer has answered", "Kunde hat geantwortet", "Le client a répondu"},
	"wrote":    {"wrote", "schrieb", "a écrit"},
	"handed":   {"Handed to you", "Ihnen übergeben", "Transmis à vous"},
	"since":    {"yours since", "Ihrer seit", "à vous depuis"},
	"promised": {"Promised, and due today", "Versprochen und heute fällig", "Promis pour aujourd'hui"},
	"until":    {"%s until", "%s bis", "%s avant"},
	"broken":   {"%s, broken: it was due", "%s, gebrochen: fällig war", "%s, non tenu : c'était pour"},
	"due":      {"Runs out today", "Läuft heute ab", "Échéance aujourd'hui"},
	"runs":     {"runs out", "läuft ab", "échéance"},
	"ranout":   {"ran out", "lief ab", "échu"},
	"waits":    {"Yours to act on", "Bei Ihnen", "À traiter par vous"},
	"free":     {"Nobody's yet, in your tiers", "Noch ohne Bearbeiter in Ihren Stufen", "Sans responsable dans vos niveaux"},
	"opened":   {"waits since", "wartet seit", "attend depuis"},
	"night":    {"Pages since you left", "Alarme, seit Sie gingen", "Alertes depuis votre départ"},
	"asks":     {"You are asked", "Sie werden gefragt", "On vous demande"},
	"swap":     {"%s asks to swap shifts for %s", "%s möchte Schichten für %s tauschen", "%s propose d'échanger des gardes pour %s"},
	"cover":    {"%s looks for somebody to take a shift for %s", "%s sucht Vertretung für eine Schicht in %s", "%s cherche quelqu'un pour une garde de %s"},

	"accepted":  {"%s: accepted by %s after %s", "%s: angenommen von %s nach %s", "%s : acceptée par %s après %s"},
	"exhausted": {"%s: nobody was reached", "%s: niemand erreicht", "%s : personne n'a répondu"},
	"cancelled": {"%s: solved before anybody answered", "%s: gelöst, bevor jemand antwortete", "%s : résolu avant toute réponse"},
	"open":      {"%s: still open", "%s: noch offen", "%s : encore ouverte"},

	"callback": {"Callback", "Rückruf", "Rappel"},
	"update":   {"Update", "Zwischenstand", "Point de situation"},
	"fix":      {"Fix", "Behebung", "Correction"},
	"answer":   {"Answer to a complaint", "Antwort auf eine Beschwerde", "Réponse à une réclamation"},
	"promise":  {"Promise", "Zusage", "Promesse"},

	"takeover":   {"Your shift for %s has begun. This comes with it:", "Ihre Schicht für %s hat begonnen. Das gehört dazu:", "Votre garde pour %s commence. Voici ce qui l'accompagne :"},
	"handover":   {"%s: %s took over. This was handed over:", "%s: %s hat übernommen. Das wurde übergeben:", "%s : %s a pris le relais. Voici la passation :"},
	"leaving":    {"Your shift for %s ends soon. This is what %s takes over:", "Ihre Schicht für %s endet bald. Das übernimmt %s:", "Votre garde pour %s se termine bientôt. Voici ce que reprend %s :"},
	"words":      {"Left for this shift", "Für diese Schicht hinterlassen", "Laissé pour cette garde"},
	"pages":      {"Pages that are open", "Offene Alarme", "Alertes ouvertes"},
	"incidents":  {"Incidents", "Störungen", "Incidents"},
	"owed":       {"Promised until the shift ends", "Zugesagt bis Schichtende", "Promis avant la fin de la garde"},
	"work":       {"In work", "In Arbeit", "En cours"},
	"unowned":    {"Nobody's yet", "Noch ohne Bearbeiter", "Sans responsable"},
	"owner":      {"with %s", "bei %s", "chez %s"},
	"customer":   {"Customer: %s", "Kunde: %s", "Client : %s"},
	"us":         {"We: %s", "Wir: %s", "Nous : %s"},
	"next":       {"Next: %s", "Als Nächstes: %s", "Ensuite : %s"},
	"add":        {"Add for the next shift …", "Für die nächste Schicht …", "Ajouter pour la suite …"},
	"addhere":    {"Add for this shift …", "Für diese Schicht …", "Ajouter pour cette garde …"},
	"added":      {"%s adds for your shift at %s:", "%s ergänzt für Ihre Schicht bei %s:", "%s ajoute pour votre garde de %s :"},
	"week":       {"Last week, %s to %s:", "Letzte Woche, %s bis %s:", "La semaine du %s au %s :"},
	"date":       {"2 Jan 2006", "2.1.2006", "2/1/2006"},
	"before":     {"week before: %s", "Woche davor: %s", "semaine d'avant : %s"},
	"of":         {"%d of %d (%d %%)", "%d von %d (%d %%)", "%d sur %d (%d %%)"},
	"solved":     {"Solved", "Gelöst", "Résolus"},
	"first":      {"At first contact", "Beim ersten Kontakt", "Au premier contact"},
	"reopened":   {"Opened again", "Wieder geöffnet", "Rouverts"},
	"missed":     {"Clocks that ran out", "Überschrittene Fristen", "Échéances dépassées"},
	"kept":       {"Promises kept", "Zusagen gehalten", "Promesses tenues"},
	"returned":   {"Handovers returned to be written anew", "Zur Überarbeitung zurückgegeben", "Transferts renvoyés à réécrire"},
	"unclear":    {"Notes that had to be asked about", "Notizen mit Rückfrage", "Notes à clarifier"},
	"complaints": {"Complaints", "Beschwerden", "Réclamations"},
	"pageweek":   {"Pages", "Alarme", "Alertes"},
	"paged7":     {"%d, %d reached nobody; accepted after %s (median), %s (90 %%)", "%d, %d ohne Antwort; angenommen nach %s (Median), %s (90 %%)", "%d, %d sans réponse ; acceptées après %s (médiane), %s (90 %%)"},
	"causes":     {"What it was most", "Häufigste Ursachen", "Causes principales"},
	"kb":         {"Knowledge base", "Wissensdatenbank", "Base de connaissances"},
	"gaps":       {"Cases for which no article fitted", "Fälle ohne passenden Artikel", "Cas sans article adapté"},
	"used":       {"Articles used", "Genutzte Artikel", "Articles utilisés"},
	"flagged":    {"Flagged: %s (%d)", "Bemängelt: %s (%d)", "Signalé : %s (%d)"},
	"stale":      {"Unchanged for a year: %d articles", "Seit einem Jahr unverändert: %d Artikel", "Inchangés depuis un an : %d articles"},
	"weekmeans": {"Counted by the team that had the case, on the day it came to pass. At first contact: the customer wrote once, no other tier was needed, and it was not opened again that week. The report says what each figure means and lists its cases.",
		"Gezählt für das Team, das den Fall hatte, am Tag des Geschehens. Beim ersten Kontakt: Der Kunde schrieb einmal, keine andere Stufe war nötig, und in der Woche wurde nicht wieder geöffnet. Der Bericht erklärt jede Zahl und nennt ihre Fälle.",
		"Compté pour l'équipe qui avait le cas, le jour même. Au premier contact : le client a écrit une fois, sans autre niveau, et rien n'a été rouvert cette semaine-là. Le rapport explique chaque chiffre et donne ses cas."},
	"nobody": {"nobody", "niemand", "personne"},
}

// promiseSays is what was promised, in a word.
func promiseSays(language string, k ticket.PromiseKind) string {
	if _, ok := digestWords[string(k)]; ok {
		return digestSays(language, string(k))
	}
	return digestSays(language, "promise")
}

// spell is a time span in short.
func spell(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60), " 0 min")
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// digestButtons are what can be done to the case of a row.
func digestButtons(language string, number int, what ...string) (list []bots.DigestDo) {
	for _, w := range what {
		list = append(list, bots.DigestDo{Do: w, Label: digestSays(language, w), Number: number})
	}
	return list
}
