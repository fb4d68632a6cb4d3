"""More of `domains`: notes and files, shops and banks, the house and its animals, work with computers."""

from __future__ import annotations

from .domains import DOMAINS as FIRST_DOMAINS
from .domains import Action, Domain

DOMAINS = (
    *FIRST_DOMAINS,
    Domain(
        "notes",
        (
            Action(
                "to save a note",
                "save create add write take make",
                "note memo notes text_note",
                ("Save a note", "Writes a note", "Create a new note", "Takes a memo"),
                (
                    "text=text content note body:message",
                    "title=title name heading:event| ",
                ),
                (
                    "!save a note: {text}",
                    "!take a note: {text}",
                    "!note [down |]that {text}",
                    "!make a note that {text}",
                    "!write [down|a note]: {text}",
                    '!create a note "{title}" with the text "{text}"',
                ),
            ),
            Action(
                "to find notes",
                "search find list get",
                "notes memos note my_notes",
                ("Search notes", "Finds notes about something", "Look through the notes"),
                ("query=query text keyword about topic:topic",),
                (
                    "!search my notes for {query}",
                    "!find my notes [about|on] {query}",
                    "~my notes about {query}",
                    "?what did I write about {query}",
                ),
            ),
            Action(
                "to delete a note",
                "delete remove erase",
                "note memo",
                ("Delete a note", "Removes a note"),
                ("id=id note_id number note:id",),
                ("!delete note {id}", "!delete the note [with the id |with number |]{id}", "!remove note {id}"),
            ),
        ),
    ),
    Domain(
        "shop",
        (
            Action(
                "to add to the cart",
                "add put add_item",
                "to_cart cart_item product_to_cart to_basket item_to_cart",
                ("Add a product to the cart", "Puts an item into the shopping cart", "Adds to the basket"),
                (
                    "item=item product name article:goods",
                    "count=quantity count amount qty number:int:2-12| ",
                ),
                (
                    "!add {item} to [my|the] [cart|basket|shopping cart]",
                    "!put {item} in[to|] [my|the] [cart|basket]",
                    "!put {count} {item} into my cart",
                    "!add {count} {item} to [my|the] [cart|basket]",
                ),
            ),
            Action(
                "to put something on the shopping list",
                "add append put",
                "to_shopping_list shopping_list_item grocery_item to_grocery_list",
                ("Add to the shopping list", "Puts something on the grocery list"),
                ("item=item product name what:goods",),
                (
                    "!add {item} to [my|the] [shopping|grocery] list",
                    "!put {item} on [my|the] [shopping|grocery] list",
                    "!write {item} on the shopping list",
                ),
            ),
            Action(
                "to find products",
                "search find list browse",
                "products items catalog product shop",
                ("Search products", "Find products in the shop", "Searches the catalog"),
                (
                    "query=query product name keyword search_term:goods",
                    (
                        "price=max_price price_limit budget:int:5-900|under {price} dollars|for less than "
                        "{price} euros"
                    ),
                ),
                (
                    "!find {query} in the shop",
                    "?do you [sell|have] {query}",
                    "!search the [shop|catalog|store] for {query}",
                    "!look for {query} in the store",
                    "!show me {query}",
                ),
            ),
            Action(
                "an order's status",
                "get check track lookup find",
                "order order_status order_state shop_order",
                ("Get the status of an order", "Tracks an order", "Where an order is", "Order status"),
                ("id=order_id id order order_number number:id",),
                (
                    "?where is my order {id}",
                    "~the status of [my |]order {id}",
                    "!track [my |]order {id}",
                    "?when will order {id} arrive",
                    "?has [my |]order {id} [shipped|been shipped|arrived]",
                    "!check [my |]order {id}",
                ),
            ),
            Action(
                "to cancel an order",
                "cancel stop revoke",
                "order shop_order purchase",
                ("Cancel an order", "Cancels a purchase"),
                (
                    "id=order_id id order order_number number:id",
                    (
                        "reason=reason why comment:enum:too late,wrong item,too expensive,damaged|because it is "
                        "{reason}"
                    ),
                ),
                ("!cancel [my |the |]order {id}", "!stop order {id}", "!cancel order number {id}"),
            ),
            Action(
                "to track a package",
                "track find locate get",
                "package parcel shipment delivery",
                ("Track a package", "Tells where a parcel is", "Locates a shipment"),
                ("id=tracking_number package_id id tracking_id parcel:id",),
                (
                    "!track [my |the |]package {id}",
                    "?where is [my |the |][package|parcel] {id}",
                    "!find parcel {id}",
                    "?when does the [parcel|package] {id} [come|arrive]",
                ),
            ),
        ),
    ),
    Domain(
        "users",
        (
            Action(
                "to create a user",
                "create add register new",
                "user account user_account member",
                ("Create a user", "Adds a new user account", "Registers a user"),
                (
                    "name=name user_name full_name user:full_name;name username user login:username",
                    "email=email mail email_address:email|with the email {email}|({email})",
                    "role=role type group:enum:admin,editor,viewer,guest|as {role}|with the role {role}",
                ),
                (
                    "!create a [user|account] [for|named|called] {name}",
                    "!add [the |a |a new ]user {name}",
                    "!register {name}",
                    "!make an account for {name}",
                ),
            ),
            Action(
                "to delete a user",
                "delete remove deactivate",
                "user account user_account member",
                ("Delete a user", "Removes a user account"),
                ("name=username user name login:username;user_id id user:id",),
                (
                    "!delete [the |]user {name}",
                    "!remove the [user|account] {name}",
                    "!delete the account of {name}",
                ),
            ),
            Action(
                "a user's data",
                "get find lookup fetch show",
                "user user_info user_profile profile account_details",
                ("Get a user's data", "Looks up a user", "Shows a user's profile"),
                ("id=user_id id user:id;username user name:username",),
                (
                    "?who is user {id}",
                    "~the [profile|data|details] of user {id}",
                    "!look up user {id}",
                    "!find user {id}",
                ),
            ),
            Action(
                "to reset a password",
                "reset change renew",
                "password user_password login_password",
                ("Reset a password", "Resets a user's password"),
                ("user=user username account login:username;email user account:email",),
                (
                    "!reset the password [of|for] {user}",
                    "!give {user} a new password",
                    "?can {user} have a new password",
                ),
            ),
        ),
    ),
    Domain(
        "files",
        (
            Action(
                "to read a file",
                "read open get show load cat",
                "file file_content text_file document file_contents",
                ("Read a file", "Reads the content of a file", "Opens a file", "Returns a file's text"),
                ("path=path file filename file_path name file_name:file",),
                (
                    "!read [the file |]{path}",
                    "!open [the file |]{path}",
                    "?what's in [the file |]{path}",
                    "!show me [the file |]{path}",
                    "~the [content|contents|text] of {path}",
                ),
            ),
            Action(
                "to write a file",
                "write save create write_to",
                "file text_file document file_content",
                ("Write a file", "Writes text to a file", "Saves text in a file"),
                (
                    "path=path file filename file_path name:file",
                    "text=content text data:message",
                ),
                (
                    '!write "{text}" to {path}',
                    '!save "{text}" [in|to|as] [the file |]{path}',
                    '!create [the file |a file ]{path} with the [text|content] "{text}"',
                ),
            ),
            Action(
                "to delete a file",
                "delete remove erase rm",
                "file document",
                ("Delete a file", "Removes a file"),
                ("path=path file filename file_path name:file",),
                ("!delete [the file |]{path}", "!remove [the file |]{path}", "!erase {path}"),
            ),
            Action(
                "a folder's files",
                "list show ls get",
                "files directory folder dir folder_contents directory_contents",
                ("List the files in a folder", "Lists a directory", "Shows what is in a folder"),
                ("path=path folder directory dir folder_path:folder",),
                (
                    "!list the files in {path}",
                    "?what files are in {path}",
                    "?which files are in [the folder |]{path}",
                    "~the [files|content] of [the folder |]{path}",
                    "?what's in the [folder|directory] {path}",
                ),
            ),
            Action(
                "to copy a file",
                "copy duplicate cp",
                "file document",
                ("Copy a file", "Copies a file to another place"),
                (
                    "source=source from src path:file",
                    "target=target to destination dest:folder;target to destination:file",
                ),
                (
                    "!copy {source} to {target}",
                    "!make a copy of {source} in {target}",
                    "!duplicate {source} as {target}",
                ),
            ),
            Action(
                "to move a file",
                "move rename mv",
                "file document",
                ("Move a file", "Moves or renames a file"),
                (
                    "source=source from src path:file",
                    "target=target to destination dest:folder;target to destination:file",
                ),
                (
                    "!move {source} to {target}",
                    "!rename {source} to {target}",
                    "!move the file {source} into {target}",
                ),
            ),
        ),
    ),
    Domain(
        "database",
        (
            Action(
                "a row of a table",
                "query lookup get select find",
                "database table record row db_record database_table",
                ("Look up a record in the database", "Queries a table", "Gets a row of a database table"),
                (
                    (
                        "table=table table_name collection:enum:customers,orders,products,users,invoices,"
                        "employees,students"
                    ),
                    "id=id key record_id row_id:id",
                ),
                (
                    "!look up {id} in [the table |]{table}",
                    "!get [the |]record {id} from [the |]{table}[ table|]",
                    "!find {id} in the {table} table",
                    "~row {id} of the table {table}",
                ),
            ),
            Action(
                "to run a query",
                "run execute do",
                "sql query sql_query database_query",
                ("Run an SQL query", "Executes SQL on the database"),
                ("query=sql query statement q:sql",),
                ('!run [the query |the SQL |]"{query}"', "!execute {query}", "!run this [query|SQL]: {query}"),
            ),
        ),
    ),
    Domain(
        "math general",
        (
            Action(
                "a calculation",
                "calculate compute evaluate do calculator math solve",
                "expression math calculation result formula arithmetic",
                (
                    "Calculate an expression",
                    "Evaluates a mathematical expression",
                    "A calculator",
                    "Does arithmetic",
                ),
                ("expression=expression formula input calculation expr query:expression",),
                (
                    "?what is {expression}",
                    "?what's {expression}",
                    "!calculate {expression}",
                    "!compute {expression}",
                    "~{expression}",
                    "?how much is {expression}",
                    "!evaluate {expression}",
                    "!work out {expression}",
                    "~the result of {expression}",
                ),
            ),
        ),
    ),
    Domain(
        "math general",
        (
            Action(
                "a sum",
                "add sum add_up",
                "numbers two_numbers sum addition",
                ("Add two numbers", "Adds numbers", "Returns the sum of two numbers"),
                (
                    "a=a x first first_number num1:int:0-999",
                    "b=b y second second_number num2:int:0-999",
                ),
                (
                    "?what is {a} [+|plus] {b}",
                    "!add {a} and {b}",
                    "~the sum of {a} and {b}",
                    "~{a} + {b}",
                    "?how much is {a} plus {b}",
                    "!add up {a} and {b}",
                ),
            ),
            Action(
                "a product",
                "multiply times",
                "numbers two_numbers product multiplication",
                ("Multiply two numbers", "Multiplies numbers", "Returns the product of two numbers"),
                (
                    "a=a x first first_number num1:int:0-999",
                    "b=b y second second_number num2:int:0-999",
                ),
                (
                    "?what is {a} [*|times|x] {b}",
                    "!multiply {a} [by|with|and] {b}",
                    "~the product of {a} and {b}",
                    "~{a} * {b}",
                    "?how much is {a} times {b}",
                ),
            ),
        ),
    ),
    Domain(
        "dice general",
        (
            Action(
                "to roll dice",
                "roll throw toss",
                "dice die a_die dices random_dice",
                ("Roll dice", "Throws dice", "Rolls a number of dice"),
                (
                    "count=count number dice n:int:2-10",
                    "sides=sides faces:int:4-20|with {sides} sides",
                ),
                ("!roll {count} dice", "!throw {count} dice", "!toss {count} dice"),
            ),
            Action(
                "a random number",
                "random generate get pick",
                "number random_number integer random_integer",
                (
                    "Get a random number",
                    "Generates a random number between two bounds",
                    "Picks a number at random",
                ),
                (
                    "low=min low from minimum lower start:int:0-20",
                    "high=max high to maximum upper end:int:21-1000",
                ),
                (
                    "~a [random |]number between {low} and {high}",
                    "~a [random |]number from {low} to {high}",
                    "!pick a [random |]number between {low} and {high}",
                    "!pick a [random |]number from {low} to {high}",
                    "!generate a random number between {low} and {high}",
                ),
            ),
            Action(
                "to flip a coin",
                "flip toss throw",
                "coin a_coin",
                ("Flip a coin", "Tosses a coin", "Heads or tails"),
                (),
                ("!flip a coin", "!toss a coin", "?heads or tails"),
            ),
        ),
    ),
    Domain(
        "jokes general",
        (
            Action(
                "a joke",
                "tell get random",
                "joke a_joke random_joke funny_joke",
                ("Tell a joke", "Returns a random joke", "Something funny"),
                ("topic=topic about subject:word|about {topic}",),
                (
                    "!tell [me |us |]a [good |funny |]joke",
                    "~a joke",
                    "?do you know a [good |]joke",
                    "!make me laugh",
                    "!say something funny",
                ),
            ),
        ),
    ),
    Domain(
        "films general",
        (
            Action(
                "facts about a film",
                "get find lookup search",
                "movie film movie_info film_details movie_details",
                ("Get information about a movie", "Looks up a film", "Details of a movie"),
                ("title=title name movie film movie_title:film",),
                (
                    '?who directed "{title}"',
                    '?what is the movie "{title}" about',
                    "~information about the [movie|film] {title}",
                    "!look up the [movie|film] {title}",
                    '~details of the film "{title}"',
                    '?when did the [movie|film] "{title}" come out',
                ),
            ),
            Action(
                "a film to watch",
                "recommend suggest find",
                "movie film movies film_to_watch",
                ("Recommend a movie", "Suggests a film of a genre"),
                ("genre=genre kind type:film_genre",),
                (
                    "!recommend a {genre} [movie|film]",
                    "!suggest a good {genre} [movie|film]",
                    "~a good {genre} [movie|film]",
                    "?which {genre} [movie|film] should I watch",
                ),
            ),
            Action(
                "cinema tickets",
                "book buy reserve get",
                "cinema_tickets movie_tickets tickets film_tickets",
                ("Book cinema tickets", "Buys tickets for a movie"),
                (
                    "count=count tickets seats number quantity:int:2-9",
                    "title=movie film title:film",
                    "date=date day:date|on {date}|for {date}",
                ),
                (
                    '!book {count} [seats|tickets] for "{title}"',
                    "!buy {count} tickets [for|to] {title}",
                    "!get [me |us |]{count} tickets for {title}",
                ),
            ),
        ),
    ),
    Domain(
        "books general",
        (
            Action(
                "books",
                "search find lookup get",
                "books book book_info library_books",
                ("Search books", "Finds books by an author", "Looks up a writer's books"),
                ("author=author writer name by:full_name",),
                (
                    "~books by {author}",
                    "?which books did {author} write",
                    "!find books by {author}",
                    "?what has {author} written",
                ),
            ),
            Action(
                "to borrow a book",
                "borrow reserve loan checkout",
                "book library_book",
                ("Borrow a book", "Reserves a book in the library"),
                ("title=title book name:film",),
                ('!borrow [the book |]"{title}"', "!reserve the book {title}", "!get me {title} from the library"),
            ),
        ),
    ),
    Domain(
        "parking car",
        (
            Action(
                "a parking place",
                "find search get",
                "parking parking_space parking_spot car_park parking_lot",
                ("Find parking", "Finds a parking space near a place", "Free parking lots"),
                ("place=location near place where city:place",),
                (
                    "?where can I park [near|in|at] {place}",
                    "!find [me |]a parking [space|spot|lot] near {place}",
                    "~parking near {place}",
                ),
            ),
            Action(
                "fuel prices",
                "get find check",
                "fuel_price gas_price petrol_price fuel_prices",
                ("Get fuel prices", "What gas costs in a city", "Price of petrol"),
                ("city=city location place where:city",),
                (
                    "?how much is [gas|petrol|fuel|diesel] in {city}",
                    "~the [gas|petrol|fuel] price in {city}",
                    "?what does [gas|petrol] cost in {city}",
                ),
            ),
            Action(
                "to charge the car",
                "charge start_charging load",
                "car vehicle ev car_battery",
                ("Charge the car", "Charges the electric car to a level"),
                ("level=level percent target to:int:30-100",),
                (
                    "!charge [my|the] car to {level}[ percent|%|]",
                    "!load the car's battery to {level}[ percent|%|]",
                ),
            ),
        ),
    ),
    Domain(
        "doors home",
        (
            Action(
                "to lock a door",
                "lock close_and_lock",
                "door doors front_door door_lock",
                ("Lock a door", "Locks the door of a room"),
                ("door=door room name which:room",),
                ("!lock the {door} door", "!lock the door of the {door}", "!lock up the {door}"),
            ),
            Action(
                "to unlock a door",
                "unlock open_lock",
                "door doors front_door door_lock",
                ("Unlock a door", "Unlocks the door of a room"),
                ("door=door room name which:room",),
                ("!unlock the {door} door", "!unlock the door of the {door}", "!unlock the {door}"),
            ),
            Action(
                "to open or close the blinds",
                "set move control",
                "blinds shutters curtains",
                ("Open or close the blinds", "Moves the shutters of a room"),
                ("room=room where location:room", "action=action state direction:enum:open,close"),
                (
                    "!{action} the [blinds|shutters|curtains] in the {room}",
                    "!{action} the {room} [blinds|shutters|curtains]",
                ),
            ),
            Action(
                "to clean a room",
                "clean vacuum start_cleaning robot_clean",
                "room floor vacuum_robot",
                ("Clean a room", "Sends the robot vacuum to a room", "Vacuums a room"),
                ("room=room where area zone:room",),
                (
                    "!vacuum the {room}",
                    "!clean the {room}",
                    "!send the [robot|vacuum] to the {room}",
                    "!let the robot clean the {room}",
                ),
            ),
            Action(
                "to switch a device on",
                "turn_on switch_on start power_on",
                "device appliance machine",
                ("Turn a device on", "Switches on an appliance", "Starts a machine"),
                ("device=device name appliance machine:device",),
                (
                    "!turn on the {device}",
                    "!turn the {device} on",
                    "!switch the {device} on",
                    "!start the {device}",
                ),
            ),
            Action(
                "to switch a device off",
                "turn_off switch_off power_off",
                "device appliance machine",
                ("Turn a device off", "Switches off an appliance"),
                ("device=device name appliance machine:device",),
                (
                    "!turn off the {device}",
                    "!turn the {device} off",
                    "!switch the {device} off",
                    "!shut off the {device}",
                ),
            ),
        ),
    ),
    Domain(
        "plants animals",
        (
            Action(
                "to water a plant",
                "water pour give_water",
                "plant plants flower houseplant",
                ("Water a plant", "Gives water to a plant"),
                (
                    "plant=plant name which plant_name:plant",
                    "amount=amount ml milliliters water:int:50-900|with {amount} ml",
                ),
                ("!water the {plant}", "!give the {plant} [some |]water", "!water my {plant}"),
            ),
            Action(
                "to feed a pet",
                "feed give_food",
                "pet animal cat dog",
                ("Feed a pet", "Gives food to an animal"),
                (
                    "pet=pet name animal pet_name:pet",
                    "grams=grams amount portion:int:20-400|{grams} grams|with {grams} grams",
                ),
                ("!feed {pet}", "!give {pet} [some |]food"),
            ),
            Action(
                "to find a pet",
                "find locate track",
                "pet animal cat dog",
                ("Locate a pet", "Tells where an animal is"),
                ("pet=pet name animal pet_name:pet",),
                ("?where is {pet}", "!find {pet}", "!locate {pet}"),
            ),
        ),
    ),
    Domain(
        "health",
        (
            Action(
                "to log a workout",
                "log save add record track",
                "workout exercise training activity",
                ("Log a workout", "Records an exercise", "Saves a training"),
                (
                    (
                        "kind=activity type kind exercise sport:enum:running,swimming,cycling,yoga,rowing,hiking,"
                        "boxing"
                    ),
                    "minutes=minutes duration duration_minutes:count:minutes:10-180;duration time:duration",
                ),
                (
                    "!log {minutes} of {kind}",
                    "!record {minutes} of {kind}",
                    "!add {minutes} of {kind} to my training",
                    "!save a workout: {kind}, {minutes}",
                ),
            ),
            Action(
                "to log sleep",
                "log save record track",
                "sleep sleep_hours night",
                ("Log sleep", "Records how long the user slept"),
                ("hours=hours duration length:count:hours:3-12",),
                ("!log {hours} of sleep", "!record that I slept {hours}", "!save {hours} of sleep"),
            ),
            Action(
                "to log weight",
                "log save record add",
                "weight body_weight kilos",
                ("Log the weight", "Records the user's weight"),
                ("weight=weight kg value kilos:int:40-140",),
                (
                    "!log my weight: {weight}[ kg|]",
                    "!record a weight of {weight}[ kg| kilos|]",
                    "!save {weight} kg as my weight",
                ),
            ),
            Action(
                "to make an appointment",
                "book make schedule request",
                "appointment doctor_appointment doctors_visit visit",
                ("Book a doctor's appointment", "Makes an appointment at a doctor's", "Schedules a visit"),
                (
                    "doctor=doctor name with physician:person",
                    "date=date day when:date",
                    "time=time at hour:time|at {time}",
                ),
                (
                    "!book an appointment with Dr. {doctor} on {date}",
                    "!make an appointment with doctor {doctor} for {date}",
                    "!see Dr. {doctor} on {date}",
                ),
            ),
        ),
    ),
    Domain(
        "sports",
        (
            Action(
                "a score",
                "get fetch check lookup live",
                "score scores match_result game_score result",
                ("Get the score of a game", "Latest result of a team", "Scores of a team's match"),
                ("team=team club name team_name:team",),
                (
                    "?how did {team} play",
                    "~the {team} score",
                    "?did {team} win[ yesterday| today|]",
                    "~the [score|result] of the {team} [game|match]",
                    "?who won the {team} [game|match]",
                ),
            ),
            Action(
                "tickets",
                "buy book get order",
                "tickets game_tickets match_tickets event_tickets",
                ("Buy tickets", "Buys tickets for a team's game"),
                (
                    "count=count quantity number tickets amount:int:2-9",
                    "team=team club for event:team",
                ),
                (
                    "!buy {count} tickets for [the |]{team}[ game| match|]",
                    "!get [me |]{count} tickets for {team}",
                    "!order {count} {team} tickets",
                ),
            ),
            Action(
                "a team's next game",
                "get find next",
                "next_game fixtures next_match schedule_of_team",
                ("Get a team's next game", "When a team plays", "Fixtures of a team"),
                ("team=team club name:team",),
                (
                    "?when does {team} play[ next| again|]",
                    "~the next {team} [game|match]",
                    "?who does {team} play next",
                ),
            ),
        ),
    ),
    Domain(
        "issues code",
        (
            Action(
                "to open an issue",
                "create open file new report",
                "issue bug ticket bug_report github_issue",
                ("Create an issue", "Opens a ticket", "Reports a bug in a repository"),
                (
                    "title=title summary name subject:message",
                    "repo=repo repository project:project",
                    "label=label type kind:enum:bug,feature,question|with the label {label}",
                ),
                (
                    '!open an issue in {repo} [titled|called|with the title] "{title}"',
                    '!create [an issue|a ticket] "{title}" in {repo}',
                    '!file a bug in {repo}: "{title}"',
                    '!report "{title}" as an issue in {repo}',
                ),
            ),
            Action(
                "to close an issue",
                "close resolve finish",
                "issue bug ticket",
                ("Close an issue", "Closes a ticket"),
                ("number=number id issue issue_number ticket:int:1-9999",),
                (
                    "!close [issue|ticket|bug] [#|number |]{number}",
                    "!mark issue {number} as done",
                    "!resolve ticket {number}",
                ),
            ),
            Action(
                "the issues of a project",
                "list get show search",
                "issues bugs tickets open_issues",
                ("List issues", "Shows open issues of a repository"),
                ("repo=repo repository project:project", "state=state status:enum:open,closed| "),
                (
                    "!list the issues [of|in] {repo}",
                    "~the [bugs|issues|tickets] in {repo}",
                    "~the {state} issues in {repo}",
                    "?which {state} issues does {repo} have",
                ),
            ),
            Action(
                "to merge a pull request",
                "merge accept",
                "pull_request pr merge_request branch",
                ("Merge a pull request", "Accepts a merge request"),
                (
                    "number=number id pr pr_number pull_request:int:1-9999",
                    "repo=repo repository project:project|in {repo}",
                ),
                ("!merge [pull request|PR] [#|number |]{number}", "!accept the [merge|pull] request {number}"),
            ),
        ),
    ),
    Domain(
        "servers code",
        (
            Action(
                "to restart a server",
                "restart reboot reset",
                "server service machine host",
                ("Restart a server", "Reboots a machine", "Restarts a service"),
                ("server=server name host service server_name:server",),
                (
                    "!restart [the server |the service |]{server}",
                    "!reboot [the server |]{server}",
                    "!restart [the |]{server}[ server| service]",
                ),
            ),
            Action(
                "a server's status",
                "get check ping",
                "server_status status health uptime service_health",
                ("Get the status of a server", "Checks whether a server is up", "Health of a service"),
                ("server=server name host service server_name:server",),
                (
                    "?is {server} [up|running|down|online|healthy]",
                    "~the status of {server}",
                    "!check [if|whether] {server} is [up|running|online]",
                    "!ping {server}",
                ),
            ),
            Action(
                "to deploy",
                "deploy release ship roll_out",
                "app project service application version",
                ("Deploy an app", "Deploys a project to an environment", "Releases a service"),
                (
                    "project=app project service name repo:project",
                    "environment=environment env target stage:enum:production,staging,test",
                    "version=version tag release:version|in version {version}|, version {version}",
                ),
                (
                    "!deploy {project} to {environment}",
                    "!release {project} to {environment}",
                    "!ship {project} to {environment}",
                    "!roll out {project} [on|to] {environment}",
                ),
            ),
            Action(
                "logs",
                "get read fetch show tail",
                "logs log log_lines server_logs log_file",
                ("Get the logs of a server", "Reads a server's last log lines", "Shows logs"),
                (
                    "server=server service host name:server",
                    "lines=lines count limit n num_lines:int:5-500| ",
                    "level=level severity:enum:error,warning,info,debug|with level {level}",
                ),
                (
                    "~the logs of {server}",
                    "!show [me |]the logs [of|for|from] {server}",
                    "~the last {lines} log lines of {server}",
                    "!read the {server} logs",
                ),
            ),
            Action(
                "to scale a service",
                "scale resize set_replicas",
                "service server deployment replicas",
                ("Scale a service", "Sets how many copies of a service run"),
                ("server=service name server deployment:server", "count=replicas count instances number:int:2-40"),
                (
                    "!scale {server} to {count}[ replicas| instances|]",
                    "!run {count} [copies|instances] of {server}",
                ),
            ),
        ),
    ),
    Domain(
        "bank money",
        (
            Action(
                "to pay",
                "send transfer make pay",
                "money payment transfer bank_transfer",
                ("Send money", "Transfers money to somebody", "Makes a payment", "Pays a person"),
                (
                    "to=to recipient receiver payee name:person",
                    "amount=amount sum value:money",
                    "currency=currency unit:enum:dollars,euros,pounds| ",
                    'note=note reference memo for:event|with the note "{note}"',
                ),
                (
                    "!send {amount} {currency} to {to}",
                    "!pay {to} {amount} {currency}",
                    "!transfer {amount} to {to}",
                    "!send {to} {amount} {currency}",
                    "!pay {amount} to {to}",
                ),
            ),
            Action(
                "the balance",
                "get check show",
                "balance account_balance bank_balance account",
                ("Get the balance of an account", "Shows how much money is on an account"),
                ("account=account account_id account_name account_type:enum:checking,savings,business",),
                (
                    "~the balance of my {account} account",
                    "?how much money is [on|in] my {account} account",
                    "~my {account} [account |]balance",
                ),
            ),
            Action(
                "the transactions",
                "list get show",
                "transactions payments bank_transactions account_history",
                ("List transactions", "Shows the last payments"),
                (
                    "count=count limit n number:int:2-50",
                    "month=month in:month|in {month}",
                ),
                (
                    "~my last {count} [payments|transactions]",
                    "!list the last {count} transactions",
                    "!show me {count} transactions",
                ),
            ),
            Action(
                "to write an invoice",
                "create make write send",
                "invoice bill invoice_for_customer",
                ("Create an invoice", "Writes a bill for a customer"),
                (
                    "customer=customer client name to:person;customer client company:company",
                    "amount=amount total sum:money",
                    "due=due due_date date:date|due {due}|due on {due}",
                ),
                (
                    "!create an invoice for {customer} over {amount}[ dollars| euros|]",
                    "!bill {customer} {amount}[ dollars| euros|]",
                    "!write {customer} a bill [of|over] {amount}[ dollars| euros|]",
                    "!invoice {customer} for {amount}[ dollars| euros|]",
                ),
            ),
            Action(
                "to see an invoice",
                "get show find fetch",
                "invoice bill invoice_details",
                ("Get an invoice", "Shows a bill by its number"),
                ("id=invoice_id id number invoice invoice_number:id",),
                ("~invoice {id}", "!show me invoice {id}", "?has invoice {id} been paid", "!find the bill {id}"),
            ),
        ),
    ),
    Domain(
        "contacts",
        (
            Action(
                "to save a contact",
                "add save create new",
                "contact person address_book_entry contact_entry",
                ("Add a contact", "Saves a person in the address book", "New contact"),
                (
                    "name=name full_name contact person:full_name",
                    "phone=phone number phone_number telephone:phone| ",
                    "email=email mail email_address:email| ",
                ),
                (
                    "!save {name} as a contact with the number {phone}",
                    "!add {name}, {phone}, to my contacts",
                    "!save the number of {name}: {phone}",
                    "!add {name} ({email}) to my contacts",
                    "!add {name} to my contacts",
                    "!create a contact for {name}",
                ),
            ),
            Action(
                "somebody's number",
                "find get lookup search",
                "contact phone_number contact_info contact_details",
                ("Find a contact", "Looks up somebody's phone number", "Contact details of a person"),
                ("name=name contact person who query:person",),
                (
                    "~the [phone |]number of {name}",
                    "?what is the number of {name}",
                    "~{name}'s [phone |]number",
                    "!look up {name} in my contacts",
                    "?how can I reach {name}",
                ),
            ),
            Action(
                "to delete a contact",
                "delete remove",
                "contact person contact_entry",
                ("Delete a contact", "Removes a person from the address book"),
                ("name=name contact person:person",),
                ("!delete the contact {name}", "!remove {name} from my [contacts|address book]"),
            ),
        ),
    ),
    Domain(
        "photos",
        (
            Action(
                "photos",
                "find search get show",
                "photos pictures images photo",
                ("Find photos", "Searches the pictures", "Shows photos of something"),
                ("query=query of subject what person:person;query place location:city",),
                (
                    "~[photos|pictures] of {query}",
                    "!find [photos|pictures|images] of {query}",
                    "!show me pictures of {query}",
                ),
            ),
            Action(
                "a picture to be made",
                "generate create draw make paint",
                "image picture drawing illustration",
                ("Generate an image", "Draws a picture of something", "Creates an image from a description"),
                (
                    "prompt=prompt description text what:topic",
                    "size=size resolution format:enum:small,medium,large| ",
                ),
                (
                    "!draw [a picture of |]{prompt}",
                    "!generate [an image|a picture] of {prompt}",
                    "!create an image of {prompt}",
                    "!make a {size} picture of {prompt}",
                    "!paint {prompt}",
                ),
            ),
            Action(
                "to take a photo",
                "take shoot capture",
                "photo picture selfie snapshot",
                ("Take a photo", "Takes a picture with the camera"),
                (),
                ("!take a [photo|picture|selfie]", "!shoot a [photo|picture]", "!snap a picture"),
            ),
        ),
    ),
    Domain(
        "printing",
        (
            Action(
                "to print",
                "print send_to_printer",
                "document file page pages",
                ("Print a document", "Prints a file"),
                (
                    "file=file document path name filename:file",
                    "copies=copies count number num_copies:int:2-30|{copies} times",
                    "color=color mode color_mode:enum:color,grayscale|in {color}",
                ),
                ("!print [the file |the document |]{file}", "!send {file} to the printer"),
            ),
            Action(
                "to scan",
                "scan digitize",
                "document page paper",
                ("Scan a document", "Scans a page to a file"),
                ("file=file filename target name:file",),
                ("!scan [the page |a document |this ]to {file}", "!scan to the file {file}"),
            ),
        ),
    ),
    Domain(
        "people work",
        (
            Action(
                "somebody's holidays",
                "request book ask_for",
                "vacation holiday time_off leave days_off",
                ("Request time off", "Books holidays for an employee", "Asks for leave"),
                (
                    "start=start from start_date first_day:date",
                    "end=end to until end_date last_day:date",
                ),
                (
                    "!request [vacation|time off|holidays|leave] from {start} to {end}",
                    "!book my [holidays|vacation] from {start} [to|until] {end}",
                    "!take leave from {start} to {end}",
                ),
            ),
            Action(
                "to find an employee",
                "find get lookup search",
                "employee colleague staff_member employee_record",
                ("Find an employee", "Looks up a colleague", "Searches the staff"),
                ("name=name employee person employee_name:full_name;employee_id id number:id",),
                ("!find the employee {name}", "!look up [the |]employee {name}", "~the employee {name}"),
            ),
            Action(
                "to book a room",
                "book reserve",
                "meeting_room room conference_room",
                ("Book a meeting room", "Reserves a conference room"),
                (
                    "room=room name room_name room_id:id",
                    "time=time start at:time",
                    "date=date day:date|on {date}",
                ),
                ("!book [meeting |conference |]room {room} at {time}", "!reserve [the |]room {room} for {time}"),
            ),
        ),
    ),
    Domain(
        "web",
        (
            Action(
                "to open a page",
                "open fetch get load visit read",
                "url page website web_page link",
                ("Open a web page", "Fetches a URL", "Loads a website", "Gets the text of a page"),
                ("url=url link address page website:url",),
                (
                    "!open {url}",
                    "!go to {url}",
                    "!fetch {url}",
                    "!load the page {url}",
                    "?what does {url} say",
                    "!visit {url}",
                ),
            ),
            Action(
                "to download",
                "download save",
                "file url link from_url",
                ("Download a file", "Downloads from a URL"),
                ("url=url link address from source:url", "path=path to target file:file|to {path}|as {path}"),
                ("!download {url}", "!save {url}[ to disk| on my computer|]"),
            ),
            Action(
                "a short link",
                "shorten make_short create_short",
                "url link short_link",
                ("Shorten a URL", "Makes a short link"),
                ("url=url link address long_url:url",),
                ("!shorten {url}", "~a short link for {url}", "!make {url} shorter"),
            ),
        ),
    ),
    Domain(
        "countries general",
        (
            Action(
                "facts about a country",
                "get lookup find",
                "country country_info country_facts capital population",
                ("Get facts about a country", "Capital and population of a country", "Country information"),
                ("country=country name country_name nation:country",),
                (
                    "?how many people live in {country}",
                    "~the [population|capital|flag|area] of {country}",
                    "~facts about {country}",
                    "?how big is {country}",
                ),
            ),
            Action(
                "public holidays",
                "get list find",
                "public_holidays holidays bank_holidays",
                ("List public holidays", "Public holidays of a country"),
                ("country=country nation where:country", "year=year in:int:2020-2035|in {year}"),
                (
                    "~the public holidays in {country}",
                    "?when are the holidays in {country}",
                    "!list {country}'s public holidays",
                ),
            ),
        ),
    ),
)
