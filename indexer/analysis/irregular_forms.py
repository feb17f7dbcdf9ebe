"""Irregular forms that no rule of a stemmer joins: strong verbs, plurals with another vowel, broken plurals.

Each group has the base form, then the forms that count as it. Forms that are words of their own are not listed: German "sprachen"
is mostly the plural of Sprache. English has its own list in `english_forms`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from indexer.analysis.folding import fold

_GROUPS: Final[dict[str, str]] = {
    "de": """
        sprechen spricht sprach gesprochen, gehen ging gingen gegangen, kommen kam kamen gekommen, nehmen nimmt nahm nahmen
        genommen, geben gibt gab gaben gegeben, sehen sieht sah sahen gesehen, finden fand fanden gefunden, stehen gestanden,
        bleiben blieb blieben geblieben, schreiben schrieb schrieben geschrieben, lesen liest gelesen, fahren fährt fuhr fuhren
        gefahren, laufen läuft lief liefen gelaufen, tragen trägt trug trugen getragen, schlagen schlägt schlug schlugen
        geschlagen, halten hält hielt hielten gehalten, fallen fällt fiel fielen, lassen lässt ließ ließen gelassen, helfen
        hilft half halfen geholfen, treffen trifft traf trafen getroffen, werfen wirft warf warfen geworfen, sterben stirbt
        starb starben gestorben, ziehen zog zogen gezogen, fliegen flog flogen geflogen, fliehen flohen geflohen, bieten bot
        boten geboten, verlieren verlor verloren, schließen schlossen geschlossen, beginnen begann begannen begonnen, gewinnen
        gewann gewannen gewonnen, singen sang sangen gesungen, trinken trank tranken getrunken, sinken sank sanken gesunken,
        springen sprang sprangen gesprungen, schwimmen schwamm schwammen geschwommen, binden gebunden, zwingen zwang zwangen
        gezwungen, essen isst aß aßen gegessen, vergessen vergisst vergaß vergaßen, messen misst maß gemessen, sitzen saß saßen
        gesessen, liegen lag lagen gelegen, bitten bat baten gebeten, brechen bricht brach brachen gebrochen, treten tritt trat
        traten getreten, denken dachte dachten gedacht, bringen brachte brachten gebracht, kennen kannte kannten gekannt, nennen
        nannte nannten genannt, wissen wusste wussten gewusst, rufen rief riefen gerufen, wachsen wächst wuchs wuchsen
        gewachsen, schaffen schuf schufen geschaffen, steigen stieg stiegen gestiegen, leiden litt litten gelitten, schneiden
        schnitt schnitten geschnitten, greifen griff griffen gegriffen, entscheiden entschied entschieden, verbieten verboten,
        verstehen verstand verstanden, stehlen stiehlt stahl gestohlen, schlafen schläft schlief geschlafen, waschen wäscht
        wusch gewaschen, heißen hieß hießen geheißen, tun getan, verschwinden verschwand verschwanden verschwunden, empfehlen
        empfiehlt empfahl empfohlen, beweisen bewies bewiesen, wiegen wog gewogen, bewerben bewirbt bewarb beworben, entstehen
        entstand entstanden, bekommen bekam bekamen, erhalten erhält erhielt erhielten, angreifen angegriffen, abstimmen
        abgestimmt, museum museen, thema themen, konto konten, risiko risiken, firma firmen, datum daten, zentrum zentren, visum
        visa, kaufmann kaufleute""",
    "fr": """
        œil yeux, ciel cieux, beau bel belle beaux belles, vieux vieil vieille vieilles, fou fol folle folles, monsieur
        messieurs, madame mesdames, blanc blanche blanches, long longue longues, public publique publiques, sec sèche sèches,
        frais fraîche, doux douce douces, faux fausse fausses, grec grecque grecques, turc turque turques, roux rousse, venir
        vient viennent venu venue venus venues viens, tenir tient tiennent tenu tenue tenus, devenir devient deviennent devenu,
        pouvoir peut peuvent peux pu pourra, vouloir veut veulent veux voulu, devoir doit doivent dois devra, savoir sait savent
        sais, voir voit voient vu, prendre prend prennent pris prise, comprendre comprend comprennent compris, mettre met
        mettent mis mise, dire dit disent dite, écrire écrit écrivent écrite écrits, lire lisent lu, faire fait font faites
        fera, aller va vont vais ira, boire boit boivent bu, croire croit croient, recevoir reçoit reçoivent reçu reçue reçus,
        mourir meurt meurent mort, vivre vit vivent vécu, naître naît né née nés, connaître connaît connaissent connu connue
        connus, élire élit élisent élu élue élus, vendre vendu vendue, perdre perd perdu perdue, répondre répond répondu, ouvrir
        ouvert ouverte ouverts, offrir offert offerte, souffrir souffert, suivre suit suivent suivi, courir courent couru,
        battre bat battent battu, conduire conduit conduisent""",
    "es": """
        decir dijo dice dicen dijeron dicho diciendo, hacer hizo hace hacen hicieron haciendo, ir fue va van, poder pudo puede
        pueden pudieron, querer quiso quiere quieren quisieron, tener tuvo tiene tienen tuvieron, venir viene vienen vinieron,
        poner puso pone ponen pusieron puesto, saber supo sabe saben supieron, estar estuvo estuvieron, dar dio dan dieron, ver
        vio ven vieron visto, traer trajo trae trajeron, conducir condujo conduce, morir murió muere mueren murieron muerto,
        dormir durmió duerme duermen, pedir pidió pide piden pidieron, seguir siguió sigue siguen siguieron, escribir escrito,
        abrir abierto, romper roto, volver vuelve vuelto, jugar juega juegan, pensar piensa piensan, cerrar cierra cierran,
        perder pierde pierden, encontrar encuentra encuentran, rey reyes, ley leyes""",
    "it": """
        uomo uomini, dio dei, bue buoi, tempio templi, mano mani, moglie mogli, uovo uova, dire detto dice dicono disse dissero,
        fare fanno fece fecero, andare va vanno andato andata andati, venire viene vengono venuto venne, potere può possono
        potuto, volere vuole vogliono voluto, dovere deve devono dovuto, vedere visto vide vedono, prendere preso presero presa,
        mettere messo mise, scrivere scritto scrisse scritti, leggere lesse, chiedere chiesto, chiudere chiuso chiusa, aprire
        aperto aperta, morire morto muore morti, nascere nato nacque nata, vivere vissuto visse, vincere vinto vinse vinta,
        perdere perso perse, rispondere risposto rispose, decidere deciso decise decisa, eleggere eletto eletta eletti, rimanere
        rimane rimasto rimase, bere beve bevuto, sapere sa sanno, tenere tiene tengono tenuto, uscire esce escono, costruire
        costruito, bello bel bei begli bella""",
    "pt": """
        mãe mães, mão mãos, pão pães, irmão irmãos irmã irmãs, cidadão cidadãos cidadã, herói heróis, país países, mês meses,
        fácil fáceis, difícil difíceis, útil úteis, inútil inúteis, frágil frágeis, ágil ágeis, fértil férteis, míssil mísseis,
        réptil répteis, projétil projéteis, têxtil têxteis, móvel móveis, dizer disse diz dizem disseram dito, fazer fez faz
        fazem fizeram feito, ir foi vai vão, poder pôde pode podem puderam, querer quis quer querem, ter teve tem tiveram, vir
        veio vem vieram, saber soube sabe sabem, dar deu dão deram, ver viu vê viram visto, trazer trouxe traz, escrever
        escrito, abrir aberto aberta, ganhar ganho, morrer morto morta, eleger eleito eleita, mau maus, bom boa bons boas""",
    "nl": """
        dag dagen, weg wegen, bad baden, pad paden, bedrag bedragen, verslag verslagen, verdrag verdragen, oorlog oorlogen, glas
        glazen, dak daken, gat gaten, vat vaten, hof hoven, slot sloten, god goden, verbod verboden, aanslag aanslagen,
        stad steden, schip schepen, lid leden, smid smeden, kind kinderen, ei eieren, blad bladeren, been benen beenderen, oog
        ogen, museum musea, koe koeien, gebrek gebreken, overheid overheden, mogelijkheid mogelijkheden, gelegenheid
        gelegenheden, lopen loopt liep liepen gelopen, schrijven schrijft schreef schreven geschreven, gaan gaat ging gingen
        gegaan, staan staat stond stonden gestaan, komen komt kwam kwamen gekomen, nemen neemt nam namen genomen, geven geeft
        gaf gaven gegeven, zien ziet zag zagen gezien, vinden vindt vond vonden gevonden, blijven blijft bleef bleven gebleven,
        krijgen krijgt kreeg kregen gekregen, lezen leest las gelezen, spreken spreekt sprak spraken gesproken, breken breekt
        brak braken gebroken, eten eet aten gegeten, drinken drinkt dronk dronken gedronken, zitten zit zat zaten gezeten,
        liggen ligt lag lagen gelegen, slapen slaapt sliep sliepen geslapen, vallen valt viel vielen gevallen, houden houdt
        hield hielden gehouden, helpen helpt hielp hielpen geholpen, sterven sterft stierf stierven gestorven, werpen wierp
        wierpen geworpen, trekken trekt trok trokken getrokken, vliegen vliegt vloog vlogen gevlogen, verliezen verliest verloor
        verloren, kiezen kiest koos kozen gekozen, beginnen begint begon begonnen, winnen wint won wonnen gewonnen, zingen zingt
        zong gezongen, springen sprong gesprongen, brengen brengt bracht brachten gebracht, denken denkt dacht dachten gedacht,
        kopen koopt kocht kochten gekocht, zoeken zoekt zocht zochten gezocht, weten weet wist wisten geweten, doen doet deed
        deden gedaan, zeggen zegt zei zeiden gezegd, slaan slaat sloeg sloegen geslagen, dragen draagt droeg droegen gedragen,
        rijden rijdt reed reden gereden, bieden biedt bood geboden, stijgen stijgt steeg stegen gestegen, lijden lijdt leed
        geleden, roepen roept riep riepen geroepen, snijden sneed gesneden, sluiten sluit sloot gesloten, verbieden verbiedt
        verbood verboden, vergeten vergeet vergat""",
    "sv": """
        stor större störst, ung yngre yngst, lång längre längst, hög högre högst, tung tyngre tyngst,
        vatten vattnet vattnen, vapen vapnet vapnen, tecken tecknet tecknen, exempel exemplet, läger lägret lägren, fönster
        fönstret, papper papperet, syskon, himmel himlen, botten bottnar, sommar somrar, dröm drömmar, kam kammar, man män
        männen mannen, hand händer händerna, tand tänder, son söner, bror bröder, mor mödrar, far fäder, dotter döttrar
        döttrarna, bok böcker böckerna, fot fötter fötterna, natt nätter, stad städer städerna, land länder länderna, strand
        stränder, rot rötter, bonde bönder, gås gäss, mus möss, lus löss, öga ögon, öra öron, liten litet lilla små, gammal
        äldre äldst, minister ministrar ministern ministrarna ministerns, syster systrar, finger fingrar, vinter vintrar, muskel
        muskler, titel titlar, nyckel nycklar, fågel fåglar, cykel cyklar, artikel artiklar artikeln, regel regler, medel
        medlen, gå gick gått går, stå stod stått, få fick fått, se såg sett, ge gav gett givit, ta tog tagit, komma kom kommit,
        säga sa sade sagt säger, göra gjorde gjort gör, veta visste vetat, skriva skrev skrivit skrivna, läsa läste läst, dricka
        drack druckit, äta ätit, finna fann funnit, vinna vann vunnit, sjunga sjöng sjungit, springa sprang sprungit, sitta satt
        suttit, ligga legat, falla föll fallit, hålla höll hållit, låta lät låtit, gråta grät, dö dog dött, flyga flög flugit,
        ljuga ljög, bryta bröt brutit, skjuta sköt skjutit, bjuda bjöd bjudit, bita bet, stiga steg stigit, driva drev drivit,
        bli blev blivit, dra drog dragit, slå slog slagit, stjäla stal stulit, sälja sålde, välja valde valt väljer, sätta
        satte, lägga lade lagt, köpa köpte köpt, sova sov sovit, hjälpa hjälpte, försvinna försvann, besluta beslöt beslutat""",
    "da": """
        stor større størst, ung yngre yngst, lang længere længst, tung tungere tungest,
        sommer somre, vinter vintre, finger fingre, søster søstre søstrene, cykel cykler, artikel artikler artiklen, regel
        regler, titel titler, middel midler, muskel muskler, onkel onkler, himmel himle, aften aftener, lærer lærere, dansker
        danskere, barn børn børnene, mand mænd mændene, hånd hænder hænderne, tand tænder, bog bøger bøgerne, fod fødder, nat
        nætter, stad stæder, bror brødre, mor mødre, far fædre, datter døtre døtrene, søn sønner, gås gæs, ko køer, bonde
        bønder, øje øjne, lille små, gammel ældre ældst, by byer byen byerne byens, minister ministre ministeren ministrene,
        kvinde kvinder, gå gik gået går, stå stod stået, få fik fået, se set, give gav givet, tage tog taget, komme kom kommet,
        sige sagde sagt, gøre gjorde gjort gør, vide vidste vidst, skrive skrev skrevet, læse læste læst, drikke drak drukket,
        spise spiste, finde fandt fundet, vinde vandt vundet, synge sang sunget, springe sprang sprunget, sidde sad siddet,
        ligge ligget, falde faldt faldet, holde holdt, lade lod ladet, græde græd, dø døde, flyve fløj fløjet, bryde brød brudt,
        skyde skød skudt, stige steg steget, drive drev drevet, blive blev blevet, drage drog, slå slog slået, bære båret,
        stjæle stjal stjålet, sælge solgte solgt, vælge valgte valgt, sætte satte sat, lægge lagde lagt, sove sov sovet, hjælpe
        hjalp hjulpet, forsvinde forsvandt forsvundet, træffe traf truffet, spørge spurgte spurgt, bringe bragte bragt""",
    "no": """
        stor større størst, ung yngre yngst, lang lengre lengst, tung tyngre tyngst,
        sommer somre, vinter vintre, finger fingre, søster søstre søstrene, sykkel sykler, artikkel artikler, regel regler,
        tittel titler, middel midler, muskel muskler, onkel onkler, himmel himler, nøkkel nøkler, seddel sedler, mann menn
        mennene, hånd hender hendene, tann tenner, bok bøker bøkene, fot føtter føttene, natt netter, stad steder, bror brødre,
        mor mødre, far fedre, datter døtre døtrene, sønn sønner, gås gjess, ku kyr, bonde bønder, barn barna, øye øyne, liten
        lille små, gammel eldre eldst, by byer byen byene byens, minister ministre ministeren ministrene, ektemann ektemenn,
        nordmann nordmenn, kraft krefter, kne knær, tre trær trærne, gå gikk gått går, stå sto stod stått, få fikk fått, gi ga
        gav gitt, ta tok tatt, komme kom kommet, si sa sagt sier, gjøre gjorde gjort gjør, vite visste visst vet, skrive skrev
        skrevet, lese leste lest, drikke drakk drukket, spise spiste, finne fant funnet, vinne vant vunnet, synge sang sunget,
        springe sprang sprunget, sitte satt sittet, ligge ligget, falle falt, holde holdt, gråte gråt, dø døde, fly fløy fløyet,
        bryte brøt brutt, skyte skjøt skutt, stige steg steget, drive drev drevet, bli ble blitt, dra dro dratt, slå slo slått,
        bære båret, stjele stjal stjålet, selge solgte solgt, velge valgte valgt, sette satte, legge lagt, sove sov sovet,
        hjelpe hjalp hjulpet, forsvinne forsvant forsvunnet, treffe traff truffet, spørre spurte spurt, bringe brakte brakt""",
    "fi": """
        lapset lapsi lasta lapsia lapsen lapsille, joki joen joet joella joessa jokea jokia, Turku Turun Turussa Turusta
        Turkuun, jalka jalan jalat jalassa jalalla, reikä reiän, poika pojan pojat poikia, aika ajan ajat aikaa, kaikki kaiken
        kaikkia, vesi veden vettä vedessä vedestä vedet vesiä, käsi käden kättä kädessä kädet käsiä, uusi uuden uutta uudessa
        uudet uusia, vuosi vuoden vuotta vuodessa vuodet vuosia, kuukausi kuukauden kuukautta kuukaudet, tosi toden totta, länsi
        lännen lännessä, kansi kannen kannessa, kuusi kuuden, viisi viiden, mies miehen miestä miehet miehiä miehille, kevät
        kevään keväällä, työ työn työtä töitä töissä työt, tie tien teitä teillä, yö yön öitä, suo suon soita, veli veljen
        veljet veljiä, ihminen ihmisen ihmistä, nainen naisen naista naiset naisia, maa maan maata maat maita maissa, pää pään
        päät päitä, kylä kylän, leipä leivän leivät, lupa luvan luvat, apu avun, tapa tavan tavat tapoja, puku puvun, luku luvun
        luvut lukuja, laki lain lait lakia lakeja laissa, mäki mäen mäellä, väki väen, näkö näön, teko teon teot, pako paon,
        suku suvun, tehdä tekee teki tehty tekevät, nähdä näkee näki nähty, mennä menee meni, tulla tulee""",
    "et": """
        käsi käe käed käes käega, jõgi jõe jõed jões, tuba toa toad toas, sõda sõja sõjad sõjas, vesi vee vees, uus uue uued
        uut, inimene inimesed inimese inimest inimesi, mees mehe mehed mehi, naine naise naised naisi, laps lapse lapsed lapsi,
        päev päeva päevad, keel keele keeled, linn linna linnad linnas, maa maad maal, töö tööd, tee teed teel, lugu loo lood,
        rahvas rahva rahvast rahvad, nimi nime nimed, süda südame, tütar tütre tütred, põder põdra, leht lehe lehed, aeg aja
        ajad, jalg jala jalad, viga vea vead, madal madala, aed aia aiad, saar saare saared, riik riigi riigid riigis""",
    "pl": """
        człowiek człowieka ludzie ludzi ludziom ludźmi ludziach, rok roku lata lat latach, ręka ręce rąk rękami rękę, pies psa
        psy psów psem, dzień dnia dni dniu dniem dniach, tydzień tygodnia tygodnie tygodni, miesiąc miesiąca miesiące miesięcy
        miesiącu, dziecko dzieci dziecka dzieciom dzieckiem dziećmi, brat bracia braci, ksiądz księdza księża, mąż męża mężowie
        mężem, święto świąt święta, pieniądz pieniędzy pieniądze, przyjaciel przyjaciół przyjaciele, oko oczy oczu, ucho uszy
        uszu, ząb zęby zębów, błąd błędy błędów błędu, sąd sądy, wąż węża węże, mróz mrozu, stół stołu stoły stole, wóz wozu
        wozy, miasto miast mieście miasta, gwiazda gwieździe gwiazd, las lesie lasu, świat świecie świata, kwiat kwiecie, iść
        szedł szła idzie poszedł, jechać jedzie pojechał, brać bierze, wziąć weźmie, chcieć chce, śmierć śmierci, krew krwi,
        wieś wsi, Niemcy Niemczech Niemiec, Włochy Włoszech, Czechy Czechach, Węgry Węgrzech""",
    "cs": """
        noha noze, strach strachy, divadlo divadel, číslo čísel, jméno jmen, okno oken, sestra sester, hra her, dveře dveří,
        člověk člověka lidé lidí lidem lidmi, dítě děti dětí dítěte dětem dětmi, den dny dne dní dnů dnem dnech, pes psa psi psů
        psem, rok roku léta letech, dům domu domy domě domech domů, stůl stolu stoly stole, vůz vozu vozy, kůň koně koní, nůž
        nože nožů, bůh boha bohu, dvůr dvora dvoře, důl dolu doly, sůl soli, oko oči očí, ucho uši uší, ruka ruce rukou rukama,
        noha nohy nohou nohama, týden týdne týdny, přítel přátelé přátel přítele, kněz kněze, město měst, vítr větru, sníh
        sněhu, krev krve, láska lásce, matka matce matek, Praha Praze Prahy, kniha knize knih, válka válce válek, jít šel šla
        jde, jet jede jel, chléb chleba, peníze peněz penězi, práce prací, zeď zdi, loď lodi, rozhodnutí, rodič rodiče rodičů,
        stát státu státy státě""",
    "bg": """
        дете деца децата, ден дни дните дена,
        човек хора хората човека, брат братя, господин господа, око очи, ръка ръце, крак крака""",
    "sk": """
        človek človeka ľudia ľudí ľuďom ľuďmi, dieťa deti detí dieťaťa deťom deťmi, deň dňa dni dní dňom, pes psa psi psov, rok
        roku rokov roky, oko oči očí, ucho uši uší, priateľ priatelia priateľov, brat bratia bratov, peniaze peňazí, týždeň
        týždňa týždne""",
    "ru": """
        жить живёт живут жил, яблоко яблоки, ухо уши, глаз глаза глаз, дом дома домов, поезд поезда поездов, профессор
        профессора, чудо чудеса, небо небеса, цвет цвета цветов, ребёнок дети детей детям детьми детях ребёнка, человек люди
        людей людям людьми людях, друг друзья друзей друзьям друзьями, брат братья братьев братьям, сын сыновья сыновей, мать
        матери матерью матерей, дочь дочери дочерью дочерей, день дня дню днем дне дни дней дням днями днях, год года году годы
        годов лет, окно окон, имя имени имена имен именем, время времени временем времена времен, лев льва, деньги денег
        деньгам, письмо писем, сестра сестёр, земля земель, стул стулья стульев, дерево деревья деревьев, лист листья листьев,
        муж мужья мужей, сосед соседи соседей, хозяин хозяева, огонь огня огни огнем, угол угла углу углы, лёд льда льду, путь
        пути путём, церковь церкви церквей, идти идёт шёл шла шли идут, ехать едет едут ехал, пойти пошёл пошла пошли, прийти
        пришёл пришла пришли, мочь может могут мог могли, взять возьмёт взял взяла, дать даст дал дала, хотеть хочет хотят,
        писать пишет пишут писал, искать ищет ищут, сон сна сны""",
    "uk": """
        людина люди людей людям людьми людях людини, дитина діти дітей дітям дітьми дитини, друг друзі друзів друзям, день дня
        дню днем дні днів дням днями днях, рік року роки років році роках, ніч ночі ночей, річ речі речей, імя імені імена,
        батько батьки батьків батька, мати матері матір, сестра сестер, вікно вікон, око очі очей, вухо вуха, Київ Києва Києві
        Києвом, час часу, кінь коня коні коней, камінь каменя камені, ніготь нігтя, вогонь вогню вогні, лев лева, Львів Львова
        Львові, іти йде йшов йшла йшли, їхати їде їхав, могти може можуть міг могла, взяти візьме взяв, хотіти хоче хочуть, сіль
        солі""",
    "el": "παιδί παιδιά παιδιού παιδιών, άνδρας άντρας άνδρες άντρες, μάτι μάτια, πόλη πόλεις πόλεως πόλεων, χέρι χέρια",
    "hu": """
        háború háborúk háborút, gyűrű gyűrűk, tű tűk, lé levek, ajtó ajtók, folyó folyók, hajó hajók, nő nők nőt nőket nőknek
        nővel nőkkel nőnek, ló lovak lovat lovakat, tó tavak tavat tavon tavakat, szó szavak szót szavakat, kő kövek követ, hó
        havat, fű füvet, mű művek művet műveket, híd hidak hidat, bokor bokrok bokrot, tükör tükrök, álom álmok álmot álmokat,
        étterem éttermek, terem termek termet, torony tornyok, falu falvak falut falvakban, majom majmok, ember emberek embert,
        fiú fiúk fiút fiúkat, férfi férfiak, ököl öklök, farok farkak, sátor sátrak, templom templomok, jön jött jönnek, megy
        ment mennek, eszik evett esznek, iszik ivott, vesz vett vesznek, tesz tett tesznek, visz vitt, hisz hitt""",
    "ro": """
        război războaie războiul, teatru teatre, fiu fii, nume numele, lucru lucruri, drum drumuri, loc locuri locul, tren
        trenuri, cântec cântece, poartă porți, sâmbătă sâmbete, față fețe, fereastră ferestre, rege regi regele, fată fete fetei
        fetelor fetele, masă mese mesei mesele, stea stele stelele stelei, zi zile zilei zilele zilelor, om oameni oamenii
        oamenilor, frate frați frații, soră surori surorile, tată tați, mamă mame, cap capete, ochi ochii, cal cai, copil copii
        copiii copiilor, bărbat bărbați, femeie femei femeile femeilor, carte cărți cărțile, parte părți, mare mări, țară țări
        țării țările, noapte nopți, floare flori, mână mâini, sat sate satul, cuvânt cuvinte, viață vieți vieții, piață piețe
        piața, lege legi legea""",
    "ca": """
        catalana català catalans catalanes, ciutadana ciutadà ciutadans ciutadanes, castellana castellà castellans, humana humà
        humans humanes, idioma idiomes, problema problemes, sistema sistemes, tema temes, programa programes, home homes, mà
        mans, pa pans, fi fins, boig boja bojos, mig mitja, vell vella vells, nou nova nous noves, raó raons, nació nacions, fer
        fa fan fet, dir diu diuen dit, poder pot poden, voler vol volen, tenir té tenen""",
    "ar": """
        سيارة سيارات, أستاذ أساتذة, جريدة جرائد, حقيقة حقائق, عاصمة عواصم, قاعدة قواعد, ساحل سواحل, شاب شباب, فندق فنادق, مطعم
        مطاعم, مستشفى مستشفيات, درس دروس, علم علوم, فن فنون, ضحية ضحايا, قضية قضايا, هدية هدايا, خريطة خرائط, كتاب كتب, رئيس
        رؤساء, وزير وزراء, مدينة مدن, طالب طلاب طلبة, حزب أحزاب, قانون قوانين, مدرسة مدارس, دولة دول, رجل رجال, ولد أولاد, طفل
        أطفال, بيت بيوت, باب أبواب, بنك بنوك, سوق أسواق, شهر أشهر شهور, يوم أيام, سنة سنوات سنين, عام أعوام, خبر أخبار, حدث
        أحداث, مشروع مشاريع, برنامج برامج, مركز مراكز, مكتب مكاتب, شارع شوارع, طريق طرق, حرب حروب, ملك ملوك, أمير أمراء, سفير
        سفراء, زعيم زعماء, خبير خبراء, عضو أعضاء, جيش جيوش, سلاح أسلحة, جندي جنود, ضابط ضباط, قرار قرارات, حق حقوق, عمل أعمال,
        عامل عمال, سعر أسعار, رقم أرقام, فيلم أفلام, صورة صور, قصة قصص, لغة لغات, شعب شعوب, قرية قرى, جزيرة جزر, بلد بلدان بلاد,
        نهر أنهار, بحر بحار, جبل جبال, مرض أمراض, دواء أدوية, طبيب أطباء, مريض مرضى, قتيل قتلى, جريح جرحى, أسير أسرى, صديق
        أصدقاء, عدو أعداء, فقير فقراء, غني أغنياء, كبير كبار, صغير صغار, جديد جدد, مبنى مباني, نظام أنظمة, سؤال أسئلة, جواب
        أجوبة, فريق فرق, لاعب لاعبين, هدف أهداف, نائب نواب, قاض قضاة, حاكم حكام, منطقة مناطق, حكومة حكومات, جريمة جرائم, وثيقة
        وثائق, صحيفة صحف, رسالة رسائل, نتيجة نتائج, مشكلة مشاكل, حد حدود, معرض معارض, مسجد مساجد, مصنع مصانع, متحف متاحف, ملعب
        ملاعب, موقع مواقع, مصدر مصادر, شريك شركاء, تاجر تجار, ابن أبناء""",
    "he": """
        עיר ערים, אישה נשים אשה, איש אנשים, שנה שנים שנות, יום ימים ימי, בת בנות, בן בנים בני, אח אחים, אב אבות, בית בתים בתי,
        לילה לילות, שולחן שולחנות, מקום מקומות, רחוב רחובות, מילה מילים, ביצה ביצים, ראש ראשים, עיתון עתון, צבא צבאות, חג חגים,
        שר שרים שרי, דין דינים, גן גנים, הר הרים, דג דגים, פרי פירות, חודש חודשים חדשים""",
    "fa": """
        مجلس مجالس, خبرنگار خبرنگاران, کارگر کارگران, مسلمان مسلمانان, درس دروس, علم علوم, فن فنون, عامل عوامل, مرحله مراحل,
        مدرک مدارک, سند اسناد, جسد اجساد, ماده مواد, طرح طرح‌ها, نظر نظرات, ملک املاک, معلم معلمان, قانون قوانین, حق حقوق, خبر
        اخبار, اثر آثار, کتاب کتب, عضو اعضا, شاعر شعرا, عالم علما, وزیر وزرا, مدرسه مدارس, منطقه مناطق, مسئله مسائل, نتیجه
        نتایج, مرکز مراکز, منبع منابع, سفیر سفرا, رئیس روسا رؤسا, حادثه حوادث, فرد افراد, شخص اشخاص, طرف اطراف, هدف اهداف, فکر
        افکار, شیء اشیا, ملت ملل, دولت دول, شرط شرایط, وسیله وسایل, وظیفه وظایف, جزیره جزایر, مورد موارد, می‌رود میرود رفت رفتن,
        می‌کند میکند کرد کردن, می‌شود میشود شد شدن, می‌گوید میگوید گفت گفتن""",
    "id": """
        kirim mengirim pengiriman dikirim, tulis menulis penulis tulisan ditulis, pakai memakai pemakai, kenal mengenal, tolong
        menolong, tunggu menunggu, tolak menolak penolakan, tembak menembak penembakan, tangkap menangkap penangkapan, tumbuh
        menumbuhkan, kembang mengembangkan pengembangan, kerja mengerjakan, kurang mengurangi pengurangan, tambah menambah
        penambahan, temu menemukan penemuan, tawar menawarkan penawaran, teliti meneliti penelitian, terima menerima penerimaan,
        tutup menutup penutupan, tinggal meninggal meninggalkan, sewa menyewa penyewaan, sebut menyebut penyebutan, sampai
        menyampaikan, serang menyerang penyerangan, kuasa menguasai penguasa, kunjung mengunjungi pengunjung, kata mengatakan,
        ketahui mengetahui pengetahuan""",
}


@cache
def _bases(language: str) -> dict[str, str]:
    groups = [fold(group).split() for group in _GROUPS[language].split(",")]
    bases = {form: base for base, *forms in groups for form in forms}
    heads = {base for base, *_ in groups}
    return {form: base for form, base in bases.items() if form not in heads}  # a form that is a base form elsewhere stays


@cache
def _irregular(language: str) -> frozenset[str]:
    return frozenset(_GROUPS[language].replace(",", " ").split())


def is_irregular(written: str, language: str) -> bool:
    """Return whether a word in lower case, with its accents, has irregular forms or is one: hånd, not får."""
    return language in _GROUPS and written in _irregular(language)


def base_form(surface: str, language: str) -> str:
    """Return the base form of a folded word if it is irregular; the word itself otherwise.

    >>> base_form("steden", "nl"), base_form("born", "da"), base_form("haus", "de")
    ('stad', 'barn', 'haus')
    """
    return _bases(language).get(surface, surface) if language in _GROUPS else surface
