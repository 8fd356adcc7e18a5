"""The texts of every kind of notice, by what they are about. `notify.kinds` puts them together."""
