package email

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"tierline/internal/peers"
)

// trims fails when the new text of a mail is not what is wanted, or when a line is in neither part.
func trims(t *testing.T, v view, want string) {
	t.Helper()
	whole, fresh, folded := v.read()
	if fresh != want {
		t.Errorf("of\n%s\nnew is\n%s\nwant\n%s\nfolded is\n%s", v.text+v.html, fresh, want, folded)
	}
	nothingLost(t, "text", &Mail{Text: whole, New: fresh, Folded: folded})
}

// TestAttributions puts each way of introducing a quotation between an answer and what it quotes:
// quoted with marks, and where the attribution is certain also without.
func TestAttributions(t *testing.T) {
	for _, a := range []string{
		"On Mon, 3 Apr 2023 at 10:12, Jane Doe <jane@shop.example> wrote:",
		"On Mon, 3 Apr 2023 at 10:12, Jane Doe <jane@shop.example>\nwrote:",
		"On Mon, 3 Apr 2023 at 10:12, Jane Doe <\njane@shop.example> wrote:",
		"On Mon, 3 Apr\n2023 at 10:12,\nJane Doe\n<jane@shop.example> wrote:",
		"On Mon, 3 Apr 2023 at 10:12, Jane Doe <jane@shop.example\n> wrote:",
		"On Monday, April 3rd, 2023 at 10:12 AM, Jane Doe ‹jane@shop.example› wrote:",
		"On 04/03/2023 10:12 AM, Jane Doe wrote:",
		"On 2023-04-03 10:12, Jane Doe wrote:",
		"On Apr 3, 2023, at 10:12, Jane Doe <mailto:jane@shop.example> wrote:",
		"> On 3. Apr 2023, at 10:12, Jane Doe <jane@shop.example> wrote:",
		"Jane Doe <jane@shop.example> wrote on Mon, 3 Apr 2023 10:12:",
		"\"Doe, Jane\" <jane@shop.example> writes:",
		"Mon, 3 Apr 2023 10:12:13 +0200 Jane Doe <jane@shop.example>:",
		"10:12, 3 April 2023, Jane Doe <jane@shop.example>:",
		"2023-04-03 10:12 GMT+02:00 Jane Doe <jane@shop.example>:",
		"2023/4/3 Jane Doe <jane@shop.example>",
		"---- On Mon, 03 Apr 2023 10:12:13 +0200 Jane Doe <jane@shop.example> wrote ----",
		"Am 03.04.23 um 10:12 schrieb Jane Doe:",
		"Am Mo., 3. Apr. 2023 um 10:12 Uhr schrieb Jane Doe <\njane@shop.example>:",
		"Jane Doe <jane@shop.example> schrieb am Mo., 3. Apr. 2023, 10:12:",
		"Jane Doe schrieb am 03.04.2023 um 10:12:",
		"Von: Jane Doe <jane@shop.example>\nGesendet: Montag, 3. April 2023 10:12\nAn: Max\nBetreff: Pumpe",
		"Le lun. 3 avr. 2023 à 10:12, Jane Doe <jane@shop.example> a écrit :",
		"Le 3 avril 2023 à 10:12, Jane Doe\n<jane@shop.example> a\nécrit :",
		"El lun, 3 abr 2023 a las 10:12, Jane Doe (<jane@shop.example>) escribió:",
		"Il giorno lun 3 apr 2023 alle ore 10:12 Jane Doe <jane@shop.example> ha scritto:",
		"Op ma 3 apr. 2023 om 10:12 schreef Jane Doe <jane@shop.example>:",
		"Op 3 apr. 2023 om 10:12 heeft Jane Doe <jane@shop.example> het volgende geschreven:",
		"man. 3. apr. 2023 kl. 10:12 skrev Jane Doe <jane@shop.example>:",
		"Den mån 3 apr. 2023 kl 10:12 skrev Jane Doe <jane@shop.example>:",
		"Den 3. apr. 2023 kl. 10.12 skrev Jane Doe <jane@shop.example>:",
		"ma 3. huhtik. 2023 klo 10.12 Jane Doe (jane@shop.example) kirjoitti:",
		"pon., 3 kwi 2023 o 10:12 Jane Doe <jane@shop.example> napisał(a):",
		"W dniu 3.04.2023 o 10:12, Jane Doe pisze:",
		"po 3. 4. 2023 v 10:12 odesílatel Jane Doe <jane@shop.example> napsal:",
		"Jane Doe <jane@shop.example> ezt írta (időpont: 2023. ápr. 3., H, 10:12):",
		"пн, 3 апр. 2023 г. в 10:12, Jane Doe <jane@shop.example>:",
		"3 апреля 2023 г., 10:12, Jane Doe <jane@shop.example> написал:",
		"пн, 3 квіт. 2023 р. о 10:12 Jane Doe <jane@shop.example> пише:",
		"Em seg., 3 de abr. de 2023 às 10:12, Jane Doe <jane@shop.example> escreveu:",
		"Vào Th 2, 3 thg 4, 2023 vào lúc 10:12 Jane Doe <jane@shop.example> đã viết:",
		"Jane Doe <jane@shop.example>, 3 Nis 2023 Pzt, 10:12 tarihinde şunu yazdı:",
		"2023年4月3日(月) 10:12 Jane Doe <jane@shop.example>:",
		"Jane Doe <jane@shop.example> 于2023年4月3日周一 10:12写道：",
		"2023년 4월 3일 (월) 오전 10:12, Jane Doe <jane@shop.example>님이 작성:",
		"*From:* Jane Doe\n*Sent:* Monday, April 3, 2023 10:12 AM\n*To:* Max\n*Subject:* Pump",
		"   Date: Mon, 3 Apr 2023 10:12:13 +0200\n   To: max@shop.example\n   From: jane@shop.example\n   X-Thing: 1\n   Subject: Pump",
		"\u200eFrom: Jane <\n jane@shop.example>\nSent: \u200eMonday\u200e, \u200e3\u200e \u200eApril\u200e \u200e2023 10:12\nTo: Max\nSubject: Pump",
		"________________________________\nFrom: Jane\nSent: Monday, 3 April 2023 10:12\nTo: Max\nSubject: Pump",
		"-----Original Message-----",
		"-------- Ursprüngliche Nachricht --------\nVon: Jane\nDatum: 03.04.23 10:12\nAn: Max\nBetreff: Pumpe",
		"##- Please type your reply above this line -##",
		"---- Jane Doe schrieb ----",
		"Στις Δευ 3 Απρ 2023 στις 10:12 π.μ., ο χρήστης Jane <jane@shop.example> έγραψε:",
		"Dana 3. travnja 2023. u 10:12, Jane <jane@shop.example> je napisao:",
		"*** Mensaje original ***\nDe: Jane\nFecha: 3/4/23\nPara: Max\nAsunto: Bomba",
		"-----Původní zpráva-----\nOd: Jane\nOdesláno: 3. dubna 2023 10:12\nKomu: Max\nPředmět: Pumpa",
		"------------------ 原始邮件 ------------------\n发件人: \"Jane\"<jane@shop.example>;\n发送时间: 2023年4月3日(星期一) 10:12\n收件人: \"Max\"\n主题: Re: 泵",
		"От: Jane <jane@shop.example>\nОтправлено: 3 апреля 2023 г. 10:12\nКому: Max\nТема: насос",
		"في الأربعاء، ٣ أبريل ٢٠٢٤ في ١٠:١٢ ص تمت كتابة ما يلي بواسطة Jane Doe <jane@shop.example>:",
		"\u202bبتاريخ ٣ أبريل ٢٠٢٣، الساعة ١٠:١٢ ص، كتب/كتبت Jane Doe \u200f<jane@shop.example>:\u202c",
		"\u202bבתאריך יום ב׳, 3 באפר׳ 2023 ב-10:12 מאת \u202aJane Doe\u202c\u200f <\u202ajane@shop.example\u202c\u200f>:\u202c",
		"\u202bב-3 באפריל 2023, בשעה 10:12, \u200fJane Doe \u200f<jane@shop.example> כתב/ה:\u202c",
		"בתאריך 3.4.2023 10:12, \u200fJane Doe כתב:",
		"در تاریخ دوشنبه ۳ آوریل ۲۰۲۳،\u200f ۱۰:۱۲ Jane Doe <jane@shop.example> نوشت:",
		"सोम, 3 अप्रैल 2023 को 10:12 बजे को Jane Doe <jane@shop.example> ने लिखा:",
		"ในวันที่ จ. 3 เม.ย. 2023 เวลา 10:12 Jane Doe <jane@shop.example> เขียนว่า:",
		"Pada tanggal Sen, 3 Apr 2023 pukul 10.12 Jane Doe <jane@shop.example> menulis:",
		"V V pon., 3. apr. 2023 ob 10:12 je oseba Jane Doe <jane@shop.example> napisala:",
		"Pirmd., 2023. g. 3. apr., plkst. 10:12 — lietotājs Jane Doe (<jane@shop.example>) rakstīja:",
		"Þann mán., 3. apr. 2023 kl. 10:12 skrifaði Jane Doe <jane@shop.example>:",
		"Il 03/04/2023 10:12, Jane Doe ha scritto:",
		"Wiadomość napisana przez Jane Doe <jane@shop.example> w dniu 3 kwi 2023, o godz. 10:12:",
		"Jane Doe <jane@shop.example> (Mon, 03 Apr 2023 10:12:13 +0200):",
		"* Jane Doe <jane@shop.example> [2023-04-03 10:12]:",
		"من: Jane Doe <jane@shop.example>\nتم الإرسال: Monday, April 3, 2023 10:12:13 AM\nإلى: max@shop.example\nالموضوع: x",
		"מאת: Jane Doe <jane@shop.example>\nנשלח: יום שני 03 אפריל 2023 10:12\nאל: max@shop.example\nנושא: x",
		"Nuo: Jane Doe <jane@shop.example>\nIšsiųsta: 2023 m. balandžio 3 d. 10:12\nKam: max@shop.example\nTema: x",
		"---- Replied Message ----\nFrom\tJane Doe<jane@shop.example>\nDate\t04/03/2023 10:12\nTo\tmax<max@shop.example>\nSubject\tRe: x",
		"Jane Doe/ACME@ACME\n03.04.2023 10:12\n\nAn\nmax@shop.example\nKopie\n\nThema\nx",
		"Jane Doe\n04/03/2023 10:12 AM\n\nTo\nmax@shop.example\ncc\n\nSubject\nx",
		"Von     Jane Doe <jane@shop.example>\nAn      max@shop.example\nDatum   03.04.2023 10:12\nBetreff x",
		"Original Message processed by david®\nx 03. April 2023, 10:12 Uhr\nVon Jane Doe\nAn max@shop.example",
		"-------- Ursprüngliche Nachricht --------Von: Jane Doe <jane@shop.example> Datum: 03.04.23  10:12  (GMT+01:00) An: max@shop.example Betreff: x",
		"From: Jane Doe <jane@shop.example>To: max@shop.example Sent: Monday, April 3, 2023, 10:12 AM Subject: x",
	} {
		trims(t, view{text: "It works now, thanks.\n\n" + a + "\n\n> Did it help?\n> Jane\n"}, "It works now, thanks.")
		if strings.HasPrefix(a, ">") || a == "2023/4/3 Jane Doe <jane@shop.example>" {
			continue // too little without marks below
		}
		trims(t, view{text: "It works now, thanks.\n" + a + "\nDid it help?\n\nJane\n"}, "It works now, thanks.")
	}
}

