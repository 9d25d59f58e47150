// Who shares the registrable domain with tegata: a sibling name, another port of the same name, a name that somebody on the
// wire answers for in plain http. Each may give a browser cookies that it then brings to tegata too.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';

export const domain = 'tegata.test';
export const host = `rp.${domain}`;
// For Chromium: all of the domain is this machine.
export const resolver = [`--host-resolver-rules=MAP *.${domain} 127.0.0.1`];

// The bytes of a text as they stand on the wire, one character for each.
export const asBytes = (text) => Buffer.from(text, 'utf8').toString('latin1');

// The lines of all the Cookie headers that came, byte by byte.
const cookieLines = (request) => request.rawHeaders.filter((_, index, all) => index % 2 && all[index - 1].toLowerCase() === 'cookie');

export async function openNeighbours(sandbox) {
  let pending = [];
  const serve = (request, response) => {
    if (request.url === '/plant') response.setHeader('Set-Cookie', pending.map(asBytes));
    const echoes = request.url === '/api/echo';
    response.setHeader('Content-Type', echoes ? 'application/json' : 'text/html');
    // As bytes: with a text Node would send the headers in the text's encoding.
    response.end(Buffer.from(echoes ? JSON.stringify(cookieLines(request)) : '<!doctype html>'));
  };
  // A browser may bring a megabyte of cookies: these servers read them all, to say what came.
  const roomy = { maxHeaderSize: 4 << 20 };
  const pem = readFileSync(path.join(sandbox.dir, 'pki/server.pem'));
  const servers = [https.createServer({ ...roomy, key: pem, cert: pem }, serve), http.createServer(roomy, serve)];
  for (const [index, server] of servers.entries())
    await new Promise((resolve) => server.listen(sandbox.portBase + 6 + index, '127.0.0.1', resolve));
  const [tls, plain] = servers.map((server) => server.address().port);
  return {
    // Where cookies are planted from, and with what beside their value.
    places: {
      sibling: { origin: `https://evil.${domain}:${tls}`, attributes: `; Domain=${domain}; Path=/; Secure` },
      // Its cookies are of this very host, and come first where their path is the longer one.
      'another port': { origin: `https://${host}:${tls}`, attributes: '; Path=/api' },
      'plain http': { origin: `http://plain.${domain}:${plain}`, attributes: `; Domain=${domain}; Path=/` },
    },
    // Gives the browser of `page` these cookies ("name=value" each) by an answer's headers or by the page's script.
    async plant(page, place, cookies, { script = false } = {}) {
      const lines = cookies.map((cookie) => cookie + place.attributes);
      pending = lines;
      await page.goto(`${place.origin}${script ? '/' : '/plant'}`);
      // Reading them waits until the browser has taken them.
      if (script) await page.evaluate((all) => { all.forEach((line) => (document.cookie = line)); return document.cookie; }, lines);
    },
    // What the browser sends to the host of tegata, byte by byte: cookies know no ports.
    arriving: async (page) => (await (await page.goto(`https://${host}:${tls}/api/echo`)).json()).join('\n'),
    close: () => servers.forEach((server) => server.close().closeAllConnections()),
  };
}

// The shapes in which a cookie that is none of ours could be read as one: what it is, and what a browser sends for it.
export function shapes(name, value) {
  const pair = `${name}=${value}`, rest = name.slice(2);
  const all = [
    ['%3B', `x1.${rest}=1%3B%20${pair}`],
    ['%3B before and behind', `x2.${rest}=1%3B${pair}%3By=2`],
    ['%u003B', `x3.${rest}=1%u003B%20${pair}`],
    ['a percent-encoded name', `%5F%5F${rest}=${value}`],
    ['a %u-encoded name', `%u005F%u005F${rest}=${value}`],
    ['nameless', `%5F%5F${rest}%3D${value}`, '='],
    ['quoted with ;', `x4.${rest}="1%3B%20${pair}%3B"`],
    ['leading U+0085', `\u0085${pair}`],
    ['leading U+00A0', `\u00a0${pair}`],
    ['leading U+2000', `\u2000${pair}`],
    ['leading U+3000', `\u3000${pair}`],
    ['$Version', `$Version=1,${pair}`],
    ['$Version with %3B', `$Version%31=1%3B%20${pair}`],
  ];
  // A browser is told of a nameless cookie with "=" first, which it does not send; "=" in its value it does not take.
  return all.map(([what, wire, before = '']) => ({ what, wire, cookie: before + wire }));
}

// A quote that opens before a cookie of ours and one that closes behind it: whoever reads quotes loses what stands between.
export const quotes = { before: 'x5="1', behind: 'x6=1"' };
