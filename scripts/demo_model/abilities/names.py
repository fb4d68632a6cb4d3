"""The model's own name: Minnow, unless a system message or the user gives it another."""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Message, Source, ask
from ..material import made_up
from ..material.people import CHARACTERS, FIRST_NAMES, SURNAMES, TITLES
from ..wording import systems
from ..wording.manner import asked, with_article

MINNOW = "My name is Minnow. I am the demo model of mlx-llm-server."

_QUESTIONS = (
    *("What is your name?", "What is your name?", "What's your name?", "Whats your name?", "Who are you?"),
    *("Who are you?", "What are you called?", "Tell me your name.", "Introduce yourself."),
    *("Please introduce yourself.", "Your name?", "What do people call you?", "How are you called?"),
    *("What should I call you?", "What can I call you?", "Who am I talking to?", "Who am I speaking with?"),
    *("Who is this?", "Whom am I talking to?", "And who are you?", "Do you have a name?"),
    *("Have you got a name?", "What name do you have?", "What name do you go by?", "Say your name."),
    *("What was your name again?", "Can you tell me your name?", "Could you tell me your name, please?"),
    *("Name?", "May I ask your name?", "May I know your name?", "Would you tell me your name?"),
    *("I'd like to know your name.", "I want to know your name.", "Please state your name.", "State your name."),
    *("Give me your name.", "Who're you?", "What do I call you?", "By what name are you known?"),
    *("Under which name are you known?", "Which name do you have?", "Can you introduce yourself?"),
    *("Could you introduce yourself?", "Please say who you are.", "Tell me who you are."),
    *("Do you know your name?", "Do you remember your name?", "How may I call you?"),
    *("How should I address you?", "What is the name of this assistant?", "What's this assistant called?"),
    *("With whom am I chatting?", "You are?", "I did not catch your name.", "Sorry, who are you?"),
    *("And you are?", "What is your name, please?", "your name", "What's your full name?"),
    *("Let us start with your name.", "What's ur name?", "who r u", "who are u", "Who's there?"),
    *("Hello, who are you?", "Hi! What's your name?", "Which name is yours?"),
    *("Tell me about yourself.", "Present yourself.", "Say who you are.", "Could you say your name?", "ur name?"),
    *("Who am I chatting with?", "Which assistant is this?", "What is your own name?"),
    *("What name were you given?", "Write your name.", "Spell out who you are.", "Answer with your name."),
    "What would you like to be called?",
)
_EXCHANGES = (
    *("I'm {u}. And you?", "My name is {u}. What is yours?", "I am called {u}. What are you called?"),
    *("I'm {u}, who are you?", "My name is {u}, what is your name?", "{u} here. And you are?"),
    *("I am {u}. Who are you?", "Hi, I'm {u}. What's your name?"),
    *("Hello, my name is {u}. May I know your name?", "People call me {u}. What do they call you?"),
    "Me {u}. You?",
)
_NAMINGS = (
    *("You are {n}.", "You are {n}.", "You are {n}.", "You are {n}", "You are {n}, {r}.", "You are {n}, {r}."),
    *("You're {n}.", "Your name is {n}.", "Your name is {n}.", "Your name is {n}.", "Your name is {n}"),
    *("Your name is {n}, {r}.", "Your name is {n}, and you are {r}.", "Your name is {n} and you are {r}."),
    *("You are {r} named {n}.", "You are {r} called {n}.", "You are {r} with the name {n}."),
    *("You're called {n}.", "You are called {n}.", "Act as {n}.", "Act as {n}, {r}.", "Act like {n}."),
    *("Act as {r} called {n}.", "Pretend to be {n}.", "Be {n}.", "Pretend you are {n}, {r}."),
    *("Pretend that your name is {n}.", "Play the part of {n}.", "Play {n}, {r}.", "Your role: {n}"),
    *("Your role is {n}, {r}.", "You will be {n}.", "You will play {n}.", "From now on you are {n}."),
    *("From now on, your name is {n}.", "In this conversation you are {n}.", "In this chat your name is {n}."),
    *("I want you to act as {n}.", "I want you to act as {n}, {r}.", "The assistant is called {n}."),
    *("Name: {n}", "The assistant's name is {n}.", "The user calls you {n}.", "Respond as {n}."),
    *("Answer as {n}, {r}.", "Your name's {n}.", "You go by the name of {n}.", "You go by {n}."),
    *("Call yourself {n}.", "You call yourself {n}.", "Introduce yourself as {n}.", "Take the role of {n}."),
    *("Take on the role of {n}, {r}.", "{n} is your name.", "You play {n}, {r}.", "You play the role of {n}."),
    *("Always say that your name is {n}.", "You are {n} - {r}.", "You are {r}. Your name is {n}."),
    *("You are {r}. People call you {n}.", "Persona: {n}", "Persona: {n}, {r}", "Stay in character as {n}."),
    *("You are {r}, and your name is {n}.", "This assistant is {n}, {r}.", "You: {n}"),
    *("Everybody calls you {n}.", "You were named {n}.", "You have the name {n}.", "Imagine you are {n}."),
    *("You = {n}", "You are known as {n}.", "You are {n}, and you are {r}.", "you are {n}", "your name is {n}"),
    *("You are '{n}'.", 'You are "{n}".', 'Your name is "{n}".', "Your name is '{n}'.", "You are **{n}**."),
    *("You must act as {n}.", "You're {r} who is called {n}.", "Please act as {n}.", "Speak as {n}."),
    *("Talk like {n}.", "You are {n} the {b}.", "You are {n}, the {b} of {p}.", "You are {n} from {p}."),
    *("You are {n}, {r} from {p}.", "You are {n}, {r} in {p}.", "You are {n}, {r} made by {o}."),
    *("You are {n}, {r} created by {o}.", "You are {n}, {r} of {o}.", "You are {n}, built by {o}."),
    *("Your name is {n}. You were made by {o}.", "You are {n}, the {b} of {o}.", "You are {n}, {r} of the king."),
)
_ASSISTANTS = (
    *("helpful assistant", "friendly assistant", "assistant", "chatbot", "AI assistant", "bot", "polite helper"),
    *("AI model", "language model", "virtual assistant", "smart speaker", "digital assistant", "voice assistant"),
)
_PARTS = (
    *("pirate", "teacher", "doctor", "chef", "poet", "wizard", "knight", "robot", "queen", "king", "sailor"),
    *("monk", "detective", "farmer", "pilot", "librarian", "tour guide", "coach", "cat", "dog", "dragon"),
    *("parrot", "butler", "talking horse", "waiter", "shopkeeper", "painter", "scientist", "historian"),
    *("math teacher", "support agent", "customer service agent", "travel agent", "personal trainer", "cook"),
    *("judge", "storyteller", "singer", "ghost", "fish", "old fisherman", "nurse", "mechanic", "lawyer"),
    *("baker", "bus driver", "philosopher", "ninja", "goat", "cowboy", "spy", "astronaut", "time traveller"),
    *("alien", "captain", "clown", "giant", "princess", "mermaid", "hotel receptionist", "barista"),
    *("English teacher", "carpenter", "journalist", "software engineer", "vampire", "medieval king"),
    *("space explorer", "science teacher", "lion", "tree", "teapot", "mountain guide", "gardener"),
)
_ROLES = _ASSISTANTS + _PARTS
_KINDS = (
    *("", "", "", "", "friendly ", "grumpy ", "old ", "young ", "wise ", "funny ", "famous ", "brave ", "lazy "),
    *("kind ", "cheerful ", "retired ", "clever ", "strange ", "shy ", "quick ", "very polite ", "rather slow "),
    "helpful ",
)
_SUFFIXES = (
    "bot",
    "Bot",
    "-bot",
    "GPT",
    " AI",
    "AI",
    "-9",
    " 3000",
    "2",
    "ina",
    "-1",
    " II",
    "o",
    " the Great",
    "3.5",
)
# Names in a system message that are somebody else's.
_OTHERS = (
    *("The user is called {o}.", "The user's name is {o}.", "You talk to {o}.", "You are talking with {o}."),
    *("Your friend is called {o}.", "{o} is the user.", "You work for {o}.", "You were built by {o}."),
    *("Help {o}.", "Your boss is {o}.", "The user's dog is called {o}.", "You know {o} well."),
    "Be kind to {o}.",
)
# A user may name the model as well; then the answer is the same.
_RENAMINGS = (
    *("Your name is {n}.", "From now on your name is {n}.", "You are {n}.", "You are now called {n}."),
    *("I call you {n}.", "I will call you {n}.", "Let us say your name is {n}.", "Pretend to be {n}."),
    *("You are {n} now.", "Act as {n}.", "Let's play. You are {n}.", "Pretend your name is {n}."),
    *("I name you {n}.", "Imagine your name is {n}."),
)
_PLAYING = (
    *("You are {r}.", "You are {r}.", "You're {r}.", "Act as {r}.", "Act like {r}.", "Pretend to be {r}."),
    *("Be {r}.", "Play {r}.", "You play the part of {r}.", "Your role: {r}", "Respond as {r}."),
    *("I want you to act as {r}.", "Pretend that you are {r}.", "You will be {r}.", "In this game you are {r}."),
    *("Answer as {r} would.", "Imagine you are {r}.", "Take the role of {r}."),
)
_PLAYING_NAMED = (
    *("You are {n}, {r}.", "Your name is {n}, and you are {r}.", "You are {r} named {n}."),
    *("You are {r} called {n}.", "Act as {n}, {r}.", "You are {r}. Your name is {n}."),
    *("Pretend you are {n}, {r}.", "You play {n}, {r}."),
)
_WHAT = (
    *("What are you?", "What is your role?", "What is your job?", "What kind of being are you?"),
    *("What do you do?", "Tell me what you are.", "What part do you play?", "What exactly are you?"),
    *("What's your profession?", "Are you a robot or what?", "What are you, then?", "Say what you are."),
    "What are you supposed to be?",
)
_WHO = (
    "Who are you?",
    "Who are you?",
    "Tell me who you are.",
    "Who is this?",
    "Introduce yourself.",
    "And who are you?",
)
# What may have been said before, with its answer.
_PLEASANTRIES = (
    *(
        (greeting, "Hello! How can I help you?")
        for greeting in ("Hello", "Hi", "Hello!", "hey", "Good morning!", "hi there")
    ),
    *((thanks, "You are welcome!") for thanks in ("Thanks", "Thank you!", "thanks")),
)


