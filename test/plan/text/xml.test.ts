import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attribute, numberAttribute, plainText, rootName, xmlTags } from '../../../dist/plan/text/xml.js';

const tags = (xml: string) => [...xmlTags(xml)].map(({ name, kind }) => `${kind} ${name}`);

test('tags in their order, without namespaces; declarations, comments and character data are passed over', () => {
  const xml = `<?xml version="1.0"?><!DOCTYPE x><!-- <no> --><o:OME><![CDATA[<no>]]><a b="x > y"/>text<c>more</c></o:OME>`;
  expect(tags(xml)).toEqual(['open OME', 'empty a', 'open c', 'close c', 'close OME']);
  expect([...xmlTags(xml)].map(({ text }) => text)).toEqual(['', 'text', 'more', '', '']);
  expect(rootName(xml)).toBe('OME');
});

test('attributes with either quote, with space and with entities; a name that ends alike is another', () => {
  const [tag] = xmlTags(`<a MySize="1" Size = '2' Name="a &amp; &#x3bc;&#181; &lt;b&gt; &unknown;" Empty=""/>`);
  expect(attribute(tag!, 'Size')).toBe('2');
  expect(numberAttribute(tag!, 'Size')).toBe(2);
  expect(attribute(tag!, 'Name')).toBe('a & μµ <b> &unknown;');
  expect(numberAttribute(tag!, 'Name')).toBeUndefined();
  expect(numberAttribute(tag!, 'Empty')).toBeUndefined();
  expect(attribute(tag!, 'Missing')).toBeUndefined();
});

test.each(['', 'plain text', 'a < b', '<', '<a', '<a b="', '<!-- <a>', '<![CDATA[ <a>', '<?xml'])('%j has no tags', (text) => {
  expect(tags(text)).toEqual([]);
  expect(rootName(text)).toBeUndefined();
});

test('any text ends, and any text without its tags is handed over', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<', '>', '/', '"', "'", '!--', '-->', '?', 'a', ' ', '![CDATA[', ']]>', '&#1;')),
      (parts) => {
        const text = parts.join('');
        for (const tag of xmlTags(text)) expect(text).toContain(tag.text);
        plainText(text);
      },
    ),
  );
});
