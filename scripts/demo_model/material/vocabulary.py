"""Words and names, typed from memory: what lines are composed of and words are asked about.

Words are lower case, of 3 to 12 letters; names are capitalised. Each list holds one part of speech, so that
sentences can be made of them; nothing here knows what the words mean.
"""

# ruff: noqa: RUF001 - letters of other languages are meant

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


# Things that can be counted: "a table", "two tables".
NOUNS = words("""
apple acorn actor adult airport album alley almond anchor angel animal ankle answer ant apron arch arm arrow
artist aunt author axe baby badge bag baker balcony ball balloon banana band bank banner barber barn barrel
basket bat bath battery beach bead beam bean bear beard bed bee beetle bell belt bench berry bicycle bird
biscuit blanket blossom board boat body bolt bone book boot border bottle boulder bowl box boy bracelet branch
bread brick bride bridge broom brother brush bubble bucket bug building bulb bull bundle burger bus bush butcher
butter butterfly button cabbage cabin cable cactus cafe cage cake calendar calf camel camera camp canal candle
candy cannon canoe canyon cap captain car card carpet carrot cart castle cat cave ceiling cellar chain chair
chalk channel chapel chapter cheese chef cherry chest chicken child chimney chin church cinema circle circus
city clay cliff clock cloud clown club coach coast coat cobbler coconut coffee coin collar college comb comet
compass computer cone cook cookie copper cork corn corner costume cottage couch country cousin cow crab cradle
crane crate crayon cream creek cricket crocodile crow crowd crown cube cucumber cup cupboard curtain cushion
customer dagger dairy daisy dancer daughter deer dentist desert desk diamond diary dinner dish diver doctor dog
doll dollar dolphin donkey door dragon drawer dream dress driver drum duck eagle ear earring egg elbow elephant
elevator emperor engine engineer envelope eraser evening eye face factory falcon family farm farmer feather
fence ferry festival field finger fire fireplace fish flag flame flashlight floor flower flute foot forest fork
fortress fossil fountain fox frame friend frog fruit garage garden garlic gate ghost giant giraffe girl glass
globe glove goat goose grandfather grandmother grape grass guest guitar gull hair hallway hammer hamster hand
handle harbor harp hat hawk heart hedge hedgehog helmet hen hero hill hippo hive holiday honey hook horn horse
hospital hotel hour house hunter hut iceberg igloo insect island jacket jaguar jam jar jeep jelly jewel journal
journey judge juice jungle kangaroo kayak kettle key keyboard king kitchen kite kitten knee knife knight knot
koala ladder lady lake lamb lamp lantern laptop laundry lawn lawyer leaf leg lemon leopard letter lettuce
library lighthouse lily lime lion lizard lobster lock log lollipop lorry lunch machine magazine magician magnet
mailbox mammal man mango map marble market mask mast mat match meadow meal medal melon mermaid message meteor
microscope mile milk mill miner mirror mistake mitten model monkey monster month monument moon morning mosquito
moth mother motor mountain mouse mouth mug muscle museum mushroom musician nail napkin neck necklace needle
neighbor nephew nest net newspaper niece night nose notebook number nurse nut oak oar ocean octopus office
officer olive onion orange orchard orchestra ostrich otter oven owl painter painting pair palace palm pan
pancake panda paper parade parcel parent park parrot party passenger passport path patient peach peacock peanut
pear pearl pebble pelican pen pencil penguin pepper piano picnic picture pie pigeon pillow pilot pin pineapple
pirate pizza planet plate playground plum pocket poem poet police pond pony pool poster postman pot potato
pretzel prince princess printer prison prize pumpkin puppet puppy purse puzzle pyramid quarrel queen question
quilt rabbit raccoon radio radish raft railway rain rainbow raincoat rat raven recipe record refrigerator
restaurant ribbon rider ring river road robin robot rock rocket roof room rooster root rope rose ruler sailor
salad salmon sandal sandwich sauce saucer scarf school scientist scissors scooter screen sculpture seagull seal
season seat secret seed shadow shark sheep shelf shell shepherd ship shirt shoe shop shoulder shovel sister
skeleton sketch skirt sky sled snail snake snowball snowflake snowman sock sofa soldier song soup spade sparrow
spider sponge spoon spring squirrel stable stadium stage stair stamp star station statue stick stocking stone
store storm story stove stranger strawberry stream street student submarine suitcase summer sun sunflower
surgeon swan sweater swing sword table tailor tangerine tea teacher telephone telescope temple tent theater
thief thread throne thumb ticket tie tiger toad toaster tomato tongue tool tooth toothbrush torch tortoise towel
tower town toy tractor train traveler tray treasure tree triangle trombone trophy truck trumpet trunk tulip
tunnel turkey turnip turtle twig umbrella uncle unicorn uniform university valley van vase vegetable village
violin visitor volcano vulture waffle wagon waiter wall walnut walrus wardrobe watch water waterfall wave weasel
web wedding week whale wheel whistle widow wig window wing winter witch wizard wolf woman woodpecker word worker
workshop worm wreath wrist writer yacht year zebra zipper zoo
""")

