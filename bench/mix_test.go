//go:build !race

package bench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"tierline/channels/email"
)

// kinds are the mails of a support mailbox, so many of a thousand. Together they weigh about 50 kB a
// mail; nearly all of it is in attachments. docs/BENCH.md has the table.
var kinds = []struct {
	of    int
	write func(w *writing)
}{
	{300, (*writing).note},         // plain text of one to six paragraphs, half of them with a signature
	{120, (*writing).answer},       // plain text above the whole of what it answers
	{290, (*writing).alternative},  // HTML as Outlook, Gmail and Apple Mail write it, with history, and plain text
	{30, (*writing).letter},        // HTML alone, of a mail program of some shop, 10 to 60 kB
	{110, (*writing).attachment},   // a photo, PDF or log of 20 to 500 kB
	{8, (*writing).large},          // a video or scan of 1 to 4 MB
	{42, (*writing).foreign},       // plain text in ISO-8859-1, Windows-1252, KOI8-R or ISO-2022-JP
	{40, (*writing).bounce},        // a delivery report
	{50, (*writing).automatic},     // out of office
	{10, (*writing).inlinePicture}, // HTML with a logo that it shows
}

// mix is a mailbox that can be written again: mail i of a mailbox is the same each time, and that of
// another box is another.
type mix struct{ box int }

func (x mix) mail(i int) []byte {
	w := &writing{mix: x, i: i, r: rand.New(rand.NewPCG(uint64(x.box), uint64(i)))}
	n := w.r.IntN(1000)
	for _, k := range kinds {
		if n -= k.of; n < 0 {
			k.write(w)
			return w.b.Bytes()
		}
	}
	panic("the kinds are fewer than a thousand")
}

// writing is one mail that is being written.
type writing struct {
	mix
	i int
	r *rand.Rand
	b bytes.Buffer
}

// id is in no order, as those of most mail programs are.
func (x mix) id(i int) string {
	return fmt.Sprintf("<%016x@mail%d.example>", scatter(uint64(i)), x.box)
}

