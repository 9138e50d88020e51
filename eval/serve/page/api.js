// Talking to the server. All addresses are relative: the page's own has the token in it.

async function checked(response) {
  if (response.ok) return response;
  let sentence = `the server answered with status ${response.status}`;
  try {
    sentence = (await response.json()).error;
  } catch { /* no JSON: the status has to do */ }
  throw new Error(sentence);
}

export async function get(path) {
  return (await checked(await fetch(path))).json();
}

export async function post(path, value) {
  const response = await fetch(path, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(value),
  });
  return (await checked(response)).json();
}

// Reads server-sent events: on(event, data) for each. (EventSource would do the same, but it
// asks again by itself when a stream ends, and a search must not run twice.) `signal` leaves,
// which stops the server's work.
export async function stream(path, options, on) {
  const response = await checked(await fetch(path, options));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      let event = 'message', data = '';
      for (const line of text.slice(0, end).split('\n')) {
        if (line.startsWith('event: ')) event = line.slice(7);
        if (line.startsWith('data: ')) data += line.slice(6);
      }
      const found = JSON.parse(data);
      if (event === 'failed') throw new Error(found.error);
      on(event, found);
    }
  }
}

// An element with its attributes and children, text being text and never HTML.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

// Whether keys are meant for a field that is being typed in.
export function typing(event) {
  return event.ctrlKey || event.metaKey || event.altKey ||
    event.target.closest?.('input, select, textarea') !== null;
}
