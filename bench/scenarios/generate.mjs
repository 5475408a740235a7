// Writes the generated scenarios beside this file, the same ones each time: `node bench/scenarios/generate.mjs`.
// `shared-*` keep to rules that npm's @thebookingkit/core has, too; `whole-*` use all settings of `atrium slots`.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const DAY = 86_400_000;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
// A zone, and a day in 2026 near which its clock changes, or any where it never does.
const ZONES = [
    ['Europe/Amsterdam', '2026-03-29'], ['Europe/London', '2026-10-25'], ['America/New_York', '2026-03-08'],
    ['America/Sao_Paulo', '2026-06-10'], ['America/St_Johns', '2026-11-01'], ['Australia/Sydney', '2026-10-04'],
    ['Australia/Lord_Howe', '2026-04-05'], ['Pacific/Chatham', '2026-09-27'], ['America/Santiago', '2026-04-05'],
    ['Asia/Kathmandu', '2026-05-04'], ['Asia/Kolkata', '2026-02-02'], ['Africa/Casablanca', '2026-02-15'],
    ['Pacific/Auckland', '2026-09-27'], ['America/Havana', '2026-11-01'], ['Europe/Lisbon', '2026-10-25'],
];

// mulberry32: small, and the same everywhere.
function random(seed) {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    };
}

const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const instant = (millis) => new Date(millis).toISOString().replace('.000Z', 'Z');
const date = (millis) => instant(millis).slice(0, 10);

class Draw {
    constructor(seed) {
        this.next = random(seed);
    }
    int(from, to) {
        return from + Math.floor(this.next() * (to - from + 1));
    }
    of(list) {
        return list[this.int(0, list.length - 1)];
    }
    chance(part) {
        return this.next() < part;
    }
}

/** Windows of a day that neither overlap nor touch. */
function windows(draw, earliest, latest) {
    const start = draw.int(earliest / 15, earliest / 15 + 8) * 15;
    if (draw.chance(0.4)) return [{ start: clock(start), end: clock(draw.int(start / 15 + 8, latest / 15) * 15) }];
    const noon = start + draw.int(8, 16) * 15;
    return [
        { start: clock(start), end: clock(noon) },
        { start: clock(noon + draw.of([15, 30, 60])), end: clock(Math.min(latest, noon + draw.int(12, 24) * 15)) },
    ];
}

function rules(draw, latest) {
    const days = draw.chance(0.7) ? DAYS.slice(0, 5) : DAYS.filter(() => draw.chance(0.8));
    return days.flatMap((day) => windows(draw, 6 * 60, latest).map((hours) => ({ day, ...hours })));
}

function overrides(draw, from, days, most) {
    const dates = new Set(Array.from({ length: draw.int(0, 3) }, () => date(from + draw.int(0, days - 1) * DAY)));
    return [...dates].map((day) => ({ date: day, windows: draw.chance(0.5) ? [] : windows(draw, 8 * 60, 20 * 60).slice(0, most) }));
}

function taken(draw, from, days, perDay, kinds) {
    const list = [];
    for (let day = -1; day <= days; day++) {
        for (let nth = 0; nth < perDay; nth++) {
            const start = from + day * DAY + draw.int(0, 287) * 300_000;
            list.push({ kind: draw.of(kinds), start: instant(start), end: instant(start + draw.of([15, 20, 30, 45, 60, 90]) * 60_000) });
        }
    }
    return list;
}

function stretch(draw, nth) {
    const [zone, change] = ZONES[nth % ZONES.length];
    const days = nth % 11 === 0 ? 31 : draw.int(2, 8);
    const from = Date.parse(`${change}T00:00:00Z`) - draw.int(1, 4) * DAY;
    return { zone, days, from };
}

function shared(nth) {
    const draw = new Draw(1000 + nth);
    const { zone, days, from } = stretch(draw, nth);
    const duration = draw.of([15, 20, 30, 45, 60]);
    const buffer = draw.of([0, 0, 5, 10, 15]);
    const mode = ['one', 'one', 'round_robin', 'collective'][nth % 4];
    const count = mode === 'one' ? 1 : draw.int(2, 4);
    const same = rules(draw, 22 * 60);
    const organizers = Array.from({ length: count }, (_, index) => ({
        name: `Organizer ${index + 1}`,
        // Whoever must come together must have the same grid.
        timezone: mode === 'round_robin' ? ZONES[(nth + index * 7) % ZONES.length][0] : zone,
        rules: mode === 'round_robin' ? rules(draw, 22 * 60) : same,
        overrides: mode === 'collective' ? [] : overrides(draw, from, days, 1),
        busy: taken(draw, from, days, days === 31 ? 10 : draw.int(0, 6), ['booking']),
    }));
    return {
        description: 'Generated; rules that @thebookingkit/core has, too.',
        now: instant(from - 2 * DAY),
        from: instant(from),
        to: instant(from + days * DAY),
        viewer_timezone: draw.of(ZONES)[0],
        event_type: {
            durations: [duration],
            slot_interval_minutes: draw.of([duration, 15, 30, 25]),
            buffer_before_minutes: buffer,
            buffer_after_minutes: buffer,
            mode,
        },
        organizers,
    };
}

