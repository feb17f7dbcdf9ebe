"""List the names of the months in 70 languages: data, folded by `date_words.fold`.

Source: Unicode CLDR, as in Babel 2.19 (https://cldr.unicode.org, Unicode License v3), wide and abbreviated forms, within a
date and alone, and a few forms that programs and publishers use in addition. Months are separated by
"|", the forms of a month by spaces.
"""

from typing import Final

MONTH_NAMES: Final = {
    "af": (
        "januarie jan|februarie feb|maart mrt|april apr|mei|junie jun|julie jul|augustus aug|september sep|oktober okt|"
        "november nov|desember des"
    ),
    "am": "ጃንዋሪ ጃን|ፌብሩዋሪ ፌብ|ማርች|ኤፕሪል ኤፕሪ|ሜይ|ጁን|ጁላይ|ኦገስት ኦገስ|ሴፕቴምበር ሴፕቴ|ኦክቶበር ኦክቶ|ኖቬምበር ኖቬም|ዲሴምበር ዲሴም",
    "ar": (
        "يناير جانفي|فبراير شباط فيفري|مارس اذار|ابريل نيسان افريل|مايو ايار ماي|يونيو حزيران جوان|يوليو تموز جويلية "
        "يوليوز|اغسطس اب اوت غشت|سبتمبر ايلول شتنبر|اكتوبر|نوفمبر نونبر|ديسمبر دجنبر"
    ),
    "az": (
        "yanvar yan|fevral fev|mart mar|aprel apr|may|iyun iyn|iyul iyl|avqust avq|sentyabr sen|oktyabr okt|noyabr noy|dekabr dek"
    ),
    "be": (
        "студзеня сту студзень|лютага лют люты|сакавіка сак сакавік|красавіка кра красавік|мая маи|чэрвеня чэр чэрвень|"
        "ліпеня ліп ліпень|жніуня жні жнівень|верасня вер верасень|кастрычніка кас кастрычнік|лістапада ліс лістапад|"
        "снежня сне снежань"
    ),
    "bg": "януари яну|февруари фев|март|април апр|маи|юни|юли|август авг|септември сеп|октомври окт|ноември ное|декември дек",
    "bn": ("জানুযারি জানু|ফেবরুযারি ফেব|মারচ|এপরিল এপরি|মে|জুন|জুলাই জুল|আগসট আগ|সেপটেমবর সেপ সেপট|অকটোবর অকটো|নভেমবর নভে|ডিসেমবর ডিসে"),
    "bs": (
        "januar jan januara|februar feb februara|mart mar marta|april apr aprila|maj maja|juni jun juna|juli jul jula|"
        "august aug augusta|septembar sep septembra|oktobar okt oktobra|novembar nov novembra|decembar dec decembra"
    ),
    "ca": (
        "de gener gen|de febrer febr|de marc|d’abril d’abr abril abr|de maig|de juny|de juliol jul|d’agost d’ag agost ag|"
        "de setembre set|d’octubre d’oct octubre oct|de novembre nov|de desembre des"
    ),
    "cs": (
        "ledna led leden|unora uno unor|brezna bre brezen|dubna dub duben|kvetna kve kveten|cervna cvn cerven|cervence cvc "
        "cervenec|srpna srp srpen|zari zar|rijna rij rijen|listopadu lis listopad|prosince pro prosinec"
    ),
    "cy": (
        "ionawr ion|chwefror chwef chw|mawrth maw|ebrill ebr|mai|mehefin meh|gorffennaf gorff gor|awst|medi|hydref hyd|"
        "tachwedd tach|rhagfyr rhag"
    ),
    "da": (
        "januar jan|februar feb|marts mar|april apr|maj|juni jun|juli jul|august aug|september sep|oktober okt|november "
        "nov|december dec"
    ),
    "de": (
        "januar jan janner jaenner|februar feb feber|marz mar mrz maerz|april apr|mai|juni jun|juli jul|august aug|"
        "september sept sep|oktober okt|november nov|dezember dez"
    ),
    "el": (
        "ιανουαριου ιαν ιανουαριοσ|φεβρουαριου φεβ φεβρουαριοσ|μαρτιου μαρ μαρτιοσ|απριλιου απρ απριλιοσ|μαιου μαι μαιοσ|"
        "ιουνιου ιουν ιουνιοσ|ιουλιου ιουλ ιουλιοσ|αυγουστου αυγ αυγουστοσ|σεπτεμβριου σεπ σεπτεμβριοσ|οκτωβριου οκτ "
        "οκτωβριοσ|νοεμβριου νοε νοεμβριοσ|δεκεμβριου δεκ δεκεμβριοσ"
    ),
    "en": (
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|october oct|"
        "november nov|december dec"
    ),
    "es": (
        "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago|septiembre sept setiembre set|"
        "octubre oct|noviembre nov|diciembre dic"
    ),
    "et": (
        "jaanuar jaan jaanuaril|veebruar veebr veebruaril|marts martsil|aprill apr aprillil|mai mail|juuni juunil|juuli "
        "juulil|august aug augustil|september sept septembril sep|oktoober okt oktoobril|november nov novembril|detsember "
        "dets detsembril"
    ),
    "eu": (
        "urtarrila urt urtarrilaren|otsaila ots otsailaren|martxoa mar martxoaren|apirila api apirilaren|maiatza mai "
        "maiatzaren|ekaina eka ekainaren|uztaila uzt uztailaren|abuztua abu abuztuaren|iraila ira irailaren|urria urr "
        "urriaren|azaroa aza azaroaren|abendua abe abenduaren"
    ),
    "fa": "ژانویه|فوریه|مارس|اوریل|مه|ژوين|ژويیه|اوت|سپتامبر|اکتبر|نوامبر|دسامبر",
    "fi": (
        "tammikuuta tammi tammikuu tammikuun|helmikuuta helmi helmikuu helmikuun|maaliskuuta maalis maaliskuu maaliskuun|"
        "huhtikuuta huhti huhtikuu huhtikuun|toukokuuta touko toukokuu toukokuun|kesakuuta kesa kesakuu kesakuun|"
        "heinakuuta heina heinakuu heinakuun|elokuuta elo elokuu elokuun|syyskuuta syys syyskuu syyskuun|lokakuuta loka "
        "lokakuu lokakuun|marraskuuta marras marraskuu marraskuun|joulukuuta joulu joulukuu joulukuun"
    ),
    "fil": (
        "enero ene|pebrero peb|marso mar|abril abr|mayo may|hunyo hun|hulyo hul|agosto ago|setyembre set|oktubre okt|"
        "nobyembre nob|disyembre dis"
    ),
    "fr": (
        "janvier janv|fevrier fevr fev|mars|avril avr|mai|juin|juillet juil jul|aout aou|septembre sept|octobre oct|"
        "novembre nov|decembre dec"
    ),
    "ga": (
        "eanair ean|feabhra feabh|marta|aibrean aib|bealtaine beal|meitheamh meith|iuil|lunasa lun|mean fomhair mfomh|"
        "deireadh fomhair dfomh|samhain samh|nollaig noll"
    ),
    "gl": (
        "xaneiro xan|febreiro feb|marzo mar|abril abr|maio|xuno|xullo xul|agosto ago|setembro set|outubro out|novembro nov|"
        "decembro dec"
    ),
    "gu": "જાનયુઆરી જાનયુ|ફેબરુઆરી ફેબરુ|મારચ|એપરિલ|મે|જૂન|જુલાઈ|ઑગસટ|સપટેમબર સપટે|ઑકટોબર ઑકટો|નવેમબર નવે|ડિસેમબર ડિસે",
    "he": "ינואר ינו|פברואר פבר|מרץ|אפריל אפר|מאי|יוני|יולי|אוגוסט אוג|ספטמבר ספט|אוקטובר אוק|נובמבר נוב|דצמבר דצמ",
    "hi": (
        "जनवरी जन॰|फरवरी फर॰|मारच|अपरैल|मई|जून|जुलाई जुल॰|अगसत अग॰|सितंबर सित॰ सितमबर|अकटूबर अकटू॰ अकतूबर|नवंबर नव॰ नवमबर|"
        "दिसंबर दिस॰ दिसमबर"
    ),
    "hr": (
        "sijecnja sij sijecanj|veljace velj veljaca|ozujka ozu ozujak|travnja tra travanj|svibnja svi svibanj|lipnja lip "
        "lipanj|srpnja srp srpanj|kolovoza kol kolovoz|rujna ruj rujan|listopada lis listopad|studenoga stu studeni|"
        "prosinca pro prosinac"
    ),
    "hu": (
        "januar jan|februar febr|marcius marc|aprilis apr|majus maj|junius jun|julius jul|augusztus aug|szeptember szept|"
        "oktober okt|november nov|december dec"
    ),
    "hy": (
        "հունվարի հնվ հունվար|փետրվարի փտվ փետրվար|մարտի մրտ մարտ|ապրիլի ապր ապրիլ|մայիսի մյս մայիս|հունիսի հնս հունիս|"
        "հուլիսի հլս հուլիս|օգոստոսի օգս օգոստոս|սեպտեմբերի սեպ սեպտեմբեր|հոկտեմբերի հոկ հոկտեմբեր|նոյեմբերի նոյ նոյեմբեր|"
        "դեկտեմբերի դեկ դեկտեմբեր"
    ),
    "id": (
        "januari jan|februari feb pebruari peb|maret mar|april apr|mei|juni jun|juli jul|agustus agu agt|september sep "
        "sept|oktober okt oct|november nov nopember nop|desember des"
    ),
    "is": (
        "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|agust agu|september sep|oktober okt|november nov|"
        "desember des"
    ),
    "it": (
        "gennaio gen|febbraio feb|marzo mar|aprile apr|maggio mag|giugno giu|luglio lug|agosto ago|settembre set|ottobre "
        "ott|novembre nov|dicembre dic"
    ),
    "ka": (
        "იანვარი იან იანვარს იანვრის|თებერვალი თებ თებერვალს თებერვლის|მარტი მარ მარტს მარტის|აპრილი აპრ აპრილს აპრილის|"
        "მაისი მაი მაისს მაისის|ივნისი ივნ ივნისს ივნისის|ივლისი ივლ ივლისს ივლისის|აგვისტო აგვ აგვისტოს|სექტემბერი სექ "
        "სექტემბერს სექტემბრის|ოქტომბერი ოქტ ოქტომბერს ოქტომბრის|ნოემბერი ნოე ნოემბერს ნოემბრის|დეკემბერი დეკ დეკემბერს "
        "დეკემბრის"
    ),
    "kk": (
        "қаңтар қаң|ақпан ақп|наурыз нау|сәуір сәу|мамыр мам|маусым мау|шілде шіл|тамыз там|қыркүиек қыр|қазан қаз|қараша "
        "қар|желтоқсан жел"
    ),
    "km": "មករា|កុមភៈ|មីនា|មេសា|ឧសភា|មិថុនា|កកកដា|សីហា|កញញា|តុលា|វិចឆិកា|ធនូ",
    "kn": "ಜನವರಿ ಜನ|ಫೆಬರವರಿ ಫೆಬರ|ಮಾರಚ|ಏಪರಿಲ ಏಪರಿ|ಮೇ|ಜೂನ|ಜುಲೈ|ಆಗಸಟ ಆಗ|ಸೆಪಟೆಂಬರ ಸೆಪಟೆಂ|ಅಕಟೋಬರ ಅಕಟೋ|ನವೆಂಬರ ನವೆಂ|ಡಿಸೆಂಬರ ಡಿಸೆಂ",
    "lb": (
        "januar jan|februar feb|maerz mae|abrell abr|mee|juni jun|juli jul|august aug|september sep|oktober okt|november "
        "nov|dezember dez"
    ),
    "lo": "ມັງກອນ ມກ|ກມພາ ກພ|ມີນາ ມນ|ເມສາ ມສ|ພຶດສະພາ ພພ|ມິຖນາ ມິຖ|ກໍລະກົດ ກລ|ສິງຫາ ສຫ|ກັນຍາ ກຍ|ຕລາ ຕລ|ພະຈິກ ພຈ|ທັນວາ ທວ",
    "lt": (
        "sausio saus sausis|vasario vas vasaris|kovo kov kovas|balandzio bal balandis|geguzes geg geguze|birzelio birz "
        "birzelis|liepos liep liepa|rugpjucio rugp rugpjutis|rugsejo rugs rugsejis|spalio spal spalis|lapkricio lapkr "
        "lapkritis|gruodzio gruod gruodis"
    ),
    "lv": (
        "janvaris janv janvari|februaris febr februari|marts marta|aprilis apr aprili|maijs maija|junijs jun junija|julijs "
        "jul julija|augusts aug augusta|septembris sept septembri sep|oktobris okt oktobri|novembris nov novembri|"
        "decembris dec decembri"
    ),
    "mk": (
        "јануари јан|февруари фев|март мар|април апр|мај|јуни јун|јули јул|август авг|септември сеп|октомври окт|ноември "
        "ное|декември дек"
    ),
    "ml": ("ജനുവരി ജനു|ഫെബരുവരി ഫെബരു|മാർചച മാർ|ഏപരിൽ ഏപരി|മേയ|ജൂൺ|ജൂലൈ|ഓഗസററ ഓഗ|സെപററംബർ സെപററം|ഒകടോബർ ഒകടോ|നവംബർ നവം|ഡിസംബർ ഡിസം"),
    "mr": ("जानेवारी जाने|फेबरुवारी फेबरु|मारच|एपरिल एपरि|मे|जून|जुलै|ऑगसट ऑग|सपटेंबर सपटें|ऑकटोबर ऑकटो|नोवहेंबर नोवहें|डिसेंबर डिसें"),
    "ms": (
        "januari jan|februari feb|mac|april apr|mei|jun|julai jul|ogos ogo|september sep|oktober okt|november nov|disember dis"
    ),
    "mt": (
        "jannar jan|frar fra|marzu mar|april apr|mejju mej|gunju gun|lulju lul|awwissu aww|settembru set|ottubru ott|"
        "novembru nov|dicembru dic"
    ),
    "my": "ဇနနဝါရီ ဇန|ဖေဖောဝါရီ ဖေ|မတ|ဧပြီ ဧ|မေ|ဇွန|ဇူလိုင ဇူ|ဩဂုတ ဩ|စကတငဘာ စက|အောကတိုဘာ အောက|နိုဝငဘာ နို|ဒီဇငဘာ ဒီ",
    "nb": (
        "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|august aug|september sep|oktober okt|november nov|"
        "desember des"
    ),
    "ne": "जनवरी|फेबरुअरी|मारच|अपरिल|मे|जुन|जुलाई|अगसट|सेपटेमबर|अकटोबर|नोभेमबर|डिसेमबर",
    "nl": (
        "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|september sep|oktober okt|"
        "november nov|december dec"
    ),
    "nn": (
        "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|august aug|september sep|oktober okt|november nov|"
        "desember des"
    ),
    "pa": "ਜਨਵਰੀ ਜਨ|ਫਰਵਰੀ ਫਰ|ਮਾਰਚ|ਅਪਰੈਲ ਅਪਰੈ|ਮਈ|ਜੂਨ|ਜੁਲਾਈ ਜੁਲਾ|ਅਗਸਤ ਅਗ|ਸਤੰਬਰ ਸਤੰ|ਅਕਤੂਬਰ ਅਕਤੂ|ਨਵੰਬਰ ਨਵੰ|ਦਸੰਬਰ ਦਸੰ",
    "pl": (
        "stycznia sty styczen|lutego lut luty|marca mar marzec|kwietnia kwi kwiecien|maja maj|czerwca cze czerwiec|lipca "
        "lip lipiec|sierpnia sie sierpien|wrzesnia wrz wrzesien|pazdziernika paz pazdziernik|listopada lis listopad|"
        "grudnia gru grudzien"
    ),
    "pt": (
        "janeiro jan|fevereiro fev|marco mar|abril abr|maio mai|junho jun|julho jul|agosto ago|setembro set|outubro out|"
        "novembro nov|dezembro dez"
    ),
    "ro": (
        "ianuarie ian|februarie feb|martie mar|aprilie apr|mai|iunie iun|iulie iul|august aug|septembrie sept|octombrie "
        "oct|noiembrie nov|decembrie dec"
    ),
    "ru": (
        "января янв январь|февраля февр февраль|марта мар март|апреля апр апрель|мая маи|июня июн июнь|июля июл июль|"
        "августа авг август|сентября сент сентябрь|октября окт октябрь|ноября нояб ноябрь|декабря дек декабрь"
    ),
    "sk": (
        "januara jan januar|februara feb februar|marca mar marec|aprila apr april|maja maj|juna jun|jula jul|augusta aug "
        "august|septembra sep september|oktobra okt oktober|novembra nov november|decembra dec december"
    ),
    "sl": (
        "januar jan januarja|februar feb februarja|marec mar marca|april apr aprila|maj maja|junij jun junija|julij jul "
        "julija|avgust avg avgusta|september sep septembra|oktober okt oktobra|november nov novembra|december dec decembra"
    ),
    "sq": (
        "janar jan|shkurt shk|mars mar|prill pri|maj|qershor qer|korrik korr|gusht gush|shtator sht|tetor tet|nentor nen|"
        "dhjetor dhj"
    ),
    "sr": (
        "јануар јан јануара|фебруар феб фебруара|март мар марта|април апр априла|мај маја|јун јуна|јул јула|август авг "
        "августа|септембар сеп септембра|октобар окт октобра|новембар нов новембра|децембар дец децембра"
    ),
    "sr-latn": (
        "januar jan januara|februar feb februara|mart mar marta|april apr aprila|maj maja|jun juna|jul jula|avgust avg "
        "avgusta|septembar sep septembra|oktobar okt oktobra|novembar nov novembra|decembar dec decembra"
    ),
    "sv": (
        "januari jan|februari feb|mars|april apr|maj|juni|juli|augusti aug|september sep|oktober okt|november nov|december dec"
    ),
    "sw": (
        "januari jan|februari feb|machi mac|aprili apr|mei|juni jun|julai jul|agosti ago|septemba sep|oktoba okt|novemba "
        "nov|desemba des"
    ),
    "ta": "ஜனவரி ஜன|பிபரவரி பிப|மாரச மார|ஏபரல ஏப|மே|ஜூன|ஜூலை|ஆகஸட ஆக|செபடமபர செப|அகடோபர அக|நவமபர நவ|டிசமபர டிச",
    "te": "జనవరి జన|ఫిబరవరి ఫిబర|మారచి|ఏపరిల ఏపరి|మే|జూన|జులె|ఆగసటు ఆగ|సెపటెంబర సెపటెం|అకటోబర అకటో|నవంబర నవం|డిసెంబర డిసెం",
    "th": (
        "มกราคม มค|กมภาพันธ์ กพ|มีนาคม มีค|เมษายน เมย|พฤษภาคม พค|มิถนายน มิย|กรกฎาคม กค|สิงหาคม สค|กันยายน กย|ตลาคม ตค|"
        "พฤศจิกายน พย|ธันวาคม ธค"
    ),
    "tr": (
        "ocak oca|subat sub|mart mar|nisan nis|mayis may|haziran haz|temmuz tem|agustos agu|eylul eyl|ekim eki|kasim kas|"
        "aralik ara"
    ),
    "uk": (
        "січня січ січень|лютого лют лютии|березня бер березень|квітня квіт квітень|травня трав травень|червня черв "
        "червень|липня лип липень|серпня серп серпень|вересня вер вересень|жовтня жовт жовтень|листопада лист листопад|"
        "грудня груд грудень"
    ),
    "ur": "جنوری|فروری|مارچ|اپریل|ميی|جون|جولايی|اگست|ستمبر|اکتوبر|نومبر|دسمبر",
    "uz": (
        "yanvar yan|fevral fev|mart mar|aprel apr|may|iyun iyn|iyul iyl|avgust avg|sentabr sen|oktabr okt|noyabr noy|dekabr dek"
    ),
}
