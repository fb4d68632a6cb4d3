"""Small facts, typed from general knowledge: capitals, colours, opposites, the calendar, planets and such.

Only facts that nobody disputes and that have one answer.
"""

from __future__ import annotations

from ..wording.frames import phrases
from .vocabulary import words


def _rows(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a table, whose cells stand between equals signs."""
    return tuple(tuple(row.split(" = ")) for row in phrases(text))


# A country, as it stands in a sentence, and its capital.
CAPITALS = _rows("""
Afghanistan = Kabul | Albania = Tirana | Algeria = Algiers | Andorra = Andorra la Vella | Angola = Luanda
Argentina = Buenos Aires | Armenia = Yerevan | Australia = Canberra | Austria = Vienna | Azerbaijan = Baku
the Bahamas = Nassau | Bahrain = Manama | Bangladesh = Dhaka | Barbados = Bridgetown | Belarus = Minsk
Belgium = Brussels | Belize = Belmopan | Bhutan = Thimphu | Botswana = Gaborone | Brazil = Brasília
Brunei = Bandar Seri Begawan | Bulgaria = Sofia | Burkina Faso = Ouagadougou | Cambodia = Phnom Penh
Cameroon = Yaoundé | Canada = Ottawa | Chad = N'Djamena | Chile = Santiago | China = Beijing | Colombia = Bogotá
Costa Rica = San José | Croatia = Zagreb | Cuba = Havana | Cyprus = Nicosia | the Czech Republic = Prague
Denmark = Copenhagen | the Dominican Republic = Santo Domingo | Ecuador = Quito | Egypt = Cairo
El Salvador = San Salvador | Eritrea = Asmara | Estonia = Tallinn | Ethiopia = Addis Ababa | Fiji = Suva
Finland = Helsinki | France = Paris | Gabon = Libreville | Gambia = Banjul | Georgia = Tbilisi | Germany = Berlin
Ghana = Accra | Greece = Athens | Guatemala = Guatemala City | Guinea = Conakry | Guyana = Georgetown
Haiti = Port-au-Prince | Honduras = Tegucigalpa | Hungary = Budapest | Iceland = Reykjavik | India = New Delhi
Indonesia = Jakarta | Iran = Tehran | Iraq = Baghdad | Ireland = Dublin | Italy = Rome | Jamaica = Kingston
Japan = Tokyo | Jordan = Amman | Kazakhstan = Astana | Kenya = Nairobi | Kuwait = Kuwait City
Kyrgyzstan = Bishkek | Laos = Vientiane | Latvia = Riga | Lebanon = Beirut | Liberia = Monrovia | Libya = Tripoli
Liechtenstein = Vaduz | Lithuania = Vilnius | Luxembourg = Luxembourg | Madagascar = Antananarivo
Malawi = Lilongwe | Malaysia = Kuala Lumpur | the Maldives = Malé | Mali = Bamako | Malta = Valletta
Mauritania = Nouakchott | Mauritius = Port Louis | Mexico = Mexico City | Moldova = Chișinău | Monaco = Monaco
Mongolia = Ulaanbaatar | Montenegro = Podgorica | Morocco = Rabat | Mozambique = Maputo | Namibia = Windhoek
Nepal = Kathmandu | the Netherlands = Amsterdam | New Zealand = Wellington | Nicaragua = Managua | Niger = Niamey
Nigeria = Abuja | North Korea = Pyongyang | North Macedonia = Skopje | Norway = Oslo | Oman = Muscat
Pakistan = Islamabad | Panama = Panama City | Papua New Guinea = Port Moresby | Paraguay = Asunción | Peru = Lima
the Philippines = Manila | Poland = Warsaw | Portugal = Lisbon | Qatar = Doha | Romania = Bucharest
Russia = Moscow | Rwanda = Kigali | San Marino = San Marino | Saudi Arabia = Riyadh | Senegal = Dakar
Serbia = Belgrade | Sierra Leone = Freetown | Singapore = Singapore | Slovakia = Bratislava
Slovenia = Ljubljana | Somalia = Mogadishu | South Korea = Seoul | Spain = Madrid | Sudan = Khartoum
Suriname = Paramaribo | Sweden = Stockholm | Switzerland = Bern | Syria = Damascus | Tajikistan = Dushanbe
Thailand = Bangkok | Togo = Lomé | Tunisia = Tunis | Turkey = Ankara | Turkmenistan = Ashgabat | Uganda = Kampala
Ukraine = Kyiv | the United Arab Emirates = Abu Dhabi | the United Kingdom = London
the United States = Washington, D.C. | Uruguay = Montevideo | Uzbekistan = Tashkent | Venezuela = Caracas
Vietnam = Hanoi | Yemen = Sanaa | Zambia = Lusaka | Zimbabwe = Harare
""")
# Other names that a country is asked by; the answer keeps the name above.
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "the United States": ("the USA", "the US", "the United States of America", "America", "USA"),
    "the United Kingdom": ("the UK", "Great Britain", "Britain", "England"),
    "the Netherlands": ("Holland", "Netherlands"),
    "the Czech Republic": ("Czechia", "Czech Republic"),
    "the Philippines": ("Philippines",),
    "the United Arab Emirates": ("the UAE",),
}

DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = words("January February March April May June July August September October November December")
DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SEASONS = words("spring summer autumn winter")
PLANETS = words("Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune")
ORDINALS = words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")

# A thing as it stands in a sentence, "is" or "are", its colour.
COLOURS = _rows("""
grass = is = green | the sky = is = blue | blood = is = red | snow = is = white | coal = is = black
milk = is = white | the sun = is = yellow | chocolate = is = brown | gold = is = golden | silver = is = silver
the ocean = is = blue | the sea = is = blue | the night = is = black | salt = is = white | sugar = is = white
butter = is = yellow | honey = is = golden | mud = is = brown | a banana = is = yellow | a lemon = is = yellow
a tomato = is = red | a strawberry = is = red | a carrot = is = orange | an orange = is = orange
a pumpkin = is = orange | a cucumber = is = green | a frog = is = green | spinach = is = green
broccoli = is = green | a crow = is = black | a raven = is = black | a swan = is = white
a polar bear = is = white | a flamingo = is = pink | a pig = is = pink | an elephant = is = gray
a fire truck = is = red | a ruby = is = red | an emerald = is = green | a sapphire = is = blue
a stop sign = is = red | a cherry = is = red | an eggplant = is = purple | ink = is = blue | leaves = are = green
bananas = are = yellow | lemons = are = yellow | tomatoes = are = red | strawberries = are = red
carrots = are = orange | oranges = are = orange | clouds = are = white | sunflowers = are = yellow
violets = are = purple | pumpkins = are = orange | frogs = are = green | flamingos = are = pink
elephants = are = gray | swans = are = white | crows = are = black | blueberries = are = blue
bricks = are = red | cucumbers = are = green | cherries = are = red
""")
MIXTURES = _rows("""
red = yellow = orange | blue = yellow = green | red = blue = purple | red = white = pink | black = white = gray
red = green = brown
""")

# Each word is the other's opposite.
OPPOSITES = _rows("""
hot = cold | big = small | tall = short | up = down | left = right | open = closed | day = night | black = white
good = bad | happy = sad | fast = slow | young = old | rich = poor | full = empty | light = dark | wet = dry
clean = dirty | strong = weak | thick = thin | wide = narrow | deep = shallow | loud = quiet | hard = soft
rough = smooth | high = low | early = late | first = last | true = false | yes = no | on = off | in = out
inside = outside | above = below | before = after | always = never | push = pull | win = lose | buy = sell
give = take | start = stop | love = hate | friend = enemy | north = south | east = west | sweet = sour
cheap = expensive | easy = difficult | same = different | safe = dangerous | sharp = blunt | brave = cowardly
beautiful = ugly | polite = rude | question = answer | war = peace | heaven = hell | begin = finish | laugh = cry
alive = dead | more = less | many = few | near = far | front = back | top = bottom | success = failure
arrive = leave | asleep = awake | male = female | king = queen | husband = wife | boy = girl | man = woman
mother = father | brother = sister | son = daughter | lead = follow
""")

# Words that have an opposite but aren't the one that it is asked back.
ONE_WAY_OPPOSITES = _rows("""
heavy = light | new = old | long = short | large = small | little = big | bright = dark | quick = slow
end = begin | simple = difficult | angry = calm | dumb = smart
""")

# An animal and what it says; an animal and what its young is called.
SOUNDS = _rows("""
dog = woof | cat = meow | cow = moo | sheep = baa | duck = quack | pig = oink | horse = neigh
rooster = cock-a-doodle-doo | bee = buzz | snake = hiss | lion = roar | frog = ribbit | owl = hoot
mouse = squeak | chick = cheep | crow = caw | donkey = hee-haw | turkey = gobble | wolf = howl | goose = honk
dove = coo
""")
YOUNG = _rows("""
dog = puppy | cat = kitten | cow = calf | sheep = lamb | duck = duckling | pig = piglet | horse = foal
chicken = chick | lion = cub | bear = cub | goat = kid | frog = tadpole | owl = owlet | goose = gosling
swan = cygnet | deer = fawn | kangaroo = joey | eagle = eaglet | butterfly = caterpillar | elephant = calf
whale = calf | wolf = cub
""")
# How many of what there are in or on what.
AMOUNTS = _rows("""
seconds = in a minute = 60 | minutes = in an hour = 60 | hours = in a day = 24 | days = in a week = 7
months = in a year = 12 | weeks = in a year = 52 | days = in a year = 365 | years = in a decade = 10
years = in a century = 100 | years = in a millennium = 1000 | days = in a leap year = 366
seconds = in an hour = 3600 | seasons = in a year = 4 | minutes = in half an hour = 30
minutes = in a quarter of an hour = 15 | centimeters = in a meter = 100 | millimeters = in a meter = 1000
meters = in a kilometer = 1000 | grams = in a kilogram = 1000 | kilograms = in a ton = 1000
milliliters = in a liter = 1000 | millimeters = in a centimeter = 10 | inches = in a foot = 12
feet = in a yard = 3 | cents = in a dollar = 100 | cents = in a euro = 100 | eggs = in a dozen = 12
items = in a dozen = 12 | bits = in a byte = 8 | bytes = in a kilobyte = 1000 | letters = in the alphabet = 26
vowels = in the alphabet = 5 | planets = in the solar system = 8 | continents = on Earth = 7
sides = in a triangle = 3 | sides = in a square = 4 | sides = in a pentagon = 5 | sides = in a hexagon = 6
sides = in an octagon = 8 | faces = on a cube = 6 | colors = in the rainbow = 7 | cards = in a deck = 52
players = in a football team = 11 | squares = on a chessboard = 64 | fingers = on a hand = 5
legs = on a spider = 8 | legs = on a dog = 4 | legs = on an insect = 6 | arms = on an octopus = 8
degrees = in a circle = 360 | degrees = in a right angle = 90 | strings = on a violin = 4
strings = on a guitar = 6 | keys = on a piano = 88 | wheels = on a car = 4 | wheels = on a bicycle = 2
wheels = on a tricycle = 3 | states = in the United States = 50 | zeros = in a million = 6
""")
# What one has so many of, asked by "have".
POSSESSIONS = _rows("""
legs = a spider = 8 | legs = a dog = 4 | legs = a cat = 4 | legs = a horse = 4 | legs = a bird = 2
legs = an insect = 6 | legs = an ant = 6 | legs = a bee = 6 | legs = a human = 2 | legs = a cow = 4
legs = a snake = 0 | legs = a crab = 10 | arms = an octopus = 8 | arms = a starfish = 5 | eyes = a human = 2
fingers = a hand = 5 | toes = a foot = 5 | wings = a bird = 2 | wings = a bee = 4 | sides = a triangle = 3
sides = a square = 4 | sides = a pentagon = 5 | sides = a hexagon = 6 | sides = an octagon = 8
sides = a rectangle = 4 | corners = a triangle = 3 | corners = a square = 4 | faces = a cube = 6
sides = a die = 6 | wheels = a car = 4 | wheels = a bicycle = 2 | wheels = a tricycle = 3
strings = a guitar = 6 | strings = a violin = 4 | keys = a piano = 88 | seconds = a minute = 60
minutes = an hour = 60 | hours = a day = 24 | days = a week = 7 | months = a year = 12 | weeks = a year = 52
days = a year = 365 | letters = the alphabet = 26 | planets = the solar system = 8 | colors = the rainbow = 7
horns = a unicorn = 1 | humps = a camel = 2
""")
RAINBOW = words("red orange yellow green blue indigo violet")
CONTINENTS = ("Africa", "Antarctica", "Asia", "Australia", "Europe", "North America", "South America")
PLANET_QUESTIONS = _rows("""
which planet is closest to the sun = Mercury | what is the planet nearest to the sun = Mercury
which planet is the smallest = Mercury | what is the smallest planet = Mercury
which planet is the hottest = Venus | what is the hottest planet = Venus | which planet do we live on = Earth
on which planet do we live = Earth | what is our planet called = Earth | which planet is our home = Earth
which planet is called the red planet = Mars | what is the red planet = Mars
which planet is the red planet = Mars | which planet is the largest = Jupiter
what is the largest planet = Jupiter | what is the biggest planet in the solar system = Jupiter
which planet is famous for its rings = Saturn | which planet has big rings = Saturn
which planet is farthest from the sun = Neptune | what is the planet farthest from the sun = Neptune
which planet comes after Earth = Mars | which planet comes after Mars = Jupiter
which planet comes before Earth = Venus | which planet comes after Jupiter = Saturn
which planet comes after Mercury = Venus | which planet comes after Saturn = Uranus
which planet comes after Uranus = Neptune
""")
