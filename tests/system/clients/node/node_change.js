// node-smpp takes messages back and changes them:  node node_change.js HOST PORT SYSTEM_ID PASSWORD DESTINATION
// A client with answer = accepted. Prints one JSON object: status of each cancel_sm and replace_sm, and the receipts that came.
// Asks for the message that is at its supplier when a line on stdin says that it is there. INTERFACE_VERSION: 0x34 if not set.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password, destination] = process.argv.slice(2);
const SOURCE = { source_addr_ton: 5, source_addr_npi: 0, source_addr: 'NODESMPP' };

const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const receipts = {};  // stat: by message_id
const session = smpp.connect({ url: `smpp://${host}:${port}` });
session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('deliver_sm', (pdu) => {
  const text = pdu.short_message.message.toString();
  receipts[/\bid:(\S+)/.exec(text)[1]] = /\bstat:(\S+)/.exec(text)[1];
  session.send(pdu.response());
});

const ask = (command, fields) => new Promise((done) => session[command](fields, done));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const told = new Promise((done) => process.stdin.once('data', done));
const receiptsOf = async (...ids) => { while (!ids.every((id) => receipts[id])) await sleep(50); };

async function submit(text, later) {
  const answer = await ask('submit_sm', {
    ...SOURCE, dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: destination, registered_delivery: 1,
    short_message: text, ...(later ? { schedule_delivery_time: later } : {}),
  });
  if (answer.command_status !== 0) fail(`submit_sm: ${answer.command_status}`);
  return answer.message_id;
}

async function change(command, messageId, fields) {
  const answer = await ask(command, { message_id: messageId, ...SOURCE, ...fields });
  if (answer.command !== `${command}_resp`) fail(`${command} was answered by ${answer.command}`);
  return answer.command_status;
}

async function run() {
  const seen = { cancelled: await submit('never sent', '000000010000000R'), changed: await submit('first', '000000000004000R'),
    taken: await submit('at its supplier') };
  seen.cancel = await change('cancel_sm', seen.cancelled);
  seen.replace = await change('replace_sm', seen.changed, { registered_delivery: 1, short_message: 'second' });
  await told;
  seen.cancel_again = await change('cancel_sm', seen.cancelled);
  seen.cancel_unknown = await change('cancel_sm', '123456789012');
  seen.cancel_foreign_source = await change('cancel_sm', seen.changed, { source_addr: 'SOMEBODY' });
  seen.cancel_taken = await change('cancel_sm', seen.taken);
  seen.replace_taken = await change('replace_sm', seen.taken, { registered_delivery: 1, short_message: 'too late' });
  await receiptsOf(seen.cancelled, seen.changed);
  await sleep(500);  // for one that must not come
  seen.receipts = receipts;
  console.log(JSON.stringify(seen));
  session.unbind({}, () => process.exit(0));
}

session.on('connect', () => {
  session.bind_transceiver({ system_id: systemId, password, interface_version: Number(process.env.INTERFACE_VERSION || 0x34) }, (answer) => {
    if (answer.command_status !== 0) fail(`bind refused: ${answer.command_status}`);
    run().catch((error) => fail(error.stack));
  });
});