# Things that can't, or are too large to hold.
IDEAS = words("""
ability absence accident action activity advantage adventure advice agreement amount anger army attempt
attention attitude balance bargain beauty beginning behavior belief benefit business career caution challenge
chance change charity childhood choice clarity climate comfort comedy community company complaint concert
condition confidence connection conversation courage creation curiosity custom danger darkness death debate
decision defeat delay delight democracy design desire detail difference difficulty direction disaster discovery
discussion distance doubt duty education effort election electricity emotion energy entrance environment error
escape event evidence example excitement exercise existence experience experiment failure fame fashion fear
feeling fiction fortune freedom friendship future generation gift glory goal gossip government grammar gratitude
gravity growth guidance habit happiness harmony harvest health height history hobby honesty honor hope humor
hunger idea illness imagination importance industry information instrument interest invention invitation
jealousy justice kindness knowledge language laughter leadership legend leisure liberty lightning literature
logic loneliness loyalty luck luxury magic marriage mathematics matter meaning medicine memory mercy method mind
minute misery moment money mood movement music mystery nature news noise opinion opportunity order pain
parliament patience peace permission philosophy physics plan pleasure poetry poison politics poverty power
practice price pride principle privacy problem process progress promise proof protection punishment purpose
quality quantity reality reason relief religion reputation respect result revenge reward rhythm risk romance
rumor sadness safety scandal science security sense shame silence skill sleep society solution sorrow sound
space speech speed spirit strategy strength stress struggle success surprise sympathy system talent task taste
teamwork technology temper temperature theory thought thunder time topic tradition traffic tragedy travel
trouble trust truth union universe value victory violence virtue vision voice warmth warning wealth weather
weight wilderness winner wisdom wish wonder work world worry youth
""")

ADJECTIVES = words("""
able absent afraid amazing ancient angry anxious awful awkward bad bald beautiful bent big bitter black blind
blue blunt bold bored brave brief bright brilliant broad broken brown busy calm careful careless cautious
central certain charming cheap cheerful clean clear clever cloudy clumsy cold colorful comfortable common
complete confident confused cool correct crazy creative crooked cruel curious curly damp dangerous dark dear
deep delicate delicious delightful different difficult dirty distant dizzy double dry dull dusty eager early
easy elegant empty endless enormous equal excellent excited expensive faint fair faithful false famous fancy
fast fat favorite fierce final fine firm flat fluffy foggy foolish foreign formal fragile free fresh friendly
frozen full funny fuzzy gentle genuine gigantic glad gloomy golden good graceful grand grateful gray greasy
great greedy green grumpy guilty handsome happy hard harmless heavy helpful helpless hidden high hollow holy
honest hopeful horrible hot huge humble hungry icy ideal idle important impossible innocent jealous jolly joyful
juicy keen kind large late lazy light little lively lonely long loose loud lovely lucky mad magical main massive
mean mighty mild modern modest muddy mysterious narrow nasty natural neat nervous new nice noisy normal odd old
open ordinary original painful pale patient peaceful perfect plain playful pleasant polite poor popular pretty
private proud public pure purple quick quiet rapid rare raw ready real recent red rich ripe rotten rough round
royal rude rusty sad safe salty scary secret selfish serious shallow sharp shiny short shy sick silent silly
silver simple single skinny sleepy slim slippery slow small smart smooth soft solid sour spare special spicy
steep sticky stiff straight strange strict strong stubborn stupid sturdy sudden sunny super sweet swift tall
tame tasty tender terrible thick thin thirsty tidy tight tiny tired tough tricky true typical ugly unhappy
unusual upset useful useless usual vast violent warm weak weary wet white whole wicked wide wild windy wise
wooden wonderful wrong yellow young
""")

