"""Rasa's channel for messages that we have understood ourselves. Needs Rasa's environment."""

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint, response


class HeardInput(RestInput):
    """Like the REST channel; `parse_data` comes with the message, and what fails is a failure."""

    @classmethod
    def name(cls):
        return "heard"

    def blueprint(self, on_new_message):
        hook = Blueprint("heard", "heard")

        @hook.route("/webhook", methods=["POST"])
        async def receive(request):
            asked = request.json
            said = CollectingOutputChannel()
            message = UserMessage(
                asked["message"],
                said,
                asked["sender"],
                parse_data=asked["parse_data"],
                input_channel=asked["input_channel"],
            )
            await on_new_message(message)
            return response.json(said.messages)

        return hook
