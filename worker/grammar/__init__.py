"""Answers held to a grammar, by llguidance (https://github.com/guidance-ai/llguidance).

    forms.py      how the calls of a kind of model are written, as rules of a grammar
    lark.py       one grammar for a whole answer: the thought, what a request wants of its text, its calls
    schemas.py    what of a JSON schema can't be kept, and where in the schema it stands
    compiler.py   a request to its grammar, compiled: on the prompt threads, within bounds
    row.py        where a row is in its grammar, and which tokens may come next

The masks are applied in `sampling/masks.py`. A grammar's state is a function of the token ids, so it is replayed
from them when a generation is resumed.
"""
