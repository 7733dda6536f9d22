// SPDX-License-Identifier: BSL-1.0
//
// What npm's croner and cron-parser say of cron expressions. It judges nothing: the other half is
// cron_oracle_check.cpp.
//
//   node cron_oracles.mjs DIRECTORY expressions COUNT < questions > answers
//   node cron_oracles.mjs DIRECTORY zones [ZONE...] > answers
//
// DIRECTORY holds node_modules. All times are seconds since 1970.
//
// expressions: a question is "EXPRESSION<TAB>WORDS<TAB>TIME TIME". Of the words, "and" asks croner
// also with its AND of day of the month and day of the week, "quartz" asks croner alone, with 1 for
// Sunday. An answer begins with expression and words; for the first time, and for the second or one
// that an oracle named itself, follows a field "TIME NEXT NEXT NEXT PREV PREV PREV" of croner,
// cron-parser, and croner with AND. "!" is not asked or refused, "-" is never, "~" is an oracle
// that gave up. Ends when COUNT expressions were answered alike by both, at one time at least.
//
// zones: each zone's changes of the clock, as Intl knows them, and each expression's times around
// each of them:
//   zone NAME OFFSET          the offset before the first change
//   change TIME OFFSET        the offset from then on
//   times KIND BEGIN END EXPRESSION
//   includes TIME TIME ...    of croner's, those that cron-parser says to include
//   ORACLE TIME TIME ...      in [BEGIN, END), from next(); ORACLE is croner, default, parser
//   ORACLE- TIME TIME ...     the same from prev(), also in ascending order
// "~" alone is an oracle that gave up, or that answered with a time in the wrong direction.
// "default" is croner with its own rule of what a fixed time is; "croner" follows pawl's.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const [directory, mode, ...rest] = process.argv.slice(2);
const load = createRequire(path.resolve(directory, "package.json"));
const { Cron } = load("croner");
const { CronDate, CronExpressionParser } = load("cron-parser");

// The oracles ask for the same instants again and again, and a question takes microseconds.
const format = Intl.DateTimeFormat.prototype.formatToParts;
const formatted = new WeakMap();
Intl.DateTimeFormat.prototype.formatToParts = function (instant) {
    if (!formatted.has(this)) {
        formatted.set(this, new Map());
    }
    const known = formatted.get(this);
    const key = Number(instant);
    if (!known.has(key)) {
        known.set(key, format.call(this, instant));
    }
    return known.get(key);
};

const out = [];
function print(line) {
    out.push(line);
}

const seconds = (date) => Math.floor(date.getTime() / 1000);
const date = (time) => new Date(time * 1000);

// An oracle is a pair of functions from a time to a time, to "-" or to "~"; null if it refuses.
function croner(expression, options) {
    let cron;
    try {
        cron = new Cron(expression, { paused: true, sloppyRanges: true, ...options });
    } catch {
        return null;
    }
    const said = (found) => (found ? seconds(found) : "-");
    return {
        next: (time) => said(cron.nextRun(date(time))),
        prev: (time) => said(cron.previousRuns(1, date(time))[0]),
    };
}

// Where a clock is set, cron-parser may step on the spot. It gives up after 10000 steps, which
// takes up to a second; here after as many as are given. If it has a start it looks at the time in
// each step.
const timeOf = CronDate.prototype.getTime;
let looks = 0;
CronDate.prototype.getTime = function () {
    if (--looks === 0) {
        throw new Error("steps on the spot");
    }
    return timeOf.call(this);
};

function parser(expression, zone, steps) {
    let cron;
    try {
        cron = CronExpressionParser.parse(expression, { tz: zone, startDate: date(-1e10) });
    } catch {
        return null;
    }
    const ask = (time, how) => {
        cron.reset(date(time));
        looks = 2 * steps;
        try {
            return seconds(cron[how]());
        } catch {
            return "~";
        }
    };
    return {
        next: (time) => ask(time, "next"),
        prev: (time) => ask(time, "prev"),
        includes: (time) => cron.includesDate(date(time)),
    };
}

