// What came back, in the few words that a row of the table names; and what every refusal must have besides.
import assert from 'node:assert/strict';

// error: OAuth's; of a redirect back to the client, the one in its query; of our pages' calls and of pages, the code
// that the person sees ("E-402"). `shown` is true where /authorize kept the browser.
export async function read(response) {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const body = /json/.test(type) && text ? JSON.parse(text) : null;
  const location = response.headers.get('location');
  const back = location && /^https?:/.test(location) ? new URL(location).searchParams : null;
  return {
    status: response.status, headers: response.headers, text, body, location, back,
    error: back ? back.get('error') : body ? body.error ?? body.code : /\bE-\d{3}\b/.exec(text)?.[0],
    description: body?.error_description ?? back?.get('error_description') ?? undefined,
  };
}

// `expected`: [status, error, {description, header, body, page, atTheEdge; and of
// the server's log cause, detail}].
export function check(answer, [status, error, more = {}], issuer) {
  const seen = `${answer.status} ${answer.location ?? answer.text?.slice(0, 400)}`;
  assert.equal(answer.status, status, seen);
  assert.equal(answer.error ?? null, error ?? null, seen);
  if (more.description) assert.match(answer.description ?? '', more.description, seen);
  if (more.body) assert.deepEqual(answer.body, more.body, seen);
  for (const [name, value] of Object.entries(more.header ?? {})) assert.match(answer.headers.get(name) ?? 'none', value, name);
  if (more.page) assert.match(answer.text, more.page);
  if (more.atTheEdge) assert.match(answer.text, more.atTheEdge);
  else universal(answer, issuer);
}

function universal(answer, issuer) {
  const header = (name) => answer.headers?.get(name) ?? '';
  if (!answer.headers) return;  // put together from several
  assert.match(header('cache-control'), /no-store/, 'nothing of this may be kept');
  assert.doesNotMatch(answer.text ?? '', /\.cpp|sqlite|terminate called|exception/i, 'no word of the inside');
  if (answer.status === 429 || answer.status === 503) assert.match(header('retry-after'), /^\d+$/);
  if (answer.status === 400) assert.equal(header('www-authenticate'), '');
  if (answer.back) {
    assert.equal(answer.back.get('iss'), issuer, 'rfc9207: whoever answers says who it is');
    assert.equal(answer.back.get('code'), null, 'no code with a refusal');
  }
}