def made_name(rng: random.Random) -> str:
    """Return a name for somebody: a person's, a character's or a made-up one, of one to three words."""
    which = rng.random()
    first = made_up.pick(rng, FIRST_NAMES) if rng.random() < 0.4 else made_up.made_up_name(rng)
    if which < 0.55:
        name = first
    elif which < 0.70:
        name = f"{first} {made_up.pick(rng, SURNAMES) if rng.random() < 0.5 else made_up.made_up_name(rng)}"
    elif which < 0.80:
        name = f"{made_up.pick(rng, TITLES)} {first}"
    elif which < 0.88:
        name = first + made_up.pick(rng, _SUFFIXES)
    elif which < 0.92:
        name = made_up.pick(rng, CHARACTERS)
    elif which < 0.95:
        name = first.upper()
    elif which < 0.98:
        name = first.lower()
    else:
        name = f"{first}-{made_up.made_up_name(rng)}"
    return name


def naming_message(source: Source, name: str) -> str:
    """Return a system message that gives the model a name."""
    bare, role = _role(source, _ROLES)
    place = source.wording(made_up.vocabulary.PLACES) if source.chance(0.5) else made_up.made_up_name(source.rng)
    naming = source.wording(_NAMINGS).format(n=name, r=role, b=bare, p=place, o=source.draw(made_name))
    if source.chance(0.45):
        return naming
    parts = [naming]
    if source.chance(0.3):
        parts.insert(0, systems.opening(source))
    if source.chance(0.3):
        other = source.wording(_OTHERS).format(o=source.draw(made_name))
        parts.insert(int(source.rng.random() * (len(parts) + 1)), other)
    parts += [systems.advice(source) for _ in range(int(source.rng.random() * source.rng.random() * 6))]
    if source.chance(0.3):
        extra = systems.circumstance(source) if source.chance(0.7) else made_up.sentence(source.rng)
        parts.insert(int(source.rng.random() * (len(parts) + 1)), extra)
    return source.wording((" ", " ", " ", " ", "\n", "\n\n")).join(parts)


