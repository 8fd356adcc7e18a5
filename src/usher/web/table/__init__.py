"""Tables of django-tables2: finding the rows of a page, writing them, and the links to other pages."""