// TestSharedLines has attributions and titles on the line of the sender's last words.
func TestSharedLines(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"On Mon, Apr 3, 2023 at 10:12 AM Jane Doe <jane@shop.example> wrote:",
		"On Mon, Apr 3, 2023 at 10:12 AM,Jane Doe<jane@shop.example>wrote:",
		"Am Mo., 3. Apr. 2023 um 10:12 Uhr schrieb Jane Doe <jane@shop.example>:",
		"Le lun. 3 avr. 2023 à 10:12, Jane Doe <jane@shop.example> a écrit :",
		"El lun, 3 abr 2023 a las 10:12, Jane Doe (<jane@shop.example>) escribió:",
		"Il giorno lun 3 apr 2023 alle ore 10:12 Jane Doe <jane@shop.example> ha scritto:",
		"Op ma 3 apr. 2023 om 10:12 schreef Jane Doe <jane@shop.example>:",
		"3 апреля 2023 г., 10:12, Jane Doe <jane@shop.example> написал:",
		"pon., 3 kwi 2023 o 10:12 Jane Doe <jane@shop.example> napisał(a):",
		"Mon, 3 Apr 2023 at 10:12, Jane Doe <jane@shop.example> wrote:",
		"From: Jane Doe <jane@shop.example> Sent: Monday, April 3, 2023 10:12 AM To: Max <max@shop.example> Subject: x",
		"-----Original Message----- From: Jane Doe <jane@shop.example> Sent: Monday, April 3, 2023 10:12 AM To: Max Subject: x",
		"-------- Ursprüngliche Nachricht --------",
	} {
		trims(t, view{text: "It works. Merci! " + a + "\n\n> Did it help?\n> Jane\n"}, "It works. Merci!")
		trims(t, view{text: "It works. Merci! " + a + "\nDid it help?\nJane\n"}, "It works. Merci!")
	}
	for _, text := range []string{
		"It failed again. On 3 April 2023 at 10:12 the pump stopped, and I wrote that down.\n\nWhat now?",
		"We met on Monday. 3 of us were there at 10:12, the others came later: Jane and Max.\n\nWhat now?",
		"My contact is Jane. From: 10:00, to: 12:00, date: 3 April, subject: pump.\n\nIs that fine?",
		"a ---- b ---- c\n\nIs that fine?",
	} {
		trims(t, view{text: text}, text)
	}
}