ADVERBS = words("""
again almost already always angrily badly boldly bravely brightly calmly carefully carelessly certainly clearly
daily easily exactly finally gently gladly happily hardly heavily honestly immediately kindly later lately
lazily loudly mostly nearly never nicely noisily now often once openly patiently perfectly politely possibly
probably proudly quickly quietly rarely really recently sadly safely seldom shyly silently simply slowly softly
sometimes soon still strangely suddenly surely today together tomorrow tonight twice usually warmly weekly
wisely yesterday
""")

# Verbs that take an object, with their past.
TRANSITIVE = tuple(
    tuple(pair.split("/"))
    for pair in words("""
admire/admired answer/answered avoid/avoided believe/believed blame/blamed borrow/borrowed break/broke
bring/brought build/built burn/burned bury/buried buy/bought call/called carry/carried catch/caught chase/chased
choose/chose clean/cleaned climb/climbed close/closed collect/collected copy/copied count/counted cover/covered
cross/crossed cut/cut decorate/decorated deliver/delivered describe/described destroy/destroyed
discover/discovered draw/drew drop/dropped enjoy/enjoyed examine/examined explain/explained fear/feared feed/fed
fetch/fetched fill/filled find/found fix/fixed follow/followed forget/forgot frighten/frightened gather/gathered
guard/guarded hate/hated hear/heard help/helped hide/hid hold/held hug/hugged hunt/hunted ignore/ignored
invent/invented invite/invited keep/kept kick/kicked kiss/kissed know/knew lead/led leave/left lift/lifted
like/liked lock/locked lose/lost love/loved make/made measure/measured meet/met mend/mended miss/missed
move/moved need/needed notice/noticed open/opened order/ordered own/owned paint/painted pass/passed pay/paid
photograph/photographed pick/picked polish/polished praise/praised prepare/prepared protect/protected
pull/pulled push/pushed reach/reached receive/received recognize/recognized remember/remembered remove/removed
rent/rented repair/repaired replace/replaced rescue/rescued return/returned save/saved scratch/scratched
search/searched see/saw sell/sold send/sent serve/served shake/shook share/shared show/showed steal/stole
study/studied surprise/surprised take/took taste/tasted teach/taught thank/thanked throw/threw tickle/tickled
touch/touched train/trained trust/trusted understand/understood use/used visit/visited want/wanted warn/warned
wash/washed watch/watched wear/wore weigh/weighed win/won wrap/wrapped
""")
)

