package channels_test

import (
	"strings"
	"testing"

	"tierline/channels"
	"tierline/channels/channeltest"
	"tierline/customer"
	"tierline/ticket"
)

func TestUnderstand(t *testing.T) {
	t.Parallel()
	const (
		english = "Since last week the machine makes a strange noise when it grinds the beans, and then it stops. We have " +
			"already emptied the tank, cleaned everything that can be taken out and switched it off over night. What should I try? "
		german = "Seit letzter Woche macht die Maschine beim Mahlen ein seltsames Geräusch und bleibt dann einfach stehen. Wir haben " +
			"den Tank schon geleert, alles gereinigt und das Gerät über Nacht ausgeschaltet. Was könnte ich noch versuchen? "
	)
	w := channeltest.NewWorld()
	in, err := channels.Understand(w.Intake, channels.UnderstandConfig{Serials: []string{`SN-\d{4}`}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, given, text, language, units string }{
		{"English", "", english, "en", ""},
		{"German", "", german, "de", ""},
		{"long, and cut within a letter", "", strings.Repeat("ä", 5) + strings.Repeat(german, 500), "de", ""},
		{"what is behind the beginning is not guessed from", "", strings.Repeat(german, 8) + strings.Repeat(english, 100), "de", ""},
		{"too short", "", "ok thanks", "", ""},
		{"known already", "fr", english, "fr", ""},
		{"serial numbers far behind", "", strings.Repeat(english, 50) + "It is sn-1 or SN-1234 or SN-1234.", "en", "SN-1234"},
	} {
		before := len(w.Intake.Accepted())
		if _, err := in.Accept(t.Context(), []ticket.Inbound{{Channel: "chat", Inbox: "shop", External: c.name, Language: c.given, Text: c.text,
			From: customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}}}); err != nil {
			t.Fatal(err)
		}
		got := w.Intake.Accepted()[before]
		if got.Language != c.language || strings.Join(got.Units, " ") != c.units {
			t.Errorf("%s: language %q, units %q", c.name, got.Language, got.Units)
		}
	}
}
