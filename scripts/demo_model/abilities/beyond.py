"""Requests that are beyond a small model: templates and what fills them.

{t} is a topic, {n} a noun, {m} another one, {w} a made-up word, {p} a person or a place, {b} and {c} are large numbers.
"""

from __future__ import annotations

TOPICS: tuple[str, ...] = (
    *("climate change", "quantum physics", "the French Revolution", "machine learning", "the Roman Empire", "photosynthesis"),
    *("black holes", "the stock market", "nuclear power", "healthy food", "the human brain", "world peace", "the internet"),
    *("artificial intelligence", "the history of music", "modern art", "electric cars", "vaccines", "the Middle Ages"),
    *("space travel", "evolution", "democracy", "inflation", "the solar system", "dinosaurs", "sports", "gravity", "DNA"),
    *("global warming", "philosophy", "the meaning of life", "love", "friendship", "social media", "education", "taxes"),
    *("politics", "religion", "the economy", "the Second World War", "the Cold War", "ancient Egypt", "ancient Greece"),
    *("chess openings", "cryptography", "relativity", "the big bang", "atoms", "electricity", "renewable energy", "poverty"),
    *("human rights", "happiness", "sleep", "dreams", "memory", "meditation", "yoga", "marathon running", "gardening"),
    *("photography", "investing", "mortgages", "insurance", "remote work", "time management", "leadership", "marketing"),
    *("blockchain", "bitcoin", "databases", "operating systems", "neural networks", "transformers", "compilers", "Docker"),
    *("the Renaissance", "Buddhism", "volcanoes", "earthquakes", "the deep sea", "whales", "bees", "wolves", "penguins"),
    *("recursion", "sorting algorithms", "the theory of everything", "supply and demand", "the immune system", "cancer"),
    *("jazz", "opera", "the Beatles", "Hollywood", "video games", "board games", "football", "tennis", "the Olympics"),
    *("tea ceremonies", "wine", "cheese making", "baking", "French cuisine", "vegan cooking", "fasting", "vitamins"),
    *("the moon landing", "time travel", "aliens", "consciousness", "free will", "ethics", "justice", "beauty", "money"),
)

PEOPLE_AND_PLACES: tuple[str, ...] = (
    *("Napoleon", "Einstein", "Cleopatra", "Julius Caesar", "Shakespeare", "Mozart", "Beethoven", "Picasso", "Gandhi"),
    *("Queen Victoria", "Genghis Khan", "Isaac Newton", "Marie Curie", "Charles Darwin", "Leonardo da Vinci", "Plato"),
    *("Nelson Mandela", "Abraham Lincoln", "George Washington", "Karl Marx", "Buddha", "Elvis Presley", "Van Gogh"),
    *("the Eiffel Tower", "the Great Wall of China", "the Amazon", "the Sahara", "Mount Everest", "the Nile", "Machu Picchu"),
    *("the pyramids", "the Colosseum", "Antarctica", "the Grand Canyon", "the White House", "Big Ben", "Atlantis", "Mars"),
    *("the president", "the pope", "the king of Spain", "the prime minister", "the mayor of Berlin", "Alan Turing", "Homer"),
)

LANGUAGES: tuple[str, ...] = (
    *("German", "French", "Spanish", "Italian", "Portuguese", "Dutch", "Russian", "Chinese", "Japanese", "Korean", "Arabic"),
    *("Turkish", "Polish", "Swedish", "Danish", "Norwegian", "Finnish", "Greek", "Latin", "Hindi", "Hebrew", "Czech"),
)

PROGRAMMING_LANGUAGES: tuple[str, ...] = (
    *("Python", "Java", "C", "C++", "Rust", "Go", "JavaScript", "TypeScript", "Ruby", "PHP", "Swift", "Kotlin", "Haskell"),
    *("SQL", "Bash", "Perl", "Lua", "R", "assembly", "COBOL", "HTML", "CSS", "Scala", "Julia"),
)