// TestWrapped wraps an attribution at every blank.
func TestWrapped(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"On Mon, Apr 3, 2023 at 10:12 AM Jane Doe <jane@shop.example> wrote:",
		"Am Montag, 3. April 2023 um 10:12:13 MESZ hat Jane Doe <jane@shop.example> Folgendes geschrieben:",
		"Le lundi 3 avril 2023 à 10:12, Jane Doe <jane@shop.example> a écrit :",
		"El lun, 3 abr 2023 a las 10:12, Jane Doe (<jane@shop.example>) escribió:",
		"Il giorno lun 3 apr 2023 alle ore 10:12 Jane Doe <jane@shop.example> ha scritto:",
		"Op ma 3 apr. 2023 om 10:12 schreef Jane Doe <jane@shop.example>:",
		"Понедельник, 3 апреля 2023, 10:12 +03:00 от Jane Doe <jane@shop.example>:",
		"\u202bבתאריך יום ב׳, 3 באפר׳ 2023 ב-10:12 מאת Jane Doe <jane@shop.example>:",
		"Em seg., 3 de abr. de 2023 às 10:12, Jane Doe <jane@shop.example> escreveu:",
		"Pada tanggal Sen, 3 Apr 2023 pukul 10.12 Jane Doe <jane@shop.example> menulis:",
	} {
		words := strings.Fields(a)
		for i := 2; i < len(words); i++ {
			wrapped := strings.Join(words[:i], " ") + "\n" + strings.Join(words[i:], " ")
			trims(t, view{text: "It works now, thanks.\n\n" + wrapped + "\n\n> Did it help?\n> Jane\n"}, "It works now, thanks.")
		}
	}
}

