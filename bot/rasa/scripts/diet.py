"""Learns intents with DIET and says those of other texts. Needs Rasa's environment.

`diet.py TRAIN TEST OUT EPOCHS LANGUAGE`: TRAIN holds `[[text, intent], …]`, TEST `[text, …]`; OUT gets
`{"intents": […], "likeliest": […], "train_s", "infer_s"}`: what is said, what is likeliest although too
unsure to be said, and the time that neither starting nor reading takes.
"""

import asyncio
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path


def pipeline(epochs):
    """Rasa's default, without the parts that an intent does not need."""
    return [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "random_seed": 1},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ]


async def said(model, texts):
    """How each text is read and the seconds that this took."""
    from rasa.core.agent import load_agent
    from rasa.core.channels import UserMessage

    processor = (await load_agent(model_path=model)).processor
    await processor.parse_message(UserMessage("the first one is slower"))
    began = time.perf_counter()
    readings = [await processor.parse_message(UserMessage(text)) for text in texts]
    return readings, time.perf_counter() - began


def likeliest(reading):
    """The first of the ranking but for the fallback, which takes the place of an intent that is unsure."""
    names = [one["name"] for one in reading["intent_ranking"] if one["name"] != "nlu_fallback"]
    return names[0] if names else None


def main(train, test, out, epochs, language):
    from rasa.model_training import train_nlu

    taught, asked = (json.loads(Path(name).read_text("utf-8")) for name in (train, test))
    config = {"recipe": "default.v1", "assistant_id": "diet", "language": language}
    config["pipeline"] = pipeline(int(epochs))
    # JSON in both files: a text is a text there, whatever brackets and dashes are in it.
    examples = [{"text": text, "intent": intent, "entities": []} for text, intent in taught]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.yml").write_text(json.dumps(config), "utf-8")
        nlu = {"rasa_nlu_data": {"common_examples": examples}}
        (folder / "nlu.json").write_text(json.dumps(nlu, ensure_ascii=False), "utf-8")
        started = time.perf_counter()
        model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.json"), name, "model")
        train_s = time.perf_counter() - started
        readings, infer_s = asyncio.run(said(model, asked))
    result = {"train_s": train_s, "infer_s": infer_s}
    result["intents"] = [reading["intent"]["name"] for reading in readings]
    result["likeliest"] = [likeliest(reading) for reading in readings]
    Path(out).write_text(json.dumps(result, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