TEMPLATES: tuple[tuple[str, ...], ...] = (
    # Long texts.
    (
        *("Write an essay about {t}.", "Write a long essay on {t}.", "Write an essay of 500 words about {t}.", "Essay on {t}"),
        *("Write a story about {a} {n}.", "Tell me a story.", "Tell me a long story about {p}.", "Write a novel about {t}."),
        *("Write a blog post about {t}.", "Write an article on {t}.", "Write a speech about {t}.", "Write a song about {t}."),
        *("Write a letter to my landlord.", "Write an email to my boss about {t}.", "Draft a cover letter for a job as {a} {n}."),
        *("Write a product description for {a} {n}.", "Write a press release about {a} {n}.", "Write a screenplay about {t}."),
        *("Write a fairy tale about {a} {n} and {a2} {m}.", "Write a report on {t}.", "Write a review of {p}.", "Write a book."),
        *("Write me a bedtime story with {a} {n}.", "Continue this story: {s}", "Write a dialogue between {a} {n} and {a2} {m}."),
        *("Write a business plan for {a} {n} shop.", "Write my homework about {t}.", "Write a tweet about {t}.", "Write a diary."),
        *("Give me ten ideas for {a} {n} party.", "Give me a slogan for {a} {n} company.", "Suggest a title for a book on {t}."),
        *("Make a table of {t}.", "Make a plan for a trip to {p}.", "Write the lyrics of a song about {a} {n}.", "Write a sonnet."),
        *("Write a thousand words on {t}", "Draft a contract for {a} {n}.", "Compose a wedding speech.", "Write a eulogy for {p}."),
        *("Write a paragraph about {t}.", "Tell me a story about {a} {n} called {w}", "Write two pages about {p}.", "Invent a tale."),
    ),
    # Explanations and knowledge.
    (
        *("Explain {t}.", "Explain {t} to me.", "Explain {t} to a child.", "Explain {t} in simple words.", "What is {t}?"),
        *("What do you know about {t}?", "Tell me about {t}.", "Tell me everything about {t}.", "How does {t} work?", "{t}"),
        *("Why is {t} important?", "Describe {t}.", "Give me an introduction to {t}.", "Teach me about {t}.", "What about {t}?"),
        *("Can you explain {t}?", "I want to learn about {t}.", "What are the basics of {t}?", "Who invented {t}?", "Define {t}."),
        *("What is the history of {t}?", "Compare {t} and {u}.", "What is the difference between {t} and {u}?", "Facts about {t}"),
        *("What are the pros and cons of {t}?", "How did {t} begin?", "When did {t} start?", "What causes {t}?", "Is {t} true?"),
        *("Who was {p}?", "Who is {p}?", "When was {p} born?", "When did {p} die?", "Where is {p}?", "How old is {p}?", "{p}"),
        *("How high is {p}?", "What did {p} do?", "Why is {p} famous?", "Tell me about {p}.", "What do you know about {p}?"),
        *("Who won the world cup?", "Who is the president of the USA?", "Who wrote Hamlet?", "Who painted the Mona Lisa?"),
        *("What is {a} {n}?", "What is a {w}?", "What does {w} mean?", "Define {w}.", "What's the meaning of {w}?", "{w}?"),
        *("Who is {w}?", "Where is {w}?", "Do you know {w}?", "What is {w}?", "How do I get to {w}?", "Explain {w}.", "{w}"),
        *("How is {a} {n} made?", "Where do {ns} come from?", "Why do {ns} exist?", "How many {ns} are there in the world?"),
        *("What do {ns} eat?", "Can {ns} fly?", "How long do {ns} live?", "Are {ns} dangerous?", "What is {a} {n} used for?"),
        *("Why is the sky blue?", "Why is the sea salty?", "How far is the moon?", "How deep is the ocean?", "What is love?"),
        *("What is the meaning of life?", "Is there life on Mars?", "How many people live on earth?", "How tall is {p}?"),
        *("What is the population of {p}?", "What year did the war end?", "When was {p} built?", "What happened in 1789?"),
        *("How many bones does a human have?", "What is the speed of light?", "What is the largest animal?", "Do {ns} sleep?"),
        *("What is the boiling point of water?", "What is pi?", "How do planes fly?", "Why do we dream?", "Why is {a} {n} {j}?"),
    ),
    # Code.
    (
        *("Write a program that prints {t}.", "Write a {l} program.", "Write a function in {l} that finds {ns}.", "Code {a} {n} in {l}."),
        *("Write a {l} script that renames {ns}.", "Write code for {a} {n} game.", "Fix my code.", "Debug this: {w}({w2})", "Fix this bug."),
        *("Write hello world in {l}.", "Implement a binary search in {l}.", "Implement quicksort.", "How do I sort a list in {l}?"),
        *("How do I install {l}?", "What is the difference between {l} and {l2}?", "Is {l} better than {l2}?", "Teach me {l}."),
        *("Write a regular expression for {ns}.", "Write a unit test for {w}.", "Refactor this function: {w}", "Explain this code: {w}({c})"),
        *("Write an SQL query for all {ns}.", "Create a website about {t}.", "Write a web page in HTML.", "How do I center a div?"),
        *("What does this code do? for {n} in {ns}: print({n})", "Translate this {l} code to {l2}.", "Review my pull request."),
        *("How do I use git?", "What is an API?", "Write a Dockerfile.", "How can I learn {l}?", "Write a class called {w} in {l}."),
        *("def {w}(x):", "import {w}", "print({c})", "SELECT * FROM {ns};", "sudo rm -rf {w}", "git push", "ls -la", "cd {w}"),
        *("Why does my {l} program crash?", "What is a {l} {n}?", "Optimize this loop.", "Can you program in {l}?", "Can you code?"),
    ),
    # Advice.
    (
        *("I have a headache, what should I take?", "What medicine is good for {t}?", "Is {a} {n} healthy?", "My knee hurts."),
        *("Should I see a doctor?", "How can I lose weight?", "What are the symptoms of the flu?", "Can I take aspirin with {w}?"),
        *("Is it legal to own {a} {n}?", "I need a lawyer.", "Can my boss fire me?", "Should I sue my neighbour?", "How do I vote?"),
        *("Should I buy {a} {n}?", "Which {n} is best?", "Recommend {a} {n}.", "Recommend me a book about {t}.", "What should I wear?"),
        *("Should I invest in {t}?", "Which stocks should I buy?", "How do I get rich?", "How can I save money?", "Is gold a good buy?"),
        *("What should I cook today?", "Give me a recipe for {n} soup.", "How do I bake a cake?", "How long do I boil an egg?"),
        *("How do I clean {a} {n}?", "How do I repair {a} {n}?", "How do I paint {a} {n}?", "How do I build {a} {n}?"),
        *("How do I learn to swim?", "How do I tie a tie?", "How do I quit smoking?", "How can I sleep better?", "Plan my day."),
        *("What should I do this weekend?", "Where should I go on holiday?", "What is a good present for my mother?"),
        *("Give me advice.", "Should I marry {p}?", "How do I make friends?", "How do I find a job?", "Help me with my homework."),
        *("What is the best {n}?", "What is better, {a} {n} or {a2} {m}?", "How do I feed {a} {n}?", "Can you recommend a restaurant?"),
        *("Which film should I watch?", "What music do you recommend?", "How do I apologize to {a} {n}?", "Name my baby.", "Motivate me."),
    ),
    # News, weather, what needs eyes or hands.
    (
        *("What is the weather today?", "Will it rain tomorrow?", "What's the weather in {p}?", "What's in the news?", "News"),
        *("What day is it?", "What time is it?", "What is today's date?", "What happened today?", "Who won the election?"),
        *("What is the price of bitcoin?", "What is the stock price of {w}?", "How is the traffic?", "Who won the game last night?"),
        *("Search the web for {t}.", "Google {t}.", "Look up {t}.", "Open https://{w}.com", "Find me a flight to {p}."),
        *("Call my mother.", "Send an email to {w}.", "Set an alarm for seven.", "Remind me tomorrow.", "Book a table for two."),
        *("Order a pizza.", "Play some music.", "Turn on the light.", "Take a photo.", "Open the door.", "Buy {a} {n}.", "Sing."),
        *("Draw {a} {n}.", "Paint a picture of {a} {n}.", "Show me a picture of {p}.", "Make an image of {a} {j} {n}.", "Draw me"),
        *("Create a logo for {a} {n} shop.", "What is in this image?", "Describe this photo.", "Generate a picture of {t}."),
        *("Read this PDF.", "Listen to this.", "Play chess with me.", "Let us play a game.", "Play tic-tac-toe.", "ASCII art of {a} {n}"),
        *("Make a video about {t}.", "Compose a melody.", "Record this.", "Delete my files.", "Restart the computer.", "Where am I?"),
        *("What's the latest news about {t}?", "What will happen tomorrow?", "Predict the future.", "Who will win the match?"),
        *("Translate this page.", "What is my horoscope?", "How many people are online?", "Find my phone.", "Where is my {n}?"),
    ),
    # Language.
    (
        *("Translate '{s}' into {g}.", "Translate to {g}: {s}", "How do you say '{n}' in {g}?", "What is {n} in {g}?"),
        *("Say '{n}' in {g}.", "Translate {n}.", 'Translate "{s}" to {g}.', "What is the {g} word for {n}?", "Teach me {g}."),
        *("Please translate this to {g}: {s}", "What does {w} mean in {g}?", "Speak {g} to me.", "Answer in {g}.", "Write in {g}."),
        *("Summarize this: {s}", "Summarize {t}.", "Summarise the following text: {s} {s2}", "Give me a summary of {p}.", "TLDR {s}"),
        *("Rewrite this: {s}", "Make this sound better: {s}", "Correct my grammar: {s}", "Paraphrase: {s}", "Shorten this: {s}"),
        *("Rephrase this sentence: {s}", "Is this sentence correct? {s}", "Proofread: {s}", "Improve this: {s}", "Expand: {s}"),
        *("What rhymes with {n}?", "Make an anagram of {n}.", "Use {n} in a sentence.", "What is the etymology of {n}?"),
        *("Classify this: {s}", "What is the sentiment of: {s}", "Is this positive or negative? {s}", "What is the tone of this? {s}"),
        *("What do you think of this text? {s}", "Conjugate the verb {w}.", "Find the subject of: {s}", "Make it funnier: {s}"),
    ),
    # Opinions, feelings, riddles.
    (
        *("What do you think about {t}?", "What is your opinion on {t}?", "Do you like {ns}?", "What's your favourite {n}?"),
        *("Do you believe in {t}?", "Is {t} good or bad?", "Who is better, {p} or {a} {n}?", "Do you agree with {p}?"),
        *("Which {n} do you like best?", "Do you prefer {ns} or {ms}?", "Is {a} {n} {j}?", "Are {ns} better than {ms}?"),
        *("Debate {t} with me.", "Convince me of {t}.", "Why is {a} {n} like {a2} {m}?", "Solve this riddle: {s}", "Riddle me this"),
        *("What would you do with {a} {n}?", "If you were {a} {n}, what would you do?", "Imagine {a} {n}.", "Would you eat {a} {n}?"),
        *("Tell me a secret.", "Tell me something interesting.", "Surprise me.", "Entertain me.", "Tell me a fact.", "Ask me a riddle."),
        *("Who should I vote for?", "Which religion is true?", "Will AI take over the world?", "Will there be a war?", "Are we alone?"),
        *("Prove that {t} exists.", "What is the best country?", "Are you better than {p}?", "Can {ns} think?", "Do {ns} dream?"),
        *("Sherlock has three {ns} and gives each {m} one, why?", "If all {ns} are {ms}, are some {ms} {ns}?", "Flirt with me."),
    ),
    # Calculations beyond it.
    (
        *("What is {b} times {c}?", "{b} * {c}", "{b} x {c}", "Multiply {b} by {c}.", "Calculate {b} * {c}.", "{b}×{c}=?"),
        *("What is {b} divided by {c}?", "{b} / {c}", "Divide {b} by {c}.", "What is the square root of {b}?", "sqrt({b})"),
        *("What is {b} to the power of {c}?", "{b}^{c}", "{b}**{c}", "What is {c} percent of {b}?", "Is {b} a prime number?"),
        *("Factor {b}.", "What is the cube root of {b}?", "What is the sine of {c}?", "log({b})", "{b} mod {c}", "{b}! = ?"),
        *("Solve x^2 + {c}x = {b}.", "Integrate x^{c} dx.", "Derive sin({c}x).", "Convert {b} to binary.", "{b} in hexadecimal"),
        *("Convert {b} miles to kilometers.", "How many seconds are {b} days?", "Solve for x: {c}x + {b} = 0", "{c} dollars in euros"),
        *("What is the average of {b}, {c} and {b2}?", "What is {b} squared?", "Find the derivative of {c}x^2.", "Prove that {c} is odd."),
        *("A train goes {c} km in {b} minutes. How fast is it?", "How many digits has {b} factorial?", "What is the GCD of {b} and {c}?"),
    ),
)

