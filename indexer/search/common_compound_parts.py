"""Words that compounds often consist of, so that they are split in an index that has the compound alone.

Frequent nouns of news and administration, folded. Words of fewer than four letters are too short to be told from endings.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from indexer.analysis.folding import fold

_PARTS: Final[dict[str, str]] = {
    "de": """
        Abbau Abkommen Ablauf Abteilung Agentur Aktie Akte Amt Analyse Angebot Angriff Angst Anlage Anspruch Antrag Anwalt
        Arbeit Arbeiter Archiv Armut Arzt Asyl Aufgabe Aufnahme Aufsicht Ausbau Ausbildung Ausgabe Auskunft Ausschuss Ausweis
        Auto Bahn Bank Barriere Bau Baum Beamte Bedarf Behandlung Behörde Beitrag Beratung Bereich Bericht Beruf Beschluss
        Bestand Besuch Betrag Betrieb Bevölkerung Bewegung Bezirk Bild Bildung Boden Brand Bruch Brücke Buch Bund Bundes Burg
        Bürger Büro Chef Daten Demokratie Dienst Dokument Dorf Druck Ebene Einheit Einkommen Einrichtung Einsatz Energie
        Entwicklung Erbe Erhöhung Ernte Ersatz Europa Experte Fabrik Fach Fahrer Fahrt Fall Familie Feier Feld Fest Feuer Film
        Finanz Firma Fläche Flüchtling Flug Fluss Förderung Form Forscher Forschung Frage Frau Frauen Garten Freiheit Frieden
        Friedens Frist Führer Führung Gast Gebäude Gebiet Gebühr Gefahr Gefängnis Gehalt Geld Gemeinde Gericht Geschichte
        Geschäft Gesellschaft Gesetz Gespräch Gesundheit Gewalt Gewerkschaft Gewinn Grenze Größe Grund Gruppe Güter Hafen Halle
        Handel Handels Haus Haushalt Heim Hilfe Hilfs Hof Holz Industrie Information Insel Institut Integration Jahr Jugend
        Kammer Kampf Kapital Karte Kasse Katastrophe Kauf Kinder Kirche Klasse Klima Klinik König Konferenz Konflikt Konto
        Kontrolle Konzern Kosten Kraft Kommunal National Regional International Kranken Krieg Kriegs Krise Kultur Kunde Kunst
        Kurs Lage Lager Landes Leben Lehrer Leistung Leiter Leitung Linie Liste Lohn Luft Macht Mangel Mann Markt Maschine
        Medien Meer Meister Menge Mensch Miete Militär Minister Ministerium Mitglied Mittel Möbel Motor Museum Musik Nacht
        Nahrung Natur Netz Nummer Objekt Opfer Ordnung Organisation Papier Park Partei Pass Patient Personal Pfad Pflanze Pflege
        Pflicht Plan Planung Platz Politik Politiker Polizei Post Preis Presse Problem Produkt Produktion Programm Projekt
        Prozent Prozess Prüfung Quelle Rate Raum Recht Rechts Rede Reform Regel Regierung Region Reich Reise Rekord Rente
        Rettung Richter Richtlinie Risiko Rolle Rücken Rundfunk Sache Sammlung Sänger Schaden Schein Schiff Schloss Schluss
        Schritt Schule Schüler Schuld Schutz Seite Sender Senkung Serie Sicherheit Sieg Sitz Sitzung Soldat Sommer Sonne Sozial
        Spende Spiel Spieler Sport Sprache Sprecher Staat Staats Stadt Stand Standard Station Stein Stelle Steuer Stiftung
        Stimme Stoff Straße Strafe Strategie Streit Streik Strom Struktur Studie Stunde Suche System Tage Tages Technik Teil
        Telefon Termin Test Text Thema Theater Tier Titel Tote Tourismus Träger Transport Treffen Tür Turm Umwelt Unfall Union
        Unternehmen Unterricht Unterstützung Urlaub Urteil Verband Verbot Verein Verfahren Verhandlung Verkauf Verkehr Verlag
        Verlust Vermögen Versicherung Versorgung Vertrag Vertreter Verwaltung Video Volk Volks Vorschlag Vorstand Waffe Wahl
        Wahrheit Wald Wand Ware Wasser Wechsel Welt Werk Wert Wetter Winter Wirtschaft Wissenschaft Woche Wohnung Zahl Zeichen
        Zeit Zeitung Zelle Zentrum Ziel Zimmer Zins Zoll Zone Zuschuss Zucker Zweck""",
    "nl": """
        aanbod aanslag actie afdeling akkoord ambtenaar arbeid arts auto baan bank basis bedrijf belasting beleid berg bericht
        beroep bestuur bescherming beurs bevolking bewaking bezoek bijdrage blad boek boer boot brand brief brug budget bureau
        burger centrum chef club college commissie contract controle crisis cultuur dag dagen data deel dienst dier directeur
        dorp druk eiland energie examen fabriek familie feest fiets film fonds fout gebied gebouw geld gemeente gevaar
        gevangenis gevecht geweld gezin gezondheid grens groei groep grond haven handel heer hoofd hotel huis huur hulp
        industrie instelling jaar jacht jeugd kaart kabinet kamer kans kant keuze kind kinderen klant klas klimaat koning korps
        kosten kracht krant krediet kunst kwaliteit land landbouw leden leger leider leiding leraar leven lidstaat lijn lijst
        loon lucht maand maatregel macht maker markt materiaal media meester melding melk mens middel milieu minister ministerie
        misdaad museum muziek naam nacht natuur nieuws nummer omgeving onderwijs onderzoek ongeluk oorlog opleiding organisatie
        overheid paard pagina park partij patiënt pensioen personeel plaats plan plein plicht ploeg politie politiek post premie
        prijs probleem proces productie programma project punt raad radio rapport recht rechter regel regering reis rente
        richtlijn risico rivier ruimte samenleving schade schip school schuld sector slachtoffer soort speler spel spoor sport
        staat stad station stelling stelsel stem steun straat straf strijd stroom studie systeem taal tafel techniek tekort
        termijn terrein tijd toerisme toestel trein uitgave uitkering unie vaart vakantie veiligheid verbod verdrag vereniging
        vergadering verkeer verkiezing verkoop verlies vervoer verzekering vliegtuig vloot vlucht vluchteling voedsel voetbal
        volk voorstel voorzitter vrede vrouw waarde wagen wapen water week weer wereld werk werker wet wetenschap wijk winkel
        winst winter zaak zaken zaal zorg zomer""",
    "sv": """
        arbete arbets avdelning avgift avtal bank barn befolkning beslut bidrag bild bolag bord bostad brand bransch brev bron
        brott byggnad centrum chef dagar data dagen departement direktör djur domstol energi experter fabrik fall familj fara
        fest film flygplan flykting folk folketing riksdag fond forskare forskning fotboll fråga fred frihet fängelse företag
        förbud förbund förening förmån försvar försäkring förslag gator grund grupp gräns hamn handel hamnen helg historia hjälp
        huset hushåll hälsa idrott industri information inkomst insats kamp katastrof klimat kommun konferens konst kontor
        kontroll kort kostnad kraft krig kris kultur kung kvinnor kyrka land landet lagen ledare ledning liga linje lista liv
        luft lägenhet läkare lärare lön makt marknad medel medlem meter militär miljö minister myndighet museum musik natt natur
        nivå nummer nämnd område olycka ombud ordförande ordning organisation park parti pengar pension personal plan plats
        politik polis post press pris problem process produkt program projekt prov publik rapport rekord region regering regler
        resa risk rum rådet rätt rättighet samhälle samling service sida sjukhus sjukvård skada skatt skola skog skydd slott
        social soldat sommar spel spelare språk stad staten stats station stol straff strategi strejk ström studie styrelse
        styrka stöd svar system säkerhet sänkning tal team teknik telefon test tid tidning timme trafik transport ungdom union
        universitet uppgift utbildning utgift utveckling vapen val vatten verk verksamhet vinst vinter vård väg värde värld
        väder återvinning ägare ökning""",
    "da": """
        afdeling afgift aftale aften arbejde arbejds avis bank barn befolkning beskyttelse beslutning bidrag billede bolig brand
        brev bro by bygning børn center chef data dage departement dommer domstol drift dyr energi erhverv etat fabrik fald
        familie fare fest film flygtning folk folketing fond forbund forbud forening forhold forsikring forskning forskel
        forslag forsvar fred frihed forretning fængsel generation gruppe grænse handel havn hjælp historie hospital huse
        husholdning hær idræt indkomst industri information jord kamp kirke klima klub kommune konference konge kontor kontrol
        kort kraft krig krise kultur kunst kvinde kyst kød køb land lande landbrug leder ledelse lejlighed lige linje liste liv
        lov lovgivning luft lufthavn læge lærer løn mand magt marked medlem middel militær miljø minister ministerium ministeren
        museum musik myndighed natur niveau nummer område omsorg opgave ordning organisation park parti patient penge pension
        person personale plads plan pleje politi politik politiker post presse pris problem produkt produktion program projekt
        prøve rapport regering region regel rejse rekord rente ret rettighed risiko råd samfund samling selskab service side
        sikkerhed skade skat skatte skib skole skov social soldat sommer spil spiller sprog stat stats station straf strategi
        strejke strøm studie styrelse styrke støtte sundhed sygehus system teknik telefon tid tilskud time trafik transport
        tjeneste udgift udvalg udvikling uddannelse ulykke ungdom union universitet valg vand vare verden verdens virksomhed
        våben vej vejr venner vinter vækst værdi værk økonomi""",
    "no": """
        arbeid arbeids avdeling avgift avis avtale bank barn barne befolkning behandling beskyttelse beslutning bevegelse bidrag
        bilde bistand bolig brann brev bygning bransje byråd data dager departement direktorat domstol drift dyr energi etat
        etaten fabrikk familie fare fest film fisk fiske flyktning folk folke fond forbud forbund forening forhold forsikring
        forskning forslag forsvar fotball fred frihet fylke fengsel gang gruppe grense handel havn hjelp historie hode hytte hær
        idrett industri informasjon inntekt jern jobb kamp kirke klima klubb kommune konferanse konge kontor kontroll kort kraft
        krig krise kultur kunst kvinne kyst lag land lands landbruk leder ledelse leilighet liga linje liste liv lov luft
        lufthavn lege lærer lønn makt marked medlem middel militær miljø minister museum musikk myndighet natur nivå nummer
        næring område olje omsorg oppgave ordning organisasjon park parti pasient penger pensjon person personell plan plass
        politi politikk politiker post presse pris problem produkt produksjon program prosjekt prøve rapport redning regjering
        region regel reise rente rett rettighet risiko råd samfunn samling selskap side sikkerhet skade skatt skip skole skog
        sosial soldat sommer spill spiller språk stat stats stasjon storting straff strategi streik strøm studie styre styrke
        støtte sykehus system teknikk telefon tid tiltak time tjeneste trafikk transport trygd ulykke ungdom union universitet
        utdanning utgift utvalg utvikling valg vann vakt vare verden verdens virksomhet våpen vekst verdi verk vinter vær
        økonomi""",
    "fi": """
        ala alue apu asema asia asunto avustus hallinto hallitus hanke henkilö hinta hoito huolto ihmis ikä ilma ilmasto
        järjestelmä järjestö jäsen kansa kansan katu kauppa kaupunki keskus kieli kirja kirjasto kirje koe kokous konferenssi
        kone kortti korkea koulu koulutus kriisi kulttuuri kunta kuva laitos laki laiva lapsi lasten lehti lento liike liikenne
        liitto lista lupa luonto maa maahan maailma maailman maksu markkina matka mies ministeri ministeriö musiikki myynti
        nainen nuoriso ohjelma oikeus opettaja opetus opisto oppilas pankki paikka palkka palo palvelu peli perhe poliisi
        poliitikko politiikka presidentti prosessi puhelin puolue puolustus pöytä raha raja rakennus ratkaisu rauta raportti
        rikos rinta ryhmä sairaala sairaus sali sana seura silta sopimus sota sotilas suhde suunnitelma talo talous tapa tehdas
        tekijä terveys tie tieto tila toimi toimisto tuki tuomio tuotanto turva turvallisuus tutkija tutkimus tutkinto työ
        työntekijä unioni uutinen vaali vaalit vakuutus valta valtio valtion valvonta vartio vartiolaitos vene vero vesi viikko
        viini virasto virka voima vuosi yhdistys yhteiskunta yhtiö yritys ympäristö""",
}


@cache
def compound_parts(language: str) -> frozenset[str]:
    """Return the folded words of a language that compounds often consist of."""
    return frozenset(fold(_PARTS.get(language, "")).split())