// TestHistory has the ways of quoting that are not an attribution above lines with ">".
func TestHistory(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"on the last line":   {"It works. On Mon, 3 Apr 2023 at 10:12, Jane <jane@shop.example> wrote:\n> Did it help?", "It works."},
		"dashes, last line":  {"It works --- On Mon, 3 Apr 2023 at 10:12, Jane <jane@shop.example> wrote:\n> Did it help?", "It works"},
		"bars":               {"It works.\n\nOn Mon, 3 Apr 2023 at 10:12, Jane wrote:\n| Did it help?\n| Jane", "It works."},
		"initials":           {"It works.\n\nOn Mon, 3 Apr 2023 at 10:12, Jane wrote:\n\nJD> Did it help?\nJD> Jane", "It works."},
		"wrapped again":      {"It works.\n\nOn Mon, 3 Apr 2023 at 10:12, Jane wrote:\n> Did it help to turn the pump off and on again after the last\nmaintenance?\n> Did it help to turn the valve off and on again after the last\nmaintenance?\n> Jane", "It works."},
		"greeting above":     {"It works.\nFreundliche Grüße\nblumfeld  schrieb am Do. 20. Juni 2024 um 14:49:\n> Did it?", "It works.\nFreundliche Grüße"},
		"below":              {"On Mon, 3 Apr 2023 at 10:12, Jane <jane@shop.example> wrote:\n> Did it help?\n\nYes, it did.", "Yes, it did."},
		"only attribution":   {"On Mon, 3 Apr 2023 at 10:12, Jane <jane@shop.example> wrote:\n\nYes, it did.", "Yes, it did."},
		"between":            {"On Mon, 3 Apr 2023 at 10:12, Jane <jane@shop.example> wrote:\n> Which?\nBlue.\n> Since when?\nMonday.\n> Jane", "On Mon, 3 Apr 2023 at 10:12, Jane <jane@shop.example> wrote:\n> Which?\nBlue.\n> Since when?\nMonday."},
		"forward":            {"---------- Forwarded message ----------\nFrom: Jane <jane@shop.example>\nDate: Mon, Apr 3, 2023\nSubject: Pump\nTo: Max\n\nIt leaks.", "It leaks."},
		"forward, a word":    {"FYI\n\n---------- Forwarded message ----------\nFrom: Jane <jane@shop.example>\nDate: Mon, Apr 3, 2023\nSubject: Pump\nTo: Max\n\nIt leaks.", "FYI\n\n---------- Forwarded message ----------\nFrom: Jane <jane@shop.example>\nDate: Mon, Apr 3, 2023\nSubject: Pump\nTo: Max\n\nIt leaks."},
		"only a quotation":   {"> Did it help?\n> Jane", "> Did it help?\n> Jane"},
		"only a signature":   {"-- \nJane", "-- \nJane"},
		"signature":          {"It works.\n-- \nJane Doe\nACME", "It works."},
		"signature, bare":    {"It works.\n\n--\nJane Doe\nACME", "It works."},
		"signature, long":    {"It works.\n\n—\nJane Doe\nACME", "It works."},
		"signature, history": {"It works.\n\n--\nJane Doe\n\nOn Mon, 3 Apr 2023 at 10:12, Jane wrote:\n> x", "It works."},
		"list":               {"It works.\n\n_______________________________________________\npumps mailing list\npumps@lists.example\nhttps://lists.example/mailman/listinfo/pumps", "It works."},
		"groups":             {"It works.\n\n--\nYou received this message because you are subscribed to the Google Groups \"Pumps\" group.\nTo unsubscribe from this group and stop receiving emails from it, send an email to pumps+x@groups.example.", "It works."},
		"notice":             {"It works.\n\nKind regards\nJane\n\nThis e-mail is confidential and intended solely for the addressee. If you have received it in error, please notify the sender and delete it.", "It works.\n\nKind regards\nJane"},
		"notices, two":       {"Es geht.\n\nDiese E-Mail ist vertraulich. Sollten Sie nicht der Empfänger sein, löschen Sie sie bitte.\n\nThis e-mail is confidential. If you are not the intended recipient, please delete it.", "Es geht."},
		"notice, headed":     {"It works.\n\nDisclaimer\n\nThe information contained in this communication is confidential. It is intended solely for use by the recipient.\n\nThis email has been scanned for viruses by ACME.", "It works."},
		"notice, French":     {"Merci.\n\nCe courriel est destiné exclusivement à son destinataire. Si vous l'avez reçu par erreur, merci de le détruire et d'en informer l'expéditeur.", "Merci."},
		"notice, Spanish":    {"Gracias.\n\nAVISO LEGAL: Este correo electrónico contiene información confidencial. Queda prohibida su divulgación o copia sin autorización.", "Gracias."},
		"notice, Italian":    {"Grazie.\n\nAi sensi del Regolamento UE 2016/679 (GDPR) si precisa che le informazioni contenute in questo messaggio sono riservate ed a uso esclusivo del destinatario.", "Grazie."},
		"notice, Dutch":      {"Bedankt.\n\nDe informatie verzonden met dit e-mailbericht is uitsluitend bestemd voor de geadresseerde. Openbaarmaking is niet toegestaan.", "Bedankt."},
		"trees":              {"Es geht.\n\nBitte denken Sie an die Umwelt, bevor Sie diese E-Mail ausdrucken.\n\nPensez à l’environnement avant d’imprimer ce message.", "Es geht."},
		"contact, French":    {"Merci.\n\nBien cordialement,\n\nJane Doe\nDirectrice\n01 23 45 67 89\nwww.acme.example", "Merci.\n\nBien cordialement,\n\nJane Doe"},
		"contact, Dutch":     {"Bedankt.\n\nMet vriendelijke groet,\n\nJane Doe\nACME B.V.\nT 030-1234567\njane@acme.example", "Bedankt.\n\nMet vriendelijke groet,\n\nJane Doe"},
		"contact, Italian":   {"Grazie.\n\nCordiali saluti\nJane Doe\nTel. +39 02 1234567\nwww.acme.example", "Grazie.\n\nCordiali saluti\nJane Doe"},
		"contact, Spanish":   {"Gracias.\n\nUn saludo,\nJane Doe\nTel. +34 123 456 789\njane@acme.example", "Gracias.\n\nUn saludo,\nJane Doe"},
		"card":               {"It works.\n\nJane Doe\nSales Manager\nACME Ltd\nPhone: +49 30 123456\njane@acme.example\nwww.acme.example", "It works.\n\nJane Doe"},
		"card, ruled":        {"It works.\n---------------------------------------\nJane Doe\nACME Ltd\n\nhttp://www.acme.example/\njane@acme.example", "It works."},
		"telephone, more":    {"It works now, and it is silent.\n\nSent from my iPhone\n\nDid it help after all?\nThe pump should be silent now, as it was when you bought it.\nJane from the shop\n", "It works now, and it is silent."},
		"telephone above":    {"Sent from my iPhone\n\nIt works.", "It works."},
		"from outside":       {"CAUTION: This email originated from outside of the organization. Do not click links.\n\nIt works.", "It works."},
		"from outside, tip":  {"You don't often get email from jane@shop.example. Learn why this is important\n\nIt works.", "It works."},
		"from outside, de":   {"Achtung: Diese E-Mail stammt von einem externen Absender.\n\nEs geht.", "Es geht."},
		"from outside, fr":   {"ATTENTION : Ce courriel provient d'un expéditeur externe.\n\nMerci.", "Merci."},
		"from outside, nl":   {"LET OP: deze e-mail komt van buiten de organisatie.\n\nBedankt.", "Bedankt."},
		"notice, German":     {"Es geht.\n\nDiese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Empfänger sind, informieren Sie bitte den Absender und vernichten Sie diese Mail.", "Es geht."},
		"contact":            {"It works.\n\nKind regards,\nJane Doe\nSales Manager\nTel: +49 30 123456\nwww.shop.example", "It works.\n\nKind regards,\nJane Doe"},
	} {
		t.Run(name, func(t *testing.T) { trims(t, view{text: c.text}, c.want) })
	}
}

