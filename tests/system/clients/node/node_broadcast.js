// node-smpp broadcasts to cells, asks and takes back:  node node_broadcast.js HOST PORT SYSTEM_ID PASSWORD
// Prints one JSON object: what was answered to each of broadcast_sm, query_broadcast_sm and cancel_broadcast_sm.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password] = process.argv.slice(2);
const SOURCE = { source_addr_ton: 5, source_addr_npi: 0, source_addr: 'NODESMPP' };
const AREA = { format: 0, data: 'north' };

const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const session = smpp.connect({ url: `smpp://${host}:${port}` });
session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));

const ask = (command, fields) => new Promise((done) => session[command]({ ...SOURCE, ...fields }, done));

const broadcast = (fields) => ask('broadcast_sm', {
  broadcast_area_identifier: [AREA], broadcast_content_type: { network: 1, content_type: 16 }, broadcast_rep_num: 3,
  broadcast_frequency_interval: { unit: 8, interval: 30 }, message_payload: Buffer.from('storm'), ...fields,
});

const text = (areas) => areas && areas.map((area) => area.data.toString());

async function run() {
  const first = await broadcast({});
  if (first.command_status !== 0) fail(`broadcast_sm: ${first.command_status}`);
  const query = await ask('query_broadcast_sm', { message_id: first.message_id });
  const unknown = await ask('query_broadcast_sm', { message_id: '123456789012' });
  const second = await broadcast({ message_id: first.message_id, replace_if_present_flag: 1 });
  const cancel = await ask('cancel_broadcast_sm', { message_id: second.message_id });
  console.log(JSON.stringify({
    first: first.message_id, failed_areas: text(first.failed_broadcast_area_identifier), second: second.message_id,
    query: { command: query.command, status: query.command_status, id: query.message_id, state: query.message_state,
      success: query.broadcast_area_success },
    unknown: unknown.command_status,
    cancel: { command: cancel.command, status: cancel.command_status },
  }));
  session.unbind({}, () => process.exit(0));
}

session.bind_transceiver({ system_id: systemId, password, interface_version: 0x50 }, (pdu) => {
  if (pdu.command_status !== 0) fail(`bind: ${pdu.command_status}`);
  run().catch((error) => fail(error.stack));
});
