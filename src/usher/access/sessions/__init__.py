"""Sessions: how long they last, which ones a user has, and ending them."""
