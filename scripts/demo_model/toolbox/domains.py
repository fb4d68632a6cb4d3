"""What people use tools for: domains of actions, each with the words for its tool, its arguments and requests.

It is a table; `requests` makes tools and sentences of it. How it is written:

- A tool's name is one of `verbs` and one of `nouns`, in some style.
- An argument is `slot=names:kind`, with further `names:kind` after a `;` where it may come in other forms. A kind
  is one of `values.KINDS`, or `int:1-60`, `count:minutes:1-60` (said as "5 minutes", passed as 5), or
  `enum:a,b,c`.
- What follows an argument after `|` are ways to add it at a sentence's end; such an argument is optional.
- Sentences begin with what they are: `!` a command, `~` a noun phrase that is asked for, `?` a question. `[a|b]`
  is a choice of words and `{slot}` an argument.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """What a tool can do.

    Attributes:
        goal: What a user wants who needs it, as in "The user wants ...".
        verbs: First parts of the tool's name.
        nouns: Second parts of the tool's name.
        does: Descriptions of the tool.
        args: Its arguments, in the notation above.
        says: Requests, in the notation above.
    """

    goal: str
    verbs: str
    nouns: str
    does: tuple[str, ...]
    args: tuple[str, ...]
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """Actions about one thing, which differ from each other.

    Attributes:
        fields: What it is about. Two domains with a field in common are never offered together, as it would not be
            sure which of them is right.
        actions: What tools of this domain do.
    """

    fields: str
    actions: tuple[Action, ...]


_CITY = "city=city location place town city_name location_name where:city"

DOMAINS = (
    Domain(
        "weather",
        (
            Action(
                "the weather",
                "get get get fetch check lookup find show current",
                (
                    "weather current_weather weather_report weather_info weather_now local_weather "
                    "weather_data conditions"
                ),
                (
                    "Get the current weather",
                    "Get the current weather in a given location",
                    "Get current temperature for a given location.",
                    "Returns the weather in a city",
                    "Tells what the weather is like",
                    "Look up current weather conditions",
                    "Current weather for a place",
                    "Retrieves weather information for the given city.",
                ),
                (
                    _CITY,
                    (
                        "unit=unit units temperature_unit scale:enum:celsius,fahrenheit;units system:enum:metric,"
                        "imperial;unit scale:enum:C,F|in {unit}|in {unit}, please|using {unit}|(in {unit})"
                    ),
                ),
                (
                    "~[the |the |the current |today's |]weather [in|in|in|for|at] {city}",
                    "~the temperature in {city}",
                    "~[the |]current [weather|temperature|conditions] in {city}",
                    "?what's the weather [like |like |]in {city}",
                    "?what is the weather [like |][in|at] {city}[ today| now| right now| currently|]",
                    "?how's the weather in {city}[ today| now|]",
                    "?how is the weather in {city}",
                    (
                        "?is it [raining|snowing|sunny|cold|hot|warm|windy|cloudy|nice|freezing] in {city}[ "
                        "today| now|]"
                    ),
                    "?how [cold|warm|hot|windy] is it in {city}[ now| today| right now|]",
                    "?does it rain in {city}[ now|]",
                    "?what's it like outside in {city}",
                    "?do I need [an umbrella|a coat|sunglasses] in {city}[ today| now|]",
                    "!check the weather in {city}",
                    "!look up the weather for {city}",
                    "~{city} weather",
                ),
            ),
            Action(
                "the weather forecast",
                "get get fetch check lookup show predict",
                "forecast weather_forecast daily_forecast weather_prediction forecast_for_days future_weather",
                (
                    "Get the weather forecast",
                    "Get the weather forecast for the coming days",
                    "Forecast for a city",
                    "Returns a forecast of the weather",
                    "Predicts tomorrow's and later weather",
                ),
                (
                    _CITY,
                    (
                        "days=days num_days number_of_days count horizon:count:days:2-14|for {days}|for the next "
                        "{days}|over the next {days}"
                    ),
                ),
                (
                    "~the [weather |]forecast for {city}",
                    "~[a |the ]forecast for {city}",
                    "~the weather in {city} [tomorrow|next week|this weekend|in the coming days]",
                    "?what will the weather be [like |]in {city}[ tomorrow| this weekend|]",
                    "?will it [rain|snow|be sunny|be warm] in {city} [tomorrow|this weekend|next week|tonight]",
                    "?what's the [weather |]forecast for {city}",
                    "!predict the weather in {city}",
                ),
            ),
            Action(
                "the air quality",
                "get check lookup fetch",
                "air_quality air_pollution aqi pollution_level",
                ("Get the air quality", "Air pollution in a city", "Returns the air quality index"),
                (_CITY,),
                (
                    "~the air quality in {city}",
                    "?how [clean|bad|good] is the air in {city}",
                    "~the pollution level in {city}",
                ),
            ),
            Action(
                "the times of the sun",
                "get lookup find",
                "sunrise sunset sun_times sunrise_time",
                ("Get times of sunrise and sunset", "When the sun rises and sets", "Sunrise and sunset in a city"),
                (_CITY, "date=date day when:date|on {date}"),
                (
                    "?when does the sun [rise|set|go down|come up] in {city}",
                    "~the time of [sunrise|sunset] in {city}",
                    "?when is [sunrise|sunset] in {city}",
                ),
            ),
        ),
    ),
    Domain(
        "time clock",
        (
            Action(
                "the time",
                "get get fetch check show tell current",
                "time current_time local_time clock time_now city_time world_clock",
                (
                    "Get the current time",
                    "Get the current time in a city",
                    "Returns the local time",
                    "What time it is somewhere",
                    "Current local time of a place",
                ),
                (_CITY,),
                (
                    "?what time is it in {city}[ now| right now|]",
                    "?what's the time in {city}",
                    "~the [current |local |]time in {city}",
                    "~the time in {city}[ now|]",
                    "?how late is it in {city}",
                ),
            ),
            Action(
                "the time zone",
                "get find lookup",
                "timezone time_zone utc_offset",
                ("Get the time zone", "Time zone of a city", "Finds out the time zone"),
                (_CITY,),
                (
                    "~the time zone of {city}",
                    "?[which|what] time zone is {city} in",
                    "!find the time zone for {city}",
                ),
            ),
        ),
    ),
    Domain(
        "time clock",
        (
            Action(
                "the time",
                "get current show",
                "time current_time clock now datetime date_time system_time today",
                ("Get the current time", "Returns the current date and time", "What time it is now", "The time"),
                (),
                (
                    "?what time is it[ now| right now|]",
                    "~the [current |exact |]time",
                    "?what's the time",
                    "?how late is it",
                    "!check the [time|clock]",
                ),
            ),
        ),
    ),
    Domain(
        "stocks",
        (
            Action(
                "a stock's price",
                "get get fetch lookup check",
                "stock_price stock_quote share_price stock quote ticker_price market_price",
                (
                    "Get the price of a stock",
                    "Get the current stock price",
                    "Returns the latest share price",
                    "Current price of a company's shares",
                    "Look up a stock quote",
                ),
                (
                    (
                        "symbol=symbol ticker stock stock_symbol ticker_symbol company:symbol;company name "
                        "stock:company"
                    ),
                ),
                (
                    "~the [stock |share |current stock |]price of {symbol}",
                    "?how much is {symbol} [stock |]worth",
                    "~{symbol} [stock|stock price|share price|quote]",
                    "?how is {symbol} [doing|trading][ today|]",
                    "~the stock price of {symbol}",
                    "~the [price|value] of {symbol} [shares|stock]",
                    "?what does {symbol} trade at",
                    "~a quote for {symbol}",
                ),
            ),
            Action(
                "to buy shares",
                "buy purchase order",
                "stock shares stocks",
                ("Buy shares", "Buys stock of a company", "Places a buy order for shares"),
                (
                    "count=count amount quantity shares number_of_shares:int:2-500",
                    "symbol=symbol ticker stock:symbol;company stock:company",
                ),
                (
                    "!buy {count} [shares|stocks] of {symbol}",
                    "!purchase {count} {symbol} shares",
                    "!get me {count} shares of {symbol}",
                ),
            ),
            Action(
                "to sell shares",
                "sell",
                "stock shares stocks position",
                ("Sell shares", "Sells stock of a company", "Places a sell order for shares"),
                (
                    "count=count amount quantity shares number_of_shares:int:2-500",
                    "symbol=symbol ticker stock:symbol;company stock:company",
                ),
                ("!sell {count} [shares|stocks] of {symbol}", "!sell {count} {symbol} shares"),
            ),
        ),
    ),
    Domain(
        "message",
        (
            Action(
                "to send an e-mail",
                "send send send write compose",
                "email mail e_mail email_message message_by_email",
                (
                    "Send an email",
                    "Send an e-mail to somebody",
                    "Sends a mail",
                    "Writes and sends an email message",
                    "Emails a person",
                ),
                (
                    (
                        "to=to recipient address email to_address receiver email_address:email;to recipient "
                        "person:person"
                    ),
                    "subject=subject title topic:event| ",
                    "text=body text message content:message",
                ),
                (
                    "!send an [email|e-mail|mail] to {to} saying {text}",
                    '!send an email to {to} [saying|that says|with the text|telling them] "{text}"',
                    "!email {to} that {text}",
                    "!email {to} and [tell them|say] {text}",
                    "!write an email to {to}[: |, saying: | saying ]{text}",
                    "!send {to} an [email|e-mail] saying {text}",
                    '!send an email to {to} with [the |]subject "{subject}" and [the |]body "{text}"',
                    "!mail {to}: {text}",
                    '!send a mail to {to} with the [text|message|content|body] "{text}"',
                    "!send a mail to {to} with the [text|message|content|body] '{text}'",
                    "!email {to}, subject {subject}, body: {text}",
                    "!let {to} know by [email|mail] that {text}",
                ),
            ),
            Action(
                "to read mail",
                "read get fetch check list show",
                "emails inbox mail mails unread_emails email_messages",
                ("Read emails", "Lists the mails in the inbox", "Get the latest emails", "Check the inbox"),
                (
                    "sender=sender from from_address from_person author:person;sender from:email|from {sender}",
                    "count=count limit max_results n number max:int:2-50",
                ),
                (
                    "!read my [last |latest |newest |]{count} [emails|mails]",
                    "!show me the [last|latest] {count} emails",
                    "!list {count} [emails|messages in my inbox]",
                    "~the {count} newest [emails|mails]",
                ),
            ),
            Action(
                "to send a text message",
                "send send write",
                "sms text text_message sms_message short_message",
                ("Send a text message", "Send an SMS to a phone", "Sends a text to a person", "Texts somebody"),
                (
                    "to=to recipient phone number phone_number:phone;to recipient contact name person:person",
                    "text=text message body content:message",
                ),
                (
                    "!text {to} that {text}",
                    "!text {to}: {text}",
                    "!send a text [message |]to {to} saying {text}",
                    "!send [an SMS|a text] to {to}: {text}",
                    '!text {to} "{text}"',
                    "!tell {to} by [text|SMS] that {text}",
                    "!text {to} saying {text}",
                ),
            ),
            Action(
                "to call somebody",
                "call make_call dial phone start_call ring",
                "person contact number phone someone",
                ("Call somebody", "Make a phone call", "Calls a person by phone", "Dials a number"),
                ("to=to name contact person who callee:person;number phone phone_number:phone",),
                (
                    "!call {to}",
                    "!call {to} [now|on the phone]",
                    "!phone {to}",
                    "!ring {to}",
                    "!dial {to}",
                    "!make a [phone |]call to {to}",
                    "!give {to} a call",
                ),
            ),
            Action(
                "to post in a channel",
                "post send write publish",
                "to_channel channel_message slack_message chat_message message_in_channel",
                ("Post a message in a channel", "Sends a message to a chat channel", "Posts to the team's chat"),
                (
                    "channel=channel room channel_name:project",
                    "text=text message content:message",
                ),
                (
                    '!post "{text}" in [the |]{channel} channel',
                    "!post in the channel {channel} that {text}",
                    "!write in {channel}: {text}",
                    "!tell the {channel} channel that {text}",
                ),
            ),
        ),
    ),
    Domain(
        "plan",
        (
            Action(
                "to set a timer",
                "set set start create add begin",
                "timer countdown kitchen_timer countdown_timer",
                ("Set a timer", "Starts a timer", "Start a countdown", "Sets a timer for a duration"),
                (
                    (
                        "duration=minutes mins duration_minutes duration_in_minutes:count:minutes:1-90;seconds "
                        "secs duration_seconds:count:seconds:5-120;hours:count:hours:2-24;duration length time "
                        "for:duration"
                    ),
                    'label=label name title:dish|for the {label}|called "{label}"|named "{label}"',
                ),
                (
                    "!set a timer for {duration}",
                    "!start a [timer|countdown] [for|of] {duration}",
                    "!set a {duration} timer",
                    "!start a timer: {duration}",
                    "!count down {duration}",
                    "~a timer for {duration}",
                    "~{duration} timer",
                    "!time {duration}",
                ),
            ),
            Action(
                "to set an alarm",
                "set set create add",
                "alarm wake_up alarm_clock wakeup_alarm",
                ("Set an alarm", "Sets an alarm clock", "Creates an alarm at a time", "Wakes the user up"),
                (
                    "time=time at when alarm_time hour:time",
                    "date=day date weekday:weekday|on {date}|for {date}",
                ),
                (
                    "!set an alarm for {time}",
                    "!set [my|the|an] alarm [clock |][for|to|at] {time}",
                    "!wake me [up |]at {time}",
                    "~an alarm at {time}",
                    "!get me up at {time}",
                ),
            ),
            Action(
                "to be reminded",
                "create set add make new",
                "reminder reminders notification reminder_for_user",
                (
                    "Create a reminder",
                    "Set a reminder",
                    "Reminds the user of something",
                    "Adds a reminder at a time",
                ),
                (
                    "text=text task title message what reminder about:task",
                    "time=time at when due remind_at date datetime:when",
                ),
                (
                    "!remind me {time} to {text}",
                    "!remind me to {text} {time}",
                    "!set a reminder {time} to {text}",
                    "!set a reminder {time}: {text}",
                    '!create a reminder "{text}" {time}',
                    "!remind me to {text}, {time}",
                    "!{time} remind me to {text}",
                    "!set a reminder to {text} {time}",
                    "!add a reminder to {text} {time}",
                ),
            ),
            Action(
                "to make an event",
                "create add schedule new make book",
                "event calendar_event meeting calendar_entry appointment event_in_calendar",
                (
                    "Create a calendar event",
                    "Add an event to the calendar",
                    "Schedules a meeting",
                    "New calendar entry",
                ),
                (
                    "title=title name summary event subject:event",
                    "date=date day when event_date:date",
                    "time=time start start_time at:time| at {time}|, {time}",
                    "place=place location where:place|in {place}",
                ),
                (
                    '!add "{title}" to my calendar on {date}',
                    "!schedule a {title} on {date}",
                    '!put "{title}" in [my|the] calendar for {date}',
                    '!create an event [called |named |]"{title}" on {date}',
                    '!schedule "{title}" for {date} at {time}',
                    "!add a calendar event: {title}, {date}",
                    "!plan a {title} for {date}",
                ),
            ),
            Action(
                "to delete an event",
                "delete remove cancel",
                "event calendar_event meeting calendar_entry",
                ("Delete a calendar event", "Remove an event from the calendar", "Cancels a meeting"),
                ("title=title name event event_name:event",),
                (
                    '!delete the event "{title}"',
                    '!remove "{title}" from my calendar',
                    '!cancel the [event|meeting] "{title}"',
                    '!take "{title}" out of my calendar',
                ),
            ),
            Action(
                "the calendar's events",
                "list get show read find",
                "events calendar calendar_events agenda schedule meetings",
                (
                    "List calendar events",
                    "Get the events of a day",
                    "Shows the calendar",
                    "What is planned on a day",
                ),
                ("date=date day when:date",),
                (
                    "?what's on my [calendar|agenda|schedule] [on|for] {date}",
                    "?what do I have [planned |]on {date}",
                    "~my [events|meetings|appointments|schedule|calendar] for {date}",
                    "!list my [meetings|events|appointments] on {date}",
                    "?do I have any [meetings|appointments|events] on {date}",
                    "?am I free on {date}",
                ),
            ),
            Action(
                "to add a to-do",
                "add create new insert",
                "todo task todo_item to_do task_to_list",
                ("Add a task to the to-do list", "Create a todo", "New task", "Puts something on the to-do list"),
                (
                    "text=task title text item todo name content:task",
                    "priority=priority importance level:enum:low,medium,high|with {priority} priority",
                ),
                (
                    '!add "{text}" to my [to-do list|todo list|tasks|todos]',
                    '!put "{text}" on my [to-do|todo] list',
                    "!create a [task|todo|to-do]: {text}",
                    "!add a [task|todo] to {text}",
                    "!new [task|todo]: {text}",
                ),
            ),
        ),
    ),
    Domain(
        "music sound",
        (
            Action(
                "to hear music",
                "play play start put_on stream",
                "music song track artist playlist",
                ("Play music", "Plays a song or an artist", "Start playing music", "Streams music"),
                (
                    "what=artist name query who:artist;song title track query:film;genre style query:genre",
                    "room=room speaker device where:room|in the {room}|on the {room} speaker",
                ),
                (
                    "!play [some |music by |songs by |]{what}",
                    "!play [some |]{what} music",
                    "!play {what}",
                    "!put on [some |]{what}",
                    "!listen to {what}",
                    "!stream {what}",
                    "!start [playing|the music:] {what}",
                ),
            ),
            Action(
                "the music to stop",
                "stop pause halt",
                "music playback song playing player",
                ("Stop the music", "Pauses playback", "Stops playing"),
                (),
                (
                    "!stop the music",
                    "!pause [the |this |]song",
                    "!stop playing",
                    "!turn [off the music|the music off]",
                    "!pause[ the music| the playback|]",
                ),
            ),
            Action(
                "to skip a song",
                "next skip skip_to_next",
                "song track title",
                ("Skip to the next song", "Plays the next track", "Next song"),
                (),
                (
                    "!skip this [song|track|one]",
                    "~the next [song|track]",
                    "!play the next [song|track]",
                    "!go to the next song",
                ),
            ),
            Action(
                "to change the volume",
                "set change adjust",
                "volume sound_level speaker_volume loudness",
                ("Set the volume", "Changes how loud it is", "Set the volume of the speaker"),
                ("level=level volume value percent loudness:int:0-100",),
                (
                    "!set the volume to {level}[| percent|%]",
                    "!turn the volume [up|down] to {level}",
                    "!change the volume to {level}",
                    "!volume {level}",
                    "!make it louder, {level}",
                ),
            ),
        ),
    ),
    Domain(
        "lights home",
        (
            Action(
                "to turn on a light",
                "turn_on switch_on",
                "light lights lamp lamps light_in_room",
                ("Turn on the light", "Turns the lights on in a room", "Switches on a lamp"),
                ("room=room where location place name:room",),
                (
                    "!turn on the [light|lights|lamp] in the {room}",
                    "!turn the {room} [light|lights|lamp] on",
                    "!switch on the {room} [light|lights|lamp]",
                    "!switch the [light|lights] in the {room} on",
                    "~[light|lights] on in the {room}",
                    "!make it bright in the {room}",
                ),
            ),
            Action(
                "to turn off a light",
                "turn_off switch_off",
                "light lights lamp lamps light_in_room",
                ("Turn off the light", "Turns the lights off in a room", "Switches off a lamp"),
                ("room=room where location place name:room",),
                (
                    "!turn off the [light|lights|lamp] in the {room}",
                    "!turn the {room} [light|lights|lamp] off",
                    "!switch off the {room} [light|lights|lamp]",
                    "!switch the [light|lights] in the {room} off",
                    "~[light|lights] off in the {room}",
                    "!make it dark in the {room}",
                ),
            ),
            Action(
                "to dim a light",
                "dim set set adjust change",
                "brightness light_brightness light_level lamp_brightness",
                ("Set the brightness of a light", "Dims the lights in a room", "Changes a lamp's brightness"),
                (
                    "room=room where location place name:room",
                    "level=level brightness percent value:int:0-100",
                ),
                (
                    "!dim the [light|lights] in the {room} to {level}[ percent|%|]",
                    "!set the [brightness|lights] in the {room} to {level}[ percent|%|]",
                    "!set the {room} [light|lights|lamp] to {level}[ percent|%|]",
                ),
            ),
            Action(
                "another colour of a light",
                "set change",
                "light_color color lamp_color lights_color",
                ("Set the color of a light", "Changes the light's color in a room"),
                ("room=room where location place name:room", "color=color colour light_color:color"),
                (
                    "!make the [light|lights] in the {room} {color}",
                    "!turn the {room} [light|lights|lamp] {color}",
                    "!set the [light|lights|color of the lights] in the {room} to {color}",
                    "!change the {room} [light|lights] to {color}",
                ),
            ),
        ),
    ),
    Domain(
        "lights home",
        (
            Action(
                "to switch a light",
                "set control switch toggle set",
                "light lights lamp light_state light_switch",
                ("Turn a light on or off", "Controls the lights of a room", "Switches lights on and off"),
                ("room=room where location name:room", "state=state status mode action:enum:on,off"),
                (
                    "!turn {state} the [light|lights|lamp] in the {room}",
                    "!turn the {room} [light|lights|lamp] {state}",
                    "!switch {state} the {room} [light|lights|lamp]",
                    "!switch the [light|lights] in the {room} {state}",
                ),
            ),
        ),
    ),
    Domain(
        "heating home",
        (
            Action(
                "to change the temperature",
                "set change adjust",
                "thermostat temperature heating room_temperature target_temperature",
                ("Set the thermostat", "Sets the temperature in a room", "Change the heating's temperature"),
                (
                    "degrees=temperature degrees target value target_temperature temp:int:10-30",
                    "room=room where zone place:room|in the {room}",
                    "unit=unit scale:enum:celsius,fahrenheit| ",
                ),
                (
                    "!set the [thermostat|temperature|heating] to {degrees}[ degrees|]",
                    "!turn the [heating|heat|thermostat] [up |down |]to {degrees}[ degrees|]",
                    "!change the [room |]temperature to {degrees}",
                    "!make it {degrees} degrees",
                    "!set the [thermostat|temperature] to {degrees} degrees {unit}",
                    "!heat to {degrees} degrees",
                ),
            ),
        ),
    ),
    Domain(
        "translation general",
        (
            Action(
                "a translation",
                "translate translate translate_text get_translation make_translation",
                "text phrase sentence words",
                (
                    "Translate text",
                    "Translates a text to a language",
                    "Get a translation",
                    "Translation of a phrase",
                ),
                (
                    "text=text phrase sentence query input content:message;text word:word",
                    "language=language target target_language to lang to_language:language",
                ),
                (
                    '!translate "{text}" [to|into] {language}',
                    "!translate '{text}' [to|into] {language}",
                    "!translate to {language}: {text}",
                    "!translate [this |]into {language}: {text}",
                    '?how do you say "{text}" in {language}',
                    '?what is "{text}" in {language}',
                    '!say "{text}" in {language}',
                    '~"{text}" in {language}',
                    '~the {language} translation of "{text}"',
                ),
            ),
            Action(
                "a text's language",
                "detect guess identify recognize",
                "language text_language language_of_text",
                ("Detect the language of a text", "Finds out which language a text is in"),
                ("text=text input query content:message",),
                (
                    '?what language is "{text}"',
                    '!detect the language of "{text}"',
                    "?which language is this: {text}",
                ),
            ),
        ),
    ),
    Domain(
        "search general",
        (
            Action(
                "to search the web",
                "search search search_the web web internet google find",
                "web search internet online google",
                (
                    "Search the web",
                    "Searches the internet for something",
                    "Web search",
                    "Find information on the internet",
                ),
                (
                    "query=query q search_query search_term text keywords:topic",
                    "count=count limit max_results num_results n:int:2-20| ",
                ),
                (
                    "!search [the web |the internet |online |Google |]for {query}",
                    "!google {query}",
                    '!search for "{query}"',
                    "!find [information on|something about|web pages about] {query}",
                    "!look up {query}",
                    "!search: {query}",
                    "!find {count} [pages|results] about {query}",
                    "!look for {query} [online|on the web|on the internet]",
                ),
            ),
        ),
    ),
    Domain(
        "search general words",
        (
            Action(
                "an encyclopedia's article",
                "search lookup read get",
                "wikipedia wiki encyclopedia article wikipedia_article",
                ("Search Wikipedia", "Look something up in an encyclopedia", "Get an article of the encyclopedia"),
                ("query=query topic title term subject:topic",),
                (
                    "!look up {query} [in the encyclopedia|on Wikipedia]",
                    "~the [Wikipedia |]article about {query}",
                    "?what does [Wikipedia|the encyclopedia] say about {query}",
                    "!search [Wikipedia|the encyclopedia] for {query}",
                ),
            ),
            Action(
                "a word's meaning",
                "define lookup get find",
                "word definition meaning dictionary dictionary_entry",
                ("Define a word", "Look up a word in the dictionary", "Get the definition of a word"),
                ("word=word term query:word",),
                (
                    "?what does {word} mean",
                    '?what does "{word}" mean',
                    "!define [the word |]{word}",
                    "~the [definition|meaning] of [|the word ]{word}",
                    "!look up {word} in the dictionary",
                ),
            ),
        ),
    ),
    Domain(
        "money",
        (
            Action(
                "to convert money",
                "convert convert exchange calculate",
                "currency money amount currencies",
                ("Convert currencies", "Converts an amount of money to another currency", "Currency conversion"),
                (
                    "amount=amount value sum:money",
                    "source=from from_currency source base:currency;from_currency from source:currency_word",
                    "target=to to_currency target target_currency:currency;to_currency to target:currency_word",
                ),
                (
                    "!convert {amount} {source} to {target}",
                    "?how much is {amount} {source} in {target}",
                    "?how many {target} are {amount} {source}",
                    "!change {amount} {source} into {target}",
                    "~{amount} {source} in {target}",
                    "?what is {amount} {source} in {target}",
                    "!exchange {amount} {source} for {target}",
                    "?how many {target} do I get for {amount} {source}",
                ),
            ),
            Action(
                "an exchange rate",
                "get fetch lookup check",
                "exchange_rate rate currency_rate fx_rate conversion_rate",
                ("Get the exchange rate", "Exchange rate between two currencies", "Returns a currency's rate"),
                (
                    "source=from from_currency source base:currency",
                    "target=to to_currency target target_currency quote:currency",
                ),
                (
                    "~the exchange rate [from|of] {source} to {target}",
                    "~the rate between {source} and {target}",
                    "~{source} to {target} [exchange |]rate",
                    "~the {source}/{target} rate",
                ),
            ),
        ),
    ),
    Domain(
        "units general",
        (
            Action(
                "to convert units",
                "convert convert calculate unit",
                "units unit measure units_of_measure conversion",
                ("Convert units", "Converts a value from one unit to another", "Unit conversion"),
                (
                    "value=value amount number quantity:int:2-900;value amount quantity:money",
                    "source=from from_unit source unit_from:unit_a",
                    "target=to to_unit target unit_to target_unit:unit_b",
                ),
                (
                    "!convert {value} {source} to {target}",
                    "?how many {target} are {value} {source}",
                    "?how many {target} are [in |there in ]{value} {source}",
                    "?what is {value} {source} in {target}",
                    "~{value} {source} in {target}",
                    "!turn {value} {source} into {target}",
                    "?how much is {value} {source} in {target}",
                ),
            ),
        ),
    ),
    Domain(
        "travel maps",
        (
            Action(
                "a distance",
                "get calculate compute find measure",
                "distance route_distance distance_between travel_distance",
                ("Get the distance between two places", "Calculates a distance", "How far two cities are apart"),
                (
                    "start=from start origin city1 from_city a:city",
                    "end=to end destination city2 to_city b:city",
                ),
                (
                    "?how far is it from {start} to {end}",
                    "~the distance from {start} to {end}",
                    "~the distance between {start} and {end}",
                    "?how far is {start} from {end}",
                    "?how many [kilometers|miles] is it from {start} to {end}",
                    "?how far apart are {start} and {end}",
                ),
            ),
            Action(
                "directions",
                "get find plan show",
                "directions route way navigation route_to",
                ("Get directions", "Finds the way from one place to another", "Plan a route", "Navigation"),
                (
                    "start=from start origin from_place:place",
                    "end=to end destination to_place:place",
                    "mode=mode by travel_mode transport vehicle:enum:car,train,bus,bike,foot|by {mode}",
                ),
                (
                    "~directions from {start} to {end}",
                    "~the [way|route] from {start} to {end}",
                    "?how do I get from {start} to {end}",
                    "!navigate from {start} to {end}",
                    "!plan a route from {start} to {end}",
                ),
            ),
            Action(
                "places nearby",
                "find search get list",
                "places nearby nearby_places points_of_interest pois shops",
                ("Find places nearby", "Searches for places in a city", "Points of interest in a town"),
                (
                    (
                        "what=type category kind what query:enum:pharmacy,supermarket,bank,museum,park,library,"
                        "hospital,school,cinema,bakery"
                    ),
                    "city=city near location area town:city",
                ),
                (
                    "!find [a|the nearest] {what} in {city}",
                    "?where is [a|the nearest|the next] {what} in {city}",
                    "?is there a {what} in {city}",
                    "!look for a {what} near {city}",
                ),
            ),
            Action(
                "flights",
                "search find get list lookup",
                "flights flight air_travel flight_offers planes",
                ("Search flights", "Find flights between two cities", "Lists flights", "Flight search"),
                (
                    "start=from origin departure from_city from_airport:city;from origin from_airport:airport",
                    "end=to destination arrival to_city to_airport:city;to destination to_airport:airport",
                    "date=date day departure_date when:date|on {date}|for {date}",
                ),
                (
                    "!find [me |][flights|a flight] from {start} to {end}",
                    "~flights from {start} to {end}",
                    "!search [for |]flights from {start} to {end}",
                    "?are there [any |]flights from {start} to {end}",
                    "!look for a flight from {start} to {end}",
                    "?which flights go from {start} to {end}",
                    "!fly from {start} to {end}",
                ),
            ),
            Action(
                "to book a hotel",
                "book reserve find search",
                "hotel hotel_room room hotels accommodation",
                ("Book a hotel", "Reserve a hotel room in a city", "Finds a room for the night", "Hotel booking"),
                (
                    "city=city location place where:city",
                    "nights=nights num_nights duration stay:count:nights:2-14|for {nights}",
                    "guests=guests people persons adults:count:people:2-8|for {guests}",
                    "date=date check_in checkin from arrival:date|from {date}|starting {date}",
                ),
                (
                    "!book [a hotel|a hotel room|a room|me a hotel] in {city}",
                    "!reserve a [hotel |]room in {city}",
                    "!find [me |]a hotel in {city}",
                    "~a hotel [room |]in {city}",
                ),
            ),
            Action(
                "train connections",
                "find search get list",
                "trains train_connections train train_times railway_connections",
                ("Find trains", "Search train connections", "Trains between two cities", "Train timetable"),
                (
                    "start=from origin departure from_city from_station:city",
                    "end=to destination arrival to_city to_station:city",
                    "time=time at departure_time:time|at {time}|around {time}",
                ),
                (
                    "?when does the [next |]train from {start} to {end} [leave|go]",
                    "~trains from {start} to {end}",
                    "!find a train from {start} to {end}",
                    "?is there a train from {start} to {end}",
                    "!take the train from {start} to {end}",
                ),
            ),
            Action(
                "a taxi",
                "order call book get request",
                "taxi cab ride car",
                ("Order a taxi", "Calls a cab", "Books a ride to a place", "Get a taxi"),
                (
                    "start=from pickup start pickup_location:place| from {start}",
                    "end=to destination dropoff where:place",
                    "time=time at pickup_time when:time| at {time}",
                ),
                (
                    "!order a [taxi|cab] to {end}",
                    "!call [me |]a [taxi|cab] to {end}",
                    "!book a [taxi|cab|ride] to {end}",
                    "!get me a [taxi|cab|ride] to {end}",
                    "~a [taxi|cab] to {end}",
                    "!order a taxi from {start} to {end}",
                ),
            ),
        ),
    ),
    Domain(
        "food",
        (
            Action(
                "to book a table",
                "book reserve make create",
                "table restaurant_table restaurant reservation table_reservation",
                ("Book a table", "Reserve a table at a restaurant", "Makes a restaurant reservation"),
                (
                    (
                        "people=people guests persons party_size number_of_people seats:int:2-14;guests "
                        "people:count:people:2-14"
                    ),
                    "restaurant=restaurant name venue place restaurant_name where:venue",
                    "date=date day:date|on {date}",
                    "time=time at hour when:time|at {time}",
                ),
                (
                    "!book a table for {people} at {restaurant}",
                    "!reserve a table for {people} at {restaurant}",
                    "!get [me |us |]a table for {people} at {restaurant}",
                    "~a table for {people} at {restaurant}",
                    "!make a reservation for {people} at {restaurant}",
                    "!reserve {restaurant} for {people}",
                ),
            ),
            Action(
                "restaurants",
                "find search get list recommend",
                "restaurants restaurant places_to_eat dining",
                (
                    "Find restaurants",
                    "Search for restaurants in a city",
                    "Places to eat",
                    "Recommends restaurants",
                ),
                (
                    "cuisine=cuisine food kind type:cuisine| ",
                    "city=city location place where:city",
                ),
                (
                    "!find [me |]a [good |]restaurant in {city}",
                    "~restaurants in {city}",
                    "!find [me |]a {cuisine} restaurant in {city}",
                    "~{cuisine} restaurants in {city}",
                    "?where can I eat {cuisine} food in {city}",
                    "?where can I [eat|have dinner|have lunch] in {city}",
                ),
            ),
            Action(
                "a recipe",
                "get find search lookup show",
                "recipe recipes cooking_recipe recipe_for_dish",
                ("Get a recipe", "Find a recipe for a dish", "How to cook a dish", "Recipe search"),
                (
                    "dish=dish name food query meal recipe:dish",
                    "people=servings people portions:int:2-10|for {people} people|for {people}",
                ),
                (
                    "~[a|the] recipe for {dish}",
                    "?how do I [make|cook] {dish}",
                    "?how do you make {dish}",
                    "!find [me |]a recipe for {dish}",
                    "!cook {dish}",
                    "~a {dish} recipe",
                ),
            ),
            Action(
                "to order food",
                "order deliver get",
                "food meal takeaway delivery dish",
                ("Order food", "Orders a meal for delivery", "Food delivery"),
                (
                    "dish=dish item food meal name:dish",
                    "count=count quantity amount portions:int:2-9| ",
                    "venue=restaurant from place:venue|from {venue}",
                ),
                (
                    "!order [some |]{dish}",
                    "!order {count} {dish}",
                    "!get {dish} delivered",
                    "!have {dish} delivered",
                ),
            ),
            Action(
                "to know a food's calories",
                "get count lookup check",
                "calories nutrition nutrition_facts calorie_count",
                ("Get the calories of a food", "Nutrition facts of a dish", "How many calories a food has"),
                ("dish=food dish item name:dish",),
                ("?how many calories [does|do] {dish} have", "~the calories [of|in] {dish}", "?is {dish} healthy"),
            ),
        ),
    ),
    Domain(
        "news search",
        (
            Action(
                "the news",
                "get fetch read show latest search",
                "news headlines news_articles latest_news top_stories",
                ("Get the news", "Fetches news about a topic", "Latest headlines", "News search"),
                (
                    (
                        "topic=topic subject query about category:topic;topic category section:enum:sports,"
                        "politics,business,science,technology,health,culture"
                    ),
                ),
                (
                    "~[the |the latest |]news about {topic}",
                    "!read me the news about {topic}",
                    "~the [latest |]headlines about {topic}",
                    "?what's new about {topic}",
                    "?is there any news on {topic}",
                ),
            ),
        ),
    ),
    Domain(
        "news",
        (
            Action(
                "the news",
                "get read show latest",
                "news headlines latest_news top_stories",
                ("Get the news", "Latest headlines", "Reads the news of today"),
                (),
                (
                    "~the [latest |]news",
                    "?what's [in the news|new in the world|happening in the world]",
                    "!read me the [news|headlines]",
                    "~today's [news|headlines]",
                ),
            ),
        ),
    ),
)
