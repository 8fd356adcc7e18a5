from usher.cli import main

main(prog_name="usher")
