/** The WebAssembly of `assembly/loops.ts`, which `bin/build.js` makes. */
export const wasm: Uint8Array;