func TestDeviceLines(t *testing.T) {
	for _, l := range []string{
		"Sent from my iPhone", "Sent from my iPhone.", "Sent from my Samsung Galaxy smartphone.", "Sent from my mobile device",
		"Sent from my cell, please excuse any typos.", "Sent from Yahoo Mail on Android", "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
		"Get Outlook for Android<https://aka.ms/ghei36>", "Get [Outlook for iOS](https://aka.ms/o0ukef)", "Sent from Mail for Windows 10", "Sent with Proton Mail secure email.",
		"(Sent from mobile device)", "<<sent by galaxy>>", "Von meinem iPhone gesendet", "Gesendet von Outlook für iOS",
		"Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.", "Gesendet mit der GMX Mail App", "Envoyé de mon iPhone", "Envoyé depuis mon téléphone Orange",
		"Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone", "Verzonden vanaf mijn iPad", "Verstuurd vanaf mijn iPhone",
		"أُرسلت من الـ iPhone", "נשלח מה-iPhone שלי", "Στάλθηκε από το iPhone μου", "Poslano s mog iPhonea", "Изпратено от моя iPhone", "ส่งจาก iPhone ของฉัน",
		"Saadetud minu iPhone'ist", "Outlook für iOS<https://aka.ms/o0ukef> beziehen", "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>",
		"Provenance : Courrier pour Windows", "Enviado desde Correo para Windows", "Inviato da smartphone Samsung Galaxy.", "Verstuurd vanaf mijn Samsung-apparaat.",
		"Sent from my iPhone\n\nGesendet von meinem iPhone", "Sent from my T-Mobile 5G Device\nGet Outlook for Android<https://aka.ms/AAb9ysg>",
		"Sendt fra min iPhone", "Skickat från min iPhone", "Lähetetty iPhonesta", "Wysłane z iPhone'a", "Odesláno z iPhonu", "Отправлено с iPhone", "Надіслано з iPhone",
		"iPhone'umdan gönderildi", "iPhoneから送信", "发自我的 iPhone", "從我的 iPhone 傳送", "나의 iPhone에서 보냄",
	} {
		trims(t, view{text: "It works.\n\n" + l}, "It works.")
		trims(t, view{text: "It works.\n\n" + l + "\n\nOn Mon, 3 Apr 2023 at 10:12, Jane wrote:\n> x"}, "It works.")
	}
}

