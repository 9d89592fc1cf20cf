#!/usr/bin/env python3
"""Makes dateutil.jsonl: hand-overs by recurrence rules, as python-dateutil and Python's zoneinfo have them.

    pip install python-dateutil==2.9.0.post0
    python3 make_dateutil.py > dateutil.jsonl

Nothing of Tierline is in here: the wall-clock times are those of dateutil.rrule, and which instant a wall-clock time is, or
whether it is skipped or comes twice, is said by dateutil.tz of zoneinfo's zones (dateutil's own take Dublin's winter for a skipped hour). A turn is [instant, person]. One whose time the clock skips is
[first instant after the gap, person, instant by RFC 5545 section 3.3.5], which are dateutil's own two ways out of it: the
first time that exists, and tz.resolve_imaginary. One whose time comes twice is at the first of the two, fold 0.
"""
import datetime as dt
import json
import zoneinfo

import dateutil
from dateutil import rrule, tz

PEOPLE = ["a", "b", "c"]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/St_Johns", "Pacific/Chatham",
         "Europe/Dublin", "America/Havana", "Asia/Kathmandu", "Antarctica/Troll"]


def changes(zone):
    """A week around each day of 2026 on which the clocks of a zone change; a week of March where they never do."""
    days = [dt.datetime(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    offset = lambda d: d.replace(tzinfo=zone).utcoffset()
    found = [d for d in days if offset(d) != offset(d + dt.timedelta(days=1))] or [dt.datetime(2026, 3, 29)]
    return [tuple((d + dt.timedelta(days=n)).strftime("%Y-%m-%d") for n in (-3, 4)) for d in found]


def months(zone):
    """Two months around them."""
    return [("2026-03-01", "2026-04-20"), ("2026-09-20", "2026-11-15")]


def long(zone):
    """Two years, for what comes once a month."""
    return [("2026-01-01", "2028-04-01")]


# name, rule, what says the same as a rotation (rotate, every), start, spans
RULES = [
    ("daily at a time that is skipped or comes twice", "FREQ=DAILY", ("daily", 1), "2026-01-05 02:30", changes),
    ("daily at midnight", "FREQ=DAILY", ("daily", 1), "2026-01-05 00:00", changes),
    ("daily at half past midnight", "FREQ=DAILY", ("daily", 1), "2026-01-05 00:30", changes),
    ("daily at a quarter past two", "FREQ=DAILY", ("daily", 1), "2026-01-05 02:15", changes),
    ("daily at one", "FREQ=DAILY", ("daily", 1), "2026-01-05 01:00", changes),
    ("daily at half past one", "FREQ=DAILY", ("daily", 1), "2026-01-05 01:30", changes),
    ("each third day", "FREQ=DAILY;INTERVAL=3", ("daily", 3), "2026-01-06 02:30", changes),
    ("weekdays", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", None, "2026-01-05 09:00", changes),
    ("weekly", "FREQ=WEEKLY", ("weekly", 1), "2026-01-04 02:30", months),
    ("each second week", "FREQ=WEEKLY;INTERVAL=2", ("weekly", 2), "2026-01-04 01:30", long),
    ("Mondays and Thursdays", "FREQ=WEEKLY;BYDAY=MO,TH", None, "2026-01-05 08:00", months),
    ("each second week, weeks from Monday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", None, "2026-01-06 09:00", months),
    ("each second week, weeks from Sunday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", None, "2026-01-06 09:00", months),
    ("monthly", "FREQ=MONTHLY", ("monthly", 1), "2026-01-05 09:00", long),
    ("each third month", "FREQ=MONTHLY;INTERVAL=3", ("monthly", 3), "2026-01-28 09:00", long),
    ("the 31st, and nothing in shorter months", "FREQ=MONTHLY;BYMONTHDAY=31", None, "2026-01-31 09:00", long),
    ("the last day of the month", "FREQ=MONTHLY;BYMONTHDAY=-1", ("monthly", 1), "2026-01-31 02:30", long),
    ("the 30th, or the last day of February", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", ("monthly", 1), "2026-01-30 09:00", long),
    ("the last Friday", "FREQ=MONTHLY;BYDAY=-1FR", None, "2026-01-30 17:00", long),
    ("the last Sunday, when clocks change", "FREQ=MONTHLY;BYDAY=-1SU", None, "2026-01-25 02:30", long),
    ("the second Sunday, when clocks change", "FREQ=MONTHLY;BYDAY=2SU", None, "2026-01-11 02:30", long),
    ("the last weekday of the month", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", None, "2026-01-30 09:00", long),
    ("29 February", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", None, "2026-02-28 09:00", long),
    ("twelve and no more", "FREQ=WEEKLY;COUNT=12", None, "2026-01-05 09:00", months),
    ("until an instant, included", "FREQ=WEEKLY;UNTIL={until}", None, "2026-01-05 09:00", months),
    ("until the instant before", "FREQ=WEEKLY;UNTIL={before}", None, "2026-01-05 09:00", months),
    ("from a start that is none of its days", "FREQ=WEEKLY;BYDAY=WE", None, "2026-01-05 09:00", months),
]


def utc(t):
    return t.astimezone(tz.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(wall, zone):
    """The instant of a wall-clock time, and the RFC's when the clock skips it."""
    there = wall.replace(tzinfo=zone, fold=0)
    if tz.datetime_exists(there):
        return utc(there), None
    rfc = tz.resolve_imaginary(there)
    while not tz.datetime_exists(there):
        there += dt.timedelta(minutes=1)
    return utc(there), utc(rfc)


def turns(rule, start, zone, first, last):
    out = []
    # The zone is left out of the arithmetic, which is that of wall clocks, except for UNTIL, which is an instant.
    at = dt.datetime.strptime(start, "%Y-%m-%d %H:%M")
    aware = "UNTIL" in rule
    rule = rrule.rrulestr(rule, dtstart=at.replace(tzinfo=zone) if aware else at)
    for n, wall in enumerate(rule):
        wall = wall.replace(tzinfo=None)
        if wall >= last:
            break
        if wall < first:
            continue
        when, rfc = instant(wall, zone)
        out.append([when, PEOPLE[n % len(PEOPLE)]] + ([rfc] if rfc else []))
    return out


def cases():
    for name, rule, rotation, start, spans in RULES:
        for where in ZONES:
            zone = zoneinfo.ZoneInfo(where)
            edge = dt.datetime(2026, 4, 6, 9, 0, tzinfo=zone).astimezone(tz.UTC)
            said = rule.format(until=edge.strftime("%Y%m%dT%H%M%SZ"), before=(edge - dt.timedelta(seconds=1)).strftime("%Y%m%dT%H%M%SZ"))
            for a, b in spans(zone):
                first, last = (dt.datetime.strptime(d, "%Y-%m-%d") for d in (a, b))
                c = {"name": name, "zone": where, "start": start, "rule": said,
                     "from": instant(first, zone)[0], "to": instant(last, zone)[0], "turns": turns(said, start, zone, first, last)}
                if rotation:
                    c["rotate"], c["every"] = rotation
                yield c


def main():
    head = json.dumps({"made": f"by make_dateutil.py with python-dateutil {dateutil.__version__} and zoneinfo"}, ensure_ascii=False)
    print(head)
    for c in cases():
        print(json.dumps(c, ensure_ascii=False, separators=(",", ":")))


main()
