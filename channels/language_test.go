package channels

import (
	"strings"
	"testing"

	"github.com/abadojack/whatlanggo"
)

// letters are what customers write, a line each, after its language.
const letters = `
en Hello, my machine does not start any more since yesterday. What can I do?
en Order 4711 has not arrived yet. Please check.
en Thanks, that works now.
en Could you send me the invoice again? I cannot find it in my account.
en The display shows error E42 and then it goes off.
en I would like to return the grinder I bought from you last week because it is much too loud for our small office.
en Dear support team, we have been waiting for a spare part for three weeks.
en Is there a way to change the language of the menu?
de Guten Tag, seit gestern startet meine Maschine nicht mehr. Was kann ich tun?
de Bestellung 4711 ist noch nicht angekommen. Bitte prüfen Sie das.
de Danke, jetzt geht es wieder.
de Können Sie mir die Rechnung noch einmal schicken? Ich finde sie nicht in meinem Konto.
de Im Display steht Fehler E42, dann geht sie aus.
de Sehr geehrte Damen und Herren, wir warten seit drei Wochen auf ein Ersatzteil.
de Kann man die Sprache des Menüs umstellen?
de Mahlwerk defekt, bitte um Rückruf
fr Bonjour, ma machine ne démarre plus depuis hier. Que puis-je faire ?
fr La commande 4711 n'est pas encore arrivée. Merci de vérifier.
fr Merci, ça marche maintenant.
fr Pouvez-vous me renvoyer la facture ? Je ne la trouve pas dans mon compte.
fr L'écran affiche l'erreur E42 et puis il s'éteint.
fr Nous attendons une pièce de rechange depuis trois semaines.
fr Est-ce qu'il y a un moyen de changer la langue du menu ?
es Hola, mi máquina no arranca desde ayer. ¿Qué puedo hacer?
es El pedido 4711 todavía no ha llegado. Por favor, compruébenlo.
es Gracias, ahora ya funciona.
es ¿Me pueden enviar otra vez la factura? No la encuentro en mi cuenta.
es La pantalla muestra el error E42 y después se apaga.
es Llevamos tres semanas esperando una pieza de repuesto.
it Buongiorno, la mia macchina non parte più da ieri. Cosa posso fare?
it L'ordine 4711 non è ancora arrivato. Potete controllare, per favore?
it Grazie, adesso funziona.
it Potete inviarmi di nuovo la fattura? Non la trovo nel mio account.
it Il display mostra l'errore E42 e poi si spegne.
it Aspettiamo un pezzo di ricambio da tre settimane.
nl Hallo, mijn machine start sinds gisteren niet meer. Wat kan ik doen?
nl Bestelling 4711 is nog niet aangekomen. Kunt u dit nakijken?
nl Bedankt, het werkt nu weer.
nl Kunt u mij de factuur nog eens sturen? Ik kan hem niet vinden in mijn account.
nl Op het scherm staat fout E42 en dan gaat hij uit.
nl We wachten al drie weken op een onderdeel.
pl Dzień dobry, od wczoraj moja maszyna nie włącza się. Co mogę zrobić?
pl Zamówienie 4711 jeszcze nie dotarło. Proszę sprawdzić.
pl Dziękuję, teraz już działa.
pl Czy mogą Państwo jeszcze raz wysłać mi fakturę? Nie mogę jej znaleźć.
pl Czekamy na część zamienną od trzech tygodni.
pt Olá, a minha máquina não liga desde ontem. O que posso fazer?
pt A encomenda 4711 ainda não chegou. Podem verificar, por favor?
pt Obrigado, agora já funciona.
pt Podem enviar-me a fatura outra vez? Não a encontro na minha conta.
pt Estamos à espera de uma peça há três semanas.
sv Hej, min maskin startar inte längre sedan igår. Vad kan jag göra?
sv Beställning 4711 har inte kommit än. Kan ni kontrollera det?
sv Tack, nu fungerar den igen.
sv Kan ni skicka fakturan en gång till? Jag hittar den inte på mitt konto.
sv Vi har väntat på en reservdel i tre veckor.
da Hej, min maskine starter ikke længere siden i går. Hvad kan jeg gøre?
da Ordre 4711 er ikke kommet endnu. Kan I undersøge det?
da Tak, nu virker den igen.
da Kan I sende mig fakturaen igen? Jeg kan ikke finde den på min konto.
da Vi har ventet på en reservedel i tre uger.
`

// TestGuess: the small words tell no less right than the letters do alone, and nothing wrong.
func TestGuess(t *testing.T) {
	t.Parallel()
	g := newGuesser(Languages())
	right, wrong, library, n := 0, 0, 0, 0
	for _, l := range strings.Split(strings.TrimSpace(letters), "\n") {
		want, text, _ := strings.Cut(l, " ")
		n++
		switch got := g.guess(text); got {
		case want:
			right++
		case "":
			t.Logf("%s is not told: %q", want, text)
		default:
			wrong++
			t.Errorf("%s instead of %s: %q", got, want, text)
		}
		if info := whatlanggo.DetectWithOptions(text, g.opts); info.Confidence >= minSure && info.Lang.Iso6391() == want {
			library++
		}
	}
	t.Logf("%d of %d right, %d wrong; by letters alone %d", right, n, wrong, library)
	if right < library || right*10 < n*9 {
		t.Errorf("%d of %d right, by letters alone %d", right, n, library)
	}
}

// TestGuessNothing: what is none of the languages that customers write in gets none of them.
func TestGuessNothing(t *testing.T) {
	t.Parallel()
	g := newGuesser([]string{"en", "de", "fr"})
	for _, text := range []string{
		"Llevamos tres semanas esperando una pieza de repuesto y no sabemos nada de ustedes.",
		"Czekamy na część zamienną od trzech tygodni i nie wiemy, co się dzieje.",
		"http://www.a.example.com/do http://com.example.com/com", "4711 0815 E42 +49 30 123456", "ok", "", "\xff\xfe",
		"Hyvää päivää, kone ei käynnisty eilisestä lähtien.",
	} {
		if got := g.guess(text); got != "" && !strings.HasPrefix(text, "Hyv") { // whose letters may look like anything
			t.Errorf("%q is %s", text, got)
		}
	}
}

func BenchmarkGuess(b *testing.B) {
	g := newGuesser([]string{"en", "de", "fr"})
	text := strings.Repeat("Hello, my machine does not start any more since yesterday. What can I do? ", 8)
	b.ReportAllocs()
	for b.Loop() {
		if g.guess(text) != "en" {
			b.Fatal("not understood")
		}
	}
}

func BenchmarkGuessByLetters(b *testing.B) {
	g := newGuesser([]string{"en", "de", "fr"})
	text := strings.Repeat("Hello, my machine does not start any more since yesterday. What can I do? ", 9)[:maxGuess]
	for b.Loop() {
		whatlanggo.DetectWithOptions(text, g.opts)
	}
}

func FuzzGuess(f *testing.F) {
	for _, l := range strings.Split(strings.TrimSpace(letters), "\n") {
		f.Add(l)
	}
	g := newGuesser(Languages())
	f.Fuzz(func(_ *testing.T, s string) { g.guess(s) })
}
