// node-smpp as a client of the hub:  node node_smpp.js HOST PORT SYSTEM_ID PASSWORD DESTINATION
// Sends a short, a UCS-2 and a concatenated message, waits for a receipt of each PDU, asks what became of it (query_sm), prints
// what it saw as JSON lines.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password, destination] = process.argv.slice(2);
const udh = (part) => Buffer.from([5, 0, 3, 0x7e, 3, part]);  // 8-bit reference, 3 parts
const messages = [
  { name: 'short', short_message: 'Hello from node-smpp' },
  { name: 'ucs2', data_coding: 8, short_message: 'Привет' },
  ...[1, 2, 3].map((part) => ({
    name: `part${part}`, esm_class: 0x40, data_coding: 4,
    short_message: { udh: udh(part), message: Buffer.alloc(134, 64 + part) },
  })),
];

const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const seen = new Map();      // message_id -> { name, status, id, receipt }
const early = new Map();     // message_id -> receipt that came before its answer
const session = smpp.connect({ url: `smpp://${host}:${port}` });

function report(id) {
  const entry = seen.get(id);
  const receipt = early.get(id);
  if (!entry || entry.receipt || !receipt) return;
  entry.receipt = receipt;
  if (seen.size < messages.length || [...seen.values()].some((e) => !e.receipt)) return;
  query([...seen.values()]);
}

function query([entry, ...rest]) {
  if (!entry) return finish();
  session.query_sm({ message_id: entry.id, source_addr_ton: 5, source_addr: 'NODESMPP' }, (answer) => {
    const { command_status: status, message_id: id, message_state: state, final_date: finalDate } = answer;
    entry.query = { status, id, state, is_final: finalDate instanceof Date };
    query(rest);
  });
}

function finish() {
  for (const done of seen.values()) console.log(JSON.stringify(done));
  session.unbind({}, (answer) => {
    if (answer.command_status !== 0) fail('unbind was refused');
    session.close();
    process.exit(0);
  });
}

session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('deliver_sm', (pdu) => {
  const text = pdu.short_message.message.toString();
  const id = /\bid:(\S+)/.exec(text)[1];
  early.set(id, { id, stat: /\bstat:(\S+)/.exec(text)[1], tlv_id: pdu.receipted_message_id, state: pdu.message_state });
  session.send(pdu.response());
  report(id);
});

session.on('connect', () => {
  session.bind_transceiver({ system_id: systemId, password, interface_version: 0x34 }, (answer) => {
    if (answer.command_status !== 0) fail(`bind refused: ${answer.command_status}`);
    for (const { name, ...fields } of messages) {
      session.submit_sm({
        source_addr_ton: 5, source_addr_npi: 0, source_addr: 'NODESMPP', dest_addr_ton: 1, dest_addr_npi: 1,
        destination_addr: destination, registered_delivery: 1, ...fields,
      }, (response) => {
        seen.set(response.message_id, { name, status: response.command_status, id: response.message_id });
        report(response.message_id);
      });
    }
  });
});
