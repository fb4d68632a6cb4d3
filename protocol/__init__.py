"""What frontend and worker say to each other: the messages, their codec, and the endpoints they meet at."""
