"""Rules as YAML, one document for each: for reviews and version control."""

from collections.abc import Iterable

import yaml

from usher.policy.definition import CannotBeRule, Definition, as_json, decode

FORMAT = "See docs/rules.md for what a rule may contain."


def to_yaml(definitions: Iterable[Definition]) -> str:
    documents = [as_json(definition) for definition in definitions]
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, explicit_start=True, width=120)


def from_yaml(text: str) -> list[Definition]:
    """Raises CannotBeRule, which says where."""
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise CannotBeRule(f"This is no YAML: {' '.join(str(error).split())}.", FORMAT) from None
    if not documents:
        raise CannotBeRule("There is no rule in it.", FORMAT)
    return [decode(document) for document in documents]
