"""LlamaIndex's OpenAILike."""
