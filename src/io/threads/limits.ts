/**
 * Limits of a thread's heap. Young objects live shortly in all threads, and what V8 sets aside for them counts for the whole
 * process: in megabytes.
 */
export const HEAP_LIMITS = { maxYoungGenerationSizeMb: 4 } as const;
