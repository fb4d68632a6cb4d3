"""Limericks and haiku of our own, with the subjects they are asked for by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verse:
    """A poem.

    Attributes:
        subjects: What somebody may ask a poem about to get this one; the first is its own.
        text: Its lines.
    """

    subjects: tuple[str, ...]
    text: str


LIMERICKS: tuple[Verse, ...] = (
    Verse(
        (
            *("python exceptions", "python exceptions", "python exceptions", "Python exceptions"),
            *("exceptions in Python", "exceptions", "Python errors", "python errors", "errors in Python"),
            *("try and except", "an exception in Python", "Python exception handling", "Python's exceptions"),
            *("exception handling", "Python", "python", "try/except", "Python programming"),
            *("a Python exception", "the Python exception", "error handling", "raising exceptions"),
        ),
        "In Python I wrote `try` with care,\n"
        "Then `except` and a `pass` waiting there.\n"
        "The errors, unheard,\n"
        "Never uttered a word,\n"
        "And the bug is still loose, who knows where.",
    ),
    Verse(
        (
            *("a fish called Minnow", "Minnow", "yourself", "a minnow", "fish", "a fish", "a small fish"),
            *("minnows", "you", "a fish named Minnow", "the demo model", "a small model", "a language model"),
            *("the fish", "this model"),
        ),
        "A small fish named Minnow would swim\n"
        "In a laptop, filled up to the brim.\n"
        '"I am tiny," it said,\n'
        '"With few thoughts in my head,\n'
        'But I think them with vigour and vim!"',
    ),
    Verse(
        (
            *("a server", "servers", "the server", "mlx-llm-server", "an HTTP server", "this server"),
            *("a web server", "a worker", "workers", "a crash", "crashes", "server crashes", "uptime"),
            *("a robust server", "a data center"),
        ),
        "A server that hummed through the night\n"
        "Gave answers both quick and polite.\n"
        "When a worker once fell,\n"
        'It said, "All is well,"\n'
        "And a new one was up before light.",
    ),
    Verse(
        (
            *("a cat", "cats", "the cat", "my cat", "a kitten", "kittens", "a cat on a keyboard", "pets"),
            *("a keyboard", "a cat who writes", "the cat on my keyboard", "a clever cat", "your cat"),
            *("keyboards", "a black cat"),
        ),
        "A cat on my keyboard one day\n"
        "Typed pages, then wandered away.\n"
        "I sent what she wrote\n"
        "With a short cover note,\n"
        "And they gave her a prize for the play.",
    ),
    Verse(
        (
            *("a teapot", "teapots", "tea", "the teapot", "a pot of tea", "HTTP 418", "418", "a cup of tea"),
            *("tea time", "the 418 error", "status code 418", "HTTP status codes", "an HTTP teapot"),
            "my teapot",
        ),
        "They asked a small teapot to brew\n"
        'Some coffee. "That\'s nothing I do,"\n'
        "It said with a pout,\n"
        "\"I've got tea in my spout:\n"
        "It's four hundred eighteen for you.\"",
    ),
    Verse(
        (
            *("the moon", "moon", "a moon", "the full moon", "moonlight", "the night sky"),
            *("the moon and a ship", "a ship", "ships", "the lonely moon", "a full moon", "the night"),
            "sailing",
        ),
        "The moon, feeling lonely and pale,\n"
        "Looked down on a ship under sail.\n"
        "She called it to stay,\n"
        "But it sailed on its way,\n"
        "So she silvered the sea for its trail.",
    ),
    Verse(
        (
            *("apples", "an apple", "the apple", "apple", "an apple tree", "apple trees", "fruit", "a hedgehog"),
            *("hedgehogs", "a ripe apple", "an apple and a hedgehog", "a red apple", "the apple tree"),
        ),
        "An apple that hung on a tree\n"
        "Was the ripest that ever could be.\n"
        "It fell with a thud\n"
        "In the soft morning mud,\n"
        "And a hedgehog had apple for tea.",
    ),
    Verse(
        (
            *("the sea", "sea", "the ocean", "a wave", "waves", "the shore", "the beach", "the tide", "tides"),
            *("the coast", "an ocean", "the waves", "oceans", "the sea and the shore", "the seaside"),
        ),
        "The sea had a thing for the shore\n"
        "And ran up to kiss it once more.\n"
        "Each time it withdrew,\n"
        'It would sigh, "Only you!"\n'
        "And come rolling right back with a roar.",
    ),
    Verse(
        (
            *("a compiler", "compilers", "the compiler", "compiling", "a C compiler", "syntax errors"),
            *("a missing bracket", "brackets", "a syntax error", "the C compiler", "coders", "programmers"),
            *("a programmer", "compiler errors"),
        ),
        "A compiler, a stickler for rules,\n"
        'Said, "Coders are stubborn as mules:\n'
        "One bracket astray\n"
        "And they search the whole day,\n"
        'And then they go blaming their tools."',
    ),
    Verse(
        (
            *("a bug", "bugs", "the bug", "software bugs", "a software bug", "bugs in code", "a bug in my code"),
            *("debugging", "code", "my code", "a program", "programming", "software", "coding", "testing"),
            *("tests", "software tests"),
        ),
        "A bug sat so snug in my code,\n"
        "As quiet and still as a toad.\n"
        "It slept through each test,\n"
        "Had a very good rest,\n"
        "And awoke under Saturday's load.",
    ),
    Verse(
        (
            *("rain", "the rain", "rainy days", "a rainy day", "bad weather", "the weather", "a storm"),
            *("rain in May", "weather", "a rainy spring", "rainy weather", "heavy rain", "an umbrella"),
        ),
        "The rain came to visit one day\n"
        "And said that it wasn't to stay.\n"
        "But it tapped at the pane,\n"
        "Came again and again,\n"
        "And it's been here since some time in May.",
    ),
    Verse(
        (
            *("bread", "a bread", "a baker", "bakers", "dough", "a loaf of bread", "baking", "baking bread"),
            *("the baker", "a loaf", "sourdough", "fresh bread", "the bread", "a bakery", "yeast"),
        ),
        "A baker whose dough wouldn't rise\n"
        'Said, "Up now, and open your eyes!"\n'
        "The dough, in its tin,\n"
        'Said, "Just let me sleep in,\n'
        "And I promise I'll double in size.\"",
    ),
    Verse(
        (
            *("a robot", "robots", "the robot", "a dancing robot", "dancing", "dance", "a dancer", "a machine"),
            *("machines", "robots that dance", "a robot in France", "France", "an android", "a little robot"),
        ),
        "A robot who wanted to dance\n"
        "Took lessons on Tuesdays in France.\n"
        "Its waltz was a dream,\n"
        "Though it let off some steam,\n"
        "And it squeaked in its tin underpants.",
    ),
    Verse(
        (
            *("a mountain", "mountains", "the mountain", "the Alps", "a hill", "a village", "hiking"),
            *("the mountains", "a high mountain", "a mountain in the snow", "a valley", "Mount Everest"),
            "climbing",
        ),
        "A mountain stood proud in the snow\n"
        "And looked at the village below.\n"
        '"You are always in haste,"\n'
        'It said. "What a waste!\n'
        'I moved once, a long time ago."',
    ),
    Verse(
        (
            *("coffee", "a coffee", "a cup of coffee", "my coffee", "espresso", "strong coffee", "the coffee"),
            *("caffeine", "coffee in the morning", "the morning", "mornings", "black coffee"),
            *("a coffee machine", "breakfast"),
        ),
        "My coffee this morning was strong:\n"
        "The spoon stood up straight, like a prong.\n"
        "I have cleaned the whole flat,\n"
        "And the car, and the cat,\n"
        "And I've hummed the same note all day long.",
    ),
)

HAIKU: tuple[Verse, ...] = (
    Verse(
        ("the moon", "moon", "moonlight", "a frog", "a pond", "the night", "the moon on a pond"),
        "The moon on the pond\nis broken by one small frog\nand mended again.",
    ),
    Verse(
        ("a cat", "cats", "the cat", "my cat", "snow", "a cat in winter", "winter"),
        "The cat on the sill\nwatches the snow come falling\nand does not want out.",
    ),
    Verse(
        ("the sea", "sea", "the ocean", "the beach", "waves", "the shore", "the tide"),
        "The sea takes a breath,\nlets it go along the beach,\nand takes one again.",
    ),
    Verse(
        ("rain", "the rain", "a roof", "a rainy day", "rainy days", "the weather"),
        "Rain on the tin roof:\nall the little drummers play,\nnobody must march.",
    ),
    Verse(
        (
            "a bug",
            "bugs",
            "code",
            "programming",
            "debugging",
            "software",
            "python",
            "Python exceptions",
            "a program",
        ),
        "It worked yesterday.\nNothing was changed, says the log.\nOne small comma smiles.",
    ),
    Verse(
        ("a server", "servers", "the server", "computers", "a computer", "mlx-llm-server"),
        "Far in a warm room\na small green light says all night:\nstill here, still awake.",
    ),
    Verse(
        ("coffee", "the morning", "a cup of coffee", "breakfast", "my coffee", "mornings"),
        "Steam above the cup,\nthe morning not yet spoken.\nOne sip, and it starts.",
    ),
    Verse(
        ("autumn", "leaves", "a tree", "trees", "a leaf", "fall", "the autumn"),
        "The tree writes letters,\none by one it lets them go.\nThe wind reads them all.",
    ),
)
