"""Words that values of arguments are made of: names, places, things, pieces of messages."""

from __future__ import annotations

from ..material.vocabulary import words


def phrases(text: str, mark: str = ",") -> tuple[str, ...]:
    """Return what stands between the marks of a text."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(mark))


CITIES = phrases("""
Paris, London, Tokyo, Berlin, Rome, Madrid, New York, Los Angeles, Chicago, San Francisco, Boston, Seattle,
Miami, Houston, Dallas, Denver, Austin, Atlanta, Phoenix, Portland, Toronto, Vancouver, Montreal, Mexico City,
Havana, Lima, Bogotá, Quito, Santiago, Buenos Aires, São Paulo, Rio de Janeiro, Brasilia, Caracas, Lisbon,
Porto, Barcelona, Valencia, Seville, Bilbao, Lyon, Marseille, Nice, Bordeaux, Lille, Brussels, Antwerp, Ghent,
Amsterdam, Rotterdam, Utrecht, The Hague, Hamburg, Munich, Cologne, Frankfurt, Stuttgart, Leipzig, Dresden,
Bremen, Hanover, Vienna, Salzburg, Graz, Linz, Innsbruck, Zurich, Geneva, Bern, Basel, Lausanne, Milan,
Naples, Turin, Florence, Venice, Bologna, Genoa, Palermo, Verona, Athens, Thessaloniki, Sofia, Bucharest,
Belgrade, Zagreb, Split, Ljubljana, Sarajevo, Budapest, Prague, Brno, Bratislava, Warsaw, Krakow, Gdansk,
Poznan, Vilnius, Riga, Tallinn, Helsinki, Turku, Stockholm, Gothenburg, Malmö, Oslo, Bergen, Trondheim,
Copenhagen, Aarhus, Reykjavik, Dublin, Cork, Galway, Belfast, Edinburgh, Glasgow, Manchester, Liverpool,
Leeds, Bristol, Oxford, Cambridge, York, Bath, Cardiff, Kyiv, Lviv, Odesa, Minsk, Istanbul, Ankara, Izmir,
Tbilisi, Yerevan, Baku, Cairo, Alexandria, Tunis, Algiers, Casablanca, Rabat, Dakar, Accra, Lagos, Nairobi,
Kampala, Addis Ababa, Johannesburg, Cape Town, Durban, Dubai, Doha, Riyadh, Beirut, Amman, Tel Aviv, Tehran,
Karachi, Lahore, Delhi, Mumbai, Kolkata, Chennai, Bangalore, Hyderabad, Colombo, Dhaka, Kathmandu, Bangkok,
Hanoi, Singapore, Jakarta, Manila, Kuala Lumpur, Hong Kong, Shanghai, Beijing, Shenzhen, Taipei, Seoul, Busan,
Osaka, Kyoto, Sapporo, Nagoya, Fukuoka, Sydney, Melbourne, Brisbane, Perth, Adelaide, Auckland, Wellington,
Honolulu, Anchorage, Detroit, Cleveland, Pittsburgh, Baltimore, Philadelphia, Nashville, Memphis, New Orleans,
Las Vegas, San Diego, Sacramento, Salt Lake City, Kansas City, Minneapolis, Milwaukee, Tampa, Orlando,
Charlotte, Raleigh, Richmond, Boise, Tucson, Albuquerque, El Paso, Omaha, Calgary, Edmonton, Ottawa, Quebec,
Halifax, Winnipeg
""")
REGIONS = words("""
CA NY TX WA MA FL IL OH CO OR GA NC France Germany Italy Spain UK Japan Canada Brazil India Norway USA
""")
COUNTRIES = phrases("""
France, Germany, Italy, Spain, Portugal, Greece, Norway, Sweden, Finland, Denmark, Iceland, Ireland, Poland,
Austria, Switzerland, Belgium, Hungary, Romania, Bulgaria, Croatia, Serbia, Turkey, Egypt, Morocco, Kenya,
Nigeria, Ghana, South Africa, India, Nepal, China, Japan, Korea, Vietnam, Thailand, Indonesia, Australia, New
Zealand, Canada, Mexico, Cuba, Brazil, Argentina, Chile, Peru, Colombia, Ecuador, Bolivia, Ukraine, Estonia,
Latvia, Lithuania, Israel, Jordan, Iran, Iraq, Qatar, Malta, Cyprus, Luxembourg, Slovenia, Slovakia, Mongolia,
Laos, Cambodia
""")
FIRST_NAMES = words("""
Anna Bob Alice Tom Maria John Jane Peter Paul Mary Lucy Emma Olivia Noah Liam Mia Sofia Leo Max Ben Sam Kate
Lisa Laura Sarah David Daniel Michael James Robert William Henry George Charlie Jack Harry Oscar Arthur Theo
Hugo Felix Oliver Lucas Mateo Diego Carlos Juan Luis Pedro Ana Carmen Elena Irina Olga Ivan Dmitri Sergei
Natasha Yuki Kenji Hiro Aiko Mei Wei Li Chen Priya Arjun Ravi Anita Deepa Fatima Omar Ali Hassan Layla Amir
Zara Yusuf Ingrid Lars Sven Astrid Freya Erik Nils Jonas Klaus Heidi Greta Fritz Otto Pierre Marie Claire
Louis Camille Giulia Marco Luca Chiara Paolo Nina Eva Julia Victor Simon Martin Adam Eve Ruth Grace Hannah
Chloe Zoe Ella Amy Rose Ivy Ruby Stella Nora Clara Alma Ida Elsa Kofi Ama Kwame Zuri Thabo Sipho Naledi José
André Zoë Søren Jürgen Renée Siobhán Kevin Brian Steve Mark Frank Gary Linda Susan Karen Nancy Betty Helen
Donna Carol Sharon Diana Rachel Megan Holly Abby Tina Jill Molly Gwen Dana Toby Ross Keith
""")
LAST_NAMES = words("""
Smith Jones Brown Miller Davis Wilson Moore Taylor Anderson Thomas Jackson White Harris Clark Lewis Walker
Hall Young King Wright Hill Green Adams Baker Nelson Carter Mitchell Turner Parker Evans Edwards Collins
Stewart Morris Murphy Cook Rogers Reed Bailey Bell Cooper Ward Gray Watson Brooks Kelly Sanders Price Wood
Barnes Ross Fisher Novak Müller Schmidt Weber Wagner Becker Hoffmann Rossi Russo Ferrari Bianchi Garcia Lopez
Martinez Sanchez Perez Silva Santos Costa Kowalski Nowak Petrov Ivanova Tanaka Sato Suzuki Kim Park Lee Chen
Wang Nguyen Patel Singh Khan Ahmed Ali Hansen Larsen Berg Lund Dubois Martin Laurent Moreau
""")
MAIL_HOSTS = words("example.com example.org mail.com acme.io test.org company.com gmail.com web.de uni.edu")
COMPANIES = words("""
Apple Microsoft Google Amazon Tesla Netflix Intel Nvidia IBM Oracle Adobe Siemens Bosch Samsung Sony Toyota
Honda Ford Nike Adidas Nestlé Unilever Shell Boeing Airbus Spotify Uber Airbnb Walmart Target Disney Pfizer
Bayer Visa PayPal Zoom Dell Cisco Philips Nokia Ericsson Volvo Ferrari Renault Michelin Danone Heineken Lego
Ikea
""")
SYMBOLS = words("""
AAPL MSFT GOOG AMZN TSLA NFLX INTC NVDA IBM ORCL ADBE META AMD UBER DIS PFE V MA KO PEP WMT MCD NKE BA GE F GM
T JPM BAC XOM CVX SAP SHOP SPOT SQ PYPL CRM CSCO QCOM
""")
CURRENCIES = words("USD EUR GBP JPY CHF CAD AUD NZD CNY INR BRL MXN SEK NOK DKK PLN CZK HUF TRY ZAR KRW SGD")
CURRENCY_WORDS = words("dollars euros pounds yen francs rupees pesos crowns zloty won yuan lira rand reais rubles")
LANGUAGES = words("""
English French German Spanish Italian Portuguese Dutch Swedish Norwegian Danish Finnish Polish Czech Russian
Ukrainian Greek Turkish Arabic Hebrew Hindi Chinese Japanese Korean Vietnamese Thai Latin Hungarian Romanian
Swahili Welsh Irish Icelandic
""")
ROOMS = phrases("""
kitchen, bedroom, living room, bathroom, hallway, garage, office, attic, basement, garden, nursery, dining
room, guest room, hall, study, cellar, balcony, terrace, laundry room, library, kids' room, lobby, porch,
corridor, meeting room, pantry, studio, workshop, entrance, gym, sauna, conservatory, playroom, loft, shed
""")
COLORS = words("""
red blue green yellow orange purple pink white black brown grey turquoise violet gold silver beige cyan
magenta
""")
UNITS = (
    (
        "kilometers",
        "miles",
        "meters",
        "feet",
        "inches",
        "centimeters",
        "yards",
        "millimeters",
        "km",
        "cm",
        "light years",
    ),
    ("kilograms", "pounds", "grams", "ounces", "tons", "stones", "kg", "lbs"),
    ("liters", "gallons", "milliliters", "cups", "pints", "quarts", "teaspoons", "tablespoons"),
    ("celsius", "fahrenheit", "kelvin"),
    ("hours", "minutes", "seconds", "days", "weeks", "months", "years"),
    ("bytes", "kilobytes", "megabytes", "gigabytes", "MB", "GB"),
)
MONTHS = words("January February March April May June July August September October November December")
WEEKDAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
DISHES = phrases("""
pizza, pancakes, lasagna, ramen, sushi, curry, tacos, goulash, paella, risotto, lentil soup, apple pie,
chocolate cake, banana bread, omelette, pad thai, fried rice, dumplings, falafel, hummus, chili, burritos,
gnocchi, carbonara, ratatouille, moussaka, tiramisu, cheesecake, waffles, scones, pho, bibimbap, borscht,
pierogi, schnitzel, potato salad, tomato soup, onion soup, spinach quiche, roast chicken, fish and chips,
mushroom stew, rice pudding, carrot cake, garlic bread, guacamole, ceviche, couscous, kimchi, muffins
""")
CUISINES = words("""
Italian French Indian Thai Chinese Japanese Mexican Greek Turkish Korean Spanish Vietnamese Lebanese vegan
""")
GOODS = phrases("""
milk, eggs, bread, butter, cheese, apples, bananas, tomatoes, rice, pasta, coffee, tea, sugar, flour, salt,
olive oil, onions, carrots, potatoes, yogurt, shampoo, soap, batteries, light bulbs, paper towels, toothpaste,
headphones, running shoes, a backpack, a desk lamp, a phone case, a water bottle, notebooks, pencils, an
umbrella, socks, a winter coat, a keyboard, a mouse, a monitor, cat food, dog treats, oranges, lemons,
mushrooms, honey, oats, candles, a kettle, a toaster, a blanket, pillows, sunglasses, a bike helmet, chewing
gum, dark chocolate
""")
FILM_WORDS_A = words("""
Silent Golden Broken Hidden Last Lost Dark Bright Crystal Iron Paper Winter Summer Midnight Crimson Velvet
Hollow Distant Electric Frozen Burning Secret Empty Wild Gentle Stolen Forgotten Endless Copper Scarlet
Wandering Little
""")
FILM_WORDS_B = words("""
River Mountain Garden City Ocean Road Letter Mirror Clock Forest Harbor Bridge Island Tower Storm Dream
Lantern Dance Kingdom Machine Planet Sparrow Wolf Orchard Train Window Desert Signal Winter Song Castle
Lighthouse Empire
""")
ARTISTS = phrases("""
Mozart, Bach, Beethoven, Chopin, Vivaldi, Queen, Abba, The Beatles, Miles Davis, Nina Simone, Bob Dylan, David
Bowie, Madonna, Adele, Björk, Radiohead, Coldplay, Daft Punk, Elvis, Johnny Cash, Aretha Franklin, Louis
Armstrong, Ella Fitzgerald, Pink Floyd, U2, The Cure, Blur, Oasis, Muse, Portishead, Sade, Prince, Shakira,
Rihanna
""")
GENRES = words("""
jazz rock pop classical techno folk blues metal reggae soul funk country house ambient punk opera
""")
FILM_GENRES = words("comedy drama thriller horror romance western animation documentary crime adventure")
TEAMS = phrases("""
Arsenal, Chelsea, Liverpool, Real Madrid, Barcelona, Juventus, Ajax, Benfica, Bayern Munich, Lakers, Celtics,
Bulls, Warriors, Yankees, Red Sox, Cubs, Dodgers, Packers, Cowboys, Bears, Raptors, Flyers, Rangers, Penguins,
Tigers, Wolves, Eagles, Giants, Knicks, Heat, Everton, Celtic, Porto, Galatasaray
""")
PETS = words("""
Rex Bella Luna Milo Whiskers Shadow Coco Daisy Rocky Simba Nemo Fluffy Biscuit Pepper Oreo Ziggy
""")
PLANTS = words("""
fern cactus orchid basil ficus monstera rosemary ivy palm bonsai aloe tulip lavender mint fuchsia begonia
""")
AIRPORTS = words("""
JFK LAX SFO LHR CDG FRA AMS MAD FCO VIE ZRH CPH OSL ARN HEL DUB LIS ATH IST DXB SIN HND ICN SYD YYZ GRU
""")
DEVICES = phrases("""
printer, router, laptop, server, phone, tablet, camera, speaker, TV, projector, coffee machine, fan, heater,
dishwasher, washing machine, dryer, oven, radio, lamp, doorbell, vacuum, air conditioner, humidifier
""")
SERVERS = words("web db api mail cache proxy auth build backup search queue files edge gateway worker log")
PROJECTS = words("""
website backend frontend billing mobile-app api docs payments search login dashboard reports shop inbox parser
""")
FILE_STEMS = words("""
report notes budget invoice summary draft photo data config readme todo plan letter thesis backup contract
menu schedule minutes slides survey results main index app test log users prices recipes map
""")
FILE_ENDS = words("txt pdf csv md docx json py jpg png xlsx html log yaml")
FOLDERS = words("docs home downloads pictures projects work tmp music archive shared reports src backup data")
# What people look for, write about or ask to be reminded of: adjective, thing and activity are put together.
ADJECTIVES = words("""
cheap new old best good small big modern famous simple healthy local quiet fast green red blue wooden electric
vegan Italian ancient rare warm cold funny strange classic early late free fresh
""")
THINGS = words("""
bikes cars trains phones laptops books films songs recipes hotels museums parks beaches mountains rivers birds
cats dogs horses whales stars planets volcanoes castles bridges gardens flowers trees shoes jackets watches
cameras guitars pianos games puzzles robots rockets batteries windows kitchens chairs tables lamps carpets
vitamins vegetables fruits cheeses wines teas coffees soups cakes cookies markets festivals concerts jobs
schools courses languages maps tickets holidays islands caves lakes forests deserts storms taxes loans houses
flats roofs solar-panels bees turtles dinosaurs pyramids kings poems painters composers
""")
ACTIVITIES = phrases("""
bake bread, fix a flat tire, tie a tie, grow tomatoes, learn piano, build a shelf, clean the oven, peel a
mango, draw a horse, train a puppy, cook rice, write a poem, knit a scarf, paint a wall, change a fuse, plant
a tree, sharpen a knife, fold a shirt, ride a horse, make soap, read music, play chess, fly a kite, save
money, sleep better, run faster, brew coffee, pack a suitcase, remove a stain, sew a button
""")
TASKS = phrases("""
call mom, call the dentist, buy milk, buy a birthday present, pay the rent, pay the electricity bill, take out
the trash, water the plants, feed the cat, walk the dog, book a haircut, pick up the kids, pick up the
laundry, send the report, finish the slides, read chapter five, wash the car, clean the windows, renew the
passport, return the library books, fix the bike, bake a cake, check the mail, take my pills, charge the
phone, back up the laptop, write to grandma, order new glasses, cancel the gym, prepare for the exam, sign the
contract, review the budget, mow the lawn, change the sheets, reply to the landlord, visit the doctor,
stretch, drink water, go for a run, defrost the chicken
""")
EVENTS = phrases("""
team meeting, lunch, dinner, breakfast, doctor's appointment, dentist, haircut, yoga class, piano lesson, job
interview, birthday party, project review, stand-up, board meeting, parents' evening, football practice, date
night, book club, car inspection, conference call, workshop, movie night, wedding, picnic, coffee, budget
meeting, sprint planning, retrospective, training, exam, concert, barbecue, farewell party, choir rehearsal,
chess club, brunch, demo
""")
# Pieces of messages: who, what; {person}, {thing}, {time}, {day}, {place}, {number} are filled in.
MESSAGES = phrases(
    """
