"""How things are put: frames for questions, ways of typing, system messages, tellings."""
