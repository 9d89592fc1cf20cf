package email

var (
	bounceSubject = lazily(`(?i)undeliver(?:able|ed)|un-?deliverable|(?:delivery|mail) (?:has )?(?:fail|warning|status|problem|report|error|notification|delay)|deliver(?:y|ed)? (?:incomplete|unsuccessful)|returned (?:mail|to sender|message)|return(?:ing|ed) (?:message )?to sender|` +
		`failure notice|mail (?:system )?error|mail could not be delivered|could not (?:be delivered|deliver|send)|non[- ]?deliver|not (?:be )?deliver|failed (?:mail|delivery|recipient)|message (?:delay|status|not delivered|you sent)|rejected (?:mail|message)|bounce|delivery (?:final|attempt|has been)|warning: (?:could not send|message)|user unknown|mailbox (?:is )?full|` +
		`unzustellbar|nicht zu(?:ge)?stell|zustell(?:ung|fehler|bericht|problem)|fehlgeschlagen|rückläufer|non remis|non distribu|échec (?:de|d')|échec|remise (?:impossible|retardée)|retour (?:à|a) l|avis de non|` +
		`no (?:se )?(?:entreg|pudo)|devuelto|fallo (?:en|de)|no entregado|rebotado|mancat[ao] (?:recapito|consegna)|non recapit|consegna (?:fallita|non)|errore (?:di )?consegna|onbestelbaar|niet (?:af|be)ge?lever|bezorg|não (?:entreg|foi)|falha (?:na|de)|devolvid|` +
		`niedostarcz|zwrot|nie dosta|nedoru[čc]|nelze doručit|kézbesít|oleverer|levereres|olever|leverans|levering|toimittam|не(?:возможно)? доставл|недоставл|не доставлен|ошибка доставки|возвращ|недійсн|teslim edil|iletilemedi|` +
		`配信(?:不能|エラー|失敗|できません)|不達|送信(?:エラー|できません)|エラー通知|退信|投递失败|系统退信|无法(?:送达|投递)|退件|無法(?:遞送|傳遞)|반송|배달 ?(?:실패|되지)|전송 ?실패`)

	// bounceWords are in the text of what is a report.
	bounceWords = lazily(`(?i)(?:could|can|did|was|were|has|have)(?: ?not|n't)[^.\n]{0,40}(?:deliver|reach|sent|send)|delivery (?:to|has|of)[^.\n]{0,60}(?:fail|delay|error)|(?:has|have) been (?:postponed|deferred)|undeliver|permanent (?:fatal )?error|(?:fatal|following) errors?|returned to sender|wasn't able to deliver|unable to (?:deliver|relay|send)|` +
		`(?:has|have) failed|reporting-mta|final-recipient|transcript of (?:the )?session|giving up|user(?: is)? unknown|unknown user|no such user|does not exist|mailbox (?:is )?(?:full|unavailable)|\b5\.\d\.\d\b|\b55\d[ -]|rejected|undelivered|` +
		`nicht (?:zuge|ausge|aus|zu)?(?:stell|liefer)|konnte nicht|unzustellbar|n'a (?:pas )?pu|n'a pas été|impossible de|non remis|échec|no (?:se )?(?:ha podido|pudo|puede)|entregar|recapit|consegn|niet (?:worden )?(?:af|be)|não (?:foi|pôde|pode)|nie (?:mo[żg]|zosta)|nelze|nebyl|` +
		`kézbesít|kunde inte|kunne ikke|ei voitu|не (?:удалось|может|было|был|доставл)|невозможно|iletilem|teslim|配信|送信でき|届け|無法|无法|失败|退信|拒|전송|배달`)

	delayWords = lazily(`(?i)\bdelayed\b|has been postponed|continue to try to deliver|delivery (?:is )?delay|will (?:be retried|retry|continue|keep)|still (?:being )?try|keep(?:s)? trying|could not send message for past|not yet (?:been )?delivered|no action is required|temporar(?:y|ily) (?:problem|failure)[^\n]{0,40}will|warning: (?:could not|message)|` +
		`verzögert|weitere (?:zustell)?versuche|weiterhin versuch|wird erneut|retard[ée]|sera retent|retras|se reintentar|ritard|riprov|vertraag|opóźni|atras[ao]d|задерж|повторн|遅延|延迟|遲延|再送|지연`)

	finalWords = lazily(`(?i)permanent|given up|giving up|will not (?:be )?(?:retr|try)|has failed|failed permanently|unzustellbar|endgültig|too long|final|expired|no (?:more|further) (?:attempts|retries)|fatal`)

	// softWords are of what time may mend, whatever the class of the status.
	softWords = lazily(`(?i)grey-?list|gray-?list|try (?:again )?later|(?:mail)?box(?: \S+)? (?:is )?(?:full|over)|over ?quota|quota (?:has been |is )?(?:exceed|full|reach)|exceed\w*[^.\n]{0,40}(?:quota|storage)|(?:not enough|insufficient) (?:disk|storage|space|system)|out of (?:disk|storage)|` +
		`did not accept our requests to connect|after (?:multiple|several|\d+) (?:retries|attempts)|envelope expired|failed \d+ attempts|not delivered within|not responding|failing for a long time|for the last \d+ (?:seconds|hours|days)|` +
		`temporar(?:y|ily)|too many (?:connection|message|session)|rate limit|throttl|timed? ?out|connection (?:refused|reset|lost)|postfach[^.\n]{0,30}voll|speicherplatz|boîte[^.\n]{0,30}pleine|buz[óo]n[^.\n]{0,30}lleno|casella[^.\n]{0,20}piena|ящик[^.\n]{0,20}переполнен|容量|邮箱已满|空间不足|メールボックス[^\n]{0,10}(?:一杯|満杯)`)
)