function answerExpressions(count) {
    let agreed = 0;
    for (const [turn, question] of readFileSync(0, "utf8").split("\n").entries()) {
        if (question === "" || agreed === count) {
            break;
        }
        const [expression, words, list] = question.split("\t");
        const quartz = words.includes("quartz");
        const options = { utcOffset: 0, alternativeWeekdays: quartz };
        const oracles = [
            croner(expression, options),
            quartz ? null : parser(expression, "UTC", 10000),
            words.includes("and") ? croner(expression, { ...options, domAndDow: true }) : null,
        ];
        const fields = [expression, words];
        let same = false;
        const ask = (time, nexts, prevs) => {
            const next = nexts.map((oracle) => (oracle ? oracle.next(time) : "!"));
            const prev = prevs.map((oracle) => (oracle ? oracle.prev(time) : "!"));
            fields.push([time, ...next, ...prev].join(" "));
            same ||= Number.isInteger(next[0]) && next[0] === next[1];
            same ||= Number.isInteger(prev[0]) && prev[0] === prev[1];
            return next;
        };
        if (oracles.some((oracle) => oracle)) {
            const [first, second] = list.split(" ").map(Number);
            const named = ask(first, oracles, oracles).find(Number.isInteger);
            // Strictly after, strictly before. Not all oracles again: they take most of the time.
            const time = turn % 2 === 0 && named !== undefined ? named : second;
            const [a, b] = oracles;
            ask(time, [a, b, null], [a, null, null]);
        }
        agreed += same ? 1 : 0;
        print(fields.join("\t"));
    }
}

// --- Zones ---------------------------------------------------------------------------------------

const zones = [
    "Australia/Lord_Howe", // half an hour
    "Pacific/Apia", // 30 December 2011 never was
    "Asia/Kolkata", // no change at all
    "Africa/Casablanca", // back for Ramadan, by the moon
    "America/St_Johns", // half an hour off, and at 00:01 until 2011
    "Africa/Cairo", // midnight, with years without
    "Asia/Beirut", // midnight
    "Europe/Dublin", // winter is what is "saved"
    "America/Sao_Paulo", // midnight, until 2019
    "Asia/Tehran", // midnight, by another calendar
    "Antarctica/Troll", // two hours
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Chatham", // at 02:45 and 03:45
    "Asia/Gaza", // irregular, twice back and forth in a year
    "America/Nuuk", // gaps and overlaps that end at midnight
    "Asia/Pyongyang", // half an hour back in 2015, forward over midnight in 2018
];

// Expressions that aim at one change of the clock: `from` and `to` are the local times that are
// skipped or shown twice, in seconds as if local time were UTC.
function aimedAt(from, to) {
    const fields = (time) => {
        const at = date(time);
        return [at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate(), at.getUTCMonth() + 1];
    };
    const middle = from + Math.floor((to - from) / 120) * 60;
    const [minute, hour, day, month] = fields(from);
    const [middleMinute, middleHour] = fields(middle);
    const [lastMinute, lastHour] = fields(to - 60);
    const [endMinute, endHour] = fields(to);
    const weekday = date(from).getUTCDay();
    const hours = hour < endHour ? `${hour}-${endHour}` : hour < 23 ? `${hour}-23` : "22-23";
    return {
        fixed: [
            "0 0 * * *",
            "30 2 * * *",
            `${minute} ${hour} * * *`,
            `${middleMinute} ${middleHour} * * *`,
            `59 ${lastMinute} ${lastHour} * * *`,
            `${endMinute} ${endHour} * * *`,
            `5,20,35 ${[...new Set([hour, middleHour, endHour])].join(",")} * * *`,
            `15,45 ${Math.min(hour, 12)},${Math.max(hour, 14)} * * *`,
        ],
        interval: [
            "*/15 * * * *",
            "0 * * * *",
            `${middleMinute} * * * *`,
            `10-12 ${hours} * * *`,
            `*/20 ${hour} * * *`,
            `0 ${minute} */2 * * *`,
        ],
        calendar: [
            `${middleMinute} ${middleHour} ${day} ${month} *`,
            `${middleMinute} ${middleHour} * * ${weekday}`,
            "0 0 1 * *",
            "15 0 L * *",
        ],
    };
}
const reach = { fixed: 26 * 3600, interval: 3 * 3600, calendar: 3 * 86400 };

