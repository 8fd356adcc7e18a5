"""How django-allauth signs people in here."""
