"""What exercises are about: words, names, facts, texts, values; typed or made up."""