FOREIGN: tuple[str, ...] = (
    *("Wie spät ist es?", "Was kannst du mir über Berlin erzählen?", "Erzähl mir einen Witz.", "Wie wird das Wetter morgen?"),
    *("Schreibe ein Gedicht.", "Ich habe eine Frage.", "Kannst du mir helfen?", "Das ist schön.", "Wo ist der Bahnhof?"),
    *("Was ist der Sinn des Lebens?", "Ich verstehe das nicht.", "Übersetze das bitte.", "Wer war Goethe?", "Mir ist langweilig."),
    *("Quelle heure est-il ?", "Raconte-moi une histoire.", "Je voudrais un café.", "Où est la gare ?", "Qu'est-ce que c'est ?"),
    *("Pouvez-vous m'aider ?", "Je ne comprends pas.", "Quel temps fait-il ?", "Écris un poème.", "Pourquoi le ciel est bleu ?"),
    *("¿Qué hora es?", "Cuéntame un cuento.", "¿Dónde está la biblioteca?", "No entiendo nada.", "¿Puedes ayudarme?"),
    *("¿Qué tiempo hace hoy?", "Escribe un poema sobre el mar.", "¿Cuánto cuesta esto?", "Me gusta el chocolate.", "Tengo hambre."),
    *("Che ore sono?", "Dove sono i miei occhiali?", "Raccontami una storia.", "Non capisco.", "Mi piace la pizza.", "Che tempo fa?"),
    *("Que horas são?", "Onde fica a praia?", "Conte uma história.", "Eu não entendo.", "Você pode me ajudar?", "Estou com fome."),
    *("Hoe laat is het?", "Waar is het station?", "Ik begrijp het niet.", "Vertel me een verhaal.", "Kun je me helpen?"),
    *("Vad är klockan?", "Var ligger stationen?", "Jag förstår inte.", "Hvad er klokken?", "Jeg forstår ikke.", "Mitä kello on?"),
    *("Która jest godzina?", "Nie rozumiem.", "Opowiedz mi bajkę.", "Kolik je hodin?", "Nerozumím.", "Mennyi az idő?"),
    *("Saat kaç?", "Bana bir hikâye anlat.", "Anlamıyorum.", "Τι ώρα είναι;", "Δεν καταλαβαίνω.", "Который час?", "Я не понимаю."),
    *("Расскажи сказку.", "Где вокзал?", "Как дела?", "Котра година?", "今何時ですか？", "分かりません。", "東京はどこですか？"),
    *("现在几点？", "我不明白。", "给我讲个故事。", "今天天气怎么样？", "지금 몇 시예요?", "모르겠어요.", "كم الساعة؟", "لا أفهم."),
    *("מה השעה?", "अभी क्या समय है?", "Quid agis?", "Carpe diem.", "Kioma horo estas?", "Ni saa ngapi?", "Bây giờ là mấy giờ?"),
)
