"""Stop words by language, folded (see `indexer.analysis.folding`).

The lists are short on purpose. A missing word costs a little space, but a listed word cannot be searched for.
"""

from __future__ import annotations

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": """a an and are as at be been but by can could did do does for from had has have he her his how i if in into
            is it its me my no nor not of on or our she should so such than that the their them then there these they
            this those to us was we were what when where which while who whom whose why will with would you your
            dont doesnt didnt isnt arent wasnt im ive youre theyre""",
        "de": """aber als am an auch auf aus bei bin bis da damit dann das dass dem den denn der des die doch dort du durch
            ein eine einem einen einer eines er es fur hat hatte hier ich ihr ihre im in ist ja kann kein keine man mit
            nach nicht noch nur ob oder ohne sein seine sich sie sind so sowie uber um und uns unter vom von vor war
            waren was weil wenn wer werden wie wird wir wo zu zum zur""",
        "fr": """a ai ainsi au aux avec c ce ces cet cette comme d dans de des donc du elle elles en est et eux il ils j
            je l la le les leur leurs lui m mais me meme mes moi mon n ne nos notre nous on ont ou par pas plus pour
            qu que qui s sa sans se ses si son sont sur t ta te tes toi ton tu un une vos votre vous y""",
        "es": """a al algo como con cual cuando de del desde donde el ella ellas ellos en entre era es esa ese eso esta
            este esto fue ha han hasta hay la las le les lo los mas me mi muy ni no nos o para pero por porque que
            quien se ser si sin sobre son su sus tambien te tiene un una uno y ya yo""",
        "it": """a agli ai al alla alle anche c che chi ci come con cui d da dai dal dalla dalle dei del della delle dello
            di dove e ed era gli ha hanno i il in io l la le lei lo loro ma mi ne nei nel nella nelle non o per perche
            piu quale quando quella quello questa questo se si sia sono su sua sui sul sulla sulle suo tra un una uno""",
        "pt": """a ao aos as com como da das de dela dele do dos e ela ele em entre era essa esse esta este eu foi ha isso
            isto ja la mais mas me meu muito na nao nas nem no nos o os ou para pela pelo pelos por qual quando que
            quem sao se sem ser seu seus so sua suas tambem te tem um uma umas uns voce""",
        "nl": """aan al als ben bij dan dat de der deze die dit door een en er geen had heb hebben heeft het hij hoe hun
            ik in is je kan maar me meer men met mijn naar niet nog nu of om omdat onder ons ook op over te tot u uit
            van veel voor want waren was wat we wel werd wie wij wordt zal ze zich zij zijn zo zonder zou""",
        "sv": """alla andra att av bara blev de dem den denna det detta dig din du efter eller en ett for fran ha hade han
            hans har hon hur i icke inte ja jag kan man med men mig min mot nar nu och om pa sa sig sin sina som till
            under upp ut vad var vara vi vid""",
        "da": """af alle at blev da de dem den denne der det dette dig din du efter eller en end er et for fra ha han har
            havde hun hvad hvor i ikke ind jeg kan man med men mig min nar nu og om op os pa sa sig sin skal som til ud
            var vi vil""",
        "no": """alle at av ble da de dem den denne der det dette du eller en er et etter for fra ha han har hun hva hvor i
            ikke jeg kan man med men meg min nar og om opp oss pa sa seg sin skal som til ut var vi vil""",
        "pl": """a aby ale bo by byc byl byla co czy dla do gdy go i ich ile im ja jak jako je jego jej jest jeszcze juz ku
            lub ma mi na nad nie o od oraz po pod przez przy sa sie ta tak te tego ten to tu ty tylko tym u w we wie z
            za ze""",
        "ru": """а без бы был была были было в вас во вот все вы да для до его ее если есть еще же за и из или им их к как
            ко когда кто ли мы на не него нее нет ни но о об он она они от по под при с со так то только тот у уже что
            чтобы эта эти это этот я""",
        "uk": """а або але без би був була були було в вже ви від він вона вони воно все для до є з за і із й його її їх к
            коли ми на не ні о об по при про та так те то у це цей ця чи що щоб я як""",
    }.items()
}

# Stop words of one language that are ordinary words in another. In a mixed index they count as stop words only if they are
# stop words in its main language. Otherwise English readers of a bilingual site could not search for "war" and "die".
MEANINGFUL_ELSEWHERE = frozenset(
    "war die man also hat bin her son sur sera pour mine dove come ton mes ski den men under over had want made dig"
    " mot par main plus all top per pas tu un ai ha ma om op us son con sin era fin pro non am il eu mas uit sui".split()
)