# Verbs that stand alone, with their past.
INTRANSITIVE = tuple(
    tuple(pair.split("/"))
    for pair in words("""
agree/agreed appear/appeared argue/argued arrive/arrived blush/blushed breathe/breathed complain/complained
cough/coughed cry/cried dance/danced disappear/disappeared dream/dreamed fall/fell fight/fought float/floated
fly/flew freeze/froze giggle/giggled glow/glowed grow/grew happen/happened hesitate/hesitated hurry/hurried
jump/jumped knock/knocked laugh/laughed listen/listened march/marched melt/melted mumble/mumbled nod/nodded
pause/paused play/played pray/prayed rest/rested roar/roared run/ran sail/sailed scream/screamed shine/shone
shiver/shivered shout/shouted sigh/sighed sing/sang sink/sank sit/sat skate/skated slip/slipped smile/smiled
sneeze/sneezed snore/snored speak/spoke stand/stood stare/stared stumble/stumbled swim/swam talk/talked
think/thought tremble/trembled vanish/vanished wait/waited walk/walked wander/wandered weep/wept
whisper/whispered wink/winked yawn/yawned
""")
)

PREPOSITIONS = words("""
above across against along among around behind below beneath beside between beyond inside near opposite outside
over past through toward under upon within without
""")

# Further words that sentences here don't use, but that people ask about.
OTHERS = words("""
about after also although because before better both but could during each either else enough ever every
everyone few for from half hello here hers himself however into itself just least less maybe mine more most much
must neither next nobody none nothing nowhere off only other ours perhaps please quite rather same shall she
should since some someone something somewhere such than that the their them then there these they this those
though thousand three too until very what when where whether which while who whole whom whose why will with
would yes you your yours zero hundred million seven eight nine eleven twelve thirteen fourteen fifteen twenty
thirty forty fifty sixty seventy eighty ninety first second third fourth fifth monday tuesday wednesday thursday
friday saturday sunday january february march april june july august september october november december autumn
level civic radar noon kayak madam refer rotor stats tenet racecar deified mississippi committee bookkeeper
necessary embarrass accommodate millennium possession programming python javascript database algorithm keyboard
software hardware internet browser website password server client network token tensor matrix vector gradient
kernel cache queue stack thread process compiler variable function string integer boolean object class module
package version release banana jazz buzz fizz quiz oxygen nitrogen hydrogen carbon helium silicon calcium
uranium electron proton neutron molecule atom galaxy
""")

WORDS: tuple[str, ...] = tuple(
    sorted(
        {
            *NOUNS,
            *IDEAS,
            *ADJECTIVES,
            *ADVERBS,
            *PREPOSITIONS,
            *OTHERS,
            *(form for pair in (*TRANSITIVE, *INTRANSITIVE) for form in pair),
        }
    )
)

ACCENTED = words("""
café naïve façade résumé cliché fiancé jalapeño piñata señor mañana niño año español über schön müde grün größe
straße fuß müll käse brötchen mädchen tür öl äpfel fröhlich garçon élève forêt hôtel île maïs noël cœur œuvre
français leçon été père mère frère tête fête château crème brûlée touché entrée déjà smörgås ångström björn
fjäll søster brød blåbær smørrebrød ørsted łódka źródło żółty święto piękny dzień książka gęś českí řeka žába
děti švestka měsíc kůň šťastný háček čáp ősz gyönyörű tűz árvíz öröm kávé șarpe țară mâine înger coração maçã
pão avião ação amanhã você português città perché più caffè là così güneş çiçek ağaç ışık kız öğle kahvaltı phở
bánh
""")

