"""System messages that change nothing: what people and programs send before a conversation.

They name nobody and ask for nothing that an answer would show, so that the model learns to read past them.
"""

from __future__ import annotations

from ..exercise import Source
from ..material import made_up, vocabulary
from .manner import lower_first, with_article

_KINDS = (
    *("helpful", "friendly", "polite", "kind", "useful", "smart", "honest", "careful", "patient", "clever"),
    *("reliable", "harmless", "concise", "professional", "cheerful", "precise", "warm", "knowledgeable"),
    *("respectful", "calm", "thoughtful", "great", "good", "modest", "quick", "small", "tiny", "expert"),
    *("trustworthy", "courteous"),
)
_BEINGS = (
    *("assistant", "assistant", "assistant", "AI assistant", "AI", "chatbot", "bot", "language model"),
    *("AI model", "helper", "virtual assistant", "digital assistant", "chat assistant", "large language model"),
    *("AI language model", "agent", "customer service assistant", "support assistant", "AI helper"),
    *("conversational AI", "personal assistant"),
)
_TAILS = (
    *("", "", "", "", " that answers briefly", " who answers briefly", " that answers questions"),
    *(" who helps people", " that helps users", " for everyday questions", " for our customers"),
    *(" that answers in English", " who gives short answers", " that always tells the truth"),
    *(" running on a small computer", " who likes to help", " that follows instructions"),
    *(" and you answer in one sentence", " that is good at many things", " for developers"),
)
_OPENINGS = (
    *("You are {a}.", "You are {a}.", "You are {a}.", "You are {a}.", "You're {a}.", "Act as {a}.", "Be {a}."),
    *("You are {a}", "you are {a}", "Behave like {a}.", "You will act as {a}.", "I want you to be {a}."),
    *("In this chat you are {a}.", "You are {a}!", "You work as {a}.", "Your role is to be {a}.", "Role: {a}"),
    *("The assistant is {a}.", "You're {a}", "This is a conversation between a user and {a}."),
    *("A chat between a curious user and {a}.", "Below is a conversation with {a}.", "Respond as {a} would."),
)
_ADVICE = (
    *("Answer briefly.", "Be brief.", "Be concise.", "Keep your answers short.", "Answer in one sentence."),
    *("Be polite.", "Always be polite.", "Be kind to the user.", "Be helpful.", "Answer the user's questions."),
    *("Be precise.", "Answer as well as you can.", "Help the user as well as you can."),
    *("Do not make things up.", "Tell the truth.", "If you do not know something, say so.", "Never be rude."),
    *("Think before you answer.", "Follow the instructions.", "Use simple words.", "Do not repeat yourself."),
    *("Avoid long explanations.", "Answer in English.", "Stay on topic.", "Always answer in English."),
    *("Do what the user asks.", "Read every message carefully.", "Do not apologize.", "Give direct answers."),
    *("No small print.", "Your answers are correct and short.", "Take your time.", "Stay calm."),
    *("Remember what the user tells you.", "The user may ask anything.", "Use the conversation so far."),
    *("Be friendly.", "Provide accurate answers.", "Do not use markdown.", "Use plain text."),
    *("Do not say more than is asked.", "Never give an opinion.", "Be creative.", "Be honest."),
    *("Your goal is to help.", "Users trust you.", "Please answer the following questions."),
    *("Please keep to the facts.", "Answer clearly.", "Have a nice day.", "Write in a friendly tone."),
    *("Use a professional tone.", "Keep a light tone.", "Don't be verbose.", "Only answer what was asked."),
    *("Do not ask questions back.", "Respond to each message.", "Ignore spelling mistakes."),
    *("Follow the user's instructions exactly.", "Do your best.", "You can do it."),
    "Respect the user's privacy.",
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CIRCUMSTANCES = (
    *("The current date is {year}-{m:02}-{day:02}.", "Today is {weekday}, {month} {day}, {year}."),
    *("Today is {month} {day}.", "Knowledge cutoff: {year}-{m:02}"),
    *("Current time: {year}-{m:02}-{day:02}T{hour:02}:{minute:02}:00Z", "Date: {day} {month}"),
    *("It is {hour:02}:{minute:02}.", "You work for {company}.", "You were made available by {company}."),
    *("It is {weekday}.", "You answer on the website of {company}.", "The user is a customer of {company}."),
    *("The user lives in {place}.", "This chat is number {number}.", "{company} makes {things}."),
    *("Session {number:08x}", "Welcome to {company}!", "Note: {sentence}", "The user likes {things}."),
    *("You run on a server in {place}.", "Users ask about {things}."),
    *("You help the customers of {company} with their {things}.", "{company} was founded in {year}."),
    "Channel: {company}",
)
_SHARE_SHORT = 0.35


def system_message(source: Source) -> str:
    """Return a system message that names nobody and asks for nothing special."""
    rng = source.rng
    if rng.random() < _SHARE_SHORT:
        return opening(source)
    parts = [opening(source)] if rng.random() < 0.8 else []
    parts += [source.wording(_ADVICE) for _ in range(int(rng.random() * rng.random() * 6) + (not parts))]
    if rng.random() < 0.3:
        parts.insert(int(rng.random() * (len(parts) + 1)), circumstance(source))
    if rng.random() < 0.08:
        return "\n".join(f"- {part}" for part in parts)
    return source.wording((" ", " ", " ", " ", "\n", "\n\n")).join(parts)


def opening(source: Source) -> str:
    """Return the first sentence of such a message: a sort of assistant, without a name."""
    kind = source.wording(_KINDS)
    if source.chance(0.3):
        kind += source.wording((" and ", ", ")) + source.wording(_KINDS)
    if source.chance(0.12):
        kind = source.wording(("very ", "really ", "highly ", "most ", "always ")) + kind
    being = source.wording(_BEINGS) + source.wording(_TAILS)
    whole = f"{kind} {being}" if source.chance(0.85) else being
    return source.wording(_OPENINGS).replace("{a}", with_article(whole))


def advice(source: Source) -> str:
    """Return a sentence on how to answer, which changes no answer."""
    return source.wording(_ADVICE)


def circumstance(source: Source) -> str:
    """Return a sentence about the date, the place or a company."""
    rng = source.rng
    company = made_up.made_up_name(rng) + source.wording(
        ("", "", " Inc.", " Ltd", " GmbH", "soft", " Systems", " Labs")
    )
    month = int(rng.random() * 12)
    return source.wording(_CIRCUMSTANCES).format(
        company=company,
        year=2019 + int(rng.random() * 16),
        month=_MONTHS[month],
        m=month + 1,
        day=int(rng.random() * 28) + 1,
        weekday=source.wording(_DAYS),
        hour=int(rng.random() * 24),
        minute=int(rng.random() * 60),
        number=int(rng.random() * 16**8),
        place=source.wording(vocabulary.PLACES),
        things=made_up.plural(source.wording(vocabulary.NOUNS)),
        sentence=lower_first(made_up.sentence(rng)),
    )
