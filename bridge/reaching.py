"""How the servers are reached that a config names: charts, and MedImage proxies that wait with photos."""

from bridge.medimage import ReadSettings, ReadSource
from bridge.network import web_proxy_for
from bridge.settings import ChartSettings, Config, PracticeSettings
from bridge.tscharts import ChartAccount


def read_source(config: Config, practice: PracticeSettings, url: str, guid: str) -> ReadSource:
    """An address at which a practice's photos wait at a MedImage proxy."""
    return ReadSource(practice.name, guid, url, web_proxy_for(url, config.web_proxy), config.read_ca_file)


def read_settings(config: Config) -> ReadSettings:
    """How those proxies are read."""
    return ReadSettings(config.data_folder / "reading", config.uploads)


def chart_account(chart: ChartSettings, web_proxy: str | None = None) -> ChartAccount:
    """The client's view of the chart settings; `web_proxy` is that of the config, used where it is on the way."""
    return ChartAccount(
        url=chart.url,
        username=chart.username,
        password=chart.password,
        token=chart.token,
        verify_tls=chart.verify_tls,
        connect_timeout_seconds=chart.connect_timeout_seconds,
        read_timeout_seconds=chart.read_timeout_seconds,
        web_proxy=web_proxy_for(chart.url, web_proxy),
    )