// TestNeverFolded has what customers write and programs take for history or a signature.
func TestNeverFolded(t *testing.T) {
	for _, text := range []string{
		"Two things:\n----\nThe first.\n====\nThe second, which is longer than a line of a signature is, and ends with a stop.",
		"name | qty\n-----|----\npump | 2\nvalve | 3\n-----------",
		"We need\n-- two pumps\n-- a valve",
		"Options:\n\n--\n- repair it\n- replace it",
		"Do this:\n--> open it\n--> close it",
		"I tried\n\n- turning it off\n- turning it on\n\nJane",
		"for (i--; i > 0; --i) {\n  x--;\n}",
		"SELECT 1; -- a comment\n-- another comment\nDROP x;",
		"Here is the log:\n> 10:12 started\n> 10:13 failed",
		"The diff is\n1c1\n< old\n---\n> new",
		"Sent from my desk it is easier to write.",
		"I am at home.\n\nSent from my desk, this is much easier than from my phone.",
		"Hello.\n\nOn the other hand, it could be the valve:\n\nIt leaks.",
		"Hello.\n\nOn Monday your technician wrote:\n\nThe pump is fine.\n\nBut it is not.",
		"Hello.\n\nOn 3 April 2023 at 10:12 your colleague wrote:\n\nThe pump is fine.\n\nBut it is not.",
		"Hello.\n\nFrom: the manual, page 3\n\nIt says the opposite.",
		"Please come:\n\nDate: 3 April 2023\nTime: 10:12\nAddress: Main Street 1",
		"My trip:\n\nFrom: Berlin\nTo: Rome\nDate: 3 April 2023\n\nCan you send it there?",
		"It failed at\n2023-04-03 10:12:13\n2023-04-03 10:14:15\n2023-04-03 10:16:17",
		"2023-04-03 10:12: pump started\n2023-04-03 10:14: pump failed\n\nWhat now?",
		"The customer wrote:\n\nit leaks\n\nWhat shall I answer?",
		"As Jane from sales wrote: it is free.\n\nIs it?",
		"Visit us now\n>>> >>> http://shop.example <<<\nby the link above",
		"| a | b |\n| 1 | 2 |",
		"Is this confidential?",
		"Call me from the mobile network?\n\nJane",
		"Important: the pump is broken.\n\nPlease delete it from my list.",
		"Thanks,\nJane",
		"Date: tomorrow\nTo do: call the plumber",
		"Please send it to:\n\nACME Ltd\nMain Street 1\n12345 Town",
		"C:\\> dir\nC:\\> format",
		"Hi,\n\nName: Jane\nFrom: 3 April 2023\nTo: 5 April 2023\nSubject: holidays",
		"Hi,\n\nJane <jane@shop.example> said on 3 April 2023 at 10:12 that it is free. She also wrote:\n\nwe pay\n\nTrue?",
		"It says:\n\n    From: a@shop.example\n    To: c@shop.example\n    Subject: x\n\nin the log, is that right?",
		"Here is what I did on 3 April 2023 at 10:12:\n\n1. open\n2. close",
		"My login is jane@shop.example:\n\nit fails",
		"mysql> select 1\nmysql> select 2",
		"My flight:\n\nFrom   Berlin\nTo     Rome\nDate   3 April 2023 10:12\n\nCan you ship it there?",
		"From now on\nTo be sure\nDate it 3 April 2023 10:12\nplease.",
		"Max Doe\n3 April 2023 10:12\n\nThe pump leaks. I told you so on Monday.\n\nMax",
		"It leaks. The guide says: step one: off, step two: on, from: the valve, date: now.\n\nWhat now?",
		"It works.\n\nSent from my iPhone\n\nOne more thing: can I pay by card, and how long would it take until I get it here?",
		"Please send it to\n\nMy company is not the problem here:\n\nJane Doe\nMain Street 1\n12345 Town\nTel. 030 1234567\njane@shop.example\nwww.shop.example",
		"Attention: the external pump leaks, and water comes in from outside.\n\nWhat now?",
		"This email is about the pump. Water comes in from outside.\n\nWhat now?",
		"Attention : de l'eau vient de l'extérieur.\n\nQue faire ?",
		"It leaks.\n\nThis information is from the manual. You say it is private, and that is in error.\n\nThe real cause is the valve, I think.",
		"Hi Jane,\n\nSent from my iPhone\n\nthe pump leaks since Monday morning, and it is loud.\nWhen can you come?\nMax",
		"Es geht nicht.\n\nder Techniker schrieb am 3. April 2023 um 10:12:\n\nDie Pumpe ist gut.\n\nIst sie nicht.",
		"My new address is:\n\nmax@shop.example\n\nIt holds from 3 April 2023.",
		"Is this from you (jane@shop.example), sent on 3 April 2023 at 10:12?\n\nI did not order it.",
	} {
		trims(t, view{text: text}, strings.TrimSpace(text))
	}
}

