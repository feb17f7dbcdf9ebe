"""English forms that no rule of a stemmer joins: irregular plurals and verbs, and British spellings."""

from __future__ import annotations

import re
from typing import Final

from indexer.lazy_regex import later

# The base form, then the forms that count as it. Forms that are words of their own (saw, found, left, ground) are not listed.
_IRREGULAR: Final = """
    child children, man men, woman women, foot feet, tooth teeth, goose geese, mouse mice, louse lice, ox oxen, person people,
    crisis crises, analysis analyses, thesis theses, hypothesis hypotheses, diagnosis diagnoses, parenthesis parentheses,
    oasis oases, synthesis syntheses, emphasis emphases, criterion criteria, phenomenon phenomena, bacterium bacteria,
    curriculum curricula, stimulus stimuli, nucleus nuclei, fungus fungi, alumnus alumni, index indices, matrix matrices,
    appendix appendices, vertex vertices, knife knives, wife wives, life lives, wolf wolves, shelf shelves, thief thieves,
    half halves, calf calves, leaf leaves, loaf loaves, elf elves, scarf scarves,
    buy bought, bring brought, catch caught, fight fought, seek sought, teach taught, think thought, begin began begun,
    break broke broken, choose chose chosen, come came, do does did done, draw drew drawn, drink drank drunk,
    drive drove driven, eat ate eaten, fall fell fallen, fly flew flown, forbid forbade forbidden, forget forgot forgotten,
    forgive forgave forgiven, freeze froze frozen, get got gotten, give gave given, go goes went gone, grow grew grown,
    hide hid hidden, hold held, keep kept, know knew known, lead led, lend lent, lose lost, make made, mean meant, meet met,
    pay paid, ride rode ridden, ring rang rung, rise risen, run ran, say said, sell sold, send sent, shake shook shaken,
    shoot shot, show shown, shrink shrank shrunk, sing sang sung, sink sank sunk, sit sat, sleep slept, speak spoke spoken,
    spend spent, stand stood, steal stole stolen, strike struck, swear swore sworn, sweep swept, swim swam swum,
    take took taken, tell told, throw threw thrown, understand understood, wake woke woken, wear wore worn, win won,
    write wrote written, build built, deal dealt, dig dug, feed fed, feel felt, flee fled, hang hung, hear heard, lay laid,
    overcome overcame, become became, undergo underwent undergone, withdraw withdrew withdrawn, rebuild rebuilt, undo undone
"""
IRREGULAR: Final[dict[str, str]] = {
    form: base for base, *forms in (group.split() for group in _IRREGULAR.split(",")) for form in forms
}

_OUR: Final = (
    "colour favour honour labour neighbour behaviour harbour humour rumour flavour vapour vigour odour armour parlour savour"
    " splendour tumour glamour endeavour ardour candour clamour rancour valour saviour demeanour"
)
_RE: Final = "centre theatre metre litre fibre calibre lustre sombre spectre meagre kilometre millimetre centimetre manoeuvre"
_DOUBLED: Final = "travel cancel label model level signal fuel counsel quarrel marvel panel rival tunnel channel dial jewel"
_WHOLE: Final = {
    "catalogue": "catalog", "dialogue": "dialog", "analogue": "analog", "monologue": "monolog", "defence": "defense",
    "offence": "offense", "licence": "license", "pretence": "pretense", "programme": "program", "grey": "gray",
    "aluminium": "aluminum", "fulfil": "fulfill", "enrol": "enroll", "instalment": "installment", "mould": "mold",
    "plough": "plow", "sceptic": "skeptic", "paediatric": "pediatric", "anaemia": "anemia", "encyclopaedia": "encyclopedia",
    "jewellery": "jewelry", "pyjamas": "pajamas", "ageing": "aging", "skilful": "skillful", "cheque": "check",
}  # fmt: skip
BASES: Final = {
    **{word: word.replace("our", "or") for word in _OUR.split()},
    **{word: word[:-2] + "er" for word in _RE.split()},
    **{f"{word}{word[-1]}": word for word in _DOUBLED.split()},
    **_WHOLE,
}
BRITISH_BEGINNINGS: Final = frozenset(base[:3] for base in BASES)
BRITISH: Final = later("|".join(sorted(BASES, key=len, reverse=True)))
ENDING: Final = re.compile("(?:s|ed|d|ing|er|ers|al|ally|ite|ites|able|less|ful|hood|ism|isms|ation|ical|ous)?")

# Verbs in -ise that are written -ize in America. Words that always have -ise are shorter, or listed.
ISE: Final = re.compile(r"(\w{3,})is(e|es|ed|er|ers|ing|ation|ations|ational)")
YSE: Final = re.compile(r"(anal|paral|catal)ys(e|ed|ing|er|ers)")
ALWAYS_ISE: Final = frozenset(
    "advert exerc prom surpr otherw enterpr comprom franch superv improv telev rev dev disgu expert merchand parad compr likew"
    " treat prem dem exc conc chast circumc cru pra appra braise mayonna porpo tort adv clockw lengthw streetw emp"
    " prec inc imprec rem arr upr sunr moonr highr turquo reprise pract dec".split()
)