// scatter gives each number another one, far from those of its neighbours (splitmix64).
func scatter(n uint64) uint64 {
	n = (n + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	return (n ^ n>>27) * 0x94d049bb133111eb
}

// writer is who has a case with mail i: a third of all mails come from a few who write often.
func (x mix) writer(i int) string {
	if i%3 == 0 {
		return fmt.Sprintf("regular%d@firm%d.example", i%400, i%40)
	}
	return fmt.Sprintf("c%d.%d@firm%d.example", x.box, i, i%700)
}

var tongues = [][]string{
	strings.Split("The pump stops after a few minutes|We have changed the filter as you told us|There is a noise when the door is closed|"+
		"Our unit was delivered in March|Could you please tell us when somebody will come|The display shows error 41 again|"+
		"It worked well until yesterday evening|Nobody here has touched the settings|I have attached what you asked for|"+
		"The invoice names another order than ours|We need the spare part before the end of the week|Is it still under warranty", "|"),
	strings.Split("Die Pumpe bleibt nach einigen Minuten stehen|Wir haben den Filter wie besprochen gewechselt|Beim Schließen der Tür ist ein Geräusch zu hören|"+
		"Unser Gerät wurde im März geliefert|Bitte teilen Sie uns mit, wann jemand kommen kann|Die Anzeige meldet wieder Fehler 41|"+
		"Bis gestern Abend hat alles funktioniert|An den Einstellungen hat niemand etwas geändert|Im Anhang finden Sie die gewünschten Unterlagen|"+
		"Die Rechnung nennt eine andere Bestellung|Wir brauchen das Ersatzteil bis Ende der Woche|Besteht dafür noch Garantie", "|"),
	strings.Split("La pompe s'arrête au bout de quelques minutes|Nous avons changé le filtre comme convenu|On entend un bruit quand la porte se ferme|"+
		"Notre appareil a été livré en mars|Pouvez-vous nous dire quand quelqu'un pourra passer|L'écran affiche de nouveau l'erreur 41|"+
		"Tout marchait bien jusqu'à hier soir|Personne n'a touché aux réglages|Vous trouverez en pièce jointe ce que vous avez demandé|"+
		"La facture mentionne une autre commande|Il nous faut la pièce avant la fin de la semaine|Est-il encore sous garantie", "|"),
}

// prose is some paragraphs in one language; each line has at most 78 characters.
func (w *writing) prose(paragraphs int) string {
	t := tongues[w.r.IntN(len(tongues))]
	var b strings.Builder
	for p := range paragraphs {
		if p > 0 {
			b.WriteString("\n")
		}
		line := 0
		for range 2 + w.r.IntN(6) {
			for word := range strings.FieldsSeq(fmt.Sprintf("%s (%d).", t[w.r.IntN(len(t))], w.r.IntN(900))) {
				if line += len(word) + 1; line > 78 {
					b.WriteString("\n")
					line = len(word) + 1
				}
				b.WriteString(word + " ")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (w *writing) signature() string {
	return fmt.Sprintf("\nBest regards\nJane Doe %d\n\n-- \nJane Doe\nFacility Management\nFirm %d Ltd.\nPhone +49 30 %07d\nwww.firm%d.example\n",
		w.i, w.i%700, w.r.IntN(1e7), w.i%700)
}

// customer writes the header of what a person wrote. A third of them answer one of the forty mails
// before: as its writer does who adds to it, or (a fifth) as a colleague does who has got a copy.
func (w *writing) customer() {
	if w.i <= 40 || w.r.IntN(3) > 0 {
		w.head("Case", w.writer(w.i))
		return
	}
	to := w.i - 1 - w.r.IntN(40)
	from := w.writer(to)
	if w.r.IntN(5) == 0 {
		from = w.writer(w.i)
	}
	w.head("Re: Case", from, "In-Reply-To: "+w.id(to), fmt.Sprintf("References: <first.%d@acme.example>\r\n %s", to, w.id(to)))
}

// head writes a header that is as long as those of mails that came through a few servers.
func (w *writing) head(subject, from string, more ...string) {
	for hop := range 3 {
		fmt.Fprintf(&w.b, "Received: from mx%d.firm%d.example (mx%d.firm%d.example [192.0.2.%d])\r\n\tby mail.acme.example (Postfix) with ESMTPS id %08X\r\n"+
			"\tfor <support@acme.example>; Mon, 2 Mar 2026 09:3%d:00 +0000 (UTC)\r\n", hop, w.i%700, hop, w.i%700, w.i%250, w.r.Uint32(), hop)
	}
	fmt.Fprintf(&w.b, "From: Jane Doe <%s>\r\nTo: Support <support@acme.example>\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: %s\r\n",
		from, w.id(w.i))
	unit := ""
	if w.r.IntN(3) == 0 {
		unit = fmt.Sprintf(" on unit SN-%06d", w.r.IntN(1e6))
	}
	fmt.Fprintf(&w.b, "Subject: %s %d: error 41%s\r\nMIME-Version: 1.0\r\nX-Mailer: Mail %d.0\r\nAuthentication-Results: mail.acme.example; dkim=pass header.d=firm%d.example\r\n",
		subject, w.i, unit, w.i%20, w.i%700)
	for _, line := range more {
		w.b.WriteString(line + "\r\n")
	}
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func (w *writing) plain(text string) {
	w.b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + crlf(text))
}

// quoted is the mails that this one answers, as they stand below it.
func (w *writing) quoted(depth int) string {
	var b strings.Builder
	for d := range depth {
		mark := strings.Repeat(">", d+1) + " "
		fmt.Fprintf(&b, "\n%sOn Mon, 2 Mar 2026 at 09:1%d, Acme Support <support@acme.example> wrote:\n", strings.TrimSpace(strings.Repeat(">", d)+" "), d%10)
		for line := range strings.Lines(w.prose(1 + w.r.IntN(4))) {
			b.WriteString(mark + line)
		}
	}
	return b.String()
}

func (w *writing) note() {
	w.customer()
	text := w.prose(1 + w.r.IntN(6))
	if w.r.IntN(2) == 0 {
		text += w.signature()
	}
	w.plain(text)
}

func (w *writing) answer() {
	w.customer()
	w.plain(w.prose(1+w.r.IntN(2)) + w.signature() + w.quoted(1+w.r.IntN(5)))
}

func (w *writing) automatic() {
	w.head("Automatic reply: Case", w.writer(w.i), "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "Precedence: bulk")
	w.plain("I am out of the office until 9 March, and read no mail.\n" + w.signature())
}

func (w *writing) foreign() {
	sets := []struct {
		name string
		set  encoding.Encoding
		text string
	}{
		{"iso-8859-1", charmap.ISO8859_1, "Die Tür schließt nicht, und der Kühler läuft über.\n"},
		{"windows-1252", charmap.Windows1252, "L’écran reste noir – c’est la troisième fois…\n"},
		{"koi8-r", charmap.KOI8R, "Насос останавливается через несколько минут.\n"},
		{"iso-2022-jp", japanese.ISO2022JP, "ポンプが数分後に停止します。\n"},
	}
	s := sets[w.r.IntN(len(sets))]
	text, err := s.set.NewEncoder().String(crlf(strings.Repeat(s.text, 3+w.r.IntN(20))))
	if err != nil {
		panic(err)
	}
	w.customer()
	fmt.Fprintf(&w.b, "Content-Type: text/plain; charset=%s\r\n", s.name)
	if w.r.IntN(2) == 0 {
		w.b.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
		w.base64([]byte(text))
		return
	}
	w.b.WriteString("\r\n" + text)
}

func (w *writing) bounce() {
	w.head("Undelivered Mail Returned to Sender: Case", fmt.Sprintf("MAILER-DAEMON@mx%d.firm.example", w.i%600), "Auto-Submitted: auto-replied", "Return-Path: <>")
	fmt.Fprintf(&w.b, "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nThis is the mail system at host mx.firm.example.\r\n"+
		"I'm sorry to have to inform you that your message could not be delivered.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"+
		"Reporting-MTA: dns; mx.firm.example\r\n\r\nFinal-Recipient: rfc822; gone%d@firm.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"+
		"Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"+
		"From: support@acme.example\r\nTo: gone%d@firm.example\r\nSubject: Your case\r\nMessage-ID: <out.%d@acme.example>\r\n\r\n%s\r\n--b--\r\n",
		w.i, w.i, w.i, crlf(w.prose(3)))
}

// noise is what no packer makes smaller, as pictures and films are.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, 16<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
})

func (w *writing) base64(data []byte) {
	const line = 57 // bytes, which are 76 characters
	var buf [78]byte
	for len(data) > 0 {
		n := min(line, len(data))
		base64.StdEncoding.Encode(buf[:], data[:n])
		w.b.Write(buf[:base64.StdEncoding.EncodedLen(n)])
		w.b.WriteString("\r\n")
		data = data[n:]
	}
}

// attach writes a mail with files of so many bytes altogether: noise, or (a third of them) a log.
func (w *writing) attach(size int) {
	w.customer()
	w.b.WriteString("Content-Type: multipart/mixed; boundary=\"=_mixed\"\r\n\r\n--=_mixed\r\n")
	w.plain(w.prose(1+w.r.IntN(3)) + w.signature())
	at := w.r.IntN(len(noise()) - size)
	data, name, kind := noise()[at:at+size], "photo.jpg", "image/jpeg"
	switch w.r.IntN(3) {
	case 0:
		name, kind = "report.pdf", "application/pdf"
	case 1:
		if size < 1<<20 {
			var log bytes.Buffer
			for n := 0; log.Len() < size; n++ {
				fmt.Fprintf(&log, "2026-03-02T09:%02d:%02d.%03d unit %d pump rpm=%d temp=%d.%d state=ok\n", n/60%60, n%60, w.r.IntN(1000), w.i, w.r.IntN(4000), w.r.IntN(90), w.r.IntN(10))
			}
			data, name, kind = log.Bytes(), "unit.log", "text/x-log"
		}
	}
	fmt.Fprintf(&w.b, "\r\n--=_mixed\r\nContent-Type: %s; name=\"%s\"\r\nContent-Disposition: attachment; filename=\"%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
		kind, name, name)
	w.base64(data)
	w.b.WriteString("--=_mixed--\r\n")
}

func (w *writing) attachment() {
	size := 20_000 + w.r.IntN(180_000)
	if w.r.IntN(4) == 0 {
		size += w.r.IntN(300_000)
	}
	w.attach(size)
}

func (w *writing) large() { w.attach(1<<20 + w.r.IntN(3<<20)) }

func TestMix(t *testing.T) {
	t.Parallel()
	sum, of := 0, 0
	for _, k := range kinds {
		of += k.of
	}
	if of != 1000 {
		t.Errorf("the kinds are %d of a thousand", of)
	}
	const n = 300
	for i := range n {
		raw := mix{}.mail(i)
		if !bytes.Equal(raw, mix{}.mail(i)) {
			t.Fatalf("mail %d is not the same when it is written again", i)
		}
		if bytes.Equal(raw, mix{1}.mail(i)) {
			t.Errorf("mail %d is the same in another mailbox", i)
		}
		m, err := email.Parse(raw)
		if err != nil || m.MessageID != (mix{}).id(i) || len(m.From) != 1 {
			t.Errorf("mail %d is not well-formed: %v\n%s", i, err, raw[:min(len(raw), 2000)])
		}
		sum += len(raw)
	}
	if mean := sum / n; mean < 25_000 || mean > 100_000 {
		t.Errorf("a mail has %d bytes, in the mean", mean)
	}
}