// TestReplyCorpus trims the replies of other projects' tests. testdata/replies.json says which lines of
// each file those projects expect as the reply; what stands in differing says why ours is another.
func TestReplyCorpus(t *testing.T) {
	files := corpus(t, "reply")
	b, err := os.ReadFile("testdata/replies.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	differing := map[string]string{
		"zapier/email_1_8.txt": "answers between the lines stay with the lines they answer",
		"github/email_1_2.txt": "a quotation above the answer is folded",
	}
	for _, project := range []string{"github/", "zapier/"} { // a name below a dash may be an item of a list
		differing[project+"email_1_1.txt"] = "a name behind a dash is kept"
		differing[project+"email_1_3.txt"] = "a name behind a dash is kept"
	}
	exact, lost, scored := 0, 0, 0
	for name, raw := range files {
		text := strings.ReplaceAll(string(raw), "\r\n", "\n")
		whole, fresh, folded := view{text: text}.read()
		inOrder(t, name, whole, fresh, folded)
		lines, ok := want[name]
		if !ok {
			continue
		}
		scored++
		expected := pick(t, text, lines)
		have := " " + strings.Join(strings.Fields(fresh), " ") + " "
		for _, l := range strings.Split(expected, "\n") {
			if l = strings.Join(strings.Fields(l), " "); !strings.Contains(have, " "+l+" ") && l != "" && l[0] != '>' && cluesOf(l)&hasVerb == 0 {
				lost++
				t.Errorf("%s: %q is not in what is new", name, l)
			}
		}
		switch same := strings.TrimSpace(have) == strings.Join(strings.Fields(expected), " "); {
		case same:
			exact++
		case differing[name] == "":
			t.Errorf("%s: new is\n%s\nwant\n%s", name, fresh, expected)
		}
	}
	peers.Score(t, "replies trimmed", exact, scored, fmt.Sprintf("exactly, %d lines of customers lost", lost))
}

