// node-smpp asks what became of a message without a receipt:  node node_query.js HOST PORT SYSTEM_ID PASSWORD DESTINATION
// Prints one JSON object: the id, and what each of three query_sm was answered. Asks when a line on stdin says that the message
// is at its supplier.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password, destination] = process.argv.slice(2);
const SOURCE = { source_addr_ton: 5, source_addr_npi: 0, source_addr: 'NODESMPP' };

const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const session = smpp.connect({ url: `smpp://${host}:${port}` });
session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));

const ask = (command, fields) => new Promise((done) => session[command](fields, done));
const told = new Promise((done) => process.stdin.once('data', done));

async function query(messageId, fields) {
  const answer = await ask('query_sm', { message_id: messageId, ...SOURCE, ...fields });
  if (answer.command !== 'query_sm_resp') fail(`query_sm was answered by ${answer.command}`);
  const date = answer.final_date instanceof Date ? answer.final_date.toISOString() : null;
  return { status: answer.command_status, id: answer.message_id, state: answer.message_state, date, error: answer.error_code };
}

async function run() {
  const submitted = await ask('submit_sm', {
    ...SOURCE, dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: destination, registered_delivery: 0, short_message: 'asked about',
  });
  if (submitted.command_status !== 0) fail(`submit_sm: ${submitted.command_status}`);
  const id = submitted.message_id;
  await told;
  console.log(JSON.stringify({
    id, told: await query(id), foreign_source: await query(id, { source_addr: 'SOMEBODY' }), refused: await query(id),
  }));
  session.unbind({}, () => process.exit(0));
}

session.on('connect', () => {
  session.bind_transceiver({ system_id: systemId, password, interface_version: 0x34 }, (answer) => {
    if (answer.command_status !== 0) fail(`bind refused: ${answer.command_status}`);
    run().catch((error) => fail(error.stack));
  });
});