// causes are the words for what was wrong, and the status that they mean (RFC 3463).
var causes = []struct {
	status string
	words  pattern
}{
	{"5.2.2", lazily(`(?i)full (?:mail ?box|inbox)|(?:mail ?box|account|inbox|boîte|casilla|buz[óo]n|casella|postfach)[^.\n]{0,40}(?:full|quota|voll|pleine|llen[oa]|piena)|over ?quota|quota[^.\n]{0,20}(?:exceed|full|reach|überschritten)|exceed\w*[^.\n]{0,40}(?:quota|storage|mailbox)|(?:not enough|insufficient) (?:disk|storage|space)|mailfolder is full|quota violation|ящик[^.\n]{0,20}переполнен|邮箱(?:已满|空间不足)|容量`)},
	{"5.1.1", lazily(`(?i)(?:user|recipient|mailbox|address|account|e-?mail)[^.\n@]{0,40}(?:unknown|not (?:be )?(?:found|exist|listed|known|recogni[sz]ed|available)|n[o']t exist|invalid|unavailable|does ?n[o']t|non-?existent|unrouteable)|(?:unknown|no such|invalid|non-?existent|unrouteable|bad|unrecognized|illegal) (?:user|recipient|mailbox|address|account|local|person)|not listed in|no (?:mailbox|account|user) (?:here|by|with|for)|doesn't have a[^.\n]{0,30}account|wasn't found|couldn't be found|not our customer|` +
		`not found in|does not exist|no longer (?:valid|exist|available|in use|active)|unbekannt|existiert nicht|nicht (?:gefunden|bekannt|vorhanden|eingerichtet)|n'existe pas|inconnue?|inexistante?|no existe|desconocid|inesistente|sconosciut|não existe|inexistente|desconhecid|nie istnieje|nieznan|neexistuje|ismeretlen|finns inte|findes ikke|finnes ikke|не (?:найден|существует)|неизвестн|недоступен|存在しません|見つかりません|不存在|不正确|無此|존재하지`)},
	{"5.1.2", lazily(`(?i)(?:host|domain|server|name)[^.\n]{0,30}(?:unknown|not (?:be )?found|n[o']t exist|couldn't be found|invalid)|(?:unknown|no such|bad) (?:host|domain)|nxdomain|no mx|unrouteable mail domain|couldn't find any host`)},
	{"5.2.1", lazily(`(?i)(?:mailbox|account|user|address)[^.\n]{0,30}(?:disabled|inactive|suspended|blocked|locked|deactivated|discontinued)|gesperrt|deaktiviert|заблокирован|отключен`)},
	{"5.3.4", lazily(`(?i)(?:message|mail|size)[^.\n]{0,30}(?:too (?:big|large)|exceed)|exceeds?[^.\n]{0,30}(?:size|limit)|zu groß|trop (?:gros|volumineux)|demasiado grande`)},
	{"5.4.6", lazily(`(?i)mail loop|too many hops|looping|routing loop`)},
	{"4.4.7", lazily(`(?i)in the queue too long|retry time(?:out)? (?:not reached|exceeded)|delivery time expired|message expired|envelope expired|not delivered within|for the last \d+ (?:seconds|hours|days)|failed \d+ attempts|after (?:multiple|several|\d+) (?:retries|attempts)|failing for a long time|timed? ?out|too long`)},
	{"4.4.1", lazily(`(?i)connection (?:refused|reset|lost|dropped)|no (?:route|answer)|unreachable|did not accept our requests to connect|not responding|could ?n[o']t (?:connect|establish)|wasn't able to establish`)},
	{"5.7.1", lazily(`(?i)spam|blocked|blacklist|block ?list|denied|relay|policy|not (?:allowed|permitted|accepted)|rejected|unsolicited|refused|abgelehnt|refusé|rechazad|rifiutat|отклонен|拒`)},
}