FIRST_NAMES = words("""
Aaron Abigail Ada Adam Adele Agnes Ahmed Aisha Alan Albert Alex Alice Alina Amanda Amir Amy Ana Andre Andrea
Angela Anita Anna Anton Arthur Astrid Barbara Beatrice Ben Bella Boris Brian Bruno Camila Carl Carla Carlos
Carmen Caroline Cecilia Charles Charlotte Chloe Chris Clara Clement Colin Cora Daisy Dana Daniel Daphne David
Deborah Dennis Diana Diego Dmitri Dora Doris Edgar Edith Edward Elena Eli Elias Elisa Ella Ellen Elsa Emil Emily
Emma Eric Erika Esther Eva Evan Fatima Felix Fiona Flora Frank Fred Frida Gabriel George Georgia Gloria Grace
Greta Hana Hannah Harold Harry Hassan Hazel Heidi Helen Henry Hilda Hiro Hugo Ian Ida Igor Ines Ingrid Irene
Iris Isaac Isabel Ivan Ivy Jack Jacob James Jan Jane Jason Jasmine Jean Jenny Jill Joan Joel Johan John Jonas
Jorge Joseph Judith Julia Julian Karen Karim Karl Kate Keiko Kenji Kevin Kim Klara Kurt Lara Lars Laura Leila
Leo Leon Liam Lily Linda Lisa Lorenzo Louis Lucas Lucia Lucy Luis Luna Magda Marco Margaret Maria Marie Mark
Marta Martin Mary Mateo Matilda Max Maya Mei Mia Michael Miguel Mila Mina Mohamed Mona Monica Nadia Nancy Naomi
Natalie Nathan Nina Noah Nora Olaf Olga Oliver Olivia Omar Oscar Otto Owen Pablo Patricia Paul Paula Pedro Penny
Peter Petra Philip Priya Quentin Rachel Rafael Raj Ralph Ravi Rebecca Rita Robert Rosa Rose Ruby Ruth Ryan Sally
Sam Samira Sandra Sara Sean Sergei Simon Sofia Sonia Stefan Stella Susan Sven Tara Thomas Tim Tina Tom Tomas Uma
Ursula Valentina Vera Victor Viola Walter Wanda Wendy William Xavier Yara Yasmin Yuki Yusuf Zara Zoe
""")

LAST_NAMES = words("""
Abbott Adams Ali Andersen Baker Barnes Becker Bell Bennett Berg Brown Campbell Carter Castro Chen Clark Collins
Cook Cooper Costa Cruz Davies Diaz Dubois Edwards Evans Fischer Fisher Foster Garcia Gibson Gomez Gonzalez
Graham Grant Green Haddad Hall Hansen Harris Hill Hoffmann Holm Hughes Hunter Ivanov Jackson Jansen Jensen
Johnson Jones Kaya Kelly Khan Kim King Klein Kowalski Kumar Larsen Lee Lewis Lopez Mancini Marino Martin Mason
Mendez Meyer Miller Moore Morgan Morris Murphy Murray Nguyen Nielsen Novak Okafor Olsen Ortiz Palmer Park Parker
Patel Perez Petrov Phillips Popov Price Reed Reyes Richards Rivera Roberts Robinson Rossi Russo Sanchez Santos
Sato Schmidt Schneider Scott Shah Sharma Silva Singh Smith Stewart Suzuki Tanaka Taylor Thompson Torres Turner
Walker Wang Ward Watson Weber White Williams Wilson Wong Wright Yamada Young Zhang Zimmermann
""")

PLACES = words("""
Amsterdam Athens Atlanta Bangkok Barcelona Beijing Berlin Bogota Bombay Boston Brussels Bucharest Budapest Cairo
Chicago Copenhagen Dakar Dallas Delhi Denver Detroit Dublin Edinburgh Florence Geneva Glasgow Hamburg Hanoi
Havana Helsinki Istanbul Jakarta Kyiv Kyoto Lagos Lima Lisbon Liverpool London Lyon Madrid Manchester Manila
Marseille Melbourne Miami Milan Montreal Moscow Munich Nairobi Naples Osaka Oslo Oxford Paris Porto Prague Quito
Riga Rome Salzburg Santiago Seattle Seoul Seville Shanghai Sofia Stockholm Sydney Tallinn Tokyo Toronto Tunis
Turin Vancouver Venice Vienna Vilnius Warsaw Zagreb Zurich Norway Brazil Canada Japan Kenya Mexico Peru Spain
Portugal Ireland Iceland Chile
""")

# By their value.
NUMBER_WORDS = words("""
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
""")

PALINDROMES = words("""
anna bob civic dad deed did eve eye hannah kayak level madam mom noon otto peep pop racecar radar redder refer
rotor sagas sees solos stats tenet toot wow
""")
