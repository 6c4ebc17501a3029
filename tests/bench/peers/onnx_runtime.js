// onnx_runtime.js - ONNX Runtime's side of the comparison (peers.py).
//
//	node onnx_runtime.js FOLDER
//
// Loads FOLDER/model.onnx, one thread, and prints the logits and scores of the
// rows beside it as one line of JSON.  Then answers each line "COUNT" of
// standard input with the seconds of a call that has so many students: the
// processor's, or by the clock if threads beside each other make that the less.
'use strict';
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const ort = require('onnxruntime-node');

const ROWS = 64, STEPS = 40, INPUTS = 42, CONTEXT = 4, WORK = 256;
const folder = process.argv[2];

function floats(name) {
  const bytes = fs.readFileSync(path.join(folder, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset,
    bytes.byteOffset + bytes.length));
}

function integers(name) {
  const bytes = fs.readFileSync(path.join(folder, name));
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset,
    bytes.byteOffset + bytes.length));
}

function feed(count, lengths) {
  return {
    steps: new ort.Tensor('float32',
      floats('steps').subarray(0, count * STEPS * INPUTS),
      [count, STEPS, INPUTS]),
    context: new ort.Tensor('float32',
      floats('context').subarray(0, count * CONTEXT), [count, CONTEXT]),
    lengths: new ort.Tensor('int32', lengths.subarray(0, count), [count]),
  };
}

async function main() {
  const session = await ort.InferenceSession.create(
    path.join(folder, 'model.onnx'), {
      intraOpNumThreads: 1, interOpNumThreads: 1,
      executionMode: 'sequential', graphOptimizationLevel: 'all',
    });
  const found = await session.run(feed(ROWS, integers('lengths')));
  console.log(JSON.stringify({
    logits: Array.from(found.logit.data),
    scores: Array.from(found.score.data),
  }));
  const full = new Int32Array(ROWS).fill(STEPS);
  for await (const line of readline.createInterface(process.stdin)) {
    const count = Number(line), asked = feed(count, full);
    const times = WORK / count;
    const began = process.hrtime.bigint(), before = process.cpuUsage();
    for (let i = 0; i < times; i++)
      await session.run(asked);
    const worked = process.cpuUsage(before);
    const micros = Math.min(Number(process.hrtime.bigint() - began) / 1e3,
      worked.user + worked.system);
    console.log(micros / 1e6 / times);
  }
}

main();