I am late; I'll be late; I am on my way; I'll be there at {time}; I will be there in {number} minutes; the
meeting is at {time}; the meeting is moved to {day}; the meeting is cancelled; happy birthday; happy birthday
{person}; congratulations; thank you for your help; thanks for the {thing}; see you on {day}; see you at
{time}; see you tomorrow; dinner is ready; lunch is at {time}; please call me back; please call {person}; call
me when you can; call me at {time}; I can't come on {day}; I can't make it; I am sick today; I miss you; I
love you; good luck with the exam; good luck; the {thing} are ready; the {thing} have arrived; we need more
{thing}; don't forget the {thing}; bring some {thing}; I found your {thing}; I lost my keys; the train is
late; the bus is {number} minutes late; I am at the station; I am in {place}; I arrive in {place} on {day};
the flight to {place} lands at {time}; the report is finished; the report is due on {day}; the invoice is
attached; we ship on {day}; the server is down; the build is broken; the door is open; {person} is waiting;
{person} says hi; say hi to {person}; {person} and {person} are coming; we won {number} to {number}; the code
is {number}; it costs {number} dollars; let's meet at {time}; let's meet in {place}; let's have lunch on
{day}; are you free on {day}; are you coming tonight; where are you; what time is dinner; can you pick up
{person}; can you bring the {thing}; do you like {thing}; I bought {number} {thing}; I sold my {thing}; hello
from {place}; greetings from {place}; hello; hi there; good morning; good night; welcome to the team; welcome
home; get well soon; I agree; no problem; sounds great; yes; no, thanks; I'm home; the kids are asleep; the
cat is fine; the {thing} look great; I'm running {number} minutes behind; the room number is {number}; park
behind the house; table for {number} at {time}; the wifi password is on the fridge; sorry about yesterday; I
changed my mind; talk to you later; I got the job; we are moving to {place}
""",
    ";",
)
# Inner consonants and vowels of made-up words.
ONSETS = words("b c d f g h j k l m n p r s t v w z br ch cl cr dr fl gr kr pl pr qu sh sk sl st th tr v zw x y")
VOWELS = words("a e i o u a e i o u ai ea ee oo ou ia io")
CODAS = ("", "", "", "", *words("n r l s t m k nd rt x p ng sk"))
