// SPDX-License-Identifier: MIT
'use strict';
// The output of a fixture: what is kept, whole lines, and their readers.

const DEFAULT_SIZE = 256 * 1024;

class Output {
  #size;
  #kept = [];
  #keptSize = 0;
  #partial = { stdout: '', stderr: '' };
  #readers = new Set();
  #hasEnded = false;

  constructor(size = DEFAULT_SIZE) {
    this.#size = size;
  }

  /** A restart: output goes on. */
  reopen() {
    this.#hasEnded = false;
  }

  add(stream, text) {
    const lines = (this.#partial[stream] + text).split('\n');
    this.#partial[stream] = lines.pop();
    for (const line of lines) this.#addLine({ stream, text: line });
    // A line without an end counts as one when it is as long as all that is kept.
    if (this.#partial[stream].length > this.#size) this.#flush(stream);
  }

  end() {
    for (const stream of ['stdout', 'stderr']) this.#flush(stream);
    this.#hasEnded = true;
    for (const reader of this.#readers) reader.wake();
  }

  #flush(stream) {
    const text = this.#partial[stream];
    this.#partial[stream] = '';
    if (text) this.#addLine({ stream, text });
  }

  #addLine(line) {
    this.#kept.push(line);
    this.#keptSize += line.text.length + 1;
    while (this.#keptSize > this.#size && this.#kept.length > 1)
      this.#keptSize -= this.#kept.shift().text.length + 1;
    for (const reader of this.#readers) reader.give(line, this.#size);
  }

  /** The last lines, or all that are kept. A line without its end is one, too. */
  text(count = Infinity) {
    const partial = Object.values(this.#partial).filter(Boolean);
    const lines = [...this.#kept.map((line) => line.text), ...partial];
    const last = count === Infinity ? lines : lines.slice(lines.length - Math.min(count, lines.length));
    return last.map((line) => `${line}\n`).join('');
  }

  /**
   * Lines from the first that is kept, until the end. A reader that is slower than the
   * output loses the oldest lines beyond the size that is kept.
   * @param {(wait: Promise<void>) => Promise<void>} waiting keeps the event loop alive
   */
  async *lines(stream, waiting) {
    const reader = new Reader(this.#kept);
    this.#readers.add(reader);
    try {
      for (;;) {
        for (let line; (line = reader.take()); )
          if (!stream || line.stream === stream) yield line;
        if (this.#hasEnded) return;
        await waiting(reader.more());
      }
    } finally {
      this.#readers.delete(reader);
    }
  }
}

class Reader {
  #lines;
  #size;
  #wake = null;

  constructor(lines) {
    this.#lines = [...lines];
    this.#size = lines.reduce((sum, line) => sum + line.text.length + 1, 0);
  }

  give(line, limit) {
    this.#lines.push(line);
    this.#size += line.text.length + 1;
    while (this.#size > limit && this.#lines.length > 1) this.take();
    this.wake();
  }

  take() {
    const line = this.#lines.shift();
    if (line) this.#size -= line.text.length + 1;
    return line;
  }

  more() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake() {
    this.#wake?.();
    this.#wake = null;
  }
}

module.exports = { Output };
