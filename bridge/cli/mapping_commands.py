"""The group `mappings` with all its commands."""

from bridge.cli.explaining import explain_name
from bridge.cli.mapping_schema import schema
from bridge.cli.mappings import mappings
from bridge.cli.replaying import replay_mapping
from bridge.cli.suggesting import suggest_words

for command in (explain_name, replay_mapping, suggest_words, schema):
    mappings.add_command(command)
