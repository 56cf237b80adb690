/** The WebAssembly of `assembly/follow.ts`, which `bin/build.js` makes. */
export const wasm: Uint8Array;
