"""The clock: APScheduler jobs that only ring bells. What is to be done stands in the store."""

from collections.abc import Callable, Mapping

from apscheduler.schedulers.background import BackgroundScheduler


def start_clock(jobs: Mapping[str, tuple[float, Callable[[], object]]]) -> BackgroundScheduler:
    """Start calling each job (name: every so many seconds, what) until `shutdown` is called on what comes back."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for name, (every_seconds, job) in jobs.items():
        scheduler.add_job(job, "interval", seconds=every_seconds, id=name, misfire_grace_time=None)
    scheduler.start()
    return scheduler
