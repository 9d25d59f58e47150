// A PC at which `desk.card` is whatever lies on the reader. The card's TLS is made by Node with the card's key through
// HAProxy, because a browser would not offer a certificate whose authority is not asked for.
import { fetchWith } from './sandbox.mjs';

export async function openDesk(browser, sandbox, { locale = 'ja-JP' } = {}) {
  const context = await browser.desk({ locale });
  const desk = { page: await context.newPage(), context, card: null, close: () => context.close() };
  const cards = new RegExp(`^https://[0-9a-f]+\\.(card|mynumber)\\.${sandbox.host.replaceAll('.', '\\.')}:`);
  await context.route(cards, async (route) => {
    const answer = await fetchWith(sandbox, desk.card ?? {})(route.request().url(), { redirect: 'manual' });
    // A redirect of a navigation cannot be answered by hand: a page that goes on does the same.
    const place = answer.headers.get('location')?.replaceAll('&', '&amp;');
    await route.fulfill(place ? { contentType: 'text/html', body: `<meta http-equiv="refresh" content="0;url=${place}">` }
      : { status: answer.status, contentType: 'text/html; charset=utf-8', body: await answer.text() });
  });
  return desk;
}
