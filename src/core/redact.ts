// Addresses of servers as they may be shown: without what is secret in them.
//
// Promise: no password of a URL is left in the text, wherever the URL stands in it; what is hidden
// shows as `***`, so that a reader sees that there was something. It hides too much rather than too
// little, and is linear in the text.

const PARAMETER = /([?&][^\s=&?]{1,64}=)[^\s&#]*/g;
const SECRET = /password|passfile|secret|token/i;

export function redact(text: string): string {
  return text.replace(/\S+/g, withoutCredentials).replace(PARAMETER, (whole, name: string) => (SECRET.test(name) ? `${name}***` : whole));
}

/** Up to the last `@`: a password may hold one that nobody encoded. */
function withoutCredentials(word: string): string {
  const [start, end] = [word.indexOf('://'), word.lastIndexOf('@')];
  return start === -1 || end < start ? word : `${word.slice(0, start)}://***${word.slice(end)}`;
}
