"""The command `frontline`: the map of the product.

The exit codes are the same for every command. 1: the thing was done and something is wrong (a check
failed, files were refused). 4: a part that is needed (database, file, port) is not available.
"""

from __future__ import annotations

import typer

from bot.cli import content, evaluate, hearing, models, people, rasa
from bot.cli.ask import ask
from bot.cli.backoffice import backoffice
from bot.cli.check import check
from bot.cli.say import say
from bot.cli.serve import serve
from bot.cli.verbalise import verbalise

EXIT_CODES = (
    "Exit codes: 0 done, 1 something is wrong, 2 wrong command line, 3 wrong configuration,"
    " 4 a part is not available."
)

app = typer.Typer(
    name="frontline",
    help="The first line of a contact centre: answers from the knowledge base, hands over to humans.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve)
app.command("check")(check)
app.command("ask")(ask)
app.command("import")(content.import_)
app.command("export")(content.export)
app.command("reindex")(content.reindex)
app.command("backoffice")(backoffice)
app.command("verbalise")(verbalise)
app.command("say")(say)
app.command("transcribe")(hearing.transcribe)
evaluate.app.command("asr")(hearing.asr)
app.add_typer(people.users, name="users")
app.add_typer(people.keys, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(evaluate.app, name="eval")
app.add_typer(rasa.app, name="rasa")
