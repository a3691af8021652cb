"""The clock: APScheduler jobs that only ring bells. What is to be done stands in the store.

APScheduler plans by this computer's clock, which may be set at any time, by days. So no run is counted as missed, and a
guard, which waits by time that cannot be set, brings runs near that are planned too far ahead.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

_GUARD_SECONDS = 2.0
_SLACK = timedelta(seconds=5)


@BaseTrigger.register
class Every:
    """A trigger that fires so long from now, whenever it fired before: once a clock was set forward, there is one run
    to make up for, not one for each second.
    """

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The time of the next run."""
        return now + self.interval


class Clock:
    """Calls each job (name: every so many seconds, what) until `shutdown`.

    Each job has a thread to itself, so that one that hangs delays no other. `scheduler` is for those who look in.
    """

    def __init__(self, jobs: Mapping[str, tuple[float, Callable[[], object]]]) -> None:
        self.scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(len(jobs))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for name, (every_seconds, job) in jobs.items():
            self.scheduler.add_job(job, Every(every_seconds), id=name)
        self._stopping = threading.Event()
        self._guard = threading.Thread(target=self._watch, name="clock-guard", daemon=True)

    def start(self) -> None:
        """Start calling."""
        self.scheduler.start()
        self._guard.start()

    def shutdown(self, wait: bool = True) -> None:
        """Call no more; with `wait`, the jobs that run have ended when this returns."""
        self._stopping.set()
        self._guard.join()
        self.scheduler.shutdown(wait=wait)

    def _watch(self) -> None:
        while not self._stopping.wait(_GUARD_SECONDS):
            for job in self.scheduler.get_jobs():
                if _is_too_far(job):
                    job.modify(next_run_time=datetime.now(UTC))


def start_clock(jobs: Mapping[str, tuple[float, Callable[[], object]]]) -> Clock:
    """Start a clock."""
    clock = Clock(jobs)
    clock.start()
    return clock


def _is_too_far(job: Job) -> bool:
    """Whether a run is planned for later than any that is planned now: then the clock was set back."""
    planned: datetime = job.next_run_time
    longest: timedelta = job.trigger.interval
    return planned > datetime.now(UTC) + longest + _SLACK
