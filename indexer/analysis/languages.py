"""Detect the language of a text: by its script if that decides, otherwise by py3langid among the supported languages."""

from __future__ import annotations

import mmap
import re
import threading
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from indexer.analysis.folding import fold
from indexer.analysis.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDETERMINED = "und"

_LATIN = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "no",
    "fi",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "tr",
    "ca",
    "et",
    "lt",
    "lv",
    "sl",
    "hr",
    "sq",
    "id",
    "vi",
)
_CYRILLIC = ("ru", "uk", "bg", "sr", "mk")
_ARABIC = ("ar", "fa", "ur")
SUPPORTED = frozenset((*_LATIN, *_CYRILLIC, *_ARABIC, "zh", "ja", "ko", "he", "el", "th", "hi"))

# Other names under which pages and feeds declare these languages.
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "cmn": "zh", "yue": "zh", "bs": "hr", "sh": "sr"}
_ALIASES |= {
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "nld": "nl",
    "dut": "nl",
    "rus": "ru",
    "ukr": "uk",
    "pol": "pl",
    "jpn": "ja",
    "zho": "zh",
    "chi": "zh",
    "kor": "ko",
    "ara": "ar",
}

MIN_LETTERS = 20  # with fewer, a guess is wrong too often and the hint is trusted
MIN_CERTAIN_LETTERS = 120  # in a text whose language can differ from that of its collection
MIN_MAJORITY = 2 / 3  # of a collection, whose language its short texts have
MIN_VOTE_CHARACTERS = 400  # of joined texts that count as one vote
MIN_CONFIDENCE = 0.9  # of the identifier, to overrule a hint
_SAMPLE_CHARACTERS = 4_000  # characters examined; more do not change the result
_SMALL_SAMPLE, _MIN_WORDS = 1_500, 25  # characters, words: where small words are counted
_SMALL_WORDS, _PLAINLY = 0.25, 0.7  # their share in the language that is plainly it, and what any other may have of that
# Languages that small words tell from all others. Spanish small words also abound in Catalan texts, Polish ones in Czech.
_DISTINCT = frozenset(("en", "de", "fr", "it", "nl", "sv"))

MAX_TURN_SECONDS, _ATTEMPTS_PER_SECOND = 5, 50  # to wait for another process that loads the model, which takes half a second


class _Script(NamedTuple):
    letters: re.Pattern[str]
    languages: tuple[str, ...]


