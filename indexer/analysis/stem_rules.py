"""Rules beside the stemmers: endings that a stemmer does not know without accents, and sounds that change within a word.

`before_stemming` replaces an ending by one that the stemmer removes. `after_stemming` gives the stems of one word one form:
vowels that come and go (Russian рынок, рынка), consonants that soften (Polish ręka, ręce) or have two grades
(Finnish katu, kadulla).
A rule applies to all forms of a word alike, so it need not give the true stem.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_SHORT_NORDIC = (r"^([bcdfghjklmnprstv]{1,3}[aeiouy])(?:en|et|er|ene|erne|ens|ets|ernes)$", r"\1")  # byen, treet

_BEFORE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "pt": (
        (r"(?<=\w)(?:oes|aes)$", "ao"),  # migrações, alemães
        (r"(?<=\w{3})ais$", "al"),  # animais
        (r"(?<=\w{3})eis$", "el"),  # papéis
        (r"(?<=\w{3})ois$", "ol"),  # lençóis
        (r"(?<=\w\w[bdfgjlmnprtvxz])is$", "il"),  # barris
        (r"(?<=\w\w)ens$", "em"),  # homens
        (r"(?<=\w\w)ins$", "im"),  # jardins
        (r"(?<=\w\w)uis$", "ul"),  # azuis
        (r"(?<=\w\we)s(?:es|as?)$", "s"),  # francesas, portugueses
        (r"^(\w{1,2}ei)s$", r"\1"),  # leis
        (r"(?<=[ao])s$", ""),  # rios
    ),
    "fr": (
        (r"(?<=\w)trices?$", "teur"),  # actrice
        (r"iees?$", "ie"),  # réfugiée(s)
        (r"(?<=\w\w)eaux?$", "el"),  # nouveau(x), as nouvelle
        (r"(?<=\w{3})a(?:il|ux)$", "al"),  # travail, travaux
        (r"^(\w{1,2}eu)x$", r"\1"),  # jeux
        (r"(?<=\w\w)ifs?$", "iv"),  # actif(s), as active
    ),
    "es": (
        (r"(?<=\w\w)tri(?:z|ces)$", "tor"),  # actriz
        (r"(?<=[aeiou])ces$", "z"),  # luces
        (r"(?<=[ao])s$", ""),  # ríos
    ),
    "it": (
        (r"(?<=\w\w)tric[ei]$", "tore"),  # lavoratrice
        (r"(?<=\w\w[cg])h(?=[ie]$)", ""),  # laghi
        (r"(?<=\w\w)ier[ei]$", "iera"),  # frontiere
        (r"(?<=\w{3}or|\w{2}ent)ess[ae]$", "e"),  # dottoressa, studentessa
    ),
    "ro": ((r"(?<=\w\w)ase$", "as"), (r"(?<=\w{3})eri(?:le|lor)?$", "ere")),  # orașe, alegeri
    "cs": ((r"(?<=\w\w)(?:eho|emu|ych|ymi)$", "y"), (r"(?<=\w{3})(?:ach|atech)$", "a")),  # českého, školách
    "pl": ((r"(?<=\w{4})ecie$", "et"),),  # uniwersytecie
    "ca": (
        (r"(?<=\w\w)ons$", "o"),  # migracions, cançons
        (r"(?<=\w{4})e(?:es|a|us)$", "eu"),  # europea
        (r"(?<=\w{3}[dst])r[ea]s?$", "re"),  # ministra
        (r"(?<=\w\wen)t(?:a|es)$", "t"),  # presidenta
        (r"(?<=\wei)s$", ""),  # lleis
        (r"(?<=\w\w)ques$", "ca"),  # polítiques
        (r"(?<=\w\w)gues$", "ga"),
        (r"(?<=\w)ss[eo]s$", "s"),  # gossos
        (r"(?<=\w{3}[aeo])s$", ""),  # llibres
    ),
    "nl": ((r"(?<=\w{3}[bdfgklmnpstvz])eren$", ""), (r"(?<=\w\wiek)e$", "")),  # kinderen, politieke
    "da": (_SHORT_NORDIC,),
    "no": (_SHORT_NORDIC,),
    "sv": (_SHORT_NORDIC,),
    "fi": ((r"(?<=\w\w)nen$", "set"), (r"(?<=\w{3})si$", "sit")),  # ihminen, ihmiset; poliisi has no possessive -si
    "id": ((r"^(?:men|pen)(?=[aiueo]\w{3})(?!enang|enuh|enara|enikah|enantu)", "t"),),  # menulis
    "vi": ((r"(?<=[hklmst])y$", "i"),),  # kỹ, kĩ
}  # fmt: skip

_CYRILLIC_CONSONANT = "[бвгґджзйклмнпрстфхцчшщ]"
_LATIN_CONSONANT = "[bcdfghjklmnprstvwxz]"

_AFTER: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ru": (
        (rf"(?<={_CYRILLIC_CONSONANT})[ое](?=[кц]$)", ""),  # рынок, рынка; отец, отца
        (rf"(?<={_CYRILLIC_CONSONANT})е(?=н$)", ""),  # уровень, уровня
    ),
    "uk": (
        (r"ї(?=в$)", "є"),  # Київ, Києва
        (r"(?<=\w{3})ов$", ""),  # Харкова
        (rf"(?<={_CYRILLIC_CONSONANT})[оеі](?=[кц]$)", ""),  # ринок, ринку; кінець, кінця
        (rf"(?<={_CYRILLIC_CONSONANT})е(?=н$)", ""),
        (rf"і(?={_CYRILLIC_CONSONANT}{{1,2}}$)", "о"),  # ніч, ночі; стіл, стола
        (r"ц$", "к"),  # руці
        (r"з$", "г"),  # нозі
    ),
    "bg": ((r"ъ(?=[рлмн]$)", ""), (r"ц$", "к")),  # министър, министри; вестник, вестници
    "pl": (
        (r"(?<=\w{3})ow$", ""),  # wyborów
        (rf"(?<={_LATIN_CONSONANT})i?e(?=[knlrc]$)", ""),  # matek, okien, minister
        (r"ck?$", "k"),  # ręce, politycy
        (r"dz$", "g"),  # drodze
        (r"rz$", "r"),  # biurze
    ),
    "cs": (
        (rf"(?<={_LATIN_CONSONANT})e(?=[knlc]$)", ""),  # oken
        (r"c$", "k"),  # ruce
        (r"z$", "h"),  # knize
    ),
    "sk": ((rf"(?<={_LATIN_CONSONANT})(?:[eo]|ie)(?=[knlrcb]$)", ""), (r"c$", "k")),  # volieb; žiaci
    "hr": ((r"(?<=\w{3})[oe]v$", ""), (r"(?<=\w\w)c$", "k"), (r"(?<=\w\w)z$", "g")),  # gradovi; ruci, knjizi
    "fr": (
        (r"eux$", "eur"),  # vendeuse
        (r"(?<=\w\w\wg)er$", ""),  # étrangère
        (r"(?<=\w\w[iou])s$", ""),  # lois, vélos; grise as gris
    ),
    "nl": (
        (r"(?<=[^aeiou])([aeou])([bdfgklmnprstvz])e$", r"\1\1\2"),  # grote as groot
        (r"(?<=[aeou]{2})v$", "f"),  # brave as braaf
        (r"(?<=[aeou]{2})z$", "s"),  # boze as boos
    ),
    "sv": ((r"(?<=\w{3})an$", ""),),  # skolan as skola
    "tr": (
        (r"(?<=\w{3})m[ae]k$", ""),  # yapmak
        (r"(?<=\w\w)i?yor$", ""),  # yapıyor
        (r"(?<=\w\w)d$", "t"),  # gidiyor as gitmek
    ),
    "it": ((r"(?<=\w{3})[oi]$", ""),),  # anno, anni
    "ro": (
        (r"(?<=\w\w)[ae]$", ""),  # oră, ore
        (r"oa(?=[^aeiou]+$)", "o"),  # școală, școli
        (r"ea(?=[^aeiou]+$)", "e"),  # seară, seri
    ),
    "fa": ((r"(?<=\w\w)ان$", ""),),  # مهاجران
    "fi": (
        (r"(?<=\w{3})[aeiouy]+$", ""),
        (r"(?<=\w\w[aeiouy])ks$", "s"),  # hallitus, hallituksen
        (r"ng$", "nk"),  # Helsinki, Helsingissä
        (r"nn$", "nt"),  # ranta, rannalla
        (r"ll$", "lt"),
        (r"rr$", "rt"),
        (r"([kpt])\1$", r"\1"),  # tyttö, tytöt
        (r"d$", "t"),  # katu, kadulla
    ),
    "et": (
        (r"(?<=\w{3})[aeiouy]+$", ""),
        (r"g$", "k"),  # riik, riigi
        (r"b$", "p"),
        (r"d$", "t"),
        (r"([kpt])\1$", r"\1"),
    ),
}  # fmt: skip
_SAME_RULES: Final = {"sr": "hr", "bs": "hr", "sl": "hr"}


_Rules = tuple[tuple[re.Pattern[str], str], ...]


@cache
def _rules_before(language: str) -> _Rules:
    return _compiled(_BEFORE, language)


@cache
def _rules_after(language: str) -> _Rules:
    return _compiled(_AFTER, language)


def _compiled(rules: dict[str, tuple[tuple[str, str], ...]], language: str) -> _Rules:
    """Return the rules of a language. They are compiled when its first word is stemmed."""
    return tuple((re.compile(pattern), new) for pattern, new in rules.get(_SAME_RULES.get(language, language), ()))


def before_stemming(word: str, language: str) -> str:
    """Return a folded word with its ending as the stemmer expects it.

    >>> before_stemming("avioes", "pt"), before_stemming("frontiere", "it")
    ('aviao', 'frontiera')
    """
    for pattern, new in _rules_before(language):
        word = pattern.sub(new, word)
    return word


def after_stemming(stem: str, language: str) -> str:
    """Return the form that the stems of one word share.

    >>> after_stemming("рынок", "ru"), after_stemming("kad", "fi"), after_stemming("kat", "fi")
    ('рынк', 'kat', 'kat')
    """
    for pattern, new in _rules_after(language):
        stem = pattern.sub(new, stem)
    return stem
