"""The telephone, by callers who speak and listen in real time, beside a Pipecat of the same engines."""
