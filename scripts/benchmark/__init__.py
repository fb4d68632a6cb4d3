"""Our server beside mlx-lm's own server and beside the engine both build on, in one command.

    scripts/bench --streams 1,8,32 --json out.json

Measured are whole runs: so many streaming chat completions at once, from the first request sent to the last
token received. Every program runs in a process of its own and alone, is warmed up, and gets the same prompts;
the programs take turns and the median of the turns is reported.

    scripts/bench fairness      what running streams notice of a long prompt
    scripts/bench prefix        what is saved of a conversation, and of a long prompt after its worker was killed
"""
