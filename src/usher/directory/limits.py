"""The longest values that the columns of the directory hold."""

LONGEST_ADDRESS = 320
LONGEST_NAME = 255
MOST_ADDRESSES = 50
"""Other addresses of one employee."""
