"""Learns intents with DIET and says those of other texts. Needs Rasa's environment.

`diet.py TRAIN TEST OUT EPOCHS LANGUAGE`: TRAIN holds `[[text, intent], …]`, TEST `[text, …]`; OUT gets
`{"intents": […], "train_s", "infer_s"}`, with the time that neither starting nor reading takes.
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
    """The intents of the texts and the seconds that this took."""
    from rasa.core.agent import load_agent
    from rasa.core.channels import UserMessage

    processor = (await load_agent(model_path=model)).processor
    await processor.parse_message(UserMessage("the first one is slower"))
    began = time.perf_counter()
    intents = [(await processor.parse_message(UserMessage(text)))["intent"]["name"] for text in texts]
    return intents, time.perf_counter() - began


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
        intents, infer_s = asyncio.run(said(model, asked))
    result = {"intents": intents, "train_s": train_s, "infer_s": infer_s}
    Path(out).write_text(json.dumps(result, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
