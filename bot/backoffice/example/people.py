"""Who somebody is: look-up, one-time codes, and what a person knows of themselves."""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, timedelta
from hmac import compare_digest
from typing import Any

import structlog
from sqlalchemy import Row, and_, insert, select, update

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import database as db
from bot.backoffice.example.work import Work, checked_phone, stamp
from bot.backoffice.records import CodeSent, Customer, CustomerKind

log = structlog.get_logger(__name__)
# `account-sms-code`: a code lives 5 minutes, a new one after a minute, 5 an hour; 5 failures close an hour.
DIGITS = 4
VALID = timedelta(minutes=5)
AGAIN = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CODES_AN_HOUR = 5
FAILURES = 5
_BY_KNOWLEDGE = ""  # stands where a phone would, in the count of failures of `verify`


def by_ref(work: Work, ref: str) -> Customer | None:
    row = work.connection.execute(select(db.customers).where(db.customers.c.ref == ref)).one_or_none()
    return None if row is None else _customer(work, row)


def known(work: Work, ref: str) -> Customer:
    """Raises `no_customer`."""
    found = by_ref(work, ref)
    if found is None:
        raise BackofficeRefused("no_customer")
    return found


def find(
    work: Work,
    *,
    contract_number: str | None = None,
    phone: str | None = None,
    full_name: str | None = None,
    birth_date: date | None = None,
) -> Customer | None:
    """The one customer whom everything that is given fits."""
    if sum(value is not None for value in (contract_number, phone, full_name, birth_date)) < 2:
        raise BackofficeRefused("too_few_criteria")
    wanted = select(db.customers)
    if contract_number is not None:
        wanted = wanted.where(db.customers.c.ref == (owner(work, contract_number) or ""))
    if phone is not None:
        wanted = wanted.where(db.customers.c.phone == phone)
    if birth_date is not None:
        wanted = wanted.where(db.customers.c.birth_date == birth_date)
    rows = [row for row in work.connection.execute(wanted) if full_name is None or _is_called(row, full_name)]
    return _customer(work, rows[0]) if len(rows) == 1 else None


def owner(work: Work, number: str) -> str | None:
    """The customer of a contract or of an application; of digits alone where they are one customer's."""
    number = tidy(number)
    refs: set[str] = set()
    for table in (db.contracts, db.applications):
        named = table.c.number.endswith(f"-{number}") if number.isdecimal() else table.c.number == number
        refs.update(work.connection.execute(select(table.c.customer_ref).where(named)).scalars())
    return refs.pop() if len(refs) == 1 else None


def send_code(work: Work, contract_number: str, phone: str) -> CodeSent:
    contract_number, phone = tidy(contract_number), checked_phone(phone)
    row = _attempts(work, contract_number, phone)
    _check_lock(work, row)
    sent = [moment for moment in row.sent_at if work.now - datetime.fromisoformat(moment) < HOUR]
    wait = AGAIN - (work.now - datetime.fromisoformat(sent[-1])) if sent else timedelta()
    if len(sent) >= CODES_AN_HOUR:
        wait = HOUR - (work.now - datetime.fromisoformat(sent[0]))
    if wait > timedelta():
        raise BackofficeRefused("code_too_often", {"retry_after_s": _seconds(wait)})

    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    failures = row.failures if sent else 0
    _remember(work, row, code=code, sent_at=[*sent, stamp(work.now)], failures=failures)
    # Without a pair everything is the same, only that nobody gets the code.
    if _pair(work, contract_number, phone) is not None:
        text = f"Код {code}. Никому его не сообщайте. Мост Финанс"
        work.connection.execute(insert(db.outbox).values(phone=phone, text=text, at=stamp(work.now)))
    log.info("code_made")
    return CodeSent(DIGITS, int(VALID.total_seconds()), int(AGAIN.total_seconds()))


def check_code(work: Work, contract_number: str, phone: str, code: str) -> Customer | None:
    contract_number, phone = tidy(contract_number), checked_phone(phone)
    row = _attempts(work, contract_number, phone)
    _check_lock(work, row)
    if row.code is None or work.now - datetime.fromisoformat(row.sent_at[-1]) > VALID:
        return None
    right = compare_digest(code.encode(), row.code.encode())
    ref = _pair(work, contract_number, phone)
    if not right or ref is None:
        _fail(work, row)
        return None
    _remember(work, row, code=None, failures=0)
    return by_ref(work, ref)


def verify(work: Work, contract_number: str, full_name: str, birth_date: date) -> Customer | None:
    contract_number = tidy(contract_number)
    row = _attempts(work, contract_number, _BY_KNOWLEDGE)
    _check_lock(work, row)
    found = find(work, contract_number=contract_number, full_name=full_name, birth_date=birth_date)
    if found is None or found.kind is not CustomerKind.INDIVIDUAL:
        _fail(work, row)
        return None
    _remember(work, row, failures=0)
    return found


def tidy(number: str) -> str:
    """`мп 118230` and `МП–118230` are `МП-118230`."""
    return re.sub(r"[\s\u2010-\u2015-]+", "-", number.strip()).upper()


def _pair(work: Work, contract_number: str, phone: str) -> str | None:
    customers = db.customers.c
    ref = owner(work, contract_number)
    found = select(customers.ref).where(and_(customers.ref == (ref or ""), customers.phone == phone))
    return work.connection.execute(found).scalar_one_or_none()


def _attempts(work: Work, contract_number: str, phone: str) -> Row[Any]:
    """The row of a pair, made when it is new."""
    wanted = select(db.codes).where(db.codes.c.contract_number == contract_number, db.codes.c.phone == phone)
    row = work.connection.execute(wanted).one_or_none()
    if row is None:
        new = {"contract_number": contract_number, "phone": phone, "sent_at": []}
        work.connection.execute(insert(db.codes).values(**new))
        row = work.connection.execute(wanted).one()
    return row


def _check_lock(work: Work, row: Row[Any]) -> None:
    if row.locked_until is not None:
        left = datetime.fromisoformat(row.locked_until) - work.now
        if left > timedelta():
            raise BackofficeRefused("too_many_attempts", {"retry_after_s": _seconds(left)})


def _fail(work: Work, row: Row[Any]) -> None:
    failures = row.failures + 1
    if failures < FAILURES:
        _remember(work, row, failures=failures)
    else:
        _remember(work, row, code=None, failures=0, locked_until=stamp(work.now + HOUR))


def _remember(work: Work, row: Row[Any], **values: object) -> None:
    work.connection.execute(
        update(db.codes)
        .where(db.codes.c.contract_number == row.contract_number, db.codes.c.phone == row.phone)
        .values(**values)
    )


def _seconds(span: timedelta) -> int:
    return -int(-span.total_seconds() // 1)  # rounded up: then it is certain


def _customer(work: Work, row: Row[Any]) -> Customer:
    card = select(db.cards.c.number).where(db.cards.c.customer_ref == row.ref).limit(1)
    return Customer(
        ref=row.ref,
        kind=CustomerKind(row.kind),
        full_name=row.full_name,
        phone=row.phone,
        birth_date=row.birth_date,
        contact=row.contact,
        has_card=work.connection.execute(card).scalar_one_or_none() is not None,
    )


def _is_called(row: Row[Any], name: str) -> bool:
    said = _name_key(name)
    return any(compare_digest(said, _name_key(own)) for own in (row.full_name, row.contact or "") if own)


def _name_key(name: str) -> bytes:
    """Order of the words, case and ё do not matter."""
    return " ".join(sorted(name.casefold().replace("ё", "е").split())).encode()
