"""Messages of end-to-end stories, which have no intent: examples of the one that does the same there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.project.model import ActionStep, Example, Project, Step, UserStep

_Where = tuple[str | None, str | None]  # the action before a message and the one after it


def labelled(project: Project) -> Iterator[Example]:
    """A text that is said after the same action, and answered by the same, as messages of one intent."""
    intents: dict[_Where, set[str]] = defaultdict(set)
    texts: list[tuple[_Where, UserStep]] = []
    for steps in [*(story.steps for story in project.stories), *(rule.steps for rule in project.rules)]:
        for at, step in enumerate(steps):
            if not isinstance(step, UserStep):
                continue
            where = _action(steps[:at][::-1]), _action(steps[at + 1 :])
            if step.intents:
                intents[where].update(step.intents)
            elif step.text:
                texts.append((where, step))
    for where, step in texts:
        if step.text and len(same := intents[where]) == 1:
            yield Example(step.text, min(same), step.entities, step.place)


def _action(steps: Sequence[Step]) -> str | None:
    """The first action of these, before any message."""
    for step in steps:
        if isinstance(step, UserStep):
            return None
        if isinstance(step, ActionStep):
            return step.name or step.bot
    return None
