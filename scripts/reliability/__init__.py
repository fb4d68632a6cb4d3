"""Workers are killed under load, and every answer is compared with what it would have been.

    scripts/chaos --requests 2000 --every 3

Clients (openai's SDK, without retries) ask `mlx-serve up` in a loop, streaming and not, greedily and sampled,
while one worker after another is killed. The successor model's answers are known beforehand and to the token;
the bundled model's are taken from the same server before the first death.
"""
