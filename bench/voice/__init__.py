"""The telephone, by callers who speak and listen in real time, beside a Pipecat pipeline of the same engines."""
