import { sharp } from '../../io/sharp.js';
import type { LegendColor, ReportPicture } from '../../report/page.js';
import type { Pixels, Rgb } from '../../types.js';

/** How well pictures of tissue are kept in a report. */
const QUALITY = 85;

/** A picture for a report, RGB: as JPEG, or as PNG where edges must stay sharp and colours few. */
export async function reportPicture(
  label: string,
  alt: string,
  pixels: Pixels,
  form: 'jpeg' | 'png' = 'jpeg',
): Promise<ReportPicture> {
  const { width, height, data } = pixels;
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  const bytes = await (form === 'jpeg' ? raw.jpeg({ quality: QUALITY, mozjpeg: true }) : raw.png({ palette: true })).toBuffer();
  return { label, alt, width, height, source: `data:image/${form};base64,${bytes.toString('base64')}` };
}

/** A colour as a report's legend has it. */
export function legendColor(name: string, [red, green, blue]: Rgb): LegendColor {
  return { name, color: `rgb(${red} ${green} ${blue})` };
}
