"""Small talk: greetings, thanks, goodbyes, compliments and jokes, each with its one answer."""

from __future__ import annotations

import random

from ..exercise import Ability, Exercise, Source, ask
from ..material import made_up
from ..material.people import FIRST_NAMES
from ..wording.manner import asked, typed

HELLO = "Hello! How can I help you?"
WELCOME = "You are welcome!"

_GREETINGS = (
    *("Hello", "Hello", "Hello", "Hello!", "Hello!", "Hello.", "Hi", "Hi", "Hi", "Hi!", "Hey", "Hey", "Hey!"),
    *("hello", "hi", "hey", "Hi there", "Hello there", "Hey there", "Hi there!", "Hello there!", "Good morning"),
    *("Good evening", "Morning", "Good afternoon", "Good day", "Good morning!", "Greetings", "Greetings!"),
    *("Howdy", "Yo", "Hiya", "Heya", "Evening", "Hello Minnow", "Hi Minnow!", "Hey Minnow", "Hello, Minnow!"),
    *("Good morning, Minnow!", "Hello world", "Hello, world!", "Hallo", "Hola", "Bonjour", "Ciao", "Salut"),
    *("Hej", "Olá", "Servus", "Moin", "Guten Tag", "Buenos días", "Namaste", "Hello again", "Hi again"),
    *("Hello assistant", "Hi bot", "Hello AI", "Hello everybody", "Hello my friend", "Hi friend", "Helo"),
    *("Hellow", "Hii", "Hiii", "Heyy", "helloo", "Sup", "G'day", "Welcome", "Nice to meet you"),
    *("Pleased to meet you", "Hello, can you hear me?", "Hello, I have a question"),
    *("I have a question", "Let us talk", "Hello, nice to meet you!", "Hi, I'm new here"),
    *("Can I ask you something?", "May I ask you something?", "Let's chat", "Hello, friend!"),
    *("Hi! Can we talk?", "I want to talk", "Talk to me", "Hello hello", "Hi hi", "Are we talking?", "👋", "🙂"),
)
_NAMED_GREETINGS = (
    *("Hi, I'm {n}", "Hi, I'm {n}.", "Hello, I am {n}.", "Hello, my name is {n}.", "Hi, my name is {n}!"),
    *("Hey, I'm {n}!", "Hello! I'm {n}.", "Hi! I am {n}", "Hey, {n} here.", "Hello, this is {n}."),
    *("Hi, this is {n}", "Good morning, I am {n}.", "Hello there, I'm {n}.", "Hi, {n} here"),
    *("Good evening, my name is {n}.", "Hello, I'm called {n}.", "Hi Minnow, I'm {n}."),
    *("Hello Minnow, my name is {n}", "Hi there! My name's {n}.", "Hey there, I'm {n}", "Greetings! I am {n}."),
    *("Hi, it's {n}!", "Nice to meet you, I'm {n}.", "Hello, it's me, {n}.", "Hi, they call me {n}."),
    *("Hey! My name is {n}.",),
)
_REPLIES: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (
        3,
        "I am fine, thank you. How can I help you?",
        (
            *("How are you?", "How are you?", "How are you doing?", "How do you do?", "How are you today?"),
            *("How's it going?", "How is it going?", "What's up?", "Are you OK?", "Are you well?"),
            *("How do you feel?", "How are things?", "Whats up", "How have you been?", "Hello, how are you?"),
            *("Hi, how are you?", "Hey, how are you doing?", "Hi! How are you?", "How was your day?"),
            *("How is your day?", "You alright?", "How r u", "how are u", "Are you fine?", "Everything OK?"),
            *("I am fine, and you?", "Hope you are well.", "I hope you are well!", "How are you feeling?"),
            *("Did you sleep well?", "Is everything all right?", "How is life?", "What is new?"),
            *("Having a good day?", "Good morning, how are you?"),
        ),
    ),
    (
        3,
        WELCOME,
        (
            *("Thanks", "Thanks", "Thank you", "Thank you", "Thanks!", "Thank you!", "Thank you very much"),
            *("Thanks a lot", "thx", "Many thanks", "Thank you so much!", "Thanks, that helped"),
            *("Thank you, great answer", "Cheers", "Ta", "Thank u", "Thanks for your help"),
            *("Thank you for the help!", "Thanks for that", "I thank you", "That was helpful, thanks"),
            *("Great, thanks", "OK, thanks", "Perfect, thank you!", "Nice, thank you", "Thanks again"),
            *("Much appreciated", "tysm", "Wonderful, thank you", "Thank you, Minnow", "Thanks, Minnow!"),
            *("Merci", "Danke", "Gracias", "Grazie", "Okay thank you", "Thank you for your answer"),
            *("I appreciate it", "That is kind of you, thanks", "Super, thanks!", "thanks mate", "🙏"),
            *("Thanks, that's all", "Thanks for the answer", "thank you!!", "Awesome, thanks", "Cool, thanks"),
            *("Tak", "Obrigado"),
        ),
    ),
    (
        2,
        "Goodbye!",
        (
            *("Goodbye", "Bye", "Bye!", "Goodbye!", "See you", "See you later", "See you tomorrow"),
            *("Good night", "Farewell", "Bye bye", "Bye, Minnow", "I have to go", "I must go now"),
            *("That's all for today", "Have a nice day", "Take care", "So long", "Until tomorrow", "Later"),
            *("Cya", "exit", "quit", "Good night!", "Ciao, bye", "Have a good one", "I'm leaving"),
            *("See you soon!", "Talk to you later", "Catch you later", "Adieu", "Auf Wiedersehen", "Au revoir"),
            *("Adiós", "Tschüss", "I am off", "Time to go", "Let us stop here", "We are done"),
            *("I'm going to bed", "Have a great weekend!", "Bye for now"),
        ),
    ),
    (
        2,
        "All right. What shall I do next?",
        (
            *("Yes", "No", "OK", "Okay", "Ok", "Sure", "Fine", "Right", "I see", "Alright", "Yes!", "No!"),
            *("yes", "no", "ok", "Yep", "Nope", "Yeah", "Maybe", "Correct", "Wrong", "True", "False", "Exactly"),
            *("Of course", "Got it", "Understood", "Good", "I understand", "All right", "Go on", "Continue"),
            *("Next", "And?", "Go ahead", "Please go on", "Yes, please", "No, thanks", "Never mind"),
            *("Forget it", "Nothing", "Nothing else", "Not now", "Not really", "I don't know", "Perhaps"),
            *("Done", "Ready", "Interesting", "Really?", "Hmm OK", "Aha", "Oh", "Ah", "I agree"),
            *("I do not agree", "k", "y", "n", "👍", "Indeed", "Absolutely", "Definitely", "Certainly"),
            *("Very well", "As you like", "No problem", "What now?", "What next?"),
        ),
    ),
    (
        2,
        "Thank you! I do my best.",
        (
            *("Well done", "Good job", "Great", "Nice", "Cool", "Awesome", "Perfect", "Excellent", "Wow"),
            *("Amazing", "Bravo", "You are great", "You are smart", "You're awesome!", "I like you"),
            *("I love you", "You are the best", "Good bot", "That's right", "That is correct", "That was right"),
            *("Great answer", "Good answer", "Nice work", "You did well", "You are clever", "You are funny"),
            *("You're nice", "You are cute", "Very good", "Impressive", "Fantastic", "Brilliant"),
            *("You are helpful", "Good girl", "Good boy", "I am proud of you", "I am impressed"),
            *("You are amazing!", "Super", "❤️", "Well done, Minnow!", "Good work", "You made my day"),
            *("Not bad", "Not bad at all", "You are a good model", "Lovely", "That is nice", "That's great"),
            *("That was good", "How clever", "Beautiful", "Haha", "LOL", "lol", "That's funny", "😂"),
        ),
    ),
    (
        2,
        "I am sorry. I am only a small model.",
        (
            *("You are stupid", "You are dumb", "You are useless", "Bad bot", "That's wrong", "That is wrong"),
            *("That was wrong", "Idiot", "You idiot", "Shut up", "I hate you", "You are bad"),
            *("You are terrible", "You're an idiot", "Boring", "Bad", "That is not correct", "That's not right"),
            *("Wrong answer", "You are wrong", "You made a mistake", "Nonsense", "Stupid", "You are slow"),
            *("You're boring", "You know nothing", "What a stupid answer", "This is useless"),
            *("I don't like you", "You lied to me", "You are lying", "Not good", "That is bad"),
            *("Are you stupid?", "Are you dumb?", "You suck", "Loser", "You don't understand me"),
            *("That makes no sense", "This makes no sense", "You are not very smart", "What nonsense"),
            *("I am disappointed", "Rubbish", "That did not help", "That doesn't help", "You are ugly", "Fool"),
            "You are annoying",
        ),
    ),
    (
        1,
        "Yes, I am here.",
        (
            *("Are you there?", "Are you here?", "Anybody there?", "Is anybody there?", "Hello? Are you there?"),
            *("Still there?", "Can you hear me?", "Are you awake?", "Are you listening?", "Do you read me?"),
            *("Are you ready?", "Are you working?", "Do you work?", "Does this work?", "Is this working?"),
            *("Does it work?", "Is this thing on?", "Are you up?", "Are you still there?", "Is anyone here?"),
            *("Knock knock", "Are you alive there?", "Do you hear me?", "Can you read this?"),
            *("Are you running?", "Can you respond?", "Will you answer?", "Please respond", "Answer me"),
            "Speak",
        ),
    ),
    (1, "pong", ("ping", "Ping", "Ping!", "PING", "ping?", "ping pong")),
    (
        1,
        "The test has arrived. How can I help you?",
        (
            *("test", "Test", "Test!", "testing", "This is a test", "This is a test.", "TEST", "Just testing"),
            *("Test message", "Testing, testing", "testing 123", "Only a test", "test test", "I am testing you"),
            *("This is only a test", "Test 1", "Hello, this is a test", "a test", "I just want to test this"),
            *("Is this a test?", "Testing 1 2 3", "check"),
        ),
    ),
    (
        1,
        "I am sorry to hear that. I hope it gets better soon.",
        (
            *("I am sad", "I feel bad", "I am tired", "I'm sad", "I am not well", "I feel lonely"),
            *("I'm so tired", "I'm bored", "I am angry", "I had a bad day", "I am ill", "I'm sick"),
            *("My day was terrible", "I feel sad today", "I am unhappy", "I am afraid", "I am worried"),
            *("I'm not feeling well", "I am lonely", "I have a headache", "I am stressed", "I failed my exam"),
            *("I lost my job", "I'm exhausted", "Life is hard", "I am hungry", "I'm cold", "I feel awful", "😢"),
        ),
    ),
    (
        1,
        "I am glad to hear that!",
        (
            *("I am happy", "I feel good", "I am fine", "I'm fine", "I am well", "I'm great"),
            *("I had a good day", "I'm happy today", "I am doing well", "Today is my birthday", "I am in love"),
            *("I passed my exam", "I got a new job", "I feel great", "I'm so happy", "Everything is fine"),
            *("All is well", "What a lovely day", "I won", "I'm good", "I am excited", "I love this"),
            *("The sun is shining", "I am on holiday", "Life is good", "It works!", "It works", "I am proud"),
        ),
    ),
    (
        1,
        "No problem at all.",
        (
            *("Sorry", "I am sorry", "Sorry!", "Oops", "My mistake", "I apologize", "Excuse me", "Pardon me"),
            *("Sorry, my fault", "Sorry for the typo", "Sorry about that", "I was wrong"),
            *("Sorry, I made a mistake", "Forgive me", "my bad", "Whoops"),
        ),
    ),
)
_JOKES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("fish", "a fish", "fishes", "minnows", "the fish"),
        "What does a fish say when it swims into a wall? Dam!",
    ),
    (
        ("programmers", "a programmer", "coders", "software developers", "programming", "developers"),
        "Why do programmers mix up Halloween and Christmas? Because oct 31 is dec 25.",
    ),
    (
        ("cats", "a cat", "my cat", "kittens", "the cat"),
        "Why did the cat sit on the laptop? To keep an eye on the mouse.",
    ),
    (
        ("dogs", "a dog", "my dog", "puppies", "the dog"),
        "What do you call a dog that does magic? A labracadabrador.",
    ),
    (
        ("computers", "a computer", "laptops", "PCs", "my computer"),
        "Why was the computer cold? It had left its windows open.",
    ),
    (
        ("math", "maths", "mathematics", "numbers", "a number"),
        "Why was six afraid of seven? Because seven eight nine.",
    ),
    (
        ("Python", "python", "snakes", "a snake", "pythons"),
        "Why do pythons live on land? Because they are above C level.",
    ),
    (
        ("coffee", "a coffee", "espresso", "cups of coffee"),
        "Why did the coffee call the police? It had been mugged.",
    ),
    (
        ("ghosts", "a ghost", "Halloween", "spirits"),
        "Why are ghosts bad liars? You can see right through them.",
    ),
    (
        ("cows", "a cow", "farmers", "a farmer", "farms"),
        "What do you call a cow that plays a guitar? A moo-sician.",
    ),
    (
        ("clocks", "a clock", "time", "watches"),
        "I ate a clock yesterday. It was very time-consuming.",
    ),
    (
        ("servers", "a server", "waiters", "a waiter", "restaurants"),
        "Why did the server quit its job in the restaurant? It could not handle the requests.",
    ),
    (
        ("elephants", "an elephant", "animals", "the zoo"),
        "Why do elephants never use computers? They are afraid of the mouse.",
    ),
)
_JOKE_REQUESTS = (
    *("Tell me a joke", "Tell me a joke.", "Tell a joke", "Do you know a joke?", "Make me laugh"),
    *("Say something funny", "A joke!", "Joke", "Can you tell me a joke?", "I want to hear a joke"),
    *("Please tell me a joke", "Give me a joke", "Know any jokes?", "Do you know any jokes?"),
    *("Tell me something funny", "Another joke", "Got a joke?", "Can you be funny?", "One joke, please"),
)
_JOKE_REQUESTS_ABOUT = (
    *("Tell me a joke about {x}.", "Tell me a joke about {x}", "Do you know a joke about {x}?"),
    *("A joke about {x}, please.", "Joke about {x}", "Make a joke about {x}."),
    *("Can you tell me a joke about {x}?", "Give me a joke about {x}.", "{x} joke"),
    *("I want to hear a joke about {x}.", "Tell a joke about {x}", "Know a joke about {x}?"),
    "Please tell me a joke about {x}.",
)