_LETTERS = re.compile(r"[^\W\d_]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]")
_SCRIPTS = (
    _Script(re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"), ("ko",)),
    _Script(re.compile("[\u3041-\u309f\u30a1-\u30fa\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d]"), ("zh",)),
    _Script(re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]"), ("he",)),
    _Script(re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"), _ARABIC),
    _Script(re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), ("el",)),
    _Script(re.compile("[\u0e01-\u0e4f]"), ("th",)),
    _Script(re.compile("[\u0904-\u0939]"), ("hi",)),
    _Script(re.compile("[\u0400-\u052f]"), _CYRILLIC),
)
_OTHER_SCRIPTS = re.compile(f"[{''.join(script.letters.pattern[1:-1] for script in _SCRIPTS)}]")


def normalize(label: str | None) -> str | None:
    """Return the ISO 639-1 code of a language as pages declare it ("de-AT", "EN_us", "ger"); None if it is not supported."""
    if not label:
        return None
    code = re.split(r"[-_;, ]", label.strip().lower(), maxsplit=1)[0]
    code = _ALIASES.get(code, code)
    return code if code in SUPPORTED else None


def detect(text: str, hint: str | None = None, min_letters: int = MIN_LETTERS) -> str:
    """Return the language of a text, ISO 639-1 or "und".

    `hint` is what the page, the feed or the operator declares. It is trusted if the text is too short to decide, or does not
    clearly contradict it. `min_letters`: a text with fewer is too short, if its script is that of the hint.
    """
    expected = normalize(hint)
    sample = text[:_SAMPLE_CHARACTERS]
    mixed = not sample.isascii() and _OTHER_SCRIPTS.search(sample) is not None
    letters = sum(1 for _ in islice(_LETTERS.finditer(sample), None if mixed else min_letters))
    if letters == 0:
        return expected or UNDETERMINED
    candidates: tuple[str, ...] = _LATIN
    for script in _SCRIPTS if mixed else ():
        own_letters = script.letters.findall(sample)
        # A pair of letters in these scripts says as much as a word in Latin ones.
        weight = 2 if script.languages[0] in ("ko", "zh") else 1
        if len(own_letters) * weight * 2 >= letters:
            candidates = script.languages
            if candidates == ("zh",):
                return "ja" if len(_KANA.findall(sample)) * 20 >= len(own_letters) else "zh"
            break
    if len(candidates) == 1:
        return candidates[0]
    by_letters = _by_letters(sample, candidates)
    if by_letters:
        return by_letters
    if letters < min_letters and expected in candidates:
        return str(expected)
    if letters < MIN_LETTERS:
        if candidates is not _LATIN and expected not in candidates:
            return candidates[0]  # a language that is not written in this script cannot be right
        return expected or UNDETERMINED
    plain = _language_of_small_words(sample, candidates)
    if plain is not None and (plain == expected or (expected is None and plain in _DISTINCT)):
        return plain
    guess, confidence = _identify(sample, candidates)
    if expected in candidates and expected != guess and confidence < MIN_CONFIDENCE:
        return expected or UNDETERMINED
    return guess


def majority(texts: Sequence[str]) -> str | None:
    """Return the language of nearly all of these texts; None if there is none.

    Short texts are joined, because a single one tells little.
    """
    votes: Counter[str] = Counter()
    joined: list[str] = []
    for text in texts:
        joined.append(text[:_SAMPLE_CHARACTERS])
        if sum(map(len, joined)) >= MIN_VOTE_CHARACTERS:
            votes[detect("\n".join(joined))] += 1
            joined.clear()
    if joined:
        votes[detect("\n".join(joined))] += 1
    votes.pop(UNDETERMINED, None)
    language, count = next(iter(votes.most_common(1)), ("", 0))
    return language if count >= MIN_MAJORITY * votes.total() > 0 else None


def _language_of_small_words(sample: str, candidates: tuple[str, ...]) -> str | None:
    """Return the language that a text's small words plainly are of; None if none is.

    This settles most texts, and spares each process that extracts pages the memory of the identifier's model. Languages near one
    another (Danish, Norwegian) are left to the identifier.
    """
    words = fold(sample[:_SMALL_SAMPLE]).split()
    if len(words) < _MIN_WORDS:
        return None
    groups, languages_of = _small_words()
    counts = dict.fromkeys(candidates, 0)
    for group, count in Counter(map(groups.get, words)).items():
        for language in languages_of[group] if group is not None else ():
            if language in counts:
                counts[language] += count
    first, (second, most) = max(counts, key=counts.__getitem__), sorted(counts.values())[-2:]
    return first if most >= len(words) * _SMALL_WORDS and second < most * _PLAINLY else None


@cache
def _small_words() -> tuple[dict[str, int], list[tuple[str, ...]]]:
    """Return for each stop word the number of a group of languages, and these groups. Numbers are counted faster than groups."""
    numbers: dict[tuple[str, ...], int] = {}
    groups = {}
    for word in frozenset(word for words in STOP_WORDS.values() for word in words):
        languages = tuple(language for language, listed in STOP_WORDS.items() if word in listed)
        groups[word] = numbers.setdefault(languages, len(numbers))
    return groups, list(numbers)


def _by_letters(sample: str, candidates: tuple[str, ...]) -> str | None:
    """Return the language if the sample has Cyrillic or Arabic letters that only one language uses."""
    low = sample.lower()
    if candidates is _CYRILLIC:
        if re.search("[їєґ]", low):
            return "uk"
        if re.search("[ыэё]", low) and "і" not in low:
            return "ru"
    if candidates is _ARABIC:
        if re.search("[ٹڈڑےں]", low):
            return "ur"
        if re.search("[پچژگ\u200c]", low):  # with the non-joiner, which Persian writes inside words
            return "fa"
        if re.search("[ةىكي]", low):
            return "ar"
    return None


@lru_cache(maxsize=4)
def _identifier(candidates: tuple[str, ...]) -> LanguageIdentifier:
    """Return an identifier of these languages. It is loaded when it is first needed: searches do not need it."""
    with one_process_at_a_time():
        return _load(candidates)


def _load(candidates: tuple[str, ...]) -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    renamed = {"no": "nb"} if "no" not in identifier.labels else {}
    identifier.set_languages([renamed.get(code, code) for code in candidates if renamed.get(code, code) in identifier.labels])
    # Rebuilt with these languages only. Otherwise it keeps the figures of all others, which take 19 MB.
    few = identifier.nb_ptc, identifier.nb_pc, identifier.nb_classes
    moves = on_disk(identifier.tk_nextmove) if identifier.tk_nextmove.typecode == "I" else identifier.tk_nextmove
    output = array("i", identifier.tk_output)
    return LanguageIdentifier(*few, moves, output, norm_probs=True, tk_row=identifier.tk_row)


@contextmanager
def one_process_at_a_time() -> Iterator[None]:
    """Wait until no other process is in this block, for `MAX_TURN_SECONDS` at most.

    For a moment the model takes 100 MB, and a crawl has a process on each core, which come to their first such text together.
    """
    with ExitStack() as stack:
        with suppress(ImportError, OSError):  # not every system has such locks
            _lock(stack.enter_context(Path(__file__).open("rb")))
        yield


def _lock(file: BinaryIO) -> None:
    """Lock a file until it is closed, or give up after `MAX_TURN_SECONDS`."""
    import fcntl

    for _ in range(MAX_TURN_SECONDS * _ATTEMPTS_PER_SECOND):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(1 / _ATTEMPTS_PER_SECOND)


def on_disk(numbers: array[int]) -> memoryview | array[int]:
    """Return an array of type "I" in a deleted file, of which only the parts that are read take memory.

    Of the model's 40 MB the texts of one language read about 10, and several processes of a crawl have the model. If no file can
    be written, the array stays in memory.
    """
    try:
        with TemporaryFile() as file:
            file.write(memoryview(numbers).cast("B"))
            file.flush()
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast("I")
    except OSError:
        return numbers


_identifying = threading.Lock()  # the model loads once, and its state may not be thread safe


def _identify(sample: str, candidates: tuple[str, ...]) -> tuple[str, float]:
    with _identifying:
        code, confidence = _identifier(candidates).classify(sample)
    return normalize(str(code)) or UNDETERMINED, float(confidence)
