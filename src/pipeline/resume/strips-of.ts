import { color, label, listOf, number, objectOf, readIfShape, type Shape, side, text, words } from '../../plan/text/shape.js';
import type { MaskClass, Size } from '../../types.js';

/** What strips show, for those who look at a run while it is going on. */
export interface StripsOf {
  readonly slide: Size & { readonly path: string };
  readonly working: Size;
  /** How many pixels of the working image, including fractions, the slide covers. */
  readonly spans: Size;
  readonly classes: readonly MaskClass[];
}

const sides = { width: side, height: side };
const shape: Shape<{ readonly of: StripsOf }> = objectOf<{ readonly of: StripsOf }>({
  of: objectOf<StripsOf>({
    slide: objectOf<StripsOf['slide']>({ ...sides, path: text }),
    working: objectOf<Size>(sides),
    spans: objectOf<Size>({ width: number, height: number }),
    classes: listOf(objectOf<MaskClass>({ label, name: words, color })),
  }),
});

/** Reads it from the further data of a head of strips; undefined if it is not there. */
export function stripsOf(more: object): StripsOf | undefined {
  return readIfShape(JSON.stringify(more), shape)?.of;
}
