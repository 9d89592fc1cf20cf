package email

import "sync"

// dateWords are the names of months and weekdays, as they stand in attributions.
var dateWords = sync.OnceValue(func() map[string]bool {
	return set(`jan january januar januari janvier janv jaanuar janeiro january ianuarie ianuar ian jänner jän enero ene gennaio genn gen
		stycznia styczeń sty ledna leden led siječnja sij januára január jan. januárja tammikuuta tammi janvāris sausio ocak oca января январь янв
		січня січень січ януари яну јануар јан ιανουαρίου ιαν gener janúar
		feb february februar februari février févr fév fevr veebruar fevereiro fev februarie febrero febbraio febb lutego luty lut února únor úno
		veljače velj vel februára február febr helmikuuta helmi februāris vasario şubat şub февраля февраль фев февр лютого лютий лют февруари
		φεβρουαρίου φεβ febrer febrúar
		mar march märz mär maart mrt mars märts marts março martie mart marzo marca marzec március márc března březen bře ožujka ožu marec
		maaliskuuta maalis kovo марта март мар березня березень бер μαρτίου μαρ març
		apr april avril avr aprill abril abr aprilie aprile kwietnia kwiecień kwi dubna duben dub travnja tra apríla apríl április ápr huhtikuuta
		huhti huhtik aprīlis balandžio nisan nis апреля апрель апр квітня квітень квіт кві април απριλίου απρ
		may mai mei maj maio maggio mag mayo maja května květen kvě svibnja svi mája máj május máj. toukokuuta touko maijs gegužės mayıs мая май
		травня травень трав тра μαΐου μαΐ μάι maig maí
		jun june juni juin juuni junho iunie iun giugno giu junio czerwca czerwiec cze června červen čer lipnja lip júna jún június kesäkuuta
		kesä jūnijs birželio haziran haz июня июнь июн червня червень черв чер юни јун ιουνίου ιουν juny júní
		jul july juli juillet juil juuli julho iulie iul luglio lug julio lipca lipiec července červenec čvc srpnja srp júla júl július heinäkuuta
		heinä jūlijs liepos temmuz tem июля июль июл липня липень лип юли јул ιουλίου ιουλ juliol júlí
		aug august août aou aoû agosto ago augustus augusti sierpnia sierpień sie srpna srpen kolovoza kol augusta augusztus elokuuta elo augusts
		rugpjūčio ağustos ağu августа август авг серпня серпень сер αυγούστου αυγ agost ágúst avgust avg
		sep sept september septembre setembro set septembrie settembre sett septiembre setiembre września wrzesień wrz září zář rujna ruj
		septembra szeptember szept syyskuuta syys septembris rugsėjo eylül eyl сентября сентябрь сен сент вересня вересень вер септември сеп
		σεπτεμβρίου σεπ setembre
		oct october oktober octobre oktoober outubro out octombrie ottobre ott octubre października październik paź října říjen říj listopada lis
		októbra október okt lokakuuta loka oktobris spalio ekim eki октября октябрь окт жовтня жовтень жов октомври οκτωβρίου οκτ
		nov november novembre novembro noiembrie noi noviembre listopad studenoga studenog stu novembra marraskuuta marras novembris lapkričio
		kasım kas ноября ноябрь ноя нояб листопада листопад лис ноември ное νοεμβρίου νοε nóvember
		dec december dezember dez décembre déc detsember dezembro decembrie dicembre dic diciembre desember des grudnia grudzień gru prosince
		prosinec pro prosinca decembra joulukuuta joulu decembris gruodžio aralık ara декабря декабрь дек грудня грудень груд гру декември δεκεμβρίου
		δεκ desembre desember
		mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
		mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag sonnabend so sonntag
		lun lundi mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche
		lunes martes mié miércoles mie jue jueves vie viernes sáb sábado sab domingo dom
		lunedì martedì mercoledì gio giovedì venerdì sabato domenica
		ma maandag dinsdag wo woensdag donderdag vr vrijdag za zaterdag zo zondag
		seg segunda ter terça qua quarta qui quinta sex sexta segunda-feira terça-feira quarta-feira quinta-feira sexta-feira
		man mandag tir tirsdag ons onsdag tor tors torsdag fre fredag lør lørdag søn søndag mån måndag tis tisdag lör lördag sön söndag mán
		maanantai maanantaina tiistai tiistaina ke keskiviikko keskiviikkona torstai torstaina pe perjantai perjantaina la lauantai lauantaina su
		sunnuntai sunnuntaina
		pon poniedziałek wt wto wtorek śr śro środa środę czw czwartek pt pią piątek sob sobota sobotę nie niedz niedziela niedzielę
		po pondělí út úterý st středa čt čtvrtek pá pátek so sobota ne neděle pondelok utorok streda štvrtok piatok nedeľa
		hét hétfő kedd sze szerda csü csütörtök pén péntek szo szombat vas vasárnap
		ponedjeljak utorak srijeda četvrtak petak subota nedjelja ponedeljek torek sreda četrtek petek nedelja
		lunea luni marți miercuri joi vineri sâmbătă duminică dum
		пн понедельник вт вторник ср среда чт четверг пт пятница сб суббота вс воскресенье понеділок вівторок середа четвер п'ятниця субота нд неділя
		пон втр сре чет пят пет суб вос понеделник вторник сряда четвъртък петък събота неделя
		δευ τρι τετ πεμ παρ σαβ κυρ δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή
		pzt pazartesi sal salı çar çarşamba per perşembe cum cuma cmt cumartesi paz pazar
		sen senin sel selasa rab rabu kam kamis jum jumat min minggu isn isnin
		thg thá tháng
		ينا فبر مار أبر ماي يون يول أغس سبت أكت نوف ديس يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
		الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت
		ינו פבר מרץ אפר מאי יונ יול אוג ספט אוק נוב דצמ בינו׳ בפבר׳ במרץ באפר׳ במאי ביוני ביולי באוג׳ בספט׳ באוק׳ בנוב׳ בדצמ׳
		ינואר פברואר אפריל יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר בינואר בפברואר באפריל באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר יום א׳ ב׳ ג׳ ד׳ ה׳ ו׳
		ژانویه فوریه آوریل ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر دوشنبه یکشنبه شنبه
		जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर सोम मंगल बुध गुरु शुक्र शनि रवि`)
})
