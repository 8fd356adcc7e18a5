"""Background work on access. Thin: each job calls one verb.

The names of tasks are stored with queued jobs, so they do not change.
"""

from procrastinate.contrib.django import app

from usher.access.trail.retention import delete_old_entries


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="delete-old-trail")
def delete_old_trail(timestamp: int) -> None:
    delete_old_entries()