// pick gives lines of a text: "1-3,7" counts from one.
func pick(t *testing.T, text, ranges string) string {
	t.Helper()
	all := strings.Split(text, "\n")
	var out []string
	for _, r := range strings.Split(ranges, ",") {
		var from, to int
		if n, _ := fmt.Sscanf(r, "%d-%d", &from, &to); n == 1 {
			to = from
		}
		if from < 1 || to > len(all) || to < from {
			t.Fatalf("no lines %q", r)
		}
		out = append(out, all[from-1:to]...)
	}
	return strings.Join(out, "\n")
}

// inOrder fails when a line of the text is neither in what is new nor in what is folded, or when the
// lines of either stand in another order. A line that the sender shares with an attribution is in both.
func inOrder(t testing.TB, name, whole, fresh, folded string) {
	t.Helper()
	words := func(s string) []string { return strings.Fields(strings.NewReplacer(">", " ", "-", " ").Replace(s)) }
	total := map[string]int{}
	for _, w := range words(whole) {
		total[w]++
	}
	for _, part := range []string{fresh, folded} {
		all, i := words(whole), 0
		for _, w := range words(part) {
			total[w]--
			for i < len(all) && all[i] != w {
				i++
			}
			if i == len(all) {
				t.Errorf("%s: %.40q stands in another order than in the text", name, w)
				return
			}
			i++
		}
	}
	for w, n := range total {
		if n != 0 {
			t.Errorf("%s: %.40q is %d times more in the text than in its parts", name, w, n)
			return
		}
	}
}

// TestNothingIsAbsent holds that all of the text of every mail of the corpora is in one of its parts.
func TestNothingIsAbsent(t *testing.T) {
	for _, folder := range []string{"mime", "bounces"} {
		for name, raw := range corpus(t, folder) {
			if m, err := Parse(raw); err == nil && len(m.Text) < 100_000 {
				nothingLost(t, name, m)
			}
		}
	}
}