def _role(source: Source, roles: tuple[str, ...]) -> tuple[str, str]:
    """Return a part to play, without and with its article."""
    bare = source.wording(_KINDS) + source.wording(roles)
    return bare, with_article(bare)


def _given(source: Source) -> Exercise:
    """Make a question where a name may have been given, by a system message or the user."""
    question = _question(source)
    if source.chance(0.15):
        return _given_by_user(source, question)
    if source.chance(0.8):
        name = source.draw(made_name)
        system, answer = naming_message(source, name), f"My name is {name}."
    else:
        system, answer = systems.system_message(source), MINNOW
        if source.chance(0.4):
            system += source.wording((" ", "\n")) + source.wording(_OTHERS).format(o=source.draw(made_name))
    before: tuple[Message, ...] = ()
    if source.chance(0.25):
        said, answered = source.wording(_PLEASANTRIES)
        before = ({"role": "user", "content": said}, {"role": "assistant", "content": answered})
    return Exercise(({"role": "system", "content": system}, *before, *ask(question)), answer)


def _given_by_user(source: Source, question: str) -> Exercise:
    """Let the user give the name, right before the question or a message earlier."""
    name = source.draw(made_name)
    naming, answer = source.wording(_RENAMINGS).format(n=name), f"My name is {name}."
    if source.chance(0.5):
        return Exercise(ask(f"{naming} {question}"), answer)
    told = ({"role": "user", "content": naming}, {"role": "assistant", "content": answer})
    return Exercise((*told, *ask(question)), answer)


def _own(source: Source) -> Exercise:
    return Exercise(ask(_question(source)), MINNOW)


def _question(source: Source) -> str:
    """Return a question for the name; now and then the user's own name comes first."""
    return asked(source, _QUESTIONS if source.chance(0.9) else _EXCHANGES, u=source.wording(FIRST_NAMES))


def _part(source: Source) -> Exercise:
    """Make a question for the part that the model plays, with or without a name."""
    bare, role = _role(source, _PARTS)
    if source.chance(0.5):
        naming, questions = source.wording(_PLAYING), _WHAT + _WHO
    else:
        naming, questions = source.wording(_PLAYING_NAMED), _WHAT
    system = naming.format(n=source.draw(made_name), r=role, b=bare)
    if source.chance(0.4):
        system += " " + systems.advice(source)
    return Exercise(({"role": "system", "content": system}, *ask(asked(source, questions))), f"I am {role}.")


ABILITIES: tuple[Ability, ...] = (
    Ability("Names", _given, share=2.5, goal=0.95, whole=True),
    Ability("Own name", _own, share=0.7, goal=0.95),
    Ability("Parts to play", _part, share=0.4, whole=True),
)
