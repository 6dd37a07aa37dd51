"""Plays a project's test stories on a trained model as `rasa test` does. Needs Rasa's environment.

`stories.py MODEL TESTS OUT`: writes, for each story, what was expected and what was
predicted at each message and action: `{"story", "steps": [[kind, expected, predicted], …]}`.
"""

import asyncio
import json
import sys
import warnings
from pathlib import Path


def entities_of(found):
    listed = [
        f"{one.get('entity')}={one.get('value')} [{one.get('start')}:{one.get('end')}]" for one in found
    ]
    return ", ".join(listed) or "none"


async def predictions(agent, tracker):
    """Like rasa.core.test._predict_tracker_actions, without forgetting which prediction was for what."""
    from rasa.core import test
    from rasa.core.channels import UserMessage
    from rasa.shared.core.events import ActionExecuted, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    events = list(tracker.events)
    partial = DialogueStateTracker.from_events(
        tracker.sender_id, events[:1], agent.domain.slots, sender_source=tracker.sender_source
    )
    steps = []
    for event in events[1:]:
        if isinstance(event, ActionExecuted):
            found, _, _ = await test._collect_action_executed_predictions(
                agent.processor, partial, event, False
            )
            steps.append(["action", found.action_targets[0], found.action_predictions[0]])
        elif isinstance(event, UserUttered):
            parsed = event.parse_data
            if event.text:
                parsed = await agent.processor.parse_message(UserMessage(event.text))
            found = test._collect_user_uttered_predictions(event, parsed, partial, False)
            step = ["intent", found.intent_targets[0], found.intent_predictions[0]]
            if step[1] == step[2] and found._check_entity_prediction_target_mismatch():
                step = ["entity", entities_of(found.entity_targets), entities_of(found.entity_predictions)]
            steps.append(step)
        else:
            partial.update(event)
    return steps


async def play(model, tests):
    from rasa.core import test
    from rasa.core.agent import load_agent

    agent = await load_agent(model_path=model)
    generator = test._create_data_generator(tests, agent, use_conversation_test_files=True)
    return [
        {"story": tracker.sender_id, "steps": await predictions(agent, tracker)}
        for tracker in generator.generate_story_trackers()
    ]


def main(model, tests, out):
    Path(out).write_text(json.dumps(asyncio.run(play(model, tests)), ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
