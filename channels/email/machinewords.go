package email

// autoSubject is how mail programs begin the subject of an automatic answer, in many languages. A
// person's answer to one begins with "Re:". By itself it proves nothing.
var autoSubject = lazily(`(?i)^[\s\[(*"]*(?:` +
	`auto(?:mat(?:ic|ed))?[ -]?(?:reply|response|responder|antwort|answer)|out[ -]of[ -](?:the[ -])?office|ooo\b|away from (?:the|my) (?:office|desk|mail)|` +
	`(?:i am |i'm )?(?:currently )?(?:on (?:vacation|holiday|(?:annual|maternity|parental|sick) leave)|out of (?:the )?office|away until)|vacation (?:message|reply|notice)|away until|` +
	`automatische (?:antwort|r[üu]ckantwort|e-?mail|nachricht)|autom\. antwort|abwesen(?:heit\w*|d)|ich bin (?:bis|derzeit|vom|nicht|im urlaub)|urlaubs?(?:notiz|nachricht|meldung|vertretung)?\b|nicht im (?:b[üu]ro|haus)|` +
	`r[ée]ponse automatique|message (?:automatique|d'absence)|absen(?:ce|t)(?: du bureau)?\b|je suis absent|en cong[ée]s?\b|` +
	`respuesta autom[áa]tica|fuera de (?:la )?oficina|ausencia|ausente|de vacaciones|risposta automatica|fuori (?:sede|ufficio)|assen(?:za|te)|in ferie|` +
	`automatisch (?:antwoord|beantwoord)|afwezig(?:heid)?|niet aanwezig|resposta autom[áa]tica|fora do escrit[óo]rio|aus[êe]ncia|estou de f[ée]rias|` +
	`automatyczna odpowied[źz]|odpowied[źz] automatyczna|autoodpowied[źz]|poza biurem|nieobecno[śs][ćc]|automatick[áa] odpov[ěe][ďd]|mimo kancel[áa][řr]|nep[řr][íi]tomnost|` +
	`automatikus v[áa]lasz|h[áa]zon k[íi]v[üu]l|szabads[áa]gon|autosvar|automatiskt? (?:svar|e-?post)|fr[åa]nvaro\w*|frav[æa]r\w*|ikke til stede|p[åa] (?:ferie|semester)|` +
	`automaattinen vastaus|poissa\b|lomalla|poissaolo\w*|автоматический ответ|автоответ\w*|вне офиса|в отпуске|отсутств\w*|автоматична відповідь|автовідповідь|поза офісом|` +
	`otomatik (?:yan[ıi]t|cevap)|ofis d[ıi][şs][ıi]nda|r[ăa]spuns automat|automatick[áa] odpove[ďd]|samodejni odgovor|automatski odgovor|automatinis atsakymas|automātiskā atbilde|automaatvastus|` +
	`αυτόματη απάντηση|автоматичен отговор|аутоматски одговор|תגובה אוטומטית|מענה אוטומטי|الرد التلقائي|رد تلقائي|` +
	`自動(?:応答|返信|回覆|回复|回應)|不在(?:通知|の)|自动(?:回复|答复|回覆)|외출 중|자동 (?:회신|응답)|부재중|tr[ảa] l[ờo]i t[ựu] [đd][ộo]ng|balasan otomatis|ตอบกลับอัตโนมัติ` +
	`)`)

// awayWords are what automatic answers say of themselves.
var awayWords = lazily(`(?i)out of (?:the |my )?office|on (?:annual |parental |maternity |sick )?(?:leave|vacation|holiday)|away (?:from|until)|limited access to (?:my )?e-?mail|` +
	`automat(?:ic|ed) (?:reply|response|message|e-?mail)|will (?:respond|reply) .{0,40}(?:return|when i)|have received your (?:e-?mail|message|request)|` +
	`nicht im (?:büro|haus)|abwesend|nicht erreichbar|im urlaub|nicht weitergeleitet|automatisch (?:erstellt|generiert|erzeugt)|réponse automatique|absente? (?:du|jusqu|de)|en congés?|` +
	`fuera de la oficina|de vacaciones|respuesta automática|fuori (?:sede|ufficio)|in ferie|risposta automatica|afwezig|niet aanwezig|met vakantie|ausente|férias|` +
	`nieobecn|poza biurem|na urlopie|mimo kancelář|dovolen|szabadságon|semester|ferie|på kontoret|lomalla|poissa|в отпуске|отсутств|відпустц|izinde|ofis dışında|` +
	`不在|休暇|自動(?:返信|応答)|自动(?:回复|答复)|外出|休假|부재|휴가`)

// ackWords are what helpdesks answer by themselves to what comes in.
var ackWords = lazily(`(?i)(?:have|has been) (?:received|got|registered|logged)[^.\n]{0,20} (?:your|e-?mail|mail|message|request|by)|(?:ticket|case|request)[^.\n]{0,30} (?:has been|was) (?:created|opened|registered|received|assigned)|` +
	`thank(?:s| you) for (?:contacting|your (?:e-?mail|mail|message|request|enquiry|inquiry)|writing to)[^\n]{0,60}|we will (?:get back|respond|reply|answer)[^.\n]{0,40}(?:soon|shortly|within|possible)|do not reply to this|` +
	`haben (?:ihre|deine)[^.\n]{0,40}(?:erhalten|bekommen)|ist (?:bei uns )?eingegangen|(?:ticket|anfrage|vorgang)[^.\n]{0,30}(?:erstellt|eröffnet|angelegt|erhalten)|vielen dank für (?:ihre|deine) (?:anfrage|e-?mail|nachricht)|` +
	`avons bien reçu|votre (?:demande|ticket|message)[^.\n]{0,30}(?:enregistrée?|créée?|reçue?)|hemos recibido|su (?:solicitud|ticket|consulta)[^.\n]{0,30}(?:recibid|cread|registrad)|abbiamo ricevuto|hebben uw[^.\n]{0,30}ontvangen|recebemos (?:a )?sua`)
