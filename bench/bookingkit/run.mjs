// Runs @thebookingkit/core on scenario files and prints, for each, its starts and the median time of one call:
// `node run.mjs ROUNDS FILE...`. A scenario with a rule that it does not have is answered with null.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { basename } from 'node:path';

register('./hook.mjs', import.meta.url);
const { getAvailableSlots, getTeamSlots } = await import('@thebookingkit/core');

const DAY = 86_400_000;
const WEEKDAYS = { mon: 'MO', tue: 'TU', wed: 'WE', thu: 'TH', fri: 'FR', sat: 'SA', sun: 'SU' };

/** The same question in its words; null where it has none for it. */
function translate(scenario) {
    const event = scenario.event_type;
    const strange =
        scenario.rooms?.length || scenario.sessions?.length || event.durations.length > 1 || event.start_grid === 'after_busy' ||
        event.is_aligned || event.minimum_gap_minutes || event.minimum_notice_minutes || event.horizon || event.limits?.length ||
        (event.seats ?? 1) > 1 || event.mode === 'some' || event.reasonable_hours ||
        // Its two buffers stand on the other sides.
        (event.buffer_before_minutes ?? 0) !== (event.buffer_after_minutes ?? 0) ||
        scenario.organizers.some((one) => one.overrides?.some((dated) => dated.windows.length > 1)) ||
        scenario.organizers.some((one) => one.busy?.some((busy) => busy.buffer_before_minutes || busy.buffer_after_minutes));
    if (strange) return null;
    const members = scenario.organizers.map((one) => ({
        userId: one.name,
        role: 'member',
        priority: 0,
        weight: 1,
        rules: one.rules.map((rule) => ({
            rrule: `FREQ=WEEKLY;BYDAY=${WEEKDAYS[rule.day]}`,
            startTime: rule.start,
            endTime: rule.end,
            timezone: one.timezone,
        })),
        overrides: (one.overrides ?? []).map((dated) => ({
            date: new Date(`${dated.date}T00:00:00Z`),
            startTime: dated.windows[0]?.start,
            endTime: dated.windows[0]?.end,
            isUnavailable: dated.windows.length === 0,
        })),
        bookings: (one.busy ?? []).map((busy) => ({ startsAt: new Date(busy.start), endsAt: new Date(busy.end), status: 'confirmed' })),
    }));
    // It lists the windows of the dates of the range in UTC; a day more at both ends holds those of all zones.
    const range = { start: new Date(Date.parse(scenario.from) - DAY), end: new Date(Date.parse(scenario.to) + DAY) };
    const options = {
        duration: event.durations[0],
        bufferBefore: event.buffer_before_minutes ?? 0,
        bufferAfter: event.buffer_after_minutes ?? 0,
        slotInterval: event.slot_interval_minutes,
        now: new Date(scenario.now),
    };
    const zone = scenario.viewer_timezone ?? 'UTC';
    const [first] = members;
    if ((event.mode ?? 'one') === 'one') return () => getAvailableSlots(first.rules, first.overrides, first.bookings, range, zone, options);
    return () => getTeamSlots(members, event.mode, range, zone, options);
}

const [rounds, ...files] = process.argv.slice(2);
const answers = {};
for (const file of files) {
    const scenario = JSON.parse(readFileSync(file, 'utf8'));
    const call = translate(scenario);
    if (!call) {
        answers[basename(file)] = null;
        continue;
    }
    const [from, to, now] = [scenario.from, scenario.to, scenario.now].map(Date.parse);
    const starts = call().map((slot) => Date.parse(slot.startTime)).filter((start) => from <= start && start < to && start > now);
    const times = [];
    for (let round = 0; round < Number(rounds); round++) {
        const begun = process.hrtime.bigint();
        call();
        times.push(Number(process.hrtime.bigint() - begun) / 1000);
    }
    times.sort((a, b) => a - b);
    answers[basename(file)] = { starts: [...new Set(starts)].sort((a, b) => a - b).map((start) => start / 1000), micros: times[times.length >> 1] ?? 0 };
}
console.log(JSON.stringify(answers));
