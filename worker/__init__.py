"""The process that owns one MLX context: model, prompts, generation, text.

The main thread loads the model and runs every MLX call, an I/O thread owns the sockets, and prompt threads
render and tokenize. It knows nothing of HTTP.
"""
