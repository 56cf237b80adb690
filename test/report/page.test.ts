import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { classChart, curveChart, portionChart, qualityChart } from '../../dist/report/charts.js';
import { reportPage } from '../../dist/report/page.js';

const hostile = '"><script>alert(1)</script><style>*{display:none}</style><b style="color:red" onclick="x()">\u202e';

const page = reportPage({
  title: hostile,
  subtitle: 'https://ann:s3cret@host/slide.svs?sig=s3cret',
  lead: hostile,
  sections: [
    {
      kind: 'table',
      title: hostile,
      note: hostile,
      table: {
        caption: hostile,
        columns: [{ name: hostile, kind: 'words' }],
        rows: [{ cells: [{ text: hostile, value: 1, best: true }], mark: hostile }],
      },
    },
    {
      kind: 'charts',
      title: 'charts',
      charts: [
        classChart([{ name: hostile, className: hostile, value: 0.5 }], hostile),
        curveChart([{ name: hostile, points: [{ x: 0, y: 0 }], mark: { x: 0, y: 0, text: hostile } }], {
          title: hostile,
          x: hostile,
          y: hostile,
        }),
        portionChart([{ name: hostile, part: hostile, value: 1 }], hostile, hostile),
        qualityChart([{ name: hostile, seconds: 1, quality: 0.5, front: true }], hostile),
      ],
    },
    {
      kind: 'pictures',
      title: 'pictures',
      legend: [{ name: hostile, color: 'rgb(1 2 3)' }],
      groups: [
        {
          title: hostile,
          note: hostile,
          pictures: [{ label: hostile, alt: hostile, width: 1, height: 1, source: 'data:image/png;base64,AA==' }],
        },
      ],
    },
  ],
  facts: [{ title: hostile, facts: [[hostile, 'command https://ann:s3cret@host/?s3cret']] }],
});

it('has no style and no script but its own two, which its policy names by their hashes', () => {
  const { document } = parseHTML(page);
  const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')!.getAttribute('content')!;
  expect(policy).not.toContain('unsafe');
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const inline = (name: 'style' | 'script') =>
    [...page.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, 'g'))].map(([, text]) => text!);
  for (const name of ['style', 'script'] as const) {
    const [only, ...more] = inline(name);
    expect(more).toEqual([]);
    expect(document.querySelectorAll(name)).toHaveLength(1);
    expect(policy).toContain(`${name}-src ${hash(only!)};`);
  }
  // A policy with hashes lets neither pass.
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of element.attributes) expect(name).not.toMatch(/^(style$|on)/);
  }
});

it('keeps no secret of a URL', () => {
  expect(page).not.toContain('s3cret');
  expect(page).toContain('https://host/slide.svs?...');
});
