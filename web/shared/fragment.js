// Secrets come in the fragment of an address. Once a page goes on with one, it stands neither in the address nor in what a
// step back finds: the state of the history's entry keeps it, so that a reload goes on. That ends with the tab.
const given = new URLSearchParams(location.hash.slice(1));

export const secret = (name) => given.get(name) ?? history.state?.[name] ?? null;

// From now on a reload knows the secrets of these names, and no others.
export function hideSecrets(...kept) {
  const state = Object.fromEntries(kept.map((name) => [name, secret(name)]).filter(([, value]) => value !== null));
  history.replaceState(kept.length ? state : null, "", location.pathname + location.search);
}
