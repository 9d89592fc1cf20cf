package lint

import (
	"testing"
	"time"
)

func TestTimesThatAnAnswerNames(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC) // a Wednesday
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	for text, want := range map[string]time.Time{
		"We will have it fixed by tomorrow.":                         at(5, 17, 0),
		"You'll hear from us by 3 pm.":                               at(4, 15, 0),
		"You will hear from us by 9 a.m. tomorrow, as agreed.":       at(5, 9, 0),
		"Our technician arrives on Friday at 14:30.":                 at(6, 14, 30),
		"I'll call you back within two hours!":                       at(4, 12, 0),
		"We'll send it in 3 business days.":                          at(9, 10, 0),
		"We expect it in 2-3 days.":                                  at(7, 10, 0),
		"It will be solved by the end of the week.":                  at(6, 17, 0),
		"Wir melden uns bis morgen.":                                 at(5, 17, 0),
		"Wir rufen Sie heute um 16 Uhr an.":                          at(4, 16, 0),
		"Der Techniker kommt übermorgen gegen 9:30 Uhr.":             at(6, 9, 30),
		"Sie hören in einer Stunde von uns.":                         at(4, 11, 0),
		"Das Ersatzteil wird binnen 5 Werktagen geliefert.":          at(11, 10, 0),
		"Ich erledige das bis Montag.":                               at(9, 17, 0),
		"Nous vous rappellerons d’ici demain.":                       at(5, 17, 0),
		"Vous aurez une réponse avant 15 h 30.":                      at(4, 15, 30),
		"Le technicien passera vendredi à 14 heures.":                at(6, 14, 0),
		"Ce sera réparé dans deux jours.":                            at(6, 10, 0),
		"Hello Ada,\n\nthanks for waiting. We will be back by noon.": at(4, 12, 0),
		"We will deliver it on 12 March.":                            at(12, 17, 0),
		"You'll have it by March 12th at 9 am.":                      at(12, 9, 0),
		"Wir liefern am Donnerstag, den 19. März um 15:00 Uhr.":      at(19, 15, 0),
		"Wir liefern bis 19.03.":                                     at(19, 17, 0),
		"Nous livrons le jeudi 19 mars à 15 h 00.":                   at(19, 15, 0),
		"Nous livrons avant le 19/03.":                               at(19, 17, 0),
		"We will call you tonight.":                                  at(4, 17, 0),
	} {
		got := Times(text, now)
		if len(got) != 1 || !got[0].At.Equal(want) {
			t.Errorf("%q: %+v, want %s", text, got, want)
		}
	}
	for _, text := range []string{
		"", "Hello", "Please send us the log by tomorrow.", "Could we talk tomorrow at 10:00?", "Bitte schicken Sie uns das Protokoll bis morgen.",
		"Guten Morgen, wir haben Ihre Nachricht bekommen.", "You wrote to us today at 9:00, thank you.", "> We will fix it by tomorrow.",
		"Hold the button for 10 seconds.", "We cannot say yet when it will be solved.", "Wir haben gestern mit Ihnen gesprochen.",
		"Veuillez redémarrer l’appareil demain.", "Our prices start at 14.50.", "Version 2.10 is what we recommend.", "We have two offices in one city.", "We may call you.", "Our invoice of 12 February is here.", "Wir haben am 2. März geliefert.",
		"Our part 12.30.4 will fit.", "It will take 3/4 of the tank.",
	} {
		if got := Times(text, now); len(got) != 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := Times("We will call tomorrow. We will call on Friday.", now); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

func FuzzTimes(f *testing.F) {
	f.Add("We'll be there by 99:99 tomorrow within 9999999999999999999 days")
	f.Fuzz(func(t *testing.T, text string) {
		now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
		for _, x := range Times(text, now) {
			if x.At.Before(now) && x.Until.Before(now) || x.Words == "" {
				t.Errorf("%q: %+v", text, x)
			}
		}
	})
}