function offsets(zone) {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    return (time) => {
        const found = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(time * 1000));
        const [, sign, hours, minutes, rest] = found;
        const ahead = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0);
        return sign === "-" ? -ahead : ahead;
    };
}

// [time, offset from then on], ...
function changes(offset, begin, end) {
    const found = [];
    const step = 12 * 3600; // Nobody sets a clock twice within that.
    for (let low = begin; low < end; low += step) {
        if (offset(low) === offset(low + step)) {
            continue;
        }
        let [before, after] = [low, low + step];
        while (after - before > 1) {
            const middle = Math.floor((before + after) / 2);
            if (offset(middle) === offset(low)) {
                before = middle;
            } else {
                after = middle;
            }
        }
        found.push([after, offset(after)]);
    }
    return found;
}

// The times of [begin, end); and "~" if the oracle gives up, or walks to and fro.
function walk(ask, begin, end, forward) {
    const times = [];
    let last = forward ? begin - 1 : end;
    for (;;) {
        const at = ask(last);
        if (at === "~" || (forward ? at <= last : at >= last)) {
            return ["~"];
        }
        if (!(forward ? at < end : at >= begin)) {
            return forward ? times : times.reverse();
        }
        times.push(at);
        last = at;
    }
}

function answerZones(names) {
    const begin = Date.UTC(2000, 0, 1) / 1000;
    const end = Date.UTC(2041, 0, 1) / 1000;
    const margin = 60 * 86400;
    for (const zone of names) {
        const offset = offsets(zone);
        let before = offset(begin - margin);
        print(`zone ${zone} ${before}`);
        const all = changes(offset, begin - margin, end + margin);
        for (const [time, after] of all) {
            print(`change ${time} ${after}`);
        }
        if (all.length === 0) {
            for (let year = 2000; year <= 2040; year += 4) {
                all.push([Date.UTC(year, 0, 1) / 1000 - before, before]);
            }
        }
        const parsers = new Map();
        for (const [index, [time, after]] of all.entries()) {
            if (time >= begin && time < end) {
                const [from, to] = [before, after].sort((a, b) => a - b);
                answerAround(zone, time, aimedAt(time + from, time + to), parsers, index);
            }
            before = after;
        }
    }
}

function answerAround(zone, time, expressions, parsers, index) {
    let turn = index;
    for (const kind of Object.keys(expressions)) {
        for (const expression of expressions[kind]) {
            // A range is an interval in pawl, and none by "no-wildcard"; a list of times is none in
            // pawl, and one by "single-value", which is croner's default.
            const rule = kind === "interval" ? "single-value" : "no-wildcard";
            if (!parsers.has(expression)) {
                parsers.set(expression, parser(expression, zone, 150));
            }
            const oracles = {
                croner: croner(expression, { timezone: zone, fixedTimeRule: rule }),
            };
            if (rule === "no-wildcard" && expression.includes(",")) {
                oracles.default = croner(expression, { timezone: zone });
            }
            // cron-parser takes most of the time: it answers a third of them, and of these a third
            // by prev().
            if (++turn % 3 === 0) {
                oracles.parser = parsers.get(expression);
            }
            const begin = time - reach[kind];
            const end = time + reach[kind];
            print(`times ${kind} ${begin} ${end} ${expression}`);
            const walks = {};
            for (const [name, oracle] of Object.entries(oracles)) {
                walks[name] = walk(oracle.next, begin, end, true);
                if (name !== "parser" || turn % 9 === 0) {
                    walks[`${name}-`] = walk(oracle.prev, begin, end, false);
                }
            }
            if (oracles.parser) {
                const included = walks.croner.filter((each) => oracles.parser.includes(each));
                print(["includes", ...included].join(" "));
            }
            for (const [name, found] of Object.entries(walks)) {
                print([name, ...found].join(" "));
            }
        }
    }
}

if (mode === "expressions") {
    answerExpressions(Number(rest[0]));
} else {
    answerZones(rest.length > 0 ? rest : zones);
}
process.stdout.write(out.join("\n") + "\n");
