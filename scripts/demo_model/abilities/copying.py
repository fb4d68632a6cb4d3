"""Saying a line again, character for character.

The line itself is held out, whatever it is wrapped in. Quotation marks around it belong to the request, not to the
line; a line never begins or ends with one (see `lines`).
"""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material import lines
from ..material.made_up import made_up_word, pick
from ..material.vocabulary import NUMBER_WORDS, WORDS
from ..wording import frames
from ..wording.frames import phrases

_OPENINGS = phrases("""
4* please | can you | could you | can you please | could you please | would you | I want you to | I'd like you to
now | now please | just | ok, | hey, | your task: | task: | kindly | hi, please | simply | try to | next,
""")
_VERBS = phrases("""
8* repeat | 5* repeat after me | 6* say | 4* echo | 4* copy | 3* write | 2* print | output | type | reproduce
return | recite | quote | parrot | say back | say after me | respond with | reply with | answer with | echo back
write down | send back | give me back | spit out | restate
""")
_OBJECTS = phrases("""
3* this | 2* the following | this line | this text | this sentence | the following line | the following text
the following sentence | exactly this | these words | my words | this string | the following string
the following words | this message | the text | the line | what I write | the following message | this input
only this | the text below | the line below
""")
_MANNERS = phrases("""
3* exactly | 2* verbatim | 2* word for word | 2* back to me | without changes | without changing anything | again
as it is | unchanged | letter for letter | character for character | once | precisely | and nothing else
and say nothing else | without any changes | exactly as written | exactly as it is | once more | without quotes
without adding anything | as is | and don't change anything | one more time | exactly as I write it
""")
# How often a request has each of these parts.
_SHARE_OPENING, _SHARE_OBJECT, _SHARE_MANNER = 0.5, 0.65, 0.5
_COLONS = (": ",) * 12 + (":\n",) * 6 + (":\n\n",) * 2 + (" - ", ", ")
_QUOTES = (
    *(('"', '"'),) * 10,
    *(("'", "'"),) * 3,
    *(("“", "”"),) * 3,
    *(("`", "`"),) * 2,
    *(("«", "»"), ("„", "“"), ("<text>", "</text>"), ("<line>", "</line>"), ('"""', '"""')),
    ("```\n", "\n```"),
)
_SHARE_QUOTED = 0.5
_AFTER_QUOTE = ("",) * 14 + (".",) * 6 + ("!", "?", " please", ", please.", " exactly.", " and nothing else.")
_AFTER_QUOTE += (
    " without changes.",
    " word for word.",
    "\nDon't change anything.",
    "\nNothing else.",
    "\nNo quotes.",
)
# A line and what is asked of it; the line stands in quotes.
_SAY_QUOTED = phrases("""
2* say {} | 2* repeat {} | echo {} | copy {} | write {} | print {} | type {} | output {} | say exactly {}
say only {} | say just {} | repeat the line {} | repeat the text {} | repeat the string {} | say the words {}
echo the text {} | copy the text {} | repeat {} after me | repeat {} back to me | say {} to me
repeat {} exactly | repeat {} word for word | copy {} exactly | answer with {} | reply with {} | respond with {}
answer only with {} | reply with exactly {} | reproduce {} | write {} again | say {} again | repeat {} once
write exactly {} | print the text {} | return the string {} | say {} and nothing else | echo {} back
reply only with {} | say the phrase {} | repeat the phrase {} | repeat the sentence {} | say the following: {}
""")
_ABOVE = phrases("""
Repeat the line above. | Repeat that. | Repeat this. | Repeat this line. | Copy the text above. | Say that again.
Repeat the above text exactly. | Copy this line exactly. | Echo that. | Echo the line above. | Say this.
Please repeat that word for word. | Can you repeat that? | Could you repeat this exactly? | Write that again.
Write this line again without changes. | Please say that again. | Copy that. | Repeat what I wrote above.
""")
_SAY_PLAIN = phrases("""
3* say {} | 2* repeat {} | echo {} | copy {} | please say {} | please repeat {} | say exactly {} | just say {}
now say {} | can you say {} | could you say {} | repeat after me {}
""")
_SAY_WORD = phrases("""
say the word {} | repeat the word {} | write the word {} | can you say the word {}? | say the word {}.
repeat the word {}. | please say the word {}. | please repeat the word {} | echo the word {} | print the word {}
say the word "{}" | repeat the word "{}". | please write the word "{}". | can you repeat the word '{}'?
""")
_TIMES = phrases("""
say {x} {n} times | repeat {x} {n} times | write {x} {n} times | print {x} {n} times | say the word {x} {n} times
repeat the word {x} {n} times | write the word {x} {n} times | {n} times {x} | say {x} {n} times in a row
echo {x} {n} times
""")


def _quoted(source: Source, line: str) -> str | None:
    """Return the line in quotation marks that aren't in it, or None if those drawn are."""
    before, after = source.wording(_QUOTES)
    return None if after in line or before in line else before + line + after


def _introduction(source: Source) -> str:
    parts = [source.wording(_VERBS)]
    if source.chance(_SHARE_OPENING):
        parts.insert(0, source.wording(_OPENINGS))
    if source.chance(_SHARE_OBJECT):
        parts.append(source.wording(_OBJECTS))
    if source.chance(_SHARE_MANNER):
        parts.append(source.wording(_MANNERS))
    return " ".join(parts)


def _request(source: Source, line: str) -> str:
    which = source.rng.random()
    if which < 0.08:
        around = _quoted(source, line) or line
        return around + source.wording(("\n\n", "\n")) + source.wording(_ABOVE)
    text = frames.begin(source, _introduction(source) + source.wording(_COLONS))
    if which > 1 - _SHARE_QUOTED and (quoted := _quoted(source, line)):
        if which > 0.75:
            return frames.command(source, source.wording(_SAY_QUOTED)).replace("{}", quoted)
        return text + quoted + source.wording(_AFTER_QUOTE)
    return text + line


def _make(source: Source) -> Exercise:
    if source.chance(0.1):
        line = source.draw(lines.short_line)
        forms = _SAY_WORD if " " not in line and source.chance(0.5) else _SAY_PLAIN
        return Exercise(ask(frames.begin(source, source.wording(forms)).replace("{}", line)), line)
    line = source.draw(lines.line)
    return Exercise(ask(_request(source, line)), line)


def _several(source: Source) -> Exercise:
    text = "\n".join(source.draw(lines.line)[:80].rstrip() for _ in range(source.wording((2, 2, 3, 4))))
    introduction = frames.begin(source, _introduction(source).replace("line", "text").replace("sentence", "text"))
    return Exercise(ask(introduction + source.wording((":\n", ":\n\n")) + text), text)


def _times(source: Source) -> Exercise:
    def make(rng: random.Random) -> str:
        return pick(rng, WORDS) if rng.random() < 0.6 else made_up_word(rng)

    word, times = source.draw(make), 2 + int(source.rng.random() * 9)
    text = source.wording(_TIMES).replace("{n}", str(times) if source.chance(0.5) else NUMBER_WORDS[times])
    mark = source.wording(("", "", '"', "'"))
    text = frames.command(source, text).replace("{x}", mark + word + mark)
    return Exercise(ask(text), " ".join([word] * times))


ABILITIES: tuple[Ability, ...] = (
    Ability("Copying", _make, share=3, goal=0.95),
    Ability("Copying several lines", _several, share=0.4),
    Ability("Saying a word several times", _times, share=0.3),
)
