"""The clock: APScheduler jobs that only ring bells. What is to be done stands in the store."""

from collections.abc import Callable, Mapping

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler


def start_clock(jobs: Mapping[str, tuple[float, Callable[[], object]]]) -> BackgroundScheduler:
    """Start calling each job (name: every so many seconds, what) until `shutdown` is called on what comes back.

    Each job has a thread to itself, so that one that hangs delays no other.
    """
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(jobs))},
        job_defaults={"coalesce": True, "max_instances": 1},
    )
    for name, (every_seconds, job) in jobs.items():
        scheduler.add_job(job, "interval", seconds=every_seconds, id=name, misfire_grace_time=None)
    scheduler.start()
    return scheduler
