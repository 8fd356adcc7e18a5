"""Running a case against Asana: steps, rechecks, hand-over, previews."""
