#!/usr/bin/env node
// Starts the program that the package for this platform carries, and ends as that does.
'use strict';

const { spawn } = require('child_process');
const { constants } = require('os');

const name = process.platform === 'win32' ? 'protopact.exe' : 'protopact';
const carrier = `@protopact/${process.platform}-${process.arch}`;
let program = process.env.PROTOPACT_BINARY;
if (!program) {
  try {
    program = require.resolve(`${carrier}/${name}`);
  } catch {
    console.error(`error: protopact is not there for this platform: the package ${carrier} is missing`);
    console.error('hint: install it without --omit=optional, or name a program in PROTOPACT_BINARY');
    process.exit(4);
  }
}

const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
// A signal to the group has reached the program as well; one to this process alone is handed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('error', (error) => {
  console.error(`error: cannot start ${program}: ${error.message}`);
  process.exit(4);
});
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
