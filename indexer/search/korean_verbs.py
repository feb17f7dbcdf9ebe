"""Write a Korean verb or adjective in its other forms: 먹다 as 먹었다, 먹는 and 먹고; 갔다 as 가다 and 간다.

Korean is indexed in pairs of syllables, so a form is found by its beginning: the stem with the first syllable of an ending.
A syllable is composed of a first consonant, a vowel and a final consonant (Unicode Standard, section 3.12).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_FIRST, _VOWELS, _FINALS = 0xAC00, 21, 28
_FINAL_N, _FINAL_L, _FINAL_B, _FINAL_SS = 4, 8, 17, 20
_FIRST_H = 18
# Vowels by their number in a syllable: the vowel of a stem, and that of the stem with 아 or 어.
_CONTRACTED: Final = {8: 9, 13: 14, 20: 6, 11: 10, 18: 4}  # 오 와, 우 워, 이 여, 외 왜, 으 어
_VERB: Final = re.compile("[\uac00-\ud7a3]{1,8}다")
_ENDINGS_AFTER_CONSONANT: Final = "는은을고지기던었았어아습"
_ENDINGS_AFTER_VOWEL: Final = "는었았"  # others are often words: 바다, 바지
_ENDINGS_OF_PAST: Final = "다고던지습"


def verb_forms(text: str) -> list[str]:
    """Return the beginnings of the forms of a Korean verb; none if the word does not end as one.

    >>> verb_forms("먹다")[:3], "갔다" in verb_forms("가다"), "가는" in verb_forms("갔다"), verb_forms("학교")
    (['먹는', '먹은', '먹을'], True, True, [])
    """
    if not _VERB.fullmatch(text):
        return []
    forms = [form for stem in _stems(text) for form in _forms_of_stem(stem)]
    return [form for form in dict.fromkeys(forms) if form != text]


def _stems(verb: str) -> Iterator[str]:
    """Yield the stems that a form in -다 may have."""
    body = verb[:-1]
    if body.endswith("습니") and len(body) > 2:
        body = body[:-2]
    elif body.endswith("니") and len(body) > 1 and _parts(body[-2])[2] == _FINAL_B:  # 갑니다, 삽니다
        yield from (body[:-2] + _with_final(body[-2], final) for final in (0, _FINAL_L))
        return
    if len(body) > 1 and body[-1] in "었았는":
        yield body[:-1]
        return
    first, vowel, final = _parts(body[-1])
    if final == _FINAL_SS and body[-1] != "있":
        vowels = [own for own, contracted in _CONTRACTED.items() if contracted == vowel]
        if first == _FIRST_H and vowel == 1:  # 했다
            vowels = [0]
        yield from (body[:-1] + _syllable(first, each, 0) for each in (vowel, *vowels))
    elif final == _FINAL_N:  # 간다, 산다
        yield from (body[:-1] + _with_final(body[-1], each) for each in (0, _FINAL_L))
    else:
        yield body


def _forms_of_stem(stem: str) -> Iterator[str]:
    first, vowel, final = _parts(stem[-1])
    endings = _ENDINGS_AFTER_CONSONANT if final else _ENDINGS_AFTER_VOWEL
    if len(stem) > 1:
        yield stem
    else:
        yield from (stem + ending for ending in endings)
    yield stem + "다"
    if final not in (0, _FINAL_L):
        return
    open_stem = stem[:-1] + _syllable(first, vowel, 0)
    yield from (open_stem[:-1] + _with_final(open_stem[-1], each) + rest for each, rest in ((_FINAL_N, "다"), (_FINAL_B, "니")))
    if not final:
        past_vowel = 1 if first == _FIRST_H and vowel == 0 else _CONTRACTED.get(vowel, vowel)
        yield from (stem[:-1] + _syllable(first, past_vowel, _FINAL_SS) + ending for ending in _ENDINGS_OF_PAST)


def _parts(syllable: str) -> tuple[int, int, int]:
    number = ord(syllable) - _FIRST
    return number // (_VOWELS * _FINALS), number // _FINALS % _VOWELS, number % _FINALS


def _syllable(first: int, vowel: int, final: int) -> str:
    return chr(_FIRST + (first * _VOWELS + vowel) * _FINALS + final)


def _with_final(syllable: str, final: int) -> str:
    first, vowel, _ = _parts(syllable)
    return _syllable(first, vowel, final)
