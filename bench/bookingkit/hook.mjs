export function resolve(specifier, context, next) {
    if (specifier === 'rrule') return { url: new URL('./rrule.mjs', import.meta.url).href, shortCircuit: true };
    return next(specifier, context);
}
