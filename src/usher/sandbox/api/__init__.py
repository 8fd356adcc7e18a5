"""The parts of Asana's API that are simulated, by kind of object."""
