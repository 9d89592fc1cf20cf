package demoworld

import (
	"crypto/rand"
	"strings"
)

var sampleCustomers = []Customer{
	{Name: "Clara Weber", Email: "clara@seeblick.example", Language: "de", Phone: "+493012345601", About: "Hotel Seeblick, gold plan"},
	{Name: "Jonas Huber", Email: "jonas@seeblick.example", Language: "de", About: "Hotel Seeblick, night porter"},
	{Name: "Amélie Durand", Email: "amelie@lumiere.example", Language: "fr", Phone: "+33145678901", About: "Café Lumière"},
	{Name: "Joe Miller", Email: "joe.miller@example.com", Language: "en", Phone: "+442071234567", About: "at home, a BW-200"},
}

type product struct{ Name, What, Price, Look string }

var products = []product{
	{"BW-100", "Für eine Person und eine gute Tasse. Siebträger, Handhebel, sonst nichts.", "349 €", "one"},
	{"BW-200", "Mit Mahlwerk und Milchdüse: der Morgen für zwei.", "799 €", "two"},
	{"BW-Pro", "Zwei Gruppen, 14 Liter. Steht in Hotels und Cafés, die früh öffnen.", "3 490 €", "pro"},
	{"Entkalker", "Zwei Portionen Zitronensäure, fertig abgewogen.", "12 €", "kit"},
	{"Dichtungsset", "Dichtungen und Sieb für die Brühgruppe, jedes Modell.", "19 €", "ring"},
	{"Bohnen „Frühschicht“", "Kräftig, wenig Säure, aus der Rösterei nebenan. 1 kg.", "24 €", "bean"},
}

// sampleMail is a mail to pick, in the language of those who would write it.
type sampleMail struct {
	Language string `json:"language"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

var sampleMails = []sampleMail{
	{"de", "Maschine tropft unten", "Guten Tag,\n\nseit heute Morgen tropft Wasser unten aus unserer BW-Pro (BWP-300108). Der Tank ist dicht, die Schale ist leer. Wir öffnen um sechs Uhr. Was können wir selbst tun?\n\nViele Grüße"},
	{"de", "Fehler E-11 nach dem Entkalken", "Hallo,\n\nnach dem Entkalken zeigt die Anzeige E-11 und die Pumpe brummt nur noch kurz. Aus- und Einschalten hat nichts geändert.\n\nDanke und Grüße"},
	{"de", "Rechnung für das Dichtungsset", "Guten Tag,\n\nkönnen Sie mir die Rechnung für das Dichtungsset noch einmal schicken? Die Buchhaltung braucht sie bis Freitag.\n\nFreundliche Grüße"},
	{"en", "Grinder hums, no coffee", "Hi,\n\nthe grinder of my BW-200 (BW2-204711) hums but nothing comes out. I cleaned the funnel as the manual says, and it made no difference. Is this something I can mend myself?\n\nThanks"},
	{"en", "How often should I descale?", "Hello,\n\nwe have very hard water here. How often should the machine be descaled, and is citric acid from the supermarket all right?\n\nBest regards"},
	{"en", "Steam wand drips", "Hi,\n\nthe steam wand keeps dripping after I close the valve. It has got worse over two weeks. Warranty case?\n\nCheers"},
	{"fr", "Code d'erreur E-11", "Bonjour,\n\nnotre machine BW-100 (BW1-100233) affiche E-11 depuis ce matin et ne chauffe plus. Nous ouvrons dans deux heures. Que faire ?\n\nMerci d'avance"},
	{"fr", "Détartrage", "Bonjour,\n\nla machine demande un détartrage. Quel produit faut-il utiliser et combien de temps cela prend-il ?\n\nCordialement"},
}

// sampleCall is a transcript to pick.
type sampleCall struct {
	Title    string `json:"title"`
	Language string `json:"language"`
	Type     string `json:"type"`
	Body     string `json:"body"`
}

// sampleCalls gives each call an id of its own, so that every picking is a new call.
func (w *World) sampleCalls() []sampleCall {
	out := make([]sampleCall, len(calls))
	for i, c := range calls {
		c.Body = strings.ReplaceAll(c.Body, "CALL-ID", "demo-"+strings.ToLower(rand.Text()[:8]))
		out[i] = c
	}
	return out
}

var calls = []sampleCall{
	{"Hotel: water under the machine (turns as JSON)", "de", "application/json", `{
  "call_id": "CALL-ID",
  "from": "+493012345601",
  "direction": "inbound",
  "language": "de",
  "turns": [
    {"role": "agent", "start_ms": 0, "end_ms": 3200, "text": "Brühwerk Service, guten Morgen, was kann ich für Sie tun?"},
    {"role": "customer", "start_ms": 3500, "end_ms": 11800, "text": "Weber vom Hotel Seeblick. Unter unserer BW-Pro steht schon wieder Wasser, Seriennummer BWP-300108."},
    {"role": "agent", "start_ms": 12100, "end_ms": 15400, "text": "Läuft es auch, wenn die Maschine aus ist?"},
    {"role": "customer", "start_ms": 15900, "end_ms": 22000, "text": "Nein, nur wenn die Pumpe läuft. Die Dichtung haben wir letzte Woche getauscht."},
    {"role": "agent", "start_ms": 22400, "end_ms": 27000, "text": "Ich gebe das an die Technik weiter, Sie hören heute noch von uns."}
  ]
}`},
	{"At home: the grinder hums (turns as JSON)", "en", "application/json", `{
  "call_id": "CALL-ID",
  "from": "+442071234567",
  "direction": "inbound",
  "language": "en",
  "turns": [
    {"role": "customer", "start_ms": 0, "end_ms": 6400, "text": "Hello, it's Joe Miller. My BW-200 makes a humming noise and no coffee comes. The serial is BW2-204711."},
    {"role": "agent", "start_ms": 6900, "end_ms": 10100, "text": "Did anything hard fall into the hopper?"},
    {"role": "customer", "start_ms": 10400, "end_ms": 14800, "text": "Not that I know. I wrote you a mail about it last month already."},
    {"role": "agent", "start_ms": 15200, "end_ms": 19900, "text": "Thank you. I will send you the steps to clear the burrs by mail."}
  ]
}`},
	{"Café : code E-11 (WebVTT)", "fr", "text/vtt", `WEBVTT

NOTE
call_id: CALL-ID
from: +33145678901
language: fr

00:00:00.000 --> 00:00:03.000
<v Agent>Brühwerk, service clients, bonjour.

00:00:03.400 --> 00:00:10.500
<v Customer>Bonjour, Durand du Café Lumière. La machine BW1-100233 affiche E-11 et elle ne chauffe plus.

00:00:10.900 --> 00:00:14.000
<v Agent>L'avez-vous détartrée récemment ?

00:00:14.300 --> 00:00:19.200
<v Customer>Oui, hier soir. Depuis, plus rien, et nous ouvrons à sept heures.
`},
}
