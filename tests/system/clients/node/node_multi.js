// node-smpp's submit_multi:  node node_multi.js HOST PORT SYSTEM_ID PASSWORD DESTINATION
// Sends one message to DESTINATION, its neighbour, a number of nobody's and a distribution list; waits for the receipts of the two that
// were accepted, asks what became of the message (query_sm), prints what it saw as one line of JSON.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password, destination] = process.argv.slice(2);
const neighbour = destination.slice(0, -1) + '0';
const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const session = smpp.connect({ url: `smpp://${host}:${port}` });
const receipts = [];
let seen = null;

function finish() {
  if (!seen || receipts.length < 2) return;
  session.query_sm({ message_id: seen.id, source_addr_ton: 5, source_addr: 'NODESMPP' }, (answer) => {
    seen.query = { status: answer.command_status, id: answer.message_id, state: answer.message_state };
    console.log(JSON.stringify({ ...seen, receipts }));
    session.unbind({}, () => { session.close(); process.exit(0); });
  });
}

session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('deliver_sm', (pdu) => {
  const text = pdu.short_message.message.toString();
  receipts.push({ id: /\bid:(\S+)/.exec(text)[1], tlv_id: pdu.receipted_message_id, from: pdu.source_addr, answered: seen !== null });
  session.send(pdu.response());
  finish();
});

session.on('connect', () => {
  session.bind_transceiver({ system_id: systemId, password, interface_version: 0x34 }, (bound) => {
    if (bound.command_status !== 0) fail(`bind refused: ${bound.command_status}`);
    const sme = (number) => ({ dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: number });
    session.submit_multi({
      source_addr_ton: 5, source_addr: 'NODESMPP', registered_delivery: 1, short_message: 'To many from node-smpp',
      dest_address: [sme(destination), sme(neighbour), sme('99900012345'), { dl_name: 'staff' }],
    }, (answer) => {
      seen = {
        status: answer.command_status, id: answer.message_id,
        unsuccess: answer.unsuccess_sme.map((one) => [one.destination_addr, one.error_status_code]),
      };
      finish();
    });
  });
});
