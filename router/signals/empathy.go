package signals

// empathy are openings of an answer to somebody who is angry or in need (practice: venting). They
// admit no fault and promise nothing.
var empathy = map[string]map[Kind]string{
	"en": {
		Anger:   "I understand how frustrating this is, and I am sorry for the trouble it has caused you. I have read everything you wrote, so you need not explain it again.",
		Urgency: "I see that this is urgent for you. Here is what we are doing right now:",
		Safety:  "Please switch the device off and keep away from it until we have spoken. Your safety comes first.",
	},
	"de": {
		Anger:   "Ich verstehe gut, wie ärgerlich das für Sie ist, und es tut mir leid, dass Sie diese Mühe damit haben. Ich habe alles gelesen, was Sie geschrieben haben; Sie müssen nichts noch einmal erklären.",
		Urgency: "Ich sehe, dass es bei Ihnen eilt. Das tun wir gerade:",
		Safety:  "Bitte schalten Sie das Gerät aus und halten Sie Abstand davon, bis wir gesprochen haben. Ihre Sicherheit geht vor.",
	},
	"fr": {
		Anger:   "Je comprends combien cette situation est pénible, et je suis désolé des désagréments qu’elle vous cause. J’ai lu tout ce que vous avez écrit : vous n’avez rien à réexpliquer.",
		Urgency: "Je vois que c’est urgent pour vous. Voici ce que nous faisons en ce moment :",
		Safety:  "Veuillez éteindre l’appareil et vous en tenir éloigné jusqu’à ce que nous nous soyons parlé. Votre sécurité passe avant tout.",
	},
}

// Empathy is an opening for an answer to somebody who shows these signals, in their language or else in
// English; "" when none is called for.
func Empathy(kinds []Kind, language string) string {
	lines, ok := empathy[language]
	if !ok {
		lines = empathy["en"]
	}
	for _, k := range []Kind{Safety, Anger, Urgency} {
		for _, have := range kinds {
			if have == k {
				return lines[k]
			}
		}
	}
	return ""
}
