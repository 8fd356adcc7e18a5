"""Settings → Single sign-on: providers, the roles of their groups, and whether passwords still sign in."""