function whole(nth) {
    const draw = new Draw(9000 + nth);
    const { zone, days, from } = { ...stretch(draw, nth), days: draw.int(2, 8) };
    const count = draw.int(1, 4);
    const durations = draw.chance(0.3) ? [15, 30, 60] : [draw.of([10, 30, 45, 60, 120])];
    const minutes = () => draw.of([0, 0, 5, 10, 30]);
    const limit = () => {
        const measure = draw.of(['bookings', 'minutes']);
        const most = measure === 'minutes' ? draw.int(60, 600) : draw.int(1, 6);
        return { period: draw.of(['day', 'week', 'month']), measure, scope: draw.of(['event_of_organizer', 'organizer', 'event']), most };
    };
    const horizon = draw.of([
        { days: draw.int(1, 60) },
        { dates: { first: date(from + DAY), last: date(from + draw.int(1, 5) * DAY) } },
        { days_with_slots: draw.int(1, 4) },
    ]);
    const mode = count === 1 ? 'one' : draw.of(['round_robin', 'collective', 'some']);
    const busy = (perDay) =>
        taken(draw, from, days, perDay, ['booking', 'booking', 'hold', 'block', 'external']).map((busy, index) => {
            const meets = busy.kind === 'booking' || busy.kind === 'hold';
            const own = meets ? { buffer_before_minutes: minutes(), buffer_after_minutes: minutes(), is_same_event_type: draw.chance(0.5) } : {};
            return { ...busy, ...own, id: `busy ${perDay}-${index}-${busy.start}` };
        });
    const organizers = Array.from({ length: count }, (_, index) => ({
        name: `Organizer ${index + 1}`,
        timezone: index === 0 ? zone : draw.of(ZONES)[0],
        rules: rules(draw, 24 * 60),
        overrides: overrides(draw, from, days, 2),
        busy: busy(draw.int(0, 5)),
        weight: draw.int(1, 5),
        priority: draw.int(1, 3),
    }));
    const seats = draw.chance(0.4) ? draw.int(2, 5) : 1;
    const at = from + draw.int(0, days * 24 - 1) * 3_600_000;
    const sessions =
        seats > 1 ? [{ id: 'session', start: instant(at), end: instant(at + durations[0] * 60_000), taken: draw.int(1, seats), organizers: ['Organizer 1'] }] : [];
    const rooms = Array.from({ length: draw.of([0, 0, 1, 2]) }, (_, index) => ({ name: `Room ${index + 1}`, busy: busy(3) }));
    return {
        description: 'Generated; any settings.',
        now: instant(from - draw.int(0, 3) * DAY + draw.int(0, 86_399) * 1000),
        from: instant(from),
        to: instant(from + days * DAY),
        viewer_timezone: draw.of(ZONES)[0],
        event_type: {
            durations,
            slot_interval_minutes: draw.of([15, 20, 30, 45, 60]),
            start_grid: draw.of(['window', 'after_busy']),
            is_aligned: draw.chance(0.5),
            buffer_before_minutes: minutes(),
            buffer_after_minutes: minutes(),
            minimum_gap_minutes: minutes(),
            minimum_notice_minutes: draw.of([0, 60, 240]),
            horizon,
            limits: Array.from({ length: draw.of([0, 0, 1, 2]) }, limit),
            seats,
            mode,
            ...(mode === 'some' ? { needed: draw.int(1, count) } : {}),
            assignment: draw.of(['fair', 'priority']),
            rooms_needed: draw.int(0, rooms.length),
            ...(draw.chance(0.3) ? { reasonable_hours: { start: '07:00', end: '22:00' } } : {}),
        },
        organizers,
        rooms,
        sessions,
    };
}

for (const file of readdirSync(folder).filter((name) => /^(shared|whole)-\d+\.json$/.test(name))) rmSync(join(folder, file));
const write = (name, scenario) => writeFileSync(join(folder, name), `${JSON.stringify(scenario)}\n`);
for (let nth = 0; nth < 120; nth++) write(`shared-${String(nth + 1).padStart(3, '0')}.json`, shared(nth));
for (let nth = 0; nth < 60; nth++) write(`whole-${String(nth + 1).padStart(3, '0')}.json`, whole(nth));
