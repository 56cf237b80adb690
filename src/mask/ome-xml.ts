import type { MaskClass, Mpp, Size } from '../types.js';

/** What the OME-XML of a label mask tells. */
export interface OmeMask {
  readonly name: string;
  readonly size: Size;
  readonly mpp?: Mpp | undefined;
  /** The classes with the values that they have in the file. */
  readonly classes: readonly MaskClass[];
}

/**
 * The OME-XML (schema 2016-06, http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd) of one 8-bit plane in directory 0. Names
 * and colours of the classes stand in a map annotation, `value` to `name #rrggbb`. Plain ASCII, because that is what TIFF text is.
 */
export function omeXml({ name, size, mpp, classes }: OmeMask): string {
  const [only, ...others] = classes;
  const physical = mpp
    ? attributes({ PhysicalSizeX: mpp.x, PhysicalSizeXUnit: 'µm', PhysicalSizeY: mpp.y, PhysicalSizeYUnit: 'µm' })
    : '';
  const channel = attributes({
    ID: 'Channel:0:0',
    Name: only && others.length === 0 ? only.name : 'labels',
    SamplesPerPixel: 1,
    ...(only && others.length === 0 ? { Color: omeColor(only) } : {}),
  });
  const pixels = attributes({
    ID: 'Pixels:0',
    DimensionOrder: 'XYCZT',
    Type: 'uint8',
    SignificantBits: 8,
    BigEndian: false,
    SizeX: size.width,
    SizeY: size.height,
    SizeC: 1,
    SizeZ: 1,
    SizeT: 1,
  });
  const pairs = classes.map((each) => `<M${attributes({ K: each.label })}>${escapeXml(`${each.name} ${hex(each)}`)}</M>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' +
      ' xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd"' +
      ' Creator="segtile">',
    `<Image${attributes({ ID: 'Image:0', Name: name })}>`,
    `<Pixels${pixels}${physical}>`,
    `<Channel${channel}/>`,
    '<TiffData IFD="0" PlaneCount="1" FirstC="0" FirstZ="0" FirstT="0"/>',
    '</Pixels>',
    '<AnnotationRef ID="Annotation:0"/>',
    '</Image>',
    '<StructuredAnnotations>',
    '<MapAnnotation ID="Annotation:0" Namespace="segtile/classes">',
    `<Value>${pairs.join('')}</Value>`,
    '</MapAnnotation>',
    '</StructuredAnnotations>',
    '</OME>',
  ].join('\n');
}

/** Colours of the schema are one signed 32-bit integer, red in the highest byte, alpha in the lowest. */
function omeColor({ color: [red, green, blue] }: MaskClass): number {
  return (red << 24) | (green << 16) | (blue << 8) | 255;
}

/** The colour of a class as `#rrggbb`. */
export function hex({ color }: MaskClass): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function attributes(values: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

function escapeXml(value: string): string {
  return Array.from(value, (character) => {
    const code = character.codePointAt(0)!;
    // XML 1.0 has no way to write most control characters and halves of surrogate pairs.
    if (code < 32 || (code >= 0xd800 && code < 0xe000) || code === 0xfffe || code === 0xffff) return '&#65533;';
    return code > 126 || '<>&"'.includes(character) ? `&#${code};` : character;
  }).join('');
}