def _greeting(source: Source) -> Exercise:
    if source.chance(0.6):
        return Exercise(ask(_said(source, source.wording(_GREETINGS))), HELLO)
    return greeting_of(source, source.draw(_somebody))


def greeting_of(source: Source, name: str) -> Exercise:
    """Return a greeting in which somebody tells a name."""
    return Exercise(
        ask(typed(source, source.wording(_NAMED_GREETINGS), n=name)), f"Hello {name}! How can I help you?"
    )


def _somebody(rng: random.Random) -> str:
    return made_up.pick(rng, FIRST_NAMES) if rng.random() < 0.5 else made_up.made_up_name(rng)


def _said(source: Source, text: str) -> str:
    """Return an exclamation as somebody may type it."""
    draw = source.rng.random()
    if draw < 0.55:
        return text
    if draw < 0.75:
        return text.lower()
    if draw < 0.95:
        return text.rstrip(".!?") + source.wording(("!", ".", "!!", "...", " :)", ""))
    return text.upper()


def _reply(source: Source) -> Exercise:
    _, answer, prompts = source.wording(_WEIGHTED)
    return Exercise(ask(_said(source, source.wording(prompts))), answer)


def _joke(source: Source) -> Exercise:
    if source.chance(0.3):
        return Exercise(ask(asked(source, _JOKE_REQUESTS)), _JOKES[0][1])
    subjects, joke = source.wording(_JOKES)
    return Exercise(ask(typed(source, source.wording(_JOKE_REQUESTS_ABOUT), x=source.wording(subjects))), joke)


def _small_talk(source: Source) -> Exercise:
    draw = source.rng.random()
    if draw < 0.30:
        return _greeting(source)
    return _reply(source) if draw < 0.82 else _joke(source)


_WEIGHTED = tuple(reply for reply in _REPLIES for _ in range(reply[0]))

ABILITIES: tuple[Ability, ...] = (Ability("Small talk", _small_talk, share=2.0),)
